// SPDX-License-Identifier: GPL-2.0-only
/* Displays: what planes show, in regions and as dma-bufs. */
#include <drm/drm.h>
#include <drm/drm_fourcc.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dev.h"
#include "progs/kgfx.h"

#define PROBE	VFIO_GFX_PLANE_TYPE_PROBE
#define DMABUF	VFIO_GFX_PLANE_TYPE_DMABUF
#define REGION	VFIO_GFX_PLANE_TYPE_REGION
#define PRIMARY	MDEV_BPF_PLANE_PRIMARY
#define CURSOR	MDEV_BPF_PLANE_CURSOR

/* 200 lines of 320 pixels */
#define WIDTH	320
#define HEIGHT	200
#define STRIDE	(4 * WIDTH)
#define SIZE	(STRIDE * HEIGHT)
#define PAGES	((SIZE + 4095) / 4096 * 4096)

static int buf_fd = -1;

static void load(void)
{
	dev_load("progs/kgfx.bpf.o");
}

static void set(unsigned int reg, __u64 val)
{
	dev_set(0, reg, 4, val & 0xffffffff);
	if (reg % 0x40 == KGFX_OFFSET || reg % 0x40 == KGFX_MODIFIER)
		dev_set(0, reg + 4, 4, val >> 32);
}

static void show(unsigned int plane)
{
	set(plane + KGFX_REGION, KGFX_FB);
	set(plane + KGFX_FORMAT, DRM_FORMAT_XRGB8888);
	set(plane + KGFX_WIDTH, WIDTH);
	set(plane + KGFX_HEIGHT, HEIGHT);
	set(plane + KGFX_STRIDE, STRIDE);
}

static void open_device(void)
{
	dev_open("kgfx-a");
	show(KGFX_PRIMARY);
}

static void close_device(void)
{
	if (buf_fd >= 0)
		close(buf_fd);
	buf_fd = -1;
	dev_close();
	/* Some test points lose the program, or have it fail. */
	prog_close(&dev_prog);
	load();
}

static int query(__u32 flags, __u32 type, struct vfio_device_gfx_plane_info *info)
{
	memset(info, 0xa5, sizeof(*info));
	info->argsz = sizeof(*info);
	info->flags = flags;
	info->drm_plane_type = type;
	return vfio_ioctl(&dev, VFIO_DEVICE_QUERY_GFX_PLANE, info);
}

static int query_errno(__u32 flags, __u32 type)
{
	struct vfio_device_gfx_plane_info info;

	return query(flags, type, &info);
}

static __u32 dmabuf_id(__u32 type)
{
	struct vfio_device_gfx_plane_info info;

	ASSERT_EQ(query(DMABUF, type, &info), 0);
	return info.dmabuf_id;
}

static int get_dmabuf(__u32 id)
{
	return vfio_ioctl(&dev, VFIO_DEVICE_GET_GFX_DMABUF, &id);
}

static __u8 *map(int fd, size_t size, int prot)
{
	return mmap(NULL, size, prot, MAP_SHARED, fd, 0);
}

static void probe(void)
{
	EXPECT_EQ(query_errno(PROBE | REGION, 0), 0);
	EXPECT_EQ(query_errno(PROBE | DMABUF, 0), 0);
	EXPECT_EQ(query_errno(PROBE, 0), -EINVAL);
	EXPECT_EQ(query_errno(PROBE | REGION | DMABUF, 0), -EINVAL);
	/* The program is not asked. */
	EXPECT_EQ(dev_get(0, KGFX_CALLS, 4), 0);
}

static void probe_one_kind(__u32 kind, __u32 has, __u32 has_not)
{
	dev_close();
	ASSERT_EQ(prog_open(&dev_prog2, "progs/kgfx.bpf.o", NULL), 0);
	memcpy(prog_ops(&dev_prog2)->name, "kgfx2", 6);
	prog_ops(&dev_prog2)->gfx.flags = kind;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kgfx2-a");
	show(KGFX_PRIMARY);
	EXPECT_EQ(query_errno(PROBE | has, 0), 0);
	EXPECT_EQ(query_errno(PROBE | has_not, 0), -EINVAL);
	EXPECT_EQ(query_errno(has, PRIMARY), 0);
	EXPECT_EQ(query_errno(has_not, PRIMARY), -EINVAL);
}

static void one_kind(void)
{
	probe_one_kind(MDEV_BPF_GFX_REGION, REGION, DMABUF);
	EXPECT_EQ(get_dmabuf(1), -ENOENT);
	probe_one_kind(MDEV_BPF_GFX_DMABUF, DMABUF, REGION);
}

static void in_region(void)
{
	struct vfio_device_gfx_plane_info info;

	ASSERT_EQ(query(REGION, PRIMARY, &info), 0);
	EXPECT_EQ(info.argsz, sizeof(info));
	EXPECT_EQ(info.flags, REGION);
	EXPECT_EQ(info.drm_plane_type, PRIMARY);
	EXPECT_EQ(info.drm_format, DRM_FORMAT_XRGB8888);
	EXPECT_EQ(info.drm_format_mod, DRM_FORMAT_MOD_LINEAR);
	EXPECT_EQ(info.width, WIDTH);
	EXPECT_EQ(info.height, HEIGHT);
	EXPECT_EQ(info.stride, STRIDE);
	EXPECT_EQ(info.size, PAGES);
	EXPECT_EQ(info.region_index, KGFX_FB);
	EXPECT_EQ(dev_get(0, KGFX_CALLS, 4), 1);
}

/* The program says it anew each time. */
static void other_mode(void)
{
	struct vfio_device_gfx_plane_info info;

	set(KGFX_PRIMARY + KGFX_WIDTH, 16);
	set(KGFX_PRIMARY + KGFX_HEIGHT, 4);
	set(KGFX_PRIMARY + KGFX_STRIDE, 16);
	set(KGFX_PRIMARY + KGFX_FORMAT, DRM_FORMAT_C8);
	set(KGFX_PRIMARY + KGFX_REGION, KGFX_SMALL);
	ASSERT_EQ(query(REGION, PRIMARY, &info), 0);
	EXPECT_EQ(info.drm_format, DRM_FORMAT_C8);
	EXPECT_EQ(info.width, 16);
	EXPECT_EQ(info.height, 4);
	EXPECT_EQ(info.stride, 16);
	/* Not more than there is */
	EXPECT_EQ(info.size, KGFX_SMALL_SIZE);
	EXPECT_EQ(info.region_index, KGFX_SMALL);
}

static void cursor(void)
{
	struct vfio_device_gfx_plane_info info;

	show(KGFX_CURSOR);
	set(KGFX_CURSOR + KGFX_OFFSET, 0x80000);
	set(KGFX_CURSOR + KGFX_WIDTH, 64);
	set(KGFX_CURSOR + KGFX_HEIGHT, 64);
	set(KGFX_CURSOR + KGFX_STRIDE, 256);
	set(KGFX_CURSOR + KGFX_FORMAT, DRM_FORMAT_ARGB8888);
	set(KGFX_CURSOR + KGFX_MODIFIER, DRM_FORMAT_MOD_INVALID);
	set(KGFX_CURSOR + KGFX_X, 11);
	set(KGFX_CURSOR + KGFX_Y, 12);
	set(KGFX_CURSOR + KGFX_X_HOT, 13);
	set(KGFX_CURSOR + KGFX_Y_HOT, 14);
	ASSERT_EQ(query(DMABUF, CURSOR, &info), 0);
	EXPECT_EQ(info.drm_format, DRM_FORMAT_ARGB8888);
	EXPECT(info.drm_format_mod == DRM_FORMAT_MOD_INVALID);
	EXPECT_EQ(info.size, 0x4000);
	EXPECT_EQ(info.x_pos, 11);
	EXPECT_EQ(info.y_pos, 12);
	EXPECT_EQ(info.x_hot, 13);
	EXPECT_EQ(info.y_hot, 14);
	/* Where it is does not matter. */
	set(KGFX_CURSOR + KGFX_X, 100);
	EXPECT_EQ(dmabuf_id(CURSOR), info.dmabuf_id);
	EXPECT(dmabuf_id(PRIMARY) != info.dmabuf_id);
	ASSERT_EQ(query(REGION, PRIMARY, &info), 0);
	EXPECT_EQ(info.x_pos, 0);
}

static void nothing(void)
{
	struct vfio_device_gfx_plane_info info;

	EXPECT_EQ(query(REGION, CURSOR, &info), 0);
	set(KGFX_PRIMARY + KGFX_FORMAT, 0);
	/* Whatever else it says */
	set(KGFX_PRIMARY + KGFX_REGION, 99);
	ASSERT_EQ(query(DMABUF, PRIMARY, &info), 0);
	EXPECT_EQ(info.drm_format, 0);
	EXPECT_EQ(info.width, 0);
	EXPECT_EQ(info.height, 0);
	EXPECT_EQ(info.stride, 0);
	EXPECT_EQ(info.size, 0);
	EXPECT_EQ(info.dmabuf_id, 0);
	EXPECT_EQ(get_dmabuf(0), -ENOENT);
}

static void bad_arguments(void)
{
	struct vfio_device_gfx_plane_info info;

	EXPECT_EQ(query_errno(0, PRIMARY), -EINVAL);
	EXPECT_EQ(query_errno(REGION | DMABUF, PRIMARY), -EINVAL);
	EXPECT_EQ(query_errno(REGION | 8, PRIMARY), -EINVAL);
	EXPECT_EQ(query_errno(REGION | 1U << 31, PRIMARY), -EINVAL);
	EXPECT_EQ(query_errno(REGION, CURSOR + 1), -EINVAL);
	EXPECT_EQ(query_errno(REGION, 0xffffffff), -EINVAL);
	EXPECT_EQ(dev_get(0, KGFX_CALLS, 4), 0);
	/* A plane that this program does not have */
	EXPECT_EQ(query_errno(REGION, MDEV_BPF_PLANE_OVERLAY), -ENXIO);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_QUERY_GFX_PLANE, NULL), -EFAULT);
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_GFX_DMABUF, NULL), -EFAULT);
	memset(&info, 0, sizeof(info));
	info.flags = REGION;
	info.drm_plane_type = PRIMARY;
	info.argsz = offsetof(struct vfio_device_gfx_plane_info, reserved) - 1;
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_QUERY_GFX_PLANE, &info), -EINVAL);
	info.argsz++;
	info.reserved = 0x5a5a;
	EXPECT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_QUERY_GFX_PLANE, &info), 0);
	EXPECT_EQ(info.width, WIDTH);
	EXPECT_EQ(info.reserved, 0x5a5a);
}

static void result_of_program(void)
{
	set(KGFX_RESULT, -EAGAIN);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EAGAIN);
	set(KGFX_RESULT, 1);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	set(KGFX_RESULT, -600);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	set(KGFX_RESULT, 0);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
}

/* One register of the primary plane that makes it nonsense */
static const struct {
	unsigned int reg;
	__u64 val;
	__u32 kinds;
} wrong[] = {
	{ KGFX_REGION, 0, REGION | DMABUF },	/* no memory */
	{ KGFX_REGION, 3, REGION | DMABUF },	/* no region */
	{ KGFX_REGION, VFIO_PCI_CONFIG_REGION_INDEX, REGION | DMABUF },
	{ KGFX_REGION, KGFX_SMALL, REGION | DMABUF },
	{ KGFX_REGION, 16, REGION | DMABUF },
	{ KGFX_REGION, 0xffffffff, REGION | DMABUF },
	{ KGFX_OFFSET, 4096, REGION },	/* VFIO cannot say where in the region */
	{ KGFX_OFFSET, 4, REGION | DMABUF },
	{ KGFX_OFFSET, KGFX_FB_SIZE - SIZE + 2048, REGION | DMABUF },
	{ KGFX_OFFSET, KGFX_FB_SIZE - PAGES + 4096, REGION | DMABUF },
	{ KGFX_OFFSET, KGFX_FB_SIZE, REGION | DMABUF },
	{ KGFX_OFFSET, KGFX_FB_SIZE + 4096, REGION | DMABUF },
	{ KGFX_OFFSET, 0xfffffffffffff000, REGION | DMABUF },
	{ KGFX_WIDTH, 0, REGION | DMABUF },
	{ KGFX_WIDTH, WIDTH + 1, REGION | DMABUF },	/* more than a line has */
	{ KGFX_WIDTH, 0x40000001, REGION | DMABUF },	/* times 4 is 4 */
	{ KGFX_HEIGHT, 0, REGION | DMABUF },
	{ KGFX_HEIGHT, KGFX_FB_SIZE / STRIDE + 1, REGION | DMABUF },
	{ KGFX_HEIGHT, MDEV_BPF_MAX_RES + 1, REGION | DMABUF },
	{ KGFX_HEIGHT, 0x80000000, REGION | DMABUF },
	{ KGFX_STRIDE, 0, REGION | DMABUF },
	{ KGFX_STRIDE, STRIDE - 1, REGION | DMABUF },
	{ KGFX_STRIDE, KGFX_FB_SIZE / HEIGHT + 1, REGION | DMABUF },
	{ KGFX_STRIDE, 0x80000000, REGION | DMABUF },
};

static void nonsense(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		__u32 kinds = wrong[i].kinds;
		int ret;

		show(KGFX_PRIMARY);
		set(KGFX_PRIMARY + KGFX_OFFSET, 0);
		set(KGFX_PRIMARY + wrong[i].reg, wrong[i].val);
		ret = query_errno(REGION, PRIMARY);
		if (ret != (kinds & REGION ? -EIO : 0))
			ksft_fail(__FILE__, __LINE__, "[%zu] region: %d", i, ret);
		ret = query_errno(DMABUF, PRIMARY);
		if (ret != (kinds & DMABUF ? -EIO : 0))
			ksft_fail(__FILE__, __LINE__, "[%zu] dma-buf: %d", i, ret);
	}
}

/* The last place where it fits, and formats that the core does not know */
static void just_fits(void)
{
	show(KGFX_PRIMARY);
	set(KGFX_PRIMARY + KGFX_OFFSET, KGFX_FB_SIZE - PAGES);
	EXPECT_EQ(query_errno(DMABUF, PRIMARY), 0);
	set(KGFX_PRIMARY + KGFX_OFFSET, 0);
	set(KGFX_PRIMARY + KGFX_HEIGHT, KGFX_FB_SIZE / STRIDE);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
	set(KGFX_PRIMARY + KGFX_FORMAT, DRM_FORMAT_RGB565);
	set(KGFX_PRIMARY + KGFX_WIDTH, STRIDE / 2);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
	set(KGFX_PRIMARY + KGFX_WIDTH, STRIDE / 2 + 1);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	set(KGFX_PRIMARY + KGFX_FORMAT, DRM_FORMAT_NV12);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
}

/* Only dma-bufs give away what the user has no region for. */
static void private_memory(void)
{
	set(KGFX_PRIMARY + KGFX_REGION, KGFX_PRIVATE);
	set(KGFX_PRIMARY + KGFX_HEIGHT, 8);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	EXPECT(map(buf_fd, 4096, PROT_READ | PROT_WRITE) == MAP_FAILED);
	EXPECT_EQ(errno, EACCES);
	EXPECT(map(buf_fd, 4096, PROT_READ) != MAP_FAILED);
}

/* A device of this type has no frame buffer. */
static void not_this_type(void)
{
	dev_close();
	dev_open("kgfx-b");
	show(KGFX_PRIMARY);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	set(KGFX_PRIMARY + KGFX_REGION, KGFX_SMALL);
	set(KGFX_PRIMARY + KGFX_WIDTH, 4);
	set(KGFX_PRIMARY + KGFX_STRIDE, 16);
	set(KGFX_PRIMARY + KGFX_HEIGHT, 4);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
}

static void no_display(void)
{
	struct vfio_device_gfx_plane_info info;

	dev_close();
	ASSERT_EQ(prog_up(&dev_prog2, KDEV), 0);
	dev_open("kdev-a");
	EXPECT_EQ(query(PROBE | REGION, 0, &info), -ENOTTY);
	EXPECT_EQ(get_dmabuf(1), -ENOTTY);
}

/* Each register of geometry makes another picture, and the old one is still known. */
static void ids(void)
{
	static const struct { unsigned int reg; __u64 val, was; } change[] = {
		{ KGFX_OFFSET, 0x10000, 0 },
		{ KGFX_MODIFIER, DRM_FORMAT_MOD_INVALID, 0 },
		{ KGFX_FORMAT, DRM_FORMAT_ARGB8888, DRM_FORMAT_XRGB8888 },
		{ KGFX_WIDTH, WIDTH - 1, WIDTH },
		{ KGFX_HEIGHT, HEIGHT - 1, HEIGHT },
		{ KGFX_STRIDE, STRIDE + 4, STRIDE },
	};
	__u32 first = dmabuf_id(PRIMARY), id;
	size_t i;

	EXPECT(first);
	EXPECT_EQ(dmabuf_id(PRIMARY), first);
	for (i = 0; i < ARRAY_SIZE(change); i++) {
		set(KGFX_PRIMARY + change[i].reg, change[i].val);
		id = dmabuf_id(PRIMARY);
		EXPECT_EQ(id, first + i + 1);
		EXPECT_EQ(dmabuf_id(PRIMARY), id);
		set(KGFX_PRIMARY + change[i].reg, change[i].was);
		EXPECT_EQ(dmabuf_id(PRIMARY), first);
	}
}

/* The 16 shown last are known. */
static void ids_forgotten(void)
{
	__u32 first = dmabuf_id(PRIMARY), second, i;
	int fd;

	set(KGFX_PRIMARY + KGFX_HEIGHT, HEIGHT - 1);
	second = dmabuf_id(PRIMARY);
	set(KGFX_PRIMARY + KGFX_HEIGHT, HEIGHT);
	EXPECT_EQ(dmabuf_id(PRIMARY), first);
	for (i = 2; i <= 16; i++) {
		fd = get_dmabuf(second);
		EXPECT(fd >= 0);
		close(fd);
		set(KGFX_PRIMARY + KGFX_HEIGHT, HEIGHT - i);
		EXPECT_EQ(dmabuf_id(PRIMARY), first + i);
	}
	EXPECT_EQ(get_dmabuf(second), -ENOENT);
	fd = get_dmabuf(first);
	EXPECT(fd >= 0);
	close(fd);
	EXPECT_EQ(get_dmabuf(first + 17), -ENOENT);
	EXPECT_EQ(get_dmabuf(0), -ENOENT);
	EXPECT_EQ(get_dmabuf(0xffffffff), -ENOENT);
}

/* The next user gets nothing of the last one's. */
static void ids_of_another(void)
{
	__u32 id = dmabuf_id(PRIMARY);

	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(get_dmabuf(id), -ENOENT);
	EXPECT(dmabuf_id(PRIMARY) != id);
}

static void dmabuf_is_memory(void)
{
	__u8 *mem, line[4096], zero[4096] = { 0 };

	set(KGFX_PRIMARY + KGFX_OFFSET, 0x8000);
	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	EXPECT_EQ(fcntl(buf_fd, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(lseek(buf_fd, 0, SEEK_END), PAGES);
	EXPECT_EQ(lseek(buf_fd, 0, SEEK_SET), 0);
	mem = map(buf_fd, PAGES, PROT_READ | PROT_WRITE);
	ASSERT(mem != MAP_FAILED);
	EXPECT_EQ(memcmp(mem, zero, sizeof(zero)), 0);
	memset(line, 0x5c, sizeof(line));
	EXPECT_EQ(vfio_pwrite(&dev, KGFX_FB, 0x8000 + 100, line, 4096), 4096);
	EXPECT_EQ(memcmp(mem + 100, line, 4096), 0);
	EXPECT_EQ(memcmp(mem, zero, 100), 0);
	memset(mem + PAGES - 4096, 0x3a, 4096);
	EXPECT_EQ(vfio_pread(&dev, KGFX_FB, 0x8000 + PAGES - 4096, line, 4096), 4096);
	EXPECT_EQ(memcmp(mem + PAGES - 4096, line, 4096), 0);
	EXPECT_EQ(vfio_pread(&dev, KGFX_FB, 0x8000 + PAGES, line, 4096), 4096);
	EXPECT_EQ(memcmp(zero, line, 4096), 0);
	/* Reset clears what everybody sees. */
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(memcmp(mem + 100, zero, 4096), 0);
	munmap(mem, PAGES);
}

static void dmabuf_bad_maps(void)
{
	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	EXPECT(map(buf_fd, PAGES + 4096, PROT_READ) == MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, buf_fd, PAGES) == MAP_FAILED);
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, buf_fd, 0) == MAP_FAILED);
}

/* Whatever becomes of device and program, the picture stays. */
static void dmabuf_survives(void)
{
	__u8 *mem, line[16] = "still there";
	struct mdev gone = dev_mdev;
	int users;

	EXPECT_EQ(vfio_pwrite(&dev, KGFX_FB, 0x3000, line, 16), 16);
	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	mem = map(buf_fd, PAGES, PROT_READ | PROT_WRITE);
	ASSERT(mem != MAP_FAILED);
	dev_close();
	EXPECT(!exists(MDEV_DEVICES "/%s", gone.uuid));
	prog_detach(&dev_prog);
	EXPECT_STR((char *)mem + 0x3000, "still there");
	/* A page that nobody had touched */
	memset(mem + 0x5000, 0x77, 4096);
	munmap(mem, PAGES);
	mem = map(buf_fd, PAGES, PROT_READ);
	ASSERT(mem != MAP_FAILED);
	EXPECT_EQ(mem[0x5fff], 0x77);
	munmap(mem, PAGES);
	users = sysfs_int("/sys/module/mdev_bpf/refcnt");
	close(buf_fd);
	buf_fd = -1;
	EXPECT(ksft_await(sysfs_int("/sys/module/mdev_bpf/refcnt") == users - 1));
}

/* The program has the last word, and then there is no file that nobody knows of. */
static void dmabuf_dropped(void)
{
	__u32 id = dmabuf_id(PRIMARY);
	int fd = get_dmabuf(id);

	ASSERT(fd >= 0);
	close(fd);
	set(KGFX_DROP, 4711);
	EXPECT_EQ(get_dmabuf(id), 4711);
	EXPECT_EQ(fcntl(fd, F_GETFD), -1);
	set(KGFX_DROP, -EACCES);
	EXPECT_EQ(get_dmabuf(id), -EACCES);
	EXPECT_EQ(fcntl(fd, F_GETFD), -1);
	EXPECT_EQ(get_dmabuf(0), -ENOENT);
	set(KGFX_DROP, 0);
	EXPECT_EQ(get_dmabuf(id), fd);
	close(fd);
}

static void without_program(void)
{
	__u32 id = dmabuf_id(PRIMARY);

	prog_detach(&dev_prog);
	EXPECT_EQ(query_errno(PROBE | REGION, 0), 0);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -ENODEV);
	buf_fd = get_dmabuf(id);
	EXPECT(buf_fd >= 0);
}

static void failed(void)
{
	set(KGFX_FAIL, 1);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	EXPECT_STR(device_attr(&dev_mdev, "state"), "failed");
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	EXPECT_EQ(vfio_reset(&dev), 0);
	show(KGFX_PRIMARY);
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
}

/* The virtual GPU of the kernel, which takes dma-bufs of others; a file descriptor or -1. */
static int open_vgem(void)
{
	char path[64];
	int i;

	if (system("modprobe -q vgem"))
		return -1;
	for (i = 0; i < 8; i++) {
		if (strcmp(link_name("/sys/class/drm/card%d/device", i), "vgem"))
			continue;
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		return open(path, O_RDWR | O_CLOEXEC);
	}
	return -1;
}

/* A driver maps it for its device; memory that was never touched is allocated for that. */
static void dmabuf_import(void)
{
	struct drm_prime_handle prime = { 0 };
	struct drm_gem_close gem = { 0 };
	int vgem = open_vgem();

	if (vgem < 0)
		ksft_skip("there is no vgem");
	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	prime.fd = buf_fd;
	EXPECT_EQ(ioctl(vgem, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), 0);
	gem.handle = prime.handle;
	dev_close();
	EXPECT_EQ(ioctl(vgem, DRM_IOCTL_GEM_CLOSE, &gem), 0);
	close(vgem);
}

#define EDID(member)	offsetof(struct vfio_region_gfx_edid, member)
#define EDID_MAX	(KGFX_EDID_SIZE - MDEV_BPF_EDID_OFFSET)
#define UP		VFIO_DEVICE_GFX_LINK_STATE_UP
#define DOWN		VFIO_DEVICE_GFX_LINK_STATE_DOWN

static int set_edid(__u32 reg, __u32 val)
{
	return vfio_set(&dev, KGFX_EDID, reg, 4, val);
}

static int get_edid(__u32 reg)
{
	return vfio_get(&dev, KGFX_EDID, reg, 4);
}

/* How a user finds the region */
static void edid_found(void)
{
	struct {
		struct vfio_region_info info;
		struct vfio_region_info_cap_type type;
		__u32 more[16];
	} arg = { .info = { .argsz = sizeof(arg), .index = KGFX_EDID } };

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_GET_REGION_INFO, &arg), 0);
	EXPECT_EQ(arg.info.size, KGFX_EDID_SIZE);
	EXPECT_EQ(arg.info.flags, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
				  VFIO_REGION_INFO_FLAG_CAPS);
	ASSERT_EQ(arg.info.cap_offset, sizeof(arg.info));
	EXPECT_EQ(arg.type.header.id, VFIO_REGION_INFO_CAP_TYPE);
	EXPECT_EQ(arg.type.type, VFIO_REGION_TYPE_GFX);
	EXPECT_EQ(arg.type.subtype, VFIO_REGION_SUBTYPE_GFX_EDID);
}

/* The protocol as vfio.h has it */
static void edid(void)
{
	__u8 blob[256], back[256];
	struct vfio_region_gfx_edid regs;

	ASSERT_EQ(vfio_pread(&dev, KGFX_EDID, 0, &regs, sizeof(regs)), sizeof(regs));
	EXPECT_EQ(regs.edid_offset, MDEV_BPF_EDID_OFFSET);
	EXPECT_EQ(regs.edid_max_size, EDID_MAX);
	EXPECT_EQ(regs.edid_size, 0);
	EXPECT_EQ(regs.max_xres, 1024);
	EXPECT_EQ(regs.max_yres, 768);
	EXPECT_EQ(regs.link_state, DOWN);
	/* Down it is already */
	EXPECT_EQ(set_edid(EDID(link_state), DOWN), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 0);
	memset(blob, 0xe7, sizeof(blob));
	EXPECT_EQ(vfio_pwrite(&dev, KGFX_EDID, regs.edid_offset, blob, 256), 256);
	EXPECT_EQ(set_edid(EDID(edid_size), 256), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 0);
	EXPECT_EQ(set_edid(EDID(link_state), UP), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 1);
	EXPECT_EQ(dev_get(0, KGFX_LINK, 4), 1);
	EXPECT_EQ(dev_get(0, KGFX_EDID_LEN, 4), 256);
	EXPECT_EQ(dev_get(0, KGFX_EDID_BYTE, 4), 0xe7);
	EXPECT_EQ(set_edid(EDID(link_state), UP), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 1);
	EXPECT_EQ(get_edid(EDID(link_state)), UP);
	EXPECT_EQ(get_edid(EDID(edid_size)), 256);
	EXPECT_EQ(vfio_pread(&dev, KGFX_EDID, regs.edid_offset, back, 256), 256);
	EXPECT_EQ(memcmp(blob, back, 256), 0);
	EXPECT_EQ(set_edid(EDID(link_state), DOWN), 0);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 2);
	EXPECT_EQ(dev_get(0, KGFX_LINK, 4), 0);
}

static void edid_wrong(void)
{
	__u8 bytes[KGFX_EDID_SIZE] = { 0 };
	__u32 reg;

	EXPECT_EQ(set_edid(EDID(edid_size), EDID_MAX), 0);
	EXPECT_EQ(set_edid(EDID(edid_size), EDID_MAX + 1), -EINVAL);
	EXPECT_EQ(set_edid(EDID(edid_size), 0xffffffff), -EINVAL);
	EXPECT_EQ(get_edid(EDID(edid_size)), EDID_MAX);
	EXPECT_EQ(set_edid(EDID(link_state), 0), -EINVAL);
	EXPECT_EQ(set_edid(EDID(link_state), 3), -EINVAL);
	EXPECT_EQ(set_edid(EDID(edid_offset), 64), -EINVAL);
	EXPECT_EQ(set_edid(EDID(edid_max_size), 128), -EINVAL);
	EXPECT_EQ(set_edid(EDID(max_xres), 1), -EINVAL);
	EXPECT_EQ(set_edid(EDID(max_yres), 1), -EINVAL);
	for (reg = sizeof(struct vfio_region_gfx_edid); reg < MDEV_BPF_EDID_OFFSET; reg += 4) {
		EXPECT_EQ(set_edid(reg, 1), -EINVAL);
		EXPECT_EQ(get_edid(reg), 0);
	}
	/* Neither parts of a register nor what lies across two */
	EXPECT_EQ(vfio_get(&dev, KGFX_EDID, EDID(edid_size), 2), -EINVAL);
	EXPECT_EQ(vfio_get(&dev, KGFX_EDID, EDID(edid_size) + 3, 1), -EINVAL);
	EXPECT_EQ(vfio_set(&dev, KGFX_EDID, EDID(edid_size), 1, 1), -EINVAL);
	EXPECT_EQ(vfio_set(&dev, KGFX_EDID, EDID(edid_size) + 2, 4, 1), -EINVAL);
	EXPECT_EQ(get_edid(EDID(edid_size)), EDID_MAX);
	EXPECT_EQ(dev_get(0, KGFX_EDIDS, 4), 0);
	/* The EDID is bytes, up to the end and no further. */
	EXPECT_EQ(vfio_pwrite(&dev, KGFX_EDID, MDEV_BPF_EDID_OFFSET + 1, bytes, 3), 3);
	EXPECT_EQ(vfio_pwrite(&dev, KGFX_EDID, KGFX_EDID_SIZE - 1, bytes, 2), 1);
	EXPECT_EQ(vfio_pwrite(&dev, KGFX_EDID, KGFX_EDID_SIZE, bytes, 1), -EINVAL);
	EXPECT_EQ(vfio_pread(&dev, KGFX_EDID, 0, bytes, sizeof(bytes)), sizeof(bytes));
	EXPECT_EQ(bytes[EDID(edid_max_size)], EDID_MAX & 0xff);
}

/* It describes the monitor: reset leaves it alone, and it goes with its user. */
static void edid_stays(void)
{
	EXPECT_EQ(set_edid(MDEV_BPF_EDID_OFFSET, 0x12345678), 0);
	EXPECT_EQ(set_edid(EDID(edid_size), 128), 0);
	EXPECT_EQ(set_edid(EDID(link_state), UP), 0);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(get_edid(EDID(link_state)), UP);
	EXPECT_EQ(get_edid(EDID(edid_size)), 128);
	EXPECT_EQ(get_edid(MDEV_BPF_EDID_OFFSET), 0x12345678);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(get_edid(EDID(link_state)), DOWN);
	EXPECT_EQ(get_edid(EDID(edid_size)), 0);
	EXPECT_EQ(set_edid(EDID(link_state), UP), 0);
	EXPECT_EQ(dev_get(0, KGFX_LINK, 4), 1);
}

static void edid_without_program(void)
{
	prog_detach(&dev_prog);
	EXPECT_EQ(set_edid(EDID(edid_size), 128), 0);
	EXPECT_EQ(set_edid(EDID(link_state), UP), -ENODEV);
	EXPECT_EQ(get_edid(EDID(link_state)), DOWN);
	EXPECT_EQ(get_edid(EDID(edid_size)), 128);
}

/* What is before the EDID is no place for a picture. */
static void edid_is_no_picture(void)
{
	set(KGFX_PRIMARY + KGFX_REGION, KGFX_EDID);
	set(KGFX_PRIMARY + KGFX_WIDTH, 4);
	set(KGFX_PRIMARY + KGFX_HEIGHT, 4);
	set(KGFX_PRIMARY + KGFX_STRIDE, 16);
	EXPECT_EQ(query_errno(REGION, PRIMARY), -EIO);
	EXPECT_EQ(query_errno(DMABUF, PRIMARY), -EIO);
}

struct refusal {
	void (*change)(struct mdev_bpf_ops *ops);
	int err;
	const char *why;
};

#define WRONG(fn, statement) \
static void fn(struct mdev_bpf_ops *ops) { statement; }

WRONG(gfx_flag, ops->gfx.flags |= 4)
WRONG(gfx_flags_high, ops->gfx.flags |= 1U << 31)
WRONG(gfx_reserved, ops->gfx.reserved = 1)
WRONG(gfx_xres, ops->gfx.max_xres = MDEV_BPF_MAX_RES + 1)
WRONG(gfx_yres, ops->gfx.max_yres = 0xffffffff)
WRONG(gfx_no_query, ops->gfx_query = NULL)
WRONG(gfx_no_flags, ops->gfx.flags = 0)
WRONG(gfx_query_alone, memset(&ops->gfx, 0, sizeof(ops->gfx)))
WRONG(gfx_no_memory, memset(&ops->regions[1], 0, 15 * sizeof(ops->regions[0])))
WRONG(edid_only, memset(&ops->gfx, 0, sizeof(ops->gfx)); ops->gfx_query = NULL)
WRONG(edid_read_only, ops->regions[KGFX_EDID].flags &= ~MDEV_BPF_REGION_WRITE)
WRONG(edid_mmap, ops->regions[KGFX_EDID].flags |= MDEV_BPF_REGION_MMAP;
	ops->regions[KGFX_EDID].size = 4096)
WRONG(edid_window, ops->regions[KGFX_EDID].size = 8192;
	ops->regions[KGFX_EDID].trap_size = 4096)
WRONG(edid_small, ops->regions[KGFX_EDID].size = MDEV_BPF_EDID_OFFSET + 127)
WRONG(edid_large, ops->regions[KGFX_EDID].size = 0x10001)
WRONG(edid_width, ops->regions[KGFX_EDID].access_size = 8)
WRONG(edid_twice, ops->regions[12] = ops->regions[KGFX_EDID])
WRONG(edid_none, ops->regions[KGFX_EDID].cap_subtype = 2)

static const struct refusal refusals[] = {
	{ gfx_flag, -EOPNOTSUPP, "gfx.flags 0x4 are not supported" },
	{ gfx_flags_high, -EOPNOTSUPP, "gfx.flags 0x80000000 are not supported" },
	{ gfx_reserved, -EINVAL, "gfx.reserved is not zero" },
	{ gfx_xres, -EINVAL, "gfx.max_xres or max_yres is more than 32767" },
	{ gfx_yres, -EINVAL, "gfx.max_xres or max_yres is more than 32767" },
	{ gfx_no_query, -EINVAL, "there are gfx.flags, but no gfx_query" },
	{ gfx_no_flags, -EINVAL, "gfx has no flags but is not empty" },
	{ gfx_query_alone, -EINVAL, "there is a gfx_query, but no gfx.flags" },
	{ gfx_no_memory, -EINVAL, "there are gfx.flags, but no region is MEMORY" },
	{ edid_only, -EINVAL, "regions[11] is for EDID, but there are no gfx.flags" },
	{ edid_read_only, -EINVAL, "regions[11] is for EDID: readable, writable, no MMAP" },
	{ edid_mmap, -EINVAL, "regions[11] is for EDID: readable, writable, no MMAP" },
	{ edid_window, -EINVAL, "regions[11] is for EDID: readable, writable, no MMAP" },
	{ edid_small, -EINVAL, "regions[11].size 0xbf is not 0xc0 to 0x10000, for EDID" },
	{ edid_large, -EINVAL, "regions[11].size 0x10001 is not 0xc0 to 0x10000, for EDID" },
	{ edid_width, -EINVAL, "regions[11].access_size 8 is not 4, for EDID" },
	{ edid_twice, -EINVAL, "regions[12] is a second one for EDID" },
	{ edid_none, -EINVAL, "there is a gfx_edid, but no region for EDID" },
};

static void refused(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		ASSERT_EQ(prog_open(&dev_prog2, "progs/kgfx.bpf.o", NULL), 0);
		snprintf(prog_ops(&dev_prog2)->name, MDEV_BPF_NAME_LEN, "wrong%zu", i);
		refusals[i].change(prog_ops(&dev_prog2));
		ASSERT_EQ(prog_load(&dev_prog2), 0);
		EXPECT_EQ(prog_attach(&dev_prog2), refusals[i].err);
		EXPECT_HAS(why_refused(), refusals[i].why);
		prog_close(&dev_prog2);
	}
}

/* A program that takes devices over must have the display that they have. */
static void other_display(void)
{
	ASSERT_EQ(prog_open(&dev_prog2, "progs/kgfx.bpf.o", NULL), 0);
	prog_ops(&dev_prog2)->gfx.max_xres--;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(prog_update(&dev_prog, &dev_prog2), -EINVAL);
	EXPECT_HAS(why_refused(), "gfx differs from that of the devices");
	EXPECT_EQ(query_errno(REGION, PRIMARY), 0);
}

static const struct ksft_test tests[] = {
	KSFT_TEST(probe),
	KSFT_TEST(one_kind),
	KSFT_TEST(in_region),
	KSFT_TEST(other_mode),
	KSFT_TEST(cursor),
	KSFT_TEST(nothing),
	KSFT_TEST(bad_arguments),
	KSFT_TEST(result_of_program),
	KSFT_TEST(nonsense),
	KSFT_TEST(just_fits),
	KSFT_TEST(private_memory),
	KSFT_TEST(not_this_type),
	KSFT_TEST(no_display),
	KSFT_TEST(ids),
	KSFT_TEST(ids_forgotten),
	KSFT_TEST(ids_of_another),
	KSFT_TEST(dmabuf_is_memory),
	KSFT_TEST(dmabuf_bad_maps),
	KSFT_TEST(dmabuf_survives),
	KSFT_TEST(dmabuf_dropped),
	KSFT_TEST(dmabuf_import),
	KSFT_TEST(without_program),
	KSFT_TEST(failed),
	KSFT_TEST(edid_found),
	KSFT_TEST(edid),
	KSFT_TEST(edid_wrong),
	KSFT_TEST(edid_stays),
	KSFT_TEST(edid_without_program),
	KSFT_TEST(edid_is_no_picture),
	KSFT_TEST(refused),
	KSFT_TEST(other_display),
};

static const struct ksft_suite suite = {
	.tests = tests, .nr = ARRAY_SIZE(tests),
	.setup = load, .before = open_device, .after = close_device, .teardown = dev_unload,
};

int main(int argc, char **argv)
{
	return ksft_main(argc, argv, &suite);
}
