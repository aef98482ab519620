// SPDX-License-Identifier: GPL-2.0-only
/* Implements guest.h. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "guest.h"

#define MAX_ALLOC	16

int guest_event[KDMA_MSI] = { -1, -1 };

static struct {
	void *p;
	size_t size;
} allocs[MAX_ALLOC];

void guest_load(void)
{
	dev_load(KDMA);
}

void guest_bus_master(bool on)
{
	dev_set(VFIO_PCI_CONFIG_REGION_INDEX, PCI_COMMAND, 2, on ? PCI_COMMAND_MASTER : 0);
}

void guest_reopen(void)
{
	ASSERT_EQ(vfio_irq_fds(&dev, VFIO_PCI_MSI_IRQ_INDEX, 0, KDMA_MSI, guest_event), 0);
	guest_bus_master(true);
}

void guest_open(void)
{
	int i;

	for (i = 0; i < KDMA_MSI; i++)
		guest_event[i] = event_new();
	dev_open("kdma-1");
	guest_reopen();
}

void guest_close(void)
{
	int i;

	dev_close();
	for (i = 0; i < KDMA_MSI; i++)
		close(guest_event[i]);
	for (i = 0; i < MAX_ALLOC; i++) {
		if (allocs[i].p)
			munmap(allocs[i].p, allocs[i].size);
		allocs[i].p = NULL;
	}
}

void guest_fill(__u8 *p, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		p[i] = seed + i * 7 + (i >> 8) * 13 + (i >> 16);
}

__u8 *guest_alloc(size_t size, unsigned int seed)
{
	void *p = mmap(NULL, size, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	ASSERT(p != MAP_FAILED);
	for (i = 0; i < MAX_ALLOC - 1 && allocs[i].p; i++)
		;
	allocs[i].p = p;
	allocs[i].size = size;
	if (seed)
		guest_fill(p, size, seed);
	return p;
}

int guest_map(__u64 iova, void *p, size_t size, int prot)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .vaddr = (uintptr_t)p, .iova = iova, .size = size,
		.flags = (prot & PROT_READ ? VFIO_DMA_MAP_FLAG_READ : 0) |
			 (prot & PROT_WRITE ? VFIO_DMA_MAP_FLAG_WRITE : 0),
	};

	return ioctl(dev.container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

int guest_unmap(__u64 iova, size_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = iova, .size = size,
	};

	if (ioctl(dev.container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		return -errno;
	return unmap.size == size ? 0 : -ENOENT;
}

__u64 kdma_get(unsigned int reg)
{
	return dev_get(KDMA_REG, reg, 8);
}

void kdma_set(unsigned int reg, __u64 val)
{
	dev_set(KDMA_REG, reg, 8, val);
}

void kdma_prepare(__u64 iova, __u64 where, __u64 size)
{
	kdma_set(KDMA_IOVA, iova);
	kdma_set(KDMA_WHERE, where);
	kdma_set(KDMA_SIZE, size);
}

int kdma_start(unsigned int op, unsigned int id, __u64 iova, __u64 where, __u64 size)
{
	kdma_prepare(iova, where, size);
	kdma_set(KDMA_GO, op | id << 8);
	return kdma_get(KDMA_RESULT);
}

int kdma_do(unsigned int op, __u64 iova, __u64 where, __u64 size)
{
	__u64 n = kdma_get(KDMA_DONE);
	int ret = kdma_start(op, n & 0xf, iova, where, size);

	if (ret)
		return ret - 1000;
	ASSERT(kdma_await(n + 1));
	EXPECT_EQ(kdma_get(KDMA_DONE), n + 1);
	EXPECT_EQ(kdma_id(n), n & 0xf);
	return kdma_error(n);
}

int kdma_pin(unsigned int id, __u64 iova, __u64 size)
{
	__u64 n = kdma_get(KDMA_DONE);
	int ret = kdma_start(MDEV_BPF_DMA_PIN, id, iova, 0, size);

	if (ret)
		return ret - 1000;
	ASSERT(kdma_await(n + 1));
	EXPECT_EQ(kdma_id(n), id);
	return kdma_error(n);
}

bool kdma_is_pinned(unsigned int id)
{
	kdma_set(KDMA_PEEK, MDEV_BPF_PIN(id, 0));
	return !kdma_get(KDMA_RESULT);
}

__s64 kdma_peek(unsigned int id, __u64 off)
{
	kdma_set(KDMA_PEEK, MDEV_BPF_PIN(id, off));
	return (__s64)kdma_get(KDMA_RESULT) ?: (__s64)kdma_get(KDMA_VALUE);
}

int kdma_poke(unsigned int id, __u64 off, __u64 val)
{
	kdma_set(KDMA_VALUE, val);
	kdma_set(KDMA_POKE, MDEV_BPF_PIN(id, off));
	return kdma_get(KDMA_RESULT);
}

int kdma_unpin(unsigned int id)
{
	kdma_set(KDMA_UNPIN, id);
	return kdma_get(KDMA_RESULT);
}

unsigned int kdma_id(unsigned int n)
{
	return dev_get(KDMA_REG, KDMA_LOG + n % KDMA_LOG_LEN * 8, 4);
}

int kdma_error(unsigned int n)
{
	return dev_get(KDMA_REG, KDMA_LOG + n % KDMA_LOG_LEN * 8 + 4, 4);
}

static __u64 more(unsigned int n)
{
	return dev_get(KDMA_REG, KDMA_MORE + n % KDMA_MORE_LEN * 8, 8);
}

unsigned int kdma_moved(unsigned int n)
{
	return more(n);
}

unsigned int kdma_channel(unsigned int n)
{
	return more(n) >> 32 & 0xffff;
}

unsigned int kdma_flags(unsigned int n)
{
	return more(n) >> 48;
}

bool kdma_await(__u64 n)
{
	return mtap_await(kdma_get(KDMA_DONE) >= n);
}

void kdma_bytes_get(size_t off, void *buf, size_t size)
{
	ASSERT_EQ(vfio_pread(&dev, KDMA_BYTES, off, buf, size), size);
}

void kdma_bytes_set(size_t off, const void *buf, size_t size)
{
	ASSERT_EQ(vfio_pwrite(&dev, KDMA_BYTES, off, buf, size), size);
}

unsigned int guest_pinned_pages(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned int kb = ~0;
	char line[128];

	ASSERT(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmLck: %u kB", &kb) == 1)
			break;
	fclose(f);
	return kb / 4;
}
