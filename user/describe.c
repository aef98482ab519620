// SPDX-License-Identifier: GPL-2.0-only
/* What a program declares, as JSON. Works on an object file and on an attached program. */
#include <linux/mdev_bpf.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "output.h"
#include "register.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ANY_TYPE	-1

static const char * const region_names[] = {
	"bar0", "bar1", "bar2", "bar3", "bar4", "bar5", "rom", "config", "vga",
};

static const char * const irq_names[] = { "intx", "msi", "msix", "err", "req" };

static const struct {
	__u32 flag;
	const char *name;
} region_flags[] = {
	{ MDEV_BPF_REGION_READ,		"read" },
	{ MDEV_BPF_REGION_WRITE,	"write" },
	{ MDEV_BPF_REGION_IO,		"io" },
	{ MDEV_BPF_REGION_PREFETCH,	"prefetch" },
	{ MDEV_BPF_REGION_64BIT,	"64bit" },
	{ MDEV_BPF_REGION_MEMORY,	"memory" },
	{ MDEV_BPF_REGION_MMAP,		"mmap" },
	{ MDEV_BPF_REGION_KEEP,		"keep" },
	{ MDEV_BPF_REGION_POPULATE,	"populate" },
	{ MDEV_BPF_REGION_PROTECT,	"protect" },
	{ MDEV_BPF_REGION_CLEAR,	"clear" },
	{ MDEV_BPF_REGION_SIZE_PARAM,	"size_param" },
};

static const struct {
	__u8 flag;
	const char *name;
} pci_flags[] = {
	{ MDEV_BPF_PCI_PM,	"pm" },
	{ MDEV_BPF_PCI_EXPRESS,	"express" },
	{ MDEV_BPF_PCI_FLR,	"flr" },
};

static const struct {
	__u16 id;
	const char *name;
} extended_caps[] = {
	{ PCI_EXT_CAP_ID_DSN,	"serial number" },
	{ PCI_EXT_CAP_ID_VNDR,	"vendor specific" },
	{ PCI_EXT_CAP_ID_DVSEC,	"designated vendor specific" },
};

/* By kind, MDEV_BPF_PARAM_* */
static const char * const param_kinds[] = { "number", "bool", "text", "file", "console", "cable" };

static const struct {
	__u32 flag;
	const char *name;
} gfx_flags[] = {
	{ MDEV_BPF_GFX_REGION,	"region" },
	{ MDEV_BPF_GFX_DMABUF,	"dmabuf" },
};

/* Name of a region; NULL if it only has an index. */
const char *region_name(unsigned int index)
{
	return index < ARRAY_SIZE(region_names) ? region_names[index] : NULL;
}

/* The same of an interrupt of a PCI device */
const char *irq_name(unsigned int index)
{
	return index < ARRAY_SIZE(irq_names) ? irq_names[index] : NULL;
}

bool region_index(const char *name, unsigned int *index)
{
	char *end;

	for (*index = 0; *index < ARRAY_SIZE(region_names); ++*index)
		if (!strcmp(name, region_names[*index]))
			return true;
	*index = strtoul(name, &end, 0);
	return *name >= '0' && *name <= '9' && !*end && *index < MDEV_BPF_MAX_REGIONS;
}

static void add_named(struct json_object *obj, const char *key, const char *name, int index)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", index);
	add_str(obj, key, name ? name : number);
}

struct decl {
	char name[MDEV_BPF_NAME_LEN];
	struct mdev_bpf_type_desc types[MDEV_BPF_MAX_TYPES];
	struct mdev_bpf_region regions[MDEV_BPF_MAX_REGION_ROWS];
	struct mdev_bpf_irq irqs[MDEV_BPF_MAX_IRQ_ROWS];
	struct mdev_bpf_gfx gfx[MDEV_BPF_MAX_TYPES];
	struct mdev_bpf_param params[MDEV_BPF_MAX_PARAMS];
	struct mdev_bpf_pci pci;
	struct mdev_bpf_pci_cap pci_caps[MDEV_BPF_MAX_PCI_CAPS];
	bool is_pci;
};

static void read_decl(const struct ops *ops, struct decl *decl)
{
	decl->is_pci = ops_is_pci(ops);
	ops_text(ops, "name", decl->name, sizeof(decl->name));
	ops_read(ops, "types", decl->types, sizeof(decl->types));
	ops_read(ops, "regions", decl->regions, sizeof(decl->regions));
	ops_read(ops, "irqs", decl->irqs, sizeof(decl->irqs));
	ops_read(ops, "gfx", decl->gfx, sizeof(decl->gfx));
	ops_read(ops, "pci", &decl->pci, sizeof(decl->pci));
	ops_read(ops, "pci_caps", decl->pci_caps, sizeof(decl->pci_caps));
	ops_read(ops, "params", decl->params, sizeof(decl->params));
	for (int i = 0; i < MDEV_BPF_MAX_PARAMS; i++)
		decl->params[i].name[MDEV_BPF_NAME_LEN - 1] = '\0';
	for (int i = 0; i < MDEV_BPF_MAX_TYPES; i++) {
		decl->types[i].name[MDEV_BPF_NAME_LEN - 1] = '\0';
		decl->types[i].pretty_name[MDEV_BPF_PRETTY_LEN - 1] = '\0';
	}
}

static int nr_types(const struct decl *decl)
{
	int n = 0;

	while (n < MDEV_BPF_MAX_TYPES && decl->types[n].name[0])
		n++;
	return n;
}

static void type_id(const struct decl *decl, int type, char *buf, size_t size)
{
	snprintf(buf, size, "%s-%s", decl->name, decl->types[type].name);
}

static struct json_object *describe_types(const struct decl *decl)
{
	struct json_object *rows = json_object_new_array();
	char id[2 * MDEV_BPF_NAME_LEN];

	for (int i = 0; i < nr_types(decl); i++) {
		const struct mdev_bpf_type_desc *type = &decl->types[i];
		struct json_object *row = json_object_new_object();

		type_id(decl, i, id, sizeof(id));
		add_str(row, "type", id);
		add_u64(row, "arg", type->arg);
		add_u64(row, "units", type->units ? type->units : 1);
		add_str(row, "name", type->pretty_name[0] ? type->pretty_name : type->name);
		json_object_array_add(rows, row);
	}
	return rows;
}

static struct json_object *describe_pci(const struct mdev_bpf_pci *pci)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *flags = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(pci_flags); i++)
		if (pci->flags & pci_flags[i].flag)
			json_object_array_add(flags, json_object_new_string(pci_flags[i].name));

	add_hex(obj, "vendor", pci->vendor, 4);
	add_hex(obj, "device", pci->device, 4);
	add_hex(obj, "subsystem_vendor", pci->subsystem_vendor, 4);
	add_hex(obj, "subsystem_device", pci->subsystem_device, 4);
	add_hex(obj, "class_code", pci->class_code, 6);
	add_hex(obj, "revision", pci->revision, 2);
	json_object_object_add(obj, "flags", flags);
	return obj;
}

static const char *cap_name(const struct mdev_bpf_pci_cap *cap)
{
	if (!(cap->flags & MDEV_BPF_PCI_CAP_EXTENDED))
		return cap->id == PCI_CAP_ID_VNDR ? "vendor specific" : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(extended_caps); i++)
		if (cap->id == extended_caps[i].id)
			return extended_caps[i].name;
	return NULL;
}

static struct json_object *describe_pci_caps(const struct decl *decl)
{
	struct json_object *rows = json_object_new_array();

	for (int i = 0; i < MDEV_BPF_MAX_PCI_CAPS && decl->pci_caps[i].id; i++) {
		const struct mdev_bpf_pci_cap *cap = &decl->pci_caps[i];
		struct json_object *row = json_object_new_object();
		bool extended = cap->flags & MDEV_BPF_PCI_CAP_EXTENDED;

		add_str(row, "capability", cap_name(cap));
		add_hex(row, "id", cap->id, extended ? 4 : 2);
		add_u64(row, "size", cap->size);
		add_bool(row, "extended", extended);
		add_bool(row, "low", cap->flags & MDEV_BPF_PCI_CAP_LOW);
		if (extended)
			add_u64(row, "version", cap->version ? cap->version : 1);
		else
			json_object_object_add(row, "version", NULL);
		json_object_array_add(rows, row);
	}
	return rows;
}

/* Add the ids of the types that have this region or interrupt. Left out for a single device. */
static void add_types(struct json_object *obj, const struct decl *decl, __u32 mask, int type)
{
	struct json_object *ids;
	char id[2 * MDEV_BPF_NAME_LEN];

	if (type != ANY_TYPE)
		return;
	ids = json_object_new_array();
	for (int i = 0; i < nr_types(decl); i++) {
		if (mask && !(mask & 1U << i))
			continue;
		type_id(decl, i, id, sizeof(id));
		json_object_array_add(ids, json_object_new_string(id));
	}
	json_object_object_add(obj, "types", ids);
}

static bool has_type(__u32 mask, int type)
{
	return type == ANY_TYPE || !mask || mask & 1U << type;
}

static struct json_object *describe_flags(__u32 flags)
{
	struct json_object *names = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(region_flags); i++)
		if (flags & region_flags[i].flag)
			json_object_array_add(names, json_object_new_string(region_flags[i].name));
	return names;
}

/* Add a number that most rows lack. All rows have the same keys: they are columns of the table. */
static void add_some(struct json_object *row, const char *key, __u64 val, bool has)
{
	json_object_object_add(row, key, has ? json_object_new_uint64(val) : NULL);
}

static void add_region_extra(struct json_object *row, const struct mdev_bpf_region *region)
{
	add_some(row, "cap_type", region->cap_type, region->cap_type);
	add_some(row, "cap_subtype", region->cap_subtype, region->cap_type);
	add_some(row, "trap_offset", region->trap_offset, region->trap_size);
	add_some(row, "trap_size", region->trap_size, region->trap_size);
}

static struct json_object *describe_regions(const struct decl *decl, int type)
{
	struct json_object *rows = json_object_new_array();

	for (int i = 0; i < MDEV_BPF_MAX_REGION_ROWS && decl->regions[i].size; i++) {
		const struct mdev_bpf_region *region = &decl->regions[i];
		struct json_object *row;

		if (!has_type(region->types, type))
			continue;
		row = json_object_new_object();
		add_named(row, "region", decl->is_pci ? region_name(region->index) : NULL,
			  region->index);
		add_u64(row, "size", region->size);
		add_u64(row, "access_size", region->access_size ? region->access_size : 4);
		json_object_object_add(row, "flags", describe_flags(region->flags));
		add_region_extra(row, region);
		add_types(row, decl, region->types, type);
		json_object_array_add(rows, row);
	}
	return rows;
}

/* Decode the position of the MSI-X table or PBA from its capability: "bar2+0x800" */
static void add_place(struct json_object *obj, const char *key, const struct mdev_bpf_irq *irq,
		      __u32 place)
{
	char text[32];

	snprintf(text, sizeof(text), "bar%u+%#x", place & 7, place & ~7U);
	add_str(obj, key, irq->table | irq->pba ? text : NULL);
}

static struct json_object *describe_irqs(const struct decl *decl, int type)
{
	struct json_object *rows = json_object_new_array();

	for (int i = 0; i < MDEV_BPF_MAX_IRQ_ROWS && decl->irqs[i].count; i++) {
		const struct mdev_bpf_irq *irq = &decl->irqs[i];
		struct json_object *row;

		if (!has_type(irq->types, type))
			continue;
		row = json_object_new_object();
		add_named(row, "irq", decl->is_pci ? irq_name(irq->index) : NULL, irq->index);
		add_u64(row, "count", irq->count);
		if (decl->is_pci) {
			add_place(row, "table", irq, irq->table);
			add_place(row, "pba", irq, irq->pba);
		} else {
			add_bool(row, "level", irq->flags & MDEV_BPF_IRQ_LEVEL);
		}
		add_types(row, decl, irq->types, type);
		json_object_array_add(rows, row);
	}
	return rows;
}

/* What a number, or the length of a text, may be; other kinds have none of these. */
static void add_range(struct json_object *row, const struct mdev_bpf_param *param)
{
	bool number = param->kind == MDEV_BPF_PARAM_NUMBER;
	bool range = number || param->kind == MDEV_BPF_PARAM_TEXT;
	bool preset = number || param->kind == MDEV_BPF_PARAM_BOOL;
	const struct {
		const char *key;
		__u64 value;
		bool has;
	} members[] = {
		{ "min", param->min, range },
		{ "max", param->max, range },
		{ "preset", param->preset, preset },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (members[i].has)
			add_u64(row, members[i].key, members[i].value);
		else
			add_str(row, members[i].key, NULL);
	}
}

static struct json_object *describe_params(const struct decl *decl)
{
	struct json_object *rows = json_object_new_array();

	for (int i = 0; i < MDEV_BPF_MAX_PARAMS && decl->params[i].name[0]; i++) {
		const struct mdev_bpf_param *param = &decl->params[i];
		struct json_object *row = json_object_new_object();

		add_str(row, "param", param->name);
		add_named(row, "kind", param->kind < ARRAY_SIZE(param_kinds) ?
			  param_kinds[param->kind] : NULL, param->kind);
		add_range(row, param);
		add_bool(row, "local", param->flags & MDEV_BPF_PARAM_LOCAL);
		add_types(row, decl, param->types, ANY_TYPE);
		json_object_array_add(rows, row);
	}
	return rows;
}

static struct json_object *describe_gfx_row(const struct decl *decl, const struct mdev_bpf_gfx *gfx)
{
	struct json_object *row = json_object_new_object();
	struct json_object *flags = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(gfx_flags); i++)
		if (gfx->flags & gfx_flags[i].flag)
			json_object_array_add(flags, json_object_new_string(gfx_flags[i].name));
	json_object_object_add(row, "flags", flags);
	add_u64(row, "max_xres", gfx->max_xres);
	add_u64(row, "max_yres", gfx->max_yres);
	add_types(row, decl, gfx->types, ANY_TYPE);
	return row;
}

static struct json_object *describe_gfx(const struct decl *decl)
{
	struct json_object *rows = json_object_new_array();

	for (unsigned int i = 0; i < MDEV_BPF_MAX_TYPES && decl->gfx[i].flags; i++)
		json_object_array_add(rows, describe_gfx_row(decl, &decl->gfx[i]));
	return rows;
}

static void describe_text(const struct ops *ops, const char *member, const char *none,
			  struct json_object *obj)
{
	char text[MDEV_BPF_DESC_LEN];

	ops_text(ops, member, text, sizeof(text));
	add_str(obj, member, *text ? text : none);
}

/* Describe a program, except for its name. */
void describe_program(const struct ops *ops, struct json_object *obj)
{
	struct decl decl;

	read_decl(ops, &decl);
	describe_text(ops, "description", NULL, obj);
	describe_text(ops, "device_api", VFIO_DEVICE_API_PCI_STRING, obj);
	add_u64(obj, "abi", ops_u32(ops, "abi"));
	add_u64(obj, "max_instances", ops_u32(ops, "max_instances") ?: MDEV_BPF_MAX_INSTANCES);
	add_u64(obj, "state_size", ops_u32(ops, "state_size"));
	add_u64(obj, "state_version", ops_u32(ops, "state_version"));
	if (decl.is_pci) {
		json_object_object_add(obj, "pci", describe_pci(&decl.pci));
		json_object_object_add(obj, "pci_caps", describe_pci_caps(&decl));
	}
	json_object_object_add(obj, "types", describe_types(&decl));
	json_object_object_add(obj, "regions", describe_regions(&decl, ANY_TYPE));
	json_object_object_add(obj, "registers", register_describe(ops, REGISTER_ANY_TYPE));
	json_object_object_add(obj, "irqs", describe_irqs(&decl, ANY_TYPE));
	json_object_object_add(obj, "params", describe_params(&decl));
	if (decl.gfx[0].flags)
		json_object_object_add(obj, "gfx", describe_gfx(&decl));
}

int describe_type_index(const struct ops *ops, const char *id)
{
	char other[2 * MDEV_BPF_NAME_LEN];
	struct decl decl;

	read_decl(ops, &decl);
	for (int i = 0; i < nr_types(&decl); i++) {
		type_id(&decl, i, other, sizeof(other));
		if (!strcmp(id, other))
			return i;
	}
	return -1;
}

/* Describe the devices of one type. */
void describe_device(const struct ops *ops, const char *id, bool registers,
		     struct json_object *obj)
{
	int type = describe_type_index(ops, id);
	struct decl decl;

	if (type < 0)
		return;
	read_decl(ops, &decl);
	json_object_object_add(obj, "regions", describe_regions(&decl, type));
	json_object_object_add(obj, "irqs", describe_irqs(&decl, type));
	if (registers)
		json_object_object_add(obj, "registers", register_describe(ops, type));
}
