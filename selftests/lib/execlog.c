// SPDX-License-Identifier: GPL-2.0-only
/*
 * Implements execlog.h. QEMU's monitor answers each command by a line, so the log is on when the
 * first call begins, and off after the last one. Commands are those of the human monitor, because
 * QMP itself cannot change what is logged.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "execlog.h"
#include "mtap.h"

#define PORT	"/dev/vport0p4"
#define SHARE	"/mnt/share"	/* the same directory, in the guest */
#define CALLS	9

static FILE *to, *from;

bool execlog_wanted(void)
{
	return getenv("MDEV_EXECLOG");
}

/* The answer to a command; events may come before it */
static void answer(void)
{
	char line[4096];

	do
		ASSERT(fgets(line, sizeof(line), from));
	while (!strstr(line, "\"return\""));
	if (strcmp(line, "{\"return\": {}}\r\n") && strcmp(line, "{\"return\": \"\"}\r\n"))
		mtap_fail(__FILE__, __LINE__, "QEMU says %s", line);
}

static void send(const char *json)
{
	fprintf(to, "%s\n", json);
	ASSERT_EQ(fflush(to), 0);
	answer();
}

static __printf(1, 2) void command(const char *fmt, ...)
{
	char line[512], json[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	snprintf(json, sizeof(json), "{\"execute\": \"%s\", \"arguments\": {\"%s\": \"%s\"}}",
		 "human-monitor-command", "command-line", line);
	send(json);
}

/* The port can be opened once only. */
static void connect_monitor(void)
{
	int fd = open(PORT, O_RDWR | O_CLOEXEC);

	ASSERT(fd >= 0);
	to = fdopen(fd, "w");
	from = fdopen(dup(fd), "r");
	ASSERT(to && from);
	send("{\"execute\": \"qmp_capabilities\"}");
}

/* Names of BPF programs are there as long as the programs are. */
static void save_symbols(const char *name)
{
	char command[256];

	snprintf(command, sizeof(command), "cat /proc/kallsyms >" SHARE "/%s.syms", name);
	ASSERT_EQ(system(command), 0);
}

void execlog(const char *name, void (*op)(void))
{
	int i;

	if (!to)
		connect_monitor();
	save_symbols(name);
	command("logfile %s/%s.log", getenv("MDEV_EXECLOG"), name);
	command("one-insn-per-tb on");
	command("log exec,nochain");
	for (i = 0; i < CALLS; i++)
		op();
	command("log none");
	command("one-insn-per-tb off");
}
