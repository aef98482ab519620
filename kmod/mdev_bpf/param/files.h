/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of parameters in sysfs. */
#ifndef __MDEV_BPF_PARAM_FILES_H
#define __MDEV_BPF_PARAM_FILES_H

#include <linux/device.h>
#include <linux/mdev_bpf.h>
#include <linux/sysfs.h>

/**
 * struct mdev_bpf_param_files - the parameters of a program, and their files
 * @decl: the parameters, as declared by the first ops; later ops declare the same
 * @nr: number of parameters
 * @files: a file for each
 * @attrs: pointers to them, with a final NULL
 * @group: the folder with the files
 */
struct mdev_bpf_param_files {
	struct mdev_bpf_param decl[MDEV_BPF_MAX_PARAMS];
	unsigned int nr;
	struct device_attribute files[MDEV_BPF_MAX_PARAMS];
	struct attribute *attrs[MDEV_BPF_MAX_PARAMS + 1];
	struct attribute_group group;
};

void mdev_bpf_param_files_init(struct mdev_bpf_param_files *files,
			       const struct mdev_bpf_ops *ops);

#endif /* __MDEV_BPF_PARAM_FILES_H */
