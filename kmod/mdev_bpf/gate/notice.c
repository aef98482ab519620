// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages about a device for the kernel log. A serial console takes milliseconds for a line, and
 * printk() may print the lines of other tasks, too. Tasks that need the gate would wait for that:
 * other accesses, and detaching. So a message is stored under the gate, and a work item prints it,
 * which holds no lock.
 */
#include <linux/device.h>
#include <linux/printk.h>

#include "../../compat.h"

#include "device/device.h"
#include "gate/notice.h"

/* Take the first message. Return: false if there is none, and then @lost is how many were lost. */
static bool take(struct mdev_bpf_notices *n, struct mdev_bpf_notice *first, unsigned int *lost)
{
	guard(raw_spinlock_irqsave)(&n->lock);
	if (!n->nr) {
		*lost = n->lost;
		n->lost = 0;
		return false;
	}
	*first = n->ring[n->head];
	n->head = (n->head + 1) % MDEV_BPF_NOTICES;
	n->nr--;
	return true;
}

static void print_all(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_notice first;
	unsigned int lost;

	while (take(&bdev->notices, &first, &lost))
		if (__ratelimit(first.limit))
			dev_notice(&bdev->mdev->dev, "%s\n", first.text);
	if (lost)
		dev_notice_ratelimited(&bdev->mdev->dev, "%u more messages came too fast\n", lost);
}

static void print_work(struct work_struct *work)
{
	print_all(container_of(work, struct mdev_bpf_device, notices.print));
}

/**
 * mdev_bpf_notice_print_here() - print waiting messages without the work item
 * @bdev: the device
 *
 * For the watchdog, if the work item does not run because all processors are busy with ops that do
 * not end.
 *
 * Context: Any; the task that is interrupted waits for the console.
 */
void mdev_bpf_notice_print_here(struct mdev_bpf_device *bdev)
{
	if (!(work_busy(&bdev->notices.print) & WORK_BUSY_RUNNING))
		print_all(bdev);
}

/**
 * mdev_bpf_notice_add() - the function behind mdev_bpf_notice()
 * @bdev: the device
 * @limit: the rate limit for this message
 * @fmt: printf() format of the message, without newline
 *
 * Context: Any; the gate may be held.
 */
void mdev_bpf_notice_add(struct mdev_bpf_device *bdev, struct ratelimit_state *limit,
			 const char *fmt, ...)
{
	struct mdev_bpf_notices *n = &bdev->notices;
	struct mdev_bpf_notice *last;
	va_list args;

	scoped_guard(raw_spinlock_irqsave, &n->lock) {
		if (n->nr == MDEV_BPF_NOTICES) {
			n->lost++;
			return;
		}
		last = &n->ring[(n->head + n->nr++) % MDEV_BPF_NOTICES];
		last->limit = limit;
		va_start(args, fmt);
		vscnprintf(last->text, sizeof(last->text), fmt, args);
		va_end(args);
	}
	/* Unbound, because the op on this processor may not end */
	queue_work(system_dfl_wq, &n->print);
}

/**
 * mdev_bpf_notice_init() - set up the messages of a new device
 * @notices: the messages
 */
void mdev_bpf_notice_init(struct mdev_bpf_notices *notices)
{
	raw_spin_lock_init(&notices->lock);
	INIT_WORK(&notices->print, print_work);
}

/**
 * mdev_bpf_notice_destroy() - wait until all messages of a device are printed
 * @bdev: the device, for which no program is called any more
 *
 * Context: Process context. Waits for the console.
 */
void mdev_bpf_notice_destroy(struct mdev_bpf_device *bdev)
{
	flush_work(&bdev->notices.print);
}
