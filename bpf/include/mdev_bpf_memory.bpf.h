/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of regions.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_MEMORY_BPF_H
#define __MDEV_BPF_MEMORY_BPF_H

/**
 * mdev_bpf_memory_read() - read from a MEMORY region
 * @dev: the device
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @data: buffer for the bytes
 * @data__sz: number of bytes
 *
 * Bytes that were never written are zero.
 *
 * Return: 0; -EINVAL if the region is not MEMORY, or does not contain all of the bytes; -E2BIG for
 * more than MDEV_BPF_MAX_VALUE bytes; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_memory_read(struct mdev_bpf_dev *dev, __u32 region, __u64 offset, void *data,
				__u32 data__sz) __ksym;

/**
 * mdev_bpf_memory_write() - write to a MEMORY region
 * @dev: the device
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @data: the bytes to write
 * @data__sz: number of bytes
 *
 * The user sees the bytes immediately. The region may be read-only for the user, or private.
 *
 * Return: 0; -EINVAL, -E2BIG or -ETIME as mdev_bpf_memory_read(); -ENOMEM if a page cannot be
 * allocated without waiting (never with MDEV_BPF_REGION_POPULATE), and then some bytes may have
 * been written.
 */
extern int mdev_bpf_memory_write(struct mdev_bpf_dev *dev, __u32 region, __u64 offset,
				 const void *data, __u32 data__sz) __ksym;

/* The loop of mdev_bpf_memory_write_const(): 64 bytes at a time, by way of the stack */
static __always_inline int mdev_bpf_memory_write_table(struct mdev_bpf_dev *dev, __u32 region,
						       __u64 offset, const void *table,
						       __u32 size)
{
	__u32 rest = size % 64;
	__u8 piece[64];
	int i, ret = 0;

	mdev_bpf_for(i, dev, 0, size / 64) {
		__builtin_memcpy(piece, table + 64 * i, 64);
		ret = mdev_bpf_memory_write(dev, region, offset + 64 * i, piece, 64);
		if (ret)
			return ret;
	}
	if (!rest)
		return 0;
	__builtin_memcpy(piece, table + size - rest, rest);
	return mdev_bpf_memory_write(dev, region, offset + size - rest, piece, rest);
}

/**
 * mdev_bpf_memory_write_const() - write a constant table to a MEMORY region
 * @dev: the device
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @table: an array or struct that is a global const variable; all of it is written
 *
 * For data that mdev_bpf_memory_write() cannot take, because the verifier lets no kfunc have memory
 * that a program cannot write.
 *
 * Return: as mdev_bpf_memory_write().
 */
#define mdev_bpf_memory_write_const(dev, region, offset, table)	\
	mdev_bpf_memory_write_table(dev, region, offset, &(table), sizeof(table))

/**
 * mdev_bpf_memory_zero() - fill bytes of a MEMORY region with zeros, and free whole pages
 * @dev: the device
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @size: number of bytes, up to MDEV_BPF_MAX_ZERO
 *
 * The bytes are zero when this returns. Whole pages are freed soon afterwards, except those that
 * are mapped, pinned or in a dma-buf, that were written since, and those of a region with
 * MDEV_BPF_REGION_POPULATE. Nothing is allocated.
 *
 * Return: 0; -EINVAL if the region is not MEMORY, or does not contain all of the bytes; -E2BIG for
 * more than MDEV_BPF_MAX_ZERO bytes; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_memory_zero(struct mdev_bpf_dev *dev, __u32 region, __u64 offset,
				__u64 size) __ksym;

/**
 * mdev_bpf_memory_fill() - fill bytes of a MEMORY region with a number
 * @dev: the device
 * @region: VFIO index of the region
 * @offset: first byte in the region, a multiple of 8
 * @size: number of bytes, a multiple of 8, up to MDEV_BPF_MAX_ZERO
 * @val: the number that all 8 bytes get
 *
 * This is much faster than a loop in the program. For zeros, mdev_bpf_memory_zero() frees pages.
 *
 * Return: 0; -EINVAL if the region is not MEMORY, does not contain all of the bytes, or @offset or
 * @size is no multiple of 8; -E2BIG for more than MDEV_BPF_MAX_ZERO bytes; -ENOMEM or -ETIME as
 * mdev_bpf_memory_write().
 */
extern int mdev_bpf_memory_fill(struct mdev_bpf_dev *dev, __u32 region, __u64 offset, __u64 size,
				__u64 val) __ksym;

/**
 * mdev_bpf_memory_protect() - protect memory of a region from being written by its user
 * @dev: the device
 * @region: VFIO index of the region, which has MDEV_BPF_REGION_PROTECT
 * @offset: first byte in the region, at the start of a page (4096 bytes)
 * @size: number of bytes: whole pages, or up to the end of the region; 0 to protect nothing
 *
 * Replaces what was protected before. While it is protected, write(2) fails with EACCES. What is
 * written through a mapping has no effect on the memory, and the mapping shows it for some
 * milliseconds only. Programs and DMA can still write. A reset ends it.
 *
 * Return: 0; -EINVAL if the region does not have MDEV_BPF_REGION_PROTECT, or does not contain all
 * of the bytes, or they are not as above; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_memory_protect(struct mdev_bpf_dev *dev, __u32 region, __u64 offset,
				   __u64 size) __ksym;

/**
 * mdev_bpf_memory_get() - get a pointer to bytes of a MEMORY region
 * @dev: the device
 * @where: MDEV_BPF_MEMORY(region, offset); the offset is aligned to the largest power of two that
 *	is not larger than @rdwr_buf_size, at most 8
 * @rdwr_buf_size: number of bytes, a compile-time constant; they must lie within one page
 *
 * The user can change the bytes at any time, even between two reads. For a migration, the bytes
 * count as written.
 *
 * Return: the pointer; NULL if the bytes are not all in one page of a MEMORY region, if they are
 * not aligned, if a page cannot be allocated without waiting (never with MDEV_BPF_REGION_POPULATE),
 * or if the op has run for too long.
 */
extern __u8 *mdev_bpf_memory_get(struct mdev_bpf_dev *dev, __u64 where,
				 const size_t rdwr_buf_size) __ksym;

#endif /* __MDEV_BPF_MEMORY_BPF_H */
