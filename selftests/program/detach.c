// SPDX-License-Identifier: GPL-2.0-only
/* What happens to devices when their program goes, comes back, or is replaced under them. */
#include <bpf/bpf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "dev.h"
#include "irqs.h"

#define PARENT	"/sys/devices/virtual/kdev/kdev"

#define SLOW_READER	"program/kmod/mdev_bpf_slow_reader.ko"
#define SLOW_READERS	"/sys/module/mdev_bpf_slow_reader/parameters/readers"
#define SLOW_MS		6000u

static int event;

static void load_open(void)
{
	event = event_new();
	dev_load(KDEV);
	dev_open("kdev-a");
}

static void unload_close(void)
{
	dev_close_unload();
	close(event);
	/* A type that still has a device, or whose work item has not run, would fail the next. */
	if (!mtap_await(!exists(PARENT)))
		mtap_fail(__FILE__, __LINE__, "the type does not go away");
}

static void reattach(void)
{
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

/* Open another program of the same type, to be changed before second_attach(). */
static struct mdev_bpf_ops *second_open(void)
{
	prog_close(&dev_prog2);
	ASSERT_EQ(prog_open(&dev_prog2, KDEV, NULL), 0);
	return prog_ops(&dev_prog2);
}

static int second_attach(void)
{
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	return prog_attach(&dev_prog2);
}

MTAP_TEST(open_device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_region_info region = { .argsz = sizeof(region) };
	__u32 val = 0;

	prog_detach(&dev_prog);
	EXPECT_EQ(vfio_pread(&dev, 0, 0, &val, 4), -ENODEV);
	EXPECT_EQ(vfio_pwrite(&dev, 0, 0, &val, 4), -ENODEV);
	EXPECT_EQ(vfio_pread(&dev, 0, KDEV_BAR_SIZE, &val, 4), -EINVAL);
	EXPECT_EQ(vfio_reset(&dev), -ENODEV);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), 0);
	EXPECT_EQ(info.num_regions, VFIO_PCI_NUM_REGIONS);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, &region), 0);
	EXPECT_EQ(region.size, KDEV_BAR_SIZE);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "detached");
	EXPECT_STR(device_attr(&dev_mdev, "open"), "1");
}

MTAP_TEST(type_without_program)
{
	struct mdev m = mdev_uuid(2);

	prog_detach(&dev_prog);
	EXPECT_STR(parent_attr("kdev", "state"), "detached");
	EXPECT_STR(parent_attr("kdev", "link_id"), "0");
	EXPECT_STR(parent_attr("kdev", "devices"), "1");
	EXPECT_EQ(type_available("kdev-a"), 0);
	EXPECT_EQ(mdev_create(&m, "kdev-a"), -ENODEV);
	EXPECT(!exists(MDEV_DEVICES "/%s", m.uuid));
	EXPECT_STR(parent_attr("kdev", "devices"), "1");
	reattach();
	EXPECT_STR(parent_attr("kdev", "state"), "attached");
	EXPECT_EQ(type_available("kdev-a"), 7);
	EXPECT_EQ(mdev_create(&m, "kdev-a"), 0);
}

MTAP_TEST(state_is_kept)
{
	dev_set(0, 0, 4, 0x12345678);
	dev_set(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2, 3);
	prog_detach(&dev_prog);
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -ENODEV);
	reattach();
	EXPECT_EQ(dev_get(0, 0, 4), 0x12345678);
	EXPECT_EQ(dev_get(VFIO_PCI_CONFIG_REGION_INDEX, 4, 2), 3);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
	/* It was not created anew. */
	EXPECT_EQ(dev_count(&dev_prog, KDEV_INIT), 1);
	EXPECT_EQ(dev_count(&dev_prog, KDEV_RESET), 0);
}

/* Another load of the same code is as good as the first. */
MTAP_TEST(another_program)
{
	dev_set(0, 8, 4, 77);
	prog_close(&dev_prog);
	second_open();
	ASSERT_EQ(second_attach(), 0);
	EXPECT_EQ(dev_get(0, 8, 4), 77);
	EXPECT_EQ(dev_count(&dev_prog2, KDEV_READ), 1);
}

/* mtty, whose registers a guest's driver relies on */
MTAP_TEST(serial_card)
{
	dev_close_unload();
	dev_load(MTTY);
	dev_open("mtty-2");
	dev_set(1, 7, 1, 0x5a);
	dev_set(1, 1, 1, 1);
	prog_detach(&dev_prog);
	EXPECT_EQ(vfio_get(&dev, 1, 7, 1), -ENODEV);
	reattach();
	EXPECT_EQ(dev_get(1, 7, 1), 0x5a);
	EXPECT_EQ(dev_get(1, 1, 1), 1);
}

MTAP_TEST(interrupts_work_again)
{
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, VFIO_IRQ_SET_ACTION_TRIGGER, event), 0);
	dev_ctl_set(KDEV_CTL_LEVEL, 1);
	EXPECT_EQ(event_take(event), 1);
	prog_detach(&dev_prog);
	/* The line is up, but no program could be asked to take it down. */
	EXPECT_EQ(vfio_irq_none(&dev, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	EXPECT_EQ(event_take(event), 0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, VFIO_IRQ_SET_ACTION_TRIGGER, 1), 0);
	EXPECT_EQ(event_take(event), 0);
	reattach();
	EXPECT_EQ(event_take(event), 1);
	dev_ctl_set(KDEV_CTL_LEVEL, 0);
	EXPECT_EQ(vfio_irq_none(&dev, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	EXPECT_EQ(event_take(event), 0);
	dev_ctl_set(KDEV_CTL_LEVEL, 1);
	EXPECT_EQ(event_take(event), 1);
}

static void no_fit_state_size(struct mdev_bpf_ops *ops)
{
	ops->state_size += 8;
}

static void no_fit_state_version(struct mdev_bpf_ops *ops)
{
	ops->state_version++;
}

static void no_fit_types(struct mdev_bpf_ops *ops)
{
	ops->types[3].name[0] = 'x';
}

static void no_fit_regions(struct mdev_bpf_ops *ops)
{
	ops_region(ops, 0)->size *= 2;
}

static void no_fit_irqs(struct mdev_bpf_ops *ops)
{
	ops_irq(ops, 1)->count = 2;
}

static const struct {
	void (*change)(struct mdev_bpf_ops *ops);
	const char *why;
} no_fit[] = {
	{ no_fit_state_size, "kdev: state_size" },
	{ no_fit_state_version, "kdev: state_version 8" },
	{ no_fit_types, "kdev: types[]" },
	{ no_fit_regions, "kdev: regions[]" },
	{ no_fit_irqs, "kdev: irqs[]" },
};

MTAP_TEST(others_do_not_fit)
{
	size_t i;

	dev_set(0, 0, 4, 4711);
	prog_detach(&dev_prog);
	for (i = 0; i < ARRAY_SIZE(no_fit); i++) {
		no_fit[i].change(second_open());
		EXPECT_EQ(second_attach(), -EINVAL);
		EXPECT_HAS(why_refused(), no_fit[i].why);
		EXPECT_STR(device_attr(&dev_mdev, "state"), "detached");
		EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -ENODEV);
	}
	reattach();
	EXPECT_EQ(dev_get(0, 0, 4), 4711);
}

/* Without devices there is nothing to fit. */
MTAP_TEST(any_program_for_no_devices)
{
	dev_close();
	prog_detach(&dev_prog);
	EXPECT(mtap_await(!exists(PARENT)));
	no_fit_state_version(second_open());
	EXPECT_EQ(second_attach(), 0);
	EXPECT_STR(parent_attr("kdev", "state_version"), "8");
}

MTAP_TEST(last_device_goes)
{
	prog_detach(&dev_prog);
	vfio_close(&dev);
	EXPECT(exists(PARENT));
	EXPECT_EQ(mdev_remove(&dev_mdev), 0);
	EXPECT(!exists(MDEV_DEVICES "/%s", dev_mdev.uuid));
	EXPECT(mtap_await(!exists(PARENT) && !exists("/sys/bus/mdev/drivers/kdev") &&
			  !exists("/sys/class/kdev")));
	EXPECT_EQ(dev_count(&dev_prog, KDEV_EXIT), 0);
	EXPECT_EQ(dev_count(&dev_prog, KDEV_CLOSE), 0);
}

MTAP_TEST(open_while_detached)
{
	vfio_close(&dev);
	prog_detach(&dev_prog);
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), -ENODEV);
	vfio_close(&dev);
	EXPECT_STR(device_attr(&dev_mdev, "open"), "0");
	reattach();
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(dev_get(0, 0, 4), 0);
}

/* BPF_LINK_DETACH is what "bpftool link detach" does; the link itself stays. */
MTAP_TEST(link_detach)
{
	EXPECT_EQ(bpf_link_detach(bpf_link__fd(dev_prog.link)), 0);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "detached");
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -ENODEV);
	second_open();
	ASSERT_EQ(second_attach(), 0);
	/* Closing the dead link does not affect the new one. */
	prog_detach(&dev_prog);
	EXPECT_EQ(dev_get(0, 0, 4), 0);
}

MTAP_TEST(update)
{
	dev_set(0, 0, 4, 1);
	second_open();
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	EXPECT_EQ(dev_get(0, 0, 4), 1);
	EXPECT_EQ(dev_count(&dev_prog, KDEV_READ), 0);
	EXPECT_EQ(dev_count(&dev_prog2, KDEV_READ), 1);
	EXPECT_EQ(dev_count(&dev_prog2, KDEV_INIT), 0);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
}

MTAP_TEST(update_refused)
{
	size_t i;

	for (i = 0; i <= ARRAY_SIZE(no_fit); i++) {
		struct mdev_bpf_ops *ops = second_open();

		if (i < ARRAY_SIZE(no_fit))
			no_fit[i].change(ops);
		else
			ops->name[0] = 'x';
		ASSERT_EQ(prog_load(&dev_prog2), 0);
		EXPECT_EQ(prog_update(&dev_prog, &dev_prog2), -EINVAL);
		EXPECT_HAS(why_refused(), i < ARRAY_SIZE(no_fit) ? no_fit[i].why : "xdev: ");
		EXPECT_EQ(dev_get(0, 0, 4), 0);
		EXPECT_EQ(dev_count(&dev_prog, KDEV_READ), i + 1);
	}
}

/* Reads as fast as it can; every result is one of the two that may be. */
static struct {
	atomic_bool stop;
	atomic_uint good, gone, bad;
} hammered;

static void *hammer(void *unused)
{
	while (!hammered.stop) {
		__s64 val = vfio_get(&dev, 0, 0, 4);

		if (val == 0x5eed)
			hammered.good++;
		else if (val == -ENODEV)
			hammered.gone++;
		else
			hammered.bad++;
	}
	return unused;
}

static pthread_t hammer_start(void)
{
	pthread_t thread;

	dev_set(0, 0, 4, 0x5eed);
	hammered.stop = false;
	hammered.good = 0;
	hammered.gone = 0;
	hammered.bad = 0;
	ASSERT_EQ(pthread_create(&thread, NULL, hammer, NULL), 0);
	/* On one processor the program may else be gone whenever the thread runs */
	EXPECT(mtap_await(hammered.good > 0));
	return thread;
}

static void hammer_stop(pthread_t thread)
{
	hammered.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(hammered.bad, 0);
	EXPECT(hammered.good > 0);
}

static void *read_slowly(void *unused)
{
	while (!hammered.stop)
		vfio_get(&dev, KDEV_CTL, KDEV_CTL_SLOW, 4);
	return unused;
}

/* No task is inside the program when detaching it has returned. */
MTAP_TEST(detach_waits)
{
	__u64 in, out, before;
	pthread_t thread;
	int i;

	dev_op_limit(10000);
	hammered.stop = false;
	ASSERT_EQ(pthread_create(&thread, NULL, read_slowly, NULL), 0);
	for (i = 0; i < 20; i++) {
		before = dev_count(&dev_prog, KDEV_SLOW_IN);
		EXPECT(mtap_await(dev_count(&dev_prog, KDEV_SLOW_IN) > before));
		prog_detach(&dev_prog);
		in = dev_count(&dev_prog, KDEV_SLOW_IN);
		out = dev_count(&dev_prog, KDEV_SLOW_OUT);
		EXPECT_EQ(out, in);
		EXPECT_EQ(prog_attach(&dev_prog), 0);
	}
	hammered.stop = true;
	pthread_join(thread, NULL);
}

/* No task enters it afterwards. */
static bool one_cycle(void)
{
	unsigned int gone = hammered.gone;
	__u64 reads, after;

	prog_detach(&dev_prog);
	if (prog_global(&dev_prog, &reads, KDEV_READ * 8, 8) ||
	    !mtap_await(hammered.gone > gone + 1) ||
	    prog_global(&dev_prog, &after, KDEV_READ * 8, 8) || reads != after)
		return false;
	return !prog_attach(&dev_prog);
}

MTAP_TEST(detach_under_load)
{
	pthread_t thread = hammer_start();
	unsigned int i;

	for (i = 0; i < 200 && one_cycle(); i++)
		;
	hammer_stop(thread);
	EXPECT_EQ(i, 200);
	EXPECT(hammered.gone >= 200);
}

MTAP_TEST(update_under_load)
{
	struct prog *from = &dev_prog, *to = &dev_prog2;
	pthread_t thread;
	unsigned int i;
	int ret = 0;

	second_open();
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	thread = hammer_start();
	for (i = 0; i < 200 && !ret; i++) {
		unsigned int good = hammered.good;

		ret = prog_update(&dev_prog, i & 1 ? from : to);
		if (!mtap_await(hammered.good > good))
			ret = -ETIMEDOUT;
	}
	hammer_stop(thread);
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(hammered.gone, 0);
	EXPECT(dev_count(&dev_prog2, KDEV_READ) > 0);
}

static void load_and_live(void)
{
	child_ready(prog_up(&dev_prog2, KDEV));
}

/* The owner of a link that is pinned nowhere dies. */
MTAP_TEST(killed_loader)
{
	struct child loader;

	dev_close();
	prog_close(&dev_prog);
	child_start(&loader, load_and_live);
	EXPECT_EQ(loader.said, 0);
	dev_mdev = mdev_uuid(1);
	EXPECT_EQ(mdev_create(&dev_mdev, "kdev-a"), 0);
	child_kill(&loader);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "detached");
}

static void *read_slow(void *unused)
{
	sysfs_str(PARENT "/slow");
	return unused;
}

static void start_reader(pthread_t *thread)
{
	char command[160];

	snprintf(command, sizeof(command), "insmod %s uevent=%s/uevent slow_ms=%u", SLOW_READER,
		 PARENT, SLOW_MS);
	ASSERT_EQ(system(command), 0);
	ASSERT_EQ(pthread_create(thread, NULL, read_slow, NULL), 0);
	EXPECT(mtap_await(sysfs_int(SLOW_READERS) == 1));
}

/*
 * A task that hardly runs reads a file of the program when the program is detached. Only the
 * removal of the file waits for it. Detaching and attaching, for which all struct_ops users of
 * the machine wait, take little time; and then the name is free.
 */
MTAP_TEST(reader_is_slow)
{
	double began, detached, refused, other;
	struct mdev_bpf_ops *ops;
	pthread_t reader;

	dev_close();
	ops = second_open();
	strcpy(ops->name, "kother");
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	start_reader(&reader);
	began = mtap_now();
	prog_detach(&dev_prog);
	detached = mtap_now() - began;
	EXPECT_EQ(prog_attach_once(&dev_prog), -EBUSY);
	refused = mtap_now() - began - detached;
	EXPECT_STR(why_refused(),
		   "kdev: the old program is still being removed, a task uses its files: try again");
	EXPECT_EQ(prog_attach(&dev_prog2), 0);
	other = mtap_now() - began - detached - refused;
	EXPECT_EQ(sysfs_int(SLOW_READERS), 1);
	mtap_diag("detach %.0f ms, attach %.0f ms, another %.0f ms", detached * 1000,
		  refused * 1000, other * 1000);
	EXPECT(detached < SLOW_MS / 3000.0);
	EXPECT(refused < SLOW_MS / 3000.0);
	EXPECT(other < SLOW_MS / 3000.0);
	pthread_join(reader, NULL);
	EXPECT(mtap_await(!exists(PARENT)));
	EXPECT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(system("rmmod mdev_bpf_slow_reader"), 0);
}

/* The module cannot go while a program or an open device needs it. */
MTAP_TEST(module_is_held)
{
	int held = sysfs_int("/sys/module/mdev_bpf/refcnt");

	EXPECT(held > 0);
	prog_close(&dev_prog);
	EXPECT(sysfs_int("/sys/module/mdev_bpf/refcnt") > 0);
	dev_close();
	EXPECT(mtap_await(sysfs_int("/sys/module/mdev_bpf/refcnt") == 0));
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .before = load_open, .after = unload_close,
};
