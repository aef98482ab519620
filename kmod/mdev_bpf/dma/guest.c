// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copying between guest memory and the device's state or memory regions.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device/device.h"
#include "dma/guest.h"
#include "dma/queue.h"
#include "gate/gate.h"
#include "memory/memory.h"
#include "memory/precopy.h"

#define STATE_INDEX (MDEV_BPF_STATE(0) >> MDEV_BPF_OFFSET_SHIFT)

static u64 where_index(u64 where)
{
	return where >> MDEV_BPF_OFFSET_SHIFT;
}

static u64 where_offset(u64 where)
{
	return where & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0);
}

/**
 * mdev_bpf_guest_errno() - translate an error of VFIO for guest memory
 * @err: an error of vfio_dma_rw() or vfio_pin_pages()
 *
 * If nothing is mapped at an address, type1 returns EINVAL, and iommufd returns ENOENT.
 *
 * Return: -ENOENT, -EPERM, -EFAULT, -ENXIO, -ENOMEM.
 */
int mdev_bpf_guest_errno(int err)
{
	switch (err) {
	case -EINVAL:
		return -ENOENT;
	case -ENOTTY:
		return -ENXIO;
	default:
		return err;
	}
}

static bool state_has(struct mdev_bpf_device *bdev, u64 offset, u32 size)
{
	u32 has = bdev->state.cur.size;

	return offset <= has && size <= has - offset;
}

/**
 * mdev_bpf_guest_where_ok() - check the device's side of a DMA request
 * @bdev: the device
 * @where: the program's argument, MDEV_BPF_STATE() or MDEV_BPF_MEMORY()
 * @size: number of bytes
 *
 * Return: true if the device has all of the bytes.
 */
bool mdev_bpf_guest_where_ok(struct mdev_bpf_device *bdev, u64 where, u32 size)
{
	u64 index = where_index(where), offset = where_offset(where);

	if (index == STATE_INDEX)
		return state_has(bdev, offset, size);
	if (index >= MDEV_BPF_MAX_REGIONS || !bdev->memory[index])
		return false;
	/* Trap windows are not memory */
	return size <= mdev_bpf_memory_span(bdev->memory[index], offset, 1);
}

/**
 * mdev_bpf_guest_in_state() - is a request to or from the state?
 * @req: the request
 *
 * Return: true if it is.
 */
bool mdev_bpf_guest_in_state(const struct mdev_bpf_dma_request *req)
{
	return req->op != MDEV_BPF_DMA_PIN && where_index(req->where) == STATE_INDEX;
}

/*
 * The only function that copies guest memory. Unless @wait, it fails with EFAULT if the memory is
 * not present, because VFIO holds a lock meanwhile for which other tasks wait.
 */
static int guest_rw(struct mdev_bpf_device *bdev, u64 iova, void *data, size_t size, bool write,
		    bool wait)
{
	int ret;

	if (wait) {
		ret = vfio_dma_rw(&bdev->vdev, iova, data, size, write);
	} else if (bdev->vdev.iommufd_access && current->mm != READ_ONCE(bdev->worker.mm)) {
		/* For the memory of another process, iommufd pins pages instead, which may wait */
		ret = -EFAULT;
	} else {
		pagefault_disable();
		ret = vfio_dma_rw(&bdev->vdev, iova, data, size, write);
		pagefault_enable();
	}
	return ret < 0 ? mdev_bpf_guest_errno(ret) : 0;
}

/**
 * mdev_bpf_guest_is_mapped() - does the user have memory at an address?
 * @bdev: the device
 * @iova: the address
 *
 * Context: Process context; VFIO has the device open. Waits for VFIO's locks, but not for the
 * memory.
 *
 * Return: true if it does.
 */
bool mdev_bpf_guest_is_mapped(struct mdev_bpf_device *bdev, u64 iova)
{
	u8 byte;

	return guest_rw(bdev, iova, &byte, sizeof(byte), false, false) != -ENOENT;
}

static int state_read(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req,
		      void *buf)
{
	guard(mdev_bpf_gate)(bdev);
	if (!state_has(bdev, where_offset(req->where), req->size))
		return -EINVAL;
	memcpy(buf, bdev->state.cur.data + where_offset(req->where), req->size);
	return 0;
}

/* Fails if the state has been replaced since the request was started. */
static int state_write(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req,
		       const void *buf)
{
	guard(mdev_bpf_gate)(bdev);
	if (bdev->state.generation != bdev->dma.generation)
		return -ECANCELED;
	if (!state_has(bdev, where_offset(req->where), req->size))
		return -EINVAL;
	memcpy(bdev->state.cur.data + where_offset(req->where), buf, req->size);
	return 0;
}

static int transfer_state(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req,
			  bool wait)
{
	bool write = req->op == MDEV_BPF_DMA_WRITE;
	void *buf = kvmalloc(req->size, GFP_KERNEL_ACCOUNT);
	int ret = 0;

	if (!buf)
		return -ENOMEM;
	if (write)
		ret = state_read(bdev, req, buf);
	ret = ret ?: guest_rw(bdev, req->iova, buf, req->size, write, wait);
	if (!write)
		ret = ret ?: state_write(bdev, req, buf);
	kvfree(buf);
	return ret;
}

/* Copy page by page, directly between guest memory and the pages of the region. */
static int transfer_memory(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req,
			   bool wait)
{
	struct mdev_bpf_memory *mem = bdev->memory[where_index(req->where)];
	bool write = req->op == MDEV_BPF_DMA_WRITE;
	u64 offset = where_offset(req->where);
	u32 done, n;
	int ret = 0;

	for (done = 0; !ret && done < req->size; done += n, offset += n) {
		struct page *page = mdev_bpf_memory_page(mem, offset >> PAGE_SHIFT,
							 write ? 0 : GFP_KERNEL_ACCOUNT);

		if (IS_ERR(page))
			return PTR_ERR(page);
		/* Pages that do not exist contain zeros */
		page = page ?: ZERO_PAGE(0);
		n = min_t(u32, req->size - done, PAGE_SIZE - offset_in_page(offset));
		ret = guest_rw(bdev, req->iova + done, page_address(page) + offset_in_page(offset),
			       n, write, wait);
		if (!write)
			mdev_bpf_precopy_written(mem, offset >> PAGE_SHIFT, page);
		cond_resched();
	}
	return ret;
}

/**
 * mdev_bpf_guest_transfer() - carry out a request to copy
 * @bdev: the device
 * @req: the request
 * @wait: wait for memory that is not present; only the fault thread may do this
 *
 * Context: Process context, no lock held.
 *
 * Return: 0; -ENOENT if no guest memory is mapped in a part of the range; -EPERM if the mapping
 * does not permit it; -EFAULT if the user's memory cannot be accessed, or is not present and @wait
 * is not set; -ENXIO if the user's backend does not support it; -EINVAL if the device no longer has
 * the bytes; -ECANCELED if the state has been replaced; -ENOMEM.
 */
int mdev_bpf_guest_transfer(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req,
			    bool wait)
{
	if (where_index(req->where) == STATE_INDEX)
		return transfer_state(bdev, req, wait);
	return transfer_memory(bdev, req, wait);
}
