/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only header that a device program needs. Compiling with it takes clang, libbpf's headers and
 * the kernel's uapi headers, but neither the module nor a vmlinux.h: when the program is loaded,
 * the structs below are relocated (CO-RE) to match those of the running kernel.
 */
#ifndef __MDEV_BPF_BPF_H
#define __MDEV_BPF_BPF_H

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
 * For the upgrade op only, where mdev_bpf_state_get() returns the new state. That op can call no
 * other kfunc. Use mdev_bpf_old_state() for a pointer to a type.
 *
 * Return: the old state, read-only; NULL when @rdonly_buf_size is more than @old->size.
 */
extern const __u8 *mdev_bpf_upgrade_data(struct mdev_bpf_old *old,
					 const size_t rdonly_buf_size) __ksym;

/** mdev_bpf_old_state() - the old state as a pointer to @type, or NULL */
#define mdev_bpf_old_state(old, type) \
	((const type *)mdev_bpf_upgrade_data(old, sizeof(type)))

/**
 * mdev_bpf_irq_set() - drive the interrupt line of a device that has one interrupt
 * @dev: the device
 * @level: the line: 0 or 1
 *
 * With INTx, the line is a level: the core masks it when it fires, and it fires again at unmask if
 * it is still up. With MSI and MSI-X, each rising edge sends vector 0.
 *
 * Return: 0; -EINVAL for another @level; -ENXIO if the device declares none of them, or is no
 * PCI device.
 */
extern int mdev_bpf_irq_set(struct mdev_bpf_dev *dev, __u32 level) __ksym;

/**
 * mdev_bpf_irq_trigger() - send one message signalled interrupt
 * @dev: the device
 * @vector: 0 up to the declared count
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
 * -ENXIO if it is no PCI device.
 */
extern int mdev_bpf_irq_mode(struct mdev_bpf_dev *dev) __ksym;

/**
 * mdev_bpf_irq_line() - drive a line of a device that is not PCI
 * @dev: the device
 * @index: index in mdev_bpf_ops::irqs, of one with MDEV_BPF_IRQ_LEVEL
 * @level: the line: 0 or 1
 *
 * The core masks the line when it fires, and fires again at unmask if it is still up.
 *
 * Return: 0; -EINVAL for another @level, or if @index is no line; -ENXIO for a PCI device.
 */
extern int mdev_bpf_irq_line(struct mdev_bpf_dev *dev, __u32 index, __u32 level) __ksym;

/**
 * mdev_bpf_irq_signal() - send an interrupt of a device that is not PCI
 * @dev: the device
 * @index: index in mdev_bpf_ops::irqs, of one without MDEV_BPF_IRQ_LEVEL
 * @vector: 0 up to the declared count
 *
 * Return: 0, also if the user takes no interrupts on this vector; -EINVAL if there is no such
 * vector, or @index is a line; -ENXIO if the user has not enabled @index, or for a PCI device.
 */
extern int mdev_bpf_irq_signal(struct mdev_bpf_dev *dev, __u32 index, __u32 vector) __ksym;

/**
 * mdev_bpf_config_read() - read the device's PCI configuration space
 * @dev: the device
 * @offset: first byte, a multiple of @size
 * @size: 1, 2 or 4
 *
 * Return: the value; -EINVAL for a bad @size or @offset; -ENXIO if it is no PCI device.
 */
extern __s64 mdev_bpf_config_read(struct mdev_bpf_dev *dev, __u32 offset, __u32 size) __ksym;

/**
 * mdev_bpf_config_write() - set device specific bytes of configuration space
 * @dev: the device
 * @offset: first byte, a multiple of @size: from 0x40 up to 0x7f where no LOW capability is, or
 *	behind the header of a capability in mdev_bpf_ops::pci_caps; the rest is the core's
 * @size: 1, 2 or 4
 * @val: value; the guest can read but not write it
 *
 * The bytes are zero at creation and after a reset.
 *
 * Return: 0; -EINVAL for a bad @size or @offset; -EPERM where the core owns a byte; -ENXIO if it
 * is no PCI device.
 */
extern int mdev_bpf_config_write(struct mdev_bpf_dev *dev, __u32 offset, __u32 size,
				 __u32 val) __ksym;

/**
 * mdev_bpf_pci_cap_offset() - where a declared capability is in configuration space
 * @dev: the device
 * @index: index in mdev_bpf_ops::pci_caps
 *
 * That never changes for a device, but may differ between types.
 *
 * Return: the offset of its header, which the core has written; -EINVAL if none is declared there;
 * -ENXIO if it is no PCI device.
 */
extern int mdev_bpf_pci_cap_offset(struct mdev_bpf_dev *dev, __u32 index) __ksym;

/**
 * mdev_bpf_timer_arm() - arm a timer, which calls the timer op
 * @dev: the device
 * @id: which timer, 0 to MDEV_BPF_MAX_TIMERS - 1; goes to the op
 * @delay: nanoseconds from now, up to MDEV_BPF_MAX_DELAY
 * @period: nanoseconds between the calls after the first, from MDEV_BPF_MIN_PERIOD up; 0: no
 *	more calls
 *
 * Replaces what the timer was armed for before. A reset cancels all timers.
 *
 * Return: 0; -EINVAL for an argument out of range.
 */
extern int mdev_bpf_timer_arm(struct mdev_bpf_dev *dev, __u32 id, __u64 delay,
			      __u64 period) __ksym;

/**
 * mdev_bpf_timer_cancel() - disarm a timer
 * @dev: the device
 * @id: which timer
 *
 * The op is not called any more, even if the timer has already expired.
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_timer_cancel(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_work_queue() - queue work: a worker calls the work op soon
 * @dev: the device
 * @id: 0 to MDEV_BPF_MAX_WORK - 1; goes to the op
 *
 * Work that is queued again before the op is called counts once. A reset cancels all work.
 *
 * Return: 0; -EINVAL for an @id out of range.
 */
extern int mdev_bpf_work_queue(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_snprintf() - make a text of numbers
 * @out: where it goes, with a final NUL
 * @out__sz: room there, of which MDEV_BPF_MAX_TEXT bytes at most are used
 * @fmt__str: format, a constant string; use mdev_bpf_format()
 * @args: the numbers
 * @args__sz: bytes of them
 *
 * A conversion is "%", any of "-+ #0", up to two digits of width, nothing or one of "hh", "h", "l",
 * "ll" and one of "diuxXoc"; "%%" is a "%". There is no "%s": the kernel could not know what a
 * program has a pointer to.
 *
 * Return: bytes, without the NUL; what there is no room for is cut off. -EINVAL for anything else
 * in the format, and where numbers are missing: @out then ends before that.
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
 * @text: text up to a NUL or the end; on the stack or in the state
 * @text__sz: its size; what is beyond MDEV_BPF_MAX_REASON - 1 bytes is cut off
 *
 * Nothing is done while nobody has that event enabled. Use mdev_bpf_printk() to make the text.
 *
 * Return: 0.
 */
extern int mdev_bpf_print(struct mdev_bpf_dev *dev, const char *text, __u32 text__sz) __ksym;

/** mdev_bpf_printk() - mdev_bpf_print() with a text as of mdev_bpf_snprintf() */
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
 * @end: number behind that of the last
 *
 * Return: 0; -EINVAL if @start is behind @end; -E2BIG for more than MDEV_BPF_MAX_LOOPS rounds. Then
 * there is no round.
 */
extern int bpf_iter_mdev_new(struct bpf_iter_mdev *it, struct mdev_bpf_dev *dev, __s32 start,
			     __s32 end) __ksym;

/**
 * bpf_iter_mdev_next() - begin a round
 * @it: the loop
 *
 * Return: its number; NULL after the last, and when the op has run for too long: see op_limit_ms.
 */
extern int *bpf_iter_mdev_next(struct bpf_iter_mdev *it) __ksym;

/**
 * bpf_iter_mdev_destroy() - end a loop
 * @it: the loop
 */
extern void bpf_iter_mdev_destroy(struct bpf_iter_mdev *it) __ksym;

/* The number of the next round goes to @i; false if there is none. */
static __always_inline bool mdev_bpf_for_next(struct bpf_iter_mdev *it, int *i)
{
	int *round = bpf_iter_mdev_next(it);

	if (!round)
		return false;
	*i = *round;
	return true;
}

/**
 * mdev_bpf_for() - a loop: i is @start up to @end - 1; break and continue are as ever
 *
 * The verifier looks at the body as often as it finds something new, and not for each round, so it
 * can be long, and the bounds need not be constants. They are evaluated for each round. A plain for
 * loop with a constant number of rounds can be used as well.
 */
#define mdev_bpf_for(i, dev, start, end)						\
	for (struct bpf_iter_mdev ___it __attribute__((cleanup(bpf_iter_mdev_destroy))),	\
	     *___new __attribute__((unused)) =						\
		(bpf_iter_mdev_new(&___it, dev, start, end),				\
		 /* Or its type would be missing */					\
		 (void)bpf_iter_mdev_destroy, &___it);					\
	     mdev_bpf_for_next(&___it, &(i)) && (i) >= (int)(start) &&		\
	     (i) < (int)(end); )

/**
 * mdev_bpf_fail() - fail the device, because the program cannot continue with it
 * @dev: the device
 * @code: any number, conventionally a negative errno
 * @msg: why, as text up to a NUL or the end; on the stack or in the state
 * @msg__sz: its size; what is beyond MDEV_BPF_MAX_REASON - 1 bytes is cut off
 *
 * The op continues, and its result counts. Afterwards the device is stopped until it is reset or
 * gets another program: accesses fail with EIO, timers stand still, and the user gets the error
 * interrupt. Use mdev_bpf_fail_printf() to format the text.
 *
 * Return: 0; -EALREADY if the device has already failed: the first reason is kept.
 */
extern int mdev_bpf_fail(struct mdev_bpf_dev *dev, __s32 code, const char *msg,
			 __u32 msg__sz) __ksym;

/** mdev_bpf_fail_printf() - mdev_bpf_fail() with a text as of mdev_bpf_snprintf() */
#define mdev_bpf_fail_printf(dev, code, fmt, args...)				\
({										\
	char ___text[MDEV_BPF_MAX_REASON];					\
										\
	mdev_bpf_format(___text, sizeof(___text), fmt, ##args);			\
	mdev_bpf_fail(dev, code, ___text, sizeof(___text));			\
})

/**
 * mdev_bpf_dump_text() - add text to the dump of a device
 * @out: what the dump op got
 * @text: text up to a NUL or the end; on the stack or in the state
 * @text__sz: its size
 *
 * The text includes its newlines. Other unprintable characters become "?". Use
 * mdev_bpf_dump_printf() to format the text.
 *
 * Return: 0; -ENOSPC if there is not enough room: the rest is cut off, and the dump says so.
 */
extern int mdev_bpf_dump_text(struct mdev_bpf_dump *out, const char *text,
			      __u32 text__sz) __ksym;

/** mdev_bpf_dump_printf() - mdev_bpf_dump_text() with up to 127 bytes as of mdev_bpf_snprintf() */
#define mdev_bpf_dump_printf(out, fmt, args...)					\
({										\
	char ___text[128];							\
										\
	mdev_bpf_format(___text, sizeof(___text), fmt, ##args);			\
	mdev_bpf_dump_text(out, ___text, sizeof(___text));			\
})

/**
 * mdev_bpf_memory_read() - read from a MEMORY region
 * @dev: the device
 * @region: its VFIO index
 * @offset: first byte in it
 * @data: where to
 * @data__sz: bytes
 *
 * Bytes that were never written are zero.
 *
 * Return: 0; -EINVAL if the region is no MEMORY, or ends before; -E2BIG for more than
 * MDEV_BPF_MAX_VALUE bytes; -ETIME if the op has run for too long.
 */
extern int mdev_bpf_memory_read(struct mdev_bpf_dev *dev, __u32 region, __u64 offset, void *data,
				__u32 data__sz) __ksym;

/**
 * mdev_bpf_memory_write() - write to a MEMORY region
 * @dev: the device
 * @region: its VFIO index
 * @offset: first byte in it
 * @data: what to write
 * @data__sz: bytes
 *
 * The user sees the bytes at once. The region may be read-only for the user, or private.
 *
 * Return: 0; -EINVAL if the region is not MEMORY, or the bytes are not in it; -ENOMEM if a page
 * cannot be allocated without waiting (never with MDEV_BPF_REGION_POPULATE): some bytes may have
 * been written.
 */
extern int mdev_bpf_memory_write(struct mdev_bpf_dev *dev, __u32 region, __u64 offset,
				 const void *data, __u32 data__sz) __ksym;

/**
 * mdev_bpf_memory_get() - a pointer to bytes of a MEMORY region
 * @dev: the device
 * @where: which, MDEV_BPF_MEMORY(region, offset); aligned to the largest power of two that divides
 *	the size, 8 at most
 * @rdwr_buf_size: bytes wanted, a compile-time constant; they must lie within one page
 *
 * The user can change the bytes at any time, also between two reads. For a migration they count
 * as written.
 *
 * Return: the bytes; NULL if they are not all in one page of a MEMORY region, are not
 * aligned, or take a page that cannot be had without waiting (not with MDEV_BPF_REGION_POPULATE).
 */
extern __u8 *mdev_bpf_memory_get(struct mdev_bpf_dev *dev, __u64 where,
				 const size_t rdwr_buf_size) __ksym;

/**
 * mdev_bpf_dma_read() - copy from guest memory to the device
 * @dev: the device
 * @id: any number; dma_done gets it
 * @iova: address of the guest's memory
 * @where: where to: MDEV_BPF_STATE() or MDEV_BPF_MEMORY()
 * @size: bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * The request is queued, and carried out after the op. Then dma_done is called with the result.
 *
 * Return: 0; -EINVAL for a @size out of range, bytes that @where has not, or an address that
 * wraps; -ENXIO if the device is not open, or by a kernel client; -EBUSY if
 * MDEV_BPF_MAX_DMA requests wait.
 */
extern int mdev_bpf_dma_read(struct mdev_bpf_dev *dev, __u32 id, __u64 iova, __u64 where,
			     __u32 size) __ksym;

/**
 * mdev_bpf_dma_write() - copy from the device to guest memory
 * @dev: the device
 * @id: any number; dma_done gets it
 * @iova: address of the guest's memory
 * @where: where from: MDEV_BPF_STATE() or MDEV_BPF_MEMORY(), as it will be when the request is
 *	carried out
 * @size: bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * Return: as mdev_bpf_dma_read().
 */
extern int mdev_bpf_dma_write(struct mdev_bpf_dev *dev, __u32 id, __u64 iova, __u64 where,
			      __u32 size) __ksym;

/**
 * mdev_bpf_dma_pin() - pin guest memory, for access by mdev_bpf_dma_get()
 * @dev: the device
 * @id: the window, below the dma_windows that the program declares; dma_done gets it
 * @iova: first byte
 * @size: bytes, 1 to MDEV_BPF_MAX_DMA_SIZE
 *
 * A request like the others; the window is there when dma_done reports success. The memory must
 * be writable. Reset and close unpin everything, and so does the user who takes the memory away;
 * a request for memory that is just being taken away waits until that is over.
 *
 * Return: as mdev_bpf_dma_read(); -EINVAL also for an @id out of range.
 */
extern int mdev_bpf_dma_pin(struct mdev_bpf_dev *dev, __u32 id, __u64 iova, __u32 size) __ksym;

/**
 * mdev_bpf_dma_unpin() - unpin a window
 * @dev: the device
 * @id: the window
 *
 * Return: 0; -EINVAL for an @id out of range; -ENOENT if nothing is pinned there (yet).
 */
extern int mdev_bpf_dma_unpin(struct mdev_bpf_dev *dev, __u32 id) __ksym;

/**
 * mdev_bpf_dma_get() - a pointer to pinned guest memory
 * @dev: the device
 * @where: MDEV_BPF_PIN(), the window and the first byte in it
 * @rdwr_buf_size: bytes, a compile-time constant
 *
 * The guest and its other devices may change the memory at any time.
 *
 * Return: the memory, until the op returns; NULL if the window is not pinned, or not any more; if
 * the bytes are not all in it, or cross from one page of the guest's into the next, or their
 * address is not aligned by the largest power of two in the size, 8 at most; or if bus mastering is
 * off.
 */
extern __u8 *mdev_bpf_dma_get(struct mdev_bpf_dev *dev, __u64 where,
			      const size_t rdwr_buf_size) __ksym;

/**
 * mdev_bpf_stream_put() - add bytes to the program's opaque stream, in save
 * @stream: the stream
 * @data: the bytes
 * @data__sz: how many
 *
 * Return: 0; -ENOSPC if it would be longer than 1 MiB; -EPERM in restore.
 */
extern int mdev_bpf_stream_put(struct mdev_bpf_stream *stream, const void *data,
			       __u32 data__sz) __ksym;

/**
 * mdev_bpf_stream_get() - get bytes of an opaque stream, in restore
 * @stream: the stream
 * @offset: the first byte
 * @buf: where they go
 * @buf__sz: how many
 *
 * Return: 0; -EINVAL if there are not as many.
 */
extern int mdev_bpf_stream_get(struct mdev_bpf_stream *stream, __u64 offset, void *buf,
			       __u32 buf__sz) __ksym;

#endif /* __MDEV_BPF_BPF_H */
