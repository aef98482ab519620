// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copying between guest memory and the device's state or memory regions.
 */
#include <linux/mdev_bpf_client.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device/device.h"
#include "dma/fault.h"
#include "dma/guest.h"
#include "dma/queue.h"
#include "dma/where.h"
#include "gate/gate.h"
#include "memory/memory.h"
#include "memory/precopy.h"

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

/* Has a state of @has bytes these? */
static bool state_has(u32 has, u64 offset, u64 size)
{
	return offset <= has && size <= has - offset;
}

static bool where_in_state(u64 where)
{
	return mdev_bpf_where_is(where, MDEV_BPF_WHERE_STATE);
}

/* The memory of a region; NULL if the region is no MEMORY, or @where is something else. */
static struct mdev_bpf_memory *where_memory(struct mdev_bpf_device *bdev, u64 where)
{
	if (!mdev_bpf_where_is(where, MDEV_BPF_WHERE_MEMORY))
		return NULL;
	return mdev_bpf_device_memory(bdev, mdev_bpf_where_index(where));
}

/**
 * mdev_bpf_guest_where_ok() - check the device's side of a DMA request
 * @bdev: the device
 * @where: the program's argument, MDEV_BPF_STATE() or MDEV_BPF_MEMORY()
 * @size: number of bytes
 * @state: size of the state in bytes
 *
 * Context: As for mdev_bpf_request_check().
 *
 * Return: true if the device has all of the bytes.
 */
bool mdev_bpf_guest_where_ok(struct mdev_bpf_device *bdev, u64 where, u64 size, u32 state)
{
	struct mdev_bpf_memory *mem = where_memory(bdev, where);
	u64 offset = mdev_bpf_where_offset(where);

	if (where_in_state(where))
		return !mdev_bpf_where_index(where) && state_has(state, offset, size);
	/* Trap windows are not memory */
	return mem && size <= mdev_bpf_memory_span(mem, offset, 1);
}

/**
 * mdev_bpf_guest_in_state() - does a request refer to the state?
 * @arg: the request
 *
 * Return: true if it copies to or from the state, or if its list is there.
 */
bool mdev_bpf_guest_in_state(const struct mdev_bpf_request *arg)
{
	return where_in_state(arg->where) ||
	       (arg->flags & MDEV_BPF_DMA_LIST && where_in_state(arg->iova));
}

/*
 * The only function that copies guest memory. Unless @wait, it fails with EFAULT if the memory is
 * not present, because VFIO holds a lock meanwhile for which other tasks wait. That of a kernel
 * client is always present.
 */
static int guest_rw(struct mdev_bpf_device *bdev, u64 iova, void *data, size_t size, bool write,
		    bool wait)
{
	const struct mdev_bpf_irq_client *client = bdev->irqs.client;
	int ret;

	if (client) {
		ret = client->ops->copy(client->data, iova, data, size, write);
	} else if (wait) {
		ret = vfio_dma_rw(&bdev->vdev, iova, data, size, write);
	} else if (bdev->vdev.iommufd_access && current->mm != READ_ONCE(bdev->worker.mm)) {
		/*
		 * For the memory of another process, iommufd pins pages instead, which may wait.
		 * Whose memory it is cannot be asked: that of a third process waits all the same.
		 */
		ret = -EFAULT;
	} else {
		pagefault_disable();
		ret = vfio_dma_rw(&bdev->vdev, iova, data, size, write);
		pagefault_enable();
	}
	return ret < 0 ? mdev_bpf_guest_errno(ret) : 0;
}

/*
 * Copy from or to the state of the device, or of the queue to which the channel belongs, unless it
 * was replaced since the request was started.
 */
static int state_copy(struct mdev_bpf_dma_channel *ch, u64 where, void *buf, u64 size, bool write)
{
	const struct mdev_bpf_state *state = &ch->bdev->state;
	u64 offset = mdev_bpf_where_offset(where);
	void *data = state->cur.data;

	if (state->generation != ch->generation)
		return -ECANCELED;
	if (!state_has(ch->lane ? state->cur.queue_size : state->cur.size, offset, size))
		return -EINVAL;
	if (ch->lane)
		data = mdev_bpf_state_queue(state->cur.block, ch->lane->ctx.id);
	if (write)
		memcpy(data + offset, buf, size);
	else
		memcpy(buf, data + offset, size);
	return 0;
}

static int state_rw(struct mdev_bpf_dma_channel *ch, u64 where, void *buf, u64 size, bool write)
{
	/* While its lane is open, a queue needs no gate: see queue/queue.c */
	if (ch->lane) {
		guard(spinlock)(&ch->lane->lock);
		if (READ_ONCE(ch->lane->ops))
			return state_copy(ch, where, buf, size, write);
	}
	guard(mdev_bpf_gate)(ch->bdev);
	if (!ch->lane)
		return state_copy(ch, where, buf, size, write);
	/* It may have been opened meanwhile */
	guard(spinlock)(&ch->lane->lock);
	return state_copy(ch, where, buf, size, write);
}

/* Add a piece to the list that has been checked. One that follows the last makes that longer. */
static void list_join(struct mdev_bpf_dma_request *req, const struct mdev_bpf_sg *sg)
{
	struct mdev_bpf_sg *last = &req->list[req->nr_list];

	/* At address 0 nothing is joined, which would follow the last of all addresses */
	if (req->nr_list && sg->iova && last[-1].iova + last[-1].size == sg->iova) {
		last[-1].size += sg->size;
	} else {
		*last = *sg;
		req->nr_list++;
	}
}

/* Check a list, cut off what is beyond the bytes of the request, and join what is adjacent. */
static int list_check(struct mdev_bpf_dma_request *req)
{
	u64 left = req->arg.size, last;
	unsigned int i;

	for (i = 0; i < req->arg.count && left; i++) {
		struct mdev_bpf_sg sg = req->list[i];

		if (!sg.size || sg.reserved ||
		    check_add_overflow(sg.iova, (u64)sg.size - 1, &last))
			return -EINVAL;
		sg.size = min_t(u64, sg.size, left);
		left -= sg.size;
		list_join(req, &sg);
	}
	return left ? -EINVAL : 0;
}

/* Read the list of a request. The copy stays until the end of the attempt. */
static int list_read(struct mdev_bpf_dma_channel *ch, struct mdev_bpf_dma_request *req)
{
	u64 where = req->arg.iova, size = req->arg.count * sizeof(struct mdev_bpf_sg);
	int ret;

	req->list = kmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!req->list)
		return -ENOMEM;
	if (where_in_state(where))
		ret = state_rw(ch, where, req->list, size, false);
	else
		ret = mdev_bpf_memory_rw(where_memory(ch->bdev, where),
					 mdev_bpf_where_offset(where), req->list, size, false,
					 GFP_KERNEL_ACCOUNT);
	return ret ?: list_check(req);
}

/**
 * mdev_bpf_guest_begin() - set the position to the begin of the guest memory of a request
 * @run: the position
 * @ch: the channel with the request, busy with the caller
 * @write: the request writes to guest memory
 * @wait: copying waits for memory that is not present; only for the fault thread
 *
 * Context: Process context, no lock held. If the request has a list, the caller frees the copy of
 * it, mdev_bpf_dma_request::list.
 *
 * Return: 0; -EINVAL if the list is wrong; -ECANCELED if it was in a state that has been replaced;
 * -ENOMEM.
 */
int mdev_bpf_guest_begin(struct mdev_bpf_guest_run *run, struct mdev_bpf_dma_channel *ch,
			 bool write, bool wait)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	int ret;

	*run = (struct mdev_bpf_guest_run) {
		.ch = ch, .write = write, .wait = wait, .sg = &run->one,
		.one = { .iova = req->arg.iova, .size = req->arg.size },
	};
	if (!(req->arg.flags & MDEV_BPF_DMA_LIST))
		return 0;
	ret = list_read(ch, req);
	run->sg = req->list;
	return ret;
}

/* Copy the next bytes. After an error, the position is where copying has ended. */
static int guest_next(struct mdev_bpf_guest_run *run, void *data, u64 size)
{
	u32 n;
	int ret;

	for (; size; size -= n, data += n) {
		if (run->off == run->sg->size) {
			run->sg++;
			run->off = 0;
			cond_resched();
		}
		n = min_t(u64, size, run->sg->size - run->off);
		ret = guest_rw(run->ch->bdev, run->sg->iova + run->off, data, n, run->write,
			       run->wait);
		if (ret)
			return ret;
		run->off += n;
		run->done += n;
	}
	return 0;
}

/**
 * mdev_bpf_guest_is_used() - does a request need guest memory?
 * @arg: the request
 *
 * Return: true if it does, and so needs bus mastering.
 */
bool mdev_bpf_guest_is_used(const struct mdev_bpf_request *arg)
{
	switch (arg->op) {
	case MDEV_BPF_FILE_READ:
	case MDEV_BPF_FILE_WRITE:
		return !arg->where;
	case MDEV_BPF_FILE_FLUSH:
	case MDEV_BPF_FILE_DISCARD:
	case MDEV_BPF_FILE_ZERO:
		return false;
	default:
		return true;
	}
}

/**
 * mdev_bpf_guest_is_written() - does a request write to guest memory?
 * @arg: the request
 *
 * Return: true if it does.
 */
bool mdev_bpf_guest_is_written(const struct mdev_bpf_request *arg)
{
	return arg->op == MDEV_BPF_DMA_WRITE || (arg->op == MDEV_BPF_FILE_READ && !arg->where);
}

/* The same for memory that is not present. */
static int guest_next_wait(struct mdev_bpf_guest_run *run, void *data, u64 size)
{
	struct mdev_bpf_dma_channel *ch = run->ch;
	int ret = mdev_bpf_dma_queue_lock(ch);

	if (ret)
		return ret;
	run->wait = true;
	mdev_bpf_fault_limit(&ch->fault);
	ret = guest_next(run, data, size);
	mdev_bpf_fault_relax(&ch->fault);
	run->wait = false;
	mdev_bpf_dma_queue_unlock(ch);
	return ret;
}

/**
 * mdev_bpf_guest_copy() - copy the next bytes of a request for a file
 * @run: the position, made by mdev_bpf_guest_begin() without @wait; it moves on
 * @data: memory of the kernel, which is written unless the position is one to write
 * @size: number of bytes
 *
 * Context: Process context, the fault thread, no lock held. Waits for memory that is not present.
 *
 * Return: as mdev_bpf_guest_transfer(); -EINTR if the thread was interrupted.
 */
int mdev_bpf_guest_copy(struct mdev_bpf_guest_run *run, void *data, u64 size)
{
	u64 before = run->done, done;
	int ret = guest_next(run, data, size);

	done = run->done - before;
	return ret == -EFAULT ? guest_next_wait(run, data + done, size - done) : ret;
}

static int buffer_copy(struct mdev_bpf_dma_channel *ch, void *buf, bool fill)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	struct mdev_bpf_guest_run run;
	int ret = mdev_bpf_guest_begin(&run, ch, !fill, false);

	ret = ret ?: mdev_bpf_guest_copy(&run, buf, req->arg.size);
	if (!fill)
		req->done = run.done;
	return ret;
}

/**
 * mdev_bpf_guest_buffer() - copy between a buffer and what a request for a file names
 * @ch: the channel, busy with the caller
 * @buf: the buffer, which has the bytes of the request
 * @fill: true to copy to the buffer, false to copy from it
 *
 * Context: Process context, the fault thread, no lock held. Waits for memory that is not present.
 *
 * Return: as mdev_bpf_guest_transfer(); -EINTR if the thread was interrupted.
 */
int mdev_bpf_guest_buffer(struct mdev_bpf_dma_channel *ch, void *buf, bool fill)
{
	const struct mdev_bpf_request *arg = &mdev_bpf_dma_channel_head(ch)->arg;

	if (where_in_state(arg->where))
		return state_rw(ch, arg->where, buf, arg->size, !fill);
	if (arg->where)
		return mdev_bpf_memory_rw(where_memory(ch->bdev, arg->where),
					  mdev_bpf_where_offset(arg->where), buf, arg->size,
					  !fill, GFP_KERNEL_ACCOUNT);
	return buffer_copy(ch, buf, fill);
}

/*
 * A buffer for a copy from or to the state. A channel keeps a page for this, because what a request
 * copies is mostly small: to get memory, which may also have to be cleared, would take longer.
 */
static void *buffer_get(struct mdev_bpf_dma_channel *ch, u64 size)
{
	if (size > PAGE_SIZE)
		return kvmalloc(size, GFP_KERNEL_ACCOUNT);
	if (!ch->page)
		ch->page = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	return ch->page;
}

static void buffer_put(struct mdev_bpf_dma_channel *ch, void *buf)
{
	if (buf != ch->page)
		kvfree(buf);
}

/**
 * mdev_bpf_guest_close() - free what a channel has kept for its next requests
 * @ch: the channel, which is not busy any more
 */
void mdev_bpf_guest_close(struct mdev_bpf_dma_channel *ch)
{
	free_page((unsigned long)ch->page);
	ch->page = NULL;
}

static int transfer_state(struct mdev_bpf_guest_run *run, const struct mdev_bpf_request *arg)
{
	struct mdev_bpf_dma_channel *ch = run->ch;
	void *buf = buffer_get(ch, arg->size);
	int ret = 0;

	if (!buf)
		return -ENOMEM;
	if (run->write)
		ret = state_rw(ch, arg->where, buf, arg->size, false);
	ret = ret ?: guest_next(run, buf, arg->size);
	if (!run->write) {
		ret = ret ?: state_rw(ch, arg->where, buf, arg->size, true);
		run->done = ret ? 0 : arg->size;
	}
	buffer_put(ch, buf);
	return ret;
}

/*
 * Copy directly between guest memory and the pages of the region, at once as far as these follow
 * each other. Pages that do not exist contain zeros.
 */
static int transfer_memory(struct mdev_bpf_guest_run *run, const struct mdev_bpf_request *arg)
{
	struct mdev_bpf_memory *mem = where_memory(run->ch->bdev, arg->where);
	u64 offset = mdev_bpf_where_offset(arg->where), left, n;
	int ret = 0, nr;

	for (left = arg->size; !ret && left; left -= n, offset += n) {
		u64 begin = offset_in_page(offset);
		struct page *first;

		nr = mdev_bpf_memory_get_run(mem, offset >> PAGE_SHIFT,
					     DIV_ROUND_UP_ULL(begin + left, PAGE_SIZE),
					     run->write ? 0 : GFP_KERNEL_ACCOUNT, &first);
		if (nr < 0)
			return nr;
		n = min(left, max(nr, 1) * PAGE_SIZE - begin);
		ret = guest_next(run, page_address(nr ? first : ZERO_PAGE(0)) + begin, n);
		if (!run->write)
			mdev_bpf_precopy_written_run(mem, offset >> PAGE_SHIFT, first, nr);
		while (nr)
			put_page(first + --nr);
		cond_resched();
	}
	return ret;
}

/**
 * mdev_bpf_guest_transfer() - carry out the first request of a channel, which is a copy
 * @ch: the channel, busy with the caller
 * @wait: wait for memory that is not present; only the fault thread may do this
 *
 * Context: Process context, no lock held. If the request has a list, the caller frees the copy of
 * it, mdev_bpf_dma_request::list.
 *
 * Return: 0; -ENOENT if no guest memory is mapped in a part of the range; -EPERM if the mapping
 * does not permit it; -EFAULT if the user's memory cannot be accessed, or is not present and @wait
 * is not set; -ENXIO if the user's backend does not support it; -EINVAL if the device no longer has
 * the bytes, or the list is wrong; -ECANCELED if the state has been replaced; -ENOMEM.
 */
int mdev_bpf_guest_transfer(struct mdev_bpf_dma_channel *ch, bool wait)
{
	struct mdev_bpf_dma_request *req = mdev_bpf_dma_channel_head(ch);
	const struct mdev_bpf_request *arg = &req->arg;
	struct mdev_bpf_guest_run run;
	int ret = mdev_bpf_guest_begin(&run, ch, arg->op == MDEV_BPF_DMA_WRITE, wait);

	if (!ret && where_in_state(arg->where))
		ret = transfer_state(&run, arg);
	else if (!ret)
		ret = transfer_memory(&run, arg);
	req->done = run.done;
	return ret;
}
