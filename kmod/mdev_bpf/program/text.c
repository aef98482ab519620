// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formatting of text for programs. The BPF core's bpf_snprintf() accepts a pointer to any kernel
 * memory for "%s", and writes a million blanks before a number if the format says so. The function
 * here only formats numbers, with widths of up to two digits.
 */
#include <linux/bitops.h>
#include <linux/btf.h>
#include <linux/sprintf.h>
#include <linux/string.h>

#include "device/line.h"
#include "gate/trace.h"
#include "gate/watchdog.h"
#include "program/text.h"

/* Room for "%", the flags, two digits of width, "ll", the conversion and a NUL */
#define MAX_FLAGS	5
#define MAX_WIDTH	2
#define SPEC_SIZE	(MAX_FLAGS + MAX_WIDTH + 5)

/* The number of bytes of its argument that a conversion uses, by its length: "l", "hh", ... */
static unsigned int take_length(const char **fmt)
{
	const char *at = *fmt;
	char length = *at;

	if (length != 'l' && length != 'h')
		return sizeof(int);
	*fmt += at[1] == length ? 2 : 1;
	if (length == 'l')
		return sizeof(u64);
	return at[1] == length ? sizeof(char) : sizeof(short);
}

/* Write one conversion, which *fmt points to after the "%". Return: its bytes, or -EINVAL. */
static int put_conversion(char *out, size_t room, const char **fmt, u64 arg)
{
	unsigned int flags = 0, width = 0, bits;
	char spec[SPEC_SIZE] = "%";
	char *to = spec + 1;

	for (; **fmt && strchr("-+ #0", **fmt) && flags < MAX_FLAGS; flags++)
		*to++ = *(*fmt)++;
	for (; isdigit(**fmt) && width < MAX_WIDTH; width++)
		*to++ = *(*fmt)++;
	bits = take_length(fmt) * BITS_PER_BYTE;
	switch (**fmt) {
	case 'd':
	case 'i':
		arg = sign_extend64(arg, bits - 1);
		break;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		arg &= GENMASK_ULL(bits - 1, 0);
		break;
	case 'c':
		*to = *(*fmt)++;
		return scnprintf(out, room, spec, (int)(u8)arg);
	default:
		return -EINVAL;
	}
	*to++ = 'l';
	*to++ = 'l';
	*to = *(*fmt)++;
	return scnprintf(out, room, spec, arg);
}

__bpf_kfunc_start_defs();

__bpf_kfunc int mdev_bpf_snprintf(char *out, u32 out__sz, const char *fmt__str, const u64 *args,
				  u32 args__sz)
{
	u32 room = min_t(u32, out__sz, MDEV_BPF_MAX_TEXT), left = args__sz / sizeof(*args);
	const char *fmt = fmt__str;
	u32 at = 0;
	int ret;

	if (!room)
		return -EINVAL;
	out[0] = '\0';
	/* Hundreds of conversions take long enough to count, if there are many such calls */
	if (mdev_bpf_watchdog_here_is_over())
		return -ETIME;
	while (*fmt && at + 1 < room) {
		if (*fmt != '%' || *++fmt == '%') {
			out[at++] = *fmt++;
			continue;
		}
		out[at] = '\0';
		if (!left--)
			return -EINVAL;
		ret = put_conversion(out + at, room - at, &fmt, *args++);
		if (ret < 0)
			return ret;
		at += ret;
	}
	out[at] = '\0';
	return at;
}

__bpf_kfunc int mdev_bpf_print(struct mdev_bpf_dev *dev, const char *text, u32 text__sz)
{
	char line[MDEV_BPF_MAX_REASON];

	if (!trace_mdev_bpf_print_enabled())
		return 0;
	mdev_bpf_line_copy(line, sizeof(line), text, text__sz);
	trace_mdev_bpf_print(dev, line);
	return 0;
}

__bpf_kfunc_end_defs();
