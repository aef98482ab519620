/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks of what a program declares. Each refusal has a sentence. */
#ifndef __MDEV_BPF_VALIDATE_VALIDATE_H
#define __MDEV_BPF_VALIDATE_VALIDATE_H

#include <linux/mdev_bpf.h>

int mdev_bpf_validate_program(const struct mdev_bpf_ops *ops);
int mdev_bpf_validate_program_compatible(const struct mdev_bpf_ops *old,
					 const struct mdev_bpf_ops *new);
int mdev_bpf_validate_rows(const struct mdev_bpf_ops *ops, const char *table, const char *member,
			   unsigned int n, const void *rest, const void *end);
bool mdev_bpf_validate_name(const char *name, size_t size);
bool mdev_bpf_validate_name_ends(const char *s, size_t size);
int mdev_bpf_validate_types(const struct mdev_bpf_ops *ops);
int mdev_bpf_validate_types_mask(const struct mdev_bpf_ops *ops, const char *what, unsigned int i,
				 u32 mask);
int mdev_bpf_validate_device(const struct mdev_bpf_ops *ops);
int mdev_bpf_validate_irqs(const struct mdev_bpf_ops *ops);
int mdev_bpf_validate_regions(const struct mdev_bpf_ops *ops);
int mdev_bpf_validate_pci_caps(const struct mdev_bpf_ops *ops);
int mdev_bpf_validate_registers(const struct mdev_bpf_ops *ops);
int mdev_bpf_validate_params(const struct mdev_bpf_ops *ops);
int mdev_bpf_validate_gfx(const struct mdev_bpf_ops *ops);

#endif /* __MDEV_BPF_VALIDATE_VALIDATE_H */
