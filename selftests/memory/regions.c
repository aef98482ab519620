// SPDX-License-Identifier: GPL-2.0-only
/* Memory regions: what users and the program see of them, by read(2), mmap(2) and kfuncs. */
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dev.h"
#include "progs/kmem.h"

#define PAGE	KMEM_PAGE
#define RW	(PROT_READ | PROT_WRITE)

static void load(void)
{
	dev_load("progs/kmem.bpf.o");
}

static void open_device(void)
{
	dev_open("kmem-1");
}

/* What a test has mapped and left; it would keep the device open. */
static struct mapping {
	void *start;
	size_t size;
} mappings[8];
static unsigned int nr_mappings;

static void unmap_all(void)
{
	/* Parts may be gone or moved, which munmap(2) does not mind */
	while (nr_mappings) {
		nr_mappings--;
		munmap(mappings[nr_mappings].start, mappings[nr_mappings].size);
	}
}

/* The device stays, for another user. */
static void close_only(void)
{
	unmap_all();
	vfio_close(&dev);
}

static void close_device(void)
{
	unmap_all();
	dev_close();
}

static void *try_map(unsigned int region, __u64 off, size_t size, int prot, int flags)
{
	void *p = mmap(NULL, size, prot, flags, dev.device, dev.region[region].offset + off);

	return p == MAP_FAILED ? NULL : p;
}

static __u64 *map_as(unsigned int region, __u64 off, size_t size, int prot)
{
	void *p = try_map(region, off, size, prot, MAP_SHARED);

	ASSERT(p && nr_mappings < ARRAY_SIZE(mappings));
	mappings[nr_mappings++] = (struct mapping){ p, size };
	return p;
}

static __u64 *map(unsigned int region, __u64 off, size_t size)
{
	return map_as(region, off, size, RW);
}

static int map_error(unsigned int region, __u64 off, size_t size, int prot, int flags)
{
	void *p = try_map(region, off, size, prot, flags);

	if (!p)
		return errno;
	munmap(p, size);
	return 0;
}

/* Let the program do something; returns the kfunc's result. */
static __s64 command(int what, unsigned int region, __u64 offset, __u64 data)
{
	dev_set(0, KMEM_REGION, 8, region);
	dev_set(0, KMEM_OFFSET, 8, offset);
	dev_set(0, KMEM_DATA, 8, data);
	dev_set(0, KMEM_GO, 8, what);
	return dev_get(0, KMEM_RESULT, 8);
}

static __u64 program_sees(unsigned int region, __u64 offset)
{
	EXPECT_EQ(command(KMEM_DO_READ, region, offset, 0), 0);
	return dev_get(0, KMEM_DATA, 8);
}

MTAP_TEST(zeroed)
{
	static char buf[8 * PAGE], zeros[8 * PAGE];

	memset(buf, 0xff, sizeof(buf));
	EXPECT_EQ(vfio_pread(&dev, KMEM_LARGE, KMEM_LARGE_SIZE - sizeof(buf), buf, sizeof(buf)),
		  sizeof(buf));
	EXPECT(!memcmp(buf, zeros, sizeof(buf)));
	EXPECT_EQ(map(KMEM_LARGE, 8 * PAGE, PAGE)[5], 0);
	EXPECT_EQ(program_sees(KMEM_HIDDEN, KMEM_HIDDEN_SIZE - 8), 0);
}

/* Everybody sees the same bytes. */
MTAP_TEST(one_memory)
{
	__u64 *a = map(KMEM_SPARSE, 0, PAGE), *b = map(KMEM_SPARSE, 0, 2 * PAGE);

	a[1] = 0x1111;
	EXPECT_EQ(b[1], 0x1111);
	EXPECT_EQ(dev_get(KMEM_SPARSE, 8, 8), 0x1111);
	EXPECT_EQ(program_sees(KMEM_SPARSE, 8), 0x1111);
	dev_set(KMEM_SPARSE, 16, 8, 0x2222);
	EXPECT_EQ(a[2], 0x2222);
	EXPECT_EQ(program_sees(KMEM_SPARSE, 16), 0x2222);
	EXPECT_EQ(command(KMEM_DO_WRITE, KMEM_SPARSE, 24, 0x3333), 0);
	EXPECT_EQ(b[3], 0x3333);
	EXPECT_EQ(command(KMEM_DO_PUT, KMEM_SPARSE, PAGE + 8, 0x4444), 0);
	EXPECT_EQ(b[PAGE / 8 + 1], 0x4444);
	EXPECT_EQ(dev_get(KMEM_SPARSE, PAGE + 8, 8), 0x4444);
	b[PAGE / 8 + 2] = 0x5555;
	EXPECT_EQ(command(KMEM_DO_GET, KMEM_SPARSE, PAGE + 16, 0), 0);
	EXPECT_EQ(dev_get(0, KMEM_DATA, 8), 0x5555);
	EXPECT_EQ(dev_get(0, KMEM_TRAPS, 8), 0);
}

/* Any offset and size, over pages, and cut at the end; the program is not asked. */
MTAP_TEST(bulk)
{
	static unsigned char in[5 * PAGE], out[5 * PAGE];
	size_t i;

	for (i = 0; i < sizeof(in); i++)
		in[i] = i * 7 + i / 251;
	EXPECT_EQ(vfio_pwrite(&dev, KMEM_LARGE, PAGE - 13, in, sizeof(in)), sizeof(in));
	EXPECT_EQ(vfio_pread(&dev, KMEM_LARGE, PAGE - 13, out, sizeof(out)), sizeof(out));
	EXPECT(!memcmp(in, out, sizeof(in)));
	EXPECT_EQ(vfio_pwrite(&dev, KMEM_LARGE, KMEM_LARGE_SIZE - PAGE - 3, in, sizeof(in)),
		  PAGE + 3);
	memset(out, 0, sizeof(out));
	EXPECT_EQ(vfio_pread(&dev, KMEM_LARGE, KMEM_LARGE_SIZE - PAGE - 3, out, sizeof(out)),
		  PAGE + 3);
	EXPECT(!memcmp(in, out, PAGE + 3));
	EXPECT_EQ(vfio_pread(&dev, KMEM_LARGE, KMEM_LARGE_SIZE, out, 1), -EINVAL);
	EXPECT_EQ(vfio_pread(&dev, KMEM_SMALL, 3, out, PAGE), KMEM_SMALL_SIZE - 3);
	EXPECT_EQ(vfio_pwrite(&dev, KMEM_RO, 0, in, 1), -EINVAL);
	EXPECT_EQ(dev_get(0, KMEM_TRAPS, 8), 0);
}

MTAP_TEST(bad_buffer)
{
	char *page = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT(page != MAP_FAILED);
	ASSERT_EQ(munmap(page + PAGE, PAGE), 0);
	memset(page, 7, PAGE);
	EXPECT_EQ(vfio_pread(&dev, KMEM_LARGE, 0, page + PAGE, PAGE), -EFAULT);
	EXPECT_EQ(vfio_pwrite(&dev, KMEM_LARGE, 0, page + PAGE, PAGE), -EFAULT);
	/* As far as whole pages go, it is done */
	EXPECT_EQ(vfio_pwrite(&dev, KMEM_LARGE, 0, page, 2 * PAGE), PAGE);
	EXPECT_EQ(vfio_pread(&dev, KMEM_LARGE, 0, page, 2 * PAGE), PAGE);
	EXPECT_EQ(dev_get(KMEM_LARGE, PAGE - 1, 1), 7);
	munmap(page, PAGE);
}

/* Accesses to the window go to the program; accesses around it do not. */
MTAP_TEST(window)
{
	unsigned char buf[4 * PAGE];
	__u64 last;

	EXPECT_EQ(dev_get(KMEM_SPARSE, KMEM_TRAP_OFFSET, 4), 0x5a5a5a5a);
	EXPECT_EQ(dev_get(0, KMEM_TRAPS, 8), 1);
	dev_set(KMEM_SPARSE, KMEM_TRAP_OFFSET + KMEM_TRAP_SIZE - 4, 4, 9);
	EXPECT_EQ(dev_get(0, KMEM_TRAPS, 8), 2);
	last = (__u64)KMEM_SPARSE << 56 | 1ULL << 55 | 4ULL << 48;
	EXPECT_EQ(dev_get(0, KMEM_LAST, 8), last | (KMEM_TRAP_OFFSET + KMEM_TRAP_SIZE - 4));
	/* Over both its ends */
	EXPECT_EQ(vfio_pread(&dev, KMEM_SPARSE, KMEM_TRAP_OFFSET - PAGE, buf, sizeof(buf)),
		  sizeof(buf));
	EXPECT_EQ(dev_get(0, KMEM_TRAPS, 8), 2 + KMEM_TRAP_SIZE / 4);
	EXPECT_EQ(buf[PAGE - 1], 0);
	EXPECT_EQ(buf[PAGE], 0x5a);
	EXPECT_EQ(buf[3 * PAGE - 1], 0x5a);
	EXPECT_EQ(buf[3 * PAGE], 0);
	EXPECT_EQ(dev_get(KMEM_TRAPPED, 16, 8), 0x5a5a5a5a5a5a5a5aULL);
	EXPECT_EQ(dev_get(0, KMEM_LAST, 8), (__u64)KMEM_TRAPPED << 56 | 8ULL << 48 | 16);
}

MTAP_TEST(refused_maps)
{
	const size_t trap = KMEM_TRAP_OFFSET;

	EXPECT_EQ(map_error(KMEM_SPARSE, 0, KMEM_SPARSE_SIZE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(KMEM_SPARSE, trap, PAGE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(KMEM_SPARSE, trap - PAGE, 2 * PAGE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(KMEM_SPARSE, trap + PAGE, 2 * PAGE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(KMEM_SPARSE, trap - PAGE, PAGE, RW, MAP_SHARED), 0);
	EXPECT_EQ(map_error(KMEM_SPARSE, trap + KMEM_TRAP_SIZE, PAGE, RW, MAP_SHARED), 0);
	EXPECT_EQ(map_error(KMEM_SPARSE, KMEM_SPARSE_SIZE, PAGE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(KMEM_SPARSE, KMEM_SPARSE_SIZE - PAGE, 2 * PAGE, RW, MAP_SHARED),
		  EINVAL);
	EXPECT_EQ(map_error(KMEM_LARGE, KMEM_LARGE_SIZE, PAGE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(KMEM_LARGE, -PAGE, PAGE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(0, 0, PAGE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(KMEM_SMALL, 0, PAGE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(VFIO_PCI_CONFIG_REGION_INDEX, 0, PAGE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(KMEM_LARGE, 0, PAGE, RW, MAP_PRIVATE), EINVAL);
	EXPECT_EQ(map_error(KMEM_LARGE, 0, PAGE, RW | PROT_EXEC, MAP_SHARED), EPERM);
	EXPECT_EQ(map_error(KMEM_RO, 0, PAGE, RW, MAP_SHARED), EPERM);
}

/* A mapping does not get more rights, nor pages, than it was made with. */
MTAP_TEST(kept_rights)
{
	__u64 *ro = map_as(KMEM_RO, 0, PAGE, PROT_READ), *rw = map(KMEM_LARGE, 0, PAGE);

	EXPECT_EQ(ro[1], KMEM_RO_TEXT);
	EXPECT_EQ(mprotect(ro, PAGE, RW), -1);
	EXPECT_EQ(mprotect(rw, PAGE, RW | PROT_EXEC), -1);
	EXPECT(mremap(rw, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	*rw = 5;
	EXPECT_EQ(dev_get(KMEM_LARGE, 0, 8), 5);
}

/* Beyond the regions there is nothing, however far. */
MTAP_TEST(far_maps)
{
	static const __u64 far[] = {
		16ULL << MDEV_BPF_OFFSET_SHIFT, 1ULL << 62, 0x7ffffffffffff000ULL,
		(__u64)KMEM_PRIVATE << MDEV_BPF_OFFSET_SHIFT,
		(__u64)KMEM_HIDDEN << MDEV_BPF_OFFSET_SHIFT,
		(__u64)VFIO_PCI_VGA_REGION_INDEX << MDEV_BPF_OFFSET_SHIFT,
		(15ULL << MDEV_BPF_OFFSET_SHIFT) + PAGE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(far); i++) {
		EXPECT(mmap(NULL, PAGE, RW, MAP_SHARED, dev.device, far[i]) == MAP_FAILED);
		EXPECT_EQ(errno, EINVAL);
	}
}

MTAP_TEST(moved_and_split)
{
	__u64 *p = map(KMEM_LARGE, PAGE, 4 * PAGE), *to;

	p[0] = 1;
	p[3 * PAGE / 8] = 4;
	to = mremap(p + 3 * PAGE / 8, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p);
	ASSERT(to == p);
	EXPECT_EQ(p[0], 4);
	p[1] = 44;
	EXPECT_EQ(dev_get(KMEM_LARGE, 4 * PAGE + 8, 8), 44);
	EXPECT_EQ(munmap(p + PAGE / 8, PAGE), 0);
	p[2 * PAGE / 8] = 3;
	EXPECT_EQ(dev_get(KMEM_LARGE, 3 * PAGE, 8), 3);
	EXPECT_EQ(dev_get(KMEM_LARGE, PAGE, 8), 1);
}

/* A child sees the same memory, and writes to it. */
MTAP_TEST(forked)
{
	__u64 *p = map(KMEM_LARGE, 0, 2 * PAGE);
	int status;
	pid_t pid;

	p[0] = 11;
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		p[1] = p[0] + 1;
		p[PAGE / 8] = 13;
		_exit(0);
	}
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_EQ(p[1], 12);
	EXPECT_EQ(p[PAGE / 8], 13);
}

/* A mapping keeps the device open. */
MTAP_TEST(map_without_file)
{
	__u64 *p = map(KMEM_LARGE, 0, PAGE);

	p[0] = 1;
	vfio_close(&dev);
	EXPECT_STR(device_attr(&dev_mdev, "open"), "1");
	p[1] = 2;
	EXPECT_EQ(p[0], 1);
	EXPECT_EQ(munmap(p, PAGE), 0);
	EXPECT_STR(device_attr(&dev_mdev, "open"), "0");
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(dev_get(KMEM_LARGE, 8, 8), 2);
}

/* Of regions with CLEAR, the next user sees nothing that the last one has written. */
MTAP_TEST(cleared_by_close)
{
	__u64 *p = map(KMEM_OWN, 0, KMEM_OWN_SIZE), *rest = map(KMEM_SPARSE, 0, PAGE);

	p[0] = 1;
	p[KMEM_OWN_SIZE / 8 - 1] = 2;
	rest[0] = 3;
	dev_set(KMEM_OWN, PAGE, 8, 4);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(p[0], 0);
	p[0] = 5;
	dev_set(KMEM_OWN, PAGE, 8, 6);
	dev_set(KMEM_SPARSE, 8, 8, 7);
	close_only();
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(dev_get(KMEM_OWN, 0, 8), 0);
	EXPECT_EQ(dev_get(KMEM_OWN, PAGE, 8), 0);
	EXPECT_EQ(program_sees(KMEM_OWN, PAGE), 0);
	EXPECT_EQ(dev_get(KMEM_SPARSE, 8, 8), 7);
	/* It is still the device's memory. */
	p = map(KMEM_OWN, 0, PAGE);
	p[1] = 8;
	EXPECT_EQ(program_sees(KMEM_OWN, 8), 8);
}

/* Without a program, too */
MTAP_TEST(cleared_by_close_when_detached)
{
	dev_set(KMEM_OWN, PAGE, 8, 1);
	dev_set(KMEM_SPARSE, 8, 8, 2);
	prog_detach(&dev_prog);
	EXPECT_EQ(dev_get(KMEM_OWN, PAGE, 8), 1);
	close_only();
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(dev_get(KMEM_OWN, PAGE, 8), 0);
	EXPECT_EQ(dev_get(KMEM_SPARSE, 8, 8), 2);
}

MTAP_TEST(cleared_by_reset)
{
	__u64 *cleared = map(KMEM_SPARSE, 0, 2 * PAGE), *kept = map(KMEM_LARGE, 0, PAGE);
	__u64 *ro = map_as(KMEM_RO, 0, PAGE, PROT_READ);

	cleared[0] = 1;
	dev_set(KMEM_SPARSE, PAGE, 8, 2);
	dev_set(KMEM_SMALL, KMEM_SMALL_SIZE - 8, 8, 3);
	EXPECT_EQ(command(KMEM_DO_WRITE, KMEM_PRIVATE, PAGE, 4), 0);
	kept[0] = 5;
	EXPECT_EQ(command(KMEM_DO_WRITE, KMEM_RO, 0, 6), 0);
	EXPECT_EQ(ro[0], 6);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(cleared[0], 0);
	EXPECT_EQ(cleared[PAGE / 8], 0);
	EXPECT_EQ(dev_get(KMEM_SPARSE, PAGE, 8), 0);
	EXPECT_EQ(dev_get(KMEM_SMALL, KMEM_SMALL_SIZE - 8, 8), 0);
	EXPECT_EQ(program_sees(KMEM_PRIVATE, PAGE), 0);
	EXPECT_EQ(kept[0], 5);
	EXPECT_EQ(ro[0], 0);
	/* What init writes, it writes again */
	EXPECT_EQ(ro[1], KMEM_RO_TEXT);
	/* It is still the same memory */
	cleared[1] = 7;
	EXPECT_EQ(dev_get(KMEM_SPARSE, 8, 8), 7);
	EXPECT_EQ(program_sees(KMEM_SPARSE, 8), 7);
}

MTAP_TEST(kept_while_detached)
{
	__u64 *p = map(KMEM_SPARSE, 0, 2 * PAGE);

	p[0] = 1;
	prog_detach(&dev_prog);
	EXPECT_EQ(p[0], 1);
	p[PAGE / 8] = 2;
	EXPECT_EQ(dev_get(KMEM_SPARSE, PAGE, 8), 2);
	dev_set(KMEM_SPARSE, 8, 8, 3);
	EXPECT_EQ(vfio_get(&dev, KMEM_SPARSE, KMEM_TRAP_OFFSET, 4), -ENODEV);
	EXPECT_EQ(map_error(KMEM_SPARSE, 0, PAGE, RW, MAP_SHARED), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	EXPECT_EQ(program_sees(KMEM_SPARSE, 0), 1);
	EXPECT_EQ(program_sees(KMEM_SPARSE, PAGE), 2);
	EXPECT_EQ(p[1], 3);
}

MTAP_TEST(private_memory)
{
	__u64 pos = (__u64)KMEM_PRIVATE << MDEV_BPF_OFFSET_SHIFT, val = 1;

	EXPECT_EQ(command(KMEM_DO_WRITE, KMEM_PRIVATE, KMEM_PRIVATE_SIZE - 8, 0x42), 0);
	EXPECT_EQ(program_sees(KMEM_PRIVATE, KMEM_PRIVATE_SIZE - 8), 0x42);
	EXPECT_EQ(command(KMEM_DO_GET_PAGE, KMEM_PRIVATE, PAGE, 0), 0);
	EXPECT_EQ(dev.region[KMEM_PRIVATE].size, 0);
	EXPECT_EQ(dev.region[KMEM_PRIVATE].flags, 0);
	EXPECT_EQ(pread(dev.device, &val, 8, pos), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(pwrite(dev.device, &val, 8, pos), -1);
	EXPECT_EQ(errno, EINVAL);
}

MTAP_TEST(rom)
{
	unsigned char buf[KMEM_ROM_SIZE + 1];

	EXPECT_EQ(dev.region[KMEM_ROM].flags, VFIO_REGION_INFO_FLAG_READ);
	EXPECT_EQ(dev.region[KMEM_ROM].size, KMEM_ROM_SIZE);
	EXPECT_EQ(vfio_pread(&dev, KMEM_ROM, 0, buf, sizeof(buf)), KMEM_ROM_SIZE);
	EXPECT_EQ(buf[0], 0x55);
	EXPECT_EQ(buf[1], 0xaa);
	EXPECT_EQ(vfio_pwrite(&dev, KMEM_ROM, 0, buf, 1), -EINVAL);
}

/* Configuration space has a BAR for it, which the guest sizes. */
MTAP_TEST(rom_bar)
{
	const unsigned int config = VFIO_PCI_CONFIG_REGION_INDEX;

	EXPECT_EQ(dev_get(config, PCI_ROM_ADDRESS, 4), 0);
	dev_set(config, PCI_ROM_ADDRESS, 4, 0xffffffff);
	EXPECT_EQ(dev_get(config, PCI_ROM_ADDRESS, 4),
		  (__u32)-KMEM_ROM_SIZE | PCI_ROM_ADDRESS_ENABLE);
	dev_set(config, PCI_ROM_ADDRESS, 4, 0xfebc0000);
	EXPECT_EQ(dev_get(config, PCI_ROM_ADDRESS, 4), 0xfebc0000);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_get(config, PCI_ROM_ADDRESS, 4), 0);
}

/* Errors of the kfuncs */
MTAP_TEST(kfunc_bounds)
{
	EXPECT_EQ(command(KMEM_DO_READ, KMEM_SMALL, KMEM_SMALL_SIZE - 8, 0), 0);
	EXPECT_EQ(command(KMEM_DO_READ, KMEM_SMALL, KMEM_SMALL_SIZE - 7, 0), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_WRITE, KMEM_SMALL, KMEM_SMALL_SIZE - 7, 0), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_WRITE, KMEM_SMALL, -4ULL, 0), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_READ, KMEM_SMALL, 1ULL << 63, 0), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_READ, 0, 0, 0), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_READ, 16, 0, 0), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_READ, -1, 0, 0), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_FILL, KMEM_OWN, PAGE - 100, 0x77), 0);
	EXPECT_EQ(dev_get(KMEM_OWN, PAGE + 152, 8), 0x77777777);
	EXPECT_EQ(command(KMEM_DO_GET, KMEM_SMALL, KMEM_SMALL_SIZE - 8, 0), 0);
	EXPECT_EQ(command(KMEM_DO_GET, KMEM_SMALL, KMEM_SMALL_SIZE, 0), -1);
	EXPECT_EQ(command(KMEM_DO_GET, KMEM_OWN, PAGE - 4, 0), -1);
	EXPECT_EQ(command(KMEM_DO_GET, KMEM_OWN, 4, 0), -1);
	EXPECT_EQ(command(KMEM_DO_GET_2, KMEM_OWN, 6, 0), 0);
	EXPECT_EQ(command(KMEM_DO_GET_2, KMEM_OWN, 5, 0), -1);
	EXPECT_EQ(command(KMEM_DO_GET_PAGE, KMEM_OWN, PAGE, 0), 0);
	EXPECT_EQ(command(KMEM_DO_GET_PAGE, KMEM_OWN, 8, 0), -1);
	EXPECT_EQ(command(KMEM_DO_GET_PAGE, KMEM_SMALL, 0, 0), -1);
	EXPECT_EQ(command(KMEM_DO_GET, 0, 0, 0), -1);
}

struct caps {
	struct vfio_region_info info;
	unsigned char buf[256];
};

static int get_caps(unsigned int region, __u32 argsz, struct caps *c)
{
	memset(c, 0, sizeof(*c));
	memset(c->buf, 0xee, sizeof(c->buf));
	c->info.argsz = argsz;
	c->info.index = region;
	c->info.cap_offset = 0xffff;
	return vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, c);
}

MTAP_TEST(region_infos)
{
	const __u32 map = VFIO_REGION_INFO_FLAG_MMAP;
	const __u32 rw = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct caps c;

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_INFO, &info), 0);
	EXPECT_EQ(info.num_regions, KMEM_TRAPPED + 1);
	EXPECT_EQ(get_caps(KMEM_HIDDEN, sizeof(c), &c), -EINVAL);
	EXPECT_EQ(get_caps(KMEM_LARGE, sizeof(c), &c), 0);
	EXPECT_EQ(c.info.flags, rw | map);
	EXPECT_EQ(c.info.cap_offset, 0);
	EXPECT_EQ(c.info.size, KMEM_LARGE_SIZE);
	EXPECT_EQ(get_caps(KMEM_SMALL, sizeof(c), &c), 0);
	EXPECT_EQ(c.info.flags, rw);
	EXPECT_EQ(get_caps(KMEM_RO, sizeof(c), &c), 0);
	EXPECT_EQ(c.info.flags, VFIO_REGION_INFO_FLAG_READ | map);
	EXPECT_EQ(get_caps(KMEM_TRAPPED, sizeof(c), &c), 0);
	EXPECT_EQ(c.info.size, KMEM_TRAPPED_SIZE);
	EXPECT_EQ(c.info.flags, rw);
}

MTAP_TEST(sparse_areas)
{
	const __u32 need = sizeof(struct vfio_region_info) +
			   sizeof(struct vfio_region_info_cap_sparse_mmap) +
			   2 * sizeof(struct vfio_region_sparse_mmap_area);
	struct vfio_region_info_cap_sparse_mmap *cap;
	struct caps c;

	ASSERT_EQ(get_caps(KMEM_SPARSE, sizeof(c), &c), 0);
	EXPECT_EQ(c.info.flags, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		  VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS);
	EXPECT_EQ(c.info.argsz, sizeof(c));
	ASSERT_EQ(c.info.cap_offset, sizeof(c.info));
	cap = (void *)c.buf;
	EXPECT_EQ(cap->header.id, VFIO_REGION_INFO_CAP_SPARSE_MMAP);
	EXPECT_EQ(cap->header.version, 1);
	EXPECT_EQ(cap->header.next, 0);
	ASSERT_EQ(cap->nr_areas, 2);
	EXPECT_EQ(cap->areas[0].offset, 0);
	EXPECT_EQ(cap->areas[0].size, KMEM_TRAP_OFFSET);
	EXPECT_EQ(cap->areas[1].offset, KMEM_TRAP_OFFSET + KMEM_TRAP_SIZE);
	EXPECT_EQ(cap->areas[1].size, KMEM_SPARSE_SIZE - KMEM_TRAP_OFFSET - KMEM_TRAP_SIZE);
	EXPECT_EQ(c.buf[need - sizeof(c.info)], 0xee);
	/* Short by one, and just right */
	ASSERT_EQ(get_caps(KMEM_SPARSE, need - 1, &c), 0);
	EXPECT_EQ(c.info.argsz, need);
	EXPECT_EQ(c.info.cap_offset, 0);
	EXPECT(c.info.flags & VFIO_REGION_INFO_FLAG_CAPS);
	EXPECT_EQ(c.info.size, KMEM_SPARSE_SIZE);
	EXPECT_EQ(c.buf[0], 0xee);
	ASSERT_EQ(get_caps(KMEM_SPARSE, sizeof(c.info), &c), 0);
	EXPECT_EQ(c.info.argsz, need);
	ASSERT_EQ(get_caps(KMEM_SPARSE, need, &c), 0);
	EXPECT_EQ(c.info.argsz, need);
	EXPECT_EQ(c.info.cap_offset, sizeof(c.info));
	EXPECT_EQ(get_caps(KMEM_SPARSE, sizeof(c.info) - 1, &c), -EINVAL);
}

/* The tables of MSI-X cannot be mapped, nor the pages they are in; they are not the program's. */
MTAP_TEST(msix_areas)
{
	const __u64 table = 8 * PAGE, pba = 10 * PAGE + 0x800;
	static const __u32 want[][2] = { { 0, 4 }, { 6, 2 }, { 9, 1 }, { 11, 5 } };
	struct vfio_region_info_cap_sparse_mmap *cap;
	struct mdev_bpf_ops *ops;
	struct caps c;
	size_t i;

	close_device();
	ASSERT_EQ(prog_open(&dev_prog2, "progs/kmem.bpf.o", NULL), 0);
	ops = prog_ops(&dev_prog2);
	memcpy(ops->name, "kmemx", sizeof("kmemx"));
	ops_irq(ops, VFIO_PCI_MSIX_IRQ_INDEX)->count = 4;
	ops_irq(ops, VFIO_PCI_MSIX_IRQ_INDEX)->table = table | KMEM_SPARSE;
	ops_irq(ops, VFIO_PCI_MSIX_IRQ_INDEX)->pba = pba | KMEM_SPARSE;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kmemx-1");
	ASSERT_EQ(get_caps(KMEM_SPARSE, sizeof(c), &c), 0);
	ASSERT_EQ(c.info.cap_offset, sizeof(c.info));
	cap = (void *)c.buf;
	ASSERT_EQ(cap->nr_areas, ARRAY_SIZE(want));
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		EXPECT_EQ(cap->areas[i].offset, want[i][0] * PAGE);
		EXPECT_EQ(cap->areas[i].size, want[i][1] * PAGE);
		EXPECT_EQ(map_error(KMEM_SPARSE, cap->areas[i].offset, cap->areas[i].size, RW,
				    MAP_SHARED), 0);
		EXPECT_EQ(map_error(KMEM_SPARSE, cap->areas[i].offset, cap->areas[i].size + PAGE,
				    RW, MAP_SHARED), EINVAL);
	}
	EXPECT_EQ(map_error(KMEM_SPARSE, table, PAGE, RW, MAP_SHARED), EINVAL);
	EXPECT_EQ(map_error(KMEM_SPARSE, 10 * PAGE, PAGE, RW, MAP_SHARED), EINVAL);
	/* A vector is masked at first; behind the table there is memory */
	EXPECT_EQ(dev_get(KMEM_SPARSE, table + 12, 4), 1);
	dev_set(KMEM_SPARSE, table + 4 * 16, 4, 0x1234);
	EXPECT_EQ(dev_get(KMEM_SPARSE, table + 4 * 16, 4), 0x1234);
	EXPECT_EQ(dev_get(0, KMEM_TRAPS, 8), 0);
}

MTAP_TEST(own_type)
{
	struct vfio_region_info_cap_type *cap;
	struct caps c;

	ASSERT_EQ(get_caps(KMEM_OWN, sizeof(c), &c), 0);
	EXPECT_EQ(c.info.size, KMEM_OWN_SIZE);
	ASSERT_EQ(c.info.cap_offset, sizeof(c.info));
	cap = (void *)c.buf;
	EXPECT_EQ(cap->header.id, VFIO_REGION_INFO_CAP_TYPE);
	EXPECT_EQ(cap->header.next, 0);
	EXPECT_EQ(cap->type, KMEM_OWN_TYPE);
	EXPECT_EQ(cap->subtype, KMEM_OWN_SUBTYPE);
	map(KMEM_OWN, 0, KMEM_OWN_SIZE)[KMEM_OWN_SIZE / 8 - 1] = 5;
	EXPECT_EQ(dev_get(KMEM_OWN, KMEM_OWN_SIZE - 8, 8), 5);
}

/* All of a large region at once: only what is touched becomes pages. */
MTAP_TEST(far_end)
{
	__u64 *p = map(KMEM_LARGE, 0, KMEM_LARGE_SIZE);

	p[KMEM_LARGE_SIZE / 8 - 1] = 9;
	EXPECT_EQ(dev_get(KMEM_LARGE, KMEM_LARGE_SIZE - 8, 8), 9);
	EXPECT_EQ(p[KMEM_LARGE_SIZE / 16], 0);
}

/* Zero bytes of the kept region, in parts of pages and whole ones: only these change. */
MTAP_TEST(zero_by_program)
{
	__u64 *p = map(KMEM_LARGE, 0, 4 * PAGE);
	unsigned int i;

	for (i = 0; i < 4 * PAGE / 8; i++)
		p[i] = ~0ULL;
	EXPECT_EQ(command(KMEM_DO_ZERO, KMEM_LARGE, PAGE - 16, 2 * PAGE + 24), 0);
	for (i = 0; i < 4 * PAGE / 8; i++)
		if (p[i] != (i < (PAGE - 16) / 8 || i >= (3 * PAGE + 8) / 8 ? ~0ULL : 0))
			mtap_fail(__FILE__, __LINE__, "word %u is %#llx", i, p[i]);
	/* A mapped page is still the region's */
	p[PAGE / 8] = 5;
	EXPECT_EQ(dev_get(KMEM_LARGE, PAGE, 8), 5);
}

MTAP_TEST(zero_limits)
{
	EXPECT_EQ(command(KMEM_DO_ZERO, KMEM_LARGE, 0, MDEV_BPF_MAX_ZERO), 0);
	EXPECT_EQ(command(KMEM_DO_ZERO, KMEM_LARGE, 0, MDEV_BPF_MAX_ZERO + 1), -E2BIG);
	EXPECT_EQ(command(KMEM_DO_ZERO, KMEM_LARGE, KMEM_LARGE_SIZE - 8, 8), 0);
	EXPECT_EQ(command(KMEM_DO_ZERO, KMEM_LARGE, KMEM_LARGE_SIZE - 8, 9), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_ZERO, KMEM_LARGE, ~0ULL, 8), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_ZERO, 0, 0, 8), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_ZERO, 16, 0, 8), -EINVAL);
}

MTAP_TEST(fill_by_program)
{
	__u64 *p = map(KMEM_LARGE, 0, 4 * PAGE);
	unsigned int i;

	EXPECT_EQ(command(KMEM_DO_REPEAT, KMEM_LARGE, PAGE - 16, 2 * PAGE + 24), 0);
	for (i = 0; i < 4 * PAGE / 8; i++)
		if (p[i] != (i < (PAGE - 16) / 8 || i >= (3 * PAGE + 8) / 8 ? 0 : KMEM_PATTERN))
			mtap_fail(__FILE__, __LINE__, "word %u is %#llx", i, p[i]);
	EXPECT_EQ(command(KMEM_DO_REPEAT, KMEM_LARGE, 0, MDEV_BPF_MAX_ZERO), 0);
	EXPECT_EQ(command(KMEM_DO_REPEAT, KMEM_LARGE, 0, MDEV_BPF_MAX_ZERO + 8), -E2BIG);
	EXPECT_EQ(command(KMEM_DO_REPEAT, KMEM_LARGE, KMEM_LARGE_SIZE - 8, 8), 0);
	EXPECT_EQ(command(KMEM_DO_REPEAT, KMEM_LARGE, KMEM_LARGE_SIZE - 8, 16), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_REPEAT, KMEM_LARGE, ~7ULL, 8), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_REPEAT, KMEM_LARGE, 4, 8), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_REPEAT, KMEM_LARGE, 0, 12), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_REPEAT, 0, 0, 8), -EINVAL);
	EXPECT_EQ(command(KMEM_DO_REPEAT, 16, 0, 8), -EINVAL);
}

MTAP_TEST(constant_table)
{
	unsigned int i;

	ASSERT_EQ(command(KMEM_DO_TABLE, KMEM_HIDDEN, PAGE - 500, 0), 0);
	for (i = 0; i < KMEM_TABLE; i += 8) {
		EXPECT_EQ(command(KMEM_DO_READ, KMEM_HIDDEN, PAGE - 500 + i, 0), 0);
		EXPECT_EQ(dev_get(0, KMEM_DATA, 1), (i * 7) & 0xff);
	}
	EXPECT_EQ(command(KMEM_DO_READ, KMEM_HIDDEN, PAGE - 500 + KMEM_TABLE, 0), 0);
	EXPECT_EQ(dev_get(0, KMEM_DATA, 8), 0);
	EXPECT_EQ(command(KMEM_DO_TABLE, KMEM_HIDDEN, KMEM_HIDDEN_SIZE - 8, 0), -EINVAL);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_device, .after = close_device, .teardown = dev_unload,
};
