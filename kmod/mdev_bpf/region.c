// SPDX-License-Identifier: GPL-2.0-only
/*
 * Region accesses: bounds, and splitting into what a program gets.
 *
 * The caller's memory is a sockptr_t, the kernel's type for "user or kernel memory".
 * A program never sees a user pointer. User memory is touched between accesses, with no
 * lock held: a page fault there may wait for user space as long as it likes.
 */
#include <linux/sched/signal.h>
#include <linux/sockptr.h>

#include <asm/byteorder.h>

#include "internal.h"

/* One read(2) or write(2), cut to the region's end. */
struct region_io {
	struct mdev_bpf_device *bdev;
	u32 region;
	u32 access_size;
	u64 offset;
	size_t count;
	bool write;
	struct mdev_bpf_memory *mem;
	bool doorbells;	/* it is a write, and may ring one */
};

static bool is_config(const struct mdev_bpf_device *bdev, u32 index)
{
	return index == VFIO_PCI_CONFIG_REGION_INDEX && bdev->api->pci;
}

/*
 * Find the region of a file position and cut the access to its end. VFIO's regions are
 * MDEV_BPF_OFFSET_SHIFT bits apart, so that no offset within one can overflow.
 */
static int region_io_init(struct region_io *io, struct mdev_bpf_device *bdev, size_t count,
			  loff_t pos, bool write)
{
	u32 index = (u64)pos >> MDEV_BPF_OFFSET_SHIFT;
	u32 flags;
	u64 size;

	if (pos < 0 || index >= MDEV_BPF_MAX_REGIONS)
		return -EINVAL;
	if (is_config(bdev, index)) {
		size = mdev_bpf_pci_size(bdev);
		flags = MDEV_BPF_REGION_RW;
		io->access_size = sizeof(u32);
	} else {
		size = bdev->regions[index].size;
		flags = bdev->regions[index].flags;
		io->access_size = bdev->regions[index].access_size;
	}
	if (!(flags & (write ? MDEV_BPF_REGION_WRITE : MDEV_BPF_REGION_READ)))
		return -EINVAL;
	io->bdev = bdev;
	io->region = index;
	io->write = write;
	io->mem = bdev->memory[index];
	io->doorbells = write && bdev->nr_doorbells;
	io->offset = pos & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0);
	if (io->offset >= size)
		return -EINVAL;
	io->count = min_t(u64, count, size - io->offset);
	return 0;
}

/* Would an access be a doorbell's in one part only? */
static bool region_io_cuts(const struct region_io *io, u32 width)
{
	return io->doorbells &&
	       mdev_bpf_doorbell_cuts(io->bdev, io->region, io->offset, width);
}

/* The widest access that is aligned, allowed and wanted. */
static u32 region_io_width(const struct region_io *io)
{
	u32 width = io->access_size;

	while (width > io->count || io->offset & (width - 1) || region_io_cuts(io, width))
		width /= 2;
	return width;
}

static int config_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access, bool write)
{
	if (write)
		return mdev_bpf_call_config_write(bdev, access);
	guard(mutex)(&bdev->lock);
	access->val = mdev_bpf_pci_read(bdev, access->offset, access->size);
	return 0;
}

/* A doorbell only queues work, which waits for a program if there is none. */
static bool rings(const struct region_io *io)
{
	int work;

	if (!io->doorbells)
		return false;
	work = mdev_bpf_doorbell_work(io->bdev, io->region, io->offset);
	if (work >= 0)
		mdev_bpf_work_start(io->bdev, work);
	return work >= 0;
}

static int region_access(const struct region_io *io, struct mdev_bpf_access *access)
{
	if (unlikely(io->bdev->msix) && mdev_bpf_msix_access(io->bdev, access, io->write))
		return 0;
	if (rings(io))
		return 0;
	if (is_config(io->bdev, io->region))
		return config_access(io->bdev, access, io->write);
	if (unlikely(io->mem) && mdev_bpf_edid_is(&io->bdev->regions[io->region]))
		return mdev_bpf_edid_access(io->bdev, access, io->write);
	return mdev_bpf_call_region(io->bdev, access, io->write);
}

/* Do the next access of @io, @done bytes into @buf. Return: its bytes, or an errno. */
static int region_io_step(const struct region_io *io, sockptr_t buf, size_t done)
{
	struct mdev_bpf_access access = {
		.region = io->region,
		.size = region_io_width(io),
		.offset = io->offset,
	};
	__le64 raw = 0;
	int ret;

	if (io->write) {
		if (copy_from_sockptr_offset(&raw, buf, done, access.size))
			return -EFAULT;
		access.val = le64_to_cpu(raw);
	}
	ret = region_access(io, &access);
	if (ret)
		return ret;
	if (!io->write) {
		raw = cpu_to_le64(access.val);
		if (copy_to_sockptr_offset(buf, done, &raw, access.size))
			return -EFAULT;
	}
	return access.size;
}

/* Do as much of @io as goes in one step. Return: its bytes, or an errno. */
static ssize_t region_io_next(const struct region_io *io, sockptr_t buf, size_t done)
{
	u64 size = io->mem ? mdev_bpf_memory_span(io->mem, io->offset, 1) : 0;

	if (!size)
		return region_io_step(io, buf, done);
	return mdev_bpf_memory_copy(io->mem, io->offset, buf, done, min(size, io->count),
				    io->write);
}

/**
 * mdev_bpf_region_rw() - read or write a device, for VFIO and for kernel clients
 * @bdev: the device
 * @buf: user or kernel memory, where to or where from
 * @count: bytes
 * @ppos: region and offset; moves on by what was done
 * @write: write rather than read
 *
 * Context: Process context.
 *
 * Return: bytes done, fewer than @count at the region's end or after an error;
 * -EINVAL for a position outside the regions that can be read or written; -EFAULT;
 * -EINTR; -ENOMEM for memory; -ENODEV if it takes a program and none is attached
 * (configuration space takes none); what region_read or region_write returns.
 */
ssize_t mdev_bpf_region_rw(struct mdev_bpf_device *bdev, sockptr_t buf, size_t count,
			   loff_t *ppos, bool write)
{
	struct region_io io;
	size_t done = 0;
	ssize_t ret;

	ret = region_io_init(&io, bdev, count, *ppos, write);
	if (ret)
		return ret;
	while (io.count) {
		ret = region_io_next(&io, buf, done);
		if (ret < 0)
			break;
		done += ret;
		io.offset += ret;
		io.count -= ret;
		/* A region may be large and a program slow */
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		cond_resched();
	}
	*ppos += done;
	return done ?: ret;
}
