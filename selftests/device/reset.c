// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets, by VFIO and by the guest (FLR), in the middle of everything: accesses, timers, work,
 * doorbells and interrupts. The program counts what it finds that should not be; see kreset.h.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "progs/kreset.h"

#define KRESET	"progs/kreset.bpf.o"
#define CFG	VFIO_PCI_CONFIG_REGION_INDEX
#define EXPRESS	0x90	/* behind MSI */
#define CONTROL	0x2810	/* device control at first */

#define RESETS	2000	/* by each of two threads */
#define EVENTS	50	/* of each kind, at least */

static int event[2], kick;
static bool stop;
static unsigned int failures;

static void load(void)
{
	dev_load(KRESET);
}

static void open_1(void)
{
	struct vfio_device_ioeventfd bell = {
		.argsz = sizeof(bell), .flags = 4, .offset = KRESET_BELL, .data = 1,
	};

	event[0] = event_new();
	event[1] = event_new();
	kick = event_new();
	dev_open("kreset-1");
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, 2, event), 0);
	bell.fd = kick;
	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_IOEVENTFD, &bell), 0);
	stop = false;
	failures = 0;
}

static void close_1(void)
{
	dev_close();
	close(event[0]);
	close(event[1]);
	close(kick);
}

static __u64 counter(int what)
{
	return dev_count(&dev_prog, what);
}

/* Threads only count failures, because ASSERT cannot leave a test point from a thread. */
static void should(bool ok)
{
	if (!ok)
		__atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
}

static bool stopped(bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_RELAXED);
}

static void *access_it(void *flag)
{
	unsigned int i;

	for (i = 0; !stopped(flag); i++) {
		should(!vfio_set(&dev, 0, KRESET_ARM, 4, i));
		should(!vfio_set(&dev, 0, KRESET_QUEUE, 4, i));
		should(!vfio_set(&dev, 0, KRESET_LINE, 4, i));
		should(!vfio_set(&dev, 0, KRESET_PERIODIC, 4, i));
		should(!vfio_set(&dev, 0, KRESET_REG, 4, i));
		should(vfio_get(&dev, 0, KRESET_REG, 4) >= 0);
		should(vfio_get(&dev, 0, KRESET_CHECK, 4) == 1);
	}
	return NULL;
}

static void *ring(void *flag)
{
	const __u64 one = 1;

	while (!stopped(flag)) {
		should(write(kick, &one, sizeof(one)) == sizeof(one));
		should(!vfio_set(&dev, 0, KRESET_BELL, 4, 1));
	}
	return NULL;
}

static void *reset_vfio(void *times)
{
	unsigned int i;

	for (i = 0; i < *(unsigned int *)times; i++)
		should(!vfio_reset(&dev));
	return NULL;
}

static void *reset_flr(void *times)
{
	unsigned int i;

	for (i = 0; i < *(unsigned int *)times; i++) {
		should(!vfio_set(&dev, CFG, EXPRESS + PCI_EXP_DEVCTL, 2,
				 PCI_EXP_DEVCTL_BCR_FLR | CONTROL));
		/* The bits of a write are there before its reset is */
		should(vfio_get(&dev, CFG, EXPRESS + PCI_EXP_DEVCTL, 2) == CONTROL);
	}
	return NULL;
}

/* Mask, mode and eventfds change all the time, as with a driver that comes and goes. */
static void *switch_irqs(void *flag)
{
	while (!stopped(flag)) {
		should(!vfio_irq_none(&dev, MSI, VFIO_IRQ_SET_ACTION_TRIGGER, 0));
		should(!vfio_irq_fd(&dev, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
				    event[0]));
		should(!vfio_irq_none(&dev, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK,
				      1));
		should(!vfio_irq_none(&dev, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
				      0));
		should(!vfio_irq_fds(&dev, MSI, 0, 2, event));
	}
	return NULL;
}

static void *(* const restless[])(void *) = { access_it, access_it, ring, switch_irqs };

static void under_load(void *(*reset1)(void *), void *(*reset2)(void *))
{
	__u64 resets = counter(KRESET_RESETS);
	pthread_t thread[ARRAY_SIZE(restless)], resetter[2];
	__u64 before[KRESET_NR_COUNTERS];
	unsigned int times = RESETS;
	int i;

	for (i = 0; i < KRESET_NR_COUNTERS; i++)
		before[i] = counter(i);
	for (i = 0; i < (int)ARRAY_SIZE(restless); i++)
		ASSERT_EQ(pthread_create(&thread[i], NULL, restless[i], &stop), 0);
	ASSERT_EQ(pthread_create(&resetter[0], NULL, reset1, &times), 0);
	ASSERT_EQ(pthread_create(&resetter[1], NULL, reset2, &times), 0);
	pthread_join(resetter[0], NULL);
	pthread_join(resetter[1], NULL);
	EXPECT_EQ(counter(KRESET_RESETS), resets + 2 * RESETS);
	/* It was what the test means to be, and goes on after the last reset */
	EXPECT(mtap_await(counter(KRESET_TIMERS) > before[KRESET_TIMERS] + EVENTS));
	EXPECT(mtap_await(counter(KRESET_WORKS) > before[KRESET_WORKS] + EVENTS));
	EXPECT(mtap_await(counter(KRESET_BELLS) > before[KRESET_BELLS] + EVENTS));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < (int)ARRAY_SIZE(restless); i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(failures, 0);
	EXPECT_EQ(counter(KRESET_STALE), 0);
	EXPECT_EQ(counter(KRESET_TORN), 0);
}

MTAP_TEST(by_vfio)
{
	under_load(reset_vfio, reset_vfio);
}

MTAP_TEST(by_guest)
{
	under_load(reset_flr, reset_flr);
}

MTAP_TEST(by_both)
{
	under_load(reset_vfio, reset_flr);
}

/* What was armed before the last reset does not run: a timer armed after it goes off later. */
MTAP_TEST(nothing_is_left)
{
	__u64 timers, works, bells;
	int i;

	for (i = 0; i < 4; i++) {
		dev_set(0, KRESET_PERIODIC, 4, i);
		dev_set(0, KRESET_QUEUE, 4, i);
		dev_set(0, KRESET_ARM, 4, i);
		dev_set(0, KRESET_BELL, 4, 1 + i);
	}
	dev_set(CFG, EXPRESS + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	timers = counter(KRESET_TIMERS);
	works = counter(KRESET_WORKS);
	bells = counter(KRESET_BELLS);
	event_take(event[1]);
	/* The worker does timers before work, and works in the order of their ids */
	dev_set(0, KRESET_ARM, 4, 2);
	EXPECT(mtap_await(counter(KRESET_TIMERS) > timers));
	dev_set(0, KRESET_QUEUE, 4, 3);
	EXPECT_EQ(event_wait(event[1]), 1);
	EXPECT_EQ(counter(KRESET_TIMERS), timers + 1);
	EXPECT_EQ(counter(KRESET_WORKS), works + 1);
	EXPECT_EQ(counter(KRESET_BELLS), bells);
	EXPECT_EQ(counter(KRESET_STALE), 0);
	EXPECT_EQ(dev_get(0, KRESET_CHECK, 4), 1);
}

/* The line falls, the INTx disable bit and the number of MSI vectors fall back */
MTAP_TEST(power_on_state)
{
	dev_set(0, KRESET_LINE, 4, 1);
	dev_set(0, KRESET_REG, 4, 9);
	dev_set(CFG, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	dev_set(CFG, PCI_BASE_ADDRESS_0, 4, 0xfe000000);
	EXPECT_EQ(dev_get(CFG, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, PCI_STATUS_INTERRUPT);
	dev_set(CFG, EXPRESS + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_BCR_FLR);
	EXPECT_EQ(dev_get(CFG, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT, 0);
	EXPECT_EQ(dev_get(CFG, PCI_COMMAND, 2), 0);
	EXPECT_EQ(dev_get(CFG, PCI_BASE_ADDRESS_0, 4), 0);
	EXPECT_EQ(dev_get(0, KRESET_REG, 4), 0);
	/* What the user of the device has set up stays */
	dev_set(0, KRESET_QUEUE, 4, 0);
	EXPECT(event_wait(event[1]) > 0);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_1, .after = close_1, .teardown = dev_unload,
};
