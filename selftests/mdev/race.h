/* SPDX-License-Identifier: GPL-2.0-only */
/* Two functions, called at the same moment on two processors, round after round. */
#ifndef MDEV_RACE_H
#define MDEV_RACE_H

#include <stdbool.h>

void race_start(int (*a)(void), int (*b)(void));
/* One round; what the two returned */
void race_round(int *a, int *b);
/* Prints which pairs of results there were how often; right after a failure, too. */
void race_end(void);

/* For @a and @b, in a loop: the other one has returned, so do not wait for what he does. */
bool race_other_is_done(void);

#endif /* MDEV_RACE_H */
