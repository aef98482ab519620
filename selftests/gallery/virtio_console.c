// SPDX-License-Identifier: GPL-2.0-only
/* The console of bpf/virtio_console.bpf.c: text to it, text that comes back, and the dump. */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "pair.h"
#include "virtio.h"

#define CONSOLE		"virtio_console.bpf.o"
#define FIFO		4096	/* bytes that are on their way back at most */
#define PIECE		256	/* most that a buffer gets */
#define WRITE		VRING_DESC_F_WRITE

static int console = -1;
static struct vq *const rx = &vq[0], *const tx = &vq[1];

static void begin(void)
{
	virtio_plug(&dev, 2);
	virtio_up(&dev, F_VERSION_1, 2);
}

/* Have text come back. */
static void loop_back(void)
{
	pair_set("loopback", "1");
	begin();
}

static void before(void)
{
	virtio_begin();
	dev_load(CONSOLE);
	pair_open("virtio_console-1");
	begin();
}

static void after(void)
{
	console_close(&console);
	virtio_after();
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
	/* When another line has ended, the third would have come back. */
	say("fourth line\n");
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

/* More text than there is room for is lost; the driver does not wait, also if it does not read. */
MTAP_TEST(loses_what_has_no_room)
{
	unsigned int i, got = 0;

	loop_back();
	for (i = 0; i < 2 * FIFO; i++)
		vmem[VIRTIO_OUT + i] = i * 7 + (i >> 8);
	offer(tx, VIRTIO_OUT, 2 * FIFO);
	ASSERT_EQ(vq_wait(tx, NULL), 0);
	while (got < FIFO) {
		long n;

		offer(rx, VIRTIO_IN + got, VIRTIO_PAGE);
		n = vq_wait(rx, NULL);
		ASSERT(n > 0 && n <= PIECE);
		got += n;
	}
	EXPECT(!memcmp(vmem + VIRTIO_IN, vmem + VIRTIO_OUT, FIFO));
	offer(rx, VIRTIO_IN, 64);
	say("more");
	EXPECT_EQ(vq_wait(rx, NULL), 4);
	EXPECT(!memcmp(vmem + VIRTIO_IN, "more", 4));
}

/* The next user neither gets what the last one has written, nor finds it in the dump. */
MTAP_TEST(another_user)
{
	loop_back();
	say("secret");
	EXPECT_HAS(dev_dump(), "secret");
	pair_reopen();
	begin();
	EXPECT(!strstr(dev_dump(), "secret"));
	offer(rx, VIRTIO_IN, 64);
	say("hello");
	EXPECT_EQ(vq_wait(rx, NULL), 5);
	EXPECT(!memcmp(vmem + VIRTIO_IN, "hello", 5));
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

/* --- A host at the far end --- */

static void connect_host(void)
{
	pair_set("console", "1");
	begin();
	console = console_open(&dev_mdev, "console");
	ASSERT(console >= 0);
}

MTAP_TEST(text_of_both)
{
	connect_host();
	say("login: ");
	EXPECT_STR(console_heard(console), "login: ");
	EXPECT_HAS(dev_dump(), "login: ");
	/* A buffer that waits for text, and text that waits for buffers, which are too small */
	offer(rx, VIRTIO_IN, 64);
	EXPECT(vq_idle(rx));
	console_say(console, "root");
	EXPECT_EQ(vq_wait(rx, NULL), 4);
	EXPECT(!memcmp(vmem + VIRTIO_IN, "root", 4));
	console_say(console, "secret");
	offer(rx, VIRTIO_IN, 2);
	EXPECT_EQ(vq_wait(rx, NULL), 2);
	offer(rx, VIRTIO_IN + 2, 64);
	EXPECT_EQ(vq_wait(rx, NULL), 4);
	EXPECT(!memcmp(vmem + VIRTIO_IN, "secret", 6));
	EXPECT_STR(console_heard(console), "");
}

/* All that the host may send at once, in pieces */
MTAP_TEST(much_from_the_host)
{
	static char all[MDEV_BPF_CONSOLE_SIZE];
	unsigned int i, got = 0;

	connect_host();
	for (i = 0; i < sizeof(all); i++)
		all[i] = i * 7 + (i >> 8);
	ASSERT_EQ(write(console, all, sizeof(all)), (ssize_t)sizeof(all));
	while (got < sizeof(all)) {
		long n;

		offer(rx, VIRTIO_IN + got, VIRTIO_PAGE);
		n = vq_wait(rx, NULL);
		ASSERT(n > 0 && n <= PIECE);
		got += n;
	}
	EXPECT(!memcmp(vmem + VIRTIO_IN, all, sizeof(all)));
}

/* Linux waits for its text to be taken with a lock held. So text is lost rather than waits. */
MTAP_TEST(host_does_not_read)
{
	unsigned int i;

	connect_host();
	memset(vmem + VIRTIO_OUT, 'a', PIECE);
	for (i = 0; i < MDEV_BPF_CONSOLE_SIZE / PIECE + 2; i++) {
		offer(tx, VIRTIO_OUT, PIECE);
		ASSERT_EQ(vq_wait(tx, NULL), 0);
	}
	EXPECT_HAS(dev_dump(), "host: 512 bytes lost");
	for (i = 0; *console_heard(console); i++)
		;
	EXPECT(i >= MDEV_BPF_CONSOLE_SIZE / PIECE);
	say("not lost");
	EXPECT_STR(console_heard(console), "not lost");
}

MTAP_TEST(nobody_there)
{
	connect_host();
	console_close(&console);
	say("lost");
	console = console_open(&dev_mdev, "console");
	EXPECT_STR(console_heard(console), "");
	say("now");
	EXPECT_STR(console_heard(console), "now");
}

/* What the host has sent waits for the driver, also over a reset and another program. */
MTAP_TEST(host_waits)
{
	connect_host();
	console_say(console, "text");
	ASSERT_EQ(vfio_reset(&dev), 0);
	ASSERT_EQ(vfio_set(&dev, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER), 0);
	virtio_up(&dev, F_VERSION_1, 2);
	ASSERT_EQ(prog_open(&dev_prog2, CONSOLE, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	offer(rx, VIRTIO_IN, 64);
	EXPECT_EQ(vq_wait(rx, NULL), 4);
	EXPECT(!memcmp(vmem + VIRTIO_IN, "text", 4));
	say("new");
	EXPECT_STR(console_heard(console), "new");
}
