/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kdev.bpf.c and the tests that use it agree on. */
#ifndef KDEV_H
#define KDEV_H

/*
 * BAR0, BAR2 and BAR3 are memory that the program serves from its state, with accesses of up
 * to 4, 8 and 1 bytes; every access to them is logged. BAR1 is the control block below. BAR4
 * begins with the log; it can only be read, and is 64 bit wide and large. Type "b" has no BAR3.
 */
#define KDEV_BAR_SIZE		64
#define KDEV_CTL		1
#define KDEV_CTL_SIZE		256
#define KDEV_LOG		4
#define KDEV_LOG_BAR_SIZE	(1ULL << 33)
#define KDEV_LOG_MAX		64
#define KDEV_MSI		4
#define KDEV_STATE_VERSION	7

/* Control registers, 32 bit each */
#define KDEV_CTL_NR_LOG		0x00	/* entries in the log; a write empties it */
#define KDEV_CTL_LEVEL		0x04	/* W: mdev_bpf_irq_set() */
#define KDEV_CTL_VECTOR		0x08	/* W: mdev_bpf_irq_trigger() */
#define KDEV_CTL_RESULT		0x0c	/* what the last kfunc of a write returned */
#define KDEV_CTL_MODE		0x10	/* R: mdev_bpf_irq_mode() */
#define KDEV_CTL_FAIL_AT	0x14	/* offset from which the bars fail... */
#define KDEV_CTL_FAIL_WITH	0x18	/* ...with this return value; 0 is off */
#define KDEV_CTL_CFG_OFF	0x1c	/* offset and size for the next two */
#define KDEV_CTL_CFG_SIZE	0x20
#define KDEV_CTL_CFG_READ	0x24	/* R: mdev_bpf_config_read(), W: nothing */
#define KDEV_CTL_CFG_WRITE	0x28	/* W: mdev_bpf_config_write() */
#define KDEV_CTL_TYPE		0x2c	/* R: what the program is told about the device */
#define KDEV_CTL_ARG		0x30
#define KDEV_CTL_INSTANCE	0x34
#define KDEV_CTL_OVERLAP	0x3c	/* R, slow: 1 if two ops of the device ever overlapped */
#define KDEV_CTL_UUID		0x40	/* R: 16 bytes */
#define KDEV_CTL_SLOW		0x54	/* R: takes long enough to be caught in it */
#define KDEV_CTL_MAGIC		0x50	/* R: the global variable "magic" */

struct kdev_entry {
	__u8 region;
	__u8 size;
	__u8 write;
	__u8 pad;
	__u32 offset;
	__u64 val;
};

struct kdev_state {
	__u8 bar[3][KDEV_BAR_SIZE];
	__u32 nr_log;
	__u32 result;
	__u32 fail_at;
	__s32 fail_with;
	__u32 cfg_off;
	__u32 cfg_size;
	__u32 inside;
	__u32 overlap;
	struct kdev_entry log[KDEV_LOG_MAX];
};

/* Global counters, at the start of .bss: how often each op ran */
enum {
	KDEV_INIT, KDEV_EXIT, KDEV_OPEN, KDEV_CLOSE, KDEV_RESET, KDEV_READ, KDEV_WRITE,
	KDEV_SLOW_IN, KDEV_SLOW_OUT, KDEV_NR_COUNTERS
};

#endif /* KDEV_H */
