// SPDX-License-Identifier: GPL-2.0-only
/* Implements nvme_driver.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "nvme_driver.h"

__u8 *drv_mem;
int drv_file = -1;
static char path[32];
struct drv_queue drv_queue[QUEUES];
int drv_vector[QUEUES];
struct nvme_completion drv_last;

static void queue_reset(unsigned int q)
{
	memset(drv_page(SQ_PAGE(q)), 0, NVME_PAGE);
	memset(drv_page(CQ_PAGE(q)), 0, NVME_PAGE);
	drv_queue[q] = (struct drv_queue) {
		.sq = drv_page(SQ_PAGE(q)), .cq = drv_page(CQ_PAGE(q)), .entries = ENTRIES,
		.phase = 1,
	};
}

void drv_load(void)
{
	dev_load(NVME);
}

void drv_before(void)
{
	drv_open();
	drv_start(&dev, 2);
}

void drv_open(void)
{
	unsigned int i;

	drv_mem = mmap(NULL, PAGES * NVME_PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(drv_mem != MAP_FAILED);
	for (i = 0; i < QUEUES; i++)
		drv_vector[i] = event_new();
	for (i = 0; i < 64 * NVME_PAGE; i++)
		drv_mem[OUT + i] = i * 7 + (i >> 9) * 13 + 1;
	pair_open("nvme-1");
}

void drv_close(void)
{
	unsigned int i;

	missing_end();
	pair_close();
	for (i = 0; i < QUEUES; i++)
		close(drv_vector[i]);
	munmap(drv_mem, PAGES * NVME_PAGE);
	if (drv_file < 0)
		return;
	close(drv_file);
	unlink(path);
	drv_file = -1;
}

void drv_bind(const char *text)
{
	vfio_close(&dev);
	ASSERT_EQ(sysfs_write(text, MDEV_DEVICES "/%s/params/disk", dev_mdev.uuid), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	drv_start(&dev, 2);
}

void drv_use_file(const char *how)
{
	char text[80];

	if (drv_file < 0) {
		drv_file = mkstemp(strcpy(path, "/tmp/kst_nvme.XXXXXX"));
		ASSERT(drv_file >= 0);
		ASSERT_EQ(ftruncate(drv_file, DRV_FILE_SIZE + 100), 0);
	}
	snprintf(text, sizeof(text), "%s%s", how, path);
	drv_bind(text);
}

void drv_absent(void)
{
	missing_need();
	ASSERT_EQ(missing_register(drv_mem + ABSENT), 0);
}

void drv_bring(unsigned int page)
{
	missing_bring(page, drv_mem + OUT);
}

void drv_plug(const struct vfio *v)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .vaddr = (uintptr_t)drv_mem, .iova = IOVA,
		.size = PAGES * NVME_PAGE,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};

	ASSERT_EQ(ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map), 0);
	ASSERT_EQ(vfio_irq_fds(v, MSIX, 0, QUEUES, drv_vector), 0);
}

void drv_enable(const struct vfio *v)
{
	ASSERT_EQ(vfio_set(v, CONFIG, PCI_COMMAND, 2,
			   PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY), 0);
	queue_reset(0);
	ASSERT_EQ(vfio_set(v, 0, NVME_REG_AQA, 4, (ENTRIES - 1) << 16 | (ENTRIES - 1)), 0);
	ASSERT_EQ(vfio_set(v, 0, NVME_REG_ASQ, 8, drv_iova(SQ_PAGE(0))), 0);
	ASSERT_EQ(vfio_set(v, 0, NVME_REG_ACQ, 8, drv_iova(CQ_PAGE(0))), 0);
	ASSERT_EQ(vfio_set(v, 0, NVME_REG_CC, 4, 4 << 20 | 6 << 16 | NVME_CC_EN), 0);
	ASSERT(mtap_await(vfio_get(v, 0, NVME_REG_CSTS, 4) == NVME_CSTS_RDY));
}

void drv_disable(const struct vfio *v)
{
	ASSERT_EQ(vfio_set(v, 0, NVME_REG_CC, 4, 0), 0);
	ASSERT(mtap_await(!(vfio_get(v, 0, NVME_REG_CSTS, 4) & NVME_CSTS_RDY)));
}

void drv_create_at(const struct vfio *v, unsigned int q, unsigned int entries, unsigned int page)
{
	struct nvme_command *cmd;

	queue_reset(q);
	drv_queue[q].cq = drv_page(page);
	drv_queue[q].entries = entries;
	cmd = drv_next(0, NVME_ADMIN_CREATE_CQ);
	cmd->prp1 = drv_iova(page);
	cmd->cdw10 = (entries - 1) << 16 | q;
	cmd->cdw11 = q << 16 | NVME_CQ_IEN | NVME_QUEUE_PC;
	ASSERT_EQ(drv_run(v, 0), 0);
	cmd = drv_next(0, NVME_ADMIN_CREATE_SQ);
	cmd->prp1 = drv_iova(SQ_PAGE(q));
	cmd->cdw10 = (ENTRIES - 1) << 16 | q;
	cmd->cdw11 = q << 16 | NVME_QUEUE_PC;
	ASSERT_EQ(drv_run(v, 0), 0);
}

void drv_create(const struct vfio *v, unsigned int last)
{
	unsigned int q;

	for (q = 1; q <= last; q++)
		drv_create_at(v, q, ENTRIES, CQ_PAGE(q));
}

void drv_start(const struct vfio *v, unsigned int last)
{
	drv_plug(v);
	drv_enable(v);
	drv_create(v, last);
}

struct nvme_command *drv_next(unsigned int q, unsigned int opcode)
{
	struct drv_queue *queue = &drv_queue[q];
	struct nvme_command *cmd = &queue->sq[queue->tail];

	memset(cmd, 0, sizeof(*cmd));
	cmd->opcode = opcode;
	cmd->cid = queue->cid++ % ARRAY_SIZE(queue->sent);
	queue->sent[cmd->cid] = true;
	cmd->nsid = q ? 1 : 0;
	queue->tail = (queue->tail + 1) % ENTRIES;
	return cmd;
}

void drv_ring(const struct vfio *v, unsigned int q)
{
	ASSERT_EQ(vfio_set(v, 0, NVME_REG_SQTDBL + q * NVME_REG_DB_STRIDE, 4,
			   drv_queue[q].tail), 0);
}

bool drv_ready(unsigned int q)
{
	struct drv_queue *queue = &drv_queue[q];
	__u16 status = __atomic_load_n(&queue->cq[queue->head].status, __ATOMIC_ACQUIRE);

	return (status & 1) == queue->phase;
}

int drv_wait(const struct vfio *v, unsigned int q)
{
	struct drv_queue *queue = &drv_queue[q];

	if (!mtap_await(drv_ready(q))) {
		mtap_diag("queue %u: %s", q, dev_dump());
		return -ETIME;
	}
	drv_last = queue->cq[queue->head];
	queue->head = (queue->head + 1) % queue->entries;
	if (!queue->head)
		queue->phase ^= 1;
	EXPECT_EQ(vfio_set(v, 0, NVME_REG_CQHDBL + q * NVME_REG_DB_STRIDE, 4, queue->head), 0);
	EXPECT_EQ(drv_last.sq_id, q);
	/* Each command completes once. */
	EXPECT(drv_last.cid < ARRAY_SIZE(queue->sent) && queue->sent[drv_last.cid]);
	queue->sent[drv_last.cid % ARRAY_SIZE(queue->sent)] = false;
	return drv_last.status >> 1;
}

int drv_run(const struct vfio *v, unsigned int q)
{
	drv_ring(v, q);
	return drv_wait(v, q);
}

int drv_admin(unsigned int opcode, __u32 cdw10, __u32 cdw11)
{
	struct nvme_command *cmd = drv_next(0, opcode);

	cmd->cdw10 = cdw10;
	cmd->cdw11 = cdw11;
	return drv_run(&dev, 0);
}

int drv_info(unsigned int opcode, __u32 nsid, __u32 cdw10, __u32 cdw11)
{
	struct nvme_command *cmd = drv_next(0, opcode);

	cmd->nsid = nsid;
	cmd->cdw10 = cdw10;
	cmd->cdw11 = cdw11;
	cmd->prp1 = drv_iova(INFO_PAGE);
	memset(drv_page(INFO_PAGE), 0xee, NVME_PAGE);
	return drv_run(&dev, 0);
}

void drv_prps(struct nvme_command *cmd, __u64 offset, __u32 size)
{
	__u32 first = NVME_PAGE - offset % NVME_PAGE, i;
	__u64 list = LIST_PAGE * NVME_PAGE + cmd->cid * 512ULL;

	cmd->prp1 = IOVA + offset;
	if (size <= first)
		return;
	cmd->prp2 = IOVA + offset + first;
	if (size <= first + NVME_PAGE)
		return;
	for (i = 0; first + i * NVME_PAGE < size; i++)
		((__u64 *)(drv_mem + list))[i] = IOVA + offset + first + i * NVME_PAGE;
	cmd->prp2 = IOVA + list;
}

struct nvme_command *drv_io(unsigned int q, unsigned int opcode, __u64 lba, unsigned int blocks,
			    __u64 offset)
{
	struct nvme_command *cmd = drv_next(q, opcode);

	cmd->cdw10 = lba;
	cmd->cdw11 = lba >> 32;
	cmd->cdw12 = blocks - 1;
	drv_prps(cmd, offset, blocks * BLOCK);
	return cmd;
}

int drv_do(unsigned int q, unsigned int opcode, __u64 lba, unsigned int blocks, __u64 offset)
{
	drv_io(q, opcode, lba, blocks, offset);
	return drv_run(&dev, q);
}

void drv_expect_works(const struct vfio *v)
{
	memset(drv_mem + IN, 0, NVME_PAGE);
	drv_io(1, NVME_IO_WRITE, 40, 8, OUT);
	EXPECT_EQ(drv_run(v, 1), 0);
	drv_io(1, NVME_IO_READ, 40, 8, IN);
	EXPECT_EQ(drv_run(v, 1), 0);
	EXPECT(!memcmp(drv_mem + IN, drv_mem + OUT, NVME_PAGE));
}
