/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Consoles: bytes to and from a program on the host.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_CONSOLE_BPF_H
#define __MDEV_BPF_CONSOLE_BPF_H

/**
 * mdev_bpf_console_write() - send bytes to the host
 * @dev: the device
 * @index: index in mdev_bpf_ops::params, of a CONSOLE
 * @data: the bytes
 * @data__sz: number of bytes
 *
 * While nobody has opened the console on the host, the bytes are lost. If there is not enough room
 * for all of them, because the host does not read, the console's work is queued when there is.
 *
 * Return: number of bytes that were taken, from the first on, which may be 0; -EINVAL if devices of
 * this type have no CONSOLE with this index; -E2BIG for more than MDEV_BPF_MAX_VALUE bytes; -ETIME
 * if the op has run for too long.
 */
extern int mdev_bpf_console_write(struct mdev_bpf_dev *dev, __u32 index, const void *data,
				  __u32 data__sz) __ksym;

/**
 * mdev_bpf_console_read() - take bytes that the host has sent
 * @dev: the device
 * @index: index in mdev_bpf_ops::params, of a CONSOLE
 * @data: buffer for the bytes
 * @data__sz: size of the buffer in bytes
 *
 * What the device does not take waits, and when MDEV_BPF_CONSOLE_SIZE bytes wait, the host does.
 *
 * Return: number of bytes, 0 if none has arrived; -EINVAL if devices of this type have no CONSOLE
 * with this index; -E2BIG for more than MDEV_BPF_MAX_VALUE bytes; -ETIME if the op has run for too
 * long.
 */
extern int mdev_bpf_console_read(struct mdev_bpf_dev *dev, __u32 index, void *data,
				 __u32 data__sz) __ksym;

/**
 * mdev_bpf_console_status() - what is the matter on the host's side of a console?
 * @dev: the device
 * @index: index in mdev_bpf_ops::params, of a CONSOLE
 *
 * MDEV_BPF_CONSOLE_BREAK is reported once for each break, and once for several that came together.
 * If ROOM is not set, the console's work is queued when there is room.
 *
 * Return: bits MDEV_BPF_CONSOLE_*; -EINVAL if devices of this type have no CONSOLE with this index.
 */
extern int mdev_bpf_console_status(struct mdev_bpf_dev *dev, __u32 index) __ksym;

#endif /* __MDEV_BPF_CONSOLE_BPF_H */
