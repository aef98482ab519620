// SPDX-License-Identifier: GPL-2.0-only
/* The devices that a type is tested with. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "describe.h"
#include "device.h"
#include "failure.h"
#include "output.h"
#include "test/test.h"

#define MEMORY_SIZE	(1 << 20)

/* So that DMA of the device finds memory: low addresses are the likeliest */
static int map_memory(struct unit *u)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .size = MEMORY_SIZE,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};

	u->memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	if (u->memory == MAP_FAILED)
		return p_err("no memory");
	map.vaddr = (unsigned long)u->memory;
	if (ioctl(u->vfio.container, VFIO_IOMMU_MAP_DMA, &map))
		return p_err("cannot give %s memory for DMA: %s", u->dev.uuid, strerror(errno));
	return 0;
}

int unit_open(struct subject *s, struct unit *u)
{
	if (!device_find(u->dev.uuid, &u->dev))
		return p_err("%s is not there any more", u->dev.uuid);
	if (vfio_open(&u->vfio, &u->dev))
		return -1;
	u->open = true;
	return map_memory(u);
}

void unit_close(struct unit *u)
{
	if (!u->open)
		return;
	vfio_close(&u->vfio);
	munmap(u->memory, MEMORY_SIZE);
	u->open = false;
}

int unit_create(struct subject *s, struct unit *u)
{
	make_uuid(u->dev.uuid);
	if (device_create(s->test->opts, &s->type, u->dev.uuid))
		return -1;
	u->exists = true;
	return unit_open(s, u);
}

void unit_remove(struct unit *u)
{
	unit_close(u);
	if (u->exists)
		device_remove(&u->dev);
	u->exists = false;
}

int unit_reset(const struct unit *u)
{
	if (!ioctl(u->vfio.device, VFIO_DEVICE_RESET))
		return unit_check(u, "after a reset");
	return p_err("VFIO_DEVICE_RESET fails: %s (see the ops reset and init)", strerror(errno));
}

int unit_check(const struct unit *u, const char *when)
{
	char text[512];

	if (!failure_text(&u->dev, text, sizeof(text)))
		return 0;
	return p_err("the device has failed %s, %s", when, text);
}

static void learn_declared(struct subject *s)
{
	const struct ops *ops = &s->test->object[0].ops;
	struct mdev_bpf_region rows[MDEV_BPF_MAX_REGION_ROWS];
	int type = describe_type_index(ops, s->type.id);

	ops_read(ops, "regions", rows, sizeof(rows));
	memset(s->decl, 0, sizeof(s->decl));
	for (int i = 0; i < MDEV_BPF_MAX_REGION_ROWS && rows[i].size; i++)
		if (rows[i].index < MDEV_BPF_MAX_REGIONS &&
		    (!rows[i].types || rows[i].types >> type & 1))
			s->decl[rows[i].index] = rows[i];
}

int subject_learn(struct subject *s)
{
	s->info = (struct vfio_device_info){ .argsz = sizeof(s->info) };
	if (ioctl(s->a.vfio.device, VFIO_DEVICE_GET_INFO, &s->info))
		return p_err("VFIO_DEVICE_GET_INFO fails: %s (see the op ioctl)", strerror(errno));
	if (s->info.num_regions > MDEV_BPF_MAX_REGIONS || s->info.num_irqs > MDEV_BPF_MAX_IRQS)
		return p_err("VFIO_DEVICE_GET_INFO says %u regions and %u kinds of interrupts, more than there can be (see the op ioctl)",
			     s->info.num_regions, s->info.num_irqs);
	for (__u32 i = 0; i < s->info.num_regions; i++) {
		int err = vfio_region(&s->a.vfio, i, &s->region[i]);

		if (err)
			return p_err("VFIO_DEVICE_GET_REGION_INFO fails for region %u of %u: %s (see the op ioctl)",
				     i, s->info.num_regions, strerror(-err));
	}
	learn_declared(s);
	return 0;
}

bool subject_has_irq(const struct subject *s, __u32 index, struct vfio_irq_info *info)
{
	*info = (struct vfio_irq_info){ .argsz = sizeof(*info), .index = index };
	return !ioctl(s->a.vfio.device, VFIO_DEVICE_GET_IRQ_INFO, info) && info->count;
}

const char *subject_region(const struct subject *s, unsigned int region)
{
	static char name[16];

	if (s->info.flags & VFIO_DEVICE_FLAGS_PCI && region_name(region))
		return region_name(region);
	snprintf(name, sizeof(name), "region %u", region);
	return name;
}

int unit_read(const struct subject *s, const struct unit *u, unsigned int region, __u64 offset,
	      void *buf, size_t size)
{
	ssize_t ret = pread(u->vfio.device, buf, size, s->region[region].offset + offset);

	return ret < 0 ? -errno : ret;
}

int unit_write(const struct subject *s, const struct unit *u, unsigned int region, __u64 offset,
	       const void *buf, size_t size)
{
	ssize_t ret = pwrite(u->vfio.device, buf, size, s->region[region].offset + offset);

	return ret < 0 ? -errno : ret;
}
