// SPDX-License-Identifier: GPL-2.0-only
/* The educational device (bpf/edu.bpf.c) as its driver sees it; edu.sh compares it with QEMU's. */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "../../bpf/edu.h"
#include "irqs.h"
#include "missing.h"
#include "pair.h"

#define EDU		"edu.bpf.o"
#define MEM		0x100000ULL	/* guest address */
#define MEM_SIZE	(8 * 4096)

static __u8 *mem;
static int line, message;

static void plug(const struct vfio *v)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .vaddr = (uintptr_t)mem, .iova = MEM, .size = MEM_SIZE,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};

	ASSERT_EQ(ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map), 0);
	ASSERT_EQ(vfio_set(v, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER), 0);
}

static void load(void)
{
	dev_load(EDU);
}

static void open_edu(void)
{
	unsigned int i;

	mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(mem != MAP_FAILED);
	for (i = 0; i < 4096; i++)
		mem[i] = i * 7 + (i >> 8);
	line = event_new();
	message = event_new();
	pair_open("edu-1");
	plug(&dev);
}

static void close_edu(void)
{
	missing_end();
	pair_close();
	close(line);
	close(message);
	munmap(mem, MEM_SIZE);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_edu, .after = close_edu, .teardown = dev_unload,
};

static __u32 reg(unsigned int offset)
{
	return dev_get(0, offset, 4);
}

static void set_reg(unsigned int offset, __u32 val)
{
	dev_set(0, offset, 4, val);
}

static void dma(__u64 src, __u64 dst, __u64 count, __u32 cmd)
{
	dev_set(0, EDU_DMA_SRC, 8, src);
	dev_set(0, EDU_DMA_DST, 8, dst);
	dev_set(0, EDU_DMA_COUNT, 8, count);
	set_reg(EDU_DMA_CMD, cmd | EDU_DMA_RUN);
}

static bool dma_is_over(void)
{
	return mtap_await(!(reg(EDU_DMA_CMD) & EDU_DMA_RUN));
}

MTAP_TEST(identification)
{
	EXPECT_EQ(dev_get(CONFIG, PCI_VENDOR_ID, 4), 0x11e81234);
	EXPECT_EQ(dev.region[0].size, EDU_BAR_SIZE);
	EXPECT_EQ(reg(EDU_ID), EDU_VERSION);
	set_reg(EDU_LIVENESS, 0x12345678);
	EXPECT_EQ(reg(EDU_LIVENESS), 0xedcba987);
}

static __u32 factorial(__u32 n)
{
	set_reg(EDU_FACTORIAL, n);
	EXPECT(mtap_await(!(reg(EDU_STATUS) & EDU_STATUS_BUSY)));
	return reg(EDU_FACTORIAL);
}

/* Modulo 2^32; a device that multiplies by all numbers would take a minute for the last. */
MTAP_TEST(factorials)
{
	EXPECT_EQ(factorial(0), 1);
	EXPECT_EQ(factorial(1), 1);
	EXPECT_EQ(factorial(5), 120);
	EXPECT_EQ(factorial(12), 479001600);
	EXPECT_EQ(factorial(13), 1932053504);
	EXPECT_EQ(factorial(33), 0x80000000);
	EXPECT_EQ(factorial(34), 0);
	EXPECT_EQ(factorial(0xffffffff), 0);
}

/* The level falls when the last bit is acknowledged, and not before. */
MTAP_TEST(intx)
{
	ASSERT_EQ(vfio_irq_fd(&dev, INTX, TRIGGER, line), 0);
	set_reg(EDU_RAISE, 3);
	EXPECT_EQ(event_take(line), 1);
	set_reg(EDU_ACK, 1);
	ASSERT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(line), 1);
	EXPECT_EQ(reg(EDU_IRQ_STATUS), 2);
	set_reg(EDU_ACK, 2);
	ASSERT_EQ(vfio_irq_none(&dev, INTX, UNMASK, 1), 0);
	EXPECT_EQ(event_take(line), 0);
	set_reg(EDU_STATUS, EDU_STATUS_IRQ);
	EXPECT_EQ(factorial(5), 120);
	EXPECT_EQ(event_wait(line), 1);
	EXPECT_EQ(reg(EDU_IRQ_STATUS), EDU_IRQ_FACTORIAL);
}

/* Each write to RAISE sends a message, acknowledged or not. */
MTAP_TEST(msi)
{
	ASSERT_EQ(vfio_irq_fd(&dev, MSI, TRIGGER, message), 0);
	set_reg(EDU_RAISE, 1);
	EXPECT_EQ(event_take(message), 1);
	set_reg(EDU_RAISE, 1);
	EXPECT_EQ(event_take(message), 1);
	set_reg(EDU_ACK, 1);
	EXPECT_EQ(event_take(message), 0);
	dma(MEM, EDU_BUFFER, 8, EDU_DMA_IRQ);
	EXPECT_EQ(event_wait(message), 1);
	EXPECT_EQ(reg(EDU_IRQ_STATUS), EDU_IRQ_DMA);
}

MTAP_TEST(transfers)
{
	dma(MEM + 1, EDU_BUFFER + 3, 1000, 0);
	EXPECT(dma_is_over());
	dma(EDU_BUFFER + 3, MEM + 4096, 1000, EDU_DMA_TO_GUEST);
	EXPECT(dma_is_over());
	EXPECT(!memcmp(mem + 4096, mem + 1, 1000));
	EXPECT_EQ(mem[5096], 0);
	EXPECT_EQ(reg(EDU_IRQ_STATUS), 0);
}

/* Beyond the buffer, around the end of numbers, or nothing: it is over at once, with no effect. */
MTAP_TEST(wrong_transfers)
{
	static const __u64 wrong[][2] = {
		{ EDU_BUFFER, EDU_BUFFER_SIZE + 1 }, { EDU_BUFFER + EDU_BUFFER_SIZE, 1 },
		{ EDU_BUFFER - 1, 2 }, { 0, 8 }, { ~0ULL, 8 }, { EDU_BUFFER + 8, ~0ULL },
		{ EDU_BUFFER, 0 }, { EDU_BUFFER + 8, -8ULL }, { 1ULL << 63, 1ULL << 63 },
	};
	size_t i;

	dma(MEM, EDU_BUFFER, 4096, 0);
	ASSERT(dma_is_over());
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		dma(wrong[i][0], MEM + 4096, wrong[i][1], EDU_DMA_TO_GUEST | EDU_DMA_IRQ);
		EXPECT(dma_is_over());
		EXPECT_EQ(reg(EDU_IRQ_STATUS), EDU_IRQ_DMA);
		set_reg(EDU_ACK, EDU_IRQ_DMA);
		dma(MEM + 100, wrong[i][0], wrong[i][1], 0);
		EXPECT(dma_is_over());
	}
	for (i = 0; i < 4096; i++)
		EXPECT_EQ(mem[4096 + i], 0);
	dma(EDU_BUFFER, MEM + 4096, 4096, EDU_DMA_TO_GUEST);
	ASSERT(dma_is_over());
	EXPECT(!memcmp(mem + 4096, mem, 4096));
}

/* Memory that is not there: it is over, and the buffer as it was. */
MTAP_TEST(no_memory)
{
	dma(MEM, EDU_BUFFER, 16, 0);
	ASSERT(dma_is_over());
	dma(MEM + MEM_SIZE - 8, EDU_BUFFER, 16, 0);
	EXPECT(dma_is_over());
	dma(EDU_BUFFER, MEM + 4096, 16, EDU_DMA_TO_GUEST);
	EXPECT(dma_is_over());
	EXPECT(!memcmp(mem + 4096, mem, 16));
}

MTAP_TEST(mask_of_addresses)
{
	dma(1ULL << 28 | MEM, EDU_BUFFER, 64, 0);
	EXPECT(dma_is_over());
	dma(EDU_BUFFER, MEM + 4096, 64, EDU_DMA_TO_GUEST);
	EXPECT(dma_is_over());
	EXPECT(!memcmp(mem + 4096, mem, 64));
	vfio_close(&dev);
	ASSERT_EQ(sysfs_write("0xffffffff", MDEV_DEVICES "/%s/params/dma_mask", dev_mdev.uuid), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	plug(&dev);
	dma(EDU_BUFFER, 1ULL << 28 | (MEM + 8192), 64, EDU_DMA_TO_GUEST);
	EXPECT(dma_is_over());
	EXPECT_EQ(mem[8192 + 1], 0);
}

static void absent(unsigned int page)
{
	missing_need();
	ASSERT_EQ(missing_register(mem + 4 * 4096), 0);
	dma(MEM + (4 + page) * 4096, EDU_BUFFER, 4096, EDU_DMA_IRQ);
	ASSERT(missing_wanted());
}

/* While a transfer runs, its registers do not change. */
MTAP_TEST(busy)
{
	absent(0);
	dma(1, 2, 3, 0);
	EXPECT_EQ(dev_get(0, EDU_DMA_SRC, 8), MEM + 4 * 4096);
	EXPECT_EQ(dev_get(0, EDU_DMA_COUNT, 8), 4096);
	EXPECT_EQ(reg(EDU_DMA_CMD), EDU_DMA_RUN | EDU_DMA_IRQ);
	EXPECT_EQ(factorial(5), 120);
	missing_bring(0, mem);
	EXPECT(dma_is_over());
	dma(EDU_BUFFER, MEM + 4096, 4096, EDU_DMA_TO_GUEST);
	EXPECT(dma_is_over());
	EXPECT(!memcmp(mem + 4096, mem, 4096));
}

MTAP_TEST(reset_in_a_transfer)
{
	absent(0);
	ASSERT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(reg(EDU_DMA_CMD), 0);
	missing_bring(0, mem);
	plug(&b);
	ASSERT_EQ(vfio_set(&dev, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER), 0);
	dma(EDU_BUFFER, MEM + 4096, 4096, EDU_DMA_TO_GUEST);
	EXPECT(dma_is_over());
	EXPECT_EQ(mem[4096 + 1], 0);
	EXPECT_EQ(reg(EDU_IRQ_STATUS), 0);
}

/* It is carried out at the target. */
MTAP_TEST(migrates_in_a_transfer)
{
	plug(&b);
	absent(0);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	ASSERT_EQ(vfio_irq_fd(&b, INTX, TRIGGER, line), 0);
	go(&b);
	EXPECT_EQ(vfio_get(&b, 0, EDU_DMA_CMD, 4), EDU_DMA_RUN | EDU_DMA_IRQ);
	missing_bring(0, mem);
	EXPECT_EQ(event_wait(line), 1);
	EXPECT_EQ(vfio_get(&b, 0, EDU_DMA_CMD, 4), EDU_DMA_IRQ);
	EXPECT_EQ(vfio_get(&b, 0, EDU_IRQ_STATUS, 4), EDU_IRQ_DMA);
}

/* So is a factorial that was asked for while the device was stopped. */
MTAP_TEST(migrates_a_factorial)
{
	ASSERT_EQ(mig_set(&dev, S(STOP), NULL), 0);
	set_reg(EDU_FACTORIAL, 6);
	EXPECT_EQ(reg(EDU_STATUS), EDU_STATUS_BUSY);
	EXPECT_EQ(reg(EDU_FACTORIAL), 6);
	set_reg(EDU_FACTORIAL, 7);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT(mtap_await(!vfio_get(&b, 0, EDU_STATUS, 4)));
	EXPECT_EQ(vfio_get(&b, 0, EDU_FACTORIAL, 4), 720);
}

/* What one guest has copied into the buffer, another one does not find; a transfer is forgotten. */
MTAP_TEST(another_user)
{
	dma(MEM, EDU_BUFFER, EDU_BUFFER_SIZE, 0);
	EXPECT(dma_is_over());
	missing_need();
	ASSERT_EQ(missing_register(mem + 4 * 4096), 0);
	dma(MEM + 4 * 4096, EDU_BUFFER + 64, 8, 0);
	ASSERT(missing_wanted());
	pair_reopen();
	plug(&dev);
	EXPECT_EQ(dev_get(0, EDU_DMA_SRC, 8), 0);
	EXPECT_EQ(reg(EDU_DMA_CMD), 0);
	memset(mem + 4096, 0xee, 4096);
	dma(EDU_BUFFER, MEM + 4096, EDU_BUFFER_SIZE, EDU_DMA_TO_GUEST);
	EXPECT(dma_is_over());
	EXPECT_EQ(mem[4096 + 1], 0);
	EXPECT(!memcmp(mem + 4096, mem + 4097, 4095));
}
