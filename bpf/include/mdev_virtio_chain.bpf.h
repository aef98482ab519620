/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chains of buffers: from the ring to the device's work on them, and back. For mdev_virtio.bpf.h.
 */
#ifndef __MDEV_VIRTIO_CHAIN_BPF_H
#define __MDEV_VIRTIO_CHAIN_BPF_H

#define VIRTIO_RUN	16	/* chains that are begun by one op */

/* Where a member of chain @n is in the state */
#define virtio_in_chain(n, member)							\
	MDEV_BPF_STATE(offsetof(struct virtio, chain) + (n) * sizeof(struct virtio_chain) + \
		       offsetof(struct virtio_chain, member))

static __always_inline void virtio_counted(struct virtio *v, struct virtio_queue *q)
{
	q->requests++;
	v->requests++;
}

/**
 * virtio_submit() - request what c->request describes
 * @dev: the device
 * @v: its transport
 * @c: the chain
 * @n: its number
 *
 * Sets the id and the channel. A chain has one request at a time.
 *
 * Return: 0, and then virtio_continue() is called; or as mdev_bpf_request().
 */
static __always_inline int virtio_submit(struct mdev_bpf_dev *dev, struct virtio *v,
					 struct virtio_chain *c, __u64 n)
{
	struct virtio_queue *q = virtio_queue(v, c->queue);
	int ret;

	if (!q)
		return -EINVAL;
	c->request.id = VIRTIO_ID_CHAIN | n;
#ifdef VIRTIO_IN_ORDER
	c->request.channel = VIRTIO_CHANNEL(c->queue);
#else
	c->request.channel = VIRTIO_CHANNEL(n);
#endif
	ret = mdev_bpf_request(dev, &c->request, sizeof(c->request));
	if (!ret)
		virtio_counted(v, q);
	return ret;
}

/**
 * virtio_copy() - copy between the buffers of a chain and the device or a file
 * @dev: the device
 * @v: its transport
 * @c: the chain
 * @n: its number
 * @op: MDEV_BPF_DMA_READ or MDEV_BPF_FILE_WRITE from the first buffers to be read;
 *	MDEV_BPF_DMA_WRITE or MDEV_BPF_FILE_READ to the first to be written
 * @where: the device's side, MDEV_BPF_STATE() or MDEV_BPF_MEMORY(); 0 for a file
 * @size: number of bytes, 1 to MDEV_BPF_MAX_DMA_SIZE. There may be more in the buffers
 *
 * For a file, set c->request.file and .offset before.
 *
 * Return: as virtio_submit().
 */
static __always_inline int virtio_copy(struct mdev_bpf_dev *dev, struct virtio *v,
				       struct virtio_chain *c, __u64 n, __u32 op, __u64 where,
				       __u64 size)
{
	bool in = op == MDEV_BPF_DMA_WRITE || op == MDEV_BPF_FILE_READ;
	__u64 first = in ? c->in : c->out;

	c->request.op = op;
	c->request.flags = MDEV_BPF_DMA_LIST;
	c->request.iova = virtio_in_chain(n, pieces) + first * sizeof(c->pieces[0]);
	c->request.count = (in ? c->count : c->outs) - first;
	c->request.where = where;
	c->request.size = size;
	return virtio_submit(dev, v, c, n);
}

/* Take @size bytes from a piece; false if that was not enough, and the piece is used up. */
static __always_inline bool virtio_take(struct virtio_chain *c, __u64 i, __u64 *size)
{
	struct mdev_bpf_sg *piece;

	barrier_var(i);
	if (i >= VIRTIO_QUEUE_SIZE)
		return true;
	piece = &c->pieces[i];
	if (*size < piece->size) {
		piece->iova += *size;
		piece->size -= *size;
		return true;
	}
	*size -= piece->size;
	return false;
}

/**
 * virtio_skip() - go on in the buffers of a chain
 * @ctx: the context
 * @n: number of the chain
 * @in: 1 for the buffers that the device writes, 0 for those that it reads
 * @size: number of bytes
 *
 * Return: 0.
 */
int MDEV_BPF_FUNC(virtio_skip, dev, __u64, n, __u64, in, __u64, size)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_chain *c = v ? virtio_chain(v, n) : NULL;
	int i;

	if (!c)
		return -EINVAL;
	mdev_bpf_for(i, dev, 0, VIRTIO_QUEUE_SIZE) {
		__u16 at = in ? c->in : c->out;

		if (at >= (in ? c->count : c->outs) || virtio_take(c, at, &size))
			break;
		if (in)
			c->in = at + 1;
		else
			c->out = at + 1;
	}
	return 0;
}

static __always_inline bool virtio_return(struct mdev_bpf_dev *dev, struct virtio *v,
					  struct virtio_queue *q, struct virtio_chain *c)
{
	if (!virtio_push(dev, v, q, c->queue, c))
		return false;
	c->use = VIRTIO_FREE;
	if (q->full) {
		q->full = 0;
		mdev_bpf_work_queue(dev, c->queue);
	}
	return true;
}

/**
 * virtio_end() - give a chain back to the driver
 * @ctx: the context
 * @n: number of the chain
 * @written: bytes that the device has written into its buffers
 *
 * Return: 0.
 */
int MDEV_BPF_FUNC(virtio_end, dev, __u64, n, __u64, written)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_chain *c = v ? virtio_chain(v, n) : NULL;
	struct virtio_queue *q = c ? virtio_queue(v, c->queue) : NULL;

	if (!q || c->use != VIRTIO_BUSY)
		return -EINVAL;
	c->written = written;
	if (virtio_runs(v, q) && virtio_return(dev, v, q, c))
		return 0;
	/* Another program, or another host, may have to pin the ring first. */
	c->use = VIRTIO_ENDED;
	q->ended++;
	mdev_bpf_work_queue(dev, c->queue);
	return 0;
}

/* Chains that have ended while their ring was not there */
static __always_inline void virtio_end_late(struct mdev_bpf_dev *dev, struct virtio *v,
					    struct virtio_queue *q, __u64 nr)
{
	int i;

	mdev_bpf_for(i, dev, 0, VIRTIO_DEPTH) {
		struct virtio_chain *c = virtio_chain(v, virtio_number(nr, i));

		if (!c || !q->ended)
			break;
		if (c->use != VIRTIO_ENDED)
			continue;
		if (!virtio_return(dev, v, q, c))
			break;
		q->ended--;
	}
}

/* Take one buffer of a chain down; an empty one has nothing to take. */
static __always_inline int virtio_add_piece(struct virtio_chain *c, const struct virtio_desc *d)
{
	bool in = d->tail & VIRTIO_DESC_WRITE;
	__u64 i = c->count;

	if (!d->len)
		return 0;
	barrier_var(i);
	if (i >= VIRTIO_QUEUE_SIZE || (!in && c->count != c->outs) || d->addr + d->len < d->addr)
		return -EINVAL;
	c->pieces[i].iova = d->addr;
	c->pieces[i].size = d->len;
	c->pieces[i].reserved = 0;
	c->count = i + 1;
	if (in) {
		c->in_size += d->len;
		return 0;
	}
	c->outs = i + 1;
	c->in = i + 1;
	c->out_size += d->len;
	return 0;
}

/* Copy the descriptor at the cursor: from a table that was fetched, or from the ring. */
static __always_inline int virtio_fetch(struct mdev_bpf_dev *dev, struct virtio_queue *q,
					__u64 nr, __u64 limit, bool table, struct virtio_desc *d)
{
	struct virtio_desc *from;
	__u64 i = q->cursor;

	barrier_var(i);
	if (i >= limit || i >= VIRTIO_QUEUE_SIZE)
		return -EINVAL;
	from = table ? &q->table[i] :
	       virtio_area(dev, nr, VIRTIO_DESC, i * sizeof(*d), struct virtio_desc);
	if (!from)
		return -EAGAIN;
	d->addr = READ_ONCE(from->addr);
	d->len = READ_ONCE(from->len);
	d->tail = READ_ONCE(from->tail);
	if (q->packed)
		d->tail = d->tail >> 16 | d->tail << 16;
	return 0;
}

/* The rest of the chain is in a table in guest memory. */
static __always_inline int virtio_note_table(const struct virtio *v, struct virtio_chain *c,
					     const struct virtio_desc *d)
{
	__u32 entries = d->len / sizeof(*d);

	if (!virtio_has(v, VIRTIO_RING_F_INDIRECT_DESC) || d->tail & VIRTIO_DESC_NEXT ||
	    d->len % sizeof(*d) || !entries || entries > VIRTIO_QUEUE_SIZE)
		return -EINVAL;
	c->table_addr = d->addr;
	c->table_entries = entries;
	return 1;
}

/*
 * Where a chain goes on behind a descriptor; false at its end. In a packed ring that is the next
 * entry, and all entries of a table are used.
 */
static __always_inline bool virtio_follow(struct virtio_queue *q, struct virtio_chain *c,
					  const struct virtio_desc *d, __u64 limit, bool table)
{
	bool more = d->tail & VIRTIO_DESC_NEXT;

	if (!q->packed) {
		q->cursor = d->tail >> 16;
		return more;
	}
	q->cursor++;
	if (table)
		return q->cursor < limit;
	if (q->cursor == q->size)
		q->cursor = 0;
	c->id = d->tail >> 16;
	c->entries++;
	return more;
}

/*
 * Follow a chain from the cursor of its queue, @nr: in its ring, or in the table that was fetched.
 * Returns 0 at its end, 1 if there is a table to be fetched, -EAGAIN if the ring is not there, and
 * -EINVAL if the chain is wrong. A loop is wrong, as it has more descriptors than there are.
 */
int MDEV_BPF_FUNC(virtio_walk, dev, __u64, nr, __u64, n, __u64, table)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_chain *c = v ? virtio_chain(v, n) : NULL;
	struct virtio_queue *q = v ? virtio_queue(v, nr) : NULL;
	struct virtio_desc d;
	__u64 limit;
	int i, ret;
	bool more;

	if (!q || !c)
		return -EINVAL;
	limit = table ? c->table_entries : q->size;
	mdev_bpf_for(i, dev, 0, limit) {
		ret = virtio_fetch(dev, q, nr, limit, table, &d);
		if (ret)
			return ret;
		more = virtio_follow(q, c, &d, limit, table);
		if (d.tail & VIRTIO_DESC_INDIRECT)
			return table ? -EINVAL : virtio_note_table(v, c, &d);
		if (virtio_add_piece(c, &d))
			return -EINVAL;
		if (!more)
			return 0;
	}
	return -EINVAL;
}

int MDEV_BPF_FUNC(virtio_call_begin, dev, __u64, n)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_chain *c = v ? virtio_chain(v, n) : NULL;

	if (c)
		virtio_begin(ctx, dev, v, c, n);
	return 0;
}

int MDEV_BPF_FUNC(virtio_call_continue, dev, __u64, n, __s64, error)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_chain *c = v ? virtio_chain(v, n) : NULL;

	if (c)
		virtio_continue(ctx, dev, v, c, n, error);
	return 0;
}

/* A chain of queue @nr that is free: its number, or VIRTIO_CHAINS. */
static __always_inline __u64 virtio_find_free(struct mdev_bpf_dev *dev, struct virtio *v,
					      struct virtio_queue *q, __u64 nr)
{
	int i;

	mdev_bpf_for(i, dev, 0, VIRTIO_DEPTH) {
		__u64 n = virtio_number(nr, (q->hint + i) & (VIRTIO_DEPTH - 1));
		struct virtio_chain *c = virtio_chain(v, n);

		if (!c || c->use != VIRTIO_FREE)
			continue;
		q->hint = q->hint + i + 1;
		return n;
	}
	return VIRTIO_CHAINS;
}

static __always_inline void virtio_clean(struct virtio_chain *c, __u64 nr)
{
	__builtin_memset(c, 0, offsetof(struct virtio_chain, pieces));
	c->queue = nr;
}

static __always_inline int virtio_fetch_table(struct mdev_bpf_dev *dev, struct virtio *v,
					      struct virtio_queue *q, struct virtio_chain *c,
					      __u64 nr, __u64 n)
{
	__u64 place = offsetof(struct virtio, queue) + sizeof(*q) * nr;
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_READ, .id = VIRTIO_ID_TABLE | nr,
		.channel = VIRTIO_CHANNEL_QUEUES, .iova = c->table_addr,
		.where = MDEV_BPF_STATE(place + offsetof(struct virtio_queue, table)),
		.size = c->table_entries * sizeof(struct virtio_desc),
	};

	if (mdev_bpf_request(dev, &req, sizeof(req)))
		return -EINVAL;
	virtio_counted(v, q);
	q->fetching = 1;
	q->table_chain = n;
	return 0;
}

/* Take the next chain of a queue. Returns 1 if there may be more, else 0. */
int MDEV_BPF_FUNC(virtio_pop, dev, __u64, nr)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_queue *q = v ? virtio_queue(v, nr) : NULL;
	struct virtio_chain *c;
	int head, ret;
	__u64 n;

	if (!q || !virtio_runs(v, q) || q->fetching || virtio_is_empty(dev, v, q, nr))
		return 0;
	n = virtio_find_free(dev, v, q, nr);
	c = virtio_chain(v, n);
	if (!c) {
		q->full = 1;
		return 0;
	}
	head = virtio_head(dev, q, nr);
	if (head < 0 || v->common.status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return 0;
	virtio_clean(c, nr);
	c->id = head;
	q->cursor = head;
	ret = virtio_walk(ctx, nr, n, 0);
	if (ret == -EAGAIN)
		return 0;
	if (ret < 0 || (ret && virtio_fetch_table(dev, v, q, c, nr, n))) {
		virtio_fail(dev, v, nr, VIRTIO_WRONG_CHAIN);
		return 0;
	}
	virtio_advance(q, c);
	c->use = VIRTIO_BUSY;
	if (!ret)
		virtio_call_begin(ctx, n);
	return !ret;
}

/* The table of a chain has arrived. */
static __always_inline void virtio_table_done(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					      struct virtio *v, struct virtio_queue *q, __u64 nr,
					      int error)
{
	struct virtio_chain *c = virtio_chain(v, q->table_chain);
	__u64 n = q->table_chain;

	q->fetching = 0;
	if (!c || v->resetting || q->reset)
		return;
	if (error == -ECANCELED && !virtio_fetch_table(dev, v, q, c, nr, n))
		return;
	q->cursor = 0;
	if (error || virtio_walk(ctx, nr, n, 1))
		virtio_fail(dev, v, nr, VIRTIO_WRONG_CHAIN);
	else
		virtio_call_begin(ctx, n);
	mdev_bpf_work_queue(dev, nr);
}

/* Work on a queue. What is left over is work of its own, so that other queues have their turn. */
int MDEV_BPF_FUNC(virtio_run, dev, __u64, nr)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_queue *q = v ? virtio_queue(v, nr) : NULL;
	int i;

	if (!q || !virtio_runs(v, q) || !virtio_is_pinned(dev, v, q, nr))
		return 0;
	virtio_end_late(dev, v, q, nr);
	mdev_bpf_for(i, dev, 0, VIRTIO_RUN)
		if (!virtio_pop(ctx, nr))
			return 0;
	mdev_bpf_work_queue(dev, nr);
	return 0;
}

#endif /* __MDEV_VIRTIO_CHAIN_BPF_H */
