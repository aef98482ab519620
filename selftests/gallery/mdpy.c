// SPDX-License-Identifier: GPL-2.0-only
/*
 * The framebuffer of bpf/mdpy.bpf.c: what a client finds of it, and, where the kernel's sample
 * mdpy.ko was built, that the same client finds the same of that.
 */
#include <drm/drm_fourcc.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "dev.h"
#include "mig.h"

#define MDPY	"mdpy.bpf.o"
#define NAME	"kmdpy"		/* since the sample takes "mdpy" */
#define SAMPLE	"mdev/samples/mdpy.ko"
#define CONFIG	VFIO_PCI_CONFIG_REGION_INDEX
#define CAP	0x40

static const struct mode {
	const char *type;
	__u32 width, height, size;
} modes[] = {
	{ "vga", 640, 480, 2 << 20 },
	{ "xga", 1024, 768, 4 << 20 },
	{ "hd", 1920, 1080, 8 << 20 },
};

/* What a client finds of a device */
struct found {
	__u32 id, class, subsystem, cap_pointer, cap[4];
	__u64 size;
	__u32 flags, format, width, height, stride;
	int probe_region, probe_dmabuf, query_dmabuf;
	__u32 sum, sum_drawn, sum_reset;
};

static struct vfio theirs = { .container = -1, .group = -1, .device = -1 };
static bool sample;

static void load(void)
{
	dev_need_module();
	ASSERT_EQ(prog_open(&dev_prog, MDPY, NULL), 0);
	strcpy(prog_ops(&dev_prog)->name, NAME);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

static void close_all(void)
{
	vfio_close(&theirs);
	dev_close();
	if (sample)
		EXPECT_EQ(system("rmmod mdpy"), 0);
	sample = false;
}

const struct mtap_suite mtap_suite = {
	.setup = load, .after = close_all, .teardown = dev_unload,
};

static const char *type_of(const char *parent, const struct mode *m)
{
	static char type[32];

	snprintf(type, sizeof(type), "%s-%s", parent, m->type);
	return type;
}

static int query(const struct vfio *v, __u32 flags, struct vfio_device_gfx_plane_info *info)
{
	*info = (struct vfio_device_gfx_plane_info) { .argsz = sizeof(*info), .flags = flags };
	return vfio_ioctl(v, VFIO_DEVICE_QUERY_GFX_PLANE, info);
}

static int query_errno(const struct vfio *v, __u32 flags)
{
	struct vfio_device_gfx_plane_info info;

	return query(v, flags, &info);
}

/* The region that the plane is in, as QEMU maps it */
static __u8 *map_plane(const struct vfio *v, size_t *size)
{
	struct vfio_device_gfx_plane_info plane;
	struct vfio_region_info info = { .argsz = sizeof(info) };
	__u8 *p;

	ASSERT_EQ(query(v, VFIO_GFX_PLANE_TYPE_REGION, &plane), 0);
	info.index = plane.region_index;
	ASSERT_EQ(vfio_ioctl(v, VFIO_DEVICE_GET_REGION_INFO, &info), 0);
	*size = info.size;
	p = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, v->device, info.offset);
	ASSERT(p != MAP_FAILED);
	return p;
}

/* All bytes in their order */
static __u32 sum_of(const __u8 *p, size_t size)
{
	__u32 sum = 1;

	for (; size; size--)
		sum = sum * 31 + *p++;
	return sum;
}

static void draw(__u8 *p, const struct mode *m)
{
	__u32 *pixel = (__u32 *)p;
	__u32 i;

	for (i = 0; i < m->width; i++)
		pixel[m->width * 10 + i] = i << 8;
	pixel[m->width * m->height - 1] = 0x00ff00ff;
}

static struct found look(const struct vfio *v, const struct mode *m)
{
	struct found f;
	struct vfio_device_gfx_plane_info plane;
	size_t size;
	__u8 *p;
	int i;

	memset(&f, 0, sizeof(f));
	f.id = vfio_get(v, CONFIG, PCI_VENDOR_ID, 4);
	f.class = vfio_get(v, CONFIG, PCI_CLASS_REVISION, 4);
	f.subsystem = vfio_get(v, CONFIG, PCI_SUBSYSTEM_VENDOR_ID, 4);
	f.cap_pointer = vfio_get(v, CONFIG, PCI_CAPABILITY_LIST, 1);
	for (i = 0; i < 4; i++)
		f.cap[i] = vfio_get(v, CONFIG, CAP + 4 * i, 4);
	f.size = v->region[0].size;
	f.flags = v->region[0].flags & ~VFIO_REGION_INFO_FLAG_CAPS;
	f.probe_region = query_errno(v, VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_REGION);
	f.probe_dmabuf = query_errno(v, VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_DMABUF);
	f.query_dmabuf = query_errno(v, VFIO_GFX_PLANE_TYPE_DMABUF);
	EXPECT_EQ(query(v, VFIO_GFX_PLANE_TYPE_REGION, &plane), 0);
	f.format = plane.drm_format;
	f.width = plane.width;
	f.height = plane.height;
	f.stride = plane.stride;
	p = map_plane(v, &size);
	f.sum = sum_of(p, size);
	draw(p, m);
	f.sum_drawn = sum_of(p, size);
	EXPECT_EQ(vfio_reset(v), 0);
	f.sum_reset = sum_of(p, size);
	munmap(p, size);
	return f;
}

#define SAME(member)	EXPECT_EQ(ours->member, sample->member)

static void expect_same(const struct found *ours, const struct found *sample)
{
	int i;

	SAME(id);
	SAME(class);
	SAME(subsystem);
	SAME(cap_pointer);
	for (i = 0; i < 4; i++)
		SAME(cap[i]);
	SAME(size);
	SAME(flags);
	SAME(probe_region);
	SAME(probe_dmabuf);
	SAME(query_dmabuf);
	SAME(format);
	SAME(width);
	SAME(height);
	SAME(stride);
	SAME(sum);
	SAME(sum_drawn);
	SAME(sum_reset);
}

/* Does a byte say how far down it is? */
static void expect_gradient(const __u8 *p, const struct mode *m)
{
	__u32 stride = 4 * m->width, y, x;

	for (y = 0; y < m->height; y++)
		for (x = 0; x < stride; x++)
			if (p[y * stride + x] != y * 255 / m->height) {
				mtap_fail(__FILE__, __LINE__, "%s: %u, %u", m->type, x, y);
				return;
			}
	for (y *= stride; y < m->size; y++)
		if (p[y]) {
			mtap_fail(__FILE__, __LINE__, "%s: byte %u", m->type, y);
			return;
		}
}

static void finds_mode(const struct mode *m)
{
	struct found f;
	size_t size;
	__u8 *p;

	dev_open(type_of(NAME, m));
	p = map_plane(&dev, &size);
	EXPECT_EQ(size, m->size);
	expect_gradient(p, m);
	f = look(&dev, m);
	expect_gradient(p, m);
	munmap(p, size);
	EXPECT_EQ(f.id, 0x000f1b36);
	EXPECT_EQ(f.cap_pointer, CAP);
	EXPECT_EQ(f.cap[0], 0x00100009);
	EXPECT_EQ(f.cap[1], DRM_FORMAT_XRGB8888);
	EXPECT_EQ(f.cap[2], m->width);
	EXPECT_EQ(f.cap[3], m->height);
	EXPECT_EQ(f.width, m->width);
	EXPECT_EQ(f.height, m->height);
	EXPECT_EQ(f.stride, m->width * 4);
	dev_close();
}

MTAP_TEST(layout)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		finds_mode(&modes[i]);
}

/* In one go and by pieces; the sample accesses its first byte instead, wherever that is. */
MTAP_TEST(read_and_write)
{
	__u8 line[2560];
	size_t i;

	dev_open(type_of(NAME, &modes[0]));
	ASSERT_EQ(vfio_pread(&dev, 0, 2560 * 100, line, sizeof(line)), sizeof(line));
	for (i = 0; i < sizeof(line); i++)
		EXPECT_EQ(line[i], 100 * 255 / 480);
	ASSERT_EQ(vfio_set(&dev, 0, 2560 * 7 + 1, 1, 0xa5), 0);
	EXPECT_EQ(vfio_get(&dev, 0, 2560 * 7, 4), 0x0303a503);
}

/* All types share one pool. */
MTAP_TEST(four_devices)
{
	unsigned int i;
	struct mdev m;

	for (i = 0; i < 5; i++) {
		m = mdev_uuid(i);
		EXPECT_EQ(mdev_create(&m, type_of(NAME, &modes[i % 3])), i < 4 ? 0 : -ENOSPC);
	}
	mdev_remove_all();
}

MTAP_TEST(migrates)
{
	static char stream[4 << 20];
	struct mdev m = mdev_uuid(0xd1);
	size_t size;
	ssize_t len;
	__u32 sum;
	__u8 *p;

	dev_open(type_of(NAME, &modes[0]));
	p = map_plane(&dev, &size);
	draw(p, &modes[0]);
	sum = sum_of(p, size);
	munmap(p, size);
	len = mig_save(&dev, stream, sizeof(stream));
	ASSERT(len > 0);
	ASSERT_EQ(mdev_create(&m, type_of(NAME, &modes[0])), 0);
	ASSERT_EQ(vfio_open(&theirs, &m), 0);
	ASSERT_EQ(mig_load(&theirs, stream, len), 0);
	p = map_plane(&theirs, &size);
	EXPECT_EQ(sum_of(p, size), sum);
	munmap(p, size);
	EXPECT_EQ(vfio_get(&theirs, CONFIG, CAP + 8, 4), 640);
}

static void compare(const struct mode *m)
{
	struct mdev mdev = mdev_uuid(0xc1);
	struct found f, g;

	dev_open(type_of(NAME, m));
	ASSERT_EQ(mdev_create(&mdev, type_of("mdpy", m)), 0);
	ASSERT_EQ(vfio_open(&theirs, &mdev), 0);
	f = look(&dev, m);
	g = look(&theirs, m);
	expect_same(&f, &g);
	vfio_close(&theirs);
	dev_close();
}

MTAP_TEST(same_as_the_sample)
{
	size_t i;

	if (!exists(SAMPLE))
		mtap_skip("no %s: the source was not there when this was built", SAMPLE);
	sample = !system("insmod " SAMPLE);
	ASSERT(sample);
	for (i = 0; i < ARRAY_SIZE(modes); i++)
		compare(&modes[i]);
}

/* Another user finds the device as it was at first, and not what the last one has drawn. */
MTAP_TEST(another_user)
{
	dev_open(type_of(NAME, &modes[0]));
	ASSERT_EQ(vfio_set(&dev, 0, 2560 * 100, 4, 0x12345678), 0);
	vfio_close(&dev);
	ASSERT_EQ(vfio_open(&dev, &dev_mdev), 0);
	EXPECT_EQ(vfio_get(&dev, 0, 2560 * 100, 4), 0x35353535);
}
