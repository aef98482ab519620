// SPDX-License-Identifier: GPL-2.0-only
/* A device with two cables; see kcable.h. "kcable2" is the same by another name. */
#include "mdev_bpf.bpf.h"
#include "kcable.h"

char _license[] SEC("license") = "GPL";

struct kcable {
	__u64 param;
	__u64 where;
	__u64 bytes;
	__s64 result;
	__u64 works[2];
	__u64 times;
	__u64 eager;
	__u8 buf[KCABLE_BUF_SIZE];
};

_Static_assert(offsetof(struct kcable, buf) == KCABLE_BUF, "as in kcable.h");

static __s64 storm(struct mdev_bpf_dev *dev, const struct kcable *s)
{
	__s64 good = 0;
	int i;

	mdev_bpf_for(i, dev, 0, s->times)
		good += !mdev_bpf_cable_ring(dev, s->param);
	return good;
}

static __s64 call(struct mdev_bpf_dev *dev, const struct kcable *s, __u64 what)
{
	switch (what) {
	case KCABLE_PEER:
		return mdev_bpf_cable_peer(dev, s->param);
	case KCABLE_RING:
		return mdev_bpf_cable_ring(dev, s->param);
	case KCABLE_SEND:
		return mdev_bpf_cable_send(dev, s->param, s->where, s->bytes);
	case KCABLE_NEXT:
		return mdev_bpf_cable_next(dev, s->param);
	case KCABLE_RECEIVE:
		return mdev_bpf_cable_receive(dev, s->param, s->where, s->bytes);
	case KCABLE_STORM:
		return storm(dev, s);
	}
	return -ENOTTY;
}

int MDEV_BPF_OP(kcable_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kcable *s = mdev_bpf_state(dev, struct kcable);

	if (!s)
		return -EIO;
	switch (access->offset) {
	case KCABLE_PARAM:
		s->param = access->val;
		break;
	case KCABLE_WHERE:
		s->where = access->val;
		break;
	case KCABLE_BYTES:
		s->bytes = access->val;
		break;
	case KCABLE_DO:
		s->result = call(dev, s, access->val);
		break;
	case KCABLE_TIMES:
		s->times = access->val;
		break;
	case KCABLE_EAGER:
		s->eager = access->val;
		break;
	case KCABLE_FAIL:
		mdev_bpf_fail_printf(dev, -EIO, "as the test wants");
		break;
	}
	return 0;
}

int MDEV_BPF_OP(kcable_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kcable *s = mdev_bpf_state(dev, struct kcable);

	if (!s)
		return -EIO;
	if (access->offset == KCABLE_RESULT)
		access->val = s->result;
	else if (access->offset == KCABLE_LEFTS)
		access->val = s->works[0];
	else if (access->offset == KCABLE_RIGHTS)
		access->val = s->works[1];
	return 0;
}

int MDEV_BPF_OP(kcable_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct kcable *s = mdev_bpf_state(dev, struct kcable);

	if (!s)
		return -EIO;
	s->works[id == KCABLE_WORK_RIGHT]++;
	if (s->eager) {
		mdev_bpf_cable_ring(dev, KCABLE_LEFT);
		mdev_bpf_work_queue(dev, KCABLE_WORK_LEFT);
	}
	return 0;
}

#define DEVICE(ops)									\
MDEV_BPF_DEVICE(ops,									\
		.types = { { .name = "1" } },						\
		.state_size = sizeof(struct kcable),					\
		.pci = { .vendor = 0x1234, .device = 0x0021, .class_code = 0x028000 },	\
		.regions = {								\
			{ .size = KCABLE_SIZE, .access_size = 8, .flags = MDEV_BPF_REGION_RW }, \
			{ .index = KCABLE_MEM, .size = KCABLE_MEM_SIZE,			\
			  .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY },	\
		},									\
		.params = {								\
			[KCABLE_LEFT] = {						\
				.name = "left", .kind = MDEV_BPF_PARAM_CABLE,		\
				.work = KCABLE_WORK_LEFT,				\
			},								\
			[KCABLE_RIGHT] = {						\
				.name = "right", .kind = MDEV_BPF_PARAM_CABLE,		\
				.flags = MDEV_BPF_PARAM_LOCAL,				\
				.work = KCABLE_WORK_RIGHT,				\
			},								\
			[KCABLE_NUMBER] = { .name = "number" },				\
		},									\
		.region_read = kcable_read,						\
		.region_write = kcable_write,						\
		.work = kcable_work)

DEVICE(kcable);
DEVICE(kcable2);
