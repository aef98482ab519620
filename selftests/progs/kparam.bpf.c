// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of every kind; see kparam.h. "other" is the same device with another parameter. */
#include "mdev_bpf.bpf.h"
#include "kparam.h"

char _license[] SEC("license") = "GPL";

struct kparam {
	__u64 init;
	__u64 open;
};

int MDEV_BPF_OP(kparam_init, struct mdev_bpf_dev *dev)
{
	struct kparam *s = mdev_bpf_state(dev, struct kparam);

	if (s)
		s->init = mdev_bpf_param(dev, KPARAM_CAPACITY);
	return 0;
}

int MDEV_BPF_OP(kparam_open, struct mdev_bpf_dev *dev)
{
	struct kparam *s = mdev_bpf_state(dev, struct kparam);

	if (s)
		s->open = mdev_bpf_param(dev, KPARAM_CAPACITY);
	return 0;
}

/* Memory that is not needed any more, which a work item frees when the device is closed already */
void MDEV_BPF_OP(kparam_close, struct mdev_bpf_dev *dev)
{
	mdev_bpf_memory_zero(dev, KPARAM_MEM, 0, mdev_bpf_param(dev, KPARAM_ROOM));
}

static __u64 text(struct mdev_bpf_dev *dev, __u64 offset)
{
	__u64 buf[4] = {};

	switch (offset) {
	case KPARAM_LENGTH:
		return mdev_bpf_param_text(dev, KPARAM_SERIAL, buf, sizeof(buf));
	case KPARAM_SHORT:
		return mdev_bpf_param_text(dev, KPARAM_SERIAL, buf, 2);
	case KPARAM_WRONG:
		return mdev_bpf_param_text(dev, KPARAM_CAPACITY, buf, sizeof(buf));
	}
	mdev_bpf_param_text(dev, KPARAM_SERIAL, buf, sizeof(buf));
	return buf[(offset - KPARAM_TEXT) / 8 & 3];
}

int MDEV_BPF_OP(kparam_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kparam *s = mdev_bpf_state(dev, struct kparam);

	if (!s)
		return -EIO;
	if (access->offset < KPARAM_TEXT)
		access->val = mdev_bpf_param(dev, access->offset / 8);
	else if (access->offset == KPARAM_INIT)
		access->val = s->init;
	else if (access->offset == KPARAM_OPEN)
		access->val = s->open;
	else
		access->val = text(dev, access->offset);
	return 0;
}

#define ROOM	(MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_SIZE_PARAM)

#define DEVICE(ops, capacity)								\
MDEV_BPF_DEVICE(ops,									\
		.name = "kparam",							\
		.types = { { .name = "a" }, { .name = "b" } },				\
		.state_size = sizeof(struct kparam),					\
		.pci = { .vendor = 0x1234, .device = 0x0012, .class_code = 0xff0000 },	\
		.regions = {								\
			{ .size = KPARAM_SIZE, .access_size = 8,			\
			  .flags = MDEV_BPF_REGION_READ },				\
			{ .index = KPARAM_BAR, .size = KPARAM_ROOM_MIN,			\
			  .size_param = KPARAM_ROOM,				\
			  .flags = ROOM | MDEV_BPF_REGION_MMAP | MDEV_BPF_REGION_64BIT }, \
			{ .index = KPARAM_MEM, .size = KPARAM_ROOM_MIN,			\
			  .size_param = KPARAM_ROOM, .flags = ROOM },			\
		},									\
		.params = {								\
			[KPARAM_CAPACITY] = {						\
				.name = capacity, .min = KPARAM_CAPACITY_MIN,		\
				.max = KPARAM_CAPACITY_MAX,				\
				.preset = KPARAM_CAPACITY_PRESET,			\
			},								\
			[KPARAM_CACHE] = {						\
				.name = "cache", .kind = MDEV_BPF_PARAM_BOOL, .preset = 1, \
			},								\
			[KPARAM_SERIAL] = {						\
				.name = "serial", .kind = MDEV_BPF_PARAM_TEXT,		\
				.min = 2, .max = KPARAM_SERIAL_MAX,			\
			},								\
			[KPARAM_HOST] = {						\
				.name = "host", .flags = MDEV_BPF_PARAM_LOCAL,		\
			},								\
			[KPARAM_QUEUES] = {						\
				.name = "queues", .types = 1 << 0, .preset = 1,		\
			},								\
			[KPARAM_QUEUES_B] = {						\
				.name = "queues", .types = 1 << 1, .preset = 4,		\
			},								\
			[KPARAM_ROOM] = {						\
				.name = "room", .min = KPARAM_ROOM_MIN,			\
				.max = KPARAM_ROOM_MAX, .preset = 2 * KPARAM_ROOM_MIN,	\
			},								\
		},									\
		.init = kparam_init,							\
		.open = kparam_open,							\
		.close = kparam_close,							\
		.region_read = kparam_read)

DEVICE(kparam, "capacity");
DEVICE(other, "size");
