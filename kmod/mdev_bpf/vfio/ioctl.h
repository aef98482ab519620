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
 * struct mdev_bpf_ioctl_ctx - an ioctl that is being handled
 * @call: the argument of the program's ioctl
 * @data: copy of the argument, call.size bytes
 * @argsz: its first member if it is argsz, else 0; may be more than call.size
 * @in: number of bytes that the user has passed
 * @out: number of bytes that are copied back
 * @core: the function with which the core answers; NULL if the core does not know the command
 * @caps: the chain for capabilities of the answer if VFIO copies them to the user; else NULL
 * @file: the file to install as @fd if that is the result, or NULL
 * @fd: the file descriptor for @file
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
 * @min: minimal size of its argument
 * @out: size of the answer; 0 if nothing is copied back
 * @fn: writes the answer to mdev_bpf_ioctl_ctx::data; returns 0 or more, or a negative errno
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
