/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kqdma.bpf.c and its tests agree on: queues that make requests. */
#ifndef KQDMA_H
#define KQDMA_H

#define KQD_QUEUES	4
#define KQD_MSI		4	/* vector q is sent by queue_done of queue q */
#define KQD_STATE	8192	/* bytes of state of a queue, of which the first 16 are its own */

/* BAR0 */
#define KQD_SPIN	0x00	/* R: runs until kqdma_global::go, with the device's lock held */
#define KQD_PIN		0x08	/* W: guest address of a page, pin it as window 0; 0: unpin it */
#define KQD_UNPIN	0x18	/* W: unpin window 0, then run until kqdma_global::go */
#define KQD_ANY		0x10	/* R: 0x1234 */
#define KQD_TAIL(q)	(0x100 + 16 * (q))

/* Values of kqdma_side::look */
#define KQD_ONCE	1
#define KQD_ALWAYS	2	/* be called again */
#define KQD_STAY	3	/* run until kqdma_global::go, or for kqdma_global::stay */

/* What a queue does when it is rung: make @nr requests @req, with the ids @made, @made + 1... */
struct kqdma_side {
	struct mdev_bpf_request req;
	unsigned long long nr;
	unsigned long long again;	/* queue_done makes another one each time */
	unsigned long long cancel;	/* cancel the request with this id - 1 first */
	unsigned long long look;	/* how to look at window 0, whose byte it increments */
	unsigned long long clock;	/* read the time again and again, and be called again */
	unsigned long long fail;	/* queue_done fails the device */
	/* What came of it */
	unsigned long long calls;
	unsigned long long time;	/* of the last call */
	unsigned long long back;	/* the most that the time has gone back */
	unsigned long long made;
	long long result;		/* of the last mdev_bpf_q_request() */
	long long cancelled;		/* of mdev_bpf_q_request_cancel() */
	unsigned long long done;
	unsigned long long expect;	/* the id that is to be told next */
	unsigned long long disorder;
	long long error;
	unsigned long long errors;	/* requests that have failed */
	unsigned long long moved;
	long long seen;			/* the byte in the window, or -1 */
};

/* At the start of .bss */
struct kqdma_global {
	unsigned long long go;
	unsigned long long inside;
	unsigned long long stay;	/* in ns; 0: without a limit */
	unsigned long long pinned;	/* results of pins that were told, 1 for success */
	struct kqdma_side q[KQD_QUEUES];
};

#endif /* KQDMA_H */
