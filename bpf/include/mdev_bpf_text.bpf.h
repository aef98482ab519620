/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts: formatted numbers, trace lines, failures and dumps; random bytes.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_TEXT_BPF_H
#define __MDEV_BPF_TEXT_BPF_H

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
 * that conversion. -ETIME if the op has run for too long; @out is empty then.
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

#endif /* __MDEV_BPF_TEXT_BPF_H */
