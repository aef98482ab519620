/* SPDX-License-Identifier: GPL-2.0-only */
/* Eventfds that stand for writes to a region. */
#ifndef __MDEV_BPF_WORK_IOEVENTFD_H
#define __MDEV_BPF_WORK_IOEVENTFD_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct mdev_bpf_device;
struct vfio_device_ioeventfd;
struct virqfd;

/**
 * struct mdev_bpf_ioeventfd - an eventfd whose signal is a write to a region
 * @node: entry in mdev_bpf_ioeventfds::list
 * @bdev: the device
 * @offset: VFIO file offset of the write
 * @data: the value that is written, as passed by the user
 * @size: number of bytes
 * @due: signalled, but the program has not been called yet; an atomic bit
 * @virqfd: VFIO's part; NULL when the eventfd was closed
 */
struct mdev_bpf_ioeventfd {
	struct list_head node;
	struct mdev_bpf_device *bdev;
	u64 offset;
	u64 data;
	u32 size;
	unsigned long due;
	struct virqfd *virqfd;
};

/**
 * struct mdev_bpf_ioeventfds - the eventfds of a device that stand for writes
 * @list: the entries, struct mdev_bpf_ioeventfd; changed with both @config and the gate held
 * @nr: number of entries
 */
struct mdev_bpf_ioeventfds {
	/** @config: serialises changes; taken before the device's lock */
	struct mutex config;
	struct list_head list;
	unsigned int nr;
};

void mdev_bpf_ioeventfd_init(struct mdev_bpf_device *bdev);
int mdev_bpf_ioeventfd_set(struct mdev_bpf_device *bdev,
			   const struct vfio_device_ioeventfd *arg);
void mdev_bpf_ioeventfd_run(struct mdev_bpf_device *bdev);
void mdev_bpf_ioeventfd_forget(struct mdev_bpf_device *bdev);
void mdev_bpf_ioeventfd_release(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_WORK_IOEVENTFD_H */
