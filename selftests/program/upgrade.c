// SPDX-License-Identifier: GPL-2.0-only
/* A program takes over devices with the state of another program: all of them, or none. */
#include <bpf/bpf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "irqs.h"
#include "kupgrade.h"

#define NR_DEVICES	3
#define ROUNDS		250

/* dev, the first of them, is opened anyway */
static struct mdev other_mdev[NR_DEVICES];
static struct vfio other[NR_DEVICES];

static void v1_and_v2(void)
{
	unsigned int i;

	for (i = 0; i < NR_DEVICES; i++)
		other[i] = (struct vfio){ .container = -1, .group = -1, .device = -1 };
	kupgrade_load();
	dev_open("kupgrade-1");
}

static void close_all(void)
{
	unsigned int i;

	for (i = 0; i < NR_DEVICES; i++)
		vfio_close(&other[i]);
	vfio_close(&dev);
	mdev_remove_all();
	kupgrade_expect_nothing_wrong();
	kupgrade_unload();
}

static __u32 get(const struct vfio *v, unsigned int reg)
{
	__s64 val = vfio_get(v, 0, reg, 4);

	EXPECT(val >= 0);
	return val;
}

MTAP_TEST(converts)
{
	dev_set(0, KUP_VALUE, 4, 4711);
	EXPECT_EQ(dev_get(0, KUP_COUNT, 4), 1);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 1);
	ASSERT_EQ(to_v2(), 0);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 2);
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 4711);
	EXPECT_EQ(dev_get(0, KUP_UPGRADES, 4), 1);
	EXPECT_STR(parent_attr("kupgrade", "state_version"), "2");
	EXPECT(sysfs_int("%s/mdev_bpf/state_size", PARENT) > 10000);
	dev_set(0, KUP_VALUE, 4, 1147);
	ASSERT_EQ(to_v1(), 0);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 1);
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 1147);
	EXPECT_EQ(dev_get(0, KUP_COUNT, 4), 2);
	EXPECT_EQ(dev_get(0, KUP_UPGRADES, 4), 2);
	EXPECT_EQ(GLOBAL(&dev_prog, inits), 1);
	EXPECT_EQ(GLOBAL(&dev_prog2, inits), 0);
	/* What is reset is the state as it is now. */
	ASSERT_EQ(to_v2(), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 0);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 2);
}

MTAP_TEST(equal_state_is_kept)
{
	dev_set(0, KUP_VALUE, 4, 5);
	kupgrade_program(&dev_prog2, "map_v1");
	ASSERT_EQ(to_v2(), 0);
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 5);
	EXPECT_EQ(dev_get(0, KUP_UPGRADES, 4), 0);
	EXPECT_EQ(GLOBAL(&dev_prog2, upgrades), 0);
}

MTAP_TEST(after_detach)
{
	dev_set(0, KUP_VALUE, 4, 6);
	dev_set(0, KUP_FAIL, 4, -EDOM);
	prog_detach(&dev_prog);
	EXPECT_EQ(prog_attach(&dev_prog2), -EDOM);
	EXPECT_HAS(why_refused(), "kupgrade: upgrade of device ");
	EXPECT_STR(device_attr(&dev_mdev, "state"), "detached");
	EXPECT_EQ(vfio_get(&dev, 0, KUP_VALUE, 4), -ENODEV);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 6);
	EXPECT_EQ(dev_get(0, KUP_UPGRADES, 4), 0);
	dev_set(0, KUP_FAIL, 4, 0);
	prog_detach(&dev_prog);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 6);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 2);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
}

/* Both directions: from nothing, and to nothing */
MTAP_TEST(no_state)
{
	struct prog none = {};

	ASSERT_EQ(prog_open(&none, KUP, "map_none"), 0);
	EXPECT_EQ(prog_load(&none), 0);
	EXPECT_EQ(prog_update(&dev_prog, &none), 0);
	EXPECT_EQ(dev_get(0, 0, 4), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(to_v2(), 0);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 2);
	/* Once to see whether it can be done */
	EXPECT_EQ(GLOBAL(&dev_prog2, inits), 2);
	EXPECT_EQ(GLOBAL(&none, wrong), 0);
	prog_close(&none);
}

/* All devices have the value that they got, and the program that they had. */
static void expect_devices(__u32 version)
{
	unsigned int i;

	for (i = 0; i < NR_DEVICES; i++) {
		EXPECT_EQ(get(&other[i], KUP_VALUE), 100 + i);
		EXPECT_EQ(get(&other[i], KUP_VERSION), version);
		EXPECT_EQ(get(&other[i], KUP_UPGRADES), version - 1);
	}
}

static void open_devices(void)
{
	unsigned int i;

	for (i = 0; i < NR_DEVICES; i++) {
		other_mdev[i] = mdev_uuid(i + 1);
		ASSERT_EQ(mdev_create(&other_mdev[i], "kupgrade-1"), 0);
		ASSERT_EQ(vfio_open(&other[i], &other_mdev[i]), 0);
		EXPECT_EQ(vfio_set(&other[i], 0, KUP_VALUE, 4, 100 + i), 0);
	}
}

static void expect_failure(unsigned int i)
{
	char why[200];

	EXPECT_EQ(vfio_set(&other[i], 0, KUP_FAIL, 4, -EDOM), 0);
	EXPECT_EQ(to_v2(), -EDOM);
	snprintf(why, sizeof(why), "kupgrade: upgrade of device %s failed with -EDOM",
		 other_mdev[i].uuid);
	EXPECT_STR(why_refused(), why);
	expect_devices(1);
	EXPECT_STR(parent_attr("kupgrade", "state_version"), "1");
	EXPECT_EQ(vfio_set(&other[i], 0, KUP_FAIL, 4, 0), 0);
}

MTAP_TEST(one_of_three_fails)
{
	unsigned int i;

	open_devices();
	for (i = 0; i < NR_DEVICES; i++)
		expect_failure(i);
	/* dev and those before the failing one were converted, for nothing. */
	EXPECT_EQ(GLOBAL(&dev_prog2, upgrades), 2 + 3 + 4);
	EXPECT_EQ(to_v2(), 0);
	expect_devices(2);
}

/* An errno that no caller could handle is not passed on. */
MTAP_TEST(odd_results)
{
	static const int odd[] = { 1, 0x7fffffff, -512, -0x7fffffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		dev_set(0, KUP_FAIL, 4, odd[i]);
		EXPECT_EQ(to_v2(), -EIO);
		EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 1);
	}
}

static void other_types(struct mdev_bpf_ops *ops)
{
	ops->types[0].arg = 1;
}

static void other_regions(struct mdev_bpf_ops *ops)
{
	ops_region(ops, 0)->size *= 2;
}

static void other_irqs(struct mdev_bpf_ops *ops)
{
	ops_irq(ops, 0)->count = 0;
}

static void other_pci(struct mdev_bpf_ops *ops)
{
	ops->pci.flags = MDEV_BPF_PCI_PM;
}

static void other_pci_caps(struct mdev_bpf_ops *ops)
{
	ops->pci_caps[0] = (struct mdev_bpf_pci_cap){ .id = 9, .size = 8 };
}

static void other_windows(struct mdev_bpf_ops *ops)
{
	ops->dma_windows = 1;
}

static void other_name(struct mdev_bpf_ops *ops)
{
	ops->name[0] = 'x';
}

static const struct {
	void (*change)(struct mdev_bpf_ops *ops);
	const char *why;
} unfit[] = {
	{ other_types, "kupgrade: types[] differ" },
	{ other_regions, "kupgrade: regions[] differ" },
	{ other_irqs, "kupgrade: irqs[] differ" },
	{ other_pci, "kupgrade: pci.flags differ" },
	{ other_pci_caps, "kupgrade: pci_caps[] differ" },
	{ other_windows, "kupgrade: dma_windows is 1, the devices have 0" },
	{ other_name, "xupgrade: cannot replace \"kupgrade\"" },
};

/* upgrade is for the state only: the guest sees the same device. */
MTAP_TEST(another_device)
{
	size_t i;

	dev_set(0, KUP_VALUE, 4, 8);
	for (i = 0; i < ARRAY_SIZE(unfit); i++) {
		prog_close(&dev_prog2);
		ASSERT_EQ(prog_open(&dev_prog2, KUP, "map_v2"), 0);
		unfit[i].change(prog_ops(&dev_prog2));
		ASSERT_EQ(prog_load(&dev_prog2), 0);
		EXPECT_EQ(to_v2(), -EINVAL);
		EXPECT_HAS(why_refused(), unfit[i].why);
		EXPECT_EQ(GLOBAL(&dev_prog2, upgrades), 0);
		EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 1);
		EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 8);
	}
}

MTAP_TEST(without_upgrade)
{
	kupgrade_program(&dev_prog2, "map_stiff");
	EXPECT_EQ(to_v2(), -EINVAL);
	EXPECT_HAS(why_refused(), "kupgrade: state_size ");
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 1);
	prog_close(&dev_prog2);
	ASSERT_EQ(prog_open(&dev_prog2, KUP, "map_stiff"), 0);
	prog_ops(&dev_prog2)->state_size = sysfs_int("%s/mdev_bpf/state_size", PARENT);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(to_v2(), -EINVAL);
	EXPECT_STR(why_refused(),
		   "kupgrade: state_version 2 does not fit the devices, which have 1, without upgrade");
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 1);
}

/* Without devices there is nothing to convert; the next one is the new program's. */
MTAP_TEST(no_devices)
{
	vfio_close(&dev);
	ASSERT_EQ(mdev_remove(&dev_mdev), 0);
	kupgrade_program(&dev_prog2, "map_stiff");
	EXPECT_EQ(to_v2(), 0);
	dev_open("kupgrade-1");
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 2);
	EXPECT_EQ(GLOBAL(&dev_prog2, inits), 1);
	EXPECT_EQ(to_v1(), 0);
}

/* The line, the configuration space and the user's eventfds are the device's. */
MTAP_TEST(line_stays_up)
{
	int event = event_new();

	ASSERT_EQ(vfio_irq_fd(&dev, INTX, VFIO_IRQ_SET_ACTION_TRIGGER, event), 0);
	dev_set(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 3);
	dev_set(0, KUP_LINE, 4, 1);
	EXPECT_EQ(event_take(event), 1);
	EXPECT_EQ(to_v2(), 0);
	EXPECT_EQ(event_take(event), 0);
	EXPECT_EQ(dev_get(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2), 3);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	EXPECT_EQ(event_take(event), 1);
	dev_set(0, KUP_LINE, 4, 0);
	close(event);
}

MTAP_TEST(timer_goes_on)
{
	unsigned int i;

	dev_set(0, KUP_TICKS, 4, MDEV_BPF_MIN_PERIOD);
	for (i = 0; i < 50; i++) {
		__u32 before = dev_get(0, KUP_TICKS, 4);

		EXPECT_EQ(i & 1 ? to_v1() : to_v2(), 0);
		EXPECT(mtap_await(get(&dev, KUP_TICKS) > before));
	}
}

/* Each thread does one thing over and over, while the main one replaces the program. */
static struct {
	atomic_bool stop;
	atomic_uint done, bad;
} race;

static void *count(void *arg)
{
	const struct vfio *v = arg;
	__u32 last = 0;

	while (!race.stop) {
		__s64 val = vfio_get(v, 0, KUP_COUNT, 4);

		if (val != last + 1)
			race.bad++;
		last = val;
		race.done++;
	}
	return NULL;
}

static void *create_remove(void *unused)
{
	struct mdev m = mdev_uuid(77);

	while (!race.stop) {
		if (mdev_create(&m, "kupgrade-1") || mdev_remove(&m))
			race.bad++;
		race.done++;
	}
	return unused;
}

static void *open_close(void *arg)
{
	const struct mdev *m = arg;
	struct vfio v;

	while (!race.stop) {
		if (vfio_open(&v, m) || vfio_get(&v, 0, KUP_VERSION, 4) < 0)
			race.bad++;
		vfio_close(&v);
		race.done++;
	}
	return NULL;
}

static void *reset(void *arg)
{
	const struct vfio *v = arg;

	while (!race.stop) {
		if (vfio_reset(v) || vfio_set(v, 0, KUP_VALUE, 4, 1) ||
		    vfio_get(v, 0, KUP_VERSION, 4) < 0)
			race.bad++;
		race.done++;
	}
	return NULL;
}

static pthread_t race_start(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	race.stop = false;
	race.bad = 0;
	race.done = 0;
	ASSERT_EQ(pthread_create(&thread, NULL, fn, arg), 0);
	return thread;
}

static void race_stop(pthread_t thread)
{
	race.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(race.bad, 0);
	EXPECT(race.done > 0);
}

static void replace_often(void)
{
	unsigned int i, done;
	int ret = 0;

	for (i = 0; i < ROUNDS && !ret; i++) {
		ret = i & 1 ? to_v1() : to_v2();
		/* Each round meets the other thread somewhere. */
		done = race.done;
		if (i % 10 == 0 && !mtap_await(race.done > done))
			ret = -ETIMEDOUT;
	}
	EXPECT_EQ(ret, 0);
}

MTAP_TEST(against_accesses)
{
	pthread_t thread = race_start(count, &dev);

	replace_often();
	race_stop(thread);
	EXPECT_EQ(dev_get(0, KUP_UPGRADES, 4), ROUNDS);
	EXPECT_EQ(dev_get(0, KUP_COUNT, 4), race.done + 1);
}

MTAP_TEST(against_create_remove)
{
	pthread_t thread = race_start(create_remove, NULL);

	replace_often();
	race_stop(thread);
	EXPECT_EQ(dev_get(0, KUP_UPGRADES, 4), ROUNDS);
}

MTAP_TEST(against_open_close)
{
	pthread_t thread;

	other_mdev[0] = mdev_uuid(1);
	ASSERT_EQ(mdev_create(&other_mdev[0], "kupgrade-1"), 0);
	thread = race_start(open_close, &other_mdev[0]);
	replace_often();
	race_stop(thread);
}

MTAP_TEST(against_reset)
{
	pthread_t thread = race_start(reset, &dev);

	replace_often();
	race_stop(thread);
}

MTAP_TEST(against_timers)
{
	pthread_t thread;
	__u32 ticks;

	dev_set(0, KUP_TICKS, 4, MDEV_BPF_MIN_PERIOD);
	thread = race_start(count, &dev);
	replace_often();
	race_stop(thread);
	ticks = dev_get(0, KUP_TICKS, 4);
	EXPECT(mtap_await(get(&dev, KUP_TICKS) > ticks + 1));
}

/* Failing ones, too: the device never notices. */
MTAP_TEST(failures_under_load)
{
	pthread_t thread;
	unsigned int i;

	open_devices();
	EXPECT_EQ(vfio_set(&other[1], 0, KUP_FAIL, 4, -ENOSPC), 0);
	thread = race_start(count, &dev);
	for (i = 0; i < ROUNDS; i++)
		if (to_v2() != -ENOSPC)
			race.bad++;
	race_stop(thread);
	expect_devices(1);
	EXPECT_EQ(GLOBAL(&dev_prog2, upgrades), ROUNDS * 3);
}

/* The program goes and another one comes, instead of being replaced. */
MTAP_TEST(detach_under_load)
{
	struct prog *on = &dev_prog, *off = &dev_prog2, *tmp;
	pthread_t thread = race_start(create_remove, NULL);
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 100 && !ret; i++) {
		prog_detach(on);
		ret = prog_attach(off);
		tmp = on;
		on = off;
		off = tmp;
	}
	race.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(ret, 0);
	/* Creating fails while there is no program, which is no harm. */
	EXPECT_EQ(dev_get(0, KUP_UPGRADES, 4), 100);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .before = v1_and_v2, .after = close_all,
};
