// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf unload: detach a program and remove its pin. */
#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "link.h"
#include "output.h"
#include "sysfs.h"

struct names {
	char text[512];
	int left;	/* number that did not fit */
};

static int add_uuid(const struct device *dev, void *ctx)
{
	struct names *names = ctx;
	size_t len = strlen(names->text);

	if (len + UUID_LEN + 3 > sizeof(names->text))
		names->left++;
	else
		sprintf(names->text + len, "\n  %s", dev->uuid);
	return 0;
}

static int has_devices(const struct program *prog)
{
	struct names names = {};
	char more[32] = "";

	walk_devices(prog->name, add_uuid, &names);
	if (names.left)
		snprintf(more, sizeof(more), "\n  and %d more", names.left);
	return p_err("'%s' has devices; --force leaves them detached (accesses fail with ENODEV) until a compatible program is loaded:%s%s",
		     prog->name, names.text, more);
}

/* Those that --force has left */
static void say_left(const struct program *prog)
{
	p_info("%u %s left without a program: accesses fail with ENODEV until one named '%s' is loaded",
	       prog->devices, prog->devices == 1 ? "device is" : "devices are", prog->name);
}

static int detach_link(const struct program *prog)
{
	int fd = bpf_link_get_fd_by_id(prog->link_id);
	int err;

	if (fd < 0)
		return p_err("cannot open link %u of '%s': %s", prog->link_id, prog->name,
			     err_hint(errno));
	err = bpf_link_detach(fd) ? errno : 0;
	close(fd);
	return err ? p_err("cannot detach '%s': %s", prog->name, err_hint(err)) : 0;
}

int do_unload(const struct opts *opts, int argc, char **argv)
{
	char path[PATH_MAX];
	struct program prog;
	bool pinned;

	if (need_module())
		return -1;
	if (!program_find(argv[0], &prog))
		return p_err("no program '%s' is loaded, see mdev-bpf list", argv[0]);
	if (!prog.attached)
		return p_err("'%s' is already detached; it disappears with its last device (%u left)",
			     prog.name, prog.devices);
	if (prog.devices && !opts->force)
		return has_devices(&prog);
	pinned = link_find_pin(prog.link_id, path, sizeof(path));
	if (detach_link(&prog))
		return -1;
	if (pinned && unlink(path))
		return p_err("'%s' is detached, but %s cannot be removed: %s", prog.name, path,
			     strerror(errno));
	if (prog.devices)
		say_left(&prog);
	return out_nothing();
}
