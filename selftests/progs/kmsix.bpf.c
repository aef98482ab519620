// SPDX-License-Identifier: GPL-2.0-only
/*
 * mtty's first port as a card that Linux's serial driver uses with MSI-X: a MosChip MCS9900,
 * one of the few ids for which it asks for message signalled interrupts. It is a PCI
 * Express card with power management, so a stock kernel also looks at those capabilities.
 */
#include "../../bpf/mtty.bpf.c"

MDEV_BPF_DEVICE(kmsix,
		.types = { { .name = "1" } },
		.state_size = sizeof(struct mtty_state),
		.state_version = 1,
		.pci = {
			.vendor = 0x9710, .device = 0x9900,
			.subsystem_vendor = 0xa000, .subsystem_device = 0x1000,
			.class_code = 0x070002,
			.flags = MDEV_BPF_PCI_PM | MDEV_BPF_PCI_EXPRESS | MDEV_BPF_PCI_FLR,
		},
		.regions = {
			{ .size = 8, .access_size = 1,
			  .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_IO },
			{ .index = 1, .size = 4096, .flags = MDEV_BPF_REGION_RW },
		},
		.registers = { PORT(0, 0) },
		/* Table at the start of BAR 1, pending bits in its second half */
		.irqs = { { .index = 2, .count = 4, .table = 1, .pba = 2048 | 1 } },
		.init = mtty_init,
		.region_read = mtty_read,
		.region_write = mtty_write);
