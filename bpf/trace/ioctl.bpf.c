// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print each ioctl on our devices, by name, with the device and the result:
 *
 *	bpftool prog loadall ioctl.bpf.o /sys/fs/bpf/t autoattach
 *	bpftool prog tracelog
 */
#include <linux/vfio.h>
#include "mdev_bpf.bpf.h"

static const char *ioctl_name(unsigned int cmd)
{
	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return "VFIO_DEVICE_GET_INFO";
	case VFIO_DEVICE_GET_REGION_INFO:
		return "VFIO_DEVICE_GET_REGION_INFO";
	case VFIO_DEVICE_GET_IRQ_INFO:
		return "VFIO_DEVICE_GET_IRQ_INFO";
	case VFIO_DEVICE_SET_IRQS:
		return "VFIO_DEVICE_SET_IRQS";
	case VFIO_DEVICE_RESET:
		return "VFIO_DEVICE_RESET";
	case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO:
		return "VFIO_DEVICE_GET_PCI_HOT_RESET_INFO";
	case VFIO_DEVICE_PCI_HOT_RESET:
		return "VFIO_DEVICE_PCI_HOT_RESET";
	case VFIO_DEVICE_QUERY_GFX_PLANE:
		return "VFIO_DEVICE_QUERY_GFX_PLANE";
	case VFIO_DEVICE_GET_GFX_DMABUF:
		return "VFIO_DEVICE_GET_GFX_DMABUF";
	case VFIO_DEVICE_IOEVENTFD:
		return "VFIO_DEVICE_IOEVENTFD";
	case VFIO_DEVICE_FEATURE:
		return "VFIO_DEVICE_FEATURE";
	default:
		return "device specific";
	}
}

SEC("tp_btf/mdev_bpf_ioctl")
int BPF_PROG(trace_ioctl, const struct mdev_bpf_dev *dev, unsigned int cmd, long ret)
{
	/* Never NULL, but the verifier of newer kernels cannot know */
	if (!dev)
		return 0;
	bpf_printk("%s %s (0x%x) = %ld", dev->name, ioctl_name(cmd), cmd, ret);
	return 0;
}

char _license[] SEC("license") = "GPL";
