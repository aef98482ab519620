// SPDX-License-Identifier: GPL-2.0-only
/* Parameters that the module must refuse. */
#include <string.h>

#include "dev.h"
#include "progs/kcable.h"
#include "progs/kparam.h"
#include "wrong.h"

#define KPARAM	"progs/kparam.bpf.o"
#define KCABLE	"progs/kcable.bpf.o"

/* The first row that kparam.bpf.c leaves empty */
#define FREE	(KPARAM_ROOM + 1)

/* A change of one row, for struct wrong */
#define ROW(fn, i, statement) \
WRONG(fn, struct mdev_bpf_param *p = &ops->params[i]; statement)

ROW(name_under, KPARAM_CACHE, p->name[0] = '_')
ROW(name_slash, KPARAM_CACHE, p->name[1] = '/')
ROW(name_endless, KPARAM_CACHE, memset(p->name, 'x', sizeof(p->name)))
ROW(name_twice, KPARAM_CACHE, memcpy(p->name, "capacity", 9))
ROW(name_of_all, KPARAM_QUEUES, p->types = 0)
ROW(name_gap, FREE + 1, memcpy(p->name, "far", 4))
ROW(name_gone, 0, p->name[0] = 0)
ROW(name_late, MDEV_BPF_MAX_PARAMS - 1, p->preset = 1)
ROW(types, KPARAM_CACHE, p->types = 4)
ROW(kind, KPARAM_HOST, p->kind = 77)
ROW(flags, KPARAM_HOST, p->flags |= 1U << 31)
ROW(work, KPARAM_HOST, p->work = 1)
ROW(console_work, KPARAM_HOST, p->kind = MDEV_BPF_PARAM_CONSOLE; p->work = MDEV_BPF_MAX_WORK)
ROW(console_op, KPARAM_HOST, p->kind = MDEV_BPF_PARAM_CONSOLE)
ROW(min, KPARAM_CAPACITY, p->min = p->max + 1)
ROW(preset_low, KPARAM_CAPACITY, p->preset = p->min - 1)
ROW(preset_high, KPARAM_CAPACITY, p->preset = p->max + 1)
ROW(bool_min, KPARAM_CACHE, p->min = 1)
ROW(bool_max, KPARAM_CACHE, p->max = 1)
ROW(bool_preset, KPARAM_CACHE, p->preset = 2)
ROW(text_max, KPARAM_SERIAL, p->max = 256)
ROW(text_min, KPARAM_SERIAL, p->min = 21)
ROW(text_min_alone, KPARAM_SERIAL, p->min = 256; p->max = 0)
ROW(text_preset, KPARAM_SERIAL, p->preset = 1)

static const struct wrong wrong_params[] = {
	{ name_under, -EINVAL, "params[1].name must be 1 to 15 of A-Z a-z 0-9 _ -" },
	{ name_slash, -EINVAL, "params[1].name must be 1 to 15" },
	{ name_endless, -EINVAL, "params[1].name must be 1 to 15" },
	{ name_twice, -EINVAL, "params[1] \"capacity\" has the name of params[0]" },
	{ name_of_all, -EINVAL, "params[5] \"queues\" has the name of params[4]" },
	{ name_gap, -EINVAL, "params[7] has no name, but it or a later row is not empty" },
	{ name_gone, -EINVAL, "params[0] has no name, but it or a later row is not empty" },
	{ name_late, -EINVAL, "params[7] has no name, but it or a later row is not empty" },
	{ types, -EINVAL, "params[1].types 0x4 names a type above the last, 1" },
	{ kind, -EOPNOTSUPP, "params[3] \"host\".kind 77 is not supported" },
	{ flags, -EOPNOTSUPP, "params[3] \"host\".flags 0x80000000 are not supported" },
	{ work, -EINVAL,
	  "params[3] \"host\".work is not zero, but it is no CONSOLE or CABLE" },
	{ console_work, -EINVAL, "params[3] \"host\".work 64 is not less than 64" },
	{ console_op, -EINVAL,
	  "params[3] \"host\" is CONSOLE, but there is no work op to be told of its bytes" },
	{ min, -EINVAL,
	  "params[0] \"capacity\".min 1099511627777 is more than max, 1099511627776" },
	{ preset_low, -EINVAL,
	  "params[0] \"capacity\".preset 4095 is not from 4096 to 1099511627776" },
	{ preset_high, -EINVAL, "params[0] \"capacity\".preset 1099511627777 is not from 4096" },
	{ bool_min, -EINVAL, "params[1] \"cache\" is BOOL or CONSOLE, so its min and max are 0" },
	{ bool_max, -EINVAL, "params[1] \"cache\" is BOOL or CONSOLE, so its min and max are 0" },
	{ bool_preset, -EINVAL, "params[1] \"cache\".preset 2 is neither 0 nor 1" },
	{ text_max, -EINVAL, "params[2] \"serial\".max 256 is more than 255 bytes" },
	{ text_min, -EINVAL, "params[2] \"serial\".min 21 is more than max, 20" },
	{ text_min_alone, -EINVAL, "params[2] \"serial\".min 256 is more than max, 255" },
	{ text_preset, -EINVAL, "params[2] \"serial\" is TEXT, so its preset is 0" },
};

/* The same for kcable.bpf.c */
ROW(cable_min, KCABLE_LEFT, p->min = 1)
ROW(cable_max, KCABLE_LEFT, p->max = 1)
ROW(cable_preset, KCABLE_RIGHT, p->preset = 1)
ROW(cable_work, KCABLE_RIGHT, p->work = MDEV_BPF_MAX_WORK)
WRONG(cable_op, ops->work = NULL)

static const struct wrong wrong_cables[] = {
	{ cable_min, -EINVAL, "params[0] \"left\" is CABLE, so its min, max and preset are 0" },
	{ cable_max, -EINVAL, "params[0] \"left\" is CABLE, so its min, max and preset are 0" },
	{ cable_preset, -EINVAL, "params[1] \"right\" is CABLE, so its min, max and preset" },
	{ cable_work, -EINVAL, "params[1] \"right\".work 64 is not less than 64" },
	{ cable_op, -EINVAL, "params[0] \"left\" is CABLE, but there is no op work" },
};

/* The region whose size is a parameter, for struct wrong */
#define SIZED(fn, statement)					\
WRONG(fn, struct mdev_bpf_region *r = &ops->regions[1];		\
	struct mdev_bpf_param *p = &ops->params[KPARAM_ROOM];	\
	(void)r; (void)p; statement)

SIZED(size_none, r->size_param = 7)
SIZED(size_huge, r->size_param = 0xffffffff)
SIZED(size_text, r->size_param = KPARAM_SERIAL)
SIZED(size_types, p->types = 1)
SIZED(size_min, r->size = 4096)
SIZED(size_endless, p->max = 0)
SIZED(size_local, p->flags = MDEV_BPF_PARAM_LOCAL)
SIZED(size_preset, p->preset = 12288)
SIZED(size_max, p->max = 3 << 20)
SIZED(size_flag, r->flags &= ~MDEV_BPF_REGION_SIZE_PARAM)
SIZED(size_no_memory, r->flags = MDEV_BPF_REGION_READ | MDEV_BPF_REGION_SIZE_PARAM)

static const struct wrong wrong_sizes[] = {
	{ size_none, -EINVAL, "regions[1].size_param 7 is no NUMBER of params[]" },
	{ size_huge, -EINVAL, "regions[1].size_param 4294967295 is no NUMBER of params[]" },
	{ size_text, -EINVAL, "regions[1].size_param 2 is no NUMBER of params[]" },
	{ size_types, -EINVAL,
	  "regions[1].size_param: not all types with the region have params[6]" },
	{ size_min, -EINVAL, "regions[1].size 0x1000 is not the min of params[6], 0x2000" },
	{ size_endless, -EINVAL, "regions[1] needs params[6] to have a max" },
	{ size_local, -EINVAL,
	  "regions[1].size_param: params[6] must not be LOCAL" },
	{ size_preset, -EINVAL, "regions[1].size 0x3000 is no power of two" },
	{ size_max, -EINVAL, "regions[1].size 0x300000 is no power of two" },
	{ size_flag, -EINVAL, "regions[1].size_param is not zero, but SIZE_PARAM is not set" },
	{ size_no_memory, -EINVAL, "regions[1] is SIZE_PARAM, which is for MEMORY" },
};

MTAP_TEST(sizes)
{
	expect_wrong(KPARAM, wrong_sizes, ARRAY_SIZE(wrong_sizes));
}

MTAP_TEST(cables)
{
	expect_wrong(KCABLE, wrong_cables, ARRAY_SIZE(wrong_cables));
}

MTAP_TEST(params)
{
	expect_wrong(KPARAM, wrong_params, ARRAY_SIZE(wrong_params));
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module,
};
