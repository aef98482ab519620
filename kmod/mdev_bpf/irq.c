// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts: from a program to the eventfds of the user, or to a kernel client.
 *
 * INTx is a level. It fires when the line is up and nothing masks it, and masks
 * itself by that (VFIO_IRQ_INFO_AUTOMASKED); the user unmasks it when the guest has
 * handled it, and if the line is still up it fires again. So whatever changes the
 * line or a mask ends in intx_update().
 */
#include <linux/eventfd.h>

#include "internal.h"

static void signal_eventfd(struct eventfd_ctx *ctx)
{
	if (ctx)
		eventfd_signal(ctx);
}

/* Deliver an interrupt to who has the device: a kernel client, or the user's eventfd. */
static void deliver(struct mdev_bpf_irqs *irqs, struct eventfd_ctx *ctx, unsigned int vector)
{
	lockdep_assert_held(&irqs->lock);
	if (irqs->client)
		mdev_bpf_client_irq(irqs->client, vector);
	else
		signal_eventfd(ctx);
}

/* Fire if it is due. */
static void intx_update(struct mdev_bpf_irqs *irqs)
{
	lockdep_assert_held(&irqs->lock);
	if (irqs->mode != MDEV_BPF_IRQ_INTX || !irqs->level || irqs->masked ||
	    irqs->intx_off || irqs->quiesced || !(irqs->intx || irqs->client))
		return;
	irqs->masked = true;
	deliver(irqs, irqs->intx, 0);
}

/**
 * mdev_bpf_irq_init() - interrupts of a new device
 * @irqs: the interrupts
 */
void mdev_bpf_irq_init(struct mdev_bpf_irqs *irqs)
{
	mutex_init(&irqs->config);
	spin_lock_init(&irqs->lock);
}

/**
 * mdev_bpf_irq_quiesce() - let INTx not fire while no program works for it
 * @irqs: the interrupts
 * @quiesce: none does from now on
 *
 * A line that is up when one does again fires then.
 *
 * Context: Any.
 */
void mdev_bpf_irq_quiesce(struct mdev_bpf_irqs *irqs, bool quiesce)
{
	guard(spinlock_irqsave)(&irqs->lock);
	irqs->quiesced = quiesce;
	intx_update(irqs);
}

/**
 * mdev_bpf_irq_intx_off() - the guest set or cleared INTx disable
 * @irqs: the interrupts
 * @off: INTx is disabled
 *
 * Context: Any.
 */
void mdev_bpf_irq_intx_off(struct mdev_bpf_irqs *irqs, bool off)
{
	guard(spinlock_irqsave)(&irqs->lock);
	irqs->intx_off = off;
	intx_update(irqs);
}

/**
 * mdev_bpf_irq_mask() - mask or unmask INTx
 * @irqs: the interrupts
 * @mask: mask it
 *
 * Context: Any.
 */
void mdev_bpf_irq_mask(struct mdev_bpf_irqs *irqs, bool mask)
{
	guard(spinlock_irqsave)(&irqs->lock);
	irqs->masked = mask;
	intx_update(irqs);
}

/**
 * mdev_bpf_irq_level() - drive the interrupt line
 * @irqs: the interrupts
 * @level: up or down
 *
 * Where the user has chosen MSI, a rise is a message.
 *
 * Context: Any.
 */
void mdev_bpf_irq_level(struct mdev_bpf_irqs *irqs, bool level)
{
	bool rise;

	guard(spinlock_irqsave)(&irqs->lock);
	rise = level && !irqs->level;
	irqs->level = level;
	if (irqs->mode == MDEV_BPF_IRQ_MSI && rise)
		deliver(irqs, irqs->msi[0], 0);
	intx_update(irqs);
}

/**
 * mdev_bpf_irq_is_up() - is the interrupt line up?
 * @irqs: the interrupts
 *
 * Context: Any.
 */
bool mdev_bpf_irq_is_up(struct mdev_bpf_irqs *irqs)
{
	guard(spinlock_irqsave)(&irqs->lock);
	return irqs->level;
}

/**
 * mdev_bpf_irq_message() - send an MSI
 * @irqs: the interrupts
 * @vector: which; less than the declared count
 *
 * Context: Any.
 *
 * Return: 0, also if the user has no eventfd for @vector; -ENXIO if MSI is off.
 */
int mdev_bpf_irq_message(struct mdev_bpf_irqs *irqs, unsigned int vector)
{
	guard(spinlock_irqsave)(&irqs->lock);
	if (irqs->mode != MDEV_BPF_IRQ_MSI)
		return -ENXIO;
	if (vector < irqs->nr_msi)
		deliver(irqs, irqs->msi[vector], vector);
	return 0;
}

/**
 * mdev_bpf_irq_get_mode() - what the user has chosen
 * @irqs: the interrupts
 *
 * Context: Any.
 *
 * Return: MDEV_BPF_IRQ_OFF, MDEV_BPF_IRQ_INTX or MDEV_BPF_IRQ_MSI.
 */
unsigned int mdev_bpf_irq_get_mode(struct mdev_bpf_irqs *irqs)
{
	guard(spinlock_irqsave)(&irqs->lock);
	return irqs->mode;
}

/**
 * mdev_bpf_irq_set_mode() - enable a kind of interrupts, or none
 * @irqs: the interrupts
 * @mode: MDEV_BPF_IRQ_*
 * @nr_msi: vectors to enable with MSI
 *
 * INTx begins unmasked, so a line that is up fires with the first eventfd; to MSI a
 * line that is up has just risen.
 *
 * Context: Any, mdev_bpf_irqs::config held.
 */
void mdev_bpf_irq_set_mode(struct mdev_bpf_irqs *irqs, unsigned int mode, unsigned int nr_msi)
{
	bool was_msi;

	lockdep_assert_held(&irqs->config);
	guard(spinlock_irqsave)(&irqs->lock);
	was_msi = irqs->mode == MDEV_BPF_IRQ_MSI;
	irqs->mode = mode;
	irqs->nr_msi = nr_msi;
	irqs->masked = false;
	intx_update(irqs);
	if (mode == MDEV_BPF_IRQ_MSI && !was_msi && irqs->level)
		deliver(irqs, irqs->msi[0], 0);
}

/**
 * mdev_bpf_irq_set_eventfd() - change where an interrupt goes
 * @irqs: the interrupts
 * @slot: one of the eventfd members of @irqs
 * @ctx: the eventfd, whose reference moves in; NULL for none
 *
 * Context: Process context, mdev_bpf_irqs::config held.
 */
void mdev_bpf_irq_set_eventfd(struct mdev_bpf_irqs *irqs, struct eventfd_ctx **slot,
			      struct eventfd_ctx *ctx)
{
	lockdep_assert_held(&irqs->config);
	scoped_guard(spinlock_irqsave, &irqs->lock) {
		swap(*slot, ctx);
		intx_update(irqs);
	}
	if (ctx)
		eventfd_ctx_put(ctx);	/* Pairs with the get in set_irqs.c, one call earlier */
}

/**
 * mdev_bpf_irq_loopback() - fire an interrupt for the user, as a test
 * @irqs: the interrupts
 * @slot: one of the eventfd members of @irqs
 *
 * INTx fires as if its line had gone up for a moment: not while masked, and it
 * masks itself.
 *
 * Context: Any.
 */
void mdev_bpf_irq_loopback(struct mdev_bpf_irqs *irqs, struct eventfd_ctx **slot)
{
	guard(spinlock_irqsave)(&irqs->lock);
	if (slot == &irqs->intx) {
		if (irqs->masked || irqs->intx_off || irqs->quiesced)
			return;
		irqs->masked = true;
	}
	signal_eventfd(*slot);
}

/**
 * mdev_bpf_irq_set_client() - deliver interrupts to a kernel client, or to nobody again
 * @irqs: the interrupts, switched off
 * @client: the client; NULL for none: it gets no interrupt once this returns
 *
 * Context: Any.
 */
void mdev_bpf_irq_set_client(struct mdev_bpf_irqs *irqs, struct mdev_bpf_client *client)
{
	guard(spinlock_irqsave)(&irqs->lock);
	irqs->client = client;
}

/**
 * mdev_bpf_irq_request() - ask who has the device to give it back
 * @irqs: the interrupts
 *
 * Context: Any.
 *
 * Return: whether there was anybody to ask.
 */
bool mdev_bpf_irq_request(struct mdev_bpf_irqs *irqs)
{
	guard(spinlock_irqsave)(&irqs->lock);
	if (irqs->client)
		mdev_bpf_client_request(irqs->client);
	signal_eventfd(irqs->req);
	return irqs->client || irqs->req;
}

/**
 * mdev_bpf_irq_error() - tell the user that the device is broken
 * @irqs: the interrupts
 *
 * Context: Any.
 */
void mdev_bpf_irq_error(struct mdev_bpf_irqs *irqs)
{
	guard(spinlock_irqsave)(&irqs->lock);
	signal_eventfd(irqs->err);
}
