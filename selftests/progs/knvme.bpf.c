// SPDX-License-Identifier: GPL-2.0-only
/* bpf/nvme with another version of the state, of the same content: devices are converted. */
#include "../../bpf/nvme/state.h"

static __always_inline void convert(__u64 *to, const __u64 *from, unsigned int words)
{
#pragma clang loop unroll(disable)
	for (unsigned int i = 0; i < words; i++)
		to[i] = from[i];
}

int MDEV_BPF_OP(knvme_upgrade, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)
{
	const struct nvme_state *from = mdev_bpf_old_state(old, struct nvme_state);
	struct nvme_state *to = mdev_bpf_state(dev, struct nvme_state);
	int i;

	if (!from || !to || old->version != 0)
		return -EOPNOTSUPP;
	convert((__u64 *)to, (const __u64 *)from, sizeof(*to) / sizeof(__u64));
	mdev_bpf_for(i, dev, 0, NVME_QUEUES) {
		const struct nvme_pair *pair = mdev_bpf_old_queue(old, i, struct nvme_pair);
		struct nvme_pair *new = nvme_pair_get(dev, i);

		if (!pair || !new)
			return -EINVAL;
		convert((__u64 *)new, (const __u64 *)pair, sizeof(*new) / sizeof(__u64));
	}
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
