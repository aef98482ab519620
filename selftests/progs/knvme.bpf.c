// SPDX-License-Identifier: GPL-2.0-only
/* bpf/nvme with another version of the state, of the same content: devices are converted. */
#include "../../bpf/nvme/state.h"

#define WORDS (sizeof(struct nvme_state) / sizeof(__u64))

int MDEV_BPF_OP(knvme_upgrade, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)
{
	const __u64 *from = (const __u64 *)mdev_bpf_old_state(old, struct nvme_state);
	__u64 *to = (__u64 *)mdev_bpf_state(dev, struct nvme_state);

	if (!from || !to || old->version != 0)
		return -EOPNOTSUPP;
#pragma clang loop unroll(disable)
	for (unsigned int i = 0; i < WORDS; i++)
		to[i] = from[i];
	return 0;
}

#undef MDEV_BPF_DEVICE
#define MDEV_BPF_DEVICE(ops, members...)					\
SEC(".struct_ops.link")								\
struct mdev_bpf_ops ops = {							\
	.name = #ops, .abi = MDEV_BPF_ABI, .state_version = 1,			\
	.upgrade = knvme_upgrade, members					\
}

#include "../../bpf/nvme/nvme.bpf.c"
