// SPDX-License-Identifier: GPL-2.0-only
/* Implements cgroup.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "mtap.h"
#include "mdev.h"

int cgroup_mount(const char *controller)
{
	char text[32];

	if (!exists(CGROUPS "/cgroup.controllers") &&
	    mount("cgroup2", CGROUPS, "cgroup2", 0, NULL))
		return -errno;
	snprintf(text, sizeof(text), "+%s", controller);
	return sysfs_write(text, CGROUPS "/cgroup.subtree_control");
}

int cgroup_put(const char *group, const char *file, const char *text)
{
	return sysfs_write(text, CGROUPS "/%s/%s", group, file);
}

long long cgroup_counter(const char *group, const char *file, const char *name)
{
	long long n, found = -1;
	char text[128];
	FILE *f;

	snprintf(text, sizeof(text), CGROUPS "/%s/%s", group, file);
	f = fopen(text, "r");
	ASSERT(f);
	while (fscanf(f, "%127s %lld", text, &n) == 2)
		if (!strcmp(text, name))
			found = n;
	fclose(f);
	return found;
}

int cgroup_make(const char *group)
{
	char path[128];

	snprintf(path, sizeof(path), CGROUPS "/%s", group);
	rmdir(path);
	return mkdir(path, 0755) ? -errno : 0;
}

int cgroup_enter(const char *group)
{
	return cgroup_put(group, "cgroup.procs", "0");
}

void cgroup_remove(const char *group)
{
	char path[128];

	snprintf(path, sizeof(path), CGROUPS "/%s", group);
	EXPECT(mtap_await(!rmdir(path) || errno == ENOENT));
}
