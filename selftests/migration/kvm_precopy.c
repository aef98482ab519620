// SPDX-License-Identifier: GPL-2.0-only
/* A guest writes to the device's memory, without any exit to user space, while that travels. */
#include <pthread.h>
#include <sys/mman.h>

#include "kvm.h"
#include "precopy.h"

#define GUEST_BAR	0xd0000
#define BAR_PAGES	16

static __u64 *mapping;

static void load(void)
{
	kvm_load();
	precopy_load();
}

static void before(void)
{
	precopy_before();
	kvm_open();
	mapping = map(a, KPRE_MEM, AREA, PROT_READ | PROT_WRITE);
	kvm_slot(1, GUEST_BAR, mapping, BAR_PAGES * PAGE);
}

static void after(void)
{
	kvm_close();
	if (mapping && mapping != MAP_FAILED)
		munmap(mapping, AREA);
	mapping = NULL;
	precopy_after();
}

static void unload(void)
{
	dev_unload();
	kvm_unload();
}

/* mov $0xd000,%ax; mov %ax,%ds; incw 0x3000; hlt */
static const unsigned char one_page[] = {
	0xb8, 0x00, 0xd0, 0x8e, 0xd8, 0xff, 0x06, 0x00, 0x30, 0xf4,
};

/*
 *	mov $0xd000,%ax; mov %ax,%ds; mov $1000,%cx
 * 1:	xor %bx,%bx
 * 2:	incw (%bx); add $0x1000,%bx; jnz 2b; loop 1b; hlt
 */
static const unsigned char all_pages[] = {
	0xb8, 0x00, 0xd0, 0x8e, 0xd8, 0xb9, 0xe8, 0x03, 0x31, 0xdb,
	0xff, 0x07, 0x81, 0xc3, 0x00, 0x10, 0x75, 0xf8, 0xe2, 0xf4, 0xf4,
};

#define RUNS(code)	EXPECT_EQ(kvm_runs(code, sizeof(code)), KVM_EXIT_HLT)

MTAP_TEST(guest_writes)
{
	unsigned int i;
	size_t pos;

	put(4, 1);
	RUNS(one_page);
	EXPECT_EQ(first(&pos), 2);
	for (i = 0; i < 5; i++) {
		RUNS(one_page);
		RUNS(one_page);
		expect_info(0, PIECE);
		EXPECT_EQ(again(&pos), 1);
		EXPECT_EQ(count(pos, KPRE_MEM, 3), 1);
		EXPECT_EQ(again(&pos), 0);
	}
	RUNS(one_page);
	EXPECT_EQ(rest(&pos), 1);
	arrive();
	EXPECT_EQ(get_b(KPRE_MEM, 3), 12);
}

static bool stop;

static void *guest(void *unused)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		RUNS(all_pages);
	return unused;
}

MTAP_TEST(guest_writes_all_the_time)
{
	unsigned int i;
	pthread_t thread;
	size_t pos;

	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
	ASSERT_EQ(pthread_create(&thread, NULL, guest, NULL), 0);
	ASSERT(mtap_await(look(mapping, BAR_PAGES - 1)));
	begin();
	EXPECT_EQ(read_all(), -ENOMSG);
	/* Although they are written all the time, they are sent while the device runs */
	EXPECT(mtap_await(read_all() != -ENOMSG || sent_len > 3 * BAR_PAGES * PIECE));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	mtap_diag("%u pages while it runs", pages_from(sizeof(struct mig_header)));
	rest(&pos);
	arrive();
	/* It has done the same to all */
	for (i = 0; i < BAR_PAGES; i++)
		EXPECT_EQ(get_b(KPRE_MEM, i), look(mapping, 0));
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = before, .after = after, .teardown = unload,
};
