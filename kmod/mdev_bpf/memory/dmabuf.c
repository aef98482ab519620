// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma-bufs: a part of a device's memory that others can use without the device.
 *
 * A dma-buf has a reference to the memory and to this module, but not to the device. So it still
 * works after the device was closed or removed. Pages are allocated on first use.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/fcntl.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "../../compat.h"

#include "memory/dmabuf.h"
#include "memory/memory.h"
#include "memory/precopy.h"

/* How many importers can have a dma-buf mapped at a time */
#define MAX_MAPS	16

/* Mapping fails instead of invoking the OOM killer */
#define TABLE_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_RETRY_MAYFAIL)

/**
 * struct export - the private data of a dma-buf
 * @mem: the memory, with a reference
 * @start: index of the first page that belongs to the dma-buf
 * @write: importers may write to it
 * @maps: number of importers that have it mapped
 */
struct export {
	struct mdev_bpf_memory *mem;
	pgoff_t start;
	bool write;
	atomic_t maps;
};

static struct page *export_page(const struct export *e, pgoff_t index)
{
	struct page *page = mdev_bpf_memory_page(e->mem, e->start + index, GFP_KERNEL_ACCOUNT);

	if (!IS_ERR(page))
		mdev_bpf_precopy_exported(e->mem, e->start + index);
	return page;
}

static int fill_table(const struct export *e, struct sg_table *table)
{
	struct scatterlist *sg;
	struct page *page;
	unsigned int i;

	for_each_sgtable_sg(table, sg, i) {
		page = export_page(e, i);
		if (IS_ERR(page))
			return PTR_ERR(page);
		sg_set_page(sg, page, PAGE_SIZE, 0);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static struct sg_table *map_table(struct dma_buf_attachment *at, enum dma_data_direction dir)
{
	struct sg_table *table;
	int ret;

	table = kzalloc(sizeof(*table), TABLE_GFP);
	if (!table)
		return ERR_PTR(-ENOMEM);
	ret = sg_alloc_table(table, at->dmabuf->size >> PAGE_SHIFT, TABLE_GFP);
	if (ret)
		goto out_free;
	ret = fill_table(at->dmabuf->priv, table) ?: dma_map_sgtable(at->dev, table, dir, 0);
	if (ret)
		goto out_table;
	return table;

out_table:
	sg_free_table(table);
out_free:
	kfree(table);
	return ERR_PTR(ret);
}

/*
 * Each importer needs a table, with up to 32 bytes per page. So the table is charged to the task
 * that maps the dma-buf, and the number of tables is limited.
 */
static struct sg_table *export_map(struct dma_buf_attachment *at, enum dma_data_direction dir)
{
	struct export *e = at->dmabuf->priv;
	struct sg_table *table;

	/* The importing device could write, even if the file is read-only */
	if (!e->write && dir != DMA_TO_DEVICE)
		return ERR_PTR(-EACCES);
	if (!atomic_add_unless(&e->maps, 1, MAX_MAPS))
		return ERR_PTR(-EBUSY);
	table = map_table(at, dir);
	if (IS_ERR(table))
		atomic_dec(&e->maps);
	return table;
}

static void export_unmap(struct dma_buf_attachment *at, struct sg_table *table,
			 enum dma_data_direction dir)
{
	struct export *e = at->dmabuf->priv;

	dma_unmap_sgtable(at->dev, table, dir, 0);
	sg_free_table(table);
	kfree(table);
	atomic_dec(&e->maps);
}

static vm_fault_t export_fault(struct vm_fault *vmf)
{
	struct dma_buf *buf = vmf->vma->vm_private_data;
	struct page *page;

	if (vmf->pgoff >= buf->size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	page = export_page(buf->priv, vmf->pgoff);
	if (IS_ERR(page))
		return VM_FAULT_SIGBUS;
	/* The mapping holds the dma-buf, and the dma-buf holds the page */
	return vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(page));
}

static const struct vm_operations_struct export_vm_ops = {
	.fault = export_fault,
};

/*
 * The dma-buf core has checked the range. mmap() has checked the mode of a file, but of the file of
 * an importer if that calls dma_buf_mmap().
 */
static int export_mmap(struct dma_buf *buf, struct vm_area_struct *vma)
{
	const struct export *e = buf->priv;

	/* Not VM_SHARED: mmap() clears that for a file that is open for reading only */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	if (!e->write && vma->vm_flags & VM_WRITE)
		return -EACCES;
	if (!e->write)
		vm_flags_clear(vma, VM_MAYWRITE);
	/* VM_PFNMAP, so that a page cannot be pinned, and kept after the memory is freed */
	vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &export_vm_ops;
	vma->vm_private_data = buf;
	return 0;
}

static void export_release(struct dma_buf *buf)
{
	struct export *e = buf->priv;

	atomic_dec(&e->mem->exports);
	mdev_bpf_memory_put(e->mem);	/* Pairs with the get in mdev_bpf_dmabuf_export() */
	kfree(e);
}

static const struct dma_buf_ops export_ops = {
	.map_dma_buf = export_map,
	.unmap_dma_buf = export_unmap,
	.mmap = export_mmap,
	.release = export_release,
};

/**
 * mdev_bpf_dmabuf_export() - export a part of memory as a dma-buf
 * @mem: the memory
 * @offset: first byte, at the start of a page
 * @size: number of bytes, whole pages; at most up to the end of the last page
 * @write: importers and mappings may write
 *
 * Context: Process context.
 *
 * Return: the dma-buf, to be put with dma_buf_put(); an ERR_PTR: -ENOMEM.
 */
struct dma_buf *mdev_bpf_dmabuf_export(struct mdev_bpf_memory *mem, u64 offset, size_t size,
				       bool write)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *buf;
	struct export *e;

	e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	if (!e)
		return ERR_PTR(-ENOMEM);
	kref_get(&mem->ref);		/* Pairs with the put in export_release() */
	/* Pairs with the decrement there. The lock ends a trim that has not seen this */
	scoped_guard(spinlock, &mem->pages.xa_lock)
		atomic_inc(&mem->exports);
	e->mem = mem;
	e->start = offset >> PAGE_SHIFT;
	e->write = write;
	info.ops = &export_ops;
	info.size = size;
	info.flags = write ? O_RDWR : O_RDONLY;
	info.priv = e;
	buf = dma_buf_export(&info);
	if (IS_ERR(buf)) {
		atomic_dec(&mem->exports);
		mdev_bpf_memory_put(mem);
		kfree(e);
	}
	return buf;
}

COMPAT_IMPORT_NS_DMA_BUF;
