/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_CMD_H
#define USER_CMD_H

#include <stdbool.h>

#define MAX_SETS	64

/* Options of the command line */
struct opts {
	bool replace;
	bool dry_run;
	bool force;
	bool registers;
	bool pty;
	bool send_break;
	const char *type;
	const char *map;
	const char *pin;
	const char *uuid;
	const char *seed;
	const char *accesses;
	const char *set[MAX_SETS];
	int nr_set;
	unsigned long limit;	/* seconds for the verifier, 0: none */
};

/*
 * A command returns 0, EXIT_USAGE or -1. It has printed the reason of a failure by then (p_err,
 * p_usage).
 */
struct cmd {
	const char *name;
	int (*run)(const struct opts *opts, int argc, char **argv);
	int min_args, max_args;
	const char *options;	/* short names of the options it takes, see main.c */
	const char *args;
	const char *help;
};

int do_load(const struct opts *opts, int argc, char **argv);
int do_unload(const struct opts *opts, int argc, char **argv);
int do_enable(const struct opts *opts, int argc, char **argv);
int do_disable(const struct opts *opts, int argc, char **argv);
int do_list(const struct opts *opts, int argc, char **argv);
int do_types(const struct opts *opts, int argc, char **argv);
int do_devices(const struct opts *opts, int argc, char **argv);
int do_show(const struct opts *opts, int argc, char **argv);
int do_create(const struct opts *opts, int argc, char **argv);
int do_remove(const struct opts *opts, int argc, char **argv);
int do_inspect(const struct opts *opts, int argc, char **argv);
int do_peek(const struct opts *opts, int argc, char **argv);
int do_poke(const struct opts *opts, int argc, char **argv);
int do_memory(const struct opts *opts, int argc, char **argv);
int do_console(const struct opts *opts, int argc, char **argv);
int do_dump(const struct opts *opts, int argc, char **argv);
int do_stats(const struct opts *opts, int argc, char **argv);
int do_test(const struct opts *opts, int argc, char **argv);
int do_top(const struct opts *opts, int argc, char **argv);
int do_new(const struct opts *opts, int argc, char **argv);
int do_trace(const struct opts *opts, int argc, char **argv);
int do_doctor(const struct opts *opts, int argc, char **argv);
int do_version(const struct opts *opts, int argc, char **argv);

#endif
