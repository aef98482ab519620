/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file system in user space with one file. What is read of it never arrives, and no signal ends
 * the wait; what is written is taken, and lost.
 */
#ifndef FUSE_H
#define FUSE_H

#include <stdbool.h>

#define FUSE_FILE_SIZE	65536

/* Mount it; the file, open for reading. Skips the test point if the kernel has no FUSE. */
int fuse_begin(void);
/* Wait until somebody reads it; false if nobody does. */
bool fuse_wanted(void);
/* What the next fsync() returns; those after it return 0. */
void fuse_fail_sync(int error);
/* How many of them there were */
unsigned int fuse_syncs(void);
/* From now on, fsync() waits until fuse_answer_sync(), and fuse_wanted() waits for it. */
void fuse_hold_sync(void);
void fuse_answer_sync(int error);
/* One that waits, the first, returns 0; the others go on waiting. */
void fuse_pass_sync(void);
/* What fallocate() returns; -EOPNOTSUPP at first */
void fuse_set_fallocate(int error);
/* Unmount it: a task that waits gets an error. Does nothing if it is not mounted. */
void fuse_end(void);

#endif /* FUSE_H */
