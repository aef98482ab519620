/* SPDX-License-Identifier: GPL-2.0-only */
/* Consoles of devices: what a program on the host has of them. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "mdev.h"

/* Open /dev/mdev_bpf/UUID.NAME, without waiting: the file descriptor, or negative errno. */
int console_open(const struct mdev *m, const char *name);
/* Close it, if it is open: set to -1. */
void console_close(int *fd);
/* What has come to a console so far, up to 255 bytes. */
const char *console_heard(int fd);
/* Send to the device. */
void console_say(int fd, const char *text);

#endif /* CONSOLE_H */
