// SPDX-License-Identifier: GPL-2.0-only
/*
 * An upgrade goes from device to device: one of them neither holds up the others nor stops it,
 * once all have been checked.
 */
#include <linux/pci_regs.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kupgrade.h"
#include "missing.h"

#define CONFIG		VFIO_PCI_CONFIG_REGION_INDEX
#define MANY		300
/* Some timers expire during an update, and all of them leave a slow machine time for the rest. */
#define TICK_NS		50000000
#define SOME		40
#define ROUNDS		10
#define IOVA		0x100000
#define LIMIT		"/sys/module/mdev_bpf/parameters/op_limit_ms"
#define MEM_SIZE	(MISSING_PAGES * MISSING_PAGE)

static atomic_bool stop;

static void v1_and_v2(void)
{
	kupgrade_load();
	dev_open("kupgrade-1");
}

static void close_all(void)
{
	sysfs_write("100", LIMIT);
	missing_end();
	kupgrade_expect_nothing_wrong();
	kupgrade_unload();
}

static struct mdev nth(unsigned int i)
{
	return mdev_uuid(1000 + i);
}

static void open_many(struct vfio *many)
{
	unsigned int i;

	for (i = 0; i < MANY; i++)
		vfio_init(&many[i]);
	for (i = 0; i < MANY; i++) {
		struct mdev m = nth(i);

		ASSERT_EQ(mdev_create(&m, "kupgrade-1"), 0);
		ASSERT_EQ(vfio_open(&many[i], &m), 0);
		ASSERT_EQ(vfio_set(&many[i], 0, KUP_TICKS, 4, TICK_NS), 0);
	}
}

static unsigned int await_failed(void)
{
	unsigned int i;

	for (i = 0; i < MANY; i++) {
		struct mdev m = nth(i);

		if (!mtap_await(!strcmp(device_attr(&m, "state"), "failed")))
			break;
	}
	return i;
}

/*
 * What the new program says is the new program's, also if it says so before the upgrade has come
 * to the other devices. All of them are busy and fail, once each.
 */
MTAP_TEST(failure_is_kept)
{
	static struct vfio many[MANY];
	unsigned int i, round;

	open_many(many);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < MANY; i++)
			EXPECT_EQ(vfio_set(&many[i], 0, KUP_ONCE, 4, 1), 0);
		EXPECT_EQ(to_v2(), 0);
		EXPECT_EQ(await_failed(), MANY);
		EXPECT_EQ(to_v1(), 0);
	}
	for (i = 0; i < MANY; i++)
		vfio_close(&many[i]);
}

/* How many accesses began and ended while devices were converted */
struct between {
	struct kup_global *global;
	atomic_uint done;
	unsigned int among;
};

static __u64 conversions(const struct between *b)
{
	return __atomic_load_n(&b->global->upgrades, __ATOMIC_RELAXED);
}

static void *read_on(void *arg)
{
	struct between *b = arg;

	while (!stop) {
		__u64 before = conversions(b);

		if (vfio_get(&dev, 0, KUP_VALUE, 4) < 0)
			break;
		if (before && conversions(b) < 2 * SOME)
			b->among++;
		b->done++;
	}
	return NULL;
}

/* More devices, whose conversion takes time */
static void create_slow(unsigned int nr, unsigned int slow)
{
	unsigned int i;

	for (i = 1; i <= nr; i++) {
		struct mdev m = nth(i);
		struct vfio v;

		ASSERT_EQ(mdev_create(&m, "kupgrade-1"), 0);
		EXPECT_EQ(vfio_open(&v, &m), 0);
		EXPECT_EQ(vfio_set(&v, 0, KUP_SLOW, 4, slow), 0);
		vfio_close(&v);
	}
}

static void upgrade_beside_reads(struct between *b)
{
	pthread_t thread;

	b->global->upgrades = 0;
	b->done = 0;
	b->among = 0;
	stop = false;
	ASSERT_EQ(pthread_create(&thread, NULL, read_on, b), 0);
	EXPECT(mtap_await(b->done));
	EXPECT_EQ(to_v2(), 0);
	stop = true;
	pthread_join(thread, NULL);
	mtap_diag("%u of %u accesses among the conversions", b->among, b->done);
}

/*
 * The first device works while the others are converted, each of which takes its time. Seen in one
 * of some upgrades, because the processor of the thread that reads may be stopped for as long.
 */
MTAP_TEST(others_go_on)
{
	struct between b = { .global = prog_globals(&dev_prog2) };
	unsigned int round = 0;

	ASSERT(b.global);
	create_slow(SOME - 1, 1);
	upgrade_beside_reads(&b);
	for (; b.among <= SOME && round < ROUNDS; round++) {
		EXPECT_EQ(to_v1(), 0);
		upgrade_beside_reads(&b);
	}
	EXPECT(b.among > SOME);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 2);
}

static void *hold_memory(void)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .iova = IOVA, .size = MEM_SIZE,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};
	void *mem;

	missing_need();
	mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(mem != MAP_FAILED);
	ASSERT_EQ(missing_register(mem), 0);
	map.vaddr = (uintptr_t)mem;
	ASSERT_EQ(ioctl(dev.container, VFIO_IOMMU_MAP_DMA, &map), 0);
	return mem;
}

static void *read_guest(void *unused)
{
	vfio_set(&dev, 0, KUP_DMA, 4, IOVA);
	return unused;
}

/*
 * What DMA brings goes to a place that the old program has chosen. The memory that it comes from
 * may never be there, and the device may be another's: it does not come then.
 */
MTAP_TEST(stuck_dma)
{
	static __u32 content[MISSING_PAGE / 4] = { 0xbad };
	struct mdev m = nth(1);
	pthread_t thread;
	struct vfio v;
	void *mem;

	ASSERT_EQ(mdev_create(&m, "kupgrade-1"), 0);
	EXPECT_EQ(vfio_open(&v, &m), 0);
	dev_set(CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	dev_set(0, KUP_VALUE, 4, 0x600d);
	mem = hold_memory();
	ASSERT_EQ(pthread_create(&thread, NULL, read_guest, NULL), 0);
	EXPECT(missing_wanted());
	EXPECT_EQ(to_v2(), 0);
	EXPECT_EQ(vfio_get(&v, 0, KUP_VERSION, 4), 2);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 2);
	missing_bring(0, content);
	EXPECT(mtap_await(vfio_get(&dev, 0, KUP_DMA_ERROR, 4) == (__u32)-ECANCELED));
	pthread_join(thread, NULL);
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 0x600d);
	/* The next one goes to where the new program wants it. */
	dev_set(0, KUP_DMA, 4, IOVA);
	EXPECT(mtap_await(!vfio_get(&dev, 0, KUP_DMA_ERROR, 4)));
	EXPECT(mtap_await(vfio_get(&dev, 0, KUP_VALUE, 4) == 0xbad));
	vfio_close(&v);
	munmap(mem, MEM_SIZE);
}

/* Two devices, of which dev passes the check and cannot be converted then */
static void fail_late(struct mdev *m, struct vfio *v)
{
	*m = nth(1);
	ASSERT_EQ(mdev_create(m, "kupgrade-1"), 0);
	ASSERT_EQ(vfio_open(v, m), 0);
	EXPECT_EQ(vfio_set(v, 0, KUP_VALUE, 4, 5), 0);
	dev_set(0, KUP_VALUE, 4, 4);
	dev_set(0, KUP_FAIL_LATE, 4, -EDOM);
	EXPECT_EQ(to_v2(), 0);
	EXPECT_EQ(vfio_get(v, 0, KUP_VALUE, 4), 5);
	EXPECT_EQ(vfio_get(v, 0, KUP_VERSION, 4), 2);
	EXPECT_STR(device_attr(m, "state"), "attached");
	EXPECT_STR(device_attr(&dev_mdev, "state"), "failed");
	EXPECT_HAS(device_attr(&dev_mdev, "failure"), "op=upgrade\ncode=-33\n");
	EXPECT_EQ(vfio_get(&dev, 0, KUP_VALUE, 4), -EIO);
}

/* A reset gives it an empty state as the new program has it. */
MTAP_TEST(late_failure_is_reset)
{
	struct mdev m;
	struct vfio v;

	fail_late(&m, &v);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 2);
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 0);
	EXPECT_EQ(to_v1(), 0);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 1);
	EXPECT_EQ(vfio_get(&v, 0, KUP_VALUE, 4), 5);
	vfio_close(&v);
}

/* The state is the old program's still, and that finds it again, as another new one would. */
MTAP_TEST(late_failure_keeps_state)
{
	struct mdev m;
	struct vfio v;

	fail_late(&m, &v);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(vfio_get(&dev, 0, KUP_VALUE, 4), -EIO);
	EXPECT_EQ(to_v1(), 0);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 4);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 1);
	EXPECT_EQ(vfio_get(&v, 0, KUP_VALUE, 4), 5);
	dev_set(0, KUP_FAIL_LATE, 4, 0);
	EXPECT_EQ(to_v2(), 0);
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 4);
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 2);
	vfio_close(&v);
}

MTAP_TEST(late_failure_is_removed)
{
	struct mdev m;
	struct vfio v;

	fail_late(&m, &v);
	vfio_close(&dev);
	EXPECT_EQ(mdev_remove(&dev_mdev), 0);
	EXPECT_EQ(to_v1(), 0);
	EXPECT_EQ(vfio_get(&v, 0, KUP_VALUE, 4), 5);
	vfio_close(&v);
}

/* What the program's file in sysfs says of the upgrade: "" if none is under way */
static const char *progress(void)
{
	return parent_attr("kupgrade", "upgrade");
}

/* Which device it has come to, from 1; 0 if it does not do @what */
static unsigned int progress_of(const char *what)
{
	const char *text = progress();
	unsigned int n;

	if (strncmp(text, what, strlen(what)))
		return 0;
	return sscanf(text + strlen(what), " %*[0-9a-f-], %u of", &n) == 1 ? n : 0;
}

/* What was seen of an upgrade while it was under way */
struct seen {
	unsigned int checking, converting, wrong;
};

static bool names_its_device(const char *what, unsigned int n)
{
	char want[64];

	/* dev is the first, and has another kind of number. */
	snprintf(want, sizeof(want), "%s %s, %u of %u", what,
		 n == 1 ? dev_mdev.uuid : nth(n - 1).uuid, n, SOME);
	return !strcmp(progress(), want);
}

static void see(struct seen *seen, const char *what, unsigned int *times)
{
	unsigned int n = progress_of(what);

	if (!n)
		return;
	(*times)++;
	/* It may have gone on between the two looks. */
	if (!names_its_device(what, n) && progress_of(what) == n)
		seen->wrong++;
}

static void *watch(void *arg)
{
	struct seen *seen = arg;

	while (!stop) {
		see(seen, "checking", &seen->checking);
		see(seen, "converting", &seen->converting);
	}
	return NULL;
}

static void upgrade_and_watch(struct seen *seen)
{
	pthread_t thread;

	EXPECT_STR(progress(), "");
	stop = false;
	ASSERT_EQ(pthread_create(&thread, NULL, watch, seen), 0);
	EXPECT_EQ(to_v2(), 0);
	EXPECT_STR(progress(), "");
	stop = true;
	pthread_join(thread, NULL);
	mtap_diag("seen %u times checking, %u times converting", seen->checking, seen->converting);
}

/* An administrator who waits for an upgrade can see which device takes the time. */
MTAP_TEST(progress_is_shown)
{
	struct seen seen = { 0 };
	unsigned int round = 0;

	create_slow(SOME - 1, KUP_SLOW_MAX);
	upgrade_and_watch(&seen);
	for (; !(seen.checking && seen.converting) && round < ROUNDS; round++) {
		EXPECT_EQ(to_v1(), 0);
		upgrade_and_watch(&seen);
	}
	EXPECT(seen.checking && seen.converting);
	EXPECT_EQ(seen.wrong, 0);
	/* Nor is one under way when it was refused. */
	dev_set(0, KUP_FAIL, 4, -EDOM);
	EXPECT_EQ(to_v1(), -EDOM);
	EXPECT_STR(progress(), "");
}

/* A process of its own upgrades; it is killed when some devices have been checked. */
static bool kill_upgrade(void)
{
	pid_t pid = fork();
	int status;

	ASSERT(pid >= 0);
	if (!pid)
		_exit(to_v2() ? 1 : 0);
	while (!progress_of("checking") && !waitpid(pid, &status, WNOHANG))
		;
	kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	       dev_get(0, KUP_VERSION, 4) == 1;
}

/* All struct_ops users of the machine wait for the check, so SIGKILL ends it. */
MTAP_TEST(killed_while_it_checks)
{
	unsigned int round = 0;

	create_slow(SOME - 1, 4 * KUP_SLOW_MAX);
	while (!kill_upgrade() && ++round < ROUNDS)
		EXPECT_EQ(to_v1(), 0);
	EXPECT(round < ROUNDS);
	EXPECT_STR(progress(), "");
	EXPECT_EQ(to_v2(), 0);
}

/* The time for which converting one device takes half a second, so that many take too long */
static unsigned int half_a_second(void)
{
	unsigned int slow = KUP_SLOW_MAX;
	double began, took = 0;

	while (took < 1 && slow < KUP_SLOWEST) {
		slow *= 2;
		dev_set(0, KUP_SLOW, 4, slow);
		began = mtap_now();
		EXPECT_EQ(to_v2(), 0);
		took = mtap_now() - began;
		EXPECT_EQ(to_v1(), 0);
	}
	return slow;
}

MTAP_TEST(check_that_takes_too_long)
{
	unsigned int slow;
	double began;

	ASSERT_EQ(sysfs_write("10000", LIMIT), 0);
	slow = half_a_second();
	create_slow(SOME - 1, slow);
	began = mtap_now();
	EXPECT_EQ(to_v2(), -ETIME);
	mtap_diag("refused after %.1f s", mtap_now() - began);
	EXPECT_HAS(why_refused(), "upgrade takes too long: ");
	EXPECT_HAS(why_refused(), " of 40 devices checked after 10 s");
	EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 1);
	EXPECT_STR(progress(), "");
}

/* Resets dev once while other devices are checked: after its own turn, and before it goes over. */
static void *reset_at_check(void *arg)
{
	int *ret = arg;

	while (!stop && progress_of("checking") < 2)
		;
	*ret = vfio_reset(&dev);
	if (!*ret && !progress_of("checking"))
		*ret = -EAGAIN;
	return NULL;
}

/*
 * A device with a state that could not be converted is reset while the next program is checked: its
 * state is another one when its turn comes, and the upgrade has to be prepared for both.
 */
MTAP_TEST(stale_is_reset_meanwhile)
{
	int ret = -EAGAIN, round;
	pthread_t thread;

	create_slow(SOME - 1, KUP_SLOW_MAX);
	for (round = 0; round < ROUNDS && ret == -EAGAIN; round++) {
		kupgrade_program(&dev_prog2, "map_v2");
		dev_set(0, KUP_VALUE, 4, 4);
		dev_set(0, KUP_FAIL_LATE, 4, -EDOM);
		EXPECT_EQ(to_v2(), 0);
		EXPECT_STR(device_attr(&dev_mdev, "state"), "failed");
		stop = false;
		ASSERT_EQ(pthread_create(&thread, NULL, reset_at_check, &ret), 0);
		EXPECT_EQ(to_v1(), 0);
		stop = true;
		pthread_join(thread, NULL);
		EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
		EXPECT_EQ(dev_get(0, KUP_VERSION, 4), 1);
	}
	mtap_diag("%d rounds", round);
	/* The state of the reset, and not the one that was kept */
	EXPECT_EQ(ret, 0);
	EXPECT_EQ(dev_get(0, KUP_VALUE, 4), 0);
	EXPECT_EQ(dev_get(0, KUP_UPGRADES, 4), 1);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .before = v1_and_v2, .after = close_all,
};
