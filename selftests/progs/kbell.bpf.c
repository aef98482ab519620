// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device with doorbells; see kbell.h for its registers. "kbell" and "moved" are the same device
 * with its state in another place, and take over each other's devices.
 */
#include "mdev_bpf.bpf.h"
#include "kbell.h"

char _license[] SEC("license") = "GPL";

struct kbell_global global;

struct bells {
	__u64 a;
	__u64 val;
	__u32 writes;
	__u32 where;
	__u32 reads;
	__u8 port;
	__u32 works[64];
	__u32 seen[64];
	struct {
		__u32 other;
		__u32 tail;
	} queue[KBELL_TAILS];
};

struct kbell {
	struct bells b;
};

struct moved {
	__u8 front[6000];
	struct bells b;
};

/* Long enough for the test to see it, and short enough for the watchdog */
static void spin(struct mdev_bpf_dev *dev)
{
	int i;

	global.inside = 1;
	mdev_bpf_for(i, dev, 0, 1 << 23)
		if (__sync_fetch_and_add(&global.go, 0))
			break;
	global.inside = 0;
}

static int write(struct mdev_bpf_dev *dev, struct bells *b, struct mdev_bpf_access *access)
{
	if (access->region == KBELL_BAR && access->offset == KBELL_SPIN) {
		spin(dev);
		return 0;
	}
	b->writes++;
	b->where = access->region << 24 | access->size << 16 | access->offset;
	b->val = access->val;
	mdev_bpf_irq_trigger(dev, KBELL_WRITE_VECTOR);
	return 0;
}

static int read(struct bells *b, struct mdev_bpf_access *access)
{
	if (access->region)
		b->reads++;
	else if (access->offset == KBELL_WRITES)
		access->val = b->writes;
	else if (access->offset == KBELL_WHERE)
		access->val = b->where;
	else if (access->offset == KBELL_VAL)
		access->val = b->val;
	else if (access->offset == KBELL_VAL_HIGH)
		access->val = b->val >> 32;
	else if (access->offset == KBELL_READS)
		access->val = b->reads;
	else if (access->offset >= KBELL_SEEN)
		access->val = b->seen[access->offset / 4 & 63];
	else if (access->offset >= KBELL_WORKS)
		access->val = b->works[access->offset / 4 & 63];
	return 0;
}

static __u32 value(const struct bells *b, __u32 id)
{
	__u32 i = id - KBELL_TAIL_WORK;

	barrier_var(i);
	if (i < KBELL_TAILS)
		return b->queue[i].tail;
	return id == KBELL_A_WORK ? b->a : id == KBELL_PORT_WORK ? b->port : 0;
}

static int work(struct mdev_bpf_dev *dev, struct bells *b, __u32 id)
{
	b->works[id & 63]++;
	b->seen[id & 63] = value(b, id);
	mdev_bpf_irq_trigger(dev, id < KBELL_TAIL_WORK ? id : KBELL_TAIL_VECTOR);
	return 0;
}

#define REGISTERS(type)									\
	MDEV_BPF_REG("A", KBELL_BAR, KBELL_A, struct type, b.a, .write = ~0ULL,		\
		     .flags = MDEV_BPF_REGISTER_DOORBELL, .work = KBELL_A_WORK),	\
	MDEV_BPF_DOORBELL("B", KBELL_BAR, KBELL_B, 4, KBELL_B_WORK),			\
	MDEV_BPF_REG("TAIL", KBELL_BAR, KBELL_TAIL, struct type, b.queue[0].tail,	\
		     .count = KBELL_TAILS, .stride = KBELL_TAIL_STRIDE, .state_stride = 8, \
		     .reset = KBELL_TAIL_RESET, .write = 0xffff,			\
		     .flags = MDEV_BPF_REGISTER_DOORBELL, .work = KBELL_TAIL_WORK),	\
	MDEV_BPF_REG("PORT", KBELL_IO, KBELL_PORT, struct type, b.port, .write = 0xff,	\
		     .flags = MDEV_BPF_REGISTER_DOORBELL, .work = KBELL_PORT_WORK)

/* The same device twice: the ops' names and the type of the state differ. */
#define DEVICE(type, other_type, version)						\
int MDEV_BPF_OP(type##_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)	\
{											\
	struct type *s = mdev_bpf_state(dev, struct type);				\
											\
	return s ? read(&s->b, access) : -EIO;						\
}											\
											\
int MDEV_BPF_OP(type##_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)	\
{											\
	struct type *s = mdev_bpf_state(dev, struct type);				\
											\
	return s ? write(dev, &s->b, access) : -EIO;					\
}											\
											\
int MDEV_BPF_OP(type##_work, struct mdev_bpf_dev *dev, __u32 id)			\
{											\
	struct type *s = mdev_bpf_state(dev, struct type);				\
											\
	return s ? work(dev, &s->b, id) : -EIO;						\
}											\
											\
int MDEV_BPF_OP(type##_upgrade, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)	\
{											\
	struct type *to = mdev_bpf_state(dev, struct type);				\
	const struct other_type *from = mdev_bpf_old_state(old, struct other_type);	\
											\
	if (!to || !from)								\
		return -EINVAL;								\
	to->b = from->b;								\
	return 0;									\
}											\
											\
MDEV_BPF_DEVICE(type,									\
		.name = "kbell",							\
		.region_read = type##_read,						\
		.region_write = type##_write,						\
		.work = type##_work,							\
		.upgrade = type##_upgrade,						\
		.state_size = sizeof(struct type),					\
		.state_version = version,						\
		.types = { { .name = "a" }, { .name = "b" } },				\
		.pci = { .vendor = 0x1234, .device = 0x0005, .class_code = 0xff0000 },	\
		.regions = {								\
			{ .size = 1024, .flags = MDEV_BPF_REGION_READ },		\
			{								\
				.index = KBELL_BAR, .size = KBELL_BAR_SIZE,		\
				.access_size = 8,					\
				.flags = MDEV_BPF_REGION_RW,				\
			},								\
			{								\
				.index = KBELL_IO, .size = KBELL_IO_SIZE,		\
				.access_size = 1, .types = 1,				\
				.flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_IO,	\
			},								\
			{ .index = KBELL_RO, .size = 64, .flags = MDEV_BPF_REGION_READ }, \
		},									\
		.irqs = { { .index = 1, .count = KBELL_MSI } },				\
		.registers = { REGISTERS(type) })

DEVICE(kbell, moved, 1);
DEVICE(moved, kbell, 2);
