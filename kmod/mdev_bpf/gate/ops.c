// SPDX-License-Identifier: GPL-2.0-only
/* The names of ops in reports, and the BPF ids of the program that implements them. */
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
	[MDEV_BPF_OP_CONFIG_READ] = "config_read",
	[MDEV_BPF_OP_CONFIG_WRITE] = "config_write",
	[MDEV_BPF_OP_IRQ_UNMASK] = "irq_unmask",
	[MDEV_BPF_OP_DMA_DONE] = "dma_done",
	[MDEV_BPF_OP_DMA_UNMAP] = "dma_unmap",
	[MDEV_BPF_OP_GFX_QUERY] = "gfx_query",
	[MDEV_BPF_OP_GFX_EDID] = "gfx_edid",
	[MDEV_BPF_OP_SAVE] = "save",
	[MDEV_BPF_OP_RESTORE] = "restore",
	[MDEV_BPF_OP_UPGRADE] = "upgrade",
	[MDEV_BPF_OP_STARTED] = "started",
	[MDEV_BPF_OP_DUMP] = "dump",
	[MDEV_BPF_OP_QUEUE] = "queue",
	[MDEV_BPF_OP_RESERVED] = "reserved_op",
	[MDEV_BPF_OP_QUEUE_DONE] = "queue_done",
};

static_assert(ARRAY_SIZE(op_names) == MDEV_BPF_NR_OPS);

/**
 * mdev_bpf_ops_name() - get the name of an op
 * @op: the op
 *
 * Return: the name.
 */
const char *mdev_bpf_ops_name(enum mdev_bpf_op op)
{
	return op_names[op];
}

/**
 * mdev_bpf_ops_ids() - get the BPF ids of an attached program
 * @link: the link that attaches it; if NULL, both ids are 0
 * @link_id: set to the id of the link
 * @map_id: set to the id of its struct_ops map; 0 for a moment while it is being attached
 *
 * "bpftool map dump" of the map shows the ids of the ops' programs.
 *
 * Context: The gate held of a device that has the link, or an op of a queue runs, so that the link
 * stays.
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
