/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_END_H
#define USER_END_H

#include <stdbool.h>

/*
 * For commands that go on until Ctrl-C: SIGINT and SIGTERM interrupt what waits, and are
 * remembered. Output that nobody reads is an error, not a signal.
 */
void end_catch(void);
bool end_came(void);

#endif
