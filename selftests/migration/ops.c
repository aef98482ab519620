// SPDX-License-Identifier: GPL-2.0-only
/* Migration of a device whose program has the ops save and restore, and of other versions. */
#include <string.h>
#include <unistd.h>

#include "irqs.h"
#include "pair.h"

/* save is asked, and leaves it to the core; restore sees what the core has restored. */
MTAP_TEST(ops_called)
{
	kmig_reload("kmig_hooks", 0, 0);
	fill(a);
	save();
	EXPECT_EQ(rd(a, KMIG_SAVED), 1);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	expect_filled(&b);
	EXPECT_EQ(rd(&b, KMIG_RESTORED), 1 + 5);
	EXPECT_EQ((int)rd(&b, KMIG_PUT), -EPERM);
	/* A program with save has nothing to be read while it runs */
	go(a);
	ASSERT_EQ(mig_set(a, S(PRE_COPY), NULL), 0);
	EXPECT_EQ(rd(a, KMIG_SAVED), 1);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), NULL), 0);
	EXPECT_EQ(rd(a, KMIG_SAVED), 2);
}

/* What restore changes before it fails is undone. */
MTAP_TEST(ops_fail)
{
	kmig_reload("kmig_hooks", 0, 0);
	wr(a, KMIG_HOOK, KMIG_HOOK_FAIL);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -EBUSY);
	EXPECT_EQ(mig_state(a), S(STOP));
	go(a);
	ASSERT_EQ(mig_set(a, S(PRE_COPY_P2P), NULL), 0);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -EBUSY);
	EXPECT_EQ(mig_state(a), S(PRE_COPY_P2P));
	wr(a, KMIG_HOOK, KMIG_HOOK_EMPTY);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -EINVAL);
	kmig_reload("kmig", 0, 0);
	wr(a, KMIG_HOOK, KMIG_HOOK_FAIL);
	save();
	kmig_reload("kmig_hooks", 0, 0);
	ASSERT_EQ(vfio_irq_fds(&b, MSI, 0, KMIG_MSI, event), 0);
	fill(&b);
	EXPECT_EQ(mig_load(&b, stream, len), -EBUSY);
	EXPECT_HAS(why_refused(), ": restore failed with -EBUSY");
	EXPECT_EQ(mig_state(&b), S(STOP));
	go(&b);
	expect_filled(&b);
	EXPECT_EQ(rd(&b, KMIG_RESTORED), 0);
	wr(&b, KMIG_WORK, 1);
	EXPECT_EQ(event_wait(event[9]), 1);
	EXPECT_EQ(rd(&b, KMIG_TIMERS + 4 * 3), 0);
	EXPECT_EQ(rd(&b, KMIG_WORKS + 4 * 3), 0);
}

/* Any errno ends the step. */
MTAP_TEST(ops_fail_stale)
{
	kmig_reload("kmig_hooks", 0, 0);
	wr(a, KMIG_HOOK, KMIG_HOOK_STALE);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -ESTALE);
	EXPECT_EQ(mig_state(a), S(STOP));
	EXPECT_EQ(rd(a, KMIG_SAVED), 1);
	kmig_reload("kmig", 0, 0);
	go(a);
	wr(a, KMIG_HOOK, KMIG_HOOK_STALE);
	save();
	kmig_reload("kmig_hooks", 0, 0);
	EXPECT_EQ(mig_load(&b, stream, len), -ESTALE);
	EXPECT_EQ(mig_state(&b), S(STOP));
	go(&b);
	EXPECT_EQ(rd(&b, KMIG_HOOK), 0);
}

/* An opaque stream: all of its bytes are the program's. */
MTAP_TEST(own_stream)
{
	__u64 magic = KMIG_OWN_MAGIC;

	kmig_reload("kmig_hooks", 0, 0);
	fill(a);
	wr(a, KMIG_HOOK, KMIG_HOOK_OWN);
	save();
	ASSERT_EQ(len, sizeof(magic) + KMIG_RAM_SIZE);
	EXPECT_EQ(memcmp(stream, &magic, sizeof(magic)), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT_EQ(rd(&b, KMIG_RAM + 4), rd(a, KMIG_RAM + 4));
	EXPECT_EQ(rd(&b, KMIG_RESTORED), 0x101);
	memcpy(copy, stream, len);
	copy[0]++;
	EXPECT_EQ(mig_load(&b, copy, len), -EPROTO);
	EXPECT_EQ(mig_load(&b, stream, len - 1), -EPROTO);
	wr(&b, KMIG_HOOK, KMIG_HOOK_IGNORE);
	EXPECT_EQ(mig_load(&b, stream, len), -EINVAL);
	EXPECT_HAS(why_refused(), ": the program does not know this stream");
}

/* What the program has put is kept until its session ends. */
MTAP_TEST(own_stream_is_gone)
{
	int by_state, by_reset, by_close;
	char c;

	kmig_reload("kmig_hooks", 0, 0);
	wr(a, KMIG_HOOK, KMIG_HOOK_OWN);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), &by_state), 0);
	EXPECT_EQ(read(by_state, &c, 1), 1);
	go(a);
	EXPECT_EQ(read(by_state, &c, 1) < 0 ? -errno : 0, -ENODEV);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), &by_reset), 0);
	EXPECT_EQ(read(by_reset, &c, 1), 1);
	EXPECT_EQ(read(by_state, &c, 1) < 0 ? -errno : 0, -ENODEV);
	/* While it lasts it needs no program. */
	prog_detach(&dev_prog);
	EXPECT_EQ(read(by_reset, &c, 1), 1);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	ASSERT_EQ(vfio_reset(a), 0);
	EXPECT_EQ(read(by_reset, &c, 1) < 0 ? -errno : 0, -ENODEV);
	wr(a, KMIG_HOOK, KMIG_HOOK_OWN);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), &by_close), 0);
	EXPECT_EQ(read(by_close, &c, 1), 1);
	pair_close();
	dev_unload();
	EXPECT_EQ(read(by_close, &c, 1) < 0 ? -errno : 0, -ENODEV);
	EXPECT_EQ(read(by_state, &c, 1) < 0 ? -errno : 0, -ENODEV);
	close(by_state);
	close(by_reset);
	close(by_close);
}

/* What save has put is dropped if save fails or returns CORE. */
MTAP_TEST(own_stream_put_in_vain)
{
	int fd;

	kmig_reload("kmig_hooks", 0, 0);
	fill(a);
	ASSERT_EQ(mig_set(a, S(PRE_COPY), &fd), 0);
	EXPECT_EQ(read(fd, copy, 1) < 0 ? -errno : 0, -ENOMSG);
	wr(a, KMIG_HOOK, KMIG_HOOK_PUT_FAIL);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -EBUSY);
	EXPECT_EQ(mig_state(a), S(PRE_COPY_P2P));
	EXPECT_EQ(read(fd, copy, 1) < 0 ? -errno : 0, -ENOMSG);
	wr(a, KMIG_HOOK, KMIG_HOOK_PUT_CORE);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), NULL), 0);
	len = mig_read(fd, stream, sizeof(stream));
	close(fd);
	ASSERT(len > 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	expect_filled(&b);
	EXPECT_EQ(rd(&b, KMIG_RESTORED), 1 + 5);
}

MTAP_TEST(own_stream_is_bounded)
{
	kmig_reload("kmig_hooks", 0, 0);
	wr(a, KMIG_HOOK, KMIG_HOOK_FULL);
	save();
	EXPECT_EQ(len, 8 + KMIG_RAM_SIZE + 15 * KMIG_BLOCK);
	EXPECT_EQ((int)rd(a, KMIG_PUT), -ENOSPC);
	EXPECT_EQ(mig_load(&b, stream, (1 << 20) + 1), -EFBIG);
	EXPECT_HAS(why_refused(), ": the opaque stream is longer than 1048576 bytes");
}

/* State of another version is for a program that has restore, if there is room for it. */
MTAP_TEST(other_versions)
{
	fill(a);
	save();
	kmig_reload("kmig", 6, 0);
	EXPECT_EQ(mig_load(&b, stream, len), -EINVAL);
	EXPECT_HAS(why_refused(), ": the state has version 5, not 6");
	kmig_reload("kmig_hooks", 6, 64);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	expect_filled(&b);
	EXPECT_EQ(rd(&b, KMIG_RESTORED), 1 + 5);
	save();
	kmig_reload("kmig_hooks", 5, 0);
	EXPECT_EQ(mig_load(&b, stream, len), -EINVAL);
	EXPECT_HAS(why_refused(), "bytes, more than");
}

const struct mtap_suite mtap_suite = {
	.before = kmig_before, .after = kmig_after,
};
