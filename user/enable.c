// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf enable, disable: whether systemd loads a program at boot. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <linux/mdev_bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "globals.h"
#include "object.h"
#include "output.h"
#include "systemd.h"

#define CONF_DIR	"/etc/mdev-bpf.d"
#define OBJECT_DIR	"/usr/lib/mdev-bpf"
#define UNIT_LEN	64

/* A program that is loaded at boot */
struct boot {
	char name[MDEV_BPF_NAME_LEN];
	char unit[UNIT_LEN];
	char conf[PATH_MAX];
	char object[PATH_MAX];
};

static void name_files(struct boot *b)
{
	snprintf(b->unit, sizeof(b->unit), "mdev-bpf@%s.service", b->name);
	snprintf(b->conf, sizeof(b->conf), CONF_DIR "/%s.conf", b->name);
}

/* mtty is the object file of this name that comes with mdev-bpf, ./mtty.bpf.o is any. */
static int find_object(struct boot *b, const char *arg)
{
	char path[PATH_MAX];

	if (strchr(arg, '/') || strchr(arg, '.'))
		snprintf(path, sizeof(path), "%s", arg);
	else
		snprintf(path, sizeof(path), OBJECT_DIR "/%s.bpf.o", arg);
	if (!realpath(path, b->object))
		return p_err("cannot open %s: %s", path, strerror(errno));
	return 0;
}

/* The program's name is known by the object only, where its options can be checked as well. */
static int read_object(struct boot *b, const struct opts *opts)
{
	struct object o = {};
	int ret = object_open(&o, b->object);

	if (!ret)
		ret = object_pick(&o, opts->map);
	if (!ret)
		ret = object_rename(&o, opts->type);
	for (int i = 0; !ret && i < opts->nr_set; i++)
		ret = globals_set(o.obj, opts->set[i]);
	if (!ret)
		ops_text(&o.ops, "name", b->name, sizeof(b->name));
	object_close(&o);
	return ret;
}

/* Options are words in apostrophes, and all of them are between quotation marks. */
static bool can_quote(const char *text)
{
	for (; *text; text++)
		if (*text == '\'' || *text == '\\' || iscntrl((unsigned char)*text))
			return false;
	return true;
}

static void write_quoted(FILE *f, const char *text)
{
	for (; *text; text++)
		fprintf(f, "%s%c", strchr("\"$`", *text) ? "\\" : "", *text);
}

static void write_option(FILE *f, const char *option, const char *value)
{
	fprintf(f, " --%s '", option);
	write_quoted(f, value);
	fputc('\'', f);
}

static void write_conf(FILE *f, const struct boot *b, const struct opts *opts)
{
	fprintf(f, "# Written by mdev-bpf enable, and read by %s\nOBJECT=\"", b->unit);
	write_quoted(f, b->object);
	fputs("\"\nOPTIONS=\"", f);
	if (opts->map)
		write_option(f, "map", opts->map);
	for (int i = 0; i < opts->nr_set; i++)
		write_option(f, "set", opts->set[i]);
	fputs("\"\n", f);
}

static int check_words(const struct boot *b, const struct opts *opts)
{
	const char *bad = can_quote(b->object) ? NULL : b->object;

	for (int i = 0; i < opts->nr_set; i++)
		if (!can_quote(opts->set[i]))
			bad = opts->set[i];
	if (!bad)
		return 0;
	return p_err("%s: what is loaded at boot cannot have apostrophes, backslashes or control characters in its name and options",
		     bad);
}

/* The file is either the old one or whole. */
static int save_conf(const struct boot *b, const struct opts *opts)
{
	char temp[PATH_MAX + 8];
	FILE *f;

	if (check_words(b, opts))
		return -1;
	if (mkdir(CONF_DIR, 0755) && errno != EEXIST)
		return p_err("cannot create " CONF_DIR ": %s", err_hint(errno));
	snprintf(temp, sizeof(temp), "%s.new", b->conf);
	f = fopen(temp, "we");
	if (!f)
		return p_err("cannot create %s: %s", temp, err_hint(errno));
	write_conf(f, b, opts);
	if (fclose(f) || rename(temp, b->conf)) {
		int err = errno;

		unlink(temp);
		return p_err("cannot write %s: %s", b->conf, strerror(err));
	}
	return 0;
}

/* Whether only a name is given, of a program whose file is there: that is then used as it is. */
static bool has_conf(struct boot *b, const struct opts *opts, const char *arg)
{
	if (opts->map || opts->type || opts->nr_set || strchr(arg, '/') || strchr(arg, '.') ||
	    strlen(arg) >= sizeof(b->name))
		return false;
	strcpy(b->name, arg);
	name_files(b);
	return !access(b->conf, F_OK);
}

/* Let systemd start the unit at boot, or no longer. */
static int link_unit(const char *verb, const struct boot *b)
{
	int ret = systemctl(verb, b->unit);

	return ret > 0 ? p_err("systemctl %s %s has failed", verb, b->unit) : ret;
}

/* Load it now: what does not work now would not at the next boot. */
static int start(const struct boot *b)
{
	char words[4096];

	if (!systemd_runs()) {
		p_info("systemd does not run here: '%s' is loaded at the next boot", b->name);
		return 0;
	}
	if (!systemctl("reload-or-restart", b->unit))
		return 0;
	unit_words(b->unit, words, sizeof(words));
	return p_err("%s is enabled, but did not start, see journalctl -u %s: %s", b->unit, b->unit,
		     *words ? words : "it has said nothing");
}

static int report(const struct boot *b)
{
	struct json_object *obj = json_object_new_object();

	add_str(obj, "name", b->name);
	add_str(obj, "unit", b->unit);
	add_str(obj, "config", b->conf);
	return out_details(obj);
}

int do_enable(const struct opts *opts, int argc, char **argv)
{
	struct boot b = {};
	int ret = 0;

	if (!has_conf(&b, opts, argv[0])) {
		ret = find_object(&b, argv[0]);
		if (!ret)
			ret = read_object(&b, opts);
		name_files(&b);
		if (!ret)
			ret = save_conf(&b, opts);
	}
	if (!ret)
		ret = link_unit("enable", &b) ?: start(&b);
	return ret ?: report(&b);
}

/*
 * Its file stays, as an administrator may have changed it. The program stays until the next boot.
 */
int do_disable(const struct opts *opts, int argc, char **argv)
{
	struct boot b = {};

	if (strlen(argv[0]) >= sizeof(b.name))
		return p_usage("%s: the name of a program has up to %zu characters", argv[0],
			       sizeof(b.name) - 1);
	strcpy(b.name, argv[0]);
	name_files(&b);
	if (access(b.conf, F_OK))
		return p_err("'%s' is not loaded at boot: there is no %s", b.name, b.conf);
	return link_unit("disable", &b) ?: out_nothing();
}
