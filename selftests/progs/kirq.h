/* SPDX-License-Identifier: GPL-2.0-only */
/* What the devices of kirq.bpf.c and kapi.bpf.c and their tests agree on. */
#ifndef KIRQ_H
#define KIRQ_H

/* Registers of 32 bits in KIRQ_CTL, which is BAR0 of the PCI devices */
#define KIRQ_LEVEL	0x00	/* W: mdev_bpf_irq_set() */
#define KIRQ_VECTOR	0x04	/* W: mdev_bpf_irq_trigger() */
#define KIRQ_INDEX	0x08	/* index for the next two */
#define KIRQ_LINE	0x0c	/* W: mdev_bpf_irq_line() */
#define KIRQ_SIGNAL	0x10	/* W: mdev_bpf_irq_signal() */
#define KIRQ_RESULT	0x14	/* what the last of these returned */
#define KIRQ_MODE	0x18	/* R: mdev_bpf_irq_mode() */
#define KIRQ_CONFIG	0x1c	/* R: mdev_bpf_config_read(0, 4), W: mdev_bpf_config_write(0x40) */
#define KIRQ_EOI	0x20	/* 1: irq_unmask lowers the line */
#define KIRQ_ACCESSES	0x24	/* R: accesses to other regions */
#define KIRQ_CAP	0x28	/* W: mdev_bpf_pci_cap_offset() */
#define KIRQ_UNMASKED	0x40	/* R: calls of irq_unmask, by index */
#define KIRQ_CTL_SIZE	0x80

/* "kirq": INTx, MSI and MSI-X, all of it in BAR2, which reads as KIRQ_FILL else */
#define KIRQ_NR_MSI	4
#define KIRQ_NR_MSIX	5
#define KIRQ_BAR	2
#define KIRQ_TABLE	0x800
#define KIRQ_PBA	0x900
#define KIRQ_BAR_SIZE	0x1000
#define KIRQ_FILL	0x5a

/* "kmsix": as many vectors as there can be, the table in BAR2 and the pending bits in BAR4 */
#define KMSIX_NR_MSI	32
#define KMSIX_TABLE_BAR	2
#define KMSIX_PBA_BAR	4
#define KMSIX_PBA	0x100

/* "kplat": lines, edges and regions anywhere; the control block is region KPLAT_CTL */
#define KPLAT_CTL	10
#define KPLAT_ODD	7	/* a region of no special size at the index of PCI's config */
#define KPLAT_ODD_SIZE	13
#define KPLAT_LINE	0
#define KPLAT_EDGE	1
#define KPLAT_LINE2	3
#define KPLAT_VECTORS	5
#define KPLAT_NR	70

/* "kccw": the config region is what the user last wrote to it */
#define KCCW_CONFIG_SIZE	44

struct kirq_state {
	__u32 index;
	__s32 result;
	__u32 eoi;
	__u32 accesses;
	__u32 unmasked[8];
	__u8 bytes[64];
};

#endif /* KIRQ_H */
