/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings of regions. */
#ifndef __MDEV_BPF_VFIO_MMAP_H
#define __MDEV_BPF_VFIO_MMAP_H

struct vfio_device;
struct vm_area_struct;

int mdev_bpf_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);

#endif /* __MDEV_BPF_VFIO_MMAP_H */
