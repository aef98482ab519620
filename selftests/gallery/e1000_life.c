// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network card of bpf/e1000 while its life goes on: resets, migration, another program, all of
 * them with frames in progress; offloads; and nonsense from the driver.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "e1000_driver.h"

#define LOOPBACK	E1000_RCTL_LBM_MAC
#define DATA_CMD	(E1000_TXD_DATA << 20 | E1000_TXD_DEXT)
#define ROUNDS		100		/* of nonsense */

/* A TCP packet, without options */
#define IP_AT		14
#define TCP_AT		34
#define HEADERS		54

static __u8 out[65536], in[32768];

const struct mtap_suite mtap_suite = {
	.setup = nic_load,
	.before = nic_open,
	.after = nic_close,
	.teardown = dev_unload,
};

static void loop(struct nic *n, unsigned int seed)
{
	nic_make(out, 200, BROADCAST, seed);
	nic_send(n, out, 200);
	EXPECT_EQ(nic_receive(n, in), 200);
	EXPECT(!memcmp(in, out, 200));
}

static void put16(__u8 *p, unsigned int val)
{
	p[0] = val >> 8;
	p[1] = val;
}

static unsigned int get16(const __u8 *p)
{
	return p[0] << 8 | p[1];
}

static __u32 get32(const __u8 *p)
{
	return get16(p) << 16 | get16(p + 2);
}

/* The sum of 16 bit words, big endian, in 16 bits */
static unsigned int sum(unsigned int first, const __u8 *p, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < size; i++)
		first += i & 1 ? p[i] : p[i] << 8;
	while (first >> 16)
		first = (first & 0xffff) + (first >> 16);
	return first;
}

/* A packet to port 7 with @size bytes of data; its checksums are those that a driver leaves. */
static unsigned int make_tcp(unsigned int size, unsigned int length_in_sum)
{
	unsigned int i;

	memset(out, 0, HEADERS);
	memset(out, 0xff, 6);
	memcpy(out + 6, "\x52\x54\x00\x01\x02\x03\x08\x00\x45", 9);
	put16(out + IP_AT + 2, 20 + 20 + size);
	put16(out + IP_AT + 4, 0x1234);
	memcpy(out + IP_AT + 8, "\x40\x06\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02", 12);
	put16(out + TCP_AT, 0x8000);
	put16(out + TCP_AT + 2, 7);
	memcpy(out + TCP_AT + 4, "\xff\xff\xff\x00", 4);
	memcpy(out + TCP_AT + 12, "\x50\x19\x20\x00", 4);	/* FIN, PSH, ACK */
	for (i = 0; i < size; i++)
		out[HEADERS + i] = i * 7 + (i >> 8);
	put16(out + TCP_AT + 16, sum(6 + length_in_sum, out + IP_AT + 12, 8));
	return HEADERS + size;
}

/* The checksums of a packet that was received are right. */
static void expect_sums(const __u8 *frame, unsigned int size)
{
	unsigned int length = get16(frame + IP_AT + 2) - 20;

	EXPECT_EQ(sum(0, frame + IP_AT, 20), 0xffff);
	EXPECT(length <= size - TCP_AT);
	EXPECT_EQ(sum(sum(6 + length, frame + IP_AT + 12, 8), frame + TCP_AT, length), 0xffff);
	EXPECT_EQ(nic.got.status & (E1000_RXD_IPCS | E1000_RXD_TCPCS | E1000_RXD_IXSM),
		  E1000_RXD_IPCS | E1000_RXD_TCPCS);
	EXPECT_EQ(nic.got.errors, 0);
}

static void context(__u32 cmd, unsigned int payload, unsigned int mss)
{
	struct e1000_tx_desc *d = nic_next(&nic);

	*d = (struct e1000_tx_desc){
		.ipcss = IP_AT, .ipcso = IP_AT + 10, .ipcse = TCP_AT - 1,
		.tucss = TCP_AT, .tucso = TCP_AT + 16,
		.cmd = E1000_TXD_DEXT | cmd | payload, .options = HEADERS, .special = mss,
	};
}

/* The packet in @out, in pieces of 4 KiB at most */
static void data(unsigned int size, __u32 cmd)
{
	unsigned int at, part;

	for (at = 0; at < size; at += part) {
		struct e1000_tx_desc *d = nic_next(&nic);

		part = size - at < 4096 ? size - at : 4096;
		d->addr = nic_put(&nic, out + at, part);
		d->cmd = DATA_CMD | cmd | part;
		d->options = E1000_TXD_IXSM | E1000_TXD_TXSM;
		if (at + part == size)
			d->cmd |= E1000_TXD_EOP | E1000_TXD_IFCS | E1000_TXD_RS;
	}
	nic_ring(&nic);
	EXPECT(nic_sent(&nic));
}

MTAP_TEST(checksum_offload)
{
	static const unsigned int sizes[] = { 6, 7, 100, 1001, 1460 };
	unsigned int size;
	size_t i;

	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		size = make_tcp(sizes[i], 20 + sizes[i]);
		context(E1000_TXD_TCP | E1000_TXD_IP, 0, 0);
		data(size, 0);
		EXPECT_EQ(nic_receive(&nic, in), size);
		EXPECT(!memcmp(in + HEADERS, out + HEADERS, sizes[i]));
		expect_sums(in, size);
	}
	/* By a legacy descriptor: the checksum of TCP */
	nic_next(&nic);
	nic.tx_tail--;
	nic.tx[nic.tx_tail].addr = nic_put(&nic, out, size);
	nic.tx[nic.tx_tail].cmd = size | E1000_TXD_EOP | E1000_TXD_IFCS | E1000_TXD_RS |
				  E1000_TXD_IC | (TCP_AT + 16) << 16;
	nic.tx[nic.tx_tail].options = TCP_AT;
	nic.tx_tail++;
	nic_ring(&nic);
	EXPECT_EQ(nic_receive(&nic, in), size);
	/* The IP header has none. */
	EXPECT_EQ(nic.got.status & E1000_RXD_TCPCS, E1000_RXD_TCPCS);
	EXPECT_EQ(nic.got.errors, E1000_RXD_IPE);
	/* And a wrong one is found. */
	in[HEADERS + 3] ^= 1;
	nic_send(&nic, in, size);
	EXPECT_EQ(nic_receive(&nic, in), size);
	EXPECT_EQ(nic.got.errors, E1000_RXD_IPE | E1000_RXD_TCPE);
	nic_set(&nic, E1000_REG_RXCSUM, 0);
	nic_send(&nic, in, size);
	EXPECT_EQ(nic_receive(&nic, in), size);
	EXPECT_EQ(nic.got.errors, 0);
	EXPECT(nic.got.status & E1000_RXD_IXSM);
}

static void expect_segments(unsigned int payload, unsigned int mss)
{
	unsigned int at = 0, n = 0, size, part;

	size = make_tcp(payload, 0);
	context(E1000_TXD_TCP | E1000_TXD_IP | E1000_TXD_TSE, payload, mss);
	data(size, E1000_TXD_TSE);
	for (at = 0; at < payload; at += part, n++) {
		part = payload - at < mss ? payload - at : mss;
		size = nic_receive(&nic, in);
		ASSERT_EQ(size, HEADERS + part < 60 ? 60 : HEADERS + part);
		EXPECT(!memcmp(in + HEADERS, out + HEADERS + at, part));
		EXPECT_EQ(get16(in + IP_AT + 4), 0x1234 + n);
		EXPECT_EQ(get32(in + TCP_AT + 4), 0xffffff00 + at);
		EXPECT_EQ(in[TCP_AT + 13], at + part == payload ? 0x19 : 0x10);
		expect_sums(in, size);
	}
	EXPECT(nic_is_quiet(&nic));
}

MTAP_TEST(segmentation)
{
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	expect_segments(1, 1460);
	expect_segments(1460, 1460);
	expect_segments(1461, 1460);
	expect_segments(20000, 536);
	expect_segments(65000, 1448);
	EXPECT_EQ(nic_get(&nic, E1000_REG_TSCTC), 5);
	EXPECT_EQ(nic_get(&nic, E1000_REG_TSCTFC), 0);
	/* Too many segments, and none */
	make_tcp(9000, 0);
	context(E1000_TXD_TCP | E1000_TXD_IP | E1000_TXD_TSE, 9000, 1);
	data(9000, E1000_TXD_TSE);
	context(E1000_TXD_TCP | E1000_TXD_IP | E1000_TXD_TSE, 9000, 0);
	data(9000, E1000_TXD_TSE);
	EXPECT_EQ(nic_get(&nic, E1000_REG_TSCTFC), 2);
	loop(&nic, 1);
}

static void absent(void)
{
	missing_need();
	ASSERT_EQ(missing_register(nic.mem + NIC_ABSENT), 0);
}

/* Transmit from memory that is not there, and wait until the card waits for it. */
static void send_absent(unsigned int page)
{
	struct e1000_tx_desc *d = nic_next(&nic);

	d->addr = NIC_IOVA + NIC_ABSENT + page * MISSING_PAGE;
	d->cmd = 200 | E1000_TXD_EOP | E1000_TXD_IFCS | E1000_TXD_RS;
	nic_ring(&nic);
	ASSERT(missing_wanted());
}

/* CTRL.RST is set until the card has let go of the guest's memory. */
MTAP_TEST(reset_in_use)
{
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	absent();
	send_absent(0);
	nic_set(&nic, E1000_REG_CTRL, E1000_CTRL_RST);
	EXPECT_EQ(nic_get(&nic, E1000_REG_TDLEN), 0);
	EXPECT(mtap_await(!(nic_get(&nic, E1000_REG_CTRL) & E1000_CTRL_RST)));
	missing_bring(0, out);
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	loop(&nic, 1);
	/* The transmitter alone, and the receiver */
	send_absent(1);
	nic_set(&nic, E1000_REG_TCTL, 0);
	nic_set(&nic, E1000_REG_RCTL, 0);
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	loop(&nic, 2);
	missing_bring(1, out);
}

MTAP_TEST(device_reset_in_use)
{
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	absent();
	send_absent(0);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(nic_get(&nic, E1000_REG_CTRL) & E1000_CTRL_RST, 0);
	dev_set(CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	loop(&nic, 1);
	missing_bring(0, out);
}

/* The user closes the device in the middle, and another opens it. */
MTAP_TEST(closed_in_use)
{
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	absent();
	send_absent(0);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(nic_get(&nic, E1000_REG_TDLEN), 0);
	nic_plug(&nic, &dev);
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	loop(&nic, 1);
	missing_bring(0, out);
}

/* The second device gets the memory of the first one's driver, and goes on with its frames. */
MTAP_TEST(migrates_in_flight)
{
	struct nic target = nic;
	unsigned int i;

	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	/* Frames that wait for buffers */
	nic_set(&nic, E1000_REG_RDT, nic_get(&nic, E1000_REG_RDH));
	for (i = 0; i < 5; i++) {
		nic_make(out, 300, BROADCAST, i);
		nic_send(&nic, out, 300);
	}
	absent();
	send_absent(0);
	/* The rest is rung while the device is stopped. */
	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	nic_make(out, 300, BROADCAST, 6);
	nic_next(&nic);
	nic.tx[nic.tx_tail - 1].addr = nic_put(&nic, out, 300);
	nic.tx[nic.tx_tail - 1].cmd = 300 | E1000_TXD_EOP | E1000_TXD_IFCS | E1000_TXD_RS;
	nic_ring(&nic);
	save();
	target = nic;
	target.irq = nic2.irq;
	vfio_close(&b);
	ASSERT_EQ(vfio_open(&b, &mdev_b), 0);
	nic_plug(&target, &b);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	nic_make(out, 200, BROADCAST, 5);
	missing_bring(0, out);
	EXPECT(nic_sent(&target));
	nic_fill(&target, NIC_ENTRIES - 1);
	for (i = 0; i < 7; i++) {
		unsigned int size = i == 5 ? 200 : 300;

		nic_make(out, size, BROADCAST, i);
		EXPECT_EQ(nic_receive(&target, in), size);
		EXPECT(!memcmp(in, out, size));
	}
}

/* The program is replaced while a frame waits for its memory. */
MTAP_TEST(replaced_in_flight)
{
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	absent();
	send_absent(0);
	ASSERT_EQ(prog_open(&dev_prog2, E1000, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	nic_make(out, 200, BROADCAST, 5);
	missing_bring(0, out);
	EXPECT(nic_sent(&nic));
	EXPECT_EQ(nic_receive(&nic, in), 200);
	EXPECT(!memcmp(in, out, 200));
}

static void set_cable(const struct mdev *m, const char *name)
{
	ASSERT_EQ(sysfs_write(name, MDEV_DEVICES "/%s/params/cable", m->uuid), 0);
}

static bool has_link(const struct nic *n)
{
	return nic_get(n, E1000_REG_STATUS) & E1000_STATUS_LU;
}

/* Frames go from one card to the other, both ways, whatever their size. */
static void exchange(unsigned int rounds)
{
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		struct nic *from = i & 1 ? &nic2 : &nic, *to = i & 1 ? &nic : &nic2;
		unsigned int size = 60 + i * 97 % 1400;

		nic_make(out, size, BROADCAST, i);
		nic_send(from, out, size);
		EXPECT_EQ(nic_receive(to, in), size);
		EXPECT(!memcmp(in, out, size));
	}
}

MTAP_TEST(cable)
{
	vfio_close(&dev);
	vfio_close(&b);
	set_cable(&dev_mdev, "c");
	set_cable(&mdev_b, "c");
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	nic_plug(&nic, &dev);
	nic_up(&nic, NIC_ENTRIES, 0);
	EXPECT(!has_link(&nic));
	EXPECT(!(nic_phy_get(&nic, 1) & 4));
	nic_set(&nic, E1000_REG_IMS, E1000_ICR_LSC);
	/* The other end comes, */
	ASSERT_EQ(vfio_open(&b, &mdev_b), 0);
	nic_plug(&nic2, &b);
	nic_up(&nic2, NIC_ENTRIES, 0);
	EXPECT(mtap_await(has_link(&nic) && has_link(&nic2)));
	EXPECT(event_wait(nic.irq));
	EXPECT_EQ(nic_get(&nic, E1000_REG_ICR) & E1000_ICR_LSC, E1000_ICR_LSC);
	/* the link's bit of the PHY says once that it was down, */
	nic_phy_get(&nic, 1);
	EXPECT_EQ(nic_phy_get(&nic, 1) & 0x24, 0x24);
	exchange(40);
	/* and it goes. */
	vfio_close(&b);
	EXPECT(mtap_await(!has_link(&nic)));
	EXPECT(event_wait(nic.irq));
	nic_send(&nic, out, 60);
	EXPECT(nic_is_quiet(&nic));
}

static __u32 any(void)
{
	return rand() ^ (__u32)rand() << 16;
}

/* Most of what a driver writes is about the rings. */
static void nonsense(void)
{
	static const unsigned int regs[] = {
		E1000_REG_TDT, E1000_REG_RDT, E1000_REG_TDH, E1000_REG_RDH, E1000_REG_TDLEN,
		E1000_REG_RDLEN, E1000_REG_RCTL, E1000_REG_TCTL, E1000_REG_CTRL, E1000_REG_TDBAL,
		E1000_REG_RDBAL, E1000_REG_MDIC, E1000_REG_EECD, E1000_REG_IMS, E1000_REG_ICS,
		E1000_REG_ITR, E1000_REG_RDTR, E1000_REG_TIDV, E1000_REG_RXCSUM, E1000_REG_VET,
	};
	unsigned int reg = rand() % 4 ? regs[rand() % ARRAY_SIZE(regs)] :
					rand() % E1000_BAR_SIZE & ~3U;

	switch (rand() % 4) {
	case 0:
		nic_set(&nic, reg, any());
		break;
	case 1:
		nic_set(&nic, reg, rand() % 64);
		break;
	case 2:
		nic_get(&nic, reg);
		break;
	case 3:
		dev_set(E1000_IO_BAR, E1000_IO_ADDR, 4, reg);
		dev_set(E1000_IO_BAR, E1000_IO_DATA, 4, any());
	}
}

/* Descriptors of any kind, whose addresses are often good */
static void any_descriptors(void)
{
	unsigned int i;

	for (i = 0; i < NIC_ENTRIES; i++) {
		__u64 addr = rand() % 4 ? NIC_IOVA + any() % NIC_SIZE : any();

		nic.tx[i].addr = addr;
		nic.tx[i].cmd = any() & (rand() % 2 ? ~0xff000U : ~0U);
		nic.tx[i].options = any();
		nic.tx[i].special = any();
		nic.rx[i].addr = addr;
	}
}

MTAP_TEST(nonsense_does_no_harm)
{
	unsigned int i, round;

	srand(1);
	for (round = 0; round < ROUNDS; round++) {
		nic_up(&nic, NIC_ENTRIES, LOOPBACK);
		any_descriptors();
		nic_set(&nic, E1000_REG_TDT, rand() % NIC_ENTRIES);
		for (i = 0; i < 20; i++)
			nonsense();
	}
	EXPECT_STR(sysfs_str(MDEV_DEVICES "/%s/mdev_bpf/failure", dev_mdev.uuid), "");
	nic_set(&nic, E1000_REG_CTRL, E1000_CTRL_RST | E1000_CTRL_PHY_RST);
	EXPECT(mtap_await(!(nic_get(&nic, E1000_REG_CTRL) & E1000_CTRL_RST)));
	nic_up(&nic, NIC_ENTRIES, LOOPBACK);
	loop(&nic, 1);
}
