// SPDX-License-Identifier: GPL-2.0-only
#include "mdev_bpf.bpf.h"

#define REG_DATA        0
#define REG_LEVEL       1
#define REG_DEPTH       2
#define REG_CLEAR       3

#define SIZE            64      /* a power of two: & (SIZE - 1) bounds an index */

struct fifo_state {
        __u32 head;             /* the oldest byte */
        __u32 level;
        __u8 data[SIZE];
};

static __u8 take(struct fifo_state *s)
{
        __u8 val;

        if (!s->level)
                return 0xff;
        val = s->data[s->head & (SIZE - 1)];
        s->head++;
        s->level--;
        return val;
}

static int append(struct mdev_bpf_dev *dev, struct fifo_state *s, __u8 val)
{
        if (s->level >= dev->arg)
                return -ENOSPC;
        s->data[(s->head + s->level) & (SIZE - 1)] = val;
        s->level++;
        /* -ENXIO while the user has no MSI enabled: then it has to poll */
        if (s->level == 1)
                mdev_bpf_irq_trigger(dev, 0);
        if (s->level == dev->arg)
                mdev_bpf_irq_trigger(dev, 1);
        return 0;
}

int MDEV_BPF_OP(fifo_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
        struct fifo_state *s = mdev_bpf_state(dev, struct fifo_state);

        if (!s)
                return -EIO;
        if (access->offset == REG_DATA)
                access->val = take(s);
        else if (access->offset == REG_LEVEL)
                access->val = s->level;
        else if (access->offset == REG_DEPTH)
                access->val = dev->arg;
        return 0;
}

int MDEV_BPF_OP(fifo_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
        struct fifo_state *s = mdev_bpf_state(dev, struct fifo_state);

        if (!s)
                return -EIO;
        if (access->offset == REG_DATA)
                return append(dev, s, access->val);
        if (access->offset == REG_CLEAR)
                s->level = 0;
        return 0;
}

void MDEV_BPF_OP(fifo_close, struct mdev_bpf_dev *dev)
{
        struct fifo_state *s = mdev_bpf_state(dev, struct fifo_state);

        if (s)
                __builtin_memset(s, 0, sizeof(*s));
}

MDEV_BPF_DEVICE(fifo,
                .types = {
                        { .name = "small", .pretty_name = "FIFO, 16 bytes",
                          .arg = 16 },
                        { .name = "large", .pretty_name = "FIFO, 64 bytes",
                          .arg = SIZE, .units = 4 },
                },
                .max_instances = 8,     /* 8 small ones, 2 large ones, or a mix */
                .state_size = sizeof(struct fifo_state),
                .pci = { .vendor = 0x1234, .device = 0x0003, .class_code = 0xff0000 },
                .regions = {
                        { .size = 4, .access_size = 1,
                          .flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_IO },
                },
                .irqs = { [1] = { .count = 2 } },
                .region_read = fifo_read,
                .region_write = fifo_write,
                .close = fifo_close);

char _license[] SEC("license") = "GPL";
