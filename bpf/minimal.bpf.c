// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest device: a PCI card with one memory BAR of two registers. ID reads as
 * "BPF!", SCRATCH keeps what is written. Documentation/writing-a-device.rst walks
 * through it.
 */
#include "mdev_bpf.bpf.h"

struct minimal_state {
	__u32 scratch;
};

MDEV_BPF_DEVICE(minimal,
		.types = { { .name = "1" } },
		.state_size = sizeof(struct minimal_state),
		.pci = { .vendor = 0x1234, .device = 0x0001, .class_code = 0xff0000 },
		.regions = { { .size = 16, .flags = MDEV_BPF_REGION_RW } },
		.registers = {
			MDEV_BPF_REG_CONST("ID", 0, 0, 4, 0x21465042),
			MDEV_BPF_REG("SCRATCH", 0, 4, struct minimal_state, scratch,
				     .write = 0xffffffff),
		});

char _license[] SEC("license") = "GPL";
