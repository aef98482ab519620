// SPDX-License-Identifier: GPL-2.0-only
/* The disk of bpf/virtio_blk.bpf.c: requests, errors, files, migration, another program. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/virtio_blk.h>

#include "fuse.h"
#include "missing.h"
#include "pair.h"
#include "virtio.h"

#define BLK		"virtio_blk.bpf.o"
#define SECTOR		512u
#define SECTORS		(1u << 17)	/* of the memory that a new device has */
#define FILE_SECTORS	2048u
#define WRITE		VRING_DESC_F_WRITE
#define NEXT		VRING_DESC_F_NEXT
#define QUEUES		4
#define FEATURES	(F_VERSION_1 | F(VIRTIO_BLK_F_FLUSH) | F(VIRTIO_BLK_F_DISCARD) |	\
			 F(VIRTIO_BLK_F_WRITE_ZEROES) | F(VIRTIO_BLK_F_MQ))
#define HEADER(q)	(VIRTIO_OUT + 16 * VIRTIO_PAGE + 64 * (q))
#define RANGE(q)	(HEADER(q) + 16)
#define STATUS(q)	(HEADER(q) + 63)
#define NONE		0xff

static char path[32];

static void before(void)
{
	unsigned int i;

	virtio_begin();
	for (i = 0; i < 16 * VIRTIO_PAGE; i++)
		vmem[VIRTIO_OUT + i] = i * 7 + (i >> 8) * 13 + 1;
	dev_load(BLK);
	pair_open("virtio_blk-1");
	virtio_plug(&dev, QUEUES);
	virtio_up(&dev, FEATURES, QUEUES);
}

static void after(void)
{
	fuse_end();
	virtio_after();
	if (*path)
		unlink(path);
	*path = 0;
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module,
	.before = before,
	.after = after,
};

static void set(const char *name, const char *value)
{
	pair_set(name, value);
	virtio_plug(&dev, QUEUES);
	virtio_up(&dev, FEATURES & virtio_offered(&dev), QUEUES);
}

static void use_file(const char *how)
{
	char value[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/virtio_blk.XXXXXX");
	fd = mkstemp(path);
	ASSERT(fd >= 0);
	ASSERT_EQ(ftruncate(fd, FILE_SECTORS * SECTOR), 0);
	close(fd);
	snprintf(value, sizeof(value), "%s%s", how, path);
	set("disk", value);
}

/* A byte of the file, read by its own file descriptor */
static int file_byte(__u64 offset)
{
	unsigned char byte = 0;
	int fd = open(path, O_RDONLY);

	ASSERT(fd >= 0);
	ASSERT_EQ(pread(fd, &byte, 1, offset), 1);
	close(fd);
	return byte;
}

static __u8 status(unsigned int q)
{
	return vmem[STATUS(q)];
}

/* Begin a request of queue @n, with @size bytes of data at @offset; @in: for the driver */
static void begin(const struct vfio *v, unsigned int n, unsigned int type, __u64 sector,
		  __u64 offset, __u32 size, bool in)
{
	struct vq *q = &vq[n];
	unsigned int head;

	*(struct virtio_blk_outhdr *)(vmem + HEADER(n)) = (struct virtio_blk_outhdr) {
		.type = type, .sector = sector,
	};
	vmem[STATUS(n)] = NONE;
	head = vq_piece(q, HEADER(n), sizeof(struct virtio_blk_outhdr), NEXT);
	if (size)
		vq_piece(q, offset, size, NEXT | (in ? WRITE : 0));
	vq_piece(q, STATUS(n), 1, WRITE);
	vq_offer(q, head);
	vq_kick(v, q);
}

/* The same, and wait: its status, or NONE if none came. */
static int run(unsigned int n, unsigned int type, __u64 sector, __u64 offset, __u32 size, bool in)
{
	long got;

	begin(&dev, n, type, sector, offset, size, in);
	got = vq_wait(&vq[n], NULL);
	EXPECT_EQ(got, status(n) ? 1 : in ? size + 1 : 1);
	return got < 0 ? NONE : status(n);
}

static int rd_disk(unsigned int n, __u64 sector, __u64 offset, __u32 size)
{
	return run(n, VIRTIO_BLK_T_IN, sector, offset, size, true);
}

static int wr_disk(unsigned int n, __u64 sector, __u64 offset, __u32 size)
{
	return run(n, VIRTIO_BLK_T_OUT, sector, offset, size, false);
}

static int range(unsigned int type, __u64 sector, __u32 sectors, __u32 flags)
{
	*(struct virtio_blk_discard_write_zeroes *)(vmem + RANGE(0)) =
		(struct virtio_blk_discard_write_zeroes) {
			.sector = sector, .num_sectors = sectors, .flags = flags,
		};
	return run(0, type, 0, RANGE(0), 16, false);
}

static bool same(unsigned int size)
{
	return !memcmp(vmem + VIRTIO_IN, vmem + VIRTIO_OUT, size);
}

static bool is_zero(unsigned int size)
{
	unsigned int i;

	for (i = 0; i < size; i++)
		if (vmem[VIRTIO_IN + i])
			return false;
	return true;
}

MTAP_TEST(configuration)
{
	struct virtio_place config = virtio_find(&dev, VIRTIO_PCI_CAP_DEVICE_CFG);

	EXPECT_EQ(vfio_get(&dev, CONFIG, 0, 4), 0x10421af4);
	EXPECT_EQ(virtio_get(&dev, config.offset, 8), SECTORS);
	EXPECT_EQ(virtio_get(&dev, config.offset + offsetof(struct virtio_blk_config, num_queues),
			     2), QUEUES);
	EXPECT_EQ(virtio_get(&dev, config.offset + offsetof(struct virtio_blk_config, blk_size),
			     4), SECTOR);
	/* It is read-only. */
	virtio_set(&dev, config.offset, 8, 1);
	EXPECT_EQ(virtio_get(&dev, config.offset, 4), SECTORS);
}

static void writes_and_reads(void)
{
	EXPECT_EQ(wr_disk(0, 7, VIRTIO_OUT, 16 * VIRTIO_PAGE), VIRTIO_BLK_S_OK);
	EXPECT_EQ(event_wait(virtio_event[0]), 1);
	EXPECT_EQ(rd_disk(3, 7, VIRTIO_IN, 16 * VIRTIO_PAGE), VIRTIO_BLK_S_OK);
	EXPECT_EQ(event_wait(virtio_event[3]), 1);
	EXPECT(same(16 * VIRTIO_PAGE));
	EXPECT_EQ(rd_disk(1, 8, VIRTIO_IN, SECTOR), VIRTIO_BLK_S_OK);
	EXPECT(!memcmp(vmem + VIRTIO_IN, vmem + VIRTIO_OUT + SECTOR, SECTOR));
	EXPECT_EQ(run(0, VIRTIO_BLK_T_FLUSH, 0, 0, 0, false), VIRTIO_BLK_S_OK);
}

MTAP_TEST(memory)
{
	writes_and_reads();
}

MTAP_TEST(file)
{
	use_file("");
	EXPECT_EQ(virtio_get(&dev, 0x200, 4), FILE_SECTORS);
	writes_and_reads();
	EXPECT_EQ(file_byte(7 * SECTOR + 5), vmem[VIRTIO_OUT + 5]);
}

/* The header in pieces, data that is in one piece with it, and status that is behind data */
MTAP_TEST(any_layout)
{
	struct vq *q = &vq[0];
	unsigned int head, i;

	*(struct virtio_blk_outhdr *)(vmem + VIRTIO_OUT + 16 * VIRTIO_PAGE) =
		(struct virtio_blk_outhdr) { .type = VIRTIO_BLK_T_OUT, .sector = 3 };
	for (i = 0; i < 2 * SECTOR; i++)
		vmem[VIRTIO_OUT + 16 * VIRTIO_PAGE + 16 + i] = vmem[VIRTIO_OUT + i];
	head = vq_piece(q, VIRTIO_OUT + 16 * VIRTIO_PAGE, 3, NEXT);
	vq_piece(q, VIRTIO_OUT + 16 * VIRTIO_PAGE + 3, 13 + 100, NEXT);
	vq_piece(q, VIRTIO_OUT + 16 * VIRTIO_PAGE + 116, 2 * SECTOR - 100, NEXT);
	vq_piece(q, VIRTIO_IN, 1, WRITE);
	vmem[VIRTIO_IN] = NONE;
	vq_offer(q, head);
	vq_kick(&dev, q);
	EXPECT_EQ(vq_wait(q, NULL), 1);
	EXPECT_EQ(vmem[VIRTIO_IN], VIRTIO_BLK_S_OK);
	((struct virtio_blk_outhdr *)(vmem + HEADER(0)))->type = VIRTIO_BLK_T_IN;
	((struct virtio_blk_outhdr *)(vmem + HEADER(0)))->sector = 3;
	head = vq_piece(q, HEADER(0), 16, NEXT);
	vq_piece(q, VIRTIO_IN, 1000, WRITE | NEXT);
	vq_piece(q, VIRTIO_IN + 1000, 25, WRITE);
	vmem[VIRTIO_IN + 1024] = NONE;
	vq_offer(q, head);
	vq_kick(&dev, q);
	EXPECT_EQ(vq_wait(q, NULL), 1025);
	EXPECT(same(1024));
	EXPECT_EQ(vmem[VIRTIO_IN + 1024], VIRTIO_BLK_S_OK);
}

MTAP_TEST(serial_number)
{
	EXPECT_EQ(run(0, VIRTIO_BLK_T_GET_ID, 0, VIRTIO_IN, VIRTIO_BLK_ID_BYTES, true), 0);
	EXPECT(!memcmp(vmem + VIRTIO_IN, dev_mdev.uuid, VIRTIO_BLK_ID_BYTES));
	set("serial", "S-1");
	EXPECT_EQ(run(0, VIRTIO_BLK_T_GET_ID, 0, VIRTIO_IN, VIRTIO_BLK_ID_BYTES, true), 0);
	EXPECT_STR((char *)vmem + VIRTIO_IN, "S-1");
}

MTAP_TEST(wrong_requests)
{
	struct vq *q = &vq[0];

	EXPECT_EQ(run(0, 0x77, 0, 0, 0, false), VIRTIO_BLK_S_UNSUPP);
	EXPECT_EQ(rd_disk(0, SECTORS, VIRTIO_IN, SECTOR), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(rd_disk(0, SECTORS - 1, VIRTIO_IN, 2 * SECTOR), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(rd_disk(0, ~0ULL / SECTOR, VIRTIO_IN, SECTOR), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(rd_disk(0, 1ULL << 55, VIRTIO_IN, SECTOR), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(rd_disk(0, 0, VIRTIO_IN, 100), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(wr_disk(0, 0, VIRTIO_MEM_SIZE, SECTOR), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(rd_disk(0, 0, VIRTIO_IN, SECTOR), VIRTIO_BLK_S_OK);
	/* A request without room for its status */
	vq_offer(q, vq_piece(q, HEADER(0), 16, 0));
	vq_kick(&dev, q);
	EXPECT(mtap_await(virtio_status(&dev) & VIRTIO_CONFIG_S_NEEDS_RESET));
	virtio_up(&dev, FEATURES, QUEUES);
	EXPECT_EQ(rd_disk(0, 0, VIRTIO_IN, SECTOR), VIRTIO_BLK_S_OK);
}

/* An error that the driver could take for success needs a reset. */
MTAP_TEST(no_status)
{
	struct vq *q = &vq[0];
	unsigned int head;

	*(struct virtio_blk_outhdr *)(vmem + HEADER(0)) = (struct virtio_blk_outhdr) {
		.type = VIRTIO_BLK_T_OUT,
	};
	head = vq_piece(q, HEADER(0), sizeof(struct virtio_blk_outhdr), NEXT);
	vq_piece(q, VIRTIO_OUT, SECTOR, NEXT);
	vq_piece(q, VIRTIO_MEM_SIZE, 1, WRITE);
	vq_offer(q, head);
	vq_kick(&dev, q);
	EXPECT(mtap_await(virtio_status(&dev) & VIRTIO_CONFIG_S_NEEDS_RESET));
	EXPECT(vq_idle(q));
}

static void discards(void)
{
	ASSERT_EQ(wr_disk(0, 8, VIRTIO_OUT, 8 * SECTOR), VIRTIO_BLK_S_OK);
	EXPECT_EQ(range(VIRTIO_BLK_T_DISCARD, 8, 8, 0), VIRTIO_BLK_S_OK);
	EXPECT_EQ(rd_disk(0, 8, VIRTIO_IN, 8 * SECTOR), VIRTIO_BLK_S_OK);
	EXPECT(is_zero(8 * SECTOR));
	ASSERT_EQ(wr_disk(0, 8, VIRTIO_OUT, 8 * SECTOR), VIRTIO_BLK_S_OK);
	EXPECT_EQ(range(VIRTIO_BLK_T_WRITE_ZEROES, 9, 7, 0), VIRTIO_BLK_S_OK);
	EXPECT_EQ(range(VIRTIO_BLK_T_WRITE_ZEROES, 12, 1, 1), VIRTIO_BLK_S_OK);
	EXPECT_EQ(rd_disk(0, 8, VIRTIO_IN, SECTOR), VIRTIO_BLK_S_OK);
	EXPECT(same(SECTOR));
	EXPECT_EQ(rd_disk(0, 9, VIRTIO_IN, 7 * SECTOR), VIRTIO_BLK_S_OK);
	EXPECT(is_zero(7 * SECTOR));
	EXPECT_EQ(range(VIRTIO_BLK_T_DISCARD, 0, 8, 1), VIRTIO_BLK_S_UNSUPP);
	EXPECT_EQ(range(VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 2), VIRTIO_BLK_S_UNSUPP);
	EXPECT_EQ(range(VIRTIO_BLK_T_DISCARD, SECTORS, 8, 0), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(range(VIRTIO_BLK_T_DISCARD, ~0ULL, 1, 0), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(range(VIRTIO_BLK_T_DISCARD, 0, ~0u, 0), VIRTIO_BLK_S_IOERR);
}

MTAP_TEST(discards_memory)
{
	discards();
}

MTAP_TEST(discards_file)
{
	use_file("");
	discards();
}

/* How many times does a request flush the file? */
static unsigned int flushes(unsigned int type, __u32 flags)
{
	unsigned int before = fuse_syncs();

	if (type == VIRTIO_BLK_T_OUT)
		EXPECT_EQ(wr_disk(0, 0, VIRTIO_OUT, VIRTIO_PAGE), VIRTIO_BLK_S_OK);
	else if (type == VIRTIO_BLK_T_FLUSH)
		EXPECT_EQ(run(0, type, 0, 0, 0, false), VIRTIO_BLK_S_OK);
	else
		EXPECT_EQ(range(type, 0, 8, flags), VIRTIO_BLK_S_OK);
	return fuse_syncs() - before;
}

/* Each write, unless the driver has accepted FLUSH: then only that */
static void expect_flushes(unsigned int each, int fallocate)
{
	fuse_set_fallocate(fallocate);
	EXPECT_EQ(flushes(VIRTIO_BLK_T_OUT, 0), each);
	EXPECT_EQ(flushes(VIRTIO_BLK_T_WRITE_ZEROES, 0), each);
	EXPECT_EQ(flushes(VIRTIO_BLK_T_WRITE_ZEROES, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP), each);
	if (!fallocate)
		EXPECT_EQ(flushes(VIRTIO_BLK_T_DISCARD, 0), 0);
}

MTAP_TEST(flushes_file)
{
	char text[64];

	snprintf(text, sizeof(text), "/proc/self/fd/%d", fuse_begin());
	set("disk", text);
	expect_flushes(0, 0);
	expect_flushes(0, -EOPNOTSUPP);
	EXPECT_EQ(flushes(VIRTIO_BLK_T_FLUSH, 0), 1);
	virtio_up(&dev, FEATURES & ~F(VIRTIO_BLK_F_FLUSH), QUEUES);
	expect_flushes(1, 0);
	expect_flushes(1, -EOPNOTSUPP);
}

MTAP_TEST(read_only)
{
	use_file("ro:");
	EXPECT(virtio_offered(&dev) & F(VIRTIO_BLK_F_RO));
	EXPECT(!(virtio_offered(&dev) & F(VIRTIO_BLK_F_DISCARD)));
	EXPECT_EQ(wr_disk(0, 0, VIRTIO_OUT, SECTOR), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(range(VIRTIO_BLK_T_DISCARD, 0, 8, 0), VIRTIO_BLK_S_IOERR);
	EXPECT_EQ(rd_disk(0, 0, VIRTIO_IN, SECTOR), VIRTIO_BLK_S_OK);
}

/* Many requests of all queues at a time */
MTAP_TEST(queues)
{
	unsigned int round, n;

	use_file("");
	for (round = 0; round < 20; round++) {
		for (n = 0; n < QUEUES; n++)
			begin(&dev, n, VIRTIO_BLK_T_OUT, 64 * n + round, VIRTIO_OUT + 512 * round,
			      SECTOR, false);
		for (n = 0; n < QUEUES; n++) {
			ASSERT_EQ(vq_wait(&vq[n], NULL), 1);
			ASSERT_EQ(status(n), VIRTIO_BLK_S_OK);
		}
	}
	for (n = 0; n < QUEUES; n++) {
		EXPECT_EQ(rd_disk(n, 64 * n, VIRTIO_IN, 20 * SECTOR), VIRTIO_BLK_S_OK);
		EXPECT(same(20 * SECTOR));
	}
}

static void absent(void)
{
	missing_need();
	ASSERT_EQ(missing_register(vmem + VIRTIO_ABSENT), 0);
}

/* A request that waits for guest memory, when the driver resets the device */
MTAP_TEST(reset_in_flight)
{
	use_file("");
	absent();
	begin(&dev, 0, VIRTIO_BLK_T_OUT, 0, VIRTIO_ABSENT, SECTOR, false);
	ASSERT(missing_wanted());
	EXPECT_EQ(wr_disk(1, 8, VIRTIO_OUT, SECTOR), VIRTIO_BLK_S_OK);
	virtio_reset(&dev);
	missing_bring(0, vmem + VIRTIO_OUT);
	EXPECT_EQ(status(0), NONE);
	virtio_up(&dev, FEATURES, QUEUES);
	EXPECT_EQ(rd_disk(0, 8, VIRTIO_IN, SECTOR), VIRTIO_BLK_S_OK);
	EXPECT(same(SECTOR));
}

MTAP_TEST(migrates_in_flight)
{
	virtio_plug(&b, QUEUES);
	ASSERT_EQ(wr_disk(0, 40, VIRTIO_OUT, VIRTIO_PAGE), VIRTIO_BLK_S_OK);
	absent();
	begin(&dev, 0, VIRTIO_BLK_T_OUT, 0, VIRTIO_ABSENT, SECTOR, false);
	ASSERT(missing_wanted());
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT(vq_idle(&vq[0]));
	missing_bring(0, vmem + VIRTIO_OUT);
	EXPECT_EQ(vq_wait(&vq[0], NULL), 1);
	EXPECT_EQ(status(0), VIRTIO_BLK_S_OK);
	begin(&b, 2, VIRTIO_BLK_T_IN, 40, VIRTIO_IN, VIRTIO_PAGE, true);
	EXPECT_EQ(vq_wait(&vq[2], NULL), VIRTIO_PAGE + 1);
	EXPECT(same(VIRTIO_PAGE));
	begin(&b, 2, VIRTIO_BLK_T_IN, 0, VIRTIO_IN, SECTOR, true);
	EXPECT_EQ(vq_wait(&vq[2], NULL), SECTOR + 1);
	EXPECT(same(SECTOR));
}

MTAP_TEST(replaced_in_flight)
{
	unsigned int i;

	use_file("");
	absent();
	begin(&dev, 0, VIRTIO_BLK_T_OUT, 0, VIRTIO_ABSENT, SECTOR, false);
	ASSERT(missing_wanted());
	ASSERT_EQ(prog_open(&dev_prog2, BLK, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(prog_update(&dev_prog, i & 1 ? &dev_prog : &dev_prog2), 0);
		EXPECT_EQ(wr_disk(1, i, VIRTIO_OUT + SECTOR * i, SECTOR), VIRTIO_BLK_S_OK);
	}
	missing_bring(0, vmem + VIRTIO_OUT + 9 * SECTOR);
	EXPECT_EQ(vq_wait(&vq[0], NULL), 1);
	EXPECT_EQ(status(0), VIRTIO_BLK_S_OK);
	EXPECT_EQ(rd_disk(2, 1, VIRTIO_IN + SECTOR, 9 * SECTOR), VIRTIO_BLK_S_OK);
	EXPECT(!memcmp(vmem + VIRTIO_IN + SECTOR, vmem + VIRTIO_OUT + SECTOR, 9 * SECTOR));
}
