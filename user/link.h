/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_LINK_H
#define USER_LINK_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define BPFFS_DIR	"/sys/fs/bpf"
#define PIN_DIR		BPFFS_DIR "/mdev"

__u32 link_id(int fd);
__u32 link_map_id(__u32 id);

bool is_bpffs(const char *path);
int pin_prepare(const char *dir, int *made);
void pin_undo(const char *dir, int made);
int link_pin(int fd, const char *path);
bool link_find_pin(__u32 id, char *path, size_t size);

#endif
