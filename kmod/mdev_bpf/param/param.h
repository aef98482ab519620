/* SPDX-License-Identifier: GPL-2.0-only */
/* Parameters of a device, which the administrator sets before it is opened. */
#ifndef __MDEV_BPF_PARAM_PARAM_H
#define __MDEV_BPF_PARAM_PARAM_H

#include <linux/mdev_bpf.h>

struct file;
struct mem_cgroup;
struct mdev_bpf_cable_end;
struct mdev_bpf_device;

/**
 * struct mdev_bpf_param_value - the value of a parameter
 * @number: that of a NUMBER, BOOL or CONSOLE; MDEV_BPF_FILE_* of a FILE; 1 for a CABLE that has a
 *	name
 * @file: the file of a FILE; NULL if none is bound
 * @lost: error of mdev_bpf_file_sync() that mdev_bpf_file_flush() has not returned yet, or 0
 * @cable: the end of a CABLE; NULL if it has no name
 * @text: that of a TEXT or CABLE, or what was written to a FILE, with the final NUL
 */
struct mdev_bpf_param_value {
	u64 number;
	struct file *file;
	int lost;
	struct mdev_bpf_cable_end *cable;
	char text[MDEV_BPF_MAX_PARAM_TEXT];
};

/**
 * struct mdev_bpf_params - the parameters of a device
 * @decl: what the program declares; the program owns it, and it never changes
 * @values: the values, protected by the gate; NULL if there are none
 * @nr: number of parameters, including those that devices of this type do not have
 */
struct mdev_bpf_params {
	const struct mdev_bpf_param *decl;
	struct mdev_bpf_param_value *values;
	unsigned int nr;
};

int mdev_bpf_param_init(struct mdev_bpf_device *bdev);
void mdev_bpf_param_release(struct mdev_bpf_device *bdev);
void mdev_bpf_param_destroy(struct mdev_bpf_device *bdev);
bool mdev_bpf_param_has(const struct mdev_bpf_device *bdev, u32 i);
struct mdev_bpf_param_value *mdev_bpf_param_file(struct mdev_bpf_device *bdev, u32 i);
int mdev_bpf_param_flush(struct mdev_bpf_device *bdev);
int mdev_bpf_param_store(struct mdev_bpf_device *bdev, unsigned int i, const char *buf,
			 size_t size);
ssize_t mdev_bpf_param_emit(struct mdev_bpf_device *bdev, unsigned int i, char *buf);

#endif /* __MDEV_BPF_PARAM_PARAM_H */
