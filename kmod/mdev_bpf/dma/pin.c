// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pinned windows of guest memory, which ops can access by a pointer.
 *
 * VFIO pins and unpins under its own locks, under which it may also call dma_unmap or wait for user
 * space. So this module does neither with the gate held, nor in dma_unmap. The state of a window,
 * which is protected by the gate, decides which task may change it. Ops can only access windows in
 * MDEV_BPF_PIN_READY. Each window has a work item that unpins it. All work items wait for VFIO's
 * lock at the same time, so that none has to queue up behind the task that unmaps again.
 */
#include <linux/iommu.h>
#include <linux/mdev_bpf_client.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "device/device.h"
#include "dma/dirty.h"
#include "dma/fault.h"
#include "dma/guest.h"
#include "dma/lane.h"
#include "dma/pass.h"
#include "dma/pin.h"
#include "dma/queue.h"
#include "gate/gate.h"
#include "memory/memory.h"
#include "pci/config.h"

static u64 pin_start(const struct mdev_bpf_pin *pin)
{
	return pin->iova & PAGE_MASK;
}

static u64 pin_last(const struct mdev_bpf_pin *pin)
{
	/* VFIO pins whole pages */
	return pin_start(pin) + ((u64)pin->nr << PAGE_SHIFT) - 1;
}

static u32 pin_pages_of(const struct mdev_bpf_request *arg)
{
	return DIV_ROUND_UP(offset_in_page(arg->iova) + arg->size, PAGE_SIZE);
}

static void pin_set_state(struct mdev_bpf_pin *pin, enum mdev_bpf_pin_state state)
{
	mdev_bpf_gate_assert_held(pin->bdev);
	/* Pairs with the acquire in pin_overlaps() */
	smp_store_release(&pin->state, state);
	wake_up_all(&pin->bdev->dma.idle);
}

static struct workqueue_struct *pin_wq(const struct mdev_bpf_pin *pin)
{
	struct mdev_bpf_dma_queue *q = &pin->bdev->dma;

	return q->pin_wqs[(pin - q->pins) / MDEV_BPF_PINS_PER_WQ];
}

/* Take a window from the program; its work item unpins the pages soon. */
static void pin_give_back(struct mdev_bpf_pin *pin)
{
	pin->closings = pin->bdev->queues.closings;
	pin_set_state(pin, MDEV_BPF_PIN_UNPINNING);
	queue_work(pin_wq(pin), &pin->unpin);
}

/* VFIO pins the memory of a user; a kernel client gives references to pages of its own. */
static int pages_get(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin)
{
	const struct mdev_bpf_irq_client *client = bdev->irqs.client;
	int ret;

	if (!client)
		return vfio_pin_pages(&bdev->vdev, pin_start(pin), pin->nr,
				      IOMMU_READ | IOMMU_WRITE, pin->pages);
	if (!client->ops->pin)
		return -ENXIO;
	ret = client->ops->pin(client->data, pin_start(pin), pin->nr, pin->pages);
	return ret ?: pin->nr;
}

static void pages_put(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin, u32 nr)
{
	u32 i;

	if (!bdev->irqs.client)
		vfio_unpin_pages(&bdev->vdev, pin_start(pin), nr);
	for (i = 0; bdev->irqs.client && i < nr; i++)
		put_page(pin->pages[i]);
}

static void pin_unpin(struct work_struct *work)
{
	struct mdev_bpf_pin *pin = container_of(work, struct mdev_bpf_pin, unpin);
	struct mdev_bpf_device *bdev = pin->bdev;

	mdev_bpf_dma_lanes_await(bdev, pin->closings);
	pages_put(bdev, pin, pin->nr);
	kfree(pin->pages);
	guard(mdev_bpf_gate)(bdev);
	mdev_bpf_dirty_pin(bdev, pin);
	pin_set_state(pin, MDEV_BPF_PIN_NONE);
}

/* Are these ordinary pages that the kernel has mapped? */
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
	int ret = pages_get(bdev, pin);

	if (ret < 0)
		return mdev_bpf_guest_errno(ret);
	if (ret == pin->nr && pages_usable(pin->pages, pin->nr))
		return 0;
	if (ret)
		pages_put(bdev, pin, ret);
	return -EFAULT;
}

/* Begin to pin a window. From now on dma_unmap finds it. */
static int pin_begin(struct mdev_bpf_pin *pin, const struct mdev_bpf_request *arg,
		     struct page **pages)
{
	guard(mdev_bpf_gate)(pin->bdev);
	if (pin->state != MDEV_BPF_PIN_NONE)
		return -EEXIST;
	if (mdev_bpf_pass_blocks(pin->bdev))
		return MDEV_BPF_PIN_AGAIN;
	pin->iova = arg->iova;
	pin->size = arg->size;
	pin->channel = arg->channel;
	pin->nr = pin_pages_of(arg);
	pin->pages = pages;
	WRITE_ONCE(pin->doomed, false);
	pin_set_state(pin, MDEV_BPF_PIN_PINNING);
	return 0;
}

static int pin_end(struct mdev_bpf_pin *pin, int error)
{
	guard(mdev_bpf_gate)(pin->bdev);
	if (error) {
		kfree(pin->pages);
		pin_set_state(pin, MDEV_BPF_PIN_NONE);
		return error;
	}
	if (pin->doomed) {
		pin_give_back(pin);
		return MDEV_BPF_PIN_AGAIN;
	}
	pin_set_state(pin, MDEV_BPF_PIN_READY);
	return 0;
}

/**
 * mdev_bpf_pin_make() - carry out a request to pin
 * @bdev: the device
 * @arg: the request
 *
 * Context: Process context, no lock held; only called by fault threads.
 *
 * Return: 0; -EEXIST if the window is in use; -ENOMEM, also if the user may lock no more memory;
 * MDEV_BPF_PIN_AGAIN if the memory is being unmapped, so that the request has to wait; otherwise as
 * mdev_bpf_guest_transfer().
 */
int mdev_bpf_pin_make(struct mdev_bpf_device *bdev, const struct mdev_bpf_request *arg)
{
	struct mdev_bpf_pin *pin = &bdev->dma.pins[arg->id];
	struct page **pages;
	int ret;

	pages = kcalloc(pin_pages_of(arg), sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	/* Wait until the previous window with this id is unpinned */
	wait_event(bdev->dma.idle, READ_ONCE(pin->state) != MDEV_BPF_PIN_UNPINNING);
	ret = pin_begin(pin, arg, pages);
	if (ret) {
		kfree(pages);
		return ret;
	}
	return pin_end(pin, pin_pages(bdev, pin));
}

static bool pin_overlaps(const struct mdev_bpf_pin *pin, u64 first, u64 last)
{
	/* Pairs with the release in pin_set_state() */
	return smp_load_acquire(&pin->state) != MDEV_BPF_PIN_NONE &&
	       pin_start(pin) <= last && pin_last(pin) >= first;
}

/*
 * What is pinned after mdev_bpf_pin_take(). An attempt to pin that began later does not count,
 * because it is refused: by its pass or, with iommufd, by that.
 */
static unsigned int pins_left(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	unsigned int id, nr = 0;

	for (id = 0; id < bdev->dma.windows; id++) {
		const struct mdev_bpf_pin *pin = &bdev->dma.pins[id];

		nr += pin_overlaps(pin, first, last) &&
		      (READ_ONCE(pin->state) != MDEV_BPF_PIN_PINNING || READ_ONCE(pin->doomed));
	}
	return nr;
}

/* Interrupt the pinning of a window. If it succeeds anyway, the window is unpinned at once. */
static void pin_doom(struct mdev_bpf_pin *pin)
{
	WRITE_ONCE(pin->doomed, true);
	mdev_bpf_fault_interrupt(&pin->bdev->dma.channels[pin->channel]);
}

/**
 * mdev_bpf_pin_take() - take all windows in a range from the program, and unpin them
 * @bdev: the device
 * @first: first byte of guest memory
 * @last: last byte of guest memory
 *
 * A window that is being pinned is unpinned when it is pinned.
 *
 * Context: The gate held. Work items unpin the pages soon afterwards.
 *
 * Return: true if there was a window that the program could use.
 */
bool mdev_bpf_pin_take(struct mdev_bpf_device *bdev, u64 first, u64 last)
{
	bool taken = false;
	unsigned int id;

	mdev_bpf_gate_assert_held(bdev);
	for (id = 0; id < bdev->dma.windows; id++) {
		struct mdev_bpf_pin *pin = &bdev->dma.pins[id];

		if (!pin_overlaps(pin, first, last))
			continue;
		if (pin->state == MDEV_BPF_PIN_PINNING)
			pin_doom(pin);
		if (pin->state != MDEV_BPF_PIN_READY)
			continue;
		pin_give_back(pin);
		taken = true;
	}
	return taken;
}

/**
 * mdev_bpf_pin_is_busy() - is any window being pinned?
 * @bdev: the device
 *
 * Context: The gate held.
 *
 * Return: true if there is one, wherever it is.
 */
bool mdev_bpf_pin_is_busy(struct mdev_bpf_device *bdev)
{
	unsigned int id;

	mdev_bpf_gate_assert_held(bdev);
	for (id = 0; id < bdev->dma.windows; id++)
		if (bdev->dma.pins[id].state == MDEV_BPF_PIN_PINNING)
			return true;
	return false;
}

/**
 * mdev_bpf_pin_await() - wait until nothing in a range is pinned, as long as there is progress
 * @bdev: the device
 * @first: first byte of guest memory
 * @last: last byte of guest memory
 * @patience: maximum time until the next window is unpinned, in jiffies
 * @max: maximum time in all, in jiffies
 *
 * Context: Process context, no lock held that pinning or unpinning takes.
 */
void mdev_bpf_pin_await(struct mdev_bpf_device *bdev, u64 first, u64 last,
			unsigned long patience, unsigned long max)
{
	unsigned long end = jiffies + max;
	unsigned int left = pins_left(bdev, first, last);

	while (left && time_before(jiffies, end)) {
		if (!wait_event_timeout(bdev->dma.idle, pins_left(bdev, first, last) < left,
					patience))
			break;
		left = pins_left(bdev, first, last);
	}
}

/**
 * mdev_bpf_pin_close() - wait until all windows are unpinned, because the user closes the device
 * @bdev: the device, from which all windows were taken
 *
 * Context: Process context, no lock held; VFIO still has the device open.
 */
void mdev_bpf_pin_close(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bdev->dma.pin_wqs) && bdev->dma.pin_wqs[i]; i++)
		flush_workqueue(bdev->dma.pin_wqs[i]);
	mdev_bpf_pass_close(bdev);
}

/**
 * mdev_bpf_pin_drop() - unpin a window
 * @bdev: the device
 * @id: the window, less than mdev_bpf_dma_queue::windows
 *
 * Context: The gate held. A work item unpins the pages soon afterwards.
 *
 * Return: 0; -ENOENT if the window is not pinned.
 */
int mdev_bpf_pin_drop(struct mdev_bpf_device *bdev, u32 id)
{
	if (!mdev_bpf_pin_is(bdev, id))
		return -ENOENT;
	pin_give_back(&bdev->dma.pins[id]);
	return 0;
}

/**
 * mdev_bpf_pin_is() - can the program use this window?
 * @bdev: the device
 * @id: the window, less than mdev_bpf_dma_queue::windows
 *
 * Context: The gate held; or the lane of a queue, see mdev_bpf_dma_lane_pin_get().
 *
 * Return: true if it can.
 */
bool mdev_bpf_pin_is(struct mdev_bpf_device *bdev, u32 id)
{
	/* Pairs with the release in pin_set_state() */
	return smp_load_acquire(&bdev->dma.pins[id].state) == MDEV_BPF_PIN_READY;
}

/**
 * mdev_bpf_pin_get() - get a pointer into a window, for the op that is running
 * @bdev: the device
 * @id: the window
 * @offset: first byte in the window
 * @size: number of bytes
 *
 * Context: The gate held. The window stays until the gate is released. The same holds for the lane
 * of a queue.
 *
 * Return: the pointer; NULL if the window does not exist, if the bytes are not all in it, not all
 * in one page or not aligned to mdev_bpf_memory_align(), or if bus mastering is off.
 */
void *mdev_bpf_pin_get(struct mdev_bpf_device *bdev, u64 id, u64 offset, size_t size)
{
	struct mdev_bpf_pin *pin;

	if (id >= bdev->dma.windows || !mdev_bpf_pin_is(bdev, id) ||
	    !mdev_bpf_pci_config_is_master(bdev))
		return NULL;
	id = array_index_nospec(id, bdev->dma.windows);
	pin = &bdev->dma.pins[id];
	/* For a size of 0, the verifier would assume that the whole type is accessible */
	if (!size || size > pin->size || offset > pin->size - size)
		return NULL;
	offset += offset_in_page(pin->iova);
	if (offset_in_page(offset) + size > PAGE_SIZE ||
	    !IS_ALIGNED(offset, mdev_bpf_memory_align(size)))
		return NULL;
	/* Ops of queues do the same at the same time */
	if (!test_bit(offset >> PAGE_SHIFT, pin->touched))
		set_bit(offset >> PAGE_SHIFT, pin->touched);
	return page_address(pin->pages[offset >> PAGE_SHIFT]) + offset_in_page(offset);
}

/*
 * VFIO waits for the work items with locks held, and only for a limited time. So they must not
 * depend on the user's CPU quota, on work of other devices or on free memory.
 */
static struct workqueue_struct *pin_new_wq(void)
{
	return alloc_workqueue("mdev_bpf_pin", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM,
			       MDEV_BPF_PINS_PER_WQ);
}

static int pin_init_wqs(struct mdev_bpf_dma_queue *q)
{
	unsigned int i;

	for (i = 0; i < DIV_ROUND_UP(q->windows, MDEV_BPF_PINS_PER_WQ); i++) {
		q->pin_wqs[i] = pin_new_wq();
		if (!q->pin_wqs[i])
			return -ENOMEM;
	}
	return 0;
}

/**
 * mdev_bpf_pin_init() - set up the windows of a new device
 * @bdev: the device, whose number of windows is known
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_pin_init(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	unsigned int id;
	int ret;

	if (!q->windows)
		return 0;
	q->pins = kvcalloc(q->windows, sizeof(*q->pins), GFP_KERNEL_ACCOUNT);
	ret = q->pins ? pin_init_wqs(q) : -ENOMEM;
	if (ret) {
		mdev_bpf_pin_destroy(bdev);
		return ret;
	}
	for (id = 0; id < q->windows; id++) {
		q->pins[id].bdev = bdev;
		INIT_WORK(&q->pins[id].unpin, pin_unpin);
	}
	return 0;
}

/**
 * mdev_bpf_pin_destroy() - undo mdev_bpf_pin_init()
 * @bdev: the device, which cannot be opened any more
 *
 * Context: Process context.
 */
void mdev_bpf_pin_destroy(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_dma_queue *q = &bdev->dma;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(q->pin_wqs) && q->pin_wqs[i]; i++) {
		destroy_workqueue(q->pin_wqs[i]);
		q->pin_wqs[i] = NULL;
	}
	kvfree(q->pins);
	q->pins = NULL;
	q->windows = 0;
}
