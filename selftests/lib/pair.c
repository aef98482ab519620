// SPDX-License-Identifier: GPL-2.0-only
/* Implements pair.h. */
#include <unistd.h>

#include "pair.h"

#define KMIG	"progs/kmig.bpf.o"

struct vfio *const a = &dev;
struct vfio b = { .container = -1, .group = -1, .device = -1 };
struct mdev mdev_b;
char stream[2 << 20], copy[2 << 20];
ssize_t len;
int event[KMIG_MSI];

void pair_open(const char *type)
{
	dev_open(type);
	mdev_b = mdev_uuid(0xd1);
	ASSERT_EQ(mdev_create(&mdev_b, type), 0);
	ASSERT_EQ(vfio_open(&b, &mdev_b), 0);
}

void pair_close(void)
{
	vfio_close(&b);
	dev_close();
}

void pair_set(const char *name, const char *value)
{
	vfio_close(&b);
	vfio_close(&dev);
	ASSERT_EQ(sysfs_write(value, MDEV_DEVICES "/%s/params/%s", dev_mdev.uuid, name), 0);
	ASSERT_EQ(sysfs_write(value, MDEV_DEVICES "/%s/params/%s", mdev_b.uuid, name), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	ASSERT_EQ(vfio_open(&b, &mdev_b), 0);
}

void pair_reopen(void)
{
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
}

static void load(const char *map, unsigned int version, unsigned int more_state)
{
	ASSERT_EQ(prog_open(&dev_prog, KMIG, map), 0);
	if (version)
		prog_ops(&dev_prog)->state_version = version;
	prog_ops(&dev_prog)->state_size += more_state;
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	pair_open("kmig-1");
}

void kmig_before(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(event); i++)
		event[i] = event_new();
	load("kmig", 0, 0);
}

void kmig_after(void)
{
	size_t i;

	pair_close();
	dev_unload();
	for (i = 0; i < ARRAY_SIZE(event); i++)
		close(event[i]);
}

void kmig_reload(const char *map, unsigned int version, unsigned int more_state)
{
	pair_close();
	dev_unload();
	load(map, version, more_state);
}

__u32 rd(struct vfio *v, unsigned int reg)
{
	__s64 val = vfio_get(v, 0, reg, 4);

	ASSERT(val >= 0);
	return val;
}

void wr(struct vfio *v, unsigned int reg, __u32 val)
{
	ASSERT_EQ(vfio_set(v, 0, reg, 4, val), 0);
}

void save(void)
{
	len = mig_save(a, stream, sizeof(stream));
	ASSERT(len > 0);
}

void go(struct vfio *v)
{
	EXPECT_EQ(mig_set(v, S(RUNNING), NULL), 0);
	EXPECT_EQ(mig_state(v), S(RUNNING));
}

void fill(struct vfio *v)
{
	unsigned int i;

	for (i = 0; i < KMIG_RAM_SIZE; i += 4)
		wr(v, KMIG_RAM + i, 0x01010101 * i + 0x9e3779b9);
	wr(v, KMIG_CONFIG, 0xabcd1234);
	ASSERT_EQ(vfio_set(v, CONFIG, 0x04, 2, 0x0007), 0);
	ASSERT_EQ(vfio_set(v, CONFIG, 0x3c, 1, 0x5a), 0);
	ASSERT_EQ(vfio_set(v, CONFIG, 0x10, 4, 0xfebf0000), 0);
}

void expect_filled(struct vfio *v)
{
	unsigned int i;

	for (i = 0; i < KMIG_RAM_SIZE; i += 4)
		EXPECT_EQ(rd(v, KMIG_RAM + i), 0x01010101 * i + 0x9e3779b9);
	EXPECT_EQ(vfio_get(v, CONFIG, 0x40, 4), 0xabcd1234);
	EXPECT_EQ(vfio_get(v, CONFIG, 0x04, 2), 0x0007);
	EXPECT_EQ(vfio_get(v, CONFIG, 0x3c, 1), 0x5a);
	EXPECT_EQ(vfio_get(v, CONFIG, 0x10, 4), 0xfebf0000);
	EXPECT_EQ(vfio_get(v, CONFIG, 0x00, 4), 0x00051234);
}
