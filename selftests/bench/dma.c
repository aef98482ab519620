// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma UUID: what DMA of a device of progs/kdma.bpf.o costs, by requests and through a pinned
 * window, above what the register write costs that starts it; and all that a request of a work op
 * costs, until a task that waits for its interrupt runs. Medians of the time stamp
 * counter's advance; in a VM with --icount the unit is guest instructions, and exact.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#include <linux/mdev_bpf.h>
#include <linux/pci_regs.h>

#include "median.h"
#include "progs/kdma.h"
#include "vfio.h"

#define CALLS	301
#define IOVA	0x100000000ULL
#define DATA	MDEV_BPF_STATE((__u64)KDMA_DATA)

static __u64 cost[CALLS];
static struct vfio v;
static int event;

static void set(unsigned int reg, __u64 val)
{
	if (vfio_set(&v, KDMA_REG, reg, 8, val)) {
		fprintf(stderr, "dma: cannot write register %#x\n", reg);
		exit(1);
	}
}

/* The cost of writing @val to @reg */
static __u64 cost_of(unsigned int reg, __u64 val)
{
	int i;

	set(reg, val);
	for (i = 0; i < CALLS; i++) {
		__u64 start = __rdtsc();

		set(reg, val);
		cost[i] = __rdtsc() - start;
	}
	return median(cost, CALLS);
}

static __u64 cost_of_request(unsigned int op, __u64 where, __u64 size, __u64 base)
{
	__u64 errors = 0;

	set(KDMA_IOVA, IOVA);
	set(KDMA_WHERE, where);
	set(KDMA_SIZE, size);
	base = cost_of(KDMA_GO, op) - base;
	errors = vfio_get(&v, KDMA_REG, KDMA_LOG + 4, 4);
	if (errors || vfio_get(&v, KDMA_REG, KDMA_RESULT, 8)) {
		fprintf(stderr, "dma: a request failed\n");
		exit(1);
	}
	return base;
}

/* The same for one request of 128 KiB with a list of 32 pages, no two of which follow each other */
static __u64 cost_of_list(__u64 where, __u64 base)
{
	struct {
		__u64 iova;
		__u32 size, reserved;
	} list[32];
	unsigned int i, at = KDMA_DATA_SIZE / 2;

	for (i = 0; i < 32; i++) {
		list[i].iova = IOVA + (31 - i) * 4096;
		list[i].size = 4096;
		list[i].reserved = 0;
	}
	if (vfio_pwrite(&v, KDMA_BYTES, at, list, sizeof(list)) != sizeof(list))
		exit(1);
	set(KDMA_FLAGS, MDEV_BPF_DMA_LIST);
	set(KDMA_COUNT, 32);
	set(KDMA_IOVA, DATA + at);
	set(KDMA_WHERE, where);
	set(KDMA_SIZE, sizeof(list) / sizeof(list[0]) * 4096);
	base = cost_of(KDMA_GO, MDEV_BPF_DMA_READ) - base;
	if (vfio_get(&v, KDMA_REG, KDMA_LOG + 4, 4)) {
		fprintf(stderr, "dma: a list failed\n");
		exit(1);
	}
	set(KDMA_FLAGS, 0);
	set(KDMA_COUNT, 0);
	set(KDMA_IOVA, IOVA);
	return base;
}

/* The same for a request that work makes: until its interrupt has woken this task */
static __u64 cost_of_work(__u64 where, __u64 size)
{
	__u64 n;
	int i;

	set(KDMA_WHERE, where);
	set(KDMA_SIZE, size);
	for (i = 0; i < CALLS; i++) {
		__u64 start = __rdtsc();

		set(KDMA_GO_WORK, MDEV_BPF_DMA_READ);
		if (read(event, &n, sizeof(n)) != sizeof(n)) {
			fprintf(stderr, "dma: no interrupt\n");
			exit(1);
		}
		cost[i] = __rdtsc() - start;
	}
	return median(cost, CALLS);
}

/* The kernel pins in its own time. */
static void pin(void)
{
	unsigned int i;

	set(KDMA_SIZE, 1 << 20);
	set(KDMA_GO, MDEV_BPF_DMA_PIN);
	for (i = 0; i < 1000; i++) {
		set(KDMA_PEEK, MDEV_BPF_PIN(0, 0));
		if (!vfio_get(&v, KDMA_REG, KDMA_RESULT, 8))
			return;
		usleep(1000);
	}
}

static void setup(const char *uuid)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .iova = IOVA, .size = 1 << 20,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};
	struct mdev m = { 0 };
	void *p;

	p = mmap(NULL, map.size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	map.vaddr = (unsigned long)p;
	memcpy(m.uuid, uuid, UUID_LEN);
	if (p == MAP_FAILED || vfio_open(&v, &m) ||
	    ioctl(v.container, VFIO_IOMMU_MAP_DMA, &map) ||
	    vfio_set(&v, VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 2, PCI_COMMAND_MASTER)) {
		fprintf(stderr, "dma: cannot open %s and map memory\n", uuid);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	/* The last is the most that an access copies itself */
	static const unsigned int sizes[] = { 64, 4096, 65536, 1 << 18 };
	__u64 base, memory = MDEV_BPF_MEMORY(KDMA_MEM, 0);
	unsigned int i;

	if (argc != 2 || strlen(argv[1]) != UUID_LEN) {
		fprintf(stderr, "Usage: dma UUID\n");
		return 2;
	}
	setup(argv[1]);
	base = cost_of(KDMA_VALUE, 0);
	printf("register write  %8llu\n", base);
	for (i = 0; i < 4; i++) {
		unsigned int size = sizes[i];

		printf("state   %7u %8llu\n", size,
		       cost_of_request(MDEV_BPF_DMA_READ, DATA, size, base));
		if (v.region[KDMA_MEM].size)
			printf("memory  %7u %8llu\n", size,
			       cost_of_request(MDEV_BPF_DMA_READ, memory, size, base));
	}
	printf("list     131072 %8llu\n", cost_of_list(memory, base));
	event = eventfd(0, 0);
	if (event < 0 || vfio_irq_fds(&v, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, &event)) {
		fprintf(stderr, "dma: cannot enable MSI\n");
		return 1;
	}
	for (i = 0; i < 3; i++)
		printf("by work %7u %8llu\n", sizes[i], cost_of_work(DATA, sizes[i]));
	pin();
	for (i = 0; i < 3; i++)
		printf("pinned  %7u %8llu\n", sizes[i], cost_of(KDMA_PULL, sizes[i] / 64) - base);
	if (vfio_get(&v, KDMA_REG, KDMA_RESULT, 8) != sizes[2] / 64) {
		fprintf(stderr, "dma: nothing is pinned\n");
		return 1;
	}
	return 0;
}
