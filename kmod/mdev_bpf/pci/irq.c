// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: from a program to the eventfds of the user, or to a kernel client.
 *
 * Each VFIO irq index is a line or an array of vectors. A vector sends a message. If no eventfd or
 * client receives it, the message is lost; with MSI-X, it is pending until one does.
 *
 * A line is level triggered. It fires when it is up and not masked, and is then masked
 * (VFIO_IRQ_INFO_AUTOMASKED). The user unmasks it when the guest has handled the interrupt. If the
 * line is still up, it fires again. So every change of a line or a mask ends in line_update().
 *
 * A PCI device has one of INTx, MSI and MSI-X enabled at a time. The line of INTx drives vector 0
 * of the other two.
 */
#include <linux/bitmap.h>
#include <linux/eventfd.h>
#include <linux/mdev_bpf_client.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "device/device.h"
#include "gate/trace.h"
#include "pci/irq.h"
#include "validate/api.h"

static unsigned int kind_index(struct mdev_bpf_irqs *irqs, struct mdev_bpf_irq_kind *kind)
{
	return kind - irqs->kinds;
}

static bool has_eventfd(struct mdev_bpf_irq_kind *kind, unsigned int vector)
{
	return kind->events && kind->events[vector];
}

static void signal_eventfd(struct mdev_bpf_irqs *irqs, struct mdev_bpf_irq_kind *kind,
			   unsigned int vector)
{
	lockdep_assert_held(&irqs->lock);
	if (has_eventfd(kind, vector))
		eventfd_signal(kind->events[vector]);
}

static bool listens(struct mdev_bpf_irqs *irqs, struct mdev_bpf_irq_kind *kind,
		    unsigned int vector)
{
	return irqs->client || has_eventfd(kind, vector);
}

/* Deliver an interrupt to the kernel client, or to the user's eventfd. */
static void deliver(struct mdev_bpf_irqs *irqs, struct mdev_bpf_irq_kind *kind,
		    unsigned int vector)
{
	const struct mdev_bpf_irq_client *client = irqs->client;

	if (!client)
		signal_eventfd(irqs, kind, vector);
	else if (client->ops->irq)
		client->ops->irq(client->data, vector);
	trace_mdev_bpf_irq(&irqs_to_bdev(irqs)->ctx, kind_index(irqs, kind), vector,
			   listens(irqs, kind, vector));
}

static void message(struct mdev_bpf_irqs *irqs, struct mdev_bpf_irq_kind *kind,
		    unsigned int vector)
{
	if (vector >= kind->nr)
		return;
	vector = array_index_nospec(vector, kind->nr);
	if (kind->pending && !listens(irqs, kind, vector))
		__set_bit(vector, kind->pending);
	else
		deliver(irqs, kind, vector);
}

/* Fire if the line is up, or must fire once more, and nothing holds it back. */
static void line_update(struct mdev_bpf_irqs *irqs, struct mdev_bpf_irq_kind *kind)
{
	lockdep_assert_held(&irqs->lock);
	if (!kind->on || (!kind->level && !kind->again) || kind->masked ||
	    irqs->quiesced || !listens(irqs, kind, 0))
		return;
	if (irqs->intx_off && kind_index(irqs, kind) == VFIO_PCI_INTX_IRQ_INDEX)
		return;
	kind->masked = true;
	kind->again = false;
	deliver(irqs, kind, 0);
}

/* The line of INTx has gone up. If MSI or MSI-X is enabled, send a message. */
static void line_rise(struct mdev_bpf_irqs *irqs)
{
	unsigned int i;

	for (i = VFIO_PCI_MSI_IRQ_INDEX; irqs->pci && i <= VFIO_PCI_MSIX_IRQ_INDEX; i++)
		if (irqs->kinds[i].on)
			message(irqs, &irqs->kinds[i], 0);
}

/**
 * mdev_bpf_irq_init() - set up the interrupts of a new device
 * @irqs: the interrupts
 */
void mdev_bpf_irq_init(struct mdev_bpf_irqs *irqs)
{
	mutex_init(&irqs->config);
	spin_lock_init(&irqs->lock);
}

/**
 * mdev_bpf_irq_declare() - apply the declarations of a new device
 * @irqs: the interrupts, whose kinds have the program's declarations
 * @api: the kind of device
 */
void mdev_bpf_irq_declare(struct mdev_bpf_irqs *irqs, const struct mdev_bpf_api *api)
{
	unsigned int i;

	irqs->pci = api->pci;
	/* The core adds these, which QEMU expects of a PCI device */
	if (api->pci) {
		irqs->kinds[api->err].decl.count = 1;
		irqs->kinds[api->req].decl.count = 1;
	}
	if (api->err != MDEV_BPF_NO_IRQ)
		irqs->err = &irqs->kinds[api->err];
	if (api->req != MDEV_BPF_NO_IRQ)
		irqs->req = &irqs->kinds[api->req];
	for (i = 0; i < MDEV_BPF_MAX_IRQS; i++)
		irqs->kinds[i].line = api->pci ? i == VFIO_PCI_INTX_IRQ_INDEX :
			irqs->kinds[i].decl.flags & MDEV_BPF_IRQ_LEVEL;
}

/**
 * mdev_bpf_irq_quiesce() - hold lines while no program can service them
 * @irqs: the interrupts
 * @quiesce: true to hold lines, false to release them
 *
 * A line that is up when lines are released fires then.
 *
 * Context: Any.
 */
void mdev_bpf_irq_quiesce(struct mdev_bpf_irqs *irqs, bool quiesce)
{
	unsigned int i;

	guard(spinlock_irqsave)(&irqs->lock);
	irqs->quiesced = quiesce;
	for (i = 0; i < MDEV_BPF_MAX_IRQS; i++)
		if (irqs->kinds[i].line)
			line_update(irqs, &irqs->kinds[i]);
}

/**
 * mdev_bpf_irq_intx_off() - apply the INTx disable bit of the command register
 * @irqs: the interrupts
 * @off: the bit
 *
 * Context: Any.
 */
void mdev_bpf_irq_intx_off(struct mdev_bpf_irqs *irqs, bool off)
{
	guard(spinlock_irqsave)(&irqs->lock);
	irqs->intx_off = off;
	line_update(irqs, &irqs->kinds[VFIO_PCI_INTX_IRQ_INDEX]);
}

/**
 * mdev_bpf_irq_mask() - mask or unmask a line
 * @irqs: the interrupts
 * @index: VFIO index of the line
 * @mask: true to mask it
 *
 * Context: Any.
 *
 * Return: true if this has changed the mask.
 */
bool mdev_bpf_irq_mask(struct mdev_bpf_irqs *irqs, unsigned int index, bool mask)
{
	struct mdev_bpf_irq_kind *kind = &irqs->kinds[index];
	bool changed;

	guard(spinlock_irqsave)(&irqs->lock);
	changed = kind->masked != mask;
	kind->masked = mask;
	line_update(irqs, kind);
	return changed;
}

/**
 * mdev_bpf_irq_level() - set the level of a line
 * @irqs: the interrupts
 * @index: VFIO index of the line
 * @level: true for up
 *
 * If the user of a PCI device has enabled MSI or MSI-X, a rising line sends a message.
 *
 * Context: Any.
 */
void mdev_bpf_irq_level(struct mdev_bpf_irqs *irqs, unsigned int index, bool level)
{
	struct mdev_bpf_irq_kind *kind = &irqs->kinds[index];
	bool rise;

	guard(spinlock_irqsave)(&irqs->lock);
	rise = level && !kind->level;
	WRITE_ONCE(kind->level, level);
	if (rise)
		line_rise(irqs);
	line_update(irqs, kind);
}

/**
 * mdev_bpf_irq_is_up() - is a line up?
 * @irqs: the interrupts
 * @index: VFIO index of the line
 *
 * This takes no lock: an op may ask in a loop, and the user decides how long the lock is held, by
 * the number of those who wait for an eventfd.
 *
 * Context: Any.
 *
 * Return: true if it is.
 */
bool mdev_bpf_irq_is_up(struct mdev_bpf_irqs *irqs, unsigned int index)
{
	return READ_ONCE(irqs->kinds[index].level);
}

/**
 * mdev_bpf_irq_has_fired() - has a line fired that has not been unmasked since?
 * @irqs: the interrupts
 * @index: VFIO index of the line
 *
 * Context: Any.
 *
 * Return: true if it has.
 */
bool mdev_bpf_irq_has_fired(struct mdev_bpf_irqs *irqs, unsigned int index)
{
	guard(spinlock_irqsave)(&irqs->lock);
	return irqs->kinds[index].masked || irqs->kinds[index].again;
}

/**
 * mdev_bpf_irq_load() - load a line from a migration stream
 * @irqs: the interrupts, quiesced
 * @index: VFIO index of the line
 * @level: true if the line was up at the source
 * @fired: it had fired at the source, and had not been unmasked yet
 *
 * This does not count as rising, because the message was sent at the source. The line is unmasked,
 * because the user has not seen it fire at the target. If the line is up, it fires when the device
 * runs. If it had @fired, it fires in any case: the guest may be about to handle the interrupt, and
 * a VMM such as QEMU has to know that there is one, because it lowers the guest's line when the
 * guest handles an interrupt.
 *
 * Context: Any.
 */
void mdev_bpf_irq_load(struct mdev_bpf_irqs *irqs, unsigned int index, bool level, bool fired)
{
	struct mdev_bpf_irq_kind *kind = &irqs->kinds[index];

	guard(spinlock_irqsave)(&irqs->lock);
	WRITE_ONCE(kind->level, level);
	kind->masked = false;
	kind->again = fired;
	line_update(irqs, kind);
}

/* Signal one eventfd per section: the user can make signalling an eventfd take long. */
static void flush_vector(struct mdev_bpf_irqs *irqs, struct mdev_bpf_irq_kind *kind,
			 unsigned int vector)
{
	guard(spinlock_irqsave)(&irqs->lock);
	if (vector < kind->nr && listens(irqs, kind, vector) &&
	    __test_and_clear_bit(vector, kind->pending))
		deliver(irqs, kind, vector);
}

/**
 * mdev_bpf_irq_flush() - deliver pending vectors that have an eventfd or a client
 * @irqs: the interrupts
 *
 * There are such vectors if the user had set up interrupts before they were loaded from a migration
 * stream.
 *
 * Context: Process context, may sleep.
 */
void mdev_bpf_irq_flush(struct mdev_bpf_irqs *irqs)
{
	struct mdev_bpf_irq_kind *kind = irqs->kinds;
	unsigned int i;

	for (; kind < irqs->kinds + MDEV_BPF_MAX_IRQS; kind++)
		for (i = 0; kind->pending && i < kind->decl.count; i++) {
			flush_vector(irqs, kind, i);
			cond_resched();
		}
}

/**
 * mdev_bpf_irq_reset() - lower all lines, and clear all pending vectors
 * @irqs: the interrupts
 *
 * The mode and the eventfds, which the user has set, do not change.
 *
 * Context: Any.
 */
void mdev_bpf_irq_reset(struct mdev_bpf_irqs *irqs)
{
	unsigned int i;

	guard(spinlock_irqsave)(&irqs->lock);
	for (i = 0; i < MDEV_BPF_MAX_IRQS; i++) {
		WRITE_ONCE(irqs->kinds[i].level, false);
		irqs->kinds[i].again = false;
		if (irqs->kinds[i].pending)
			bitmap_zero(irqs->kinds[i].pending, irqs->kinds[i].decl.count);
	}
}

/**
 * mdev_bpf_irq_message() - send a message
 * @irqs: the interrupts
 * @index: VFIO index of an array of vectors
 * @vector: the vector, less than the declared count
 *
 * Context: Any.
 *
 * Return: 0, even if the user has no eventfd for @vector; -ENXIO if @index is not enabled.
 */
int mdev_bpf_irq_message(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int vector)
{
	guard(spinlock_irqsave)(&irqs->lock);
	if (!irqs->kinds[index].on)
		return -ENXIO;
	message(irqs, &irqs->kinds[index], vector);
	return 0;
}

/**
 * mdev_bpf_irq_get_mode() - get the interrupt mode that the user of a PCI device has enabled
 * @irqs: the interrupts
 *
 * This takes no lock, as mdev_bpf_irq_is_up(). While the user changes the mode, it may be
 * MDEV_BPF_IRQ_OFF.
 *
 * Context: Any.
 *
 * Return: MDEV_BPF_IRQ_OFF, MDEV_BPF_IRQ_INTX, MDEV_BPF_IRQ_MSI or MDEV_BPF_IRQ_MSIX.
 */
unsigned int mdev_bpf_irq_get_mode(struct mdev_bpf_irqs *irqs)
{
	unsigned int i;

	for (i = VFIO_PCI_INTX_IRQ_INDEX; i <= VFIO_PCI_MSIX_IRQ_INDEX; i++)
		if (READ_ONCE(irqs->kinds[i].on))
			return MDEV_BPF_IRQ_INTX + i;
	return MDEV_BPF_IRQ_OFF;
}

/**
 * mdev_bpf_irq_vector() - send a message of a PCI device, by MSI or MSI-X
 * @bdev: the device
 * @vector: the vector
 *
 * Context: Any.
 *
 * Return: as mdev_bpf_irq_trigger(), the kfunc.
 */
int mdev_bpf_irq_vector(struct mdev_bpf_device *bdev, unsigned int vector)
{
	unsigned int mode;

	if (!bdev->api->pci)
		return -ENXIO;
	if (vector >= max(mdev_bpf_irq_count(bdev, VFIO_PCI_MSI_IRQ_INDEX),
			  mdev_bpf_irq_count(bdev, VFIO_PCI_MSIX_IRQ_INDEX)))
		return -EINVAL;
	mode = mdev_bpf_irq_get_mode(&bdev->irqs);
	if (mode != MDEV_BPF_IRQ_MSI && mode != MDEV_BPF_IRQ_MSIX)
		return -ENXIO;
	if (vector >= mdev_bpf_irq_count(bdev, mode - MDEV_BPF_IRQ_INTX))
		return -EINVAL;
	return mdev_bpf_irq_message(&bdev->irqs, mode - MDEV_BPF_IRQ_INTX, vector);
}

/**
 * mdev_bpf_irq_on() - enable a kind of interrupts
 * @irqs: the interrupts
 * @index: VFIO index
 * @nr: number of vectors to enable
 *
 * INTx is unmasked at first, so a line that is up fires when it gets an eventfd. When MSI or MSI-X
 * is enabled while the line is up, a message is sent, as if the line had just risen.
 *
 * Context: Any, mdev_bpf_irqs::config held.
 */
void mdev_bpf_irq_on(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int nr)
{
	struct mdev_bpf_irq_kind *kind = &irqs->kinds[index];
	bool was_on;

	lockdep_assert_held(&irqs->config);
	guard(spinlock_irqsave)(&irqs->lock);
	was_on = kind->on;
	WRITE_ONCE(kind->on, true);
	kind->nr = nr;
	if (kind->line)
		line_update(irqs, kind);
	else if (!was_on && irqs->kinds[VFIO_PCI_INTX_IRQ_INDEX].level)
		line_rise(irqs);
}

/**
 * mdev_bpf_irq_off() - disable a kind of interrupts, and release its eventfds
 * @irqs: the interrupts
 * @index: VFIO index
 *
 * Context: Process context, mdev_bpf_irqs::config held.
 */
void mdev_bpf_irq_off(struct mdev_bpf_irqs *irqs, unsigned int index)
{
	struct mdev_bpf_irq_kind *kind = &irqs->kinds[index];
	struct eventfd_ctx **events;
	unsigned int i;

	lockdep_assert_held(&irqs->config);
	scoped_guard(spinlock_irqsave, &irqs->lock) {
		events = kind->events;
		kind->events = NULL;
		WRITE_ONCE(kind->on, false);
		kind->nr = 0;
		/* For other lines than INTx the mask stays, as in vfio-platform */
		if (irqs->pci)
			kind->masked = false;
		if (kind->pending)
			bitmap_zero(kind->pending, kind->decl.count);
	}
	for (i = 0; events && i < kind->decl.count; i++)
		if (events[i])
			eventfd_ctx_put(events[i]);	/* Pairs with the get in vfio/set_irqs.c */
	kvfree(events);
}

/**
 * mdev_bpf_irq_disable() - disable a kind of interrupts, and release all its eventfds
 * @irqs: the interrupts
 * @index: VFIO index
 *
 * This includes the eventfds that mask and unmask a line.
 *
 * Context: Process context, mdev_bpf_irqs::config held.
 */
void mdev_bpf_irq_disable(struct mdev_bpf_irqs *irqs, unsigned int index)
{
	struct mdev_bpf_irq_kind *kind = &irqs->kinds[index];

	mdev_bpf_irq_off(irqs, index);
	if (!kind->line)
		return;
	vfio_virqfd_disable(&kind->unmask);
	vfio_virqfd_disable(&kind->mask);
	clear_bit(index, &irqs->to_mask);
	clear_bit(index, &irqs->to_unmask);
}

/**
 * mdev_bpf_irq_release() - release all eventfds because the user has closed the device
 * @irqs: the interrupts
 *
 * Context: Process context.
 */
void mdev_bpf_irq_release(struct mdev_bpf_irqs *irqs)
{
	unsigned int i;

	guard(mutex)(&irqs->config);
	for (i = 0; i < MDEV_BPF_MAX_IRQS; i++) {
		mdev_bpf_irq_disable(irqs, i);
		mdev_bpf_irq_mask(irqs, i, false);
	}
}

/* One eventfd per section, for the same reason as in flush_vector() */
static void set_eventfd(struct mdev_bpf_irqs *irqs, struct mdev_bpf_irq_kind *kind,
			unsigned int vector, struct eventfd_ctx **ctx)
{
	vector = array_index_nospec(vector, kind->decl.count);
	guard(spinlock_irqsave)(&irqs->lock);
	swap(kind->events[vector], *ctx);
	if (kind->pending && kind->events[vector] && __test_and_clear_bit(vector, kind->pending))
		deliver(irqs, kind, vector);
	if (kind->line)
		line_update(irqs, kind);
}

/**
 * mdev_bpf_irq_set_eventfds() - exchange the eventfds of vectors
 * @irqs: the interrupts
 * @index: VFIO index
 * @start: the first vector
 * @count: number of vectors
 * @ctxs: the new eventfds, with references; NULL for none. Replaced by the previous eventfds
 *
 * Context: Process context, mdev_bpf_irqs::config held.
 *
 * Return: 0; -ENOMEM, and then nothing has changed; -EINTR if the task was killed.
 */
int mdev_bpf_irq_set_eventfds(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int start,
			      unsigned int count, struct eventfd_ctx **ctxs)
{
	struct mdev_bpf_irq_kind *kind = &irqs->kinds[index];
	struct eventfd_ctx **events = NULL;
	unsigned int i;

	lockdep_assert_held(&irqs->config);
	if (!kind->events) {
		events = kvcalloc(kind->decl.count, sizeof(*events), GFP_KERNEL_ACCOUNT);
		if (!events)
			return -ENOMEM;
	}
	if (events) {
		scoped_guard(spinlock_irqsave, &irqs->lock)
			kind->events = events;
	}
	for (i = 0; i < count; i++) {
		if (fatal_signal_pending(current))
			return -EINTR;
		set_eventfd(irqs, kind, start + i, &ctxs[i]);
		cond_resched();
	}
	return 0;
}

/**
 * mdev_bpf_irq_loopback() - fire an interrupt for the user, as a test
 * @irqs: the interrupts
 * @index: VFIO index
 * @vector: the vector
 *
 * A line fires as if it had gone up for a moment: not while it is masked, and it is masked
 * afterwards.
 *
 * Context: Any.
 */
void mdev_bpf_irq_loopback(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int vector)
{
	struct mdev_bpf_irq_kind *kind = &irqs->kinds[index];

	vector = array_index_nospec(vector, kind->decl.count);
	guard(spinlock_irqsave)(&irqs->lock);
	if (kind->line) {
		if (kind->masked || irqs->quiesced ||
		    (irqs->intx_off && index == VFIO_PCI_INTX_IRQ_INDEX))
			return;
		kind->masked = true;
	}
	signal_eventfd(irqs, kind, vector);
}

/**
 * mdev_bpf_irq_set_client() - set or remove the kernel client that receives interrupts
 * @irqs: the interrupts, all disabled
 * @client: the client; NULL to remove it, and then it gets no interrupt after this returns
 *
 * Context: Any.
 */
void mdev_bpf_irq_set_client(struct mdev_bpf_irqs *irqs,
			     const struct mdev_bpf_irq_client *client)
{
	guard(spinlock_irqsave)(&irqs->lock);
	irqs->client = client;
}

/**
 * mdev_bpf_irq_request() - ask the user or the client of the device to close it
 * @irqs: the interrupts
 *
 * Context: Any.
 *
 * Return: true if there was a client, or an eventfd for the request.
 */
bool mdev_bpf_irq_request(struct mdev_bpf_irqs *irqs)
{
	guard(spinlock_irqsave)(&irqs->lock);
	if (irqs->client && irqs->client->ops->request)
		irqs->client->ops->request(irqs->client->data);
	if (!irqs->req)
		return irqs->client;
	signal_eventfd(irqs, irqs->req, 0);
	return listens(irqs, irqs->req, 0);
}

/**
 * mdev_bpf_irq_error() - signal the error interrupt
 * @irqs: the interrupts
 *
 * Context: Any.
 */
void mdev_bpf_irq_error(struct mdev_bpf_irqs *irqs)
{
	guard(spinlock_irqsave)(&irqs->lock);
	if (irqs->err)
		signal_eventfd(irqs, irqs->err, 0);
}
