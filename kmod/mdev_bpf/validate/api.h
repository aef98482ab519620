/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of devices that VFIO supports. */
#ifndef __MDEV_BPF_VALIDATE_API_H
#define __MDEV_BPF_VALIDATE_API_H

#include <linux/types.h>

struct mdev_bpf_ops;

/* No VFIO irq index */
#define MDEV_BPF_NO_IRQ		-1

/**
 * struct mdev_bpf_api - a kind of device that VFIO supports
 * @name: its name in device_api
 * @flag: VFIO_DEVICE_FLAGS_*
 * @pci: it is PCI, so it has configuration space, capabilities and PCI interrupts
 * @err: VFIO irq index for errors of the device, or MDEV_BPF_NO_IRQ
 * @req: VFIO irq index for the request to close the device, or MDEV_BPF_NO_IRQ
 */
struct mdev_bpf_api {
	const char *name;
	u32 flag;
	bool pci;
	int err;
	int req;
};

const struct mdev_bpf_api *mdev_bpf_api_find(const struct mdev_bpf_ops *ops);

/* @ops: a program whose device_api has been checked */
static inline bool mdev_bpf_api_is_pci(const struct mdev_bpf_ops *ops)
{
	return mdev_bpf_api_find(ops)->pci;
}

#endif /* __MDEV_BPF_VALIDATE_API_H */
