// SPDX-License-Identifier: GPL-2.0-only
/* mdev-bpf version: versions, and the features of the module. */
#include <bpf/libbpf.h>
#include <linux/mdev_bpf.h>

#include "cmd.h"
#include "output.h"
#include "sysfs.h"

#define VERSION		"0.1.0"

/* By bit, MDEV_BPF_FEATURE_* */
static const char *const features[] = {
	"timers", "msix", "dma", "memory", "doorbells", "gfx", "express", "migration", "upgrade",
	"fail", "platform", "registers", "clock", "params", "files", "requests",
	"queues", "protect", "consoles", "cables", "queue-dma",
};

static struct json_object *feature_names(__u32 mask)
{
	struct json_object *names = json_object_new_array();
	size_t i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (mask & 1u << i && features[i])
			json_object_array_add(names, json_object_new_string(features[i]));
	return names;
}

int do_version(const struct opts *opts, int argc, char **argv)
{
	struct json_object *obj = json_object_new_object();

	add_str(obj, "version", VERSION);
	add_str(obj, "libbpf", libbpf_version_string() + 1);
	add_u64(obj, "abi", MDEV_BPF_ABI);
	/* A loaded module has a nonzero abi. */
	add_id(obj, "kernel_abi", kernel_abi());
	add_id(obj, "kernel_abi_min", module_number("abi_min"));
	json_object_object_add(obj, "features", feature_names(module_number("features")));
	return out_details(obj);
}
