// SPDX-License-Identifier: GPL-2.0-only
/* The Bochs display (bpf/bochs.bpf.c): registers, modes, what is visible, the EDID. */
#include <drm/drm_fourcc.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../bpf/bochs.h"
#include "pair.h"

#define BOCHS		"bochs.bpf.o"
#define VRAM		0
#define MMIO		2
#define MONITOR		9	/* the EDID region */
#define SCREEN		11	/* where a picture is that does not begin at the start of VRAM */
#define LINK_UP		VFIO_DEVICE_GFX_LINK_STATE_UP
#define LINK_DOWN	VFIO_DEVICE_GFX_LINK_STATE_DOWN
#define EDID(member)	offsetof(struct vfio_region_gfx_edid, member)

static struct vfio_device_gfx_plane_info plane;
static __u32 kind;	/* as which a picture is asked for */

static void load(void)
{
	dev_load(BOCHS);
}

static void open_small(void)
{
	kind = VFIO_GFX_PLANE_TYPE_REGION;
	pair_open("bochs-small");
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_small, .after = pair_close, .teardown = dev_unload,
};

static __u32 get(unsigned int index)
{
	return dev_get(MMIO, BOCHS_DISPI + 2 * index, 2);
}

static void set(unsigned int index, __u32 val)
{
	dev_set(MMIO, BOCHS_DISPI + 2 * index, 2, val);
}

static void mode(__u32 width, __u32 height, __u32 bpp)
{
	set(BOCHS_ENABLE, 0);
	set(BOCHS_XRES, width);
	set(BOCHS_YRES, height);
	set(BOCHS_BPP, bpp);
	set(BOCHS_VIRT_WIDTH, width);
	set(BOCHS_VIRT_HEIGHT, height);
	set(BOCHS_X_OFFSET, 0);
	set(BOCHS_Y_OFFSET, 0);
	set(BOCHS_ENABLE, 0x41);
}

/* Is anything shown? Then "plane" says what. */
static bool shows(const struct vfio *v)
{
	plane = (struct vfio_device_gfx_plane_info) {
		.argsz = sizeof(plane), .flags = kind,
		.drm_plane_type = MDEV_BPF_PLANE_PRIMARY,
	};
	ASSERT_EQ(vfio_ioctl(v, VFIO_DEVICE_QUERY_GFX_PLANE, &plane), 0);
	return plane.size;
}

static void expect_mode(__u32 format, __u32 width, __u32 height, __u32 stride, __u32 region)
{
	EXPECT(shows(&dev));
	EXPECT_EQ(plane.drm_format, format);
	EXPECT_EQ(plane.width, width);
	EXPECT_EQ(plane.height, height);
	EXPECT_EQ(plane.stride, stride);
	EXPECT_EQ(plane.region_index, region);
}

MTAP_TEST(identity)
{
	EXPECT_EQ(dev_get(CONFIG, 0, 4), 0x11111234);
	EXPECT_EQ(dev_get(CONFIG, 8, 4), 0x03800002);
	EXPECT_EQ(get(BOCHS_ID), BOCHS_ID5);
	set(BOCHS_ID, 0xb0c0);
	EXPECT_EQ(get(BOCHS_ID), BOCHS_ID5);
	set(BOCHS_MEMORY_64K, 1);
	EXPECT_EQ(get(BOCHS_MEMORY_64K), 64);
	EXPECT_EQ(dev_get(MMIO, BOCHS_EXT, 4), 8);
	EXPECT_EQ(dev_get(MMIO, BOCHS_VGA, 1), 0);
	EXPECT_EQ(dev_get(MMIO, 0, 4), 0);
}

static void type_has(const char *type, unsigned int mib)
{
	pair_close();
	dev_open(type);
	EXPECT_EQ(dev.region[VRAM].size, mib << 20);
	EXPECT_EQ(get(BOCHS_MEMORY_64K), mib * 16);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(get(BOCHS_MEMORY_64K), mib * 16);
}

MTAP_TEST(types)
{
	type_has("bochs-small", 4);
	type_has("bochs-medium", 16);
	type_has("bochs-large", 64);
	type_has("bochs-dmabuf", 64);
}

/* 256 MiB for all devices */
MTAP_TEST(pool)
{
	struct mdev m;
	unsigned int i;

	pair_close();
	for (i = 0; i < 3; i++) {
		m = mdev_uuid(i);
		EXPECT_EQ(mdev_create(&m, "bochs-large"), 0);
	}
	EXPECT_EQ(type_available("bochs-small"), 16);
	EXPECT_EQ(type_available("bochs-medium"), 4);
	EXPECT_EQ(type_available("bochs-large"), 1);
}

MTAP_TEST(modes)
{
	EXPECT(!shows(&dev));
	mode(800, 600, 32);
	expect_mode(DRM_FORMAT_XRGB8888, 800, 600, 3200, VRAM);
	/* QEMU does not know it, so it is converted. */
	mode(1024, 768, 16);
	expect_mode(DRM_FORMAT_XRGB8888, 1024, 768, 4096, SCREEN);
	mode(64, 64, 32);
	expect_mode(DRM_FORMAT_XRGB8888, 64, 64, 256, VRAM);
	set(BOCHS_ENABLE, 0);
	EXPECT(!shows(&dev));
}

/* What the device does not have, or the memory is too small for, is not shown. */
MTAP_TEST(wrong_modes)
{
	static const __u16 wrong[][3] = {
		{ 63, 600, 32 }, { 800, 63, 32 }, { 0, 0, 32 }, { 800, 600, 0 }, { 800, 600, 8 },
		{ 800, 600, 24 }, { 1024, 1025, 32 }, { 65535, 65535, 32 }, { 65535, 64, 16 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		mode(wrong[i][0], wrong[i][1], wrong[i][2]);
		EXPECT(!shows(&dev));
	}
	mode(1024, 1024, 32);
	EXPECT(shows(&dev));
	set(BOCHS_Y_OFFSET, 1);
	EXPECT(!shows(&dev));
	set(BOCHS_Y_OFFSET, 65535);
	set(BOCHS_X_OFFSET, 65535);
	EXPECT(!shows(&dev));
	set(BOCHS_VIRT_WIDTH, 65535);
	EXPECT(!shows(&dev));
}

MTAP_TEST(byte_order)
{
	mode(640, 480, 32);
	EXPECT_EQ(dev_get(MMIO, BOCHS_EXT + 4, 4), BOCHS_LITTLE_ENDIAN);
	dev_set(MMIO, BOCHS_EXT + 4, 4, BOCHS_BIG_ENDIAN);
	EXPECT_EQ(dev_get(MMIO, BOCHS_EXT + 4, 4), BOCHS_BIG_ENDIAN);
	expect_mode(DRM_FORMAT_XRGB8888, 640, 480, 2560, SCREEN);
	dev_set(MMIO, BOCHS_EXT + 4, 4, 1);
	dev_set(MMIO, BOCHS_EXT + 4, 2, 0x1e1e);
	EXPECT_EQ(dev_get(MMIO, BOCHS_EXT + 4, 4), BOCHS_BIG_ENDIAN);
	dev_set(MMIO, BOCHS_EXT + 4, 4, BOCHS_LITTLE_ENDIAN);
	expect_mode(DRM_FORMAT_XRGB8888, 640, 480, 2560, VRAM);
}

/* A pixel of what is visible, when it has the value; it is copied some time after a query. */
static bool pixel_is(__u32 x, __u32 y, __u32 val)
{
	if (!shows(&dev))
		return false;
	return dev_get(plane.region_index, y * plane.stride + 4 * x, 4) == val;
}

/* Each bit of the colours of 16 bits, and bytes in the other order */
MTAP_TEST(conversion)
{
	static const struct { __u16 from; __u32 to; } pixels[] = {
		{ 0, 0 }, { 0xffff, 0xffffff }, { 0xf800, 0xff0000 }, { 0x07e0, 0x00ff00 },
		{ 0x001f, 0x0000ff }, { 0x8000, 0x840000 }, { 0x0400, 0x008200 },
		{ 0x0010, 0x000084 }, { 0x0821, 0x080408 },
	};
	size_t i;

	mode(100, 100, 16);
	for (i = 0; i < ARRAY_SIZE(pixels); i++)
		dev_set(VRAM, 2 * (100 * 99 + 99 - i), 2, pixels[i].from);
	for (i = 0; i < ARRAY_SIZE(pixels); i++)
		EXPECT(mtap_await(pixel_is(99 - i, 99, pixels[i].to)));
	mode(100, 100, 32);
	dev_set(MMIO, BOCHS_EXT + 4, 4, BOCHS_BIG_ENDIAN);
	dev_set(VRAM, 4 * (100 * 99 + 99), 4, 0x12345678);
	EXPECT(mtap_await(pixel_is(99, 99, 0x78563412)));
}

/* The driver pans in a virtual screen of 1024 x 900. */
MTAP_TEST(panning)
{
	mode(320, 200, 32);
	set(BOCHS_VIRT_WIDTH, 1024);
	dev_set(VRAM, 4 * (1024 * 150 + 77), 4, 0x123456);
	dev_set(VRAM, 4 * (1024 * 349 + 396), 4, 0x654321);
	expect_mode(DRM_FORMAT_XRGB8888, 320, 200, 1280, SCREEN);
	EXPECT(mtap_await(pixel_is(77, 150, 0x123456)));
	set(BOCHS_X_OFFSET, 77);
	set(BOCHS_Y_OFFSET, 150);
	EXPECT(mtap_await(pixel_is(0, 0, 0x123456)));
	EXPECT(mtap_await(pixel_is(319, 199, 0x654321)));
	set(BOCHS_X_OFFSET, 0);
	set(BOCHS_Y_OFFSET, 0);
	set(BOCHS_VIRT_WIDTH, 0);
	expect_mode(DRM_FORMAT_XRGB8888, 320, 200, 1280, VRAM);
}

/* Read a word of the picture that a dma-buf is. */
static __u32 buffer_word(__u32 id, __u64 offset, __u64 size)
{
	__u32 *p, val;
	int fd = ioctl(dev.device, VFIO_DEVICE_GET_GFX_DMABUF, &id);

	ASSERT(fd >= 0);
	p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT(p != MAP_FAILED);
	val = p[offset / 4];
	munmap(p, size);
	close(fd);
	return val;
}

/* As a dma-buf, a picture is shown where it is, if that is the start of a page. */
MTAP_TEST(panning_of_buffers)
{
	const __u64 size = 1024 * 4 * 200;
	__u32 id;

	pair_close();
	dev_open("bochs-dmabuf");
	kind = VFIO_GFX_PLANE_TYPE_DMABUF;
	mode(320, 200, 32);
	set(BOCHS_VIRT_WIDTH, 1024);
	dev_set(VRAM, 4 * (1024 * 150 + 77), 4, 0x123456);
	EXPECT(shows(&dev));
	EXPECT_EQ(plane.stride, 4096);
	id = plane.dmabuf_id;
	EXPECT_EQ(buffer_word(id, 4096 * 150 + 4 * 77, size), 0x123456);
	set(BOCHS_Y_OFFSET, 150);
	EXPECT(shows(&dev));
	EXPECT_EQ(plane.stride, 4096);
	EXPECT(plane.dmabuf_id != id);
	EXPECT_EQ(buffer_word(plane.dmabuf_id, 4 * 77, size), 0x123456);
	/* Not at a page: a copy, as in a region */
	set(BOCHS_X_OFFSET, 77);
	EXPECT(shows(&dev));
	EXPECT_EQ(plane.stride, 1280);
	EXPECT(mtap_await((shows(&dev),
			   buffer_word(plane.dmabuf_id, 0, 320 * 4 * 200) == 0x123456)));
	kind = VFIO_GFX_PLANE_TYPE_REGION;
	EXPECT(shows(&dev));
	EXPECT_EQ(plane.region_index, SCREEN);
}

/* A whole screen of other pages, as a driver flips them */
MTAP_TEST(page_flip)
{
	__u32 *p = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, dev.device,
			dev.region[VRAM].offset);
	const __u32 *q;
	__u32 i, size = 640 * 480;

	ASSERT(p != MAP_FAILED);
	for (i = 0; i < 2 * size; i++)
		p[i] = i;
	mode(640, 480, 32);
	set(BOCHS_Y_OFFSET, 480);
	EXPECT(mtap_await(pixel_is(639, 479, 2 * size - 1)));
	q = mmap(NULL, size * 4, PROT_READ, MAP_SHARED, dev.device,
		 dev.region[plane.region_index].offset);
	ASSERT(q != MAP_FAILED);
	EXPECT(!memcmp(q, p + size, size * 4));
	munmap((void *)q, size * 4);
	munmap(p, 4 << 20);
}

/* The user of a monitor connects it, with an EDID whose bytes are their offsets plus 7. */
static void connect(const struct vfio *v)
{
	__u8 edid[256];
	unsigned int i;

	for (i = 0; i < sizeof(edid); i++)
		edid[i] = i + 7;
	ASSERT_EQ(vfio_pwrite(v, MONITOR, MDEV_BPF_EDID_OFFSET, edid, sizeof(edid)), 256);
	ASSERT_EQ(vfio_set(v, MONITOR, EDID(edid_size), 4, 256), 0);
	ASSERT_EQ(vfio_set(v, MONITOR, EDID(link_state), 4, LINK_UP), 0);
}

MTAP_TEST(edid)
{
	EXPECT_EQ(dev_get(MONITOR, EDID(edid_max_size), 4), BOCHS_EDID_SIZE);
	connect(&dev);
	EXPECT_EQ(dev_get(MMIO, 0, 4), 0x0a090807);
	EXPECT_EQ(dev_get(MMIO, 255, 1), 6);
	EXPECT_EQ(dev_get(MMIO, 256, 4), 0);
	EXPECT_EQ(dev_get(MMIO, BOCHS_EDID_SIZE - 4, 4), 0);
	dev_set(MMIO, 0, 4, 1);
	EXPECT_EQ(dev_get(MMIO, 0, 4), 0x0a090807);
	/* It is the user's monitor: a reset leaves it. */
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(dev_get(MMIO, 0, 4), 0x0a090807);
	EXPECT_EQ(vfio_set(&dev, MONITOR, EDID(link_state), 4, LINK_DOWN), 0);
	EXPECT_EQ(dev_get(MMIO, 0, 4), 0);
}

/* Another user has another monitor, or none. */
MTAP_TEST(edid_of_another_user)
{
	connect(&dev);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(dev_get(MMIO, 0, 4), 0);
}

/* What the last user has drawn is neither where it was drawn nor where it was shown. */
MTAP_TEST(picture_of_another_user)
{
	mode(160, 100, 16);
	dev_set(VRAM, 2 * (160 * 99 + 159), 2, 0xffff);
	EXPECT(mtap_await(pixel_is(159, 99, 0xffffff)));
	pair_reopen();
	EXPECT_EQ(dev_get(VRAM, 2 * (160 * 99 + 159), 2), 0);
	EXPECT_EQ(dev_get(SCREEN, 4 * (160 * 99 + 159), 4), 0);
	EXPECT_EQ(get(BOCHS_XRES), 160);
}

/* A dma-buf that the last user has kept shows what that has drawn, not what the next one draws. */
MTAP_TEST(buffer_of_the_last_user)
{
	const size_t size = 320 * 4 * 200;
	__u32 *p;
	int fd;

	pair_close();
	dev_open("bochs-dmabuf");
	kind = VFIO_GFX_PLANE_TYPE_DMABUF;
	mode(320, 200, 32);
	dev_set(VRAM, 0, 4, 0x111111);
	EXPECT(shows(&dev));
	fd = ioctl(dev.device, VFIO_DEVICE_GET_GFX_DMABUF, &plane.dmabuf_id);
	ASSERT(fd >= 0);
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT(p != MAP_FAILED);
	EXPECT_EQ(*p, 0x111111);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(dev_get(VRAM, 0, 4), 0);
	dev_set(VRAM, 0, 4, 0x222222);
	EXPECT_EQ(*p, 0x111111);
	*p = 0x333333;
	EXPECT_EQ(dev_get(VRAM, 0, 4), 0x222222);
	munmap(p, size);
	close(fd);
}

/* Nor one that nobody has looked at, so that no memory was needed for it */
MTAP_TEST(unused_buffer_of_the_last_user)
{
	__u32 *p;
	int fd;

	pair_close();
	dev_open("bochs-dmabuf");
	kind = VFIO_GFX_PLANE_TYPE_DMABUF;
	mode(320, 200, 32);
	EXPECT(shows(&dev));
	fd = ioctl(dev.device, VFIO_DEVICE_GET_GFX_DMABUF, &plane.dmabuf_id);
	ASSERT(fd >= 0);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	dev_set(VRAM, 0, 4, 0x222222);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT(p != MAP_FAILED);
	EXPECT_EQ(*p, 0);
	*p = 0x333333;
	EXPECT_EQ(dev_get(VRAM, 0, 4), 0x222222);
	munmap(p, 4096);
	close(fd);
}

MTAP_TEST(migrates)
{
	mode(640, 480, 32);
	dev_set(MMIO, BOCHS_EXT + 4, 4, BOCHS_BIG_ENDIAN);
	dev_set(VRAM, 640 * 4 * 479, 4, 0x11223344);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT(shows(&b));
	EXPECT_EQ(plane.width, 640);
	EXPECT_EQ(plane.region_index, SCREEN);
	EXPECT_EQ(vfio_get(&b, MMIO, BOCHS_EXT + 4, 4), BOCHS_BIG_ENDIAN);
	EXPECT_EQ(vfio_get(&b, VRAM, 640 * 4 * 479, 4), 0x11223344);
}

/* Another program in the middle of a copy goes on with it. */
MTAP_TEST(replaced_in_a_copy)
{
	ASSERT_EQ(prog_open(&dev_prog2, BOCHS, NULL), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	mode(1024, 500, 32);
	set(BOCHS_Y_OFFSET, 1);
	dev_set(VRAM, 1024 * 4 * 500, 4, 0xabcdef);
	EXPECT(shows(&dev));
	ASSERT_EQ(prog_update(&dev_prog, &dev_prog2), 0);
	EXPECT(mtap_await(pixel_is(0, 499, 0xabcdef)));
}
