/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Shared by the kernel, device programs and user space: constants, and the structs with which a
 * program declares its device. They have no pointers and no padding. Reserved members must be zero,
 * so that they can get a meaning later.
 */
#ifndef _UAPI_LINUX_MDEV_BPF_H
#define _UAPI_LINUX_MDEV_BPF_H

#include <linux/types.h>

/* Version of struct mdev_bpf_ops and the kfuncs; grows when either does. */
#define MDEV_BPF_ABI		3
#define MDEV_BPF_ABI_MIN	3	/* oldest version that the kernel accepts */

#define MDEV_BPF_NAME_LEN	16	/* a program's or a type's name, with the final NUL */
#define MDEV_BPF_PRETTY_LEN	40	/* what mdevctl shows as a type's name */
#define MDEV_BPF_DESC_LEN	80	/* description of all types of a program */
#define MDEV_BPF_API_LEN	16	/* "vfio-pci" */
#define MDEV_BPF_MAX_TYPES	8
#define MDEV_BPF_MAX_REGIONS	16	/* VFIO indices of regions */
#define MDEV_BPF_MAX_IRQS	8	/* VFIO indices of interrupts */
#define MDEV_BPF_MAX_REGION_ROWS	32	/* entries of mdev_bpf_ops::regions */
#define MDEV_BPF_MAX_IRQ_ROWS	16	/* entries of mdev_bpf_ops::irqs */
#define MDEV_BPF_MAX_STATE	(1 << 20)	/* bytes of state a device may have */
#define MDEV_BPF_MAX_INSTANCES	65536		/* units in a pool; also the default */
#define MDEV_BPF_MAX_IOCTL	16384		/* bytes of ioctl argument for a program */
#define MDEV_BPF_MAX_ERRNO	511		/* an op may return -1 to -511 */
#define MDEV_BPF_MAX_LOOPS	(1 << 23)	/* rounds of one mdev_bpf_for() */
#define MDEV_BPF_MAX_COST	(2 << 20)	/* instructions of global functions, as counted */
#define MDEV_BPF_MAX_KEY	512		/* bytes of a key in a map that a program uses */
#define MDEV_BPF_MAX_VALUE	65536		/* bytes of a value, and that one kfunc copies */
#define MDEV_BPF_MAX_ZERO	(1 << 20)	/* bytes of one mdev_bpf_memory_zero(), _fill() */
#define MDEV_BPF_MAX_TEXT	512		/* bytes of the text of mdev_bpf_snprintf() */
#define MDEV_BPF_MAX_RANDOM	4096		/* bytes of one mdev_bpf_random() */

#define MDEV_BPF_MAX_TIMERS	8	/* timers of a device, ids from 0 */
#define MDEV_BPF_MAX_WORK	64	/* kinds of work of a device, ids from 0 */
#define MDEV_BPF_MIN_PERIOD	200000ULL	/* ns; of a periodic timer */
#define MDEV_BPF_MAX_DELAY	(1ULL << 60)		/* ns; of a timer, about 36 years */

#define MDEV_BPF_MAX_REGISTERS	224	/* entries of mdev_bpf_ops::registers */
#define MDEV_BPF_MAX_DOORBELLS	128	/* DOORBELL registers that keep their values */
#define MDEV_BPF_MAX_PCI_CAPS	16	/* PCI capabilities that a program declares */
#define MDEV_BPF_MAX_MSIX	2048	/* PCI 3.0, 6.8.2.3 */
#define MDEV_BPF_MAX_DMA	128	/* waiting requests of a device; any ids */
#define MDEV_BPF_MAX_DMA_SIZE	(1 << 20)	/* bytes of one request */
#define MDEV_BPF_MAX_CHANNELS	16	/* channels of requests, from 0 */
#define MDEV_BPF_MAX_DISCARD	(1 << 30)	/* bytes of one FILE_DISCARD or FILE_ZERO */
#define MDEV_BPF_MAX_SG		512	/* entries of a list of guest memory */
#define MDEV_BPF_MAX_PINS	128	/* pinned windows of guest memory, ids from 0 */
#define MDEV_BPF_MAX_RES	32767	/* width or height of a framebuffer, in pixels */
#define MDEV_BPF_MAX_REASON	128	/* text of mdev_bpf_fail(), with the final NUL */

#define MDEV_BPF_MAX_FRAME	(128 << 10)	/* bytes of a frame in a cable */

#define MDEV_BPF_MAX_QUEUES	16	/* queues of a device, ids from 0 */
#define MDEV_BPF_MAX_QUEUE_STATE	65536	/* bytes of state of each queue */

#define MDEV_BPF_MAX_PARAMS	32	/* entries of mdev_bpf_ops::params */
#define MDEV_BPF_MAX_PARAM_TEXT	256	/* bytes of a TEXT or a path, with the final NUL */
#define MDEV_BPF_CONSOLE_SIZE	8192	/* bytes that a console buffers, each way */

/* In a VFIO file offset, the bits from this one up are the index of the region. */
#define MDEV_BPF_OFFSET_SHIFT	40

/*
 * Configuration space: the device-specific bytes from MDEV_BPF_CONFIG_OWN up to
 * MDEV_BPF_CONFIG_CAPS are the program's. LOW capabilities are among them; other capabilities begin
 * at MDEV_BPF_CONFIG_CAPS, and extended ones at MDEV_BPF_CONFIG_SIZE.
 */
#define MDEV_BPF_CONFIG_OWN	0x40
#define MDEV_BPF_CONFIG_CAPS	0x80
#define MDEV_BPF_CONFIG_SIZE	0x100
#define MDEV_BPF_CONFIG_EXPRESS	0x1000	/* size with MDEV_BPF_PCI_EXPRESS */

/* struct mdev_bpf_region::flags */
#define MDEV_BPF_REGION_READ		(1 << 0)
#define MDEV_BPF_REGION_WRITE		(1 << 1)
#define MDEV_BPF_REGION_RW		(MDEV_BPF_REGION_READ | MDEV_BPF_REGION_WRITE)
#define MDEV_BPF_REGION_IO		(1 << 2)	/* I/O ports; else memory */
#define MDEV_BPF_REGION_PREFETCH	(1 << 3)	/* memory without read side effects */
#define MDEV_BPF_REGION_64BIT		(1 << 4)	/* takes this BAR and the next */

#define MDEV_BPF_REGION_MEMORY		(1 << 6)	/* memory that the core provides */
#define MDEV_BPF_REGION_MMAP		(1 << 7)	/* MEMORY that users can map */
#define MDEV_BPF_REGION_KEEP		(1 << 8)	/* MEMORY that reset does not clear */
#define MDEV_BPF_REGION_POPULATE	(1 << 9)	/* MEMORY allocated at creation */
#define MDEV_BPF_REGION_SIZE_PARAM	(1 << 10)	/* MEMORY whose size is a parameter */
#define MDEV_BPF_REGION_PROTECT		(1 << 11)	/* MEMORY for mdev_bpf_memory_protect() */
#define MDEV_BPF_REGION_CLEAR		(1 << 12)	/* MEMORY that closing clears */

/* struct mdev_bpf_param::kind */
#define MDEV_BPF_PARAM_NUMBER		0	/* from min to max */
#define MDEV_BPF_PARAM_BOOL		1	/* 0 or 1 */
#define MDEV_BPF_PARAM_TEXT		2	/* text of min to max bytes */
#define MDEV_BPF_PARAM_FILE		3	/* path of a file or block device */
#define MDEV_BPF_PARAM_CONSOLE		4	/* 1 if a console is connected to the host, or 0 */
#define MDEV_BPF_PARAM_CABLE		5	/* name of a cable to another device */

/* struct mdev_bpf_param::flags */
#define MDEV_BPF_PARAM_LOCAL		(1 << 0)	/* not compared by migration */

/* mdev_bpf_param() of a FILE */
#define MDEV_BPF_FILE_BOUND		(1 << 0)	/* there is a file */
#define MDEV_BPF_FILE_RDONLY		(1 << 1)	/* it was bound for reading: "ro:" */
#define MDEV_BPF_FILE_DIRECT		(1 << 2)	/* without the page cache: "direct:" */

/* mdev_bpf_console_status() */
#define MDEV_BPF_CONSOLE_OPEN		(1 << 0)	/* somebody has opened it on the host */
#define MDEV_BPF_CONSOLE_ROOM		(1 << 1)	/* there is room for a byte to the host */
#define MDEV_BPF_CONSOLE_BREAK		(1 << 2)	/* the host has sent a break; told once */

/* struct mdev_bpf_register::flags */
#define MDEV_BPF_REGISTER_CONST		(1 << 0)	/* reads as @reset, without state */
#define MDEV_BPF_REGISTER_READ_CALL	(1 << 1)	/* each read calls region_read */
#define MDEV_BPF_REGISTER_WRITE_CALL	(1 << 2)	/* each write calls region_write */
#define MDEV_BPF_REGISTER_DOORBELL	(1 << 3)	/* each write queues work */
#define MDEV_BPF_REGISTER_QUEUE		(1 << 4)	/* DOORBELL: each write rings a queue */

/* struct mdev_bpf_access::reg if the access is not to a declared register */
#define MDEV_BPF_NO_REGISTER		0xffffffff

/* struct mdev_bpf_pci::flags */
#define MDEV_BPF_PCI_PM			(1 << 0)	/* power management capability */
#define MDEV_BPF_PCI_EXPRESS		(1 << 1)	/* PCI Express endpoint */
#define MDEV_BPF_PCI_FLR		(1 << 2)	/* EXPRESS with function level reset */

/* struct mdev_bpf_pci_cap::flags */
#define MDEV_BPF_PCI_CAP_EXTENDED	(1 << 0)	/* from 0x100 up; needs EXPRESS */
#define MDEV_BPF_PCI_CAP_LOW		(1 << 1)	/* from MDEV_BPF_CONFIG_OWN up */

/* struct mdev_bpf_irq::flags */
#define MDEV_BPF_IRQ_LEVEL		(1 << 0)	/* not PCI: lines, maskable, automasked */

/* struct mdev_bpf_gfx::flags, and one of them in struct mdev_bpf_plane::kind */
#define MDEV_BPF_GFX_REGION		(1 << 0)	/* users read planes in their region */
#define MDEV_BPF_GFX_DMABUF		(1 << 1)	/* users get planes as dma-bufs */

/* Offset of the EDID in an EDID region, after struct vfio_region_gfx_edid */
#define MDEV_BPF_EDID_OFFSET		64

/* struct mdev_bpf_plane::type, as DRM numbers them */
#define MDEV_BPF_PLANE_OVERLAY		0
#define MDEV_BPF_PLANE_PRIMARY		1
#define MDEV_BPF_PLANE_CURSOR		2

/*
 * "where": bytes of the device's state, of a MEMORY region, or of a pinned window. Bits 56 to 63
 * say which of these, so that no plain number is one. Bits 40 to 47 are the index of the region or
 * the window, and the bits below are the offset.
 */
#define MDEV_BPF_WHERE_STATE		1ULL
#define MDEV_BPF_WHERE_MEMORY		2ULL
#define MDEV_BPF_WHERE_PIN		4ULL
#define MDEV_BPF_WHERE(kind, n, off)	((kind) << 56 | (__u64)(n) << MDEV_BPF_OFFSET_SHIFT | (off))
#define MDEV_BPF_STATE(offset)		MDEV_BPF_WHERE(MDEV_BPF_WHERE_STATE, 0, offset)
#define MDEV_BPF_MEMORY(region, offset)	MDEV_BPF_WHERE(MDEV_BPF_WHERE_MEMORY, region, offset)
#define MDEV_BPF_PIN(id, offset)	MDEV_BPF_WHERE(MDEV_BPF_WHERE_PIN, id, offset)

/* struct mdev_bpf_request::op */
#define MDEV_BPF_DMA_READ	0	/* from guest memory to the device */
#define MDEV_BPF_DMA_WRITE	1	/* from the device to guest memory */
#define MDEV_BPF_DMA_PIN	2	/* pin guest memory */
#define MDEV_BPF_FILE_READ	3	/* from a file to the device, or to guest memory */
#define MDEV_BPF_FILE_WRITE	4	/* from the device, or from guest memory, to a file */
#define MDEV_BPF_FILE_FLUSH	5	/* bring to stable storage what was written to a file */
#define MDEV_BPF_FILE_DISCARD	6	/* free bytes of a file; they read as zeros then */
#define MDEV_BPF_FILE_ZERO	7	/* write zeros to a file */

/* struct mdev_bpf_request::flags, and struct mdev_bpf_dma::flags */
#define MDEV_BPF_DMA_LIST	(1 << 0)	/* @iova is where a list of guest memory is */
#define MDEV_BPF_DMA_AGAIN	(1 << 1)	/* in dma_done: a window of before a migration */

/* Results of the save and restore ops, apart from a negative errno */
#define MDEV_BPF_STREAM_CORE	0	/* the core's own stream */
#define MDEV_BPF_STREAM_OPAQUE	1	/* the program's opaque stream, and nothing else */

/* Bits of "why" of the started op */
#define MDEV_BPF_STARTED_TAKEN_OVER	(1 << 0)	/* this program is new to the device */
#define MDEV_BPF_STARTED_RUNNING	(1 << 1)	/* it was stopped for a migration */
#define MDEV_BPF_STARTED_RESTORED	(1 << 2)	/* a stream was restored since */

/* Steps in the life of a device, in the trace event mdev_bpf_lifecycle */
#define MDEV_BPF_EVENT_CREATE	0
#define MDEV_BPF_EVENT_OPEN	1
#define MDEV_BPF_EVENT_CLOSE	2
#define MDEV_BPF_EVENT_RESET	3
#define MDEV_BPF_EVENT_DETACH	4
#define MDEV_BPF_EVENT_ATTACH	5
#define MDEV_BPF_EVENT_UPGRADE	6
#define MDEV_BPF_EVENT_REMOVE	7

/* Bits of /sys/kernel/mdev_bpf/features */
#define MDEV_BPF_FEATURE_TIMERS		(1 << 0)
#define MDEV_BPF_FEATURE_MSIX		(1 << 1)
#define MDEV_BPF_FEATURE_DMA		(1 << 2)
#define MDEV_BPF_FEATURE_MEMORY		(1 << 3)
#define MDEV_BPF_FEATURE_DOORBELLS	(1 << 4)
#define MDEV_BPF_FEATURE_GFX		(1 << 5)
#define MDEV_BPF_FEATURE_EXPRESS	(1 << 6)
#define MDEV_BPF_FEATURE_MIGRATION	(1 << 7)
#define MDEV_BPF_FEATURE_UPGRADE	(1 << 8)
#define MDEV_BPF_FEATURE_FAIL		(1 << 9)
#define MDEV_BPF_FEATURE_PLATFORM	(1 << 10)	/* device_api other than vfio-pci */
#define MDEV_BPF_FEATURE_REGISTERS	(1 << 11)
#define MDEV_BPF_FEATURE_CLOCK		(1 << 12)	/* mdev_bpf_time(), started op */
#define MDEV_BPF_FEATURE_PARAMS		(1 << 13)
#define MDEV_BPF_FEATURE_FILES		(1 << 14)
#define MDEV_BPF_FEATURE_REQUESTS	(1 << 15)	/* mdev_bpf_request() */
#define MDEV_BPF_FEATURE_QUEUES		(1 << 16)
#define MDEV_BPF_FEATURE_PROTECT	(1 << 17)	/* mdev_bpf_memory_protect() */
#define MDEV_BPF_FEATURE_CONSOLES	(1 << 18)
#define MDEV_BPF_FEATURE_CABLES		(1 << 19)
#define MDEV_BPF_FEATURE_QUEUE_DMA	(1 << 20)	/* mdev_bpf_q_request() */

/* struct mdev_bpf_ioctl::stage */
#define MDEV_BPF_IOCTL_BEFORE	0	/* the core has not looked at the command yet */
#define MDEV_BPF_IOCTL_AFTER	1	/* the core has answered; the answer may be edited */

/* Results of the ioctl op, apart from a negative errno */
#define MDEV_BPF_IOCTL_PASS	0	/* let the core answer */
#define MDEV_BPF_IOCTL_DONE	1	/* answered: call->ret is the result */
#define MDEV_BPF_IOCTL_REVIEW	2	/* let the core answer, then call the op again */

/* Results of mdev_bpf_irq_mode(): the interrupt mode that the user has enabled */
#define MDEV_BPF_IRQ_OFF	0
#define MDEV_BPF_IRQ_INTX	1
#define MDEV_BPF_IRQ_MSI	2
#define MDEV_BPF_IRQ_MSIX	3

/**
 * struct mdev_bpf_type_desc - one mdev type that a program provides
 * @name: sysfs name; program "mtty" and type "2" make the type id "mtty-2"
 * @pretty_name: content of the type's "name" file; empty means @name
 * @arg: any number; devices of the type find it in mdev_bpf_dev::arg
 * @units: units of the program's pool (max_instances) that a device takes; 0 means 1
 * @reserved: zero
 */
struct mdev_bpf_type_desc {
	char name[MDEV_BPF_NAME_LEN];
	char pretty_name[MDEV_BPF_PRETTY_LEN];
	__u64 arg;
	__u32 units;
	__u32 reserved;
};

/**
 * struct mdev_bpf_pci - the identity in a PCI device's configuration space
 * @vendor: vendor id
 * @device: device id
 * @subsystem_vendor: subsystem vendor id
 * @subsystem_device: subsystem device id
 * @class_code: base class, sub class and programming interface, 0xBBSSPP
 * @revision: revision id
 * @flags: MDEV_BPF_PCI_*
 * @reserved: zero
 */
struct mdev_bpf_pci {
	__u16 vendor;
	__u16 device;
	__u16 subsystem_vendor;
	__u16 subsystem_device;
	__u32 class_code;
	__u8 revision;
	__u8 flags;
	__u8 reserved[2];
};

/**
 * struct mdev_bpf_pci_cap - a PCI capability whose content belongs to the program
 * @id: PCI_CAP_ID_VNDR; if EXTENDED: PCI_EXT_CAP_ID_DSN, _VNDR or _DVSEC; 0 if there is none
 * @size: size in bytes, including the header, which the core writes. The header has 3 bytes (id,
 *	next and length), or 4 if EXTENDED (id, version and next)
 * @flags: MDEV_BPF_PCI_CAP_*
 * @version: version of an EXTENDED capability; 0 means 1
 * @reserved: zero
 *
 * The first entry without an id ends mdev_bpf_ops::pci_caps. mdev_bpf_pci_cap_offset() returns the
 * offset of a capability.
 */
struct mdev_bpf_pci_cap {
	__u16 id;
	__u16 size;
	__u8 flags;
	__u8 version;
	__u16 reserved;
};

/**
 * struct mdev_bpf_region - one region of a device
 * @size: size in bytes. That of a PCI BAR is a power of two: 4 to 256 for I/O ports, at least 16
 *	for memory. The first entry without a size ends mdev_bpf_ops::regions. With SIZE_PARAM, this
 *	is the least size, which is the min of the parameter
 * @index: VFIO index of the region, below MDEV_BPF_MAX_REGIONS: 0 to 5 for the BARs, 6 for the
 *	ROM, and from 9 up for device-specific regions
 * @flags: MDEV_BPF_REGION_*
 * @access_size: widest access in bytes that the program receives: 1, 2, 4 or 8; wider accesses of
 *	the user are split. 0 means 4
 * @types: devices of type n have the region if bit n is set; 0 means that all types have it
 * @cap_type: VFIO_REGION_TYPE_* (or VFIO_REGION_TYPE_PCI_VENDOR_TYPE) by which users find the
 *	region; from index 9 up. 0 if it has no such capability
 * @cap_subtype: the subtype that belongs to it
 * @trap_offset: where in a MEMORY region the trap window begins. Accesses to the window call
 *	region_read and region_write, and it cannot be mapped; whole pages
 * @trap_size: size of the window in bytes; 0 if there is none
 * @size_param: with SIZE_PARAM, index of the parameter in mdev_bpf_ops::params, a NUMBER; else zero
 * @reserved: zero
 *
 * Entries with the same @index describe the region for different types. MEMORY that can be neither
 * read nor written is private to the program.
 */
struct mdev_bpf_region {
	__u64 size;
	__u32 index;
	__u32 flags;
	__u32 access_size;
	__u32 types;
	__u32 cap_type;
	__u32 cap_subtype;
	__u32 trap_offset;
	__u32 trap_size;
	__u32 size_param;
	__u32 reserved;
};

/**
 * struct mdev_bpf_register - a register, or an array of them, that the core reads and writes
 * @name: name for tools: 1 to 15 of [A-Za-z0-9_], unique among the registers of a type; an empty
 *	name ends mdev_bpf_ops::registers
 * @region: VFIO index of the region
 * @offset: first byte in the region, a multiple of @width
 * @width: bytes: 1, 2, 4 or 8
 * @flags: MDEV_BPF_REGISTER_*
 * @types: as in struct mdev_bpf_region
 * @count: number of registers in an array; 0 for 1
 * @stride: bytes from one to the next in the region, a multiple of @width; 0 for @width
 * @state: offset of the first register's value in the device's state, a multiple of @width; with
 *	QUEUE, offset of each value in the state of its queue
 * @state_stride: bytes from one value to the next there, a multiple of @width; 0 for @width. With
 *	QUEUE, zero
 * @work: a write to a DOORBELL queues the work with this id; one to register i of an array, the
 *	work @work + i. With QUEUE, it rings the queue with this id, or @work + i. 0 for others
 * @reset: the value at creation and after a reset
 * @write: bits that a write sets to the value written; all other bits keep their value
 * @write_one_clear: bits that writing 1 clears; none of them may be in @write
 * @read_clear: bits that a read clears after it has taken their value
 * @read_call: region_read is called for a read that finds one of these bits set
 * @write_call: region_write is called for a write that has changed one of these bits
 */
struct mdev_bpf_register {
	char name[MDEV_BPF_NAME_LEN];
	__u32 region;
	__u32 offset;
	__u32 width;
	__u32 flags;
	__u32 types;
	__u32 count;
	__u32 stride;
	__u32 state;
	__u32 state_stride;
	__u32 work;
	__u64 reset;
	__u64 write;
	__u64 write_one_clear;
	__u64 read_clear;
	__u64 read_call;
	__u64 write_call;
};

/**
 * struct mdev_bpf_irq - one kind of interrupt of a device
 * @count: number of vectors: at most 1 for INTx, a power of two up to 32 for MSI, up to
 *	MDEV_BPF_MAX_MSIX for MSI-X. The first entry without a count ends mdev_bpf_ops::irqs
 * @index: VFIO irq index, below MDEV_BPF_MAX_IRQS: 0 for INTx, 1 for MSI, 2 for MSI-X
 * @types: as in struct mdev_bpf_region
 * @flags: MDEV_BPF_IRQ_LEVEL, for devices that are not PCI
 * @table: for MSI-X, the place of the table as in the capability: bits 0 to 2 are the index of the
 *	BAR, the other bits are the offset, a multiple of 8
 * @pba: for MSI-X, the place of the pending bits, likewise
 * @reserved: zero
 *
 * Entries with the same @index describe the interrupts for different types.
 */
struct mdev_bpf_irq {
	__u32 count;
	__u32 index;
	__u32 types;
	__u32 flags;
	__u32 table;
	__u32 pba;
	__u32 reserved[2];
};

/**
 * struct mdev_bpf_param - a parameter of a device, which the administrator can set
 * @name: name of its file in sysfs: 1 to 15 of [A-Za-z0-9_-], the first a letter or digit, unique
 *	among the parameters of a type. An empty name ends mdev_bpf_ops::params
 * @kind: MDEV_BPF_PARAM_*: NUMBER, BOOL, TEXT, FILE, CONSOLE or CABLE
 * @types: devices of type n have the parameter if bit n is set; 0 means that all types have it
 * @flags: MDEV_BPF_PARAM_LOCAL
 * @work: CONSOLE, CABLE: the work that is queued when something has happened on the host's side of
 *	the console, or at the cable. Others: zero
 * @min: NUMBER: the least value. TEXT: the least number of bytes. Others: zero
 * @max: NUMBER: the greatest value; 0 means any value. TEXT: the greatest number of bytes; 0 means
 *	MDEV_BPF_MAX_PARAM_TEXT - 1. Others: zero
 * @preset: NUMBER, BOOL and CONSOLE: the value of a new device. TEXT and FILE: zero; a new device
 *	has an empty text, whatever @min is, and no file. CABLE: zero; a new device has no cable
 */
struct mdev_bpf_param {
	char name[MDEV_BPF_NAME_LEN];
	__u32 kind;
	__u32 types;
	__u32 flags;
	__u32 work;
	__u64 min;
	__u64 max;
	__u64 preset;
};

/**
 * struct mdev_bpf_gfx - display of a device
 * @flags: MDEV_BPF_GFX_*. The first entry without flags ends mdev_bpf_ops::gfx
 * @types: as in struct mdev_bpf_region. A type has at most one display
 * @max_xres: greatest width in pixels, for the EDID region; 0 means any width
 * @max_yres: greatest height in pixels, likewise
 */
struct mdev_bpf_gfx {
	__u32 flags;
	__u32 types;
	__u32 max_xres;
	__u32 max_yres;
};

#endif /* _UAPI_LINUX_MDEV_BPF_H */
