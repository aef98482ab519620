// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf: load BPF device programs and manage the mediated devices that they provide. */
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <linux/mdev_bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "log.h"
#include "output.h"
#include "sysfs.h"

#define DEFAULT_LIMIT	300	/* seconds; in option_help, too */
#define MAX_LIMIT	86400

#define USAGE_LEN	128

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static int do_help(const struct opts *opts, int argc, char **argv);

static const struct cmd cmds[] = {
	{ "load", do_load, 1, 1, "tmrsPnl", "OBJECT",
	  "load a device program from an object file and attach it" },
	{ "unload", do_unload, 1, 1, "f", "PROGRAM",
	  "detach a program" },
	{ "enable", do_enable, 1, 1, "tms", "PROGRAM|OBJECT",
	  "load a program now, and whenever this machine boots" },
	{ "disable", do_disable, 1, 1, "", "PROGRAM",
	  "do not load a program at boot any more" },
	{ "list", do_list, 0, 0, "", "",
	  "list the programs" },
	{ "types", do_types, 0, 0, "", "",
	  "list the mdev types that devices can be created from" },
	{ "devices", do_devices, 0, 1, "", "[PROGRAM]",
	  "list the devices, of all programs or of one" },
	{ "show", do_show, 0, 1, "R", "[UUID|PROGRAM|TYPE]",
	  "show a device or a program in detail, or all devices" },
	{ "create", do_create, 1, 1, "us", "TYPE",
	  "create a device and print its UUID" },
	{ "remove", do_remove, 1, 1, "f", "UUID",
	  "remove a device" },
	{ "inspect", do_inspect, 1, 1, "", "OBJECT",
	  "show what an object file declares, without loading it" },
	{ "peek", do_peek, 2, 4, "", "UUID REGISTER|REGION OFFSET [SIZE]",
	  "read a register, or from a device's region" },
	{ "poke", do_poke, 3, 5, "", "UUID REGISTER|REGION OFFSET [SIZE] VALUE",
	  "write a register, or to a device's region" },
	{ "memory", do_memory, 4, 4, "", "UUID REGION load|save FILE",
	  "copy a file to a region of a device, or a region to a file" },
	{ "console", do_console, 1, 2, "yB", "UUID [PORT]",
	  "connect a port of a device to this terminal, or to one for another program" },
	{ "dump", do_dump, 1, 1, "", "UUID",
	  "print the internal state of a device as text" },
	{ "stats", do_stats, 0, 1, "", "[UUID|PROGRAM|TYPE|on|off]",
	  "show calls, errors and time of each op, or turn counting on or off" },
	{ "test", do_test, 1, 1, "tmsSa", "OBJECT",
	  "put devices of a program through what any device has to survive" },
	{ "top", do_top, 0, 1, "", "[UUID|PROGRAM|TYPE]",
	  "show what ops take processor time, every two seconds" },
	{ "trace", do_trace, 0, 1, "", "[UUID]",
	  "print accesses, ioctls, interrupts and DMA as they come" },
	{ "new", do_new, 1, 1, "", "NAME",
	  "make a directory with a small device program and its test" },
	{ "doctor", do_doctor, 0, 0, "", "",
	  "check what this machine has, and say what mends it" },
	{ "version", do_version, 0, 0, "", "",
	  "print versions and the features of the module" },
	{ "help", do_help, 0, 1, "", "[COMMAND]",
	  "print help" },
};

static const struct option long_options[] = {
	{ "json",	no_argument,		NULL, 'j' },
	{ "pretty",	no_argument,		NULL, 'p' },
	{ "debug",	no_argument,		NULL, 'd' },
	{ "help",	no_argument,		NULL, 'h' },
	{ "version",	no_argument,		NULL, 'V' },
	{ "type",	required_argument,	NULL, 't' },
	{ "map",	required_argument,	NULL, 'm' },
	{ "replace",	no_argument,		NULL, 'r' },
	{ "set",	required_argument,	NULL, 's' },
	{ "pin",	required_argument,	NULL, 'P' },
	{ "dry-run",	no_argument,		NULL, 'n' },
	{ "limit",	required_argument,	NULL, 'l' },
	{ "force",	no_argument,		NULL, 'f' },
	{ "uuid",	required_argument,	NULL, 'u' },
	{ "registers",	no_argument,		NULL, 'R' },
	{ "seed",	required_argument,	NULL, 'S' },
	{ "accesses",	required_argument,	NULL, 'a' },
	{ "pty",	no_argument,		NULL, 'y' },
	{ "break",	no_argument,		NULL, 'B' },
	{ }
};

/* Options with a short form; every command takes them. */
#define GLOBAL_OPTIONS	"jpdhV"

/* What an option does; if that depends on the command, there is a line for each. */
static const struct option_text {
	char name;
	int (*run)(const struct opts *opts, int argc, char **argv);
	const char *text;
} option_help[] = {
	{ 't', NULL,
	  "--type NAME       load the program under this name instead of the object's;\n"
	  "                    the ids of its mdev types begin with it" },
	{ 'm', NULL, "--map MAP         which program to load, if the object has several" },
	{ 'r', NULL,
	  "--replace         replace the attached program of this name; its devices stay" },
	{ 's', do_load,
	  "--set NAME=VALUE  set a global variable of the program; can be repeated" },
	{ 's', do_enable,
	  "--set NAME=VALUE  set a global variable of the program; can be repeated" },
	{ 's', do_create,
	  "--set NAME=VALUE  set a parameter of the device; can be repeated" },
	{ 's', do_test,
	  "--set NAME=VALUE  set a parameter of all devices; can be repeated" },
	{ 'P', NULL, "--pin DIR         pin the link in this directory [/sys/fs/bpf/mdev]" },
	{ 'n', NULL,
	  "--dry-run         only have the verifier and the module check the program" },
	{ 'l', NULL,
	  "--limit SECONDS   give up when the verifier takes longer; 0: never [300]" },
	{ 'f', do_unload,
	  "--force           detach it even if it has devices: they stay, and accesses to\n"
	  "                    them fail until a program of this name is loaded; this does\n"
	  "                    not wait for their users" },
	{ 'f', do_remove,
	  "--force           even if it is in use: ask its user to close it, and wait until\n"
	  "                    that has happened; no signal ends this wait" },
	{ 'u', NULL, "--uuid UUID       UUID of the device [random]" },
	{ 'S', NULL,
	  "--seed N          what kind of accesses are made follows from this number [1]" },
	{ 'a', NULL, "--accesses N      how many accesses of any kind are made [3000]" },
	{ 'y', NULL,
	  "--pty             make a pseudo terminal for another program, and print its name" },
	{ 'B', NULL, "--break           send a break first" },
	{ 'R', NULL, "--registers       also show the registers that the program declares" },
};

static void print_usage(FILE *f)
{
	fputs("Usage: mdev-bpf [OPTIONS] COMMAND ...\n\nCommands:\n", f);
	for (size_t i = 0; i < ARRAY_SIZE(cmds); i++)
		fprintf(f, "  %-9s %s\n", cmds[i].name, cmds[i].help);
	fputs("\nOptions:\n"
	      "  -j, --json        print JSON\n"
	      "  -p, --pretty      print JSON with line breaks and indentation\n"
	      "  -d, --debug       print all messages of libbpf and of the verifier\n"
	      "  -h, --help        print this help, or that of the command\n"
	      "  -V, --version     print versions\n"
	      "\nCommands can be abbreviated as long as they are unambiguous.\n", f);
}

static void usage_line(const struct cmd *cmd, char *buf, size_t size)
{
	snprintf(buf, size, "mdev-bpf %s%s%s%s", cmd->name, *cmd->args ? " " : "", cmd->args,
		 *cmd->options ? " [OPTIONS]" : "");
}

static void print_command(FILE *f, const struct cmd *cmd)
{
	char usage[USAGE_LEN];

	usage_line(cmd, usage, sizeof(usage));
	fprintf(f, "Usage: %s\n\n  %s\n", usage, cmd->help);
	if (*cmd->options)
		fputs("\nOptions:\n", f);
	for (size_t i = 0; i < ARRAY_SIZE(option_help); i++) {
		const struct option_text *opt = &option_help[i];

		if (strchr(cmd->options, opt->name) && (!opt->run || opt->run == cmd->run))
			fprintf(f, "  %s\n", opt->text);
	}
}

/* Find a command by its name or by an unambiguous prefix of it. */
static const struct cmd *find_cmd(const char *name)
{
	const struct cmd *found = NULL;
	char names[128] = "";
	int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cmds); i++) {
		if (!strcmp(name, cmds[i].name))
			return &cmds[i];
		if (strncmp(name, cmds[i].name, strlen(name)))
			continue;
		found = &cmds[i];
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 n++ ? ", " : "", found->name);
	}
	if (n == 1)
		return found;
	if (n)
		p_usage("'%s' can be %s", name, names);
	else
		p_usage("there is no command '%s', see mdev-bpf help", name);
	return NULL;
}

static const char *option_name(int name)
{
	const struct option *opt = long_options;

	while (opt->name && opt->val != name)
		opt++;
	return opt->name;
}

static struct json_object *command_json(const struct cmd *cmd)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *options = json_object_new_array();

	add_str(obj, "command", cmd->name);
	add_str(obj, "args", cmd->args);
	add_str(obj, "help", cmd->help);
	for (const char *c = cmd->options; *c; c++)
		json_object_array_add(options, json_object_new_string(option_name(*c)));
	json_object_object_add(obj, "options", options);
	return obj;
}

static int help_all(void)
{
	struct json_object *rows;

	if (!json_output) {
		print_usage(stdout);
		return 0;
	}
	rows = json_object_new_array();
	for (size_t i = 0; i < ARRAY_SIZE(cmds); i++)
		json_object_array_add(rows, command_json(&cmds[i]));
	return out_list(rows);
}

static int help_command(const struct cmd *cmd)
{
	if (json_output)
		return out_details(command_json(cmd));
	print_command(stdout, cmd);
	return 0;
}

static int do_help(const struct opts *opts, int argc, char **argv)
{
	const struct cmd *cmd;

	if (!argc)
		return help_all();
	cmd = find_cmd(argv[0]);
	return cmd ? help_command(cmd) : EXIT_USAGE;
}

static int add_set(struct opts *opts, const char *assignment)
{
	if (opts->nr_set == MAX_SETS)
		return p_usage("more than %d --set", MAX_SETS);
	opts->set[opts->nr_set++] = assignment;
	return 0;
}

static int set_limit(struct opts *opts, const char *text)
{
	char *end;

	errno = 0;
	opts->limit = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || opts->limit > MAX_LIMIT)
		return p_usage("--limit %s: not a number of seconds from 0 to %d", text, MAX_LIMIT);
	return 0;
}

static int set_option(struct opts *opts, int name, const char *arg)
{
	switch (name) {
	case 'j':
		json_output = true;
		break;
	case 'p':
		json_output = true;
		json_pretty = true;
		break;
	case 'd':
		debug_output = true;
		break;
	case 't':
		opts->type = arg;
		break;
	case 'm':
		opts->map = arg;
		break;
	case 'r':
		opts->replace = true;
		break;
	case 's':
		return add_set(opts, arg);
	case 'P':
		opts->pin = arg;
		break;
	case 'n':
		opts->dry_run = true;
		break;
	case 'l':
		return set_limit(opts, arg);
	case 'f':
		opts->force = true;
		break;
	case 'u':
		opts->uuid = arg;
		break;
	case 'S':
		opts->seed = arg;
		break;
	case 'a':
		opts->accesses = arg;
		break;
	case 'R':
		opts->registers = true;
		break;
	case 'y':
		opts->pty = true;
		break;
	case 'B':
		opts->send_break = true;
		break;
	}
	return 0;
}

/* The options of the command line */
struct request {
	struct opts opts;
	char used[128];		/* short names of the options that were given */
	bool help;
	bool version;
};

/*
 * Say what is wrong with an option. getopt_long() has returned "c", optopt was "opt", and "word"
 * was the argument before optind. The word is not the one at fault while getopt is in the middle of
 * an argument with several short options.
 */
static int bad_option(int c, int opt, const char *word)
{
	const char *name = opt ? option_name(opt) : NULL;

	if (c == ':' && name)
		return p_usage("option '--%s' needs a value", name);
	if (name && strchr(word, '='))
		return p_usage("option '%s': --%s takes no value", word, name);
	if (word[0] == '-' && isdigit((unsigned char)word[1]))
		return p_usage("'%s' is not an option, and no number here is negative", word);
	if (opt && !name)
		return p_usage("there is no option '-%c', see mdev-bpf help", opt);
	return p_usage("there is no option '%s', see mdev-bpf help", word);
}

/* Options may stand between arguments; "--" ends them. */
static int parse(struct request *req, int argc, char **argv)
{
	const char *bad = NULL;
	int c, bad_c = 0, bad_opt = 0, ret = 0;
	size_t used = 0;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":" GLOBAL_OPTIONS, long_options, NULL)) != -1) {
		/* Go on to the last: -j says how to print what is wrong with this one */
		if (c == '?' || c == ':') {
			bad_c = bad ? bad_c : c;
			bad_opt = bad ? bad_opt : optopt;
			bad = bad ?: argv[optind - 1];
			continue;
		}
		req->help |= c == 'h';
		req->version |= c == 'V';
		if (!strchr(GLOBAL_OPTIONS, c) && used < sizeof(req->used) - 1)
			req->used[used++] = c;
		ret = ret ?: set_option(&req->opts, c, optarg);
	}
	return bad ? bad_option(bad_c, bad_opt, bad) : ret;
}

static int run(const struct cmd *cmd, const struct request *req, int argc, char **argv)
{
	char usage[USAGE_LEN];

	if (req->help || (argc == 1 && !strcmp(argv[0], "help")))
		return help_command(cmd);
	for (const char *c = req->used; *c; c++)
		if (!strchr(cmd->options, *c))
			return p_usage("%s has no option --%s", cmd->name, option_name(*c));
	if (argc < cmd->min_args || argc > cmd->max_args) {
		usage_line(cmd, usage, sizeof(usage));
		return p_usage("usage: %s", usage);
	}
	return cmd->run(&req->opts, argc, argv);
}

static int no_command(const struct request *req)
{
	if (req->help)
		return help_all();
	if (json_output)
		return p_usage("there is no command, see mdev-bpf help");
	print_usage(stderr);
	return EXIT_USAGE;
}

static int mdev_bpf(int argc, char **argv)
{
	struct request req = { .opts.limit = DEFAULT_LIMIT };
	const struct cmd *cmd;
	int ret = parse(&req, argc, argv);

	if (ret)
		return ret;
	log_init();
	if (req.version)
		return do_version(NULL, 0, NULL);
	argc -= optind;
	argv += optind;
	if (!argc)
		return no_command(&req);
	cmd = find_cmd(argv[0]);
	if (!cmd)
		return EXIT_USAGE;
	return run(cmd, &req, argc - 1, argv + 1);
}

/* Fail if output was lost, so that a script does not take a part of it for all. */
static int finish(int ret)
{
	if (!fflush(stdout) && !ferror(stdout))
		return ret < 0 ? EXIT_FAILURE : ret;
	fprintf(stderr, "Error: cannot write to standard output%s\n",
		ret ? "" : "; what was to be done is done");
	return ret > 0 ? ret : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	return finish(mdev_bpf(argc, argv));
}
