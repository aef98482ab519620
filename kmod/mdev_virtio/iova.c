// SPDX-License-Identifier: GPL-2.0-only
/*
 * The address space of a device. A program has no address of the kernel's memory: the addresses in
 * its rings are those of mappings, and the core asks here for each access. So the program can
 * access the bytes that the driver has mapped, in the direction for which they are mapped, until
 * they are unmapped; and nothing else.
 *
 * An address consists of the number of a slot, of the slot's generation, and of the position in the
 * mapping, which is counted from the start of its first page. The generation changes with each
 * mapping, so an address that a program has kept is not that of a later one.
 *
 * Bytes are copied with the lock of the slot held, a page at a time. Unmapping takes the lock, too:
 * no access is left when it returns.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "iova.h"

#define POSITION	GENMASK_ULL(25, 0)
#define SLOT		GENMASK_ULL(39, 26)
#define GENERATION	GENMASK_ULL(62, 40)

static_assert(MDEV_VIRTIO_SLOTS <= (SLOT >> 26) + 1);
static_assert(MDEV_VIRTIO_MAX_SIZE + PAGE_SIZE - 1 <= POSITION);

/* How much is copied with a lock held */
#define COPY_BYTES	SZ_4K

/**
 * struct mdev_virtio_slot - a mapping
 * @addr: the memory; NULL if the slot is free
 * @size: number of bytes
 * @generation: part of the address
 * @access: MDEV_VIRTIO_READ, WRITE and PIN; 0 after mdev_virtio_iova_fence()
 */
struct mdev_virtio_slot {
	/** @lock: protects the members below; taken with interrupts off */
	spinlock_t lock;
	void *addr;
	u32 size;
	u32 generation;
	u8 access;
};

/* Take a free slot. Return: NULL if there is none. */
static struct mdev_virtio_slot *slot_take(struct mdev_virtio_iova *space)
{
	guard(spinlock_irqsave)(&space->lock);
	if (!space->nr_free)
		return NULL;
	return &space->slots[space->free[--space->nr_free]];
}

static void slot_free(struct mdev_virtio_iova *space, struct mdev_virtio_slot *slot)
{
	guard(spinlock_irqsave)(&space->lock);
	space->free[space->nr_free++] = slot - space->slots;
}

/* The slot of an address, whether it is mapped or not */
static struct mdev_virtio_slot *slot_of(struct mdev_virtio_iova *space, u64 iova)
{
	return &space->slots[FIELD_GET(SLOT, iova)];
}

/* Is this the address of the slot's mapping? */
static bool slot_is(const struct mdev_virtio_slot *slot, u64 iova)
{
	lockdep_assert_held(&slot->lock);
	return slot->addr && !(iova >> 63) && FIELD_GET(GENERATION, iova) == slot->generation;
}

/* The memory at an address; NULL if not all of the bytes are in the mapping. */
static void *slot_bytes(const struct mdev_virtio_slot *slot, u64 iova, size_t size)
{
	u64 start = offset_in_page(slot->addr), at = FIELD_GET(POSITION, iova);

	if (!slot_is(slot, iova) || at < start || at - start > slot->size ||
	    size > slot->size - (at - start))
		return NULL;
	return slot->addr + (at - start);
}

/**
 * mdev_virtio_iova_map() - give the program access to memory
 * @space: the address space
 * @addr: the memory, which the kernel has mapped
 * @size: number of bytes, 1 to MDEV_VIRTIO_MAX_SIZE
 * @access: MDEV_VIRTIO_READ or MDEV_VIRTIO_WRITE, or both; with MDEV_VIRTIO_PIN, the memory is a
 *	page
 *
 * Context: Any.
 *
 * Return: the address for the program, in the same place of a page as @addr; 0 if there are too
 * many mappings, or @size is out of range.
 */
u64 mdev_virtio_iova_map(struct mdev_virtio_iova *space, void *addr, size_t size,
			 unsigned int access)
{
	struct mdev_virtio_slot *slot;

	if (!size || size > MDEV_VIRTIO_MAX_SIZE)
		return 0;
	slot = slot_take(space);
	if (!slot)
		return 0;
	guard(spinlock_irqsave)(&slot->lock);
	slot->addr = addr;
	slot->size = size;
	slot->access = access;
	/* Not 0, so that no address is 0 */
	slot->generation = slot->generation % FIELD_MAX(GENERATION) + 1;
	return FIELD_PREP(GENERATION, slot->generation) |
	       FIELD_PREP(SLOT, slot - space->slots) | offset_in_page(addr);
}

/**
 * mdev_virtio_iova_unmap() - take memory from the program
 * @space: the address space
 * @iova: an address of the mapping; nothing happens if it is mapped no more
 *
 * Context: Any. Waits while a page of it is being copied.
 */
void mdev_virtio_iova_unmap(struct mdev_virtio_iova *space, u64 iova)
{
	struct mdev_virtio_slot *slot = slot_of(space, iova);

	scoped_guard(spinlock_irqsave, &slot->lock) {
		if (!slot_is(slot, iova))
			return;
		slot->addr = NULL;
	}
	slot_free(space, slot);
}

/**
 * mdev_virtio_iova_unmap_all() - unmap what a driver has left mapped
 * @space: the address space, which nobody maps or unmaps memory of meanwhile
 *
 * Context: Process context.
 */
void mdev_virtio_iova_unmap_all(struct mdev_virtio_iova *space)
{
	unsigned int i;
	bool mapped;

	for (i = 0; i < MDEV_VIRTIO_SLOTS; i++) {
		scoped_guard(spinlock_irqsave, &space->slots[i].lock) {
			mapped = space->slots[i].addr;
			space->slots[i].addr = NULL;
		}
		if (mapped)
			slot_free(space, &space->slots[i]);
	}
}

/**
 * mdev_virtio_iova_fence() - keep the program from accessing what is mapped now
 * @space: the address space
 *
 * The mappings stay until their driver unmaps them.
 *
 * Context: Process context. When this returns, no access is left.
 */
void mdev_virtio_iova_fence(struct mdev_virtio_iova *space)
{
	unsigned int i;

	for (i = 0; i < MDEV_VIRTIO_SLOTS; i++)
		scoped_guard(spinlock_irqsave, &space->slots[i].lock)
			space->slots[i].access = 0;
}

/**
 * mdev_virtio_iova_kill() - keep the program from accessing anything, now and later
 * @space: the address space
 *
 * Context: Process context. When this returns, no access is left.
 */
void mdev_virtio_iova_kill(struct mdev_virtio_iova *space)
{
	WRITE_ONCE(space->dead, true);
	mdev_virtio_iova_fence(space);
}

/* Copy at most COPY_BYTES. @access: what must be permitted; 0 if it is not the program that asks */
static int copy_some(struct mdev_virtio_iova *space, u64 iova, void *buf, size_t size,
		     unsigned int access, bool write)
{
	struct mdev_virtio_slot *slot = slot_of(space, iova);
	void *bytes;

	guard(spinlock_irqsave)(&slot->lock);
	bytes = slot_bytes(slot, iova, size);
	if (!bytes || (access && READ_ONCE(space->dead)))
		return -ENOENT;
	if (access & ~slot->access)
		return -EPERM;
	if (write)
		memcpy(bytes, buf, size);
	else
		memcpy(buf, bytes, size);
	return 0;
}

static int copy(struct mdev_virtio_iova *space, u64 iova, void *buf, size_t size,
		unsigned int access, bool write)
{
	size_t n;
	int ret;

	for (; size; size -= n, iova += n, buf += n) {
		n = min_t(size_t, size, COPY_BYTES);
		ret = copy_some(space, iova, buf, n, access, write);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * mdev_virtio_iova_copy() - copy for the program
 * @space: the address space
 * @iova: the address
 * @buf: what to copy to, or from
 * @size: number of bytes
 * @access: MDEV_VIRTIO_READ to copy to @buf, MDEV_VIRTIO_WRITE to copy from it
 *
 * Context: Any.
 *
 * Return: 0; -ENOENT if not all of this is mapped; -EPERM if it is not mapped for this direction.
 */
int mdev_virtio_iova_copy(struct mdev_virtio_iova *space, u64 iova, void *buf, size_t size,
			  unsigned int access)
{
	return copy(space, iova, buf, size, access, access == MDEV_VIRTIO_WRITE);
}

/**
 * mdev_virtio_iova_own() - copy for the transport, whatever the program may do
 * @space: the address space
 * @iova: the address
 * @buf: what to copy to, or from
 * @size: number of bytes
 * @write: copy from @buf
 *
 * Context: Any.
 *
 * Return: 0; -ENOENT if not all of this is mapped.
 */
int mdev_virtio_iova_own(struct mdev_virtio_iova *space, u64 iova, void *buf, size_t size,
			 bool write)
{
	return copy(space, iova, buf, size, 0, write);
}

/**
 * mdev_virtio_iova_pin() - get a page for the program
 * @space: the address space
 * @iova: the start of the page
 * @page: set to the page, with a reference
 *
 * Only pages that were mapped with MDEV_VIRTIO_PIN can be had. They belong to the program alone, so
 * it does no harm if the program keeps them after they are unmapped.
 *
 * Context: Any.
 *
 * Return: 0; -ENOENT if it is not mapped; -EPERM if it was not mapped for that.
 */
int mdev_virtio_iova_pin(struct mdev_virtio_iova *space, u64 iova, struct page **page)
{
	struct mdev_virtio_slot *slot = slot_of(space, iova);
	void *bytes;

	guard(spinlock_irqsave)(&slot->lock);
	bytes = slot_bytes(slot, iova, 1);
	if (!bytes || READ_ONCE(space->dead))
		return -ENOENT;
	if (!(slot->access & MDEV_VIRTIO_PIN))
		return -EPERM;
	*page = virt_to_page(bytes);
	get_page(*page);
	return 0;
}

/**
 * mdev_virtio_iova_init() - set up an address space
 * @space: the address space, zeroed
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_virtio_iova_init(struct mdev_virtio_iova *space)
{
	unsigned int i;

	spin_lock_init(&space->lock);
	space->slots = kvcalloc(MDEV_VIRTIO_SLOTS, sizeof(*space->slots), GFP_KERNEL);
	space->free = kvcalloc(MDEV_VIRTIO_SLOTS, sizeof(*space->free), GFP_KERNEL);
	if (!space->slots || !space->free) {
		mdev_virtio_iova_destroy(space);
		return -ENOMEM;
	}
	for (i = 0; i < MDEV_VIRTIO_SLOTS; i++) {
		spin_lock_init(&space->slots[i].lock);
		space->free[i] = MDEV_VIRTIO_SLOTS - 1 - i;
	}
	space->nr_free = MDEV_VIRTIO_SLOTS;
	return 0;
}

/**
 * mdev_virtio_iova_destroy() - undo mdev_virtio_iova_init()
 * @space: the address space
 *
 * Context: Process context.
 */
void mdev_virtio_iova_destroy(struct mdev_virtio_iova *space)
{
	kvfree(space->free);
	kvfree(space->slots);
	space->free = NULL;
	space->slots = NULL;
}
