// SPDX-License-Identifier: GPL-2.0-only
/*
 * Masking and unmasking lines for the user of a device.
 *
 * An eventfd of the user can do both. Its wakeup holds locks that signalling another eventfd takes.
 * And if it is that of the line itself, the line fires, and is unmasked, for ever. So the wakeup
 * only sets a bit, and the device's worker does the rest in the user's own time.
 */
#include <linux/bitops.h>
#include <linux/vfio.h>

#include "device/device.h"
#include "pci/irq.h"
#include "work/deferred.h"
#include "work/mask.h"
#include "work/worker.h"

/**
 * mdev_bpf_mask_end() - unmask a line for the user of a device
 * @bdev: the device
 * @index: VFIO index of the line
 *
 * This ends an interrupt, so the program's irq_unmask is called, if it has that op.
 *
 * Context: Any.
 */
void mdev_bpf_mask_end(struct mdev_bpf_device *bdev, unsigned int index)
{
	if (mdev_bpf_irq_mask(&bdev->irqs, index, false))
		mdev_bpf_deferred_unmask_start(bdev, index);
}

static int ask(struct mdev_bpf_device *bdev, struct mdev_bpf_irq_kind *kind, unsigned long *asked)
{
	set_bit(kind - bdev->irqs.kinds, asked);
	mdev_bpf_worker_wake(bdev);
	return 0;
}

static int ask_mask(void *opaque, void *kind)
{
	struct mdev_bpf_device *bdev = opaque;

	return ask(bdev, kind, &bdev->irqs.to_mask);
}

static int ask_unmask(void *opaque, void *kind)
{
	struct mdev_bpf_device *bdev = opaque;

	return ask(bdev, kind, &bdev->irqs.to_unmask);
}

/**
 * mdev_bpf_mask_settle() - mask and unmask lines as eventfds have asked until now
 * @bdev: the device
 *
 * If both were asked for a line, it is unmasked in the end, so that no interrupt is lost.
 *
 * Context: Process context, mdev_bpf_irqs::config held.
 */
void mdev_bpf_mask_settle(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_irqs *irqs = &bdev->irqs;
	unsigned long lines;
	unsigned int i;

	lockdep_assert_held(&irqs->config);
	lines = xchg(&irqs->to_mask, 0);
	for_each_set_bit(i, &lines, MDEV_BPF_MAX_IRQS)
		mdev_bpf_irq_mask(irqs, i, true);
	lines = xchg(&irqs->to_unmask, 0);
	for_each_set_bit(i, &lines, MDEV_BPF_MAX_IRQS)
		mdev_bpf_mask_end(bdev, i);
}

/**
 * mdev_bpf_mask_run() - mask and unmask lines as eventfds have asked
 * @bdev: the device
 *
 * Context: Process context, the device's worker.
 */
void mdev_bpf_mask_run(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_irqs *irqs = &bdev->irqs;

	if (!READ_ONCE(irqs->to_mask) && !READ_ONCE(irqs->to_unmask))
		return;
	guard(mutex)(&irqs->config);
	mdev_bpf_mask_settle(bdev);
}

/**
 * mdev_bpf_mask_by_eventfd() - set or remove the eventfd that masks or unmasks a line
 * @bdev: the device
 * @index: VFIO index of the line
 * @mask: true for the eventfd that masks it
 * @fd: the eventfd; negative to remove it, and then it has done what it was signalled for
 *
 * Context: Process context, mdev_bpf_irqs::config held.
 *
 * Return: 0; an errno of vfio_virqfd_enable().
 */
int mdev_bpf_mask_by_eventfd(struct mdev_bpf_device *bdev, unsigned int index, bool mask, int fd)
{
	struct mdev_bpf_irq_kind *kind = &bdev->irqs.kinds[index];
	struct virqfd **virqfd = mask ? &kind->mask : &kind->unmask;

	if (fd >= 0)
		return vfio_virqfd_enable(bdev, mask ? ask_mask : ask_unmask, NULL, kind, virqfd,
					  fd);
	vfio_virqfd_disable(virqfd);
	mdev_bpf_mask_settle(bdev);
	return 0;
}
