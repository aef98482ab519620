/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_LOG_H
#define USER_LOG_H

#include <bpf/libbpf.h>

void log_init(void);
const char *log_reason(int err);

int log_prepare(struct bpf_object *obj);
int log_report(struct bpf_object *obj, int err);
void log_release(struct bpf_object *obj);

#endif
