// SPDX-License-Identifier: GPL-2.0-only
/* client UUID counter|fifo|vault: use a device of the examples */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <linux/vfio.h>
#include "vault.h"

static void check(int ok, const char *what)
{
        if (ok)
                return;
        perror(what);
        exit(1);
}

static int open_device(const char *uuid)
{
        char link[128], group[128] = "", path[160];
        int container, fd;

        snprintf(link, sizeof(link), "/sys/bus/mdev/devices/%s/iommu_group", uuid);
        check(readlink(link, group, sizeof(group) - 1) > 0, link);
        snprintf(path, sizeof(path), "/dev/vfio%s", strrchr(group, '/'));
        container = open("/dev/vfio/vfio", O_RDWR);
        fd = open(path, O_RDWR);
        check(container >= 0 && fd >= 0, path);
        check(!ioctl(fd, VFIO_GROUP_SET_CONTAINER, &container), "SET_CONTAINER");
        check(!ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU), "SET_IOMMU");
        fd = ioctl(fd, VFIO_GROUP_GET_DEVICE_FD, uuid);
        check(fd >= 0, "GET_DEVICE_FD");
        return fd;
}

static off_t bar0(int dev)
{
        struct vfio_region_info info = { .argsz = sizeof(info), .index = 0 };

        check(!ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, &info), "GET_REGION_INFO");
        printf("BAR0: %llu bytes, flags %#x\n", info.size, info.flags);
        return info.offset;
}

/* Enable interrupt number 0 of a kind, and return the eventfd that it signals. */
static int enable_irq(int dev, int index)
{
        struct {
                struct vfio_irq_set set;
                int fd;
        } arg = {
                .set.argsz = sizeof(arg),
                .set.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
                .set.index = index,
                .set.count = 1,
                .fd = eventfd(0, EFD_NONBLOCK),
        };

        check(!ioctl(dev, VFIO_DEVICE_SET_IRQS, &arg), "SET_IRQS");
        return arg.fd;
}

static void unmask_intx(int dev)
{
        struct vfio_irq_set set = {
                .argsz = sizeof(set),
                .flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
                .index = VFIO_PCI_INTX_IRQ_INDEX,
                .count = 1,
        };

        check(!ioctl(dev, VFIO_DEVICE_SET_IRQS, &set), "unmask");
}

static void print_irqs(const char *when, int fd)
{
        uint64_t n = 0;

        if (read(fd, &n, sizeof(n)) < 0)
                n = 0;
        printf("%s: %llu interrupts\n", when, (unsigned long long)n);
}

static void counter(int dev)
{
        int irq = enable_irq(dev, VFIO_PCI_INTX_IRQ_INDEX);
        off_t bar = bar0(dev);
        __u32 add = 4, clear = 1;

        for (int i = 0; i < 3; i++) {
                check(pwrite(dev, &add, 4, bar + 4) == 4, "pwrite");
                print_irqs("4 more", irq);
        }
        unmask_intx(dev);
        print_irqs("unmasked, cause still there", irq);
        check(pwrite(dev, &clear, 4, bar + 0xc) == 4, "pwrite");
        unmask_intx(dev);
        print_irqs("cleared and unmasked", irq);
}

static void fifo(int dev)
{
        int irq = enable_irq(dev, VFIO_PCI_MSI_IRQ_INDEX);
        off_t bar = bar0(dev);
        char text[4] = "";
        __u8 level;

        for (const char *c = "abc"; *c; c++)
                check(pwrite(dev, c, 1, bar) == 1, "pwrite");
        print_irqs("3 bytes", irq);
        for (int i = 0; i < 3; i++)
                check(pread(dev, text + i, 1, bar) == 1, "pread");
        check(pread(dev, &level, 1, bar + 1) == 1, "pread");
        printf("read back: %s, level %u\n", text, level);
}

static void vault(int dev)
{
        struct vault_swap swap = { .index = 2, .value = 42 };
        off_t bar = bar0(dev);
        __u64 word;
        int n;

        n = ioctl(dev, VAULT_SWAP, &swap);
        check(n >= 0, "VAULT_SWAP");
        check(pread(dev, &word, 8, bar + 8 * swap.index) == 8, "pread");
        printf("swap %d: was %llu, is %llu\n", n, swap.value, word);
}

int main(int argc, char **argv)
{
        int dev;

        if (argc != 3)
                return 2;
        dev = open_device(argv[1]);
        if (!strcmp(argv[2], "counter"))
                counter(dev);
        else if (!strcmp(argv[2], "fifo"))
                fifo(dev);
        else if (!strcmp(argv[2], "vault"))
                vault(dev);
        return 0;
}
