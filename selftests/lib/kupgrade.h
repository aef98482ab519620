/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two versions of a program (progs/kupgrade.bpf.c): @dev_prog is the first and owns the link, whatever
 * that attaches, @dev_prog2 the second.
 */
#ifndef LIB_KUPGRADE_H
#define LIB_KUPGRADE_H

#include "dev.h"
#include "progs/kupgrade.h"

#define KUP	"progs/kupgrade.bpf.o"
#define PARENT	"/sys/devices/virtual/kupgrade/kupgrade"

/* Load one of its struct_ops maps, in place of what @p was. */
void kupgrade_program(struct prog *p, const char *map);
/* Attach the first version, and load the second. */
void kupgrade_load(void);
/* Replace what is attached: 0 or negative errno */
int to_v1(void);
int to_v2(void);
/* Neither has met a state that is not as it must be. */
void kupgrade_expect_nothing_wrong(void);
/* Everything of both goes. */
void kupgrade_unload(void);

#endif /* LIB_KUPGRADE_H */
