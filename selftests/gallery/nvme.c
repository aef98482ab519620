// SPDX-License-Identifier: GPL-2.0-only
/* The NVMe controller of bpf/nvme, as a driver uses it: registers, queues, commands, interrupts. */
#include <stdio.h>
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

static __u32 csts(void)
{
	return dev_get(0, NVME_REG_CSTS, 4);
}

/* Number @n of bytes, 4 bytes each, at a page */
static __u32 word(unsigned int page, unsigned int n)
{
	return ((__u32 *)drv_page(page))[n];
}

MTAP_TEST(registers)
{
	__u64 cap = dev_get(0, NVME_REG_CAP, 8);

	EXPECT_EQ(cap & 0xffff, 2047);
	EXPECT_EQ(cap >> 16 & 1, 1);
	EXPECT_EQ(cap >> 32 & 0xf, 0);
	EXPECT_EQ(cap >> 37 & 1, 1);
	EXPECT_EQ(dev_get(0, NVME_REG_VS, 4), NVME_VERSION);
	dev_set(0, NVME_REG_VS, 4, 0);
	EXPECT_EQ(dev_get(0, NVME_REG_VS, 4), NVME_VERSION);
	EXPECT_EQ(dev_get(0, NVME_REG_ASQ, 8), drv_iova(SQ_PAGE(0)));
	dev_set(0, NVME_REG_ACQ, 4, 0xffffffff);
	EXPECT_EQ(dev_get(0, NVME_REG_ACQ, 4), 0xfffff000);
	dev_set(0, NVME_REG_INTMS, 4, 0x5);
	EXPECT_EQ(dev_get(0, NVME_REG_INTMC, 4), 0x5);
	dev_set(0, NVME_REG_INTMC, 2, 0x4);
	EXPECT_EQ(dev_get(0, NVME_REG_INTMS, 4), 0x1);
	EXPECT_EQ(dev_get(CONFIG, PCI_CLASS_REVISION, 4) >> 8, 0x010802);
}

/* What CC must not say, and admin queues that are too small */
MTAP_TEST(refuses_to_enable)
{
	static const __u32 bad[] = { 1 << 4, 1 << 7, 1 << 11 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		drv_disable(&dev);
		dev_set(0, NVME_REG_CC, 4, bad[i] | NVME_CC_EN);
		EXPECT_EQ(csts(), NVME_CSTS_CFS);
	}
	drv_disable(&dev);
	EXPECT_EQ(csts(), 0);
	dev_set(0, NVME_REG_AQA, 4, 63);
	dev_set(0, NVME_REG_CC, 4, NVME_CC_EN);
	EXPECT_EQ(csts(), NVME_CSTS_CFS);
	drv_disable(&dev);
	drv_enable(&dev);
}

MTAP_TEST(identify_controller)
{
	struct nvme_id_controller *id = drv_page(INFO_PAGE);
	char text[80];

	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 0, NVME_CNS_CONTROLLER, 0), 0);
	EXPECT_EQ(id->vid, dev_get(CONFIG, PCI_VENDOR_ID, 2));
	EXPECT_EQ(id->ver, NVME_VERSION);
	EXPECT_EQ(id->nn, 1);
	EXPECT_EQ(id->sqes, 0x66);
	EXPECT_EQ(id->cqes, 0x44);
	EXPECT_EQ(id->vwc, NVME_VWC_FLUSH_ALL);
	/* "5e1f7e57-0000-4000-8000-0000000000d0" without its beginning */
	snprintf(text, sizeof(text), "%.4s%.4s%.12s", dev_mdev.uuid + 14, dev_mdev.uuid + 19,
		 dev_mdev.uuid + 24);
	EXPECT(!memcmp(id->sn, text, sizeof(id->sn)));
	EXPECT(!memcmp(id->mn, "mdev-bpf NVMe       ", 20));
	snprintf(text, sizeof(text), "nqn.2014-08.org.nvmexpress:uuid:%s", dev_mdev.uuid);
	EXPECT_STR(id->subnqn, text);
}

MTAP_TEST(identify_namespace)
{
	struct nvme_id_namespace *id = drv_page(INFO_PAGE);
	static const __u8 nguid[16] = {
		0x5e, 0x1f, 0x7e, 0x57, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xd0,
	};

	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, NVME_CNS_NAMESPACE, 0), 0);
	EXPECT_EQ(id->nsze, (64 << 20) / BLOCK);
	EXPECT_EQ(id->lbaf[0], NVME_LBAF_LBADS(9));
	EXPECT(!memcmp(id->nguid, nguid, 16));
	EXPECT_EQ(id->eui64[0], 0x82);
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, NVME_CNS_DESCRIPTORS, 0), 0);
	EXPECT_EQ(word(INFO_PAGE, 0), 8 << 8 | NVME_DESCRIPTOR_EUI64);
	EXPECT_EQ(word(INFO_PAGE, 3), 16 << 8 | NVME_DESCRIPTOR_NGUID);
	EXPECT(!memcmp(drv_mem + INFO_PAGE * NVME_PAGE + 36, nguid, 16));
	EXPECT_EQ(word(INFO_PAGE, 13), 0);
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 0, NVME_CNS_ACTIVE, 0), 0);
	EXPECT_EQ(word(INFO_PAGE, 0), 1);
	EXPECT_EQ(word(INFO_PAGE, 1), 0);
	ASSERT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, NVME_CNS_ACTIVE, 0), 0);
	EXPECT_EQ(word(INFO_PAGE, 0), 0);
}

MTAP_TEST(identify_errors)
{
	EXPECT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 2, NVME_CNS_NAMESPACE, 0),
		  BAD(NVME_SC_INVALID_NS));
	EXPECT_EQ(drv_info(NVME_ADMIN_IDENTIFY, ~0U, NVME_CNS_NAMESPACE, 0),
		  BAD(NVME_SC_INVALID_NS));
	EXPECT_EQ(drv_info(NVME_ADMIN_IDENTIFY, ~0U, NVME_CNS_ACTIVE, 0),
		  BAD(NVME_SC_INVALID_NS));
	EXPECT_EQ(drv_info(NVME_ADMIN_IDENTIFY, 1, 0x99, 0), BAD(NVME_SC_INVALID_FIELD));
	EXPECT_EQ(drv_admin(0xff, 0, 0), BAD(NVME_SC_INVALID_OPCODE));
	drv_next(0, NVME_ADMIN_IDENTIFY)->flags = NVME_FLAGS_PSDT;
	EXPECT_EQ(drv_run(&dev, 0), BAD(NVME_SC_INVALID_FIELD));
}

/* Sizes from a block to the largest transfer, at offsets within a page */
MTAP_TEST(reads_and_writes)
{
	static const struct { unsigned int blocks, offset; } of[] = {
		{ 1, 0 }, { 1, 3584 }, { 1, 3840 }, { 8, 0 }, { 8, 4 }, { 9, 512 }, { 16, 0 },
		{ 17, 0 }, { 24, 100 }, { MAX_BLOCKS, 0 }, { MAX_BLOCKS, 4092 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(of); i++) {
		unsigned int size = of[i].blocks * BLOCK;
		__u64 from = OUT + of[i].offset, to = IN + of[i].offset;

		memset(drv_mem + IN, 0xee, 40 * NVME_PAGE);
		EXPECT_EQ(drv_do(1, NVME_IO_WRITE, 1000 * i, of[i].blocks, from), 0);
		EXPECT_EQ(drv_do(2, NVME_IO_READ, 1000 * i, of[i].blocks, to), 0);
		EXPECT(!memcmp(drv_mem + to, drv_mem + from, size));
		EXPECT_EQ(drv_mem[to + size], 0xee);
	}
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 50000, 1, IN), 0);
	EXPECT_EQ(drv_mem[IN], 0);
	EXPECT_EQ(drv_do(1, NVME_IO_FLUSH, 0, 1, IN), 0);
}

/* A list that begins near the end of its page, and so goes on in others */
MTAP_TEST(chained_lists)
{
	unsigned int entries, i;

	for (entries = 1; entries <= 4; entries++) {
		struct nvme_command *cmd = drv_io(1, NVME_IO_WRITE, 0, 64, OUT);
		__u64 *first = (__u64 *)drv_page(LIST_PAGE + 1) - entries;
		__u64 *second = drv_page(LIST_PAGE + 8);

		for (i = 0; i < entries - 1; i++)
			first[i] = drv_iova(OUT_PAGE + 1 + i);
		first[i] = drv_iova(LIST_PAGE + 8);
		for (; i < 7; i++)
			*second++ = drv_iova(OUT_PAGE + 1 + i);
		cmd->prp2 = drv_iova(LIST_PAGE + 1) - 8 * entries;
		memset(drv_mem + IN, 0, 8 * NVME_PAGE);
		EXPECT_EQ(drv_run(&dev, 1), 0);
		EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 64, IN), 0);
		EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, 64 * BLOCK));
		drv_mem[OUT + 5 * NVME_PAGE]++;
	}
	/* The last entry of a page is no pointer if the list ends there. */
	drv_io(1, NVME_IO_WRITE, 0, 24, OUT)->prp2 = drv_iova(LIST_PAGE + 1) - 16;
	((__u64 *)drv_page(LIST_PAGE + 1))[-2] = drv_iova(OUT_PAGE + 2);
	((__u64 *)drv_page(LIST_PAGE + 1))[-1] = drv_iova(OUT_PAGE + 1);
	EXPECT_EQ(drv_run(&dev, 1), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 24, IN), 0);
	EXPECT(!memcmp(drv_mem + IN + NVME_PAGE, drv_mem + OUT + 2 * NVME_PAGE, NVME_PAGE));
	EXPECT(!memcmp(drv_mem + IN + 2 * NVME_PAGE, drv_mem + OUT + NVME_PAGE, NVME_PAGE));
}

static int bad_prp(unsigned int blocks, __u64 prp1, __u64 prp2)
{
	struct nvme_command *cmd = drv_io(1, NVME_IO_READ, 0, blocks, IN);

	cmd->prp1 = prp1;
	cmd->prp2 = prp2;
	return drv_run(&dev, 1);
}

MTAP_TEST(wrong_prps)
{
	const __u64 in = drv_iova(IN_PAGE), list = drv_iova(LIST_PAGE), no = drv_iova(PAGES);
	__u64 *entry = drv_page(LIST_PAGE);
	unsigned int i;

	EXPECT_EQ(bad_prp(1, in + 2, 0), BAD(NVME_SC_INVALID_PRP_OFFSET));
	EXPECT_EQ(bad_prp(16, in, in + NVME_PAGE + 8), BAD(NVME_SC_INVALID_PRP_OFFSET));
	EXPECT_EQ(bad_prp(24, in, list + 4), BAD(NVME_SC_INVALID_PRP_OFFSET));
	for (i = 0; i < 32; i++)
		entry[i] = in + i * NVME_PAGE;
	entry[1] += 512;
	EXPECT_EQ(bad_prp(24, in, list), BAD(NVME_SC_INVALID_PRP_OFFSET));
	EXPECT_EQ(bad_prp(16, in, list), 0);
	/* Not memory: of the data, of the list, at the end of the address space */
	EXPECT_EQ(bad_prp(1, no, 0), NVME_SC_DATA_TRANSFER | NVME_SC_MORE);
	EXPECT_EQ(bad_prp(16, in, no), NVME_SC_DATA_TRANSFER | NVME_SC_MORE);
	EXPECT_EQ(bad_prp(24, in, no), NVME_SC_DATA_TRANSFER | NVME_SC_MORE);
	entry[1] = no;
	EXPECT_EQ(bad_prp(24, in, list), NVME_SC_DATA_TRANSFER | NVME_SC_MORE);
	EXPECT(bad_prp(1, ~0xfffULL, 0));
	EXPECT(bad_prp(16, ~0xfffULL, 0));
	/* A list whose continuation is itself has an end all the same. */
	entry[511] = list;
	EXPECT(bad_prp(256, in, list + 8 * 511));
	EXPECT_EQ(csts(), NVME_CSTS_RDY);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
}

MTAP_TEST(wrong_commands)
{
	const __u64 end = (64 << 20) / BLOCK;

	EXPECT_EQ(drv_do(1, NVME_IO_READ, end - 1, 1, IN), 0);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, end - 1, 2, IN), BAD(NVME_SC_LBA_RANGE));
	EXPECT_EQ(drv_do(1, NVME_IO_READ, end, 1, IN), BAD(NVME_SC_LBA_RANGE));
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, ~0ULL, 1, IN), BAD(NVME_SC_LBA_RANGE));
	EXPECT_EQ(drv_do(1, NVME_IO_WRITE, ~0ULL << 55, 1, IN), BAD(NVME_SC_LBA_RANGE));
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, MAX_BLOCKS + 1, IN), BAD(NVME_SC_INVALID_FIELD));
	EXPECT_EQ(drv_do(1, 0x7f, 0, 1, IN), BAD(NVME_SC_INVALID_OPCODE));
	drv_io(1, NVME_IO_READ, 0, 1, IN)->nsid = 2;
	EXPECT_EQ(drv_run(&dev, 1), BAD(NVME_SC_INVALID_NS));
	drv_io(1, NVME_IO_READ, 0, 1, IN)->nsid = NVME_NSID_ALL;
	EXPECT_EQ(drv_run(&dev, 1), BAD(NVME_SC_INVALID_NS));
	drv_io(1, NVME_IO_FLUSH, 0, 1, IN)->nsid = NVME_NSID_ALL;
	EXPECT_EQ(drv_run(&dev, 1), 0);
	drv_io(1, NVME_IO_READ, 0, 1, IN)->flags = 1;
	EXPECT_EQ(drv_run(&dev, 1), BAD(NVME_SC_INVALID_FIELD));
}

/* All queues are full, more than once around; each command completes once, with an interrupt. */
MTAP_TEST(many_queues)
{
	unsigned int q, i, round;

	drv_disable(&dev);
	drv_enable(&dev);
	drv_create(&dev, QUEUES - 1);
	for (round = 0; round < 3; round++) {
		for (q = 1; q < QUEUES; q++) {
			for (i = 0; i < ENTRIES - 1; i++)
				drv_io(q, i & 1 ? NVME_IO_READ : NVME_IO_WRITE, 8 * q, 8,
				       (i & 1 ? IN : OUT) + q * NVME_PAGE);
			drv_ring(&dev, q);
		}
		for (q = 1; q < QUEUES; q++) {
			for (i = 0; i < ENTRIES - 1; i++)
				ASSERT_EQ(drv_wait(&dev, q), 0);
			EXPECT(event_wait(drv_vector[q]));
			EXPECT(!drv_ready(q));
			EXPECT(!memcmp(drv_mem + IN + q * NVME_PAGE,
				       drv_mem + OUT + q * NVME_PAGE, NVME_PAGE));
		}
	}
	EXPECT_EQ(csts(), NVME_CSTS_RDY);
}

/* A queue whose driver does not take completions waits; others go on. */
MTAP_TEST(full_completion_queue)
{
	unsigned int i;

	/* 64 commands, and completions for 3 */
	drv_create_at(&dev, 3, 4, CQ_PAGE(3));
	for (i = 0; i < 5; i++)
		drv_io(3, NVME_IO_WRITE, i, 1, OUT);
	drv_ring(&dev, 3);
	EXPECT(event_wait(drv_vector[3]));
	EXPECT(mtap_await(drv_queue[3].cq[2].status & 1));
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
	EXPECT_EQ(drv_queue[3].cq[3].status, 0);
	/* Two were taken: the other two come. */
	dev_set(0, NVME_REG_CQHDBL + 24, 4, 2);
	EXPECT(mtap_await(drv_queue[3].cq[3].status & 1));
	EXPECT(mtap_await(!(drv_queue[3].cq[0].status & 1)));
	EXPECT_EQ(drv_queue[3].cq[0].cid, 4);
}

static int create(unsigned int opcode, unsigned int q, __u32 size, __u32 cdw11, __u64 prp1)
{
	struct nvme_command *cmd = drv_next(0, opcode);

	cmd->cdw10 = size << 16 | q;
	cmd->cdw11 = cdw11;
	cmd->prp1 = prp1;
	return drv_run(&dev, 0);
}

MTAP_TEST(wrong_queues)
{
	const __u64 at = drv_iova(CQ_PAGE(3));
	const unsigned int cq = NVME_ADMIN_CREATE_CQ, sq = NVME_ADMIN_CREATE_SQ;

	EXPECT_EQ(create(cq, 0, 63, 1, at), BAD(NVME_SC_QID_INVALID));
	EXPECT_EQ(create(cq, 2, 63, 1, at), BAD(NVME_SC_QID_INVALID));
	EXPECT_EQ(create(cq, 16, 63, 1, at), BAD(NVME_SC_QID_INVALID));
	EXPECT_EQ(create(cq, 0xffff, 63, 1, at), BAD(NVME_SC_QID_INVALID));
	EXPECT_EQ(create(cq, 3, 0, 1, at), BAD(NVME_SC_QUEUE_SIZE));
	EXPECT_EQ(create(cq, 3, 2048, 1, at), BAD(NVME_SC_QUEUE_SIZE));
	EXPECT_EQ(create(cq, 3, 63, 0, at), BAD(NVME_SC_INVALID_FIELD));
	EXPECT_EQ(create(cq, 3, 63, 1, at + 16), BAD(NVME_SC_INVALID_PRP_OFFSET));
	EXPECT_EQ(create(cq, 3, 63, 16 << 16 | 3, at), BAD(NVME_SC_INVALID_VECTOR));
	EXPECT_EQ(create(sq, 3, 63, 3 << 16 | 1, at), BAD(NVME_SC_CQ_INVALID));
	EXPECT_EQ(create(sq, 3, 63, 0xffffU << 16 | 1, at), BAD(NVME_SC_CQ_INVALID));
	EXPECT_EQ(create(sq, 3, 63, 1, at), BAD(NVME_SC_QID_INVALID));
	EXPECT_EQ(create(sq, 1, 63, 1 << 16 | 1, at), BAD(NVME_SC_QID_INVALID));
	EXPECT_EQ(drv_admin(NVME_ADMIN_DELETE_CQ, 1, 0), BAD(NVME_SC_QUEUE_DELETION));
	EXPECT_EQ(drv_admin(NVME_ADMIN_DELETE_CQ, 3, 0), BAD(NVME_SC_QID_INVALID));
	EXPECT_EQ(drv_admin(NVME_ADMIN_DELETE_CQ, 0, 0), BAD(NVME_SC_QID_INVALID));
	EXPECT_EQ(drv_admin(NVME_ADMIN_DELETE_SQ, 0, 0), BAD(NVME_SC_QID_INVALID));
	EXPECT_EQ(drv_admin(NVME_ADMIN_DELETE_SQ, 1, 0), 0);
	EXPECT_EQ(drv_admin(NVME_ADMIN_DELETE_SQ, 1, 0), BAD(NVME_SC_QID_INVALID));
	EXPECT_EQ(drv_admin(NVME_ADMIN_DELETE_CQ, 1, 0), 0);
	drv_create(&dev, 1);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
}

/* A ring that is no memory is fatal: there is no other way to tell the driver. */
MTAP_TEST(wrong_rings)
{
	ASSERT_EQ(drv_admin(NVME_ADMIN_DELETE_SQ, 1, 0), 0);
	ASSERT_EQ(create(NVME_ADMIN_CREATE_SQ, 1, 63, 1 << 16 | 1, drv_iova(PAGES)), 0);
	drv_ring(&dev, 2);
	drv_queue[1].tail = 1;
	drv_ring(&dev, 1);
	EXPECT(mtap_await(csts() == (NVME_CSTS_RDY | NVME_CSTS_CFS)));
	drv_disable(&dev);
	EXPECT_EQ(csts(), 0);
	drv_enable(&dev);
	drv_create(&dev, 1);
	EXPECT_EQ(drv_do(1, NVME_IO_READ, 0, 1, IN), 0);
}
