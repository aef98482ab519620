/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kupgrade.bpf.c and the tests that use it agree on. */
#ifndef KUPGRADE_H
#define KUPGRADE_H

/*
 * One BAR of registers, 32 bit each. They are in the device's state, and each program keeps
 * them at another place in it. Each op answers EUCLEAN if the state is not its own program's.
 */
#define KUP_VALUE	0x00	/* any number */
#define KUP_COUNT	0x04	/* R: one more than at the last read */
#define KUP_VERSION	0x08	/* R: state_version of the program that answers */
#define KUP_UPGRADES	0x0c	/* R: how often the state was converted */
#define KUP_FAIL	0x10	/* what the next upgrade of this device returns */
#define KUP_TICKS	0x14	/* how often the timer fired; W: arm it with that period, ns */
#define KUP_LINE	0x18	/* W: mdev_bpf_irq_set() */
#define KUP_DMA		0x1c	/* W: read the value from this address of the guest's */
#define KUP_DMA_ERROR	0x20	/* R: what became of that */
#define KUP_FAIL_LATE	0x24	/* the same as KUP_FAIL, but only when the check was passed */
#define KUP_SLOW	0x28	/* converting this device takes so much longer */
#define KUP_ONCE	0x2c	/* not 0: the first timer of version 2 fails the device */
#define KUP_SIZE	64

#define KUP_SLOW_MAX	16	/* some milliseconds */
#define KUP_SLOWEST	16384	/* more has no effect */

/* How often an op found something wrong; at the start of .bss */
struct kup_global {
	__u64 wrong;	/* state that is not as it must be */
	__u64 inits;
	__u64 upgrades;
	__u64 late;	/* of devices with KUP_FAIL_LATE */
};

#endif /* KUPGRADE_H */
