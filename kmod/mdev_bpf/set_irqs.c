// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_SET_IRQS: what the user of a device does to its interrupts. The
 * rules are vfio-pci's, since that is what clients are written against, but for two: the
 * loopback trigger of INTx behaves as the line does (not while masked, and it masks), and a bad
 * eventfd among several changes none of the vectors.
 */
#include <linux/eventfd.h>

#include "internal.h"

/* A checked SET_IRQS: @data has @count entries of the kind that @flags say. */
struct set_irqs {
	struct mdev_bpf_irqs *irqs;
	u32 flags;
	u32 start;
	u32 count;
	union {
		void *data;
		u8 *bools;
		s32 *fds;
	};
};

/* Is the @i-th interrupt of the call to be triggered, masked or unmasked? */
static bool is_chosen(const struct set_irqs *s, u32 i)
{
	return s->flags & VFIO_IRQ_SET_DATA_NONE || s->bools[i];
}

static bool by_eventfd(const struct set_irqs *s)
{
	return s->flags & VFIO_IRQ_SET_DATA_EVENTFD;
}

/* NONE and no interrupts: turn this kind of interrupt off. */
static bool is_disable(const struct set_irqs *s)
{
	return s->flags & VFIO_IRQ_SET_DATA_NONE && !s->count;
}

static int set_eventfd(struct mdev_bpf_irqs *irqs, struct eventfd_ctx **slot, s32 fd)
{
	struct eventfd_ctx *ctx = NULL;

	if (fd < -1)
		return -EINVAL;
	if (fd >= 0) {
		ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}
	mdev_bpf_irq_set_eventfd(irqs, slot, ctx);
	return 0;
}

static void intx_disable(struct mdev_bpf_irqs *irqs)
{
	mdev_bpf_irq_set_mode(irqs, MDEV_BPF_IRQ_OFF, 0);
	mdev_bpf_irq_set_eventfd(irqs, &irqs->intx, NULL);
	vfio_virqfd_disable(&irqs->unmask);
}

static void msi_disable(struct mdev_bpf_irqs *irqs)
{
	unsigned int i;

	mdev_bpf_irq_set_mode(irqs, MDEV_BPF_IRQ_OFF, 0);
	for (i = 0; i < ARRAY_SIZE(irqs->msi); i++)
		mdev_bpf_irq_set_eventfd(irqs, &irqs->msi[i], NULL);
}

/* The eventfd's wakeup holds locks that signalling another would take again: a work item. */
static void intx_unmask_work(void *opaque, void *unused)
{
	mdev_bpf_irq_mask(opaque, false);
}

static int intx_mask(struct set_irqs *s, bool mask)
{
	struct mdev_bpf_irqs *irqs = s->irqs;

	if (irqs->mode != MDEV_BPF_IRQ_INTX || s->count != 1)
		return -EINVAL;
	if (!by_eventfd(s)) {
		if (is_chosen(s, 0))
			mdev_bpf_irq_mask(irqs, mask);
		return 0;
	}
	if (mask)
		return -ENOTTY;
	if (s->fds[0] >= 0)
		return vfio_virqfd_enable(irqs, NULL, intx_unmask_work, NULL, &irqs->unmask,
					  s->fds[0]);
	vfio_virqfd_disable(&irqs->unmask);
	return 0;
}

static int intx_trigger(struct set_irqs *s)
{
	struct mdev_bpf_irqs *irqs = s->irqs;
	int ret;

	if (irqs->mode == MDEV_BPF_IRQ_MSI)
		return -EINVAL;
	if (is_disable(s)) {
		if (irqs->mode != MDEV_BPF_IRQ_INTX)
			return -EINVAL;
		intx_disable(irqs);
		return 0;
	}
	if (s->count != 1)
		return -EINVAL;
	if (by_eventfd(s)) {
		ret = set_eventfd(irqs, &irqs->intx, s->fds[0]);
		if (!ret && irqs->mode == MDEV_BPF_IRQ_OFF)
			mdev_bpf_irq_set_mode(irqs, MDEV_BPF_IRQ_INTX, 0);
		return ret;
	}
	if (irqs->mode != MDEV_BPF_IRQ_INTX)
		return -EINVAL;
	if (is_chosen(s, 0))
		mdev_bpf_irq_loopback(irqs, &irqs->intx);
	return 0;
}

/* All the eventfds or none: a bad one leaves the vectors before it as they were. */
static int msi_set_eventfds(struct set_irqs *s)
{
	struct eventfd_ctx *ctx[ARRAY_SIZE(s->irqs->msi)] = {};
	int ret = 0;
	u32 i;

	for (i = 0; i < s->count; i++) {
		if (s->fds[i] == -1)
			continue;
		ctx[i] = s->fds[i] < 0 ? ERR_PTR(-EINVAL) : eventfd_ctx_fdget(s->fds[i]);
		if (IS_ERR(ctx[i])) {
			ret = PTR_ERR(ctx[i]);
			break;
		}
	}
	if (ret) {
		while (i--)
			if (ctx[i])
				eventfd_ctx_put(ctx[i]);
		return ret;
	}
	for (i = 0; i < s->count; i++)
		mdev_bpf_irq_set_eventfd(s->irqs, &s->irqs->msi[s->start + i], ctx[i]);
	return 0;
}

static int msi_trigger(struct set_irqs *s)
{
	struct mdev_bpf_irqs *irqs = s->irqs;
	int ret;
	u32 i;

	if (irqs->mode == MDEV_BPF_IRQ_INTX)
		return -EINVAL;
	if (is_disable(s)) {
		if (irqs->mode != MDEV_BPF_IRQ_MSI)
			return -EINVAL;
		msi_disable(irqs);
		return 0;
	}
	if (by_eventfd(s)) {
		ret = msi_set_eventfds(s);
		if (!ret)
			mdev_bpf_irq_set_mode(irqs, MDEV_BPF_IRQ_MSI,
					      max(irqs->nr_msi, s->start + s->count));
		return ret;
	}
	if (irqs->mode != MDEV_BPF_IRQ_MSI)
		return -EINVAL;
	for (i = 0; i < s->count; i++)
		if (is_chosen(s, i))
			mdev_bpf_irq_loopback(irqs, &irqs->msi[s->start + i]);
	return 0;
}

/* ERR and REQ: one eventfd each, whatever the device's own interrupts do. */
static int notify_trigger(struct set_irqs *s, struct eventfd_ctx **slot)
{
	if (s->flags & VFIO_IRQ_SET_DATA_NONE && !*slot)
		return -EINVAL;
	if (is_disable(s)) {
		mdev_bpf_irq_set_eventfd(s->irqs, slot, NULL);
		return 0;
	}
	if (s->count != 1)
		return -EINVAL;
	if (by_eventfd(s))
		return set_eventfd(s->irqs, slot, s->fds[0]);
	if (is_chosen(s, 0))
		mdev_bpf_irq_loopback(s->irqs, slot);
	return 0;
}

static int intx(struct set_irqs *s, u32 action)
{
	switch (action) {
	case VFIO_IRQ_SET_ACTION_MASK:
		return intx_mask(s, true);
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return intx_mask(s, false);
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return intx_trigger(s);
	default:
		return -ENOTTY;
	}
}

static int set_irqs(struct set_irqs *s, u32 index)
{
	u32 action = s->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;

	lockdep_assert_held(&s->irqs->config);
	if (index == VFIO_PCI_INTX_IRQ_INDEX)
		return intx(s, action);
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	switch (index) {
	case VFIO_PCI_MSI_IRQ_INDEX:
		return msi_trigger(s);
	case VFIO_PCI_ERR_IRQ_INDEX:
		return notify_trigger(s, &s->irqs->err);
	case VFIO_PCI_REQ_IRQ_INDEX:
		return notify_trigger(s, &s->irqs->req);
	default:
		return -ENOTTY;
	}
}

/**
 * mdev_bpf_set_irqs() - VFIO_DEVICE_SET_IRQS
 * @bdev: the device
 * @hdr: the argument, of at least sizeof(*@hdr) bytes
 * @avail: bytes of it that there are
 *
 * Context: Process context of the user, whose file descriptors the data may name.
 *
 * Return: 0; -EINVAL for a combination that makes no sense, an interrupt that the
 * device does not have, or while the other of INTx and MSI is enabled; -ENOTTY for an
 * action that the kind of interrupt does not know; -EBADF or -EINVAL for a file
 * descriptor that is no eventfd; -EBUSY for a second eventfd to unmask by.
 */
int mdev_bpf_set_irqs(struct mdev_bpf_device *bdev, struct vfio_irq_set *hdr, u32 avail)
{
	struct set_irqs s = {
		.irqs = &bdev->irqs,
		.flags = hdr->flags,
		.start = hdr->start,
		.count = hdr->count,
		.data = hdr->data,
	};
	u32 total = hdr->index < VFIO_PCI_NUM_IRQS ? bdev->irq_count[hdr->index] : 0;
	size_t size = 0;
	int ret;

	ret = vfio_set_irqs_validate_and_prepare(hdr, total, VFIO_PCI_NUM_IRQS, &size);
	if (ret)
		return ret;
	/* argsz was checked by that; the bytes we have are those up to MDEV_BPF_MAX_IOCTL */
	if (size > avail - sizeof(*hdr))
		return -EINVAL;
	guard(mutex)(&bdev->irqs.config);
	return set_irqs(&s, hdr->index);
}

/**
 * mdev_bpf_irq_release() - the user closed the device: all its eventfds go
 * @irqs: the interrupts
 *
 * Context: Process context.
 */
void mdev_bpf_irq_release(struct mdev_bpf_irqs *irqs)
{
	guard(mutex)(&irqs->config);
	intx_disable(irqs);
	msi_disable(irqs);
	mdev_bpf_irq_set_eventfd(irqs, &irqs->err, NULL);
	mdev_bpf_irq_set_eventfd(irqs, &irqs->req, NULL);
}
