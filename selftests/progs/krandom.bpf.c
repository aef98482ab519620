// SPDX-License-Identifier: GPL-2.0-only
/* A device with random bytes: a write to BAR0 at 0 gets as many, and the result is there. */
#include "mdev_bpf.bpf.h"

#define KRANDOM_BYTES	(2 * MDEV_BPF_MAX_RANDOM)

struct krandom_state {
	__u32 result;
	__u32 reserved;
	__u8 bytes[KRANDOM_BYTES];
};

int MDEV_BPF_OP(krandom_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct krandom_state *s = mdev_bpf_state(dev, struct krandom_state);
	__u64 size = access->val;

	barrier_var(size);
	if (!s || size > KRANDOM_BYTES)
		return -EINVAL;
	__builtin_memset(s->bytes, 0, 16);
	s->result = mdev_bpf_random(dev, s->bytes, size);
	return 0;
}

MDEV_BPF_DEVICE(krandom,
		.types = { { .name = "1" } },
		.state_size = sizeof(struct krandom_state),
		.pci = { .vendor = 0x1234, .device = 0x0013, .class_code = 0xff0000 },
		.regions = { { .size = 32, .access_size = 8, .flags = MDEV_BPF_REGION_RW } },
		.registers = {
			MDEV_BPF_REG("RESULT", 0, 0, struct krandom_state, result,
				     .flags = MDEV_BPF_REGISTER_WRITE_CALL),
			MDEV_BPF_REG("FIRST", 0, 8, struct krandom_state, bytes[0], .count = 16),
		},
		.region_write = krandom_write);

char _license[] SEC("license") = "GPL";
