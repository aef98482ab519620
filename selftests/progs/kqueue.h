/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kqueue.bpf.c and its tests agree on. */
#ifndef KQUEUE_H
#define KQUEUE_H

#define KQ_QUEUES	8

/* BAR2: a doorbell for each queue, of which 16 bits are kept, and one that keeps nothing */
#define KQ_BAR		2
#define KQ_TAIL(q)	(0x100 + 16 * (q))
#define KQ_TAIL_RESET	0x70000
#define KQ_BELL		0x10	/* rings queue 3 */
#define KQ_BELL_QUEUE	3

/* BAR4: memory, in which a queue in mode MEMORY counts at 4 * q */
#define KQ_MEMORY	4

/* BAR0: registers of 32 bits that the program handles. QUEUE() stops the queue first. */
#define KQ_ANY		0x00	/* R: 0x1234, without looking at a queue */
#define KQ_KICK		0x04	/* W: mdev_bpf_queue_kick(), its result can be read */
#define KQ_ALL_STILL	0x08	/* R: stops all queues: how many of them were in their op */
#define KQ_WORKS	0x0c	/* R: calls of work */
#define KQ_FAIL		0x10	/* W: mdev_bpf_fail() */
#define KQ_QUEUE(q)	(0x100 + 32 * (q))
#define KQ_CALLS	0x00	/* R: how often its op was called; W: set it */
#define KQ_SEEN		0x04	/* R: its doorbell when it was called last */
#define KQ_NOW		0x08	/* R: its doorbell now */
#define KQ_MARK		0x0c	/* RW: a word in its state */

#define KQ_MSI		8	/* vector q is sent after each op of queue q */
#define KQ_WORK		5

/* kqueue_global::mode: what the op of a queue does */
enum {
	KQ_NOTHING,
	KQ_MEET,	/* waits until kqueue_global::meet queues are in their op */
	KQ_SPIN,	/* runs until kqueue_global::go */
	KQ_SELF,	/* rings itself */
	KQ_NEXT,	/* rings the next queue */
	KQ_COUNT,	/* counts in memory */
	KQ_TO_WORK,	/* queues work */
	KQ_FAILS,	/* fails the device, twice */
	KQ_WRONG,	/* calls each function with arguments that are out of range */
	KQ_COMPUTE,	/* rounds of a calculation: kqueue_global::rounds */
	KQ_WANTED,	/* runs on when an op of the device wants it, then sets KQ_MARK */
};

/* At the start of .bss */
struct kqueue_global {
	unsigned long long inside;	/* queues in KQ_MEET, KQ_SPIN or KQ_WANTED */
	unsigned long long meet;
	unsigned long long met;		/* queues that have seen as many as @meet inside */
	unsigned long long go;
	unsigned long long wanted;	/* an op of the device has read or written a KQ_QUEUE() */
	unsigned long long rounds;
	unsigned long long mode[KQ_QUEUES];
	unsigned long long overlaps;	/* two calls for one queue at the same time */
	unsigned long long early;	/* calls of queue before started or init */
	unsigned long long torn;	/* queues that were in their op when they were stopped */
	unsigned long long dirty;	/* queues whose state init did not find empty */
	unsigned long long bad;		/* results of KQ_WRONG that were not errors */
	unsigned long long second_fail;	/* result of the second mdev_bpf_q_fail() */
	unsigned long long version;	/* of the program that was called last for a queue */
	unsigned long long calls;	/* of queue, in all */
};

#endif /* KQUEUE_H */
