/* SPDX-License-Identifier: GPL-2.0-only */
/* The cable to another card. Its frames have no CRC. */
#ifndef __E1000_CABLE_H
#define __E1000_CABLE_H

#include "state.h"

static __always_inline bool e1000_cable_is_in(struct mdev_bpf_dev *dev)
{
	return !mdev_bpf_cable_peer(dev, E1000_PARAM_CABLE);
}

/* Send the frame of @size bytes in s->frame: 0, or an errno if it is lost. */
static __always_inline int e1000_cable_send(struct mdev_bpf_dev *dev, __u64 size)
{
	return mdev_bpf_cable_send(dev, E1000_PARAM_CABLE, E1000_IN_STATE(frame), size);
}

/* Bytes of the next frame that has arrived, or an errno */
static __always_inline __s64 e1000_cable_next(struct mdev_bpf_dev *dev)
{
	return mdev_bpf_cable_next(dev, E1000_PARAM_CABLE);
}

/* Take it to s->frame, as far as there is room for it: its bytes, or an errno. */
static __always_inline __s64 e1000_cable_receive(struct mdev_bpf_dev *dev)
{
	return mdev_bpf_cable_receive(dev, E1000_PARAM_CABLE, E1000_IN_STATE(frame),
				      E1000_MAX_FRAME);
}

#endif /* __E1000_CABLE_H */
