// SPDX-License-Identifier: GPL-2.0-only
/* Messages of libbpf and of the verifier, reduced to what matters. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cure.h"
#include "log.h"
#include "output.h"
#include "sysfs.h"

#define LOG_SIZE	(8 << 20)	/* of one program; only what is written takes memory */
#define SUMMARY_LINES	12

/* libbpf's first warning is the cause; later ones follow from it. */
static char first_warning[512];

static int libbpf_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (debug_output)
		return vfprintf(stderr, fmt, ap);
	if (level == LIBBPF_WARN && !*first_warning)
		vsnprintf(first_warning, sizeof(first_warning), fmt, ap);
	return 0;
}

void log_init(void)
{
	libbpf_set_print(libbpf_print);
}

/* Why libbpf failed: its warning with the cure, or else the errno as text. */
const char *log_reason(int err)
{
	static char reason[2 * sizeof(first_warning)];
	char *text = first_warning;
	const char *cure;

	if (!*text || ((err == EPERM || err == EACCES) && geteuid()))
		return err_hint(err);
	text[strcspn(text, "\n")] = '\0';
	if (!strncmp(text, "libbpf: ", 8))
		text += 8;
	cure = cure_for(text);
	snprintf(reason, sizeof(reason), "%s%s%s", text, cure ? "; cure: " : "", cure ?: "");
	return reason;
}

/* Give the verifier a log buffer for each program. */
int log_prepare(struct bpf_object *obj)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj) {
		char *buf = calloc(1, LOG_SIZE);

		if (!buf || bpf_program__set_log_buf(prog, buf, LOG_SIZE))
			return p_err("no memory for the verifier's log");
	}
	return 0;
}

void log_release(struct bpf_object *obj)
{
	struct bpf_program *prog;
	size_t size;

	bpf_object__for_each_program(prog, obj)
		free((void *)bpf_program__log_buf(prog, &size));
}

static bool is_instruction(const char *line)
{
	size_t digits = strspn(line, "0123456789");

	return digits && !strncmp(line + digits, ": (", 3);
}

static bool is_statistics(const char *line)
{
	return !strncmp(line, "processed ", 10) || !strncmp(line, "verification time ", 18) ||
	       !strncmp(line, "stack depth ", 12) || !*line;
}

/*
 * The verifier stops at the first error: the end of its log has the source line, the instruction
 * and the reason. Split the log into lines in place, and return the first one to show.
 */
static int split_log(char *log, char **lines, int max)
{
	int n = 0, instruction = -1, source = -1;

	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n")) {
		if (is_statistics(line))
			continue;
		if (n == max) {
			memmove(lines, lines + 1, (max - 1) * sizeof(*lines));
			n--;
			instruction--;
			source--;
		}
		if (is_instruction(line))
			instruction = n;
		else if (*line == ';')
			source = n;
		lines[n++] = line;
	}
	lines[n] = NULL;
	if (source >= 0 && source < instruction)
		return source;
	return instruction > 0 ? instruction : 0;
}

static char *summarise(char *log)
{
	char *lines[SUMMARY_LINES + 1], *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int i;

	if (!f)
		abort();
	for (i = split_log(log, lines, SUMMARY_LINES); lines[i]; i++)
		fprintf(f, "\n  %s", lines[i]);
	fclose(f);
	return text;
}

static void report_verifier(const char *program, char *log)
{
	char *text = summarise(log);
	const char *cure = cure_for(text);

	p_err("the verifier refused program '%s' (the whole log: -d):%s%s%s", program, text,
	      cure ? "\n  cure: " : "", cure ?: "");
	free(text);
}

/* Did the module refuse the program, rather than the verifier? It has 15 characters of the name. */
static bool module_refused(const struct bpf_program *prog, int err, char *why, size_t size)
{
	char name[BPF_OBJ_NAME_LEN];

	snprintf(name, sizeof(name), "%s", bpf_program__name(prog));
	read_refusal(name, why, size);
	return err == EOPNOTSUPP && *why;
}

/* Print why an object could not be loaded. */
int log_report(struct bpf_object *obj, int err)
{
	struct bpf_program *prog;
	char why[512];

	bpf_object__for_each_program(prog, obj) {
		size_t size = 0;
		char *log = (char *)bpf_program__log_buf(prog, &size);

		if (!log || !*log)
			continue;
		if (debug_output)
			fprintf(stderr, "%s", log);
		if (module_refused(prog, err, why, sizeof(why)))
			return p_err("the kernel refused program '%s': %s",
				     bpf_program__name(prog), why);
		report_verifier(bpf_program__name(prog), log);
		return -1;
	}
	return p_err("cannot load the object: %s", log_reason(err));
}
