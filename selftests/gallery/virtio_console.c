// SPDX-License-Identifier: GPL-2.0-only
/* The console of bpf/virtio_console.bpf.c: text to it, text that comes back, and the dump. */
#include <stdio.h>
#include <string.h>

#include "pair.h"
#include "virtio.h"

#define CONSOLE		"virtio_console.bpf.o"
#define FIFO		4096	/* bytes that are on their way back at most */
#define PIECE		256	/* most that a buffer gets */
#define WRITE		VRING_DESC_F_WRITE

static struct vq *const rx = &vq[0], *const tx = &vq[1];

/* Have text come back; a parameter is set while the devices are closed. */
static void loop_back(void)
{
	vfio_close(&b);
	vfio_close(&dev);
	ASSERT_EQ(sysfs_write("1", MDEV_DEVICES "/%s/params/loopback", dev_mdev.uuid), 0);
	ASSERT_EQ(sysfs_write("1", MDEV_DEVICES "/%s/params/loopback", mdev_b.uuid), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	ASSERT_EQ(vfio_open(&b, &mdev_b), 0);
	virtio_plug(&dev, 2);
	virtio_up(&dev, F_VERSION_1, 2);
}

static void before(void)
{
	virtio_begin();
	dev_load(CONSOLE);
	pair_open("virtio_console-1");
	virtio_plug(&dev, 2);
	virtio_up(&dev, F_VERSION_1, 2);
}

static void after(void)
{
	pair_close();
	dev_unload();
	virtio_end();
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module,
	.before = before,
	.after = after,
};

static void offer(struct vq *q, __u64 offset, __u32 size)
{
	vq_offer(q, vq_piece(q, offset, size, q == rx ? WRITE : 0));
	vq_kick(&dev, q);
}

static void say(const char *text)
{
	memcpy(vmem + VIRTIO_OUT, text, strlen(text));
	offer(tx, VIRTIO_OUT, strlen(text));
	EXPECT_EQ(vq_wait(tx, NULL), 0);
}

MTAP_TEST(said)
{
	say("first line\n");
	say("second line\n");
	EXPECT_HAS(dev_dump(), "first line\nsecond line\n");
	offer(rx, VIRTIO_IN, 64);
	say("third line\n");
	EXPECT(vq_idle(rx));
}

/* The dump has the last kilobyte. */
MTAP_TEST(said_much)
{
	unsigned int i;
	char line[64];

	for (i = 0; i < 100; i++) {
		snprintf(line, sizeof(line), "this is line %u\n", i);
		say(line);
	}
	EXPECT_HAS(dev_dump(), "this is line 50\n");
	EXPECT_HAS(dev_dump(), "this is line 99\n");
	EXPECT(!strstr(dev_dump(), "this is line 30\n"));
}

MTAP_TEST(comes_back)
{
	loop_back();
	offer(rx, VIRTIO_IN, 64);
	EXPECT(vq_idle(rx));
	say("hello");
	EXPECT_EQ(vq_wait(rx, NULL), 5);
	EXPECT(!memcmp(vmem + VIRTIO_IN, "hello", 5));
	/* Text that comes before a buffer, and is longer than it */
	say("world");
	offer(rx, VIRTIO_IN, 2);
	offer(rx, VIRTIO_IN + 2, 64);
	EXPECT_EQ(vq_wait(rx, NULL), 2);
	EXPECT_EQ(vq_wait(rx, NULL), 3);
	EXPECT(!memcmp(vmem + VIRTIO_IN, "world", 5));
}

/* More text than there is room for waits until the driver takes some of it; none is lost. */
MTAP_TEST(waits_for_room)
{
	unsigned int i, got = 0;

	loop_back();
	for (i = 0; i < 2 * FIFO; i++)
		vmem[VIRTIO_OUT + i] = i * 7 + (i >> 8);
	offer(tx, VIRTIO_OUT, 2 * FIFO);
	while (got < 2 * FIFO) {
		long n;

		EXPECT(got >= FIFO || vq_idle(tx));
		offer(rx, VIRTIO_IN + got, VIRTIO_PAGE);
		n = vq_wait(rx, NULL);
		ASSERT(n > 0 && n <= PIECE);
		got += n;
	}
	EXPECT_EQ(vq_wait(tx, NULL), 0);
	EXPECT(!memcmp(vmem + VIRTIO_IN, vmem + VIRTIO_OUT, 2 * FIFO));
}

/* Text on its way back, and a buffer that waits for text, go with the device. */
MTAP_TEST(migrates)
{
	loop_back();
	virtio_plug(&b, 2);
	say("before");
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	vq_offer(rx, vq_piece(rx, VIRTIO_IN, 64, WRITE));
	vq_kick(&b, rx);
	EXPECT_EQ(vq_wait(rx, NULL), 6);
	EXPECT(!memcmp(vmem + VIRTIO_IN, "before", 6));
}

MTAP_TEST(replaced)
{
	loop_back();
	offer(rx, VIRTIO_IN, 64);
	ASSERT_EQ(prog_open(&dev_prog2, CONSOLE, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	say("after");
	EXPECT_EQ(vq_wait(rx, NULL), 5);
	EXPECT(!memcmp(vmem + VIRTIO_IN, "after", 5));
}
