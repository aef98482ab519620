// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kinds of devices that VFIO supports, by their names in device_api.
 */
#include <linux/mdev_bpf.h>
#include <linux/string.h>
#include <linux/vfio.h>

#include "validate/api.h"

static const struct mdev_bpf_api apis[] = {
	{
		.name = VFIO_DEVICE_API_PCI_STRING,
		.flag = VFIO_DEVICE_FLAGS_PCI,
		.pci = true,
		.err = VFIO_PCI_ERR_IRQ_INDEX,
		.req = VFIO_PCI_REQ_IRQ_INDEX,
	},
	{
		.name = VFIO_DEVICE_API_PLATFORM_STRING,
		.flag = VFIO_DEVICE_FLAGS_PLATFORM,
		.err = MDEV_BPF_NO_IRQ,
		.req = MDEV_BPF_NO_IRQ,
	},
	{
		.name = VFIO_DEVICE_API_AMBA_STRING,
		.flag = VFIO_DEVICE_FLAGS_AMBA,
		.err = MDEV_BPF_NO_IRQ,
		.req = MDEV_BPF_NO_IRQ,
	},
	{
		.name = VFIO_DEVICE_API_CCW_STRING,
		.flag = VFIO_DEVICE_FLAGS_CCW,
		.err = MDEV_BPF_NO_IRQ,
		.req = VFIO_CCW_REQ_IRQ_INDEX,
	},
	{
		.name = VFIO_DEVICE_API_AP_STRING,
		.flag = VFIO_DEVICE_FLAGS_AP,
		.err = MDEV_BPF_NO_IRQ,
		.req = VFIO_AP_REQ_IRQ_INDEX,
	},
};

/**
 * mdev_bpf_api_find() - find the kind of device that a program declares
 * @ops: the program
 *
 * Return: the kind, which is PCI if device_api is empty; NULL for an unknown name.
 */
const struct mdev_bpf_api *mdev_bpf_api_find(const struct mdev_bpf_ops *ops)
{
	unsigned int i;

	if (!ops->device_api[0])
		return &apis[0];
	for (i = 0; i < ARRAY_SIZE(apis); i++)
		if (!strncmp(ops->device_api, apis[i].name, sizeof(ops->device_api)))
			return &apis[i];
	return NULL;
}
