// SPDX-License-Identifier: GPL-2.0-only
/* 0x0 NOW: the time. 0x4 AT: when to ring. 0x8 RUNG: 1 from then until written. */
#include "mdev_bpf.bpf.h"

struct alarm_state {
        __u32 now;
        __u32 at;
        __u32 rung;
};

static void update(struct mdev_bpf_dev *dev, struct alarm_state *s)
{
        if (s->at && s->now >= s->at)
                s->rung = 1;
        mdev_bpf_irq_set(dev, s->rung);
}

int MDEV_BPF_OP(alarm_init, struct mdev_bpf_dev *dev)
{
        struct alarm_state *s = mdev_bpf_state(dev, struct alarm_state);

        if (!s)
                return -EIO;
        s->at = 100;
        return mdev_bpf_config_write(dev, 0x40, 1, 2);
}

int MDEV_BPF_OP(alarm_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
        struct alarm_state *s = mdev_bpf_state(dev, struct alarm_state);

        if (!s || access->size != 4)
                return -EINVAL;
        if (access->offset == 0)
                access->val = s->now;
        else if (access->offset == 4)
                access->val = s->at;
        else if (access->offset == 8)
                access->val = s->rung;
        return 0;
}

int MDEV_BPF_OP(alarm_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
        struct alarm_state *s = mdev_bpf_state(dev, struct alarm_state);

        if (!s || access->size != 4)
                return -EINVAL;
        if (access->offset == 0) {
                s->now = access->val;
        } else if (access->offset == 4) {
                s->at = access->val;
        } else if (access->offset == 8) {
                s->rung = 0;
                s->at = 0;
        }
        bpf_printk("alarm: now %u, at %u", s->now, s->at);
        update(dev, s);
        return 0;
}

MDEV_BPF_DEVICE(alarm,
                .types = { { .name = "1", .pretty_name = "Alarm" } },
                .state_size = sizeof(struct alarm_state),
                .pci = { .vendor = 0x1234, .device = 0x0005, .class_code = 0xff0000 },
                .regions = { { .size = 16, .flags = MDEV_BPF_REGION_RW } },
                .irqs = { { .count = 1 }, { .count = 1 } },
                .init = alarm_init,
                .region_read = alarm_read,
                .region_write = alarm_write);

char _license[] SEC("license") = "GPL";
