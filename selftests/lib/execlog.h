/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Having QEMU log each instruction that the guest executes. The VM needs --monitor. bench/where.sh
 * makes tables of these logs.
 */
#ifndef SELFTESTS_EXECLOG_H
#define SELFTESTS_EXECLOG_H

#include <stdbool.h>

/* Was a log asked for, by the variable MDEV_EXECLOG: a directory of the host? */
bool execlog_wanted(void);
/* Log what some calls of @op execute to NAME.log in that directory, and all symbols to NAME.syms */
void execlog(const char *name, void (*op)(void));

#endif /* SELFTESTS_EXECLOG_H */
