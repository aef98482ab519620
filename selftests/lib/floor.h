/* SPDX-License-Identifier: GPL-2.0-only */
/* What accesses of a device are compared with: a byte of /dev/zero, and one to /dev/null. */
#ifndef SELFTESTS_FLOOR_H
#define SELFTESTS_FLOOR_H

/* Open both. Skips the suite on a kernel whose instruments count as instructions. */
void floor_open(void);

/* Operations for cost() */
void floor_read(void);
void floor_write(void);

#endif /* SELFTESTS_FLOOR_H */
