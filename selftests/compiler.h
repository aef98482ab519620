/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef COMPILER_H
#define COMPILER_H

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define __noreturn		_Noreturn
#define __printf(fmt, first)	[[gnu::format(printf, fmt, first)]]

#endif /* COMPILER_H */
