// SPDX-License-Identifier: GPL-2.0-only
/* A device whose memory is written in all ways that there are; see kpre.h for its registers. */
#include "mdev_bpf.bpf.h"
#include "kpre.h"

char _license[] SEC("license") = "GPL";

#define XRGB8888	0x34325258

struct kpre_state {
	__u64 where;
	__s64 result;
	__u64 done;
	__u64 ticks;
	__u64 picture;
};

static int put(struct mdev_bpf_dev *dev, __u64 where, __u64 val)
{
	return mdev_bpf_memory_write(dev, where >> MDEV_BPF_OFFSET_SHIFT & 0xff,
				     where & ((1ULL << MDEV_BPF_OFFSET_SHIFT) - 1), &val,
				     sizeof(val));
}

static int poke(__u8 *at, __u64 val)
{
	if (!at)
		return -EFAULT;
	*(__u64 *)at = val;
	return 0;
}

int MDEV_BPF_OP(kpre_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kpre_state *s = mdev_bpf_state(dev, struct kpre_state);
	__u64 val = access->val;

	if (!s)
		return -EIO;
	switch (access->offset) {
	case KPRE_WHERE:
		s->where = val;
		break;
	case KPRE_WRITE:
		s->result = put(dev, s->where, val);
		break;
	case KPRE_POKE:
		s->result = poke(mdev_bpf_memory_get(dev, s->where, 8), val);
		break;
	case KPRE_DMA:
		s->result = mdev_bpf_dma_read(dev, 0, KPRE_IOVA + val, s->where, 4096);
		break;
	case KPRE_PIN:
		s->result = mdev_bpf_dma_pin(dev, 0, KPRE_IOVA + val, 4096);
		break;
	case KPRE_PINNED:
		s->result = poke(mdev_bpf_dma_get(dev, MDEV_BPF_PIN(0, 0), 8), val);
		break;
	case KPRE_TICK:
		s->result = mdev_bpf_timer_arm(dev, 0, val, val);
		break;
	case KPRE_SHOW:
		s->picture = val;
		break;
	}
	return 0;
}

int MDEV_BPF_OP(kpre_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kpre_state *s = mdev_bpf_state(dev, struct kpre_state);

	if (!s)
		return -EIO;
	if (access->offset == KPRE_RESULT)
		access->val = s->result;
	else if (access->offset == KPRE_DONE)
		access->val = s->done;
	else if (access->offset == KPRE_TICKS)
		access->val = s->ticks;
	return 0;
}

int MDEV_BPF_OP(kpre_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct kpre_state *s = mdev_bpf_state(dev, struct kpre_state);

	if (s)
		s->done += dma->error ? 0x101 : 1;
	return 0;
}

int MDEV_BPF_OP(kpre_timer, struct mdev_bpf_dev *dev, __u32 id)
{
	struct kpre_state *s = mdev_bpf_state(dev, struct kpre_state);

	if (s)
		put(dev, s->where, ++s->ticks);
	return 0;
}

int MDEV_BPF_OP(kpre_gfx_query, struct mdev_bpf_dev *dev, struct mdev_bpf_plane *plane)
{
	struct kpre_state *s = mdev_bpf_state(dev, struct kpre_state);

	if (!s)
		return -EIO;
	plane->region = KPRE_MEM;
	plane->offset = s->picture;
	plane->drm_format = XRGB8888;
	plane->width = 32;
	plane->height = 32;
	plane->stride = 128;
	return 0;
}

MDEV_BPF_DEVICE(kpre,
		.types = { { .name = "1" } },
		.state_size = sizeof(struct kpre_state),
		.dma_windows = 1,
		.pci = { .vendor = 0x1234, .device = 0x0006, .class_code = 0x038000 },
		.gfx = { { .flags = MDEV_BPF_GFX_DMABUF, .max_xres = 32, .max_yres = 32 } },
		.regions = {
			{ .size = KPRE_REGS, .flags = MDEV_BPF_REGION_RW, .access_size = 8 },
			{ .index = KPRE_MEM, .size = KPRE_MEM_SIZE, .flags = MDEV_BPF_REGION_RW |
				       MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_MMAP },
			{
				.index = KPRE_RO, .size = KPRE_RO_SIZE,
				.flags = MDEV_BPF_REGION_READ | MDEV_BPF_REGION_MEMORY |
					 MDEV_BPF_REGION_MMAP,
			},
			{
				.index = KPRE_SMALL, .size = KPRE_SMALL_SIZE,
				.flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY,
			},
		},
		.region_read = kpre_read,
		.region_write = kpre_write,
		.timer = kpre_timer,
		.dma_done = kpre_dma_done,
		.gfx_query = kpre_gfx_query);
