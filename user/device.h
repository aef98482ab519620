/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_DEVICE_H
#define USER_DEVICE_H

#include "sysfs.h"

int device_arg(const char *text, struct device *dev);

#endif
