// SPDX-License-Identifier: GPL-2.0-only
/* Displays: what planes show, as dma-bufs. */
#include <drm/drm.h>
#include <drm/drm_fourcc.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "display.h"

static __u8 *map(int fd, size_t size, int prot)
{
	return mmap(NULL, size, prot, MAP_SHARED, fd, 0);
}

/* A change of any geometry register makes another dma-buf id; the old id stays valid. */
MTAP_TEST(ids)
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
		display_set(KGFX_PRIMARY + change[i].reg, change[i].val);
		id = dmabuf_id(PRIMARY);
		EXPECT_EQ(id, first + i + 1);
		EXPECT_EQ(dmabuf_id(PRIMARY), id);
		display_set(KGFX_PRIMARY + change[i].reg, change[i].was);
		EXPECT_EQ(dmabuf_id(PRIMARY), first);
	}
}

/* The 16 shown last are known. */
MTAP_TEST(ids_forgotten)
{
	__u32 first = dmabuf_id(PRIMARY), second, i;
	int fd;

	display_set(KGFX_PRIMARY + KGFX_HEIGHT, HEIGHT - 1);
	second = dmabuf_id(PRIMARY);
	display_set(KGFX_PRIMARY + KGFX_HEIGHT, HEIGHT);
	EXPECT_EQ(dmabuf_id(PRIMARY), first);
	for (i = 2; i <= 16; i++) {
		fd = get_dmabuf(second);
		EXPECT(fd >= 0);
		close(fd);
		display_set(KGFX_PRIMARY + KGFX_HEIGHT, HEIGHT - i);
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

/* The next user cannot get the dma-bufs of the last one. */
MTAP_TEST(ids_of_another)
{
	__u32 id = dmabuf_id(PRIMARY);

	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(get_dmabuf(id), -ENOENT);
	EXPECT(dmabuf_id(PRIMARY) != id);
}

MTAP_TEST(dmabuf_is_memory)
{
	__u8 *mem, line[4096], zero[4096] = { 0 };

	display_set(KGFX_PRIMARY + KGFX_OFFSET, 0x8000);
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
	/* A reset clears the memory, which is also seen through the dma-buf. */
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(memcmp(mem + 100, zero, 4096), 0);
	munmap(mem, PAGES);
}

MTAP_TEST(dmabuf_bad_maps)
{
	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	EXPECT(map(buf_fd, PAGES + 4096, PROT_READ) == MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_SHARED, buf_fd, PAGES) == MAP_FAILED);
	EXPECT(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, buf_fd, 0) == MAP_FAILED);
}

/* A dma-buf stays valid when its device or its program is gone. */
MTAP_TEST(dmabuf_survives)
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
	/* A page that had not been touched */
	memset(mem + 0x5000, 0x77, 4096);
	munmap(mem, PAGES);
	mem = map(buf_fd, PAGES, PROT_READ);
	ASSERT(mem != MAP_FAILED);
	EXPECT_EQ(mem[0x5fff], 0x77);
	munmap(mem, PAGES);
	users = sysfs_int("/sys/module/mdev_bpf/refcnt");
	close(buf_fd);
	buf_fd = -1;
	EXPECT(mtap_await(sysfs_int("/sys/module/mdev_bpf/refcnt") == users - 1));
}

/* The program's result replaces the file descriptor, which is closed then. */
MTAP_TEST(dmabuf_dropped)
{
	__u32 id = dmabuf_id(PRIMARY);
	int fd = get_dmabuf(id);

	ASSERT(fd >= 0);
	close(fd);
	display_set(KGFX_DROP, 4711);
	EXPECT_EQ(get_dmabuf(id), 4711);
	EXPECT_EQ(fcntl(fd, F_GETFD), -1);
	display_set(KGFX_DROP, -EACCES);
	EXPECT_EQ(get_dmabuf(id), -EACCES);
	EXPECT_EQ(fcntl(fd, F_GETFD), -1);
	EXPECT_EQ(get_dmabuf(0), -ENOENT);
	display_set(KGFX_DROP, 0);
	EXPECT_EQ(get_dmabuf(id), fd);
	close(fd);
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
MTAP_TEST(dmabuf_import)
{
	struct drm_prime_handle prime = { 0 };
	struct drm_gem_close gem = { 0 };
	int vgem = open_vgem();

	if (vgem < 0)
		mtap_skip("there is no vgem: CONFIG_DRM_VGEM");
	buf_fd = get_dmabuf(dmabuf_id(PRIMARY));
	ASSERT(buf_fd >= 0);
	prime.fd = buf_fd;
	EXPECT_EQ(ioctl(vgem, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime), 0);
	gem.handle = prime.handle;
	dev_close();
	EXPECT_EQ(ioctl(vgem, DRM_IOCTL_GEM_CLOSE, &gem), 0);
	close(vgem);
}

const struct mtap_suite mtap_suite = {
	.setup = display_load, .before = display_open, .after = display_close,
	.teardown = dev_unload,
};
