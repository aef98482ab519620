/* SPDX-License-Identifier: GPL-2.0-only */
/* A mediated device through its VFIO group. */
#ifndef SELFTESTS_VFIO_H
#define SELFTESTS_VFIO_H

#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>

#include "mdev.h"

#define VFIO_MAX_REGIONS	16

struct vfio {
	int container, group, device;
	struct vfio_region_info region[VFIO_MAX_REGIONS];
};

/* 0 or negative errno; call vfio_close() afterwards, even if it failed. */
int vfio_open(struct vfio *v, const struct mdev *m);
/* The same, with @container as the container file in place of /dev/vfio/vfio */
int vfio_open_by(struct vfio *v, const struct mdev *m, const char *container);
/* The same in the container of a device that is open */
int vfio_join(struct vfio *v, const struct mdev *m, const struct vfio *with);
void vfio_close(struct vfio *v);
/* Mark everything as closed, for a struct that is not static. */
void vfio_init(struct vfio *v);
/* The offsets of regions are the kernel's to choose, so ask once for each. */
void vfio_learn_regions(struct vfio *v);
/* Another file descriptor for the device that @v has open already, or negative errno. */
int vfio_open_again(const struct vfio *v, const struct mdev *m);

/* ioctl() with errors as negative errno */
int vfio_ioctl(const struct vfio *v, unsigned long cmd, void *arg);
int vfio_reset(const struct vfio *v);

/* Raw access: bytes done or negative errno; @off counts from the region's start. */
ssize_t vfio_pread(const struct vfio *v, unsigned int region, __u64 off, void *buf,
		   size_t len);
ssize_t vfio_pwrite(const struct vfio *v, unsigned int region, __u64 off, const void *buf,
		    size_t len);

/* One access of 1, 2, 4 or 8 bytes: the value, or negative errno (-EIO for a short one). */
__s64 vfio_get(const struct vfio *v, unsigned int region, __u64 off, unsigned int size);
int vfio_set(const struct vfio *v, unsigned int region, __u64 off, unsigned int size,
	     __u64 val);

/* Interrupts: VFIO_DEVICE_SET_IRQS with DATA_EVENTFD for one, with other data, none. */
int vfio_irq_fd(const struct vfio *v, unsigned int index, __u32 action, int fd);
int vfio_irq_fds(const struct vfio *v, unsigned int index, __u32 start, __u32 count,
		 const int *fds);
int vfio_irq_none(const struct vfio *v, unsigned int index, __u32 action, __u32 count);
int vfio_irq_bool(const struct vfio *v, unsigned int index, __u32 action, __u8 val);
int vfio_irq_set(const struct vfio *v, const struct vfio_irq_set *head, const void *data,
		 size_t size);

/* A new non-blocking eventfd, and how often one was signalled since the last call */
int event_new(void);
__u64 event_take(int fd);
/* The same, but waits some seconds for the first signal. */
__u64 event_wait(int fd);

#endif /* SELFTESTS_VFIO_H */
