// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of memory regions.
 *
 * A fault inserts an ordinary page with a reference, so KVM and VFIO can pin it. A fault takes no
 * lock of the device and needs no program: memory stays accessible while no program is attached.
 * While the device is being saved, its pages are unmapped repeatedly, see memory/precopy.c.
 *
 * In a region that the program can protect, a page is mapped read-only at first. The fault for the
 * first write then makes it writable, or leaves the mapping a copy, see memory/protect.c.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/pagemap.h>

#include "device/device.h"
#include "memory/memory.h"
#include "memory/precopy.h"
#include "memory/protect.h"
#include "vfio/mmap.h"

#define REGION_PAGES BIT_ULL(MDEV_BPF_OFFSET_SHIFT - PAGE_SHIFT)

static vm_fault_t memory_fault(struct vm_fault *vmf)
{
	struct mdev_bpf_memory *mem = vmf->vma->vm_private_data;
	pgoff_t index = vmf->pgoff & (REGION_PAGES - 1);
	struct page *page;

	/* Pairs with the put when it is unmapped */
	page = mdev_bpf_memory_get_page(mem, index, GFP_KERNEL_ACCOUNT);
	/* Not VM_FAULT_OOM: the OOM killer would not help a cgroup whose limit is reached */
	if (IS_ERR(page))
		return VM_FAULT_SIGBUS;
	/* Even for a read fault: the page may become writable without another fault */
	if (vmf->vma->vm_flags & VM_MAYWRITE)
		mdev_bpf_precopy_mapped(mem, index);
	vmf->page = page;
	return 0;
}

/* The mapping holds the file, the file holds the device open, and the device holds its memory. */
static const struct vm_operations_struct memory_vm_ops = {
	.fault = memory_fault,
};

static struct mdev_bpf_memory *memory_of(const struct vm_fault *vmf)
{
	struct mdev_bpf_device *bdev = vmf->vma->vm_private_data;

	return bdev->memory[vmf->pgoff / REGION_PAGES];
}

static vm_fault_t protect_fault(struct vm_fault *vmf)
{
	pgoff_t index = vmf->pgoff & (REGION_PAGES - 1);
	struct mdev_bpf_memory *mem = memory_of(vmf);
	struct page *page = NULL;

	if (vmf->flags & FAULT_FLAG_WRITE)
		page = mdev_bpf_protect_copy(vmf->vma->vm_private_data, mem, index);
	/* Pairs with the put when it is unmapped, as of a copy */
	if (!page)
		page = mdev_bpf_memory_get_page(mem, index, GFP_KERNEL_ACCOUNT);
	if (IS_ERR(page))
		return VM_FAULT_SIGBUS;
	vmf->page = page;
	return 0;
}

/* A page is about to be mapped writable. The page stays locked until it is. */
static vm_fault_t protect_mkwrite(struct vm_fault *vmf)
{
	pgoff_t index = vmf->pgoff & (REGION_PAGES - 1);
	struct mdev_bpf_memory *mem = memory_of(vmf);

	lock_page(vmf->page);
	if (!mdev_bpf_protect_may_map(mem, index, vmf->page)) {
		unlock_page(vmf->page);
		/* The access faults again, finds nothing mapped, and gets the right page */
		unmap_mapping_range(vmf->vma->vm_file->f_mapping, (loff_t)vmf->pgoff << PAGE_SHIFT,
				    PAGE_SIZE, true);
		return VM_FAULT_NOPAGE;
	}
	if (mdev_bpf_memory_has(mem, index, vmf->page))
		mdev_bpf_precopy_mapped(mem, index);
	return VM_FAULT_LOCKED;
}

static const struct vm_operations_struct protect_vm_ops = {
	.fault = protect_fault,
	.page_mkwrite = protect_mkwrite,
};

/**
 * mdev_bpf_mmap() - mmap(2) on a device
 * @vdev: the VFIO device
 * @vma: the new mapping
 *
 * Context: Process context, mmap_lock held.
 *
 * Return: 0; -EINVAL if the range is not entirely memory that can be mapped, or the mapping is
 * private; -EPERM if the mapping is executable, or is writable and the region is not.
 */
int mdev_bpf_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct mdev_bpf_device *bdev = vdev_to_bdev(vdev);
	u64 index = vma->vm_pgoff / REGION_PAGES;
	u64 start = (vma->vm_pgoff & (REGION_PAGES - 1)) << PAGE_SHIFT;
	u64 size = vma->vm_end - vma->vm_start;
	u32 flags;

	if (index >= MDEV_BPF_MAX_REGIONS || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	index = array_index_nospec(index, MDEV_BPF_MAX_REGIONS);
	flags = bdev->regions[index].flags;
	if (!(flags & MDEV_BPF_REGION_MMAP) ||
	    mdev_bpf_memory_span(bdev->memory[index], start, PAGE_SIZE) < size)
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC ||
	    (vma->vm_flags & VM_WRITE && !(flags & MDEV_BPF_REGION_WRITE)))
		return -EPERM;
	vm_flags_clear(vma, VM_MAYEXEC);
	if (!(flags & MDEV_BPF_REGION_WRITE))
		vm_flags_clear(vma, VM_MAYWRITE);
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	if (flags & MDEV_BPF_REGION_PROTECT) {
		vma->vm_ops = &protect_vm_ops;
		vma->vm_private_data = bdev;
	} else {
		vma->vm_ops = &memory_vm_ops;
		vma->vm_private_data = bdev->memory[index];
	}
	return 0;
}
