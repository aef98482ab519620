/* SPDX-License-Identifier: GPL-2.0-only */
/* A driver for bpf/e1000: what its tests share. */
#ifndef E1000_DRIVER_H
#define E1000_DRIVER_H

#include "../../bpf/e1000/spec.h"
#include "irqs.h"
#include "missing.h"
#include "pair.h"

#define E1000		"e1000.bpf.o"
#define NIC_IOVA	0x100000ULL	/* of the first byte of nic::mem */
#define NIC_ENTRIES	64u		/* of a ring, unless a test wants another size */
#define NIC_MAX_ENTRIES	256u
#define NIC_BUFFER	2048u

/* Offsets in nic::mem */
#define NIC_TX_RING	0x0u
#define NIC_RX_RING	0x1000u
#define NIC_OUT		0x2000u		/* what is transmitted: 256 KiB */
#define NIC_IN		0x42000u	/* receive buffers: 512 KiB */
#define NIC_ABSENT	0xc2000u
#define NIC_SIZE	(NIC_ABSENT + MISSING_PAGES * MISSING_PAGE)

struct nic {
	const struct vfio *v;
	__u8 *mem;
	struct e1000_tx_desc *tx;
	struct e1000_rx_desc *rx;
	unsigned int entries, buffer;
	unsigned int tx_tail, rx_next, out;
	int irq;
	/* The descriptor of the frame that was received last */
	struct e1000_rx_desc got;
};

/* One for dev, one for the second device of pair.h */
extern struct nic nic, nic2;

/* For a suite's setup, before, after: the program; two devices with memory, MSI, bus mastering */
void nic_load(void);
void nic_open(void);
void nic_close(void);
void nic_plug(struct nic *n, const struct vfio *v);

__u32 nic_get(const struct nic *n, unsigned int reg);
void nic_set(const struct nic *n, unsigned int reg, __u32 val);

/* Set up the rings, and have the card transmit and receive; @rctl more bits of RCTL. */
void nic_up(struct nic *n, unsigned int entries, __u32 rctl);
/* Give @count more buffers to the card. */
void nic_fill(struct nic *n, unsigned int count);

/* A frame of @size bytes that @seed makes, for address @to; one like it? */
void nic_make(__u8 *frame, unsigned int size, const char *to, unsigned int seed);
#define BROADCAST	"\xff\xff\xff\xff\xff\xff"

/* Put bytes into memory that is transmitted: where they are for the card */
__u64 nic_put(struct nic *n, const void *bytes, unsigned int size);
/* The next transmit descriptor, empty; rung later. */
struct e1000_tx_desc *nic_next(struct nic *n);
void nic_ring(struct nic *n);
/* Transmit a frame by a legacy descriptor, and wait until it is over. */
void nic_send(struct nic *n, const void *frame, unsigned int size);
bool nic_sent(struct nic *n);
/* Wait for a frame: its size, or 0. It is in @frame, and the buffers are given back. */
unsigned int nic_receive(struct nic *n, __u8 *frame);
/* Is there none? All that was sent before has arrived or is lost. */
bool nic_is_quiet(struct nic *n);

/* A word of the EEPROM, by EERD and by EECD; a register of the PHY */
__u16 nic_eerd(const struct nic *n, unsigned int word);
__u16 nic_eecd(const struct nic *n, unsigned int word);
__u16 nic_phy_get(const struct nic *n, unsigned int reg);
void nic_phy_set(const struct nic *n, unsigned int reg, __u16 val);

#endif /* E1000_DRIVER_H */
