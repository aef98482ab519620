/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For kernel modules that use a device of mdev_bpf. They do with function calls and kernel memory
 * what a VFIO user does with file descriptors, eventfds and user memory. What guest memory is for a
 * VFIO user is for a client what its copy and pin callbacks permit.
 */
#ifndef _LINUX_MDEV_BPF_CLIENT_H
#define _LINUX_MDEV_BPF_CLIENT_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>
#include <linux/uuid.h>

struct device;
struct mdev_bpf_client;
struct page;

/**
 * struct mdev_bpf_client_ops - callbacks of a client
 * @irq: an interrupt of the kind that mdev_bpf_client_set_irq() has enabled. INTx is masked after
 *	this call, until mdev_bpf_client_unmask()
 * @request: the device is about to be removed, and the removal waits for mdev_bpf_client_close().
 *	Called again about once a second until the client has closed the device. May be called
 *	before mdev_bpf_client_open() has returned
 *
 * @copy: copy @size bytes of memory that the client has for the device, from address @iova on, to
 *	@buf, or from @buf with @write. Returns 0; -ENOENT if the client has no memory there; -EPERM
 *	if the device must not access it so. After an error, some bytes may have been copied
 * @pin: set @pages to the @nr pages of that memory from @iova on, which is the start of a page.
 *	Each page needs a reference, which the core drops by put_page() when the program no longer
 *	uses the page: until then the program can read and write the window that it has requested.
 *	The pages must be mapped by the kernel. Returns 0, or an errno as @copy
 *
 * All are optional, and receive the data that was passed to mdev_bpf_client_open(). @irq and
 * @request are called in atomic context with interrupts off, and must not call any function of this
 * header; they can schedule a work item that does. @copy and @pin are called in process context
 * without locks, also at the same time, until mdev_bpf_client_close() returns. They must not wait
 * for the device. Without @copy, the device has no memory to access: requests of the program fail
 * with -ENXIO.
 */
struct mdev_bpf_client_ops {
	void (*irq)(void *data, unsigned int vector);
	void (*request)(void *data);
	int (*copy)(void *data, u64 iova, void *buf, size_t size, bool write);
	int (*pin)(void *data, u64 iova, unsigned int nr, struct page **pages);
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
struct device *mdev_bpf_client_dev(struct mdev_bpf_client *client);
__printf(2, 3) void mdev_bpf_client_refuse(struct mdev_bpf_client *client, const char *fmt, ...);

#endif /* _LINUX_MDEV_BPF_CLIENT_H */
