// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_SET_IRQS: the user enables, masks and triggers the interrupts of a device.
 *
 * PCI devices follow the rules of vfio-pci, since clients are written against it, with three
 * exceptions. A loopback trigger of a line behaves as the line does: it is dropped while the line
 * is masked, and it masks the line. One bad eventfd among several changes no vector at all. The
 * only negative number that stands for "no eventfd" is -1. All other devices follow vfio-platform,
 * with the same three exceptions.
 */
#include <linux/eventfd.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "device/device.h"
#include "pci/irq.h"
#include "vfio/set_irqs.h"
#include "work/mask.h"

/* A SET_IRQS call that has been checked: @data has @count entries of the kind given by @flags. */
struct set_irqs {
	struct mdev_bpf_irqs *irqs;
	struct mdev_bpf_irq_kind *kind;
	u32 index;
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

/* NONE and a count of 0: disable this kind of interrupt. */
static bool is_disable(const struct set_irqs *s)
{
	return s->flags & VFIO_IRQ_SET_DATA_NONE && !s->count;
}

/* The number of MSI vectors of a PCI device is fixed when MSI is enabled. */
static bool is_beyond(const struct set_irqs *s, u32 i)
{
	return s->irqs->pci && s->index == VFIO_PCI_MSI_IRQ_INDEX && s->kind->on &&
	       s->start + i >= s->kind->nr;
}

static struct eventfd_ctx *get_eventfd(const struct set_irqs *s, u32 i)
{
	if (s->fds[i] == -1)
		return NULL;
	if (s->fds[i] < 0 || is_beyond(s, i))
		return ERR_PTR(-EINVAL);
	return eventfd_ctx_fdget(s->fds[i]);
}

static void put_eventfds(struct eventfd_ctx **ctxs, u32 count)
{
	while (count--)
		if (ctxs[count])
			eventfd_ctx_put(ctxs[count]);	/* Pairs with get_eventfd() */
	kvfree(ctxs);
}

/* Set all the eventfds or none: if one is bad, no vector changes. */
static int set_eventfds(const struct set_irqs *s)
{
	struct eventfd_ctx **ctxs;
	int ret = 0;
	u32 i;

	if (!s->count)
		return 0;
	ctxs = kvcalloc(s->count, sizeof(*ctxs), GFP_KERNEL_ACCOUNT);
	if (!ctxs)
		return -ENOMEM;
	for (i = 0; i < s->count && !ret; i++) {
		ctxs[i] = get_eventfd(s, i);
		if (IS_ERR(ctxs[i])) {
			ret = PTR_ERR(ctxs[i]);
			ctxs[i] = NULL;
		}
	}
	if (!ret)
		ret = mdev_bpf_irq_set_eventfds(s->irqs, s->index, s->start, s->count, ctxs);
	put_eventfds(ctxs, s->count);
	return ret;
}

static void loopback(const struct set_irqs *s)
{
	u32 i;

	for (i = 0; i < s->count && !fatal_signal_pending(current); i++) {
		if (is_chosen(s, i))
			mdev_bpf_irq_loopback(s->irqs, s->index, s->start + i);
		cond_resched();
	}
}

static int line_mask(const struct set_irqs *s, bool mask)
{
	if (s->count != 1)
		return -EINVAL;
	if (by_eventfd(s))
		return mdev_bpf_mask_by_eventfd(irqs_to_bdev(s->irqs), s->index, mask, s->fds[0]);
	if (!is_chosen(s, 0))
		return 0;
	/* What eventfds have asked for before must not undo this */
	mdev_bpf_mask_settle(irqs_to_bdev(s->irqs));
	if (mask)
		mdev_bpf_irq_mask(s->irqs, s->index, true);
	else
		mdev_bpf_mask_end(irqs_to_bdev(s->irqs), s->index);
	return 0;
}

static int pci_mask(const struct set_irqs *s, bool mask)
{
	if (!s->kind->line)
		return -ENOTTY;
	if (!s->kind->on || s->count != 1)
		return -EINVAL;
	if (by_eventfd(s) && mask)
		return -ENOTTY;
	return line_mask(s, mask);
}

/* INTx, MSI and MSI-X */
static int pci_trigger(const struct set_irqs *s)
{
	unsigned int mode = mdev_bpf_irq_get_mode(s->irqs);
	int ret;

	if (mode != MDEV_BPF_IRQ_OFF && !s->kind->on)
		return -EINVAL;
	if (is_disable(s)) {
		if (!s->kind->on)
			return -EINVAL;
		mdev_bpf_irq_disable(s->irqs, s->index);
		return 0;
	}
	if (s->kind->line && s->count != 1)
		return -EINVAL;
	if (!by_eventfd(s)) {
		if (!s->kind->on)
			return -EINVAL;
		loopback(s);
		return 0;
	}
	if (!s->kind->on && !(s->start + s->count))
		return -ERANGE;
	ret = set_eventfds(s);
	if (!ret && !s->kind->on)
		mdev_bpf_irq_on(s->irqs, s->index, s->index == VFIO_PCI_MSI_IRQ_INDEX ?
				s->start + s->count : s->kind->decl.count);
	return ret;
}

/* ERR and REQ: one eventfd each, independent of INTx, MSI and MSI-X. */
static int notify_trigger(const struct set_irqs *s)
{
	if (s->flags & VFIO_IRQ_SET_DATA_NONE && !(s->kind->events && s->kind->events[0]))
		return -EINVAL;
	if (is_disable(s)) {
		mdev_bpf_irq_disable(s->irqs, s->index);
		return 0;
	}
	if (s->count != 1)
		return -EINVAL;
	if (by_eventfd(s))
		return set_eventfds(s);
	loopback(s);
	return 0;
}

static int pci_set(const struct set_irqs *s)
{
	switch (s->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_MASK:
		return pci_mask(s, true);
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return pci_mask(s, false);
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return s->index <= VFIO_PCI_MSIX_IRQ_INDEX ? pci_trigger(s) : notify_trigger(s);
	default:
		return -ENOTTY;
	}
}

/* Not PCI: each index is independent of the others. */
static int non_pci_trigger(const struct set_irqs *s)
{
	int ret;

	if (is_disable(s)) {
		mdev_bpf_irq_off(s->irqs, s->index);
		return 0;
	}
	if (!s->count)
		return -EINVAL;
	if (!by_eventfd(s)) {
		loopback(s);
		return 0;
	}
	ret = set_eventfds(s);
	if (!ret && !s->kind->on)
		mdev_bpf_irq_on(s->irqs, s->index, s->kind->decl.count);
	return ret;
}

static int non_pci_set(const struct set_irqs *s)
{
	switch (s->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_MASK:
		return s->kind->line ? line_mask(s, true) : -EINVAL;
	case VFIO_IRQ_SET_ACTION_UNMASK:
		return s->kind->line ? line_mask(s, false) : -EINVAL;
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return non_pci_trigger(s);
	default:
		return -ENOTTY;
	}
}

/**
 * mdev_bpf_set_irqs() - VFIO_DEVICE_SET_IRQS
 * @bdev: the device
 * @hdr: the argument, of at least sizeof(*@hdr) bytes
 * @avail: number of bytes of it that were copied from the user
 *
 * Context: Process context of the user, whose file descriptors the data may name.
 *
 * Return: 0; -EINVAL for an invalid combination of flags, for an interrupt that the device does not
 * have, or while another of INTx, MSI and MSI-X is enabled; -ENOTTY for an action that this kind of
 * interrupt does not support; -ERANGE for enabling no vector; -EBADF or -EINVAL for a file
 * descriptor that is not an eventfd; -EBUSY if the line already has an eventfd that masks or
 * unmasks it; -ENOMEM.
 */
int mdev_bpf_set_irqs(struct mdev_bpf_device *bdev, struct vfio_irq_set *hdr, u32 avail)
{
	struct set_irqs s = {
		.irqs = &bdev->irqs,
		.index = hdr->index,
		.flags = hdr->flags,
		.start = hdr->start,
		.count = hdr->count,
		.data = hdr->data,
	};
	size_t size = 0;
	int ret;

	/* The count of an index that the device does not have is 0, which is refused */
	ret = vfio_set_irqs_validate_and_prepare(hdr, mdev_bpf_irq_count(bdev, hdr->index),
						 MDEV_BPF_MAX_IRQS, &size);
	if (ret)
		return ret;
	/* This has checked argsz, but at most MDEV_BPF_MAX_IOCTL bytes were copied */
	if (size > avail - sizeof(*hdr))
		return -EINVAL;
	s.index = array_index_nospec(s.index, MDEV_BPF_MAX_IRQS);
	s.kind = &bdev->irqs.kinds[s.index];
	guard(mutex)(&bdev->irqs.config);
	return bdev->irqs.pci ? pci_set(&s) : non_pci_set(&s);
}
