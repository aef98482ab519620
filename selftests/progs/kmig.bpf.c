// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device with something of everything that migrates; see kmig.h for its registers. "kmig" has
 * not a line about migration, "kmig_hooks" is the same with save and restore.
 */
#include "mdev_bpf.bpf.h"
#include "kmig.h"

char _license[] SEC("license") = "GPL";

struct kmig_state {
	__u32 delay;
	__u32 period;
	__u32 result;
	__u32 restored;
	__u32 hook;
	__u32 saved;
	__u32 put;
	__u32 done;
	__u32 started;
	__u32 why;
	__u32 timers[8];
	__u32 works[8];
	__u8 ram[KMIG_RAM_SIZE];
};

static __u8 block[KMIG_BLOCK];

struct kmig_own {
	__u64 magic;
	__u8 ram[KMIG_RAM_SIZE];
};

int MDEV_BPF_OP(kmig_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kmig_state *s = mdev_bpf_state(dev, struct kmig_state);
	__u32 val = access->val;

	if (!s)
		return -EIO;
	if (access->offset >= KMIG_RAM) {
		*(__u32 *)(s->ram + (access->offset & (KMIG_RAM_SIZE - 4))) = val;
		return 0;
	}
	switch (access->offset) {
	case KMIG_DELAY:
		s->delay = val;
		break;
	case KMIG_PERIOD:
		s->period = val;
		break;
	case KMIG_ARM:
		s->result = mdev_bpf_timer_arm(dev, val, s->delay * 1000ULL, s->period);
		break;
	case KMIG_WORK:
		s->result = mdev_bpf_work_queue(dev, val);
		break;
	case KMIG_LEVEL:
		s->result = mdev_bpf_irq_set(dev, val);
		break;
	case KMIG_CONFIG:
		s->result = mdev_bpf_config_write(dev, 0x40, 4, val);
		break;
	case KMIG_HOOK:
		s->hook = val;
		break;
	case KMIG_TRIGGER:
		s->result = mdev_bpf_irq_trigger(dev, val);
		break;
	case KMIG_DMA:
		s->result = mdev_bpf_dma_write(dev, val, KMIG_IOVA + val,
					       MDEV_BPF_STATE(offsetof(struct kmig_state, ram)),
					       16);
		break;
	case KMIG_PIN:
		s->result = mdev_bpf_dma_pin(dev, 0, KMIG_IOVA + val, 4096);
		break;
	}
	return 0;
}

static __u32 peek(struct mdev_bpf_dev *dev)
{
	__u32 *p = (__u32 *)mdev_bpf_dma_get(dev, MDEV_BPF_PIN(0, 0), sizeof(*p));

	return p ? *p : ~0;
}

int MDEV_BPF_OP(kmig_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct kmig_state *s = mdev_bpf_state(dev, struct kmig_state);

	if (!s)
		return -EIO;
	s->done += dma->error ? 0x101 : 1;
	s->done += dma->flags & MDEV_BPF_DMA_AGAIN ? 0x10000 : 0;
	return 0;
}

int MDEV_BPF_OP(kmig_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kmig_state *s = mdev_bpf_state(dev, struct kmig_state);
	__u32 id = access->offset / 4 & 7;

	if (!s)
		return -EIO;
	if (access->offset >= KMIG_RAM)
		access->val = *(__u32 *)(s->ram + (access->offset & (KMIG_RAM_SIZE - 4)));
	else if (access->offset == KMIG_TIME)
		access->val = mdev_bpf_time(dev) / 1000;
	else if (access->offset == KMIG_STARTED)
		access->val = s->started << 8 | s->why;
	else if (access->offset == KMIG_PEEK)
		access->val = peek(dev);
	else if (access->offset == KMIG_DONE)
		access->val = s->done;
	else if (access->offset == KMIG_PUT)
		access->val = s->put;
	else if (access->offset == KMIG_SAVED)
		access->val = s->saved;
	else if (access->offset == KMIG_HOOK)
		access->val = s->hook;
	else if (access->offset >= KMIG_WORKS)
		access->val = s->works[id];
	else if (access->offset >= KMIG_TIMERS)
		access->val = s->timers[id];
	else if (access->offset == KMIG_RESTORED)
		access->val = s->restored;
	else if (access->offset == KMIG_RESULT)
		access->val = s->result;
	return 0;
}

int MDEV_BPF_OP(kmig_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct kmig_state *s = mdev_bpf_state(dev, struct kmig_state);

	if (!s)
		return -EIO;
	s->timers[id & 7]++;
	mdev_bpf_irq_trigger(dev, id);
	return 0;
}

int MDEV_BPF_OP(kmig_started, struct mdev_bpf_dev *dev, __u32 why)
{
	struct kmig_state *s = mdev_bpf_state(dev, struct kmig_state);

	if (!s)
		return -EIO;
	s->started++;
	s->why = why;
	return 0;
}

int MDEV_BPF_OP(kmig_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct kmig_state *s = mdev_bpf_state(dev, struct kmig_state);

	if (!s)
		return -EIO;
	s->works[id & 7]++;
	mdev_bpf_irq_trigger(dev, 8 + id);
	return 0;
}

int MDEV_BPF_OP(kmig_save, struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	struct kmig_state *s = mdev_bpf_state(dev, struct kmig_state);
	__u64 magic = KMIG_OWN_MAGIC;
	int i;

	if (!s)
		return -EIO;
	s->saved++;
	switch (s->hook) {
	case KMIG_HOOK_CORE:
		return MDEV_BPF_STREAM_CORE;
	case KMIG_HOOK_FAIL:
		return -EBUSY;
	case KMIG_HOOK_STALE:
		return -ESTALE;
	case KMIG_HOOK_EMPTY:
		return MDEV_BPF_STREAM_OPAQUE;
	}
	if (mdev_bpf_stream_put(stream, &magic, sizeof(magic)) ||
	    mdev_bpf_stream_put(stream, s->ram, sizeof(s->ram)))
		return -EIO;
	if (s->hook == KMIG_HOOK_PUT_FAIL)
		return -EBUSY;
	if (s->hook == KMIG_HOOK_PUT_CORE)
		return MDEV_BPF_STREAM_CORE;
	for (i = 0; s->hook == KMIG_HOOK_FULL && i < 17 && !s->put; i++)
		s->put = mdev_bpf_stream_put(stream, block, sizeof(block));
	return MDEV_BPF_STREAM_OPAQUE;
}

int MDEV_BPF_OP(kmig_restore, struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	struct kmig_state *s = mdev_bpf_state(dev, struct kmig_state);
	__u64 magic;

	if (!s)
		return -EIO;
	s->restored = (stream->opaque ? 0x100 : 0) + 1 + stream->version;
	s->put = mdev_bpf_stream_put(stream, &s->put, sizeof(s->put));
	if (s->hook == KMIG_HOOK_FAIL) {
		s->ram[0]++;
		mdev_bpf_irq_set(dev, 1);
		mdev_bpf_work_queue(dev, 3);
		mdev_bpf_timer_arm(dev, 3, 0, 0);
		mdev_bpf_config_write(dev, 0x40, 4, 0x666);
		return -EBUSY;
	}
	if (s->hook == KMIG_HOOK_STALE)
		return -ESTALE;
	if (!stream->opaque || s->hook == KMIG_HOOK_IGNORE)
		return MDEV_BPF_STREAM_CORE;
	if (mdev_bpf_stream_get(stream, 0, &magic, sizeof(magic)) || magic != KMIG_OWN_MAGIC ||
	    stream->size != sizeof(struct kmig_own) ||
	    !mdev_bpf_stream_get(stream, sizeof(struct kmig_own) - 1, &magic, 2))
		return -EPROTO;
	if (mdev_bpf_stream_get(stream, sizeof(magic), s->ram, sizeof(s->ram)))
		return -EIO;
	return MDEV_BPF_STREAM_OPAQUE;
}

#define KMIG_OPS								\
	.name = "kmig",								\
	.types = { { .name = "1", .arg = 11 }, { .name = "2", .arg = 22 } },	\
	.state_size = sizeof(struct kmig_state),				\
	.dma_windows = 1,							\
	.state_version = 5,							\
	.pci = { .vendor = 0x1234, .device = 0x0005, .class_code = 0xff0000 },	\
	.regions = {								\
		{ .size = 512, .flags = MDEV_BPF_REGION_RW },			\
		{ .index = KMIG_MEM, .size = KMIG_MEM_SIZE, .flags = MDEV_BPF_REGION_RW |	\
			       MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_MMAP },	\
		{ .index = KMIG_TABLE, .size = 4096, .flags = MDEV_BPF_REGION_RW },	\
	},									\
	.irqs = { { .count = 1 }, { .index = 1, .count = KMIG_MSI },		\
		  { .index = 2, .count = KMIG_MSIX, .table = KMIG_TABLE,	\
		    .pba = 2048 | KMIG_TABLE } },				\
	.region_read = kmig_read,					\
	.region_write = kmig_write,					\
	.timer = kmig_timer,						\
	.started = kmig_started,					\
	.work = kmig_work,						\
	.dma_done = kmig_dma_done

MDEV_BPF_DEVICE(kmig, KMIG_OPS);

MDEV_BPF_DEVICE(kmig_hooks,
		KMIG_OPS,
		.save = kmig_save,
		.restore = kmig_restore);
