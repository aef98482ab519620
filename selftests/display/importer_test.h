/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/mdev_bpf_importer: a driver that maps dma-bufs for its device, for tests. An open file has
 * one dma-buf, and keeps it mapped until it is closed.
 */
#ifndef IMPORTER_TEST_H
#define IMPORTER_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* What the device may do: values of enum dma_data_direction */
#define IMPORTER_BOTH		0
#define IMPORTER_READ		1	/* DMA_TO_DEVICE */
#define IMPORTER_WRITE		2	/* DMA_FROM_DEVICE */

struct importer_map {
	__s32 fd;		/* the dma-buf */
	__u32 direction;	/* IMPORTER_* */
	__u64 size;		/* out: how many bytes the device can reach */
};

#define IMPORTER_MAP	_IOWR('i', 0, struct importer_map)

#endif /* IMPORTER_TEST_H */
