/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel clients of a device. */
#ifndef __MDEV_BPF_VFIO_CLIENT_H
#define __MDEV_BPF_VFIO_CLIENT_H

struct mdev_bpf_client;

void mdev_bpf_client_irq(struct mdev_bpf_client *client, unsigned int vector);
void mdev_bpf_client_request(struct mdev_bpf_client *client);

#endif /* __MDEV_BPF_VFIO_CLIENT_H */
