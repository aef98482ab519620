// SPDX-License-Identifier: GPL-2.0-only
/* Global variables of an object file; their names and types come from BTF. */
#include <bpf/btf.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "globals.h"
#include "output.h"

enum kind { KIND_SIGNED, KIND_UNSIGNED, KIND_BOOL, KIND_TEXT, KIND_OTHER };

struct global {
	const struct btf *btf;
	const struct btf_type *type;	/* without const, volatile and typedefs */
	const char *name;
	const char *section;
	enum kind kind;
	__u32 size;
	void *data;
};

/* A visitor stops the walk by returning nonzero. */
typedef int (*global_fn)(const struct global *var, void *ctx);

static enum kind int_kind(const struct btf_type *t)
{
	if (btf_int_encoding(t) & BTF_INT_BOOL)
		return KIND_BOOL;
	return btf_int_encoding(t) & BTF_INT_SIGNED ? KIND_SIGNED : KIND_UNSIGNED;
}

static const struct btf_type *resolve(const struct btf *btf, __u32 id)
{
	return btf__type_by_id(btf, btf__resolve_type(btf, id));
}

static enum kind type_kind(const struct btf *btf, const struct btf_type *t)
{
	const struct btf_type *elem;

	if (btf_is_int(t) && t->size <= sizeof(__u64))
		return int_kind(t);
	if (btf_is_any_enum(t))
		return btf_kflag(t) ? KIND_SIGNED : KIND_UNSIGNED;
	if (!btf_is_array(t))
		return KIND_OTHER;
	elem = resolve(btf, btf_array(t)->type);
	return btf_is_int(elem) && elem->size == 1 ? KIND_TEXT : KIND_OTHER;
}

static int visit_section(const struct btf *btf, const struct btf_type *sec, char *data,
			 global_fn fn, void *ctx)
{
	const struct btf_var_secinfo *info = btf_var_secinfos(sec);
	int ret = 0;

	for (int i = 0; i < btf_vlen(sec) && !ret; i++, info++) {
		const struct btf_type *var = btf__type_by_id(btf, info->type);
		struct global g = {
			.btf = btf,
			.type = resolve(btf, var->type),
			.name = btf__name_by_offset(btf, var->name_off),
			.section = btf__name_by_offset(btf, sec->name_off),
			.size = info->size,
			.data = data + info->offset,
		};

		if (btf_var(var)->linkage != BTF_VAR_GLOBAL_ALLOCATED)
			continue;
		g.kind = type_kind(btf, g.type);
		ret = fn(&g, ctx);
	}
	return ret;
}

/* .data, .rodata and .bss are maps whose value is the section. */
static int walk_globals(struct bpf_object *obj, global_fn fn, void *ctx)
{
	const struct btf *btf = bpf_object__btf(obj);
	struct bpf_map *map;
	int ret = 0;

	bpf_object__for_each_map(map, obj) {
		const struct btf_type *sec;
		size_t size;
		char *data = bpf_map__initial_value(map, &size);

		if (!data)
			continue;
		sec = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));
		if (!sec || !btf_is_datasec(sec))
			continue;
		ret = visit_section(btf, sec, data, fn, ctx);
		if (ret)
			break;
	}
	return ret;
}

static __u64 enumerator(const struct btf *btf, const struct btf_type *t, int i, const char **name)
{
	if (btf_is_enum(t)) {
		*name = btf__name_by_offset(btf, btf_enum(t)[i].name_off);
		return btf_enum(t)[i].val;
	}
	*name = btf__name_by_offset(btf, btf_enum64(t)[i].name_off);
	return btf_enum64_value(&btf_enum64(t)[i]);
}

static bool parse_name(const struct global *var, const char *text, __u64 *val)
{
	const char *name;

	if (var->kind == KIND_BOOL && (!strcmp(text, "true") || !strcmp(text, "false"))) {
		*val = *text == 't';
		return true;
	}
	for (int i = 0; btf_is_any_enum(var->type) && i < btf_vlen(var->type); i++) {
		*val = enumerator(var->btf, var->type, i, &name);
		if (!strcmp(text, name))
			return true;
	}
	return false;
}

static void type_text(const struct global *var, char *buf, size_t size)
{
	const char *name = btf__name_by_offset(var->btf, var->type->name_off);

	if (var->kind == KIND_TEXT)
		snprintf(buf, size, "char[%u]", var->size);
	else
		snprintf(buf, size, "%s%s", btf_is_any_enum(var->type) ? "enum " : "", name);
}

/* Address of the low bytes of val, for a number of this size */
static void *low_bytes(__u64 *val, __u32 size)
{
	return (char *)val + (htole16(1) == 1 ? 0 : sizeof(*val) - size);
}

static bool parse_number(const struct global *var, const char *text, __u64 *val)
{
	int bits = var->kind == KIND_BOOL ? 1 : var->size * 8;
	bool negative = *text == '-';
	__u64 max = ~0ULL >> (64 - bits);
	char *end;

	errno = 0;
	*val = strtoull(negative ? text + 1 : text, &end, 0);
	if (errno || *end || end == text + negative || strchr("+- ", text[negative]))
		return false;
	if (var->kind == KIND_SIGNED)
		max = (max >> 1) + negative;
	else if (negative)
		return false;
	if (*val > max)
		return false;
	if (negative)
		*val = -*val;
	return true;
}

static int set_number(const struct global *var, const char *text)
{
	char type[64];
	__u64 val;

	if (!parse_name(var, text, &val) && !parse_number(var, text, &val)) {
		type_text(var, type, sizeof(type));
		return p_usage("--set %s: '%s' is not a value of type %s", var->name, text, type);
	}
	memcpy(var->data, low_bytes(&val, var->size), var->size);
	return 0;
}

static int set_text(const struct global *var, const char *text)
{
	size_t len = strlen(text);

	if (len >= var->size)
		return p_usage("--set %s: %zu characters do not fit char[%u]", var->name, len,
			       var->size);
	memset(var->data, 0, var->size);
	memcpy(var->data, text, len);
	return 0;
}

struct assignment {
	const char *name;
	size_t len;
	const char *value;
	bool found;
};

static int set_if_named(const struct global *var, void *ctx)
{
	struct assignment *a = ctx;

	if (strlen(var->name) != a->len || strncmp(var->name, a->name, a->len))
		return 0;
	a->found = true;
	if (var->kind == KIND_OTHER)
		return p_usage("--set %s: only numbers, enums and text can be set", var->name);
	return var->kind == KIND_TEXT ? set_text(var, a->value) : set_number(var, a->value);
}

/* Carry out one --set VAR=VALUE. */
int globals_set(struct bpf_object *obj, const char *assignment)
{
	const char *eq = strchr(assignment, '=');
	struct assignment a = { .name = assignment };
	int ret;

	if (!eq || eq == assignment)
		return p_usage("--set takes VAR=VALUE, not '%s'", assignment);
	a.len = eq - assignment;
	a.value = eq + 1;
	ret = walk_globals(obj, set_if_named, &a);
	if (!ret && !a.found)
		return p_usage("--set %.*s: the object has no such global, see mdev-bpf inspect",
			       (int)a.len, a.name);
	return ret;
}

static struct json_object *value(const struct global *var)
{
	int shift = 64 - var->size * 8;
	__u64 val = 0;

	if (var->kind == KIND_TEXT)
		return json_object_new_string_len(var->data, strnlen(var->data, var->size));
	memcpy(low_bytes(&val, var->size), var->data, var->size);
	if (var->kind == KIND_BOOL)
		return json_object_new_boolean(val);
	if (var->kind == KIND_SIGNED)
		return json_object_new_int64((__s64)(val << shift) >> shift);
	return json_object_new_uint64(val);
}

static int describe(const struct global *var, void *ctx)
{
	struct json_object *row;
	char type[64];

	if (var->kind == KIND_OTHER)
		return 0;
	row = json_object_new_object();
	type_text(var, type, sizeof(type));
	add_str(row, "global", var->name);
	add_str(row, "type", type);
	add_str(row, "section", var->section);
	json_object_object_add(row, "value", value(var));
	json_object_array_add(ctx, row);
	return 0;
}

/* The globals that --set can write. */
struct json_object *globals_describe(struct bpf_object *obj)
{
	struct json_object *rows = json_object_new_array();

	walk_globals(obj, describe, rows);
	return rows;
}
