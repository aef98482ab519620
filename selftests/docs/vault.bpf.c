// SPDX-License-Identifier: GPL-2.0-only
#include "mdev_bpf.bpf.h"
#include <linux/vfio.h>
#include "vault.h"

#define WORDS   4
#define BLIND   1       /* index in types */

struct vault_state {
        __u64 word[WORDS];
        __u32 swaps;
        __u32 reserved;
};

static int swap(struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call)
{
        struct vault_state *s = mdev_bpf_state(dev, struct vault_state);
        struct vault_swap *arg = (void *)mdev_bpf_ioctl_data(call, sizeof(*arg));
        __u64 old;

        if (!s || !arg)
                return -EINVAL;
        if (arg->index >= WORDS || arg->reserved)
                return -EINVAL;
        old = s->word[arg->index & (WORDS - 1)];
        s->word[arg->index & (WORDS - 1)] = arg->value;
        arg->value = old;
        call->ret = ++s->swaps & 0x7fffffff;
        return MDEV_BPF_IOCTL_DONE;
}

/* Called for BEFORE, then for AFTER. */
static int hide_bar0(struct mdev_bpf_ioctl *call)
{
        struct vfio_region_info *info;

        if (call->stage == MDEV_BPF_IOCTL_BEFORE)
                return MDEV_BPF_IOCTL_REVIEW;
        info = (void *)mdev_bpf_ioctl_data(call, sizeof(*info));
        if (info && !call->ret && info->index == VFIO_PCI_BAR0_REGION_INDEX) {
                info->flags = 0;
                info->size = 0;
        }
        return 0;
}

int MDEV_BPF_OP(vault_ioctl, struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call)
{
        if (call->cmd == VAULT_SWAP)
                return swap(dev, call);
        if (call->cmd == VFIO_DEVICE_GET_REGION_INFO && dev->type == BLIND)
                return hide_bar0(call);
        return MDEV_BPF_IOCTL_PASS;
}

int MDEV_BPF_OP(vault_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
        struct vault_state *s = mdev_bpf_state(dev, struct vault_state);

        if (!s || access->size != 8)
                return -EINVAL;
        access->val = s->word[access->offset / 8 & (WORDS - 1)];
        return 0;
}

MDEV_BPF_DEVICE(vault,
                .types = { { .name = "1" }, { .name = "blind" } },
                .state_size = sizeof(struct vault_state),
                .pci = { .vendor = 0x1234, .device = 0x0004, .class_code = 0xff0000 },
                .regions = {
                        { .size = 8 * WORDS, .access_size = 8,
                          .flags = MDEV_BPF_REGION_READ },
                },
                .region_read = vault_read,
                .ioctl = vault_ioctl);

char _license[] SEC("license") = "GPL";
