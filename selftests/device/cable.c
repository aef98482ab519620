// SPDX-License-Identifier: GPL-2.0-only
/* Cables: which devices are connected, how one rings the other, and what goes wrong. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "dev.h"
#include "mig.h"
#include "progs/kcable.h"

#define KCABLE	"progs/kcable.bpf.o"
#define NR	3
#define RING	(256 << 10)

static struct mdev mdev[NR];
static struct vfio end[NR];
static struct vfio *const a = &end[0], *const b = &end[1], *const c = &end[2];
/* How often the work of LEFT had been called when the test last looked */
static __u64 lefts[NR];
static struct child child;
static char stream[1 << 20];

static int name(unsigned int i, const char *param, const char *cable)
{
	return sysfs_write(cable, MDEV_DEVICES "/%s/params/%s", mdev[i].uuid, param);
}

static void create(unsigned int i)
{
	mdev[i] = mdev_uuid(0xca0 + i);
	ASSERT_EQ(mdev_create(&mdev[i], "kcable-1"), 0);
}

static void before(void)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		vfio_init(&end[i]);
	memset(lefts, 0, sizeof(lefts));
	dev_load(KCABLE);
	for (i = 0; i < NR; i++)
		create(i);
}

static void after(void)
{
	unsigned int i;

	child_kill(&child);
	for (i = 0; i < NR; i++)
		vfio_close(&end[i]);
	mdev_remove_all();
	prog_close(&dev_prog2);
	dev_unload();
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module,
	.before = before,
	.after = after,
};

static void open_end(unsigned int i)
{
	ASSERT_EQ(vfio_open(&end[i], &mdev[i]), 0);
}

/* A cable from the first device to the second, and both open */
static void connect_both(void)
{
	ASSERT_EQ(name(0, "left", "lan"), 0);
	ASSERT_EQ(name(1, "left", "lan"), 0);
	open_end(0);
	open_end(1);
}

static void put(struct vfio *v, unsigned int reg, __u64 val)
{
	EXPECT_EQ(vfio_set(v, 0, reg, 8, val), 0);
}

/* The register, whose value may be negative */
static __s64 got(struct vfio *v, unsigned int reg)
{
	__s64 val = 0;

	EXPECT_EQ(vfio_pread(v, 0, reg, &val, sizeof(val)), sizeof(val));
	return val;
}

static __s64 call(struct vfio *v, unsigned int what)
{
	put(v, KCABLE_DO, what);
	return got(v, KCABLE_RESULT);
}

static __s64 send_from(struct vfio *v, __u64 where, __u64 size)
{
	put(v, KCABLE_WHERE, where);
	put(v, KCABLE_BYTES, size);
	return call(v, KCABLE_SEND);
}

static __s64 receive_to(struct vfio *v, __u64 where, __u64 size)
{
	put(v, KCABLE_WHERE, where);
	put(v, KCABLE_BYTES, size);
	return call(v, KCABLE_RECEIVE);
}

static void fill(struct vfio *v, __u64 offset, const void *data, size_t size)
{
	ASSERT_EQ(vfio_pwrite(v, KCABLE_MEM, offset, data, size), size);
}

/* Has the work of LEFT been called since the test last looked? */
static bool rung(struct vfio *v)
{
	__u64 calls = got(v, KCABLE_LEFTS), *last = &lefts[v - end];
	bool more = calls != *last;

	*last = calls;
	return more;
}

/* Forget what was rung so far. A ring that is on its way is there when another has come. */
static void settle(struct vfio *v, struct vfio *by)
{
	EXPECT_EQ(call(by, KCABLE_RING), 0);
	EXPECT(mtap_await(rung(v)));
}

MTAP_TEST(connecting)
{
	open_end(0);
	EXPECT_EQ(call(a, KCABLE_PEER), -ENOTCONN);
	EXPECT_EQ(call(a, KCABLE_RING), -ENOTCONN);
	EXPECT_EQ(call(a, KCABLE_NEXT), -ENOTCONN);
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), 8), -ENOTCONN);
	EXPECT_EQ(receive_to(a, MDEV_BPF_STATE(KCABLE_BUF), 8), -ENOTCONN);
	EXPECT_EQ(name(0, "left", "lan"), -EBUSY);
	EXPECT_HAS(why_refused(), "the device is open");
	vfio_close(a);
	EXPECT_EQ(name(0, "left", "lan"), 0);
	EXPECT_STR(sysfs_str(MDEV_DEVICES "/%s/params/left", mdev[0].uuid), "lan");
	open_end(0);
	EXPECT_EQ(call(a, KCABLE_PEER), -ENOTCONN);
	EXPECT_EQ(call(a, KCABLE_NEXT), -EAGAIN);
	/* The other end comes, and runs; its parameter has another name */
	EXPECT_EQ(name(1, "right", "lan"), 0);
	EXPECT_EQ(call(a, KCABLE_PEER), -EHOSTDOWN);
	EXPECT_EQ(call(a, KCABLE_RING), -EHOSTDOWN);
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), 8), -EHOSTDOWN);
	rung(a);
	open_end(1);
	EXPECT_EQ(call(a, KCABLE_PEER), 0);
	EXPECT(mtap_await(rung(a)));
	/* It has been told, too, since it runs */
	EXPECT(mtap_await(got(b, KCABLE_RIGHTS)));
	EXPECT_EQ(got(b, KCABLE_LEFTS), 0);
	put(b, KCABLE_PARAM, KCABLE_RIGHT);
	EXPECT_EQ(call(b, KCABLE_PEER), 0);
	EXPECT_EQ(call(b, KCABLE_RING), 0);
	EXPECT(mtap_await(rung(a)));
	put(a, KCABLE_PARAM, KCABLE_NUMBER);
	EXPECT_EQ(call(a, KCABLE_PEER), -EINVAL);
	put(a, KCABLE_PARAM, 1000);
	EXPECT_EQ(call(a, KCABLE_RING), -EINVAL);
	EXPECT_EQ(call(a, KCABLE_NEXT), -EINVAL);
}

MTAP_TEST(names)
{
	EXPECT_EQ(name(0, "left", "lan"), 0);
	EXPECT_EQ(name(0, "left", "lan"), 0);
	EXPECT_EQ(name(0, "right", "lan"), -EINVAL);
	EXPECT_HAS(why_refused(),
		   "cable \"lan\" is in its left, use another device");
	EXPECT_EQ(name(1, "left", "lan"), 0);
	EXPECT_EQ(name(2, "left", "lan"), -EBUSY);
	EXPECT_HAS(why_refused(), "cable \"lan\" has ends at ");
	EXPECT_HAS(why_refused(), mdev[0].uuid);
	EXPECT_HAS(why_refused(), mdev[1].uuid);
	EXPECT_STR(sysfs_str(MDEV_DEVICES "/%s/params/left", mdev[2].uuid), "");
	/* What was refused has changed nothing */
	open_end(0);
	open_end(1);
	EXPECT_EQ(call(a, KCABLE_PEER), 0);
	EXPECT_EQ(call(b, KCABLE_PEER), 0);
	/* Another name; then the first one is free */
	vfio_close(b);
	EXPECT_EQ(name(1, "left", "wan"), 0);
	EXPECT_EQ(call(a, KCABLE_PEER), -ENOTCONN);
	EXPECT_EQ(name(2, "left", "lan"), 0);
	EXPECT_EQ(call(a, KCABLE_PEER), -EHOSTDOWN);
}

MTAP_TEST(frames)
{
	static char sent[MDEV_BPF_MAX_FRAME], come[MDEV_BPF_MAX_FRAME];
	unsigned int i;

	for (i = 0; i < sizeof(sent); i++)
		sent[i] = i * 7 + i / 256;
	connect_both();
	settle(b, a);
	fill(a, 0, sent, sizeof(sent));
	EXPECT_EQ(call(b, KCABLE_NEXT), -EAGAIN);
	EXPECT_EQ(receive_to(b, MDEV_BPF_MEMORY(KCABLE_MEM, 0), 100), -EAGAIN);
	/* From memory, and from the state of the other, in their order */
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 3), 61), 0);
	EXPECT(mtap_await(rung(b)));
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 0), MDEV_BPF_MAX_FRAME), 0);
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 4090), 5000), 0);
	EXPECT_EQ(call(b, KCABLE_NEXT), 61);
	EXPECT_EQ(receive_to(b, MDEV_BPF_STATE(KCABLE_BUF), KCABLE_BUF_SIZE), 61);
	EXPECT_EQ(send_from(b, MDEV_BPF_STATE(KCABLE_BUF), 61), 0);
	EXPECT_EQ(receive_to(a, MDEV_BPF_MEMORY(KCABLE_MEM, 200000), 61), 61);
	ASSERT_EQ(vfio_pread(a, KCABLE_MEM, 200000, come, 61), 61);
	EXPECT(!memcmp(come, sent + 3, 61));
	EXPECT_EQ(receive_to(b, MDEV_BPF_MEMORY(KCABLE_MEM, 100), MDEV_BPF_MAX_FRAME),
		  MDEV_BPF_MAX_FRAME);
	ASSERT_EQ(vfio_pread(b, KCABLE_MEM, 100, come, sizeof(come)), sizeof(come));
	EXPECT(!memcmp(come, sent, sizeof(sent)));
	/* The rest of it is lost */
	EXPECT_EQ(receive_to(b, MDEV_BPF_MEMORY(KCABLE_MEM, 0), 10), 5000);
	ASSERT_EQ(vfio_pread(b, KCABLE_MEM, 0, come, 12), 12);
	EXPECT(!memcmp(come, sent + 4090, 10));
	EXPECT_EQ(come[10], 0);
	EXPECT_EQ(call(b, KCABLE_NEXT), -EAGAIN);
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 0), 77), 0);
	EXPECT_EQ(receive_to(b, 0, 0), 77);
	EXPECT_EQ(call(b, KCABLE_NEXT), -EAGAIN);
}

MTAP_TEST(wrong_frames)
{
	connect_both();
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 0), 0), -EINVAL);
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 0), MDEV_BPF_MAX_FRAME + 1), -E2BIG);
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, KCABLE_MEM_SIZE - 9), 10), -EINVAL);
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 1ULL << 39), 10), -EINVAL);
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(0, 0), 10), -EINVAL);
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(200, 0), 10), -EINVAL);
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), KCABLE_BUF_SIZE + 1), -EINVAL);
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(1ULL << 39), 1), -EINVAL);
	EXPECT_EQ(send_from(a, MDEV_BPF_PIN(0, 0), 1), -EINVAL);
	EXPECT_EQ(send_from(a, 0, 1), -EINVAL);
	EXPECT_EQ(call(b, KCABLE_NEXT), -EAGAIN);
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), KCABLE_BUF_SIZE), 0);
	EXPECT_EQ(receive_to(b, MDEV_BPF_STATE(KCABLE_BUF), KCABLE_BUF_SIZE + 1), -EINVAL);
	EXPECT_EQ(receive_to(b, MDEV_BPF_MEMORY(KCABLE_MEM, KCABLE_MEM_SIZE), 1), -EINVAL);
	EXPECT_EQ(receive_to(b, 0, 1), -EINVAL);
	EXPECT_EQ(call(b, KCABLE_NEXT), KCABLE_BUF_SIZE);
}

/* Frames of all sizes, more than there is room for: none is lost or changed without a notice. */
MTAP_TEST(full)
{
	unsigned int sent = 0, come = 0, round, size;
	__u32 head[2];
	__s64 ret;

	connect_both();
	for (round = 0; round < 40; round++) {
		do {
			size = 8 + sent * 1237 % 30000;
			head[0] = sent;
			head[1] = size;
			fill(a, size - 8, head, sizeof(head));
			ret = send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 0), size);
			sent += !ret;
		} while (!ret);
		EXPECT_EQ(ret, -ENOBUFS);
		rung(a);
		while (!rung(a) && call(b, KCABLE_NEXT) > 0) {
			size = 8 + come * 1237 % 30000;
			ASSERT_EQ(receive_to(b, MDEV_BPF_MEMORY(KCABLE_MEM, 0), RING / 2), size);
			ASSERT_EQ(vfio_pread(b, KCABLE_MEM, size - 8, head, 8), 8);
			ASSERT_EQ(head[0], come);
			ASSERT_EQ(head[1], size);
			come++;
		}
	}
	EXPECT(come > 100);
	/* A frame of the greatest size fits, once there is room for it */
	while (call(b, KCABLE_NEXT) > 0)
		receive_to(b, 0, 0);
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 0), MDEV_BPF_MAX_FRAME), 0);
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 0), MDEV_BPF_MAX_FRAME), -ENOBUFS);
	rung(a);
	EXPECT_EQ(receive_to(b, MDEV_BPF_MEMORY(KCABLE_MEM, 0), 8), MDEV_BPF_MAX_FRAME);
	EXPECT(mtap_await(rung(a)));
	EXPECT_EQ(send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 0), MDEV_BPF_MAX_FRAME), 0);
}

/* The device at the other end does not run, for each reason that there is, and runs again. */
static void expect_down(void)
{
	EXPECT(mtap_await(rung(a)));
	EXPECT_EQ(call(a, KCABLE_PEER), -EHOSTDOWN);
	EXPECT_EQ(call(a, KCABLE_RING), -EHOSTDOWN);
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), 8), -EHOSTDOWN);
}

static void expect_up(void)
{
	EXPECT(mtap_await(rung(a)));
	EXPECT_EQ(call(a, KCABLE_PEER), 0);
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), 8), 0);
}

MTAP_TEST(stopped)
{
	ssize_t len;

	connect_both();
	settle(a, b);
	vfio_close(b);
	expect_down();
	open_end(1);
	expect_up();
	put(b, KCABLE_FAIL, 1);
	expect_down();
	ASSERT_EQ(vfio_reset(b), 0);
	expect_up();
	len = mig_save(b, stream, sizeof(stream));
	EXPECT(len > 0);
	expect_down();
	EXPECT_EQ(mig_set(b, VFIO_DEVICE_STATE_STOP, NULL), 0);
	EXPECT_EQ(mig_set(b, VFIO_DEVICE_STATE_RUNNING, NULL), 0);
	expect_up();
	/* To another device, whose LEFT must have the name of the stream, and on the same cable */
	vfio_close(b);
	expect_down();
	EXPECT_EQ(name(1, "left", "\n"), 0);
	EXPECT(mtap_await(rung(a)));
	EXPECT_EQ(call(a, KCABLE_PEER), -ENOTCONN);
	open_end(2);
	EXPECT_EQ(mig_load(c, stream, len), -EINVAL);
	EXPECT_HAS(why_refused(), "parameter left is \"lan\" in the state, \"\" in the device");
	vfio_close(c);
	EXPECT_EQ(name(2, "left", "lan"), 0);
	EXPECT(mtap_await(rung(a)));
	open_end(2);
	settle(a, c);
	EXPECT_EQ(mig_load(c, stream, len), 0);
	expect_down();
	EXPECT_EQ(mig_set(c, VFIO_DEVICE_STATE_RUNNING, NULL), 0);
	expect_up();
}

/* No frame gets to another user, or past a reset. */
MTAP_TEST(left_over)
{
	connect_both();
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), 8), 0);
	EXPECT_EQ(call(b, KCABLE_NEXT), 8);
	ASSERT_EQ(vfio_reset(b), 0);
	EXPECT_EQ(call(b, KCABLE_NEXT), -EAGAIN);
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), 8), 0);
	/* The reset of a device does not affect what it has sent */
	ASSERT_EQ(vfio_reset(a), 0);
	EXPECT_EQ(call(b, KCABLE_NEXT), 8);
	vfio_close(b);
	open_end(1);
	EXPECT_EQ(call(b, KCABLE_NEXT), -EAGAIN);
	/* A reset makes room */
	while (!send_from(a, MDEV_BPF_MEMORY(KCABLE_MEM, 0), 100000))
		;
	EXPECT_EQ(got(a, KCABLE_RESULT), -ENOBUFS);
	rung(a);
	ASSERT_EQ(vfio_reset(b), 0);
	EXPECT(mtap_await(rung(a)));
	/* An end that is plugged again is another one */
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), 8), 0);
	vfio_close(b);
	EXPECT_EQ(name(1, "left", "lan"), 0);
	open_end(1);
	EXPECT_EQ(call(b, KCABLE_NEXT), -EAGAIN);
	EXPECT_EQ(call(a, KCABLE_PEER), 0);
}

MTAP_TEST(removal)
{
	connect_both();
	settle(a, b);
	vfio_close(b);
	EXPECT(mtap_await(rung(a)));
	ASSERT_EQ(mdev_remove(&mdev[1]), 0);
	EXPECT(mtap_await(rung(a)));
	EXPECT_EQ(call(a, KCABLE_PEER), -ENOTCONN);
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), 8), -ENOTCONN);
	/* Its end is free */
	EXPECT_EQ(name(2, "right", "lan"), 0);
	EXPECT(mtap_await(rung(a)));
	open_end(2);
	EXPECT(mtap_await(rung(a)));
	EXPECT_EQ(call(a, KCABLE_PEER), 0);
}

/* Frames on their way survive another program. Detached, both devices stand still. */
MTAP_TEST(programs)
{
	connect_both();
	EXPECT_EQ(send_from(a, MDEV_BPF_STATE(KCABLE_BUF), 8), 0);
	ASSERT_EQ(prog_open(&dev_prog2, KCABLE, "kcable"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	EXPECT_EQ(call(b, KCABLE_NEXT), 8);
	EXPECT_EQ(call(b, KCABLE_PEER), 0);
	prog_close(&dev_prog2);
	dev_unload();
	dev_load(KCABLE);
	EXPECT_EQ(call(b, KCABLE_NEXT), 8);
	EXPECT_EQ(call(b, KCABLE_PEER), 0);
	settle(b, a);
}

/* Devices of two programs have no cable in common, whatever its name. */
MTAP_TEST(two_programs)
{
	struct mdev other = mdev_uuid(0xcaf);

	ASSERT_EQ(prog_open(&dev_prog2, KCABLE, "kcable2"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	ASSERT_EQ(mdev_create(&other, "kcable2-1"), 0);
	EXPECT_EQ(sysfs_write("lan", MDEV_DEVICES "/%s/params/left", other.uuid), 0);
	EXPECT_EQ(name(0, "left", "lan"), 0);
	open_end(0);
	EXPECT_EQ(call(a, KCABLE_PEER), -ENOTCONN);
	EXPECT_EQ(name(1, "left", "lan"), 0);
	EXPECT_EQ(call(a, KCABLE_PEER), -EHOSTDOWN);
	ASSERT_EQ(mdev_remove(&other), 0);
}

static void own_second(void)
{
	if (vfio_open(b, &mdev[1]))
		_exit(1);
	child_ready(0);
}

static double cpu_of(pid_t pid)
{
	unsigned long long ns = 0;
	char path[64];
	FILE *f;

	/* All threads of the process */
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f) {
		unsigned long user = 0, system = 0;

		EXPECT_EQ(fscanf(f, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				 &user, &system), 2);
		ns = user + system;
		fclose(f);
	}
	return (double)ns / sysconf(_SC_CLK_TCK);
}

static atomic_bool ending;

static void *storm(void *v)
{
	while (!atomic_load(&ending))
		call(v, KCABLE_STORM);
	return NULL;
}

/*
 * One end rings without a pause. The other works for that on the CPU time of its own process, can
 * be opened and closed meanwhile, and is not kept from anything.
 */
MTAP_TEST(ringing)
{
	pthread_t thread;
	double used;
	int i;

	ASSERT_EQ(name(0, "left", "lan"), 0);
	ASSERT_EQ(name(1, "left", "lan"), 0);
	open_end(0);
	put(a, KCABLE_TIMES, 50);
	atomic_store(&ending, false);
	ASSERT_EQ(pthread_create(&thread, NULL, storm, a), 0);
	child_start(&child, own_second);
	used = cpu_of(child.pid);
	EXPECT(mtap_await(cpu_of(child.pid) - used >= 0.1));
	child_kill(&child);
	for (i = 0; i < 20; i++) {
		open_end(1);
		EXPECT_EQ(got(b, KCABLE_RESULT), 0);
		EXPECT_EQ(vfio_reset(b), 0);
		vfio_close(b);
	}
	ASSERT_EQ(mdev_remove(&mdev[1]), 0);
	atomic_store(&ending, true);
	pthread_join(thread, NULL);
	EXPECT_EQ(call(a, KCABLE_STORM), 0);
	EXPECT_EQ(call(a, KCABLE_PEER), -ENOTCONN);
}

/* Both ring each other, and themselves, for ever: neither keeps the other from being closed. */
MTAP_TEST(ringing_both)
{
	__u64 calls;

	connect_both();
	put(a, KCABLE_EAGER, 1);
	put(b, KCABLE_EAGER, 1);
	EXPECT_EQ(call(a, KCABLE_RING), 0);
	calls = got(b, KCABLE_LEFTS);
	EXPECT(mtap_await(got(b, KCABLE_LEFTS) - calls > 1000));
	vfio_close(a);
	calls = got(b, KCABLE_LEFTS);
	EXPECT(mtap_await(got(b, KCABLE_LEFTS) - calls > 1000));
	EXPECT_EQ(call(b, KCABLE_RING), -EHOSTDOWN);
	ASSERT_EQ(mdev_remove(&mdev[0]), 0);
	EXPECT_EQ(call(b, KCABLE_RING), -ENOTCONN);
}

static void *sender(void *v)
{
	while (!atomic_load(&ending))
		send_from(v, MDEV_BPF_MEMORY(KCABLE_MEM, 0), 5000);
	return NULL;
}

/* The other end is plugged, opened, closed, unplugged and removed while frames are sent to it. */
MTAP_TEST(race)
{
	pthread_t thread;
	int i;

	ASSERT_EQ(name(0, "left", "lan"), 0);
	open_end(0);
	atomic_store(&ending, false);
	ASSERT_EQ(pthread_create(&thread, NULL, sender, a), 0);
	for (i = 0; i < 30; i++) {
		EXPECT_EQ(name(1, "left", "lan"), 0);
		open_end(1);
		EXPECT(mtap_await(call(b, KCABLE_NEXT) == 5000));
		EXPECT_EQ(receive_to(b, MDEV_BPF_MEMORY(KCABLE_MEM, 0), 5000), 5000);
		vfio_close(b);
		if (i % 3 == 0)
			EXPECT_EQ(name(1, "left", "\n"), 0);
		if (i % 3 == 1) {
			ASSERT_EQ(mdev_remove(&mdev[1]), 0);
			create(1);
		}
	}
	atomic_store(&ending, true);
	pthread_join(thread, NULL);
}
