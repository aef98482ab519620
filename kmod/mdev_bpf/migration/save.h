/* SPDX-License-Identifier: GPL-2.0-only */
/* The file from which user space reads a device's state. */
#ifndef __MDEV_BPF_MIGRATION_SAVE_H
#define __MDEV_BPF_MIGRATION_SAVE_H

#include <linux/types.h>

struct file;
struct mdev_bpf_device;
struct mdev_bpf_save_migf;
struct mdev_bpf_stream;

struct mdev_bpf_save_migf *mdev_bpf_save_new(struct mdev_bpf_device *bdev);
struct file *mdev_bpf_save_file(struct mdev_bpf_save_migf *migf);
int mdev_bpf_save_prepare(struct mdev_bpf_save_migf *migf);
bool mdev_bpf_save_is_prepared(struct mdev_bpf_save_migf *migf, bool opaque);
struct mdev_bpf_stream *mdev_bpf_save_opaque(struct mdev_bpf_save_migf *migf);
int mdev_bpf_save_fill(struct mdev_bpf_save_migf *migf, bool opaque);
void mdev_bpf_save_trim(struct mdev_bpf_save_migf *migf);
void mdev_bpf_save_end(struct mdev_bpf_save_migf *migf);

#endif /* __MDEV_BPF_MIGRATION_SAVE_H */
