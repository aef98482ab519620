// SPDX-License-Identifier: GPL-2.0-only
/* Implements precopy.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "precopy.h"

#define KPRE		"progs/kpre.bpf.o"
#define SENT_MAX	(80ul << 20)

char *sent;
size_t sent_len;
int precopy_fd = -1;

void precopy_load(void)
{
	sent = malloc(SENT_MAX);
	ASSERT(sent);
	dev_load(KPRE);
}

void precopy_before(void)
{
	sent_len = 0;
	pair_open("kpre-1");
}

void precopy_after(void)
{
	if (precopy_fd >= 0)
		close(precopy_fd);
	precopy_fd = -1;
	pair_close();
}

void reg(struct vfio *v, unsigned int off, __u64 val)
{
	EXPECT_EQ(vfio_set(v, 0, off, 8, val), 0);
}

void put(unsigned int page, __u64 val)
{
	EXPECT_EQ(vfio_set(a, KPRE_MEM, (__u64)page * PAGE, 8, val), 0);
}

__s64 get_b(unsigned int region, unsigned int page)
{
	return vfio_get(&b, region, (__u64)page * PAGE, 8);
}

void program(unsigned int how, __u64 where, __u64 val)
{
	reg(a, KPRE_WHERE, where);
	reg(a, how, val);
	EXPECT_EQ(vfio_get(a, 0, KPRE_RESULT, 8), 0);
}

__u64 *map(struct vfio *v, unsigned int region, size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_SHARED, v->device, v->region[region].offset);

	ASSERT(p != MAP_FAILED);
	return p;
}

__u64 look(const __u64 *mapping, unsigned int page)
{
	return __atomic_load_n(mapping + page * (PAGE / 8), __ATOMIC_RELAXED);
}

void store(__u64 *mapping, unsigned int page, __u64 val)
{
	__atomic_store_n(mapping + page * (PAGE / 8), val, __ATOMIC_RELAXED);
}

void begin(void)
{
	if (precopy_fd >= 0)
		close(precopy_fd);
	sent_len = 0;
	ASSERT_EQ(mig_set(a, S(PRE_COPY), &precopy_fd), 0);
}

int read_all(void)
{
	ssize_t n;

	while ((n = read(precopy_fd, sent + sent_len, SENT_MAX - sent_len)) > 0)
		sent_len += n;
	return n < 0 ? -errno : 0;
}

struct memory_head *next_memory(size_t *pos)
{
	while (*pos < sent_len) {
		struct mig_section *s = (void *)(sent + *pos);

		*pos += sizeof(*s) + s->size;
		if (s->tag == MIG_MEMORY)
			return (void *)(s + 1);
	}
	return NULL;
}

unsigned int pages_from(size_t pos)
{
	unsigned int n = 0;

	while (next_memory(&pos))
		n++;
	return n;
}

unsigned int count(size_t pos, unsigned int region, unsigned int page)
{
	struct memory_head *head;
	unsigned int n = 0;

	while ((head = next_memory(&pos)))
		n += head->region == region && head->offset == (__u64)page * PAGE;
	return n;
}

unsigned int again(size_t *pos)
{
	*pos = sent_len;
	EXPECT_EQ(read_all(), -ENOMSG);
	return pages_from(*pos);
}

unsigned int first(size_t *pos)
{
	begin();
	EXPECT_EQ(read_all(), -ENOMSG);
	*pos = sizeof(struct mig_header);
	return pages_from(*pos);
}

unsigned int rest(size_t *pos)
{
	*pos = sent_len;
	ASSERT_EQ(mig_set(a, S(STOP_COPY), NULL), 0);
	EXPECT_EQ(read_all(), 0);
	return pages_from(*pos);
}

static struct vfio_precopy_info info(void)
{
	struct vfio_precopy_info i = { .argsz = sizeof(i) };

	EXPECT_EQ(ioctl(precopy_fd, VFIO_MIG_GET_PRECOPY_INFO, &i), 0);
	return i;
}

void expect_info(__u64 initial, __u64 dirty)
{
	struct vfio_precopy_info i = info();

	EXPECT_EQ(i.initial_bytes, initial);
	EXPECT_EQ(i.dirty_bytes, dirty);
}

static void expect_same(unsigned int region, size_t size)
{
	static char x[1 << 16], y[1 << 16];
	size_t off, n;

	for (off = 0; off < size; off += n) {
		n = size - off < sizeof(x) ? size - off : sizeof(x);
		ASSERT_EQ(vfio_pread(a, region, off, x, n), n);
		ASSERT_EQ(vfio_pread(&b, region, off, y, n), n);
		if (memcmp(x, y, n))
			mtap_fail(__FILE__, __LINE__, "region %u differs from 0x%zx on", region,
				  off);
	}
}

void arrive(void)
{
	int to;

	ASSERT_EQ(mig_set(&b, S(RESUMING), &to), 0);
	EXPECT_EQ(mig_write(to, sent, sent_len), 0);
	close(to);
	ASSERT_EQ(mig_set(&b, S(STOP), NULL), 0);
	expect_same(KPRE_MEM, AREA);
	expect_same(KPRE_RO, KPRE_RO_SIZE);
	expect_same(KPRE_SMALL, KPRE_SMALL_SIZE);
}

__u64 *guest_page(struct vfio *v, void *p)
{
	struct vfio_iommu_type1_dma_map arg = {
		.argsz = sizeof(arg), .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = KPRE_IOVA, .size = PAGE,
	};

	if (!p)
		p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT(p != MAP_FAILED);
	arg.vaddr = (__u64)p;
	ASSERT_EQ(ioctl(v->container, VFIO_IOMMU_MAP_DMA, &arg), 0);
	/* Bus mastering */
	ASSERT_EQ(vfio_set(v, VFIO_PCI_CONFIG_REGION_INDEX, 0x04, 2, 0x0006), 0);
	return p;
}
