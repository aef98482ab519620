/* SPDX-License-Identifier: GPL-2.0-only */
/* The test device with doorbells (progs/kbell.bpf.c): dev, with its interrupts enabled. */
#ifndef BELL_H
#define BELL_H

#include "dev.h"
#include "irqs.h"
#include "progs/kbell.h"

#define KBELL	"progs/kbell.bpf.o"

extern int bell_event[KBELL_MSI];	/* by vector */
extern int kick;		/* what stands for writes */

void bell_load(void);
void bell_open(void);
void bell_close(void);

#endif /* BELL_H */
