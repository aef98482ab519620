// SPDX-License-Identifier: GPL-2.0-only
/* PCI configuration space: what a guest's firmware and kernel read and write at boot. */
#include <linux/pci_regs.h>
#include <string.h>

#include "dev.h"

#define CFG	VFIO_PCI_CONFIG_REGION_INDEX
#define MSI	MDEV_BPF_CONFIG_CAPS

static void load(void)
{
	dev_load(KDEV);
}

static void open_a(void)
{
	dev_open("kdev-a");
}

static void expect_cfg(unsigned int off, unsigned int size, __u64 want)
{
	__u64 got = dev_get(CFG, off, size);

	if (got != want)
		mtap_fail(__FILE__, __LINE__, "config %#x/%u is %#jx, expected %#jx", off, size,
			  (uintmax_t)got, (uintmax_t)want);
}

/* Bits that a write of all ones, then of all zeros, can change */
static __u64 writable(unsigned int off, unsigned int size)
{
	__u64 old = dev_get(CFG, off, size), ones, zeros;

	dev_set(CFG, off, size, ~0ULL);
	ones = dev_get(CFG, off, size);
	dev_set(CFG, off, size, 0);
	zeros = dev_get(CFG, off, size);
	dev_set(CFG, off, size, old);
	return ones ^ zeros;
}

MTAP_TEST(identity)
{
	expect_cfg(PCI_VENDOR_ID, 2, 0x1234);
	expect_cfg(PCI_DEVICE_ID, 2, 0x5678);
	expect_cfg(PCI_VENDOR_ID, 4, 0x56781234);
	expect_cfg(PCI_REVISION_ID, 1, 3);
	expect_cfg(PCI_CLASS_PROG, 1, 0x02);
	expect_cfg(PCI_CLASS_DEVICE, 2, 0xff01);
	expect_cfg(PCI_HEADER_TYPE, 1, PCI_HEADER_TYPE_NORMAL);
	expect_cfg(PCI_SUBSYSTEM_VENDOR_ID, 2, 0x9abc);
	expect_cfg(PCI_SUBSYSTEM_ID, 2, 0xdef0);
	expect_cfg(PCI_COMMAND, 2, 0);
	expect_cfg(PCI_STATUS, 2, PCI_STATUS_CAP_LIST | PCI_STATUS_DEVSEL_MEDIUM);
	expect_cfg(PCI_ROM_ADDRESS, 4, 0);
	expect_cfg(PCI_INTERRUPT_PIN, 1, 1);
}

MTAP_TEST(read_only)
{
	EXPECT_EQ(writable(PCI_VENDOR_ID, 4), 0);
	EXPECT_EQ(writable(PCI_STATUS, 2), 0);
	EXPECT_EQ(writable(PCI_CLASS_REVISION, 4), 0);
	EXPECT_EQ(writable(PCI_HEADER_TYPE, 2), 0);
	EXPECT_EQ(writable(PCI_CARDBUS_CIS, 4), 0);
	EXPECT_EQ(writable(PCI_SUBSYSTEM_VENDOR_ID, 4), 0);
	EXPECT_EQ(writable(PCI_ROM_ADDRESS, 4), 0);
	EXPECT_EQ(writable(PCI_CAPABILITY_LIST, 4), 0);
	EXPECT_EQ(writable(0x38, 4), 0);
	EXPECT_EQ(writable(PCI_INTERRUPT_PIN, 1), 0);
	EXPECT_EQ(writable(PCI_MIN_GNT, 2), 0);
	EXPECT_EQ(writable(MDEV_BPF_CONFIG_OWN, 4), 0);
	EXPECT_EQ(writable(MSI + 0x18, 4), 0);
	EXPECT_EQ(writable(MDEV_BPF_CONFIG_SIZE - 4, 4), 0);
}

MTAP_TEST(writable_bits)
{
	const unsigned int command = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
				     PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
				     PCI_COMMAND_INTX_DISABLE;

	EXPECT_EQ(writable(PCI_COMMAND, 2), command);
	EXPECT_EQ(writable(PCI_INTERRUPT_LINE, 1), 0xff);
	EXPECT_EQ(writable(PCI_CACHE_LINE_SIZE, 1), 0xff);
	EXPECT_EQ(writable(PCI_LATENCY_TIMER, 1), 0xff);
	/* Interrupt line and pin are neighbours; one write reaches only what it may. */
	dev_set(CFG, PCI_INTERRUPT_LINE, 4, 0xffffff0b);
	expect_cfg(PCI_INTERRUPT_LINE, 4, 0x0000010b);
	dev_set(CFG, PCI_COMMAND + 1, 1, 0xff);
	expect_cfg(PCI_COMMAND, 2, PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
}

/* Ones written to a BAR come back without the bits below its size, flags kept. */
MTAP_TEST(bar_sizes)
{
	expect_cfg(PCI_BASE_ADDRESS_0, 4, PCI_BASE_ADDRESS_SPACE_MEMORY);
	dev_set(CFG, PCI_BASE_ADDRESS_0, 4, 0xffffffff);
	expect_cfg(PCI_BASE_ADDRESS_0, 4, 0xffffffc0);
	dev_set(CFG, PCI_BASE_ADDRESS_0, 4, 0xfe123456);
	expect_cfg(PCI_BASE_ADDRESS_0, 4, 0xfe123440);

	expect_cfg(PCI_BASE_ADDRESS_1, 4, PCI_BASE_ADDRESS_SPACE_IO);
	dev_set(CFG, PCI_BASE_ADDRESS_1, 4, 0xffffffff);
	expect_cfg(PCI_BASE_ADDRESS_1, 4, 0xffffff01);

	dev_set(CFG, PCI_BASE_ADDRESS_2, 4, 0xffffffff);
	expect_cfg(PCI_BASE_ADDRESS_2, 4, 0xffffffc0 | PCI_BASE_ADDRESS_MEM_PREFETCH);

	/* Firmware may write bytes. */
	dev_set(CFG, PCI_BASE_ADDRESS_3 + 3, 1, 0xab);
	expect_cfg(PCI_BASE_ADDRESS_3, 4, 0xab000000);
}

MTAP_TEST(bar_64bit)
{
	expect_cfg(PCI_BASE_ADDRESS_4, 4, PCI_BASE_ADDRESS_MEM_TYPE_64);
	dev_set(CFG, PCI_BASE_ADDRESS_4, 4, 0xffffffff);
	dev_set(CFG, PCI_BASE_ADDRESS_5, 4, 0xffffffff);
	/* 8 GiB: bits 0 to 32 are fixed */
	expect_cfg(PCI_BASE_ADDRESS_4, 4, PCI_BASE_ADDRESS_MEM_TYPE_64);
	expect_cfg(PCI_BASE_ADDRESS_5, 4, 0xfffffffe);
}

MTAP_TEST(no_bar)
{
	dev_close();
	dev_open("kdev-b");
	EXPECT_EQ(writable(PCI_BASE_ADDRESS_3, 4), 0);
	expect_cfg(PCI_BASE_ADDRESS_3, 4, 0);
	EXPECT_EQ(writable(PCI_BASE_ADDRESS_2, 4), 0xffffffc0);
}

MTAP_TEST(msi_capability)
{
	expect_cfg(PCI_CAPABILITY_LIST, 1, MSI);
	expect_cfg(MSI, 1, PCI_CAP_ID_MSI);
	expect_cfg(MSI + PCI_CAP_LIST_NEXT, 1, 0);
	/* 4 vectors, 64 bit addresses */
	expect_cfg(MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT | 2 << 1);
	EXPECT_EQ(writable(MSI + PCI_MSI_FLAGS, 2), PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	EXPECT_EQ(writable(MSI + PCI_MSI_ADDRESS_LO, 4), 0xfffffffc);
	EXPECT_EQ(writable(MSI + PCI_MSI_ADDRESS_HI, 4), 0xffffffff);
	EXPECT_EQ(writable(MSI + PCI_MSI_DATA_64, 2), 0xffff);
	dev_set(CFG, MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE);
	expect_cfg(MSI + PCI_MSI_FLAGS, 2,
		   PCI_MSI_FLAGS_64BIT | 2 << 1 | PCI_MSI_FLAGS_ENABLE);
}

/* The status register's one live bit */
MTAP_TEST(interrupt_status)
{
	const unsigned int rest = PCI_STATUS_CAP_LIST | PCI_STATUS_DEVSEL_MEDIUM;

	dev_ctl_set(KDEV_CTL_LEVEL, 1);
	expect_cfg(PCI_STATUS, 2, rest | PCI_STATUS_INTERRUPT);
	dev_ctl_set(KDEV_CTL_LEVEL, 0);
	expect_cfg(PCI_STATUS, 2, rest);
}

/* The program's kfuncs */
static __u32 own_read(__u32 off, __u32 size)
{
	dev_ctl_set(KDEV_CTL_CFG_OFF, off);
	dev_ctl_set(KDEV_CTL_CFG_SIZE, size);
	return dev_ctl(KDEV_CTL_CFG_READ);
}

static int own_write(__u32 off, __u32 size, __u32 val)
{
	dev_ctl_set(KDEV_CTL_CFG_OFF, off);
	dev_ctl_set(KDEV_CTL_CFG_SIZE, size);
	dev_ctl_set(KDEV_CTL_CFG_WRITE, val);
	return dev_ctl(KDEV_CTL_RESULT);
}

MTAP_TEST(program_reads)
{
	EXPECT_EQ(own_read(0, 4), 0x56781234);
	EXPECT_EQ(own_read(2, 2), 0x5678);
	EXPECT_EQ(own_read(3, 1), 0x56);
	dev_set(CFG, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	EXPECT_EQ(own_read(PCI_COMMAND, 2), PCI_COMMAND_MASTER);
	EXPECT_EQ((int)own_read(2, 4), -EINVAL);
	EXPECT_EQ((int)own_read(0, 3), -EINVAL);
	EXPECT_EQ((int)own_read(0, 0), -EINVAL);
	EXPECT_EQ((int)own_read(0, 8), -EINVAL);
	EXPECT_EQ((int)own_read(MDEV_BPF_CONFIG_SIZE, 1), -EINVAL);
	EXPECT_EQ((int)own_read(0xfffffffc, 4), -EINVAL);
}

MTAP_TEST(program_writes)
{
	EXPECT_EQ(own_write(0x40, 4, 0x11223344), 0);
	EXPECT_EQ(own_write(0x46, 2, 0xffff5566), 0);
	EXPECT_EQ(own_write(0x7f, 1, 0x77), 0);
	expect_cfg(0x40, 4, 0x11223344);
	expect_cfg(0x44, 4, 0x55660000);
	expect_cfg(0x7c, 4, 0x77000000);
	EXPECT_EQ(own_write(0x3c, 4, 1), -EPERM);
	EXPECT_EQ(own_write(0x80, 1, 1), -EPERM);
	EXPECT_EQ(own_write(0, 4, 1), -EPERM);
	EXPECT_EQ(own_write(0x41, 2, 1), -EINVAL);
	EXPECT_EQ(own_write(0x40, 3, 1), -EINVAL);
	EXPECT_EQ(own_write(0x100, 4, 1), -EINVAL);
	EXPECT_EQ(own_write(0xfffffffc, 4, 1), -EINVAL);
	identity();
	/* The guest can read but not write them; reset clears them. */
	EXPECT_EQ(writable(0x40, 4), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	expect_cfg(0x40, 4, 0);
}

MTAP_TEST(reset_restores)
{
	dev_set(CFG, PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	dev_set(CFG, PCI_COMMAND, 2, 7);
	dev_set(CFG, PCI_INTERRUPT_LINE, 1, 11);
	dev_set(CFG, MSI + PCI_MSI_ADDRESS_LO, 4, 0xfee00000);
	dev_set(CFG, MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_ENABLE);
	EXPECT_EQ(vfio_reset(&dev), 0);
	expect_cfg(PCI_BASE_ADDRESS_0, 4, 0);
	expect_cfg(PCI_COMMAND, 2, 0);
	expect_cfg(PCI_INTERRUPT_LINE, 1, 0);
	expect_cfg(MSI + PCI_MSI_ADDRESS_LO, 4, 0);
	expect_cfg(MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT | 2 << 1);
	identity();
}

/* Any width, any alignment, the whole of it at once: always the same bytes. */
MTAP_TEST(widths)
{
	unsigned char all[MDEV_BPF_CONFIG_SIZE + 16], part[8];
	unsigned int off, size;

	ASSERT_EQ(vfio_pread(&dev, CFG, 0, all, sizeof(all)), MDEV_BPF_CONFIG_SIZE);
	EXPECT_EQ(all[0], 0x34);
	EXPECT_EQ(all[0x2e], 0xf0);
	for (size = 1; size <= sizeof(part); size++) {
		for (off = 0; off + size <= MDEV_BPF_CONFIG_SIZE; off += 5) {
			ASSERT_EQ(vfio_pread(&dev, CFG, off, part, size), size);
			if (memcmp(part, all + off, size))
				mtap_fail(__FILE__, __LINE__, "%u bytes at %#x differ", size, off);
		}
	}
	EXPECT_EQ(vfio_pread(&dev, CFG, MDEV_BPF_CONFIG_SIZE - 2, part, 4), 2);
	EXPECT_EQ(vfio_pread(&dev, CFG, MDEV_BPF_CONFIG_SIZE, part, 1), -EINVAL);
	EXPECT_EQ(vfio_pwrite(&dev, CFG, MDEV_BPF_CONFIG_SIZE - 2, part, 4), 2);
	EXPECT_EQ(vfio_pwrite(&dev, CFG, MDEV_BPF_CONFIG_SIZE, part, 1), -EINVAL);
	EXPECT_EQ(vfio_pwrite(&dev, CFG, 1ULL << 32, part, 1), -EINVAL);
}

/* Config space is the core's: the program is not called. */
MTAP_TEST(not_logged)
{
	dev_set(CFG, 0, 4, 0);
	dev_get(CFG, 0, 4);
	EXPECT_EQ(dev_ctl(KDEV_CTL_NR_LOG), 0);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_a, .after = dev_close, .teardown = dev_unload,
};
