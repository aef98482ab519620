// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages of memory regions: finding and allocating them. See memory.c for how long they stay.
 */
#include <linux/gfp.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/xarray.h>

#include "memory/memory.h"

/* As much is allocated at once at most, if a transfer writes to pages that do not exist */
#define RUN_ALLOCATED	SZ_128K

/* Return: NULL; the page that is there already; or an error of the xarray. */
static struct page *memory_store(struct mdev_bpf_memory *mem, pgoff_t index, struct page *page,
				 gfp_t gfp)
{
	struct page *old;

	guard(spinlock)(&mem->pages.xa_lock);
	old = __xa_cmpxchg(&mem->pages, index, NULL, page, gfp);
	if (old)
		return old;
	mem->nr_pages++;
	mem->passed += index < mem->sent;
	return NULL;
}

static struct page *memory_add_page(struct mdev_bpf_memory *mem, pgoff_t index, gfp_t gfp)
{
	struct mem_cgroup *active = set_active_memcg(mem->memcg);
	struct page *page, *old;

	page = alloc_page(gfp | __GFP_ZERO | __GFP_ACCOUNT | MDEV_BPF_MEMORY_GFP);
	if (page) {
		/* Another task may have been faster */
		old = memory_store(mem, index, page, gfp | MDEV_BPF_MEMORY_GFP);
		if (old) {
			__free_page(page);
			page = xa_is_err(old) ? NULL : old;
		}
	}
	set_active_memcg(active);
	return page ?: ERR_PTR(-ENOMEM);
}

/* Store pages that were allocated together. Return: 0 or -ENOMEM. */
static int memory_store_all(struct mdev_bpf_memory *mem, pgoff_t index, struct page *first,
			    unsigned int nr, gfp_t gfp)
{
	struct page *old;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < nr; i++) {
		old = memory_store(mem, index + i, first + i, gfp | MDEV_BPF_MEMORY_GFP);
		/* Another task may have been faster */
		if (old)
			__free_page(first + i);
		if (xa_is_err(old))
			ret = -ENOMEM;
	}
	return ret;
}

/* Allocate pages whose addresses follow each other. Return: the first; NULL if there are none. */
static struct page *alloc_run(unsigned int nr, gfp_t gfp)
{
	unsigned int order = get_order((unsigned long)nr << PAGE_SHIFT), i;
	struct page *page;

	page = alloc_pages(gfp | __GFP_ZERO | __GFP_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY, order);
	if (!page)
		return NULL;
	split_page(page, order);
	for (i = nr; i < 1U << order; i++)
		__free_page(page + i);
	return page;
}

/*
 * Allocate pages whose addresses follow each other, if there are such, or else one page. @max: the
 * number of pages that are wanted and do not exist, at least 1.
 */
static int memory_add_run(struct mdev_bpf_memory *mem, pgoff_t index, unsigned int max, gfp_t gfp)
{
	unsigned int nr = min(max, RUN_ALLOCATED / PAGE_SIZE);
	struct mem_cgroup *active = set_active_memcg(mem->memcg);
	struct page *first = nr > 1 ? alloc_run(nr, gfp) : NULL;
	int ret;

	if (first)
		ret = memory_store_all(mem, index, first, nr, gfp);
	else
		ret = PTR_ERR_OR_ZERO(memory_add_page(mem, index, gfp));
	set_active_memcg(active);
	return ret;
}

/**
 * mdev_bpf_memory_page() - get a page of memory
 * @mem: the memory
 * @index: index of the page
 * @gfp: how to allocate the page if it does not exist; 0 not to allocate it
 *
 * Context: Any that @gfp allows; the gate or the device's lock held for as long as the page is
 * used, or no task has @mem but the caller. In an op @gfp is GFP_NOWAIT, because programs cannot
 * wait.
 *
 * Return: the page; NULL if it does not exist and @gfp is 0; an ERR_PTR: -EINVAL beyond the end,
 * -ENOMEM.
 */
struct page *mdev_bpf_memory_page(struct mdev_bpf_memory *mem, pgoff_t index, gfp_t gfp)
{
	struct page *page;

	if (index >= DIV_ROUND_UP_ULL(mem->size, PAGE_SIZE))
		return ERR_PTR(-EINVAL);
	page = xa_load(&mem->pages, index);
	return page || !gfp ? page : memory_add_page(mem, index, gfp);
}

/**
 * mdev_bpf_memory_find() - find a page, and get a reference
 * @pages: mdev_bpf_memory::pages or mdev_bpf_memory::copies
 * @index: index of the page
 *
 * Context: Any.
 *
 * Return: the page, to be put with put_page(); NULL if it does not exist.
 */
struct page *mdev_bpf_memory_find(struct xarray *pages, pgoff_t index)
{
	struct page *page;

	guard(rcu)();
	do {
		page = xa_load(pages, index);
		if (!page)
			return NULL;
		/* It may be freed at the same time, and used for something else */
		if (!get_page_unless_zero(page))
			continue;
		if (xa_load(pages, index) == page)
			return page;
		put_page(page);
	} while (true);
}

/**
 * mdev_bpf_memory_get_page() - get a page of memory, with a reference
 * @mem: the memory
 * @index: index of the page
 * @gfp: how to allocate the page if it does not exist; 0 not to allocate it
 *
 * Context: Any that @gfp allows.
 *
 * Return: the page, to be put with put_page(); NULL if it does not exist and @gfp is 0; an
 * ERR_PTR: -EINVAL beyond the end, -ENOMEM.
 */
struct page *mdev_bpf_memory_get_page(struct mdev_bpf_memory *mem, pgoff_t index, gfp_t gfp)
{
	struct page *page;

	if (index >= DIV_ROUND_UP_ULL(mem->size, PAGE_SIZE))
		return ERR_PTR(-EINVAL);
	while (!(page = mdev_bpf_memory_find(&mem->pages, index)) && gfp) {
		page = memory_add_page(mem, index, gfp);
		if (IS_ERR(page))
			return page;
	}
	return page;
}

/* Get references to pages whose addresses follow each other. Return: their number. */
static unsigned int find_run(struct xarray *pages, pgoff_t index, unsigned int max,
			     struct page **first)
{
	XA_STATE(xas, pages, index);
	unsigned int nr = 0;
	struct page *page;

	guard(rcu)();
	for (page = xas_load(&xas); nr < max; page = xas_next(&xas)) {
		if (!page || xa_is_internal(page) || (nr && page != *first + nr))
			break;
		/* It goes, or trim is looking at it: the caller asks mdev_bpf_memory_find() */
		if (!get_page_unless_zero(page))
			break;
		if (xas_reload(&xas) != page) {
			put_page(page);
			break;
		}
		if (!nr++)
			*first = page;
	}
	return nr;
}

/**
 * mdev_bpf_memory_get_run() - get pages of memory whose addresses follow each other
 * @mem: the memory
 * @index: index of the first page
 * @max: number of pages that are wanted, at least one, not beyond the end of @mem
 * @gfp: how to allocate pages that do not exist; 0 not to allocate them
 * @first: set to the first page; the others follow it
 *
 * Context: Any that @gfp allows.
 *
 * Return: the number of pages, each to be put with put_page(); 0 if the first does not exist and
 * @gfp is 0; -ENOMEM.
 */
int mdev_bpf_memory_get_run(struct mdev_bpf_memory *mem, pgoff_t index, unsigned int max,
			    gfp_t gfp, struct page **first)
{
	unsigned int nr;
	pgoff_t next;
	int ret;

	while (!(nr = find_run(&mem->pages, index, max, first)) && gfp) {
		next = index;
		if (mdev_bpf_memory_next(mem, &next))
			max = clamp(next - index, 1, max);
		ret = memory_add_run(mem, index, max, gfp);
		if (ret)
			return ret;
	}
	if (!nr) {
		*first = mdev_bpf_memory_find(&mem->pages, index);
		nr = !!*first;
	}
	return nr;
}

/**
 * mdev_bpf_memory_next() - find the next page that exists
 * @mem: the memory
 * @index: index of the first page to look at; set to that of the page found
 *
 * Return: the page; NULL if there is none from @index on.
 */
struct page *mdev_bpf_memory_next(struct mdev_bpf_memory *mem, pgoff_t *index)
{
	return xa_find(&mem->pages, index, ULONG_MAX, XA_PRESENT);
}
