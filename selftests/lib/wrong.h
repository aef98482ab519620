/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations with one mistake each, and how the module refuses them. */
#ifndef WRONG_H
#define WRONG_H

#include "prog.h"

struct wrong {
	void (*change)(struct mdev_bpf_ops *ops);
	int err;
	const char *why;
};

/* A change for struct wrong */
#define WRONG(fn, statement) \
static void fn(struct mdev_bpf_ops *ops) { statement; }

/* With each of the @nr changes, @object is refused for that reason and leaves nothing behind. */
void expect_wrong(const char *object, const struct wrong *w, unsigned int nr);
/* The verifier refuses the program @map of @object, and its log has @why. */
void expect_not_loaded(const char *object, const char *map, const char *why);
/* sysfs has nothing of a program @name. */
void expect_no_type(const char *name);

#endif /* WRONG_H */
