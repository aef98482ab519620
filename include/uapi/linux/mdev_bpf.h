/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * What the kernel, device programs and user space agree on: constants, and the
 * plain structs a program declares its device with. No pointers, no padding;
 * a reserved field must be zero, so that it can get a meaning later.
 */
#ifndef _UAPI_LINUX_MDEV_BPF_H
#define _UAPI_LINUX_MDEV_BPF_H

#include <linux/types.h>

/* Version of struct mdev_bpf_ops and the kfuncs; grows when either does. */
#define MDEV_BPF_ABI		1

#define MDEV_BPF_NAME_LEN	16	/* a program's or a type's name, with the final NUL */
#define MDEV_BPF_PRETTY_LEN	40	/* what mdevctl shows as a type's name */
#define MDEV_BPF_DESC_LEN	80	/* description of all types of a program */
#define MDEV_BPF_API_LEN	16	/* "vfio-pci" */
#define MDEV_BPF_MAX_TYPES	8
#define MDEV_BPF_MAX_REGIONS	16
#define MDEV_BPF_MAX_IRQS	8
#define MDEV_BPF_MAX_STATE	(1 << 20)	/* bytes of state a device may have */
#define MDEV_BPF_MAX_INSTANCES	65536		/* units in a pool; also what 0 means */
#define MDEV_BPF_MAX_IOCTL	16384		/* bytes of ioctl argument a program can see */
#define MDEV_BPF_MAX_ERRNO	511		/* an op may return -1 to -511 */

#define MDEV_BPF_MAX_TIMERS	8	/* timers of a device, ids from 0 */
#define MDEV_BPF_MAX_WORK	8	/* kinds of work of a device, ids from 0 */
#define MDEV_BPF_MIN_PERIOD	10000ULL		/* ns; of a periodic timer */
#define MDEV_BPF_MAX_DELAY	(1ULL << 60)		/* ns; of a timer, some 36 years */

/* A VFIO file offset is the region's index in the bits from here up. */
#define MDEV_BPF_OFFSET_SHIFT	40

/*
 * Configuration space: programs own the device specific bytes from
 * MDEV_BPF_CONFIG_OWN up to MDEV_BPF_CONFIG_CAPS, where the capabilities that
 * the core builds begin.
 */
#define MDEV_BPF_CONFIG_OWN	0x40
#define MDEV_BPF_CONFIG_CAPS	0x80
#define MDEV_BPF_CONFIG_SIZE	0x100

/* struct mdev_bpf_region::flags */
#define MDEV_BPF_REGION_READ		(1 << 0)
#define MDEV_BPF_REGION_WRITE		(1 << 1)
#define MDEV_BPF_REGION_RW		(MDEV_BPF_REGION_READ | MDEV_BPF_REGION_WRITE)
#define MDEV_BPF_REGION_IO		(1 << 2)	/* I/O ports; else memory */
#define MDEV_BPF_REGION_PREFETCH	(1 << 3)	/* memory without read side effects */
#define MDEV_BPF_REGION_64BIT		(1 << 4)	/* takes this BAR and the next */

/* struct mdev_bpf_ioctl::stage */
#define MDEV_BPF_IOCTL_BEFORE	0	/* the core has not looked at the command yet */
#define MDEV_BPF_IOCTL_AFTER	1	/* the core has answered; the answer may be edited */

/* What the ioctl op returns, apart from a negative errno */
#define MDEV_BPF_IOCTL_PASS	0	/* let the core answer */
#define MDEV_BPF_IOCTL_DONE	1	/* answered: call->ret is the result */
#define MDEV_BPF_IOCTL_REVIEW	2	/* let the core answer, then call me again */

/* What mdev_bpf_irq_mode() returns: how the user of the device takes interrupts */
#define MDEV_BPF_IRQ_OFF	0
#define MDEV_BPF_IRQ_INTX	1
#define MDEV_BPF_IRQ_MSI	2

/**
 * struct mdev_bpf_type_desc - one mdev type that a program provides
 * @name: sysfs name; program "mtty" and type "2" make the type id "mtty-2"
 * @pretty_name: what the type's "name" attribute says; empty: @name
 * @arg: any number; every device of the type finds it in mdev_bpf_dev::arg
 * @units: how much of the program's pool (max_instances) a device takes, 0 for 1
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
 * @reserved: zero
 */
struct mdev_bpf_pci {
	__u16 vendor;
	__u16 device;
	__u16 subsystem_vendor;
	__u16 subsystem_device;
	__u32 class_code;
	__u8 revision;
	__u8 reserved[3];
};

/**
 * struct mdev_bpf_region - one region of a device
 * @size: bytes; a PCI BAR's is a power of two, from 4 for I/O ports (up to 256) and
 *	from 16 for memory; 0: there is no such region
 * @flags: MDEV_BPF_REGION_*
 * @access_size: widest access in bytes that the program gets: 1, 2, 4 or 8; wider
 *	ones by the user are split; 0 for 4
 * @types: bit n set: devices of type n have the region; 0: all have it
 * @reserved: zero
 *
 * The index in mdev_bpf_ops::regions is the VFIO region index: 0 to 5 for the BARs.
 */
struct mdev_bpf_region {
	__u64 size;
	__u32 flags;
	__u32 access_size;
	__u32 types;
	__u32 reserved[5];
};

/**
 * struct mdev_bpf_irq - one kind of interrupt of a device
 * @count: how many there are; for INTx at most 1, for MSI a power of two up to 32
 * @types: as in struct mdev_bpf_region
 * @reserved: zero
 *
 * The index in mdev_bpf_ops::irqs is the VFIO irq index: 0 for INTx, 1 for MSI.
 */
struct mdev_bpf_irq {
	__u32 count;
	__u32 types;
	__u32 reserved[2];
};

#endif /* _UAPI_LINUX_MDEV_BPF_H */
