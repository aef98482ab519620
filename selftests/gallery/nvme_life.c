// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NVMe controller of bpf/nvme while its life goes on: resets, migration, another program, all
 * of them with commands in progress; a file that has the content; and nonsense from the driver.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "nvme_driver.h"

#define KNVME		"progs/knvme.bpf.o"
#define FILE_SIZE	(8u << 20)

static char path[32];
static int file = -1;

static void setup(void)
{
	dev_load(NVME);
}

static void before(void)
{
	drv_open();
	drv_start(&dev, 2);
}

static void after(void)
{
	drv_close();
	if (file >= 0) {
		close(file);
		unlink(path);
		file = -1;
	}
}

const struct mtap_suite mtap_suite = {
	.setup = setup,
	.before = before,
	.after = after,
	.teardown = dev_unload,
};

static void absent(void)
{
	missing_need();
	ASSERT_EQ(missing_register(drv_mem + ABSENT), 0);
}

static void bring(unsigned int page)
{
	missing_bring(page, drv_mem + OUT);
}

static void expect_works(const struct vfio *v)
{
	memset(drv_mem + IN, 0, NVME_PAGE);
	drv_io(1, NVME_IO_WRITE, 40, 8, OUT);
	EXPECT_EQ(drv_run(v, 1), 0);
	drv_io(1, NVME_IO_READ, 40, 8, IN);
	EXPECT_EQ(drv_run(v, 1), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, NVME_PAGE));
}

/* CC.EN is cleared while a command waits for its data. */
MTAP_TEST(controller_reset_in_use)
{
	absent();
	drv_io(1, NVME_IO_READ, 0, 1, ABSENT);
	drv_io(2, NVME_IO_READ, 0, 24, IN);
	drv_ring(&dev, 1);
	drv_ring(&dev, 2);
	ASSERT(missing_wanted());
	dev_set(0, NVME_REG_CC, 4, 0);
	EXPECT(mtap_await(!(dev_get(0, NVME_REG_CSTS, 4))));
	/* Now the page is the driver's. */
	bring(0);
	memset(drv_mem + ABSENT, 0x77, NVME_PAGE);
	drv_enable(&dev);
	drv_create(&dev, 2);
	expect_works(&dev);
	EXPECT_EQ(drv_mem[ABSENT], 0x77);
}

MTAP_TEST(device_reset_in_use)
{
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 7, 8, OUT), 0);
	absent();
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
	bring(0);
}

/* The user closes the device in the middle, and another opens it. */
MTAP_TEST(closed_in_use)
{
	absent();
	drv_io(1, NVME_IO_READ, 0, 1, ABSENT);
	drv_ring(&dev, 1);
	ASSERT(missing_wanted());
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(dev_get(0, NVME_REG_CSTS, 4), 0);
	drv_start(&dev, 2);
	expect_works(&dev);
	bring(0);
}

/* Commands in all states go on at the target: waiting for data, fetched, rung only. */
MTAP_TEST(migrates_in_flight)
{
	unsigned int i;

	drv_plug(&b);
	ASSERT_EQ(vfio_set(&b, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER), 0);
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 5, 24, OUT), 0);
	absent();
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
	bring(0);
	EXPECT_EQ(drv_wait(&b, 1), 0);
	drv_io(1, NVME_IO_READ, 100, 1, IN);
	EXPECT_EQ(drv_run(&b, 1), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, BLOCK));
	expect_works(&b);
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

	absent();
	drv_io(1, NVME_IO_WRITE, 1000, 1, ABSENT);
	for (i = 0; i < 30; i++)
		drv_io(1, i & 1 ? NVME_IO_READ : NVME_IO_WRITE, 16 * i, 16,
		       (i & 1 ? IN : OUT) + i * NVME_PAGE);
	drv_ring(&dev, 1);
	ASSERT(missing_wanted());
	replace(object);
	drv_io(2, NVME_IO_READ, 0, 8, IN);
	EXPECT_EQ(drv_run(&dev, 2), 0);
	bring(0);
	for (i = 0; i < 31; i++)
		EXPECT_EQ(drv_wait(&dev, 1), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 1000, 1, IN), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, BLOCK));
	expect_works(&dev);
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
	before();
}

/* The same, while a PRP list is being fetched, and with another version of the state */
MTAP_TEST(state_converted_in_use)
{
	struct nvme_command *cmd;

	replaced_in_use(KNVME);
	renew();
	absent();
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

/* A device whose content is a file; @how is what stands before its path. */
static void use_file(const char *how)
{
	char text[80];

	if (file < 0) {
		file = mkstemp(strcpy(path, "/tmp/kst_nvme.XXXXXX"));
		ASSERT(file >= 0);
		ASSERT_EQ(ftruncate(file, FILE_SIZE + 100), 0);
	}
	vfio_close(&dev);
	snprintf(text, sizeof(text), "%s%s", how, path);
	ASSERT_EQ(sysfs_write(text, MDEV_DEVICES "/%s/params/disk", dev_mdev.uuid), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	drv_start(&dev, 2);
}

static bool in_file(const void *want, size_t size, off_t at)
{
	static char buf[MAX_BLOCKS * BLOCK];

	ASSERT_EQ(pread(file, buf, size, at), (ssize_t)size);
	return !memcmp(buf, want, size);
}

MTAP_TEST(content_in_file)
{
	struct nvme_id_controller *controller = drv_page(INFO_PAGE);
	struct nvme_id_namespace *namespace = drv_page(INFO_PAGE);
	static const char zeros[40 * BLOCK];

	use_file("");
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, NVME_CNS_NAMESPACE, 0), 0);
	EXPECT_EQ(namespace->nsze, FILE_SIZE / BLOCK);
	EXPECT_EQ(namespace->nsattr, 0);
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 0, NVME_CNS_CONTROLLER, 0), 0);
	EXPECT_EQ(controller->vwc, NVME_VWC_FLUSH_ALL | NVME_VWC_PRESENT);
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 3, MAX_BLOCKS, OUT + 4), 0);
	EXPECT(in_file(drv_mem + OUT + 4, MAX_BLOCKS * BLOCK, 3 * BLOCK));
	EXPECT_EQ(drv_do(2, NVME_IO_READ, 3, MAX_BLOCKS, IN + 512), 0);
	EXPECT(!memcmp(drv_mem + IN + 512, drv_mem + OUT + 4, MAX_BLOCKS * BLOCK));
	EXPECT_EQ(drv_do(1, NVME_IO_FLUSH, 0, 1, 0), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_COMPARE, 3, MAX_BLOCKS, OUT + 4), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_COMPARE, 4, 1, OUT + 4),
		  NVME_SC_COMPARE_FAILED | NVME_SC_DNR);
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE_ZEROES, 10, 20, 0), 0);
	EXPECT(in_file(zeros, 20 * BLOCK, 10 * BLOCK));
	drv_io(1, NVME_IO_WRITE_ZEROES, 40, 40, 0)->cdw12 |= NVME_IO_DEAC | NVME_IO_FUA;
	EXPECT_EQ(drv_run(&dev, 1), 0);
	EXPECT(in_file(zeros, 40 * BLOCK, 40 * BLOCK));
	drv_io(1, NVME_IO_WRITE, 0, 8, OUT)->cdw12 |= NVME_IO_FUA;
	EXPECT_EQ(drv_run(&dev, 1), 0);
	EXPECT_EQ(drv_admin(NVME_ADMIN_SET_FEATURES, NVME_FEATURE_CACHE, 0), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 16000, 1, OUT), 0);
	EXPECT(in_file(drv_mem + OUT, BLOCK, 16000 * BLOCK));
	EXPECT_EQ(drv_do(1, NVME_IO_READ, FILE_SIZE / BLOCK, 1, IN), BAD(NVME_SC_LBA_RANGE));
}

MTAP_TEST(file_deallocate)
{
	struct nvme_range *range = drv_page(INFO_PAGE);
	struct nvme_command *cmd;
	struct stat before, after;

	use_file("");
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 0, MAX_BLOCKS, OUT), 0);
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 4096, MAX_BLOCKS, OUT), 0);
	ASSERT_EQ(fstat(file, &before), 0);
	range[0] = (struct nvme_range) { .lba = 0, .blocks = 128 };
	range[1] = (struct nvme_range) { .lba = 4096, .blocks = 256 };
	cmd = drv_next(1, NVME_IO_DSM);
	cmd->cdw10 = 1;
	cmd->cdw11 = NVME_DSM_DEALLOCATE;
	cmd->prp1 = drv_iova(INFO_PAGE);
	EXPECT_EQ(drv_run(&dev, 1), 0);
	ASSERT_EQ(fstat(file, &after), 0);
	EXPECT_EQ(before.st_blocks - after.st_blocks, 384);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 127, 2, IN), 0);
	EXPECT_EQ(drv_mem[IN], 0);
	EXPECT(!memcmp(drv_mem + IN + BLOCK, drv_mem + OUT + 128 * BLOCK, BLOCK));
}

MTAP_TEST(file_errors)
{
	struct nvme_id_namespace *namespace = drv_page(INFO_PAGE);

	use_file("ro:");
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, NVME_CNS_NAMESPACE, 0), 0);
	EXPECT_EQ(namespace->nsattr, NVME_NSATTR_PROTECTED);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 0, 1, OUT), BAD(NVME_SC_WRITE_PROTECTED));
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE_ZEROES, 0, 1, 0), BAD(NVME_SC_WRITE_PROTECTED));
	EXPECT_EQ(drv_do(1, NVME_IO_FLUSH, 0, 1, 0), 0);
	/* Others make the file shorter. */
	use_file("");
	ASSERT_EQ(ftruncate(file, FILE_SIZE / 2), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, FILE_SIZE / BLOCK - 1, 1, IN),
		  NVME_SC_READ_ERROR | NVME_SC_MORE);
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, FILE_SIZE / BLOCK - 1, 1, OUT),
		  NVME_SC_WRITE_FAULT | NVME_SC_MORE);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
	drv_disable(&dev);
	drv_enable(&dev);
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, NVME_CNS_NAMESPACE, 0), 0);
	EXPECT_EQ(namespace->nsze, FILE_SIZE / 2 / BLOCK);
}

/* Shutdown flushes the file. */
MTAP_TEST(file_shutdown)
{
	use_file("");
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 0, 1, OUT), 0);
	dev_set(0, NVME_REG_CC, 4, 4 << 20 | 6 << 16 | 1 << 14 | NVME_CC_EN);
	EXPECT(mtap_await(dev_get(0, NVME_REG_CSTS, 4) ==
			  (NVME_CSTS_RDY | NVME_CSTS_SHST_COMPLETE)));
	drv_disable(&dev);
	EXPECT_EQ(dev_get(0, NVME_REG_CSTS, 4), 0);
	drv_enable(&dev);
	drv_create(&dev, 1);
	expect_works(&dev);
	/* Both at once are a shutdown, too. */
	dev_set(0, NVME_REG_CC, 4, 1 << 14);
	EXPECT(mtap_await(!dev_get(0, NVME_REG_CSTS, 4)));
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	drv_start(&dev, 1);
	ASSERT_EQ(drv_info(NVME_ADMIN_GET_LOG, NVME_NSID_ALL, 127 << 16 | NVME_LOG_SMART, 0), 0);
	EXPECT_EQ(((struct nvme_smart *)drv_page(INFO_PAGE))->unsafe_shutdowns[0], 1);
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
	expect_works(&dev);
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
	use_file("");
	any_commands();
}
