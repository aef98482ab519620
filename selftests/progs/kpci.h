/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device kpci.bpf.c and its test agree on. */
#ifndef KPCI_H
#define KPCI_H

#define KPCI_MSI	4
#define KPCI_VENDOR_CAP	18
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

/* Global counters, at the start of .bss */
enum { KPCI_NR_RESETS, KPCI_NR_HOOKS, KPCI_NR_COUNTERS };

#endif /* KPCI_H */
