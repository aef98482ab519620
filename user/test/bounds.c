// SPDX-License-Identifier: GPL-2.0-only
/* The test point "bounds": accesses inside of each region, at its end, across it and outside. */
#include <errno.h>
#include <string.h>

#include "output.h"
#include "test/test.h"

#define WIDEST	8

static int wrong(const struct subject *s, unsigned int region, const char *what, int ret,
		 const char *expected)
{
	if (ret < 0)
		return p_err("%s %s fails: %s, expected %s", what, subject_region(s, region),
			     strerror(-ret), expected);
	return p_err("%s %s transfers %d bytes, expected %s", what, subject_region(s, region), ret,
		     expected);
}

/* The program may refuse an access, but the core never tells it of one that is outside. */
static int outside(const struct subject *s, unsigned int region)
{
	__u64 size = s->region[region].size, val = 0;
	int ret = unit_read(s, &s->a, region, size, &val, 1);

	if (ret != -EINVAL)
		return wrong(s, region, "a read behind the end of", ret, "EINVAL");
	ret = unit_write(s, &s->a, region, size, &val, 1);
	if (ret != -EINVAL)
		return wrong(s, region, "a write behind the end of", ret, "EINVAL");
	return 0;
}

static int across(const struct subject *s, unsigned int region)
{
	__u64 size = s->region[region].size, val;
	int ret = unit_read(s, &s->a, region, size - 1, &val, WIDEST);

	if (ret > 1)
		return wrong(s, region, "a read across the end of", ret, "1 byte");
	return 0;
}

static int inside(const struct subject *s, unsigned int region)
{
	__u64 size = s->region[region].size, val;

	for (unsigned int width = 1; width <= WIDEST && width <= size; width *= 2) {
		__u64 places[] = { 0, size - width - (size - width) % width };

		for (int i = 0; i < 2; i++) {
			int ret = unit_read(s, &s->a, region, places[i], &val, width);

			if (ret >= 0 && ret != (int)width)
				return wrong(s, region, "an aligned read within", ret,
					     "all of its bytes");
		}
	}
	return 0;
}

/* Writes put back what was read, as far as that can be. */
static int written(const struct subject *s, unsigned int region)
{
	__u64 size = s->region[region].size, val = 0;
	int ret;

	if (unit_read(s, &s->a, region, size - 1, &val, 1) != 1)
		return 0;
	ret = unit_write(s, &s->a, region, size - 1, &val, WIDEST);
	if (ret > 1)
		return wrong(s, region, "a write across the end of", ret, "1 byte");
	return 0;
}

static int one_region(const struct subject *s, unsigned int region)
{
	__u32 flags = s->region[region].flags;
	__u64 val = 0;
	int ret;

	if (outside(s, region))
		return -1;
	if (flags & VFIO_REGION_INFO_FLAG_READ) {
		if (inside(s, region) || across(s, region))
			return -1;
	} else {
		ret = unit_read(s, &s->a, region, 0, &val, 1);
		if (ret != -EINVAL)
			return wrong(s, region, "a read of the write-only", ret, "EINVAL");
	}
	if (flags & VFIO_REGION_INFO_FLAG_WRITE)
		return written(s, region);
	ret = unit_write(s, &s->a, region, 0, &val, 1);
	return ret == -EINVAL ? 0 : wrong(s, region, "a write to the read-only", ret, "EINVAL");
}

int point_bounds(struct subject *s)
{
	struct vfio_region_info none;
	int regions = 0;

	for (unsigned int i = 0; i < s->info.num_regions; i++) {
		if (!s->region[i].size)
			continue;
		regions++;
		if (one_region(s, i))
			return -1;
	}
	if (vfio_region(&s->a.vfio, s->info.num_regions, &none) != -EINVAL)
		return p_err("VFIO_DEVICE_GET_REGION_INFO knows region %u, but there are %u (see the op ioctl)",
			     s->info.num_regions, s->info.num_regions);
	return regions ? 0 : test_skip("the type has no regions");
}
