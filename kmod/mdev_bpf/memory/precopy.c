// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages of memory still have to be sent, while a running device is being saved.
 *
 * A pass goes over all pages in order. A page that the pass has sent is marked dirty when it may
 * have been written. A page that is still to be sent needs no mark, so nothing is marked while no
 * one saves the device. A writer writes first and then marks the page; a pass clears the mark first
 * and then copies the page. So no write is lost, whichever of the two comes first.
 *
 * For a write through a mapping, the processor sets the dirty bit in the page table. So a page is
 * unmapped before it is copied, which transfers that bit to the page's own dirty flag, and the
 * fault that maps it again marks the page possibly dirty. Hardware for which the page is pinned,
 * and users of a dma-buf, write without leaving a trace. Such a page is "late": it is sent when the
 * device has stopped.
 */
#include <linux/mm.h>
#include <linux/page_ref.h>
#include <linux/pagemap.h>

#include "device/device.h"
#include "memory/memory.h"
#include "memory/precopy.h"
#include "migration/stream.h"

/* Marks of pages: it may have been written since it was sent; it can be written unnoticed. */
#define DIRTY	XA_MARK_0
#define LATE	XA_MARK_1

static bool is(struct mdev_bpf_memory *mem, pgoff_t index, xa_mark_t mark)
{
	return xa_get_mark(&mem->pages, index, mark);
}

static void unmark_dirty(struct mdev_bpf_memory *mem, pgoff_t index)
{
	if (!is(mem, index, DIRTY))
		return;
	__xa_clear_mark(&mem->pages, index, DIRTY);
	mem->dirty--;
}

static void mark_dirty(struct mdev_bpf_memory *mem, pgoff_t index)
{
	guard(spinlock)(&mem->pages.xa_lock);
	if (index >= mem->sent || is(mem, index, DIRTY) || is(mem, index, LATE))
		return;
	__xa_set_mark(&mem->pages, index, DIRTY);
	mem->dirty++;
}

static void mark_late(struct mdev_bpf_memory *mem, pgoff_t index)
{
	guard(spinlock)(&mem->pages.xa_lock);
	if (is(mem, index, LATE))
		return;
	__xa_set_mark(&mem->pages, index, LATE);
	if (index >= mem->sent)
		return;
	mem->late++;
	unmark_dirty(mem, index);
}

/**
 * mdev_bpf_precopy_written() - record that a page was written
 * @mem: the memory
 * @index: index of the page
 * @page: the page
 *
 * Context: Any in which the page may be written. After the write, unless both are under the gate.
 */
void mdev_bpf_precopy_written(struct mdev_bpf_memory *mem, pgoff_t index, struct page *page)
{
	mdev_bpf_precopy_written_run(mem, index, page, 1);
}

/**
 * mdev_bpf_precopy_written_run() - record that pages were written
 * @mem: the memory
 * @index: index of the first page
 * @first: the first page; the others follow it
 * @nr: number of pages
 *
 * Context: As mdev_bpf_precopy_written().
 */
void mdev_bpf_precopy_written_run(struct mdev_bpf_memory *mem, pgoff_t index, struct page *first,
				  unsigned int nr)
{
	unsigned int i;

	/* Pairs with the barrier in mdev_bpf_precopy_next() */
	smp_mb();
	for (i = 0; i < nr && index + i < READ_ONCE(mem->sent); i++) {
		folio_set_dirty(page_folio(first + i));
		mark_dirty(mem, index + i);
	}
}

/**
 * mdev_bpf_precopy_mapped() - record that a page is about to be mapped writable
 * @mem: the memory
 * @index: index of the page, to which the mapping already has a reference
 *
 * Context: Process context.
 */
void mdev_bpf_precopy_mapped(struct mdev_bpf_memory *mem, pgoff_t index)
{
	/* Pairs with the barrier in mdev_bpf_precopy_next() */
	smp_mb();
	if (index < READ_ONCE(mem->sent))
		mark_dirty(mem, index);
}

/**
 * mdev_bpf_precopy_exported() - record that from now on a page can be written unnoticed
 * @mem: the memory, whose mdev_bpf_memory::exports is not 0 for as long as this is so
 * @index: index of the page
 *
 * Context: Process context.
 */
void mdev_bpf_precopy_exported(struct mdev_bpf_memory *mem, pgoff_t index)
{
	mark_late(mem, index);
}

/* Find a page to be sent for the first time, and clear marks from an earlier session. */
static struct page *next_first(struct mdev_bpf_memory *mem, pgoff_t *index)
{
	struct page *page;

	*index = mem->sent;
	page = xa_find(&mem->pages, index, ULONG_MAX, XA_PRESENT);
	WRITE_ONCE(mem->sent, page ? *index + 1 : ULONG_MAX);
	if (!page)
		return NULL;
	mem->passed++;
	__xa_clear_mark(&mem->pages, *index, DIRTY);
	if (!atomic_read(&mem->exports))
		__xa_clear_mark(&mem->pages, *index, LATE);
	else if (is(mem, *index, LATE))
		mem->late++;
	return page;
}

static struct page *next_again(struct mdev_bpf_memory *mem, pgoff_t *index)
{
	struct page *page = xa_find(&mem->pages, index, ULONG_MAX, DIRTY);

	if (page)
		unmark_dirty(mem, *index);
	return page;
}

/* Find pages that were sent and are marked, then all pages that were not sent. */
static struct page *next_rest(struct mdev_bpf_memory *mem, pgoff_t *index)
{
	pgoff_t dirty = *index, late = *index;
	struct page *a, *b;

	if (*index < mem->sent) {
		a = xa_find(&mem->pages, &dirty, mem->sent - 1, DIRTY);
		b = xa_find(&mem->pages, &late, mem->sent - 1, LATE);
		if (a || b) {
			*index = !b || (a && dirty < late) ? dirty : late;
			return *index == dirty && a ? a : b;
		}
		*index = mem->sent;
	}
	return xa_find(&mem->pages, index, ULONG_MAX, XA_PRESENT);
}

/**
 * mdev_bpf_precopy_next() - find the next page of a pass
 * @mem: the memory
 * @pass: the pass; PASS_FIRST continues where it stopped, the others start at @index
 * @index: index of the first page to look at; set to that of the page found
 *
 * Context: Process context, the device's lock held.
 *
 * Return: the page, for mdev_bpf_precopy_take(); NULL at the end of the pass.
 */
struct page *mdev_bpf_precopy_next(struct mdev_bpf_memory *mem, enum precopy_pass pass,
				   pgoff_t *index)
{
	struct page *page;

	scoped_guard(spinlock, &mem->pages.xa_lock) {
		if (pass == PASS_FIRST)
			page = next_first(mem, index);
		else if (pass == PASS_AGAIN)
			page = next_again(mem, index);
		else
			page = next_rest(mem, index);
	}
	/*
	 * A task that wrote or mapped the page without seeing the new value of sent did so before
	 * the page is copied. Pairs with the barriers in mdev_bpf_precopy_written() and _mapped().
	 */
	smp_mb();
	return page;
}

/*
 * Unmap a page everywhere. Return: true if only the memory has a reference to the page. Then the
 * next write through a mapping has to fault it in, which marks it.
 */
static bool unmap(struct mdev_bpf_device *bdev, u32 region, pgoff_t index, struct page *page)
{
	loff_t pos = ((loff_t)region << MDEV_BPF_OFFSET_SHIFT) + ((loff_t)index << PAGE_SHIFT);

	unmap_mapping_range(bdev->vdev.inode->i_mapping, pos, PAGE_SIZE, true);
	return page_ref_count(page) == 1;
}

/**
 * mdev_bpf_precopy_take() - decide whether a page must be sent, and unmap it
 * @bdev: the device
 * @region: VFIO index of the region
 * @pass: the pass
 * @index: index of the page
 * @page: the page that mdev_bpf_precopy_next() has found
 *
 * Context: Process context, the device's lock held until the page is copied. The copy is made under
 * the gate, too, because an op may write to the page for as long as it runs. Does not wait for user
 * space.
 *
 * Return: false if the page was not written since it was sent, or if it has to wait for PASS_REST.
 */
bool mdev_bpf_precopy_take(struct mdev_bpf_device *bdev, u32 region, enum precopy_pass pass,
			   pgoff_t index, struct page *page)
{
	struct mdev_bpf_memory *mem = bdev->memory[region];
	struct folio *folio = page_folio(page);
	bool alone, written;

	lockdep_assert_held(&bdev->lock);
	if (pass == PASS_REST && index >= mem->sent)
		return true;
	if (is(mem, index, LATE))
		return pass == PASS_REST;
	alone = unmap(bdev, region, index, page);
	written = folio_test_clear_dirty(folio);
	if (pass == PASS_REST)
		return written || !alone;
	if (folio_maybe_dma_pinned(folio)) {
		mark_late(mem, index);
		return false;
	}
	/*
	 * Another task has a reference: a fault is mapping the page again, or was in progress when
	 * it was unmapped, or a task is unmapping or checking the page. Mark it dirty, so that the
	 * next pass checks it again.
	 */
	if (!alone)
		mdev_bpf_precopy_written(mem, index, page);
	return written || pass == PASS_FIRST;
}

static bool is_in(struct mdev_bpf_memory *mem, enum precopy_pass pass, pgoff_t index)
{
	if (index >= mem->sent)
		return pass != PASS_AGAIN && xa_load(&mem->pages, index);
	return pass != PASS_FIRST && (is(mem, index, DIRTY) ||
				      (pass == PASS_REST && is(mem, index, LATE)));
}

/**
 * mdev_bpf_precopy_bytes() - compute how much a pass will add to the stream
 * @mem: the memory
 * @pass: the pass
 *
 * Return: the number of bytes if all pages that are marked dirty were written.
 */
u64 mdev_bpf_precopy_bytes(struct mdev_bpf_memory *mem, enum precopy_pass pass)
{
	u64 pages = 0, beyond = 0;

	guard(spinlock)(&mem->pages.xa_lock);
	if (pass != PASS_AGAIN)
		pages += mem->nr_pages - mem->passed;
	if (pass != PASS_FIRST)
		pages += mem->dirty;
	if (pass == PASS_REST)
		pages += mem->late;
	if (is_in(mem, pass, (mem->size - 1) >> PAGE_SHIFT))
		beyond = round_up(mem->size, PAGE_SIZE) - mem->size;
	return pages * (sizeof(struct stream_section) + sizeof(struct stream_memory) + PAGE_SIZE) -
	       beyond;
}

static void forget(struct mdev_bpf_memory *mem)
{
	guard(spinlock)(&mem->pages.xa_lock);
	WRITE_ONCE(mem->sent, 0);
	mem->passed = 0;
	mem->dirty = 0;
	mem->late = 0;
}

/**
 * mdev_bpf_precopy_end() - end a session: forget which pages were sent
 * @bdev: the device
 *
 * Context: The device's lock held.
 */
void mdev_bpf_precopy_end(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	lockdep_assert_held(&bdev->lock);
	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (bdev->memory[i])
			forget(bdev->memory[i]);
}
