// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf test: the test points, in their order, for each type of a program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "end.h"
#include "output.h"
#include "param.h"
#include "test/stream.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define DEFAULT_SEED	1
#define DEFAULT_ACCESSES	3000
#define MAX_ACCESSES	100000000

static int point_created(struct subject *s);

static const struct {
	const char *name;
	int (*run)(struct subject *s);
} points[] = {
	{ "created", point_created },
	{ "bounds", point_bounds },
	{ "interrupts", point_interrupts },
	{ "accesses", point_accesses },
	{ "reset", point_reset },
	{ "flr", point_flr },
	{ "migrated", point_migrated },
	{ "replaced", point_replaced },
	{ "detached", point_detached },
	{ "reopened", point_reopened },
	{ "removed", point_removed },
};

/* EOPNOTSUPP and ENOTTY: it is not meant to migrate. It may have stopped all the same. */
static int learn_saves(struct subject *s)
{
	struct stream stream = {};
	int ret = stream_save(&s->a, &stream);
	int run = stream_run(&s->a);

	stream_free(&stream);
	s->saves = !ret;
	if (ret && ret != -EOPNOTSUPP && ret != -ENOTTY)
		return p_err("the state of a new device cannot be saved: %s (see the op save)",
			     strerror(-ret));
	return run && run != -ENOTTY ? p_err("a new device does not run on after its state was saved: %s",
					     strerror(-run)) : 0;
}

static int point_created(struct subject *s)
{
	if (unit_create(s, &s->a) || subject_learn(s) || learn_saves(s))
		return -1;
	if (type_find(s->type.id, &s->type) && s->type.available && unit_create(s, &s->b))
		return -1;
	return unit_check(&s->a, "when it was opened");
}

/* A device that has failed, or stands still, is reset for the next point. */
static void recover(struct subject *s)
{
	char text[512];

	err_capture(text, sizeof(text));
	unit_reset(&s->a);
	if (s->b.open)
		unit_reset(&s->b);
	err_capture(NULL, 0);
}

static int run_point(struct subject *s, int i, char *text, size_t size)
{
	int log = kmsg_open(), ret;
	char complaint[256];

	err_capture(text, size);
	if (end_came())
		ret = test_skip("it was interrupted");
	else if (i && !s->a.open)
		ret = test_skip("there is no device");
	else
		ret = points[i].run(s);
	if (kmsg_complaint(log, complaint, sizeof(complaint)))
		ret = p_err("the kernel has complained, see dmesg: %s", complaint);
	err_capture(NULL, 0);
	if (log >= 0)
		close(log);
	return ret;
}

static int run_type(const struct type *type, void *ctx)
{
	struct subject s = { .test = ctx, .type = *type };
	char text[1024], name[2 * MDEV_BPF_NAME_LEN];

	snprintf(name, sizeof(name), "%s%s", s.test->own_name, type->id + strlen(s.test->name));
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		int ret = run_point(&s, i, text, sizeof(text));

		report_point(name, points[i].name, ret, text);
		if (ret < 0 && s.a.open)
			recover(&s);
	}
	unit_remove(&s.a);
	unit_remove(&s.b);
	return 0;
}

static int count_type(const struct type *type, void *nr)
{
	++*(unsigned int *)nr;
	return 0;
}

/* Only digits: strtoull() takes a sign. */
static int number(const char *option, const char *text, __u64 max, __u64 *val)
{
	char *end;

	if (!text)
		return 0;
	errno = 0;
	*val = strtoull(text, &end, 0);
	if (errno || *end || *text < '0' || *text > '9' || *val > max)
		return p_usage("--%s %s: not a number from 0 to %llu", option, text, max);
	return 0;
}

static int parse_options(struct test *t)
{
	__u64 accesses = DEFAULT_ACCESSES;
	int ret;

	t->seed = DEFAULT_SEED;
	ret = number("seed", t->opts->seed, ~0ULL, &t->seed);
	ret = ret ?: number("accesses", t->opts->accesses, MAX_ACCESSES, &accesses);
	t->accesses = accesses;
	return ret ?: param_check(t->opts);
}

static int run_types(struct test *t)
{
	unsigned int types = 0;
	char note[128];

	walk_types(t->name, count_type, &types);
	snprintf(note, sizeof(note), "%s as '%s', seed %llu, %u accesses", t->own_name,
		 t->name, t->seed, t->accesses);
	report_begin(types * ARRAY_SIZE(points), note);
	walk_types(t->name, run_type, t);
	return report_end();
}

int do_test(const struct opts *opts, int argc, char **argv)
{
	struct test t = { .opts = opts, .link = -1 };
	int ret = parse_options(&t);

	if (ret)
		return ret;
	/* What was created goes first. */
	end_catch(true);
	ret = program_load(&t, argv[0]) ?: run_types(&t);
	program_unload(&t);
	return ret;
}
