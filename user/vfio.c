// SPDX-License-Identifier: GPL-2.0-only
/* Opening a device through its VFIO group and a type 1 container. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"
#include "vfio.h"

static int open_group(const struct device *dev)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[32];
	int fd;

	if (dev->leaving)
		return p_err("%s is being removed, see mdev-bpf remove", dev->uuid);
	if (dev->group < 0)
		return p_err("%s has no IOMMU group", dev->uuid);
	snprintf(path, sizeof(path), "/dev/vfio/%d", dev->group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY)
		return p_err("%s is in use: only one process at a time can open it", dev->uuid);
	if (fd < 0)
		return p_err("cannot open %s: %s", path, err_hint(errno));
	if (!ioctl(fd, VFIO_GROUP_GET_STATUS, &status) && status.flags & VFIO_GROUP_FLAGS_VIABLE)
		return fd;
	close(fd);
	return p_err("%s cannot be used: the VFIO group is not viable", path);
}

static int open_container(int group)
{
	int fd = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return p_err("cannot open /dev/vfio/vfio: %s", err_hint(errno));
	if (!ioctl(group, VFIO_GROUP_SET_CONTAINER, &fd) &&
	    !ioctl(fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return fd;
	p_err("cannot set up the VFIO container: %s (modprobe vfio_iommu_type1?)", err_hint(errno));
	close(fd);
	return -1;
}

static int open_device(int group, const struct device *dev)
{
	int fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, dev->uuid);

	if (fd >= 0)
		return fd;
	if (!dev->attached)
		return p_err("%s is detached: load a program for '%s'", dev->uuid, dev->program);
	return p_err("cannot open %s: %s", dev->uuid, err_hint(errno));
}

int vfio_open(struct vfio *v, const struct device *dev)
{
	v->container = -1;
	v->device = -1;
	v->group = open_group(dev);
	if (v->group >= 0)
		v->container = open_container(v->group);
	if (v->container >= 0)
		v->device = open_device(v->group, dev);
	if (v->device >= 0)
		return 0;
	vfio_close(v);
	return -1;
}

void vfio_close(struct vfio *v)
{
	if (v->device >= 0)
		close(v->device);
	if (v->group >= 0)
		close(v->group);
	if (v->container >= 0)
		close(v->container);
}

int vfio_region(const struct vfio *v, __u32 index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = index };
	return ioctl(v->device, VFIO_DEVICE_GET_REGION_INFO, info) ? -errno : 0;
}

int vfio_region_for(const struct vfio *v, __u32 index, const char *name, bool write,
		    struct vfio_region_info *info)
{
	__u32 need = write ? VFIO_REGION_INFO_FLAG_WRITE : VFIO_REGION_INFO_FLAG_READ;
	int err = vfio_region(v, index, info);

	if (err == -ENODEV)
		return p_err("the device is detached: load its program again");
	if (err || !info->size)
		return p_err("the device has no region %s, see mdev-bpf show", name);
	if (!(info->flags & need))
		return p_err("%s cannot be %s", name, write ? "written" : "read");
	return 0;
}
