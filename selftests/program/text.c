// SPDX-License-Identifier: GPL-2.0-only
/* Texts that programs make of numbers, and lines that they print: progs/ktext.bpf.c has them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dev.h"
#include "progs/ktext.h"

#define TRACING	"/sys/kernel/tracing"
#define PRINT	TRACING "/events/mdev_bpf/mdev_bpf_print/enable"

/* What the program made, and what it should have made */
static char text[KTEXT_MAX], expected[KTEXT_MAX];

static void get_bytes(char *to, unsigned int offset)
{
	unsigned int i;

	for (i = 0; i < KTEXT_MAX; i++)
		to[i] = dev_get(0, offset + i, 1);
}

/* Have the program do what it does with a text; false if it has no such. */
static bool go(enum ktext_kind kind, unsigned int nr)
{
	dev_set(0, KTEXT_GO, 4, kind << 8 | nr);
	if (dev_get(0, KTEXT_NONE, 4))
		return false;
	get_bytes(expected, KTEXT_EXPECTED);
	EXPECT_EQ(dev_get(0, KTEXT_RESULT, 4), dev_get(0, KTEXT_WANTED, 4));
	return true;
}

static void expect_text(void)
{
	unsigned int i = dev_get(0, KTEXT_ROOM, 4);

	get_bytes(text, KTEXT_TEXT);
	ASSERT(strnlen(text, KTEXT_MAX) < KTEXT_MAX);
	EXPECT_STR(text, expected);
	for (; i < KTEXT_MAX; i++)
		if (text[i] != KTEXT_UNUSED) {
			mtap_fail(__FILE__, __LINE__, "byte %u is overwritten", i);
			return;
		}
}

static void expect_texts(enum ktext_kind kind)
{
	unsigned int nr;

	for (nr = 0; go(kind, nr); nr++)
		expect_text();
	EXPECT(nr > 0);
	mtap_diag("%u texts", nr);
}

MTAP_TEST(numbers)
{
	expect_texts(KTEXT_GOOD);
}

MTAP_TEST(cut_off)
{
	expect_texts(KTEXT_CUT);
}

MTAP_TEST(not_a_conversion)
{
	expect_texts(KTEXT_REFUSED);
}

static void clear_trace(void)
{
	FILE *f = fopen(TRACING "/trace", "w");

	ASSERT(f);
	fclose(f);
}

/* The line of the trace that is one of dev's: what it says; NULL if there is none */
static const char *traced(void)
{
	static char line[1024];
	const char *said = NULL;
	char event[64], *at;
	FILE *f = fopen(TRACING "/trace", "r");

	ASSERT(f);
	snprintf(event, sizeof(event), "mdev_bpf_print: dev=%s ", dev_mdev.uuid);
	while (!said && fgets(line, sizeof(line), f)) {
		at = strstr(line, event);
		said = at ? at + strlen(event) : NULL;
	}
	fclose(f);
	line[strcspn(line, "\n")] = 0;
	return said;
}

MTAP_TEST(printed)
{
	const char *line;
	unsigned int nr;

	if (sysfs_write("1", PRINT))
		mtap_skip("no trace events: CONFIG_FTRACE");
	clear_trace();
	for (nr = 0; go(KTEXT_LINES, nr); nr++) {
		line = traced();
		ASSERT(line);
		EXPECT_STR(line, expected);
		clear_trace();
	}
	EXPECT(nr > 0);
	mtap_diag("%u lines", nr);
}

MTAP_TEST(printed_for_nobody)
{
	if (sysfs_write("0", PRINT))
		mtap_skip("no trace events: CONFIG_FTRACE");
	clear_trace();
	EXPECT(go(KTEXT_LINES, 0));
	EXPECT(!traced());
}

static void load(void)
{
	dev_load("progs/ktext.bpf.o");
}

static void before(void)
{
	dev_open("ktext-1");
}

static void after(void)
{
	sysfs_write("0", PRINT);
	dev_close();
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = before, .after = after, .teardown = dev_unload,
};
