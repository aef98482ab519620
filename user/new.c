// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev-bpf new: a directory with a small device program, a Makefile and a test, which build and
 * pass as they are. They are made from the files of TEMPLATES, where NAME stands for the program's
 * name.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mdev_bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "output.h"

#define TEMPLATES	"/usr/lib/mdev-bpf/template"
#define WORD		"NAME"

static const struct {
	const char *from;
	const char *suffix;	/* of a file that has the program's name; else it keeps its own */
	mode_t mode;
} files[] = {
	{ "device.bpf.c", ".bpf.c", 0644 },
	{ "Makefile", NULL, 0644 },
	{ "test.sh", NULL, 0755 },
};

/* It is the name of the program and the beginning of names in C. */
static bool name_is_valid(const char *name)
{
	const char *c = name;

	if (!isalpha((unsigned char)*c))
		return false;
	while (isalnum((unsigned char)*c) || *c == '_')
		c++;
	return !*c && c - name < MDEV_BPF_NAME_LEN;
}

static bool is_part(char c)
{
	return isalnum((unsigned char)c);
}

/* Copy a line, with the name for each WORD that stands alone or before an underscore or a dot. */
static void fill(FILE *to, const char *line, const char *name)
{
	const char *at, *from = line;

	while ((at = strstr(from, WORD))) {
		bool whole = (at == line || !is_part(at[-1])) && !is_part(at[strlen(WORD)]);

		fprintf(to, "%.*s%s", (int)(at - from), from, whole ? name : WORD);
		from = at + strlen(WORD);
	}
	fputs(from, to);
}

static int make_file(const char *dir, int i, const char *name)
{
	char from[PATH_MAX], to[PATH_MAX], line[256];
	FILE *in, *out;
	int fd, ret = 0;

	snprintf(from, sizeof(from), TEMPLATES "/%s", files[i].from);
	snprintf(to, sizeof(to), "%s/%s%s", dir, files[i].suffix ? name : files[i].from,
		 files[i].suffix ?: "");
	in = fopen(from, "re");
	if (!in)
		return p_err("cannot open %s: %s (make install)", from, strerror(errno));
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, files[i].mode);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out) {
		fclose(in);
		return p_err("cannot create %s: %s", to, strerror(errno));
	}
	while (fgets(line, sizeof(line), in))
		fill(out, line, name);
	fclose(in);
	if (fclose(out))
		ret = p_err("cannot write %s: %s", to, strerror(errno));
	return ret;
}

int do_new(const struct opts *opts, int argc, char **argv)
{
	const char *name = argv[0];
	struct json_object *obj;
	int ret = 0;

	if (!name_is_valid(name))
		return p_usage("'%s': a name is 1 to %d of A-Z a-z 0-9 _, with a letter first",
			       name, MDEV_BPF_NAME_LEN - 1);
	if (access(TEMPLATES, F_OK))
		return p_err("there is no " TEMPLATES ": mdev-bpf is not installed (make install)");
	if (mkdir(name, 0777))
		return p_err("cannot create the directory %s: %s", name, strerror(errno));
	for (size_t i = 0; !ret && i < sizeof(files) / sizeof(files[0]); i++)
		ret = make_file(name, i, name);
	if (ret)
		return ret;
	p_info("now: cd %s, make, and as root: make test", name);
	obj = json_object_new_object();
	add_str(obj, "directory", name);
	return out_text(obj, name);
}
