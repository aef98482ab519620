// SPDX-License-Identifier: GPL-2.0-only
/* What goes along apart from state and time: memory, MSI-X, DMA, and lines that have fired. */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "irqs.h"
#include "pair.h"

#define PAGE	4096u

static void move(void)
{
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
}

static void put(struct vfio *v, __u64 off, __u64 val)
{
	ASSERT_EQ(vfio_set(v, KMIG_MEM, off, 8, val), 0);
}

static __s64 get(struct vfio *v, __u64 off)
{
	return vfio_get(v, KMIG_MEM, off, 8);
}

/* Pages of which the target has some, and others of its own */
static void fill_memory(void)
{
	put(a, 0, 0x1111);
	put(a, 700 * PAGE + 8, 0x2222);
	put(a, KMIG_MEM_SIZE - 8, 0x3333);
	put(&b, 3 * PAGE, 0x4444);
	put(&b, 700 * PAGE, 0x5555);
}

static void expect_memory_of_source(void)
{
	EXPECT_EQ(get(&b, 0), 0x1111);
	EXPECT_EQ(get(&b, 700 * PAGE), 0);
	EXPECT_EQ(get(&b, 700 * PAGE + 8), 0x2222);
	EXPECT_EQ(get(&b, KMIG_MEM_SIZE - 8), 0x3333);
	EXPECT_EQ(get(&b, 3 * PAGE), 0);
}

static void expect_memory_of_target(void)
{
	EXPECT_EQ(get(&b, 0), 0);
	EXPECT_EQ(get(&b, 700 * PAGE), 0x5555);
	EXPECT_EQ(get(&b, 700 * PAGE + 8), 0);
	EXPECT_EQ(get(&b, KMIG_MEM_SIZE - 8), 0);
	EXPECT_EQ(get(&b, 3 * PAGE), 0x4444);
}

/* What was never touched is not in the stream. */
MTAP_TEST(memory)
{
	__s64 empty = mig_data_size(a);

	fill_memory();
	move();
	EXPECT_EQ(len, empty + 3 * (2 * sizeof(struct mig_section) + PAGE));
	EXPECT_EQ(mig_data_size(a), len);
	go(&b);
	expect_memory_of_source();
	/* There and back again: the same */
	go(a);
	len = mig_save(&b, copy, sizeof(copy));
	ASSERT_EQ(mig_load(a, copy, len), 0);
	EXPECT_EQ(get(a, 700 * PAGE + 8), 0x2222);
}

/* A mapping of the target's memory shows what was restored. */
MTAP_TEST(memory_stays_mapped)
{
	__u64 *p;

	fill_memory();
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, b.device, b.region[KMIG_MEM].offset);
	ASSERT(p != MAP_FAILED);
	EXPECT_EQ(p[0], 0);
	move();
	EXPECT_EQ(p[0], 0x1111);
	munmap(p, PAGE);
}

static void refused(int err, const char *why)
{
	mig_seal(copy, len);
	EXPECT_EQ(mig_load(&b, copy, len), err);
	EXPECT_HAS(why_refused(), why);
	expect_memory_of_target();
	memcpy(copy, stream, len);
}

MTAP_TEST(bad_memory_is_refused)
{
	struct mig_section *s;
	struct {
		__u32 region, reserved;
		__u64 offset;
	} *mem;

	fill_memory();
	save();
	memcpy(copy, stream, len);
	s = mig_find(copy, len, MIG_MEMORY);
	ASSERT(s);
	mem = (void *)(s + 1);
	mem->region = 0;
	refused(-EINVAL, "the device has no memory at 0x0 of region 0");
	mem->region = 0x80000000;
	refused(-EINVAL, "of region 2147483648");
	mem->offset = KMIG_MEM_SIZE;
	refused(-EINVAL, "the device has no memory at 0x400000 of region 2");
	mem->offset = -8ULL;
	refused(-EINVAL, "the device has no memory at");
	s->size = 1 << 20;
	refused(-EINVAL, "a section of memory has 1048576 bytes");
	s->size = 16;
	refused(-EINVAL, "a section of memory has 16 bytes");
	((char *)(mem + 1))[0] ^= 1;
	EXPECT_EQ(mig_load(&b, copy, len), -EBADMSG);
	expect_memory_of_target();
}

MTAP_TEST(failing_restore_undoes_memory)
{
	wr(a, KMIG_HOOK, KMIG_HOOK_FAIL);
	put(a, 0, 0x1111);
	save();
	kmig_reload("kmig_hooks", 0, 0);
	put(&b, 3 * PAGE, 0x4444);
	put(&b, 700 * PAGE, 0x5555);
	EXPECT_EQ(mig_load(&b, stream, len), -EBUSY);
	expect_memory_of_target();
}

/* QEMU has to get an interrupt even if its cause was gone before it was unmasked. */
MTAP_TEST(line_that_has_fired)
{
	ASSERT_EQ(vfio_irq_fds(a, INTX, 0, 1, &event[0]), 0);
	ASSERT_EQ(vfio_irq_fds(&b, INTX, 0, 1, &event[1]), 0);
	wr(a, KMIG_LEVEL, 1);
	EXPECT_EQ(event_take(event[0]), 1);
	wr(a, KMIG_LEVEL, 0);
	move();
	EXPECT_EQ(event_take(event[1]), 0);
	go(&b);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(vfio_irq_none(&b, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[1]), 0);
	/* Handled there, it does not fire elsewhere */
	go(a);
	EXPECT_EQ(vfio_irq_none(a, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	move();
	go(&b);
	EXPECT_EQ(event_take(event[1]), 0);
}

/* Pending vectors without an eventfd, and the table */
MTAP_TEST(msix)
{
	static const int none[KMIG_MSIX] = { -1, -1, -1, -1 };

	ASSERT_EQ(vfio_irq_fds(a, MSIX, 0, KMIG_MSIX, none), 0);
	ASSERT_EQ(vfio_irq_fds(&b, MSIX, 0, KMIG_MSIX, event), 0);
	ASSERT_EQ(vfio_set(a, KMIG_TABLE, 0x18, 4, 0xabcd), 0);
	ASSERT_EQ(vfio_set(a, KMIG_TABLE, 0x1c, 4, 0), 0);
	wr(a, KMIG_TRIGGER, 2);
	EXPECT_EQ(rd(a, KMIG_RESULT), 0);
	EXPECT_EQ(vfio_get(a, KMIG_TABLE, 2048, 4), 1 << 2);
	move();
	EXPECT_EQ(event_take(event[2]), 0);
	EXPECT_EQ(vfio_get(&b, KMIG_TABLE, 2048, 4), 1 << 2);
	EXPECT_EQ(vfio_get(&b, KMIG_TABLE, 0x18, 4), 0xabcd);
	EXPECT_EQ(vfio_get(&b, KMIG_TABLE, 0x1c, 4), 0);
	EXPECT_EQ(vfio_get(&b, KMIG_TABLE, 0x2c, 4), 1);
	go(&b);
	EXPECT_EQ(event_take(event[2]), 1);
	EXPECT_EQ(event_take(event[1]), 0);
	EXPECT_EQ(vfio_get(&b, KMIG_TABLE, 2048, 4), 0);
}

static void *guest_page(struct vfio *v)
{
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (__u64)p, .iova = KMIG_IOVA, .size = PAGE,
	};

	ASSERT(p != MAP_FAILED);
	ASSERT_EQ(ioctl(v->container, VFIO_IOMMU_MAP_DMA, &map), 0);
	return p;
}

static void bus_master(struct vfio *v)
{
	ASSERT_EQ(vfio_set(v, CONFIG, 0x04, 2, 0x0006), 0);
}

/* Bus mastering goes along with configuration space. */
MTAP_TEST(requests_for_dma)
{
	__u32 *here = guest_page(a), *there = guest_page(&b);

	bus_master(a);
	wr(a, KMIG_RAM, 0x600d);
	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	wr(a, KMIG_DMA, 8);
	wr(a, KMIG_DMA, 0x800);
	EXPECT_EQ(rd(a, KMIG_RESULT), 0);
	/* One that fails does so there */
	wr(a, KMIG_DMA, 1 << 24);
	move();
	EXPECT_EQ(rd(&b, KMIG_DONE), 0);
	go(&b);
	EXPECT(mtap_await((rd(&b, KMIG_DONE) & 0xff) == 3));
	EXPECT_EQ(rd(&b, KMIG_DONE), 0x103);
	EXPECT_EQ(there[2], 0x600d);
	EXPECT_EQ(there[0x200], 0x600d);
	EXPECT_EQ(here[2], 0);
	EXPECT_EQ(rd(a, KMIG_DONE), 0);
	/* The target's own are forgotten */
	ASSERT_EQ(mig_set(&b, S(STOP), NULL), 0);
	wr(&b, KMIG_DMA, 0x400);
	ASSERT_EQ(vfio_reset(a), 0);
	bus_master(a);
	move();
	go(&b);
	wr(&b, KMIG_DMA, 0);
	EXPECT(mtap_await(rd(&b, KMIG_DONE) == 1));
	EXPECT_EQ(there[0x100], 0);
}

MTAP_TEST(no_dma_in_p2p)
{
	__u32 *mem = guest_page(a);

	bus_master(a);
	wr(a, KMIG_RAM, 0x600d);
	ASSERT_EQ(mig_set(a, S(RUNNING_P2P), NULL), 0);
	wr(a, KMIG_DMA, 0);
	EXPECT_EQ(rd(a, KMIG_RESULT), 0);
	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	ASSERT_EQ(mig_set(a, S(RUNNING_P2P), NULL), 0);
	/* Other work is done by the same workers, and after it */
	ASSERT_EQ(vfio_irq_fds(a, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &event[0]), 0);
	wr(a, KMIG_DELAY, 1000);
	wr(a, KMIG_PERIOD, 0);
	wr(a, KMIG_ARM, 0);
	EXPECT_EQ(event_wait(event[0]), 1);
	EXPECT_EQ(rd(a, KMIG_DONE), 0);
	EXPECT_EQ(mem[0], 0);
	go(a);
	EXPECT(mtap_await(rd(a, KMIG_DONE) == 1));
	EXPECT_EQ(mem[0], 0x600d);
	/* A reset ends P2P, and DMA goes on */
	ASSERT_EQ(mig_set(a, S(PRE_COPY_P2P), NULL), 0);
	ASSERT_EQ(vfio_reset(a), 0);
	bus_master(a);
	wr(a, KMIG_DMA, 8);
	EXPECT(mtap_await(rd(a, KMIG_DONE) == 1));
}

/* A window is pinned again where the device arrives, before all other requests. */
MTAP_TEST(pinned_windows)
{
	__u32 *here = guest_page(a), *there = guest_page(&b);

	here[0] = 0xa;
	there[0] = 0xb;
	bus_master(a);
	wr(a, KMIG_PIN, 0);
	EXPECT(mtap_await(rd(a, KMIG_DONE) == 1));
	EXPECT_EQ(rd(a, KMIG_PEEK), 0xa);
	move();
	EXPECT_EQ(rd(&b, KMIG_PEEK), 0xffffffff);
	go(&b);
	EXPECT(mtap_await(rd(&b, KMIG_DONE) == 0x10002));
	EXPECT_EQ(rd(&b, KMIG_PEEK), 0xb);
	/* What the program itself requests is not marked */
	wr(&b, KMIG_DMA, 8);
	EXPECT(mtap_await(rd(&b, KMIG_DONE) == 0x10003));
	go(a);
	EXPECT_EQ(rd(a, KMIG_PEEK), 0xa);
}

MTAP_TEST(bad_requests_are_refused)
{
	struct mig_section *s;
	__u32 *req;

	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	wr(a, KMIG_DMA, 8);
	save();
	for (int i = 0; i < 18; i++) {
		/* Address, where, size, offset, done: two words each. Id, op, and so on: one */
		static const __u32 bad[18] = {
			~0, ~0, ~0, ~0, ~0, ~0, 1, 1, ~0, ~0,
			~0, 99, 16, MDEV_BPF_DMA_AGAIN, 1, 1, 2, 1,
		};

		memcpy(copy, stream, len);
		s = mig_find(copy, len, 6);
		ASSERT(s);
		ASSERT_EQ(s->size, sizeof(bad));
		req = (__u32 *)(s + 1) + i;
		*req = bad[i];
		mig_seal(copy, len);
		/* Low halves of addresses, and the id, can be anything */
		if (i == 0 || i == 10) {
			ASSERT_EQ(mig_load(&b, copy, len), 0);
			ASSERT_EQ(vfio_reset(&b), 0);
			continue;
		}
		if (i == 1)
			req[-1] = ~0;
		mig_seal(copy, len);
		EXPECT_EQ(mig_load(&b, copy, len), -EINVAL);
		EXPECT_HAS(why_refused(), "section dma makes no sense");
	}
}

const struct mtap_suite mtap_suite = {
	.before = kmig_before, .after = kmig_after,
};
