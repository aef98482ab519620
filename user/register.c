// SPDX-License-Identifier: GPL-2.0-only
/* The registers that a program declares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "output.h"
#include "register.h"

struct registers {
	struct mdev_bpf_register rows[MDEV_BPF_MAX_REGISTERS];
	bool is_pci;
	int nr;
};

static void read_registers(const struct ops *ops, struct registers *regs)
{
	regs->is_pci = ops_is_pci(ops);
	ops_read(ops, "registers", regs->rows, sizeof(regs->rows));
	for (regs->nr = 0; regs->nr < MDEV_BPF_MAX_REGISTERS; regs->nr++) {
		struct mdev_bpf_register *reg = &regs->rows[regs->nr];

		if (!reg->name[0])
			break;
		reg->name[MDEV_BPF_NAME_LEN - 1] = '\0';
		reg->count = reg->count ?: 1;
		reg->stride = reg->stride ?: reg->width;
	}
}

static bool has_type(const struct mdev_bpf_register *reg, int type)
{
	return type == REGISTER_ANY_TYPE || !reg->types || reg->types & 1U << type;
}

static void add_call(struct json_object *calls, const char *op, bool always, __u64 bits)
{
	char text[40];

	if (!always && !bits)
		return;
	if (always)
		snprintf(text, sizeof(text), "%s", op);
	else
		snprintf(text, sizeof(text), "%s&0x%llx", op, bits);
	json_object_array_add(calls, json_object_new_string(text));
}

static void add_work(struct json_object *calls, const struct mdev_bpf_register *reg)
{
	const char *what = reg->flags & MDEV_BPF_REGISTER_QUEUE ? "queue" : "work";
	char text[40];

	if (reg->count > 1)
		snprintf(text, sizeof(text), "%s %u-%u", what, reg->work,
			 reg->work + reg->count - 1);
	else
		snprintf(text, sizeof(text), "%s %u", what, reg->work);
	json_object_array_add(calls, json_object_new_string(text));
}

static void add_bits(struct json_object *row, const char *key, __u64 bits, __u32 width)
{
	if (bits)
		add_hex(row, key, bits, 2 * width);
	else
		add_str(row, key, NULL);
}

static struct json_object *describe_one(const struct mdev_bpf_register *reg, bool is_pci)
{
	struct json_object *row = json_object_new_object(), *calls = json_object_new_array();
	char index[16];

	snprintf(index, sizeof(index), "%u", reg->region);
	add_str(row, "register", reg->name);
	add_str(row, "region", (is_pci ? region_name(reg->region) : NULL) ?: index);
	add_hex(row, "offset", reg->offset, 2);
	add_u64(row, "width", reg->width);
	add_u64(row, "count", reg->count);
	add_u64(row, "stride", reg->stride);
	add_bool(row, "constant", reg->flags & MDEV_BPF_REGISTER_CONST);
	add_hex(row, "reset", reg->reset, 2 * reg->width);
	add_bits(row, "write", reg->write, reg->width);
	add_bits(row, "write_one_clear", reg->write_one_clear, reg->width);
	add_bits(row, "read_clear", reg->read_clear, reg->width);
	add_call(calls, "read", reg->flags & MDEV_BPF_REGISTER_READ_CALL, reg->read_call);
	add_call(calls, "write", reg->flags & MDEV_BPF_REGISTER_WRITE_CALL, reg->write_call);
	if (reg->flags & MDEV_BPF_REGISTER_DOORBELL)
		add_work(calls, reg);
	json_object_object_add(row, "calls", calls);
	return row;
}

struct json_object *register_describe(const struct ops *ops, int type)
{
	struct json_object *rows = json_object_new_array();
	struct registers regs;

	read_registers(ops, &regs);
	for (int i = 0; i < regs.nr; i++)
		if (has_type(&regs.rows[i], type))
			json_object_array_add(rows, describe_one(&regs.rows[i], regs.is_pci));
	return rows;
}

/* Is it the name of this array's element, or of a register that is alone? */
static bool is_named(const struct mdev_bpf_register *reg, const char *name, unsigned long *index)
{
	size_t len = strlen(reg->name);
	char *end;

	*index = 0;
	if (strncmp(name, reg->name, len))
		return false;
	if (!name[len])
		return reg->count == 1;
	if (name[len] != '[' || name[len + 1] < '0' || name[len + 1] > '9')
		return false;
	*index = strtoul(name + len + 1, &end, 0);
	return !strcmp(end, "]") && *index < reg->count;
}

bool register_find(const struct ops *ops, int type, const char *name,
		   struct mdev_bpf_register *reg)
{
	struct registers regs;
	unsigned long index;

	read_registers(ops, &regs);
	for (int i = 0; i < regs.nr; i++) {
		if (!has_type(&regs.rows[i], type) || !is_named(&regs.rows[i], name, &index))
			continue;
		*reg = regs.rows[i];
		reg->offset += index * reg->stride;
		reg->count = 1;
		return true;
	}
	return false;
}
