// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues. Each has two rings: the driver's, and a copy in pages of its own, which is all that the
 * program sees. A work item brings chains that the driver has made available into the copy, and
 * returns chains that the program has used, after it has checked them.
 *
 * The program must not have the driver's ring, because a program can write to the areas of a ring,
 * and the driver's code trusts the flags in its descriptors. With a copy, the transport also knows
 * which chains the program has. If the program cannot complete them any more, the transport does,
 * with an error: no task waits for ever for a disk whose program has gone.
 *
 * The driver is always asked to notify, and the program always to interrupt, because neither sees
 * the ring in which the other one says whether it wants to be told. Both are bounded by the work
 * item, which is queued once at a time.
 */
#include <linux/bottom_half.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "host.h"
#include "pci.h"
#include "queue.h"
#include "transport.h"

/* When to try again to ring a doorbell while there is no program */
#define OWED_WAIT	HZ
/* How many entries of a table of descriptors are read at a time */
#define TABLE_PART	8

/**
 * struct mdev_virtio_head - a chain that begins with some descriptor
 * @last: address of the last byte that the device may write
 * @writable: number of bytes that it may write
 * @busy: the program has the chain
 */
struct mdev_virtio_head {
	u64 last;
	u64 writable;
	bool busy;
};

static void head_add(struct mdev_virtio_queue *q, struct mdev_virtio_head *head,
		     const struct vring_desc *desc)
{
	struct virtio_device *vdev = &q->host->vdev;
	u32 len = virtio32_to_cpu(vdev, desc->len);

	if (!len || !(virtio16_to_cpu(vdev, desc->flags) & VRING_DESC_F_WRITE))
		return;
	head->writable += len;
	head->last = virtio64_to_cpu(vdev, desc->addr) + len - 1;
}

/* Add the descriptors of a table in the driver's memory. */
static void head_add_table(struct mdev_virtio_queue *q, struct mdev_virtio_head *head,
			   const struct vring_desc *desc)
{
	u64 table = virtio64_to_cpu(&q->host->vdev, desc->addr);
	u32 nr = virtio32_to_cpu(&q->host->vdev, desc->len) / sizeof(*desc);
	struct vring_desc part[TABLE_PART];
	u32 i, n;

	for (; nr; nr -= n, table += n * sizeof(*part)) {
		n = min(nr, TABLE_PART);
		if (mdev_virtio_iova_own(&q->host->iova, table, part, n * sizeof(*part), false))
			return;
		for (i = 0; i < n; i++)
			head_add(q, head, &part[i]);
	}
}

/* Copy the descriptors of a chain to the program's ring, and see what the device may write. */
static void copy_chain(struct mdev_virtio_queue *q, u16 first)
{
	struct mdev_virtio_head *head = &q->heads[first];
	struct vring_desc *to = q->areas[MDEV_VIRTIO_DESC];
	struct virtio_device *vdev = &q->host->vdev;
	u16 i = first, flags, n;

	*head = (struct mdev_virtio_head) { .busy = true };
	q->busy++;
	for (n = 0; n < q->nr && i < q->nr; n++) {
		const struct vring_desc *desc = &q->ring->desc[i];

		flags = virtio16_to_cpu(vdev, desc->flags);
		to[i] = *desc;
		if (flags & VRING_DESC_F_INDIRECT)
			head_add_table(q, head, desc);
		else
			head_add(q, head, desc);
		if (!(flags & VRING_DESC_F_NEXT))
			return;
		i = virtio16_to_cpu(vdev, desc->next);
	}
}

/* Bring what the driver has made available to the program. Return: true if there was anything. */
static bool take(struct mdev_virtio_queue *q)
{
	struct vring_avail *to = q->areas[MDEV_VIRTIO_AVAIL];
	struct virtio_device *vdev = &q->host->vdev;
	u16 begin = q->avail, end, head;

	end = virtio16_to_cpu(vdev, READ_ONCE(q->ring->avail->idx));
	/* Entries before the index that says that they are there */
	smp_rmb();
	for (; q->avail != end; q->avail++) {
		head = virtio16_to_cpu(vdev, q->ring->avail->ring[q->avail % q->nr]);
		/* The driver is ours to trust; a mistake of it must not go further */
		if (head >= q->nr || q->heads[head].busy) {
			mdev_virtio_host_kill(q->host, "queue %u: the driver makes %u available",
					      q->index, head);
			return false;
		}
		copy_chain(q, head);
		to->ring[q->avail % q->nr] = cpu_to_virtio16(vdev, head);
	}
	/* Pairs with the program's barrier between the index and the entries */
	smp_wmb();
	WRITE_ONCE(to->idx, cpu_to_virtio16(vdev, end));
	/* An interrupt for each chain, whenever the driver wants one */
	return begin != end;
}

/* Put a chain into the driver's ring, without the index. */
static void put(struct mdev_virtio_queue *q, u32 head, u32 len)
{
	struct vring_used_elem *used = &q->ring->used->ring[q->used++ % q->nr];
	struct virtio_device *vdev = &q->host->vdev;

	used->id = cpu_to_virtio32(vdev, head);
	used->len = cpu_to_virtio32(vdev, len);
	q->heads[head].busy = false;
	q->busy--;
	atomic_inc(&q->host->progress);
}

static void put_index(struct mdev_virtio_queue *q)
{
	/* Pairs with the barrier in virtqueue_get_buf() */
	smp_wmb();
	WRITE_ONCE(q->ring->used->idx, cpu_to_virtio16(&q->host->vdev, q->used));
}

/* Return one chain that the program has used. Return: false if it is none that the program has. */
static bool give_one(struct mdev_virtio_queue *q, const struct vring_used_elem *from)
{
	/* Once: the program can change them at any time */
	u32 head = virtio32_to_cpu(&q->host->vdev, READ_ONCE(from->id));
	u32 len = virtio32_to_cpu(&q->host->vdev, READ_ONCE(from->len));

	if (head >= q->nr || !q->heads[head].busy) {
		mdev_virtio_host_kill(q->host, "queue %u: the program returns chain %u, which it does not have",
				      q->index, head);
		return false;
	}
	put(q, head, min_t(u64, len, q->heads[head].writable));
	return true;
}

/* Return to the driver what the program has used. Return: true if there was anything. */
static bool give(struct mdev_virtio_queue *q)
{
	const struct vring_used *from = q->areas[MDEV_VIRTIO_USED];
	u16 begin = q->used, end;

	end = virtio16_to_cpu(&q->host->vdev, READ_ONCE(from->idx));
	/* Entries after the index that says that they are there */
	smp_rmb();
	if ((u16)(end - q->used) > q->busy) {
		mdev_virtio_host_kill(q->host, "queue %u: the program returns %u chains, and has %u",
				      q->index, (u16)(end - q->used), q->busy);
		return false;
	}
	while (q->used != end && give_one(q, &from->ring[q->used % q->nr]))
		;
	put_index(q);
	return q->used != begin;
}

/* Complete all chains with an error. Return: true if there was one. */
static bool end_all(struct mdev_virtio_queue *q)
{
	const struct mdev_virtio_type *type = q->host->type;
	u16 begin = q->used, i;
	u8 error = type->error;

	for (i = 0; i < q->nr; i++) {
		if (!q->heads[i].busy)
			continue;
		if (type->has_error && q->heads[i].writable)
			mdev_virtio_iova_own(&q->host->iova, q->heads[i].last, &error, 1, true);
		put(q, i, 0);
	}
	put_index(q);
	return q->used != begin;
}

/* Tell the program that chains are available. Without a program, try again later. */
static void ring(struct mdev_virtio_queue *q)
{
	__le16 index = cpu_to_le16(q->index);

	q->owed = mdev_virtio_pci_set(q->host, &q->host->places.notify, q->doorbell, &index,
				      sizeof(index));
	if (q->owed)
		queue_delayed_work(mdev_virtio_queue_wq, &q->work, OWED_WAIT);
}

static void queue_run(struct work_struct *work)
{
	struct mdev_virtio_queue *q = container_of(to_delayed_work(work), struct mdev_virtio_queue,
						   work);
	bool news;

	guard(mutex)(&q->lock);
	if (!q->ring)
		return;
	news = take(q);
	if (mdev_virtio_host_is_dead(q->host)) {
		news = end_all(q);
	} else {
		if (news || q->owed)
			ring(q);
		news = give(q);
	}
	if (!news)
		return;
	/* As in an interrupt, except that interrupts are on */
	local_bh_disable();
	vring_interrupt(0, q->vq);
	local_bh_enable();
}

/**
 * mdev_virtio_queue_kick() - have a queue worked on soon
 * @q: the queue
 *
 * Context: Any.
 */
void mdev_virtio_queue_kick(struct mdev_virtio_queue *q)
{
	mod_delayed_work(mdev_virtio_queue_wq, &q->work, 0);
}

static bool notify(struct virtqueue *vq)
{
	mdev_virtio_queue_kick(vq->priv);
	return true;
}

static void free_memory(struct mdev_virtio_queue *q)
{
	unsigned int i;

	for (i = 0; i < MDEV_VIRTIO_AREAS; i++) {
		if (q->iova[i])
			mdev_virtio_iova_unmap(&q->host->iova, q->iova[i]);
		/* The program may have the page pinned, and keep it */
		free_page((unsigned long)q->areas[i]);
		q->iova[i] = 0;
		q->areas[i] = NULL;
	}
	if (q->memory)
		free_pages_exact(q->memory, vring_size(q->nr, SMP_CACHE_BYTES));
	kfree(q->heads);
	q->memory = NULL;
	q->heads = NULL;
}

static int alloc_memory(struct mdev_virtio_queue *q)
{
	unsigned int i, access = MDEV_VIRTIO_READ | MDEV_VIRTIO_WRITE | MDEV_VIRTIO_PIN;

	BUILD_BUG_ON(MDEV_VIRTIO_ENTRIES * sizeof(struct vring_desc) > PAGE_SIZE);
	q->heads = kcalloc(q->nr, sizeof(*q->heads), GFP_KERNEL);
	q->memory = alloc_pages_exact(vring_size(q->nr, SMP_CACHE_BYTES), GFP_KERNEL | __GFP_ZERO);
	if (!q->heads || !q->memory)
		return -ENOMEM;
	for (i = 0; i < MDEV_VIRTIO_AREAS; i++) {
		q->areas[i] = (void *)get_zeroed_page(GFP_KERNEL);
		if (!q->areas[i])
			return -ENOMEM;
		q->iova[i] = mdev_virtio_iova_map(&q->host->iova, q->areas[i], PAGE_SIZE, access);
		if (!q->iova[i])
			return -ENOMEM;
	}
	return 0;
}

static int set_address(struct mdev_virtio_queue *q, u32 offset, unsigned int area)
{
	return mdev_virtio_pci_common_set(q->host, offset, sizeof(u32),
					  lower_32_bits(q->iova[area])) ?:
	       mdev_virtio_pci_common_set(q->host, offset + sizeof(u32), sizeof(u32),
					  upper_32_bits(q->iova[area]));
}

/* Tell the device of a queue, which is selected. */
static int set_up(struct mdev_virtio_queue *q)
{
	struct mdev_virtio_host *host = q->host;
	u32 vector, off;
	u64 doorbell;
	int ret;

	ret = mdev_virtio_common_set(host, queue_size, q->nr) ?:
	      set_address(q, VIRTIO_PCI_COMMON_Q_DESCLO, MDEV_VIRTIO_DESC) ?:
	      set_address(q, VIRTIO_PCI_COMMON_Q_AVAILLO, MDEV_VIRTIO_AVAIL) ?:
	      set_address(q, VIRTIO_PCI_COMMON_Q_USEDLO, MDEV_VIRTIO_USED) ?:
	      mdev_virtio_common_set(host, queue_msix_vector, q->vector) ?:
	      mdev_virtio_common_get(host, queue_msix_vector, &vector) ?:
	      mdev_virtio_common_get(host, queue_notify_off, &off);
	if (ret)
		return ret;
	doorbell = (u64)off * host->places.multiplier;
	if (vector != q->vector || doorbell > U32_MAX)
		return -EBUSY;
	q->doorbell = doorbell;
	return 0;
}

/* How many entries will a queue have? Return: a power of two; a negative errno. */
static int choose_size(struct mdev_virtio_queue *q)
{
	u32 size, enabled;
	int ret;

	ret = mdev_virtio_common_set(q->host, queue_select, q->index) ?:
	      mdev_virtio_common_get(q->host, queue_size, &size) ?:
	      mdev_virtio_common_get(q->host, queue_enable, &enabled);
	if (ret)
		return ret;
	if (size < MDEV_VIRTIO_ENTRIES_MIN || enabled)
		return -ENOENT;
	return rounddown_pow_of_two(min(size, MDEV_VIRTIO_ENTRIES));
}

/**
 * mdev_virtio_queue_new() - set up a queue for a driver
 * @q: the queue, not in use
 * @info: what the driver wants
 *
 * Context: Process context.
 *
 * Return: the driver's end; an ERR_PTR: -ENOENT if the device does not have the queue, or only one
 * that is too small; -EBUSY if it does not accept the vector; -ENOMEM; an errno of
 * mdev_bpf_client_read().
 */
struct virtqueue *mdev_virtio_queue_new(struct mdev_virtio_queue *q,
					const struct virtqueue_info *info)
{
	struct virtqueue *vq = NULL;
	int ret = choose_size(q);

	if (ret < 0)
		return ERR_PTR(ret);
	guard(mutex)(&q->lock);
	q->nr = ret;
	q->avail = 0;
	q->used = 0;
	q->busy = 0;
	q->owed = false;
	ret = alloc_memory(q) ?: set_up(q);
	if (!ret)
		vq = vring_new_virtqueue(q->index, q->nr, SMP_CACHE_BYTES, &q->host->vdev, true,
					 info->ctx, q->memory, notify, info->callback, info->name);
	if (!vq) {
		free_memory(q);
		return ERR_PTR(ret ?: -ENOMEM);
	}
	vq->num_max = q->nr;
	vq->priv = q;
	q->vq = vq;
	q->ring = virtqueue_get_vring(vq);
	return vq;
}

/**
 * mdev_virtio_queue_stop() - do not work on a queue any more, because of a reset
 * @q: the queue
 *
 * Context: Process context. When this returns, the driver's callback is not running.
 */
void mdev_virtio_queue_stop(struct mdev_virtio_queue *q)
{
	scoped_guard(mutex, &q->lock)
		q->ring = NULL;
	cancel_delayed_work_sync(&q->work);
}

/**
 * mdev_virtio_queue_delete() - undo mdev_virtio_queue_new(), after a reset
 * @q: the queue; nothing happens if it is not in use
 *
 * Context: Process context.
 */
void mdev_virtio_queue_delete(struct mdev_virtio_queue *q)
{
	mdev_virtio_queue_stop(q);
	guard(mutex)(&q->lock);
	if (!q->vq)
		return;
	vring_del_virtqueue(q->vq);
	q->vq = NULL;
	free_memory(q);
}

/**
 * mdev_virtio_queue_init() - allocate the queues of a device
 * @host: the device, whose registers are known
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM; an errno of mdev_bpf_client_read().
 */
int mdev_virtio_queue_init(struct mdev_virtio_host *host)
{
	unsigned int i;
	u32 nr;
	int ret;

	ret = mdev_virtio_common_get(host, num_queues, &nr);
	if (ret)
		return ret;
	nr = min(nr, MDEV_VIRTIO_QUEUES);
	host->queues = kvcalloc(nr, sizeof(*host->queues), GFP_KERNEL);
	if (!host->queues)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		struct mdev_virtio_queue *q = &host->queues[i];

		q->host = host;
		q->index = i;
		/* Vector 0 is for the configuration, and for all if there is no other */
		q->vector = host->vectors > 1 ? 1 + i % (host->vectors - 1) : 0;
		mutex_init(&q->lock);
		INIT_DELAYED_WORK(&q->work, queue_run);
	}
	/* Interrupts find them from now on */
	smp_store_release(&host->nr_queues, nr);
	return 0;
}

/**
 * mdev_virtio_queue_destroy() - undo mdev_virtio_queue_init()
 * @host: the device, whose client is closed, and whose queues are deleted
 *
 * Context: Process context.
 */
void mdev_virtio_queue_destroy(struct mdev_virtio_host *host)
{
	unsigned int i;

	for (i = 0; i < host->nr_queues; i++)
		cancel_delayed_work_sync(&host->queues[i].work);
	kvfree(host->queues);
	host->queues = NULL;
	host->nr_queues = 0;
}
