/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations of registers and doorbells: entries of mdev_bpf_ops::registers.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_REGISTER_BPF_H
#define __MDEV_BPF_REGISTER_BPF_H

/**
 * MDEV_BPF_REG() - declare a register, an entry of mdev_bpf_ops::registers
 * @reg: its name, a string
 * @bar: VFIO index of the region
 * @where: its offset in the region
 * @type: the struct that is the device's state
 * @member: the member of @type that has its value, and the same width
 * @attrs: other members of struct mdev_bpf_register
 *
 * For an array of registers, @member is the value of the first, and @attrs have .count, .stride and
 * .state_stride::
 *
 *	MDEV_BPF_REG("TAIL", 0, 0x1000, struct my_state, queue[0].tail,
 *		     .count = 8, .stride = 8, .state_stride = sizeof(struct my_queue),
 *		     .write = 0xffff)
 */
#define MDEV_BPF_REG(reg, bar, where, type, member, attrs...) {			\
	.name = reg, .region = bar, .offset = where,				\
	.width = sizeof(((type *)0)->member),					\
	.state = mdev_bpf_state_offset(type, member), attrs			\
}

/** MDEV_BPF_REG_CONST() - declare a register of @size bytes that always reads as @value */
#define MDEV_BPF_REG_CONST(reg, bar, where, size, value) {			\
	.name = reg, .region = bar, .offset = where, .width = size,		\
	.flags = MDEV_BPF_REGISTER_CONST, .reset = value			\
}

/**
 * MDEV_BPF_DOORBELL() - declare a register of @size bytes whose writes queue work @id
 *
 * It keeps no value, and reads as 0.
 */
#define MDEV_BPF_DOORBELL(reg, bar, where, size, id) {				\
	.name = reg, .region = bar, .offset = where, .width = size, .work = id,	\
	.flags = MDEV_BPF_REGISTER_CONST | MDEV_BPF_REGISTER_DOORBELL		\
}

/**
 * MDEV_BPF_QUEUE_REG() - declare an array of doorbells that ring queues and keep their values
 * @reg: its name, a string
 * @bar: VFIO index of the region
 * @where: offset of the first in the region
 * @type: the struct that is the state of a queue
 * @member: the member of @type that gets the value, and has the same width
 * @attrs: other members of struct mdev_bpf_register: .write, which bits are kept; .work, the first
 *	queue; .count, how many queues; .stride
 */
#define MDEV_BPF_QUEUE_REG(reg, bar, where, type, member, attrs...)		\
	MDEV_BPF_REG(reg, bar, where, type, member,				\
		     .flags = MDEV_BPF_REGISTER_DOORBELL | MDEV_BPF_REGISTER_QUEUE, attrs)

/**
 * MDEV_BPF_QUEUE_DOORBELL() - declare a register of @size bytes whose writes ring queue @id
 *
 * It keeps no value, and reads as 0.
 */
#define MDEV_BPF_QUEUE_DOORBELL(reg, bar, where, size, id) {			\
	.name = reg, .region = bar, .offset = where, .width = size, .work = id,	\
	.flags = MDEV_BPF_REGISTER_CONST | MDEV_BPF_REGISTER_DOORBELL |		\
		 MDEV_BPF_REGISTER_QUEUE					\
}

/** mdev_bpf_state_offset() - offset of a member in the device's state */
#define mdev_bpf_state_offset(type, member) offsetof(type, member)

#endif /* __MDEV_BPF_REGISTER_BPF_H */
