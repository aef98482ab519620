// SPDX-License-Identifier: GPL-2.0-only
/* Implements task.h. */
#include <fnmatch.h>
#include <glob.h>

#include "mdev.h"
#include "mtap.h"
#include "task.h"

unsigned long long task_sum(const char *dirs, const char *name,
			    unsigned long long (*fn)(const char *dir))
{
	unsigned long long sum = 0;
	glob_t all;
	size_t i;

	ASSERT_EQ(glob(dirs, 0, NULL, &all), 0);
	for (i = 0; i < all.gl_pathc; i++)
		if (!fnmatch(name, sysfs_str("%s/comm", all.gl_pathv[i]), 0))
			sum += fn ? fn(all.gl_pathv[i]) : 1;
	globfree(&all);
	return sum;
}
