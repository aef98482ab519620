// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network card of bpf/e1000 by its registers and rings, in loopback: what a driver sees of it,
 * and what bad descriptors and rings do.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "e1000_driver.h"

#define LOOPBACK	E1000_RCTL_LBM_MAC
#define BUFFERS_256	(3 << 16)
#define TX_ICR		(E1000_ICR_TXDW | E1000_ICR_TXQE)

static __u8 out[16384], in[32768];

const struct mtap_suite mtap_suite = {
	.setup = nic_load,
	.before = nic_open,
	.after = nic_close,
	.teardown = dev_unload,
};

static void expect_frame(struct nic *n, unsigned int size)
{
	unsigned int got = nic_receive(n, in);

	EXPECT_EQ(got, size);
	EXPECT(got == size && !memcmp(in, out, size));
}

/* Send a frame that comes back. */
static void loop(unsigned int size, unsigned int seed)
{
	nic_make(out, size, BROADCAST, seed);
	nic_send(&nic, out, size);
	expect_frame(&nic, size < 60 ? 60 : size);
}

MTAP_TEST(identity)
{
	EXPECT_EQ(dev_get(CONFIG, PCI_VENDOR_ID, 4), 0x100e8086);
	EXPECT_EQ(dev_get(CONFIG, PCI_CLASS_REVISION, 4) >> 8, 0x020000);
	EXPECT_EQ(dev_get(CONFIG, PCI_INTERRUPT_PIN, 1), 1);
	EXPECT_EQ(dev.region[E1000_BAR].size, E1000_BAR_SIZE);
	EXPECT_EQ(dev.region[E1000_IO_BAR].size, E1000_IO_SIZE);
	EXPECT(dev_get(CONFIG, PCI_BASE_ADDRESS_2, 4) & PCI_BASE_ADDRESS_SPACE_IO);
}

/* What a driver finds writable; the stock driver's self-test looks for some of the same. */
static const struct { unsigned int reg; __u32 mask; } masks[] = {
	{ E1000_REG_FCAL, 0xffffffff }, { E1000_REG_FCAH, 0xffff }, { E1000_REG_FCT, 0xffff },
	{ E1000_REG_VET, 0xffff }, { E1000_REG_RDTR, 0xffff }, { E1000_REG_RDBAH, 0xffffffff },
	{ E1000_REG_RDLEN, 0xfff80 }, { E1000_REG_RDH, 0xffff }, { E1000_REG_RDT, 0xffff },
	{ E1000_REG_FCRTH, 0xfff8 }, { E1000_REG_FCTTV, 0xffff }, { E1000_REG_TIPG, 0x3fffffff },
	{ E1000_REG_TDBAH, 0xffffffff }, { E1000_REG_TDLEN, 0xfff80 },
	{ E1000_REG_RDBAL, 0xfffffff0 }, { E1000_REG_TDBAL, 0xfffffff0 },
	{ E1000_REG_TIDV, 0xffff }, { E1000_REG_RAH + 8 * 15, 0x8003ffff },
	{ E1000_REG_MTA + 4 * 127, 0xffffffff }, { E1000_REG_STATUS, 0 }, { E1000_REG_RXCW, 0 },
	{ E1000_REG_RCTL, E1000_RCTL_WRITE },
};

MTAP_TEST(registers)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		__u32 old = nic_get(&nic, masks[i].reg);

		nic_set(&nic, masks[i].reg, 0xffffffff);
		EXPECT_EQ(nic_get(&nic, masks[i].reg) & ~old, masks[i].mask & ~old);
		nic_set(&nic, masks[i].reg, 0x5a5a5a5a);
		if (masks[i].mask)
			EXPECT_EQ(nic_get(&nic, masks[i].reg), 0x5a5a5a5a & masks[i].mask);
		nic_set(&nic, masks[i].reg, 0);
	}
}

/* The same registers by the I/O ports */
MTAP_TEST(io_ports)
{
	dev_set(E1000_IO_BAR, E1000_IO_ADDR, 4, E1000_REG_RDLEN);
	EXPECT_EQ(dev_get(E1000_IO_BAR, E1000_IO_ADDR, 4), E1000_REG_RDLEN);
	dev_set(E1000_IO_BAR, E1000_IO_DATA, 4, 0xffffffff);
	EXPECT_EQ(dev_get(E1000_IO_BAR, E1000_IO_DATA, 4), 0xfff80);
	EXPECT_EQ(nic_get(&nic, E1000_REG_RDLEN), 0xfff80);
	nic_set(&nic, E1000_REG_ICS, E1000_ICR_LSC);
	dev_set(E1000_IO_BAR, E1000_IO_ADDR, 4, E1000_REG_ICR);
	EXPECT_EQ(dev_get(E1000_IO_BAR, E1000_IO_DATA, 4) & E1000_ICR_LSC, E1000_ICR_LSC);
	EXPECT_EQ(nic_get(&nic, E1000_REG_ICR), 0);
	dev_set(E1000_IO_BAR, E1000_IO_ADDR, 4, E1000_REG_CTRL);
	dev_set(E1000_IO_BAR, E1000_IO_DATA, 4, E1000_CTRL_RST);
	EXPECT_EQ(nic_get(&nic, E1000_REG_RDLEN), 0);
	/* Nothing is there. */
	dev_set(E1000_IO_BAR, E1000_IO_ADDR, 4, 0x1fffc);
	dev_set(E1000_IO_BAR, E1000_IO_DATA, 4, 0xffffffff);
	EXPECT_EQ(dev_get(E1000_IO_BAR, E1000_IO_DATA, 4), 0);
}

MTAP_TEST(eeprom)
{
	__u16 sum = 0, word;
	unsigned int i;

	for (i = 0; i < E1000_EEPROM_WORDS; i++) {
		word = nic_eerd(&nic, i);
		sum += word;
		EXPECT_EQ(nic_eecd(&nic, i), word);
	}
	EXPECT_EQ(sum, E1000_EEPROM_SUM);
	EXPECT_EQ(nic_eerd(&nic, E1000_EEPROM_WORDS), 0xffff);
	/* By default the address is locally administered, and has the end of the UUID. */
	EXPECT_EQ(nic_eerd(&nic, 0) & 0xff, 0x02);
	EXPECT_EQ(nic_get(&nic, E1000_REG_RAL), nic_eerd(&nic, 0) | nic_eerd(&nic, 1) << 16);
	EXPECT_EQ(nic_get(&nic, E1000_REG_RAH), nic_eerd(&nic, 2) | E1000_RAH_AV);
	EXPECT(nic_eerd(&nic, 2) != nic_eerd(&nic2, 2));
}

static int set_mac(const char *mac)
{
	return sysfs_write(mac, MDEV_DEVICES "/%s/params/mac", dev_mdev.uuid);
}

MTAP_TEST(address)
{
	vfio_close(&dev);
	ASSERT_EQ(set_mac("52:54:00:Ab:cD:01"), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(nic_get(&nic, E1000_REG_RAL), 0xab005452);
	EXPECT_EQ(nic_get(&nic, E1000_REG_RAH), E1000_RAH_AV | 0x01cd);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(nic_get(&nic, E1000_REG_RAL), 0xab005452);
	vfio_close(&dev);
	/* A group's address, and texts that are none */
	ASSERT_EQ(set_mac("53:54:00:ab:cd:01"), 0);
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), -EINVAL);
	vfio_close(&dev);
	ASSERT_EQ(set_mac("52:54:00:ab:cd:0g"), 0);
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), -EINVAL);
	vfio_close(&dev);
	ASSERT_EQ(set_mac("52:54:00:ab:cd"), 0);
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), -EINVAL);
}

MTAP_TEST(phy)
{
	EXPECT_EQ(nic_phy_get(&nic, 2), 0x0141);
	EXPECT_EQ(nic_phy_get(&nic, 3) & 0xfff0, 0x0c20);
	EXPECT_EQ(nic_phy_get(&nic, 0), 0x1140);
	/* There is nothing at another address. */
	nic_set(&nic, E1000_REG_MDIC, E1000_MDIC_READ | 2 << 21 | 2 << 16);
	EXPECT(nic_get(&nic, E1000_REG_MDIC) & E1000_MDIC_ERROR);
	/* Forced to 100 Mb/s, half duplex */
	nic_phy_set(&nic, 0, 1 << 13);
	EXPECT_EQ(nic_get(&nic, E1000_REG_STATUS) & 0xc1, 0x40);
	nic_phy_set(&nic, 0, 0x9140);
	EXPECT_EQ(nic_phy_get(&nic, 0), 0x1140);
	EXPECT_EQ(nic_get(&nic, E1000_REG_STATUS) & 0xc1, 0x81);
	/* The driver forces the MAC. */
	nic_set(&nic, E1000_REG_CTRL, E1000_CTRL_FRCSPD | E1000_CTRL_FRCDPLX);
	EXPECT_EQ(nic_get(&nic, E1000_REG_STATUS) & 0xc1, 0);
	nic_set(&nic, E1000_REG_MDIC, E1000_MDIC_READ | E1000_MDIC_INT | 1 << 21);
	EXPECT_EQ(nic_get(&nic, E1000_REG_ICR), E1000_ICR_MDAC);
}

MTAP_TEST(interrupts)
{
	nic_set(&nic, E1000_REG_IMS, E1000_ICR_LSC | E1000_ICR_RXT0);
	EXPECT_EQ(nic_get(&nic, E1000_REG_IMS), E1000_ICR_LSC | E1000_ICR_RXT0);
	nic_set(&nic, E1000_REG_ICS, E1000_ICR_TXDW);
	EXPECT_EQ(event_take(nic.irq), 0);
	nic_set(&nic, E1000_REG_ICS, E1000_ICR_LSC);
	EXPECT_EQ(event_take(nic.irq), 1);
	/* One bit is acknowledged by writing it, all by reading. */
	nic_set(&nic, E1000_REG_ICR, E1000_ICR_TXDW);
	EXPECT_EQ(nic_get(&nic, E1000_REG_ICR), E1000_ICR_LSC);
	EXPECT_EQ(nic_get(&nic, E1000_REG_ICR), 0);
	/* The mask holds it back. */
	nic_set(&nic, E1000_REG_IMC, E1000_ICR_RXT0);
	nic_set(&nic, E1000_REG_ICS, E1000_ICR_RXT0);
	EXPECT_EQ(event_take(nic.irq), 0);
	nic_set(&nic, E1000_REG_IMS, E1000_ICR_RXT0);
	EXPECT_EQ(event_take(nic.irq), 1);
}

MTAP_TEST(intx)
{
	int fd = event_new();

	ASSERT_EQ(vfio_irq_none(&dev, MSI, TRIGGER, 0), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, fd), 0);
	nic_set(&nic, E1000_REG_IMS, E1000_ICR_LSC);
	nic_set(&nic, E1000_REG_ICS, E1000_ICR_LSC);
	EXPECT_EQ(event_take(fd), 1);
	EXPECT(dev_get(CONFIG, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
	/* It is a level: it comes again until ICR is read. */
	ASSERT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(fd), 1);
	nic_get(&nic, E1000_REG_ICR);
	EXPECT(!(dev_get(CONFIG, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT));
	ASSERT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(fd), 0);
	close(fd);
}

/* ITR: at most one interrupt in 16 ms */
MTAP_TEST(throttled)
{
	double begun;

	nic_set(&nic, E1000_REG_ITR, 0xffff);
	nic_set(&nic, E1000_REG_IMS, E1000_ICR_LSC);
	begun = mtap_now();
	nic_set(&nic, E1000_REG_ICS, E1000_ICR_LSC);
	EXPECT_EQ(event_wait(nic.irq), 1);
	nic_get(&nic, E1000_REG_ICR);
	nic_set(&nic, E1000_REG_ICS, E1000_ICR_LSC);
	EXPECT_EQ(event_wait(nic.irq), 1);
	EXPECT(mtap_now() - begun > 0.016);
}

MTAP_TEST(loopback)
{
	static const unsigned int sizes[] = { 60, 61, 64, 127, 128, 512, 1024, 1513, 1514 };
	size_t i;

	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	nic_set(&nic, E1000_REG_IMS, E1000_ICR_RXT0);
	nic_get(&nic, E1000_REG_ICR);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		loop(sizes[i], i);
	EXPECT(event_wait(nic.irq) >= 1);
	EXPECT_EQ(nic_get(&nic, E1000_REG_ICR) & (TX_ICR | E1000_ICR_RXT0),
		  TX_ICR | E1000_ICR_RXT0);
	EXPECT_EQ(nic_get(&nic, E1000_REG_GPTC), ARRAY_SIZE(sizes));
	EXPECT_EQ(nic_get(&nic, E1000_REG_GPRC), ARRAY_SIZE(sizes));
	EXPECT_EQ(nic_get(&nic, E1000_REG_GPRC), 0);
	EXPECT_EQ(nic_get(&nic, E1000_REG_BPRC), ARRAY_SIZE(sizes));
	/* With their CRCs: 64; 65, 68; 131, 132; 516; 1028, 1517, 1518 */
	EXPECT_EQ(nic_get(&nic, E1000_REG_PRC64), 1);
	EXPECT_EQ(nic_get(&nic, E1000_REG_PRC64 + 4), 2);
	EXPECT_EQ(nic_get(&nic, E1000_REG_PRC64 + 8), 2);
	EXPECT_EQ(nic_get(&nic, E1000_REG_PRC64 + 16), 1);
	EXPECT_EQ(nic_get(&nic, E1000_REG_PRC64 + 20), 3);
	EXPECT_EQ(nic_get(&nic, E1000_REG_GORCL), 5003 + 4 * ARRAY_SIZE(sizes));
}

/* The PHY's loopback, the CRC that is not stripped, and padding */
MTAP_TEST(crc_and_padding)
{
	nic_up(&nic, NIC_ENTRIES, 0);
	nic_set(&nic, E1000_REG_RCTL, E1000_RCTL_EN | E1000_RCTL_BAM);
	nic_phy_set(&nic, 0, 0x4140);
	nic_make(out, 64, BROADCAST, 1);
	nic_send(&nic, out, 30);
	memset(out + 30, 0, 34);
	expect_frame(&nic, 64);
	/* Without PSP, a short frame is not received. */
	nic_set(&nic, E1000_REG_TCTL, E1000_TCTL_EN);
	nic_send(&nic, out, 30);
	EXPECT_EQ(nic_get(&nic, E1000_REG_RUC), 1);
	EXPECT(nic_is_quiet(&nic));
}

/* The rings wrap in the middle of batches, and of frames. */
MTAP_TEST(rings_wrap)
{
	unsigned int round, i;

	nic_up(&nic, 24, LOOPBACK | BUFFERS_256);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 3; i++) {
			struct e1000_tx_desc *d = nic_next(&nic);

			nic_make(out, 700, BROADCAST, round * 3 + i);
			d->addr = nic_put(&nic, out, 300);
			d->cmd = 300;
			d = nic_next(&nic);
			d->addr = nic_put(&nic, out + 300, 400);
			d->cmd = 400 | E1000_TXD_EOP | E1000_TXD_IFCS | E1000_TXD_RS;
		}
		nic_ring(&nic);
		for (i = 0; i < 3; i++) {
			nic_make(out, 700, BROADCAST, round * 3 + i);
			expect_frame(&nic, 700);
		}
	}
}

/* More frames than buffers: those that the packet buffer has wait, and all come in order. */
MTAP_TEST(no_buffers)
{
	unsigned int i;

	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	nic_set(&nic, E1000_REG_RDT, nic_get(&nic, E1000_REG_RDH));
	for (i = 0; i < 20; i++) {
		nic_make(out, 1000, BROADCAST, i);
		nic_send(&nic, out, 1000);
	}
	EXPECT(nic_is_quiet(&nic));
	EXPECT_EQ(nic_get(&nic, E1000_REG_RNBC), 20);
	nic_fill(&nic, NIC_ENTRIES - 1);
	for (i = 0; i < 20; i++) {
		nic_make(out, 1000, BROADCAST, i);
		expect_frame(&nic, 1000);
	}
	EXPECT(nic_get(&nic, E1000_REG_ICR) & E1000_ICR_RXT0);
}

/* The packet buffer is full at some time: what came later is counted as missed. */
MTAP_TEST(overrun)
{
	unsigned int i, missed;

	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	nic_set(&nic, E1000_REG_RDT, nic_get(&nic, E1000_REG_RDH));
	for (i = 0; i < 300; i++) {
		nic_make(out, 1500, BROADCAST, i);
		nic_send(&nic, out, 1500);
	}
	missed = nic_get(&nic, E1000_REG_MPC);
	EXPECT(missed > 0);
	EXPECT(missed < 250);
	EXPECT(nic_get(&nic, E1000_REG_ICR) & E1000_ICR_RXO);
	nic_fill(&nic, NIC_ENTRIES - 1);
	for (i = 0; i < 300 - missed; i++) {
		nic_make(out, 1500, BROADCAST, i);
		expect_frame(&nic, 1500);
	}
	EXPECT(nic_is_quiet(&nic));
	loop(100, 1);
}

/* Long frames: not received unless LPE is set; buffers of several sizes */
MTAP_TEST(long_frames)
{
	unsigned int size = 9000;

	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	nic_make(out, size, BROADCAST, 3);
	nic_send(&nic, out, size);
	EXPECT_EQ(nic_get(&nic, E1000_REG_ROC), 1);
	EXPECT(nic_is_quiet(&nic));
	nic_up(&nic, NIC_ENTRIES, LOOPBACK | E1000_RCTL_LPE);
	loop(size, 4);
	loop(1514, 5);
	nic_up(&nic, NIC_MAX_ENTRIES, LOOPBACK | E1000_RCTL_LPE | BUFFERS_256);
	loop(16110, 6);
	loop(60, 7);
	/* A ring that has too little memory for the frame loses it, and goes on. */
	nic_up(&nic, 16, LOOPBACK | E1000_RCTL_LPE | BUFFERS_256);
	nic_make(out, size, BROADCAST, 8);
	nic_send(&nic, out, size);
	loop(60, 9);
}

static void expect_filtered(const char *to, __u32 rctl, bool passes, bool inexact)
{
	nic_set(&nic, E1000_REG_RCTL, E1000_RCTL_EN | E1000_RCTL_SECRC | LOOPBACK | rctl);
	nic_make(out, 100, to, rctl);
	nic_send(&nic, out, 100);
	if (passes) {
		expect_frame(&nic, 100);
		EXPECT_EQ(!!(nic.got.status & E1000_RXD_PIF), inexact);
		return;
	}
	/* One that passes comes behind it. */
	nic_set(&nic, E1000_REG_RCTL, E1000_RCTL_EN | E1000_RCTL_SECRC | LOOPBACK |
		E1000_RCTL_BAM);
	loop(70, 1);
}

MTAP_TEST(filters)
{
	static const char own[] = "\x52\x54\x00\x11\x22\x33", other[] = "\x52\x54\x00\x11\x22\x34";
	static const char group[] = "\x33\x33\x00\x00\xab\xcd";

	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	nic_set(&nic, E1000_REG_RAL + 8 * 15, 0x11005452);
	nic_set(&nic, E1000_REG_RAH + 8 * 15, 0x3322 | E1000_RAH_AV);
	expect_filtered(own, 0, true, false);
	expect_filtered(other, 0, false, false);
	expect_filtered(other, E1000_RCTL_UPE, true, true);
	expect_filtered(BROADCAST, 0, false, false);
	expect_filtered(BROADCAST, E1000_RCTL_BAM, true, false);
	expect_filtered(group, E1000_RCTL_UPE | E1000_RCTL_BAM, false, false);
	expect_filtered(group, E1000_RCTL_MPE, true, true);
	/* Bits 47 to 36 of the address are 0xcda. */
	nic_set(&nic, E1000_REG_MTA + 4 * (0xcda >> 5), 1 << (0xcda & 31));
	expect_filtered(group, 0, true, true);
	expect_filtered(group, 3 << 12, false, false);
	nic_set(&nic, E1000_REG_MTA + 4 * (0xdab >> 5), 0);
	nic_set(&nic, E1000_REG_MTA + 4 * ((0xcdab & 0xfff) >> 5), 1U << (0xcdab & 31));
	expect_filtered(group, 3 << 12, true, true);
	nic_set(&nic, E1000_REG_RAH + 8 * 15, 0x3322);
	expect_filtered(own, 0, false, false);
}

MTAP_TEST(vlan)
{
	struct e1000_tx_desc *d;

	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	nic_set(&nic, E1000_REG_CTRL, nic_get(&nic, E1000_REG_CTRL) | E1000_CTRL_VME);
	nic_make(out, 100, BROADCAST, 1);
	d = nic_next(&nic);
	d->addr = nic_put(&nic, out, 100);
	d->cmd = 100 | E1000_TXD_EOP | E1000_TXD_IFCS | E1000_TXD_RS | E1000_TXD_VLE;
	d->special = 0x2005;
	nic_ring(&nic);
	/* The tag went in, and came out. */
	expect_frame(&nic, 100);
	EXPECT(nic.got.status & E1000_RXD_VP);
	EXPECT_EQ(nic.got.special, 0x2005);
	/* Without VME, a tag is a part of the frame. */
	nic_set(&nic, E1000_REG_CTRL, nic_get(&nic, E1000_REG_CTRL) & ~E1000_CTRL_VME);
	memcpy(out + 12, "\x81\x00\x20\x05", 4);
	nic_send(&nic, out, 100);
	expect_frame(&nic, 100);
	EXPECT(!(nic.got.status & E1000_RXD_VP));
	/* The filter knows VLAN 5 only. */
	nic_set(&nic, E1000_REG_RCTL, nic_get(&nic, E1000_REG_RCTL) | E1000_RCTL_VFE);
	nic_send(&nic, out, 100);
	loop(60, 2);
	nic_set(&nic, E1000_REG_VFTA, 1 << 5);
	nic_make(out, 100, BROADCAST, 3);
	memcpy(out + 12, "\x81\x00\x20\x05", 4);
	nic_send(&nic, out, 100);
	expect_frame(&nic, 100);
}

/* Descriptors that are wrong in any way lose their frame at most. */
MTAP_TEST(bad_descriptors)
{
	static const struct { __u64 addr; __u32 cmd; } bad[] = {
		{ 0xdead0000, 100 | E1000_TXD_EOP | E1000_TXD_RS },
		{ ~0ULL, 100 | E1000_TXD_EOP | E1000_TXD_RS },
		{ NIC_IOVA + NIC_SIZE - 10, 100 | E1000_TXD_EOP | E1000_TXD_RS },
		{ NIC_IOVA, E1000_TXD_EOP | E1000_TXD_RS },
		{ NIC_IOVA, 1 | E1000_TXD_EOP | E1000_TXD_RS },
		{ NIC_IOVA, 0xffff | E1000_TXD_EOP | E1000_TXD_RS },
		/* Extended: 1 MiB of data; types that do not exist */
		{ NIC_IOVA, 0xfffff | 1 << 20 | E1000_TXD_DEXT | E1000_TXD_EOP | E1000_TXD_RS },
		{ NIC_IOVA, 100 | 7 << 20 | E1000_TXD_DEXT | E1000_TXD_EOP | E1000_TXD_RS },
		/* Segmentation without a context */
		{ NIC_IOVA, 9000 | 1 << 20 | E1000_TXD_DEXT | E1000_TXD_EOP | E1000_TXD_TSE |
			    E1000_TXD_RS },
	};
	size_t i;

	nic_up(&nic, NIC_ENTRIES, LOOPBACK | E1000_RCTL_LPE);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct e1000_tx_desc *d = nic_next(&nic);

		d->addr = bad[i].addr;
		d->cmd = bad[i].cmd;
		nic_ring(&nic);
		EXPECT(nic_sent(&nic));
		EXPECT_EQ(d->status, E1000_TXD_DD);
		loop(60, i);
	}
	/* A packet that never ends, until it does */
	for (i = 0; i < 200; i++) {
		struct e1000_tx_desc *d = nic_next(&nic);

		d->addr = NIC_IOVA;
		d->cmd = 4096;
		if (i % 32 != 31)
			continue;
		nic_ring(&nic);
		ASSERT(nic_sent(&nic));
	}
	nic_next(&nic)->cmd = E1000_TXD_EOP;
	nic_ring(&nic);
	ASSERT(nic_sent(&nic));
	loop(60, 1);
}

/* A receive buffer that is not there: the descriptor has an error. */
MTAP_TEST(bad_buffer)
{
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	nic.rx[0].addr = 0xdead0000;
	nic_make(out, 100, BROADCAST, 1);
	nic_send(&nic, out, 100);
	EXPECT(mtap_await(nic.rx[0].status & E1000_RXD_DD));
	EXPECT_EQ(nic.rx[0].errors, E1000_RXD_RXE);
	nic.rx_next = 1;
	loop(60, 1);
}

/* Rings that are not there, and heads and tails beyond the end */
MTAP_TEST(bad_rings)
{
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	nic_set(&nic, E1000_REG_TDBAL, 0xdead0000);
	nic_next(&nic);
	nic_ring(&nic);
	nic_set(&nic, E1000_REG_TDLEN, 0xfff80);
	nic_set(&nic, E1000_REG_TDBAH, 0xffffffff);
	nic_set(&nic, E1000_REG_TDT, 0xffff);
	nic_set(&nic, E1000_REG_TDLEN, 0);
	nic_set(&nic, E1000_REG_TDT, 0x1234);
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	nic_set(&nic, E1000_REG_RDBAL, 0xdead0000);
	nic_make(out, 100, BROADCAST, 1);
	nic_send(&nic, out, 100);
	nic_set(&nic, E1000_REG_RDH, 0xffff);
	nic_send(&nic, out, 100);
	/* Bus mastering is off: nothing is fetched until it is on. */
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	dev_set(CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	nic_next(&nic)->cmd = E1000_TXD_EOP;
	nic_ring(&nic);
	dev_set(CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	EXPECT(nic_sent(&nic));
	loop(60, 1);
}
