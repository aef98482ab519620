/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two versions of a program (progs/kupgrade.bpf.c). @dev_prog is the first one, and its BPF link
 * attaches whichever is in use; @dev_prog2 is the second one.
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
/* A global variable of a version */
#define GLOBAL(p, member)	kupgrade_global(p, offsetof(struct kup_global, member))
__u64 kupgrade_global(struct prog *p, size_t off);
/* Neither version found a state that differs from what it had left. */
void kupgrade_expect_nothing_wrong(void);
/* Close the device, unload both, and wait until the type is gone. */
void kupgrade_unload(void);

#endif /* LIB_KUPGRADE_H */
