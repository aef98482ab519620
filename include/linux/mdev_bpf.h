/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface between the kernel and a device program: the contexts that ops
 * get, and struct mdev_bpf_ops itself. The kernel and BPF objects compile this
 * one file, so it uses nothing but uapi types.
 *
 * Programs outside this tree depend on it. Members are only added, never
 * changed: libbpf matches them by name and ignores what a program leaves zero.
 */
#ifndef _LINUX_MDEV_BPF_H
#define _LINUX_MDEV_BPF_H

#include <uapi/linux/mdev_bpf.h>

/*
 * Each context has a pointer, @trusted, that is always NULL. It makes the struct more than numbers
 * to the verifier, which then takes only a trusted pointer for it: the one that the kernel handed
 * to the op, never a copy, nor memory that a program filled in. kfuncs rely on that.
 */

/**
 * struct mdev_bpf_dev - the device an op is called for (read-only)
 * @type: index of the device's type in mdev_bpf_ops::types
 * @instance: number of the device among the program's, the lowest that was free
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
 * @val: little endian value; the only member a program can write. region_read
 *	stores the result here (bits above @size are dropped; it is 0 before)
 * @trusted: NULL; see above
 */
struct mdev_bpf_access {
	__u32 region;
	__u32 size;
	__u64 offset;
	__u64 val;
	const void *trusted;
};

/**
 * struct mdev_bpf_ioctl - one ioctl on the device
 * @cmd: the command, as in <linux/vfio.h> or the device's own
 * @stage: MDEV_BPF_IOCTL_BEFORE or MDEV_BPF_IOCTL_AFTER
 * @size: bytes of argument behind mdev_bpf_ioctl_data(), at most MDEV_BPF_MAX_IOCTL
 * @ret: what the ioctl returns when the op answers it (0 or more); the only member
 *	a program can write. AFTER the core's answer it holds the core's result
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
 * struct mdev_bpf_dma - a DMA request that has been carried out
 * @id: what the program gave as its id
 * @op: MDEV_BPF_DMA_*
 * @error: 0, or a negative errno: then some of it may have been done
 * @size: bytes
 * @iova: address of the guest's memory
 * @where: MDEV_BPF_STATE() or MDEV_BPF_MEMORY(); 0 for MDEV_BPF_DMA_PIN
 * @trusted: NULL; see above
 */
struct mdev_bpf_dma {
	__u32 id;
	__u32 op;
	__s32 error;
	__u32 size;
	__u64 iova;
	__u64 where;
	const void *trusted;
};

/**
 * struct mdev_bpf_range - guest memory
 * @iova: first byte
 * @size: bytes
 * @trusted: NULL; see above
 */
struct mdev_bpf_range {
	__u64 iova;
	__u64 size;
	const void *trusted;
};

/**
 * struct mdev_bpf_plane - what a display shows; gfx_query fills it in
 * @type: MDEV_BPF_PLANE_* that is asked for; read-only, like @trusted
 * @region: VFIO index of the MEMORY region that the framebuffer is in
 * @offset: its first byte there
 * @drm_modifier: DRM_FORMAT_MOD_*
 * @drm_format: DRM_FORMAT_*; 0: the plane shows nothing
 * @width: in pixels
 * @height: in pixels
 * @stride: bytes from one line to the next
 * @x_pos: where a cursor plane is
 * @y_pos: likewise
 * @x_hot: where its hot spot is
 * @y_hot: likewise
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
	const void *trusted;
};

/**
 * struct mdev_bpf_edid - what the user says of the monitor
 * @link: 1: it is connected, 0: it is not
 * @size: bytes of EDID
 * @trusted: NULL; see above
 */
struct mdev_bpf_edid {
	__u32 link;
	__u32 size;
	const void *trusted;
};

/**
 * struct mdev_bpf_stream - the state of a device on its way to another host
 * @version: mdev_bpf_ops::state_version of the program that saved it; of the own one in save
 * @opaque: restore: the stream is not the core's
 * @size: bytes of the program's opaque stream so far, or in all
 * @trusted: NULL; see above
 */
struct mdev_bpf_stream {
	__u32 version;
	__u32 opaque;
	__u64 size;
	const void *trusted;
};

/**
 * struct mdev_bpf_old - the state that the program before left
 * @version: its mdev_bpf_ops::state_version
 * @size: its mdev_bpf_ops::state_size
 * @trusted: NULL; see above
 */
struct mdev_bpf_old {
	__u32 version;
	__u32 size;
	const void *trusted;
};

/**
 * struct mdev_bpf_dump - where the dump op writes
 * @room: bytes that there is still room for
 * @trusted: NULL; see above
 */
struct mdev_bpf_dump {
	__u64 room;
	const void *trusted;
};

/**
 * struct mdev_bpf_ops - a device program
 *
 * A program object defines one in SEC(".struct_ops.link"). Ops run in process context
 * but must not sleep: SEC("struct_ops"), not "struct_ops.s". The core never runs two ops of
 * one device at the same time; ops of different devices run in parallel. An op
 * returns 0 or a negative errno (-1 to -511; anything else makes -EIO) unless it
 * says otherwise. All ops but those a readable or writable region needs are optional.
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
	 * @exit: The device is being removed; the last call for it.
	 *
	 * Not called while no program is attached.
	 */
	void (*exit)(struct mdev_bpf_dev *dev);

	/**
	 * @open: Somebody begins to use the device: VFIO (the first file descriptor), or a
	 * kernel client.
	 *
	 * Return: 0, or the errno that opening it fails with. Timers and work that it has
	 * started stay, for the next user; @close is not called.
	 */
	int (*open)(struct mdev_bpf_dev *dev);

	/**
	 * @close: The device's user has closed it; interrupts are off already.
	 *
	 * Not called while no program is attached.
	 */
	void (*close)(struct mdev_bpf_dev *dev);

	/**
	 * @reset: VFIO_DEVICE_RESET. The core has zeroed the state, brought the
	 * configuration space to its initial values and lowered the interrupt line.
	 *
	 * A program that has no reset gets init called in its place.
	 *
	 * Return: 0, or the errno that the ioctl fails with.
	 */
	int (*reset)(struct mdev_bpf_dev *dev);

	/**
	 * @region_read: Read from a region; the result goes to access->val.
	 *
	 * Mandatory when a region is readable.
	 *
	 * Return: 0, or the errno that read(2) fails with if nothing was read before.
	 */
	int (*region_read)(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access);

	/**
	 * @region_write: Write access->val to a region.
	 *
	 * Mandatory when a region is writable.
	 *
	 * Return: 0, or the errno that write(2) fails with if nothing was written before.
	 */
	int (*region_write)(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access);

	/**
	 * @ioctl: An ioctl on the device, before the core looks at it.
	 *
	 * The argument is copied in: argsz bytes of it for a VFIO command, _IOC_SIZE()
	 * bytes for the device's own; see mdev_bpf_ioctl_data(). What the program leaves
	 * there goes back to the caller when the result is not an error. VFIO_DEVICE_FEATURE
	 * is answered by VFIO itself and does not come here.
	 *
	 * Return: MDEV_BPF_IOCTL_PASS, MDEV_BPF_IOCTL_DONE, MDEV_BPF_IOCTL_REVIEW, or the
	 * errno that the ioctl fails with. When @stage is AFTER, only 0 or an errno.
	 */
	int (*ioctl)(struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call);

	/**
	 * @timer: A timer that mdev_bpf_timer_arm() armed has expired.
	 *
	 * Called from a worker: soon, not at once, and once for periods that were missed.
	 * Only while the device is open; time does not pass for a closed or detached device.
	 *
	 * Return: ignored.
	 */
	int (*timer)(struct mdev_bpf_dev *dev, __u32 id);

	/**
	 * @work: Work that mdev_bpf_work_queue() queued, with its id; from a worker, as @timer.
	 *
	 * Return: ignored.
	 */
	int (*work)(struct mdev_bpf_dev *dev, __u32 id);

	/**
	 * @config_write: The guest wrote to configuration space; the core has applied it.
	 *
	 * access->val is what was written, whatever of it could be.
	 *
	 * Return: ignored.
	 */
	int (*config_write)(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access);

	/**
	 * @irq_unmask: The user has unmasked a line, for VFIO the end of an interrupt; from a
	 * worker, as @timer. @index is the VFIO irq index.
	 *
	 * Return: ignored.
	 */
	int (*irq_unmask)(struct mdev_bpf_dev *dev, __u32 index);

	/**
	 * @dma_done: A DMA request has been carried out, or has failed.
	 *
	 * Called for each, in the order they were made in.
	 *
	 * Return: ignored.
	 */
	int (*dma_done)(struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma);

	/**
	 * @dma_unmap: The user has taken guest memory away that the program had pinned.
	 *
	 * The windows that overlap @range are gone already. From a worker, as @timer; nothing is
	 * pinned before the program has been told of all that went.
	 *
	 * Return: ignored.
	 */
	int (*dma_unmap)(struct mdev_bpf_dev *dev, struct mdev_bpf_range *range);

	/**
	 * @gfx_query: What does the display show? The answer goes to @plane.
	 *
	 * Return: 0, or the errno that VFIO_DEVICE_QUERY_GFX_PLANE fails with.
	 */
	int (*gfx_query)(struct mdev_bpf_dev *dev, struct mdev_bpf_plane *plane);

	/**
	 * @gfx_edid: The user has connected a monitor, or taken it away.
	 *
	 * Return: ignored.
	 */
	int (*gfx_edid)(struct mdev_bpf_dev *dev, struct mdev_bpf_edid *edid);

	/**
	 * @save: The device has stopped, and its state is about to be taken elsewhere.
	 *
	 * Return: MDEV_BPF_STREAM_CORE: the core saves everything; MDEV_BPF_STREAM_OPAQUE: what was
	 * put by mdev_bpf_stream_put() is all; or the errno that migration fails with.
	 */
	int (*save)(struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream);

	/**
	 * @restore: State has come from elsewhere. From a core's stream the core has restored
	 * everything already; from an opaque one (@stream->opaque) nothing.
	 *
	 * Return: MDEV_BPF_STREAM_CORE; MDEV_BPF_STREAM_OPAQUE for an opaque stream that the
	 * program has understood; or the errno that migration fails with.
	 */
	int (*restore)(struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream);

	/**
	 * @upgrade: Convert the state of the program before, see mdev_bpf_upgrade_data(), to the
	 * own, which is zeroed. Called for each device before the program replaces one with another
	 * state_size or state_version. It can call no kfunc that acts on the device.
	 *
	 * Return: 0; or a negative errno: then the program before stays, for all devices.
	 */
	int (*upgrade)(struct mdev_bpf_dev *dev, struct mdev_bpf_old *old);

	/**
	 * @dump: Write the device's state as text, for people; see mdev_bpf_dump_text().
	 *
	 * Return: ignored.
	 */
	int (*dump)(struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out);

	/**
	 * @name: Name of mdev driver, class and parent device: 1 to 15 of [A-Za-z0-9_-], the
	 * first a letter or digit. A type's name likewise.
	 */
	char name[MDEV_BPF_NAME_LEN];

	/** @description: What the types' "description" says; may be empty. */
	char description[MDEV_BPF_DESC_LEN];

	/** @device_api: "vfio-pci"; empty means that too. */
	char device_api[MDEV_BPF_API_LEN];

	/** @abi: MDEV_BPF_ABI of the header that the program was built with. */
	__u32 abi;

	/** @max_instances: Units of the pool that all types share; 0: 65536. */
	__u32 max_instances;

	/** @flags: Zero. */
	__u64 flags;

	/** @state_size: Bytes behind mdev_bpf_state_get(), up to MDEV_BPF_MAX_STATE. */
	__u32 state_size;

	/**
	 * @state_version: Any number; a program takes over the state of one with the same size and
	 * version as it is, and converts any other with @upgrade.
	 */
	__u32 state_version;

	/** @types: The mdev types; one at least, the first with an empty name ends them. */
	struct mdev_bpf_type_desc types[MDEV_BPF_MAX_TYPES];

	/** @pci: Identity in configuration space. */
	struct mdev_bpf_pci pci;

	/** @regions: Regions by VFIO index. */
	struct mdev_bpf_region regions[MDEV_BPF_MAX_REGIONS];

	/** @irqs: Interrupts by VFIO index. */
	struct mdev_bpf_irq irqs[MDEV_BPF_MAX_IRQS];

	/** @doorbells: Doorbells, in any order; those without size are none. */
	struct mdev_bpf_doorbell doorbells[MDEV_BPF_MAX_DOORBELLS];

	/** @gfx: Display. */
	struct mdev_bpf_gfx gfx;

	/** @pci_caps: PCI capabilities in their order; the first without id ends them. */
	struct mdev_bpf_pci_cap pci_caps[MDEV_BPF_MAX_PCI_CAPS];

	/** @dma_windows: Windows that mdev_bpf_dma_pin() may pin, up to MDEV_BPF_MAX_PINS. */
	__u32 dma_windows;

	/** @reserved: Zero. */
	__u32 reserved;
};

#endif /* _LINUX_MDEV_BPF_H */
