/* SPDX-License-Identifier: GPL-2.0-only */
/* A mediated device through its own file (cdev), and guest memory by way of iommufd. */
#ifndef IOAS_H
#define IOAS_H

#include <stdbool.h>

#include "vfio.h"

/* Does the running kernel have it? */
bool cdev_possible(void);

/* The device's own file, not bound to anything: @v->device or negative errno. */
int cdev_open(struct vfio *v, const struct mdev *m);
/* All return 0 or negative errno. Regions are known from cdev_bind() on. */
int cdev_bind(struct vfio *v, int iommufd);
int cdev_attach(const struct vfio *v, __u32 ioas);
int cdev_detach(const struct vfio *v);

/* An address space of an iommufd: its id or negative errno. */
int ioas_new(int iommufd);
int ioas_destroy(int iommufd, __u32 ioas);
/* 0 or negative errno; @prot is PROT_READ and PROT_WRITE. */
int ioas_map(int iommufd, __u32 ioas, __u64 iova, void *p, size_t size, int prot);
int ioas_unmap(int iommufd, __u32 ioas, __u64 iova, size_t size);

#endif /* IOAS_H */
