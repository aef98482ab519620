/* SPDX-License-Identifier: GPL-2.0-only */
/* The "dump" file of a device. */
#ifndef __MDEV_BPF_DEVICE_DUMP_H
#define __MDEV_BPF_DEVICE_DUMP_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;

/**
 * struct mdev_bpf_dump_ctx - a dump that is being written
 * @dump: the argument of the op
 * @buf: a page for the text
 * @used: number of bytes in the page
 * @cut: some text did not fit
 */
struct mdev_bpf_dump_ctx {
	struct mdev_bpf_dump dump;
	char *buf;
	size_t used;
	bool cut;
};

int mdev_bpf_dump_emit(struct mdev_bpf_device *bdev, char *buf);

#endif /* __MDEV_BPF_DEVICE_DUMP_H */
