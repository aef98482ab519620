/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations that are wrong in one place, and what the module says of them. */
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

/* Each of @nr changes has @object refused, for its own reason; nothing is left. */
void expect_wrong(const char *object, const struct wrong *w, unsigned int nr);
/* There is nothing of a program @name. */
void expect_no_type(const char *name);

#endif /* WRONG_H */
