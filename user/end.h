/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_END_H
#define USER_END_H

#include <stdbool.h>

/*
 * For commands that go on until Ctrl-C, or leave something to undo: SIGINT and SIGTERM are
 * remembered. They interrupt a system call that waits, or with @restart it goes on. Output that
 * nobody reads is an error, not a signal.
 */
void end_catch(bool restart);
bool end_came(void);

/* Wait until @fd, which does not block, can be read, or the end comes. False: the end has come. */
bool end_wait(int fd);

#endif
