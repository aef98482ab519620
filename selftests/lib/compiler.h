/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPILER_H
#define COMPILER_H

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define __noreturn		__attribute__((__noreturn__))
#define __printf(fmt, first)	__attribute__((__format__(__printf__, fmt, first)))

#endif /* COMPILER_H */
