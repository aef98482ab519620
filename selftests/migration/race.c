// SPDX-License-Identifier: GPL-2.0-only
/* Saving and restoring while the device is reset, closed, and loses its program. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "mig.h"
#include "progs/kmig.h"

#define KMIG	"progs/kmig.bpf.o"
#define S(name)	VFIO_DEVICE_STATE_##name
#define ROUNDS	1000

static char good[1 << 16];
static ssize_t good_len;
static bool stop;

static void load(void)
{
	ASSERT_EQ(prog_open(&dev_prog, KMIG, "kmig_hooks"), 0);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

static void open_device(void)
{
	dev_open("kmig-1");
	ASSERT_EQ(vfio_set(&dev, KMIG_MEM, 0, 8, 0x1111), 0);
	good_len = mig_save(&dev, good, sizeof(good));
	ASSERT(good_len > 0);
	ASSERT_EQ(vfio_reset(&dev), 0);
	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
}

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

/* This may succeed or fail; the device is in a valid state afterwards. */
static void *saves(void *unused)
{
	char buf[1 << 16];
	int fd;

	while (!stopped()) {
		mig_set(&dev, S(PRE_COPY), &fd);
		if (fd >= 0) {
			mig_set(&dev, S(STOP_COPY), NULL);
			mig_read(fd, buf, sizeof(buf));
			close(fd);
		}
		mig_set(&dev, S(RUNNING), NULL);
	}
	return unused;
}

static void *restores(void *unused)
{
	while (!stopped()) {
		mig_load(&dev, good, good_len);
		mig_set(&dev, S(RUNNING), NULL);
	}
	return unused;
}

static void *uses(void *unused)
{
	unsigned int n = 0;

	while (!stopped()) {
		vfio_set(&dev, 0, KMIG_DELAY, 4, 10);
		vfio_set(&dev, 0, KMIG_ARM, 4, n++ % 8);
		vfio_set(&dev, 0, KMIG_WORK, 4, n % 8);
		vfio_set(&dev, 0, KMIG_LEVEL, 4, n % 2);
		vfio_set(&dev, KMIG_MEM, n % 64 * 4096, 8, n);
	}
	return unused;
}

/* The others run while @fn is called again and again. */
static void against(void (*fn)(unsigned int round))
{
	void *(*const others[])(void *) = { saves, restores, uses };
	pthread_t thread[ARRAY_SIZE(others)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, others[i], NULL), 0);
	for (i = 0; i < ROUNDS; i++)
		fn(i);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		pthread_join(thread[i], NULL);
}

/* After a reset it is as new, and can be migrated. */
static void expect_sane(void)
{
	int fd = event_new();

	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(mig_state(&dev), S(RUNNING));
	ASSERT_EQ(mig_load(&dev, good, good_len), 0);
	ASSERT_EQ(mig_set(&dev, S(RUNNING), NULL), 0);
	EXPECT_EQ(vfio_get(&dev, KMIG_MEM, 0, 8), 0x1111);
	EXPECT_EQ(vfio_get(&dev, KMIG_MEM, 4096, 8), 0);
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, 1, &fd), 0);
	ASSERT_EQ(vfio_set(&dev, 0, KMIG_ARM, 4, 0), 0);
	EXPECT_EQ(event_wait(fd), 1);
	close(fd);
}

static void reset(unsigned int round)
{
	(void)round;
	EXPECT_EQ(vfio_reset(&dev), 0);
}

MTAP_TEST(with_reset)
{
	against(reset);
	expect_sane();
}

static void detach(unsigned int round)
{
	if (round % 4)
		return;
	prog_detach(&dev_prog);
	EXPECT_EQ(prog_attach(&dev_prog), 0);
}

MTAP_TEST(with_detach)
{
	against(detach);
	expect_sane();
}

/* Its files are used on while the device is closed and opened. */
MTAP_TEST(with_close)
{
	char buf[256];
	int i, fd;

	for (i = 0; i < 50; i++) {
		ASSERT_EQ(mig_set(&dev, i % 2 ? S(RESUMING) : S(STOP_COPY), &fd), 0);
		if (fork() == 0) {
			vfio_close(&dev);
			while (i % 2 ? write(fd, good, sizeof(buf)) > 0 :
				       read(fd, buf, sizeof(buf)) >= 0)
				;
			_exit(0);
		}
		vfio_close(&dev);
		close(fd);
		ASSERT(mtap_await(vfio_open(&dev, &dev_mdev) == 0 || (vfio_close(&dev), false)));
	}
	expect_sane();
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_device, .after = dev_close, .teardown = dev_unload,
};
