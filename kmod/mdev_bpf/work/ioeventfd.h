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
 * @list: the mdev_bpf_ioeventfd; changed with @config and the gate held
 * @nr: how many
 */
struct mdev_bpf_ioeventfds {
	/** @config: serialises changes, taken before the device's lock */
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
