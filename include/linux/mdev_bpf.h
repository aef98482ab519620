/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between the kernel and a device program: struct mdev_bpf_ops and the structs that
 * its ops receive. Both the module and BPF objects include this file, so it uses uapi types only.
 *
 * Programs outside of this tree depend on it. Members are only added, never changed: libbpf matches
 * them by name and ignores those that a program leaves zero.
 */
#ifndef _LINUX_MDEV_BPF_H
#define _LINUX_MDEV_BPF_H

#include <uapi/linux/mdev_bpf.h>

/*
 * Each context has a pointer, @trusted, that is always NULL. Because of it, the verifier does not
 * treat the struct as plain numbers. As the argument of a kfunc it only accepts the pointer that
 * the kernel has passed to the op, and never a copy or memory that a program has filled in. kfuncs
 * rely on this.
 */

/**
 * struct mdev_bpf_dev - the device an op is called for (read-only)
 * @type: index of the device's type in mdev_bpf_ops::types
 * @instance: number of the device among those of the program, the lowest that was free
 * @arg: mdev_bpf_type_desc::arg of the type
 * @uuid: the mdev's UUID, byte by byte in the order of its text form
 * @name: the mdev's name, which is the UUID as text
 * @trusted: NULL; see above
 */
struct mdev_bpf_dev {
	__u32 type;
	__u32 instance;
	__u64 arg;
	__u8 uuid[16];
	char name[40];
	const void *trusted;
};

/**
 * struct mdev_bpf_access - one access to a region
 * @region: VFIO index of the region
 * @size: 1, 2, 4 or 8 bytes, never more than the region's access_size
 * @offset: first byte within the region, a multiple of @size
 * @val: little endian value; the only member that a program can write. region_read stores the
 *	result here; bits above @size are dropped. It is 0 before, or what the core has read from
 *	a declared register
 * @old: region_write for a declared register: its value before the write
 * @reg: index in mdev_bpf_ops::registers, or MDEV_BPF_NO_REGISTER
 * @index: index of the register in its array
 * @trusted: NULL; see above
 */
struct mdev_bpf_access {
	__u32 region;
	__u32 size;
	__u64 offset;
	__u64 val;
	__u64 old;
	__u32 reg;
	__u32 index;
	const void *trusted;
};

/**
 * struct mdev_bpf_ioctl - one ioctl on the device
 * @cmd: the command, as in <linux/vfio.h> or the device's own
 * @stage: MDEV_BPF_IOCTL_BEFORE or MDEV_BPF_IOCTL_AFTER
 * @size: bytes of the argument that mdev_bpf_ioctl_data() can return, at most MDEV_BPF_MAX_IOCTL
 * @ret: the result of the ioctl if the op answers it (0 or more); the only member that a program
 *	can write. In AFTER, it is the core's result
 * @trusted: NULL; see above
 */
struct mdev_bpf_ioctl {
	__u32 cmd;
	__u32 stage;
	__u32 size;
	__s32 ret;
	const void *trusted;
};

/**
 * struct mdev_bpf_sg - one piece of guest memory, in a list in the state or in a MEMORY region
 * @iova: address in guest memory
 * @size: number of bytes, at least 1
 * @reserved: zero
 */
struct mdev_bpf_sg {
	__u64 iova;
	__u32 size;
	__u32 reserved;
};

/**
 * struct mdev_bpf_request - what a program requests by mdev_bpf_request()
 * @id: any number, passed to dma_done; for MDEV_BPF_DMA_PIN, the window
 * @op: MDEV_BPF_DMA_* or MDEV_BPF_FILE_*
 * @channel: less than MDEV_BPF_MAX_CHANNELS. Requests of one channel are carried out in their order
 * @flags: MDEV_BPF_DMA_LIST, or 0
 * @iova: address in guest memory; with MDEV_BPF_DMA_LIST, MDEV_BPF_STATE() or MDEV_BPF_MEMORY() of
 *	an array of struct mdev_bpf_sg. It is read when the request is carried out
 * @where: the device's side, MDEV_BPF_STATE() or MDEV_BPF_MEMORY(); 0 for MDEV_BPF_DMA_PIN. For
 *	MDEV_BPF_FILE_READ and _WRITE, this is what the file is read to or written from; if it is
 *	0, that is guest memory
 * @size: number of bytes, 1 to MDEV_BPF_MAX_DMA_SIZE; for MDEV_BPF_FILE_DISCARD and _ZERO up to
 *	MDEV_BPF_MAX_DISCARD; for MDEV_BPF_FILE_FLUSH zero
 * @file: MDEV_BPF_FILE_*: index of the file in mdev_bpf_ops::params; else zero
 * @count: with MDEV_BPF_DMA_LIST, the number of entries, 1 to MDEV_BPF_MAX_SG, which together have
 *	at least @size bytes; else zero
 * @offset: MDEV_BPF_FILE_*: first byte in the file; else, and for MDEV_BPF_FILE_FLUSH, zero
 */
struct mdev_bpf_request {
	__u32 id;
	__u32 op;
	__u32 channel;
	__u32 flags;
	__u64 iova;
	__u64 where;
	__u64 size;
	__u32 file;
	__u32 count;
	__u64 offset;
};

/**
 * struct mdev_bpf_dma - a request that has completed or failed
 * @id: as in the request
 * @op: as in the request
 * @channel: as in the request
 * @flags: as in the request, and MDEV_BPF_DMA_AGAIN for a window that was pinned before a migration
 * @iova: as in the request
 * @where: as in the request
 * @size: as in the request
 * @done: number of bytes, from the first one on, that are known to be copied, or written by
 *	MDEV_BPF_FILE_ZERO; @size without an error. After an error, more may have been copied, but
 *	never to the state
 * @offset: as in the request
 * @file: as in the request
 * @count: as in the request
 * @error: 0, or a negative errno
 * @reserved: zero
 * @trusted: NULL; see above
 */
struct mdev_bpf_dma {
	__u32 id;
	__u32 op;
	__u32 channel;
	__u32 flags;
	__u64 iova;
	__u64 where;
	__u64 size;
	__u64 done;
	__u64 offset;
	__u32 file;
	__u32 count;
	__s32 error;
	__u32 reserved;
	const void *trusted;
};

/**
 * struct mdev_bpf_range - guest memory
 * @iova: the first guest address
 * @size: number of bytes
 * @trusted: NULL; see above
 */
struct mdev_bpf_range {
	__u64 iova;
	__u64 size;
	const void *trusted;
};

/**
 * struct mdev_bpf_plane - what a display shows; gfx_query fills it in
 * @type: the MDEV_BPF_PLANE_* that the user asks for; read-only
 * @region: VFIO index of the MEMORY region that contains the framebuffer
 * @offset: the first byte of the framebuffer in the region: 0 for MDEV_BPF_GFX_REGION, which cannot
 *	express another one; the start of a page for MDEV_BPF_GFX_DMABUF
 * @drm_modifier: DRM_FORMAT_MOD_*
 * @drm_format: DRM_FORMAT_*; 0 if the plane shows nothing
 * @width: width in pixels
 * @height: height in pixels
 * @stride: number of bytes from one line to the next
 * @x_pos: position of the left edge of a cursor
 * @y_pos: position of its upper edge
 * @x_hot: its hot spot, in pixels from the left edge
 * @y_hot: its hot spot, in pixels from the upper edge
 * @kind: MDEV_BPF_GFX_REGION or MDEV_BPF_GFX_DMABUF, as which the user asks for it; read-only
 * @reserved: zero
 * @trusted: NULL; see above
 */
struct mdev_bpf_plane {
	__u32 type;
	__u32 region;
	__u64 offset;
	__u64 drm_modifier;
	__u32 drm_format;
	__u32 width;
	__u32 height;
	__u32 stride;
	__u32 x_pos;
	__u32 y_pos;
	__u32 x_hot;
	__u32 y_hot;
	__u32 kind;
	__u32 reserved;
	const void *trusted;
};

/**
 * struct mdev_bpf_edid - the monitor that the user has connected
 * @link: 1 if a monitor is connected, else 0
 * @size: size of the EDID in bytes
 * @trusted: NULL; see above
 */
struct mdev_bpf_edid {
	__u32 link;
	__u32 size;
	const void *trusted;
};

/**
 * struct mdev_bpf_stream - the state of a device on its way to another host
 * @version: in save, mdev_bpf_ops::state_version of this program; in restore, that of the program
 *	that has saved the state, or 0 for an opaque stream
 * @opaque: in restore, 1 if the stream is opaque; else 0
 * @size: size of the opaque stream in bytes: in save what was put so far, in restore all of it
 * @trusted: NULL; see above
 */
struct mdev_bpf_stream {
	__u32 version;
	__u32 opaque;
	__u64 size;
	const void *trusted;
};

/**
 * struct mdev_bpf_old - the state that the previous program left
 * @version: its mdev_bpf_ops::state_version
 * @size: its mdev_bpf_ops::state_size
 * @queue_size: its mdev_bpf_ops::queue_state_size
 * @reserved: zero
 * @trusted: NULL; see above
 */
struct mdev_bpf_old {
	__u32 version;
	__u32 size;
	__u32 queue_size;
	__u32 reserved;
	const void *trusted;
};

/**
 * struct mdev_bpf_queue - the queue that an op is called for
 * @id: number of the queue, less than mdev_bpf_ops::queues
 * @type: as in struct mdev_bpf_dev
 * @arg: as in struct mdev_bpf_dev
 * @trusted: NULL; see above
 */
struct mdev_bpf_queue {
	__u32 id;
	__u32 type;
	__u64 arg;
	const void *trusted;
};

/**
 * struct mdev_bpf_dump - where the dump op writes
 * @room: number of bytes that can still be added
 * @trusted: NULL; see above
 */
struct mdev_bpf_dump {
	__u64 room;
	const void *trusted;
};

/**
 * struct bpf_iter_mdev - a loop, on the stack of a program; see mdev_bpf_for()
 * @opaque: for the kernel only
 */
struct bpf_iter_mdev {
	__u64 opaque[3];
};

/**
 * struct bpf_iter_mdev_q - a loop in an op of a queue; see mdev_bpf_q_for()
 * @opaque: for the kernel only
 */
struct bpf_iter_mdev_q {
	__u64 opaque[3];
};

/**
 * struct mdev_bpf_ops - a device program
 *
 * A program object defines one in SEC(".struct_ops.link"). Ops run in process context but must not
 * sleep: SEC("struct_ops"), not "struct_ops.s". The core never runs two ops of one device at the
 * same time, except for @queue; ops of different devices run in parallel. An op returns 0 or a
 * negative errno from -1 to -511, unless it says otherwise; any other value becomes -EIO. Ops are
 * optional, except those that are mandatory for a declared member.
 */
struct mdev_bpf_ops {
	/**
	 * @init: A device was created.
	 *
	 * Its state is zeroed. User space cannot reach the device before this returns.
	 *
	 * Return: 0, or the errno that the write to "create" fails with.
	 */
	int (*init)(struct mdev_bpf_dev *dev);

	/**
	 * @exit: The device is being removed. This is the last call for it.
	 *
	 * Not called while no program is attached.
	 */
	void (*exit)(struct mdev_bpf_dev *dev);

	/**
	 * @open: The device is opened: by VFIO (for the first file descriptor), or by a kernel
	 * client.
	 *
	 * Return: 0, or the errno that opening fails with. In that case @close is not called, and
	 * timers and work that it has started wait for the next user.
	 */
	int (*open)(struct mdev_bpf_dev *dev);

	/**
	 * @close: The device's user has closed it; interrupts are off already.
	 *
	 * Not called while no program is attached.
	 */
	void (*close)(struct mdev_bpf_dev *dev);

	/**
	 * @reset: The device is reset, by VFIO_DEVICE_RESET or an FLR. The core has zeroed the
	 * state, restored the initial values of configuration space and lowered the interrupt
	 * lines.
	 *
	 * If the program has no reset, init is called instead.
	 *
	 * Return: 0, or the errno that the ioctl or the write fails with.
	 */
	int (*reset)(struct mdev_bpf_dev *dev);

	/**
	 * @region_read: Read from a region; the result goes to access->val.
	 *
	 * Mandatory when a region is readable and has no declared registers. For a declared
	 * register it is called only if the declaration says so, after the core has read it.
	 *
	 * Return: 0, or the errno that read(2) fails with if nothing was read before.
	 */
	int (*region_read)(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access);

	/**
	 * @region_write: Write access->val to a region.
	 *
	 * Mandatory when a region is writable and has no declared registers. For a declared
	 * register it is called only if the declaration says so, after the core has written it.
	 *
	 * Return: 0, or the errno that write(2) fails with if nothing was written before.
	 */
	int (*region_write)(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access);

	/**
	 * @ioctl: An ioctl on the device, before the core looks at it.
	 *
	 * The core copies the argument: argsz bytes for a VFIO command, _IOC_SIZE() bytes for a
	 * command of the device; see mdev_bpf_ioctl_data(). It copies the bytes back to the caller
	 * unless the result is an error. VFIO answers VFIO_DEVICE_FEATURE itself.
	 *
	 * Return: MDEV_BPF_IOCTL_PASS, MDEV_BPF_IOCTL_DONE, MDEV_BPF_IOCTL_REVIEW, or the
	 * errno that the ioctl fails with. When @stage is AFTER, only 0 or an errno.
	 */
	int (*ioctl)(struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call);

	/**
	 * @timer: A timer that mdev_bpf_timer_arm() armed has expired.
	 *
	 * Called from a worker, a little later than the timer expires, and once for all periods
	 * that were missed. Timers of a closed or detached device stand still.
	 *
	 * Return: ignored.
	 */
	int (*timer)(struct mdev_bpf_dev *dev, __u32 id);

	/**
	 * @work: Work is due that mdev_bpf_work_queue() or a doorbell has queued. Called from a
	 * worker, as @timer.
	 *
	 * Return: ignored.
	 */
	int (*work)(struct mdev_bpf_dev *dev, __u32 id);

	/**
	 * @config_read: The user reads bytes of configuration space that belong to the program;
	 * see mdev_bpf_config_write(). access->val is what they hold. If the op changes it, the
	 * user reads that instead, in the bytes of the program.
	 *
	 * Return: ignored.
	 */
	int (*config_read)(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access);

	/**
	 * @config_write: The user wrote to configuration space; the core has applied the write.
	 *
	 * access->val has all bits of the write, including those that are read-only.
	 *
	 * Return: ignored.
	 */
	int (*config_write)(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access);

	/**
	 * @irq_unmask: The user has unmasked a line, which is how VFIO ends an interrupt. Called
	 * from a worker, as @timer. @index is the VFIO irq index.
	 *
	 * Return: ignored.
	 */
	int (*irq_unmask)(struct mdev_bpf_dev *dev, __u32 index);

	/**
	 * @dma_done: A request has completed or failed; see mdev_bpf_request().
	 *
	 * Called for each request; for those of one channel, in the order of the requests.
	 *
	 * Return: ignored.
	 */
	int (*dma_done)(struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma);

	/**
	 * @dma_unmap: The user has unmapped guest memory that the program had pinned.
	 *
	 * The windows that overlap @range are unpinned already. Called from a worker, as @timer.
	 * Nothing is pinned until the program has been told of all such windows.
	 *
	 * Return: ignored.
	 */
	int (*dma_unmap)(struct mdev_bpf_dev *dev, struct mdev_bpf_range *range);

	/**
	 * @gfx_query: Describe the plane that the display shows, in @plane.
	 *
	 * Return: 0, or the errno that VFIO_DEVICE_QUERY_GFX_PLANE fails with.
	 */
	int (*gfx_query)(struct mdev_bpf_dev *dev, struct mdev_bpf_plane *plane);

	/**
	 * @gfx_edid: The user has connected or disconnected a monitor. Also called after @reset or
	 * @init for a reset, if a monitor is connected, because the state was zeroed.
	 *
	 * Return: ignored.
	 */
	int (*gfx_edid)(struct mdev_bpf_dev *dev, struct mdev_bpf_edid *edid);

	/**
	 * @save: The device has stopped, and its state is about to be migrated.
	 *
	 * Return: MDEV_BPF_STREAM_CORE if the core should save everything; MDEV_BPF_STREAM_OPAQUE
	 * if the stream is only what was passed to mdev_bpf_stream_put(); or the errno that
	 * migration fails with.
	 */
	int (*save)(struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream);

	/**
	 * @restore: A stream has arrived from another host. If it is the core's, the core has
	 * already restored everything; if it is opaque (@stream->opaque), nothing.
	 *
	 * Return: MDEV_BPF_STREAM_CORE; MDEV_BPF_STREAM_OPAQUE for an opaque stream that the
	 * op has restored; or the errno that migration fails with.
	 */
	int (*restore)(struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream);

	/**
	 * @upgrade: Convert the state that the previous program left, see mdev_bpf_upgrade_data(),
	 * to the new state, which is zeroed. Called for each device before the program replaces one
	 * with another state_size or state_version. It cannot call kfuncs that act on the device.
	 *
	 * Return: 0; or a negative errno, and then no device changes to this program.
	 */
	int (*upgrade)(struct mdev_bpf_dev *dev, struct mdev_bpf_old *old);

	/**
	 * @started: The program has taken the device over, or the device runs again after it was
	 * stopped for a migration. @why has bits MDEV_BPF_STARTED_*.
	 *
	 * Called before any other op of this program, or of this device since it runs again. The
	 * device may be closed. Not called at creation and reset, for which there are @init and
	 * @reset.
	 *
	 * Return: ignored.
	 */
	int (*started)(struct mdev_bpf_dev *dev, __u32 why);

	/**
	 * @dump: Write the device's state as text, for people; see mdev_bpf_dump_text().
	 *
	 * Return: ignored.
	 */
	int (*dump)(struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out);

	/**
	 * @queue: A queue was rung, by a doorbell, mdev_bpf_queue_kick() or mdev_bpf_q_kick().
	 *
	 * Called from a worker of the queue, while other ops of the device may run, also this one
	 * for other queues. It only has access to the state of its queue. A queue that is rung
	 * again before the op is called is called once. Queues of a closed, detached, failed or
	 * stopped device stand still. Mandatory when @queues is not 0.
	 *
	 * Return: ignored.
	 */
	int (*queue)(struct mdev_bpf_queue *q);

	/**
	 * @reserved_op: NULL. No op can have this place: the verifier of Linux 6.12 compares the
	 * index of an op with attach types, and takes the arguments of an op with the index of
	 * BPF_TRACE_RAW_TP as possibly NULL.
	 */
	void (*reserved_op)(void);

	/**
	 * @queue_done: A request of a queue has completed or failed; see mdev_bpf_q_request().
	 *
	 * Called as @queue, for each request, in the order in which the queue has made those of a
	 * channel.
	 *
	 * Return: ignored.
	 */
	int (*queue_done)(struct mdev_bpf_queue *q, struct mdev_bpf_dma *dma);

	/**
	 * @name: Name of the mdev driver, class and parent device: 1 to 15 of [A-Za-z0-9_-], the
	 * first a letter or digit. The same rules hold for the name of a type.
	 */
	char name[MDEV_BPF_NAME_LEN];

	/** @description: Content of the types' "description" file; may be empty. */
	char description[MDEV_BPF_DESC_LEN];

	/**
	 * @device_api: Kind of device: "vfio-pci", "vfio-platform", "vfio-amba", "vfio-ccw" or
	 * "vfio-ap". Empty means "vfio-pci".
	 */
	char device_api[MDEV_BPF_API_LEN];

	/** @abi: MDEV_BPF_ABI of the header that the program was built with. */
	__u32 abi;

	/** @max_instances: Units of the pool that all types share; 0 means 65536. */
	__u32 max_instances;

	/** @flags: Zero. */
	__u64 flags;

	/** @state_size: Bytes of state of each device, up to MDEV_BPF_MAX_STATE. */
	__u32 state_size;

	/**
	 * @state_version: Any number. A program takes over state of the same size and version
	 * unchanged, and any other state by its @upgrade op.
	 */
	__u32 state_version;

	/** @types: The mdev types, at least one; the first entry with an empty name ends them. */
	struct mdev_bpf_type_desc types[MDEV_BPF_MAX_TYPES];

	/** @pci: Identity in configuration space. */
	struct mdev_bpf_pci pci;

	/** @regions: Regions, in any order; the first entry without a size ends them. */
	struct mdev_bpf_region regions[MDEV_BPF_MAX_REGION_ROWS];

	/** @irqs: Interrupts, in any order; the first entry without a count ends them. */
	struct mdev_bpf_irq irqs[MDEV_BPF_MAX_IRQ_ROWS];

	/** @gfx: Displays by type, in any order; the first entry without flags ends them. */
	struct mdev_bpf_gfx gfx[MDEV_BPF_MAX_TYPES];

	/** @pci_caps: PCI capabilities in their order; the first entry without an id ends them. */
	struct mdev_bpf_pci_cap pci_caps[MDEV_BPF_MAX_PCI_CAPS];

	/** @registers: Registers, in any order; the first entry without a name ends them. */
	struct mdev_bpf_register registers[MDEV_BPF_MAX_REGISTERS];

	/** @params: Parameters, in any order; the first entry without a name ends them. */
	struct mdev_bpf_param params[MDEV_BPF_MAX_PARAMS];

	/** @dma_windows: Windows that mdev_bpf_dma_pin() may pin, up to MDEV_BPF_MAX_PINS. */
	__u32 dma_windows;

	/** @queues: Queues of each device, up to MDEV_BPF_MAX_QUEUES. */
	__u32 queues;

	/**
	 * @queue_state_size: Bytes of state of each queue, up to MDEV_BPF_MAX_QUEUE_STATE. They
	 * have @state_version, too.
	 */
	__u32 queue_state_size;

	/** @reserved: Zero. */
	__u32 reserved;
};

#endif /* _LINUX_MDEV_BPF_H */
