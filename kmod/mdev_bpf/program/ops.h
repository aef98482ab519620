/* SPDX-License-Identifier: GPL-2.0-only */
/* Values that are derived from the data members of struct mdev_bpf_ops. */
#ifndef __MDEV_BPF_PROGRAM_OPS_H
#define __MDEV_BPF_PROGRAM_OPS_H

#include <linux/mdev_bpf.h>

/* The number of mdev types that a program declares */
static inline unsigned int mdev_bpf_ops_nr_types(const struct mdev_bpf_ops *ops)
{
	unsigned int n = 0;

	while (n < MDEV_BPF_MAX_TYPES && ops->types[n].name[0])
		n++;
	return n;
}

/* The number of rows of registers that a program declares */
static inline unsigned int mdev_bpf_ops_nr_registers(const struct mdev_bpf_ops *ops)
{
	unsigned int n = 0;

	while (n < MDEV_BPF_MAX_REGISTERS && ops->registers[n].name[0])
		n++;
	return n;
}

/* The number of parameters that a program declares */
static inline unsigned int mdev_bpf_ops_nr_params(const struct mdev_bpf_ops *ops)
{
	unsigned int n = 0;

	while (n < MDEV_BPF_MAX_PARAMS && ops->params[n].name[0])
		n++;
	return n;
}

/* The size of the pool that the devices of all types share */
static inline unsigned int mdev_bpf_ops_pool(const struct mdev_bpf_ops *ops)
{
	return ops->max_instances ?: MDEV_BPF_MAX_INSTANCES;
}

/* The units of the pool that a device takes; @type: index of its type */
static inline unsigned int mdev_bpf_ops_units(const struct mdev_bpf_ops *ops, unsigned int type)
{
	return ops->types[type].units ?: 1;
}

#endif /* __MDEV_BPF_PROGRAM_OPS_H */
