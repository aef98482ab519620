// SPDX-License-Identifier: GPL-2.0-only
/* Implements wrong.h. */
#include <stdio.h>
#include <string.h>

#include "dev.h"
#include "wrong.h"

void expect_no_type(const char *name)
{
	EXPECT(!exists("/sys/class/%s", name));
	EXPECT(!exists("/sys/devices/virtual/%s", name));
	EXPECT(!exists("/sys/bus/mdev/drivers/%s", name));
}

static void expect_one(const char *object, const struct wrong *w, unsigned int nr)
{
	char name[MDEV_BPF_NAME_LEN], head[MDEV_BPF_NAME_LEN + 2];
	int ret;

	/* A name of its own, so that the reason cannot be that of an earlier refusal */
	snprintf(name, sizeof(name), "wrong%u", nr);
	ASSERT_EQ(prog_open(&dev_prog2, object, NULL), 0);
	memcpy(prog_ops(&dev_prog2)->name, name, sizeof(name));
	w->change(prog_ops(&dev_prog2));
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ret = prog_attach(&dev_prog2);
	snprintf(head, sizeof(head), "%s: ", name);
	if (ret != w->err)
		mtap_fail(__FILE__, __LINE__, "[%u] %s: gives %d, expected %d", nr, w->why, ret,
			  w->err);
	if (strncmp(why_refused(), head, strlen(head)) || !strstr(why_refused(), w->why))
		mtap_fail(__FILE__, __LINE__, "[%u] \"%s\" does not say %s%s", nr, why_refused(),
			  head, w->why);
	expect_no_type(name);
	prog_close(&dev_prog2);
}

void expect_wrong(const char *object, const struct wrong *w, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		expect_one(object, &w[i], i);
}

void expect_not_loaded(const char *object, const char *map, const char *why)
{
	int ret;

	ASSERT_EQ(prog_open(&dev_prog2, object, map), 0);
	ret = prog_load(&dev_prog2);
	if (ret >= 0)
		mtap_fail(__FILE__, __LINE__, "%s loads", map);
	else if (!strstr(prog_log(), why))
		mtap_fail(__FILE__, __LINE__, "%s is refused without \"%s\": %s", map, why,
			  prog_log_tail());
	prog_close(&dev_prog2);
}
