// SPDX-License-Identifier: GPL-2.0-only
#include "mdev_bpf.bpf.h"

#define REG_ID          0x0
#define REG_COUNT       0x4
#define REG_LIMIT       0x8
#define REG_STATUS      0xc

#define ID              0x31544e43      /* "CNT1" */
#define STATUS_ALARM    0x1

struct counter_state {
        __u32 count;
        __u32 limit;
        __u32 status;
};

static void update(struct mdev_bpf_dev *dev, struct counter_state *s)
{
        if (s->count >= s->limit)
                s->status |= STATUS_ALARM;
        mdev_bpf_irq_set(dev, s->status & STATUS_ALARM);
}

int MDEV_BPF_OP(counter_init, struct mdev_bpf_dev *dev)
{
        struct counter_state *s = mdev_bpf_state(dev, struct counter_state);

        if (!s)
                return -EIO;
        s->limit = 10;
        return mdev_bpf_config_write(dev, 0x40, 4, ID);
}

int MDEV_BPF_OP(counter_read, struct mdev_bpf_dev *dev,
                struct mdev_bpf_access *access)
{
        struct counter_state *s = mdev_bpf_state(dev, struct counter_state);

        if (!s || access->size != 4)
                return -EINVAL;
        switch (access->offset) {
        case REG_ID:
                access->val = ID;
                break;
        case REG_COUNT:
                access->val = s->count;
                break;
        case REG_LIMIT:
                access->val = s->limit;
                break;
        case REG_STATUS:
                access->val = s->status;
                break;
        }
        return 0;
}

int MDEV_BPF_OP(counter_write, struct mdev_bpf_dev *dev,
                struct mdev_bpf_access *access)
{
        struct counter_state *s = mdev_bpf_state(dev, struct counter_state);

        if (!s || access->size != 4)
                return -EINVAL;
        switch (access->offset) {
        case REG_COUNT:
                s->count += access->val;
                break;
        case REG_LIMIT:
                s->limit = access->val;
                break;
        case REG_STATUS:
                if (access->val & STATUS_ALARM) {
                        s->status = 0;
                        s->count = 0;
                }
                break;
        }
        update(dev, s);
        return 0;
}

MDEV_BPF_DEVICE(counter,
                .description = "Counts, and interrupts at a limit",
                .types = { { .name = "1", .pretty_name = "Counter" } },
                .state_size = sizeof(struct counter_state),
                .state_version = 1,
                .pci = { .vendor = 0x1234, .device = 0x0002, .class_code = 0xff0000 },
                .regions = { { .size = 16, .flags = MDEV_BPF_REGION_RW } },
                .irqs = { { .count = 1 }, { .count = 1 } },
                .init = counter_init,
                .region_read = counter_read,
                .region_write = counter_write);

char _license[] SEC("license") = "GPL";
