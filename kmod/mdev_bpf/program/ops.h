/* SPDX-License-Identifier: GPL-2.0-only */
/* What follows from the data members of struct mdev_bpf_ops. */
#ifndef __MDEV_BPF_PROGRAM_OPS_H
#define __MDEV_BPF_PROGRAM_OPS_H

#include <linux/mdev_bpf.h>

/* How many mdev types a program declares */
static inline unsigned int mdev_bpf_ops_nr_types(const struct mdev_bpf_ops *ops)
{
	unsigned int n = 0;

	while (n < MDEV_BPF_MAX_TYPES && ops->types[n].name[0])
		n++;
	return n;
}

/* The size of the pool that the instances of all types share */
static inline unsigned int mdev_bpf_ops_pool(const struct mdev_bpf_ops *ops)
{
	return ops->max_instances ?: MDEV_BPF_MAX_INSTANCES;
}

/* How much of the pool an instance of a type takes; @type: index of the type */
static inline unsigned int mdev_bpf_ops_units(const struct mdev_bpf_ops *ops, unsigned int type)
{
	return ops->types[type].units ?: 1;
}

#endif /* __MDEV_BPF_PROGRAM_OPS_H */
