/* SPDX-License-Identifier: GPL-2.0-only */
/* A driver for virtio devices over PCI, through the VFIO file descriptor: rings in guest memory. */
#ifndef LIB_VIRTIO_H
#define LIB_VIRTIO_H

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "missing.h"
#include "vfio.h"

/*
 * Guest memory: at VIRTIO_MEM, and @vmem here. Offsets in it: the three areas of each queue and its
 * indirect tables, then pages of data, then pages that may be absent.
 */
#define VIRTIO_MEM	0x100000ULL
#define VIRTIO_PAGE	4096u
#define VQ_MAX		4
#define VQ_PAGES	4
#define VIRTIO_OUT	(VQ_MAX * VQ_PAGES * VIRTIO_PAGE)
#define VIRTIO_IN	(VIRTIO_OUT + 32 * VIRTIO_PAGE)
#define VIRTIO_ABSENT	(VIRTIO_IN + 32 * VIRTIO_PAGE)
#define VIRTIO_MEM_SIZE	(VIRTIO_ABSENT + MISSING_PAGES * VIRTIO_PAGE)
#define VQ_SIZE		16

#define F(bit)		(1ULL << (bit))
#define F_VERSION_1	F(VIRTIO_F_VERSION_1)
#define F_INDIRECT	F(VIRTIO_RING_F_INDIRECT_DESC)
#define F_EVENT_IDX	F(VIRTIO_RING_F_EVENT_IDX)

/* Common configuration: member of struct virtio_pci_common_cfg, and the size of its register */
#define COMMON(member)	offsetof(struct virtio_pci_common_cfg, member),			\
			sizeof(((struct virtio_pci_common_cfg *)0)->member)
/* What <linux/virtio_pci.h> of older kernels does not have */
#define QUEUE_RESET	58, 2

extern __u8 *vmem;
extern int virtio_event[VQ_MAX + 1];	/* by vector; that of the configuration is the last */

/* Where a structure is, by its capability; length 0 if there is none */
struct virtio_place {
	unsigned int cap, bar, offset, length, multiplier;
};

struct virtio_place virtio_find(const struct vfio *v, unsigned int type);

/* What a driver remembers of a queue */
struct vq {
	unsigned int nr, size, vector;
	__u16 avail, used, desc;
	bool event_idx;
};

extern struct vq vq[VQ_MAX];

/* Memory and eventfds, for all devices: for a suite's before and after */
void virtio_begin(void);
void virtio_end(void);
/* A suite's after, for a pair of devices (pair.h) whose program each test point loads */
void virtio_after(void);
/* Have a device use the memory, and MSI-X with @vectors queue vectors; bus mastering. */
void virtio_plug(const struct vfio *v, unsigned int vectors);

__u64 virtio_get(const struct vfio *v, unsigned int offset, unsigned int size);
void virtio_set(const struct vfio *v, unsigned int offset, unsigned int size, __u64 val);
__u8 virtio_status(const struct vfio *v);
__u64 virtio_offered(const struct vfio *v);
/* Reset, and wait until that is done. */
void virtio_reset(const struct vfio *v);
/* Negotiate: the status afterwards */
__u8 virtio_negotiate(const struct vfio *v, __u64 features);
/* Set a queue up, and enable it. */
void vq_up(const struct vfio *v, unsigned int nr);
void vq_select(const struct vfio *v, unsigned int nr);
/* All of it: @queues queues, and DRIVER_OK */
void virtio_up(const struct vfio *v, __u64 features, unsigned int queues);

/* The areas of a queue */
struct vring_desc *vq_desc(const struct vq *q, unsigned int i);
struct vring_avail *vq_avail(const struct vq *q);
struct vring_used *vq_used(const struct vq *q);
/* Descriptors of the table @i of a queue, for indirect chains */
struct vring_desc *vq_table(const struct vq *q, unsigned int i);
__u64 vq_table_addr(const struct vq *q, unsigned int i);

/* Put a buffer into the next descriptor, at an offset of the memory; more: it is continued. */
unsigned int vq_piece(struct vq *q, __u64 offset, __u32 size, unsigned int flags);
/* Make the chain available that begins with descriptor @head. */
void vq_offer(struct vq *q, unsigned int head);
void vq_kick(const struct vfio *v, const struct vq *q);
/* Wait for the next chain that comes back: its length, or -ETIME; and @id if that is not NULL. */
long vq_wait(struct vq *q, unsigned int *id);
/* Has none come back so far? */
bool vq_idle(const struct vq *q);

#endif /* LIB_VIRTIO_H */
