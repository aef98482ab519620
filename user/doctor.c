// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf doctor: does this machine have what device programs and their users need? */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/mdev_bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd.h"
#include "link.h"
#include "output.h"
#include "sysfs.h"

#define SECURE_BOOT "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define MDEVCTL_RULE "60-mdevctl.rules"
#define OUR_RULE "61-mdev-bpf.rules"
#define ASK_AGAIN "load the module first, and ask again"

/* GOOD; NOTE: works, but there is something to know; BAD: device programs do not work */
enum verdict { GOOD, NOTE, BAD };

struct finding {
	enum verdict state;
	char found[128];
	const char *cure;	/* NULL if there is nothing to do */
};

static void __printf(2, 3) found(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->found, sizeof(f->found), fmt, ap);
	va_end(ap);
}

static void finding(struct finding *f, enum verdict state, const char *cure)
{
	f->state = state;
	f->cure = cure;
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

static void check_kernel(struct finding *f)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	found(f, "%s", name.release);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2 || major < 6 ||
	    (major == 6 && minor < 12))
		finding(f, BAD, "install Linux 6.12 or newer");
}

static void check_kernel_btf(struct finding *f)
{
	bool has = exists("/sys/kernel/btf/vmlinux");

	found(f, "%s", has ? "there" : "missing");
	if (!has)
		finding(f, BAD, "use a kernel with CONFIG_DEBUG_INFO_BTF=y");
}

static void check_jit(struct finding *f)
{
	char text[16] = "";

	read_attr(text, sizeof(text), "/proc/sys/net/core/bpf_jit_enable");
	found(f, "%s", strcmp(text, "0") ? "on" : "off");
	if (!strcmp(text, "0"))
		finding(f, BAD, "sysctl net.core.bpf_jit_enable=1");
}

/* Whether modprobe finds it. depmod's list has its file, wherever that is, before a colon. */
static bool module_installed(const char *release)
{
	char path[PATH_MAX], *line = NULL;
	bool is = false;
	size_t size = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	file = fopen(path, "re");
	while (file && !is && getline(&line, &size, file) > 0) {
		line[strcspn(line, ":")] = '\0';
		is = strstr(line, "/mdev_bpf.ko");
	}
	free(line);
	if (file)
		fclose(file);
	return is;
}

/* The source of mdev-bpf-dkms is there: DKMS has not built it for this kernel. */
static bool has_dkms(void)
{
	glob_t files = {};
	bool has = !glob("/usr/src/mdev-bpf-*/dkms.conf", 0, NULL, &files);

	globfree(&files);
	return has;
}

static void check_module(struct finding *f)
{
	struct utsname name;

	if (module_loaded()) {
		found(f, "loaded");
		return;
	}
	uname(&name);
	if (module_installed(name.release)) {
		found(f, "installed, not loaded");
		finding(f, BAD, "modprobe mdev_bpf");
		return;
	}
	found(f, "not loaded, and not in /lib/modules/%.60s", name.release);
	finding(f, BAD, has_dkms() ?
		"apt-get install linux-headers-$(uname -r), for DKMS; or see dkms status" :
		"build it for this kernel: apt-get install mdev-bpf-dkms, or make && make install");
}

static void check_module_btf(struct finding *f)
{
	bool has = exists("/sys/kernel/btf/mdev_bpf");

	if (!module_loaded()) {
		found(f, "unknown, the module is not loaded");
		finding(f, NOTE, ASK_AGAIN);
		return;
	}
	found(f, "%s", has ? "there" : "missing");
	if (!has)
		finding(f, BAD, "install pahole, and build the module again");
}

/* The first line that a command prints; empty if it cannot be run */
static void first_line(const char *command, char *line, size_t size)
{
	FILE *pipe = popen(command, "re");

	*line = '\0';
	if (!pipe)
		return;
	if (!fgets(line, size, pipe))
		*line = '\0';
	pclose(pipe);
	line[strcspn(line, "\n")] = '\0';
}

/* Only who builds the module needs it, as DKMS does at each upgrade of the kernel. */
static void check_pahole(struct finding *f)
{
	char line[64];

	first_line("pahole --version 2>/dev/null", line, sizeof(line));
	found(f, "%s", *line ? line : "not installed");
	if (!*line)
		finding(f, NOTE, "apt-get install pahole, before the module is built here");
}

static void check_abi(struct finding *f)
{
	if (!module_loaded()) {
		found(f, "tool %u, the module is not loaded", MDEV_BPF_ABI);
		finding(f, NOTE, ASK_AGAIN);
		return;
	}
	found(f, "tool %u, module %u to %d", MDEV_BPF_ABI, module_number("abi_min"), kernel_abi());
	if (MDEV_BPF_ABI < module_number("abi_min") || MDEV_BPF_ABI > kernel_abi())
		finding(f, BAD, "install the tool and the module of one version");
}

static void check_vfio(struct finding *f)
{
	bool type1 = exists("/sys/module/vfio_iommu_type1");

	if (exists("/dev/vfio/vfio") && type1) {
		found(f, "/dev/vfio/vfio, type 1");
	} else if (exists("/dev/iommu")) {
		found(f, "/dev/iommu only");
		finding(f, NOTE, "modprobe vfio_iommu_type1, for peek, poke and users of containers");
	} else {
		found(f, "no IOMMU backend is loaded");
		finding(f, BAD, "modprobe vfio_iommu_type1");
	}
}

static void check_bpffs(struct finding *f)
{
	if (is_bpffs(BPFFS_DIR)) {
		found(f, "mounted at " BPFFS_DIR);
		return;
	}
	found(f, "not mounted at " BPFFS_DIR);
	finding(f, NOTE, "nothing: mdev-bpf load mounts it");
}

static void check_lockdown(struct finding *f)
{
	char text[64] = "", *mode;

	read_attr(text, sizeof(text), "/sys/kernel/security/lockdown");
	mode = strchr(text, '[');
	if (!mode) {
		found(f, "not visible");
		return;
	}
	mode[strcspn(mode, "]")] = '\0';
	found(f, "%s", mode + 1);
	if (strcmp(mode + 1, "none"))
		finding(f, NOTE, "sign the modules: this kernel loads no others");
}

/* The variable is four bytes of attributes and then one, which is 1 if it is on. */
static void check_secure_boot(struct finding *f)
{
	int fd = open(SECURE_BOOT, O_RDONLY | O_CLOEXEC);
	unsigned char data[5] = {};

	if (fd < 0) {
		found(f, "none");
		return;
	}
	if (read(fd, data, sizeof(data)) == sizeof(data) && data[4]) {
		found(f, "on");
		finding(f, NOTE, "sign the modules with a key that mokutil --import has enrolled");
	} else {
		found(f, "off");
	}
	close(fd);
}

/* The path of the mdevctl that a udev rule runs to start devices */
static bool rule_runs(const char *rule, char *path, size_t size)
{
	FILE *file = fopen(rule, "re");
	char line[512], *at;
	bool is = false;

	while (file && !is && fgets(line, sizeof(line), file)) {
		at = *line == '#' ? NULL : strstr(line, "/mdevctl ");
		while (at && at > line && !strchr("\"= ", at[-1]))
			at--;
		is = at && *at == '/';
		if (is)
			snprintf(path, size, "%.*s", (int)strcspn(at, " "), at);
	}
	if (file)
		fclose(file);
	return is;
}

/* Our rule does it for device programs, if the path is the one that Debian's package lacks. */
static bool our_rule_mends(const char *path)
{
	return !strcmp(path, "/usr/sbin/mdevctl") && exists("/usr/bin/mdevctl") &&
	       (exists("/usr/lib/udev/rules.d/" OUR_RULE) ||
		exists("/usr/local/lib/udev/rules.d/" OUR_RULE));
}

static void check_mdevctl(struct finding *f)
{
	const char *const rules[] = {
		"/etc/udev/rules.d/" MDEVCTL_RULE, "/usr/lib/udev/rules.d/" MDEVCTL_RULE,
		"/lib/udev/rules.d/" MDEVCTL_RULE,
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!exists(rules[i]))
			continue;
		if (!rule_runs(rules[i], path, sizeof(path)) || exists(path)) {
			found(f, "its udev rule is in order");
			return;
		}
		if (our_rule_mends(path)) {
			found(f, "its udev rule runs %.60s, which is not there; ours does it",
			      path);
			return;
		}
		found(f, "its udev rule runs %.60s, which is not there", path);
		finding(f, NOTE, "ln -s /usr/bin/mdevctl /usr/sbin/mdevctl, or devices do not start at boot");
		return;
	}
	found(f, "not installed");
}

/* The first line of "bpftool version" is "bpftool v7.5.0". */
static void check_bpftool(struct finding *f)
{
	unsigned int major = 0, minor = 0;
	char line[64];

	first_line("bpftool version 2>/dev/null", line, sizeof(line));
	if (sscanf(line, "bpftool v%u.%u", &major, &minor) != 2) {
		found(f, "not installed");
		return;
	}
	found(f, "%u.%u", major, minor);
	if (major == 7 && minor >= 5 && minor <= 8)
		finding(f, NOTE, "do not use bpftool struct_ops, which crashes; prog, map and link work");
}

static const struct {
	const char *name;
	void (*check)(struct finding *f);
} checks[] = {
	{ "kernel", check_kernel },
	{ "kernel BTF", check_kernel_btf },
	{ "BPF JIT", check_jit },
	{ "mdev_bpf", check_module },
	{ "mdev_bpf BTF", check_module_btf },
	{ "pahole", check_pahole },
	{ "ABI", check_abi },
	{ "VFIO", check_vfio },
	{ "bpf file system", check_bpffs },
	{ "lockdown", check_lockdown },
	{ "secure boot", check_secure_boot },
	{ "mdevctl", check_mdevctl },
	{ "bpftool", check_bpftool },
};

int do_doctor(const struct opts *opts, int argc, char **argv)
{
	static const char *const states[] = { "good", "note", "bad" };
	struct json_object *rows = json_object_new_array();
	int ret = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		struct json_object *row = json_object_new_object();
		struct finding f = {};

		checks[i].check(&f);
		add_str(row, "check", checks[i].name);
		add_str(row, "state", states[f.state]);
		add_str(row, "found", f.found);
		add_str(row, "cure", f.cure);
		json_object_array_add(rows, row);
		if (f.state == BAD)
			ret = -1;
	}
	out_list(rows);
	return ret;
}
