/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that differs between the kernels both modules build on, and the
 * only place that looks at LINUX_VERSION_CODE. Code elsewhere is written for
 * the newest of them and calls the wrappers below.
 */

#ifndef _MDEV_KMOD_COMPAT_H
#define _MDEV_KMOD_COMPAT_H

#include <linux/device.h>
#include <linux/version.h>

#if KERNEL_VERSION(6, 12, 0) > LINUX_VERSION_CODE
#error "these modules need Linux 6.12 or newer"
#endif

/*
 * The device_link argument went away with commit 827ed8b1590d ("drivers: core:
 * remove device_link argument from class_compat_[create|remove]_link"). 6.12
 * has it, 7.2 has not; that 6.14 is the first without is taken from where the
 * commit stands in the history, nothing between the two has been built.
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

#endif /* _MDEV_KMOD_COMPAT_H */
