// SPDX-License-Identifier: GPL-2.0-only
/* Implements dev.h. */
#include <stdio.h>
#include <string.h>

#include "dev.h"

#define OP_LIMIT	"/sys/module/mdev_bpf/parameters/op_limit_ms"

struct prog dev_prog, dev_prog2;
struct mdev dev_mdev;
struct vfio dev = { .container = -1, .group = -1, .device = -1 };

static bool op_limit_is_set;

void dev_need_module(void)
{
	if (!exists("/sys/kernel/mdev_bpf/abi"))
		mtap_skip("mdev_bpf is not loaded");
}

void dev_load(const char *object)
{
	int ret;

	dev_need_module();
	ret = prog_up(&dev_prog, object);
	if (ret)
		mtap_diag("loading %s: %s%s", object, prog_log(), why_refused());
	ASSERT_EQ(ret, 0);
}

void dev_open(const char *type)
{
	dev_mdev = mdev_uuid(0xd0);
	ASSERT_EQ(mdev_create(&dev_mdev, type), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
}

void dev_op_limit(unsigned int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", ms);
	ASSERT_EQ(sysfs_write(text, OP_LIMIT), 0);
	op_limit_is_set = true;
}

void dev_close(void)
{
	vfio_close(&dev);
	if (op_limit_is_set)
		sysfs_write("100", OP_LIMIT);
	op_limit_is_set = false;
	mdev_remove_all();
	prog_close(&dev_prog2);
}

void dev_unload(void)
{
	prog_close(&dev_prog);
}

void dev_close_unload(void)
{
	dev_close();
	dev_unload();
}

__u64 dev_get(unsigned int region, __u64 off, unsigned int size)
{
	__u64 val = 0;

	if (vfio_pread(&dev, region, off, &val, size) != size) {
		mtap_fail(__FILE__, __LINE__, "cannot read %u bytes of region %u at %#jx", size,
			  region, (uintmax_t)off);
		mtap_leave();
	}
	return val;
}

void dev_set(unsigned int region, __u64 off, unsigned int size, __u64 val)
{
	if (vfio_set(&dev, region, off, size, val)) {
		mtap_fail(__FILE__, __LINE__, "cannot write %u bytes of region %u at %#jx", size,
			  region, (uintmax_t)off);
		mtap_leave();
	}
}

__u32 dev_ctl(unsigned int reg)
{
	return dev_get(KDEV_CTL, reg, 4);
}

void dev_ctl_set(unsigned int reg, __u32 val)
{
	dev_set(KDEV_CTL, reg, 4, val);
}

const char *dev_dump(void)
{
	static char text[8192];
	char path[256];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), MDEV_DEVICES "/%s/mdev_bpf/dump", dev_mdev.uuid);
	f = fopen(path, "r");
	if (!f)
		return "";
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	return text;
}

__u64 dev_count(struct prog *p, int what)
{
	__u64 nr;

	ASSERT_EQ(prog_global(p, &nr, what * sizeof(nr), sizeof(nr)), 0);
	return nr;
}
