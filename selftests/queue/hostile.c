// SPDX-License-Identifier: GPL-2.0-only
/* Queues of a program that goes wrong, or wants to: failures, endless rings, what is refused. */
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mig.h"
#include "queues.h"
#include "slowness.h"
#include "wrong.h"

#define ERR	VFIO_PCI_ERR_IRQ_INDEX

static int error;

static void load_and_open(void)
{
	queues_load("kqueue");
	queues_open();
	error = event_new();
	ASSERT_EQ(vfio_irq_fd(&dev, ERR, VFIO_IRQ_SET_ACTION_TRIGGER, error), 0);
}

static void close_all(void)
{
	queues_close();
	close(error);
	prog_close(&dev_prog2);
}

static void set_all(unsigned int mode)
{
	unsigned int q;

	for (q = 0; q < KQ_QUEUES; q++)
		queue_global->mode[q] = mode;
}

static void ring_all(void)
{
	unsigned int q;

	for (q = 0; q < KQ_QUEUES; q++)
		vfio_set(&dev, KQ_BAR, KQ_TAIL(q), 4, 1);
}

/* One queue fails the device: all of it, with the reason, until it is reset. */
MTAP_TEST(fails)
{
	queue_global->mode[4] = KQ_FAILS;
	queue_ring(4, 1);
	ASSERT(mtap_await(*device_attr(&dev_mdev, "failure")));
	EXPECT_HAS(device_attr(&dev_mdev, "failure"), "op=queue\ncode=-77\nprogram=bpf_prog_");
	EXPECT_HAS(device_attr(&dev_mdev, "failure"), "text=queue 4 is tired");
	EXPECT_EQ(event_wait(error), 1);
	EXPECT_EQ((__s64)queue_global->second_fail, -EALREADY);
	EXPECT_EQ(vfio_get(&dev, 0, KQ_ANY, 4), -EIO);
	event_take(queue_event[4]);
	/* Rings are accepted, and wait */
	queue_global->mode[4] = KQ_NOTHING;
	queue_ring(1, 1);
	queue_ring(4, 2);
	mtap_wait_us(2000);
	EXPECT_EQ(event_take(queue_event[1]), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
	EXPECT_EQ(queue_reg(1, KQ_CALLS), 0);
	queue_ring(4, 3);
	EXPECT_EQ(event_wait(queue_event[4]), 1);
	EXPECT_EQ(queue_reg(4, KQ_CALLS), 1);
}

/* All of them at the same time: one reason remains, and one error interrupt. */
MTAP_TEST(all_fail)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		set_all(KQ_FAILS);
		ring_all();
		ASSERT(mtap_await(*device_attr(&dev_mdev, "failure")));
		set_all(KQ_NOTHING);
		EXPECT_EQ(event_wait(error), 1);
		EXPECT_EQ(vfio_reset(&dev), 0);
		/* None of the failures that came second is left */
		EXPECT_EQ(dev_get(0, KQ_ALL_STILL, 4), 0);
		EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
	}
	queue_ring(0, 1);
	EXPECT(event_wait(queue_event[0]) >= 1);
}

/* A program that replaces the one that has failed does not inherit the failure. */
MTAP_TEST(fails_while_replaced)
{
	unsigned int i;

	ASSERT_EQ(prog_open(&dev_prog2, KQUEUE, "moved"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	for (i = 0; i < 20; i++) {
		queue_global->mode[2] = KQ_FAILS;
		queue_ring(2, 1);
		ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
		EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
		queue_global->mode[2] = KQ_NOTHING;
		ASSERT_EQ(prog_update(&dev_prog, &dev_prog), 0);
		EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
	}
}

MTAP_TEST(out_of_range)
{
	queue_global->mode[1] = KQ_WRONG;
	queue_ring(1, 0);
	EXPECT_EQ(event_wait(queue_event[1]), 1);
	EXPECT_EQ(queue_global->bad, 0);
	dev_set(0, KQ_KICK, 4, KQ_QUEUES);
	EXPECT_EQ((__s32)dev_get(0, KQ_KICK, 4), -EINVAL);
	dev_set(0, KQ_KICK, 4, 0xffffffff);
	EXPECT_EQ((__s32)dev_get(0, KQ_KICK, 4), -EINVAL);
	EXPECT_EQ(vfio_get(&dev, 0, KQ_QUEUE(KQ_QUEUES), 4), -EINVAL);
}

/* Queues that ring themselves and each other for ever stop nobody. */
MTAP_TEST(endless)
{
	double start = mtap_now();
	unsigned int i;

	for (i = 0; i < 5; i++) {
		set_all(i & 1 ? KQ_SELF : KQ_NEXT);
		ring_all();
		EXPECT_EQ(dev_get(0, KQ_ANY, 4), 0x1234);
		EXPECT_EQ(dev_get(0, KQ_ALL_STILL, 4), 0);
		EXPECT_EQ(vfio_reset(&dev), 0);
		ring_all();
		EXPECT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_STOP, NULL), 0);
		EXPECT_EQ(mig_set(&dev, VFIO_DEVICE_STATE_RUNNING, NULL), 0);
		prog_detach(&dev_prog);
		ASSERT_EQ(prog_attach(&dev_prog), 0);
		vfio_close(&dev);
		ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
		ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KQ_MSI, queue_event), 0);
		set_all(KQ_NOTHING);
	}
	EXPECT(mtap_now() - start < 30 * slowness());
	queues_expect_sound();
}

/* An op that runs for too long keeps others for as long as the limit, and then its device fails. */
MTAP_TEST(hangs)
{
	unsigned int q;
	double start;

	set_all(KQ_SPIN);
	ring_all();
	start = mtap_now();
	prog_detach(&dev_prog);
	/* 100 ms and half of it for one op of each processor, and what the machine adds */
	EXPECT(mtap_now() - start < 3 * slowness());
	set_all(KQ_NOTHING);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "attached");
	for (q = 0; q < KQ_QUEUES; q++)
		event_take(queue_event[q]);
	queue_ring(0, 1);
	EXPECT(event_wait(queue_event[0]) >= 1);
}

static void child(void)
{
	if (vfio_open(&dev, &dev_mdev))
		_exit(1);
	set_all(KQ_SELF);
	ring_all();
	for (;;)
		pause();
}

/* The process dies while its queues are busy: the device is closed, and works for the next user. */
MTAP_TEST(killed)
{
	__u64 before = queue_global->calls;
	pid_t pid;

	vfio_close(&dev);
	pid = fork();
	if (!pid)
		child();
	EXPECT(mtap_await(__sync_fetch_and_add(&queue_global->calls, 0) > before + 10));
	kill(pid, SIGKILL);
	EXPECT_EQ(waitpid(pid, NULL, 0), pid);
	set_all(KQ_NOTHING);
	EXPECT(mtap_await(vfio_open(&dev, &dev_mdev) == 0));
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KQ_MSI, queue_event), 0);
	queue_ring(0, 1);
	EXPECT(event_wait(queue_event[0]) >= 1);
}

/* The process that has opened the device dies, and another one uses it: its queues go on. */
MTAP_TEST(inherited)
{
	int ready[2], go[2];
	char c = 0;
	pid_t pid;

	ASSERT_EQ(pipe(ready), 0);
	ASSERT_EQ(pipe(go), 0);
	vfio_close(&dev);
	pid = fork();
	if (!pid) {
		pid_t user;

		if (vfio_open(&dev, &dev_mdev) ||
		    vfio_irq_fds(&dev, MSI, 0, KQ_MSI, queue_event))
			_exit(1);
		user = fork();
		if (user)
			_exit(0);	/* The opener */
		/* Wait until the opener is gone, and its threads with it */
		if (read(go[0], &c, 1) < 0)
			_exit(1);
		vfio_set(&dev, KQ_BAR, KQ_TAIL(3), 4, 0x42);
		EXPECT_EQ(write(ready[1], &c, 1), 1);
		if (read(go[0], &c, 1) < 0)
			_exit(1);
		_exit(0);
	}
	EXPECT_EQ(waitpid(pid, NULL, 0), pid);
	EXPECT_EQ(write(go[1], &c, 1), 1);
	EXPECT_EQ(read(ready[0], &c, 1), 1);
	EXPECT_EQ(event_wait(queue_event[3]), 1);
	EXPECT_EQ(write(go[1], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	close(go[1]);
	EXPECT(mtap_await(vfio_open(&dev, &dev_mdev) == 0));
}

/* The number of tasks of a process, with one that has ended and was not waited for */
static int tasks_of(pid_t pid)
{
	const struct dirent *d;
	char path[64];
	int nr = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (d = readdir(dir)))
		nr += d->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return nr;
}

/* Two processes that have the device open, and how to tell them what to do, one byte each */
struct heirs {
	pid_t opener, user;
	int go[2], done[2];
};

static void heirs_use(struct heirs *h)
{
	pid_t self = getpid();
	char c;

	if (write(h->done[1], &self, sizeof(self)) != sizeof(self))
		_exit(1);
	while (read(h->go[0], &c, 1) == 1) {
		vfio_get(&dev, 0, KQ_ANY, 4);
		vfio_set(&dev, KQ_BAR, KQ_TAIL(3), 4, c);
		if (write(h->done[1], &c, 1) != 1)
			break;
	}
	_exit(0);
}

/* The opener, with a queue that is in its op, and another process that has the device open */
static void heirs_open(struct heirs *h)
{
	ASSERT_EQ(pipe(h->go), 0);
	ASSERT_EQ(pipe(h->done), 0);
	vfio_close(&dev);
	h->opener = fork();
	if (!h->opener) {
		close(h->go[1]);
		if (vfio_open(&dev, &dev_mdev) ||
		    vfio_irq_fds(&dev, MSI, 0, KQ_MSI, queue_event))
			_exit(1);
		vfio_set(&dev, KQ_BAR, KQ_TAIL(3), 4, 1);
		if (!fork())
			heirs_use(h);
		for (;;)
			pause();
	}
	ASSERT_EQ(read(h->done[0], &h->user, sizeof(h->user)), sizeof(h->user));
	ASSERT(mtap_await(__sync_fetch_and_add(&queue_global->inside, 0)));
}

/* Have the other process enter the device and ring the queue. */
static void heirs_ring(struct heirs *h, char c)
{
	EXPECT_EQ(write(h->go[1], &c, 1), 1);
	EXPECT_EQ(read(h->done[0], &c, 1), 1);
}

static void heirs_close(struct heirs *h)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		close(h->go[i]);
		close(h->done[i]);
	}
	EXPECT(mtap_await(vfio_open(&dev, &dev_mdev) == 0));
}

/*
 * The opener dies while a queue is in its op, and this queue is rung meanwhile. The thread that is
 * in the op will not look again, so another one does. The queue gets a thread again.
 */
MTAP_TEST(inherited_while_busy)
{
	struct heirs heirs;
	__u64 calls = 0, n;

	dev_op_limit(10000);
	queue_global->mode[3] = KQ_SPIN;
	heirs_open(&heirs);
	kill(heirs.opener, SIGKILL);
	/* The dead leader, and the thread of queue 3 */
	EXPECT(mtap_await(tasks_of(heirs.opener) == 2));
	heirs_ring(&heirs, 2);
	EXPECT_EQ(queue_global->inside, 1);
	queues_calm();
	do {
		n = event_wait(queue_event[3]);
		calls += n;
	} while (n && calls < 2);
	EXPECT_EQ(calls, 2);
	EXPECT_EQ(waitpid(heirs.opener, NULL, 0), heirs.opener);
	heirs_ring(&heirs, 3);
	EXPECT_EQ(event_wait(queue_event[3]), 1);
	/* The device's thread, and one for each queue */
	EXPECT(mtap_await(tasks_of(heirs.user) == 1 + 1 + KQ_QUEUES));
	heirs_close(&heirs);
}

static const struct {
	const char *map;
	const char *why;
} bad[] = {
	{ "bad_device_state", "expected pointer to STRUCT mdev_bpf_dev" },
	{ "bad_device_timer", "expected pointer to STRUCT mdev_bpf_dev" },
	{ "bad_device_stop", "expected pointer to STRUCT mdev_bpf_dev" },
	{ "bad_device_ptr", "expected pointer to STRUCT mdev_bpf_dev" },
	{ "bad_device_loop", "expected pointer to STRUCT mdev_bpf_dev" },
	{ "bad_write_id", "read-only" },
	{ "bad_made_up", "" },
	{ "bad_beyond", "invalid access to memory" },
	{ "bad_queue_state", "expected pointer to STRUCT mdev_bpf_queue" },
	{ "bad_queue_loop", "expected pointer to STRUCT mdev_bpf_queue" },
	{ "bad_upgrade_kick", "calling kernel function" },
};

/* Processes whose threads are more than the kernel would wait for at the same time: 512 */
#define STOPPED	(512 / (1 + KQ_QUEUES) + 1)

/* A process that has our files, has opened the device, and is stopped. */
static pid_t open_and_stop(void)
{
	int tell[2], status;
	pid_t pid;

	ASSERT_EQ(pipe(tell), 0);
	vfio_init(&dev);
	pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, NULL);
	if (!pid) {
		vfio_open(&dev, &dev_mdev);
		if (write(tell[1], &dev, sizeof(dev)) != sizeof(dev))
			_exit(1);
		for (;;)
			pause();
	}
	EXPECT_EQ(read(tell[0], &dev, sizeof(dev)), sizeof(dev));
	close(tell[0]);
	close(tell[1]);
	EXPECT(dev.device >= 0);
	EXPECT_EQ(kill(pid, SIGSTOP), 0);
	EXPECT_EQ(waitpid(pid, &status, WUNTRACED), pid);
	EXPECT(WIFSTOPPED(status));
	return pid;
}

/* Threads of stopped processes do not end. Those of another user do. */
MTAP_TEST(many_are_stopped)
{
	pid_t pids[STOPPED];
	unsigned int i;
	int before;

	vfio_close(&dev);
	for (i = 0; i < STOPPED; i++) {
		pids[i] = open_and_stop();
		vfio_close(&dev);
	}
	before = tasks_of(getpid());
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT(tasks_of(getpid()) > before);
	vfio_close(&dev);
	EXPECT(mtap_await(tasks_of(getpid()) == before));
	for (i = 0; i < STOPPED; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	EXPECT_EQ(vfio_open(&dev, &dev_mdev), 0);
}

MTAP_TEST(refused_functions)
{
	struct prog p = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(prog_open(&p, "progs/kqbad.bpf.o", bad[i].map), 0);
		if (prog_load(&p) == 0)
			mtap_fail(__FILE__, __LINE__, "%s was loaded", bad[i].map);
		EXPECT_HAS(prog_log(), bad[i].why);
		prog_close(&p);
	}
}

WRONG(many, ops->queues = MDEV_BPF_MAX_QUEUES + 1)
WRONG(large, ops->queue_state_size = MDEV_BPF_MAX_QUEUE_STATE + 1)
WRONG(none, ops->queues = 0)
WRONG(few, ops->queues = KQ_QUEUES - 1)
WRONG(last, ops->registers[1].work = KQ_QUEUES)
WRONG(wraps, ops->registers[0].work = 0xffffffff)
WRONG(small_state, ops->queue_state_size = 8; ops->registers[0].state = 8)
WRONG(stride, ops->registers[0].state_stride = 8)
WRONG(no_doorbell, ops->registers[0].flags = MDEV_BPF_REGISTER_QUEUE)
WRONG(read_clear, ops->registers[0].read_clear = 1)
WRONG(no_write, ops->registers[0].write = 0)

static const struct wrong wrong[] = {
	{ many, -EINVAL, "queues 17 is more than 16" },
	{ large, -E2BIG, "queue_state_size 65537 is more than 65536" },
	{ none, -EINVAL, "there is queue, but queues is 0: say how many queues there are" },
	{ few, -EINVAL, "registers[0] \"TAIL\".work: its last queue, 7, is not below queues, 7" },
	{ last, -EINVAL, "registers[1] \"BELL\".work: its last queue, 8, is not below queues, 8" },
	{ wraps, -EINVAL, "registers[0] \"TAIL\".work: its last queue, 4294967302, is not below" },
	{ small_state, -EINVAL, "\"TAIL\".state: its end, 12, is behind queue_state_size, 8" },
	{ stride, -EINVAL, "\"TAIL\".state_stride is 8, but each queue has its own state" },
	{ no_doorbell, -EINVAL, "registers[0] \"TAIL\" rings a QUEUE, but is no DOORBELL" },
	{ read_clear, -EINVAL, "registers[0] \"TAIL\" rings a QUEUE, so it has no read_clear" },
	{ no_write, -EINVAL, "\"TAIL\" rings a QUEUE and has no write: make it CONST" },
};

MTAP_TEST(refused_declarations)
{
	queues_close();
	expect_wrong(KQUEUE, wrong, ARRAY_SIZE(wrong));
}

WRONG(no_op, ops->queues = 2)
WRONG(state_alone, ops->queue_state_size = 64)

static const struct wrong wrong_without[] = {
	{ no_op, -EINVAL, "queues is 2, but there is no queue" },
	{ state_alone, -EINVAL, "queue_state_size is 64, but queues is 0" },
};

MTAP_TEST(refused_without_queues)
{
	queues_close();
	expect_wrong(KDEV, wrong_without, ARRAY_SIZE(wrong_without));
}

static int update_with(unsigned int queues, unsigned int size, bool upgrade)
{
	struct prog p = {};
	int ret;

	ASSERT_EQ(prog_open(&p, KQUEUE, "kqueue"), 0);
	prog_ops(&p)->queues = queues;
	prog_ops(&p)->queue_state_size = size ?: prog_ops(&p)->queue_state_size;
	if (!upgrade)
		prog_ops(&p)->upgrade = NULL;
	if (queues > KQ_QUEUES)
		prog_ops(&p)->state_version = 3;
	ASSERT_EQ(prog_load(&p), 0);
	ret = prog_update(&dev_prog, &p);
	prog_close(&p);
	return ret;
}

/* The devices keep the number of their queues; another size of the states needs upgrade. */
MTAP_TEST(refused_updates)
{
	EXPECT_EQ(update_with(KQ_QUEUES + 1, 0, true), -EINVAL);
	EXPECT_HAS(why_refused(), "queues is 9, the devices have 8");
	EXPECT_EQ(update_with(KQ_QUEUES, 4096, false), -EINVAL);
	EXPECT_HAS(why_refused(),
		   "queue_state_size is 4096, the devices have 32, and there is no upgrade");
	queue_ring(0, 1);
	EXPECT_EQ(event_wait(queue_event[0]), 1);
}

const struct mtap_suite mtap_suite = {
	.before = load_and_open,
	.after = close_all,
};
