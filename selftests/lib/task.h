/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks of the machine, by their names in /proc. */
#ifndef TASK_H
#define TASK_H

/*
 * The sum of @fn over all tasks whose directory matches @dirs, and whose name matches @name; both
 * are patterns as for the shell. @fn gets the directory; without it, this is the number of tasks.
 */
unsigned long long task_sum(const char *dirs, const char *name,
			    unsigned long long (*fn)(const char *dir));

#endif /* TASK_H */
