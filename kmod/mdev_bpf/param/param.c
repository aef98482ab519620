// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parameters of a device. The program declares them, the administrator sets them in sysfs (files.c)
 * while the device is not open, and the program reads them. They belong to the device: they stay
 * when the program is detached or replaced.
 */
#include <linux/file.h>
#include <linux/kstrtox.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "cable/cable.h"
#include "device/device.h"
#include "gate/gate.h"
#include "gate/refuse.h"
#include "param/file.h"
#include "param/param.h"
#include "param/size.h"
#include "program/ops.h"
#include "program/program.h"

static const char *program_name(const struct mdev_bpf_device *bdev)
{
	return bdev->program->driver.driver.name;
}

/**
 * mdev_bpf_param_has() - does a device have a parameter?
 * @bdev: the device
 * @i: index in mdev_bpf_ops::params
 *
 * Context: Any.
 *
 * Return: true if the program declares it for devices of this type.
 */
bool mdev_bpf_param_has(const struct mdev_bpf_device *bdev, u32 i)
{
	return i < bdev->params.nr &&
	       mdev_bpf_ops_share_type(bdev->params.decl[i].types, BIT(bdev->ctx.type));
}

/* A number with the suffix k, M, G or T, for sizes. Return: false if @text is none. */
static bool parse_number(char *text, u64 *number)
{
	static const char suffixes[] = "kMGT";
	size_t len = strlen(text);
	const char *suffix = len ? strchr(suffixes, text[len - 1]) : NULL;

	if (suffix && *suffix)
		text[len - 1] = '\0';
	/* kstrtoull() accepts a plus sign and a final newline */
	if (text[0] == '+' || strchr(text, '\n') || kstrtoull(text, 0, number))
		return false;
	return !suffix || !*suffix ||
	       !check_shl_overflow(*number, 10 * (suffix - suffixes + 1), number);
}

static int take_number(struct mdev_bpf_device *bdev, const struct mdev_bpf_param *p,
		       struct mdev_bpf_param_value *value)
{
	char digits[MDEV_BPF_MAX_PARAM_TEXT];
	u64 max = p->max ?: U64_MAX;

	strscpy(digits, value->text);
	if (!parse_number(digits, &value->number)) {
		mdev_bpf_refuse(program_name(bdev),
				"parameter %s of device %s: \"%s\" is no number below 2^64",
				p->name, bdev->ctx.name, value->text);
		return -EINVAL;
	}
	if (value->number < p->min || value->number > max) {
		mdev_bpf_refuse(program_name(bdev),
				"parameter %s of device %s: %llu is not from %llu to %llu",
				p->name, bdev->ctx.name, value->number, p->min, max);
		return -ERANGE;
	}
	return 0;
}

static int take_bool(struct mdev_bpf_device *bdev, const struct mdev_bpf_param *p,
		     struct mdev_bpf_param_value *value)
{
	bool on;

	if (kstrtobool(value->text, &on)) {
		mdev_bpf_refuse(program_name(bdev),
				"parameter %s of device %s: \"%s\" is neither 0 nor 1",
				p->name, bdev->ctx.name, value->text);
		return -EINVAL;
	}
	value->number = on;
	return 0;
}

static int take_text(struct mdev_bpf_device *bdev, const struct mdev_bpf_param *p,
		     struct mdev_bpf_param_value *value)
{
	u32 len = strlen(value->text), max = p->max ?: MDEV_BPF_MAX_PARAM_TEXT - 1;

	if (len >= p->min && len <= max)
		return 0;
	mdev_bpf_refuse(program_name(bdev),
			"parameter %s of device %s: %u bytes are not from %llu to %u",
			p->name, bdev->ctx.name, len, p->min, max);
	return -ERANGE;
}

static int take_file(struct mdev_bpf_device *bdev, const struct mdev_bpf_param *p,
		     struct mdev_bpf_param_value *value)
{
	int ret = mdev_bpf_file_bind(value);

	switch (ret) {
	case 0:
		break;
	case -EINVAL:
		mdev_bpf_refuse(program_name(bdev),
				"parameter %s of device %s: \"%s\" is no path, or cannot be opened so",
				p->name, bdev->ctx.name, value->text);
		break;
	case -ENOTSUPP:
		mdev_bpf_refuse(program_name(bdev),
				"parameter %s of device %s: %s is neither a regular file nor a block device",
				p->name, bdev->ctx.name, value->text);
		return -EINVAL;
	default:
		mdev_bpf_refuse(program_name(bdev),
				"parameter %s of device %s: opening failed with %pe: %s",
				p->name, bdev->ctx.name, ERR_PTR(ret), value->text);
	}
	return ret;
}

static int take_cable(struct mdev_bpf_device *bdev, unsigned int i,
		      struct mdev_bpf_param_value *value)
{
	struct mdev_bpf_cable_end *end;

	if (!value->text[0])
		return 0;
	end = mdev_bpf_cable_plug(bdev, i, value->text);
	if (IS_ERR(end))
		return PTR_ERR(end);
	value->cable = end;
	value->number = 1;
	return 0;
}

/* Copy what was written, without the newline of "echo". */
static int take_bytes(struct mdev_bpf_device *bdev, const struct mdev_bpf_param *p,
		      struct mdev_bpf_param_value *value, const char *buf, size_t size)
{
	size_t i;

	if (size && buf[size - 1] == '\n')
		size--;
	if (size >= sizeof(value->text)) {
		mdev_bpf_refuse(program_name(bdev),
				"parameter %s of device %s: a value has at most %u bytes",
				p->name, bdev->ctx.name, (u32)sizeof(value->text) - 1);
		return -E2BIG;
	}
	for (i = 0; i < size; i++) {
		if ((u8)buf[i] >= ' ' && buf[i] != '\x7f')
			continue;
		mdev_bpf_refuse(program_name(bdev),
				"parameter %s of device %s: byte %u is a control character",
				p->name, bdev->ctx.name, (u32)i);
		return -EINVAL;
	}
	memcpy(value->text, buf, size);
	value->text[size] = '\0';
	return 0;
}

static int take(struct mdev_bpf_device *bdev, unsigned int i,
		struct mdev_bpf_param_value *value, const char *buf, size_t size)
{
	const struct mdev_bpf_param *p = &bdev->params.decl[i];
	int ret = take_bytes(bdev, p, value, buf, size);

	if (ret)
		return ret;
	switch (p->kind) {
	case MDEV_BPF_PARAM_BOOL:
	case MDEV_BPF_PARAM_CONSOLE:
		return take_bool(bdev, p, value);
	case MDEV_BPF_PARAM_TEXT:
		return take_text(bdev, p, value);
	case MDEV_BPF_PARAM_FILE:
		return take_file(bdev, p, value);
	case MDEV_BPF_PARAM_CABLE:
		return take_cable(bdev, i, value);
	default:
		return take_number(bdev, p, value);
	}
}

/*
 * Exchange the value for @value, which then is the previous one. Return: false if the device is
 * open.
 *
 * Opening a device marks it as in use before it enters the gate, and nothing of a user gets to the
 * device before that. So under the gate, a device that is not in use has no user that could have
 * seen the previous value.
 */
static bool assign(struct mdev_bpf_device *bdev, unsigned int i,
		   struct mdev_bpf_param_value *value, struct mdev_bpf_param_size *size)
{
	guard(mdev_bpf_gate)(bdev);
	if (atomic_read(&bdev->use) != MDEV_BPF_USE_NONE)
		return false;
	swap(bdev->params.values[i], *value);
	mdev_bpf_param_size_apply(bdev, size);
	return true;
}

static void value_release(struct mdev_bpf_param_value *value)
{
	if (value->file)
		fput(value->file);
	if (value->cable)
		mdev_bpf_cable_unplug(value->cable);
}

/**
 * mdev_bpf_param_store() - set a parameter, from sysfs
 * @bdev: the device
 * @i: index of the parameter, which the device has
 * @buf: what was written
 * @size: number of bytes
 *
 * Context: Process context, no lock held.
 *
 * Return: 0; with a sentence in last_error: -EBUSY if the device is open or being removed; -E2BIG
 * if @size is more than a value can have; -ERANGE if the value is not in the declared range;
 * -EINVAL if it is not of the parameter's kind; for a FILE also an errno of open(2); for a CABLE
 * those of mdev_bpf_cable_plug(); for the size of a region also -ENOMEM or -EINTR without a
 * sentence.
 */
int mdev_bpf_param_store(struct mdev_bpf_device *bdev, unsigned int i, const char *buf,
			 size_t size)
{
	const struct mdev_bpf_param *p = &bdev->params.decl[i];
	struct mdev_bpf_param_size memory = {};
	struct mdev_bpf_param_value value = {};
	bool assigned = false;
	int ret;

	ret = take(bdev, i, &value, buf, size);
	ret = ret ?: mdev_bpf_param_size_prepare(bdev, i, value.number, &memory);
	if (!ret)
		assigned = assign(bdev, i, &value, &memory);
	mdev_bpf_param_size_free(&memory);
	value_release(&value);
	if (assigned && p->kind == MDEV_BPF_PARAM_CABLE)
		mdev_bpf_cable_connect(bdev, i);
	if (ret || assigned)
		return ret;
	mdev_bpf_refuse(program_name(bdev),
			"parameter %s of device %s: the device is open, close its user first",
			p->name, bdev->ctx.name);
	return -EBUSY;
}

/**
 * mdev_bpf_param_file() - get a file of a device
 * @bdev: the device
 * @i: index in mdev_bpf_ops::params
 *
 * Context: Any.
 *
 * Return: the value, which does not change while the device is open; NULL if the device has no FILE
 * with this index.
 */
struct mdev_bpf_param_value *mdev_bpf_param_file(struct mdev_bpf_device *bdev, u32 i)
{
	if (!mdev_bpf_param_has(bdev, i) || bdev->params.decl[i].kind != MDEV_BPF_PARAM_FILE)
		return NULL;
	return &bdev->params.values[i];
}

/**
 * mdev_bpf_param_flush() - bring to stable storage what was written to the files of a device
 * @bdev: the device, which is open
 *
 * Context: Process context, no lock held. Waits for the storage.
 *
 * Return: 0; the first errno of fdatasync(2).
 */
int mdev_bpf_param_flush(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_param_value *value;
	int ret, first = 0;
	unsigned int i;

	for (i = 0; i < bdev->params.nr; i++) {
		value = mdev_bpf_param_file(bdev, i);
		ret = value && value->file ? mdev_bpf_file_sync(value) : 0;
		first = first ?: ret;
	}
	return first;
}

/**
 * mdev_bpf_param_emit() - show a parameter, in sysfs
 * @bdev: the device
 * @i: index of the parameter, which the device has
 * @buf: a page
 *
 * Context: Process context, no lock held.
 *
 * Return: number of bytes.
 */
ssize_t mdev_bpf_param_emit(struct mdev_bpf_device *bdev, unsigned int i, char *buf)
{
	const struct mdev_bpf_param_value *value = &bdev->params.values[i];

	guard(mdev_bpf_gate)(bdev);
	switch (bdev->params.decl[i].kind) {
	case MDEV_BPF_PARAM_TEXT:
	case MDEV_BPF_PARAM_FILE:
	case MDEV_BPF_PARAM_CABLE:
		return sysfs_emit(buf, "%s\n", value->text);
	default:
		return sysfs_emit(buf, "%llu\n", value->number);
	}
}

/**
 * mdev_bpf_param_init() - give a new device its parameters, with their presets
 * @bdev: the device, whose program and type are known
 *
 * Context: Process context.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_param_init(struct mdev_bpf_device *bdev)
{
	const struct mdev_bpf_param_files *files = &bdev->program->params;
	struct mdev_bpf_params *params = &bdev->params;
	unsigned int i;

	params->decl = files->decl;
	if (!files->nr)
		return 0;
	params->values = kcalloc(files->nr, sizeof(*params->values), GFP_KERNEL_ACCOUNT);
	if (!params->values)
		return -ENOMEM;
	params->nr = files->nr;
	for (i = 0; i < params->nr; i++)
		params->values[i].number = params->decl[i].preset;
	return 0;
}

/**
 * mdev_bpf_param_release() - close the files of a device, and take its cables away
 * @bdev: the device, whose parameters nobody uses any more
 *
 * Context: Process context.
 */
void mdev_bpf_param_release(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_param_value *value;

	for (value = bdev->params.values; value < bdev->params.values + bdev->params.nr; value++) {
		value_release(value);
		value->file = NULL;
		value->cable = NULL;
	}
}

/**
 * mdev_bpf_param_destroy() - undo mdev_bpf_param_init()
 * @bdev: the device
 */
void mdev_bpf_param_destroy(struct mdev_bpf_device *bdev)
{
	mdev_bpf_param_release(bdev);
	kfree(bdev->params.values);
}
