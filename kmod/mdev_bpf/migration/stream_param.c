// SPDX-License-Identifier: GPL-2.0-only
/*
 * Section params of the migration stream: the values of a device's parameters. The administrator of
 * the target sets parameters before the device is opened, so they are not loaded but compared. Of a
 * file, this is the path, and the size as number.
 */
#include <linux/string.h>

#include "device/device.h"
#include "gate/gate.h"
#include "gate/refuse.h"
#include "migration/stream.h"
#include "migration/stream_param.h"
#include "param/file.h"
#include "param/param.h"
#include "program/program.h"

/* Parameters that may differ are not in the stream. */
static bool travels(struct mdev_bpf_device *bdev, unsigned int i)
{
	return mdev_bpf_param_has(bdev, i) &&
	       !(bdev->params.decl[i].flags & MDEV_BPF_PARAM_LOCAL);
}

/**
 * mdev_bpf_stream_param_size() - size of section params
 * @bdev: the device
 *
 * Return: number of bytes, which is constant for a device; 0 if it has no such parameters.
 */
size_t mdev_bpf_stream_param_size(struct mdev_bpf_device *bdev)
{
	unsigned int i, n = 0;

	for (i = 0; i < bdev->params.nr; i++)
		n += travels(bdev, i);
	return n * sizeof(struct stream_param);
}

static void value_save(struct mdev_bpf_device *bdev, unsigned int i, struct stream_param *s)
{
	const struct mdev_bpf_param *p = &bdev->params.decl[i];
	const struct mdev_bpf_param_value *value = &bdev->params.values[i];

	*s = (struct stream_param){ .kind = cpu_to_le32(p->kind) };
	strscpy(s->name, p->name);
	if (p->kind == MDEV_BPF_PARAM_TEXT || p->kind == MDEV_BPF_PARAM_CABLE)
		strscpy(s->text, value->text);
	if (p->kind == MDEV_BPF_PARAM_FILE) {
		strscpy(s->text, mdev_bpf_file_path(value));
		s->number = cpu_to_le64(max(mdev_bpf_file_bytes(value), 0));
	} else if (p->kind != MDEV_BPF_PARAM_CABLE) {
		s->number = cpu_to_le64(value->number);
	}
}

/**
 * mdev_bpf_stream_param_save() - save section params
 * @bdev: the device
 * @data: room for mdev_bpf_stream_param_size() bytes
 *
 * Context: The gate held.
 */
void mdev_bpf_stream_param_save(struct mdev_bpf_device *bdev, void *data)
{
	struct stream_param *s = data;
	unsigned int i;

	mdev_bpf_gate_assert_held(bdev);
	for (i = 0; i < bdev->params.nr; i++)
		if (travels(bdev, i))
			value_save(bdev, i, s++);
}

/**
 * mdev_bpf_stream_param_check() - check the form of section params
 * @bdev: the device
 * @data: the section
 * @size: number of bytes
 *
 * Return: true if it has the size of this device's section, all names and texts end, and what is
 * reserved is zero.
 */
bool mdev_bpf_stream_param_check(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_param *s = data;
	size_t i;

	if (size != mdev_bpf_stream_param_size(bdev))
		return false;
	for (i = 0; i < size / sizeof(*s); i++)
		if (s[i].reserved ||
		    strnlen(s[i].name, sizeof(s[i].name)) == sizeof(s[i].name) ||
		    strnlen(s[i].text, sizeof(s[i].text)) == sizeof(s[i].text))
			return false;
	return true;
}

/**
 * mdev_bpf_stream_param_load() - load section params: the values are the same already
 * @bdev: the device
 * @data: the section
 * @size: number of bytes
 */
void mdev_bpf_stream_param_load(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
}

static int value_match(struct mdev_bpf_device *bdev, const struct stream_param *got,
		       const struct stream_param *ours)
{
	if (strcmp(got->name, ours->name) || got->kind != ours->kind) {
		mdev_bpf_refuse_user(bdev, "the state has a parameter %*pE where the device has %s",
				     (int)strlen(got->name), got->name, ours->name);
		return -EINVAL;
	}
	if (got->number != ours->number) {
		mdev_bpf_refuse_user(bdev, "parameter %s is %llu in the state, %llu in the device",
				     ours->name, le64_to_cpu(got->number),
				     le64_to_cpu(ours->number));
		return -EINVAL;
	}
	if (strcmp(got->text, ours->text)) {
		mdev_bpf_refuse_user(bdev,
				     "parameter %s is \"%*pE\" in the state, \"%s\" in the device",
				     ours->name, (int)min_t(size_t, strlen(got->text), 40),
				     got->text, ours->text);
		return -EINVAL;
	}
	return 0;
}

/**
 * mdev_bpf_stream_param_match() - does the device have the parameters of a stream?
 * @bdev: the device
 * @data: section params, checked
 * @size: number of bytes
 *
 * Context: Process context, the gate not held. Parameters do not change while the device is open.
 *
 * Return: 0; -EINVAL, with a sentence that names the parameter.
 */
int mdev_bpf_stream_param_match(struct mdev_bpf_device *bdev, const void *data, size_t size)
{
	const struct stream_param *s = data;
	struct stream_param ours;
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < bdev->params.nr; i++) {
		if (!travels(bdev, i))
			continue;
		value_save(bdev, i, &ours);
		ret = value_match(bdev, s++, &ours);
	}
	return ret;
}
