// SPDX-License-Identifier: GPL-2.0-only
/* The subchannel (bpf/ccw.bpf.c) as a user of vfio-ccw sees it: regions, interrupts, programs. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../bpf/ccw.h"
#include "irqs.h"
#include "pair.h"

#define MEM		0x10000		/* guest address */
#define MEM_SIZE	(4 * 4096)
#define TEXT		(MEM + 4096)	/* where the data of commands is */

struct io_region {
	__u32 orb[3], scsw[3], irb[24], ret_code;
};

static char *mem;
static struct io_region io;
static int event_io, event_crw;

static void load(void)
{
	dev_load("ccw.bpf.o");
}

static void open_ccw(void)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .iova = MEM, .size = MEM_SIZE,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};

	mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(mem != MAP_FAILED);
	event_io = event_new();
	event_crw = event_new();
	pair_open("ccw-1");
	map.vaddr = (uintptr_t)mem;
	ASSERT_EQ(ioctl(dev.container, VFIO_IOMMU_MAP_DMA, &map), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, VFIO_CCW_IO_IRQ_INDEX, TRIGGER, event_io), 0);
	ASSERT_EQ(vfio_irq_fd(&dev, VFIO_CCW_CRW_IRQ_INDEX, TRIGGER, event_crw), 0);
}

static void close_ccw(void)
{
	pair_close();
	close(event_io);
	close(event_crw);
	munmap(mem, MEM_SIZE);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_ccw, .after = close_ccw, .teardown = dev_unload,
};

/* Command number @n of the channel program */
static void ccw(unsigned int n, unsigned int command, unsigned int flags, unsigned int count,
		__u32 address)
{
	__u32 *word = (__u32 *)(mem + 8 * n);

	word[0] = htonl(command << 24 | flags << 16 | count);
	word[1] = htonl(address);
}

/* Write the whole I/O region, as QEMU does. */
static ssize_t start(__u32 fctl, __u32 orb_flags)
{
	memset(&io, 0, sizeof(io));
	io.orb[1] = htonl(orb_flags);
	io.orb[2] = htonl(MEM);
	io.scsw[0] = htonl(fctl);
	return vfio_pwrite(&dev, CCW_IO, 0, &io, sizeof(io));
}

/* What the region says when the channel program has ended: the third word of the SCSW */
static __u32 finish(void)
{
	EXPECT_EQ(event_wait(event_io), 1);
	EXPECT_EQ(vfio_pread(&dev, CCW_IO, 0, &io, sizeof(io)), CCW_IO_SIZE);
	EXPECT_EQ(io.ret_code, 0);
	return ntohl(io.irb[2]);
}

static __u32 run_program(void)
{
	EXPECT_EQ(start(SCSW_FCTL_START, ORB_FORMAT_1), CCW_IO_SIZE);
	return finish();
}

#define ENDED	(SCSW_DSTAT_CHANNEL_END | SCSW_DSTAT_DEVICE_END)

/* The capability of type CCW that a region has: its subtype, 0 if there is none */
static __u32 subtype(unsigned int index)
{
	char buf[256] = {};
	struct vfio_region_info *info = (void *)buf;
	struct vfio_region_info_cap_type *cap;

	info->argsz = sizeof(buf);
	info->index = index;
	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, info), 0);
	if (!(info->flags & VFIO_REGION_INFO_FLAG_CAPS))
		return 0;
	cap = (void *)(buf + info->cap_offset);
	EXPECT_EQ(cap->header.id, VFIO_REGION_INFO_CAP_TYPE);
	EXPECT_EQ(cap->type, VFIO_REGION_TYPE_CCW);
	return cap->subtype;
}

MTAP_TEST(shape)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), 0);
	EXPECT_EQ(info.flags, VFIO_DEVICE_FLAGS_CCW | VFIO_DEVICE_FLAGS_RESET);
	EXPECT_EQ(info.num_regions, 4);
	EXPECT_EQ(info.num_irqs, VFIO_CCW_NUM_IRQS);
	EXPECT_EQ(dev.region[CCW_IO].size, CCW_IO_SIZE);
	EXPECT_EQ(dev.region[CCW_ASYNC].size, CCW_ASYNC_SIZE);
	EXPECT_EQ(dev.region[CCW_SCHIB].size, CCW_SCHIB_SIZE);
	EXPECT_EQ(dev.region[CCW_CRW].size, CCW_CRW_SIZE);
	EXPECT_EQ(subtype(CCW_IO), 0);
	EXPECT_EQ(subtype(CCW_ASYNC), VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD);
	EXPECT_EQ(subtype(CCW_SCHIB), VFIO_REGION_SUBTYPE_CCW_SCHIB);
	EXPECT_EQ(subtype(CCW_CRW), VFIO_REGION_SUBTYPE_CCW_CRW);
	for (irq.index = 0; irq.index < VFIO_CCW_NUM_IRQS; irq.index++) {
		ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_IRQ_INFO, &irq), 0);
		EXPECT_EQ(irq.count, 1);
		EXPECT(irq.flags & VFIO_IRQ_INFO_EVENTFD);
	}
}

MTAP_TEST(sense_id)
{
	ccw(0, CCW_SENSE_ID, 0, CCW_ID_SIZE, TEXT);
	EXPECT_EQ(run_program(), ENDED);
	EXPECT_EQ(ntohl(io.irb[0]), SCSW_FCTL_START | SCSW_STCTL_PRIMARY | SCSW_STCTL_SECONDARY |
		  SCSW_STCTL_PENDING);
	EXPECT_EQ(ntohl(io.irb[1]), MEM + 8);
	EXPECT_EQ((__u8)mem[4096], 0xff);
	EXPECT_EQ((__u8)mem[4097], 0x20);
	EXPECT_EQ(mem[4096 + CCW_ID_SIZE], 0);
}

/* A chain, with a transfer in channel in it */
MTAP_TEST(write_and_read)
{
	strcpy(mem + 4096, "hello, subchannel");
	ccw(0, CCW_WRITE, CCW_FLAG_CHAIN, 18, TEXT);
	ccw(1, CCW_TIC, 0, 0, MEM + 8 * 4);
	ccw(4, CCW_NOP, CCW_FLAG_CHAIN | CCW_FLAG_SLI, 1, 0);
	ccw(5, CCW_READ, CCW_FLAG_SLI, 100, TEXT + 1024);
	EXPECT_EQ(run_program(), ENDED | (100 - 18));
	EXPECT_EQ(ntohl(io.irb[1]), MEM + 8 * 6);
	EXPECT_STR(mem + 4096 + 1024, "hello, subchannel");
	/* Without SLI, the length must be right; this ends the chain */
	ccw(0, CCW_READ, CCW_FLAG_CHAIN, 20, TEXT + 2048);
	ccw(1, CCW_NOP, 0, 1, 0);
	EXPECT_EQ(run_program(), ENDED | SCSW_CSTAT_LENGTH | 2);
	EXPECT_EQ(ntohl(io.irb[1]), MEM + 8);
}

MTAP_TEST(unknown_command)
{
	ccw(0, 0x77, CCW_FLAG_SLI, 0, 0);
	EXPECT_EQ(run_program(), ENDED | SCSW_DSTAT_UNIT_CHECK);
	EXPECT(ntohl(io.irb[0]) & SCSW_STCTL_ALERT);
	ccw(0, CCW_SENSE, 0, CCW_SENSE_SIZE, TEXT);
	EXPECT_EQ(run_program(), ENDED);
	EXPECT_EQ((__u8)mem[4096], CCW_SENSE_REJECT);
	EXPECT_EQ(run_program(), ENDED);
	EXPECT_EQ(mem[4096], 0);
}

/* Commands that no memory has, and those that never end */
MTAP_TEST(program_check)
{
	ccw(0, CCW_READ, 0x80, 1, TEXT);
	EXPECT_EQ(run_program(), SCSW_CSTAT_PROGRAM);
	ccw(0, CCW_WRITE, 0, 8, MEM + MEM_SIZE);
	EXPECT_EQ(run_program() & SCSW_CSTAT_PROGRAM, SCSW_CSTAT_PROGRAM);
	ccw(0, CCW_TIC, 0, 0, MEM);
	EXPECT_EQ(run_program(), SCSW_CSTAT_PROGRAM);
	ccw(0, CCW_NOP, CCW_FLAG_SLI, 1, 0);
	EXPECT_EQ(run_program(), ENDED);
}

/* The last access of a write fails, so the write is short. */
MTAP_TEST(refused_start)
{
	ccw(0, CCW_NOP, CCW_FLAG_SLI, 1, 0);
	EXPECT_EQ(start(SCSW_FCTL_HALT, ORB_FORMAT_1), CCW_IO_RET);
	EXPECT_EQ((__s32)dev_get(CCW_IO, CCW_IO_RET, 4), -EOPNOTSUPP);
	EXPECT_EQ(start(SCSW_FCTL_START, 0), CCW_IO_RET);
	EXPECT_EQ(vfio_set(&dev, CCW_IO, CCW_IO_RET, 4, 0), -EOPNOTSUPP);
	EXPECT_EQ(event_take(event_io), 0);
	EXPECT_EQ(run_program(), ENDED);
}

static int order(__u32 command)
{
	__u32 region[2] = { command, 0 };
	ssize_t ret = vfio_pwrite(&dev, CCW_ASYNC, 0, region, sizeof(region));

	return ret == sizeof(region) ? 0 : ret;
}

/* The device stands still for a migration, so its program is in progress for as long. */
MTAP_TEST(halt_and_clear)
{
	__u32 fctl;

	ccw(0, CCW_NOP, CCW_FLAG_SLI, 1, 0);
	ASSERT_EQ(mig_set(&dev, S(STOP), NULL), 0);
	EXPECT_EQ(start(SCSW_FCTL_START, ORB_FORMAT_1), CCW_IO_SIZE);
	EXPECT_EQ(start(SCSW_FCTL_START, ORB_FORMAT_1), CCW_IO_RET);
	EXPECT_EQ((__s32)dev_get(CCW_IO, CCW_IO_RET, 4), -EBUSY);
	EXPECT_EQ(order(CCW_ASYNC_HSCH), 0);
	EXPECT_EQ(event_wait(event_io), 1);
	fctl = ntohl(dev_get(CCW_IO, CCW_IO_IRB, 4));
	EXPECT_EQ(fctl, SCSW_FCTL_HALT | SCSW_STCTL_PENDING);
	EXPECT_EQ(order(CCW_ASYNC_CSCH), 0);
	EXPECT_EQ(event_wait(event_io), 1);
	fctl = ntohl(dev_get(CCW_IO, CCW_IO_IRB, 4));
	EXPECT_EQ(fctl, SCSW_FCTL_CLEAR | SCSW_STCTL_PENDING);
	EXPECT_EQ(order(3), -EINVAL);
	EXPECT_EQ((__s32)dev_get(CCW_ASYNC, 4, 4), -EINVAL);
	go(&dev);
	EXPECT_EQ(run_program(), ENDED);
	EXPECT_EQ(event_take(event_io), 0);
}

MTAP_TEST(schib)
{
	__u32 words[CCW_SCHIB_SIZE / 4];

	EXPECT_EQ(vfio_pread(&dev, CCW_SCHIB, 0, words, sizeof(words)), CCW_SCHIB_SIZE);
	EXPECT_EQ(ntohl(words[1]), PMCW_ENABLED | PMCW_VALID | 0x1234);
	EXPECT_EQ(ntohl(words[3]), PMCW_PATH << 8 | PMCW_PATH);
	EXPECT_EQ(words[7], 0);
	EXPECT_EQ(vfio_set(&dev, CCW_SCHIB, 0, 4, 0), -EINVAL);
	ccw(0, CCW_NOP, CCW_FLAG_SLI, 1, 0);
	run_program();
	EXPECT_EQ(vfio_pread(&dev, CCW_SCHIB, 0, words, sizeof(words)), CCW_SCHIB_SIZE);
	EXPECT_EQ(words[7], io.irb[0]);
	EXPECT_EQ(ntohl(words[8]), MEM + 8);
}

/* Each report is signalled, read once, and followed by the next. */
MTAP_TEST(channel_reports)
{
	EXPECT_EQ(dev_get(CCW_CRW, 0, 8), 0);
	ccw(0, CCW_VARY, CCW_FLAG_CHAIN | CCW_FLAG_SLI, 1, 0);
	ccw(1, CCW_VARY, CCW_FLAG_SLI, 1, 0);
	EXPECT_EQ(run_program(), ENDED);
	EXPECT(event_take(event_crw) >= 1);
	EXPECT_EQ(dev_get(CCW_CRW, 0, 8), CRW_PATH_GONE | CRW_CHPID);
	EXPECT_EQ(event_take(event_crw), 1);
	EXPECT_EQ(dev_get(CCW_CRW, 0, 4), CRW_PATH_BACK | CRW_CHPID);
	EXPECT_EQ(event_take(event_crw), 0);
	EXPECT_EQ(dev_get(CCW_CRW, 0, 4), 0);
}

/* A channel program that waits is carried out where the device runs. */
MTAP_TEST(migrates)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .iova = MEM, .size = MEM_SIZE, .vaddr = (uintptr_t)mem,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};

	strcpy(mem + 4096, "moved");
	ccw(0, CCW_WRITE, 0, 6, TEXT);
	EXPECT_EQ(run_program(), ENDED);
	ccw(0, CCW_READ, 0, 6, TEXT + 1024);
	ASSERT_EQ(mig_set(&dev, S(STOP), NULL), 0);
	EXPECT_EQ(start(SCSW_FCTL_START, ORB_FORMAT_1), CCW_IO_SIZE);
	save();
	ASSERT_EQ(ioctl(b.container, VFIO_IOMMU_MAP_DMA, &map), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	ASSERT_EQ(vfio_irq_fd(&b, VFIO_CCW_IO_IRQ_INDEX, TRIGGER, event_io), 0);
	go(&b);
	EXPECT_EQ(event_wait(event_io), 1);
	EXPECT_STR(mem + 4096 + 1024, "moved");
}
