// SPDX-License-Identifier: GPL-2.0-only
/*
 * The display of Bochs and QEMU (-device bochs-display), which the driver bochs-drm of stock
 * kernels knows: video memory, "dispi" registers for the mode, and an EDID.
 * Documentation/devices/bochs.rst has its data sheet.
 */
#include "mdev_bpf.bpf.h"
#include <drm/drm_fourcc.h>
#include "bochs.h"

#define MIB		(1 << 20)
#define VRAM		0	/* regions */
#define MMIO		2
#define EDID		9
#define SCREEN		11	/* what is visible, for the user */

/* Pixels of a line, and MiB of a screen, that are copied at most; and pixels in one op */
#define MAX_WIDTH	4096	/* a power of two, so that a mask bounds an index */
#define MAX_SCREEN(mib)	((mib) < 16 ? (mib) : 16)
#define MAX_COPY	(64 << 10)
#define MAX_CONVERT	(16 << 10)

struct bochs_state {
	__u16 dispi[BOCHS_DISPI_COUNT];
	__u32 byte_order;
	__u32 next;		/* the line that is copied next; 0 if no copy is in progress */
	__u32 link;		/* the user has connected a monitor */
	__u32 edid_size;
	__u32 line[MAX_WIDTH];	/* on its way from VRAM to SCREEN */
	__u32 converted[MAX_WIDTH];
};

/* How pixels are in memory: as QEMU shows them, or in a way that it does not know */
enum format { XRGB8888, RGB565, BGRX8888 };

/* The visible part of VRAM */
struct view {
	__u64 offset;
	enum format format;
	__u32 pixel;	/* bytes of one */
	__u32 width;
	__u32 height;
	__u32 stride;
};

static bool view_format(const struct bochs_state *s, struct view *v)
{
	bool big_endian = s->byte_order == BOCHS_BIG_ENDIAN;

	if (s->dispi[BOCHS_BPP] == 16) {
		v->format = RGB565;
		v->pixel = 2;
	} else if (s->dispi[BOCHS_BPP] == 32) {
		v->format = big_endian ? BGRX8888 : XRGB8888;
		v->pixel = 4;
	} else {
		return false;
	}
	return true;
}

/* False if nothing is shown: the mode is off, or one that the device does not have. */
static bool view_get(const struct mdev_bpf_dev *dev, const struct bochs_state *s, struct view *v)
{
	__u32 line = s->dispi[BOCHS_VIRT_WIDTH];

	v->width = s->dispi[BOCHS_XRES];
	v->height = s->dispi[BOCHS_YRES];
	if (!(s->dispi[BOCHS_ENABLE] & BOCHS_ENABLED) || !view_format(s, v) ||
	    v->width < BOCHS_MIN_RES || v->height < BOCHS_MIN_RES)
		return false;
	if (line < v->width)
		line = v->width;
	v->stride = line * v->pixel;
	v->offset = (__u64)s->dispi[BOCHS_Y_OFFSET] * v->stride +
		    s->dispi[BOCHS_X_OFFSET] * v->pixel;
	return v->offset + (__u64)v->stride * v->height <= dev->arg * MIB;
}

/*
 * VFIO cannot say that a picture begins within a region, as it does when the driver pans, and QEMU
 * does not notice another stride. So only a picture at the start and without gaps is shown where it
 * is; another one is copied to SCREEN, in a format that QEMU knows.
 */
static bool is_direct(const struct view *v)
{
	return v->format == XRGB8888 && !v->offset && v->stride == v->width * v->pixel;
}

/* As a dma-buf, a picture can begin at any page, and have any stride. */
static bool is_buffer(const struct mdev_bpf_plane *plane, const struct view *v)
{
	return plane->kind == MDEV_BPF_GFX_DMABUF && v->format == XRGB8888 && !(v->offset % 4096);
}

static bool fits_screen(const struct mdev_bpf_dev *dev, const struct view *v)
{
	return v->width <= MAX_WIDTH &&
	       v->width * v->height * 4ULL <= MAX_SCREEN(dev->arg) * MIB;
}

static __u32 convert(enum format format, const __u32 *line, __u32 x)
{
	__u32 rgb;

	if (format == BGRX8888)
		return __builtin_bswap32(line[x]);
	rgb = ((const __u16 *)line)[x];
	return (rgb & 0xf800) << 8 | (rgb & 0xe000) << 3 |
	       (rgb & 0x07e0) << 5 | (rgb & 0x0600) >> 1 |
	       (rgb & 0x001f) << 3 | (rgb & 0x001c) >> 2;
}

static void convert_line(struct mdev_bpf_dev *dev, struct bochs_state *s, const struct view *v)
{
	int i;

	mdev_bpf_for(i, dev, 0, (v->width + 7) / 8) {
		__u32 x = i * 8;

		barrier_var(x);
		x &= MAX_WIDTH - 8;
		for (int n = 0; n < 8; n++)
			s->converted[x + n] = convert(v->format, s->line, x + n);
	}
}

static int copy_line(struct mdev_bpf_dev *dev, struct bochs_state *s, const struct view *v, int i)
{
	__u64 from = v->offset + (__u64)i * v->stride, to = (__u64)i * v->width * 4;
	__u32 width = v->width;
	int ret;

	barrier_var(width);
	if (width > MAX_WIDTH)
		return -EINVAL;
	if (v->pixel == 2)
		ret = mdev_bpf_memory_read(dev, VRAM, from, s->line, width * 2);
	else
		ret = mdev_bpf_memory_read(dev, VRAM, from, s->line, width * 4);
	if (ret)
		return ret;
	if (v->format == XRGB8888)
		return mdev_bpf_memory_write(dev, SCREEN, to, s->line, width * 4);
	convert_line(dev, s, v);
	return mdev_bpf_memory_write(dev, SCREEN, to, s->converted, width * 4);
}

/* Some lines in each call, so that no access waits for long */
int MDEV_BPF_OP(bochs_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct bochs_state *s = mdev_bpf_state(dev, struct bochs_state);
	struct view v = {};
	__u32 end;
	int i;

	if (!s)
		return -EIO;
	if (!view_get(dev, s, &v) || is_direct(&v) || !fits_screen(dev, &v)) {
		s->next = 0;
		return 0;
	}
	end = s->next + (v.format == XRGB8888 ? MAX_COPY : MAX_CONVERT) / v.width;
	if (end > v.height)
		end = v.height;
	mdev_bpf_for(i, dev, s->next, end)
		if (copy_line(dev, s, &v, i))
			break;
	s->next = end < v.height ? end : 0;
	if (s->next)
		mdev_bpf_work_queue(dev, 0);
	return 0;
}

int MDEV_BPF_OP(bochs_query, struct mdev_bpf_dev *dev, struct mdev_bpf_plane *plane)
{
	struct bochs_state *s = mdev_bpf_state(dev, struct bochs_state);
	struct view v = {};

	if (!s)
		return -EIO;
	if (plane->type != MDEV_BPF_PLANE_PRIMARY || !view_get(dev, s, &v))
		return 0;
	plane->region = VRAM;
	plane->stride = v.width * 4;
	if (is_buffer(plane, &v)) {
		plane->offset = v.offset;
		plane->stride = v.stride;
	} else if (!is_direct(&v)) {
		if (!fits_screen(dev, &v))
			return 0;
		mdev_bpf_work_queue(dev, 0);
		plane->region = SCREEN;
	}
	plane->drm_format = DRM_FORMAT_XRGB8888;
	plane->width = v.width;
	plane->height = v.height;
	return 0;
}

int MDEV_BPF_OP(bochs_edid, struct mdev_bpf_dev *dev, struct mdev_bpf_edid *edid)
{
	struct bochs_state *s = mdev_bpf_state(dev, struct bochs_state);

	if (!s)
		return -EIO;
	s->link = edid->link;
	s->edid_size = edid->size;
	return 0;
}

/* The monitor is the user's, and so is the picture. The core clears the memory that has it. */
void MDEV_BPF_OP(bochs_close, struct mdev_bpf_dev *dev)
{
	struct bochs_state *s = mdev_bpf_state(dev, struct bochs_state);
	int i;

	if (!s)
		return;
	s->link = 0;
	s->next = 0;
	mdev_bpf_for(i, dev, 0, MAX_WIDTH) {
		s->line[i & (MAX_WIDTH - 1)] = 0;
		s->converted[i & (MAX_WIDTH - 1)] = 0;
	}
}

static int read_edid(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct bochs_state *s = mdev_bpf_state(dev, struct bochs_state);
	__u32 offset = access->offset, size = access->size, val = 0;
	int ret;

	if (!s || !s->link || offset >= s->edid_size)
		return 0;
	if (size > s->edid_size - offset)
		size = s->edid_size - offset;
	barrier_var(size);
	if (size > sizeof(val))
		return -EINVAL;
	ret = mdev_bpf_memory_read(dev, EDID, MDEV_BPF_EDID_OFFSET + offset, &val, size);
	access->val = val;
	return ret;
}

/* What is not declared below: the EDID, and registers of VGA, which do nothing */
int MDEV_BPF_OP(bochs_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	if (access->offset < BOCHS_EDID_SIZE)
		return read_edid(dev, access);
	return 0;
}

/* Of a declared register, only the byte order. It changes to a value that is one. */
int MDEV_BPF_OP(bochs_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct bochs_state *s = mdev_bpf_state(dev, struct bochs_state);

	if (!s)
		return -EIO;
	if (access->reg != MDEV_BPF_NO_REGISTER && access->size == 4 &&
	    (access->val == BOCHS_BIG_ENDIAN || access->val == BOCHS_LITTLE_ENDIAN))
		s->byte_order = access->val;
	return 0;
}

int MDEV_BPF_OP(bochs_init, struct mdev_bpf_dev *dev)
{
	struct bochs_state *s = mdev_bpf_state(dev, struct bochs_state);

	if (!s)
		return -EIO;
	s->dispi[BOCHS_MEMORY_64K] = dev->arg * MIB >> 16;
	return 0;
}

int MDEV_BPF_OP(bochs_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct bochs_state *s = mdev_bpf_state(dev, struct bochs_state);
	struct view v = {};

	if (!s)
		return -EIO;
	if (!view_get(dev, s, &v))
		mdev_bpf_dump_printf(out, "nothing is shown\n");
	else
		mdev_bpf_dump_printf(out, "%u x %u, %u bytes per line, from 0x%llx\n", v.width,
				     v.height, v.stride, v.offset);
	return 0;
}

#define DISPI(name, index, ...)								\
	MDEV_BPF_REG(name, MMIO, BOCHS_DISPI + 2 * (index), struct bochs_state,		\
		     dispi[index], ##__VA_ARGS__)
#define DISPI_RW(name, index)	DISPI(name, index, .write = 0xffff)

/* A type's regions: its video memory, and room for what it shows. dev->arg are its MiB. */
#define TYPE(type_name, pretty, mib) \
	{ .name = type_name, .pretty_name = pretty, .arg = (mib), .units = (mib) }
#define MEMORY(type, mib)								\
	{ .index = VRAM, .types = 1 << (type), .size = (mib) * MIB,			\
	  .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_PREFETCH |			\
		   MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_MMAP |			\
		   MDEV_BPF_REGION_CLEAR },						\
	{ .index = SCREEN, .types = 1 << (type), .size = MAX_SCREEN(mib) * MIB,		\
	  .flags = MDEV_BPF_REGION_READ | MDEV_BPF_REGION_MEMORY |			\
		   MDEV_BPF_REGION_MMAP | MDEV_BPF_REGION_CLEAR }

MDEV_BPF_DEVICE(bochs,
		.description = "The display of Bochs and QEMU",
		.types = {
			TYPE("small", "Display, 4 MiB", 4),
			TYPE("medium", "Display, 16 MiB", 16),
			TYPE("large", "Display, 64 MiB", 64),
			TYPE("dmabuf", "Display, 64 MiB, also as dma-bufs", 64),
		},
		.max_instances = 256,
		.state_size = sizeof(struct bochs_state),
		.pci = {
			.vendor = 0x1234, .device = 0x1111, .class_code = 0x038000,
			.subsystem_vendor = 0x1af4, .subsystem_device = 0x1100, .revision = 2,
		},
		.regions = {
			MEMORY(0, 4),
			MEMORY(1, 16),
			MEMORY(2, 64),
			MEMORY(3, 64),
			{ .index = MMIO, .size = BOCHS_MMIO_SIZE, .flags = MDEV_BPF_REGION_RW },
			{ .index = EDID, .size = MDEV_BPF_EDID_OFFSET + BOCHS_EDID_SIZE,
			  .cap_type = 1, .cap_subtype = 1,	/* VFIO_REGION_*TYPE_GFX* */
			  .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY },
		},
		.registers = {
			MDEV_BPF_REG_CONST("ID", MMIO, BOCHS_DISPI, 2, BOCHS_ID5),
			DISPI_RW("XRES", BOCHS_XRES),
			DISPI_RW("YRES", BOCHS_YRES),
			DISPI_RW("BPP", BOCHS_BPP),
			DISPI_RW("ENABLE", BOCHS_ENABLE),
			DISPI_RW("BANK", BOCHS_BANK),
			DISPI_RW("VIRT_WIDTH", BOCHS_VIRT_WIDTH),
			DISPI_RW("VIRT_HEIGHT", BOCHS_VIRT_HEIGHT),
			DISPI_RW("X_OFFSET", BOCHS_X_OFFSET),
			DISPI_RW("Y_OFFSET", BOCHS_Y_OFFSET),
			DISPI("MEMORY_64K", BOCHS_MEMORY_64K),
			MDEV_BPF_REG_CONST("EXT_SIZE", MMIO, BOCHS_EXT, 4, 8),
			MDEV_BPF_REG("BYTE_ORDER", MMIO, BOCHS_EXT + 4, struct bochs_state,
				     byte_order, .reset = BOCHS_LITTLE_ENDIAN,
				     .flags = MDEV_BPF_REGISTER_WRITE_CALL),
		},
		/* QEMU does not show a display that has dma-bufs if it lacks OpenGL. */
		.gfx = {
			{ .flags = MDEV_BPF_GFX_REGION, .types = 1 << 0,
			  .max_xres = 800, .max_yres = 600 },
			{ .flags = MDEV_BPF_GFX_REGION, .types = 1 << 1,
			  .max_xres = 1920, .max_yres = 1440 },
			{ .flags = MDEV_BPF_GFX_REGION, .types = 1 << 2 },
			{ .flags = MDEV_BPF_GFX_REGION | MDEV_BPF_GFX_DMABUF, .types = 1 << 3 },
		},
		.init = bochs_init,
		.close = bochs_close,
		.region_read = bochs_read,
		.region_write = bochs_write,
		.work = bochs_work,
		.gfx_query = bochs_query,
		.gfx_edid = bochs_edid,
		.dump = bochs_dump);

char _license[] SEC("license") = "GPL";
