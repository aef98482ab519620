// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NVMe controller of bpf/nvme: features, logs, events, abort, interrupts, shadow doorbells, and
 * the commands that are not Read and Write.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "nvme_driver.h"

const struct mtap_suite mtap_suite = {
	.setup = drv_load,
	.before = drv_before,
	.after = drv_close,
	.teardown = dev_unload,
};

static int set_feature(__u32 feature, __u32 value)
{
	return drv_admin(NVME_ADMIN_SET_FEATURES, feature, value);
}

/* The value of a feature; @cdw10 may have a Select field. */
static __u32 feature(__u32 cdw10, __u32 cdw11)
{
	EXPECT_EQ(drv_admin(NVME_ADMIN_GET_FEATURES, cdw10, cdw11), 0);
	return drv_last.result;
}

/* Get a log to INFO_PAGE: @size bytes. */
static int get_log(__u32 log, __u32 size)
{
	return drv_info(NVME_ADMIN_GET_LOG, NVME_NSID_ALL, (size / 4 - 1) << 16 | log, 0);
}

static const struct nvme_smart *smart(void)
{
	EXPECT_EQ(get_log(NVME_LOG_SMART, 512), 0);
	return drv_page(INFO_PAGE);
}

MTAP_TEST(features)
{
	EXPECT_EQ(feature(NVME_FEATURE_QUEUES, 0), 14 << 16 | 14);
	EXPECT_EQ(set_feature(NVME_FEATURE_QUEUES, 3 << 16 | 3), BAD(NVME_SC_SEQUENCE));
	EXPECT_EQ(set_feature(NVME_FEATURE_QUEUES, 0xffff), BAD(NVME_SC_INVALID_FIELD));
	EXPECT_EQ(set_feature(NVME_FEATURE_ARBITRATION, 0x01020304), 0);
	EXPECT_EQ(feature(NVME_FEATURE_ARBITRATION, 0), 0x01020304);
	EXPECT_EQ(feature(NVME_SELECT_DEFAULT << 8 | NVME_FEATURE_ARBITRATION, 0), 0);
	EXPECT_EQ(feature(NVME_SELECT_SAVED << 8 | NVME_FEATURE_TEMPERATURE, 0), 343);
	EXPECT_EQ(feature(NVME_SELECT_SUPPORTED << 8 | NVME_FEATURE_EVENTS, 0),
		  NVME_SUPPORTED_CHANGEABLE);
	EXPECT_EQ(drv_admin(NVME_ADMIN_SET_FEATURES, NVME_FEATURE_SAVE | NVME_FEATURE_ATOMICITY,
			    1), BAD(NVME_SC_NOT_SAVEABLE));
	EXPECT_EQ(set_feature(NVME_FEATURE_VECTOR, NVME_VECTOR_CD | 5), 0);
	EXPECT_EQ(feature(NVME_FEATURE_VECTOR, 5), NVME_VECTOR_CD | 5);
	EXPECT_EQ(feature(NVME_FEATURE_VECTOR, 6), 6);
	EXPECT_EQ(set_feature(NVME_FEATURE_VECTOR, 16), BAD(NVME_SC_INVALID_FIELD));
	EXPECT_EQ(set_feature(NVME_FEATURE_POWER, 1), BAD(NVME_SC_INVALID_FIELD));
	/* There is no write cache without a file. */
	EXPECT_EQ(set_feature(NVME_FEATURE_CACHE, 0), BAD(NVME_SC_INVALID_FIELD));
	EXPECT_EQ(drv_admin(NVME_ADMIN_GET_FEATURES, 0x7f, 0), BAD(NVME_SC_INVALID_FIELD));
	drv_disable(&dev);
	drv_enable(&dev);
	EXPECT_EQ(feature(NVME_FEATURE_ARBITRATION, 0), 0);
	EXPECT_EQ(set_feature(NVME_FEATURE_QUEUES, 3 << 16 | 3), 0);
	EXPECT_EQ(drv_last.result, 14 << 16 | 14);
}

MTAP_TEST(smart_log)
{
	const struct nvme_smart *log = smart();
	__u64 cycles = log->power_cycles[0];

	EXPECT_EQ(log->temperature[0] | log->temperature[1] << 8, 313);
	EXPECT_EQ(log->reads[0], 0);
	EXPECT_EQ(log->unsafe_shutdowns[0], 0);
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 0, MAX_BLOCKS, OUT), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
	log = smart();
	EXPECT_EQ(log->reads[0], 2);
	EXPECT_EQ(log->writes[0], 1);
	EXPECT_EQ(log->data_read[0], 1);
	/* A shutdown makes the end of power a safe one, and a reset is none. */
	dev_set(0, NVME_REG_CC, 4, 4 << 20 | 6 << 16 | 1 << 14 | NVME_CC_EN);
	EXPECT_EQ(dev_get(0, NVME_REG_CSTS, 4), NVME_CSTS_RDY | NVME_CSTS_SHST_COMPLETE);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(dev_get(0, NVME_REG_CC, 4), 0);
	EXPECT_EQ(dev_get(0, NVME_REG_CSTS, 4), 0);
	drv_start(&dev, 1);
	ASSERT_EQ(vfio_reset(&dev), 0);
	drv_enable(&dev);
	log = smart();
	EXPECT_EQ(log->power_cycles[0], cycles + 1);
	EXPECT_EQ(log->unsafe_shutdowns[0], 0);
	EXPECT_EQ(log->writes[0], 1);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	drv_start(&dev, 1);
	EXPECT_EQ(smart()->unsafe_shutdowns[0], 1);
}

MTAP_TEST(error_log)
{
	struct nvme_error *log = drv_page(INFO_PAGE);
	unsigned int i;

	EXPECT_EQ(get_log(NVME_LOG_ERROR, 1024), 0);
	EXPECT_EQ(log[0].count, 0);
	EXPECT_EQ(drv_do(2, NVME_IO_READ, 1ULL << 40, 1, IN), BAD(NVME_SC_LBA_RANGE));
	EXPECT_EQ(drv_admin(0xff, 0, 0), BAD(NVME_SC_INVALID_OPCODE));
	EXPECT_EQ(get_log(NVME_LOG_ERROR, 1024), 0);
	EXPECT_EQ(log[0].count, 2);
	EXPECT_EQ(log[0].sq_id, 0);
	EXPECT_EQ(log[0].status >> 1, BAD(NVME_SC_INVALID_OPCODE));
	EXPECT_EQ(log[1].count, 1);
	EXPECT_EQ(log[1].sq_id, 2);
	EXPECT_EQ(log[1].lba, 1ULL << 40);
	EXPECT_EQ(log[1].nsid, 1);
	EXPECT_EQ(log[2].count, 0);
	for (i = 0; i < 20; i++)
		EXPECT_EQ(drv_admin(0xff, 0, 0), BAD(NVME_SC_INVALID_OPCODE));
	EXPECT_EQ(get_log(NVME_LOG_ERROR, 1024), 0);
	EXPECT_EQ(log[0].count, 22);
	EXPECT_EQ(log[15].count, 7);
	EXPECT_EQ(smart()->errors[0], 22);
}

MTAP_TEST(other_logs)
{
	struct nvme_firmware *firmware = drv_page(INFO_PAGE);
	struct nvme_effects *effects = drv_page(INFO_PAGE);
	struct nvme_command *cmd;

	EXPECT_EQ(get_log(NVME_LOG_FIRMWARE, 512), 0);
	EXPECT_EQ(firmware->active, 1);
	EXPECT(!memcmp(firmware->slot[0], "1       ", 8));
	EXPECT_EQ(get_log(NVME_LOG_EFFECTS, 4096), 0);
	EXPECT_EQ(effects->admin[NVME_ADMIN_IDENTIFY], NVME_EFFECT_SUPPORTED);
	EXPECT_EQ(effects->io[NVME_IO_WRITE], NVME_EFFECT_SUPPORTED | NVME_EFFECT_CONTENT);
	EXPECT_EQ(effects->io[4], 0);
	EXPECT_EQ(get_log(0x7f, 512), BAD(NVME_SC_INVALID_LOG));
	/* Parts of a log: from an offset, and more than there is */
	cmd = drv_next(0, NVME_ADMIN_GET_LOG);
	cmd->cdw10 = 255U << 16 | NVME_LOG_FIRMWARE;
	cmd->cdw12 = 8;
	cmd->prp1 = drv_iova(INFO_PAGE);
	memset(firmware, 0xee, NVME_PAGE);
	EXPECT_EQ(drv_run(&dev, 0), 0);
	EXPECT(!memcmp(firmware, "1       ", 8));
	EXPECT_EQ(((__u8 *)firmware)[512 - 8], 0);
	EXPECT_EQ(((__u8 *)firmware)[1024 - 1], 0);
	EXPECT_EQ(((__u8 *)firmware)[1024], 0xee);
	/* Up to the largest transfer */
	EXPECT_EQ(get_log(NVME_LOG_FIRMWARE, MAX_BLOCKS * BLOCK + 4), BAD(NVME_SC_INVALID_FIELD));
	cmd = drv_next(0, NVME_ADMIN_GET_LOG);
	cmd->cdw10 = NVME_LOG_FIRMWARE;
	cmd->cdw13 = 1;
	cmd->prp1 = drv_iova(INFO_PAGE);
	EXPECT_EQ(drv_run(&dev, 0), BAD(NVME_SC_INVALID_FIELD));
}

/* Leave event requests with the controller; there is no answer yet. */
static void request_events(unsigned int n)
{
	while (n--)
		drv_next(0, NVME_ADMIN_ASYNC_EVENT);
	drv_ring(&dev, 0);
}

MTAP_TEST(events)
{
	const __u32 value = NVME_EVENT_DB_VALUE << 8 | NVME_LOG_ERROR << 16;

	request_events(4);
	EXPECT_EQ(drv_admin(NVME_ADMIN_ASYNC_EVENT, 0, 0), BAD(NVME_SC_EVENT_LIMIT));
	dev_set(0, NVME_REG_SQTDBL + 8, 4, ENTRIES);
	EXPECT_EQ(drv_wait(&dev, 0), 0);
	EXPECT_EQ(drv_last.result, value);
	/* Another one of the type waits until the log has been read. */
	dev_set(0, NVME_REG_SQTDBL + 8 * 9, 4, 1);
	EXPECT_EQ(feature(NVME_FEATURE_ARBITRATION, 0), 0);
	EXPECT(!drv_ready(0));
	EXPECT_EQ(drv_info(NVME_ADMIN_GET_LOG, 0, NVME_LOG_RETAIN | NVME_LOG_ERROR, 0), 0);
	EXPECT_EQ(feature(NVME_FEATURE_ARBITRATION, 0), 0);
	EXPECT(!drv_ready(0));
	drv_next(0, NVME_ADMIN_GET_LOG)->cdw10 = NVME_LOG_ERROR;
	drv_queue[0].sq[(drv_queue[0].tail - 1) % ENTRIES].prp1 = drv_iova(INFO_PAGE);
	drv_ring(&dev, 0);
	EXPECT_EQ(drv_wait(&dev, 0), 0);
	EXPECT_EQ(drv_last.result, NVME_EVENT_DB_REGISTER << 8 | NVME_LOG_ERROR << 16);
	EXPECT_EQ(drv_wait(&dev, 0), 0);
	/* A threshold below the temperature */
	EXPECT_EQ(set_feature(NVME_FEATURE_TEMPERATURE, 300), 0);
	EXPECT(!drv_ready(0));
	drv_next(0, NVME_ADMIN_SET_FEATURES)->cdw10 = NVME_FEATURE_EVENTS;
	drv_queue[0].sq[(drv_queue[0].tail - 1) % ENTRIES].cdw11 = NVME_SMART_TEMPERATURE;
	drv_ring(&dev, 0);
	EXPECT_EQ(drv_wait(&dev, 0), 0);
	EXPECT_EQ(drv_last.result, NVME_EVENT_SMART | NVME_EVENT_TEMPERATURE << 8 |
		  NVME_LOG_SMART << 16);
	EXPECT_EQ(drv_wait(&dev, 0), 0);
	EXPECT_EQ(smart()->warning, NVME_SMART_TEMPERATURE);
	/* A doorbell behind the last one, too */
	dev_set(0, NVME_REG_SQTDBL + 8 * QUEUES, 4, 1);
	EXPECT_EQ(drv_info(NVME_ADMIN_GET_LOG, 0, NVME_LOG_ERROR, 0), 0);
	EXPECT_EQ(drv_last.result, NVME_EVENT_DB_REGISTER << 8 | NVME_LOG_ERROR << 16);
	EXPECT_EQ(drv_wait(&dev, 0), 0);
}

MTAP_TEST(abort)
{
	struct nvme_command *cmd;

	drv_absent();
	cmd = drv_io(1, NVME_IO_WRITE, 0, 1, ABSENT);
	drv_ring(&dev, 1);
	ASSERT(missing_wanted());
	EXPECT_EQ(drv_admin(NVME_ADMIN_ABORT, (cmd->cid + 1) << 16 | 1, 0), 0);
	EXPECT_EQ(drv_last.result, 1);
	EXPECT_EQ(drv_admin(NVME_ADMIN_ABORT, cmd->cid << 16 | 1, 0), 0);
	EXPECT_EQ(drv_last.result, 0);
	EXPECT_EQ(drv_wait(&dev, 1), NVME_SC_ABORT_REQUESTED);
	EXPECT_EQ(drv_admin(NVME_ADMIN_ABORT, 9, 0), BAD(NVME_SC_INVALID_FIELD));
	/* Of two event requests, the first */
	request_events(2);
	EXPECT_EQ(drv_admin(NVME_ADMIN_ABORT, 200 << 16, 0), 0);
	EXPECT_EQ(drv_last.result, 1);
	cmd = drv_next(0, NVME_ADMIN_ABORT);
	cmd->cdw10 = (cmd->cid - 3) << 16;
	drv_ring(&dev, 0);
	EXPECT_EQ(drv_wait(&dev, 0), NVME_SC_ABORT_REQUESTED);
	EXPECT_EQ(drv_last.cid, cmd->cdw10 >> 16);
	EXPECT_EQ(drv_wait(&dev, 0), 0);
	EXPECT_EQ(drv_last.result, 0);
}

/* A slow page holds up its command only. Deleting the queue aborts it, after what is complete. */
MTAP_TEST(delete_queue_in_use)
{
	unsigned int i;

	drv_absent();
	drv_io(1, NVME_IO_READ, 0, 1, ABSENT);
	drv_io(1, NVME_IO_READ, 0, 1, IN);
	drv_ring(&dev, 1);
	ASSERT(missing_wanted());
	EXPECT_EQ(drv_wait(&dev, 1), 0);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(drv_do(2, NVME_IO_READ, 0, 1, IN), 0);
	EXPECT(!drv_ready(1));
	EXPECT_EQ(drv_admin(NVME_ADMIN_DELETE_SQ, 1, 0), 0);
	/* It is there, and not only coming. */
	EXPECT(drv_ready(1));
	EXPECT_EQ(drv_wait(&dev, 1), NVME_SC_ABORT_SQ_DELETED);
	EXPECT_EQ(drv_admin(NVME_ADMIN_DELETE_CQ, 1, 0), 0);
	drv_bring(0);
	EXPECT_EQ(drv_mem[ABSENT], drv_mem[OUT]);
	drv_create(&dev, 1);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
}

MTAP_TEST(write_zeroes)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 0, 64, OUT), 0);
		drv_io(1, NVME_IO_WRITE_ZEROES, 8, 40, 0)->cdw12 |= i ? NVME_IO_DEAC : 0;
		EXPECT_EQ(drv_run(&dev, 1), 0);
		EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 64, IN), 0);
		EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, 8 * BLOCK));
		EXPECT_EQ(drv_mem[IN + 8 * BLOCK], 0);
		EXPECT_EQ(drv_mem[IN + 48 * BLOCK - 1], 0);
		EXPECT(!memcmp(drv_mem + IN + 48 * BLOCK, drv_mem + OUT + 48 * BLOCK, 16 * BLOCK));
	}
	/* More than can be transferred, and more than one step */
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 65535, 1, OUT), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE_ZEROES, 0, 65536, 0), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 65535, 1, IN), 0);
	EXPECT_EQ(drv_mem[IN], 0);
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE_ZEROES, (64 << 20) / BLOCK - 1, 2, 0),
		  BAD(NVME_SC_LBA_RANGE));
}

/* Deallocate the ranges at INFO_PAGE. */
static int deallocate(unsigned int ranges, __u32 attributes)
{
	struct nvme_command *cmd = drv_next(1, NVME_IO_DSM);

	cmd->cdw10 = ranges - 1;
	cmd->cdw11 = attributes;
	cmd->prp1 = drv_iova(INFO_PAGE);
	return drv_run(&dev, 1);
}

MTAP_TEST(dataset_management)
{
	struct nvme_range *range = drv_page(INFO_PAGE);
	unsigned int i;

	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 0, 64, OUT), 0);
	memset(range, 0, NVME_PAGE);
	range[0] = (struct nvme_range) { .lba = 0, .blocks = 8 };
	range[2] = (struct nvme_range) { .lba = 16, .blocks = 16 };
	EXPECT_EQ(deallocate(3, 1 << 0), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 64, IN), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, 64 * BLOCK));
	EXPECT_EQ(deallocate(3, NVME_DSM_DEALLOCATE), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 64, IN), 0);
	for (i = 0; i < 64; i++)
		EXPECT_EQ(drv_mem[IN + i * BLOCK],
			  i < 8 || (i >= 16 && i < 32) ? 0 : drv_mem[OUT + i * BLOCK]);
	/* All ranges empty, all blocks, and too many */
	memset(range, 0, NVME_PAGE);
	EXPECT_EQ(deallocate(256, NVME_DSM_DEALLOCATE), 0);
	range[255] = (struct nvme_range) { .lba = 0, .blocks = (64 << 20) / BLOCK };
	EXPECT_EQ(deallocate(256, NVME_DSM_DEALLOCATE), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 33, 1, IN), 0);
	EXPECT_EQ(drv_mem[IN], 0);
	range[255].lba = 1;
	EXPECT_EQ(deallocate(256, NVME_DSM_DEALLOCATE), BAD(NVME_SC_LBA_RANGE));
}

MTAP_TEST(compare)
{
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 3, MAX_BLOCKS, OUT + 4), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_COMPARE, 3, MAX_BLOCKS, OUT + 4), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_COMPARE, 4, 1, OUT + 4),
		  NVME_SC_COMPARE_FAILED | NVME_SC_DNR);
	drv_mem[OUT + 4 + MAX_BLOCKS * BLOCK - 1]++;
	EXPECT_EQ(drv_do(1, NVME_IO_COMPARE, 3, MAX_BLOCKS, OUT + 4),
		  NVME_SC_COMPARE_FAILED | NVME_SC_DNR);
	EXPECT_EQ(drv_do(1, NVME_IO_COMPARE, 3, MAX_BLOCKS - 1, OUT + 4), 0);
}

/* Several completions make one interrupt, or one that is late. */
MTAP_TEST(coalescing)
{
	unsigned int i;

	/* 4 completions, or 25 ms */
	ASSERT_EQ(set_feature(NVME_FEATURE_COALESCING, 250 << 8 | 3), 0);
	for (i = 0; i < 8; i++)
		drv_io(1, NVME_IO_READ, 0, 1, IN);
	drv_ring(&dev, 1);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(drv_wait(&dev, 1), 0);
	i = event_wait(drv_vector[1]);
	/* Two, or a few more if these 8 took longer than the time */
	EXPECT(i >= 1 && i < 8);
	event_take(drv_vector[1]);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
	EXPECT_EQ(event_wait(drv_vector[1]), 1);
	/* A vector without it, and the admin queue */
	ASSERT_EQ(set_feature(NVME_FEATURE_COALESCING, 255 << 8 | 255), 0);
	ASSERT_EQ(set_feature(NVME_FEATURE_VECTOR, NVME_VECTOR_CD | 2), 0);
	event_take(drv_vector[0]);
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(drv_do(2, NVME_IO_READ, 0, 1, IN), 0);
		EXPECT_EQ(event_wait(drv_vector[2]), 1);
		EXPECT_EQ(feature(NVME_FEATURE_ARBITRATION, 0), 0);
		/* Or two: the interrupt of the Set Features above may come after its entry */
		EXPECT(event_wait(drv_vector[0]) > 0);
	}
}

static bool line(void)
{
	return dev_get(CONFIG, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT;
}

/* The line is up while there are completions, of whatever queue, and not masked. */
MTAP_TEST(intx)
{
	ASSERT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, drv_vector[0]), 0);
	event_take(drv_vector[0]);
	EXPECT(!line());
	drv_io(1, NVME_IO_READ, 0, 1, IN);
	drv_ring(&dev, 1);
	EXPECT_EQ(event_wait(drv_vector[0]), 1);
	EXPECT(line());
	drv_io(2, NVME_IO_READ, 0, 1, IN);
	drv_ring(&dev, 2);
	EXPECT_EQ(drv_wait(&dev, 1), 0);
	/* The entry comes first, and the device's worker sees to the line later */
	EXPECT(mtap_await(drv_ready(2)));
	EXPECT(mtap_await(line()));
	dev_set(0, NVME_REG_INTMS, 4, 1);
	EXPECT(mtap_await(!line()));
	dev_set(0, NVME_REG_INTMC, 4, 1);
	EXPECT(mtap_await(line()));
	EXPECT_EQ(drv_wait(&dev, 2), 0);
	EXPECT(mtap_await(!line()));
	event_take(drv_vector[0]);
	ASSERT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	drv_io(1, NVME_IO_READ, 0, 1, IN);
	drv_ring(&dev, 1);
	EXPECT_EQ(event_wait(drv_vector[0]), 1);
	drv_disable(&dev);
	EXPECT(!line());
}

/* As a driver writes doorbells with shadows: rings if the controller wants to be told. */
static bool shadow_write(__u64 reg, __u32 value)
{
	unsigned int n = (reg - NVME_REG_SQTDBL) / 4;
	__u32 *shadow = (__u32 *)drv_page(SHADOW_PAGE) + n;
	__u32 *event = (__u32 *)drv_page(SHADOW_PAGE + 1) + n;
	__u16 old = *shadow;

	__atomic_store_n(shadow, value, __ATOMIC_SEQ_CST);
	if ((__u16)(value - __atomic_load_n(event, __ATOMIC_SEQ_CST) - 1) >= (__u16)(value - old))
		return false;
	dev_set(0, reg, 4, value);
	return true;
}

/* The next completion of a queue, taken by way of the shadow doorbell: whether that has rung */
static int shadow_wait(unsigned int q)
{
	struct drv_queue *queue = &drv_queue[q];

	if (!mtap_await(drv_ready(q)))
		return -ETIME;
	EXPECT_EQ(queue->cq[queue->head].status >> 1, 0);
	queue->head = (queue->head + 1) % ENTRIES;
	if (!queue->head)
		queue->phase ^= 1;
	return shadow_write(NVME_REG_CQHDBL + q * NVME_REG_DB_STRIDE, queue->head);
}

/* Run @total commands, up to @depth at a time; how often that has rung the tail's doorbell */
static unsigned int shadow_run(unsigned int q, unsigned int total, unsigned int depth)
{
	unsigned int sent = 0, taken = 0, rung = 0;

	while (taken < total) {
		while (sent < total && sent - taken < depth) {
			drv_io(q, NVME_IO_READ, 0, 1, IN);
			rung += shadow_write(NVME_REG_SQTDBL + q * NVME_REG_DB_STRIDE,
					     drv_queue[q].tail);
			sent++;
		}
		ASSERT(shadow_wait(q) >= 0);
		taken++;
	}
	return rung;
}

static void shadows(void)
{
	struct nvme_command *cmd = drv_next(0, NVME_ADMIN_DBBUF);

	memset(drv_page(SHADOW_PAGE), 0, 2 * NVME_PAGE);
	cmd->prp1 = drv_iova(SHADOW_PAGE);
	cmd->prp2 = drv_iova(SHADOW_PAGE + 1);
	ASSERT_EQ(drv_run(&dev, 0), 0);
}

MTAP_TEST(shadow_doorbells)
{
	unsigned int rung;

	shadows();
	EXPECT(shadow_run(1, 1, 1) <= 1);
	rung = shadow_run(1, 500, 1);
	mtap_diag("500 commands one after the other have rung %u times", rung);
	rung = shadow_run(2, 500, 60);
	mtap_diag("500 commands, 60 at a time, have rung %u times", rung);
	EXPECT(rung < 250);
	/* A shadow that is impossible is an event, and not more. */
	request_events(1);
	((__u32 *)drv_page(SHADOW_PAGE))[2] = ENTRIES;
	dev_set(0, NVME_REG_SQTDBL + 8, 4, 0);
	EXPECT_EQ(drv_wait(&dev, 0), 0);
	EXPECT_EQ(drv_last.result, NVME_EVENT_DB_VALUE << 8 | NVME_LOG_ERROR << 16);
	EXPECT(shadow_run(2, 100, 50) < 100);
}

/* Zeros in a new page are no doorbells: nothing of what the queues have done is done again. */
MTAP_TEST(shadow_doorbells_late)
{
	const __u32 *shadow = drv_page(SHADOW_PAGE);
	unsigned int i;

	for (i = 0; i < 5; i++)
		EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 8, 1, OUT + i * BLOCK), 0);
	shadows();
	EXPECT_EQ(shadow[2], 5);
	EXPECT_EQ(shadow[3], 5);
	/* None, if the queue has not come to rest since: then it looks by itself */
	EXPECT(shadow_run(1, 1, 1) <= 1);
	EXPECT_EQ(feature(NVME_FEATURE_ARBITRATION, 0), 0);
	EXPECT(!drv_ready(1));
}

/* A reset of the controller ends them; new queues have to be told of. */
MTAP_TEST(shadow_doorbells_of_new_queues)
{
	shadows();
	EXPECT(shadow_run(1, 10, 1));
	drv_disable(&dev);
	drv_enable(&dev);
	drv_create(&dev, 2);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
	shadows();
	((__u32 *)drv_page(SHADOW_PAGE + 1))[6] = 77;
	drv_create(&dev, 0);
	ASSERT_EQ(drv_admin(NVME_ADMIN_DELETE_SQ, 1, 0), 0);
	ASSERT_EQ(drv_admin(NVME_ADMIN_DELETE_CQ, 1, 0), 0);
	((__u32 *)drv_page(SHADOW_PAGE))[2] = 0;
	((__u32 *)drv_page(SHADOW_PAGE))[3] = 0;
	((__u32 *)drv_page(SHADOW_PAGE + 1))[2] = 77;
	drv_create(&dev, 1);
	EXPECT(mtap_await(((__u32 *)drv_page(SHADOW_PAGE + 1))[2] == 0));
	EXPECT_EQ(shadow_run(1, 1, 1), 1);
}

/* With INTx, too, which needs to know of each completion that is taken */
MTAP_TEST(shadow_doorbells_and_intx)
{
	unsigned int i;

	shadows();
	ASSERT_EQ(vfio_irq_none(&dev, MSIX, TRIGGER, 0), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, drv_vector[0]), 0);
	for (i = 0; i < 100; i++) {
		shadow_run(1, 3, 3);
		EXPECT(mtap_await(!line()));
	}
}
