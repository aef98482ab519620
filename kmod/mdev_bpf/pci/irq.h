/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts of a device, as VFIO sees them. */
#ifndef __MDEV_BPF_PCI_IRQ_H
#define __MDEV_BPF_PCI_IRQ_H

#include <linux/mdev_bpf.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

struct eventfd_ctx;
struct mdev_bpf_api;
struct mdev_bpf_client_ops;
struct mdev_bpf_device;
struct virqfd;

/**
 * struct mdev_bpf_irq_kind - the interrupts of one VFIO irq index
 * @decl: the declaration for devices of the type, which never changes for a device
 * @line: true for a line, whose count is 1; false for an array of vectors
 * @on: the user has enabled it
 * @level: the line is up
 * @masked: the line is masked, by the user or because it has fired
 * @again: the line must fire once more, even if it is not up
 * @nr: number of vectors that the user has enabled; 0 unless @on is set
 * @events: an eventfd for each of count, or NULL; NULL if there are none
 * @pending: vectors that wait for an eventfd; NULL if they are lost instead
 * @mask: the eventfd that masks the line; protected by the lock of virqfd
 * @unmask: the eventfd that unmasks it; likewise
 */
struct mdev_bpf_irq_kind {
	struct mdev_bpf_irq decl;
	bool line;
	bool on;
	bool level;
	bool masked;
	bool again;
	unsigned int nr;
	struct eventfd_ctx **events;
	unsigned long *pending;
	struct virqfd *mask;
	struct virqfd *unmask;
};

/**
 * struct mdev_bpf_irq_client - a kernel client that receives interrupts
 * @ops: its callbacks
 * @data: argument for @ops
 */
struct mdev_bpf_irq_client {
	const struct mdev_bpf_client_ops *ops;
	void *data;
};

/**
 * struct mdev_bpf_irqs - interrupts of a device as VFIO sees them
 * @pci: the device is PCI: INTx, MSI and MSI-X exclude each other, and INTx drives the other two
 * @quiesced: lines are held, because no program is attached, or the device has failed or is
 *	stopped. Messages need not be held, since only programs send them
 * @intx_off: the INTx disable bit of the command register is set
 * @kinds: the kinds by VFIO irq index
 * @err: the interrupt for errors of the device; NULL if its kind of device has none
 * @req: the interrupt for the request to close the device; likewise
 * @client: the kernel client that receives interrupts instead of eventfds, or NULL
 * @to_mask: lines that the worker masks, because an eventfd has asked for it, a bit for each;
 *	atomic, without @lock
 * @to_unmask: lines that it unmasks; likewise
 */
struct mdev_bpf_irqs {
	/** @config: serialises SET_IRQS, taken before @lock */
	struct mutex config;
	/**
	 * @lock: protects the members below; can be taken in any context. Only
	 * mdev_bpf_irq_kind::on and ::level are also read without it
	 */
	spinlock_t lock;
	bool pci;
	bool quiesced;
	bool intx_off;
	struct mdev_bpf_irq_kind kinds[MDEV_BPF_MAX_IRQS];
	struct mdev_bpf_irq_kind *err;
	struct mdev_bpf_irq_kind *req;
	const struct mdev_bpf_irq_client *client;
	unsigned long to_mask;
	unsigned long to_unmask;
};

static_assert(MDEV_BPF_MAX_IRQS <= BITS_PER_LONG);

void mdev_bpf_irq_init(struct mdev_bpf_irqs *irqs);
void mdev_bpf_irq_declare(struct mdev_bpf_irqs *irqs, const struct mdev_bpf_api *api);
void mdev_bpf_irq_quiesce(struct mdev_bpf_irqs *irqs, bool quiesce);
void mdev_bpf_irq_intx_off(struct mdev_bpf_irqs *irqs, bool off);
bool mdev_bpf_irq_mask(struct mdev_bpf_irqs *irqs, unsigned int index, bool mask);
void mdev_bpf_irq_level(struct mdev_bpf_irqs *irqs, unsigned int index, bool level);
bool mdev_bpf_irq_is_up(struct mdev_bpf_irqs *irqs, unsigned int index);
bool mdev_bpf_irq_has_fired(struct mdev_bpf_irqs *irqs, unsigned int index);
void mdev_bpf_irq_load(struct mdev_bpf_irqs *irqs, unsigned int index, bool level, bool fired);
void mdev_bpf_irq_flush(struct mdev_bpf_irqs *irqs);
void mdev_bpf_irq_reset(struct mdev_bpf_irqs *irqs);
int mdev_bpf_irq_message(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int vector);
int mdev_bpf_irq_vector(struct mdev_bpf_device *bdev, unsigned int vector);
unsigned int mdev_bpf_irq_get_mode(struct mdev_bpf_irqs *irqs);
void mdev_bpf_irq_on(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int nr);
void mdev_bpf_irq_off(struct mdev_bpf_irqs *irqs, unsigned int index);
void mdev_bpf_irq_disable(struct mdev_bpf_irqs *irqs, unsigned int index);
void mdev_bpf_irq_release(struct mdev_bpf_irqs *irqs);
int mdev_bpf_irq_set_eventfds(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int start,
			      unsigned int count, struct eventfd_ctx **ctxs);
void mdev_bpf_irq_loopback(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int vector);
void mdev_bpf_irq_set_client(struct mdev_bpf_irqs *irqs,
			     const struct mdev_bpf_irq_client *client);
bool mdev_bpf_irq_request(struct mdev_bpf_irqs *irqs);
void mdev_bpf_irq_error(struct mdev_bpf_irqs *irqs);

#endif /* __MDEV_BPF_PCI_IRQ_H */
