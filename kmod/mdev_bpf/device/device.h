/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices, each one instance of an mdev type of a program (mdev_bpf_device, bdev). Programs see a
 * part of it, mdev_bpf_dev (ctx). This header alone embeds what the other nouns keep of a device.
 *
 * Locks, outermost first:
 *   programs_lock                the list of programs; reg, update, unreg (program/registry.c)
 *   mdev_parent unreg_sem        mdev core: held around probe and remove (but not when they come
 *                                from the driver's "bind" and "unbind" files)
 *   mdev_bpf_program::lock       attached ops, pool, list of devices
 *   mdev_bpf_worker_thread::lock held by the worker while it works for the device
 *   mdev_bpf_ioeventfds::config  VFIO_DEVICE_IOEVENTFD
 *   reader, writer               of the two files of a migration: one task at a time
 *   mdev_bpf_device::lock        reset and the steps of migration, one at a time; see below
 *   mdev_bpf_irqs::config        SET_IRQS
 *   mdev_bpf_gate::lock          spinlock: one op at a time, the program it is in, and what ops
 *                                reach: state, configuration space, time, DMA queue, failure
 *   mdev_bpf_program::info       spinlock: what anybody may read in sysfs
 *   mdev_bpf_irqs::lock          spinlock: lines, masks, eventfds, MSI-X table
 *   passes_lock                  spinlock: guest memory that is just being unmapped (dma/pass.c)
 *   mdev_bpf_memory::pages       spinlock: which pages there are, and are to be sent
 *   mdev_bpf_worker::lock        spinlock: who works for the device
 *   mdev_bpf_notices::lock       spinlock: messages that are still to be printed
 * Taken alone, or as the last: devices_lock (gate/watchdog.c), watch_lock (gate/stats.c) and
 * last_error_lock (gate/refuse.c).
 *
 * Attaching, updating and detaching a program take, of a device's, the gate only, because all
 * struct_ops users of the machine wait for them. With mdev_bpf_device::lock held memory is
 * allocated, copied and cleared, however much there is and however little of a processor the task
 * may have, and pages are taken out of mappings, with the locks that the kernel has for that; a
 * fault that brings one back takes mdev_bpf_memory::pages only.
 *
 * Guest memory is touched with none of them held (dma/guest.c). VFIO has locks of its own for it,
 * under which it waits for user space, and calls dma_unmap.
 */
#ifndef __MDEV_BPF_DEVICE_DEVICE_H
#define __MDEV_BPF_DEVICE_DEVICE_H

#include <linux/mdev.h>
#include <linux/mdev_bpf.h>
#include <linux/mutex.h>
#include <linux/vfio.h>

#include "device/failure.h"
#include "device/state.h"
#include "dma/queue.h"
#include "gate/gate.h"
#include "gate/notice.h"
#include "gate/stats.h"
#include "gate/watchdog.h"
#include "gfx/gfx.h"
#include "migration/migration.h"
#include "pci/caps.h"
#include "pci/irq.h"
#include "work/deferred.h"
#include "work/ioeventfd.h"
#include "work/worker.h"

struct mdev_bpf_api;
struct mdev_bpf_memory;
struct mdev_bpf_msix;
struct mdev_bpf_program;

/* A device is free, has a user (VFIO or a kernel client), or takes no user any more. */
enum { MDEV_BPF_USE_NONE, MDEV_BPF_USE_OPEN, MDEV_BPF_USE_NEVER };

/**
 * struct mdev_bpf_device - a device
 * @vdev: the VFIO device; its reference count is that of this struct
 * @ctx: what programs see of it
 * @mdev: the mdev it belongs to
 * @program: the program it belongs to, with a reference from probe to release
 * @node: entry in mdev_bpf_program::devices
 * @gate: the way into the program
 * @live: init was called, exit was not; under the gate
 * @state: what the program keeps of it, under the gate
 * @use: who uses it, one of MDEV_BPF_USE_*
 * @api: what kind of device it is, fixed for its life
 * @pci: its PCI identity, fixed for its life
 * @regions: the regions the device has, fixed for its life
 * @memory: the memory of those that are MEMORY, else NULL
 * @doorbells: the doorbells it has in them
 * @nr_doorbells: how many
 * @emulated: bit by region: the program handles every access to it; fixed for the device's life
 * @pci_caps: the capabilities that the program has declared, likewise
 * @cap_places: where they are
 * @config: PCI configuration space, as far as it is not empty, under the gate
 * @config_size: bytes of it
 * @config_mask: bits of its first part that a guest can write; of the rest it can none
 * @power_cap: where in it the power management capability is; 0: there is none
 * @express_cap: the same for PCI Express
 * @own_start: where in it the bytes begin that are the program's, and no capability
 * @irqs: interrupts
 * @msix: MSI-X table and pending bits; NULL: it has none
 * @deferred: timers and work
 * @worker: the thread that does what is due
 * @ioeventfds: eventfds that stand for writes
 * @failure: why it has failed, if it has
 * @stats: what ops cost
 * @watch: how long the op that runs has been running
 * @notices: what is still to be printed of it
 * @dma: DMA
 * @migration: state of migration
 * @dirty: guest memory it has written to, under the gate; NULL: dirty tracking is off
 * @display: display
 */
struct mdev_bpf_device {
	struct vfio_device vdev;
	struct mdev_bpf_dev ctx;
	struct mdev_device *mdev;
	struct mdev_bpf_program *program;
	struct list_head node;
	/** @lock: reset and the steps of migration; not for attach, update and detach */
	struct mutex lock;
	struct mdev_bpf_gate gate;
	bool live;
	struct mdev_bpf_state state;
	atomic_t use;
	const struct mdev_bpf_api *api;
	struct mdev_bpf_pci pci;
	struct mdev_bpf_region regions[MDEV_BPF_MAX_REGIONS];
	struct mdev_bpf_memory *memory[MDEV_BPF_MAX_REGIONS];
	struct mdev_bpf_doorbell doorbells[MDEV_BPF_MAX_DOORBELLS];
	unsigned int nr_doorbells;
	unsigned long emulated;
	struct mdev_bpf_pci_cap pci_caps[MDEV_BPF_MAX_PCI_CAPS];
	struct mdev_bpf_cap_place cap_places[MDEV_BPF_MAX_PCI_CAPS];
	u8 *config;
	u32 config_size;
	u8 config_mask[MDEV_BPF_CONFIG_SIZE];
	u8 power_cap;
	u8 express_cap;
	u8 own_start;
	struct mdev_bpf_irqs irqs;
	struct mdev_bpf_msix *msix;
	struct mdev_bpf_deferred deferred;
	struct mdev_bpf_worker worker;
	struct mdev_bpf_ioeventfds ioeventfds;
	struct mdev_bpf_failure failure;
	struct mdev_bpf_stats stats;
	struct mdev_bpf_watch watch;
	struct mdev_bpf_notices notices;
	struct mdev_bpf_dma_queue dma;
	struct mdev_bpf_migration migration;
	struct mdev_bpf_dirty *dirty;
	struct mdev_bpf_display display;
};

static inline struct mdev_bpf_device *vdev_to_bdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct mdev_bpf_device, vdev);
}

static inline struct mdev_bpf_device *ctx_to_bdev(struct mdev_bpf_dev *ctx)
{
	return container_of(ctx, struct mdev_bpf_device, ctx);
}

static inline struct mdev_bpf_device *irqs_to_bdev(struct mdev_bpf_irqs *irqs)
{
	return container_of(irqs, struct mdev_bpf_device, irqs);
}

/* How many interrupts of a VFIO index the device has */
static inline unsigned int mdev_bpf_irq_count(const struct mdev_bpf_device *bdev,
					      unsigned int index)
{
	return index < MDEV_BPF_MAX_IRQS ? bdev->irqs.kinds[index].decl.count : 0;
}

int mdev_bpf_device_init(struct mdev_bpf_device *bdev);
void mdev_bpf_device_release(struct mdev_bpf_device *bdev);
int mdev_bpf_device_create(struct mdev_bpf_device *bdev);
void mdev_bpf_device_destroy(struct mdev_bpf_device *bdev);
void mdev_bpf_device_set_ops(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops);
int mdev_bpf_device_open(struct mdev_bpf_device *bdev,
			 const struct mdev_bpf_irq_client *client);
void mdev_bpf_device_close(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_DEVICE_DEVICE_H */
