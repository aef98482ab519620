/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parameters and files, which the administrator sets.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_PARAM_BPF_H
#define __MDEV_BPF_PARAM_BPF_H

/**
 * mdev_bpf_param() - the value of a parameter
 * @dev: the device
 * @index: index in mdev_bpf_ops::params
 *
 * The administrator can change it while the device is not open. init sees the presets; open, and
 * all ops while the device is open, see what the administrator has set.
 *
 * Return: the number of a NUMBER; 0 or 1 for a BOOL or CONSOLE; MDEV_BPF_FILE_* for a FILE, 0 if
 * none is bound; 1 for a CABLE that has a name; 0 for a TEXT, and if devices of this type do not
 * have the parameter.
 */
extern __u64 mdev_bpf_param(struct mdev_bpf_dev *dev, __u32 index) __ksym;

/**
 * mdev_bpf_file_size() - the size of a file that the administrator has bound
 * @dev: the device
 * @index: index in mdev_bpf_ops::params, of a FILE
 *
 * The size can change, if others change the file.
 *
 * Return: number of bytes; -ENODEV if no file is bound; -EINVAL if devices of this type have no
 * FILE with this index.
 */
extern __s64 mdev_bpf_file_size(struct mdev_bpf_dev *dev, __u32 index) __ksym;

/**
 * mdev_bpf_param_text() - copy the text of a parameter
 * @dev: the device
 * @index: index in mdev_bpf_ops::params
 * @text: buffer for the text and its final NUL
 * @text__sz: size of the buffer in bytes, at least 1
 *
 * Return: number of bytes of the text, without the NUL; -E2BIG if it was cut off to fit the buffer;
 * -EINVAL if devices of this type have no parameter of kind TEXT or CABLE with this
 * index.
 */
extern int mdev_bpf_param_text(struct mdev_bpf_dev *dev, __u32 index, void *text,
			       __u32 text__sz) __ksym;

#endif /* __MDEV_BPF_PARAM_BPF_H */
