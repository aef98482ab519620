// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest device: a PCI card with one memory BAR of two registers. Offset 0
 * reads as "BPF!", offset 4 keeps what is written. Documentation/writing-a-device.rst
 * walks through it.
 */
#include "mdev_bpf.bpf.h"

struct minimal_state {
        __u32 scratch;
};

int MDEV_BPF_OP(minimal_read, struct mdev_bpf_dev *dev,
                struct mdev_bpf_access *access)
{
        struct minimal_state *state = mdev_bpf_state(dev, struct minimal_state);

        if (access->offset == 0)
                access->val = 0x21465042;
        else if (access->offset == 4 && state)
                access->val = state->scratch;
        return 0;
}

int MDEV_BPF_OP(minimal_write, struct mdev_bpf_dev *dev,
                struct mdev_bpf_access *access)
{
        struct minimal_state *state = mdev_bpf_state(dev, struct minimal_state);

        if (access->offset == 4 && state)
                state->scratch = access->val;
        return 0;
}

MDEV_BPF_DEVICE(minimal,
                .types = { { .name = "1" } },
                .state_size = sizeof(struct minimal_state),
                .pci = { .vendor = 0x1234, .device = 0x0001, .class_code = 0xff0000 },
                .regions = { { .size = 16, .flags = MDEV_BPF_REGION_RW } },
                .region_read = minimal_read,
                .region_write = minimal_write);

char _license[] SEC("license") = "GPL";
