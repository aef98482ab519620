// SPDX-License-Identifier: GPL-2.0-only
/* A device that does the DMA it is told to; see kdma.h for its registers. */
#include "mdev_bpf.bpf.h"
#include "kdma.h"

char _license[] SEC("license") = "GPL";

struct kdma_state {
	__u64 reg[32];
	__u64 go;
	__u64 reserved[95];
	__u64 more[KDMA_MORE_LEN];
	__u64 log[KDMA_LOG_LEN];
	__u8 data[KDMA_DATA_SIZE];
};

/* How often dma_done and dma_unmap were called for any device */
__u64 all_done, all_unmaps;
/* What requests in exit and close returned */
__s64 late[2];

#define REG(s, which) ((s)->reg[(which) / 8])

static __s64 request(struct mdev_bpf_dev *dev, struct kdma_state *s, __u64 go, __u32 channel)
{
	struct mdev_bpf_request req = {
		.id = go >> 8,
		.op = go & 0xff,
		.channel = channel,
		.flags = REG(s, KDMA_FLAGS),
		.iova = REG(s, KDMA_IOVA),
		.where = (go & 0xff) == MDEV_BPF_DMA_PIN ? 0 : REG(s, KDMA_WHERE),
		.size = REG(s, KDMA_SIZE),
		.count = REG(s, KDMA_COUNT),
	};

	return mdev_bpf_request(dev, &req, sizeof(req));
}

/* Whatever the user has put into the state, of any size */
static __s64 raw(struct mdev_bpf_dev *dev, struct kdma_state *s, __u64 size)
{
	if (size > 8192)
		return -EDOM;
	return mdev_bpf_request(dev, (void *)s->data, size);
}

static __s64 flood(struct mdev_bpf_dev *dev, struct kdma_state *s, __u64 go)
{
	int i;

	mdev_bpf_for(i, dev, 0, 2 * MDEV_BPF_MAX_DMA)
		if (request(dev, s, go + ((__u64)i << 8), REG(s, KDMA_CHANNEL)))
			return i;
	return 2 * MDEV_BPF_MAX_DMA;
}

static __s64 peek(struct mdev_bpf_dev *dev, struct kdma_state *s, __u64 where, bool poke)
{
	__u64 *p = (__u64 *)mdev_bpf_dma_get(dev, where, sizeof(*p));

	if (!p)
		return -EFAULT;
	if (poke)
		*p = REG(s, KDMA_VALUE);
	else
		REG(s, KDMA_VALUE) = *p;
	return 0;
}

/* The verifier of 6.12 takes that for a byte, so there must be nothing. */
static __s64 peek_none(struct mdev_bpf_dev *dev, __u64 where)
{
	return mdev_bpf_dma_get(dev, where, 0) ? 0 : -EFAULT;
}

static __s64 pull(struct mdev_bpf_dev *dev, struct kdma_state *s, __u32 n)
{
	__u64 where = REG(s, KDMA_PEEK);
	int i, k;

	REG(s, KDMA_VALUE) = 0;
	mdev_bpf_for(i, dev, 0, (int)n) {
		__u64 *p = (__u64 *)mdev_bpf_dma_get(dev, where + 64ULL * i, 64);

		if (!p)
			return i;
		for (k = 0; k < 8; k++)
			REG(s, KDMA_VALUE) += p[k];
	}
	return n;
}

static __s64 refill(struct mdev_bpf_dev *dev, struct kdma_state *s, __u32 n)
{
	__s64 ret = mdev_bpf_memory_zero(dev, KDMA_PRIVATE, 0, 4096ULL * n);
	__u64 iova = REG(s, KDMA_IOVA);
	int i;

	REG(s, KDMA_SIZE) = 4096;
	mdev_bpf_for(i, dev, 0, (int)n) {
		__u64 at = 4096ULL * (n - 1 - i);
		__u8 *p = mdev_bpf_memory_get(dev, MDEV_BPF_MEMORY(KDMA_PRIVATE, at + 4095), 1);

		if (!p)
			return -EFAULT;
		*p = 0xff;
		REG(s, KDMA_IOVA) = iova + at;
		REG(s, KDMA_WHERE) = MDEV_BPF_MEMORY(KDMA_PRIVATE, at);
		ret = ret ?: request(dev, s, MDEV_BPF_DMA_WRITE, 0);
	}
	REG(s, KDMA_IOVA) = iova;
	return ret;
}

static int reg_write(struct mdev_bpf_dev *dev, struct kdma_state *s, __u64 reg, __u64 val)
{
	__s64 *result = (__s64 *)&REG(s, KDMA_RESULT);

	switch (reg) {
	case KDMA_GO:
		*result = request(dev, s, val, REG(s, KDMA_CHANNEL));
		s->go = val;
		break;
	case KDMA_GO_WORK:
		s->go = val;
		*result = mdev_bpf_work_queue(dev, 0);
		break;
	case KDMA_FLOOD:
		*result = flood(dev, s, val);
		break;
	case KDMA_UNPIN:
		*result = mdev_bpf_dma_unpin(dev, val);
		break;
	case KDMA_PEEK:
	case KDMA_POKE:
		REG(s, KDMA_PEEK) = val;
		*result = peek(dev, s, val, reg == KDMA_POKE);
		break;
	case KDMA_PEEK_NONE:
		*result = peek_none(dev, val);
		break;
	case KDMA_PEEK_NINE:
		*result = mdev_bpf_dma_get(dev, val, 9) ? 0 : -EFAULT;
		break;
	case KDMA_MEMORY_NINE:
		*result = mdev_bpf_memory_get(dev, val, 9) ? 0 : -EFAULT;
		break;
	case KDMA_CANCEL:
		*result = mdev_bpf_request_cancel(dev, val, val >> 32);
		break;
	case KDMA_RAW:
		*result = raw(dev, s, val);
		break;
	case KDMA_PULL:
		*result = pull(dev, s, val);
		break;
	case KDMA_REFILL:
		*result = refill(dev, s, val);
		break;
	default:
		s->reg[reg / 8 & 31] = val;
	}
	return 0;
}

static void data_write(struct kdma_state *s, struct mdev_bpf_access *access)
{
	__u8 *p = s->data + (access->offset & (KDMA_DATA_SIZE - 8));
	__u64 shift = access->offset % 8 * 8;
	__u64 mask = (access->size == 8 ? 0 : 1ULL << access->size * 8) - 1;
	__u64 *word = (__u64 *)p;

	*word = (*word & ~(mask << shift)) | (access->val & mask) << shift;
}

int MDEV_BPF_OP(kdma_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kdma_state *s = mdev_bpf_state(dev, struct kdma_state);

	if (!s)
		return -EIO;
	if (access->region == KDMA_BYTES)
		data_write(s, access);
	else
		return reg_write(dev, s, access->offset, access->val);
	return 0;
}

int MDEV_BPF_OP(kdma_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct kdma_state *s = mdev_bpf_state(dev, struct kdma_state);
	__u64 at = access->offset;

	if (!s)
		return -EIO;
	if (access->region == KDMA_BYTES)
		access->val = *(__u64 *)(s->data + (at & (KDMA_DATA_SIZE - 8)));
	else if (at >= KDMA_LOG)
		access->val = s->log[at / 8 & (KDMA_LOG_LEN - 1)];
	else if (at >= KDMA_MORE)
		access->val = s->more[at / 8 & (KDMA_MORE_LEN - 1)];
	else
		access->val = s->reg[at / 8 & 31];
	access->val >>= at % 8 * 8;
	return 0;
}

int MDEV_BPF_OP(kdma_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct kdma_state *s = mdev_bpf_state(dev, struct kdma_state);

	if (!s)
		return -EIO;
	REG(s, KDMA_WORKER) = (__u32)bpf_get_current_pid_tgid();
	REG(s, KDMA_RESULT) = request(dev, s, s->go, REG(s, KDMA_CHANNEL));
	return 0;
}

int MDEV_BPF_OP(kdma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct kdma_state *s = mdev_bpf_state(dev, struct kdma_state);

	if (!s)
		return -EIO;
	__sync_fetch_and_add(&all_done, 1);
	REG(s, KDMA_TASK) = (__u32)bpf_get_current_pid_tgid();
	s->more[REG(s, KDMA_DONE) & (KDMA_MORE_LEN - 1)] =
		dma->done | (__u64)dma->channel << 32 | (__u64)dma->flags << 48;
	s->log[REG(s, KDMA_DONE)++ & (KDMA_LOG_LEN - 1)] = dma->id | (__u64)dma->error << 32;
	if (REG(s, KDMA_CHAIN)) {
		REG(s, KDMA_CHAIN)--;
		if (!(REG(s, KDMA_CHAIN) >> 63)) {
			REG(s, KDMA_IOVA) += dma->size;
			REG(s, KDMA_WHERE) += dma->size;
		}
		s->go += 1 << 8;
		REG(s, KDMA_RESULT) = request(dev, s, s->go, dma->channel);
	}
	if (REG(s, KDMA_REPIN))
		mdev_bpf_dma_pin(dev, dma->id, dma->iova, dma->size);
	if (!REG(s, KDMA_QUIET))
		mdev_bpf_irq_trigger(dev, 0);
	return 0;
}

static void spin(struct mdev_bpf_dev *dev, __u64 ms)
{
	__u64 end = bpf_ktime_get_ns() + ms * 1000000;
	int i;

	if (!ms)
		return;
	mdev_bpf_for(i, dev, 0, 1 << 22)
		if (bpf_ktime_get_ns() >= end)
			break;
}

int MDEV_BPF_OP(kdma_unmap, struct mdev_bpf_dev *dev, struct mdev_bpf_range *range)
{
	struct kdma_state *s = mdev_bpf_state(dev, struct kdma_state);

	if (!s)
		return -EIO;
	__sync_fetch_and_add(&all_unmaps, 1);
	REG(s, KDMA_UNMAPS)++;
	REG(s, KDMA_UNMAP_IOVA) = range->iova;
	REG(s, KDMA_UNMAP_SIZE) = range->size;
	mdev_bpf_irq_trigger(dev, 1);
	spin(dev, REG(s, KDMA_SLOW));
	return 0;
}

static __u32 try(struct mdev_bpf_dev *dev)
{
	return mdev_bpf_dma_read(dev, 99, 0, MDEV_BPF_STATE(KDMA_DATA), 8);
}

int MDEV_BPF_OP(kdma_init, struct mdev_bpf_dev *dev)
{
	struct kdma_state *s = mdev_bpf_state(dev, struct kdma_state);

	if (s)
		REG(s, KDMA_EARLY) = try(dev);
	return 0;
}

int MDEV_BPF_OP(kdma_reset, struct mdev_bpf_dev *dev)
{
	return 0;
}

int MDEV_BPF_OP(kdma_open, struct mdev_bpf_dev *dev)
{
	struct kdma_state *s = mdev_bpf_state(dev, struct kdma_state);

	/* Device "2" asks for memory as soon as it is opened */
	if (s && dev->type == 1)
		REG(s, KDMA_EARLY) |= (__u64)try(dev) << 32;
	return 0;
}

void MDEV_BPF_OP(kdma_exit, struct mdev_bpf_dev *dev)
{
	late[0] = (__s32)try(dev);
}

void MDEV_BPF_OP(kdma_close, struct mdev_bpf_dev *dev)
{
	late[1] = (__s32)try(dev);
}

MDEV_BPF_DEVICE(kdma,
		.types = { { .name = "1" }, { .name = "2" } },
		.state_size = sizeof(struct kdma_state),
		.dma_windows = MDEV_BPF_MAX_PINS,
		.pci = { .vendor = 0x1234, .device = 0x0004, .class_code = 0xff0000 },
		.regions = {
			{ .index = KDMA_REG, .size = KDMA_DATA, .access_size = 8,
				       .flags = MDEV_BPF_REGION_RW },
			{ .index = KDMA_BYTES, .size = KDMA_DATA_SIZE, .access_size = 8,
					 .flags = MDEV_BPF_REGION_RW },
			{ .index = KDMA_MEM, .size = KDMA_MEM_SIZE, .access_size = 8,
				       .trap_offset = KDMA_TRAP,
				       .trap_size = KDMA_TRAP_SIZE,
				       .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY |
						MDEV_BPF_REGION_MMAP },
			{ .index = KDMA_PRIVATE, .size = KDMA_MEM_SIZE,
			  .flags = MDEV_BPF_REGION_MEMORY },
		},
		.irqs = { { .index = 1, .count = KDMA_MSI } },
		.init = kdma_init,
		.exit = kdma_exit,
		.open = kdma_open,
		.close = kdma_close,
		.reset = kdma_reset,
		.region_read = kdma_read,
		.region_write = kdma_write,
		.work = kdma_work,
		.dma_done = kdma_done,
		.dma_unmap = kdma_unmap);
