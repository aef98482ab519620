// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI configuration space, which is built from what the program declares. caps.c implements the
 * capabilities.
 *
 * Nearly everything is done by a byte array with a mask of writable bits, including BAR sizing: the
 * address bits below the size of a BAR are not writable, so a guest that writes ones and reads them
 * back finds the size (PCI Local Bus 3.0, 6.2.5.1).
 *
 * The bytes are changed with the gate held. A read that needs neither the program nor the state of
 * the line takes no lock: the bytes stay at their address as long as the device exists, and a read
 * that meets a change, as mdev_bpf_device::config_seq tells, is made again with the gate held. So a
 * read finds all of a change or nothing of it, and never waits for an op.
 */
#include <linux/pci_regs.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "device/device.h"
#include "gate/call.h"
#include "gate/gate.h"
#include "pci/caps.h"
#include "pci/config.h"
#include "pci/irq.h"
#include "validate/api.h"

#define COMMAND_MASK (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
		      PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)

static void set16(u8 *p, unsigned int offset, u16 val)
{
	put_unaligned_le16(val, p + offset);
}

static void set32(u8 *p, unsigned int offset, u32 val)
{
	put_unaligned_le32(val, p + offset);
}

static void build_header(struct mdev_bpf_device *bdev)
{
	const struct mdev_bpf_pci *id = &bdev->pci;
	u8 *config = bdev->config;

	set16(config, PCI_VENDOR_ID, id->vendor);
	set16(config, PCI_DEVICE_ID, id->device);
	set32(config, PCI_CLASS_REVISION, id->class_code << 8 | id->revision);
	set16(config, PCI_SUBSYSTEM_VENDOR_ID, id->subsystem_vendor);
	set16(config, PCI_SUBSYSTEM_ID, id->subsystem_device);
	set16(bdev->config_mask, PCI_COMMAND, COMMAND_MASK);
	bdev->config_mask[PCI_CACHE_LINE_SIZE] = 0xff;
	bdev->config_mask[PCI_INTERRUPT_LINE] = 0xff;
	/* These bits do not apply to PCI Express (2.1, 7.5.1) */
	if (!(id->flags & MDEV_BPF_PCI_EXPRESS)) {
		set16(config, PCI_STATUS, PCI_STATUS_DEVSEL_MEDIUM);
		bdev->config_mask[PCI_LATENCY_TIMER] = 0xff;
	}
	if (mdev_bpf_irq_count(bdev, VFIO_PCI_INTX_IRQ_INDEX))
		config[PCI_INTERRUPT_PIN] = 1;	/* INTA */
}

static void build_bar(struct mdev_bpf_device *bdev, unsigned int i)
{
	const struct mdev_bpf_region *r = &bdev->regions[i];
	unsigned int offset = PCI_BASE_ADDRESS_0 + i * sizeof(u32);
	u64 mask = ~(r->size - 1);
	u32 low = 0;

	if (!r->size)
		return;
	if (r->flags & MDEV_BPF_REGION_IO)
		low = PCI_BASE_ADDRESS_SPACE_IO;
	if (r->flags & MDEV_BPF_REGION_PREFETCH)
		low |= PCI_BASE_ADDRESS_MEM_PREFETCH;
	if (r->flags & MDEV_BPF_REGION_64BIT) {
		low |= PCI_BASE_ADDRESS_MEM_TYPE_64;
		set32(bdev->config, offset + sizeof(u32), 0);
		set32(bdev->config_mask, offset + sizeof(u32), upper_32_bits(mask));
	}
	set32(bdev->config, offset, low);
	set32(bdev->config_mask, offset, lower_32_bits(mask));
}

/* PCI Local Bus 3.0, 6.2.5.2 */
static void build_rom(struct mdev_bpf_device *bdev)
{
	u64 size = bdev->regions[VFIO_PCI_ROM_REGION_INDEX].size;

	if (!size)
		return;
	set32(bdev->config, PCI_ROM_ADDRESS, 0);
	set32(bdev->config_mask, PCI_ROM_ADDRESS,
	      (lower_32_bits(~(size - 1)) & PCI_ROM_ADDRESS_MASK) | PCI_ROM_ADDRESS_ENABLE);
}

/**
 * mdev_bpf_pci_config_init() - allocate configuration space
 * @bdev: the device, whose kind and capabilities are known
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_pci_config_init(struct mdev_bpf_device *bdev)
{
	unsigned int size;

	seqcount_spinlock_init(&bdev->config_seq, &bdev->gate.lock);
	if (!bdev->api->pci)
		return 0;
	size = MDEV_BPF_CONFIG_SIZE +
	       mdev_bpf_pci_caps_declared(bdev->pci_caps, MDEV_BPF_PCI_CAP_EXTENDED);
	bdev->config = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!bdev->config)
		return -ENOMEM;
	bdev->config_size = size;
	return 0;
}

/**
 * mdev_bpf_pci_config_has_bar() - is a region a BAR or the ROM of a PCI device?
 * @bdev: the device
 * @region: VFIO index of the region
 *
 * Return: true if it is.
 */
bool mdev_bpf_pci_config_has_bar(const struct mdev_bpf_device *bdev, unsigned int region)
{
	return bdev->api->pci && region <= VFIO_PCI_ROM_REGION_INDEX;
}

/**
 * mdev_bpf_pci_config_resize() - adapt a BAR to the size of its region, and clear its address
 * @bdev: the device
 * @region: VFIO index of the region, one of a BAR or of the ROM
 *
 * Context: The gate held.
 */
void mdev_bpf_pci_config_resize(struct mdev_bpf_device *bdev, unsigned int region)
{
	mdev_bpf_gate_assert_held(bdev);
	write_seqcount_begin(&bdev->config_seq);
	if (region == VFIO_PCI_ROM_REGION_INDEX)
		build_rom(bdev);
	else
		build_bar(bdev, region);
	write_seqcount_end(&bdev->config_seq);
}

/**
 * mdev_bpf_pci_config_destroy() - free configuration space
 * @bdev: the device
 */
void mdev_bpf_pci_config_destroy(struct mdev_bpf_device *bdev)
{
	kfree(bdev->config);
}

/**
 * mdev_bpf_pci_config_reset() - set configuration space to its initial values
 * @bdev: the device
 *
 * Context: The gate held.
 */
void mdev_bpf_pci_config_reset(struct mdev_bpf_device *bdev)
{
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	write_seqcount_begin(&bdev->config_seq);
	memset(bdev->config, 0, bdev->config_size);
	memset(bdev->config_mask, 0, sizeof(bdev->config_mask));
	build_header(bdev);
	for (i = 0; i <= VFIO_PCI_BAR5_REGION_INDEX; i++)
		build_bar(bdev, i);
	build_rom(bdev);
	mdev_bpf_pci_caps_build(bdev);
	write_seqcount_end(&bdev->config_seq);
	mdev_bpf_irq_intx_off(&bdev->irqs, false);
}

/**
 * mdev_bpf_pci_config_size() - get the size of a device's configuration space
 * @bdev: the device
 *
 * Bytes beyond mdev_bpf_device::config_size are zero and not stored. A zero at MDEV_BPF_CONFIG_SIZE
 * means that there is no extended capability.
 *
 * Return: the size in bytes.
 */
u32 mdev_bpf_pci_config_size(const struct mdev_bpf_device *bdev)
{
	return bdev->pci.flags & MDEV_BPF_PCI_EXPRESS ? MDEV_BPF_CONFIG_EXPRESS :
							MDEV_BPF_CONFIG_SIZE;
}

/**
 * mdev_bpf_pci_config_valid() - check an access to configuration space
 * @bdev: the device
 * @offset: first byte
 * @size: number of bytes
 *
 * Return: true if @size is 1, 2 or 4 and @offset a multiple of it and in bounds.
 */
bool mdev_bpf_pci_config_valid(const struct mdev_bpf_device *bdev, u32 offset, u32 size)
{
	return (size == 1 || size == 2 || size == 4) && !(offset & (size - 1)) &&
	       offset < mdev_bpf_pci_config_size(bdev);
}

/* One case for each size costs less than a loop. */
static u32 get_bytes(const u8 *p, u32 size)
{
	switch (size) {
	case 1:
		return *p;
	case 2:
		return get_unaligned_le16(p);
	default:
		return get_unaligned_le32(p);
	}
}

static bool has_status(u32 offset, u32 size)
{
	return offset <= PCI_STATUS && PCI_STATUS < offset + size;
}

/* Update the interrupt status bit, which shows the line (PCI Local Bus 3.0, 6.2.3) */
static void update_status(struct mdev_bpf_device *bdev)
{
	bool up = mdev_bpf_irq_is_up(&bdev->irqs, VFIO_PCI_INTX_IRQ_INDEX);

	write_seqcount_begin(&bdev->config_seq);
	bdev->config[PCI_STATUS] &= ~PCI_STATUS_INTERRUPT;
	if (up)
		bdev->config[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
	write_seqcount_end(&bdev->config_seq);
}

/**
 * mdev_bpf_pci_config_read() - read configuration space
 * @bdev: the device
 * @offset: first byte, a multiple of @size
 * @size: 1, 2 or 4
 *
 * Context: The gate held.
 *
 * Return: the value.
 */
u32 mdev_bpf_pci_config_read(struct mdev_bpf_device *bdev, u32 offset, u32 size)
{
	mdev_bpf_gate_assert_held(bdev);
	if (offset >= bdev->config_size)
		return 0;
	if (has_status(offset, size))
		update_status(bdev);
	return get_bytes(bdev->config + offset, size);
}

/* In one store, because mdev_bpf_pci_config_is_master() reads a byte without the gate */
static void change_byte(struct mdev_bpf_device *bdev, u32 i, u8 mask, u8 val)
{
	WRITE_ONCE(bdev->config[i], (bdev->config[i] & ~mask) | (val & mask));
}

/**
 * mdev_bpf_pci_config_write() - write configuration space as a guest does
 * @bdev: the device
 * @offset: first byte, a multiple of @size
 * @size: 1, 2 or 4
 * @val: the value; bits that are not writable are ignored
 *
 * Context: The gate held.
 *
 * Return: true if the guest requests a function level reset.
 */
bool mdev_bpf_pci_config_write(struct mdev_bpf_device *bdev, u32 offset, u32 size, u32 val)
{
	bool flr = false;
	u16 command;
	u32 i;

	mdev_bpf_gate_assert_held(bdev);
	if (offset >= MDEV_BPF_CONFIG_SIZE)
		return false;
	write_seqcount_begin(&bdev->config_seq);
	for (i = offset; i < offset + size; i++, val >>= 8) {
		u8 mask = mdev_bpf_pci_caps_mask(bdev, i, val);

		change_byte(bdev, i, mask, val);
		flr |= mdev_bpf_pci_caps_is_flr(bdev, i, val);
	}
	write_seqcount_end(&bdev->config_seq);
	command = get_unaligned_le16(bdev->config + PCI_COMMAND);
	mdev_bpf_irq_intx_off(&bdev->irqs, command & PCI_COMMAND_INTX_DISABLE);
	return flr;
}

/* Checking the first byte is enough: an aligned access cannot cross either end. */
static bool in_own_bytes(const struct mdev_bpf_device *bdev, u32 offset)
{
	return offset >= bdev->own_start && offset < MDEV_BPF_CONFIG_CAPS;
}

/* The bits of an access that belong to the program */
static u32 own_bits(const struct mdev_bpf_device *bdev, const struct mdev_bpf_access *access)
{
	u32 mask = 0, i;

	for (i = 0; i < access->size; i++)
		if (in_own_bytes(bdev, access->offset + i) ||
		    mdev_bpf_pci_caps_is_own(bdev, access->offset + i, 1))
			mask |= 0xffU << i * BITS_PER_BYTE;
	return mask;
}

static u32 do_read(struct mdev_bpf_device *bdev, const struct mdev_bpf_access *access)
{
	return mdev_bpf_pci_config_read(bdev, access->offset, access->size);
}

/* Read, and have config_read change the bits in @own. Return: 0, or a negative errno. */
static int read_and_ask(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access, u32 own)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_CONFIG_READ);
	u32 val;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	val = do_read(bdev, access);
	access->val = val;
	mdev_bpf_call_op(&call, config_read, access);
	access->val = (val & ~own) | (access->val & own);
	return 0;
}

/* Does the read call config_read, if the gate lets it? Without a program there is no op. */
static bool needs_program(struct mdev_bpf_device *bdev, const struct mdev_bpf_access *access)
{
	return READ_ONCE(bdev->gate.has) & BIT(MDEV_BPF_OP_CONFIG_READ) && own_bits(bdev, access);
}

/*
 * Read without the gate. raw_seqcount_begin() does not wait for a change that is being made.
 * Return: false if there was one, or if the read needs the gate.
 */
static bool read_freely(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access)
{
	u32 offset = access->offset, size = access->size;
	unsigned int seq;

	if (has_status(offset, size))
		return false;
	seq = raw_seqcount_begin(&bdev->config_seq);
	access->val = offset < bdev->config_size ? get_bytes(bdev->config + offset, size) : 0;
	return !read_seqcount_retry(&bdev->config_seq, seq);
}

/* Not inline, so that reads that need neither gate nor program do not pay for the frame of this. */
static noinline int read_in_gate(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
				 bool ask)
{
	int ret = -ENODEV;

	if (ask)
		ret = read_and_ask(bdev, access, own_bits(bdev, access));
	if (ret == -ENODEV || ret == -EIO) {
		guard(mdev_bpf_gate)(bdev);
		access->val = do_read(bdev, access);
		ret = 0;
	}
	return ret;
}

/**
 * mdev_bpf_pci_config_user_read() - read configuration space for the user
 * @bdev: the device
 * @access: the access, within bounds; its value is set
 *
 * Calls the program's config_read if there are bytes of the program, and a program is attached.
 *
 * Context: Process context.
 *
 * Return: 0; -EINTR.
 */
int mdev_bpf_pci_config_user_read(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access)
{
	bool ask = needs_program(bdev, access);

	if (likely(!ask && read_freely(bdev, access)))
		return 0;
	return read_in_gate(bdev, access, ask);
}

static bool do_write(struct mdev_bpf_device *bdev, const struct mdev_bpf_access *access)
{
	return mdev_bpf_pci_config_write(bdev, access->offset, access->size, access->val);
}

/* Write, and call config_write. Return: the result of do_write(), or a negative errno. */
static int write_and_notify(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access)
{
	CLASS(mdev_bpf_call, call)(bdev, MDEV_BPF_OP_CONFIG_WRITE);
	bool flr;

	if (IS_ERR(call.ops))
		return PTR_ERR(call.ops);
	flr = do_write(bdev, access);
	mdev_bpf_call_op(&call, config_write, access);
	return flr;
}

/**
 * mdev_bpf_pci_config_user_write() - write configuration space for the user
 * @bdev: the device
 * @access: the access, within bounds
 *
 * The core makes the write, whether a program is attached or not, and then calls the program's
 * config_write.
 *
 * Context: Process context.
 *
 * Return: 0; 1 if the guest requests a function level reset, which the caller then makes; -EINTR.
 */
int mdev_bpf_pci_config_user_write(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access)
{
	int flr = -ENODEV;

	if (mdev_bpf_gate_has(bdev, MDEV_BPF_OP_CONFIG_WRITE, false))
		flr = write_and_notify(bdev, access);
	if (flr == -ENODEV || flr == -EIO) {
		guard(mdev_bpf_gate)(bdev);
		flr = do_write(bdev, access);
	}
	return flr;
}

/**
 * mdev_bpf_pci_config_is_master() - may the device access memory?
 * @bdev: the device
 *
 * Context: Any; without the gate, the answer may be outdated.
 *
 * Return: false while it is a PCI device whose bus mastering is off.
 */
bool mdev_bpf_pci_config_is_master(struct mdev_bpf_device *bdev)
{
	/* The bit is in the first byte */
	return !bdev->api->pci || READ_ONCE(bdev->config[PCI_COMMAND]) & PCI_COMMAND_MASTER;
}

/**
 * mdev_bpf_pci_config_own_write() - write device-specific bytes, for the program
 * @bdev: the device
 * @offset: first byte, a multiple of @size
 * @size: 1, 2 or 4
 * @val: the value
 *
 * Context: The gate held.
 *
 * Return: 0; -EPERM if the bytes belong to the core.
 */
int mdev_bpf_pci_config_own_write(struct mdev_bpf_device *bdev, u32 offset, u32 size, u32 val)
{
	mdev_bpf_gate_assert_held(bdev);
	if (!in_own_bytes(bdev, offset) && !mdev_bpf_pci_caps_is_own(bdev, offset, size))
		return -EPERM;
	write_seqcount_begin(&bdev->config_seq);
	for (; size--; val >>= 8)
		bdev->config[offset++] = val;
	write_seqcount_end(&bdev->config_seq);
	return 0;
}

/**
 * mdev_bpf_pci_config_load() - load configuration space from a migration stream
 * @bdev: the device
 * @config: configuration space of a device of the same type, of the same size
 *
 * Only bits that a guest or the program can write are loaded. The identity of the device does not
 * change.
 *
 * Context: The gate held.
 */
void mdev_bpf_pci_config_load(struct mdev_bpf_device *bdev, const u8 *config)
{
	u16 command;
	u32 i;

	mdev_bpf_gate_assert_held(bdev);
	write_seqcount_begin(&bdev->config_seq);
	for (i = 0; i < bdev->config_size; i++) {
		bool own = in_own_bytes(bdev, i) || mdev_bpf_pci_caps_is_own(bdev, i, 1);
		u8 mask = own ? 0xff : mdev_bpf_pci_caps_mask(bdev, i, config[i]);

		change_byte(bdev, i, mask, config[i]);
	}
	write_seqcount_end(&bdev->config_seq);
	command = get_unaligned_le16(bdev->config + PCI_COMMAND);
	mdev_bpf_irq_intx_off(&bdev->irqs, command & PCI_COMMAND_INTX_DISABLE);
}
