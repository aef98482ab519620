/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels for which both modules can be built. Only
 * this file uses LINUX_VERSION_CODE. All other code is written for the newest
 * of these kernels, and calls the wrappers below.
 */

#ifndef _MDEV_KMOD_COMPAT_H
#define _MDEV_KMOD_COMPAT_H

#include <linux/btf.h>
#include <linux/device.h>
#include <linux/hrtimer.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/version.h>
#include <linux/workqueue.h>

#if KERNEL_VERSION(6, 12, 0) > LINUX_VERSION_CODE
#error "these modules need Linux 6.12 or newer"
#endif

/*
 * Commit 827ed8b1590d ("drivers: core: remove device_link argument from
 * class_compat_[create|remove]_link") removed the argument device_link. 6.12
 * has it, and 7.3 does not. According to the history, 6.14 is the first kernel
 * without it; no kernel between 6.12 and 7.2 has been built.
 */
#if KERNEL_VERSION(6, 14, 0) > LINUX_VERSION_CODE
static inline int compat_class_create_link(struct class_compat *cls,
					   struct device *dev)
{
	return class_compat_create_link(cls, dev, NULL);
}

static inline void compat_class_remove_link(struct class_compat *cls,
					    struct device *dev)
{
	class_compat_remove_link(cls, dev, NULL);
}
#else
#define compat_class_create_link class_compat_create_link
#define compat_class_remove_link class_compat_remove_link
#endif

/*
 * kernfs_node::parent became RCU managed, under another name, in 6.15 (from the history; 6.12 and
 * 7.3 were built). For folders that are not moved or removed meanwhile.
 */
#if KERNEL_VERSION(6, 15, 0) > LINUX_VERSION_CODE
#define compat_kernfs_parent(kn) ((kn)->parent)
#else
#define compat_kernfs_parent(kn) rcu_access_pointer((kn)->__parent)
#endif

/* The root of sysfs */
#define compat_sysfs_root() compat_kernfs_parent(kernel_kobj->sd)

/* VFIO answers GET_REGION_INFO itself, by a callback (6.19 from the history, 7.3 built). */
#if KERNEL_VERSION(6, 19, 0) <= LINUX_VERSION_CODE
#define COMPAT_HAS_GET_REGION_INFO_CAPS
#endif

/* hrtimer_setup() came with 6.13 (from the history; 6.12 and 7.3 were built). */
#if KERNEL_VERSION(6, 13, 0) > LINUX_VERSION_CODE
static inline void compat_hrtimer_setup(struct hrtimer *timer,
					enum hrtimer_restart (*fn)(struct hrtimer *),
					clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
}
#else
#define compat_hrtimer_setup hrtimer_setup
#endif

/*
 * Ops of DMA get physical addresses, not pages, since 6.19 (from the history; 6.12 and 7.3 were
 * built).
 */
#if KERNEL_VERSION(6, 19, 0) > LINUX_VERSION_CODE
#define COMPAT_DMA_OPS_GET_PAGES
#endif

/* Namespaces are strings since 6.13 (from the history; 6.12 and 7.3 were built). */
#if KERNEL_VERSION(6, 13, 0) > LINUX_VERSION_CODE
#define COMPAT_IMPORT_NS_DMA_BUF MODULE_IMPORT_NS(DMA_BUF)
#define COMPAT_IMPORT_NS_IOMMUFD MODULE_IMPORT_NS(IOMMUFD)
#else
#define COMPAT_IMPORT_NS_DMA_BUF MODULE_IMPORT_NS("DMA_BUF")
#define COMPAT_IMPORT_NS_IOMMUFD MODULE_IMPORT_NS("IOMMUFD")
#endif

/* system_unbound_wq got this name in 6.17 (from the history; 6.12 and 7.3 were built). */
#if KERNEL_VERSION(6, 17, 0) > LINUX_VERSION_CODE
#define system_dfl_wq system_unbound_wq
#endif

/* The flag went away when it became the default. */
#ifndef KF_TRUSTED_ARGS
#define KF_TRUSTED_ARGS 0
#endif

#endif /* _MDEV_KMOD_COMPAT_H */
