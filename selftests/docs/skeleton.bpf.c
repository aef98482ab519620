// SPDX-License-Identifier: GPL-2.0-only
#include "mdev_bpf.bpf.h"

struct skel_state {
        __u32 reads;
};

int MDEV_BPF_OP(skel_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
        struct skel_state *state = mdev_bpf_state(dev, struct skel_state);

        if (!state)
                return -EIO;
        access->val = ++state->reads;
        return 0;
}

MDEV_BPF_DEVICE(skel,
                .types = { { .name = "1" } },
                .state_size = sizeof(struct skel_state),
                .pci = { .vendor = 0x1234, .device = 0x5678, .class_code = 0xff0000 },
                .regions = { { .size = 16, .flags = MDEV_BPF_REGION_READ } },
                .region_read = skel_read);

char _license[] SEC("license") = "GPL";
