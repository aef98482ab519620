/* SPDX-License-Identifier: GPL-2.0-only */
/* A process of its own that lives until the test kills it. */
#ifndef CHILD_H
#define CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "compiler.h"

struct child {
	pid_t pid;	/* 0: there is none */
	int said;	/* what it said when it was ready */
};

/* Start a process that calls @live, and wait until that calls child_ready(). */
void child_start(struct child *child, void (*live)(void));
/* For @live, at its end: @say something to the test, and live on. */
__noreturn void child_ready(int say);
/* What a task is doing: 'R', 'S', 'D', ...; 0 if there is none */
char task_state(pid_t task);
/* Is it still there? */
bool child_lives(const struct child *child);
/* SIGKILL ends it. Does nothing if there is none. */
void child_kill(struct child *child);

#endif /* CHILD_H */
