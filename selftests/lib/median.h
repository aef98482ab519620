/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTESTS_MEDIAN_H
#define SELFTESTS_MEDIAN_H

#include <linux/types.h>
#include <stddef.h>

/* The median of @nr values, which it sorts */
__u64 median(__u64 *values, size_t nr);

#endif /* SELFTESTS_MEDIAN_H */
