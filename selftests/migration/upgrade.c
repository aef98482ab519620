// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program with another state comes while a device is on its way to another host: the stream is
 * of the one or of the other, and a device goes on in any case.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kupgrade.h"
#include "pair.h"

#define MAX	(1 << 16)
#define ROUNDS	250
#define VALUE	0x5eed

static void two_devices(void)
{
	kupgrade_load();
	pair_open("kupgrade-1");
	dev_set(0, KUP_VALUE, 4, VALUE);
}

static void close_all(void)
{
	vfio_close(&b);
	vfio_close(a);
	kupgrade_expect_nothing_wrong();
	kupgrade_unload();
}

static void expect_runs(struct vfio *v, __u32 version, __u32 value)
{
	EXPECT_EQ(mig_set(v, S(RUNNING), NULL), 0);
	EXPECT_EQ(vfio_get(v, 0, KUP_VERSION, 4), version);
	EXPECT_EQ(vfio_get(v, 0, KUP_VALUE, 4), value);
}

static __u32 stream_version(void)
{
	struct mig_header head;

	ASSERT(len > (ssize_t)sizeof(head));
	memcpy(&head, stream, sizeof(head));
	return head.state_version;
}

static const unsigned int states[] = {
	S(STOP), S(STOP_COPY), S(RUNNING_P2P), S(PRE_COPY), S(PRE_COPY_P2P),
};

MTAP_TEST(in_each_state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		ASSERT_EQ(mig_set(a, states[i], NULL), 0);
		EXPECT_EQ(to_v2(), 0);
		EXPECT_EQ(mig_state(a), states[i]);
		expect_runs(a, 2, VALUE);
		ASSERT_EQ(mig_set(a, states[i], NULL), 0);
		EXPECT_EQ(to_v1(), 0);
		expect_runs(a, 1, VALUE);
	}
}

/* A stream has the state of the time when it was saved, whenever it is read. */
MTAP_TEST(saved_before)
{
	ssize_t rest;
	int fd;

	ASSERT_EQ(mig_set(a, S(STOP_COPY), &fd), 0);
	len = read(fd, stream, 100);
	EXPECT_EQ(len, 100);
	EXPECT_EQ(to_v2(), 0);
	rest = mig_read(fd, stream + len, sizeof(stream) - len);
	close(fd);
	ASSERT(rest > 0);
	len += rest;
	EXPECT_EQ(stream_version(), 1);
	expect_runs(a, 2, VALUE);
	EXPECT_EQ(mig_load(&b, stream, len), -EINVAL);
	EXPECT_EQ(vfio_reset(&b), 0);
	expect_runs(&b, 2, 0);
	EXPECT_EQ(to_v1(), 0);
	EXPECT_EQ(mig_load(&b, stream, len), 0);
	expect_runs(&b, 1, VALUE);
}

/* A stream whose head is gone cannot have the other version's rest. */
MTAP_TEST(begun_before)
{
	int fd;

	ASSERT_EQ(mig_set(a, S(PRE_COPY), &fd), 0);
	EXPECT(read(fd, stream, 1) == 1);
	EXPECT_EQ(to_v2(), 0);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -EINVAL);
	close(fd);
	expect_runs(a, 2, VALUE);
	/* A stream of which nothing has been read does not matter. */
	ASSERT_EQ(mig_set(a, S(PRE_COPY), &fd), 0);
	EXPECT_EQ(to_v1(), 0);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), 0);
	len = mig_read(fd, stream, sizeof(stream));
	close(fd);
	EXPECT_EQ(stream_version(), 1);
	EXPECT_EQ(mig_load(&b, stream, len), 0);
	expect_runs(&b, 1, VALUE);
}

static void expect_too_late(int (*update)(void), __u32 version)
{
	int fd;

	len = mig_save(a, stream, sizeof(stream));
	ASSERT(len > 0);
	EXPECT_EQ(mig_set(a, S(RUNNING), NULL), 0);
	ASSERT_EQ(mig_set(&b, S(RESUMING), &fd), 0);
	EXPECT_EQ(mig_write(fd, stream, len), 0);
	EXPECT_EQ(update(), 0);
	EXPECT_EQ(mig_set(&b, S(STOP), NULL), -EINVAL);
	close(fd);
	EXPECT_EQ(vfio_reset(&b), 0);
	expect_runs(&b, version, 0);
	expect_runs(a, version, VALUE);
}

/* The stream is complete when another version comes: its state is too short, then too long. */
MTAP_TEST(restored_too_late)
{
	expect_too_late(to_v2, 2);
	expect_too_late(to_v1, 1);
}

/* A device without program is in the state that it was, and the next program goes on there. */
MTAP_TEST(detached_in_each_state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		ASSERT_EQ(mig_set(a, states[i], NULL), 0);
		prog_detach(&dev_prog);
		EXPECT_EQ(mig_state(a), states[i]);
		EXPECT_EQ(vfio_get(a, 0, KUP_VALUE, 4), -ENODEV);
		ASSERT_EQ(prog_attach(&dev_prog2), 0);
		EXPECT_EQ(mig_state(a), states[i]);
		expect_runs(a, 2, VALUE);
		ASSERT_EQ(mig_set(a, states[i], NULL), 0);
		prog_detach(&dev_prog2);
		ASSERT_EQ(prog_attach(&dev_prog), 0);
		expect_runs(a, 1, VALUE);
	}
}

/* Reading a stream takes no program, and what comes meanwhile does not change it. */
MTAP_TEST(detached_while_read)
{
	ssize_t n;
	int fd;

	ASSERT_EQ(mig_set(a, S(PRE_COPY), &fd), 0);
	EXPECT(read(fd, stream, 10) == 10);
	prog_detach(&dev_prog);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), 0);
	EXPECT(read(fd, stream + 10, 90) == 90);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	n = mig_read(fd, stream + 100, sizeof(stream) - 100);
	close(fd);
	ASSERT(n > 0);
	len = 100 + n;
	EXPECT_EQ(stream_version(), 1);
	expect_runs(a, 2, VALUE);
	prog_detach(&dev_prog2);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(mig_load(&b, stream, len), 0);
	expect_runs(&b, 1, VALUE);
}

/* One that came after the stream was begun, in PRE_COPY, cannot end it. */
MTAP_TEST(attached_while_read)
{
	int fd;

	ASSERT_EQ(mig_set(a, S(PRE_COPY), &fd), 0);
	EXPECT(read(fd, stream, 10) == 10);
	prog_detach(&dev_prog);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -EINVAL);
	EXPECT_EQ(mig_state(a), S(PRE_COPY_P2P));
	close(fd);
	expect_runs(a, 2, VALUE);
}

/* A state without a program that knows it: the stream can be written, not restored. */
MTAP_TEST(detached_while_written)
{
	int fd;

	len = mig_save(a, stream, sizeof(stream));
	ASSERT(len > 100);
	ASSERT_EQ(mig_set(&b, S(RESUMING), &fd), 0);
	EXPECT_EQ(mig_write(fd, stream, 20), 0);
	prog_detach(&dev_prog);
	EXPECT_EQ(mig_write(fd, stream + 20, len - 20), 0);
	EXPECT_EQ(mig_set(&b, S(STOP), NULL), -ENODEV);
	EXPECT_EQ(mig_state(&b), S(RESUMING));
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(mig_set(&b, S(STOP), NULL), 0);
	close(fd);
	expect_runs(&b, 1, VALUE);
}

/* The header has come, or has not, when a program comes whose state is another. */
MTAP_TEST(replaced_while_written)
{
	static const size_t first[] = { 20, 100 };
	size_t i;
	int fd;

	len = mig_save(a, stream, sizeof(stream));
	ASSERT(len > 100);
	for (i = 0; i < ARRAY_SIZE(first); i++) {
		ASSERT_EQ(mig_set(&b, S(RESUMING), &fd), 0);
		EXPECT_EQ(mig_write(fd, stream, first[i]), 0);
		EXPECT_EQ(to_v2(), 0);
		mig_write(fd, stream + first[i], len - first[i]);
		EXPECT_EQ(mig_set(&b, S(STOP), NULL), -EINVAL);
		EXPECT_HAS(why_refused(), ": the state has version 1, not 2");
		EXPECT_EQ(mig_state(&b), S(STOP));
		close(fd);
		EXPECT_EQ(vfio_get(&b, 0, KUP_VALUE, 4), 0);
		expect_runs(&b, 2, 0);
		EXPECT_EQ(to_v1(), 0);
	}
	/* There and back again, it fits. */
	ASSERT_EQ(mig_set(&b, S(RESUMING), &fd), 0);
	EXPECT_EQ(mig_write(fd, stream, 100), 0);
	EXPECT_EQ(to_v2(), 0);
	EXPECT_EQ(to_v1(), 0);
	EXPECT_EQ(mig_write(fd, stream + 100, len - 100), 0);
	EXPECT_EQ(mig_set(&b, S(STOP), NULL), 0);
	close(fd);
	expect_runs(&b, 1, VALUE);
}

/* An update that the devices refuse changes nothing of either end of a migration. */
MTAP_TEST(refused_meanwhile)
{
	int from, to;

	prog_close(&dev_prog2);
	ASSERT_EQ(prog_open(&dev_prog2, KUP, "map_stiff"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(mig_set(a, S(PRE_COPY), &from), 0);
	ASSERT_EQ(mig_set(&b, S(RESUMING), &to), 0);
	EXPECT_EQ(to_v2(), -EINVAL);
	EXPECT(read(from, stream, 10) == 10);
	EXPECT_EQ(mig_write(to, stream, 10), 0);
	EXPECT_EQ(to_v2(), -EINVAL);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), 0);
	len = mig_read(from, stream, sizeof(stream));
	ASSERT(len > 0);
	EXPECT_EQ(mig_write(to, stream, 10), 0);
	EXPECT_EQ(to_v2(), -EINVAL);
	EXPECT_HAS(why_refused(), "kupgrade: state_size ");
	EXPECT_EQ(mig_write(to, stream + 10, len - 10), 0);
	EXPECT_EQ(mig_set(&b, S(STOP), NULL), 0);
	close(from);
	close(to);
	expect_runs(&b, 1, VALUE);
	expect_runs(a, 1, VALUE);
}

static struct {
	atomic_bool stop;
	atomic_uint loaded, refused, bad;
} moves;

/* From one to the other, again and again. A device that a stream does not fit is reset. */
static void *move(void *unused)
{
	static char buf[MAX];

	while (!moves.stop) {
		ssize_t n = mig_save(a, buf, sizeof(buf));
		int ret = n > 0 ? mig_load(&b, buf, n) : (int)n;

		if (!ret)
			moves.loaded++;
		else if (ret == -EINVAL && !vfio_reset(&b))
			moves.refused++;
		else
			moves.bad++;
		if (mig_set(a, S(RUNNING), NULL) || mig_set(&b, S(RUNNING), NULL) ||
		    vfio_get(a, 0, KUP_VALUE, 4) != VALUE ||
		    vfio_get(&b, 0, KUP_VALUE, 4) != (ret ? 0 : VALUE))
			moves.bad++;
	}
	return unused;
}

MTAP_TEST(against_migration)
{
	pthread_t thread;
	unsigned int i, seen;

	ASSERT_EQ(pthread_create(&thread, NULL, move, NULL), 0);
	for (i = 0; i < ROUNDS; i++) {
		seen = moves.loaded + moves.refused;
		if (i & 1 ? to_v1() : to_v2())
			moves.bad++;
		if (i % 5 == 0 && !mtap_await(moves.loaded + moves.refused != seen || moves.bad))
			moves.bad++;
	}
	moves.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(moves.bad, 0);
	EXPECT(moves.loaded > 0);
	mtap_diag("%u moved, %u refused", moves.loaded, moves.refused);
	EXPECT_EQ(dev_get(0, KUP_UPGRADES, 4), ROUNDS);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .before = two_devices, .after = close_all,
};
