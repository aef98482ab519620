// SPDX-License-Identifier: GPL-2.0-only
/* Implements vfio.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "slowness.h"
#include "vfio.h"

#define EVENT_TIMEOUT_MS	10000

static int ret_or_errno(long ret)
{
	return ret < 0 ? -errno : ret;
}

static int open_group(struct vfio *v, const struct mdev *m, const char *container)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%s",
		 link_name(MDEV_DEVICES "/%s/iommu_group", m->uuid));
	v->container = open(container, O_RDWR | O_CLOEXEC);
	if (v->container < 0)
		return -errno;
	v->group = open(path, O_RDWR | O_CLOEXEC);
	if (v->group < 0 || ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container) ||
	    ioctl(v->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	return 0;
}

int vfio_join(struct vfio *v, const struct mdev *m, const struct vfio *with)
{
	char path[64];

	vfio_init(v);
	snprintf(path, sizeof(path), "/dev/vfio/%s",
		 link_name(MDEV_DEVICES "/%s/iommu_group", m->uuid));
	v->container = fcntl(with->container, F_DUPFD_CLOEXEC, 0);
	v->group = open(path, O_RDWR | O_CLOEXEC);
	if (v->container < 0 || v->group < 0 ||
	    ioctl(v->group, VFIO_GROUP_SET_CONTAINER, &v->container))
		return -errno;
	v->device = vfio_open_again(v, m);
	if (v->device < 0)
		return v->device;
	vfio_learn_regions(v);
	return 0;
}

void vfio_learn_regions(struct vfio *v)
{
	unsigned int i;

	for (i = 0; i < VFIO_MAX_REGIONS; i++) {
		v->region[i].argsz = sizeof(v->region[i]);
		v->region[i].index = i;
		if (ioctl(v->device, VFIO_DEVICE_GET_REGION_INFO, &v->region[i]))
			v->region[i].size = 0;
	}
}

void vfio_init(struct vfio *v)
{
	memset(v, 0, sizeof(*v));
	v->container = -1;
	v->group = -1;
	v->device = -1;
}

int vfio_open(struct vfio *v, const struct mdev *m)
{
	return vfio_open_by(v, m, "/dev/vfio/vfio");
}

int vfio_open_by(struct vfio *v, const struct mdev *m, const char *container)
{
	int ret;

	vfio_init(v);
	ret = open_group(v, m, container);
	if (ret)
		return ret;
	v->device = vfio_open_again(v, m);
	if (v->device < 0)
		return v->device;
	vfio_learn_regions(v);
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd > 0)
		close(*fd);
	*fd = -1;
}

void vfio_close(struct vfio *v)
{
	close_fd(&v->device);
	close_fd(&v->group);
	close_fd(&v->container);
}

int vfio_open_again(const struct vfio *v, const struct mdev *m)
{
	return ret_or_errno(ioctl(v->group, VFIO_GROUP_GET_DEVICE_FD, m->uuid));
}

int vfio_ioctl(const struct vfio *v, unsigned long cmd, void *arg)
{
	return ret_or_errno(ioctl(v->device, cmd, arg));
}

int vfio_reset(const struct vfio *v)
{
	return vfio_ioctl(v, VFIO_DEVICE_RESET, NULL);
}

ssize_t vfio_pread(const struct vfio *v, unsigned int region, __u64 off, void *buf,
		   size_t len)
{
	ssize_t ret = pread(v->device, buf, len, v->region[region].offset + off);

	return ret < 0 ? -errno : ret;
}

ssize_t vfio_pwrite(const struct vfio *v, unsigned int region, __u64 off, const void *buf,
		    size_t len)
{
	ssize_t ret = pwrite(v->device, buf, len, v->region[region].offset + off);

	return ret < 0 ? -errno : ret;
}

__s64 vfio_get(const struct vfio *v, unsigned int region, __u64 off, unsigned int size)
{
	__u64 val = 0;
	ssize_t ret = vfio_pread(v, region, off, &val, size);

	if (ret < 0)
		return ret;
	return ret == size ? (__s64)val : -EIO;
}

int vfio_set(const struct vfio *v, unsigned int region, __u64 off, unsigned int size,
	     __u64 val)
{
	ssize_t ret = vfio_pwrite(v, region, off, &val, size);

	if (ret < 0)
		return ret;
	return ret == size ? 0 : -EIO;
}

int vfio_irq_set(const struct vfio *v, const struct vfio_irq_set *head, const void *data,
		 size_t size)
{
	/* Not static: threads do this; large enough for all vectors of MSI-X */
	char buf[sizeof(*head) + 2048 * sizeof(__s32)];
	struct vfio_irq_set *set = (void *)buf;

	memcpy(set, head, sizeof(*head));
	if (size)
		memcpy(set->data, data, size);
	if (!set->argsz)
		set->argsz = sizeof(*set) + size;
	return vfio_ioctl(v, VFIO_DEVICE_SET_IRQS, set);
}

int vfio_irq_fds(const struct vfio *v, unsigned int index, __u32 start, __u32 count,
		 const int *fds)
{
	struct vfio_irq_set set = {
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		.index = index, .start = start, .count = count,
	};

	return vfio_irq_set(v, &set, fds, count * sizeof(*fds));
}

int vfio_irq_fd(const struct vfio *v, unsigned int index, __u32 action, int fd)
{
	struct vfio_irq_set set = {
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | action, .index = index, .count = 1,
	};

	return vfio_irq_set(v, &set, &fd, sizeof(fd));
}

int vfio_irq_none(const struct vfio *v, unsigned int index, __u32 action, __u32 count)
{
	struct vfio_irq_set set = {
		.flags = VFIO_IRQ_SET_DATA_NONE | action, .index = index, .count = count,
	};

	return vfio_irq_set(v, &set, NULL, 0);
}

int vfio_irq_bool(const struct vfio *v, unsigned int index, __u32 action, __u8 val)
{
	struct vfio_irq_set set = {
		.flags = VFIO_IRQ_SET_DATA_BOOL | action, .index = index, .count = 1,
	};

	return vfio_irq_set(v, &set, &val, sizeof(val));
}

int event_new(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

__u64 event_take(int fd)
{
	__u64 nr;

	return read(fd, &nr, sizeof(nr)) == sizeof(nr) ? nr : 0;
}

__u64 event_wait(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	poll(&p, 1, EVENT_TIMEOUT_MS * slowness());
	return event_take(fd);
}
