/* SPDX-License-Identifier: GPL-2.0-only */
/* The log of a device's DMA, through VFIO. */
#ifndef DIRTY_H
#define DIRTY_H

#include <stdbool.h>

#include "vfio.h"

/* Does the running kernel have this function? */
bool kernel_has(const char *function);
/* Can VFIO deliver a log? Then the device has to offer it. */
bool dirty_possible(void);

/* VFIO_DEVICE_FEATURE_PROBE of a feature, with SET or GET: 0 or negative errno */
int dirty_probe(const struct vfio *v, __u32 feature);

/* All return 0 or negative errno. @page_size is set to what the device chose. */
int dirty_start_ranges(const struct vfio *v, __u64 *page_size, __u32 nr,
		       const struct vfio_device_feature_dma_logging_range *ranges);
int dirty_start(const struct vfio *v, __u64 page_size, __u64 iova, __u64 length);
int dirty_stop(const struct vfio *v);
int dirty_report(const struct vfio *v, __u64 iova, __u64 length, __u64 page_size, void *bitmap);

/* The log of the container, VFIO_IOMMU_DIRTY_PAGES_FLAG_START or _STOP: 0 or negative errno */
int dirty_container(const struct vfio *v, __u32 flags);
/*
 * What that has of @pages pages of 4 KiB from @iova on, 64 at most, a bit each; and clears it: 0 or
 * negative errno
 */
int dirty_container_get(const struct vfio *v, __u64 iova, unsigned int pages, __u64 *bits);
/* The same, which must not fail: the bits */
__u64 dirty_container_take(const struct vfio *v, __u64 iova, unsigned int pages);

#endif /* DIRTY_H */
