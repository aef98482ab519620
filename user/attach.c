// SPDX-License-Identifier: GPL-2.0-only
/* Verifying a program and attaching it. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "limit.h"
#include "log.h"
#include "output.h"
#include "state.h"

int attach_kernel(struct kernel *k)
{
	if (need_module())
		return -1;
	if (kernel_open(k))
		return 0;
	return p_err("mdev_bpf has no BTF, so it cannot accept programs: build it with pahole");
}

int attach_verify(struct object *o, const struct kernel *k, unsigned long limit)
{
	int ret = log_prepare(o->obj), err;

	if (!ret)
		ret = limit_start(limit);
	if (ret)
		return ret;
	err = bpf_object__load(o->obj) ? errno : 0;
	limit_end();
	return err ? log_report(o->obj, err) : state_check(o, k);
}

static int attach_failed(const char *name, int err)
{
	const char *hint = "";
	struct program prog;
	char text[512];

	if (err == EPERM || err == EACCES)
		return p_err("cannot attach '%s': %s", name, err_hint(err));
	if (err == EEXIST && program_find(name, &prog) && prog.attached)
		hint = "; --replace puts this one in its place";
	read_refusal(name, text, sizeof(text));
	if (!*text || err == ENOMEM)
		return p_err("the kernel refused '%s': %s", name, strerror(err));
	return p_err("the kernel refused '%s': %s (%s)%s", name, text, strerror(err), hint);
}

int attach_fill(const struct object *o, const struct kernel *k, const char *name)
{
	void *value = kernel_value(k, &o->ops);
	__u32 zero = 0;
	int err;

	if (!value)
		return attach_failed(name, ENOMEM);
	err = bpf_map_update_elem(bpf_map__fd(o->map), &zero, value, 0) ? errno : 0;
	free(value);
	return err ? attach_failed(name, err) : 0;
}

int attach_link(const struct object *o, const char *name)
{
	int fd = bpf_link_create(bpf_map__fd(o->map), 0, BPF_STRUCT_OPS, NULL);

	return fd < 0 ? attach_failed(name, errno) : fd;
}

int attach_replace(const struct object *o, int link, const char *name)
{
	return bpf_link_update(link, bpf_map__fd(o->map), NULL) ? attach_failed(name, errno) : 0;
}
