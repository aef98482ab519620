/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kmig.bpf.c and its test agree on. */
#ifndef KMIG_H
#define KMIG_H

#define KMIG_MSI	16	/* vector n: timer n was called; 8 + n: work n */

/* Registers of BAR0, 32 bit each */
#define KMIG_DELAY	0x00	/* microseconds for the next arm */
#define KMIG_PERIOD	0x04	/* nanoseconds for the next arm */
#define KMIG_ARM	0x08	/* W: mdev_bpf_timer_arm() of timer n */
#define KMIG_WORK	0x0c	/* W: mdev_bpf_work_queue() */
#define KMIG_LEVEL	0x10	/* W: mdev_bpf_irq_set() */
#define KMIG_CONFIG	0x14	/* W: mdev_bpf_config_write() at 0x40 */
#define KMIG_RESULT	0x18	/* what these returned */
#define KMIG_RESTORED	0x1c	/* R: what restore saw: 1 + version, 0x100 added if opaque */
#define KMIG_TIMERS	0x20	/* 8 counters: calls of timer n */
#define KMIG_WORKS	0x40	/* 8 counters: calls of work n */
#define KMIG_HOOK	0x60	/* what save and restore do: KMIG_HOOK_* */
#define KMIG_SAVED	0x64	/* R: calls of save */
#define KMIG_PUT	0x68	/* R: what mdev_bpf_stream_put() returned when it failed */
#define KMIG_TRIGGER	0x6c	/* W: mdev_bpf_irq_trigger() */
#define KMIG_DMA	0x70	/* W: ask for the first 16 bytes of RAM to go to KMIG_IOVA + n */
#define KMIG_PIN	0x74	/* W: pin the page at KMIG_IOVA + n */
#define KMIG_PEEK	0x78	/* R: the first 32 bits there; all ones if it is not pinned */
#define KMIG_DONE	0x7c	/* R: calls of dma_done, 0x100 for an error, 0x10000 for AGAIN */
#define KMIG_TIME	0x80	/* R: mdev_bpf_time(), in microseconds */
#define KMIG_STARTED	0x84	/* R: calls of started << 8, and why of the last one */
#define KMIG_RAM	0x100	/* 256 bytes of memory */
#define KMIG_RAM_SIZE	0x100

enum {
	KMIG_HOOK_CORE,		/* the core saves */
	KMIG_HOOK_OWN,		/* save puts "kmig-own" and the memory */
	KMIG_HOOK_FULL,		/* save puts as much as it can */
	KMIG_HOOK_EMPTY,	/* save says OWN and has put nothing */
	KMIG_HOOK_FAIL,		/* save and restore fail with EBUSY, after changing things */
	KMIG_HOOK_STALE,	/* save and restore fail with ESTALE */
	KMIG_HOOK_IGNORE,	/* restore of an opaque stream returns CORE */
	KMIG_HOOK_PUT_FAIL,	/* save puts as with OWN, and fails with EBUSY */
	KMIG_HOOK_PUT_CORE,	/* save puts as with OWN, and leaves it to the core after all */
};

#define KMIG_IOVA	0x100000000ULL
#define KMIG_MEM	2		/* memory of the core's that can be mapped */
#define KMIG_MEM_SIZE	(4 << 20)
#define KMIG_TABLE	4		/* begins with MSI-X's table */
#define KMIG_MSIX	4
#define KMIG_BLOCK	0x10000	/* KMIG_HOOK_FULL puts as many as there is room for */

#define KMIG_OWN_MAGIC	0x6e776f2d67696d6bULL	/* "kmig-own" */

#endif /* KMIG_H */
