// SPDX-License-Identifier: GPL-2.0-only
/* The NVMe controller of bpf/nvme with its content in a file, of which one is slow, and fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuse.h"
#include "nvme_driver.h"

static void after(void)
{
	fuse_end();
	drv_close();
}

const struct mtap_suite mtap_suite = {
	.setup = drv_load,
	.before = drv_before,
	.after = after,
	.teardown = dev_unload,
};

static bool in_file(const void *want, size_t size, off_t at)
{
	static char buf[MAX_BLOCKS * BLOCK];

	ASSERT_EQ(pread(drv_file, buf, size, at), (ssize_t)size);
	return !memcmp(buf, want, size);
}

MTAP_TEST(content_in_file)
{
	struct nvme_id_controller *controller = drv_page(INFO_PAGE);
	struct nvme_id_namespace *namespace = drv_page(INFO_PAGE);
	static const char zeros[40 * BLOCK];

	drv_use_file("");
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, NVME_CNS_NAMESPACE, 0), 0);
	EXPECT_EQ(namespace->nsze, DRV_FILE_SIZE / BLOCK);
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
	EXPECT_EQ(drv_do(1, NVME_IO_READ, DRV_FILE_SIZE / BLOCK, 1, IN), BAD(NVME_SC_LBA_RANGE));
}

MTAP_TEST(file_deallocate)
{
	struct nvme_range *range = drv_page(INFO_PAGE);
	struct nvme_command *cmd;
	struct stat before, after;

	drv_use_file("");
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 0, MAX_BLOCKS, OUT), 0);
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 4096, MAX_BLOCKS, OUT), 0);
	ASSERT_EQ(fstat(drv_file, &before), 0);
	range[0] = (struct nvme_range) { .lba = 0, .blocks = 128 };
	range[1] = (struct nvme_range) { .lba = 4096, .blocks = 256 };
	cmd = drv_next(1, NVME_IO_DSM);
	cmd->cdw10 = 1;
	cmd->cdw11 = NVME_DSM_DEALLOCATE;
	cmd->prp1 = drv_iova(INFO_PAGE);
	EXPECT_EQ(drv_run(&dev, 1), 0);
	ASSERT_EQ(fstat(drv_file, &after), 0);
	EXPECT_EQ(before.st_blocks - after.st_blocks, 384);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 127, 2, IN), 0);
	EXPECT_EQ(drv_mem[IN], 0);
	EXPECT(!memcmp(drv_mem + IN + BLOCK, drv_mem + OUT + 128 * BLOCK, BLOCK));
}

MTAP_TEST(file_errors)
{
	struct nvme_id_namespace *namespace = drv_page(INFO_PAGE);

	drv_use_file("ro:");
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, NVME_CNS_NAMESPACE, 0), 0);
	EXPECT_EQ(namespace->nsattr, NVME_NSATTR_PROTECTED);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 0, 1, OUT), BAD(NVME_SC_WRITE_PROTECTED));
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE_ZEROES, 0, 1, 0), BAD(NVME_SC_WRITE_PROTECTED));
	EXPECT_EQ(drv_do(1, NVME_IO_FLUSH, 0, 1, 0), 0);
	/* Others make the file shorter. */
	drv_use_file("");
	ASSERT_EQ(ftruncate(drv_file, DRV_FILE_SIZE / 2), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, DRV_FILE_SIZE / BLOCK - 1, 1, IN),
		  NVME_SC_READ_ERROR | NVME_SC_MORE);
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, DRV_FILE_SIZE / BLOCK - 1, 1, OUT),
		  NVME_SC_WRITE_FAULT | NVME_SC_MORE);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
	drv_disable(&dev);
	drv_enable(&dev);
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, NVME_CNS_NAMESPACE, 0), 0);
	EXPECT_EQ(namespace->nsze, DRV_FILE_SIZE / 2 / BLOCK);
}

/* Shutdown flushes the file. */
MTAP_TEST(file_shutdown)
{
	drv_use_file("");
	ASSERT_EQ(drv_do(1, NVME_IO_WRITE, 0, 1, OUT), 0);
	dev_set(0, NVME_REG_CC, 4, 4 << 20 | 6 << 16 | 1 << 14 | NVME_CC_EN);
	EXPECT(mtap_await(dev_get(0, NVME_REG_CSTS, 4) ==
			  (NVME_CSTS_RDY | NVME_CSTS_SHST_COMPLETE)));
	drv_disable(&dev);
	EXPECT_EQ(dev_get(0, NVME_REG_CSTS, 4), 0);
	drv_enable(&dev);
	drv_create(&dev, 1);
	drv_expect_works(&dev);
	/* Both at once are a shutdown, too. */
	dev_set(0, NVME_REG_CC, 4, 1 << 14);
	EXPECT(mtap_await(!dev_get(0, NVME_REG_CSTS, 4)));
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	drv_start(&dev, 1);
	ASSERT_EQ(drv_info(NVME_ADMIN_GET_LOG, NVME_NSID_ALL, 127 << 16 | NVME_LOG_SMART, 0), 0);
	EXPECT_EQ(((struct nvme_smart *)drv_page(INFO_PAGE))->unsafe_shutdowns[0], 1);
}

/* A disk whose file system counts flushes, and answers them when it is told to */
static void use_fuse(void)
{
	char text[64];

	snprintf(text, sizeof(text), "/proc/self/fd/%d", fuse_begin());
	drv_bind(text);
}

/* How many times does a command of 8 blocks flush the file? */
static unsigned int flushes(unsigned int opcode, __u32 flags)
{
	unsigned int before = fuse_syncs();

	drv_io(1, opcode, 0, 8, OUT)->cdw12 |= flags;
	EXPECT_EQ(drv_run(&dev, 1), 0);
	return fuse_syncs() - before;
}

static void shut_down(void)
{
	dev_set(0, NVME_REG_CC, 4, 4 << 20 | 6 << 16 | 1 << 14 | NVME_CC_EN);
}

static __u32 csts(void)
{
	return dev_get(0, NVME_REG_CSTS, 4);
}

/* What the next user of the device finds. The first was not shut down, when it got its file. */
static unsigned int unsafe_shutdowns(void)
{
	const struct nvme_smart *smart = drv_page(INFO_PAGE);

	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	drv_start(&dev, 2);
	EXPECT_EQ(drv_info(NVME_ADMIN_GET_LOG, NVME_NSID_ALL, 127 << 16 | NVME_LOG_SMART, 0), 0);
	return smart->unsafe_shutdowns[0];
}

/* Only a file system that is told to flush can bring data to stable storage. */
MTAP_TEST(file_flushes)
{
	const __u32 deac = NVME_IO_DEAC, fua = NVME_IO_FUA;
	unsigned int before;

	use_fuse();
	EXPECT_EQ(flushes(NVME_IO_WRITE, 0), 0);
	EXPECT_EQ(flushes(NVME_IO_FLUSH, 0), 1);
	EXPECT_EQ(flushes(NVME_IO_WRITE, fua), 1);
	EXPECT_EQ(flushes(NVME_IO_WRITE_ZEROES, 0), 0);
	EXPECT_EQ(flushes(NVME_IO_WRITE_ZEROES, fua), 1);
	EXPECT_EQ(flushes(NVME_IO_WRITE_ZEROES, fua | deac), 1);
	fuse_set_fallocate(0);
	EXPECT_EQ(flushes(NVME_IO_WRITE_ZEROES, deac), 0);
	EXPECT_EQ(flushes(NVME_IO_WRITE_ZEROES, fua | deac), 1);
	EXPECT_EQ(drv_admin(NVME_ADMIN_SET_FEATURES, NVME_FEATURE_CACHE, 0), 0);
	EXPECT_EQ(flushes(NVME_IO_WRITE, 0), 1);
	EXPECT_EQ(flushes(NVME_IO_WRITE_ZEROES, 0), 1);
	before = fuse_syncs();
	shut_down();
	EXPECT(mtap_await(csts() == (NVME_CSTS_RDY | NVME_CSTS_SHST_COMPLETE)));
	EXPECT_EQ(fuse_syncs() - before, 1);
	EXPECT_EQ(unsafe_shutdowns(), 1);
	/* What is written after a shutdown is not safe. */
	shut_down();
	EXPECT(mtap_await(csts() == (NVME_CSTS_RDY | NVME_CSTS_SHST_COMPLETE)));
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 0, 8, OUT), 0);
	EXPECT_EQ(unsafe_shutdowns(), 2);
}

/* A shutdown whose flush fails does not end, and is in the error log. */
MTAP_TEST(file_shutdown_fails)
{
	const struct nvme_error *log = drv_page(INFO_PAGE);

	use_fuse();
	fuse_fail_sync(-EIO);
	shut_down();
	EXPECT(mtap_await(csts() == (NVME_CSTS_RDY | NVME_CSTS_SHST_OCCURRING | NVME_CSTS_CFS)));
	EXPECT_EQ(unsafe_shutdowns(), 2);
	EXPECT_EQ(((const struct nvme_smart *)log)->media_errors[0], 1);
	ASSERT_EQ(drv_info(NVME_ADMIN_GET_LOG, NVME_NSID_ALL, 15 << 16 | NVME_LOG_ERROR, 0), 0);
	EXPECT_EQ(log->count, 1);
	EXPECT_EQ(log->sq_id, NVME_NO_COMMAND);
	EXPECT_EQ(SC(log->status >> 1), NVME_SC_WRITE_FAULT);
}

/* The storage has larger blocks than the namespace: it cannot free these. */
MTAP_TEST(file_blocks_are_larger)
{
	struct nvme_range *range = drv_page(INFO_PAGE);
	struct nvme_command *cmd;

	use_fuse();
	fuse_set_fallocate(-EINVAL);
	EXPECT_EQ(flushes(NVME_IO_WRITE_ZEROES, NVME_IO_DEAC), 0);
	range[0] = (struct nvme_range) { .lba = 1, .blocks = 3 };
	cmd = drv_next(1, NVME_IO_DSM);
	cmd->cdw11 = NVME_DSM_DEALLOCATE;
	cmd->prp1 = drv_iova(INFO_PAGE);
	EXPECT_EQ(drv_run(&dev, 1), 0);
}

/* Until the file system has answered, a reset of the controller does not end. */
MTAP_TEST(reset_waits)
{
	unsigned int i;

	use_fuse();
	fuse_hold_sync();
	drv_io(1, NVME_IO_FLUSH, 0, 1, 0);
	drv_ring(&dev, 1);
	ASSERT(fuse_wanted());
	dev_set(0, NVME_REG_CC, 4, 0);
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(csts(), NVME_CSTS_RDY);
	fuse_answer_sync(0);
	EXPECT(mtap_await(!csts()));
}

static void flush_from(unsigned int q, unsigned int commands)
{
	while (commands--)
		drv_io(q, NVME_IO_FLUSH, 0, 1, 0);
	drv_ring(&dev, q);
}

static void wait_for(unsigned int q, unsigned int commands)
{
	while (commands--)
		ASSERT_EQ(drv_wait(&dev, q), 0);
}

/* Commands that were begun of a submission queue */
static unsigned int begun(unsigned int q)
{
	char text[16];
	const char *line;

	snprintf(text, sizeof(text), "sq %u: head ", q);
	line = strstr(dev_dump(), text);
	return line ? strtoul(line + strlen(text), NULL, 10) : 0;
}

/* Have pair 1 serve submission queue @q, too. */
static void create_sq(unsigned int q, unsigned int page)
{
	struct nvme_command *cmd = drv_next(0, NVME_ADMIN_CREATE_SQ);

	cmd->prp1 = drv_iova(page);
	cmd->cdw10 = (ENTRIES - 1) << 16 | q;
	cmd->cdw11 = 1 << 16 | NVME_QUEUE_PC;
	ASSERT_EQ(drv_run(&dev, 0), 0);
	drv_queue[q] = (struct drv_queue) { .sq = drv_page(page) };
}

/* Take the next entry of completion queue 1: of which submission queue it is */
static unsigned int shared_wait(void)
{
	struct drv_queue *queue = &drv_queue[1];
	unsigned int at = queue->head;

	ASSERT(mtap_await(drv_ready(1)));
	EXPECT_EQ(queue->cq[at].status >> 1, 0);
	queue->head = (at + 1) % queue->entries;
	if (!queue->head)
		queue->phase ^= 1;
	dev_set(0, NVME_REG_CQHDBL + NVME_REG_DB_STRIDE, 4, queue->head);
	return queue->cq[at].sq_id;
}

/* All slots of a pair are taken, and become free one by one. One queue does not get all of them. */
MTAP_TEST(queues_take_turns)
{
	unsigned int i, of[QUEUES] = {};

	use_fuse();
	drv_disable(&dev);
	drv_enable(&dev);
	drv_create_at(&dev, 1, 200, ABSENT_PAGE - 1);
	create_sq(2, SQ_PAGE(2));
	create_sq(QUEUES - 1, SQ_PAGE(QUEUES - 1));
	fuse_hold_sync();
	flush_from(1, 32);
	ASSERT(mtap_await(strstr(dev_dump(), "pair 1: slots 0xffffffff,")));
	flush_from(2, ENTRIES - 1);
	flush_from(QUEUES - 1, 1);
	ASSERT(mtap_await(strstr(dev_dump(), "starved 0x8004")));
	for (i = 1; i <= 3; i++) {
		fuse_pass_sync();
		ASSERT(mtap_await(begun(2) + begun(QUEUES - 1) == i));
	}
	EXPECT_EQ(begun(QUEUES - 1), 1);
	fuse_answer_sync(0);
	for (i = 0; i < 32 + ENTRIES; i++)
		of[shared_wait() % QUEUES]++;
	EXPECT_EQ(of[1], 32);
	EXPECT_EQ(of[2], ENTRIES - 1);
	EXPECT_EQ(of[QUEUES - 1], 1);
}

/*
 * A driver that polls takes an entry as soon as it sees its phase tag, so all else is there before.
 * Here, the write of several entries is held up in their midst: by a page that is absent. Until
 * they are several, a submission queue whose commands cannot be fetched holds up the first.
 */
MTAP_TEST(tags_come_last)
{
	const struct nvme_command flush[ENTRIES] = { { .nsid = 1 } };
	const unsigned int page = ABSENT_PAGE - 1, entries = 300, at = 255;
	struct nvme_completion *cq = drv_page(page);
	unsigned int i, old;

	use_fuse();
	drv_disable(&dev);
	drv_enable(&dev);
	drv_create_at(&dev, 1, entries, page);
	create_sq(8, ABSENT_PAGE + 3);
	for (i = 0; i < entries + at - 1; i++)
		ASSERT_EQ(drv_do(1, NVME_IO_FLUSH, 0, 1, 0), 0);
	old = cq[at].cid;
	memcpy(drv_page(INFO_PAGE), drv_page(ABSENT_PAGE), NVME_PAGE);
	ASSERT_EQ(madvise(drv_page(ABSENT_PAGE), NVME_PAGE, MADV_DONTNEED), 0);
	ASSERT_EQ(madvise(drv_page(ABSENT_PAGE + 3), NVME_PAGE, MADV_DONTNEED), 0);
	drv_absent();
	fuse_hold_sync();
	flush_from(1, 4);
	ASSERT(mtap_await(begun(1) == (entries + at + 3) % ENTRIES));
	dev_set(0, NVME_REG_SQTDBL + 8 * NVME_REG_DB_STRIDE, 4, 1);
	ASSERT(missing_wanted());
	fuse_answer_sync(0);
	ASSERT(mtap_await(strstr(dev_dump(), "pair 1: slots 0x0,")));
	EXPECT_EQ(cq[at].cid, old);
	missing_bring(3, flush);
	EXPECT_EQ(drv_wait(&dev, 1), 0);
	/* In this lap, the tag of new entries is 0. */
	EXPECT(mtap_await(cq[at].cid != old));
	EXPECT(cq[at].status & NVME_PHASE);
	missing_bring(0, drv_page(INFO_PAGE));
	wait_for(1, 3);
	EXPECT_EQ(shared_wait(), 8);
}
