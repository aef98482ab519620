/* SPDX-License-Identifier: GPL-2.0-only */
/* The other end of the card's cable. There are no cables yet: frames that are sent are lost. */
#ifndef __E1000_CABLE_H
#define __E1000_CABLE_H

#include "state.h"

static __always_inline bool e1000_cable_is_in(struct mdev_bpf_dev *dev)
{
	return false;
}

/* Send the frame of @size bytes in s->frame: 0, or an errno if it is lost. */
static __always_inline int e1000_cable_send(struct mdev_bpf_dev *dev, __u64 size)
{
	return -ENOTCONN;
}

/* Bytes of the next frame that has arrived, or -EAGAIN */
static __always_inline __s64 e1000_cable_next(struct mdev_bpf_dev *dev)
{
	return -EAGAIN;
}

/* Take it to s->frame. */
static __always_inline void e1000_cable_receive(struct mdev_bpf_dev *dev)
{
}

#endif /* __E1000_CABLE_H */
