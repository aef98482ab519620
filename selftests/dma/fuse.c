// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory from a file system that never brings it, in a wait that no signal ends. Who has
 * mapped such a file waits with it: that is the kernel's. Nobody else does.
 */
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "fuse.h"
#include "guest.h"
#include "slowness.h"

#define READ		MDEV_BPF_DMA_READ
#define DATA(off)	MDEV_BPF_STATE((__u64)KDMA_DATA + (off))
#define IOVA		0x500000000ULL
#define PAGE		4096u
#define BOUND		(4 * slowness())

static struct vfio other;
static struct mdev other_mdev;
static struct child child;
static int file;

/* Have the worker of dev access the memory: 0, or what went wrong. */
static int get_stuck(void)
{
	void *mem = mmap(NULL, FUSE_FILE_SIZE, PROT_READ, MAP_PRIVATE, file, 0);

	guest_bus_master(true);
	if (mem == MAP_FAILED || guest_map(IOVA, mem, FUSE_FILE_SIZE, PROT_READ))
		return 2;
	kdma_prepare(IOVA + 8, DATA(0), 100);
	kdma_set(KDMA_GO_WORK, READ | 7 << 8);
	return 0;
}

/* A device in a container of its own, with memory of its own */
static void other_open(void)
{
	other_mdev = mdev_uuid(0xd1);
	ASSERT_EQ(mdev_create(&other_mdev, "kdma-1"), 0);
	ASSERT_EQ(vfio_open(&other, &other_mdev), 0);
}

static void other_goes_on(void)
{
	__u8 *mem = guest_alloc(PAGE, 1);
	struct vfio first = dev;
	double start = mtap_now();

	dev = other;
	guest_bus_master(true);
	ASSERT_EQ(guest_map(IOVA, mem, PAGE, PROT_RW), 0);
	EXPECT_EQ(kdma_do(READ, IOVA, DATA(0), 100), 0);
	EXPECT_EQ(kdma_pin(0, IOVA, PAGE), 0);
	EXPECT_EQ(guest_unmap(IOVA, PAGE), 0);
	dev = first;
	EXPECT(mtap_now() - start < BOUND);
}

/* Programs come and go, and that of the device that waits. */
static void programs_go_on(void)
{
	double start = mtap_now();

	ASSERT_EQ(prog_up(&dev_prog2, KDEV), 0);
	prog_close(&dev_prog2);
	prog_detach(&dev_prog);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT(mtap_now() - start < BOUND);
}

MTAP_TEST(others_do_not_wait)
{
	file = fuse_begin();
	other_open();
	ASSERT_EQ(get_stuck(), 0);
	ASSERT(fuse_wanted());
	other_goes_on();
	programs_go_on();
	/* The device itself only has a request that is not over. */
	EXPECT_EQ(kdma_get(KDMA_DONE), 0);
	fuse_end();
	ASSERT(kdma_await(1));
	EXPECT(kdma_error(0));
}

static void live_stuck(void)
{
	if (!vfio_open(&dev, &dev_mdev) && !get_stuck())
		child_ready(0);
}

/* It is gone as soon as its file is. */
MTAP_TEST(killed)
{
	file = fuse_begin();
	other_open();
	vfio_close(&dev);
	child_start(&child, live_stuck);
	ASSERT(fuse_wanted());
	EXPECT_EQ(kill(child.pid, SIGKILL), 0);
	other_goes_on();
	programs_go_on();
	fuse_end();
	child_kill(&child);
	EXPECT(mtap_await(!vfio_open(&dev, &dev_mdev) || (vfio_close(&dev), false)));
	guest_reopen();
}

static void before(void)
{
	vfio_init(&other);
	guest_open();
}

static void after(void)
{
	fuse_end();
	child_kill(&child);
	vfio_close(&other);
	guest_close();
}

const struct mtap_suite mtap_suite = {
	.setup = guest_load, .before = before, .after = after, .teardown = dev_unload,
};
