/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of mdev_bpf.ko share.
 *
 * A "program" (mdev_bpf_program) is what one loaded BPF program provides: a driver, a parent device
 * and the mdev types (mdev_bpf_type) that sysfs shows. A "device" (mdev_bpf_device, bdev)
 * is one instance; programs see a part of it, mdev_bpf_dev (ctx).
 *
 * Locks, outermost first:
 *   programs_lock (type.c)  the list of programs; reg, update, unreg
 *   mdev_parent unreg_sem  mdev core: held around probe and remove (but not when they come
 *                          from the driver's "bind" and "unbind" files)
 *   mdev_bpf_program::lock  attached ops, pool, list of devices
 *   mdev_bpf_ioeventfds::config  VFIO_DEVICE_IOEVENTFD
 *   mdev_bpf_device::lock  one op at a time, and the program it is in; state and configuration
 *                          space. Only upgrade.c takes several
 *   mdev_bpf_irqs::config  SET_IRQS
 *   mdev_bpf_irqs::lock    spinlock: lines, masks, eventfds, MSI-X table
 *   mdev_bpf_memory::pages spinlock: which pages there are, and are to be sent
 *
 * Under a device's lock, pages are taken out of mappings, with the locks that the kernel has for
 * that; a fault that brings one back takes the last of these locks only.
 *
 * Guest memory is touched with none of them held (dma.c). VFIO has locks of its own for it,
 * under which it waits for user space, and calls dma_unmap.
 */
#ifndef __MDEV_BPF_INTERNAL_H
#define __MDEV_BPF_INTERNAL_H

#include <linux/bpf.h>
#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/idr.h>
#include <linux/jump_label.h>
#include <linux/kref.h>
#include <linux/mdev.h>
#include <linux/mdev_bpf.h>
#include <linux/mutex.h>
#include <linux/sockptr.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

struct dma_buf;
struct file;
struct mdev_bpf_client;
struct mdev_bpf_dirty;
struct mdev_bpf_resume_migf;
struct mdev_bpf_save_migf;
struct mdev_bpf_program;

/* An mdev type of a program; the mdev core knows the embedded part. */
struct mdev_bpf_type {
	struct mdev_type mtype;
	struct mdev_bpf_program *program;
	unsigned int index;
};

/**
 * struct mdev_bpf_program - what one loaded BPF program provides: driver, parent and mdev types
 * @dev: the parent device; its reference count is that of this struct
 * @driver: the mdev driver that the program's devices bind to
 * @parent: what the mdev core keeps of the parent
 * @class: the class named as the program, with @dev as only member
 * @node: entry in the list of all programs, under programs_lock
 * @decl: the data members of the ops that are or were attached
 * @types: the mdev types
 * @type_ptrs: the same, as mdev_register_parent() wants them
 * @nr_types: how many
 * @ops: the attached ops; NULL: detached. Devices have their own pointer to them
 * @link: the BPF link that attached them; valid as long as @ops is
 * @devices: devices that are bound
 * @nr_devices: devices that hold units of the pool
 * @used_units: how much of the pool is in use
 * @instances: instance numbers in use
 * @dead: going away, no new devices
 */
struct mdev_bpf_program {
	struct device dev;
	struct mdev_driver driver;
	struct mdev_parent parent;
	struct class *class;
	struct list_head node;
	struct mdev_bpf_ops decl;
	struct mdev_bpf_type types[MDEV_BPF_MAX_TYPES];
	struct mdev_type *type_ptrs[MDEV_BPF_MAX_TYPES];
	unsigned int nr_types;
	const struct mdev_bpf_ops *ops;
	struct bpf_link *link;

	/** @lock: protects the members below, @ops, and changes of @link and @decl */
	struct mutex lock;
	struct list_head devices;
	unsigned int nr_devices;
	unsigned int used_units;
	struct ida instances;
	bool dead;
};

/* No VFIO irq index */
#define MDEV_BPF_NO_IRQ		-1

/**
 * struct mdev_bpf_api - a kind of device that VFIO knows
 * @name: what its types' device_api says
 * @flag: VFIO_DEVICE_FLAGS_*
 * @pci: it has configuration space, and what that brings with it
 * @err: VFIO irq index for errors of the device, or MDEV_BPF_NO_IRQ
 * @req: the same for the request to release it
 */
struct mdev_bpf_api {
	const char *name;
	u32 flag;
	bool pci;
	int err;
	int req;
};

/**
 * struct mdev_bpf_irq_kind - the interrupts of one VFIO irq index
 * @decl: as declared for devices of the type, fixed for the device's life
 * @line: a line, count is 1; else an array of vectors
 * @on: the user has enabled it
 * @level: the line
 * @masked: the line is masked, by the user or by having fired
 * @again: the line fires once, up or not
 * @nr: vectors that the user has enabled, 0 while @on is not set
 * @events: where they go, one for each of count; NULL while there are none
 * @pending: vectors that wait for an eventfd; NULL: they do not wait
 * @mask: eventfd that masks the line; protected by virqfd's own lock
 * @unmask: eventfd that unmasks it; likewise
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
 * struct mdev_bpf_irqs - interrupts of a device as VFIO sees them
 * @pci: INTx, MSI and MSI-X exclude each other, and INTx drives the other two
 * @quiesced: no program is attached, or the device has failed or was stopped: lines wait; messages
 *	come from programs only
 * @intx_off: the guest set the INTx disable bit of the command register
 * @kinds: by VFIO irq index
 * @err: for errors of the device; NULL if its kind has no such interrupt
 * @req: for the request to release the device, likewise
 * @client: kernel client that takes interrupts in place of eventfds
 */
struct mdev_bpf_irqs {
	/** @config: serialises SET_IRQS, taken before @lock */
	struct mutex config;
	/** @lock: protects everything below; programs of any context may come here */
	spinlock_t lock;
	bool pci;
	bool quiesced;
	bool intx_off;
	struct mdev_bpf_irq_kind kinds[MDEV_BPF_MAX_IRQS];
	struct mdev_bpf_irq_kind *err;
	struct mdev_bpf_irq_kind *req;
	struct mdev_bpf_client *client;
};

/**
 * struct mdev_bpf_msix - MSI-X table and pending bits of a device, under mdev_bpf_irqs::lock
 * @pending: vectors that were triggered while nobody listened
 * @table_size: bytes of @table
 * @table: the table as the driver sees it, little endian
 */
struct mdev_bpf_msix {
	DECLARE_BITMAP(pending, MDEV_BPF_MAX_MSIX);
	u32 table_size;
	u8 table[];
};

/**
 * struct mdev_bpf_msix_range - where in a device MSI-X's table or pending bits are
 * @region: VFIO index of the BAR
 * @start: first byte
 * @end: first byte behind
 */
struct mdev_bpf_msix_range {
	u32 region;
	u64 start;
	u64 end;
};

/* Why a device's time does not pass */
#define MDEV_BPF_FROZEN_CLOSED		BIT(0)
#define MDEV_BPF_FROZEN_DETACHED	BIT(1)
#define MDEV_BPF_FROZEN_FAILED		BIT(2)
#define MDEV_BPF_FROZEN_MIGRATION	BIT(3)

/* The ops, in the order of struct mdev_bpf_ops. */
enum mdev_bpf_op {
	MDEV_BPF_OP_INIT,
	MDEV_BPF_OP_EXIT,
	MDEV_BPF_OP_OPEN,
	MDEV_BPF_OP_CLOSE,
	MDEV_BPF_OP_RESET,
	MDEV_BPF_OP_REGION_READ,
	MDEV_BPF_OP_REGION_WRITE,
	MDEV_BPF_OP_IOCTL,
	MDEV_BPF_OP_TIMER,
	MDEV_BPF_OP_WORK,
	MDEV_BPF_OP_CONFIG_WRITE,
	MDEV_BPF_OP_IRQ_UNMASK,
	MDEV_BPF_OP_DMA_DONE,
	MDEV_BPF_OP_DMA_UNMAP,
	MDEV_BPF_OP_GFX_QUERY,
	MDEV_BPF_OP_GFX_EDID,
	MDEV_BPF_OP_SAVE,
	MDEV_BPF_OP_RESTORE,
	MDEV_BPF_OP_UPGRADE,
	MDEV_BPF_OP_DUMP,
	MDEV_BPF_NR_OPS,
};

/**
 * struct mdev_bpf_timer - one timer of a device
 * @hrtimer: runs while the timer is armed and the device is not frozen
 * @deferred: what it belongs to
 * @period: nanoseconds, 0 for a one-shot timer
 * @remaining: what is left when @paused, in nanoseconds
 * @paused: armed, but the device is frozen
 */
struct mdev_bpf_timer {
	struct hrtimer hrtimer;
	struct mdev_bpf_deferred *deferred;
	u64 period;
	u64 remaining;
	bool paused;
};

/**
 * struct mdev_bpf_deferred - timers and deferred work of a device, under its lock
 * @timers: the timers
 * @timers_due: those that have expired and whose op was not called yet; atomic bits
 * @work_due: queued work whose op was not called yet; atomic bits
 * @unmask_due: lines that were unmasked and whose op was not called yet; atomic bits
 * @frozen: MDEV_BPF_FROZEN_*; time passes while it is 0
 * @work: calls the ops
 */
struct mdev_bpf_deferred {
	struct mdev_bpf_timer timers[MDEV_BPF_MAX_TIMERS];
	unsigned long timers_due;
	unsigned long work_due;
	unsigned long unmask_due;
	unsigned int frozen;
	struct work_struct work;
};

/**
 * struct mdev_bpf_ioeventfd - an eventfd whose signal is a write to a region
 * @node: entry in mdev_bpf_ioeventfds::list
 * @bdev: the device
 * @offset: VFIO file offset of the write
 * @data: what is written, as the user gave it
 * @size: bytes
 * @work: what the doorbell there queues; -1: no doorbell, the program gets the write
 * @due: signalled, and the program has not got the write yet; an atomic bit
 * @virqfd: VFIO's side; NULL when the eventfd was closed
 */
struct mdev_bpf_ioeventfd {
	struct list_head node;
	struct mdev_bpf_device *bdev;
	u64 offset;
	u64 data;
	u32 size;
	int work;
	unsigned long due;
	struct virqfd *virqfd;
};

/**
 * struct mdev_bpf_ioeventfds - the eventfds of a device that stand for writes
 * @list: the mdev_bpf_ioeventfd; changed with @config and the device's lock held
 * @nr: how many
 */
struct mdev_bpf_ioeventfds {
	/** @config: serialises changes, taken before the device's lock */
	struct mutex config;
	struct list_head list;
	unsigned int nr;
};

/**
 * struct mdev_bpf_trap - bytes of a MEMORY region that are not memory
 * @start: first byte
 * @end: first byte behind
 */
struct mdev_bpf_trap {
	u64 start;
	u64 end;
};

/**
 * struct mdev_bpf_memory - memory of a region
 * @ref: the device has one, and so has each dma-buf
 * @pages: the pages that were ever touched, by number; its lock protects what precopy.c counts
 * @nr_pages: how many
 * @sent: while the device is saved: what is in front of this number has passed; else 0
 * @passed: how many pages that are
 * @dirty: those of them that may have been written since
 * @late: those of them that others may write to unseen
 * @exports: dma-bufs
 * @size: bytes
 * @traps: the program's window, MSI-X's table and its pending bits, as far as they are here
 * @nr_traps: how many of them are
 * @memcg: the memory cgroup that pays for the pages
 */
struct mdev_bpf_memory {
	struct kref ref;
	struct xarray pages;
	u64 nr_pages;
	pgoff_t sent;
	u64 passed;
	u64 dirty;
	u64 late;
	atomic_t exports;
	u64 size;
	struct mdev_bpf_trap traps[3];
	unsigned int nr_traps;
	struct mem_cgroup *memcg;
};

/**
 * struct mdev_bpf_failure - why a device has failed, under its lock
 * @active: it has; may be read without the lock
 * @op: the op that said so
 * @code: what it gave as the error
 * @link_id: id of the link that attached the program
 * @map_id: id of the program's struct_ops map, 0 if it was not known yet
 * @boot_ns: when, in the time since boot
 * @time: when, in seconds since 1970
 * @program: the BPF function that said so, as kallsyms has it
 * @text: what it gave as the reason, one line
 * @notify: tells user space
 */
struct mdev_bpf_failure {
	bool active;
	enum mdev_bpf_op op;
	s32 code;
	u32 link_id;
	u32 map_id;
	u64 boot_ns;
	time64_t time;
	char program[64];
	char text[MDEV_BPF_MAX_REASON];
	struct work_struct notify;
};

/**
 * struct mdev_bpf_op_stats - calls of an op of a device
 * @calls: how many
 * @errors: how many of them returned an errno, or nonsense
 * @total_ns: time spent in all of them
 * @max_ns: time spent in the longest
 */
struct mdev_bpf_op_stats {
	u64 calls;
	u64 errors;
	u64 total_ns;
	u64 max_ns;
};

/**
 * struct mdev_bpf_slow - an op that took too long
 * @op: the op
 * @ns: how long; 0: there was none
 * @boot_ns: when it returned, in the time since boot
 */
struct mdev_bpf_slow {
	enum mdev_bpf_op op;
	u64 ns;
	u64 boot_ns;
};

/**
 * struct mdev_bpf_stats - what ops of a device cost, under its lock
 * @ops: by op
 * @last_slow: the last that was slow
 * @worst_slow: the slowest
 * @start: when the op began that is running; 0 if nobody watches
 */
struct mdev_bpf_stats {
	struct mdev_bpf_op_stats ops[MDEV_BPF_NR_OPS];
	struct mdev_bpf_slow last_slow;
	struct mdev_bpf_slow worst_slow;
	u64 start;
};

/**
 * struct mdev_bpf_dma_request - a DMA request that waits; no pointers, so it can be saved
 * @iova: address of the guest's memory
 * @where: the device's side, MDEV_BPF_STATE() or MDEV_BPF_MEMORY(); 0 for MDEV_BPF_DMA_PIN
 * @id: the program's id; for MDEV_BPF_DMA_PIN the window's
 * @op: MDEV_BPF_DMA_*
 * @size: bytes
 * @error: when @done: what became of it
 * @done: carried out, but dma_done was not called yet
 */
struct mdev_bpf_dma_request {
	u64 iova;
	u64 where;
	u32 id;
	u32 op;
	u32 size;
	s32 error;
	bool done;
};

/*
 * A window is unused; being pinned by the runner; for the program to use; dropped, to be
 * unpinned by whoever gets at it first; being unpinned by some task.
 */
enum mdev_bpf_pin_state {
	MDEV_BPF_PIN_NONE,
	MDEV_BPF_PIN_PINNING,
	MDEV_BPF_PIN_READY,
	MDEV_BPF_PIN_DROPPED,
	MDEV_BPF_PIN_UNPINNING,
};

/* A window may begin and end anywhere in a page */
#define MDEV_BPF_PIN_PAGES	(MDEV_BPF_MAX_DMA_SIZE / PAGE_SIZE + 1)

/**
 * struct mdev_bpf_pin - a window of guest memory
 * @iova: its first byte
 * @size: bytes
 * @nr: pages
 * @state: changes under the device's lock, and wakes mdev_bpf_dma_queue::idle
 * @pages: the pages; those of a window that moves belong to whom moves it
 * @touched: those a program has got a pointer to since this was last looked at; for dirty tracking
 */
struct mdev_bpf_pin {
	u64 iova;
	u32 size;
	u32 nr;
	enum mdev_bpf_pin_state state;
	struct page **pages;
	DECLARE_BITMAP(touched, MDEV_BPF_PIN_PAGES);
};

/* Room for what ops can queue, and for the windows of a device that has come from elsewhere */
#define MDEV_BPF_DMA_RING (MDEV_BPF_MAX_DMA + MDEV_BPF_MAX_PINS)

/**
 * struct mdev_bpf_dma_queue - DMA of a device, under its lock
 * @ring: the requests; the first stays until dma_done is called for it
 * @head: index of the first
 * @nr: how many
 * @holds: how many tasks want no transfer to run, see mdev_bpf_dma_queue_hold()
 * @due: there are requests, or dropped windows
 * @open: VFIO's user has the device, so there may be guest memory
 * @running: a task is the runner
 * @busy: it carries out the first request, without lock
 * @dropped: windows in state MDEV_BPF_PIN_DROPPED
 * @pin_after: in jiffies; nothing is pinned before that
 * @worker: the worker that carries out the first request, if one does; close interrupts it
 * @pins: the windows
 * @idle: woken when @busy ends, and when a window's state changes
 * @work: the runner where no task can be it
 */
struct mdev_bpf_dma_queue {
	struct mdev_bpf_dma_request ring[MDEV_BPF_DMA_RING];
	unsigned int head;
	unsigned int nr;
	unsigned int holds;
	bool due;
	bool open;
	bool running;
	bool busy;
	unsigned long dropped;
	unsigned long pin_after;
	struct task_struct *worker;
	struct mdev_bpf_pin pins[MDEV_BPF_MAX_PINS];
	wait_queue_head_t idle;
	struct delayed_work work;
};

/**
 * struct mdev_bpf_migration - where a device is on its way to another host, under its lock
 * @state: what VFIO's user has brought it to
 * @saving_migf: the migration file that the state is read from
 * @resuming_migf: the migration file that it is written to
 * @held: DMA waits, since the user wants the device quiet
 */
struct mdev_bpf_migration {
	enum vfio_device_mig_state state;
	struct mdev_bpf_save_migf *saving_migf;
	struct mdev_bpf_resume_migf *resuming_migf;
	bool held;
};

/**
 * struct mdev_bpf_framebuffer - a framebuffer that can be exported as a dma-buf
 * @id: what the user calls it; 0: there is none
 * @region: VFIO index of the region that it is in
 * @offset: where there
 * @modifier: DRM_FORMAT_MOD_*
 * @format: DRM_FORMAT_*
 * @width: in pixels
 * @height: in pixels
 * @stride: bytes from one line to the next
 * @size: bytes, whole pages
 * @used: when it was shown last, in mdev_bpf_display::queries
 */
struct mdev_bpf_framebuffer {
	u32 id;
	u32 region;
	u64 offset;
	u64 modifier;
	u32 format;
	u32 width;
	u32 height;
	u32 stride;
	u32 size;
	u64 used;
};

/* How many framebuffers of a device have an id at a time */
#define MDEV_BPF_FRAMEBUFFERS	16

/**
 * struct mdev_bpf_display - display of a device
 * @decl: as declared, fixed for the device's life
 * @fbs: the framebuffers shown last, under the device's lock
 * @last_id: the last id that a framebuffer was given
 * @queries: how often one was shown
 * @edid_size: bytes of EDID, under the device's lock
 * @link: the monitor is connected, likewise
 */
struct mdev_bpf_display {
	struct mdev_bpf_gfx decl;
	struct mdev_bpf_framebuffer fbs[MDEV_BPF_FRAMEBUFFERS];
	u32 last_id;
	u64 queries;
	u32 edid_size;
	bool link;
};

/**
 * struct mdev_bpf_cap_place - where in configuration space a declared capability is
 * @start: its header, which is the core's; 0: there is no such capability
 * @body: the first byte of the program's
 * @end: the first byte behind it
 */
struct mdev_bpf_cap_place {
	u16 start;
	u16 body;
	u16 end;
};

/* A device is free, has a user (VFIO or a kernel client), or takes no user any more. */
enum { MDEV_BPF_USE_NONE, MDEV_BPF_USE_OPEN, MDEV_BPF_USE_NEVER };

/**
 * struct mdev_bpf_device - a device
 * @vdev: the VFIO device; its reference count is that of this struct
 * @ctx: what programs see of it
 * @mdev: the mdev it belongs to
 * @program: the program it belongs to, with a reference from probe to release
 * @node: entry in mdev_bpf_program::devices
 * @ops: the attached program; NULL: detached. Changes under @lock
 * @has: which ops it has, bits by mdev_bpf_op; likewise
 * @caller: the task in an op, to refuse that it enters another
 * @live: init was called, exit was not; under @lock
 * @op: the op that it is in, or was last
 * @state: mdev_bpf_ops::state_size bytes, under @lock
 * @state_size: that size; it changes with @state, for all devices of a program at once
 * @spare: upgrade.c: the state that is not in use, under mdev_bpf_program::lock
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
 * @config: PCI configuration space, as far as it is not empty, under @lock
 * @config_size: bytes of it
 * @config_mask: bits of its first part that a guest can write; of the rest it can none
 * @power_cap: where in it the power management capability is; 0: there is none
 * @express_cap: the same for PCI Express
 * @own_start: where in it the bytes begin that are the program's, and no capability
 * @irqs: interrupts
 * @msix: MSI-X table and pending bits; NULL: it has none
 * @deferred: timers and work
 * @ioeventfds: eventfds that stand for writes
 * @failure: why it has failed, if it has
 * @stats: what ops cost
 * @dma: DMA
 * @migration: state of migration
 * @dirty: guest memory it has written to, under @lock; NULL: dirty tracking is off
 * @display: display
 */
struct mdev_bpf_device {
	struct vfio_device vdev;
	struct mdev_bpf_dev ctx;
	struct mdev_device *mdev;
	struct mdev_bpf_program *program;
	struct list_head node;
	/** @lock: held around every op */
	struct mutex lock;
	const struct mdev_bpf_ops *ops;
	unsigned long has;
	struct task_struct *caller;
	bool live;
	enum mdev_bpf_op op;
	void *state;
	u32 state_size;
	void *spare;
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
	struct mdev_bpf_ioeventfds ioeventfds;
	struct mdev_bpf_failure failure;
	struct mdev_bpf_stats stats;
	struct mdev_bpf_dma_queue dma;
	struct mdev_bpf_migration migration;
	struct mdev_bpf_dirty *dirty;
	struct mdev_bpf_display display;
};

/**
 * struct mdev_bpf_ioctl_ctx - an ioctl on its way through
 * @call: what the program sees of it
 * @data: copy of the argument, call.size bytes
 * @argsz: its first member where it has that, else 0; may be more than call.size
 * @in: how much of it the user gave
 * @out: how much goes back
 * @core: how the core answers it; NULL: not at all
 * @caps: where capabilities of the answer go if VFIO gives them to the user; else NULL
 * @file: what becomes the file descriptor @fd if that is the result; NULL: nothing
 * @fd: where it goes
 */
struct mdev_bpf_ioctl_ctx {
	struct mdev_bpf_ioctl call;
	void *data;
	u32 argsz;
	u32 in;
	u32 out;
	const struct mdev_bpf_core_ioctl *core;
	struct vfio_info_cap *caps;
	struct file *file;
	int fd;
};

/**
 * struct mdev_bpf_upgrade_ctx - the state that a program converts to its own
 * @old: what the program sees of it
 * @data: the state, old.size bytes
 */
struct mdev_bpf_upgrade_ctx {
	struct mdev_bpf_old old;
	const void *data;
};

/**
 * struct mdev_bpf_dump_ctx - a dump that is being written
 * @dump: what the program sees of it
 * @buf: the page it goes to
 * @used: bytes of it that are written
 * @cut: there was too little room
 */
struct mdev_bpf_dump_ctx {
	struct mdev_bpf_dump dump;
	char *buf;
	size_t used;
	bool cut;
};

/**
 * struct mdev_bpf_core_ioctl - an ioctl that the core answers
 * @cmd: the command
 * @min: least size of its argument
 * @out: size of the answer; 0: there is none, the argument goes in only
 * @fn: answers it in mdev_bpf_ioctl_ctx::data; 0 or more, or a negative errno
 * @gfx: only devices with a display have it
 */
struct mdev_bpf_core_ioctl {
	u32 cmd;
	u32 min;
	u32 out;
	long (*fn)(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl_ctx *ctx);
	bool gfx;
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

/* main.c */
__printf(2, 3) void mdev_bpf_refuse(const char *name, const char *fmt, ...);
void mdev_bpf_refuse_clear(void);

/* struct_ops.c */
extern const struct btf *mdev_bpf_struct_ops_btf;
int mdev_bpf_struct_ops_init(void);

/* kfunc.c */
int mdev_bpf_kfunc_init(void);
/* Called by programs only, but a global function needs a declaration. */
u8 *mdev_bpf_state_get(struct mdev_bpf_dev *dev, const size_t rdwr_buf_size);
u8 *mdev_bpf_ioctl_data(struct mdev_bpf_ioctl *call, const size_t rdwr_buf_size);
const u8 *mdev_bpf_upgrade_data(struct mdev_bpf_old *old, const size_t rdonly_buf_size);
int mdev_bpf_irq_set(struct mdev_bpf_dev *dev, u32 level);
int mdev_bpf_irq_trigger(struct mdev_bpf_dev *dev, u32 vector);
int mdev_bpf_irq_mode(struct mdev_bpf_dev *dev);
int mdev_bpf_irq_line(struct mdev_bpf_dev *dev, u32 index, u32 level);
int mdev_bpf_irq_signal(struct mdev_bpf_dev *dev, u32 index, u32 vector);
s64 mdev_bpf_config_read(struct mdev_bpf_dev *dev, u32 offset, u32 size);
int mdev_bpf_config_write(struct mdev_bpf_dev *dev, u32 offset, u32 size, u32 val);
int mdev_bpf_pci_cap(struct mdev_bpf_dev *dev, u32 index);
int mdev_bpf_timer_arm(struct mdev_bpf_dev *dev, u32 id, u64 delay, u64 period);
int mdev_bpf_timer_cancel(struct mdev_bpf_dev *dev, u32 id);
int mdev_bpf_work_queue(struct mdev_bpf_dev *dev, u32 id);
int mdev_bpf_dma_read(struct mdev_bpf_dev *dev, u32 id, u64 iova, u64 where, u32 size);
int mdev_bpf_dma_write(struct mdev_bpf_dev *dev, u32 id, u64 iova, u64 where, u32 size);
int mdev_bpf_dma_pin(struct mdev_bpf_dev *dev, u32 id, u64 iova, u32 size);
int mdev_bpf_dma_unpin(struct mdev_bpf_dev *dev, u32 id);
u8 *mdev_bpf_dma_get(struct mdev_bpf_dev *dev, u64 where, const size_t rdwr_buf_size);
int mdev_bpf_stream_put(struct mdev_bpf_stream *stream, const void *data, u32 data__sz);
int mdev_bpf_stream_get(struct mdev_bpf_stream *stream, u64 offset, void *buf, u32 buf__sz);
int mdev_bpf_memory_read(struct mdev_bpf_dev *dev, u32 region, u64 offset, void *data,
			 u32 data__sz);
int mdev_bpf_memory_write(struct mdev_bpf_dev *dev, u32 region, u64 offset, const void *data,
			  u32 data__sz);
u8 *mdev_bpf_memory_get(struct mdev_bpf_dev *dev, u64 where, const size_t rdwr_buf_size);

int mdev_bpf_fail(struct mdev_bpf_dev *dev, s32 code, const char *msg, u32 msg__sz);
int mdev_bpf_dump_text(struct mdev_bpf_dump *out, const char *text, u32 text__sz);

/* Refuse @ops with a sentence and @err, which is also the value. */
#define mdev_bpf_refuse_ops(ops, err, fmt, ...) \
	(mdev_bpf_refuse((ops)->name, fmt, ##__VA_ARGS__), (err))

/* api.c */
const struct mdev_bpf_api *mdev_bpf_api_find(const struct mdev_bpf_ops *ops);

/* layout.c */
int mdev_bpf_validate_device(const struct mdev_bpf_ops *ops);

/* layout_region.c */
int mdev_bpf_validate_region(const struct mdev_bpf_ops *ops, unsigned int i);

/* layout_pci_cap.c */
int mdev_bpf_validate_pci_caps(const struct mdev_bpf_ops *ops);

/* decl.c */
int mdev_bpf_validate_program(const struct mdev_bpf_ops *ops);
int mdev_bpf_validate_program_compatible(const struct mdev_bpf_ops *old,
					 const struct mdev_bpf_ops *new);
unsigned int mdev_bpf_ops_nr_types(const struct mdev_bpf_ops *ops);
unsigned int mdev_bpf_ops_pool(const struct mdev_bpf_ops *ops);
unsigned int mdev_bpf_ops_units(const struct mdev_bpf_ops *ops, unsigned int type);

/* type.c */
void mdev_bpf_program_assign(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops,
			     struct bpf_link *link);
int mdev_bpf_program_attach(const struct mdev_bpf_ops *ops, struct bpf_link *link);
int mdev_bpf_program_update(const struct mdev_bpf_ops *ops, const struct mdev_bpf_ops *old,
			    struct bpf_link *link);
void mdev_bpf_program_detach(const struct mdev_bpf_ops *ops);
int mdev_bpf_program_reserve(struct mdev_bpf_type *type);
void mdev_bpf_program_unreserve(struct mdev_bpf_type *type, unsigned int instance);
struct mdev_bpf_device *mdev_bpf_program_find_device(const guid_t *uuid);
void mdev_bpf_program_ids(struct mdev_bpf_program *program, u32 *link_id, u32 *map_id);
void mdev_bpf_program_exit(void);

/* upgrade.c */
bool mdev_bpf_upgrade_needed(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops);
int mdev_bpf_upgrade(struct mdev_bpf_program *program, const struct mdev_bpf_ops *ops,
		     struct bpf_link *link);

/* parent.c */
int mdev_bpf_parent_register(struct mdev_bpf_program *program);
void mdev_bpf_parent_unregister(struct mdev_bpf_program *program);

/* device.c */
int mdev_bpf_device_probe(struct mdev_device *mdev);
void mdev_bpf_device_remove(struct mdev_device *mdev);
int mdev_bpf_device_init(struct vfio_device *vdev);
void mdev_bpf_device_release(struct vfio_device *vdev);
extern const struct attribute_group *mdev_bpf_sysfs_groups[];

/* call.c */
void mdev_bpf_gate_assign(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops);
int mdev_bpf_gate_init(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_open(struct mdev_bpf_device *bdev);
void mdev_bpf_gate_close(struct mdev_bpf_device *bdev);
void mdev_bpf_gate_exit(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_reset(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_config_write(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access);
int mdev_bpf_gate_region(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
			 bool write);
void mdev_bpf_gate_deferred(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_upgrade(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops,
			  struct mdev_bpf_old *old);
void mdev_bpf_gate_ioeventfd(struct mdev_bpf_ioeventfd *entry);
void mdev_bpf_gate_dma_done(struct mdev_bpf_device *bdev);
void mdev_bpf_gate_dma_unmap(struct mdev_bpf_device *bdev, struct mdev_bpf_range *range);
bool mdev_bpf_gate_has_ioctl(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_ioctl(struct mdev_bpf_device *bdev, struct mdev_bpf_ioctl *call);
void mdev_bpf_gate_dump(struct mdev_bpf_device *bdev, struct mdev_bpf_dump *dump);
bool mdev_bpf_gate_saves_core(struct mdev_bpf_device *bdev);
bool mdev_bpf_gate_restores(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_save(struct mdev_bpf_device *bdev, struct file **file);
int mdev_bpf_gate_restore(struct mdev_bpf_device *bdev);
int mdev_bpf_gate_gfx_query(struct mdev_bpf_device *bdev, struct mdev_bpf_plane *plane);
int mdev_bpf_gate_gfx_edid(struct mdev_bpf_device *bdev, bool link);
bool mdev_bpf_gate_wants_unmask(struct mdev_bpf_device *bdev);

/* fail.c */
void mdev_bpf_failure_init(struct mdev_bpf_failure *failure);
void mdev_bpf_failure_destroy(struct mdev_bpf_device *bdev);
void mdev_bpf_failure_clear(struct mdev_bpf_device *bdev);
int mdev_bpf_failure_emit(struct mdev_bpf_device *bdev, char *buf);

/* dump.c */
int mdev_bpf_dump_emit(struct mdev_bpf_device *bdev, char *buf);

/* stats.c */
DECLARE_STATIC_KEY_FALSE(mdev_bpf_stats_key);
extern const struct attribute *const mdev_bpf_stats_attrs[];
const char *mdev_bpf_stats_op_name(enum mdev_bpf_op op);
void mdev_bpf_stats_begin(struct mdev_bpf_device *bdev);
void mdev_bpf_stats_end(struct mdev_bpf_device *bdev, int ret);
int mdev_bpf_stats_emit(struct mdev_bpf_device *bdev, char *buf);
int mdev_bpf_stats_emit_slow(struct mdev_bpf_device *bdev, char *buf);

const char *mdev_bpf_device_state(struct mdev_bpf_device *bdev);
void mdev_bpf_device_quiesce(struct mdev_bpf_device *bdev);
void mdev_bpf_device_set_ops(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops);
int mdev_bpf_device_open(struct mdev_bpf_device *bdev, struct mdev_bpf_client *client);
void mdev_bpf_device_close(struct mdev_bpf_device *bdev);

/* client.c */
void mdev_bpf_client_irq(struct mdev_bpf_client *client, unsigned int vector);
void mdev_bpf_client_request(struct mdev_bpf_client *client);

/* vfio.c */
extern const struct vfio_device_ops mdev_bpf_vfio_ops;

/* ioctl.c */
long mdev_bpf_ioctl_handle(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);
int mdev_bpf_ioctl_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
			       struct vfio_info_cap *caps);

/* info.c */
const struct mdev_bpf_core_ioctl *mdev_bpf_info_find(const struct mdev_bpf_device *bdev, u32 cmd);

/* gfx.c */
int mdev_bpf_validate_gfx(const struct mdev_bpf_ops *ops);
long mdev_bpf_gfx_query(struct mdev_bpf_device *bdev, struct vfio_device_gfx_plane_info *info);
long mdev_bpf_gfx_get_dmabuf(struct mdev_bpf_device *bdev, u32 id, struct file **file);
void mdev_bpf_gfx_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops);
void mdev_bpf_gfx_close(struct mdev_bpf_device *bdev);

/* edid.c */
bool mdev_bpf_edid_is(const struct mdev_bpf_region *r);
int mdev_bpf_edid_check(const struct mdev_bpf_ops *ops);
int mdev_bpf_edid_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access, bool write);

/* dmabuf.c */
struct dma_buf *mdev_bpf_dmabuf_export(struct mdev_bpf_memory *mem, u64 offset, size_t size,
				       bool write);

/* memory.c */
struct mdev_bpf_memory *mdev_bpf_memory_new(u64 size);
void mdev_bpf_memory_put(struct mdev_bpf_memory *mem);
struct page *mdev_bpf_memory_page(struct mdev_bpf_memory *mem, pgoff_t index, gfp_t gfp);
struct page *mdev_bpf_memory_next(struct mdev_bpf_memory *mem, pgoff_t *index);
u64 mdev_bpf_memory_span(const struct mdev_bpf_memory *mem, u64 offset, u64 align);
u64 mdev_bpf_memory_skip(const struct mdev_bpf_memory *mem, u64 offset, u64 align);
ssize_t mdev_bpf_memory_copy(struct mdev_bpf_memory *mem, u64 offset, sockptr_t buf,
			     size_t done, size_t size, bool write);
int mdev_bpf_memory_rw(struct mdev_bpf_memory *mem, u64 offset, void *buf, size_t size,
		       bool write, gfp_t gfp);
void *mdev_bpf_memory_ptr(struct mdev_bpf_memory *mem, u64 offset, size_t size, gfp_t gfp);
int mdev_bpf_memory_init_device(struct mdev_bpf_device *bdev);
void mdev_bpf_memory_put_device(struct mdev_bpf_device *bdev);
void mdev_bpf_memory_clear_device(struct mdev_bpf_device *bdev);

/* precopy.c */
void mdev_bpf_precopy_written(struct mdev_bpf_memory *mem, pgoff_t index, struct page *page);
void mdev_bpf_precopy_mapped(struct mdev_bpf_memory *mem, pgoff_t index);
void mdev_bpf_precopy_exported(struct mdev_bpf_memory *mem, pgoff_t index);

/* caps.c */
bool mdev_bpf_region_caps_can_map(const struct mdev_bpf_device *bdev, u32 index);
int mdev_bpf_region_caps_add(const struct mdev_bpf_device *bdev, u32 index,
			     struct vfio_info_cap *caps);

/* mmap.c */
int mdev_bpf_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);

/* region.c */
void mdev_bpf_region_init(struct mdev_bpf_device *bdev);
ssize_t mdev_bpf_region_rw(struct mdev_bpf_device *bdev, sockptr_t buf, size_t count,
			   loff_t *ppos, bool write);

/* pci.c */
int mdev_bpf_pci_config_init(struct mdev_bpf_device *bdev);
void mdev_bpf_pci_config_destroy(struct mdev_bpf_device *bdev);
void mdev_bpf_pci_config_reset(struct mdev_bpf_device *bdev);
u32 mdev_bpf_pci_config_size(const struct mdev_bpf_device *bdev);
bool mdev_bpf_pci_config_valid(const struct mdev_bpf_device *bdev, u32 offset, u32 size);
u32 mdev_bpf_pci_config_read(struct mdev_bpf_device *bdev, u32 offset, u32 size);
bool mdev_bpf_pci_config_write(struct mdev_bpf_device *bdev, u32 offset, u32 size, u32 val);
int mdev_bpf_pci_config_own_write(struct mdev_bpf_device *bdev, u32 offset, u32 size, u32 val);
void mdev_bpf_pci_config_load(struct mdev_bpf_device *bdev, const u8 *config);

/* pci_caps.c */
unsigned int mdev_bpf_pci_caps_size(const struct mdev_bpf_ops *ops);
unsigned int mdev_bpf_pci_caps_declared(const struct mdev_bpf_pci_cap *caps, u8 where);
void mdev_bpf_pci_caps_build(struct mdev_bpf_device *bdev);
u8 mdev_bpf_pci_caps_mask(const struct mdev_bpf_device *bdev, u32 offset, u8 val);
bool mdev_bpf_pci_caps_is_flr(const struct mdev_bpf_device *bdev, u32 offset, u8 val);
bool mdev_bpf_pci_caps_is_own(const struct mdev_bpf_device *bdev, u32 offset, u32 size);
bool mdev_bpf_pci_caps_match(const struct mdev_bpf_device *bdev, const u8 *config);

/* irq.c */
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
unsigned int mdev_bpf_irq_get_mode(struct mdev_bpf_irqs *irqs);
void mdev_bpf_irq_on(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int nr);
void mdev_bpf_irq_off(struct mdev_bpf_irqs *irqs, unsigned int index);
int mdev_bpf_irq_set_eventfds(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int start,
			      unsigned int count, struct eventfd_ctx **ctxs);
void mdev_bpf_irq_loopback(struct mdev_bpf_irqs *irqs, unsigned int index, unsigned int vector);
void mdev_bpf_irq_set_client(struct mdev_bpf_irqs *irqs, struct mdev_bpf_client *client);
bool mdev_bpf_irq_request(struct mdev_bpf_irqs *irqs);
void mdev_bpf_irq_error(struct mdev_bpf_irqs *irqs);

/* timer.c */
int mdev_bpf_deferred_module_init(void);
void mdev_bpf_deferred_module_exit(void);
void mdev_bpf_deferred_init(struct mdev_bpf_deferred *d);
void mdev_bpf_deferred_cancel(struct mdev_bpf_device *bdev);
void mdev_bpf_deferred_freeze(struct mdev_bpf_device *bdev, unsigned int why);
void mdev_bpf_deferred_freeze_locked(struct mdev_bpf_device *bdev, unsigned int why);
void mdev_bpf_deferred_thaw(struct mdev_bpf_device *bdev, unsigned int why);
void mdev_bpf_deferred_thaw_locked(struct mdev_bpf_device *bdev, unsigned int why);
void mdev_bpf_deferred_destroy(struct mdev_bpf_device *bdev);
void mdev_bpf_deferred_timer_start(struct mdev_bpf_device *bdev, u32 id, u64 delay, u64 period);
void mdev_bpf_deferred_timer_stop(struct mdev_bpf_device *bdev, u32 id);
void mdev_bpf_deferred_work_start(struct mdev_bpf_device *bdev, u32 id);
void mdev_bpf_deferred_wake(struct mdev_bpf_device *bdev);
void mdev_bpf_deferred_unmask_start(struct mdev_bpf_device *bdev, unsigned int index);
void mdev_bpf_deferred_unmask_forget(struct mdev_bpf_device *bdev);

/* doorbell.c */
bool mdev_bpf_doorbell_cuts(const struct mdev_bpf_device *bdev, u32 region, u64 offset, u32 size);
int mdev_bpf_doorbell_work(const struct mdev_bpf_device *bdev, u32 region, u64 offset);
void mdev_bpf_doorbell_init(struct mdev_bpf_device *bdev, const struct mdev_bpf_ops *ops);
int mdev_bpf_validate_doorbells(const struct mdev_bpf_ops *ops);

/* ioeventfd.c */
void mdev_bpf_ioeventfd_init(struct mdev_bpf_device *bdev);
int mdev_bpf_ioeventfd_set(struct mdev_bpf_device *bdev,
			   const struct vfio_device_ioeventfd *arg);
void mdev_bpf_ioeventfd_run(struct mdev_bpf_device *bdev);
void mdev_bpf_ioeventfd_forget(struct mdev_bpf_device *bdev);
void mdev_bpf_ioeventfd_release(struct mdev_bpf_device *bdev);

/* dma.c */
int mdev_bpf_dma_queue_module_init(void);
void mdev_bpf_dma_queue_module_exit(void);
void mdev_bpf_dma_queue_init(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_destroy(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_open(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_close(struct mdev_bpf_device *bdev);
bool mdev_bpf_dma_queue_allowed(struct mdev_bpf_device *bdev);
int mdev_bpf_dma_queue_add(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req);
bool mdev_bpf_dma_queue_begin_run(struct mdev_bpf_device *bdev, enum mdev_bpf_op op);
void mdev_bpf_dma_queue_run(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_kick(struct mdev_bpf_device *bdev);
bool mdev_bpf_dma_queue_take(struct mdev_bpf_device *bdev, struct mdev_bpf_dma *dma);
int mdev_bpf_dma_queue_hold(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_resume(struct mdev_bpf_device *bdev);
bool mdev_bpf_dma_queue_in_state(struct mdev_bpf_device *bdev);
void mdev_bpf_dma_queue_cancel(struct mdev_bpf_device *bdev);

/* guest.c */
bool mdev_bpf_guest_where_ok(struct mdev_bpf_device *bdev, u64 where, u32 size);
bool mdev_bpf_guest_in_state(const struct mdev_bpf_dma_request *req);
int mdev_bpf_guest_errno(int err);
int mdev_bpf_guest_transfer(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req);

/* pin.c */
unsigned long mdev_bpf_pin_wait(struct mdev_bpf_device *bdev);
int mdev_bpf_pin_make(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req);
bool mdev_bpf_pin_release(struct mdev_bpf_device *bdev, u64 first, u64 last);
void mdev_bpf_pin_collect(struct mdev_bpf_device *bdev);
int mdev_bpf_pin_drop(struct mdev_bpf_device *bdev, u32 id);
void mdev_bpf_pin_drop_all(struct mdev_bpf_device *bdev);
bool mdev_bpf_pin_is(struct mdev_bpf_device *bdev, u32 id);
void *mdev_bpf_pin_get(struct mdev_bpf_device *bdev, u64 id, u64 offset, size_t size);
void mdev_bpf_pin_unmap(struct mdev_bpf_device *bdev, u64 iova, u64 size);

/* logging.c */
void mdev_bpf_dirty_init(struct mdev_bpf_device *bdev);
void mdev_bpf_dirty_close(struct mdev_bpf_device *bdev);
void mdev_bpf_dirty_request(struct mdev_bpf_device *bdev, const struct mdev_bpf_dma_request *req);
void mdev_bpf_dirty_pin(struct mdev_bpf_device *bdev, struct mdev_bpf_pin *pin);

/* migration.c */
void mdev_bpf_migration_init(struct mdev_bpf_device *bdev);
void mdev_bpf_migration_reset(struct mdev_bpf_device *bdev);
void mdev_bpf_migration_close(struct mdev_bpf_device *bdev);
int mdev_bpf_migration_begin_save(struct mdev_bpf_device *bdev, struct file **file);
int mdev_bpf_migration_end_save(struct mdev_bpf_device *bdev, int result);
struct mdev_bpf_stream *mdev_bpf_migration_begin_restore(struct mdev_bpf_device *bdev);
int mdev_bpf_migration_end_restore(struct mdev_bpf_device *bdev, int result);

/* save.c */
struct mdev_bpf_stream *mdev_bpf_save_opaque(struct mdev_bpf_save_migf *s);

/* set_irqs.c */
int mdev_bpf_set_irqs(struct mdev_bpf_device *bdev, struct vfio_irq_set *hdr, u32 avail);
void mdev_bpf_set_irqs_unmask(struct mdev_bpf_irqs *irqs, unsigned int index);
void mdev_bpf_set_irqs_release(struct mdev_bpf_irqs *irqs);

/* msix.c */
struct mdev_bpf_msix_range mdev_bpf_msix_table(const struct mdev_bpf_irq *irq);
struct mdev_bpf_msix_range mdev_bpf_msix_pba(const struct mdev_bpf_irq *irq);
bool mdev_bpf_msix_next(const struct mdev_bpf_device *bdev, u32 region, u64 offset,
			struct mdev_bpf_msix_range *range);
bool mdev_bpf_msix_access(struct mdev_bpf_device *bdev, struct mdev_bpf_access *access,
			  bool write);
void mdev_bpf_msix_reset(struct mdev_bpf_device *bdev);
int mdev_bpf_msix_init(struct mdev_bpf_device *bdev);
void mdev_bpf_msix_destroy(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_INTERNAL_H */
