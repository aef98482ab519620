// SPDX-License-Identifier: GPL-2.0-only
/* Reads of configuration space, which take no lock, beside writes, resets and ops. */
#include <linux/pci_regs.h>
#include <pthread.h>

#include "dev.h"
#include "kreg.h"
#include "progs/kreg.h"

#define CFG	VFIO_PCI_CONFIG_REGION_INDEX
#define ONE	0x11110000
#define OTHER	0x22220000
#define ENOUGH	20000

static bool stopped;
static unsigned int writes, reads, torn;
static __u64 id;

static void load(void)
{
	dev_need_module();
	ASSERT_EQ(prog_open(&dev_prog, "progs/kreg.bpf.o", "kreg"), 0);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

static void open_a(void)
{
	dev_open("kreg-a");
	id = dev_get(CFG, PCI_VENDOR_ID, 4);
	stopped = false;
	writes = 0;
	reads = 0;
	torn = 0;
}

/* A BAR has one address or the other, or as a reset leaves it. The identity never changes. */
static void *read_both(void *flag)
{
	const bool *stop = flag;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED)) {
		__s64 bar = vfio_get(&dev, CFG, PCI_BASE_ADDRESS_0, 4);

		if (bar != ONE && bar != OTHER && bar)
			__sync_fetch_and_add(&torn, 1);
		if (vfio_get(&dev, CFG, PCI_VENDOR_ID, 4) != (__s64)id)
			__sync_fetch_and_add(&torn, 1);
		__sync_fetch_and_add(&reads, 1);
	}
	return NULL;
}

static void *write_bar(void *flag)
{
	const bool *stop = flag;

	while (!__atomic_load_n(stop, __ATOMIC_RELAXED)) {
		vfio_set(&dev, CFG, PCI_BASE_ADDRESS_0, 4, writes & 1 ? ONE : OTHER);
		__sync_fetch_and_add(&writes, 1);
	}
	return NULL;
}

static pthread_t reader, writer;

static void start(void)
{
	ASSERT_EQ(pthread_create(&reader, NULL, read_both, &stopped), 0);
	ASSERT_EQ(pthread_create(&writer, NULL, write_bar, &stopped), 0);
}

static void end(void)
{
	__atomic_store_n(&stopped, true, __ATOMIC_RELAXED);
	pthread_join(reader, NULL);
	pthread_join(writer, NULL);
	EXPECT_EQ(torn, 0);
}

static bool enough(void)
{
	return __atomic_load_n(&reads, __ATOMIC_RELAXED) > ENOUGH &&
	       __atomic_load_n(&writes, __ATOMIC_RELAXED) > ENOUGH;
}

MTAP_TEST(read_while_written)
{
	start();
	while (!enough())
		EXPECT_EQ(dev_get(CFG, PCI_VENDOR_ID, 2), id & 0xffff);
	end();
}

/* A reset clears all bytes, and then builds them again. */
MTAP_TEST(read_while_reset)
{
	unsigned int i;

	start();
	for (i = 0; i < 300 || !enough(); i++)
		EXPECT_EQ(vfio_reset(&dev), 0);
	end();
}

MTAP_TEST(read_while_an_op_runs)
{
	kreg_read_beside_op(CFG, PCI_VENDOR_ID, id);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_a, .after = dev_close, .teardown = dev_unload,
};
