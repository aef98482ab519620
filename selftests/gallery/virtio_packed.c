// SPDX-License-Identifier: GPL-2.0-only
/* Packed rings of the virtio transport, by virtio-rng. */
#include <string.h>

#include "pair.h"
#include "virtio.h"

#define RNG		"virtio_rng.bpf.o"
#define SIZE		6	/* of the ring; need not be a power of two */
#define WRITE		VRING_DESC_F_WRITE
#define NEXT		VRING_DESC_F_NEXT
#define AVAIL		(1 << VRING_PACKED_DESC_F_AVAIL)
#define USED		(1 << VRING_PACKED_DESC_F_USED)
#define FEATURES	(F_VERSION_1 | F(VIRTIO_F_RING_PACKED))

/* What the driver remembers: the next place to fill, the next to look at, and their laps */
static unsigned int next, seen;
static bool lap, seen_lap;
static struct vq *const q = &vq[0];

static struct vring_packed_desc *desc(unsigned int i)
{
	return (struct vring_packed_desc *)vq_desc(q, 0) + i;
}

/* What the driver wants to be interrupted for */
static struct vring_packed_desc_event *event_of(void)
{
	return (struct vring_packed_desc_event *)vq_avail(q);
}

static void up(__u64 features)
{
	ASSERT(virtio_negotiate(&dev, features) & VIRTIO_CONFIG_S_FEATURES_OK);
	q->size = SIZE;
	vq_up(&dev, 0);
	next = 0;
	seen = 0;
	lap = true;
	seen_lap = true;
	virtio_set(&dev, COMMON(device_status), virtio_status(&dev) | VIRTIO_CONFIG_S_DRIVER_OK);
}

static void before(void)
{
	virtio_begin();
	dev_load(RNG);
	pair_open("virtio_rng-1");
	virtio_plug(&dev, 1);
	up(FEATURES);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module,
	.before = before,
	.after = virtio_after,
};

/* Fill the next place; whose it is then, in bits for its flags */
static __u16 fill_next(__u64 addr, __u32 size, __u16 id)
{
	struct vring_packed_desc *d = desc(next);
	__u16 owner = lap ? AVAIL : USED;

	d->addr = addr;
	d->len = size;
	d->id = id;
	if (++next == SIZE) {
		next = 0;
		lap = !lap;
	}
	return owner;
}

/* A chain of @n buffers for the device to write, 16 bytes each; the first is given away last. */
static void offer(unsigned int n, __u16 id)
{
	struct vring_packed_desc *head = desc(next);
	__u16 first = 0, owner;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct vring_packed_desc *d = desc(next);

		owner = fill_next(VIRTIO_MEM + VIRTIO_IN + 64 * i, 16, id) | WRITE |
			(i + 1 < n ? NEXT : 0);
		if (i)
			d->flags = owner;
		else
			first = owner;
	}
	__atomic_store_n(&head->flags, first, __ATOMIC_RELEASE);
}

static bool is_used(void)
{
	__u16 flags = __atomic_load_n(&desc(seen)->flags, __ATOMIC_ACQUIRE);

	return !!(flags & USED) == seen_lap && !!(flags & AVAIL) == seen_lap;
}

/* Wait for the next chain of @n entries, with @id: its length. */
static long wait_for(unsigned int n, __u16 id)
{
	long length;

	if (!mtap_await(is_used()))
		return -ETIME;
	EXPECT_EQ(desc(seen)->id, id);
	length = desc(seen)->len;
	seen += n;
	if (seen >= SIZE) {
		seen -= SIZE;
		seen_lap = !seen_lap;
	}
	return length;
}

static bool needs_reset(void)
{
	return virtio_status(&dev) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

MTAP_TEST(one)
{
	offer(1, 77);
	vq_kick(&dev, q);
	EXPECT_EQ(wait_for(1, 77), 16);
	EXPECT_EQ(event_wait(virtio_event[0]), 1);
}

/*
 * Wait for a chain of @n entries with @id, and one of 2 with @other. They end in any order: the
 * first one may have to wait for memory.
 */
static void wait_for_both(unsigned int n, __u16 id, __u16 other)
{
	bool other_first;

	ASSERT(mtap_await(is_used()));
	other_first = desc(seen)->id == other;
	if (other_first)
		ASSERT_EQ(wait_for(2, other), 32);
	ASSERT_EQ(wait_for(n, id), 16 * n);
	if (!other_first)
		ASSERT_EQ(wait_for(2, other), 32);
}

/* Chains of different lengths, many times around the ring */
MTAP_TEST(around)
{
	unsigned int i;

	for (i = 0; i < 60; i++) {
		offer(1 + i % 3, i);
		offer(2, 1000 + i);
		vq_kick(&dev, q);
		wait_for_both(1 + i % 3, i, 1000 + i);
	}
	EXPECT(!needs_reset());
}

/* Chains of different lengths that end in another order than they began in */
MTAP_TEST(out_of_order)
{
	unsigned int i;

	missing_need();
	ASSERT_EQ(missing_register(vmem + VIRTIO_ABSENT), 0);
	for (i = 0; i < MISSING_PAGES; i++) {
		struct vring_packed_desc *head = desc(next), *second;
		__u16 owner = fill_next(VIRTIO_MEM + VIRTIO_ABSENT + i * VIRTIO_PAGE, 16, i);

		second = desc(next);
		second->flags = fill_next(VIRTIO_MEM + VIRTIO_IN, 16, i) | WRITE;
		__atomic_store_n(&head->flags, owner | WRITE | NEXT, __ATOMIC_RELEASE);
		offer(3, 100 + i);
		vq_kick(&dev, q);
		ASSERT(missing_wanted());
		ASSERT_EQ(wait_for(3, 100 + i), 48);
		EXPECT(!is_used());
		missing_bring(i, vmem + VIRTIO_OUT);
		ASSERT_EQ(wait_for(2, i), 32);
	}
}

/* All entries of a table are used, whatever its NEXT flags say. */
MTAP_TEST(indirect)
{
	struct vring_packed_desc *table, *head;
	unsigned int i;
	__u16 owner;

	up(FEATURES | F_INDIRECT);
	table = (struct vring_packed_desc *)vq_table(q, 0);
	for (i = 0; i < 3; i++)
		table[i] = (struct vring_packed_desc) {
			.addr = VIRTIO_MEM + VIRTIO_IN + 64 * i, .len = 16, .flags = WRITE,
		};
	for (i = 0; i < 2 * SIZE; i++) {
		head = desc(next);
		owner = fill_next(vq_table_addr(q, 0), 3 * sizeof(*table), i);
		__atomic_store_n(&head->flags, owner | VRING_DESC_F_INDIRECT, __ATOMIC_RELEASE);
		vq_kick(&dev, q);
		ASSERT_EQ(wait_for(1, i), 48);
	}
}

/* Interrupts never, and at a place only */
MTAP_TEST(events)
{
	unsigned int i;

	event_of()->flags = VRING_PACKED_EVENT_FLAG_DISABLE;
	offer(1, 0);
	vq_kick(&dev, q);
	EXPECT_EQ(wait_for(1, 0), 16);
	EXPECT_EQ(event_take(virtio_event[0]), 0);
	up(FEATURES | F_EVENT_IDX);
	event_of()->flags = VRING_PACKED_EVENT_FLAG_DESC;
	for (i = 0; i < 20; i++) {
		/* The next chain but one; the place has the lap in its highest bit. */
		unsigned int at = (next + 2) % SIZE;
		bool at_lap = next + 2 < SIZE ? lap : !lap;

		event_of()->off_wrap = at | at_lap << VRING_PACKED_EVENT_F_WRAP_CTR;
		offer(2, 1);
		vq_kick(&dev, q);
		ASSERT_EQ(wait_for(2, 1), 32);
		EXPECT_EQ(event_take(virtio_event[0]), 0);
		offer(1, 2);
		vq_kick(&dev, q);
		ASSERT_EQ(wait_for(1, 2), 16);
		EXPECT_EQ(event_wait(virtio_event[0]), 1);
	}
}

MTAP_TEST(wrong)
{
	unsigned int i;

	/* A chain without end */
	for (i = 0; i < SIZE; i++)
		*desc(i) = (struct vring_packed_desc) {
			VIRTIO_MEM + VIRTIO_IN, 16, i, WRITE | NEXT | AVAIL
		};
	vq_kick(&dev, q);
	EXPECT(mtap_await(needs_reset()));
	up(FEATURES);
	offer(1, 5);
	vq_kick(&dev, q);
	EXPECT_EQ(wait_for(1, 5), 16);
	/* A table without INDIRECT_DESC */
	desc(next)->flags = VRING_DESC_F_INDIRECT | AVAIL;
	vq_kick(&dev, q);
	EXPECT(mtap_await(needs_reset()));
}

MTAP_TEST(migrates_in_flight)
{
	struct vring_packed_desc *head;
	__u16 owner;

	virtio_plug(&b, 1);
	missing_need();
	ASSERT_EQ(missing_register(vmem + VIRTIO_ABSENT), 0);
	offer(2, 1);
	vq_kick(&dev, q);
	ASSERT_EQ(wait_for(2, 1), 32);
	head = desc(next);
	owner = fill_next(VIRTIO_MEM + VIRTIO_ABSENT, 32, 9);
	__atomic_store_n(&head->flags, owner | WRITE, __ATOMIC_RELEASE);
	vq_kick(&dev, q);
	ASSERT(missing_wanted());
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	missing_bring(0, vmem + VIRTIO_OUT);
	EXPECT_EQ(wait_for(1, 9), 32);
	offer(3, 2);
	vq_kick(&b, q);
	EXPECT_EQ(wait_for(3, 2), 48);
}
