/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_STATS_H
#define USER_STATS_H

#include <json-c/json.h>

/* Counters of ops, a row each. Returns 0, or what the command shall; no rows then. */
int stats_rows(const char *what, struct json_object **rows);

#endif
