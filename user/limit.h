/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_LIMIT_H
#define USER_LIMIT_H

/*
 * While the verifier runs: say so from time to time, and end the process after a number of seconds
 * (0: never). Nothing is attached or pinned then.
 */
int limit_start(unsigned long seconds);
void limit_end(void);

#endif
