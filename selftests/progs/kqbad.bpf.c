// SPDX-License-Identifier: GPL-2.0-only
/* Ops that mix up the functions for devices and those for queues; each alone is refused. */
#include "mdev_bpf.bpf.h"

char _license[] SEC("license") = "GPL";

/* Hide from the compiler that a pointer is to something else. */
#define AS(type, p)							\
({									\
	void *as_ = (void *)(p);					\
									\
	barrier_var(as_);						\
	(type *)as_;							\
})

#define QUEUE(name)	int MDEV_BPF_OP(name, struct mdev_bpf_queue *q)
#define WORK(name)	int MDEV_BPF_OP(name, struct mdev_bpf_dev *dev, __u32 id)

QUEUE(device_state)
{
	__u8 *s = mdev_bpf_state_get(AS(struct mdev_bpf_dev, q), 1);

	return s ? *s : 0;
}

QUEUE(device_timer)
{
	return mdev_bpf_timer_arm(AS(struct mdev_bpf_dev, q), 0, 1, 0);
}

QUEUE(device_stop)
{
	__u8 *s = mdev_bpf_queue_stop(AS(struct mdev_bpf_dev, q), 0, 1);

	return s ? *s : 0;
}

QUEUE(device_ptr)
{
	__u8 *s = mdev_bpf_memory_get(AS(struct mdev_bpf_dev, q), MDEV_BPF_MEMORY(2, 0), 1);

	return s ? *s : 0;
}

QUEUE(device_loop)
{
	int i, n = 0;

	mdev_bpf_for(i, AS(struct mdev_bpf_dev, q), 0, 4)
		n++;
	return n;
}

QUEUE(write_id)
{
	q->id = 1;
	return 0;
}

QUEUE(made_up)
{
	struct mdev_bpf_queue mine = { .id = 1 };

	return mdev_bpf_q_kick(&mine, 0);
}

QUEUE(beyond)
{
	__u8 *s = mdev_bpf_q_state_get(q, 8);

	return s ? s[8] : 0;
}

WORK(queue_state)
{
	__u8 *s = mdev_bpf_q_state_get(AS(struct mdev_bpf_queue, dev), 1);

	return s ? *s : 0;
}

WORK(queue_loop)
{
	int i, n = 0;

	mdev_bpf_q_for(i, AS(struct mdev_bpf_queue, dev), 0, 4)
		n++;
	return n;
}

int MDEV_BPF_OP(upgrade_kick, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)
{
	return mdev_bpf_queue_kick(dev, 0);
}

#define DEVICE(op, member, extra...)							\
MDEV_BPF_DEVICE(bad_##op, .name = "kqbad", .member = op, .types = { { .name = "1" } },	\
		.pci = { .vendor = 0x1234, .device = 0x0012 }, extra)

#define QUEUES	.queues = 1, .queue_state_size = 64

DEVICE(device_state, queue, QUEUES);
DEVICE(device_timer, queue, QUEUES);
DEVICE(device_stop, queue, QUEUES);
DEVICE(device_ptr, queue, QUEUES);
DEVICE(device_loop, queue, QUEUES);
DEVICE(write_id, queue, QUEUES);
DEVICE(made_up, queue, QUEUES);
DEVICE(beyond, queue, QUEUES);
DEVICE(queue_state, work);
DEVICE(queue_loop, work);
DEVICE(upgrade_kick, upgrade);
