// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever the user of a device does, and however little of the processor or of memory it may
 * have: its program can be detached and attached at any time, since all struct_ops users of the
 * machine wait for that.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "dev.h"
#include "mig.h"
#include "progs/kmem.h"
#include "slowness.h"

#define GROUP	"kst_stall"
#define NAME	"kstall"
#define MIB	(1u << 20)
#define STREAM	(40 * MIB)
/* What must not be waited for takes seconds; what may be takes milliseconds. */
#define BOUND	(0.5 * slowness())
#define ROUNDS	6
#define THREADS	15
#define S(name)	VFIO_DEVICE_STATE_##name

/* What the holder, a process of its own, and this one know of each other */
struct shared {
	atomic_int ready;	/* 1: the holder is about to begin; negative: it cannot */
	atomic_uint begun;
	atomic_uint done;
};

/* One way to keep a device busy, over and over */
struct load {
	void (*run)(void);
	bool hold;		/* the holder keeps the device open */
	unsigned int mib;	/* of memory that are touched before: the device's, or its own */
	int (*prepare)(const struct load *load);
	unsigned int threads;	/* do it, and one more */
	const char *file;	/* of the group: what limits it while it runs, */
	const char *limit;	/* and how */
	void (*between)(void);	/* done without limit each time, in front of it */
};

static struct shared *shared;
static pid_t holder;
static char *stream;
static ssize_t stream_len;

static int fill_memory(const struct load *load)
{
	static char block[MIB];
	unsigned int i;

	memset(block, 0x5a, sizeof(block));
	for (i = 0; i < load->mib; i++)
		if (vfio_pwrite(&dev, KMEM_LARGE, i * (__u64)MIB, block, MIB) != MIB)
			return -ENOSPC;
	return 0;
}

static int take_stream(const struct load *load)
{
	int ret = fill_memory(load);

	if (ret)
		return ret;
	stream = malloc(STREAM);
	stream_len = mig_save(&dev, stream, STREAM);
	return stream_len < 0 ? stream_len : mig_set(&dev, S(RUNNING), NULL);
}

static void reset(void)
{
	vfio_reset(&dev);
}

static int migf = -1;

static void write_stream(void)
{
	mig_set(&dev, S(RUNNING), NULL);
	if (!mig_set(&dev, S(RESUMING), &migf))
		mig_write(migf, stream, stream_len);
}

static void restore(void)
{
	mig_set(&dev, S(STOP), NULL);
	if (migf >= 0)
		close(migf);
	migf = -1;
}

static void precopy(void)
{
	static char piece[64 * 1024];
	int fd = -1, stop = -1;

	mig_set(&dev, S(PRE_COPY), &fd);
	while (fd >= 0 && read(fd, piece, sizeof(piece)) > 0)
		;
	mig_set(&dev, S(STOP_COPY), &stop);
	while (fd >= 0 && read(fd, piece, sizeof(piece)) > 0)
		;
	mig_set(&dev, S(RUNNING), NULL);
	if (fd >= 0)
		close(fd);
	if (stop >= 0)
		close(stop);
}

static void save(void)
{
	int fd = -1;

	mig_set(&dev, S(STOP_COPY), &fd);
	if (fd >= 0)
		close(fd);
	mig_set(&dev, S(RUNNING), NULL);
}

static void open_close(void)
{
	vfio_open(&dev, &dev_mdev);
	vfio_close(&dev);
}

static void create_remove(void)
{
	struct mdev m = mdev_uuid(77);

	mdev_create(&m, NAME "-1");
	mdev_remove(&m);
}

/* Each thread another device, and there is only room for two */
static void create_too_many(void)
{
	struct mdev m = mdev_uuid(1000 + gettid());

	mdev_create(&m, NAME "-1");
}

static void read_files(void)
{
	static const char *const files[] = {
		"state", "link_id", "state_size", "state_version", "devices",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		parent_attr(NAME, files[i]);
	type_available(NAME "-1");
	sysfs_str("%s/description", type_path(NAME "-1"));
	device_attr(&dev_mdev, "stats");
	device_attr(&dev_mdev, "failure");
	device_attr(&dev_mdev, "dump");
}

static void ask(unsigned long cmd, __u32 argsz, __u32 second)
{
	__u32 arg[32] = { argsz, 0, second };

	vfio_ioctl(&dev, cmd, arg);
}

static void ioctls(void)
{
	static int event = -1;
	__u32 val = 0x12345678;

	if (event < 0)
		event = event_new();
	ask(VFIO_DEVICE_GET_INFO, sizeof(struct vfio_device_info), 0);
	ask(VFIO_DEVICE_GET_REGION_INFO, sizeof(struct vfio_region_info), KMEM_LARGE);
	ask(VFIO_DEVICE_GET_IRQ_INFO, sizeof(struct vfio_irq_info), 0);
	vfio_irq_fd(&dev, VFIO_PCI_REQ_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, event);
	vfio_irq_none(&dev, VFIO_PCI_REQ_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, 0);
	mig_state(&dev);
	mig_data_size(&dev);
	vfio_pread(&dev, 0, KMEM_TRAPS, &val, sizeof(val));
	vfio_pwrite(&dev, VFIO_PCI_CONFIG_REGION_INDEX, PCI_INTERRUPT_LINE, &val, 1);
	vfio_pread(&dev, VFIO_PCI_CONFIG_REGION_INDEX, 0, &val, sizeof(val));
	ask(_IO(VFIO_TYPE, VFIO_BASE + 99), 16, 0);
}

static void *run_on(void *arg)
{
	const struct load *load = arg;

	for (;;)
		load->run();
	return NULL;
}

/* The holder's whole life */
static void __noreturn holder_main(const struct load *load)
{
	int ret = cgroup_enter(GROUP);
	pthread_t thread;
	unsigned int i;

	/* The link is the parent's to end. */
	prog_close(&dev_prog);
	if (!ret && load->hold)
		ret = vfio_open(&dev, &dev_mdev);
	if (!ret && load->prepare)
		ret = load->prepare(load);
	for (i = 0; !ret && i < load->threads; i++)
		ret = pthread_create(&thread, NULL, run_on, (void *)load);
	shared->ready = ret ? ret : 1;
	while (!ret) {
		if (load->between) {
			cgroup_put(GROUP, load->file, "max");
			load->between();
		}
		cgroup_put(GROUP, load->file, load->limit);
		shared->begun++;
		load->run();
		shared->done++;
	}
	_exit(1);
}

static void start(const struct load *load)
{
	memset(shared, 0, sizeof(*shared));
	holder = fork();
	ASSERT(holder >= 0);
	if (!holder)
		holder_main(load);
	EXPECT(mtap_await(shared->ready));
	ASSERT_EQ(shared->ready, 1);
}

static void end_holder(void)
{
	if (holder <= 0)
		return;
	kill(holder, SIGKILL);
	/* What it may have is of interest no more, and it has to come to an end. */
	cgroup_put(GROUP, "cpu.max", "max");
	cgroup_put(GROUP, "memory.high", "max");
	waitpid(holder, NULL, 0);
	holder = 0;
}

/* Detach and attach; returns the time that the longer of both took. */
static double cycle(void)
{
	double begin = mtap_now(), detached, attached;

	prog_detach(&dev_prog);
	detached = mtap_now() - begin;
	begin = mtap_now();
	EXPECT_EQ(prog_attach(&dev_prog), 0);
	attached = mtap_now() - begin;
	return detached > attached ? detached : attached;
}

/* How often the group has used up its quota */
static long throttled(void)
{
	long n, found = 0;
	char line[64];
	FILE *f = fopen(CGROUPS "/" GROUP "/cpu.stat", "r");

	while (f && fscanf(f, "%63s %ld", line, &n) == 2)
		if (!strcmp(line, "nr_throttled"))
			found = n;
	if (f)
		fclose(f);
	return found;
}

/* The holder is at it when the program goes: it has begun what it has not done yet. */
static void await_begun(void)
{
	ASSERT(mtap_await(shared->begun != shared->done));
}

/* It has just been stopped, at any point of what it does. */
static void await_throttled(void)
{
	long before = throttled();

	ASSERT(mtap_await(throttled() != before));
}

static void expect_no_stall(void (*await)(void))
{
	double longest = 0, took;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		await();
		took = cycle();
		longest = took > longest ? took : longest;
	}
	mtap_diag("longest of %u: %.0f ms", ROUNDS, longest * 1000);
	EXPECT(longest < BOUND);
}

static void at_full_speed(void (*run)(void))
{
	start(&(struct load){
		.run = run, .hold = true, .mib = 192, .prepare = fill_memory,
		.file = "cpu.max", .limit = "max",
	});
	expect_no_stall(await_begun);
}

/* 2 % of a processor, and none for the rest of a second if that is used up */
static void with_quota(struct load load)
{
	if (cgroup_mount("cpu"))
		mtap_skip("no cpu controller of cgroup2");
	load.file = "cpu.max";
	load.limit = "20000 1000000";
	start(&load);
	expect_no_stall(load.threads ? await_throttled : await_begun);
}

MTAP_TEST(resets_at_speed)
{
	at_full_speed(reset);
}

MTAP_TEST(resets)
{
	with_quota((struct load){
		.run = reset, .hold = true, .mib = 64, .prepare = fill_memory,
	});
}

MTAP_TEST(restores)
{
	with_quota((struct load){
		.run = restore, .hold = true, .mib = 32, .prepare = take_stream,
		.between = write_stream,
	});
}

MTAP_TEST(saves)
{
	with_quota((struct load){
		.run = precopy, .hold = true, .mib = 16, .prepare = fill_memory,
	});
}

MTAP_TEST(opens)
{
	with_quota((struct load){ .run = open_close });
}

MTAP_TEST(creates)
{
	with_quota((struct load){ .run = create_remove });
}

MTAP_TEST(creates_too_many)
{
	struct mdev m = mdev_uuid(77);

	ASSERT_EQ(mdev_create(&m, NAME "-1"), 0);
	with_quota((struct load){ .run = create_too_many, .threads = THREADS });
}

MTAP_TEST(asks)
{
	with_quota((struct load){ .run = ioctls, .hold = true, .threads = THREADS });
}

MTAP_TEST(reads_files)
{
	with_quota((struct load){ .run = read_files, .threads = THREADS });
}

/* Of its own memory, so that it has more than it may have */
static int exceed(const struct load *load)
{
	char *mine = malloc(load->mib * MIB);

	if (!mine)
		return -ENOMEM;
	memset(mine, 1, load->mib * MIB);
	return 0;
}

/* A group above memory.high sleeps for seconds in each larger allocation. */
static void above_high(void (*run)(void), bool hold)
{
	if (cgroup_mount("memory"))
		mtap_skip("no memory controller of cgroup2");
	start(&(struct load){
		.run = run, .hold = hold, .mib = 64, .prepare = exceed,
		.file = "memory.high", .limit = "1M",
	});
	expect_no_stall(await_begun);
}

MTAP_TEST(saves_above_high)
{
	above_high(save, true);
}

MTAP_TEST(creates_above_high)
{
	above_high(create_remove, false);
}

static void load(void)
{
	dev_need_module();
	if (cgroup_mount("cpu"))
		mtap_skip("no cgroup2");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT(shared != MAP_FAILED);
}

/* Most of its memory is cleared by a reset, and its state is as large as it can be. */
static void before(void)
{
	struct mdev_bpf_ops *ops;

	ASSERT_EQ(cgroup_make(GROUP), 0);
	ASSERT_EQ(prog_open(&dev_prog, "progs/kmem.bpf.o", NULL), 0);
	ops = prog_ops(&dev_prog);
	memcpy(ops->name, NAME, sizeof(NAME));
	ops_region(ops, KMEM_LARGE)->flags &= ~MDEV_BPF_REGION_KEEP;
	ops->state_size = MDEV_BPF_MAX_STATE;
	ops->max_instances = 2;
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	dev_mdev = mdev_uuid(0xd0);
	ASSERT_EQ(mdev_create(&dev_mdev, NAME "-1"), 0);
}

static void after(void)
{
	struct mdev m = mdev_uuid(77);

	end_holder();
	mdev_remove(&m);
	dev_close_unload();
	cgroup_remove(GROUP);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = before, .after = after,
};
