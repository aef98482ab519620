/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_STATE_H
#define USER_STATE_H

#include "kernel.h"
#include "object.h"

int state_check(const struct object *o, const struct kernel *k);

#endif
