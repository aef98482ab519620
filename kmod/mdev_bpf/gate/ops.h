/* SPDX-License-Identifier: GPL-2.0-only */
/* The ops by number, and their names. */
#ifndef __MDEV_BPF_GATE_OPS_H
#define __MDEV_BPF_GATE_OPS_H

#include <linux/types.h>

struct bpf_link;

/* The ops, in the order of struct mdev_bpf_ops. */
enum mdev_bpf_op {
	MDEV_BPF_OP_INIT,
	MDEV_BPF_OP_EXIT,
	MDEV_BPF_OP_OPEN,
	MDEV_BPF_OP_CLOSE,
	MDEV_BPF_OP_RESET,
	MDEV_BPF_OP_REGION_READ,
	MDEV_BPF_OP_REGION_WRITE,
	MDEV_BPF_OP_IOCTL,
	MDEV_BPF_OP_TIMER,
	MDEV_BPF_OP_WORK,
	MDEV_BPF_OP_CONFIG_READ,
	MDEV_BPF_OP_CONFIG_WRITE,
	MDEV_BPF_OP_IRQ_UNMASK,
	MDEV_BPF_OP_DMA_DONE,
	MDEV_BPF_OP_DMA_UNMAP,
	MDEV_BPF_OP_GFX_QUERY,
	MDEV_BPF_OP_GFX_EDID,
	MDEV_BPF_OP_SAVE,
	MDEV_BPF_OP_RESTORE,
	MDEV_BPF_OP_UPGRADE,
	MDEV_BPF_OP_STARTED,
	MDEV_BPF_OP_DUMP,
	MDEV_BPF_OP_QUEUE,
	MDEV_BPF_OP_RESERVED,
	MDEV_BPF_OP_QUEUE_DONE,
	MDEV_BPF_NR_OPS,
};

const char *mdev_bpf_ops_name(enum mdev_bpf_op op);
void mdev_bpf_ops_ids(const struct bpf_link *link, u32 *link_id, u32 *map_id);

#endif /* __MDEV_BPF_GATE_OPS_H */
