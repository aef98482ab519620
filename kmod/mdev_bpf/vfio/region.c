// SPDX-License-Identifier: GPL-2.0-only
/*
 * Region accesses: checking bounds, and splitting an access into pieces for the program.
 *
 * The caller's memory is a sockptr_t, the kernel's type for "user or kernel memory". A program
 * never sees a user pointer. User memory is accessed between calls of the program, with no lock
 * held, because a page fault may wait for user space without a limit.
 */
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/sockptr.h>

#include <asm/byteorder.h>

#include "device/device.h"
#include "device/reset.h"
#include "gate/enter.h"
#include "gfx/edid.h"
#include "memory/memory.h"
#include "pci/config.h"
#include "pci/msix.h"
#include "register/doorbell.h"
#include "register/register.h"
#include "validate/api.h"
#include "vfio/region.h"

/* One read(2) or write(2), cut to the region's end. */
struct region_io {
	struct mdev_bpf_device *bdev;
	u32 region;
	u32 access_size;
	u64 offset;
	size_t count;
	bool write;
};

static bool is_config(const struct mdev_bpf_device *bdev, u32 index)
{
	return index == VFIO_PCI_CONFIG_REGION_INDEX && bdev->api->pci;
}

/**
 * mdev_bpf_region_init() - find the regions of a new device that only the program serves
 * @bdev: the device, whose regions, memory and MSI-X are known
 */
void mdev_bpf_region_init(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_msix_range range;
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (!is_config(bdev, i) && !bdev->memory[i] &&
		    !mdev_bpf_msix_next(bdev, i, 0, &range))
			bdev->emulated |= BIT(i);
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
	index = array_index_nospec(index, MDEV_BPF_MAX_REGIONS);
	if (is_config(bdev, index)) {
		size = mdev_bpf_pci_config_size(bdev);
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
	io->offset = pos & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0);
	if (io->offset >= size)
		return -EINVAL;
	io->count = min_t(u64, count, size - io->offset);
	return 0;
}

/* The widest access that is aligned, permitted, and not wider than what is left. */
static u32 region_io_width(const struct region_io *io)
{
	u32 width = io->access_size;

	while (width > io->count || io->offset & (width - 1))
		width /= 2;
	return width;
}

static int config_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access, bool write)
{
	int ret;

	if (!write)
		return mdev_bpf_pci_config_user_read(bdev, access);
	ret = mdev_bpf_pci_config_user_write(bdev, access);
	return ret > 0 ? mdev_bpf_reset(bdev) : ret;
}

/* Access a declared register, or call region_read or region_write. */
static __always_inline int program_access(struct mdev_bpf_device *bdev,
					  struct mdev_bpf_access *access, bool write)
{
	if (!write && rcu_access_pointer(bdev->registers.block) &&
	    mdev_bpf_register_read(bdev, access))
		return 0;
	if (write && unlikely(READ_ONCE(bdev->doorbells.regions))) {
		int ret = mdev_bpf_doorbell_write(bdev, access);

		if (ret != -ENOENT)
			return ret;
	}
	return mdev_bpf_gate_region(bdev, access, write);
}

/* The same, not inlined: for accesses that are not the common ones */
static noinline int other_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
				 bool write)
{
	return program_access(bdev, access, write);
}

/* An access to a region that not only the program serves */
static noinline int shared_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
				  bool write)
{
	if (bdev->msix && mdev_bpf_msix_access(bdev, access, write))
		return 0;
	if (is_config(bdev, access->region))
		return config_access(bdev, access, write);
	if (mdev_bpf_edid_is(&bdev->regions[access->region]))
		return mdev_bpf_edid_access(bdev, access, write);
	return other_access(bdev, access, write);
}

static noinline int put_kernel(void *to, u64 val, u32 size)
{
	__le64 raw = cpu_to_le64(val);

	memcpy(to, &raw, size);
	return 0;
}

static noinline int get_kernel(u64 *val, const void *from, u32 size)
{
	__le64 raw = 0;

	memcpy(&raw, from, size);
	*val = le64_to_cpu(raw);
	return 0;
}

/*
 * One case for each size costs much less than copy_to_user() of a variable size. These two are
 * inlined, because the callers know what kind of memory it is.
 */
static __always_inline int put_value(sockptr_t buf, size_t done, u64 val, u32 size)
{
	void __user *to = buf.user + done;

	if (sockptr_is_kernel(buf))
		return put_kernel(buf.kernel + done, val, size);
	switch (size) {
	case 1:
		return put_user((u8)val, (u8 __user *)to);
	case 2:
		return put_user(cpu_to_le16(val), (__le16 __user *)to);
	case 4:
		return put_user(cpu_to_le32(val), (__le32 __user *)to);
	default:
		return put_user(cpu_to_le64(val), (__le64 __user *)to);
	}
}

static __always_inline int get_value(u64 *val, sockptr_t buf, size_t done, u32 size)
{
	const void __user *from = buf.user + done;
	__le64 raw64;
	__le32 raw32;
	__le16 raw16;
	u8 raw8;
	int ret;

	if (sockptr_is_kernel(buf))
		return get_kernel(val, buf.kernel + done, size);
	switch (size) {
	case 1:
		ret = get_user(raw8, (const u8 __user *)from);
		*val = raw8;
		return ret;
	case 2:
		ret = get_user(raw16, (const __le16 __user *)from);
		*val = le16_to_cpu(raw16);
		return ret;
	case 4:
		ret = get_user(raw32, (const __le32 __user *)from);
		*val = le32_to_cpu(raw32);
		return ret;
	default:
		ret = get_user(raw64, (const __le64 __user *)from);
		*val = le64_to_cpu(raw64);
		return ret;
	}
}

/* Do one access. Return: its bytes; MDEV_BPF_REGISTER_CUT if it has to be narrower; or an errno. */
static noinline int region_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
				  sockptr_t buf, size_t done, bool write)
{
	int ret;

	if (write && get_value(&access->val, buf, done, access->size))
		return -EFAULT;
	if (bdev->emulated & BIT(access->region))
		ret = other_access(bdev, access, write);
	else
		ret = shared_access(bdev, access, write);
	if (ret)
		return ret;
	if (!write && put_value(buf, done, access->val, access->size))
		return -EFAULT;
	return access->size;
}

/* Do as much of @io as goes in one step, @done bytes into @buf. Return: its bytes, or an errno. */
static ssize_t region_io_step(const struct region_io *io, sockptr_t buf, size_t done)
{
	struct mdev_bpf_memory *mem = io->bdev->memory[io->region];
	u64 size = mem ? mdev_bpf_memory_span(mem, io->offset, 1) : 0;
	struct mdev_bpf_access access = {
		.region = io->region,
		.offset = io->offset,
		.reg = MDEV_BPF_NO_REGISTER,
	};
	int ret;

	if (size)
		return mdev_bpf_memory_copy(mem, io->offset, buf, done, min(size, io->count),
					    io->write);
	access.size = region_io_width(io);
	ret = region_access(io->bdev, &access, buf, done, io->write);
	while (ret == MDEV_BPF_REGISTER_CUT) {
		access.size /= 2;
		ret = region_access(io->bdev, &access, buf, done, io->write);
	}
	return ret;
}

/* Any read or write. Return: number of bytes transferred, or an errno if there are none. */
static noinline ssize_t region_io(struct mdev_bpf_device *bdev, sockptr_t buf, size_t count,
				  loff_t pos, bool write)
{
	struct region_io io;
	size_t done = 0;
	ssize_t ret;

	ret = region_io_init(&io, bdev, count, pos, write);
	if (ret)
		return ret;
	while (io.count) {
		ret = region_io_step(&io, buf, done);
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
	return done ?: ret;
}

/* Is this one aligned access, of a permitted size, to a region that only the program serves? */
static __always_inline bool is_register(const struct mdev_bpf_device *bdev, u64 region, u64 offset,
					size_t count, bool write)
{
	const struct mdev_bpf_region *r;

	if (!(bdev->emulated & BIT(region)))
		return false;
	r = &bdev->regions[region];
	return r->flags & (write ? MDEV_BPF_REGION_WRITE : MDEV_BPF_REGION_READ) &&
	       is_power_of_2(count) && count <= r->access_size && !(offset & (count - 1)) &&
	       offset + count <= r->size;
}

/* Return: bytes; 0 if the access has to be cut; or an errno. */
static __always_inline ssize_t register_rw(struct mdev_bpf_device *bdev, u64 region, u64 offset,
					   sockptr_t buf, size_t count, bool write)
{
	struct mdev_bpf_access access = {
		.region = region,
		.size = count,
		.offset = offset,
		.reg = MDEV_BPF_NO_REGISTER,
	};
	int ret;

	if (write && get_value(&access.val, buf, 0, count))
		return -EFAULT;
	ret = program_access(bdev, &access, write);
	if (unlikely(ret))
		return ret == MDEV_BPF_REGISTER_CUT ? 0 : ret;
	if (!write && put_value(buf, 0, access.val, count))
		return -EFAULT;
	return count;
}

/*
 * Read or write a device. An access to a register takes the shortest path, all others region_io().
 * Inlined, so that reads and writes, and both kinds of memory, have such a path of their own.
 */
static __always_inline ssize_t region_rw(struct mdev_bpf_device *bdev, sockptr_t buf,
					 size_t count, loff_t *ppos, bool write)
{
	u64 region = (u64)*ppos >> MDEV_BPF_OFFSET_SHIFT;
	u64 offset = *ppos & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0);
	ssize_t ret = 0;

	if (likely(region < MDEV_BPF_MAX_REGIONS)) {
		region = array_index_nospec(region, MDEV_BPF_MAX_REGIONS);
		if (likely(is_register(bdev, region, offset, count, write)))
			ret = register_rw(bdev, region, offset, buf, count, write);
	}
	if (!ret)
		ret = region_io(bdev, buf, count, *ppos, write);
	if (likely(ret > 0))
		*ppos += ret;
	return ret;
}

/**
 * mdev_bpf_region_read() - read a device, for VFIO
 * @bdev: the device
 * @buf: user memory
 * @count: number of bytes
 * @ppos: region and offset; advanced by the number of bytes that are transferred
 *
 * Context: Process context.
 *
 * Return: number of bytes transferred, less than @count at the end of the region or after an error;
 * -EINVAL for a position outside of the regions that can be read or written; -EFAULT; -EINTR;
 * -ENOMEM for memory; -ENODEV if the access needs a program and none is attached (configuration
 * space needs none); the errno of region_read or region_write.
 */
ssize_t mdev_bpf_region_read(struct mdev_bpf_device *bdev, char __user *buf, size_t count,
			     loff_t *ppos)
{
	return region_rw(bdev, USER_SOCKPTR(buf), count, ppos, false);
}

/*
 * Is this one aligned access to configuration space? The bytes after config_size, which is 0 for
 * other devices than PCI, are left to region_io().
 */
static bool is_config_access(const struct mdev_bpf_device *bdev, u64 offset, size_t count)
{
	return is_power_of_2(count) && count <= sizeof(u32) && !(offset & (count - 1)) &&
	       offset < bdev->config_size;
}

/**
 * mdev_bpf_region_read_config() - mdev_bpf_region_read() for the region of configuration space
 * @bdev: the device, of any kind
 * @buf: user memory
 * @count: number of bytes
 * @ppos: a position in region VFIO_PCI_CONFIG_REGION_INDEX
 *
 * The shortest path for the reads that a guest makes: one aligned access.
 *
 * Context: Process context.
 *
 * Return: as for mdev_bpf_region_read().
 */
ssize_t mdev_bpf_region_read_config(struct mdev_bpf_device *bdev, char __user *buf, size_t count,
				    loff_t *ppos)
{
	struct mdev_bpf_access access = {
		.region = VFIO_PCI_CONFIG_REGION_INDEX,
		.size = count,
		.offset = *ppos & GENMASK_ULL(MDEV_BPF_OFFSET_SHIFT - 1, 0),
		.reg = MDEV_BPF_NO_REGISTER,
	};
	int ret;

	if (!is_config_access(bdev, access.offset, count))
		return mdev_bpf_region_read(bdev, buf, count, ppos);
	ret = mdev_bpf_pci_config_user_read(bdev, &access);
	if (ret)
		return ret;
	if (put_value(USER_SOCKPTR(buf), 0, access.val, count))
		return -EFAULT;
	*ppos += count;
	return count;
}

/**
 * mdev_bpf_region_write() - write a device, for VFIO
 * @bdev: the device
 * @buf: user memory
 * @count: number of bytes
 * @ppos: as for mdev_bpf_region_read()
 *
 * Context: Process context.
 *
 * Return: as for mdev_bpf_region_read().
 */
ssize_t mdev_bpf_region_write(struct mdev_bpf_device *bdev, const char __user *buf, size_t count,
			      loff_t *ppos)
{
	/* A sockptr_t cannot be const; for a write, the buffer is only read */
	return region_rw(bdev, USER_SOCKPTR((char __user *)buf), count, ppos, true);
}

/**
 * mdev_bpf_region_kernel() - read or write a device, for kernel clients
 * @bdev: the device
 * @buf: kernel memory; only read for a write
 * @count: number of bytes
 * @pos: region and offset
 * @write: true for a write, false for a read
 *
 * Context: Process context.
 *
 * Return: as for mdev_bpf_region_read().
 */
ssize_t mdev_bpf_region_kernel(struct mdev_bpf_device *bdev, void *buf, size_t count, loff_t pos,
			       bool write)
{
	return region_rw(bdev, KERNEL_SOCKPTR(buf), count, &pos, write);
}
