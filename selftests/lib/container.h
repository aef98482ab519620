/* SPDX-License-Identifier: GPL-2.0-only */
/* Several kdma devices in one container, each with all of guest.h, one at a time. */
#ifndef CONTAINER_H
#define CONTAINER_H

#include "guest.h"

#define CONTAINER_MAX	6

/* What they are; the first is the one that guest_open() has opened. */
extern struct vfio container_dev[CONTAINER_MAX];
extern struct mdev container_mdev[CONTAINER_MAX];

/* For a suite's before and after, in place of guest_open() and guest_close() */
void container_open(void);
void container_close(void);
/* Have @nr devices in all. */
void container_grow(unsigned int nr);
/* dev is the device @i, from 0. */
void container_use(unsigned int i);

#endif /* CONTAINER_H */
