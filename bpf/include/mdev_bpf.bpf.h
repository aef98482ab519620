/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only header that a device program needs. Compiling with it takes clang, libbpf's headers and
 * the kernel's uapi headers, but neither the module nor a vmlinux.h: when the program is loaded,
 * the structs below are relocated (CO-RE) to match those of the running kernel.
 */
#ifndef __MDEV_BPF_BPF_H
#define __MDEV_BPF_BPF_H

/* clang does not define it for BPF. Without it, <drm/drm_fourcc.h> includes headers of the libc. */
#ifndef __linux__
#define __linux__	1
#endif

#include <linux/types.h>
#include <linux/bpf.h>
#include <asm-generic/errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
#include <linux/mdev_bpf.h>
#pragma clang attribute pop

/**
 * MDEV_BPF_OP() - define the function of an op
 * @name: the function
 * @args: its parameters: all that the member of struct mdev_bpf_ops has
 *
 * Stands after the return type and before the body::
 *
 *	int MDEV_BPF_OP(my_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
 *	{
 *		...
 *	}
 *
 * The kernel calls the program with an array of arguments. @name is therefore two functions for one
 * symbol: the one that takes the array, and one that is declared with the type of the op, so that
 * the compiler checks the initializer of the member. Only the kernel can call either; what several
 * ops do goes into a static function.
 */
#define MDEV_BPF_OP(name, args...)						\
___ret_##name(void);								\
__typeof__(___ret_##name()) name(args) asm(#name) __attribute__((overloadable,	\
	diagnose_if(1, "only the kernel can call an op", "error")));		\
static __always_inline __typeof__(___ret_##name())				\
___op_##name(unsigned long long *ctx, ##args);					\
SEC("struct_ops")								\
__typeof__(___ret_##name()) name(unsigned long long *ctx)			\
{										\
	_Pragma("clang diagnostic push")					\
	_Pragma("clang diagnostic ignored \"-Wint-conversion\"")		\
	return ___op_##name(___bpf_ctx_cast(args));				\
	_Pragma("clang diagnostic pop")						\
}										\
static __always_inline __typeof__(___ret_##name())				\
___op_##name(unsigned long long *ctx, ##args)

/* Parameters that are pairs of a type and a name: as they are declared, and as they are passed */
#define ___mdev_decl2(t, n)		t n
#define ___mdev_decl4(t, n, rest...)	t n, ___mdev_decl2(rest)
#define ___mdev_decl6(t, n, rest...)	t n, ___mdev_decl4(rest)
#define ___mdev_decl8(t, n, rest...)	t n, ___mdev_decl6(rest)
#define ___mdev_decl10(t, n, rest...)	t n, ___mdev_decl8(rest)
#define ___mdev_decl12(t, n, rest...)	t n, ___mdev_decl10(rest)
#define ___mdev_decl(pairs...)		___bpf_apply(___mdev_decl, ___bpf_narg(pairs))(pairs)
#define ___mdev_pass2(t, n)		(t)(n)
#define ___mdev_pass4(t, n, rest...)	(t)(n), ___mdev_pass2(rest)
#define ___mdev_pass6(t, n, rest...)	(t)(n), ___mdev_pass4(rest)
#define ___mdev_pass8(t, n, rest...)	(t)(n), ___mdev_pass6(rest)
#define ___mdev_pass10(t, n, rest...)	(t)(n), ___mdev_pass8(rest)
#define ___mdev_pass12(t, n, rest...)	(t)(n), ___mdev_pass10(rest)
#define ___mdev_pass(pairs...)		___bpf_apply(___mdev_pass, ___bpf_narg(pairs))(pairs)

/**
 * MDEV_BPF_FUNC() - define a function that the verifier checks once, not for each call
 * @name: the function
 * @dev: the name by which it knows the device
 * @args: up to four parameters, each as a type, a comma and a name: numbers, or pointers to structs
 *
 * Stands after the return type, an integer, and before the body. A call passes ctx, which is in
 * scope in each op and in each of these functions, and not the device::
 *
 *	int MDEV_BPF_FUNC(my_queue_run, dev, __u64, queue, __u32, tail)
 *	{
 *		...
 *	}
 *
 *	int MDEV_BPF_OP(my_work, struct mdev_bpf_dev *dev, __u32 id)
 *	{
 *		return my_queue_run(ctx, id, 0);
 *	}
 *
 * The verifier knows nothing of the arguments, such as their ranges, and nothing of the result.
 */
#define MDEV_BPF_FUNC(name, dev, args...)					\
___ret_##name(void);								\
static __always_inline __typeof__(___ret_##name())				\
___func_##name(___mdev_decl(unsigned long long *, ctx, struct mdev_bpf_dev *, dev, ##args)); \
__noinline __typeof__(___ret_##name())						\
name(___mdev_decl(unsigned long long *, ctx __arg_ctx, ##args))			\
{										\
	return ___func_##name(___mdev_pass(unsigned long long *, ctx,		\
					   struct mdev_bpf_dev *, ctx[0], ##args)); \
}										\
static __always_inline __typeof__(___ret_##name())				\
___func_##name(___mdev_decl(unsigned long long *, ctx, struct mdev_bpf_dev *, dev, ##args))

/**
 * MDEV_BPF_Q_FUNC() - MDEV_BPF_FUNC() for functions that the queue op calls
 * @name: the function
 * @q: the name by which it knows the queue
 * @args: up to four parameters, each as a type, a comma and a name: numbers, or pointers to structs
 */
#define MDEV_BPF_Q_FUNC(name, q, args...)					\
___ret_##name(void);								\
static __always_inline __typeof__(___ret_##name())				\
___func_##name(___mdev_decl(unsigned long long *, ctx, struct mdev_bpf_queue *, q, ##args)); \
__noinline __typeof__(___ret_##name())						\
name(___mdev_decl(unsigned long long *, ctx __arg_ctx, ##args))			\
{										\
	return ___func_##name(___mdev_pass(unsigned long long *, ctx,		\
					   struct mdev_bpf_queue *, ctx[0], ##args)); \
}										\
static __always_inline __typeof__(___ret_##name())				\
___func_##name(___mdev_decl(unsigned long long *, ctx, struct mdev_bpf_queue *, q, ##args))

/**
 * MDEV_BPF_DEVICE() - declare a device program
 * @ops: the name of the variable, a struct mdev_bpf_ops, and of the program
 * @members: its members, as in an initializer
 *
 * Sets mdev_bpf_ops::abi. @members may have another mdev_bpf_ops::name::
 *
 *	MDEV_BPF_DEVICE(my,
 *			.types = { { .name = "1" } },
 *			...
 *			.region_read = my_read);
 */
#define MDEV_BPF_DEVICE(ops, members...)					\
_Pragma("clang diagnostic push")						\
_Pragma("clang diagnostic ignored \"-Winitializer-overrides\"")			\
SEC(".struct_ops.link")								\
struct mdev_bpf_ops ops = { .name = #ops, .abi = MDEV_BPF_ABI, members }	\
_Pragma("clang diagnostic pop")

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

/**
 * mdev_bpf_state_get() - the device's state
 * @dev: the device
 * @rdwr_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * The state has mdev_bpf_ops::state_size bytes. It is zeroed at creation and by a reset. It lives
 * as long as the device, even if another program is attached; the upgrade op can convert it. Use
 * mdev_bpf_state() for a pointer to a type.
 *
 * Return: the state; NULL when @rdwr_buf_size is more than the declared state_size.
 */
extern __u8 *mdev_bpf_state_get(struct mdev_bpf_dev *dev, const size_t rdwr_buf_size) __ksym;

/** mdev_bpf_state() - the device's state as a pointer to @type, or NULL */
#define mdev_bpf_state(dev, type) ((type *)mdev_bpf_state_get(dev, sizeof(type)))

/**
 * mdev_bpf_ioctl_data() - the argument of an ioctl
 * @call: the call
 * @rdwr_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * Return: the kernel's copy of the argument; NULL if it has fewer bytes (@call->size).
 */
extern __u8 *mdev_bpf_ioctl_data(struct mdev_bpf_ioctl *call, const size_t rdwr_buf_size) __ksym;

/**
 * mdev_bpf_upgrade_data() - the state that the previous program left
 * @old: the argument of the upgrade op
 * @rdonly_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * For the upgrade op only, where mdev_bpf_state_get() returns the new state. Apart from these and
 * the same for queues, that op can call no kfunc. Use mdev_bpf_old_state() for a pointer to a type.
 *
 * Return: the old state, read-only; NULL when @rdonly_buf_size is more than @old->size.
 */
extern const __u8 *mdev_bpf_upgrade_data(struct mdev_bpf_old *old,
					 const size_t rdonly_buf_size) __ksym;

/**
 * mdev_bpf_upgrade_queue() - the state of a queue that the previous program left
 * @old: the argument of the upgrade op
 * @id: the queue
 * @rdonly_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * For the upgrade op only, where mdev_bpf_queue_stop() returns the new state. Use
 * mdev_bpf_old_queue() for a pointer to a type.
 *
 * Return: the old state, read-only; NULL when @rdonly_buf_size is more than @old->queue_size, or if
 * there is no such queue.
 */
extern const __u8 *mdev_bpf_upgrade_queue(struct mdev_bpf_old *old, __u32 id,
					  const size_t rdonly_buf_size) __ksym;

/** mdev_bpf_old_queue() - the old state of a queue as a pointer to @type, or NULL */
#define mdev_bpf_old_queue(old, id, type) \
	((const type *)mdev_bpf_upgrade_queue(old, id, sizeof(type)))

/** mdev_bpf_old_state() - the old state as a pointer to @type, or NULL */
#define mdev_bpf_old_state(old, type) \
	((const type *)mdev_bpf_upgrade_data(old, sizeof(type)))

/**
 * mdev_bpf_irq_set() - set the interrupt line of a device that has one interrupt
 * @dev: the device
 * @level: the new level of the line, 0 or 1
 *
 * With INTx, the line is a level: the core masks it when it fires, and it fires again at unmask if
 * it is still up. With MSI and MSI-X, each rising edge sends vector 0.
 *
 * Return: 0; -EINVAL for another @level; -ENXIO if the device declares none of them, or is not PCI.
 */
extern int mdev_bpf_irq_set(struct mdev_bpf_dev *dev, __u32 level) __ksym;

/**
 * mdev_bpf_irq_trigger() - send one message signalled interrupt
 * @dev: the device
 * @vector: 0 to the declared count minus 1
 *
 * If the user has no eventfd for the vector, MSI-X sends the message when it gets one, and MSI
 * loses it.
 *
 * Return: 0, even if the user has no eventfd for this vector; -EINVAL for a vector out of range;
 * -ENXIO if the user has enabled neither MSI nor MSI-X, or the device is not PCI.
 */
extern int mdev_bpf_irq_trigger(struct mdev_bpf_dev *dev, __u32 vector) __ksym;

/**
 * mdev_bpf_irq_mode() - the interrupt mode that the user has enabled
 * @dev: the device
 *
 * Return: MDEV_BPF_IRQ_OFF, MDEV_BPF_IRQ_INTX, MDEV_BPF_IRQ_MSI or MDEV_BPF_IRQ_MSIX;
 * -ENXIO if the device is not PCI.
 */
extern int mdev_bpf_irq_mode(struct mdev_bpf_dev *dev) __ksym;

/**
 * mdev_bpf_irq_line() - set a line of a device that is not PCI
 * @dev: the device
 * @index: index in mdev_bpf_ops::irqs of an entry with MDEV_BPF_IRQ_LEVEL
 * @level: the new level of the line, 0 or 1
 *
 * The core masks the line when it fires, and fires again at unmask if it is still up.
 *
 * Return: 0; -EINVAL for another @level, or if @index is not a line; -ENXIO for a PCI device.
 */
extern int mdev_bpf_irq_line(struct mdev_bpf_dev *dev, __u32 index, __u32 level) __ksym;

/**
 * mdev_bpf_irq_signal() - send an interrupt of a device that is not PCI
 * @dev: the device
 * @index: index in mdev_bpf_ops::irqs of an entry without MDEV_BPF_IRQ_LEVEL
 * @vector: 0 to the declared count minus 1
 *
 * Return: 0, even if the user has no eventfd for this vector; -EINVAL if there is no such vector,
 * or @index is a line; -ENXIO if the user has not enabled @index, or for a PCI device.
 */
extern int mdev_bpf_irq_signal(struct mdev_bpf_dev *dev, __u32 index, __u32 vector) __ksym;

/**
 * mdev_bpf_config_read() - read the device's PCI configuration space
 * @dev: the device
 * @offset: first byte, a multiple of @size
 * @size: 1, 2 or 4
 *
 * Return: the value; -EINVAL for another @size or @offset; -ENXIO if the device is not PCI.
 */
extern __s64 mdev_bpf_config_read(struct mdev_bpf_dev *dev, __u32 offset, __u32 size) __ksym;

/**
 * mdev_bpf_config_write() - write device-specific bytes of configuration space
 * @dev: the device
 * @offset: first byte, a multiple of @size. The program can write the bytes from 0x40 to 0x7f that
 *	no LOW capability occupies, and those after the header of a capability in
 *	mdev_bpf_ops::pci_caps. All others belong to the core
 * @size: 1, 2 or 4
 * @val: the value, which the guest can read but not write
 *
 * The bytes are zero at creation and after a reset.
 *
 * Return: 0; -EINVAL for another @size or @offset; -EPERM if a byte belongs to the core; -ENXIO if
 * the device is not PCI.
 */
extern int mdev_bpf_config_write(struct mdev_bpf_dev *dev, __u32 offset, __u32 size,
				 __u32 val) __ksym;

/**
 * mdev_bpf_pci_cap_offset() - find a declared capability in configuration space
 * @dev: the device
 * @index: index in mdev_bpf_ops::pci_caps
 *
 * The offset never changes for a device, but may differ between types.
 *
 * Return: the offset of its header, which the core has written; -EINVAL if @index is not declared;
 * -ENXIO if the device is not PCI.
 */
extern int mdev_bpf_pci_cap_offset(struct mdev_bpf_dev *dev, __u32 index) __ksym;

/**
 * mdev_bpf_timer_arm() - arm a timer, which calls the timer op
 * @dev: the device
 * @id: number of the timer, 0 to MDEV_BPF_MAX_TIMERS - 1; passed to the op
 * @delay: nanoseconds from now, up to MDEV_BPF_MAX_DELAY
 * @period: nanoseconds between the calls after the first, at least MDEV_BPF_MIN_PERIOD; 0 for a
 *	single call
 *
 * Replaces what the timer was armed for before. A reset cancels all timers.
 *
 * Return: 0; -EINVAL if an argument is out of range.
 */
extern int mdev_bpf_timer_arm(struct mdev_bpf_dev *dev, __u32 id, __u64 delay,
			      __u64 period) __ksym;

/**
 * mdev_bpf_timer_cancel() - cancel a timer
 * @dev: the device
 * @id: number of the timer
 *
 * The op is not called any more, even if the timer has already expired.
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_timer_cancel(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_timer_left() - how long until a timer expires?
 * @dev: the device
 * @id: number of the timer
 *
 * Return: nanoseconds; 0 if the timer op is due; -ENOENT if the timer is not armed; -EINVAL for an
 * @id out of range.
 */
extern __s64 mdev_bpf_timer_left(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_time() - the time of the device
 * @dev: the device
 *
 * Passes only while the device's timers do: while it is open, has a program, has not failed and is
 * not stopped for a migration. It migrates with the device. A reset and another program do not
 * change it.
 *
 * Return: nanoseconds since the device was created.
 */
extern __u64 mdev_bpf_time(struct mdev_bpf_dev *dev) __ksym;

/**
 * mdev_bpf_work_queue() - queue work: a worker calls the work op soon
 * @dev: the device
 * @id: number of the work, 0 to MDEV_BPF_MAX_WORK - 1; passed to the op
 *
 * Work that is queued again before the op is called counts once. A reset cancels all work.
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_work_queue(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_snprintf() - format numbers as text
 * @out: buffer for the text and a final NUL
 * @out__sz: size of the buffer, of which at most MDEV_BPF_MAX_TEXT bytes are used
 * @fmt__str: format, a constant string; use mdev_bpf_format()
 * @args: the numbers
 * @args__sz: size of @args in bytes
 *
 * A conversion consists of "%", any of "-+ #0", a width of up to two digits, optionally one of
 * "hh", "h", "l", "ll", and one of "diuxXoc"; "%%" stands for "%". There is no "%s", because the
 * kernel cannot check what such a pointer points to.
 *
 * Return: the length of the text without the NUL; text that does not fit is cut off. -EINVAL if the
 * format has another conversion, or more conversions than there are numbers; @out then ends before
 * that conversion.
 */
extern int mdev_bpf_snprintf(char *out, __u32 out__sz, const char *fmt__str, const __u64 *args,
			     __u32 args__sz) __ksym;

/** mdev_bpf_format() - mdev_bpf_snprintf() with the arguments of snprintf() */
#define mdev_bpf_format(out, size, fmt, args...)				\
({										\
	static const char ___fmt[] = fmt;					\
	__u64 ___args[___bpf_narg(args) + 1] = {};				\
										\
	___bpf_fill(___args, args);						\
	/* There is one more, since an array has at least one */		\
	mdev_bpf_snprintf(out, size, ___fmt, ___args,				\
			  sizeof(___args) - sizeof(___args[0]));		\
})

/**
 * mdev_bpf_print() - print a line, as the trace event mdev_bpf_print
 * @dev: the device
 * @text: the text, up to a NUL or the end; on the stack or in the state
 * @text__sz: size of @text; the line is cut off after MDEV_BPF_MAX_REASON - 1 bytes
 *
 * Nothing happens while the event is not enabled. Use mdev_bpf_printk() to format the text.
 *
 * Return: 0.
 */
extern int mdev_bpf_print(struct mdev_bpf_dev *dev, const char *text, __u32 text__sz) __ksym;

/** mdev_bpf_printk() - mdev_bpf_print() with a text formatted by mdev_bpf_snprintf() */
#define mdev_bpf_printk(dev, fmt, args...)					\
({										\
	char ___line[MDEV_BPF_MAX_REASON];					\
										\
	mdev_bpf_format(___line, sizeof(___line), fmt, ##args);			\
	mdev_bpf_print(dev, ___line, sizeof(___line));				\
})

/**
 * bpf_iter_mdev_new() - begin a loop; use mdev_bpf_for()
 * @it: the loop
 * @dev: the device
 * @start: number of the first round
 * @end: number of the last round plus 1
 *
 * Return: 0; -EINVAL if @start is more than @end; -E2BIG for more than MDEV_BPF_MAX_LOOPS rounds.
 * After an error the loop has no rounds.
 */
extern int bpf_iter_mdev_new(struct bpf_iter_mdev *it, struct mdev_bpf_dev *dev, __s32 start,
			     __s32 end) __ksym;

/**
 * bpf_iter_mdev_next() - begin a round
 * @it: the loop
 *
 * Return: a pointer to its number; NULL after the last round, or if the op has run for longer than
 * the module parameter op_limit_ms.
 */
extern int *bpf_iter_mdev_next(struct bpf_iter_mdev *it) __ksym;

/**
 * bpf_iter_mdev_destroy() - end a loop
 * @it: the loop
 */
extern void bpf_iter_mdev_destroy(struct bpf_iter_mdev *it) __ksym;

/* Store the number of the next round in @i; false if there is none. */
static __always_inline bool mdev_bpf_for_next(struct bpf_iter_mdev *it, int *i)
{
	int *round = bpf_iter_mdev_next(it);

	if (!round)
		return false;
	*i = *round;
	return true;
}

/**
 * mdev_bpf_for() - a loop: @i is @start up to @end - 1; break and continue work as usual
 * @i: an int, the number of the round
 * @dev: the device
 * @start: number of the first round
 * @end: number of the last round plus 1
 *
 * The verifier does not follow each round; it processes the body until it finds no new states. So
 * the loop can be long, and the bounds need not be constants. They are evaluated in each round. A
 * plain for loop with a constant number of rounds can be used as well.
 */
#define mdev_bpf_for(i, dev, start, end)						\
	for (struct bpf_iter_mdev ___it __attribute__((cleanup(bpf_iter_mdev_destroy))),	\
	     *___new __attribute__((unused)) =						\
		(bpf_iter_mdev_new(&___it, dev, start, end),				\
		 /* Or the object has no BTF for it */					\
		 (void)bpf_iter_mdev_destroy, &___it);					\
	     mdev_bpf_for_next(&___it, &(i)) && (i) >= (int)(start) &&		\
	     (i) < (int)(end);)

/**
 * mdev_bpf_fail() - fail the device, because the program cannot continue with it
 * @dev: the device
 * @code: any number, conventionally a negative errno
 * @msg: the reason as text, up to a NUL or the end; on the stack or in the state
 * @msg__sz: size of @msg; the text is cut off after MDEV_BPF_MAX_REASON - 1 bytes
 *
 * The op continues, and its result counts. Afterwards the device is stopped until it is reset or
 * gets another program: accesses fail with EIO, timers stand still, and the user gets the error
 * interrupt. Use mdev_bpf_fail_printf() to format the text.
 *
 * Return: 0; -EALREADY if the device has already failed: the first reason is kept.
 */
extern int mdev_bpf_fail(struct mdev_bpf_dev *dev, __s32 code, const char *msg,
			 __u32 msg__sz) __ksym;

/** mdev_bpf_fail_printf() - mdev_bpf_fail() with a text formatted by mdev_bpf_snprintf() */
#define mdev_bpf_fail_printf(dev, code, fmt, args...)				\
({										\
	char ___text[MDEV_BPF_MAX_REASON];					\
										\
	mdev_bpf_format(___text, sizeof(___text), fmt, ##args);			\
	mdev_bpf_fail(dev, code, ___text, sizeof(___text));			\
})

/**
 * mdev_bpf_dump_text() - add text to the dump of a device
 * @out: the argument of the dump op
 * @text: the text, up to a NUL or the end; on the stack or in the state
 * @text__sz: size of @text
 *
 * The text includes its newlines. Other unprintable characters become "?". Use
 * mdev_bpf_dump_printf() to format the text.
 *
 * Return: 0; -ENOSPC if there is not enough room: the rest is cut off, and the dump says so.
 */
extern int mdev_bpf_dump_text(struct mdev_bpf_dump *out, const char *text,
			      __u32 text__sz) __ksym;

/** mdev_bpf_dump_printf() - mdev_bpf_dump_text() with up to 127 bytes of formatted text */
#define mdev_bpf_dump_printf(out, fmt, args...)					\
({										\
	char ___text[128];							\
										\
	mdev_bpf_format(___text, sizeof(___text), fmt, ##args);			\
	mdev_bpf_dump_text(out, ___text, sizeof(___text));			\
})

/**
 * mdev_bpf_param() - the value of a parameter
 * @dev: the device
 * @index: index in mdev_bpf_ops::params
 *
 * The administrator can change it while the device is not open. init sees the presets; open, and
 * all ops while the device is open, see what the administrator has set.
 *
 * Return: the number of a NUMBER; 0 or 1 for a BOOL; MDEV_BPF_FILE_* for a FILE, 0 if none is
 * bound; 0 for a TEXT, and if devices of this type do not have the parameter.
 */
extern __u64 mdev_bpf_param(struct mdev_bpf_dev *dev, __u32 index) __ksym;

/**
 * mdev_bpf_file_size() - the size of a file that the administrator has bound
 * @dev: the device
 * @index: index in mdev_bpf_ops::params, of a FILE
 *
 * The size can change, if others change the file.
 *
 * Return: number of bytes; -ENODEV if no file is bound; -EINVAL if devices of this type have no
 * FILE with this index.
 */
extern __s64 mdev_bpf_file_size(struct mdev_bpf_dev *dev, __u32 index) __ksym;

/**
 * mdev_bpf_param_text() - copy the text of a parameter
 * @dev: the device
 * @index: index in mdev_bpf_ops::params
 * @text: buffer for the text and its final NUL
 * @text__sz: size of the buffer in bytes, at least 1
 *
 * Return: number of bytes of the text, without the NUL; -E2BIG if it was cut off to fit the buffer;
 * -EINVAL if devices of this type have no parameter of kind TEXT with this index.
 */
extern int mdev_bpf_param_text(struct mdev_bpf_dev *dev, __u32 index, void *text,
			       __u32 text__sz) __ksym;

/**
 * mdev_bpf_memory_read() - read from a MEMORY region
 * @dev: the device
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @data: buffer for the bytes
 * @data__sz: number of bytes
 *
 * Bytes that were never written are zero.
 *
 * Return: 0; -EINVAL if the region is not MEMORY, or does not contain all of the bytes; -E2BIG for
 * more than MDEV_BPF_MAX_VALUE bytes; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_memory_read(struct mdev_bpf_dev *dev, __u32 region, __u64 offset, void *data,
				__u32 data__sz) __ksym;

/**
 * mdev_bpf_memory_write() - write to a MEMORY region
 * @dev: the device
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @data: the bytes to write
 * @data__sz: number of bytes
 *
 * The user sees the bytes immediately. The region may be read-only for the user, or private.
 *
 * Return: 0; -EINVAL, -E2BIG or -ETIME as mdev_bpf_memory_read(); -ENOMEM if a page cannot be
 * allocated without waiting (never with MDEV_BPF_REGION_POPULATE), and then some bytes may have
 * been written.
 */
extern int mdev_bpf_memory_write(struct mdev_bpf_dev *dev, __u32 region, __u64 offset,
				 const void *data, __u32 data__sz) __ksym;

/* The loop of mdev_bpf_memory_write_const(): 64 bytes at a time, by way of the stack */
static __always_inline int mdev_bpf_memory_write_table(struct mdev_bpf_dev *dev, __u32 region,
						       __u64 offset, const void *table,
						       __u32 size)
{
	__u32 rest = size % 64;
	__u8 piece[64];
	int i, ret = 0;

	mdev_bpf_for(i, dev, 0, size / 64) {
		__builtin_memcpy(piece, table + 64 * i, 64);
		ret = mdev_bpf_memory_write(dev, region, offset + 64 * i, piece, 64);
		if (ret)
			return ret;
	}
	if (!rest)
		return 0;
	__builtin_memcpy(piece, table + size - rest, rest);
	return mdev_bpf_memory_write(dev, region, offset + size - rest, piece, rest);
}

/**
 * mdev_bpf_memory_write_const() - write a constant table to a MEMORY region
 * @dev: the device
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @table: an array or struct that is a global const variable; all of it is written
 *
 * For data that mdev_bpf_memory_write() cannot take, because the verifier lets no kfunc have memory
 * that a program cannot write.
 *
 * Return: as mdev_bpf_memory_write().
 */
#define mdev_bpf_memory_write_const(dev, region, offset, table)	\
	mdev_bpf_memory_write_table(dev, region, offset, &(table), sizeof(table))

/*
 * Barriers between accesses to memory that others use at the same time: MEMORY regions, and windows
 * of guest memory. mdev_bpf_mb() orders all accesses before it and all after it. _wmb() orders
 * writes, _rmb() orders reads. BPF has no weaker barrier for processors than an atomic exchange.
 */
static __always_inline void mdev_bpf_mb(void)
{
	__u64 word = 0;

	asm volatile("" : : "r"(&word) : "memory");
	(void)__sync_lock_test_and_set(&word, 1);
	asm volatile("" : : "r"(&word) : "memory");
}

#define mdev_bpf_wmb()	mdev_bpf_mb()
#define mdev_bpf_rmb()	mdev_bpf_mb()

/**
 * mdev_bpf_memory_zero() - fill bytes of a MEMORY region with zeros, and free whole pages
 * @dev: the device
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @size: number of bytes, up to MDEV_BPF_MAX_ZERO
 *
 * The bytes are zero when this returns. Whole pages are freed soon afterwards, except those that
 * are mapped, pinned or in a dma-buf, that were written since, and those of a region with
 * MDEV_BPF_REGION_POPULATE. Nothing is allocated.
 *
 * Return: 0; -EINVAL if the region is not MEMORY, or does not contain all of the bytes; -E2BIG for
 * more than MDEV_BPF_MAX_ZERO bytes; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_memory_zero(struct mdev_bpf_dev *dev, __u32 region, __u64 offset,
				__u64 size) __ksym;

/**
 * mdev_bpf_memory_protect() - protect memory of a region from being written by its user
 * @dev: the device
 * @region: VFIO index of the region, which has MDEV_BPF_REGION_PROTECT
 * @offset: first byte in the region, at the start of a page (4096 bytes)
 * @size: number of bytes: whole pages, or up to the end of the region; 0 to protect nothing
 *
 * Replaces what was protected before. While it is protected, write(2) fails with EACCES. What is
 * written through a mapping has no effect on the memory, and the mapping shows it for some
 * milliseconds only. Programs and DMA can still write. A reset ends it.
 *
 * Return: 0; -EINVAL if the region does not have MDEV_BPF_REGION_PROTECT, or does not contain all
 * of the bytes, or they are not as above.
 */
extern int mdev_bpf_memory_protect(struct mdev_bpf_dev *dev, __u32 region, __u64 offset,
				   __u64 size) __ksym;

/**
 * mdev_bpf_memory_get() - get a pointer to bytes of a MEMORY region
 * @dev: the device
 * @where: MDEV_BPF_MEMORY(region, offset); the offset is aligned to the largest power of two that
 *	is not larger than @rdwr_buf_size, at most 8
 * @rdwr_buf_size: number of bytes, a compile-time constant; they must lie within one page
 *
 * The user can change the bytes at any time, even between two reads. For a migration, the bytes
 * count as written.
 *
 * Return: the pointer; NULL if the bytes are not all in one page of a MEMORY region, if they are
 * not aligned, or if a page cannot be allocated without waiting (never with
 * MDEV_BPF_REGION_POPULATE).
 */
extern __u8 *mdev_bpf_memory_get(struct mdev_bpf_dev *dev, __u64 where,
				 const size_t rdwr_buf_size) __ksym;

/**
 * mdev_bpf_random() - get random bytes, as secure as those of /dev/urandom
 * @dev: the device
 * @data: buffer for the bytes
 * @data__sz: number of bytes, up to MDEV_BPF_MAX_RANDOM
 *
 * bpf_get_prandom_u32() is faster, and for what nobody needs to be unable to guess.
 *
 * Return: 0; -E2BIG for more than MDEV_BPF_MAX_RANDOM bytes; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_random(struct mdev_bpf_dev *dev, void *data, __u32 data__sz) __ksym;

/**
 * mdev_bpf_request() - request a transfer to or from guest memory, or a window of it
 * @dev: the device
 * @req: the request. Members that a request has no use for are zero
 * @req__sz: sizeof(*@req)
 *
 * The request is queued, and carried out after the op. Then dma_done is called with the result.
 * Requests of one channel wait for each other; those of other channels do not wait for them.
 *
 * Return: 0; -EINVAL if a member is out of range, if @req->where does not have as many bytes, or if
 * the guest addresses wrap around; -E2BIG if @req has members that this kernel does not know, and
 * they are not zero; -ENXIO if the device is not open, or a kernel client has opened it; -EBUSY if
 * MDEV_BPF_MAX_DMA requests are waiting.
 */
extern int mdev_bpf_request(struct mdev_bpf_dev *dev, const struct mdev_bpf_request *req,
			    __u32 req__sz) __ksym;

/**
 * mdev_bpf_request_cancel() - cancel the requests with an id
 * @dev: the device
 * @id: the id, as in struct mdev_bpf_request
 *
 * dma_done is called for them all the same, with ECANCELED, in the order of their channel. A
 * request that is being carried out is interrupted, but may still complete, or fail with another
 * error.
 *
 * Return: the number of requests; -ENOENT if there is none that has not completed.
 */
extern int mdev_bpf_request_cancel(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_dma_read() - copy from guest memory to the device, in channel 0
 * @dev: the device
 * @id: any number; passed to dma_done
 * @iova: address in guest memory
 * @where: the destination: MDEV_BPF_STATE() or MDEV_BPF_MEMORY()
 * @size: number of bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * Return: as mdev_bpf_request().
 */
static __always_inline int mdev_bpf_dma_read(struct mdev_bpf_dev *dev, __u32 id, __u64 iova,
					     __u64 where, __u64 size)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_READ, .id = id, .iova = iova, .where = where, .size = size,
	};

	return mdev_bpf_request(dev, &req, sizeof(req));
}

/**
 * mdev_bpf_dma_write() - copy from the device to guest memory, in channel 0
 * @dev: the device
 * @id: any number; passed to dma_done
 * @iova: address in guest memory
 * @where: the source: MDEV_BPF_STATE() or MDEV_BPF_MEMORY(), with its content at the time when the
 *	request is carried out
 * @size: number of bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * Return: as mdev_bpf_request().
 */
static __always_inline int mdev_bpf_dma_write(struct mdev_bpf_dev *dev, __u32 id, __u64 iova,
					      __u64 where, __u64 size)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_WRITE, .id = id, .iova = iova, .where = where, .size = size,
	};

	return mdev_bpf_request(dev, &req, sizeof(req));
}

/**
 * mdev_bpf_dma_pin() - pin guest memory, for access by mdev_bpf_dma_get(); in channel 0
 * @dev: the device
 * @id: the window, less than the dma_windows that the program declares; passed to dma_done
 * @iova: the first guest address
 * @size: number of bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * The window exists when dma_done reports success. The memory must be readable and writable. Reset
 * and close unpin all windows. A window is also unpinned when the user unmaps its memory. A request
 * for memory that is being unmapped waits until that is done.
 *
 * Return: as mdev_bpf_request(); also -EINVAL if @id is out of range.
 */
static __always_inline int mdev_bpf_dma_pin(struct mdev_bpf_dev *dev, __u32 id, __u64 iova,
					    __u64 size)
{
	struct mdev_bpf_request req = {
		.op = MDEV_BPF_DMA_PIN, .id = id, .iova = iova, .size = size,
	};

	return mdev_bpf_request(dev, &req, sizeof(req));
}

/**
 * mdev_bpf_dma_unpin() - unpin a window
 * @dev: the device
 * @id: the window
 *
 * Return: 0; -EINVAL if @id is out of range; -ENOENT if the window does not exist, or not yet.
 */
extern int mdev_bpf_dma_unpin(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_dma_get() - get a pointer to pinned guest memory
 * @dev: the device
 * @where: MDEV_BPF_PIN(window, offset)
 * @rdwr_buf_size: number of bytes, a compile-time constant
 *
 * The guest and its other devices may change the memory at any time.
 *
 * Return: a pointer that is valid until the op returns; NULL if the window is not pinned, or no
 * longer; if the bytes are not all in the window, or not all in one page of the guest; if the guest
 * address is not aligned to the largest power of two that is not larger than @rdwr_buf_size, at
 * most 8; or if bus mastering is off.
 */
extern __u8 *mdev_bpf_dma_get(struct mdev_bpf_dev *dev, __u64 where,
			      const size_t rdwr_buf_size) __ksym;

/**
 * mdev_bpf_queue_kick() - ring a queue: a worker calls the queue op for it soon
 * @dev: the device
 * @id: the queue, 0 to mdev_bpf_ops::queues - 1
 *
 * A queue that is rung again before the op is called is called once. A reset cancels this.
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_queue_kick(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_queue_stop() - stop a queue until the op returns, and get its state
 * @dev: the device
 * @id: the queue, 0 to mdev_bpf_ops::queues - 1
 * @rdwr_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * Waits for the queue op of this queue, if it is running. The queue is not rung by this. In init,
 * reset, save, restore, started and upgrade, all queues stand still anyway. Use
 * mdev_bpf_stopped_queue() for a pointer to a type.
 *
 * Return: the state of the queue; NULL for an @id out of range, or when @rdwr_buf_size is more than
 * the declared queue_state_size.
 */
extern __u8 *mdev_bpf_queue_stop(struct mdev_bpf_dev *dev, __u32 id,
				 const size_t rdwr_buf_size) __ksym;

/** mdev_bpf_stopped_queue() - mdev_bpf_queue_stop() for a pointer to @type, or NULL */
#define mdev_bpf_stopped_queue(dev, id, type) \
	((type *)mdev_bpf_queue_stop(dev, id, sizeof(type)))

/**
 * mdev_bpf_q_state_get() - the state of the queue
 * @q: the queue
 * @rdwr_buf_size: bytes that the program uses, from the start; a compile-time constant
 *
 * The state has mdev_bpf_ops::queue_state_size bytes. It lives as long as that of the device, and
 * is zeroed with it. Use mdev_bpf_q_state() for a pointer to a type.
 *
 * Return: the state; NULL when @rdwr_buf_size is more than the declared queue_state_size.
 */
extern __u8 *mdev_bpf_q_state_get(struct mdev_bpf_queue *q, const size_t rdwr_buf_size) __ksym;

/** mdev_bpf_q_state() - the state of the queue as a pointer to @type, or NULL */
#define mdev_bpf_q_state(q, type) ((type *)mdev_bpf_q_state_get(q, sizeof(type)))

/**
 * mdev_bpf_q_kick() - mdev_bpf_queue_kick() for the queue op
 * @q: the queue
 * @id: the queue to ring: another one, or the same
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_q_kick(struct mdev_bpf_queue *q, __u32 id) __ksym;

/**
 * mdev_bpf_q_work() - mdev_bpf_work_queue() for the queue op
 * @q: the queue
 * @id: number of the work, 0 to MDEV_BPF_MAX_WORK - 1; passed to the work op
 *
 * The work op can do what the queue op cannot, such as DMA, and then ring the queue.
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_q_work(struct mdev_bpf_queue *q, __u32 id) __ksym;

/**
 * mdev_bpf_q_irq() - mdev_bpf_irq_trigger() for the queue op
 * @q: the queue
 * @vector: 0 to the declared count minus 1
 *
 * Return: as mdev_bpf_irq_trigger(); -ETIME if the op has run for too long.
 */
extern int mdev_bpf_q_irq(struct mdev_bpf_queue *q, __u32 vector) __ksym;

/**
 * mdev_bpf_q_memory_read() - mdev_bpf_memory_read() for the queue op
 * @q: the queue
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @data: buffer for the bytes
 * @data__sz: number of bytes
 *
 * Other ops may write to the memory at the same time.
 *
 * Return: as mdev_bpf_memory_read().
 */
extern int mdev_bpf_q_memory_read(struct mdev_bpf_queue *q, __u32 region, __u64 offset, void *data,
				  __u32 data__sz) __ksym;

/**
 * mdev_bpf_q_memory_write() - mdev_bpf_memory_write() for the queue op
 * @q: the queue
 * @region: VFIO index of the region
 * @offset: first byte in the region
 * @data: the bytes to write
 * @data__sz: number of bytes
 *
 * Other ops may access the memory at the same time.
 *
 * Return: as mdev_bpf_memory_write().
 */
extern int mdev_bpf_q_memory_write(struct mdev_bpf_queue *q, __u32 region, __u64 offset,
				   const void *data, __u32 data__sz) __ksym;

/**
 * mdev_bpf_q_fail() - mdev_bpf_fail() for the queue op
 * @q: the queue
 * @code: any number, conventionally a negative errno
 * @msg: the reason as text, up to a NUL or the end; on the stack or in the state
 * @msg__sz: size of @msg; the text is cut off after MDEV_BPF_MAX_REASON - 1 bytes
 *
 * The device fails right after the op has returned. Other ops may still be called until then.
 *
 * Return: 0; -EALREADY if the device has already failed, or this op has reported a failure before.
 */
extern int mdev_bpf_q_fail(struct mdev_bpf_queue *q, __s32 code, const char *msg,
			   __u32 msg__sz) __ksym;

/** mdev_bpf_q_fail_printf() - mdev_bpf_q_fail() with a text formatted by mdev_bpf_snprintf() */
#define mdev_bpf_q_fail_printf(q, code, fmt, args...)				\
({										\
	char ___text[MDEV_BPF_MAX_REASON];					\
										\
	mdev_bpf_format(___text, sizeof(___text), fmt, ##args);			\
	mdev_bpf_q_fail(q, code, ___text, sizeof(___text));			\
})

/**
 * bpf_iter_mdev_q_new() - begin a loop in the queue op; use mdev_bpf_q_for()
 * @it: the loop
 * @q: the queue
 * @start: number of the first round
 * @end: number of the last round plus 1
 *
 * Return: as bpf_iter_mdev_new().
 */
extern int bpf_iter_mdev_q_new(struct bpf_iter_mdev_q *it, struct mdev_bpf_queue *q, __s32 start,
			       __s32 end) __ksym;

/**
 * bpf_iter_mdev_q_next() - begin a round
 * @it: the loop
 *
 * Return: as bpf_iter_mdev_next().
 */
extern int *bpf_iter_mdev_q_next(struct bpf_iter_mdev_q *it) __ksym;

/**
 * bpf_iter_mdev_q_destroy() - end a loop
 * @it: the loop
 */
extern void bpf_iter_mdev_q_destroy(struct bpf_iter_mdev_q *it) __ksym;

/* Store the number of the next round in @i; false if there is none. */
static __always_inline bool mdev_bpf_q_for_next(struct bpf_iter_mdev_q *it, int *i)
{
	int *round = bpf_iter_mdev_q_next(it);

	if (!round)
		return false;
	*i = *round;
	return true;
}

/**
 * mdev_bpf_q_for() - mdev_bpf_for() for the queue op
 * @i: an int, the number of the round
 * @q: the queue
 * @start: number of the first round
 * @end: number of the last round plus 1
 */
#define mdev_bpf_q_for(i, q, start, end)						\
	for (struct bpf_iter_mdev_q ___it __attribute__((cleanup(bpf_iter_mdev_q_destroy))),	\
	     *___new __attribute__((unused)) =						\
		(bpf_iter_mdev_q_new(&___it, q, start, end),				\
		 /* Or the object has no BTF for it */					\
		 (void)bpf_iter_mdev_q_destroy, &___it);				\
	     mdev_bpf_q_for_next(&___it, &(i)) && (i) >= (int)(start) &&		\
	     (i) < (int)(end);)

/**
 * mdev_bpf_stream_put() - add bytes to an opaque stream; for save only
 * @stream: the stream
 * @data: the bytes
 * @data__sz: number of bytes
 *
 * Return: 0; -ENOSPC if the stream would be longer than 1 MiB; -EPERM in restore.
 */
extern int mdev_bpf_stream_put(struct mdev_bpf_stream *stream, const void *data,
			       __u32 data__sz) __ksym;

/**
 * mdev_bpf_stream_get() - get bytes of an opaque stream; for restore only
 * @stream: the stream
 * @offset: the first byte
 * @buf: buffer for the bytes
 * @buf__sz: number of bytes
 *
 * Return: 0; -EINVAL if the stream does not have as many; -E2BIG for more than MDEV_BPF_MAX_VALUE.
 */
extern int mdev_bpf_stream_get(struct mdev_bpf_stream *stream, __u64 offset, void *buf,
			       __u32 buf__sz) __ksym;

#endif /* __MDEV_BPF_BPF_H */
