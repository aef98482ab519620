/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio over PCI (virtio 1.2, 4.1): registers, capabilities, the life of the device, and the ops
 * of the program. For mdev_virtio.bpf.h.
 */
#ifndef __MDEV_VIRTIO_PCI_BPF_H
#define __MDEV_VIRTIO_PCI_BPF_H

/* Indices in pci_caps */
enum { VIRTIO_CAP_COMMON, VIRTIO_CAP_ISR, VIRTIO_CAP_DEVICE, VIRTIO_CAP_NOTIFY, VIRTIO_CAP_ACCESS };

static __always_inline __u64 virtio_offered(struct mdev_bpf_dev *dev)
{
	return VIRTIO_TRANSPORT | virtio_offer(dev);
}

/* Have the registers of the selected queue show it; there may be none. */
static __always_inline void virtio_show(struct virtio *v)
{
	struct virtio_queue *q = virtio_queue(v, v->common.queue_select);
	struct virtio_common *r = &v->common;

	r->queue_size = q ? q->size : 0;
	r->queue_vector = q ? q->vector : VIRTIO_MSI_NO_VECTOR;
	r->queue_enable = q ? q->enabled : 0;
	r->queue_reset = q ? q->reset : 0;
	r->queue_notify_off = q ? r->queue_select : 0;
	for (__u32 i = 0; i < VIRTIO_AREAS; i++)
		r->queue_area[i] = q ? q->area[i] : 0;
}

static __always_inline void virtio_clear_queue(struct mdev_bpf_dev *dev, struct virtio *v,
					       struct virtio_queue *q, __u64 nr)
{
	int i;

	__builtin_memset(q, 0, offsetof(struct virtio_queue, table));
	q->size = VIRTIO_QUEUE_SIZE;
	q->vector = VIRTIO_MSI_NO_VECTOR;
	mdev_bpf_for(i, dev, 0, VIRTIO_DEPTH) {
		struct virtio_chain *c = virtio_chain(v, virtio_number(nr, i));

		if (!c)
			continue;
		c->use = VIRTIO_FREE;
#ifdef VIRTIO_OWN
		/* It may be data of the guest. */
		__builtin_memset(&c->own, 0, sizeof(c->own));
#endif
	}
}

/* Everything as after power on, but for the configuration */
static __always_inline void virtio_clear(struct mdev_bpf_dev *dev, struct virtio *v)
{
	int i;

	__builtin_memset(v, 0, offsetof(struct virtio, queue));
	v->common.num_queues = VIRTIO_QUEUES;
	v->common.config_vector = VIRTIO_MSI_NO_VECTOR;
	v->common.device_feature = virtio_offered(dev);
	mdev_bpf_for(i, dev, 0, VIRTIO_QUEUES) {
		struct virtio_queue *q = virtio_queue(v, i);

		if (q)
			virtio_clear_queue(dev, v, q, i);
	}
	virtio_show(v);
	mdev_bpf_irq_set(dev, 0);
}

/* Cancel all that a queue has requested; the ends of the requests come later. */
int MDEV_BPF_FUNC(virtio_stop_queue, dev, __u64, nr)
{
	virtio_unpin(dev, nr);
	mdev_bpf_request_cancel(dev, VIRTIO_ID_TABLE | nr, ~0);
	/* All its chains: the low bits of the id are the number in the queue */
	mdev_bpf_request_cancel(dev, VIRTIO_ID_CHAIN | virtio_number(nr, 0), -VIRTIO_DEPTH);
	return 0;
}

/* A reset ends when no request is left that may access guest memory. */
int MDEV_BPF_FUNC(virtio_end_resets, dev, __u64, nr)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_queue *q = v ? virtio_queue(v, nr) : NULL;

	if (v && v->resetting && !v->requests)
		virtio_clear(dev, v);
	else if (q && q->reset && !q->requests)
		virtio_clear_queue(dev, v, q, nr);
	if (v)
		virtio_show(v);
	return 0;
}

int MDEV_BPF_FUNC(virtio_reset, dev)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	int i;

	if (!v)
		return -EIO;
	v->resetting = 1;
	mdev_bpf_for(i, dev, 0, VIRTIO_QUEUES)
		virtio_stop_queue(ctx, i);
	return virtio_end_resets(ctx, 0);
}

static __always_inline void virtio_run_all(struct mdev_bpf_dev *dev)
{
	for (__u32 i = 0; i < VIRTIO_QUEUES; i++)
		mdev_bpf_work_queue(dev, i);
}

/* Does the device take what the driver has chosen? */
static __always_inline bool virtio_agrees(struct mdev_bpf_dev *dev, const struct virtio *v)
{
	return virtio_has(v, VIRTIO_F_VERSION_1) && !(v->features & ~virtio_offered(dev));
}

static __always_inline void virtio_set_status(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					      struct virtio *v, __u8 val)
{
	__u8 old = v->common.status;

	if (v->resetting)
		return;
	if (!val) {
		virtio_reset(ctx);
		return;
	}
	val |= old;
	if (val & ~old & VIRTIO_CONFIG_S_FEATURES_OK && !virtio_agrees(dev, v))
		val &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	if (!(val & VIRTIO_CONFIG_S_FEATURES_OK))
		val &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	if (!(old & VIRTIO_CONFIG_S_NEEDS_RESET))
		val &= ~VIRTIO_CONFIG_S_NEEDS_RESET;
	v->common.status = val;
	if (val & ~old & VIRTIO_CONFIG_S_DRIVER_OK)
		virtio_run_all(dev);
}

/* A half of 64 feature bits; there are none above. */
static __always_inline __u32 virtio_half(__u64 features, __u32 select)
{
	return select > 1 ? 0 : features >> 32 * select;
}

static __always_inline void virtio_accept(struct virtio *v, __u32 val)
{
	__u32 select = v->common.driver_feature_select;

	if (v->common.status & VIRTIO_CONFIG_S_FEATURES_OK || select > 1)
		return;
	v->features &= ~(0xffffffffULL << 32 * select);
	v->features |= (__u64)val << 32 * select;
	v->common.driver_feature = val;
}

static __always_inline __u16 virtio_vector(__u64 val)
{
	return val < VIRTIO_VECTORS ? val : VIRTIO_MSI_NO_VECTOR;
}

/* An area of a queue, all of it or a half */
static __always_inline void virtio_set_area(struct virtio_queue *q, __u64 offset, __u32 size,
					    __u64 val)
{
	__u64 i = offset / 8;

	barrier_var(i);
	if (i >= VIRTIO_AREAS || size < 4)
		return;
	if (size == 8)
		q->area[i] = val;
	else if (offset & 4)
		q->area[i] = (__u32)q->area[i] | val << 32;
	else
		q->area[i] = (q->area[i] >> 32 << 32) | (__u32)val;
}

static __always_inline void virtio_set_queue(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					     struct virtio *v, __u64 offset, __u32 size, __u64 val)
{
	struct virtio_queue *q = virtio_queue(v, v->common.queue_select);

	if (!q || q->reset || v->resetting)
		return;
	switch (offset) {
	case offsetof(struct virtio_common, queue_vector):
		q->vector = virtio_vector(val);
		return;
	case offsetof(struct virtio_common, queue_reset):
		if (val != 1 || !virtio_has(v, VIRTIO_F_RING_RESET) || !q->enabled)
			return;
		q->reset = 1;
		virtio_stop_queue(ctx, v->common.queue_select);
		virtio_end_resets(ctx, v->common.queue_select);
		return;
	}
	/* The rest does not change while the queue is in use. */
	if (q->enabled)
		return;
	if (offset == offsetof(struct virtio_common, queue_size)) {
		/* A power of two, unless the ring is packed */
		if (val && val <= VIRTIO_QUEUE_SIZE &&
		    (virtio_has(v, VIRTIO_F_RING_PACKED) || !(val & (val - 1))))
			q->size = val;
	} else if (offset == offsetof(struct virtio_common, queue_enable)) {
		if (val != 1)
			return;
		virtio_enable(v, q);
		mdev_bpf_work_queue(dev, v->common.queue_select);
	} else {
		virtio_set_area(q, offset - offsetof(struct virtio_common, queue_area), size, val);
	}
}

/* The driver writes to common configuration, directly or by configuration space. */
int MDEV_BPF_FUNC(virtio_write, dev, __u64, offset, __u64, size, __u64, val)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);

	if (!v)
		return -EIO;
	switch (offset) {
	case offsetof(struct virtio_common, device_feature_select):
		v->common.device_feature_select = val;
		v->common.device_feature = virtio_half(virtio_offered(dev), val);
		break;
	case offsetof(struct virtio_common, driver_feature_select):
		v->common.driver_feature_select = val;
		v->common.driver_feature = virtio_half(v->features, val);
		break;
	case offsetof(struct virtio_common, driver_feature):
		virtio_accept(v, val);
		break;
	case offsetof(struct virtio_common, config_vector):
		v->common.config_vector = virtio_vector(val);
		break;
	case offsetof(struct virtio_common, status):
		virtio_set_status(ctx, dev, v, val);
		break;
	case offsetof(struct virtio_common, queue_select):
		v->common.queue_select = val;
		break;
	default:
		virtio_set_queue(ctx, dev, v, offset, size, val);
	}
	virtio_show(v);
	return 0;
}

/*
 * Capabilities: where in the BAR the structures are (virtio 1.2, 4.1.4). Each begins with the 3
 * bytes of header that the core writes.
 */
static __always_inline int virtio_write_cap(struct mdev_bpf_dev *dev, __u32 index, __u32 type,
					    __u32 offset, __u32 size)
{
	int at = mdev_bpf_pci_cap_offset(dev, index);

	if (at < 0)
		return at;
	return mdev_bpf_config_write(dev, at + 3, 1, type) ?:
	       mdev_bpf_config_write(dev, at + 4, 4, VIRTIO_BAR) ?:
	       mdev_bpf_config_write(dev, at + 8, 4, offset) ?:
	       mdev_bpf_config_write(dev, at + 12, 4, size);
}

static __always_inline int virtio_write_caps(struct mdev_bpf_dev *dev)
{
	int at = mdev_bpf_pci_cap_offset(dev, VIRTIO_CAP_NOTIFY);
#ifdef VIRTIO_CONFIG
	__u32 size = sizeof(((struct virtio *)0)->config);
#else
	/* Linux takes no structure without bytes; these read as 0. */
	__u32 size = 4;
#endif

	return virtio_write_cap(dev, VIRTIO_CAP_COMMON, VIRTIO_PCI_CAP_COMMON_CFG, VIRTIO_COMMON,
				sizeof(struct virtio_common)) ?:
	       virtio_write_cap(dev, VIRTIO_CAP_ISR, VIRTIO_PCI_CAP_ISR_CFG, VIRTIO_ISR, 1) ?:
	       virtio_write_cap(dev, VIRTIO_CAP_DEVICE, VIRTIO_PCI_CAP_DEVICE_CFG, VIRTIO_DEVICE,
				size) ?:
	       virtio_write_cap(dev, VIRTIO_CAP_NOTIFY, VIRTIO_PCI_CAP_NOTIFY_CFG, VIRTIO_NOTIFY,
				VIRTIO_QUEUES * VIRTIO_NOTIFY_STRIDE) ?:
	       mdev_bpf_config_write(dev, at + 16, 4, VIRTIO_NOTIFY_STRIDE) ?:
	       virtio_write_cap(dev, VIRTIO_CAP_ACCESS, VIRTIO_PCI_CAP_PCI_CFG, 0, 0);
}

/* The PCI configuration access capability: its members that the driver writes, after the header */
#define VIRTIO_ACCESS_BAR	4
#define VIRTIO_ACCESS_OFFSET	8
#define VIRTIO_ACCESS_LENGTH	12
#define VIRTIO_ACCESS_DATA	16
#define VIRTIO_ACCESS_END	20

/* What the driver reads there */
static __always_inline __u32 virtio_window_read(struct mdev_bpf_dev *dev, struct virtio *v,
						__u64 offset, __u32 length)
{
	const __u8 *from = (const __u8 *)&v->common;
	__u32 isr = v->isr;

	if (offset == VIRTIO_ISR && length == 1) {
		v->isr = 0;
		mdev_bpf_irq_set(dev, 0);
		return isr;
	}
#ifdef VIRTIO_CONFIG
	if (offset >= VIRTIO_DEVICE) {
		offset -= VIRTIO_DEVICE;
		from = (const __u8 *)&v->config;
		barrier_var(offset);
		if (offset > sizeof(v->config) - 4)
			return 0;
	}
#endif
	barrier_var(offset);
	if (offset > sizeof(v->common) - 4)
		return 0;
	from += offset;
	switch (length) {
	case 1:
		return *from;
	case 2:
		return *(const __u16 *)from;
	case 4:
		return *(const __u32 *)from;
	}
	return 0;
}

/* Where the window of the capability is; false if that is no place in the BAR. */
static __always_inline bool virtio_window(struct mdev_bpf_dev *dev, __u32 cap, __u32 *offset,
					  __u32 *length)
{
	*offset = mdev_bpf_config_read(dev, cap + VIRTIO_ACCESS_OFFSET, 4);
	*length = mdev_bpf_config_read(dev, cap + VIRTIO_ACCESS_LENGTH, 4);
	return mdev_bpf_config_read(dev, cap + VIRTIO_ACCESS_BAR, 1) == VIRTIO_BAR &&
	       (*length == 1 || *length == 2 || *length == 4) && !(*offset & (*length - 1));
}

static __always_inline void virtio_window_write(unsigned long long *ctx, struct mdev_bpf_dev *dev,
						__u32 offset, __u32 length, __u32 val)
{
	__u32 bell = (offset - VIRTIO_NOTIFY) / VIRTIO_NOTIFY_STRIDE;

	if (offset < sizeof(struct virtio_common))
		virtio_write(ctx, offset, length, length == 4 ? val :
						  val & ((1 << 8 * length) - 1));
	else if (offset >= VIRTIO_NOTIFY && bell < VIRTIO_QUEUES)
		mdev_bpf_work_queue(dev, bell);
}

/* The driver has written to the capability: to its window on the BAR, or to where that is. */
static __always_inline void virtio_access(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					  struct virtio *v, __u32 cap,
					  const struct mdev_bpf_access *access)
{
	__u32 offset, length;

	if (access->offset < cap + VIRTIO_ACCESS_DATA)
		mdev_bpf_config_write(dev, access->offset, access->size, access->val);
	else if (virtio_window(dev, cap, &offset, &length))
		virtio_window_write(ctx, dev, offset, length, access->val);
}

/* The driver reads the capability's window on the BAR. */
int MDEV_BPF_OP(virtio_config_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	int cap = mdev_bpf_pci_cap_offset(dev, VIRTIO_CAP_ACCESS);
	__u32 offset, length;

	if (!v || cap < 0)
		return -EIO;
	if (access->offset == (__u64)cap + VIRTIO_ACCESS_DATA &&
	    virtio_window(dev, cap, &offset, &length))
		access->val = virtio_window_read(dev, v, offset, length);
	return 0;
}

int MDEV_BPF_OP(virtio_config_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	int cap = mdev_bpf_pci_cap_offset(dev, VIRTIO_CAP_ACCESS);
	__s64 offset = access->offset;

	if (!v || cap < 0)
		return -EIO;
	/* Bus mastering is on: pin what could not be. */
	if (offset / 4 == PCI_COMMAND / 4)
		virtio_run_all(dev);
	if (offset >= cap + VIRTIO_ACCESS_BAR && offset < cap + VIRTIO_ACCESS_END)
		virtio_access(ctx, dev, v, cap, access);
	return 0;
}

/*
 * The core has read ISR and cleared it; or something was read that is no register; or a register of
 * the program whose reads call this op.
 */
int MDEV_BPF_OP(virtio_region_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);

	if (v && !v->isr)
		mdev_bpf_irq_set(dev, 0);
#ifdef VIRTIO_READ
	virtio_read_more(dev, access);
#endif
	return 0;
}

int MDEV_BPF_OP(virtio_region_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return virtio_write(ctx, access->offset - VIRTIO_COMMON, access->size, access->val);
}

int MDEV_BPF_OP(virtio_work, struct mdev_bpf_dev *dev, __u32 id)
{
#ifdef VIRTIO_WORK
	if (id >= VIRTIO_QUEUES)
		virtio_work_more(ctx, dev, id);
#endif
	return virtio_run(ctx, id);
}

/*
 * Memory that was pinned is not mapped any more. If the user is about to map it again, as a VMM
 * does that moves memory, it is there soon: try again later, but not for ever. False if that was
 * enough.
 */
#define VIRTIO_TIMER		0
#define VIRTIO_PIN_TRIES	100
#define VIRTIO_PIN_NS		10000000ULL	/* from one to the next */

static __always_inline bool virtio_pin_later(struct mdev_bpf_dev *dev, struct virtio *v)
{
	if (v->pin_tries >= VIRTIO_PIN_TRIES)
		return false;
	if (mdev_bpf_timer_left(dev, VIRTIO_TIMER) < 0) {
		v->pin_tries++;
		mdev_bpf_timer_arm(dev, VIRTIO_TIMER, VIRTIO_PIN_NS, 0);
	}
	return true;
}

int MDEV_BPF_OP(virtio_timer, struct mdev_bpf_dev *dev, __u32 id)
{
#ifdef VIRTIO_WORK
	if (id != VIRTIO_TIMER) {
		virtio_timer_more(ctx, dev, id);
		return 0;
	}
#endif
	virtio_run_all(dev);
	return 0;
}

/* Not being able to pin is an error of the driver, unless bus mastering is off. */
static __always_inline void virtio_pin_done(struct mdev_bpf_dev *dev, struct virtio *v,
					    const struct mdev_bpf_dma *dma)
{
	__u64 nr = dma->id / VIRTIO_AREAS, which = dma->id % VIRTIO_AREAS;
	struct virtio_queue *q = virtio_queue(v, nr);

	barrier_var(which);
	if (!q || which >= VIRTIO_AREAS)
		return;
	q->pinning &= ~(1 << which);
	/* A window of before a migration may be of no use any more. */
	if (!dma->error && (!virtio_runs(v, q) || q->area[which] != dma->iova))
		mdev_bpf_dma_unpin(dev, dma->id);
	switch (dma->error) {
	case 0:
	case -EEXIST:
		q->pinned |= 1 << which;
		v->pin_tries = 0;
		mdev_bpf_work_queue(dev, nr);
		break;
	case -EACCES:
		/* The driver has turned bus mastering on since. */
		if (mdev_bpf_config_read(dev, PCI_COMMAND, 2) & PCI_COMMAND_MASTER)
			mdev_bpf_work_queue(dev, nr);
		break;
	case -ECANCELED:
		break;
	default:
		if (virtio_runs(v, q) && (dma->error != -ENOENT || !(q->pinned & 1 << which) ||
					  !virtio_pin_later(dev, v)))
			virtio_fail(dev, v, nr, VIRTIO_WRONG_ADDRESS);
	}
}

static __always_inline void virtio_chain_done(unsigned long long *ctx, struct mdev_bpf_dev *dev,
					      struct virtio *v, struct virtio_chain *c,
					      struct virtio_queue *q, __u64 n, int error)
{
	if (v->resetting || q->reset)
		return;
	/* The state was converted meanwhile: request it again. */
	if (error == -ECANCELED && !virtio_submit(dev, v, c, n))
		return;
	virtio_call_continue(ctx, n, error);
}

int MDEV_BPF_FUNC(virtio_done, dev, __u64, id, __s64, error)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_queue *q;
	struct virtio_chain *c;
	__u64 n = id & VIRTIO_ID_MASK;

	c = v && id & VIRTIO_ID_CHAIN ? virtio_chain(v, n) : NULL;
	q = v ? virtio_queue(v, c ? c->queue : n) : NULL;
	if (!q)
		return -EIO;
	q->requests--;
	v->requests--;
	if (c)
		virtio_chain_done(ctx, dev, v, c, q, n, error);
	else
		virtio_table_done(ctx, dev, v, q, n, error);
	return virtio_end_resets(ctx, c ? c->queue : n);
}

int MDEV_BPF_OP(virtio_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);
	struct virtio_queue *q;

	if (!v)
		return -EIO;
	if (dma->op != MDEV_BPF_DMA_PIN)
		return virtio_done(ctx, dma->id, dma->error);
	q = virtio_queue(v, dma->id / VIRTIO_AREAS);
	virtio_pin_done(dev, v, dma);
	/* Those that the core repeats after a migration were not counted. */
	if (q && !(dma->flags & MDEV_BPF_DMA_AGAIN)) {
		q->requests--;
		v->requests--;
	}
	return virtio_end_resets(ctx, dma->id / VIRTIO_AREAS);
}

/* The user has unmapped memory with rings: see whether they are elsewhere now. */
int MDEV_BPF_OP(virtio_dma_unmap, struct mdev_bpf_dev *dev, struct mdev_bpf_range *range)
{
	virtio_run_all(dev);
	return 0;
}

int MDEV_BPF_OP(virtio_started, struct mdev_bpf_dev *dev, __u32 why)
{
	virtio_run_all(dev);
	return 0;
}

static __always_inline int virtio_power_on(struct mdev_bpf_dev *dev)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);

	if (!v)
		return -EIO;
	virtio_clear(dev, v);
	virtio_configure(dev, v);
	return virtio_write_caps(dev);
}

int MDEV_BPF_OP(virtio_init, struct mdev_bpf_dev *dev)
{
	return virtio_power_on(dev);
}

/* What the last user has left is gone, and parameters may have changed. */
int MDEV_BPF_OP(virtio_open, struct mdev_bpf_dev *dev)
{
	return virtio_power_on(dev);
}

int MDEV_BPF_OP(virtio_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct virtio *v = mdev_bpf_state(dev, VIRTIO_STATE);

	if (!v)
		return -EIO;
	mdev_bpf_dump_printf(out, "status 0x%02x, features 0x%llx, wrong %u (queue %u)\n",
			     v->common.status, v->features, v->wrong, v->wrong_queue);
	for (__u32 i = 0; i < VIRTIO_QUEUES; i++)
		mdev_bpf_dump_printf(out, "queue %u: enabled %u, size %u, taken %u, returned %u\n",
				     i, v->queue[i].enabled, v->queue[i].size,
				     v->queue[i].next_avail, v->queue[i].next_used);
#ifdef VIRTIO_DUMP
	virtio_dump_more(dev, out);
#endif
	return 0;
}

#define VIRTIO_REG(name, member)							\
	MDEV_BPF_REG(name, VIRTIO_BAR, VIRTIO_COMMON + offsetof(struct virtio_common, member), \
		     struct virtio, common.member)

#define VIRTIO_REG_RW(name, member)							\
	MDEV_BPF_REG(name, VIRTIO_BAR, VIRTIO_COMMON + offsetof(struct virtio_common, member), \
		     struct virtio, common.member, .flags = MDEV_BPF_REGISTER_WRITE_CALL)

/** VIRTIO_CONFIG_REG() - a row for a member of the device-specific configuration, read-only */
#define VIRTIO_CONFIG_REG(name, member)							\
	MDEV_BPF_REG(name, VIRTIO_BAR, VIRTIO_DEVICE + offsetof(VIRTIO_CONFIG, member),	\
		     struct virtio, config.member)

/** VIRTIO_REGISTERS - the rows of the transport's registers */
#define VIRTIO_REGISTERS								\
	VIRTIO_REG_RW("DEV_FEAT_SEL", device_feature_select),				\
	VIRTIO_REG("DEV_FEAT", device_feature),						\
	VIRTIO_REG_RW("DRV_FEAT_SEL", driver_feature_select),				\
	VIRTIO_REG_RW("DRV_FEAT", driver_feature),					\
	VIRTIO_REG_RW("CONFIG_VECTOR", config_vector),					\
	VIRTIO_REG("NUM_QUEUES", num_queues),						\
	VIRTIO_REG_RW("STATUS", status),						\
	VIRTIO_REG("GENERATION", generation),						\
	VIRTIO_REG_RW("Q_SELECT", queue_select),					\
	VIRTIO_REG_RW("Q_SIZE", queue_size),						\
	VIRTIO_REG_RW("Q_VECTOR", queue_vector),					\
	VIRTIO_REG_RW("Q_ENABLE", queue_enable),					\
	VIRTIO_REG("Q_NOTIFY_OFF", queue_notify_off),					\
	VIRTIO_REG_RW("Q_DESC", queue_area[VIRTIO_DESC]),				\
	VIRTIO_REG_RW("Q_DRIVER", queue_area[VIRTIO_DRIVER]),				\
	VIRTIO_REG_RW("Q_DEVICE", queue_area[VIRTIO_USED]),				\
	VIRTIO_REG("Q_NOTIFY_DATA", queue_notify_data),					\
	VIRTIO_REG_RW("Q_RESET", queue_reset),						\
	MDEV_BPF_REG("ISR", VIRTIO_BAR, VIRTIO_ISR, struct virtio, isr,			\
		     .read_clear = 3, .read_call = 3),					\
	{ .name = "NOTIFY", .region = VIRTIO_BAR, .offset = VIRTIO_NOTIFY, .width = 2,	\
	  .count = VIRTIO_QUEUES, .stride = VIRTIO_NOTIFY_STRIDE,			\
	  .flags = MDEV_BPF_REGISTER_CONST | MDEV_BPF_REGISTER_DOORBELL }

/**
 * VIRTIO_MEMBERS() - the members of MDEV_BPF_DEVICE() that each virtio device has
 * @kind: VIRTIO_ID_*
 * @class: the PCI class code
 *
 * The program adds types, state_size, registers with VIRTIO_REGISTERS, and what it has of its own.
 */
#define VIRTIO_MEMBERS(kind, class)							\
	.pci = {									\
		.vendor = 0x1af4, .device = 0x1040 + (kind), .class_code = class,		\
		.subsystem_vendor = 0x1af4, .subsystem_device = 0x1100, .revision = 1,	\
		.flags = MDEV_BPF_PCI_EXPRESS | MDEV_BPF_PCI_FLR,			\
	},										\
	.pci_caps = {									\
		[VIRTIO_CAP_COMMON] = { .id = PCI_CAP_ID_VNDR, .size = 16,		\
					.flags = MDEV_BPF_PCI_CAP_LOW },		\
		[VIRTIO_CAP_ISR] = { .id = PCI_CAP_ID_VNDR, .size = 16,			\
				     .flags = MDEV_BPF_PCI_CAP_LOW },			\
		[VIRTIO_CAP_DEVICE] = { .id = PCI_CAP_ID_VNDR, .size = 16,		\
					.flags = MDEV_BPF_PCI_CAP_LOW },		\
		[VIRTIO_CAP_NOTIFY] = { .id = PCI_CAP_ID_VNDR, .size = 20 },		\
		[VIRTIO_CAP_ACCESS] = { .id = PCI_CAP_ID_VNDR, .size = 20 },		\
	},										\
	.irqs = {									\
		{ .count = 1 },								\
		{ .index = 2, .count = VIRTIO_VECTORS,					\
		  .table = VIRTIO_MSIX_TABLE | VIRTIO_BAR,				\
		  .pba = VIRTIO_MSIX_PBA | VIRTIO_BAR },				\
	},										\
	.dma_windows = VIRTIO_QUEUES * VIRTIO_AREAS,					\
	.init = virtio_init,								\
	.open = virtio_open,								\
	.region_read = virtio_region_read,						\
	.region_write = virtio_region_write,						\
	.config_read = virtio_config_read,						\
	.config_write = virtio_config_write,						\
	.timer = virtio_timer,								\
	.work = virtio_work,								\
	.dma_done = virtio_dma_done,							\
	.dma_unmap = virtio_dma_unmap,							\
	.started = virtio_started,							\
	.dump = virtio_dump

/** VIRTIO_REGION - the row of the BAR */
#define VIRTIO_REGION									\
	{ .index = VIRTIO_BAR, .size = VIRTIO_BAR_SIZE, .access_size = 8,		\
	  .flags = MDEV_BPF_REGION_RW }

#endif /* __MDEV_VIRTIO_PCI_BPF_H */
