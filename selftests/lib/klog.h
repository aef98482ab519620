/* SPDX-License-Identifier: GPL-2.0-only */
/* Complaints in the kernel log. */
#ifndef KLOG_H
#define KLOG_H

#include <stdbool.h>
#include <stdio.h>

/* The kernel log from now on; a descriptor, or negative where it cannot be read. */
int klog_open(void);

/*
 * Print complaints since klog_open() to @out as TAP diagnostics, and close @log.
 * Returns their number; losing messages to an overrun counts as one.
 */
int klog_check(int log, FILE *out);

/* The same for one process after another: "now" as a number, complaints since then. */
unsigned long long klog_mark(void);
int klog_since(unsigned long long mark, int facility, FILE *out);

/* Does a line since then have @text in it? */
bool klog_has(unsigned long long mark, const char *text);
/* A mark behind the first such record, 0 if there is none */
unsigned long long klog_find(unsigned long long mark, const char *text);

#endif /* KLOG_H */
