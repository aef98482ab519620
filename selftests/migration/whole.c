// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration through the VFIO uapi: a device with all there is stops, its state is read, and
 * another one goes on where it was.
 */
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "irqs.h"
#include "missing.h"
#include "pair.h"
#include "slowness.h"

#define MS	1000u	/* microseconds */

/* The compiler knows that no memory is there where it sees NULL. */
static void *nowhere(void)
{
	return mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

MTAP_TEST(features)
{
	struct vfio_device_feature_migration m = {};

	ASSERT_EQ(mig_feature(a, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION, &m,
			      sizeof(m)), 0);
	EXPECT_EQ(m.flags, VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
			   VFIO_MIGRATION_PRE_COPY);
	EXPECT_EQ(mig_state(a), S(RUNNING));
	save();
	EXPECT_EQ(mig_data_size(a), len);
}

/* What comes with each: the shortest way, no state with a file on it */
static bool allowed(unsigned int from, unsigned int to)
{
	if (to == S(ERROR) || to >= S(NR))
		return false;
	return from != S(STOP_COPY) || (to != S(PRE_COPY) && to != S(PRE_COPY_P2P));
}

static bool saves(unsigned int state)
{
	return state == S(PRE_COPY) || state == S(PRE_COPY_P2P) || state == S(STOP_COPY);
}

static bool has_file(unsigned int from, unsigned int to)
{
	if (from == to)
		return false;
	return to == S(RESUMING) || (saves(to) && !saves(from));
}

static void one_arc(unsigned int from, unsigned int to)
{
	int fd, ret;
	bool file;

	ASSERT_EQ(vfio_reset(a), 0);
	ASSERT_EQ(mig_set(a, from, &fd), 0);
	if (from == S(RESUMING))
		ASSERT_EQ(mig_write(fd, stream, len), 0);
	if (fd >= 0)
		close(fd);
	ret = mig_set(a, to, &fd);
	file = fd >= 0;
	if (ret != (allowed(from, to) ? 0 : -EINVAL) || file != (!ret && has_file(from, to)))
		mtap_fail(__FILE__, __LINE__, "from %u to %u: %d, file %d", from, to, ret, fd);
	EXPECT_EQ(mig_state(a), ret ? from : to);
	if (fd >= 0)
		close(fd);
}

MTAP_TEST(every_arc)
{
	unsigned int from, to;

	save();
	for (from = S(STOP); from < S(NR); from++)
		for (to = S(ERROR); to <= S(NR); to++)
			one_arc(from, to);
}

/* Saved again where it has arrived, the state is the same to the byte. */
MTAP_TEST(state_and_config)
{
	fill(a);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	EXPECT_EQ(mig_save(&b, copy, sizeof(copy)), len);
	EXPECT_EQ(memcmp(stream, copy, len), 0);
	go(&b);
	expect_filled(&b);
	go(a);
	expect_filled(a);
}

/* As VMMs do: byte by byte, read while it runs and then while it does not. */
MTAP_TEST(in_small_pieces)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };
	int fd, to, i;
	char c;

	fill(a);
	ASSERT_EQ(mig_set(a, S(PRE_COPY), &fd), 0);
	ASSERT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info), 0);
	EXPECT_EQ(info.initial_bytes, sizeof(struct mig_header));
	EXPECT_EQ(info.dirty_bytes, 0);
	ASSERT_EQ(mig_set(&b, S(RESUMING), &to), 0);
	for (i = 0; read(fd, &c, 1) == 1; i++)
		ASSERT_EQ(write(to, &c, 1), 1);
	EXPECT_EQ(errno, ENOMSG);
	EXPECT_EQ(i, sizeof(struct mig_header));
	ASSERT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info), 0);
	EXPECT_EQ(info.initial_bytes, 0);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), NULL), 0);
	EXPECT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) ? -errno : 0, -EINVAL);
	for (; read(fd, &c, 1) == 1; i++)
		ASSERT_EQ(write(to, &c, 1), 1);
	EXPECT_EQ(read(fd, &c, 1), 0);
	EXPECT_EQ(i, mig_data_size(a));
	go(&b);
	expect_filled(&b);
	close(fd);
	close(to);
}

MTAP_TEST(file_is_a_stream)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) - 1 };
	int fd;

	ASSERT_EQ(mig_set(a, S(PRE_COPY), &fd), 0);
	EXPECT_EQ(pread(fd, copy, 1, 0) < 0 ? -errno : 0, -ESPIPE);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0, -ESPIPE);
	EXPECT_EQ(write(fd, copy, 1) < 0 ? -errno : 0, -EBADF);
	EXPECT_EQ(read(fd, nowhere(), 1) < 0 ? -errno : 0, -EFAULT);
	EXPECT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) ? -errno : 0, -EINVAL);
	EXPECT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, NULL) ? -errno : 0, -EFAULT);
	EXPECT_EQ(ioctl(fd, VFIO_DEVICE_RESET, NULL) ? -errno : 0, -ENOTTY);
	close(fd);
	ASSERT_EQ(mig_set(&b, S(RESUMING), &fd), 0);
	EXPECT_EQ(pwrite(fd, copy, 1, 0) < 0 ? -errno : 0, -ESPIPE);
	EXPECT_EQ(read(fd, copy, 1) < 0 ? -errno : 0, -EBADF);
	EXPECT_EQ(write(fd, nowhere(), 1) < 0 ? -errno : 0, -EFAULT);
	EXPECT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) ? -errno : 0, -ENOTTY);
	close(fd);
}

/* A line that is up when the device stops fires where it arrives, once it runs there. */
MTAP_TEST(line_that_is_up)
{
	ASSERT_EQ(vfio_irq_fds(a, INTX, 0, 1, &event[0]), 0);
	wr(a, KMIG_LEVEL, 1);
	EXPECT_EQ(event_take(event[0]), 1);
	save();
	ASSERT_EQ(vfio_irq_fds(&b, INTX, 0, 1, &event[1]), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	EXPECT_EQ(event_take(event[1]), 0);
	go(&b);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(vfio_irq_none(&b, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[1]), 1);
	wr(&b, KMIG_LEVEL, 0);
	EXPECT_EQ(vfio_irq_none(&b, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[1]), 0);
	/* The same if interrupts are set up after the state has come */
	ASSERT_EQ(vfio_reset(&b), 0);
	ASSERT_EQ(vfio_irq_none(&b, INTX, VFIO_IRQ_SET_ACTION_TRIGGER, 0), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	ASSERT_EQ(vfio_irq_fds(&b, INTX, 0, 1, &event[1]), 0);
	EXPECT_EQ(event_take(event[1]), 0);
	go(&b);
	EXPECT_EQ(event_take(event[1]), 1);
}

/* A line that goes up while the device is stopped fires when it goes on. */
MTAP_TEST(no_interrupt_is_lost)
{
	ASSERT_EQ(vfio_irq_fds(a, INTX, 0, 1, &event[0]), 0);
	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	wr(a, KMIG_LEVEL, 1);
	EXPECT_EQ(event_take(event[0]), 0);
	go(a);
	EXPECT_EQ(event_take(event[0]), 1);
}

static void arm(struct vfio *v, unsigned int id, unsigned int delay_us, unsigned int period_ns)
{
	wr(v, KMIG_DELAY, delay_us);
	wr(v, KMIG_PERIOD, period_ns);
	wr(v, KMIG_ARM, id);
	ASSERT_EQ(rd(v, KMIG_RESULT), 0);
}

/* The time of a device stops with it, and goes on where it has arrived. */
MTAP_TEST(time_goes_on)
{
	unsigned int begin, stopped;
	double now;

	begin = rd(a, KMIG_TIME);
	mtap_wait_us(50 * MS);
	EXPECT(rd(a, KMIG_TIME) - begin >= 50 * MS);
	save();
	stopped = rd(a, KMIG_TIME);
	mtap_wait_us(50 * MS);
	EXPECT_EQ(rd(a, KMIG_TIME), stopped);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	EXPECT_EQ(rd(&b, KMIG_TIME), stopped);
	now = mtap_now();
	go(&b);
	mtap_wait_us(50 * MS);
	EXPECT(rd(&b, KMIG_TIME) - stopped >= 50 * MS);
	EXPECT(rd(&b, KMIG_TIME) - stopped <= (mtap_now() - now) * 1e6);
	go(a);
	EXPECT(rd(a, KMIG_TIME) >= stopped);
}

static void restart(struct vfio *v, unsigned int calls, unsigned int why)
{
	go(v);
	EXPECT_EQ(rd(v, KMIG_STARTED), calls << 8 | why);
}

MTAP_TEST(started_is_called)
{
	EXPECT_EQ(rd(a, KMIG_STARTED), 0);
	save();
	EXPECT_EQ(rd(a, KMIG_STARTED), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	EXPECT_EQ(rd(&b, KMIG_STARTED), 0);
	restart(&b, 1, MDEV_BPF_STARTED_RUNNING | MDEV_BPF_STARTED_RESTORED);
	restart(a, 1, MDEV_BPF_STARTED_RUNNING);
	save();
	restart(a, 2, MDEV_BPF_STARTED_RUNNING);
	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	ASSERT_EQ(vfio_reset(a), 0);
	EXPECT_EQ(rd(a, KMIG_STARTED), 0);
}

/* A timer keeps its remaining time, however long the migration takes. */
MTAP_TEST(timers_go_on)
{
	double begin, ran;
	int i;

	ran = -mtap_now();
	arm(a, 1, 700 * MS, 0);
	arm(a, 2, 500 * MS, 20 * MS * 1000);
	arm(a, 3, 0xffffffff, 0);
	mtap_wait_us(100 * MS);
	save();
	ran += mtap_now();
	mtap_wait_us(900 * MS);
	/* If this task was stopped for that long, it may have been called before */
	EXPECT(!rd(a, KMIG_TIMERS + 4 * 1) || ran >= 0.7);
	ASSERT_EQ(vfio_irq_fds(&b, MSI, 0, KMIG_MSI, event), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	mtap_wait_us(900 * MS);
	EXPECT_EQ(event_take(event[1]), 0);
	begin = mtap_now();
	go(&b);
	EXPECT_EQ(event_wait(event[1]), 1);
	EXPECT(mtap_now() - begin >= 0.7 - ran);
	EXPECT(mtap_now() - begin <= 0.7 + 5 * slowness());
	for (i = 0; i < 3; )
		i += event_wait(event[2]) ? 1 : 4;
	EXPECT_EQ(i, 3);
	EXPECT_EQ(rd(&b, KMIG_TIMERS + 4 * 1), 1);
	EXPECT_EQ(rd(&b, KMIG_TIMERS + 4 * 3), 0);
}

/* Work that is queued while the device is stopped is done there. */
MTAP_TEST(work_goes_along)
{
	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	wr(a, KMIG_WORK, 5);
	wr(a, KMIG_DELAY, 0);
	save();
	ASSERT_EQ(vfio_irq_fds(&b, MSI, 0, KMIG_MSI, event), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	EXPECT_EQ(rd(&b, KMIG_WORKS + 4 * 5), 0);
	go(&b);
	EXPECT_EQ(event_wait(event[8 + 5]), 1);
	EXPECT_EQ(rd(&b, KMIG_WORKS + 4 * 5), 1);
	EXPECT_EQ(rd(a, KMIG_WORKS + 4 * 5), 0);
	/* And where it was queued, if it goes on there after all */
	ASSERT_EQ(vfio_irq_fds(a, MSI, 0, KMIG_MSI, event), 0);
	go(a);
	EXPECT_EQ(event_wait(event[8 + 5]), 1);
}

MTAP_TEST(reset_ends_it)
{
	char c;
	int fd;

	fill(a);
	wr(a, KMIG_LEVEL, 1);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), &fd), 0);
	EXPECT_EQ(read(fd, &c, 1), 1);
	ASSERT_EQ(vfio_reset(a), 0);
	EXPECT_EQ(mig_state(a), S(RUNNING));
	EXPECT_EQ(read(fd, &c, 1) < 0 ? -errno : 0, -ENODEV);
	close(fd);
	/* It runs: work is done */
	ASSERT_EQ(vfio_irq_fds(a, MSI, 0, KMIG_MSI, event), 0);
	wr(a, KMIG_WORK, 1);
	EXPECT_EQ(event_wait(event[9]), 1);
	ASSERT_EQ(mig_set(a, S(RESUMING), &fd), 0);
	ASSERT_EQ(mig_write(fd, stream, 10), 0);
	ASSERT_EQ(vfio_reset(a), 0);
	EXPECT_EQ(mig_state(a), S(RUNNING));
	EXPECT_EQ(mig_write(fd, stream, 10), -ENODEV);
	close(fd);
}

/* Files that outlive the device, the mdev and the program */
MTAP_TEST(close_ends_it)
{
	int save_fd, resume_fd;
	char c;

	ASSERT_EQ(mig_set(a, S(STOP_COPY), &save_fd), 0);
	ASSERT_EQ(mig_set(&b, S(RESUMING), &resume_fd), 0);
	vfio_close(a);
	vfio_close(&b);
	EXPECT_EQ(read(save_fd, &c, 1) < 0 ? -errno : 0, -ENODEV);
	EXPECT_EQ(mig_write(resume_fd, "m", 1), -ENODEV);
	ASSERT_EQ(vfio_open(a, &dev_mdev), 0);
	EXPECT_EQ(mig_state(a), S(RUNNING));
	vfio_close(a);
	EXPECT_EQ(mdev_remove(&dev_mdev), 0);
	EXPECT_EQ(mdev_remove(&mdev_b), 0);
	prog_close(&dev_prog);
	EXPECT_EQ(read(save_fd, &c, 1) < 0 ? -errno : 0, -ENODEV);
	EXPECT_EQ(mig_write(resume_fd, "m", 1), -ENODEV);
	close(save_fd);
	close(resume_fd);
}

static int shared_fd;

/* Until missing_end(), its memory does not come. */
static void *read_to_nowhere(void *unused)
{
	EXPECT_EQ(read(shared_fd, missing.mem, 1), 1);
	return unused;
}

/*
 * Two processes read the state. One does not get its memory, and has the file meanwhile. The other
 * one waits, but SIGKILL ends it.
 */
MTAP_TEST(killed_while_another_reads)
{
	struct child other = { 0 };
	pthread_t thread;
	char c;

	missing_need();
	save();
	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), &shared_fd), 0);
	ASSERT_EQ(missing_register(mmap(NULL, MISSING_PAGES * MISSING_PAGE, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), 0);
	ASSERT_EQ(pthread_create(&thread, NULL, read_to_nowhere, NULL), 0);
	EXPECT(missing_wanted());
	other.pid = fork();
	if (!other.pid) {
		missing_end();
		_exit(read(shared_fd, &c, 1) != 1);
	}
	EXPECT(mtap_await(task_state(other.pid) == 'D'));
	child_kill(&other);
	missing_end();
	pthread_join(thread, NULL);
	close(shared_fd);
}

/* Without program the core saves what it has; what is saved can only be restored with one. */
MTAP_TEST(detached)
{
	int fd;

	fill(a);
	prog_detach(&dev_prog);
	save();
	ASSERT_EQ(mig_set(&b, S(RESUMING), &fd), 0);
	ASSERT_EQ(mig_write(fd, stream, len), 0);
	EXPECT_EQ(mig_set(&b, S(RUNNING), NULL), -ENODEV);
	EXPECT_EQ(mig_state(&b), S(RESUMING));
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	go(&b);
	expect_filled(&b);
	close(fd);
}

const struct mtap_suite mtap_suite = {
	.before = kmig_before, .after = kmig_after,
};
