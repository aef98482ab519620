/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that the administrator binds to a device. */
#ifndef __MDEV_BPF_PARAM_FILE_H
#define __MDEV_BPF_PARAM_FILE_H

#include <linux/types.h>

struct mdev_bpf_param_value;

/* The file system is frozen, so nothing was done */
#define MDEV_BPF_FILE_FROZEN	1

int mdev_bpf_file_bind(struct mdev_bpf_param_value *value);
const char *mdev_bpf_file_path(const struct mdev_bpf_param_value *value);
s64 mdev_bpf_file_bytes(const struct mdev_bpf_param_value *value);
int mdev_bpf_file_rw(struct mdev_bpf_param_value *value, u64 offset, void *data, u64 size,
		     bool write);
bool mdev_bpf_file_has_pages(const struct mdev_bpf_param_value *value);
int mdev_bpf_file_read_pages(struct mdev_bpf_param_value *value, u64 offset, u64 size,
			     int (*copy)(void *arg, void *data, size_t size), void *arg);
int mdev_bpf_file_flush(struct mdev_bpf_param_value *value);
int mdev_bpf_file_sync(struct mdev_bpf_param_value *value);
int mdev_bpf_file_discard(struct mdev_bpf_param_value *value, u64 offset, u64 size);
int mdev_bpf_file_zero(struct mdev_bpf_param_value *value, u64 offset, u64 size);

#endif /* __MDEV_BPF_PARAM_FILE_H */
