/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For kernel modules that use a device of mdev_bpf. They do with function calls and kernel memory
 * what a VFIO user does with file descriptors, eventfds and user memory.
 */
#ifndef _LINUX_MDEV_BPF_CLIENT_H
#define _LINUX_MDEV_BPF_CLIENT_H

#include <linux/types.h>
#include <linux/uuid.h>

struct mdev_bpf_client;

/**
 * struct mdev_bpf_client_ops - callbacks of a client
 * @irq: an interrupt of the kind that mdev_bpf_client_set_irq() has enabled. INTx is masked after
 *	this call, until mdev_bpf_client_unmask()
 * @request: the device is about to be removed, and the removal waits for mdev_bpf_client_close().
 *	Called again about once a second until the client has closed the device. May be called
 *	before mdev_bpf_client_open() has returned
 *
 * Both are optional, and receive the data that was passed to mdev_bpf_client_open(). They are
 * called in atomic context with interrupts off, and must not call any function of this header; they
 * can schedule a work item that does.
 */
struct mdev_bpf_client_ops {
	void (*irq)(void *data, unsigned int vector);
	void (*request)(void *data);
};

struct mdev_bpf_client *mdev_bpf_client_open(const guid_t *uuid,
					     const struct mdev_bpf_client_ops *ops, void *data);
void mdev_bpf_client_close(struct mdev_bpf_client *client);
ssize_t mdev_bpf_client_read(struct mdev_bpf_client *client, u32 region, u64 offset,
			     void *buf, size_t count);
ssize_t mdev_bpf_client_write(struct mdev_bpf_client *client, u32 region, u64 offset,
			      const void *buf, size_t count);
int mdev_bpf_client_reset(struct mdev_bpf_client *client);
int mdev_bpf_client_set_irq(struct mdev_bpf_client *client, unsigned int mode);
void mdev_bpf_client_unmask(struct mdev_bpf_client *client);

#endif /* _LINUX_MDEV_BPF_CLIENT_H */
