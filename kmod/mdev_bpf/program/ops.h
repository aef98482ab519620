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

/* The number of rows of displays that a program declares */
static inline unsigned int mdev_bpf_ops_nr_gfx(const struct mdev_bpf_ops *ops)
{
	unsigned int n = 0;

	while (n < MDEV_BPF_MAX_TYPES && ops->gfx[n].flags)
		n++;
	return n;
}

/* Check whether two masks of types, in which 0 stands for all types, have a type in common. */
static inline bool mdev_bpf_ops_share_type(u32 types, u32 other)
{
	return !types || !other || types & other;
}

/* The row of the display that a type of @types has; NULL if it has none */
static inline const struct mdev_bpf_gfx *
mdev_bpf_ops_gfx(const struct mdev_bpf_ops *ops, u32 types)
{
	unsigned int i;

	for (i = 0; i < mdev_bpf_ops_nr_gfx(ops); i++)
		if (mdev_bpf_ops_share_type(ops->gfx[i].types, types))
			return &ops->gfx[i];
	return NULL;
}

/* The first row of regions, from @r on, at a VFIO index that a type of @types has; or NULL */
static inline const struct mdev_bpf_region *
mdev_bpf_ops_next_region(const struct mdev_bpf_ops *ops, const struct mdev_bpf_region *r,
			 u32 index, u32 types)
{
	const struct mdev_bpf_region *end = &ops->regions[mdev_bpf_ops_nr_regions(ops)];

	for (; r < end; r++)
		if (r->index == index && mdev_bpf_ops_share_type(r->types, types))
			return r;
	return NULL;
}

/* The same for interrupts */
static inline const struct mdev_bpf_irq *
mdev_bpf_ops_next_irq(const struct mdev_bpf_ops *ops, const struct mdev_bpf_irq *irq, u32 index,
		      u32 types)
{
	const struct mdev_bpf_irq *end = &ops->irqs[mdev_bpf_ops_nr_irqs(ops)];

	for (; irq < end; irq++)
		if (irq->index == index && mdev_bpf_ops_share_type(irq->types, types))
			return irq;
	return NULL;
}

/* Loop over the rows of regions at a VFIO index that a type of @which has; @r is the row. */
#define mdev_bpf_ops_for_each_region(ops, i, which, r)				\
	for ((r) = mdev_bpf_ops_next_region(ops, (ops)->regions, i, which); (r); \
	     (r) = mdev_bpf_ops_next_region(ops, (r) + 1, i, which))

/* The same for interrupts */
#define mdev_bpf_ops_for_each_irq(ops, i, which, irq)				\
	for ((irq) = mdev_bpf_ops_next_irq(ops, (ops)->irqs, i, which); (irq);	\
	     (irq) = mdev_bpf_ops_next_irq(ops, (irq) + 1, i, which))

/* The first region at a VFIO index that a type of @types has; NULL if there is none */
static inline const struct mdev_bpf_region *
mdev_bpf_ops_region(const struct mdev_bpf_ops *ops, u32 index, u32 types)
{
	return mdev_bpf_ops_next_region(ops, ops->regions, index, types);
}

/* The first interrupts, likewise */
static inline const struct mdev_bpf_irq *mdev_bpf_ops_irq(const struct mdev_bpf_ops *ops,
							  u32 index, u32 types)
{
	return mdev_bpf_ops_next_irq(ops, ops->irqs, index, types);
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
