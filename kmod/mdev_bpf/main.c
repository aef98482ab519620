// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev_bpf: mediated devices that are BPF programs. Module entry and
 * /sys/kernel/mdev_bpf.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#include "internal.h"

static DEFINE_MUTEX(last_error_lock);
static char last_error[256];
static struct kobject *mdev_bpf_kobj;

/**
 * mdev_bpf_refuse() - leave a sentence that says why something was refused
 * @name: name of the program it is about
 * @fmt: printf() format of the sentence, without newline
 *
 * An errno alone sends people guessing. The CLI prints what this leaves in
 * /sys/kernel/mdev_bpf/last_error; the kernel log keeps it for everybody else.
 *
 * Context: Process context.
 */
void mdev_bpf_refuse(const char *name, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	mutex_lock(&last_error_lock);
	/* The name may be what is refused, so escape what should not be in a line of text */
	scnprintf(last_error, sizeof(last_error), "%*pE: %pV",
		  (int)strnlen(name, MDEV_BPF_NAME_LEN), name, &vaf);
	pr_notice_ratelimited("%s\n", last_error);
	mutex_unlock(&last_error_lock);
	va_end(args);
}

/**
 * mdev_bpf_refuse_clear() - an attempt begins: what was said of others is history
 *
 * Context: Process context.
 */
void mdev_bpf_refuse_clear(void)
{
	guard(mutex)(&last_error_lock);
	last_error[0] = '\0';
}

static ssize_t abi_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", MDEV_BPF_ABI);
}

static struct kobj_attribute abi_attr = __ATTR_RO(abi);

static ssize_t abi_min_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", MDEV_BPF_ABI_MIN);
}

static struct kobj_attribute abi_min_attr = __ATTR_RO(abi_min);

/* What loaders can rely on; all that <uapi/linux/mdev_bpf.h> has, once it is there. */
#define FEATURES (MDEV_BPF_FEATURE_TIMERS | MDEV_BPF_FEATURE_MSIX | MDEV_BPF_FEATURE_DMA | \
		  MDEV_BPF_FEATURE_MEMORY | MDEV_BPF_FEATURE_DOORBELLS | \
		  MDEV_BPF_FEATURE_GFX | MDEV_BPF_FEATURE_EXPRESS | \
		  MDEV_BPF_FEATURE_MIGRATION | MDEV_BPF_FEATURE_UPGRADE | \
		  MDEV_BPF_FEATURE_FAIL | MDEV_BPF_FEATURE_PLATFORM)

static ssize_t features_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%#x\n", FEATURES);
}

static struct kobj_attribute features_attr = __ATTR_RO(features);

static ssize_t last_error_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	guard(mutex)(&last_error_lock);
	if (!last_error[0])
		return 0;
	return sysfs_emit(buf, "%s\n", last_error);
}

static struct kobj_attribute last_error_attr = __ATTR_RO(last_error);

static const struct attribute *const mdev_bpf_attrs[] = {
	&abi_attr.attr,
	&abi_min_attr.attr,
	&features_attr.attr,
	&last_error_attr.attr,
	NULL,
};

static int __init mdev_bpf_init(void)
{
	int ret;

	mdev_bpf_kobj = kobject_create_and_add(KBUILD_MODNAME, kernel_kobj);
	if (!mdev_bpf_kobj)
		return -ENOMEM;
	ret = sysfs_create_files(mdev_bpf_kobj, mdev_bpf_attrs) ?:
	      sysfs_create_files(mdev_bpf_kobj, mdev_bpf_stats_attrs);
	ret = ret ?: mdev_bpf_deferred_module_init();
	if (ret)
		goto out_put;
	ret = mdev_bpf_dma_queue_module_init();
	if (ret)
		goto out_deferred;
	/* kfuncs before struct_ops: no program can be complete without both */
	ret = mdev_bpf_kfunc_init() ?: mdev_bpf_struct_ops_init();
	if (ret)
		goto out_dma;
	return 0;

out_dma:
	mdev_bpf_dma_queue_module_exit();
out_deferred:
	mdev_bpf_deferred_module_exit();
out_put:
	kobject_put(mdev_bpf_kobj);
	return ret;
}

static void __exit mdev_bpf_exit(void)
{
	mdev_bpf_program_exit();
	mdev_bpf_dma_queue_module_exit();
	mdev_bpf_deferred_module_exit();
	kobject_put(mdev_bpf_kobj);
}

module_init(mdev_bpf_init);
module_exit(mdev_bpf_exit);

MODULE_DESCRIPTION("Mediated devices written as BPF programs");
MODULE_LICENSE("GPL");
