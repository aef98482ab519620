/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests: transfers between the device, guest memory and files; pinned guest memory.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_DMA_BPF_H
#define __MDEV_BPF_DMA_BPF_H

/**
 * mdev_bpf_request() - request a transfer to or from guest memory, or a window of it
 * @dev: the device
 * @req: the request. Members that a request has no use for are zero
 * @req__sz: sizeof(*@req)
 *
 * The request is queued, and carried out after the op. Then dma_done is called with the result.
 * Requests of one channel wait for each other; those of other channels do not wait for them.
 *
 * Return: 0; -EINVAL if a member is out of range, if @req->where does not have as many bytes, or if
 * the guest addresses wrap around; -E2BIG if @req has members that this kernel does not know, and
 * they are not zero; -ENXIO if the device is not open, or a kernel client has opened it; -EBUSY if
 * MDEV_BPF_MAX_DMA requests are waiting.
 */
extern int mdev_bpf_request(struct mdev_bpf_dev *dev, const struct mdev_bpf_request *req,
			    __u32 req__sz) __ksym;

/**
 * mdev_bpf_request_cancel() - cancel requests by their ids
 * @dev: the device
 * @id: the id, as in struct mdev_bpf_request
 * @mask: the bits of @id that a request must have, too: ~0 for the requests with this id, 0 for all
 *	requests of the device
 *
 * dma_done is called for them all the same, with ECANCELED, in the order of their channel. A
 * request that is being carried out is interrupted, but may still complete, or fail with another
 * error.
 *
 * Return: the number of requests; -ENOENT if there is none that has not completed.
 */
extern int mdev_bpf_request_cancel(struct mdev_bpf_dev *dev, __u32 id, __u32 mask) __ksym;

/**
 * mdev_bpf_dma_read() - copy from guest memory to the device, in channel 0
 * @dev: the device
 * @id: any number; passed to dma_done
 * @iova: address in guest memory
 * @where: the destination: MDEV_BPF_STATE() or MDEV_BPF_MEMORY()
 * @size: number of bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * Return: as mdev_bpf_request().
 */
static __always_inline int mdev_bpf_dma_read(struct mdev_bpf_dev *dev, __u32 id, __u64 iova,
					     __u64 where, __u64 size)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_READ, .id = id, .iova = iova, .where = where, .size = size,
	};

	return mdev_bpf_request(dev, &req, sizeof(req));
}

/**
 * mdev_bpf_dma_write() - copy from the device to guest memory, in channel 0
 * @dev: the device
 * @id: any number; passed to dma_done
 * @iova: address in guest memory
 * @where: the source: MDEV_BPF_STATE() or MDEV_BPF_MEMORY(), with its content at the time when the
 *	request is carried out
 * @size: number of bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * Return: as mdev_bpf_request().
 */
static __always_inline int mdev_bpf_dma_write(struct mdev_bpf_dev *dev, __u32 id, __u64 iova,
					      __u64 where, __u64 size)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_WRITE, .id = id, .iova = iova, .where = where, .size = size,
	};

	return mdev_bpf_request(dev, &req, sizeof(req));
}

/**
 * mdev_bpf_dma_pin() - pin guest memory, for access by mdev_bpf_dma_get(); in channel 0
 * @dev: the device
 * @id: the window, less than the dma_windows that the program declares; passed to dma_done
 * @iova: the first guest address
 * @size: number of bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * The window exists when dma_done reports success. The memory must be readable and writable. Reset
 * and close unpin all windows. A window is also unpinned when the user unmaps its memory. A request
 * for memory that is being unmapped waits until that is done.
 *
 * Return: as mdev_bpf_request(); also -EINVAL if @id is out of range.
 */
static __always_inline int mdev_bpf_dma_pin(struct mdev_bpf_dev *dev, __u32 id, __u64 iova,
					    __u64 size)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_PIN, .id = id, .iova = iova, .size = size,
	};

	return mdev_bpf_request(dev, &req, sizeof(req));
}

/**
 * mdev_bpf_dma_unpin() - unpin a window
 * @dev: the device
 * @id: the window
 *
 * Return: 0; -EINVAL if @id is out of range; -ENOENT if the window does not exist, or not yet.
 */
extern int mdev_bpf_dma_unpin(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_dma_get() - get a pointer to pinned guest memory
 * @dev: the device
 * @where: MDEV_BPF_PIN(window, offset)
 * @rdwr_buf_size: number of bytes, a compile-time constant
 *
 * The guest and its other devices may change the memory at any time.
 *
 * Return: a pointer that is valid until the op returns; NULL if the window is not pinned, or no
 * longer; if the bytes are not all in the window, or not all in one page of the guest; if the guest
 * address is not aligned to the largest power of two that is not larger than @rdwr_buf_size, at
 * most 8; or if bus mastering is off.
 */
extern __u8 *mdev_bpf_dma_get(struct mdev_bpf_dev *dev, __u64 where,
			      const size_t rdwr_buf_size) __ksym;

#endif /* __MDEV_BPF_DMA_BPF_H */
