/* SPDX-License-Identifier: GPL-2.0-only */
/* Passes: VFIO's rounds through the devices of a container when guest memory is unmapped. */
#ifndef __MDEV_BPF_DMA_PASS_H
#define __MDEV_BPF_DMA_PASS_H

#include <linux/list.h>
#include <linux/types.h>

struct mdev_bpf_device;
struct mm_struct;

/* type1 calls BUG() when it finds pinned memory after this many rounds: vfio_dma_do_unmap() */
#define MDEV_BPF_PASS_ROUNDS	11U

/**
 * struct mdev_bpf_pass_device - what passes know of a device, protected by a lock of dma/pass.c
 * @node: while @open, entry in the list of all devices
 * @open: memory of a VFIO container may be pinned
 * @mm: the process that has opened the device
 * @container: number of the VFIO container; 0 if it is not known
 * @opened: the place of the last opening of the device among openings and calls
 * @called: that of the last call
 */
struct mdev_bpf_pass_device {
	struct list_head node;
	bool open;
	const struct mm_struct *mm;
	u64 container;
	u64 opened;
	u64 called;
};

unsigned int mdev_bpf_pass_round(struct mdev_bpf_device *bdev, u64 first, u64 last);
unsigned int mdev_bpf_pass_keep_rounds(void);
bool mdev_bpf_pass_blocks(struct mdev_bpf_device *bdev);
void mdev_bpf_pass_open(struct mdev_bpf_device *bdev);
void mdev_bpf_pass_close(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_DMA_PASS_H */
