/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtio device over PCI: the transport of the virtio specification (version 1, without the
 * legacy interface), on which a program needs to write only what its kind of device does.
 * Documentation/devices/virtio.rst describes how. The program defines what is here under "What the
 * program defines", includes this file, and then defines the functions under "What the program
 * does".
 */
#ifndef __MDEV_VIRTIO_BPF_H
#define __MDEV_VIRTIO_BPF_H

#include "mdev_bpf.bpf.h"

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pci.h>

/*
 * What the program defines: its number of queues, the most entries of one, a power of two, and how
 * many chains of a queue it works on at a time, a power of two as well. VIRTIO_CONFIG is the type
 * of the device-specific configuration, whose size is a multiple of 4, and VIRTIO_OWN that of what
 * the program keeps for each chain. With VIRTIO_DUMP, the program has virtio_dump_more(), and with
 * VIRTIO_WORK virtio_work_more() and virtio_timer_more(), and with VIRTIO_READ virtio_read_more().
 * With VIRTIO_IN_ORDER, requests of a queue end in their order.
 */
#ifndef VIRTIO_QUEUES
#error "define VIRTIO_QUEUES, the number of queues"
#endif
#ifndef VIRTIO_QUEUE_SIZE
#define VIRTIO_QUEUE_SIZE	128
#endif
#ifndef VIRTIO_DEPTH
#define VIRTIO_DEPTH		16
#endif
#ifndef VIRTIO_FEATURES
#define VIRTIO_FEATURES		0
#endif

/* Places: the BAR, and what is in it */
#define VIRTIO_BAR		0
#define VIRTIO_COMMON		0x000
#define VIRTIO_ISR		0x100
#define VIRTIO_DEVICE		0x200
#define VIRTIO_MSIX_TABLE	0x400
#define VIRTIO_MSIX_PBA		0x600
#define VIRTIO_NOTIFY		0x800
#define VIRTIO_NOTIFY_STRIDE	4
#define VIRTIO_BAR_SIZE		0x1000

/* Bits of ISR */
#define VIRTIO_ISR_QUEUE	1
#define VIRTIO_ISR_CONFIG	2

#define VIRTIO_VECTORS		(VIRTIO_QUEUES + 1)
#define VIRTIO_CHAINS		(VIRTIO_QUEUES * VIRTIO_DEPTH)
#define VIRTIO_FEATURE(bit)	(1ULL << (bit))

/*
 * Features of the transport, which it implements for each device. ACCESS_PLATFORM: all addresses
 * go through what the user has mapped, so a driver behind an IOMMU of its own has to map, too.
 */
#define VIRTIO_TRANSPORT	(VIRTIO_FEATURE(VIRTIO_F_VERSION_1) |		\
				 VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM) |	\
				 VIRTIO_FEATURE(VIRTIO_RING_F_INDIRECT_DESC) |	\
				 VIRTIO_FEATURE(VIRTIO_RING_F_EVENT_IDX) |	\
				 VIRTIO_FEATURE(VIRTIO_F_RING_RESET))
#define VIRTIO_RING_F_INDIRECT_DESC	28
#define VIRTIO_RING_F_EVENT_IDX		29
#ifndef VIRTIO_F_RING_RESET
#define VIRTIO_F_RING_RESET		40
#endif

_Static_assert(VIRTIO_QUEUES <= 16, "a device has up to 16 queues");
_Static_assert(!(VIRTIO_QUEUE_SIZE & (VIRTIO_QUEUE_SIZE - 1)), "no power of two");
_Static_assert(VIRTIO_QUEUE_SIZE <= 256, "a queue has up to 256 entries");
_Static_assert(!(VIRTIO_DEPTH & (VIRTIO_DEPTH - 1)), "no power of two");
/* A chain has one request at a time; each queue can have a table and three areas besides. */
_Static_assert(VIRTIO_CHAINS + 4 * VIRTIO_QUEUES <= MDEV_BPF_MAX_DMA, "too many requests");

/* The areas of a queue, each of which is pinned: descriptors, the driver's and the device's */
enum { VIRTIO_DESC, VIRTIO_DRIVER, VIRTIO_USED, VIRTIO_AREAS };

/* Why a device needs a reset, for the dump */
enum virtio_wrong {
	VIRTIO_RIGHT,
	VIRTIO_WRONG_ADDRESS,	/* an area is misaligned, or cannot be pinned */
	VIRTIO_WRONG_INDEX,	/* more chains are available than the queue has entries */
	VIRTIO_WRONG_CHAIN,	/* a loop, an index out of range, a wrong order or table */
	VIRTIO_WRONG_REQUEST,	/* the device cannot tell the driver of an error */
};

/* What requests are for: bits of their id. A pin has the number of its window. */
#define VIRTIO_ID_CHAIN		0x1000
#define VIRTIO_ID_TABLE		0x2000
#define VIRTIO_ID_MASK		0x0fff

/* Chains have channels of their own, so that one does not wait for another. */
#define VIRTIO_CHANNEL_QUEUES	0
#define VIRTIO_CHANNEL(n)	(1 + (n) % (MDEV_BPF_MAX_CHANNELS - 1))

/* The structure of common configuration, as registers show it (virtio 1.2, 4.1.4.3) */
struct virtio_common {
	__u32 device_feature_select;
	__u32 device_feature;
	__u32 driver_feature_select;
	__u32 driver_feature;
	__u16 config_vector;
	__u16 num_queues;
	__u8 status;
	__u8 generation;
	__u16 queue_select;
	__u16 queue_size;
	__u16 queue_vector;
	__u16 queue_enable;
	__u16 queue_notify_off;
	__u64 queue_area[VIRTIO_AREAS];
	__u16 queue_notify_data;
	__u16 queue_reset;
	__u32 reserved;
};

/*
 * A descriptor. @tail is the flags and, in the upper half, the next index. In a packed ring it is
 * the buffer's id and, in the upper half, the flags.
 */
struct virtio_desc {
	__u64 addr;
	__u32 len;
	__u32 tail;
};

#define VIRTIO_DESC_NEXT	1
#define VIRTIO_DESC_WRITE	2
#define VIRTIO_DESC_INDIRECT	4

struct virtio_queue {
	__u64 area[VIRTIO_AREAS];
	__u16 size;
	__u16 vector;
	__u16 enabled;
	__u16 reset;		/* the driver has asked for it, and waits */
	/* The next entry to take, and to give back; in a packed ring with the wrap counters */
	__u16 next_avail;
	__u16 next_used;
	__u16 cursor;		/* of a walk along a chain */
	__u16 hint;		/* a chain that is probably free */
	__u32 requests;		/* that have not completed */
	__u8 pinning;		/* areas whose pin is requested, as bits */
	__u8 pinned;		/* areas that were pinned since the queue was enabled, as bits */
	__u8 fetching;		/* a table of descriptors is being fetched */
	__u8 full;		/* there may be more, but all chains are in use */
	__u8 ended;		/* chains that have ended, but whose ring was not there */
	__u16 table_chain;	/* whose table that is */
	__u16 packed;		/* the format of the ring */
	struct virtio_desc table[VIRTIO_QUEUE_SIZE];
};

enum virtio_use { VIRTIO_FREE, VIRTIO_BUSY, VIRTIO_ENDED };

/**
 * struct virtio_chain - buffers that the driver has made available, as one request to the device
 * @queue: its queue
 * @out_size: bytes for the device to read
 * @in_size: bytes for the device to write
 * @own: the program's
 *
 * What is not described here is the transport's.
 */
struct virtio_chain {
	struct mdev_bpf_request request;
	__u64 out_size;
	__u64 in_size;
	__u64 table_addr;
	__u32 table_entries;
	__u32 written;
	__u32 queue;
	__u16 id;
	__u16 entries;		/* of a packed ring */
	__u16 use;		/* enum virtio_use */
	/* Of @pieces, those from @out to @outs are to be read, those from @in to @count written. */
	__u16 out, outs, in, count;
	__u32 reserved;
	struct mdev_bpf_sg pieces[VIRTIO_QUEUE_SIZE];
#ifdef VIRTIO_OWN
	VIRTIO_OWN own;
#endif
};

/**
 * struct virtio - the transport: the first member of the device's state
 * @features: what the driver has accepted; what it may use once FEATURES_OK is set
 * @config: the device-specific configuration
 *
 * What is not described here is the transport's.
 */
struct virtio {
	struct virtio_common common;
	__u64 features;
	__u32 isr;
	__u32 requests;		/* of all queues, that have not completed */
	__u32 resetting;	/* the driver has written 0 to the status, and waits */
	__u32 wrong;		/* enum virtio_wrong */
	__u32 wrong_queue;
	__u32 pin_tries;	/* in succession, for memory that the user has unmapped */
	struct virtio_queue queue[VIRTIO_QUEUES];
	struct virtio_chain chain[VIRTIO_CHAINS];
#ifdef VIRTIO_CONFIG
	VIRTIO_CONFIG config __attribute__((aligned(8)));
#endif
};

/** VIRTIO_STATE - what mdev_bpf_state() is told for the transport's part of the state */
#define VIRTIO_STATE	struct virtio

/*
 * What the program does. @n is the number of the chain @c. The functions are called with the
 * device's lock held, as ops are.
 */

/* The features that the device offers besides the transport's. */
static __u64 virtio_offer(struct mdev_bpf_dev *dev);
/* Fill in v->config, and forget what the last user has left. Called for each open and reset. */
static void virtio_configure(struct mdev_bpf_dev *dev, struct virtio *v);
/* A chain has arrived: begin, and in the end call virtio_end(). */
static void virtio_begin(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			 struct virtio_chain *c, __u64 n);
/* The request of virtio_copy() or virtio_submit() is over. */
static void virtio_continue(unsigned long long *ctx, struct mdev_bpf_dev *dev, struct virtio *v,
			    struct virtio_chain *c, __u64 n, int error);
#ifdef VIRTIO_WORK
/* Work with an id of VIRTIO_QUEUES or more is due, which is the program's. */
static void virtio_work_more(unsigned long long *ctx, struct mdev_bpf_dev *dev, __u32 id);
/* A timer with another id than VIRTIO_TIMER, 0, has expired. */
static void virtio_timer_more(unsigned long long *ctx, struct mdev_bpf_dev *dev, __u32 id);
#endif
#ifdef VIRTIO_READ
/* The op region_read was called: for ISR, what is no register, or one with READ_CALL. */
static void virtio_read_more(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access);
#endif
#ifdef VIRTIO_DUMP
/* Add to the dump. */
static void virtio_dump_more(struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out);
#endif

/* A queue and a chain by their numbers, or NULL */
static __always_inline struct virtio_queue *virtio_queue(struct virtio *v, __u64 q)
{
	return mdev_bpf_at(v->queue, q);
}

/* The number of chain @i of queue @q */
static __always_inline __u64 virtio_number(__u64 q, __u64 i)
{
	return q * VIRTIO_DEPTH + i;
}

static __always_inline struct virtio_chain *virtio_chain(struct virtio *v, __u64 n)
{
	return mdev_bpf_at(v->chain, n);
}

/** virtio_has() - has the driver accepted a feature? */
static __always_inline bool virtio_has(const struct virtio *v, __u32 bit)
{
	return v->features & VIRTIO_FEATURE(bit);
}

/* Is a queue to be worked on? */
static __always_inline bool virtio_runs(const struct virtio *v, const struct virtio_queue *q)
{
	return v->common.status & VIRTIO_CONFIG_S_DRIVER_OK &&
	       !(v->common.status & VIRTIO_CONFIG_S_NEEDS_RESET) &&
	       !v->resetting && q->enabled && !q->reset;
}

/* With MSI-X, a message; else INTx, whose cause is in ISR until the driver reads that. */
static __always_inline void virtio_interrupt(struct mdev_bpf_dev *dev, struct virtio *v,
					     __u16 vector, __u32 cause)
{
	if (mdev_bpf_irq_mode(dev) == MDEV_BPF_IRQ_MSIX) {
		if (vector != VIRTIO_MSI_NO_VECTOR)
			mdev_bpf_irq_trigger(dev, vector);
		return;
	}
	v->isr |= cause;
	mdev_bpf_irq_set(dev, 1);
}

/**
 * virtio_fail() - the device needs a reset, because it cannot tell the driver otherwise
 * @dev: the device
 * @v: its transport
 * @queue: what it is about
 * @wrong: enum virtio_wrong
 *
 * Nothing more is taken from any queue.
 */
static __always_inline void virtio_fail(struct mdev_bpf_dev *dev, struct virtio *v, __u32 queue,
					enum virtio_wrong wrong)
{
	if (v->common.status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	v->common.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	v->wrong = wrong;
	v->wrong_queue = queue;
	if (v->common.status & VIRTIO_CONFIG_S_DRIVER_OK)
		virtio_interrupt(dev, v, v->common.config_vector, VIRTIO_ISR_CONFIG);
}

#include "mdev_virtio_ring.bpf.h"
#include "mdev_virtio_chain.bpf.h"
#include "mdev_virtio_pci.bpf.h"

#endif /* __MDEV_VIRTIO_BPF_H */
