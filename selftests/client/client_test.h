/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/mdev_bpf_client: a device of mdev_bpf as a kernel client has it, for tests.
 * After CLIENT_OPEN, pread() and pwrite() have the positions of a VFIO device.
 */
#ifndef CLIENT_TEST_H
#define CLIENT_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct client_events {
	__u32 irqs;		/* since the last CLIENT_EVENTS */
	__u32 vectors;		/* bit n: one of them was vector n */
	__u32 requests;		/* in all */
};

#define CLIENT_OPEN	_IOW('c', 0, char[37])		/* UUID as text */
#define CLIENT_CLOSE	_IO('c', 1)
#define CLIENT_RESET	_IO('c', 2)
#define CLIENT_SET_IRQ	_IOW('c', 3, __u32)		/* MDEV_BPF_IRQ_* */
#define CLIENT_UNMASK	_IO('c', 4)
#define CLIENT_EVENTS	_IOR('c', 5, struct client_events)

#endif /* CLIENT_TEST_H */
