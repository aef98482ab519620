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

/* The number of rows of regions that a program declares */
static inline unsigned int mdev_bpf_ops_nr_regions(const struct mdev_bpf_ops *ops)
{
	unsigned int n = 0;

	while (n < MDEV_BPF_MAX_REGION_ROWS && ops->regions[n].size)
		n++;
	return n;
}

/* The number of rows of interrupts that a program declares */
static inline unsigned int mdev_bpf_ops_nr_irqs(const struct mdev_bpf_ops *ops)
{
	unsigned int n = 0;

	while (n < MDEV_BPF_MAX_IRQ_ROWS && ops->irqs[n].count)
		n++;
	return n;
}

/* Check whether two masks of types, in which 0 stands for all types, have a type in common. */
static inline bool mdev_bpf_ops_share_type(u32 types, u32 other)
{
	return !types || !other || types & other;
}

/* Loop over the rows of regions at a VFIO index that a type of @which has; @r is the row. */
#define mdev_bpf_ops_for_each_region(ops, i, which, r)						\
	for ((r) = (ops)->regions; (r) < &(ops)->regions[mdev_bpf_ops_nr_regions(ops)]; (r)++)	\
		if ((r)->index == (i) && mdev_bpf_ops_share_type((r)->types, which))

/* The same for interrupts */
#define mdev_bpf_ops_for_each_irq(ops, i, which, irq)						\
	for ((irq) = (ops)->irqs; (irq) < &(ops)->irqs[mdev_bpf_ops_nr_irqs(ops)]; (irq)++)	\
		if ((irq)->index == (i) && mdev_bpf_ops_share_type((irq)->types, which))

/* The first region at a VFIO index that a type of @types has; NULL if there is none */
static inline const struct mdev_bpf_region *
mdev_bpf_ops_region(const struct mdev_bpf_ops *ops, u32 index, u32 types)
{
	const struct mdev_bpf_region *r;

	mdev_bpf_ops_for_each_region(ops, index, types, r)
		return r;
	return NULL;
}

/* The first interrupts, likewise */
static inline const struct mdev_bpf_irq *mdev_bpf_ops_irq(const struct mdev_bpf_ops *ops,
							  u32 index, u32 types)
{
	const struct mdev_bpf_irq *irq;

	mdev_bpf_ops_for_each_irq(ops, index, types, irq)
		return irq;
	return NULL;
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
