/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kpci.bpf.c and its test agree on. */
#ifndef KPCI_H
#define KPCI_H

#define KPCI_MSI	4

/* Its capabilities, by their index in pci_caps. Those of the core take 0x80 to 0xd3. */
enum {
	KPCI_CAP_EMPTY,		/* nothing is written there */
	KPCI_CAP_SERIAL,	/* extended */
	KPCI_CAP_LOW,		/* KPCI_LOW at 4 */
	KPCI_CAP_SCRATCH,	/* what the guest writes at 4, the program keeps */
	KPCI_CAP_VSEC,		/* extended: KPCI_VSEC at 4, KPCI_VSEC_BODY at 8 */
	KPCI_CAP_LOW2,
	KPCI_CAP_LOW3,
	KPCI_CAP_DVSEC,		/* extended: KPCI_DVSEC at 4, 7 at 8 */
};

#define KPCI_EMPTY_SIZE		18
#define KPCI_LOW_SIZE		16
#define KPCI_SCRATCH_SIZE	8
#define KPCI_LOW2_SIZE		20
#define KPCI_LOW3_SIZE		12
#define KPCI_SERIAL_SIZE	12
#define KPCI_VSEC_SIZE		24
#define KPCI_DVSEC_SIZE		16
#define KPCI_EXTENDED_END	(0x100 + KPCI_SERIAL_SIZE + KPCI_VSEC_SIZE + KPCI_DVSEC_SIZE)

#define KPCI_LOW		0x31574f4c
#define KPCI_SERIAL_LOW		0x55667788
#define KPCI_SERIAL_HIGH	0x11223344
#define KPCI_VSEC		(0xbeef | 1 << 16 | KPCI_VSEC_SIZE << 20)
#define KPCI_VSEC_BODY		0x44434241
#define KPCI_DVSEC		(0x1234 | 2 << 16 | KPCI_DVSEC_SIZE << 20)
#define KPCI_ROM_SIZE	4096

/* Registers of BAR0, 32 bit each */
#define KPCI_OFF	0x00	/* offset and size for the next two */
#define KPCI_SIZE	0x04
#define KPCI_READ	0x08	/* R: mdev_bpf_config_read() */
#define KPCI_WRITE	0x0c	/* W: mdev_bpf_config_write() */
#define KPCI_RESULT	0x10	/* what the last kfunc of a write returned */
#define KPCI_HOOKS	0x14	/* R: calls of config_write since the reset, and the last one: */
#define KPCI_HOOK_WHERE	0x18	/* R: region << 24 | size << 16 | offset */
#define KPCI_HOOK_VAL	0x1c	/* R: access->val */
#define KPCI_HOOK_NOW	0x20	/* R: what is there, by mdev_bpf_config_read() */
#define KPCI_FAIL_RESET	0x24	/* W: what the reset op returns from now on */
#define KPCI_WHERE	0x28	/* W: mdev_bpf_pci_cap_offset() */
#define KPCI_INVERT	0x2c	/* bits that config_read inverts */
#define KPCI_ASKED	0x30	/* R: calls of config_read */

/* Global counters, at the start of .bss */
enum { KPCI_NR_RESETS, KPCI_NR_HOOKS, KPCI_NR_ASKED, KPCI_NR_COUNTERS };

#endif /* KPCI_H */
