/* SPDX-License-Identifier: GPL-2.0-only */
/* The file to which user space writes a device's state. */
#ifndef __MDEV_BPF_MIGRATION_RESUME_H
#define __MDEV_BPF_MIGRATION_RESUME_H

struct file;
struct mdev_bpf_device;
struct mdev_bpf_resume_migf;
struct mdev_bpf_stream;

struct mdev_bpf_resume_migf *mdev_bpf_resume_new(struct mdev_bpf_device *bdev);
struct file *mdev_bpf_resume_file(struct mdev_bpf_resume_migf *migf);
int mdev_bpf_resume_prepare(struct mdev_bpf_resume_migf *migf);
void mdev_bpf_resume_swap(struct mdev_bpf_resume_migf *migf);
struct mdev_bpf_stream *mdev_bpf_resume_load(struct mdev_bpf_resume_migf *migf);
int mdev_bpf_resume_done(struct mdev_bpf_resume_migf *migf, int result);
void mdev_bpf_resume_refuse(struct mdev_bpf_resume_migf *migf, int err);
void mdev_bpf_resume_end(struct mdev_bpf_resume_migf *migf);

#endif /* __MDEV_BPF_MIGRATION_RESUME_H */
