/* SPDX-License-Identifier: GPL-2.0-only */
/* The kinds of devices that VFIO knows. */
#ifndef __MDEV_BPF_VALIDATE_API_H
#define __MDEV_BPF_VALIDATE_API_H

#include <linux/types.h>

struct mdev_bpf_ops;

/* No VFIO irq index */
#define MDEV_BPF_NO_IRQ		-1

/**
 * struct mdev_bpf_api - a kind of device that VFIO knows
 * @name: what its types' device_api says
 * @flag: VFIO_DEVICE_FLAGS_*
 * @pci: it has configuration space, and what that brings with it
 * @err: VFIO irq index for errors of the device, or MDEV_BPF_NO_IRQ
 * @req: the same for the request to release it
 */
struct mdev_bpf_api {
	const char *name;
	u32 flag;
	bool pci;
	int err;
	int req;
};

const struct mdev_bpf_api *mdev_bpf_api_find(const struct mdev_bpf_ops *ops);

/* @ops declares a kind that there is */
static inline bool mdev_bpf_api_is_pci(const struct mdev_bpf_ops *ops)
{
	return mdev_bpf_api_find(ops)->pci;
}

#endif /* __MDEV_BPF_VALIDATE_API_H */
