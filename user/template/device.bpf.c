// SPDX-License-Identifier: GPL-2.0-only
/*
 * NAME: a PCI card with one memory BAR. Its registers are declared: the kernel serves them, and
 * calls the program only for what is left to do, here after writes to START and STATUS.
 */
#include "mdev_bpf.bpf.h"

/* The device's memory. All of it is zero when the device is created and after a reset. */
struct NAME_state {
	__u32 a;
	__u32 b;
	__u32 start;
	__u32 sum;
	__u32 status;
};

#define START		0x0c		/* offset */
#define START_IRQ	(1 << 0)	/* raise the interrupt when the sum is there */
#define STATUS_DONE	(1 << 0)	/* the sum is there; cleared by writing a one */

#define REG(reg, where, member, attrs...) \
	MDEV_BPF_REG(reg, 0, where, struct NAME_state, member, attrs)

/* The registers have their new values when this is called. */
int MDEV_BPF_OP(NAME_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct NAME_state *s = mdev_bpf_state(dev, struct NAME_state);

	if (!s)
		return -EIO;
	if (access->offset == START) {
		s->sum = s->a + s->b;
		s->status |= STATUS_DONE;
	}
	return mdev_bpf_irq_set(dev, s->status & STATUS_DONE && s->start & START_IRQ);
}

MDEV_BPF_DEVICE(NAME,
		.description = "A card that adds two numbers",
		.types = { { .name = "1" } },
		.state_size = sizeof(struct NAME_state),
		.pci = { .vendor = 0x1234, .device = 0x0001, .class_code = 0xff0000 },
		.regions = { { .size = 32, .flags = MDEV_BPF_REGION_RW } },
		.registers = {
			MDEV_BPF_REG_CONST("ID", 0, 0x00, 4, 0x4d444556),
			REG("A", 0x04, a, .write = 0xffffffff),
			REG("B", 0x08, b, .write = 0xffffffff),
			REG("START", START, start, .write = 0xffffffff,
			    .flags = MDEV_BPF_REGISTER_WRITE_CALL),
			REG("SUM", 0x10, sum),
			REG("STATUS", 0x14, status, .write_one_clear = STATUS_DONE,
			    .flags = MDEV_BPF_REGISTER_WRITE_CALL),
		},
		.irqs = { { .count = 1 } },
		.region_write = NAME_write);

char _license[] SEC("license") = "GPL";
