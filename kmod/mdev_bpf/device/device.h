/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devices: each is an instance of an mdev type of a program (struct mdev_bpf_device, bdev).
 * Programs see a part of it, struct mdev_bpf_dev (ctx). Only this header embeds the structs that
 * the other headers define for a device.
 *
 * Locks, outermost first:
 *   programs_lock                the list of programs; reg, update, unreg (program/registry.c)
 *   mdev_parent unreg_sem        mdev core: held around probe and remove (but not around a remove
 *                                that comes from the driver's "unbind" file)
 *   mdev_bpf_program::switching  no lock, but waited for by those who change the list of devices
 *   mdev_bpf_worker_thread::lock held by the worker while it works for the device
 *   mdev_bpf_ioeventfds::config  VFIO_DEVICE_IOEVENTFD
 *   ends_lock                    the ends of cables (cable/cable.c)
 *   reader, writer               of the two files of a migration: one task at a time
 *   mdev_bpf_device::lock        serialises resets and the steps of migration; see below
 *   mdev_bpf_irqs::config        SET_IRQS
 *   list_lock                    spinlock: the list of programs, for who looks for a device
 *   mdev_bpf_program::lock       spinlock: the attached ops, the pool, the list of devices
 *   mdev_bpf_gate::lock          spinlock: ops, one at a time, and what ops access: the program,
 *                                state, configuration space, timers, DMA queue, failure
 *   mdev_bpf_lane::lock          spinlock: ops of a queue, and its state
 *   mdev_bpf_program::info       spinlock: what unprivileged readers of sysfs see
 *   mdev_bpf_irqs::lock          spinlock: lines, masks, eventfds, MSI-X table
 *   passes_lock                  spinlock: guest memory that is being unmapped (dma/pass.c)
 *   mdev_bpf_memory::pages       spinlock: which pages exist, and which must be sent
 *   mdev_bpf_doorbells::lock     spinlock: what was written to doorbells, and is not in the state
 *   mdev_bpf_console::lock       spinlock: the device that a console belongs to
 *   mdev_bpf_worker::lock        spinlock: the thread of the worker
 *   mdev_bpf_notices::lock       spinlock: messages that must still be printed
 * Taken alone, or last: devices_lock (gate/watchdog.c), watch_lock (gate/stats.c) and
 * last_error_lock (gate/refuse.c).
 *
 * Of the locks of a device, attaching, updating and detaching a program only take the gate and the
 * lanes of queues, because all struct_ops users of the machine wait for them.
 * mdev_bpf_device::lock is held while memory is allocated, copied and cleared, which may take any
 * time, and while pages are unmapped, with the kernel's own locks for that. A fault that maps a
 * page again only takes mdev_bpf_memory::pages.
 *
 * Guest memory is accessed with none of these locks held (dma/guest.c). VFIO has its own locks for
 * guest memory, under which it waits for user space, and calls dma_unmap.
 */
#ifndef __MDEV_BPF_DEVICE_DEVICE_H
#define __MDEV_BPF_DEVICE_DEVICE_H

#include <linux/mdev.h>
#include <linux/mdev_bpf.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/seqlock.h>
#include <linux/vfio.h>

#include "console/console.h"
#include "device/failure.h"
#include "device/state.h"
#include "dma/queue.h"
#include "gate/gate.h"
#include "gate/notice.h"
#include "gate/stats.h"
#include "gate/watchdog.h"
#include "gfx/gfx.h"
#include "memory/protect.h"
#include "migration/migration.h"
#include "param/param.h"
#include "pci/caps.h"
#include "pci/irq.h"
#include "queue/queue.h"
#include "register/doorbell.h"
#include "register/register.h"
#include "work/deferred.h"
#include "work/ioeventfd.h"
#include "work/worker.h"

struct mdev_bpf_api;
struct mdev_bpf_memory;
struct mdev_bpf_msix;
struct mdev_bpf_program;

/* A device is free, has a user (VFIO or a kernel client), or accepts no user any more. */
enum { MDEV_BPF_USE_NONE, MDEV_BPF_USE_OPEN, MDEV_BPF_USE_NEVER };

/**
 * struct mdev_bpf_device - a device
 * @vdev: the VFIO device; its reference count is that of this struct
 * @ctx: the part that programs see
 * @mdev: the mdev to which it belongs
 * @program: the program to which it belongs, with a reference from probe to release
 * @node: entry in mdev_bpf_program::devices
 * @gate: the way into the program
 * @live: init has been called, and exit has not; protected by the gate
 * @state: the state that the program keeps for it; protected by the gate
 * @registers: the registers that the program declares
 * @doorbells: those whose write queues work
 * @use: its use, one of MDEV_BPF_USE_*
 * @params: the parameters that the administrator has set
 * @consoles: its consoles
 * @api: the kind of device; never changes
 * @pci: its PCI identity; never changes
 * @regions: the regions of the device; only the size of some changes, while the device is not open
 * @memory: the memory of regions that are MEMORY; NULL for others
 * @trim: frees pages of memory that the program has zeroed; see memory/trim.c
 * @emulated: regions that only the program serves, a bit for each; never changes
 * @pci_caps: the capabilities that the program has declared; never changes
 * @cap_places: the places of these capabilities
 * @config_seq: changes of @config, which is also read without the gate
 * @config: PCI configuration space, up to its last used byte; changed with the gate held
 * @config_size: size of @config in bytes
 * @config_mask: writable bits of the first part of @config; a guest cannot write the rest
 * @power_cap: offset of the power management capability in @config; 0 if there is none
 * @express_cap: offset of the PCI Express capability; 0 if there is none
 * @own_start: offset of the first byte of the program that is in no capability
 * @irqs: interrupts
 * @msix: MSI-X table and pending bits; NULL if it has none
 * @deferred: timers and work
 * @worker: the thread that does work which is due
 * @orphan: threads of workers have ended; the next task of the user provides others
 * @queues: its queues
 * @ioeventfds: eventfds that stand for writes
 * @failure: its failure
 * @stats: statistics of its ops
 * @watch: data of the watchdog
 * @notices: messages about it that must still be printed
 * @dma: DMA
 * @migration: state of migration
 * @dirty: the log of guest memory that it has written; protected by the gate; NULL if it is off
 * @display: display
 */
struct mdev_bpf_device {
	struct vfio_device vdev;
	struct mdev_bpf_dev ctx;
	struct mdev_device *mdev;
	struct mdev_bpf_program *program;
	struct list_head node;
	/** @lock: serialises resets and steps of migration; not taken by attach, update, detach */
	struct mutex lock;
	struct mdev_bpf_gate gate;
	bool live;
	struct mdev_bpf_state state;
	struct mdev_bpf_registers registers;
	struct mdev_bpf_doorbells doorbells;
	atomic_t use;
	struct mdev_bpf_params params;
	struct mdev_bpf_consoles consoles;
	const struct mdev_bpf_api *api;
	struct mdev_bpf_pci pci;
	struct mdev_bpf_region regions[MDEV_BPF_MAX_REGIONS];
	struct mdev_bpf_memory *memory[MDEV_BPF_MAX_REGIONS];
	struct work_struct trim;
	struct mdev_bpf_protect protect;
	unsigned long emulated;
	struct mdev_bpf_pci_cap pci_caps[MDEV_BPF_MAX_PCI_CAPS];
	struct mdev_bpf_cap_place cap_places[MDEV_BPF_MAX_PCI_CAPS];
	seqcount_spinlock_t config_seq;
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
	bool orphan;
	struct mdev_bpf_queues queues;
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

/* The number of interrupts that the device has for a VFIO irq index */
static inline unsigned int mdev_bpf_irq_count(const struct mdev_bpf_device *bdev,
					      unsigned int index)
{
	return index < MDEV_BPF_MAX_IRQS ? bdev->irqs.kinds[index].decl.count : 0;
}

/* The memory of a region, whose number a guest may have chosen; NULL if it has none */
static inline struct mdev_bpf_memory *mdev_bpf_device_memory(const struct mdev_bpf_device *bdev,
							     u64 region)
{
	if (region >= MDEV_BPF_MAX_REGIONS)
		return NULL;
	return bdev->memory[array_index_nospec(region, MDEV_BPF_MAX_REGIONS)];
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
