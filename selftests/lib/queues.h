/* SPDX-License-Identifier: GPL-2.0-only */
/* The test device with queues (progs/kqueue.bpf.c): dev, with its interrupts enabled. */
#ifndef QUEUES_H
#define QUEUES_H

#include "dev.h"
#include "irqs.h"
#include "progs/kqueue.h"

#define KQUEUE	"progs/kqueue.bpf.o"

extern int queue_event[KQ_MSI];		/* by queue */
extern struct kqueue_global *queue_global;

/* Load it, as one of "kqueue" and "moved", and attach it. */
void queues_load(const char *map);
void queues_open(void);
void queues_close(void);
/* No op of a queue is left that does not end by itself: all modes are KQ_NOTHING. */
void queues_calm(void);
/* What must never have happened */
void queues_expect_sound(void);

/* A register of a queue, KQ_CALLS and so on; and a ring of its doorbell */
__u32 queue_reg(unsigned int q, unsigned int reg);
void queue_ring(unsigned int q, __u16 val);

#endif /* QUEUES_H */
