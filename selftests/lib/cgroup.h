/* SPDX-License-Identifier: GPL-2.0-only */
/* Control groups of version 2, for tests that limit what a task can have. */
#ifndef CGROUP_H
#define CGROUP_H

#define CGROUPS	"/sys/fs/cgroup"

/* Mount them if need be, and hand @controller down: 0, or negative errno if there is none. */
int cgroup_mount(const char *controller);
/* Write @text to a file of a group, which is a path below CGROUPS: 0 or negative errno. */
int cgroup_put(const char *group, const char *file, const char *text);
/* A counter of a file of a group that has "NAME NUMBER" in each line; -1 if it does not */
long long cgroup_counter(const char *group, const char *file, const char *name);
/* Make a group; one of that name that is empty goes first. */
int cgroup_make(const char *group);
/* Move this process into a group; "" is the root. */
int cgroup_enter(const char *group);
/* Remove a group, as soon as the last of its processes is gone. */
void cgroup_remove(const char *group);

#endif /* CGROUP_H */
