/* SPDX-License-Identifier: GPL-2.0-only */
/* Ioctls on a device. */
#ifndef __MDEV_BPF_VFIO_IOCTL_H
#define __MDEV_BPF_VFIO_IOCTL_H

#include <linux/mdev_bpf.h>

struct file;
struct mdev_bpf_device;
struct vfio_device;
struct vfio_info_cap;
struct vfio_region_info;

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

long mdev_bpf_ioctl_handle(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);
int mdev_bpf_ioctl_region_info(struct vfio_device *vdev, struct vfio_region_info *info,
			       struct vfio_info_cap *caps);

#endif /* __MDEV_BPF_VFIO_IOCTL_H */
