/* SPDX-License-Identifier: GPL-2.0-only */
/* A file system in user space with one file, whose bytes never arrive: no signal ends the wait. */
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
/* From now on, fsync() waits until fuse_answer_sync(), and fuse_wanted() waits for it. */
void fuse_hold_sync(void);
void fuse_answer_sync(int error);
/* Unmount it: a task that waits gets an error. Does nothing if it is not mounted. */
void fuse_end(void);

#endif /* FUSE_H */
