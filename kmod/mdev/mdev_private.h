/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the three files of mdev.ko share with each other.
 */

#ifndef _MDEV_PRIVATE_H
#define _MDEV_PRIVATE_H

#include <linux/mdev.h>

/* core.c: lifetime of devices */
int mdev_device_create(struct mdev_type *type, const guid_t *uuid);
int mdev_device_remove(struct mdev_device *mdev, struct device_attribute *self);

/* bus.c: the bus, and the class of parents */
extern const struct bus_type mdev_bus_type;

int mdev_class_register(void);
void mdev_class_unregister(void);
int mdev_class_link_add(struct device *dev);
void mdev_class_link_remove(struct device *dev);

/* sysfs.c: what user space reads and writes */
extern const struct attribute_group *mdev_device_groups[];

int mdev_types_add(struct mdev_parent *parent);
void mdev_types_remove(struct mdev_parent *parent);

int mdev_links_add(struct mdev_device *mdev);
void mdev_links_remove(struct mdev_device *mdev);

#endif /* _MDEV_PRIVATE_H */
