/* SPDX-License-Identifier: GPL-2.0-only */
/* Consoles: streams of bytes between a device and a program on the host. */
#ifndef __MDEV_BPF_CONSOLE_CONSOLE_H
#define __MDEV_BPF_CONSOLE_CONSOLE_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_console;
struct mdev_bpf_device;

/**
 * struct mdev_bpf_consoles - the consoles of a device
 * @all: one for each parameter that is a CONSOLE, by its index; NULL for others
 */
struct mdev_bpf_consoles {
	struct mdev_bpf_console *all[MDEV_BPF_MAX_PARAMS];
};

int mdev_bpf_console_init(struct mdev_bpf_device *bdev);
void mdev_bpf_console_destroy(struct mdev_bpf_device *bdev);
int mdev_bpf_console_add(struct mdev_bpf_device *bdev);
void mdev_bpf_console_del(struct mdev_bpf_device *bdev);
void mdev_bpf_console_notify(struct mdev_bpf_device *bdev);
struct mdev_bpf_console *mdev_bpf_console_find(struct mdev_bpf_device *bdev, u32 index);
u32 mdev_bpf_console_put(struct mdev_bpf_console *c, const void *data, u32 size);
u32 mdev_bpf_console_get(struct mdev_bpf_console *c, void *data, u32 size);
u32 mdev_bpf_console_take_status(struct mdev_bpf_console *c);
int mdev_bpf_console_module_init(void);
void mdev_bpf_console_module_exit(void);

#endif /* __MDEV_BPF_CONSOLE_CONSOLE_H */
