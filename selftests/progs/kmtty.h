/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The serial card as it is shipped, but for two things: its state begins at SHIFT, and it can
 * take over the state of the one with OLD_SHIFT and OLD_VERSION. The test sets what the
 * declaration says of that.
 */
#ifndef KMTTY_H
#define KMTTY_H

#include "mdev_bpf.bpf.h"

#undef mdev_bpf_state
#define mdev_bpf_state(dev, type) ({						\
	__u8 *s_ = mdev_bpf_state_get(dev, SHIFT + sizeof(type));		\
										\
	s_ ? (type *)(s_ + SHIFT) : NULL;					\
})

#undef mdev_bpf_state_offset
#define mdev_bpf_state_offset(type, member) (SHIFT + offsetof(type, member))

#include "../../bpf/mtty.bpf.c"

int MDEV_BPF_OP(kmtty_upgrade, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)
{
	struct mtty_state *to = mdev_bpf_state(dev, struct mtty_state);
	const __u8 *from = mdev_bpf_upgrade_data(old, OLD_SHIFT + sizeof(*to));

	if (!to || !from || old->version != OLD_VERSION)
		return -EOPNOTSUPP;
	*to = *(const struct mtty_state *)(from + OLD_SHIFT);
	return 0;
}

#endif /* KMTTY_H */
