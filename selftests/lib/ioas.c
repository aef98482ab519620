// SPDX-License-Identifier: GPL-2.0-only
/* Implements ioas.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/iommufd.h>

#include "dirty.h"
#include "ioas.h"

bool cdev_possible(void)
{
	return kernel_has("vfio_df_ioctl_bind_iommufd");
}

/* "vfioN", which is also the name of the file */
static int cdev_name(const struct mdev *m, char *name, size_t size)
{
	struct dirent *entry;
	char path[128];
	int ret = -ENOENT;
	DIR *dir;

	snprintf(path, sizeof(path), MDEV_DEVICES "/%s/vfio-dev", m->uuid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (ret && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' &&
		    (size_t)snprintf(name, size, "%s", entry->d_name) < size)
			ret = 0;
	closedir(dir);
	return ret;
}

int cdev_open(struct vfio *v, const struct mdev *m)
{
	char name[32], path[64];
	int ret = cdev_name(m, name, sizeof(name));

	vfio_init(v);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	v->device = open(path, O_RDWR | O_CLOEXEC);
	return v->device < 0 ? -errno : v->device;
}

int cdev_bind(struct vfio *v, int iommufd)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommufd };
	int ret = vfio_ioctl(v, VFIO_DEVICE_BIND_IOMMUFD, &bind);

	if (!ret)
		vfio_learn_regions(v);
	return ret;
}

int cdev_attach(const struct vfio *v, __u32 ioas)
{
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach), .pt_id = ioas };

	return vfio_ioctl(v, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

int cdev_detach(const struct vfio *v)
{
	struct vfio_device_detach_iommufd_pt detach = { .argsz = sizeof(detach) };

	return vfio_ioctl(v, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach);
}

int ioas_new(int iommufd)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	return ioctl(iommufd, IOMMU_IOAS_ALLOC, &alloc) ? -errno : (int)alloc.out_ioas_id;
}

int ioas_destroy(int iommufd, __u32 ioas)
{
	struct iommu_destroy destroy = { .size = sizeof(destroy), .id = ioas };

	return ioctl(iommufd, IOMMU_DESTROY, &destroy) ? -errno : 0;
}

int ioas_map(int iommufd, __u32 ioas, __u64 iova, void *p, size_t size, int prot)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map), .ioas_id = ioas, .iova = iova, .length = size,
		.user_va = (uintptr_t)p,
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA |
			 (prot & PROT_READ ? IOMMU_IOAS_MAP_READABLE : 0) |
			 (prot & PROT_WRITE ? IOMMU_IOAS_MAP_WRITEABLE : 0),
	};

	return ioctl(iommufd, IOMMU_IOAS_MAP, &map) ? -errno : 0;
}

int ioas_unmap(int iommufd, __u32 ioas, __u64 iova, size_t size)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = ioas, .iova = iova, .length = size,
	};

	if (ioctl(iommufd, IOMMU_IOAS_UNMAP, &unmap))
		return -errno;
	return unmap.length == size ? 0 : -ENOENT;
}
