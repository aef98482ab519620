// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows of guest memory that are pinned, so that ops can reach them by a pointer.
 *
 * VFIO pins and unpins under locks of its own, under which it also waits for user space. So
 * neither is done with the device's lock held: a window's state says under the lock who is
 * at it, and ops get at pages of MDEV_BPF_PIN_READY only. VFIO insists that when dma_unmap
 * returns nothing in the range is pinned, and that goes for windows in any state.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "device/device.h"
#include "dma/dirty.h"
#include "dma/guest.h"
#include "dma/pin.h"
#include "dma/queue.h"
#include "gate/gate.h"

/*
 * The memory that dma_unmap is called for can be pinned until VFIO has its lock again. The type1
 * backend calls again then, and takes the machine down if it finds something pinned for the
 * eleventh time (BUG_ON() in vfio_dma_do_unmap()). So a program that pins again at once has to wait
 * long enough for VFIO.
 */
#define PAUSE (HZ / 50)

static dma_addr_t pin_start(const struct mdev_bpf_pin *pin)
{
	return pin->iova & PAGE_MASK;
}

static void pin_set_state(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin,
			  enum mdev_bpf_pin_state state)
{
	unsigned int id = pin - bdev->dma.pins;

	mdev_bpf_gate_assert_held(bdev);
	WRITE_ONCE(pin->state, state);
	__assign_bit(id, &bdev->dma.dropped, state == MDEV_BPF_PIN_DROPPED);
	if (state == MDEV_BPF_PIN_DROPPED)
		bdev->dma.due = true;
	wake_up_all(&bdev->dma.idle);
}

/* Give a window's pages back; the state is MDEV_BPF_PIN_UNPINNING, set by us. */
static void pin_unpin(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin)
{
	vfio_unpin_pages(&bdev->vdev, pin_start(pin), pin->nr);
	kfree(pin->pages);
	guard(mdev_bpf_gate)(bdev);
	mdev_bpf_dirty_pin(bdev, pin);
	pin_set_state(bdev, pin, MDEV_BPF_PIN_NONE);
}

/* Memory that the kernel can reach as its own, and not a hole that happens to have a page. */
static bool pages_usable(struct page **pages, u32 nr)
{
	while (nr--)
		if (PageReserved(pages[nr]) || PageHighMem(pages[nr]) ||
		    is_zone_device_page(pages[nr]))
			return false;
	return true;
}

static int pin_pages(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin)
{
	int ret = vfio_pin_pages(&bdev->vdev, pin_start(pin), pin->nr, IOMMU_READ | IOMMU_WRITE,
				 pin->pages);

	if (ret < 0)
		return mdev_bpf_guest_errno(ret);
	if (ret == pin->nr && pages_usable(pin->pages, pin->nr))
		return 0;
	if (ret)
		vfio_unpin_pages(&bdev->vdev, pin_start(pin), ret);
	return -EFAULT;
}

/* From here on dma_unmap knows of the window and waits until we are done with it. */
static int pin_begin(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin,
		     const struct mdev_bpf_dma_request *req)
{
	u32 nr = DIV_ROUND_UP(offset_in_page(req->iova) + req->size, PAGE_SIZE);
	struct page **pages = kcalloc(nr, sizeof(*pages), GFP_KERNEL_ACCOUNT);

	if (!pages)
		return -ENOMEM;
	wait_event(bdev->dma.idle, READ_ONCE(pin->state) != MDEV_BPF_PIN_UNPINNING);
	guard(mdev_bpf_gate)(bdev);
	if (pin->state != MDEV_BPF_PIN_NONE) {
		kfree(pages);
		return -EEXIST;
	}
	pin->iova = req->iova;
	pin->size = req->size;
	pin->nr = nr;
	pin->pages = pages;
	pin_set_state(bdev, pin, MDEV_BPF_PIN_PINNING);
	return 0;
}

/**
 * mdev_bpf_pin_wait() - how long has the next request to pin to wait?
 * @bdev: the device
 *
 * Context: The device's lock held.
 *
 * Return: jiffies, 0 if it can be carried out.
 */
unsigned long mdev_bpf_pin_wait(struct mdev_bpf_device *bdev)
{
	mdev_bpf_gate_assert_held(bdev);
	return time_before(jiffies, bdev->dma.pin_after) ? bdev->dma.pin_after - jiffies : 0;
}

/**
 * mdev_bpf_pin_make() - carry out a request to pin
 * @bdev: the device
 * @req: the request
 *
 * Context: Process context, no lock held; the runner.
 *
 * Return: 0; -EEXIST if the window is in use; -ENOMEM, also if the user may lock no more memory;
 * as mdev_bpf_guest_transfer().
 */
int mdev_bpf_pin_make(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req)
{
	struct mdev_bpf_pin *pin = &bdev->dma.pins[req->id];
	int ret = pin_begin(bdev, pin, req);

	if (ret)
		return ret;
	ret = pin_pages(bdev, pin);
	if (ret)
		kfree(pin->pages);
	guard(mdev_bpf_gate)(bdev);
	pin_set_state(bdev, pin, ret ? MDEV_BPF_PIN_NONE : MDEV_BPF_PIN_READY);
	return ret;
}

static bool pin_overlaps(const struct mdev_bpf_pin *pin, u64 first, u64 last)
{
	/* VFIO's unit is the page */
	u64 start = pin_start(pin), end = start + ((u64)pin->nr << PAGE_SHIFT) - 1;

	return READ_ONCE(pin->state) != MDEV_BPF_PIN_NONE && start <= last && end >= first;
}

/* Is another task pinning or unpinning a window in the range? */
static bool pin_moves(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	unsigned int id;

	for (id = 0; id < MDEV_BPF_MAX_PINS; id++) {
		struct mdev_bpf_pin *pin = &bdev->dma.pins[id];

		if (pin_overlaps(pin, first, last) &&
		    (READ_ONCE(pin->state) == MDEV_BPF_PIN_PINNING ||
		     READ_ONCE(pin->state) == MDEV_BPF_PIN_UNPINNING))
			return true;
	}
	return false;
}

/*
 * Take a window from everybody else, to unpin it: one in the range that is pinned, or, if not
 * @ready, one that was dropped.
 */
static struct mdev_bpf_pin *pin_grab(struct mdev_bpf_device *bdev, u64 first, u64 last, bool ready,
				     bool *was_ready)
{
	unsigned int id;

	guard(mdev_bpf_gate)(bdev);
	for (id = 0; id < MDEV_BPF_MAX_PINS; id++) {
		struct mdev_bpf_pin *pin = &bdev->dma.pins[id];

		bool is_ready = pin->state == MDEV_BPF_PIN_READY;

		if (!pin_overlaps(pin, first, last) ||
		    (pin->state != MDEV_BPF_PIN_DROPPED && !(ready && is_ready)))
			continue;
		*was_ready |= is_ready;
		pin_set_state(bdev, pin, MDEV_BPF_PIN_UNPINNING);
		return pin;
	}
	return NULL;
}

/**
 * mdev_bpf_pin_release() - unpin all that is pinned in a range
 * @bdev: the device
 * @first: first byte of guest memory
 * @last: last byte
 *
 * Context: Process context, no lock held; VFIO has the device open.
 *
 * Return: true if a window was there that the program could use.
 */
bool mdev_bpf_pin_release(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	struct mdev_bpf_pin *pin;
	bool was_ready = false;

	do {
		while ((pin = pin_grab(bdev, first, last, true, &was_ready)))
			pin_unpin(bdev, pin);
		if (!pin_moves(bdev, first, last))
			return was_ready;
		wait_event(bdev->dma.idle, !pin_moves(bdev, first, last));
	} while (true);
}

/**
 * mdev_bpf_pin_collect() - unpin the windows that the program or a reset has dropped
 * @bdev: the device
 *
 * Context: Process context, no lock held; VFIO has the device open.
 */
void mdev_bpf_pin_collect(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_pin *pin;
	bool unused = false;

	while ((pin = pin_grab(bdev, 0, U64_MAX, false, &unused)))
		pin_unpin(bdev, pin);
}

/**
 * mdev_bpf_pin_drop() - take a window from the program
 * @bdev: the device
 * @id: which; less than MDEV_BPF_MAX_PINS
 *
 * Context: The device's lock held. The pages are given back soon, not here.
 *
 * Return: 0; -ENOENT if nothing is pinned there.
 */
int mdev_bpf_pin_drop(struct mdev_bpf_device *bdev, u32 id)
{
	if (!mdev_bpf_pin_is(bdev, id))
		return -ENOENT;
	pin_set_state(bdev, &bdev->dma.pins[id], MDEV_BPF_PIN_DROPPED);
	return 0;
}

/**
 * mdev_bpf_pin_drop_all() - take all windows from the program
 * @bdev: the device
 *
 * Context: The device's lock held.
 */
void mdev_bpf_pin_drop_all(struct mdev_bpf_device *bdev)
{
	u32 id;

	for (id = 0; id < MDEV_BPF_MAX_PINS; id++)
		mdev_bpf_pin_drop(bdev, id);
}

/**
 * mdev_bpf_pin_is() - is this window one that the program can use?
 * @bdev: the device
 * @id: which; less than MDEV_BPF_MAX_PINS
 *
 * Context: The device's lock held.
 */
bool mdev_bpf_pin_is(struct mdev_bpf_device *bdev, u32 id)
{
	mdev_bpf_gate_assert_held(bdev);
	return bdev->dma.pins[id].state == MDEV_BPF_PIN_READY;
}

/**
 * mdev_bpf_pin_get() - a pointer into a window, for the op that runs
 * @bdev: the device
 * @id: which
 * @offset: first byte
 * @size: bytes
 *
 * Context: The device's lock held: until it is let go of, the window stays.
 *
 * Return: the memory; NULL if the window is not there, the bytes are not all in it, not all in
 * one page, or not aligned for what has @size, or bus mastering is off.
 */
void *mdev_bpf_pin_get(struct mdev_bpf_device *bdev, u64 id, u64 offset, size_t size)
{
	/* Atomic instructions that cross a cache line are not for the kernel */
	size_t align = min(size & -size, sizeof(u64));
	struct mdev_bpf_pin *pin;

	if (id >= MDEV_BPF_MAX_PINS || !mdev_bpf_pin_is(bdev, id) ||
	    !mdev_bpf_dma_queue_allowed(bdev))
		return NULL;
	pin = &bdev->dma.pins[id];
	/* To the verifier no bytes are as many as the type behind the pointer has */
	if (!size || size > pin->size || offset > pin->size - size)
		return NULL;
	offset += offset_in_page(pin->iova);
	if (offset_in_page(offset) + size > PAGE_SIZE || offset & (align - 1))
		return NULL;
	__set_bit(offset >> PAGE_SHIFT, pin->touched);
	return page_address(pin->pages[offset >> PAGE_SHIFT]) + offset_in_page(offset);
}

static void pin_pause(struct mdev_bpf_device *bdev)
{
	guard(mdev_bpf_gate)(bdev);
	bdev->dma.pin_after = jiffies + PAUSE;
}

/**
 * mdev_bpf_pin_unmap() - the user takes guest memory away
 * @bdev: the device
 * @iova: its address
 * @size: bytes
 *
 * Context: Process context, under type1's device_list_lock. Unpinning takes its iommu->lock, which
 * lockdep complains of, for every driver that pins: opening a device takes the two the other
 * way round.
 */
void mdev_bpf_pin_unmap(struct mdev_bpf_device *bdev, u64 iova, u64 size)
{
	struct mdev_bpf_range range = { .iova = iova, .size = size };
	bool was_ready;

	if (!size)
		return;
	pin_pause(bdev);
	was_ready = mdev_bpf_pin_release(bdev, iova, iova + size - 1);
	pin_pause(bdev);
	if (was_ready)
		mdev_bpf_gate_dma_unmap(bdev, &range);
}
