// SPDX-License-Identifier: GPL-2.0-only
/* A device made of timers and work; see ktimer.h for its registers. */
#include "mdev_bpf.bpf.h"
#include "ktimer.h"

char _license[] SEC("license") = "GPL";

struct ktimer_state {
	__u32 delay;
	__u32 period;
	__u32 result;
	__u32 victim;
	__u32 started;
	__u32 why;
	__u32 order;
	__u32 timers[8];
	__u32 works[8];
	__u32 elapsed[8];
	__u64 armed_at[8];
};

static void arm(struct mdev_bpf_dev *dev, struct ktimer_state *s, __u32 id)
{
	s->armed_at[id & 7] = bpf_ktime_get_ns();
	s->result = mdev_bpf_timer_arm(dev, id, s->delay * 1000ULL, s->period);
}

int MDEV_BPF_OP(ktimer_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct ktimer_state *s = mdev_bpf_state(dev, struct ktimer_state);
	__u32 val = access->val;

	if (!s)
		return -EIO;
	switch (access->offset) {
	case KTIMER_DELAY:
		s->delay = val;
		break;
	case KTIMER_PERIOD:
		s->period = val;
		break;
	case KTIMER_ARM:
		arm(dev, s, val);
		break;
	case KTIMER_CANCEL:
		s->result = mdev_bpf_timer_cancel(dev, val);
		break;
	case KTIMER_WORK:
		s->result = mdev_bpf_work_queue(dev, val);
		break;
	case KTIMER_VICTIM:
		s->victim = val;
		break;
	}
	return 0;
}

static __u64 left(struct mdev_bpf_dev *dev, __u32 id)
{
	__s64 ns = mdev_bpf_timer_left(dev, id);

	return ns > 0 ? ns / 1000 : ns;
}

static __u64 life(struct mdev_bpf_dev *dev, const struct ktimer_state *s, __u32 offset)
{
	switch (offset) {
	case KTIMER_TIME:
		return mdev_bpf_time(dev) / 1000;
	case KTIMER_STARTED:
		return s->started;
	case KTIMER_WHY:
		return s->why;
	case KTIMER_ORDER:
		return s->order;
	default:
		return left(dev, (offset - KTIMER_LEFT) / 4);
	}
}

int MDEV_BPF_OP(ktimer_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct ktimer_state *s = mdev_bpf_state(dev, struct ktimer_state);
	__u32 id = access->offset / 4 & 7;

	if (!s)
		return -EIO;
	if (access->offset == KTIMER_RESULT)
		access->val = s->result;
	else if (access->offset >= KTIMER_TIME)
		access->val = life(dev, s, access->offset);
	else if (access->offset >= KTIMER_ELAPSED)
		access->val = s->elapsed[id];
	else if (access->offset >= KTIMER_WORKS)
		access->val = s->works[id];
	else if (access->offset >= KTIMER_TIMERS)
		access->val = s->timers[id];
	return 0;
}

int MDEV_BPF_OP(ktimer_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct ktimer_state *s = mdev_bpf_state(dev, struct ktimer_state);

	if (!s)
		return -EIO;
	id &= 7;
	s->timers[id]++;
	s->order = s->started;
	s->elapsed[id] = (bpf_ktime_get_ns() - s->armed_at[id]) / 1000;
	if (!id && s->victim)
		mdev_bpf_timer_cancel(dev, s->victim);
	mdev_bpf_irq_trigger(dev, id);
	return 0;
}

int MDEV_BPF_OP(ktimer_started, struct mdev_bpf_dev *dev, __u32 why)
{
	struct ktimer_state *s = mdev_bpf_state(dev, struct ktimer_state);

	if (!s)
		return -EIO;
	s->started++;
	s->why = why;
	mdev_bpf_timer_arm(dev, 7, 1000, 0);
	return mdev_bpf_config_write(dev, 0x40, 4, why);
}

int MDEV_BPF_OP(ktimer_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct ktimer_state *s = mdev_bpf_state(dev, struct ktimer_state);

	if (!s)
		return -EIO;
	s->works[id & 7]++;
	mdev_bpf_irq_trigger(dev, 8 + id);
	return 0;
}

MDEV_BPF_DEVICE(ktimer,
		.types = { { .name = "1" } },
		.state_size = sizeof(struct ktimer_state),
		.pci = { .vendor = 0x1234, .device = 0x0003, .class_code = 0xff0000 },
		.regions = { { .size = KTIMER_SIZE, .flags = MDEV_BPF_REGION_RW } },
		.irqs = { { .index = 1, .count = KTIMER_MSI } },
		.region_read = ktimer_read,
		.region_write = ktimer_write,
		.timer = ktimer_timer,
		.work = ktimer_work,
		.started = ktimer_started);
