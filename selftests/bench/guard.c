// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cost of the main paths against that in the file baseline.txt, in guest instructions. vm/check
 * runs this in a VM with --icount, where such counts repeat exactly. A path that got more than 2 %
 * more expensive fails. With another release of the same kernel version, 10 % are allowed.
 *
 * bench/renew.sh makes a new baseline, with RENEW in the environment; bench/where.sh shows where
 * the instructions go.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cost.h"
#include "execlog.h"
#include "floor.h"
#include "guest.h"
#include "progs/kbell.h"

#define BASELINE	"bench/baseline.txt"
#define IOVA		0x100000000ULL
#define LSR		5
#define SCR		7
#define MSI		VFIO_PCI_MSI_IRQ_INDEX

static off_t at;		/* of the access that op does, in the device's file */
static __u64 read_floor, write_floor;

/* What a call takes; if it is wanted, a log of one, by the name of the path */
static __u64 logged_cost(const char *path, void (*op)(void))
{
	__u64 n = cost(op);

	if (execlog_wanted())
		execlog(path, op);
	return n;
}

static void read_byte(void)
{
	char byte;

	ASSERT_EQ(pread(dev.device, &byte, 1, at), 1);
}

static void write_byte(void)
{
	ASSERT_EQ(pwrite(dev.device, "\x5a", 1, at), 1);
}

static bool same_series(const char *release, const char *other)
{
	unsigned int a[2], b[2];

	return sscanf(release, "%u.%u", &a[0], &a[1]) == 2 &&
	       sscanf(other, "%u.%u", &b[0], &b[1]) == 2 && a[0] == b[0] && a[1] == b[1];
}

/*
 * What the baseline says of a path: 0 if nothing. Lines "PATH N" follow a line "kernel RELEASE".
 * @percent: what may come on top; 0 if there is no such line for a kernel like this one.
 */
static __u64 baseline(const char *path, unsigned int *percent)
{
	unsigned long long n, found = 0;
	char line[128], name[64];
	struct utsname uts;
	bool mine = false;
	FILE *f = fopen(BASELINE, "r");

	ASSERT(f);
	uname(&uts);
	*percent = 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "kernel %63s", name) == 1) {
			mine = same_series(name, uts.release);
			if (mine)
				*percent = strcmp(name, uts.release) ? 10 : 2;
		} else if (mine && sscanf(line, "%63s %llu", name, &n) == 2 &&
			   !strcmp(name, path)) {
			found = n;
		}
	}
	fclose(f);
	return found;
}

static void check(const char *path, __u64 n)
{
	unsigned int percent;
	__u64 was = baseline(path, &percent);

	mtap_diag("cost: %s %llu", path, n);
	if (!was)
		mtap_fail(__FILE__, __LINE__, "%s is not in " BASELINE, path);
	else if (n * 100 > was * (100 + percent))
		mtap_fail(__FILE__, __LINE__,
			  "%s takes %llu instructions, %.1f %% more than %llu: see Documentation/testing.rst",
			  path, n, 100.0 * n / was - 100, was);
}

static void check_read(const char *path, unsigned int region, __u64 off)
{
	at = dev.region[region].offset + off;
	check(path, logged_cost(path, read_byte) - read_floor);
}

static void check_write(const char *path, unsigned int region, __u64 off)
{
	at = dev.region[region].offset + off;
	check(path, logged_cost(path, write_byte) - write_floor);
}

static void open_device(const char *object, const char *type)
{
	dev_load(object);
	dev_open(type);
}

MTAP_TEST(declared_registers)
{
	open_device(MTTY, "mtty-1");
	check_read("declared_read", 0, LSR);
	check_write("declared_write", 0, SCR);
}

MTAP_TEST(called_program)
{
	open_device("progs/kempty.bpf.o", "kempty-1");
	check_read("called_read", 0, 0);
	check_write("called_write", 0, 0);
}

MTAP_TEST(configuration_space)
{
	open_device("progs/kempty.bpf.o", "kempty-1");
	check_read("config_read", VFIO_PCI_CONFIG_REGION_INDEX, 0);
}

/* A write that a program answers by a message to an eventfd, and one that queues work */
MTAP_TEST(interrupt_and_doorbell)
{
	int events[KBELL_MSI], i;

	open_device("progs/kbell.bpf.o", "kbell-a");
	for (i = 0; i < KBELL_MSI; i++)
		events[i] = event_new();
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KBELL_MSI, events), 0);
	check_write("write_and_message", KBELL_BAR, 0);
	check_write("doorbell", KBELL_IO, KBELL_PORT);
	for (i = 0; i < KBELL_MSI; i++)
		close(events[i]);
}

static void request(void)
{
	kdma_set(KDMA_GO, MDEV_BPF_DMA_READ);
}

static void plain_register(void)
{
	kdma_set(KDMA_VALUE, 0);
}

MTAP_TEST(dma)
{
	static const unsigned int sizes[] = { 64, 4096 };
	char path[32];
	__u64 base;
	unsigned int i;

	guest_load();
	guest_open();
	ASSERT_EQ(guest_map(IOVA, guest_alloc(4096, 1), 4096, PROT_RW), 0);
	base = logged_cost("dma_floor", plain_register);
	for (i = 0; i < 2; i++) {
		kdma_prepare(IOVA, MDEV_BPF_STATE((__u64)KDMA_DATA), sizes[i]);
		snprintf(path, sizeof(path), "dma_%u", sizes[i]);
		check(path, logged_cost(path, request) - base);
	}
	guest_close();
}

static void create_and_remove(void)
{
	struct mdev m = mdev_uuid(0xd1);

	ASSERT_EQ(mdev_create(&m, "kempty-1"), 0);
	ASSERT_EQ(mdev_remove(&m), 0);
}

MTAP_TEST(life)
{
	dev_load("progs/kempty.bpf.o");
	check("create_and_remove", cost(create_and_remove));
}

/* Counts are those of a processor that does nothing else, and of a kernel without instruments. */
static void setup(void)
{
	unsigned int percent;

	dev_need_module();
	baseline("", &percent);
	if (!percent && !getenv("RENEW") && !execlog_wanted())
		mtap_skip(BASELINE " has no figures of this kernel version");
	floor_open();
	read_floor = logged_cost("read_floor", floor_read);
	write_floor = logged_cost("write_floor", floor_write);
}

const struct mtap_suite mtap_suite = { .setup = setup, .after = dev_close_unload };
