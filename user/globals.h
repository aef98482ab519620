/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_GLOBALS_H
#define USER_GLOBALS_H

#include <bpf/libbpf.h>
#include <json-c/json.h>

int globals_set(struct bpf_object *obj, const char *assignment);
struct json_object *globals_describe(struct bpf_object *obj);

#endif
