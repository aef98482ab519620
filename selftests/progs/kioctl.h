/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of kioctl.bpf.c, a device with an ioctl op. */
#ifndef KIOCTL_H
#define KIOCTL_H

struct kioctl_add {
	__u64 a;
	__u64 b;
	__u64 sum;
};

#define KIOCTL_ADD	_IOWR('k', 1, struct kioctl_add)	/* returns 7 */
#define KIOCTL_NOTHING	_IO('k', 2)				/* returns 3 */
#define KIOCTL_PUT	_IOW('k', 3, __u64)	/* for a later GET; scribbles over its copy */
#define KIOCTL_GET	_IOR('k', 4, __u64)	/* adds to what it finds there */
#define KIOCTL_FAIL	_IOWR('k', 5, __u64)	/* EPERM, scribbles over its copy */
#define KIOCTL_NEGATIVE	_IO('k', 6)		/* DONE with -EDOM */
#define KIOCTL_STRANGE	_IO('k', 7)		/* returns what no op may */
#define KIOCTL_ENDLESS	_IO('k', 8)		/* REVIEW, and REVIEW again */
#define KIOCTL_REVIEWED	_IO('k', 9)		/* REVIEW of what the core does not know */
#define KIOCTL_OWN_VFIO	_IO(VFIO_TYPE, VFIO_BASE + 80)	/* argsz, then a __u32 it adds 1 to */

/* GET_INFO with this argsz: the answer is edited, and refused then. */
#define KIOCTL_REFUSED_SIZE	40

/* A region that has a capability; before the core says so, the op says that there is room for it */
#define KIOCTL_CAP_REGION	9

/* The device's BAR, 32 bit each, read-only */
#define KIOCTL_CALLS	0	/* calls of the op */
#define KIOCTL_CMD	4	/* the last one's cmd, stage, size and ret */
#define KIOCTL_STAGE	8
#define KIOCTL_SIZE	12
#define KIOCTL_RET	16

#endif /* KIOCTL_H */
