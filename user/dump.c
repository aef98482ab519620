// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf dump: the internal state of a device, as the kernel and its program describe it. */
#include "cmd.h"
#include "device.h"
#include "output.h"

int do_dump(const struct opts *opts, int argc, char **argv)
{
	struct json_object *obj;
	struct device dev;
	char text[8192];
	int ret = device_arg(argv[0], &dev);

	if (ret)
		return ret;
	ret = device_read(&dev, "dump", text, sizeof(text));
	if (ret)
		return p_err("cannot dump %s: %s", dev.uuid, err_hint(-ret));
	obj = json_object_new_object();
	add_str(obj, "uuid", dev.uuid);
	add_str(obj, "dump", text);
	return out_text(obj, text);
}
