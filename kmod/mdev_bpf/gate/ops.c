// SPDX-License-Identifier: GPL-2.0-only
/* What reports call the ops, and what BPF calls the program that has them. */
#include <linux/bpf.h>
#include <linux/build_bug.h>

#include "gate/ops.h"

static const char *const op_names[] = {
	[MDEV_BPF_OP_INIT] = "init",
	[MDEV_BPF_OP_EXIT] = "exit",
	[MDEV_BPF_OP_OPEN] = "open",
	[MDEV_BPF_OP_CLOSE] = "close",
	[MDEV_BPF_OP_RESET] = "reset",
	[MDEV_BPF_OP_REGION_READ] = "region_read",
	[MDEV_BPF_OP_REGION_WRITE] = "region_write",
	[MDEV_BPF_OP_IOCTL] = "ioctl",
	[MDEV_BPF_OP_TIMER] = "timer",
	[MDEV_BPF_OP_WORK] = "work",
	[MDEV_BPF_OP_CONFIG_WRITE] = "config_write",
	[MDEV_BPF_OP_IRQ_UNMASK] = "irq_unmask",
	[MDEV_BPF_OP_DMA_DONE] = "dma_done",
	[MDEV_BPF_OP_DMA_UNMAP] = "dma_unmap",
	[MDEV_BPF_OP_GFX_QUERY] = "gfx_query",
	[MDEV_BPF_OP_GFX_EDID] = "gfx_edid",
	[MDEV_BPF_OP_SAVE] = "save",
	[MDEV_BPF_OP_RESTORE] = "restore",
	[MDEV_BPF_OP_UPGRADE] = "upgrade",
	[MDEV_BPF_OP_DUMP] = "dump",
};

static_assert(ARRAY_SIZE(op_names) == MDEV_BPF_NR_OPS);

/**
 * mdev_bpf_ops_name() - the name of an op
 * @op: the op
 */
const char *mdev_bpf_ops_name(enum mdev_bpf_op op)
{
	return op_names[op];
}

/**
 * mdev_bpf_ops_ids() - what BPF calls the program that is running
 * @link: the link that attached it; NULL: 0 for both
 * @link_id: id of the link
 * @map_id: id of its struct_ops map; 0 for a moment at its attachment
 *
 * With both, "bpftool map dump" has the ids of the ops' programs.
 *
 * Context: The gate of a device held that has the link, so that it stays.
 */
void mdev_bpf_ops_ids(const struct bpf_link *link, u32 *link_id, u32 *map_id)
{
	struct bpf_link_info info = {};

	*link_id = 0;
	*map_id = 0;
	if (!link)
		return;
	*link_id = link->id;
	if (!link->ops->fill_link_info(link, &info))
		*map_id = info.struct_ops.map_id;
}
