/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes to sysfs that may block, each in a thread of its own. */
#ifndef MDEV_JOB_H
#define MDEV_JOB_H

#include <pthread.h>
#include <stdbool.h>

#include "compiler.h"

struct job;

/* Start writing; what is written must stay. */
struct job *job_write_fd(int fd, const char *text);
__printf(2, 3) struct job *job_write(const char *text, const char *fmt, ...);

/* Where the next jobs run; -1 for where they like */
extern int job_cpu;

/* Wait until the writer sleeps in the kernel; false if it ends instead. */
bool job_sleeps(struct job *j);
bool job_is_done(struct job *j);
void job_signal(struct job *j, int sig);
/* The state /proc shows of the thread: 'S' is interruptible, 'D' is not */
char job_state(struct job *j);
/* Wait for the end: 0, or negative errno of the write; -ETIME if it does not end. */
int job_end(struct job *j);
/* For when a test point was left in the middle: what it started ends now. */
void job_end_all(void);

/* Poll @cond, which is made of calls, for as long as a loaded machine may need. */
#define wait_for(cond)	wait_for_ms(JOB_TIMEOUT_MS, cond)
#define wait_for_ms(ms, cond) ({					\
	unsigned int left_ = (ms);					\
	bool ok_;							\
									\
	while (!(ok_ = (cond)) && left_--)				\
		job_tick();						\
	ok_;								\
})

#define JOB_TIMEOUT_MS	20000
void job_tick(void);

#endif /* MDEV_JOB_H */
