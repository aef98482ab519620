/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_SYSTEMD_H
#define USER_SYSTEMD_H

#include <stdbool.h>
#include <stddef.h>

bool systemd_runs(void);
int systemctl(const char *verb, const char *unit);
void unit_words(const char *unit, char *buf, size_t size);

#endif
