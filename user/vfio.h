/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_VFIO_H
#define USER_VFIO_H

#include "sysfs.h"

/* A device that is open, as a VMM opens it */
struct vfio {
	int container;
	int group;
	int device;
};

struct vfio_region_info;

int vfio_open(struct vfio *v, const struct device *dev);
void vfio_close(struct vfio *v);
int vfio_region(const struct vfio *v, __u32 index, struct vfio_region_info *info);

#endif
