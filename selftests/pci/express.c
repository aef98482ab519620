// SPDX-License-Identifier: GPL-2.0-only
/* Configuration space of a PCI Express device, and what a guest does with its capabilities. */
#include <linux/pci_regs.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "kpci.h"

/* Bits that a write of all ones, then of all zeros, can change */
static __u32 writable(unsigned int off, unsigned int size)
{
	__u32 old = cfg(off, size), ones, zeros;

	dev_set(CFG, off, size, ~0ULL);
	ones = cfg(off, size);
	dev_set(CFG, off, size, 0);
	zeros = cfg(off, size);
	dev_set(CFG, off, size, old);
	return ones ^ zeros;
}

static __u64 counter(int what)
{
	return dev_count(&dev_prog, what);
}

/* As any guest finds a capability; 0 if there is none, or the list does not end. */
static unsigned int find_cap(unsigned int id)
{
	unsigned int cap, n = 0;

	for (cap = cfg(PCI_CAPABILITY_LIST, 1); cap && n++ < 48; cap = cfg(cap + 1, 1)) {
		EXPECT(cap >= MDEV_BPF_CONFIG_OWN && !(cap & 3));
		if (cfg(cap, 1) == id)
			return cap;
	}
	return 0;
}

static unsigned int caps(void)
{
	unsigned int cap, n = 0;

	for (cap = cfg(PCI_CAPABILITY_LIST, 1); cap && n < 48; cap = cfg(cap + 1, 1))
		n++;
	return n;
}

MTAP_TEST(sizes)
{
	unsigned char all[MDEV_BPF_CONFIG_EXPRESS + 16];
	size_t i;

	EXPECT_EQ(dev.region[CFG].size, MDEV_BPF_CONFIG_EXPRESS);
	memset(all, 0xff, sizeof(all));
	ASSERT_EQ(vfio_pread(&dev, CFG, 0, all, sizeof(all)), MDEV_BPF_CONFIG_EXPRESS);
	EXPECT_EQ(all[0] | all[1] << 8, 0x1234);
	/* Behind the extended capabilities nothing sticks, nor in them */
	for (i = KPCI_EXTENDED_END; i < MDEV_BPF_CONFIG_EXPRESS; i++)
		ASSERT_EQ(all[i], 0);
	EXPECT_EQ(writable(0x100, 4), 0);
	EXPECT_EQ(writable(KPCI_EXTENDED_END - 4, 4), 0);
	EXPECT_EQ(writable(KPCI_EXTENDED_END, 4), 0);
	EXPECT_EQ(writable(0xffc, 4), 0);
	EXPECT_EQ(vfio_get(&dev, CFG, MDEV_BPF_CONFIG_EXPRESS, 1), -EINVAL);
	EXPECT_EQ(vfio_set(&dev, CFG, MDEV_BPF_CONFIG_EXPRESS, 1, 0), -EINVAL);
}

MTAP_TEST(header)
{
	EXPECT_EQ(cfg(PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
	EXPECT_EQ(writable(PCI_LATENCY_TIMER, 1), 0);
	EXPECT_EQ(writable(PCI_CACHE_LINE_SIZE, 1), 0xff);
}

MTAP_TEST(chain)
{
	EXPECT_EQ(caps(), 3 + 5);
	EXPECT_EQ(find_cap(PCI_CAP_ID_MSI), MDEV_BPF_CONFIG_CAPS);
	EXPECT_EQ(find_cap(PCI_CAP_ID_PM), 0x90);
	EXPECT_EQ(find_cap(PCI_CAP_ID_EXP), 0x98);
	EXPECT_EQ(find_cap(PCI_CAP_ID_VNDR), 0xd4);
	EXPECT_EQ(writable(0x90, 2), 0);
	EXPECT_EQ(cfg(MDEV_BPF_CONFIG_CAPS + PCI_MSI_FLAGS, 2), PCI_MSI_FLAGS_64BIT | 2 << 1);
}

static void set_power(unsigned int pm, __u32 val)
{
	dev_set(CFG, pm + PCI_PM_CTRL, 2, val);
}

MTAP_TEST(power_states)
{
	unsigned int pm = find_cap(PCI_CAP_ID_PM);
	const __u32 d0 = PCI_PM_CTRL_NO_SOFT_RESET;
	__u64 resets = counter(KPCI_NR_RESETS);

	ASSERT(pm);
	EXPECT_EQ(cfg(pm + PCI_PM_PMC, 2), 3);
	EXPECT_EQ(cfg(pm + PCI_PM_CTRL, 2), d0);
	EXPECT_EQ(writable(pm + PCI_PM_PMC, 2), 0);
	EXPECT_EQ(writable(pm + PCI_PM_CTRL, 2), PCI_PM_CTRL_STATE_MASK);
	EXPECT_EQ(writable(pm + PCI_PM_PPB_EXTENSIONS, 2), 0);
	/* States that the device has not leave it where it is */
	set_power(pm, 1);
	EXPECT_EQ(cfg(pm + PCI_PM_CTRL, 2), d0);
	set_power(pm, 3);
	EXPECT_EQ(cfg(pm + PCI_PM_CTRL, 2), d0 | 3);
	set_power(pm, 2);
	EXPECT_EQ(cfg(pm + PCI_PM_CTRL, 2), d0 | 3);
	dev_set(CFG, pm + PCI_PM_CTRL, 1, 1);
	EXPECT_EQ(cfg(pm + PCI_PM_CTRL, 2), d0 | 3);
	/* The way back keeps what the device had */
	dev_set(CFG, PCI_INTERRUPT_LINE, 1, 9);
	set_power(pm, 0);
	EXPECT_EQ(cfg(pm + PCI_PM_CTRL, 2), d0);
	EXPECT_EQ(cfg(PCI_INTERRUPT_LINE, 1), 9);
	EXPECT_EQ(counter(KPCI_NR_RESETS), resets);
}

MTAP_TEST(express)
{
	unsigned int exp = find_cap(PCI_CAP_ID_EXP);
	const __u32 control = PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN | 0x2000;

	ASSERT(exp);
	EXPECT_EQ(cfg(exp + PCI_EXP_FLAGS, 2), 2 | PCI_EXP_TYPE_ENDPOINT << 4);
	EXPECT_EQ(cfg(exp + PCI_EXP_DEVCAP, 4), PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR);
	EXPECT_EQ(cfg(exp + PCI_EXP_DEVCTL, 2), control);
	EXPECT_EQ(cfg(exp + PCI_EXP_DEVSTA, 2), 0);
	EXPECT_EQ(cfg(exp + PCI_EXP_LNKCAP, 4) & PCI_EXP_LNKCAP_SLS, PCI_EXP_LNKCAP_SLS_2_5GB);
	EXPECT_EQ(cfg(exp + PCI_EXP_LNKCAP, 4) & PCI_EXP_LNKCAP_MLW, 0x10);
	EXPECT_EQ(cfg(exp + PCI_EXP_LNKSTA, 2), 0x11);
	EXPECT_EQ(cfg(exp + PCI_EXP_LNKCAP2, 4), PCI_EXP_LNKCAP2_SLS_2_5GB);
	EXPECT_EQ(cfg(exp + 0x34, 4), 0);
	EXPECT_EQ(writable(exp + PCI_EXP_FLAGS, 2), 0);
	EXPECT_EQ(writable(exp + PCI_EXP_DEVCAP, 4), 0);
	EXPECT_EQ(writable(exp + PCI_EXP_LNKCAP, 4), 0);
	EXPECT_EQ(writable(exp + PCI_EXP_LNKCTL, 4), 0);
	EXPECT_EQ(writable(exp + PCI_EXP_LNKCTL2, 4), 0);
	EXPECT_EQ(writable(exp + PCI_EXP_DEVCTL2, 2), PCI_EXP_DEVCTL2_COMP_TMOUT_DIS);
	/* Everything of the device control but the bit that resets */
	dev_set(CFG, exp + PCI_EXP_DEVCTL, 2, 0x7fff);
	EXPECT_EQ(cfg(exp + PCI_EXP_DEVCTL, 2), 0x781f);
	dev_set(CFG, exp + PCI_EXP_DEVCTL, 2, 0);
	EXPECT_EQ(cfg(exp + PCI_EXP_DEVCTL, 2), 0);
	/* Clearing errors that there are none of changes nothing */
	dev_set(CFG, exp + PCI_EXP_DEVSTA, 2, 0xffff);
	EXPECT_EQ(cfg(exp + PCI_EXP_DEVSTA, 2), 0);
}

static int own_write(__u32 off, __u32 size, __u32 val)
{
	dev_set(0, KPCI_OFF, 4, off);
	dev_set(0, KPCI_SIZE, 4, size);
	dev_set(0, KPCI_WRITE, 4, val);
	return dev_get(0, KPCI_RESULT, 4);
}

static int own_read(__u32 off, __u32 size)
{
	dev_set(0, KPCI_OFF, 4, off);
	dev_set(0, KPCI_SIZE, 4, size);
	return dev_get(0, KPCI_READ, 4);
}

MTAP_TEST(vendor_capability)
{
	unsigned int cap = find_cap(PCI_CAP_ID_VNDR);

	ASSERT(cap);
	EXPECT_EQ(cfg(cap + PCI_CAP_FLAGS, 1), KPCI_EMPTY_SIZE);
	EXPECT_EQ(own_write(cap + 3, 1, 0x33), 0);
	EXPECT_EQ(own_write(cap + 4, 4, 0x44556677), 0);
	EXPECT_EQ(own_write(cap + KPCI_EMPTY_SIZE - 2, 2, 0x8899), 0);
	EXPECT_EQ(cfg(cap, 4), 0x33000000 | KPCI_EMPTY_SIZE << 16 | 0x40 << 8 | PCI_CAP_ID_VNDR);
	EXPECT_EQ(cfg(cap + 4, 4), 0x44556677);
	EXPECT_EQ(cfg(cap + KPCI_EMPTY_SIZE - 2, 4), 0x8899);
	/* Not its header, nor what is behind it */
	EXPECT_EQ(own_write(cap, 4, 0), -EPERM);
	EXPECT_EQ(own_write(cap + 2, 1, 0), -EPERM);
	EXPECT_EQ(own_write(cap + 2, 2, 0), -EPERM);
	EXPECT_EQ(own_write(cap + 16, 4, 0), -EPERM);
	EXPECT_EQ(own_write(cap + KPCI_EMPTY_SIZE, 2, 0), -EPERM);
	EXPECT_EQ(own_write(0x7c, 4, 0x1234), 0);
	EXPECT_EQ(writable(cap, 4), 0);
	EXPECT_EQ(writable(cap + 4, 4), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(cfg(cap + 4, 4), 0);
}

MTAP_TEST(program_sees_extended_space)
{
	EXPECT_EQ(own_read(0x100, 4), cfg(0x100, 4));
	EXPECT_EQ(own_read(KPCI_EXTENDED_END, 4), 0);
	EXPECT_EQ(own_read(0xffe, 2), 0);
	EXPECT_EQ(own_read(0x1000, 1), -EINVAL);
	EXPECT_EQ(own_write(0x100, 4, 1), -EPERM);
	EXPECT_EQ(own_write(KPCI_EXTENDED_END, 4, 1), -EPERM);
	EXPECT_EQ(own_write(0xffc, 4, 1), -EPERM);
	EXPECT_EQ(own_write(0x1000, 4, 1), -EINVAL);
}

/* Told of each piece, when it has been done. */
MTAP_TEST(program_is_told)
{
	__u64 hooks = counter(KPCI_NR_HOOKS);

	dev_set(CFG, PCI_COMMAND, 2, 0xfb02);
	EXPECT_EQ(dev_get(0, KPCI_HOOKS, 4), 1);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_WHERE, 4), CFG << 24 | 2 << 16 | PCI_COMMAND);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_VAL, 4), 0xfb02);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_NOW, 4), 0x0102);
	/* What changes nothing is told as well, what reads is not */
	dev_set(CFG, 0x200, 4, 7);
	cfg(0, 4);
	EXPECT_EQ(dev_get(0, KPCI_HOOKS, 4), 2);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_WHERE, 4), CFG << 24 | 4 << 16 | 0x200);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_NOW, 4), 0);
	/* 7 bytes from 9: 1, 2 and 4 */
	ASSERT_EQ(vfio_pwrite(&dev, CFG, 9, "abcdefg", 7), 7);
	EXPECT_EQ(dev_get(0, KPCI_HOOKS, 4), 5);
	EXPECT_EQ(dev_get(0, KPCI_HOOK_VAL, 4), 0x67666564);
	EXPECT_EQ(counter(KPCI_NR_HOOKS), hooks + 5);
}

MTAP_TEST(without_program)
{
	__u64 hooks = counter(KPCI_NR_HOOKS);

	prog_detach(&dev_prog);
	dev_set(CFG, PCI_INTERRUPT_LINE, 1, 5);
	EXPECT_EQ(cfg(PCI_INTERRUPT_LINE, 1), 5);
	/* A reset takes a program */
	EXPECT_EQ(vfio_set(&dev, CFG, find_cap(PCI_CAP_ID_EXP) + PCI_EXP_DEVCTL, 2,
			   PCI_EXP_DEVCTL_BCR_FLR), -ENODEV);
	EXPECT_EQ(cfg(PCI_INTERRUPT_LINE, 1), 5);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(counter(KPCI_NR_HOOKS), hooks);
	dev_set(CFG, PCI_INTERRUPT_LINE, 1, 6);
	EXPECT_EQ(counter(KPCI_NR_HOOKS), hooks + 1);
}

MTAP_TEST(flr)
{
	unsigned int exp = find_cap(PCI_CAP_ID_EXP);
	__u64 resets = counter(KPCI_NR_RESETS);
	__u32 control = cfg(exp + PCI_EXP_DEVCTL, 2);

	dev_set(0, KPCI_OFF, 4, 0x40);
	dev_set(CFG, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	dev_set(CFG, exp + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_CERE);
	EXPECT_EQ(counter(KPCI_NR_RESETS), resets + 1);
	EXPECT_EQ(cfg(exp + PCI_EXP_DEVCTL, 2), control);
	EXPECT_EQ(cfg(PCI_COMMAND, 2), 0);
	EXPECT_EQ(dev_get(0, KPCI_HOOKS, 4), 0);
	/* Its upper byte alone, and as part of 4; not the lower byte, nor a neighbour */
	dev_set(CFG, exp + PCI_EXP_DEVCTL + 1, 1, 0x80);
	EXPECT_EQ(counter(KPCI_NR_RESETS), resets + 2);
	dev_set(CFG, exp + PCI_EXP_DEVCTL, 4, 0xffff8000);
	EXPECT_EQ(counter(KPCI_NR_RESETS), resets + 3);
	dev_set(CFG, exp + PCI_EXP_DEVCTL, 1, 0x80);
	dev_set(CFG, exp + PCI_EXP_DEVSTA, 2, 0x8000);
	dev_set(CFG, exp + PCI_EXP_DEVCTL, 2, 0x7fff);
	EXPECT_EQ(counter(KPCI_NR_RESETS), resets + 3);
	/* What the reset op says comes out of the write */
	dev_set(0, KPCI_FAIL_RESET, 4, -EDOM);
	EXPECT_EQ(vfio_set(&dev, CFG, exp + PCI_EXP_DEVCTL, 2, 0x8000), -EDOM);
	EXPECT_EQ(vfio_reset(&dev), -EDOM);
	dev_set(0, KPCI_FAIL_RESET, 4, 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
}

/* VFIO's own, and that it says so */
MTAP_TEST(reset_flag)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	__u64 resets = counter(KPCI_NR_RESETS);

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), 0);
	EXPECT(info.flags & VFIO_DEVICE_FLAGS_RESET);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(counter(KPCI_NR_RESETS), resets + 1);
}

/* A device of a variant of the program, in place of the one that is open */
static void variant(void (*change)(struct mdev_bpf_ops *ops))
{
	dev_close();
	ASSERT_EQ(prog_open(&dev_prog2, KPCI, NULL), 0);
	memcpy(prog_ops(&dev_prog2)->name, "kpci2", 6);
	change(prog_ops(&dev_prog2));
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kpci2-1");
}

static void nothing(struct mdev_bpf_ops *ops)
{
	ops->pci.flags = 0;
	memset(ops->pci_caps, 0, sizeof(ops->pci_caps));
	memset(ops->irqs, 0, sizeof(ops->irqs));
}

MTAP_TEST(no_capabilities)
{
	variant(nothing);
	EXPECT_EQ(dev.region[CFG].size, MDEV_BPF_CONFIG_SIZE);
	EXPECT_EQ(cfg(PCI_STATUS, 2), PCI_STATUS_DEVSEL_MEDIUM);
	EXPECT_EQ(cfg(PCI_CAPABILITY_LIST, 1), 0);
	EXPECT_EQ(own_read(0x100, 4), -EINVAL);
	EXPECT_EQ(own_write(0x100, 4, 0), -EINVAL);
}

static void without_flr(struct mdev_bpf_ops *ops)
{
	ops->pci.flags &= ~MDEV_BPF_PCI_FLR;
}

MTAP_TEST(no_flr)
{
	unsigned int exp;

	variant(without_flr);
	exp = find_cap(PCI_CAP_ID_EXP);
	EXPECT_EQ(cfg(exp + PCI_EXP_DEVCAP, 4), PCI_EXP_DEVCAP_RBER);
	dev_set(CFG, PCI_INTERRUPT_LINE, 1, 9);
	dev_set(CFG, exp + PCI_EXP_DEVCTL, 2, 0xffff);
	EXPECT_EQ(cfg(exp + PCI_EXP_DEVCTL, 2), 0x781f);
	EXPECT_EQ(cfg(PCI_INTERRUPT_LINE, 1), 9);
	EXPECT_EQ(dev_count(&dev_prog2, KPCI_NR_RESETS), 0);
}

/* All the room there is, byte for byte */
static void all_vendor(struct mdev_bpf_ops *ops)
{
	nothing(ops);
	ops->pci_caps[0] = (struct mdev_bpf_pci_cap){ .id = PCI_CAP_ID_VNDR, .size = 0x80 };
}

MTAP_TEST(largest_vendor_capability)
{
	variant(all_vendor);
	EXPECT_EQ(caps(), 1);
	EXPECT_EQ(find_cap(PCI_CAP_ID_VNDR), MDEV_BPF_CONFIG_CAPS);
	EXPECT_EQ(own_write(0xfc, 4, 0xdeadbeef), 0);
	EXPECT_EQ(cfg(0xfc, 4), 0xdeadbeef);
	EXPECT_EQ(own_write(0x80, 4, 0), -EPERM);
}

/* MSI-X behind MSI: its tables are the core's, whoever writes there */
static void with_msix(struct mdev_bpf_ops *ops)
{
	ops_region(ops, 0)->size = 512;
	*ops_irq(ops, 2) = (struct mdev_bpf_irq){
		.index = 2, .count = 5, .table = 0x100, .pba = 0x180,
	};
}

static int ioeventfd(__u64 offset, unsigned int size, int fd)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg), .flags = size, .fd = fd, .offset = offset,
	};

	return vfio_ioctl(&dev, VFIO_DEVICE_IOEVENTFD, &arg);
}

MTAP_TEST(msix)
{
	unsigned int cap;
	int fd;

	variant(with_msix);
	EXPECT_EQ(caps(), 4 + 5);
	cap = find_cap(PCI_CAP_ID_MSIX);
	ASSERT_EQ(cap, 0x90);
	EXPECT_EQ(find_cap(PCI_CAP_ID_PM), 0x9c);
	EXPECT_EQ(cfg(cap + PCI_MSIX_FLAGS, 2), 4);
	EXPECT_EQ(cfg(cap + PCI_MSIX_TABLE, 4), 0x100);
	EXPECT_EQ(cfg(cap + PCI_MSIX_PBA, 4), 0x180);
	EXPECT_EQ(writable(cap + PCI_MSIX_FLAGS, 2),
		  PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	EXPECT_EQ(writable(cap + PCI_MSIX_TABLE, 4), 0);
	EXPECT_EQ(writable(cap + PCI_MSIX_PBA, 4), 0);
	fd = event_new();
	EXPECT_EQ(ioeventfd(0xfc, 4, fd), 0);
	EXPECT_EQ(ioeventfd(0x100, 4, fd), -EINVAL);
	EXPECT_EQ(ioeventfd(0x14c, 4, fd), -EINVAL);
	EXPECT_EQ(ioeventfd(0x150, 4, fd), 0);
	EXPECT_EQ(ioeventfd(0x184, 4, fd), -EINVAL);
	EXPECT_EQ(ioeventfd(0x188, 4, fd), 0);
	close(fd);
}

const struct mtap_suite mtap_suite = {
	.setup = kpci_load, .before = kpci_open, .after = dev_close, .teardown = dev_unload,
};
