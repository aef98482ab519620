// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remove of a device that a VFIO client has open: it asks the client by the REQ interrupt, waits
 * until he is done, can be interrupted into a wait that cannot, and keeps nobody else waiting.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core.h"
#include "dev.h"

static void on_signal(int sig)
{
	(void)sig;
}

static void load(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &sa, NULL);
	dev_load(MTTY);
}

static void open_device(void)
{
	dev_open("mtty-2");
}

static void close_device(void)
{
	dev_close();
	job_end_all();
}

/* A remove that has come to where it waits for the client: he has been asked. */
static struct job *remove_waits(int req)
{
	struct job *j;

	ASSERT_EQ(vfio_irq_fd(&dev, VFIO_PCI_REQ_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, req), 0);
	j = core_remove_job(&dev_mdev);
	EXPECT(event_wait(req) > 0);
	ASSERT(job_sleeps(j));
	return j;
}

/* On the kernel's own core it has left the bus, and is on its parent only. */
static void expect_still_there(void)
{
	EXPECT(exists("/sys/devices/virtual/mtty/mtty/%s", dev_mdev.uuid));
	if (core_is_ours())
		EXPECT(exists(DEVICE, dev_mdev.uuid));
}

MTAP_TEST(waits_until_closed)
{
	int req = event_new();
	struct job *j = remove_waits(req);

	/* The client does not notice until he looks. */
	expect_still_there();
	EXPECT(vfio_get(&dev, VFIO_PCI_CONFIG_REGION_INDEX, 0, 4) > 0);
	EXPECT(!job_is_done(j));
	vfio_close(&dev);
	EXPECT_EQ(job_end(j), 0);
	EXPECT(!exists(DEVICE, dev_mdev.uuid));
	close(req);
}

MTAP_TEST(reminds)
{
	int req = event_new();
	struct job *j = remove_waits(req);

	/* Every ten seconds, if nothing happens */
	EXPECT(wait_for(event_take(req) > 0));
	EXPECT(!job_is_done(j));
	vfio_close(&dev);
	EXPECT_EQ(job_end(j), 0);
	close(req);
}

/* A signal ends the interruptible wait, and is not lost; the device is still to go. */
MTAP_TEST(interrupted)
{
	int req = event_new();
	struct job *j = remove_waits(req);

	EXPECT_EQ(job_state(j), 'S');
	job_signal(j, SIGUSR1);
	EXPECT(wait_for(job_state(j) == 'D'));
	EXPECT(!job_is_done(j));
	expect_still_there();
	vfio_close(&dev);
	EXPECT_EQ(job_end(j), 0);
	EXPECT(!exists(DEVICE, dev_mdev.uuid));
	close(req);
}

MTAP_TEST(others_do_not_wait)
{
	struct mdev n = mdev_uuid(0xd1);
	int fd = core_open(DEVICE "/remove", dev_mdev.uuid), req = event_new(), ret;
	struct job *j = remove_waits(req);

	EXPECT_EQ(mdev_create(&dev_mdev, "mtty-1"), -EEXIST);
	EXPECT_EQ(mdev_create(&n, "mtty-1"), 0);
	EXPECT_EQ(mdev_remove(&n), 0);
	EXPECT_EQ(core_write(fd, "1"), -ENODEV);
	ret = sysfs_write("1", DEVICE "/remove", dev_mdev.uuid);
	EXPECT(ret == -ENOENT || ret == -EAGAIN);
	close(fd);
	EXPECT(!job_is_done(j));
	vfio_close(&dev);
	EXPECT_EQ(job_end(j), 0);
	EXPECT_EQ(mdev_create(&dev_mdev, "mtty-1"), 0);
	close(req);
}

/* Two files: the last one counts. */
MTAP_TEST(two_clients)
{
	int req = event_new(), second = vfio_open_again(&dev, &dev_mdev);
	struct job *j = remove_waits(req);

	ASSERT(second >= 0);
	vfio_close(&dev);
	EXPECT(!job_is_done(j));
	EXPECT_EQ(job_state(j), 'S');
	close(second);
	EXPECT_EQ(job_end(j), 0);
	close(req);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_device, .after = close_device, .teardown = dev_unload,
};
