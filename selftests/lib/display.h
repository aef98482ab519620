/* SPDX-License-Identifier: GPL-2.0-only */
/* The test device with a display (progs/kgfx.bpf.c), and what VFIO says of its planes. */
#ifndef DISPLAY_H
#define DISPLAY_H

#include "dev.h"
#include "progs/kgfx.h"

#define KGFX	"progs/kgfx.bpf.o"

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

/* A dma-buf that display_close() closes, or -1 */
extern int buf_fd;

/* For a suite's setup, before and after: dev shows these pixels in its primary plane. */
void display_load(void);
void display_open(void);
void display_close(void);

/* A register of the device, and the picture above for a plane, KGFX_PRIMARY or KGFX_CURSOR */
void display_set(unsigned int reg, __u64 val);
void display_show(unsigned int plane);

/* VFIO_DEVICE_QUERY_GFX_PLANE: 0 or negative errno */
int query(__u32 flags, __u32 type, struct vfio_device_gfx_plane_info *info);
int query_errno(__u32 flags, __u32 type);
/* The dma-buf id of what a plane of @type shows now; a file descriptor for an id, or -errno */
__u32 dmabuf_id(__u32 type);
int get_dmabuf(__u32 id);

#endif /* DISPLAY_H */
