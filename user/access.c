// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf peek and poke: one access to a region through VFIO. */
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "describe.h"
#include "device.h"
#include "kernel.h"
#include "output.h"
#include "register.h"
#include "vfio.h"

struct access {
	const char *name;	/* of a register; NULL: region and offset say what is accessed */
	const char *region;
	unsigned int index;
	__u64 offset;
	unsigned int size;	/* 0: as wide as the offset is aligned, up to 4 */
	__u64 val;
	bool write;
};

static bool parse_number(const char *text, __u64 *val)
{
	char *end;

	errno = 0;
	*val = strtoull(text, &end, 0);
	return !errno && !*end && *text >= '0' && *text <= '9';
}

/* REGION OFF [SIZE] [VALUE], or REGISTER [VALUE], which is looked up when the device is known */
static int parse_access(struct access *a, int argc, char **argv)
{
	__u64 size = 0;

	if (argc - a->write == 1) {
		if (region_index(argv[0], &a->index))
			return p_usage("%s is a region: an offset%s is missing", argv[0],
				       a->write ? " or the value" : "");
		a->name = argv[0];
		return 0;
	}
	a->region = argv[0];
	if (!region_index(argv[0], &a->index))
		return p_usage("'%s' is not a region: bar0 to bar5, rom, config, or a number; a register takes no offset and no size",
			       argv[0]);
	if (!parse_number(argv[1], &a->offset))
		return p_usage("'%s' is not an offset", argv[1]);
	if (argc - a->write == 3) {
		if (!parse_number(argv[2], &size) || !size || size > 8 || size & (size - 1))
			return p_usage("'%s' is not a size: 1, 2, 4 or 8", argv[2]);
		a->size = size;
	}
	return 0;
}

static void choose_size(struct access *a, __u64 region_size)
{
	if (a->size)
		return;
	a->size = 4;
	while (a->offset & (a->size - 1) || a->offset + a->size > region_size)
		a->size /= 2;
}

static int transfer(const struct vfio *v, const struct vfio_region_info *info, struct access *a)
{
	__u64 raw = htole64(a->val);
	ssize_t len;

	if (a->write)
		len = pwrite(v->device, &raw, a->size, info->offset + a->offset);
	else
		len = pread(v->device, &raw, a->size, info->offset + a->offset);
	a->val = le64toh(raw);
	if (len == a->size)
		return 0;
	if (len >= 0)
		return p_err("only %zd of %u bytes were %s", len, a->size,
			     a->write ? "written" : "read");
	if (errno == ENODEV)
		return p_err("the device is detached: load its program again");
	if (errno == EIO)
		return p_err("cannot %s %s at 0x%llx: %s (mdev-bpf show says if the device has failed)",
			     a->write ? "write" : "read", a->region, a->offset, strerror(errno));
	return p_err("cannot %s %s at 0x%llx: %s", a->write ? "write" : "read", a->region,
		     a->offset, strerror(errno));
}

static int access_region(const struct vfio *v, struct access *a)
{
	struct vfio_region_info info;

	if (vfio_region_for(v, a->index, a->region, a->write, &info))
		return -1;
	if (a->offset >= info.size || a->size > info.size - a->offset)
		return p_err("the access ends outside of %s, which has 0x%llx bytes", a->region,
			     info.size);
	choose_size(a, info.size);
	if (a->write && a->size < 8 && a->val >> 8 * a->size)
		return p_usage("value 0x%llx is wider than the access, which has %u bits", a->val,
			       8 * a->size);
	return transfer(v, &info, a);
}

static void use_register(struct access *a, const struct mdev_bpf_register *reg)
{
	a->index = reg->region;
	a->region = region_name(reg->region) ?: "its region";
	a->offset = reg->offset;
	a->size = reg->width;
}

/* The attached program says where the register is. */
static int find_register(struct access *a, const struct device *dev)
{
	struct mdev_bpf_register reg;
	struct program prog;
	struct kernel k;
	struct ops ops;
	bool found = false, attached;

	kernel_open(&k);
	attached = program_find(dev->program, &prog) && kernel_ops(&k, prog.link_id, &ops);
	if (attached) {
		found = register_find(&ops, describe_type_index(&ops, dev->type), a->name, &reg);
		kernel_ops_free(&k, &ops);
	}
	kernel_close(&k);
	if (!attached)
		return p_err("the device is detached: load its program again");
	if (!found)
		return p_err("the device has no register '%s', see mdev-bpf show --registers %s",
			     a->name, dev->uuid);
	use_register(a, &reg);
	return 0;
}

static int access_device(const char *uuid, struct access *a)
{
	struct device dev;
	struct vfio v;
	int ret = device_arg(uuid, &dev);

	if (!ret && a->name)
		ret = find_register(a, &dev);
	if (!ret)
		ret = vfio_open(&v, &dev);
	if (ret)
		return ret;
	ret = access_region(&v, a);
	vfio_close(&v);
	return ret;
}

int do_peek(const struct opts *opts, int argc, char **argv)
{
	struct json_object *obj, *val;
	struct access a = {};
	int ret = parse_access(&a, argc - 1, argv + 1);

	if (!ret)
		ret = access_device(argv[0], &a);
	if (ret)
		return ret;
	obj = json_object_new_object();
	if (a.name)
		add_str(obj, "register", a.name);
	add_str(obj, "region", a.region);
	add_u64(obj, "offset", a.offset);
	add_u64(obj, "size", a.size);
	add_hex(obj, "value", a.val, 2 * a.size);
	val = json_object_object_get(obj, "value");
	return out_text(obj, json_object_get_string(val));
}

int do_poke(const struct opts *opts, int argc, char **argv)
{
	struct access a = { .write = true };
	int ret = parse_access(&a, argc - 1, argv + 1);

	if (ret)
		return ret;
	if (!parse_number(argv[argc - 1], &a.val))
		return p_usage("'%s' is not a value", argv[argc - 1]);
	return access_device(argv[0], &a) ?: out_nothing();
}
