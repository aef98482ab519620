// SPDX-License-Identifier: GPL-2.0-only
/* Printing: JSON, the same content as text, and errors. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

#define GAP	2	/* spaces between columns */

bool json_output;
bool json_pretty;
bool debug_output;

static void print_json(struct json_object *obj)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (json_pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	puts(json_object_to_json_string_ext(obj, flags));
}

static char *captured;
static size_t captured_size;

void err_capture(char *buf, size_t size)
{
	captured = buf;
	captured_size = size;
	if (buf)
		*buf = '\0';
}

static void vp_err(const char *fmt, va_list ap)
{
	struct json_object *obj;
	char *msg;

	if (captured) {
		vsnprintf(captured, captured_size, fmt, ap);
		return;
	}
	if (vasprintf(&msg, fmt, ap) < 0)
		return;
	if (json_output) {
		obj = json_object_new_object();
		add_str(obj, "error", msg);
		print_json(obj);
		json_object_put(obj);
	} else {
		fprintf(stderr, "Error: %s\n", msg);
	}
	free(msg);
}

/* Print why the command fails, and the remedy. */
int p_err(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vp_err(fmt, ap);
	va_end(ap);
	return -1;
}

/* The same for a wrong command line. */
int p_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vp_err(fmt, ap);
	va_end(ap);
	return EXIT_USAGE;
}

/* Print a note. */
void p_info(const char *fmt, ...)
{
	va_list ap;

	if (json_output)
		return;
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* Text of an errno, with the remedy if there is only one. */
const char *err_hint(int err)
{
	if ((err == EPERM || err == EACCES) && geteuid())
		return "permission denied, run it as root";
	return strerror(err);
}

static bool is_empty(struct json_object *val)
{
	return json_object_is_type(val, json_type_array) && !json_object_array_length(val);
}

static bool is_table(struct json_object *val)
{
	return json_object_is_type(val, json_type_array) && !is_empty(val) &&
	       json_object_is_type(json_object_array_get_idx(val, 0), json_type_object);
}

static void print_value(FILE *f, struct json_object *val)
{
	const char *sep = "", *text;

	switch (json_object_get_type(val)) {
	case json_type_null:
		fputc('-', f);
		break;
	case json_type_boolean:
		fputs(json_object_get_boolean(val) ? "yes" : "no", f);
		break;
	case json_type_array:
		if (is_empty(val))
			fputc('-', f);
		for (size_t i = 0; i < json_object_array_length(val); i++) {
			fputs(sep, f);
			print_value(f, json_object_array_get_idx(val, i));
			sep = " ";
		}
		break;
	case json_type_object: {
		json_object_object_foreach(val, key, member) {
			fprintf(f, "%s%s ", sep, key);
			print_value(f, member);
			sep = ", ";
		}
		break;
	}
	default:
		text = json_object_get_string(val);
		fputs(*text ? text : "-", f);
	}
}

static char *value_text(struct json_object *val)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		abort();
	print_value(f, val);
	fclose(f);
	return text;
}

static bool is_none(struct json_object *val)
{
	return !val || is_empty(val) ||
	       (json_object_is_type(val, json_type_string) && !json_object_get_string_len(val));
}

static int text_width(struct json_object *val)
{
	char *text = value_text(val);
	int width = strlen(text);

	free(text);
	return width;
}

/*
 * Widths of the columns, by position; the keys of the first row are their heads. If @hide, the
 * width of a column without a value is 0.
 */
static int *column_widths(struct json_object *rows, bool hide)
{
	struct json_object *first = json_object_array_get_idx(rows, 0);
	int *width = calloc(json_object_object_length(first) + 1, sizeof(*width)), column;

	if (!width)
		abort();
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		column = 0;
		json_object_object_foreach(json_object_array_get_idx(rows, i), key, val) {
			int w = hide && is_none(val) ? 0 : text_width(val);

			(void)key;
			if (w > width[column])
				width[column] = w;
			column++;
		}
	}
	column = 0;
	json_object_object_foreach(first, key, val) {
		int head = strlen(key);

		(void)val;
		if (width[column] && width[column] < head)
			width[column] = head;
		column++;
	}
	return width;
}

static void print_row(struct json_object *row, const int *width, bool head, int indent)
{
	int gap = indent;

	json_object_object_foreach(row, key, val) {
		char *text = head ? strdup(key) : value_text(val);
		int w = *width++;

		if (!text)
			abort();
		for (char *p = text; head && *p; p++)
			*p = *p == '_' ? ' ' : toupper(*p);
		if (w)
			printf("%*s%s", gap, "", text);
		if (w)
			gap = w + GAP - strlen(text);
		free(text);
	}
	putchar('\n');
}

/*
 * Print a table. All rows have the same keys in the same order. In the details of something,
 * columns without a value are left out; a list has the same columns whatever is in it.
 */
static void print_table(struct json_object *rows, int indent)
{
	size_t n = json_object_array_length(rows);
	int *width;

	if (!n)
		return;
	width = column_widths(rows, indent);
	print_row(json_object_array_get_idx(rows, 0), width, true, indent);
	for (size_t i = 0; i < n; i++)
		print_row(json_object_array_get_idx(rows, i), width, false, indent);
	free(width);
}

static int key_width(struct json_object *obj)
{
	int width = 0;

	json_object_object_foreach(obj, key, val) {
		int len = strlen(key);

		if (!is_table(val) && len > width)
			width = len;
	}
	return width;
}

static void print_details(struct json_object *obj)
{
	int width = key_width(obj);

	json_object_object_foreach(obj, key, val) {
		char *text;

		if (is_empty(val))
			continue;
		if (is_table(val)) {
			printf("%s:\n", key);
			print_table(val, GAP);
			continue;
		}
		text = value_text(val);
		printf("%-*s%s\n", width + GAP, key, text);
		free(text);
	}
}

/* Print an array of objects that have the same keys. */
int out_list(struct json_object *rows)
{
	if (json_output)
		print_json(rows);
	else
		print_table(rows, 0);
	json_object_put(rows);
	return 0;
}

/* Print one object in detail, or several. */
int out_details(struct json_object *obj)
{
	if (json_output) {
		print_json(obj);
	} else if (json_object_is_type(obj, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(obj); i++) {
			if (i)
				puts("");
			print_details(json_object_array_get_idx(obj, i));
		}
	} else {
		print_details(obj);
	}
	json_object_put(obj);
	return 0;
}

/* Print a result that is one word as text. */
int out_text(struct json_object *obj, const char *text)
{
	if (json_output)
		print_json(obj);
	else
		puts(text);
	json_object_put(obj);
	return 0;
}

int out_nothing(void)
{
	if (json_output)
		puts("null");
	return 0;
}

void add_str(struct json_object *obj, const char *key, const char *val)
{
	json_object_object_add(obj, key, val ? json_object_new_string(val) : NULL);
}

void add_u64(struct json_object *obj, const char *key, unsigned long long val)
{
	json_object_object_add(obj, key, json_object_new_uint64(val));
}

/* Ids of BPF objects start at 1; 0 means none, or that the caller may not see it. */
void add_id(struct json_object *obj, const char *key, unsigned int id)
{
	json_object_object_add(obj, key, id ? json_object_new_uint64(id) : NULL);
}

void add_hex(struct json_object *obj, const char *key, unsigned long long val, int digits)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%0*llx", digits, val);
	add_str(obj, key, text);
}

void add_bool(struct json_object *obj, const char *key, bool val)
{
	json_object_object_add(obj, key, json_object_new_boolean(val));
}
