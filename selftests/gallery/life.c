// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every device of bpf/ lives through, whatever it is: accesses of any kind, reset, another
 * program, migration, no program, and removal while it is in use. A device gets all of that by one
 * row of the table.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "irqs.h"
#include "pair.h"

#define ACCESSES	3000	/* of any kind */
#define UPDATES		5

/*
 * A device, and a register of it: what is written to it, what it reads as then, and what at first.
 */
static const struct life {
	const char *object, *type;
	unsigned int region, offset, size;
	__u64 write, read, reset;
} lives[] = {
	{ "edu.bpf.o", "edu-1", 0, 0x04, 4, 0x12345678, 0xedcba987, 0 },
	{ "mdpy.bpf.o", "mdpy-vga", 0, 0x100000 + 640, 4, 0x12345678, 0x12345678, 0xd9d9d9d9 },
	{ "bochs.bpf.o", "bochs-small", 2, 0x502, 2, 1024, 1024, 0 },
	{ "disk.bpf.o", "disk-1", 0, 0x100, 8, 0x123456789a, 0x123456789a, 0 },
	{ "nvme.bpf.o", "nvme-1", 0, 0x24, 4, 0x003f003f, 0x003f003f, 0 },
	{ "mtty.bpf.o", "mtty-2", 1, 7, 1, 0x5a, 0x5a, 0 },
	{ "virtio_rng.bpf.o", "virtio_rng-1", 0, 0x08, 4, 1, 1, 0 },
	{ "virtio_blk.bpf.o", "virtio_blk-1", 0, 0x08, 4, 1, 1, 0 },
	{ "virtio_console.bpf.o", "virtio_console-1", 0, 0x08, 4, 1, 1, 0 },
};

static const struct life *life;
static bool stop;
static unsigned int failures;

static void give(void)
{
	dev_set(life->region, life->offset, life->size, life->write);
}

static void expect(const struct vfio *v, __u64 value)
{
	EXPECT_EQ(vfio_get(v, life->region, life->offset, life->size), value);
}

static void close_life(void)
{
	pair_close();
	dev_unload();
}

static void each(void (*point)(void))
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lives); i++) {
		life = &lives[i];
		mtap_diag("%s", life->type);
		dev_load(life->object);
		pair_open(life->type);
		point();
		close_life();
	}
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module,
	.after = close_life,
};

static void at_the_end(unsigned int region)
{
	__u64 size = dev.region[region].size, val;

	EXPECT_EQ(vfio_pread(&dev, region, size, &val, 1), -EINVAL);
	EXPECT_EQ(vfio_pwrite(&dev, region, size, &val, 1), -EINVAL);
	EXPECT_EQ(vfio_pread(&dev, region, size - 1, &val, 8), 1);
}

static void bounds_of_one(void)
{
	unsigned int region;

	for (region = 0; region < VFIO_MAX_REGIONS; region++)
		if (dev.region[region].size)
			at_the_end(region);
}

MTAP_TEST(bounds)
{
	each(bounds_of_one);
}

/* An errno for it is as good as success; afterwards the device works. */
static void any_access(void)
{
	unsigned int region = rand() % VFIO_MAX_REGIONS;
	__u64 size = dev.region[region].size, off = rand(), val[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(val); i++)
		val[i] = (__u64)rand() << (rand() % 34);
	/* Most registers are at the start */
	off %= rand() % 2 ? 512 : size + 9;
	if (rand() % 2)
		vfio_pread(&dev, region, off, val, rand() % 65);
	else
		vfio_pwrite(&dev, region, off, val, rand() % 65);
}

static void any_accesses(void)
{
	unsigned int i;

	srand(1);
	for (i = 0; i < ACCESSES; i++)
		any_access();
	EXPECT_STR(sysfs_str(MDEV_DEVICES "/%s/mdev_bpf/failure", dev_mdev.uuid), "");
	ASSERT_EQ(vfio_reset(&dev), 0);
	expect(&dev, life->reset);
	give();
	expect(&dev, life->read);
}

MTAP_TEST(anything)
{
	each(any_accesses);
}

static void reset_one(void)
{
	expect(&dev, life->reset);
	give();
	expect(&dev, life->read);
	ASSERT_EQ(vfio_reset(&dev), 0);
	expect(&dev, life->reset);
}

MTAP_TEST(resets)
{
	each(reset_one);
}

/* Offset of the PCI Express capability, or 0 */
static unsigned int express(void)
{
	unsigned int cap = dev_get(CONFIG, PCI_CAPABILITY_LIST, 1);

	while (cap && dev_get(CONFIG, cap, 1) != PCI_CAP_ID_EXP)
		cap = dev_get(CONFIG, cap + PCI_CAP_LIST_NEXT, 1);
	return cap;
}

static void flr_one(void)
{
	unsigned int cap = express();

	if (!cap || !(dev_get(CONFIG, cap + PCI_EXP_DEVCAP, 4) & PCI_EXP_DEVCAP_FLR))
		return;
	mtap_diag("has an FLR");
	give();
	dev_set(CONFIG, cap + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	expect(&dev, life->reset);
	give();
	expect(&dev, life->read);
}

MTAP_TEST(flr)
{
	each(flr_one);
}

/* A driver that does not notice: only accesses, in a thread of their own */
static void *access_it(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		if (vfio_set(&dev, life->region, life->offset, life->size, life->write) ||
		    vfio_get(&dev, life->region, life->offset, life->size) != (__s64)life->read)
			failures++;
	return NULL;
}

/* Without ASSERT, which would leave the thread behind */
static int update_once(void)
{
	int ret = prog_open(&dev_prog2, life->object, NULL);

	ret = ret ? ret : prog_load(&dev_prog2);
	ret = ret ? ret : prog_update(&dev_prog, &dev_prog2);
	prog_close(&dev_prog2);
	return ret;
}

static void replace_one(void)
{
	pthread_t thread;
	int i, ret = 0;

	give();
	stop = false;
	failures = 0;
	ASSERT_EQ(pthread_create(&thread, NULL, access_it, NULL), 0);
	for (i = 0; i < UPDATES && !ret; i++)
		ret = update_once();
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(failures, 0);
	expect(&dev, life->read);
}

MTAP_TEST(replaced)
{
	each(replace_one);
}

/* "stream" of pair.h has no room for a framebuffer. */
static void migrate_one(void)
{
	static char image[8 << 20];
	ssize_t size;

	give();
	size = mig_save(&dev, image, sizeof(image));
	ASSERT(size > 0);
	EXPECT_EQ(mig_load(&b, image, size), 0);
	go(&b);
	expect(&b, life->read);
	EXPECT_EQ(vfio_reset(&b), 0);
	expect(&b, life->reset);
	go(a);
	expect(a, life->read);
}

MTAP_TEST(migrates)
{
	each(migrate_one);
}

/* Memory that the core keeps stays accessible, registers do not. */
static void detach_one(void)
{
	bool memory = dev.region[life->region].flags & VFIO_REGION_INFO_FLAG_MMAP;

	give();
	prog_detach(&dev_prog);
	expect(&dev, memory ? life->read : (__u64)-ENODEV);
	EXPECT_EQ(vfio_reset(&dev), -ENODEV);
	prog_close(&dev_prog);
	dev_load(life->object);
	expect(&dev, life->read);
}

MTAP_TEST(detached)
{
	each(detach_one);
}

static void *remove_it(void *arg)
{
	*(int *)arg = mdev_remove(&dev_mdev);
	return NULL;
}

static void remove_one(void)
{
	int req = event_new(), ret = 1;
	pthread_t thread;

	ASSERT_EQ(vfio_irq_fd(&dev, REQ, TRIGGER, req), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, remove_it, &ret), 0);
	EXPECT(event_wait(req) >= 1);
	give();
	expect(&dev, life->read);
	vfio_close(&dev);
	pthread_join(thread, NULL);
	close(req);
	EXPECT_EQ(ret, 0);
	EXPECT(!exists(MDEV_DEVICES "/%s", dev_mdev.uuid));
}

MTAP_TEST(removed_in_use)
{
	each(remove_one);
}
