/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The NVM command set, on a namespace that is memory of the device, or a file. All of it is done by
 * the pair of the queue, but to compare, and to clear memory.
 */
#ifndef __NVME_NVM_H
#define __NVME_NVM_H

#include "prp.h"

static __always_inline bool nvme_read_only(__u32 file)
{
	return file & MDEV_BPF_FILE_RDONLY;
}

static __always_inline __u64 nvme_lba(const struct nvme_command *cmd)
{
	return cmd->cdw10 | (__u64)cmd->cdw11 << 32;
}

/* Set which blocks a command is about: 0, or a status if there are none of these numbers. */
static __always_inline int nvme_set_blocks(const struct nvme_pair *s, struct nvme_slot *slot,
					   __u64 lba, __u64 blocks)
{
	if (lba >= s->blocks || blocks > s->blocks - lba)
		return NVME_SC_LBA_RANGE;
	slot->offset = lba << s->lba_shift;
	slot->size = blocks << s->lba_shift;
	return 0;
}

/* Flush: what is in memory of the device has no other place. */
static __always_inline int nvme_flush(unsigned long long *ctx, struct nvme_pair *s, __u64 n,
				      struct nvme_slot *slot)
{
	if (!s->file || nvme_read_only(s->file))
		return NVME_SC_SUCCESS;
	slot->step = NVME_FLUSH;
	return nvme_slot_issue(ctx, s, n);
}

/* After a write: with FUA, or without a write cache, it has to be in stable storage, too. */
static __always_inline bool nvme_flushes(const struct nvme_pair *s, const struct nvme_slot *slot)
{
	return s->no_cache || slot->cmd.cdw12 & NVME_IO_FUA;
}

/* Read and Write */
static __always_inline int nvme_read_write(unsigned long long *ctx, struct nvme_pair *s, __u64 n,
					   struct nvme_slot *slot)
{
	bool write = slot->cmd.opcode == NVME_IO_WRITE;

	if (s->file) {
		slot->op = write ? MDEV_BPF_FILE_WRITE : MDEV_BPF_FILE_READ;
		slot->where = 0;
	} else {
		slot->op = write ? MDEV_BPF_DMA_READ : MDEV_BPF_DMA_WRITE;
		slot->where = MDEV_BPF_MEMORY(NVME_STORE, slot->offset);
	}
	if (write && nvme_flushes(s, slot))
		slot->then = NVME_THEN_FLUSH;
	return nvme_transfer(ctx, s, n);
}

/* Compare: guest memory goes to the buffer, and so do blocks that are in a file. */
static __always_inline int nvme_compare(unsigned long long *ctx, struct mdev_bpf_queue *lane,
					struct nvme_pair *s, __u64 n, struct nvme_slot *slot)
{
	slot->op = MDEV_BPF_DMA_READ;
	slot->where = NVME_IN_BUFFER(lane->id, n);
	slot->then = NVME_THEN_COMPARE;
	return nvme_transfer(ctx, s, n);
}

/* Compare 512 bytes of s->block with as many at @where. */
int MDEV_BPF_FUNC(nvme_compare_part, dev, struct nvme_state *, s, __u64, where)
{
	const __u64 *other = (__u64 *)mdev_bpf_memory_get(dev, where, sizeof(s->block));
	__u64 diff = 0;

	if (!s || !other)
		return NVME_SC_INTERNAL;
#pragma unroll
	for (int i = 0; i < 64; i++)
		diff |= s->block[i] ^ other[i];
	return diff ? NVME_SC_COMPARE_FAILED : NVME_SC_SUCCESS;
}

/* For a pair, whose buffer is at @buffer: a status */
int MDEV_BPF_FUNC(nvme_compare_all, dev, struct nvme_state *, s, struct nvme_slot *, slot,
		  __u64, buffer)
{
	__u64 offset = buffer + NVME_MAX_TRANSFER;
	__u32 region = NVME_BUFFER;
	int i, ret = 0;

	if (!s || !slot)
		return NVME_SC_INTERNAL;
	if (!s->file) {
		region = NVME_STORE;
		offset = slot->offset;
	}
	mdev_bpf_for(i, dev, 0, slot->size / sizeof(s->block)) {
		__u64 at = (__u64)i * sizeof(s->block);

		if (mdev_bpf_memory_read(dev, region, offset + at, s->block, sizeof(s->block)))
			return NVME_SC_INTERNAL;
		ret = nvme_compare_part(ctx, s, MDEV_BPF_MEMORY(NVME_BUFFER, buffer) + at);
		if (ret)
			break;
	}
	mdev_bpf_memory_zero(dev, NVME_BUFFER, buffer, NVME_BUFFER_SIZE);
	return ret;
}

/* Write Zeroes: with DEAC, blocks may be freed; they read as zeros in any case. */
static __always_inline int nvme_write_zeroes(unsigned long long *ctx, struct nvme_pair *s,
					     __u64 n, struct nvme_slot *slot)
{
	slot->step = NVME_ZERO;
	slot->zero_written = !(slot->cmd.cdw12 & NVME_IO_DEAC);
	return nvme_slot_issue(ctx, s, n);
}

/* Dataset Management: only Deallocate does something. First, get the ranges. */
static __always_inline int nvme_manage(unsigned long long *ctx, struct mdev_bpf_queue *lane,
				       struct nvme_pair *s, __u64 n, struct nvme_slot *slot)
{
	if (!(slot->cmd.cdw11 & NVME_DSM_DEALLOCATE))
		return NVME_SC_SUCCESS;
	slot->size = ((slot->cmd.cdw10 & 0xff) + 1) * sizeof(struct nvme_range);
	slot->op = MDEV_BPF_DMA_READ;
	slot->where = NVME_IN_BUFFER(lane->id, n);
	slot->then = NVME_THEN_RANGES;
	return nvme_transfer(ctx, s, n);
}

/* Deallocate the next range that is not empty: NVME_PENDING, or a status. */
int MDEV_BPF_Q_FUNC(nvme_next_range, lane, struct nvme_pair *, s, __u64, n)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;
	int i, ret;

	if (!slot)
		return NVME_SC_INTERNAL;
	mdev_bpf_q_for(i, lane, 0, NVME_DSM_RANGES) {
		struct nvme_range range;

		if (slot->range > (slot->cmd.cdw10 & 0xff))
			break;
		if (mdev_bpf_q_memory_read(lane, NVME_BUFFER, NVME_BUFFER_OF(lane->id, n) +
					   (__u64)slot->range * sizeof(range), &range,
					   sizeof(range)))
			return NVME_SC_INTERNAL;
		slot->range++;
		ret = nvme_set_blocks(s, slot, range.lba, range.blocks);
		if (ret)
			return ret;
		if (range.blocks) {
			slot->step = NVME_ZERO;
			return nvme_slot_issue(ctx, s, n);
		}
	}
	return NVME_SC_SUCCESS;
}

/* @done bytes were cleared: NVME_PENDING, or a status. */
int MDEV_BPF_Q_FUNC(nvme_zeroed, lane, struct nvme_pair *, s, __u64, n, __u64, done)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;

	if (!slot)
		return NVME_SC_INTERNAL;
	slot->offset += done;
	slot->size -= done < slot->size ? done : slot->size;
	if (slot->size)
		return nvme_slot_issue(ctx, s, n);
	if (slot->cmd.opcode == NVME_IO_DSM)
		return nvme_next_range(ctx, s, n);
	return nvme_flushes(s, slot) ? nvme_flush(ctx, s, n, slot) : NVME_SC_SUCCESS;
}

/*
 * The file cannot free bytes, or not these, since the storage has larger blocks: write zeros; but
 * Dataset Management is no more than a hint.
 */
static __always_inline int nvme_zero_failed(unsigned long long *ctx, struct nvme_pair *s, __u64 n,
					    struct nvme_slot *slot, int error)
{
	if ((error != -EOPNOTSUPP && error != -EINVAL) || slot->zero_written)
		return nvme_request_status(error, MDEV_BPF_FILE_WRITE);
	if (slot->cmd.opcode == NVME_IO_DSM)
		return nvme_zeroed(ctx, s, n, slot->size);
	slot->zero_written = 1;
	return nvme_slot_issue(ctx, s, n);
}

/* Begin a command: NVME_PENDING, or a status. */
int MDEV_BPF_Q_FUNC(nvme_io, lane, struct nvme_pair *, s, __u64, n)
{
	struct nvme_slot *slot = s ? nvme_slot_get(s, n) : NULL;
	__u8 opcode;
	int ret;

	if (!slot)
		return NVME_SC_INTERNAL;
	opcode = slot->cmd.opcode;
	if (opcode == NVME_IO_FLUSH)
		return slot->cmd.nsid == 1 || slot->cmd.nsid == NVME_NSID_ALL ?
		       nvme_flush(ctx, s, n, slot) : NVME_SC_INVALID_NS;
	if (opcode != NVME_IO_READ && opcode != NVME_IO_WRITE && opcode != NVME_IO_COMPARE &&
	    opcode != NVME_IO_WRITE_ZEROES && opcode != NVME_IO_DSM)
		return NVME_SC_INVALID_OPCODE;
	if (slot->cmd.nsid != 1)
		return NVME_SC_INVALID_NS;
	if (nvme_read_only(s->file) && opcode != NVME_IO_READ && opcode != NVME_IO_COMPARE)
		return NVME_SC_WRITE_PROTECTED;
	if (opcode == NVME_IO_DSM)
		return nvme_manage(ctx, lane, s, n, slot);
	ret = nvme_set_blocks(s, slot, nvme_lba(&slot->cmd), (slot->cmd.cdw12 & 0xffff) + 1);
	if (ret)
		return ret;
	if (opcode == NVME_IO_WRITE_ZEROES)
		return nvme_write_zeroes(ctx, s, n, slot);
	if (slot->size > NVME_MAX_TRANSFER)
		return NVME_SC_INVALID_FIELD;
	if (opcode == NVME_IO_COMPARE)
		return nvme_compare(ctx, lane, s, n, slot);
	return nvme_read_write(ctx, s, n, slot);
}

#endif /* __NVME_NVM_H */
