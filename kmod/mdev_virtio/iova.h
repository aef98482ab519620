/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory that a program can access: what the driver has mapped for it, and nothing else. */
#ifndef __MDEV_VIRTIO_IOVA_H
#define __MDEV_VIRTIO_IOVA_H

#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct page;
struct mdev_virtio_slot;

/* How many mappings there can be at a time, and how large one is at most */
#define MDEV_VIRTIO_SLOTS	16384
#define MDEV_VIRTIO_MAX_SIZE	SZ_16M

/* What the program may do with a mapping */
#define MDEV_VIRTIO_READ	BIT(0)
#define MDEV_VIRTIO_WRITE	BIT(1)
#define MDEV_VIRTIO_PIN		BIT(2)

/**
 * struct mdev_virtio_iova - the address space of a device
 * @slots: the mappings
 * @free: numbers of the slots that are free, @nr_free of them
 * @nr_free: number of free slots
 * @dead: the program can access nothing any more, whatever is mapped
 */
struct mdev_virtio_iova {
	struct mdev_virtio_slot *slots;
	/** @lock: protects @free and @nr_free; taken with interrupts off */
	spinlock_t lock;
	u16 *free;
	unsigned int nr_free;
	bool dead;
};

int mdev_virtio_iova_init(struct mdev_virtio_iova *space);
void mdev_virtio_iova_destroy(struct mdev_virtio_iova *space);
u64 mdev_virtio_iova_map(struct mdev_virtio_iova *space, void *addr, size_t size,
			 unsigned int access);
void mdev_virtio_iova_unmap(struct mdev_virtio_iova *space, u64 iova);
void mdev_virtio_iova_unmap_all(struct mdev_virtio_iova *space);
void mdev_virtio_iova_fence(struct mdev_virtio_iova *space);
void mdev_virtio_iova_kill(struct mdev_virtio_iova *space);
int mdev_virtio_iova_copy(struct mdev_virtio_iova *space, u64 iova, void *buf, size_t size,
			  unsigned int access);
int mdev_virtio_iova_own(struct mdev_virtio_iova *space, u64 iova, void *buf, size_t size,
			 bool write);
int mdev_virtio_iova_pin(struct mdev_virtio_iova *space, u64 iova, struct page **page);

#endif /* __MDEV_VIRTIO_IOVA_H */
