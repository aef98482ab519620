// SPDX-License-Identifier: GPL-2.0-only
/* Implements dirty.h. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "dirty.h"
#include "mig.h"
#include "mtap.h"

bool kernel_has(const char *function)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[256], name[128];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*s %*s %127s", name) == 1 && !strcmp(name, function);
	if (f)
		fclose(f);
	return found;
}

bool dirty_possible(void)
{
	return kernel_has("iova_bitmap_set");
}

int dirty_probe(const struct vfio *v, __u32 feature)
{
	return mig_feature(v, feature | VFIO_DEVICE_FEATURE_PROBE, NULL, 0);
}

int dirty_start_ranges(const struct vfio *v, __u64 *page_size, __u32 nr,
		       const struct vfio_device_feature_dma_logging_range *ranges)
{
	struct vfio_device_feature_dma_logging_control c = {
		.page_size = *page_size, .num_ranges = nr, .ranges = (uintptr_t)ranges,
	};
	int ret;

	ret = mig_feature(v, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START, &c,
			  sizeof(c));
	if (!ret)
		*page_size = c.page_size;
	return ret;
}

int dirty_start(const struct vfio *v, __u64 page_size, __u64 iova, __u64 length)
{
	const struct vfio_device_feature_dma_logging_range range = { iova, length };

	return dirty_start_ranges(v, &page_size, 1, &range);
}

int dirty_stop(const struct vfio *v)
{
	return mig_feature(v, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP,
			   NULL, 0);
}

int dirty_report(const struct vfio *v, __u64 iova, __u64 length, __u64 page_size, void *bitmap)
{
	struct vfio_device_feature_dma_logging_report r = {
		.iova = iova, .length = length, .page_size = page_size,
		.bitmap = (uintptr_t)bitmap,
	};

	return mig_feature(v, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT,
			   &r, sizeof(r));
}

int dirty_container(const struct vfio *v, __u32 flags)
{
	struct vfio_iommu_type1_dirty_bitmap d = { .argsz = sizeof(d), .flags = flags };

	return ioctl(v->container, VFIO_IOMMU_DIRTY_PAGES, &d) ? -errno : 0;
}

int dirty_container_get(const struct vfio *v, __u64 iova, unsigned int pages, __u64 *bits)
{
	struct {
		struct vfio_iommu_type1_dirty_bitmap d;
		struct vfio_iommu_type1_dirty_bitmap_get get;
	} arg = {};

	arg.d.argsz = sizeof(arg);
	arg.d.flags = VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
	arg.get.iova = iova;
	arg.get.size = pages * 4096ULL;
	arg.get.bitmap.pgsize = 4096;
	arg.get.bitmap.size = sizeof(*bits);
	arg.get.bitmap.data = bits;
	return ioctl(v->container, VFIO_IOMMU_DIRTY_PAGES, &arg) ? -errno : 0;
}

__u64 dirty_container_take(const struct vfio *v, __u64 iova, unsigned int pages)
{
	__u64 bits = 0;

	EXPECT_EQ(dirty_container_get(v, iova, pages, &bits), 0);
	return bits;
}
