// SPDX-License-Identifier: GPL-2.0-only
/* The disk of bpf/disk.bpf.c, as a driver uses it: queues, lists, reset, migration, upgrade. */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "../../bpf/disk.h"
#include "irqs.h"
#include "missing.h"
#include "pair.h"

#define DISK		"disk.bpf.o"
#define DISK0		"progs/kdisk0.bpf.o"

/* Guest memory: a few pages for each queue, then pages of data, then pages that may be absent */
#define MEM		0x100000ULL
#define PAGE		4096u
#define RING(q)		((q) * 3 * PAGE)
#define DONE(q)		(RING(q) + PAGE)
#define LIST(q)		(RING(q) + 2 * PAGE)
#define OUT		RING(DISK_QUEUES)
#define IN		(OUT + 16 * PAGE)
#define ABSENT		(IN + 16 * PAGE)
#define MEM_SIZE	(ABSENT + MISSING_PAGES * PAGE)

static __u8 *mem;
static int vector[DISK_QUEUES];
/* What the driver of a queue remembers: the commands so far, and the pieces of the next one */
static struct {
	__u32 tail;
	unsigned int pieces, size;
} drv[DISK_QUEUES];

static unsigned int reg(unsigned int q, unsigned int offset)
{
	return offset + q * DISK_REG_QUEUE_SIZE;
}

static struct disk_command *command(unsigned int q)
{
	return (struct disk_command *)(mem + RING(q)) + drv[q].tail % DISK_ENTRIES;
}

/* The completion of the last command of a queue */
static struct disk_done *done(unsigned int q)
{
	return (struct disk_done *)(mem + DONE(q)) + (drv[q].tail - 1) % DISK_ENTRIES;
}

/* Have a device use the guest memory. */
static void plug(const struct vfio *v)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .vaddr = (uintptr_t)mem, .iova = MEM, .size = MEM_SIZE,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};

	ASSERT_EQ(ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map), 0);
	ASSERT_EQ(vfio_irq_fds(v, MSIX, 0, DISK_QUEUES, vector), 0);
}

/* What a driver does with a disk that was reset */
static void probe(const struct vfio *v)
{
	unsigned int q;

	ASSERT_EQ(vfio_set(v, CONFIG, PCI_COMMAND, 2, PCI_COMMAND_MASTER), 0);
	for (q = 0; q < DISK_QUEUES; q++) {
		ASSERT_EQ(vfio_set(v, 0, reg(q, DISK_REG_RING), 8, MEM + RING(q)), 0);
		ASSERT_EQ(vfio_set(v, 0, reg(q, DISK_REG_DONE), 8, MEM + DONE(q)), 0);
		memset(mem + DONE(q), 0, PAGE);
	}
	memset(drv, 0, sizeof(drv));
}

/* Add a piece of guest memory to the next command of a queue. */
static void piece(unsigned int q, __u64 offset, __u32 size)
{
	struct mdev_bpf_sg *list = (void *)(mem + LIST(q));

	list[drv[q].pieces++] = (struct mdev_bpf_sg) { .iova = MEM + offset, .size = size };
	drv[q].size += size;
}

/* Put a command with these pieces into the ring, without ringing. */
static struct disk_command *queue(unsigned int q, unsigned int op, __u64 sector)
{
	struct disk_command *c = command(q);

	*c = (struct disk_command) {
		.op = op, .tag = 0x100 * q + drv[q].tail, .pieces = drv[q].pieces,
		.sector = sector, .list = MEM + LIST(q), .size = drv[q].size,
	};
	drv[q].tail++;
	drv[q].pieces = 0;
	drv[q].size = 0;
	return c;
}

static void ring(const struct vfio *v, unsigned int q)
{
	ASSERT_EQ(vfio_set(v, 0, reg(q, DISK_REG_TAIL), 4, drv[q].tail), 0);
}

/* How many commands are over, which is counted after the entry of the last one was written */
static __s64 commands(const struct vfio *v)
{
	return vfio_get(v, 0, DISK_REG_COMMANDS, 8);
}

/* Wait for the last command of a queue: its status. */
static int status(unsigned int q)
{
	struct disk_done *d = done(q);

	/* The number first, and then what else the device has written */
	if (!mtap_await(__atomic_load_n(&d->number, __ATOMIC_ACQUIRE) == drv[q].tail))
		return -ETIME;
	EXPECT_EQ(d->tag, (__u16)(0x100 * q + drv[q].tail - 1));
	return d->status;
}

/* The same for a command of one piece */
static int run(unsigned int q, unsigned int op, __u64 sector, __u64 offset, __u32 size)
{
	piece(q, offset, size);
	queue(q, op, sector);
	ring(&dev, q);
	return status(q);
}

static __u32 stopped(void)
{
	return dev_get(0, DISK_REG_STATUS, 4);
}

static void fill_out(unsigned int seed)
{
	unsigned int i;

	for (i = 0; i < 16 * PAGE; i++)
		mem[OUT + i] = seed + i * 7 + (i >> 8) * 13;
	memset(mem + IN, 0, 16 * PAGE);
}

static void bring(unsigned int page)
{
	missing_bring(page, mem + OUT);
}

static void open_disk(const char *object)
{
	unsigned int q;

	mem = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(mem != MAP_FAILED);
	for (q = 0; q < DISK_QUEUES; q++)
		vector[q] = event_new();
	dev_load(object);
	pair_open("disk-1");
	plug(&dev);
	probe(&dev);
	fill_out(1);
}

static void close_disk(void)
{
	unsigned int q;

	missing_end();
	pair_close();
	dev_unload();
	for (q = 0; q < DISK_QUEUES; q++)
		close(vector[q]);
	munmap(mem, MEM_SIZE);
}

static void before(void)
{
	open_disk(DISK);
}

/* The same disk, with the program of version 0 */
static void reopen_disk0(void)
{
	close_disk();
	open_disk(DISK0);
}

static void absent(void)
{
	missing_need();
	ASSERT_EQ(missing_register(mem + ABSENT), 0);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module,
	.before = before,
	.after = close_disk,
};

MTAP_TEST(registers)
{
	EXPECT_EQ(dev_get(0, DISK_REG_ID, 4), DISK_ID);
	EXPECT_EQ(dev_get(0, DISK_REG_SECTORS, 4), DISK_SECTORS);
	EXPECT_EQ(dev_get(0, reg(3, DISK_REG_RING), 8), MEM + RING(3));
	dev_set(0, reg(3, DISK_REG_HEAD), 4, 1);
	EXPECT_EQ(dev_get(0, reg(3, DISK_REG_HEAD), 4), 0);
	EXPECT_EQ(stopped(), 0);
}

/* Pieces of any size and alignment, and an interrupt for each command */
MTAP_TEST(lists)
{
	piece(0, OUT + 1, 1000);
	piece(0, OUT + 3 * PAGE + 5, 5000);
	piece(0, OUT + 9 * PAGE, 144);
	queue(0, DISK_WRITE, 7);
	ring(&dev, 0);
	EXPECT_EQ(status(0), DISK_OK);
	EXPECT_EQ(event_wait(vector[0]), 1);
	EXPECT_EQ(run(0, DISK_READ, 7, IN + 3, 6144), DISK_OK);
	EXPECT_EQ(event_wait(vector[0]), 1);
	EXPECT(!memcmp(mem + IN + 3, mem + OUT + 1, 1000));
	EXPECT(!memcmp(mem + IN + 1003, mem + OUT + 3 * PAGE + 5, 5000));
	EXPECT(!memcmp(mem + IN + 6003, mem + OUT + 9 * PAGE, 144));
	EXPECT_EQ(mem[IN + 6147], 0);
	EXPECT(mtap_await(commands(&dev) == 2));
	EXPECT_EQ(dev_get(0, reg(0, DISK_REG_HEAD), 4), 2);
}

/* More commands than the ring has entries, by one doorbell for several */
MTAP_TEST(wraps)
{
	unsigned int i, n;

	for (i = 0; i < 10; i++) {
		for (n = 0; n < 20; n++) {
			piece(2, OUT + 512 * i, 512);
			queue(2, DISK_WRITE, n);
		}
		ring(&dev, 2);
		EXPECT_EQ(status(2), DISK_OK);
	}
	EXPECT(mtap_await(commands(&dev) == 200));
	EXPECT_EQ(run(2, DISK_READ, 19, IN, 512), DISK_OK);
	EXPECT(!memcmp(mem + IN, mem + OUT + 512 * 9, 512));
}

/* A queue that waits for memory holds up no other one. */
MTAP_TEST(channels)
{
	absent();
	piece(1, ABSENT, 512);
	queue(1, DISK_WRITE, 0);
	ring(&dev, 1);
	ASSERT(missing_wanted());
	EXPECT_EQ(run(0, DISK_WRITE, 8, OUT, 4096), DISK_OK);
	EXPECT_EQ(run(3, DISK_READ, 8, IN, 4096), DISK_OK);
	EXPECT(!memcmp(mem + IN, mem + OUT, 4096));
	EXPECT_EQ(done(1)->number, 0);
	bring(0);
	EXPECT_EQ(status(1), DISK_OK);
}

MTAP_TEST(wrong_commands)
{
	EXPECT_EQ(run(0, 3, 0, OUT, 512), DISK_INVALID);
	EXPECT_EQ(run(0, DISK_READ, DISK_SECTORS, IN, 512), DISK_INVALID);
	EXPECT_EQ(run(0, DISK_READ, 1ULL << 55, IN, 512), DISK_INVALID);
	EXPECT_EQ(run(0, DISK_READ, DISK_SECTORS - 1, IN, 513), DISK_INVALID);
	EXPECT_EQ(run(0, DISK_READ, 0, IN, 0), DISK_INVALID);
	EXPECT_EQ(run(0, DISK_READ, 0, MEM_SIZE - 1, 2), DISK_DMA_ERROR);
	queue(0, DISK_READ, 0)->pieces = 1u << 30;
	ring(&dev, 0);
	EXPECT_EQ(status(0), DISK_INVALID);
	piece(0, IN, 512);
	queue(0, DISK_READ, 0)->list = MEM + MEM_SIZE;
	ring(&dev, 0);
	EXPECT_EQ(status(0), DISK_DMA_ERROR);
	piece(0, IN, 511);
	queue(0, DISK_READ, 0)->size = 512;
	ring(&dev, 0);
	EXPECT_EQ(status(0), DISK_DMA_ERROR);
	EXPECT_EQ(run(0, DISK_READ, 0, IN, 512), DISK_OK);
	EXPECT_EQ(stopped(), 0);
}

/* A queue whose rings are wrong stops until the driver starts it again. */
MTAP_TEST(wrong_rings)
{
	dev_set(0, reg(1, DISK_REG_RING), 8, MEM + MEM_SIZE);
	piece(1, OUT, 512);
	queue(1, DISK_WRITE, 0);
	ring(&dev, 1);
	EXPECT(mtap_await(stopped() == 1 << 1));
	EXPECT_EQ(run(0, DISK_WRITE, 0, OUT, 512), DISK_OK);
	dev_set(0, reg(1, DISK_REG_RING), 8, MEM + RING(1));
	dev_set(0, DISK_REG_STATUS, 4, 1 << 1);
	EXPECT_EQ(status(1), DISK_OK);
	EXPECT_EQ(stopped(), 0);
	dev_set(0, reg(2, DISK_REG_TAIL), 4, DISK_ENTRIES + 1);
	EXPECT(mtap_await(stopped() == 1 << 2));
}

/* The content of the disk survives a reset; the rest is as at creation. */
MTAP_TEST(resets)
{
	ASSERT_EQ(run(0, DISK_WRITE, 0, OUT, 8192), DISK_OK);
	absent();
	piece(1, ABSENT, 512);
	queue(1, DISK_WRITE, 100);
	ring(&dev, 1);
	ASSERT(missing_wanted());
	ASSERT_EQ(vfio_reset(&dev), 0);
	bring(0);
	EXPECT_EQ(commands(&dev), 0);
	EXPECT_EQ(dev_get(0, reg(1, DISK_REG_TAIL), 4), 0);
	EXPECT_EQ(dev_get(0, reg(1, DISK_REG_RING), 8), 0);
	probe(&dev);
	EXPECT_EQ(run(0, DISK_READ, 0, IN, 8192), DISK_OK);
	EXPECT(!memcmp(mem + IN, mem + OUT, 8192));
	EXPECT_EQ(done(1)->number, 0);
}

/* The parameter is set while the device is closed. */
MTAP_TEST(read_only)
{
	vfio_close(&dev);
	ASSERT_EQ(sysfs_write("1", MDEV_DEVICES "/%s/params/read_only", dev_mdev.uuid), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	plug(&dev);
	probe(&dev);
	EXPECT_EQ(run(0, DISK_WRITE, 0, OUT, 512), DISK_READ_ONLY);
	EXPECT_EQ(run(0, DISK_READ, 0, IN, 512), DISK_OK);
	EXPECT_EQ(mem[IN], 0);
}

/* What was rung while the device was stopped is carried out at the target. */
MTAP_TEST(migrates)
{
	plug(&b);
	ASSERT_EQ(run(0, DISK_WRITE, 5, OUT, 3 * PAGE), DISK_OK);
	EXPECT_EQ(event_wait(vector[0]), 1);
	ASSERT_EQ(mig_set(&dev, S(STOP), NULL), 0);
	piece(0, IN, 3 * PAGE);
	queue(0, DISK_READ, 5);
	ring(&dev, 0);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	EXPECT_EQ(done(0)->number, 0);
	go(&b);
	EXPECT_EQ(status(0), DISK_OK);
	EXPECT_EQ(event_wait(vector[0]), 1);
	EXPECT(!memcmp(mem + IN, mem + OUT, 3 * PAGE));
	EXPECT(mtap_await(commands(&b) == 2));
}

/* So is a command whose data the source has been waiting for. */
MTAP_TEST(migrates_in_flight)
{
	plug(&b);
	absent();
	piece(0, ABSENT, 512);
	queue(0, DISK_WRITE, 5);
	ring(&dev, 0);
	ASSERT(missing_wanted());
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT_EQ(done(0)->number, 0);
	bring(0);
	EXPECT_EQ(status(0), DISK_OK);
	EXPECT(mtap_await(commands(&b) == 1));
	EXPECT_EQ(commands(&dev), 0);
}

/* The driver goes on when another program takes over, even in the middle of a request. */
MTAP_TEST(upgrades)
{
	reopen_disk0();
	absent();
	dev_set(0, reg(1, DISK_REG_HEAD), 4, 3);
	dev_set(0, reg(0, DISK_REG_RING), 8, MEM + ABSENT);
	piece(0, OUT, 512);
	queue(0, DISK_WRITE, 0);
	ring(&dev, 0);
	ASSERT(missing_wanted());
	ASSERT_EQ(prog_open(&dev_prog2, DISK, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	EXPECT_EQ(commands(&dev), 3);
	missing_bring(0, mem + RING(0));
	EXPECT_EQ(status(0), DISK_OK);
	EXPECT(mtap_await(commands(&dev) == 4));
}
