// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev_bpf: mediated devices that are BPF programs. This file has the entry points of the module,
 * and the files in /sys/kernel/mdev_bpf.
 */
#include <linux/init.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#include "console/console.h"
#include "gate/refuse.h"
#include "gate/stats.h"
#include "gate/watchdog.h"
#include "program/kfunc.h"
#include "program/registry.h"
#include "program/struct_ops.h"
#include "work/worker.h"

static struct kobject *mdev_bpf_kobj;

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

/* The content of the file "features": all MDEV_BPF_FEATURE_* that this module supports */
#define FEATURES (MDEV_BPF_FEATURE_TIMERS | MDEV_BPF_FEATURE_MSIX | MDEV_BPF_FEATURE_DMA | \
		  MDEV_BPF_FEATURE_MEMORY | MDEV_BPF_FEATURE_DOORBELLS | \
		  MDEV_BPF_FEATURE_GFX | MDEV_BPF_FEATURE_EXPRESS | \
		  MDEV_BPF_FEATURE_MIGRATION | MDEV_BPF_FEATURE_UPGRADE | \
		  MDEV_BPF_FEATURE_FAIL | MDEV_BPF_FEATURE_PLATFORM | \
		  MDEV_BPF_FEATURE_REGISTERS | MDEV_BPF_FEATURE_CLOCK | \
		  MDEV_BPF_FEATURE_PARAMS | MDEV_BPF_FEATURE_FILES | \
		  MDEV_BPF_FEATURE_REQUESTS | MDEV_BPF_FEATURE_QUEUES | \
		  MDEV_BPF_FEATURE_PROTECT | MDEV_BPF_FEATURE_CONSOLES | \
		  MDEV_BPF_FEATURE_CABLES | MDEV_BPF_FEATURE_QUEUE_DMA)

static ssize_t features_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%#x\n", FEATURES);
}

static struct kobj_attribute features_attr = __ATTR_RO(features);

static const struct attribute *const mdev_bpf_attrs[] = {
	&abi_attr.attr,
	&abi_min_attr.attr,
	&features_attr.attr,
	NULL,
};

static int __init mdev_bpf_init(void)
{
	int ret;

	mdev_bpf_kobj = kobject_create_and_add(KBUILD_MODNAME, kernel_kobj);
	if (!mdev_bpf_kobj)
		return -ENOMEM;
	ret = sysfs_create_files(mdev_bpf_kobj, mdev_bpf_attrs) ?:
	      sysfs_create_files(mdev_bpf_kobj, mdev_bpf_refuse_attrs) ?:
	      sysfs_create_files(mdev_bpf_kobj, mdev_bpf_stats_attrs);
	mdev_bpf_watchdog_module_init();
	ret = ret ?: mdev_bpf_worker_module_init();
	if (ret)
		goto out_put;
	ret = mdev_bpf_console_module_init();
	if (ret)
		goto out_worker;
	ret = mdev_bpf_registry_init();
	if (ret)
		goto out_console;
	/* kfuncs before struct_ops: no program can be complete without both */
	ret = mdev_bpf_kfunc_init() ?: mdev_bpf_struct_ops_init();
	if (ret)
		goto out_registry;
	return 0;

out_registry:
	mdev_bpf_registry_exit();
out_console:
	mdev_bpf_console_module_exit();
out_worker:
	mdev_bpf_worker_module_exit();
out_put:
	kobject_put(mdev_bpf_kobj);
	return ret;
}

static void __exit mdev_bpf_exit(void)
{
	mdev_bpf_registry_exit();
	/* Tables of registers are freed under RCU */
	rcu_barrier();
	mdev_bpf_console_module_exit();
	mdev_bpf_worker_module_exit();
	kobject_put(mdev_bpf_kobj);
}

module_init(mdev_bpf_init);
module_exit(mdev_bpf_exit);

MODULE_DESCRIPTION("Mediated devices written as BPF programs");
MODULE_LICENSE("GPL");
