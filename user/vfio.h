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
/* The same for a region that must exist, and be readable or writable. Prints an error. */
int vfio_region_for(const struct vfio *v, __u32 index, const char *name, bool write,
		    struct vfio_region_info *info);

#endif
