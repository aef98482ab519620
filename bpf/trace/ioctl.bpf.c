// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print each ioctl on our devices, by name, with the device and the result:
 *
 *	bpftool prog loadall ioctl.bpf.o /sys/fs/bpf/t autoattach
 *	bpftool prog tracelog
 */
#include <linux/vfio.h>
#include "mdev_bpf.bpf.h"

#define NAME(cmd) case cmd: return #cmd

static const char *ioctl_name(unsigned int cmd)
{
	switch (cmd) {
	NAME(VFIO_DEVICE_GET_INFO);
	NAME(VFIO_DEVICE_GET_REGION_INFO);
	NAME(VFIO_DEVICE_GET_IRQ_INFO);
	NAME(VFIO_DEVICE_SET_IRQS);
	NAME(VFIO_DEVICE_RESET);
	NAME(VFIO_DEVICE_GET_PCI_HOT_RESET_INFO);
	NAME(VFIO_DEVICE_PCI_HOT_RESET);
	NAME(VFIO_DEVICE_QUERY_GFX_PLANE);
	NAME(VFIO_DEVICE_GET_GFX_DMABUF);
	NAME(VFIO_DEVICE_IOEVENTFD);
	NAME(VFIO_DEVICE_FEATURE);
	default:
		return "device specific";
	}
}

SEC("tp_btf/mdev_bpf_ioctl")
int BPF_PROG(trace_ioctl, const struct mdev_bpf_dev *dev, unsigned int cmd, long ret)
{
	bpf_printk("%s %s (%#x) = %ld", dev->name, ioctl_name(cmd), cmd, ret);
	return 0;
}

char _license[] SEC("license") = "GPL";
