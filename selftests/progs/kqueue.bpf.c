// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device with queues; see kqueue.h for its registers. "kqueue" and "moved" are the same device
 * with the states of its queues in another layout, and take over each other's devices.
 */
#include "mdev_bpf.bpf.h"
#include "kqueue.h"

char _license[] SEC("license") = "GPL";

struct kqueue_global global;

struct core {
	__u32 tail;
	__u32 seen;
	__u32 calls;
	__u32 mark;
	__u64 busy;
	__u64 sum;
};

struct kqueue {
	struct core c;
};

struct moved {
	__u8 front[5000];
	struct core c;
};

/* The state of the device itself */
struct kdevice {
	__u32 works;
	__s32 kick;
};

static bool is_over(__u64 mode)
{
	if (mode == KQ_SPIN)
		return __sync_fetch_and_add(&global.go, 0);
	if (mode == KQ_WANTED)
		return __sync_fetch_and_add(&global.wanted, 0);
	return __sync_fetch_and_add(&global.inside, 0) >= global.meet;
}

/* Until the time limit of ops at the latest */
static void wait_for(struct mdev_bpf_queue *q, __u64 mode)
{
	int i, j;

	mdev_bpf_q_for(i, q, 0, MDEV_BPF_MAX_LOOPS) {
		mdev_bpf_q_for(j, q, 0, 1000) {
			if (is_over(mode))
				return;
		}
	}
}

static void meet(struct mdev_bpf_queue *q, struct core *c, __u64 mode)
{
	int i;

	__sync_fetch_and_add(&global.inside, 1);
	wait_for(q, mode);
	if (mode == KQ_MEET) {
		if (is_over(mode))
			__sync_fetch_and_add(&global.met, 1);
		return;
	}
	if (mode == KQ_WANTED) {
		mdev_bpf_q_for(i, q, 0, 100000)
			c->sum++;
		c->mark = mode;
	}
	__sync_fetch_and_add(&global.inside, -1);
}

static void count(struct mdev_bpf_queue *q)
{
	__u32 n = 0;

	mdev_bpf_q_memory_read(q, KQ_MEMORY, 4 * q->id, &n, sizeof(n));
	n++;
	mdev_bpf_q_memory_write(q, KQ_MEMORY, 4 * q->id, &n, sizeof(n));
}

static void fails(struct mdev_bpf_queue *q)
{
	mdev_bpf_q_fail_printf(q, -77, "queue %d\nis tired", q->id);
	global.second_fail = mdev_bpf_q_fail_printf(q, -78, "again");
}

static void wrong(struct mdev_bpf_queue *q)
{
	__u32 word = 0;

	global.bad += mdev_bpf_q_kick(q, KQ_QUEUES) != -EINVAL;
	global.bad += mdev_bpf_q_kick(q, 0xffffffff) != -EINVAL;
	global.bad += mdev_bpf_q_work(q, MDEV_BPF_MAX_WORK) != -EINVAL;
	global.bad += mdev_bpf_q_irq(q, KQ_MSI) != -EINVAL;
	global.bad += mdev_bpf_q_irq(q, 0xffffffff) != -EINVAL;
	global.bad += mdev_bpf_q_memory_read(q, KQ_BAR, 0, &word, 4) != -EINVAL;
	global.bad += mdev_bpf_q_memory_read(q, 0xffffffff, 0, &word, 4) != -EINVAL;
	global.bad += mdev_bpf_q_memory_read(q, KQ_MEMORY, 65536 - 3, &word, 4) != -EINVAL;
	global.bad += mdev_bpf_q_memory_write(q, KQ_MEMORY, -1ULL, &word, 4) != -EINVAL;
	global.bad += !!mdev_bpf_q_state_get(q, sizeof(struct moved) + 1);
}

static void compute(struct mdev_bpf_queue *q, struct core *c)
{
	__u64 sum = c->sum;
	int i;

	mdev_bpf_q_for(i, q, 0, (int)global.rounds)
		sum = (sum ^ i) * 0x9e3779b97f4a7c15;
	c->sum = sum;
}

static int run(struct mdev_bpf_queue *q, struct core *c, __u64 version)
{
	__u64 mode = global.mode[q->id & (KQ_QUEUES - 1)];

	if (__sync_lock_test_and_set(&c->busy, 1))
		__sync_fetch_and_add(&global.overlaps, 1);
	if (global.version != version)
		__sync_fetch_and_add(&global.early, 1);
	c->calls++;
	c->seen = c->tail;
	__sync_fetch_and_add(&global.calls, 1);
	if (mode == KQ_MEET || mode == KQ_SPIN || mode == KQ_WANTED)
		meet(q, c, mode);
	else if (mode == KQ_SELF)
		mdev_bpf_q_kick(q, q->id);
	else if (mode == KQ_NEXT)
		mdev_bpf_q_kick(q, (q->id + 1) % KQ_QUEUES);
	else if (mode == KQ_COUNT)
		count(q);
	else if (mode == KQ_TO_WORK)
		mdev_bpf_q_work(q, KQ_WORK);
	else if (mode == KQ_FAILS)
		fails(q);
	else if (mode == KQ_WRONG)
		wrong(q);
	else if (mode == KQ_COMPUTE)
		compute(q, c);
	__sync_lock_test_and_set(&c->busy, 0);
	mdev_bpf_q_irq(q, q->id);
	return 0;
}

static int read_queue(struct core *c, struct mdev_bpf_access *access)
{
	__u32 reg = access->offset & 31;

	if (c->busy)
		global.torn++;
	access->val = reg == KQ_CALLS ? c->calls : reg == KQ_SEEN ? c->seen :
		      reg == KQ_NOW ? c->tail : c->mark;
	return 0;
}

static int write_queue(struct core *c, struct mdev_bpf_access *access)
{
	if (c->busy)
		global.torn++;
	if ((access->offset & 31) == KQ_CALLS)
		c->calls = access->val;
	else
		c->mark = access->val;
	return 0;
}

static void check_empty(const struct core *c)
{
	if (c->busy || c->calls || c->sum || c->mark ||
	    (c->tail & ~0xffff) != KQ_TAIL_RESET)
		global.dirty++;
}

/* The same device twice: the ops' names and the type of the queues' states differ. */
#define DEVICE(type, other_type, nr)							\
int MDEV_BPF_OP(type##_queue, struct mdev_bpf_queue *q)					\
{											\
	struct type *s = mdev_bpf_q_state(q, struct type);				\
											\
	return s ? run(q, &s->c, nr) : -EIO;						\
}											\
											\
static struct core *type##_core(struct mdev_bpf_dev *dev, __u32 id)			\
{											\
	struct type *s = mdev_bpf_stopped_queue(dev, id, struct type);			\
											\
	return s ? &s->c : NULL;							\
}											\
											\
int MDEV_BPF_OP(type##_init, struct mdev_bpf_dev *dev)					\
{											\
	struct core *c;									\
	int i;										\
											\
	global.version = nr;								\
	mdev_bpf_for(i, dev, 0, KQ_QUEUES) {						\
		c = type##_core(dev, i);						\
		if (c)									\
			check_empty(c);							\
	}										\
	return 0;									\
}											\
											\
int MDEV_BPF_OP(type##_started, struct mdev_bpf_dev *dev, __u32 why)			\
{											\
	if (why & MDEV_BPF_STARTED_TAKEN_OVER)						\
		global.version = nr;							\
	return 0;									\
}											\
											\
static __u32 type##_still(struct mdev_bpf_dev *dev)					\
{											\
	__u32 busy = 0;									\
	struct core *c;									\
	int i;										\
											\
	mdev_bpf_for(i, dev, 0, KQ_QUEUES) {						\
		c = type##_core(dev, i);						\
		busy += !c || c->busy;							\
	}										\
	return busy;									\
}											\
											\
int MDEV_BPF_OP(type##_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)	\
{											\
	struct kdevice *d = mdev_bpf_state(dev, struct kdevice);			\
	struct core *c;									\
											\
	if (!d)										\
		return -EIO;								\
	if (access->offset == KQ_ANY)							\
		access->val = 0x1234;							\
	else if (access->offset == KQ_KICK)						\
		access->val = d->kick;							\
	else if (access->offset == KQ_WORKS)						\
		access->val = d->works;							\
	else if (access->offset == KQ_ALL_STILL)					\
		access->val = type##_still(dev);					\
	if (access->offset < KQ_QUEUE(0))						\
		return 0;								\
	__sync_lock_test_and_set(&global.wanted, 1);					\
	c = type##_core(dev, (access->offset - KQ_QUEUE(0)) / 32);			\
	return c ? read_queue(c, access) : -EINVAL;					\
}											\
											\
int MDEV_BPF_OP(type##_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)	\
{											\
	struct kdevice *d = mdev_bpf_state(dev, struct kdevice);			\
	struct core *c;									\
											\
	if (!d)										\
		return -EIO;								\
	if (access->offset == KQ_KICK)							\
		d->kick = mdev_bpf_queue_kick(dev, access->val);			\
	else if (access->offset == KQ_FAIL)						\
		mdev_bpf_fail_printf(dev, -1, "told to");				\
	if (access->offset < KQ_QUEUE(0))						\
		return 0;								\
	__sync_lock_test_and_set(&global.wanted, 1);					\
	c = type##_core(dev, (access->offset - KQ_QUEUE(0)) / 32);			\
	return c ? write_queue(c, access) : -EINVAL;					\
}											\
											\
int MDEV_BPF_OP(type##_work, struct mdev_bpf_dev *dev, __u32 id)			\
{											\
	struct kdevice *d = mdev_bpf_state(dev, struct kdevice);			\
											\
	if (d && id == KQ_WORK)								\
		d->works++;								\
	return 0;									\
}											\
											\
int MDEV_BPF_OP(type##_upgrade, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)	\
{											\
	const struct kdevice *had = mdev_bpf_old_state(old, struct kdevice);		\
	struct kdevice *has = mdev_bpf_state(dev, struct kdevice);			\
	const struct other_type *from;							\
	struct type *to;								\
	int i;										\
											\
	if (!has || !had || old->queue_size != sizeof(struct other_type))		\
		return -EINVAL;								\
	*has = *had;									\
	mdev_bpf_for(i, dev, 0, KQ_QUEUES) {						\
		to = mdev_bpf_stopped_queue(dev, i, struct type);			\
		from = mdev_bpf_old_queue(old, i, struct other_type);			\
		if (!to || !from)							\
			return -EINVAL;							\
		if (from->c.busy || to->c.tail != KQ_TAIL_RESET)			\
			global.torn++;							\
		to->c = from->c;							\
	}										\
	if (mdev_bpf_queue_stop(dev, KQ_QUEUES, 1) || mdev_bpf_old_queue(old, KQ_QUEUES, __u8)) \
		return -ERANGE;								\
	return 0;									\
}											\
											\
MDEV_BPF_DEVICE(type,									\
		.name = "kqueue",							\
		.init = type##_init,							\
		.region_read = type##_read,						\
		.region_write = type##_write,						\
		.work = type##_work,							\
		.upgrade = type##_upgrade,						\
		.started = type##_started,						\
		.queue = type##_queue,							\
		.queues = KQ_QUEUES,							\
		.queue_state_size = sizeof(struct type),				\
		.state_size = sizeof(struct kdevice),					\
		.state_version = nr,							\
		.types = { { .name = "1" } },						\
		.pci = { .vendor = 0x1234, .device = 0x0011, .class_code = 0xff0000 },	\
		.regions = {								\
			{ .size = 1024, .flags = MDEV_BPF_REGION_RW },			\
			{ .index = KQ_BAR, .size = 1024, .flags = MDEV_BPF_REGION_RW },	\
			{								\
				.index = KQ_MEMORY, .size = 65536,			\
				.flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY,	\
			},								\
		},									\
		.irqs = { { .index = 1, .count = KQ_MSI } },				\
		.registers = {								\
			MDEV_BPF_QUEUE_REG("TAIL", KQ_BAR, KQ_TAIL(0), struct type, c.tail, \
					   .count = KQ_QUEUES, .stride = 16,		\
					   .reset = KQ_TAIL_RESET, .write = 0xffff),	\
			MDEV_BPF_QUEUE_DOORBELL("BELL", KQ_BAR, KQ_BELL, 2, KQ_BELL_QUEUE), \
		})

DEVICE(kqueue, moved, 1);
DEVICE(moved, kqueue, 2);
