// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NVMe controller of bpf/nvme while its life goes on: resets, migration, another program, all
 * of them with commands in progress; and nonsense from the driver.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "nvme_driver.h"

#define KNVME		"progs/knvme.bpf.o"

const struct mtap_suite mtap_suite = {
	.setup = drv_load,
	.before = drv_before,
	.after = drv_close,
	.teardown = dev_unload,
};

/* CC.EN is cleared while a command waits for its data. */
MTAP_TEST(controller_reset_in_use)
{
	drv_absent();
	drv_io(1, NVME_IO_READ, 0, 1, ABSENT);
	drv_io(2, NVME_IO_READ, 0, 24, IN);
	drv_ring(&dev, 1);
	drv_ring(&dev, 2);
	ASSERT(missing_wanted());
	dev_set(0, NVME_REG_CC, 4, 0);
	EXPECT(mtap_await(!(dev_get(0, NVME_REG_CSTS, 4))));
	/* Now the page is the driver's. */
	drv_bring(0);
	memset(drv_mem + ABSENT, 0x77, NVME_PAGE);
	drv_enable(&dev);
	drv_create(&dev, 2);
	drv_expect_works(&dev);
	EXPECT_EQ(drv_mem[ABSENT], 0x77);
}

MTAP_TEST(device_reset_in_use)
{
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 7, 8, OUT), 0);
	drv_absent();
	drv_io(1, NVME_IO_READ, 0, 1, ABSENT);
	drv_ring(&dev, 1);
	ASSERT(missing_wanted());
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_get(0, NVME_REG_CC, 4), 0);
	EXPECT_EQ(dev_get(0, NVME_REG_ASQ, 8), 0);
	drv_enable(&dev);
	drv_create(&dev, 2);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 7, 8, IN), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, NVME_PAGE));
	drv_bring(0);
}

/* The user closes the device in the middle, and another opens it. */
MTAP_TEST(closed_in_use)
{
	drv_absent();
	drv_io(1, NVME_IO_READ, 0, 1, ABSENT);
	drv_ring(&dev, 1);
	ASSERT(missing_wanted());
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(dev_get(0, NVME_REG_CSTS, 4), 0);
	drv_start(&dev, 2);
	drv_expect_works(&dev);
	drv_bring(0);
}

/* Commands in all states go on at the target: waiting for data, fetched, rung only. */
MTAP_TEST(migrates_in_flight)
{
	unsigned int i;

	drv_plug(&b);
	ASSERT_EQ(vfio_set(&b, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER), 0);
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 5, 24, OUT), 0);
	drv_absent();
	drv_io(1, NVME_IO_WRITE, 100, 1, ABSENT);
	for (i = 0; i < 6; i++)
		drv_io(1, NVME_IO_READ, 5, 24, IN + 4 * i * NVME_PAGE);
	drv_ring(&dev, 1);
	ASSERT(missing_wanted());
	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	drv_io(2, NVME_IO_READ, 5, 24, IN);
	drv_ring(&dev, 2);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT_EQ(drv_wait(&b, 2), 0);
	EXPECT(event_wait(drv_vector[2]));
	for (i = 0; i < 6; i++)
		EXPECT_EQ(drv_wait(&b, 1), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, 24 * BLOCK));
	drv_bring(0);
	EXPECT_EQ(drv_wait(&b, 1), 0);
	drv_io(1, NVME_IO_READ, 100, 1, IN);
	EXPECT_EQ(drv_run(&b, 1), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, BLOCK));
	drv_expect_works(&b);
}

/* Write Zeroes of much memory, stopped somewhere */
MTAP_TEST(migrates_write_zeroes)
{
	drv_plug(&b);
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 65535, 1, OUT), 0);
	drv_io(1, NVME_IO_WRITE_ZEROES, 0, 65536, 0);
	drv_ring(&dev, 1);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT_EQ(drv_wait(&b, 1), 0);
	drv_io(1, NVME_IO_READ, 65535, 1, IN);
	EXPECT_EQ(drv_run(&b, 1), 0);
	EXPECT_EQ(drv_mem[IN], 0);
}

static void replace(const char *object)
{
	prog_close(&dev_prog2);
	ASSERT_EQ(prog_open(&dev_prog2, object, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
}

/* The program is replaced while commands are in progress. */
static void replaced_in_use(const char *object)
{
	unsigned int i;

	drv_absent();
	drv_io(1, NVME_IO_WRITE, 1000, 1, ABSENT);
	for (i = 0; i < 30; i++)
		drv_io(1, i & 1 ? NVME_IO_READ : NVME_IO_WRITE, 16 * i, 16,
		       (i & 1 ? IN : OUT) + i * NVME_PAGE);
	drv_ring(&dev, 1);
	ASSERT(missing_wanted());
	replace(object);
	drv_io(2, NVME_IO_READ, 0, 8, IN);
	EXPECT_EQ(drv_run(&dev, 2), 0);
	drv_bring(0);
	for (i = 0; i < 31; i++)
		EXPECT_EQ(drv_wait(&dev, 1), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 1000, 1, IN), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, BLOCK));
	drv_expect_works(&dev);
}

MTAP_TEST(program_replaced_in_use)
{
	replaced_in_use(NVME);
}

/* Another program of the same name, and new devices */
static void renew(void)
{
	drv_close();
	dev_unload();
	dev_load(NVME);
	drv_before();
}

/* The same, while a PRP list is being fetched, and with another version of the state */
MTAP_TEST(state_converted_in_use)
{
	struct nvme_command *cmd;

	replaced_in_use(KNVME);
	renew();
	drv_absent();
	cmd = drv_io(1, NVME_IO_WRITE, 100, 24, OUT);
	memcpy(drv_page(INFO_PAGE), drv_mem + (cmd->prp2 - IOVA), 64);
	cmd->prp2 = drv_iova(ABSENT_PAGE);
	drv_ring(&dev, 1);
	ASSERT(missing_wanted());
	replace(KNVME);
	missing_bring(0, drv_page(INFO_PAGE));
	EXPECT_EQ(drv_wait(&dev, 1), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 100, 24, IN), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, 24 * BLOCK));
	renew();
}

/* Another size of memory, and of blocks */
MTAP_TEST(sizes)
{
	struct nvme_id_namespace *namespace = drv_page(INFO_PAGE);

	vfio_close(&dev);
	ASSERT_EQ(sysfs_write("3M", MDEV_DEVICES "/%s/params/size", dev_mdev.uuid), 0);
	ASSERT_EQ(sysfs_write("12", MDEV_DEVICES "/%s/params/lba_shift", dev_mdev.uuid), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	drv_start(&dev, 1);
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, NVME_CNS_NAMESPACE, 0), 0);
	EXPECT_EQ(namespace->nsze, 768);
	EXPECT_EQ(namespace->lbaf[0], NVME_LBAF_LBADS(12));
	drv_io(1, NVME_IO_WRITE, 767, 1, 0)->prp1 = IOVA + OUT;
	EXPECT_EQ(drv_run(&dev, 1), 0);
	drv_io(1, NVME_IO_READ, 767, 1, 0)->prp1 = IOVA + IN;
	EXPECT_EQ(drv_run(&dev, 1), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, 4096));
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 768, 1, IN), BAD(NVME_SC_LBA_RANGE));
}

/* Nonsense, the same for the same seed (MDEV_TEST_SEED) */
static __u64 random_state;

static void seed_random(void)
{
	const char *seed = getenv("MDEV_TEST_SEED");

	random_state = seed ? strtoull(seed, NULL, 0) : 0x9e3779b97f4a7c15ULL;
	mtap_diag("MDEV_TEST_SEED=%#llx", (unsigned long long)random_state);
}

static __u32 any(__u32 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % below;
}

static __u64 any_bits(void)
{
	return (__u64)any(~0U) << 32 | any(~0U);
}

/* After nonsense: the program has not failed, and a reset makes the device as new. */
static void expect_survived(void)
{
	EXPECT_STR(device_attr(&dev_mdev, "failure"), "");
	ASSERT_EQ(vfio_reset(&dev), 0);
	drv_enable(&dev);
	drv_create(&dev, 2);
	drv_expect_works(&dev);
}

MTAP_TEST(random_registers)
{
	static const __u32 regs[] = {
		NVME_REG_INTMS, NVME_REG_INTMC, NVME_REG_CC, NVME_REG_CC, NVME_REG_CSTS,
		NVME_REG_AQA, NVME_REG_ASQ, NVME_REG_ACQ,
	};
	unsigned int i;

	seed_random();
	for (i = 0; i < 20000; i++) {
		unsigned int size = 1 << any(4);
		__u64 val = any_bits() >> any(64), at;

		switch (any(4)) {
		case 0:
			at = regs[any(ARRAY_SIZE(regs))];
			break;
		case 1:
			at = NVME_REG_SQTDBL + 4 * any(40);
			val %= 80;
			break;
		case 2:
			at = any(0x4000);
			break;
		default:
			/* Often a controller that can be enabled */
			at = regs[2 + any(6)];
			val = at == NVME_REG_CC ? 0x460000 | any(2) :
			      at == NVME_REG_AQA ? 0x3f003f : IOVA + any(PAGES) * NVME_PAGE;
		}
		vfio_pwrite(&dev, 0, at & ~(size - 1ULL), &val, size);
		vfio_pread(&dev, 0, at & ~(size - 1ULL), &val, size);
	}
	expect_survived();
}

/* An address that is right, nearly right, or any */
static __u64 any_address(void)
{
	switch (any(8)) {
	case 0:
		return any_bits();
	case 1:
		return drv_iova(PAGES - 1) + any(2 * NVME_PAGE);
	case 2:
		return drv_iova(any(PAGES)) + any(NVME_PAGE);
	case 3:
		return drv_iova(LIST_PAGE + any(16)) + 8 * any(512);
	}
	return drv_iova(INFO_PAGE + any(PAGES - INFO_PAGE));
}

static void random_command(unsigned int q)
{
	static const __u8 io[] = { 0, 1, 2, 5, 8, 9 };
	static const __u8 admin[] = { 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 0x7c };
	struct nvme_command *cmd = drv_next(q, 0);

	cmd->opcode = !any(16) ? any(256) : q ? io[any(ARRAY_SIZE(io))] :
		      admin[any(ARRAY_SIZE(admin))];
	cmd->flags = any(16) ? 0 : any(256);
	cmd->cid = any(200);
	cmd->nsid = any(8) ? q ? 1 : any(3) : any_bits();
	cmd->prp1 = any_address();
	cmd->prp2 = any_address();
	cmd->cdw10 = any(4) ? any(300) : any_bits();
	cmd->cdw11 = any(4) ? any(8) : any_bits();
	cmd->cdw12 = any(4) ? any(256) : any_bits();
	cmd->cdw13 = any(16) ? 0 : any_bits();
	if (!q && (cmd->opcode == 1 || cmd->opcode == 5) && any(4)) {
		cmd->cdw10 = any(100) << 16 | any(17);
		cmd->cdw11 = any(5) << 16 | any(4);
	}
}

/* Take what there is, without looking at it. */
static void drain(unsigned int q)
{
	struct drv_queue *queue = &drv_queue[q];

	while (drv_ready(q)) {
		queue->head = (queue->head + 1) % ENTRIES;
		if (!queue->head)
			queue->phase ^= 1;
	}
	dev_set(0, NVME_REG_CQHDBL + q * NVME_REG_DB_STRIDE, 4, queue->head);
}

/* Commands of all kinds into the queues, lists of all kinds, and now and then a reset */
static void any_commands(void)
{
	unsigned int round, i, resets = 0;

	seed_random();
	for (round = 0; round < 1000; round++) {
		for (i = 0; i < 512; i++)
			((__u64 *)drv_page(LIST_PAGE + round % 16))[i] = any_address();
		for (i = any(30); i; i--)
			random_command(1 + any(2));
		for (i = any(6); i; i--)
			random_command(0);
		for (i = 0; i < 3; i++) {
			drv_ring(&dev, i);
			drain(i);
		}
		if (dev_get(0, NVME_REG_CSTS, 4) & NVME_CSTS_CFS || !any(10)) {
			resets++;
			if (any(2))
				ASSERT_EQ(vfio_reset(&dev), 0);
			else
				drv_disable(&dev);
			/* What was written into the rings by chance is gone, too. */
			drv_enable(&dev);
			drv_create(&dev, 2);
		}
	}
	mtap_diag("%u resets", resets);
	expect_survived();
}

MTAP_TEST(random_commands)
{
	any_commands();
}

MTAP_TEST(random_commands_with_file)
{
	drv_use_file("");
	any_commands();
}

#define AREAS	24	/* of 8 blocks, each with one command at a time */

/* A part of the disk, and of IN: what it has, and what its command does */
static struct area {
	unsigned int q, cid;	/* of its command; queue 0 if there is none */
	unsigned int opcode;
	unsigned int now, next;	/* the block of OUT at which its content begins; 0 for zeros */
	bool same;		/* Compare is given what is there */
} area[AREAS];

static void *of_area(unsigned int i)
{
	return drv_mem + IN + i * NVME_PAGE;
}

static void begin_any(unsigned int q, unsigned int i)
{
	static const __u8 opcodes[] = {
		NVME_IO_WRITE, NVME_IO_READ, NVME_IO_WRITE_ZEROES, NVME_IO_COMPARE,
	};
	struct area *a = &area[i];
	__u64 at = IN + i * NVME_PAGE;

	a->q = q;
	a->opcode = opcodes[any(ARRAY_SIZE(opcodes))];
	a->next = a->now;
	a->same = a->now && any(2);
	if (a->opcode == NVME_IO_WRITE) {
		a->next = 1 + any(400);
		at = OUT + a->next * BLOCK;
	} else if (a->opcode == NVME_IO_WRITE_ZEROES) {
		a->next = 0;
	} else if (a->opcode == NVME_IO_COMPARE) {
		at = OUT + (a->same ? a->now : a->now + 1) * BLOCK;
	}
	memset(of_area(i), 0xee, NVME_PAGE);
	a->cid = drv_io(q, a->opcode, 64 * i, 8, at)->cid;
	drv_ring(&dev, q);
}

/* The next completion of a queue: the command of some area */
static void end_any(unsigned int q)
{
	static const __u8 zeros[NVME_PAGE];
	const __u8 *from = drv_mem + OUT;
	int status = drv_wait(&dev, q);
	unsigned int i;

	ASSERT(status >= 0);
	for (i = 0; i < AREAS && (area[i].q != q || area[i].cid != drv_last.cid); i++)
		;
	ASSERT(i < AREAS);
	EXPECT_EQ(SC(status), area[i].opcode == NVME_IO_COMPARE && !area[i].same ?
		  NVME_SC_COMPARE_FAILED : 0);
	if (area[i].opcode == NVME_IO_READ)
		EXPECT(!memcmp(of_area(i), area[i].now ? from + area[i].now * BLOCK : zeros,
			       NVME_PAGE));
	area[i].now = area[i].next;
	area[i].q = 0;
}

/* Each command ends once, and the disk has what a model of it has. */
MTAP_TEST(random_io)
{
	unsigned int left[3] = {}, i, q, n;

	seed_random();
	memset(area, 0, sizeof(area));
	for (n = 0; n < 2000; n++) {
		i = any(AREAS);
		q = 1 + any(2);
		while (area[i].q) {
			left[area[i].q]--;
			end_any(area[i].q);
		}
		begin_any(q, i);
		left[q]++;
	}
	for (q = 1; q <= 2; q++)
		while (left[q]--)
			end_any(q);
	EXPECT(!drv_ready(1) && !drv_ready(2));
}
