// SPDX-License-Identifier: GPL-2.0-only
/* Implements e1000_driver.h. */
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "e1000_driver.h"

struct nic nic = { .irq = -1 }, nic2 = { .irq = -1 };

static void nic_memory(struct nic *n)
{
	n->mem = mmap(NULL, NIC_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(n->mem != MAP_FAILED);
	n->tx = (void *)(n->mem + NIC_TX_RING);
	n->rx = (void *)(n->mem + NIC_RX_RING);
	n->irq = event_new();
}

static void nic_forget(struct nic *n)
{
	if (n->irq < 0)
		return;
	close(n->irq);
	munmap(n->mem, NIC_SIZE);
	n->irq = -1;
}

void nic_plug(struct nic *n, const struct vfio *v)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .vaddr = (uintptr_t)n->mem, .iova = NIC_IOVA,
		.size = NIC_SIZE,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};

	n->v = v;
	ASSERT_EQ(ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map), 0);
	ASSERT_EQ(vfio_irq_fd(v, MSI, TRIGGER, n->irq), 0);
	ASSERT_EQ(vfio_set(v, CONFIG, PCI_COMMAND, 2,
			   PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY | PCI_COMMAND_IO), 0);
}

void nic_open(void)
{
	pair_open("e1000-1");
	nic_memory(&nic);
	nic_memory(&nic2);
	nic_plug(&nic, &dev);
	nic_plug(&nic2, &b);
}

void nic_close(void)
{
	missing_end();
	pair_close();
	nic_forget(&nic);
	nic_forget(&nic2);
}

void nic_load(void)
{
	dev_load(E1000);
}

__u32 nic_get(const struct nic *n, unsigned int reg)
{
	__s64 val = vfio_get(n->v, E1000_BAR, reg, 4);

	ASSERT(val >= 0);
	return val;
}

void nic_set(const struct nic *n, unsigned int reg, __u32 val)
{
	ASSERT_EQ(vfio_set(n->v, E1000_BAR, reg, 4, val), 0);
}

void nic_fill(struct nic *n, unsigned int count)
{
	unsigned int tail = nic_get(n, E1000_REG_RDT), i;

	for (i = 0; i < count; i++) {
		n->rx[tail] = (struct e1000_rx_desc){
			.addr = NIC_IOVA + NIC_IN + tail * NIC_BUFFER,
		};
		tail = (tail + 1) % n->entries;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	nic_set(n, E1000_REG_RDT, tail);
}

void nic_up(struct nic *n, unsigned int entries, __u32 rctl)
{
	n->entries = entries;
	n->tx_tail = 0;
	n->rx_next = 0;
	n->out = 0;
	nic_set(n, E1000_REG_RCTL, 0);
	nic_set(n, E1000_REG_TCTL, 0);
	nic_set(n, E1000_REG_CTRL, E1000_CTRL_FD | E1000_CTRL_SLU | E1000_CTRL_SPEED_1000);
	nic_set(n, E1000_REG_TDBAL, NIC_IOVA + NIC_TX_RING);
	nic_set(n, E1000_REG_TDBAH, 0);
	nic_set(n, E1000_REG_TDLEN, entries * E1000_DESC_SIZE);
	nic_set(n, E1000_REG_TDH, 0);
	nic_set(n, E1000_REG_TDT, 0);
	nic_set(n, E1000_REG_RDBAL, NIC_IOVA + NIC_RX_RING);
	nic_set(n, E1000_REG_RDBAH, 0);
	nic_set(n, E1000_REG_RDLEN, entries * E1000_DESC_SIZE);
	nic_set(n, E1000_REG_RDH, 0);
	nic_set(n, E1000_REG_RDT, 0);
	nic_fill(n, entries - 1);
	nic_set(n, E1000_REG_RCTL, E1000_RCTL_EN | E1000_RCTL_BAM | E1000_RCTL_SECRC | rctl);
	nic_set(n, E1000_REG_TCTL, E1000_TCTL_EN | E1000_TCTL_PSP);
}

void nic_make(__u8 *frame, unsigned int size, const char *to, unsigned int seed)
{
	unsigned int i;

	memcpy(frame, to, 6);
	for (i = 6; i < size; i++)
		frame[i] = seed * 31 + i * 7 + (i >> 8) * 13;
	/* No protocol of the Internet, and no VLAN */
	if (size >= 14) {
		frame[12] = 0x88;
		frame[13] = 0xb5;
	}
}

__u64 nic_put(struct nic *n, const void *bytes, unsigned int size)
{
	unsigned int at = n->out;

	if (at + size > NIC_IN - NIC_OUT)
		at = 0;
	memcpy(n->mem + NIC_OUT + at, bytes, size);
	n->out = at + size;
	return NIC_IOVA + NIC_OUT + at;
}

struct e1000_tx_desc *nic_next(struct nic *n)
{
	struct e1000_tx_desc *d = &n->tx[n->tx_tail];

	n->tx_tail = (n->tx_tail + 1) % n->entries;
	memset(d, 0, sizeof(*d));
	return d;
}

void nic_ring(struct nic *n)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	nic_set(n, E1000_REG_TDT, n->tx_tail);
}

bool nic_sent(struct nic *n)
{
	return mtap_await(nic_get(n, E1000_REG_TDH) == n->tx_tail);
}

void nic_send(struct nic *n, const void *frame, unsigned int size)
{
	struct e1000_tx_desc *d = nic_next(n);

	d->addr = nic_put(n, frame, size);
	d->cmd = size | E1000_TXD_EOP | E1000_TXD_IFCS | E1000_TXD_RS;
	nic_ring(n);
	EXPECT(nic_sent(n));
	EXPECT_EQ(d->status, E1000_TXD_DD);
}

static bool nic_done(struct nic *n)
{
	return __atomic_load_n(&n->rx[n->rx_next].status, __ATOMIC_ACQUIRE) & E1000_RXD_DD;
}

unsigned int nic_receive(struct nic *n, __u8 *frame)
{
	unsigned int size = 0;

	do {
		if (!mtap_await(nic_done(n)))
			return 0;
		n->got = n->rx[n->rx_next];
		memcpy(frame + size, n->mem + n->got.addr - NIC_IOVA, n->got.length);
		size += n->got.length;
		n->rx[n->rx_next].status = 0;
		n->rx_next = (n->rx_next + 1) % n->entries;
		nic_fill(n, 1);
	} while (!(n->got.status & E1000_RXD_EOP));
	return size;
}

bool nic_is_quiet(struct nic *n)
{
	return !nic_done(n);
}

__u16 nic_eerd(const struct nic *n, unsigned int word)
{
	__u32 val;

	nic_set(n, E1000_REG_EERD, word << 8 | E1000_EERD_START);
	val = nic_get(n, E1000_REG_EERD);
	EXPECT(val & E1000_EERD_DONE);
	return val >> 16;
}

/* A bit goes out, and one comes in. */
static unsigned int nic_wire(const struct nic *n, unsigned int bit)
{
	__u32 eecd = E1000_EECD_REQ | E1000_EECD_CS | (bit ? E1000_EECD_DI : 0);

	nic_set(n, E1000_REG_EECD, eecd);
	nic_set(n, E1000_REG_EECD, eecd | E1000_EECD_SK);
	bit = !!(nic_get(n, E1000_REG_EECD) & E1000_EECD_DO);
	nic_set(n, E1000_REG_EECD, eecd);
	return bit;
}

__u16 nic_eecd(const struct nic *n, unsigned int word)
{
	unsigned int command = 6 << 6 | word;
	__u16 val = 0;
	int i;

	nic_set(n, E1000_REG_EECD, E1000_EECD_REQ);
	EXPECT(nic_get(n, E1000_REG_EECD) & E1000_EECD_GNT);
	for (i = 8; i >= 0; i--)
		nic_wire(n, command >> i & 1);
	for (i = 0; i < 16; i++)
		val = val << 1 | nic_wire(n, 0);
	nic_set(n, E1000_REG_EECD, 0);
	return val;
}

__u16 nic_phy_get(const struct nic *n, unsigned int reg)
{
	__u32 val;

	nic_set(n, E1000_REG_MDIC, E1000_MDIC_READ | E1000_PHY_ADDRESS << 21 | reg << 16);
	val = nic_get(n, E1000_REG_MDIC);
	EXPECT(val & E1000_MDIC_READY);
	EXPECT(!(val & E1000_MDIC_ERROR));
	return val;
}

void nic_phy_set(const struct nic *n, unsigned int reg, __u16 val)
{
	nic_set(n, E1000_REG_MDIC, E1000_MDIC_WRITE | E1000_PHY_ADDRESS << 21 | reg << 16 | val);
	EXPECT(nic_get(n, E1000_REG_MDIC) & E1000_MDIC_READY);
}
