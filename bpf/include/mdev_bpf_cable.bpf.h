/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cables, which connect two devices of a program.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_CABLE_BPF_H
#define __MDEV_BPF_CABLE_BPF_H

/**
 * mdev_bpf_cable_peer() - is there a device at the other end of a cable?
 * @dev: the device
 * @param: index in mdev_bpf_ops::params of a CABLE
 *
 * The answer is that of this moment. The work of the CABLE is queued when it changes.
 *
 * Return: 0 if there is one, and it runs; -EHOSTDOWN if it does not run: it is closed, detached,
 * stopped for a migration, or has failed; -ENOTCONN if there is none; -EINVAL if the device has no
 * CABLE of this index.
 */
extern int mdev_bpf_cable_peer(struct mdev_bpf_dev *dev, __u32 param) __ksym;

/**
 * mdev_bpf_cable_ring() - queue the work of the CABLE at the other end
 * @dev: the device
 * @param: index in mdev_bpf_ops::params of a CABLE
 *
 * Does not wait for it. Work that is queued again before its op is called is called once.
 *
 * Return: as mdev_bpf_cable_peer(); nothing is queued if it is an error. -ETIME if the op has run
 * for too long.
 */
extern int mdev_bpf_cable_ring(struct mdev_bpf_dev *dev, __u32 param) __ksym;

/**
 * mdev_bpf_cable_send() - send a frame to the other end of a cable, and ring it
 * @dev: the device
 * @param: index in mdev_bpf_ops::params of a CABLE
 * @where: the frame: MDEV_BPF_STATE() or MDEV_BPF_MEMORY()
 * @size: number of bytes, 1 to MDEV_BPF_MAX_FRAME
 *
 * The frame is copied before this returns. The other end has room for 256 KiB, in which a frame
 * takes its size, rounded up to a multiple of 8, and 8 bytes.
 *
 * Return: 0; -ENOBUFS if there is no room, and then the work of this CABLE is queued when at least
 * half of it is free; -EHOSTDOWN, -ENOTCONN or -EINVAL as mdev_bpf_cable_peer(); -EINVAL also if
 * the device does not have all of the bytes; -E2BIG for more than MDEV_BPF_MAX_FRAME bytes;
 * -ENOMEM; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_cable_send(struct mdev_bpf_dev *dev, __u32 param, __u64 where,
			       __u32 size) __ksym;

/**
 * mdev_bpf_cable_next() - the size of the first frame that has arrived by a cable
 * @dev: the device
 * @param: index in mdev_bpf_ops::params of a CABLE
 *
 * Return: number of bytes; -EAGAIN if there is no frame; -ENOTCONN if no cable is named; -EINVAL if
 * the device has no CABLE of this index.
 */
extern __s64 mdev_bpf_cable_next(struct mdev_bpf_dev *dev, __u32 param) __ksym;

/**
 * mdev_bpf_cable_receive() - take the first frame that has arrived by a cable
 * @dev: the device
 * @param: index in mdev_bpf_ops::params of a CABLE
 * @where: where to store it: MDEV_BPF_STATE() or MDEV_BPF_MEMORY()
 * @size: number of bytes there. If the frame has more, the rest of it is lost; 0 drops all of it
 *
 * Frames arrive in the order in which they were sent. A reset drops them, and so does opening the
 * device.
 *
 * Return: size of the frame; -EAGAIN, -ENOTCONN or -EINVAL as mdev_bpf_cable_next(); -EINVAL also
 * if the device does not have @size bytes there; -ENOMEM, and then the frame stays; -ETIME if the
 * op has run for too long.
 */
extern __s64 mdev_bpf_cable_receive(struct mdev_bpf_dev *dev, __u32 param, __u64 where,
				    __u32 size) __ksym;

#endif /* __MDEV_BPF_CABLE_BPF_H */
