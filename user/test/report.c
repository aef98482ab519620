// SPDX-License-Identifier: GPL-2.0-only
/* What mdev-bpf test prints: TAP, or JSON. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "test/test.h"

static struct json_object *rows;
static unsigned int number, failed, skipped;

/* Why a point is skipped goes the way of why it fails. */
int test_skip(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p_err("%s", text);
	return TEST_SKIPPED;
}

void report_begin(unsigned int points, const char *note)
{
	if (json_output)
		rows = json_object_new_array();
	else
		printf("TAP version 13\n1..%u\n# %s\n", points, note);
}

static void add_row(const char *type, const char *point, const char *result, const char *text)
{
	struct json_object *row = json_object_new_object();

	add_str(row, "type", type);
	add_str(row, "point", point);
	add_str(row, "result", result);
	add_str(row, "text", *text ? text : NULL);
	json_object_array_add(rows, row);
}

static void print_diagnostics(const char *text)
{
	while (*text) {
		int len = strcspn(text, "\n");

		printf("# %.*s\n", len, text);
		text += len + (text[len] == '\n');
	}
}

void report_point(const char *type, const char *point, int result, const char *text)
{
	bool skip = result == TEST_SKIPPED;

	number++;
	failed += result < 0;
	skipped += skip;
	if (json_output) {
		add_row(type, point, result < 0 ? "failed" : skip ? "skipped" : "passed", text);
		return;
	}
	printf("%sok %u %s %s%s%s\n", result < 0 ? "not " : "", number, type, point,
	       skip ? " # SKIP " : "", skip ? text : "");
	if (result < 0)
		print_diagnostics(text);
	fflush(stdout);
}

int report_end(void)
{
	if (json_output)
		out_list(rows);
	else
		printf("# %u passed, %u failed, %u skipped\n", number - failed - skipped, failed,
		       skipped);
	return failed ? -1 : 0;
}
