// SPDX-License-Identifier: GPL-2.0-only
/*
 * client UUID: open a mediated device as a virtual machine monitor does, and print what it is:
 * vendor:device, number of regions and of interrupts, whether a reset works.
 */
#include <stdio.h>
#include <string.h>

#include "vfio.h"

static int describe(const struct vfio *v)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	__u32 id;
	int ret;

	ret = vfio_ioctl(v, VFIO_DEVICE_GET_INFO, &info);
	if (ret)
		return ret;
	if (vfio_pread(v, VFIO_PCI_CONFIG_REGION_INDEX, 0, &id, sizeof(id)) != sizeof(id))
		return -1;
	printf("%04x:%04x regions %u irqs %u config %llu bar0 %llu\n", id & 0xffff, id >> 16,
	       info.num_regions, info.num_irqs,
	       (unsigned long long)v->region[VFIO_PCI_CONFIG_REGION_INDEX].size,
	       (unsigned long long)v->region[VFIO_PCI_BAR0_REGION_INDEX].size);
	return 0;
}

int main(int argc, char **argv)
{
	struct vfio v;
	struct mdev m;
	int ret;

	if (argc != 2 || strlen(argv[1]) != UUID_LEN) {
		fprintf(stderr, "Usage: client UUID\n");
		return 2;
	}
	snprintf(m.uuid, sizeof(m.uuid), "%s", argv[1]);
	ret = vfio_open(&v, &m);
	if (!ret)
		ret = describe(&v);
	vfio_close(&v);
	if (ret)
		fprintf(stderr, "client: %s: %s\n", m.uuid, strerror(-ret));
	return !!ret;
}
