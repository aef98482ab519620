// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that notices what a reset has missed. Its state says what has been armed and queued
 * since the last reset, and in which generation; a reset zeroes it.
 */
#include "mdev_bpf.bpf.h"
#include "kreset.h"

char _license[] SEC("license") = "GPL";

struct {
	__u64 nr[KRESET_NR_COUNTERS];
} counters;

__u64 generations;

struct kreset_state {
	__u64 generation;
	__u64 inverse;		/* of the generation, as long as nothing is torn */
	__u32 armed[8];
	__u32 queued[8];
	__u32 value;
	__u32 level;
	__u32 rung;
};

static void count(int what)
{
	__sync_fetch_and_add(&counters.nr[what], 1);
}

/* Whoever comes here finds the state as a reset or init has left it. */
static struct kreset_state *enter(struct mdev_bpf_dev *dev)
{
	struct kreset_state *s = mdev_bpf_state(dev, struct kreset_state);

	if (s && s->generation != ~s->inverse)
		count(KRESET_TORN);
	return s;
}

int MDEV_BPF_OP(kreset_init, struct mdev_bpf_dev *dev)
{
	struct kreset_state *s = mdev_bpf_state(dev, struct kreset_state);
	int i;

	if (!s)
		return -EIO;
	/* The core has zeroed all of it */
	if (s->generation || s->inverse || s->value || s->level)
		count(KRESET_TORN);
	for (i = 0; i < 8; i++)
		if (s->armed[i] || s->queued[i])
			count(KRESET_TORN);
	s->generation = __sync_fetch_and_add(&generations, 1) + 1;
	s->inverse = ~s->generation;
	count(KRESET_RESETS);
	return 0;
}

static void arm(struct mdev_bpf_dev *dev, struct kreset_state *s, __u32 id)
{
	s->armed[id & 3] = 1;
	mdev_bpf_timer_arm(dev, id & 3, 5000, 0);
}

static void arm_periodic(struct mdev_bpf_dev *dev, struct kreset_state *s, __u32 id)
{
	id = 4 + (id & 3);
	s->armed[id & 7] = 1;
	mdev_bpf_timer_arm(dev, id & 7, 0, 200000);
}

static void queue(struct mdev_bpf_dev *dev, struct kreset_state *s, __u32 id)
{
	s->queued[id & 3] = 1;
	mdev_bpf_work_queue(dev, id & 3);
}

int MDEV_BPF_OP(kreset_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kreset_state *s = enter(dev);
	__u32 val = access->val;

	if (!s)
		return -EIO;
	count(KRESET_ACCESSES);
	if (access->offset == KRESET_ARM) {
		arm(dev, s, val);
	} else if (access->offset == KRESET_PERIODIC) {
		arm_periodic(dev, s, val);
	} else if (access->offset == KRESET_QUEUE) {
		queue(dev, s, val);
	} else if (access->offset == KRESET_LINE) {
		s->level = val & 1;
		mdev_bpf_irq_set(dev, val & 1);
	} else if (access->offset == KRESET_REG) {
		s->value = val;
	}
	return 0;
}

int MDEV_BPF_OP(kreset_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kreset_state *s = enter(dev);
	__s64 status;

	if (!s)
		return -EIO;
	count(KRESET_ACCESSES);
	if (access->offset == KRESET_CHECK) {
		/* The line is what the program has made of it since the reset */
		status = mdev_bpf_config_read(dev, 6, 2);
		access->val = s->generation == ~s->inverse && (status >> 3 & 1) == s->level;
	} else if (access->offset == KRESET_REG && s->value) {
		access->val = s->value--;
	}
	return 0;
}

int MDEV_BPF_OP(kreset_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct kreset_state *s = enter(dev);

	if (!s)
		return -EIO;
	count(KRESET_TIMERS);
	if (!s->armed[id & 7])
		count(KRESET_STALE);
	if (id < 4)
		s->armed[id & 3] = 0;
	mdev_bpf_irq_trigger(dev, 0);
	return 0;
}

int MDEV_BPF_OP(kreset_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct kreset_state *s = enter(dev);

	if (!s)
		return -EIO;
	/* A doorbell is rung without the program; a reset discards both its value and its work */
	if (id == KRESET_BELL_WORK) {
		count(KRESET_BELLS);
		if (!s->rung)
			count(KRESET_STALE);
		s->rung = 0;
		return 0;
	}
	count(KRESET_WORKS);
	if (!s->queued[id & 7])
		count(KRESET_STALE);
	s->queued[id & 7] = 0;
	mdev_bpf_irq_trigger(dev, 1);
	return 0;
}

MDEV_BPF_DEVICE(kreset,
		.init = kreset_init,
		.region_read = kreset_read,
		.region_write = kreset_write,
		.timer = kreset_timer,
		.work = kreset_work,
		.state_size = sizeof(struct kreset_state),
		.types = { { .name = "1" } },
		.pci = {
			.vendor = 0x1234, .device = 0x0006, .class_code = 0xff0000,
			.flags = MDEV_BPF_PCI_EXPRESS | MDEV_BPF_PCI_FLR,
		},
		.regions = { { .size = 64, .flags = MDEV_BPF_REGION_RW } },
		.irqs = { { .count = 1 }, { .index = 1, .count = 2 } },
		.registers = {
			MDEV_BPF_REG("BELL", 0, KRESET_BELL, struct kreset_state, rung,
				     .flags = MDEV_BPF_REGISTER_DOORBELL, .write = ~0U,
				     .work = KRESET_BELL_WORK),
		});
