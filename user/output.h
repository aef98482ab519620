/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_OUTPUT_H
#define USER_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#define EXIT_USAGE	2

/* How to print, set once from the command line. */
extern bool json_output;
extern bool json_pretty;
extern bool debug_output;

#define __printf(a, b) __attribute__((__format__(printf, a, b)))

int p_err(const char *fmt, ...) __printf(1, 2);
int p_usage(const char *fmt, ...) __printf(1, 2);
void p_info(const char *fmt, ...) __printf(1, 2);
const char *err_hint(int err);
/* Store the messages of p_err() and p_usage() in @buf, instead of printing them; NULL ends that. */
void err_capture(char *buf, size_t size);

/*
 * Commands build JSON objects, and these functions print them: as JSON with -j and -p, else as text
 * with the same content. They consume the object and return 0.
 */
int out_list(struct json_object *rows);
int out_details(struct json_object *obj);
int out_text(struct json_object *obj, const char *text);
int out_nothing(void);

void add_str(struct json_object *obj, const char *key, const char *val);
void add_u64(struct json_object *obj, const char *key, unsigned long long val);
void add_id(struct json_object *obj, const char *key, unsigned int id);
void add_hex(struct json_object *obj, const char *key, unsigned long long val, int digits);
void add_bool(struct json_object *obj, const char *key, bool val);

#endif
