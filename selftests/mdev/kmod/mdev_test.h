/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mdev_test.ko: parents of mediated devices that do what a test tells them.
 */

#ifndef _MDEV_TEST_H
#define _MDEV_TEST_H

#include <linux/device.h>

/* inject.c: fail the n-th call of a kernel function */
void inject_exit(void);

/* bare.c: what a device costs that has no mdev core above it */
extern struct device_attribute dev_attr_create_bare;

int bare_register(void);
void bare_unregister(void);
/* Remove what there is below a parent. */
void bare_exit(struct device *parent);

#endif /* _MDEV_TEST_H */
