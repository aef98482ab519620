// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refusals: a sentence about what was refused and why, for sysfs and the kernel log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kobject.h>
#include <linux/mdev_bpf.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "device/device.h"
#include "gate/refuse.h"
#include "program/program.h"

#define SENTENCE_SIZE	300

/*
 * Not a mutex: attaching takes it, and so does every reader of the file. A reader that does not get
 * to run, because of a CPU quota for example, could own a mutex for any time.
 */
static DEFINE_SPINLOCK(last_error_lock);
static char last_error[SENTENCE_SIZE];

/* Record a sentence that begins with the names of a program and, if it is not "", of a device. */
static void record(const char *name, const char *device, struct va_format *vaf,
		   struct ratelimit_state *limit)
{
	char sentence[SENTENCE_SIZE];

	/* The name itself may be what is refused, so escape unprintable characters */
	scnprintf(sentence, sizeof(sentence), "%*pE: %s%s%pV",
		  (int)strnlen(name, MDEV_BPF_NAME_LEN), name, device, *device ? ": " : "", vaf);
	scoped_guard(spinlock, &last_error_lock)
		strscpy(last_error, sentence);
	if (__ratelimit(limit))
		pr_notice("%s\n", sentence);
}

/**
 * mdev_bpf_refuse_format() - mdev_bpf_refuse() with a format and its arguments in one
 * @name: name of the program
 * @vaf: the printf() format of the sentence, without newline, and the arguments
 *
 * Context: Process context.
 */
void mdev_bpf_refuse_format(const char *name, struct va_format *vaf)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);

	record(name, "", vaf, &limit);
}

/**
 * mdev_bpf_refuse() - record a sentence that says why something was refused
 * @name: name of the program
 * @fmt: printf() format of the sentence, without newline
 *
 * An errno alone does not say what is wrong. The sentence goes to /sys/kernel/mdev_bpf/last_error,
 * which the CLI prints, and to the kernel log.
 *
 * Context: Process context.
 */
void mdev_bpf_refuse(const char *name, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	mdev_bpf_refuse_format(name, &vaf);
	va_end(args);
}

/**
 * mdev_bpf_refuse_user() - the same for what the user of a device has done
 * @bdev: the device
 * @fmt: printf() format of the sentence, without newline
 *
 * The sentence begins with the name of the device, because the user decides when there is one, and
 * may decide what it says. Its rate limit is not that of the administrator's attempts.
 *
 * Context: Process context.
 */
void mdev_bpf_refuse_user(struct mdev_bpf_device *bdev, const char *fmt, ...)
{
	static DEFINE_RATELIMIT_STATE(limit, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	record(bdev->program->driver.driver.name, bdev->ctx.name, &vaf, &limit);
	va_end(args);
}

/**
 * mdev_bpf_refuse_clear() - drop the sentence of an earlier attempt, because a new one begins
 *
 * Context: Process context.
 */
void mdev_bpf_refuse_clear(void)
{
	guard(spinlock)(&last_error_lock);
	last_error[0] = '\0';
}

static ssize_t last_error_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	guard(spinlock)(&last_error_lock);
	if (!last_error[0])
		return 0;
	return sysfs_emit(buf, "%s\n", last_error);
}

static struct kobj_attribute last_error_attr = __ATTR_RO(last_error);

/* Of /sys/kernel/mdev_bpf/ */
const struct attribute *const mdev_bpf_refuse_attrs[] = {
	&last_error_attr.attr,
	NULL,
};
