/* SPDX-License-Identifier: GPL-2.0-only */
/* What the "dump" file of a device says. */
#ifndef __MDEV_BPF_DEVICE_DUMP_H
#define __MDEV_BPF_DEVICE_DUMP_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;

/**
 * struct mdev_bpf_dump_ctx - a dump that is being written
 * @dump: what the program sees of it
 * @buf: the page it goes to
 * @used: bytes of it that are written
 * @cut: there was too little room
 */
struct mdev_bpf_dump_ctx {
	struct mdev_bpf_dump dump;
	char *buf;
	size_t used;
	bool cut;
};

int mdev_bpf_dump_emit(struct mdev_bpf_device *bdev, char *buf);

#endif /* __MDEV_BPF_DEVICE_DUMP_H */
