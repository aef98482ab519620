// SPDX-License-Identifier: GPL-2.0-only
/*
 * struct mdev_bpf_ops as a BPF struct_ops type: rules for the verifier, and attaching, updating and
 * detaching by a BPF link.
 */
#include <linux/bpf.h>
#include <linux/bpf_verifier.h>
#include <linux/btf.h>
#include <linux/module.h>

#include "gate/ops.h"
#include "gate/refuse.h"
#include "program/calls.h"
#include "program/cost.h"
#include "program/kfunc.h"
#include "program/registry.h"
#include "program/struct_ops.h"
#include "validate/validate.h"

/* Functions come first in struct mdev_bpf_ops, then data from here to the end. */
#define DATA_START offsetof(struct mdev_bpf_ops, name)

/* An op must not have this index; see struct mdev_bpf_ops. It has no stub, so it cannot be used. */
static_assert((u32)MDEV_BPF_OP_RESERVED == (u32)BPF_TRACE_RAW_TP);

static_assert(DATA_START + MDEV_BPF_NR_OPS * sizeof(u32) <= sizeof(struct mdev_bpf_ops));

/*
 * The members of contexts that programs can write; all others are read-only. The type of a context
 * is found as the second argument of an op, because a module cannot look up types by name, and ids
 * that are compiled into it are wrong (its BTF is relocated when it is loaded).
 */
static struct writable {
	u32 op;
	u32 start;
	u32 end;
	const struct btf_type *type;	/* exists as long as the module's BTF */
} writable[] = {
	{ offsetof(struct mdev_bpf_ops, region_read),
	  offsetof(struct mdev_bpf_access, val), offsetofend(struct mdev_bpf_access, val) },
	{ offsetof(struct mdev_bpf_ops, ioctl),
	  offsetof(struct mdev_bpf_ioctl, ret), offsetofend(struct mdev_bpf_ioctl, ret) },
	{ offsetof(struct mdev_bpf_ops, gfx_query),
	  offsetof(struct mdev_bpf_plane, region), offsetofend(struct mdev_bpf_plane, y_hot) },
};

/* The struct to which the second argument of an op points, or NULL */
static const struct btf_type *op_context(const struct btf *btf, const struct btf_member *op)
{
	const struct btf_type *t = btf_type_by_id(btf, op->type);

	if (!btf_type_is_ptr(t))
		return NULL;
	t = btf_type_by_id(btf, t->type);
	if (!btf_type_is_func_proto(t) || btf_type_vlen(t) < 2)
		return NULL;
	t = btf_type_by_id(btf, btf_params(t)[1].type);
	return btf_type_is_ptr(t) ? btf_type_by_id(btf, t->type) : NULL;
}

static void find_writable(const struct btf *btf, const struct btf_type *ops)
{
	const struct btf_member *member;
	unsigned int i, j;

	for_each_member(i, ops, member)
		for (j = 0; j < ARRAY_SIZE(writable); j++)
			if (__btf_member_bit_offset(ops, member) / 8 == writable[j].op)
				WRITE_ONCE(writable[j].type, op_context(btf, member));
}

/*
 * The verifier calls this for each op that a program implements, before it checks the program. It
 * finds the same types each time, so races are harmless.
 *
 * Ops must not sleep. An op that sleeps could wait for user space, for example in a page fault.
 * Then detaching its program would wait, too, and with it every struct_ops user of the machine. If
 * a device has to wait for something, the core does so outside of ops.
 */
static int check_member(const struct btf_type *t, const struct btf_member *member,
			const struct bpf_prog *prog)
{
	if (prog->sleepable) {
		mdev_bpf_refuse(prog->aux->name, "ops must not sleep: use SEC(\"struct_ops\")");
		return -EOPNOTSUPP;
	}
	find_writable(prog->aux->attach_btf, t);
	return mdev_bpf_calls_check(prog) ?: mdev_bpf_cost_check(prog);
}

/*
 * Only the context that an op was called with can be written. Some kernels also ask for pointers
 * that the program has loaded from somewhere, which may be outdated.
 */
static int check_write(struct bpf_verifier_log *log, const struct bpf_reg_state *reg,
		       int off, int size)
{
	const struct btf_type *t = btf_type_by_id(reg->btf, reg->btf_id);
	bool trusted = reg->type == (PTR_TO_BTF_ID | PTR_TRUSTED);
	unsigned int i;

	for (i = 0; trusted && i < ARRAY_SIZE(writable); i++)
		if (t == READ_ONCE(writable[i].type) && off >= writable[i].start &&
		    off + size <= writable[i].end)
			return 0;
	bpf_log(log, "byte %d of this struct is read-only: ops write access->val, call->ret, and what plane shows\n",
		off);
	return -EACCES;
}

static const struct bpf_verifier_ops verifier_ops = {
	.get_func_proto = mdev_bpf_calls_helper,
	.is_valid_access = bpf_tracing_btf_ctx_access,
	.btf_struct_access = check_write,
};

static int mdev_bpf_ops_init(struct btf *btf)
{
	mdev_bpf_kfunc_btf = btf;
	return 0;
}

/*
 * The BPF core gets the program of an op by its file descriptor, which it then replaces by the id
 * of the program. This checks the program first, and stores its id: another thread of the loader
 * could change the file descriptor in between. The id is stored in @kdata, where the data members
 * will be, which are not there yet.
 */
static int check_program(u32 offset, void *kdata, const void *udata)
{
	u32 *checked = kdata + DATA_START, op = offset / sizeof(void *);
	int fd = *(const unsigned long *)(udata + offset), ret;
	struct bpf_prog *prog;

	if (!fd)
		return 0;
	prog = bpf_prog_get_type_dev(fd, BPF_PROG_TYPE_STRUCT_OPS, false);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	checked[op] = prog->aux->id;
	ret = mdev_bpf_calls_check_functions(prog) ?: mdev_bpf_calls_check_maps(prog);
	bpf_prog_put(prog);
	return ret;
}

/* When all ops are set: are they the programs that were checked? */
static bool programs_checked(const void *kdata, const void *udata)
{
	const u32 *checked = kdata + DATA_START;
	const unsigned long *id = udata;
	unsigned int op;

	for (op = 0; op < MDEV_BPF_NR_OPS; op++)
		if (id[op] != checked[op])
			return false;
	return true;
}

/* The BPF core handles functions. Data is copied here, and checked as a whole in validate(). */
static int init_member(const struct btf_type *t, const struct btf_member *member,
		       void *kdata, const void *udata)
{
	u32 offset = __btf_member_bit_offset(t, member) / 8;

	if (offset < DATA_START)
		return check_program(offset, kdata, udata);
	if (offset == DATA_START) {
		if (!programs_checked(kdata, udata))
			return -EBUSY;
		memcpy(kdata + DATA_START, udata + DATA_START,
		       sizeof(struct mdev_bpf_ops) - DATA_START);
	}
	return 1;
}

static int validate(void *kdata)
{
	mdev_bpf_refuse_clear();
	return mdev_bpf_validate_program(kdata);
}

static int reg(void *kdata, struct bpf_link *link)
{
	const struct mdev_bpf_ops *ops = kdata;

	mdev_bpf_refuse_clear();
	/* Without a link, the map would stay registered even after its owner has died */
	if (!link) {
		mdev_bpf_refuse(ops->name, "put the struct_ops map into \".struct_ops.link\"");
		return -EOPNOTSUPP;
	}
	return mdev_bpf_registry_attach(ops, link);
}

static int update(void *kdata, void *old_kdata, struct bpf_link *link)
{
	mdev_bpf_refuse_clear();
	return mdev_bpf_registry_update(kdata, old_kdata, link);
}

static void unreg(void *kdata, struct bpf_link *link)
{
	mdev_bpf_registry_detach(kdata);
}

/*
 * Stubs, from which the BPF core gets the prototypes of ops. They are never called. Programs cannot
 * implement an op without a stub. The names must be unique in the kernel's BTF.
 */
static int mdev_bpf_ops__init(struct mdev_bpf_dev *dev)
{
	return 0;
}

static void mdev_bpf_ops__exit(struct mdev_bpf_dev *dev)
{
}

static int mdev_bpf_ops__open(struct mdev_bpf_dev *dev)
{
	return 0;
}

static void mdev_bpf_ops__close(struct mdev_bpf_dev *dev)
{
}

static int mdev_bpf_ops__reset(struct mdev_bpf_dev *dev)
{
	return 0;
}

static int mdev_bpf_ops__region_read(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

static int mdev_bpf_ops__region_write(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

static int mdev_bpf_ops__ioctl(struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call)
{
	return 0;
}

static int mdev_bpf_ops__timer(struct mdev_bpf_dev *dev, u32 id)
{
	return 0;
}

static int mdev_bpf_ops__work(struct mdev_bpf_dev *dev, u32 id)
{
	return 0;
}

static int mdev_bpf_ops__config_read(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

static int mdev_bpf_ops__config_write(struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	return 0;
}

static int mdev_bpf_ops__irq_unmask(struct mdev_bpf_dev *dev, u32 index)
{
	return 0;
}

static int mdev_bpf_ops__dma_done(struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	return 0;
}

static int mdev_bpf_ops__dma_unmap(struct mdev_bpf_dev *dev, struct mdev_bpf_range *range)
{
	return 0;
}

static int mdev_bpf_ops__gfx_query(struct mdev_bpf_dev *dev, struct mdev_bpf_plane *plane)
{
	return 0;
}

static int mdev_bpf_ops__gfx_edid(struct mdev_bpf_dev *dev, struct mdev_bpf_edid *edid)
{
	return 0;
}

static int mdev_bpf_ops__save(struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	return 0;
}

static int mdev_bpf_ops__restore(struct mdev_bpf_dev *dev, struct mdev_bpf_stream *stream)
{
	return 0;
}

static int mdev_bpf_ops__upgrade(struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)
{
	return 0;
}

static int mdev_bpf_ops__started(struct mdev_bpf_dev *dev, u32 why)
{
	return 0;
}

static int mdev_bpf_ops__dump(struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	return 0;
}

static int mdev_bpf_ops__queue(struct mdev_bpf_queue *q)
{
	return 0;
}

static int mdev_bpf_ops__queue_done(struct mdev_bpf_queue *q, struct mdev_bpf_dma *dma)
{
	return 0;
}

static struct mdev_bpf_ops stubs = {
	.init = mdev_bpf_ops__init,
	.exit = mdev_bpf_ops__exit,
	.open = mdev_bpf_ops__open,
	.close = mdev_bpf_ops__close,
	.reset = mdev_bpf_ops__reset,
	.region_read = mdev_bpf_ops__region_read,
	.region_write = mdev_bpf_ops__region_write,
	.ioctl = mdev_bpf_ops__ioctl,
	.timer = mdev_bpf_ops__timer,
	.work = mdev_bpf_ops__work,
	.config_read = mdev_bpf_ops__config_read,
	.config_write = mdev_bpf_ops__config_write,
	.irq_unmask = mdev_bpf_ops__irq_unmask,
	.dma_done = mdev_bpf_ops__dma_done,
	.dma_unmap = mdev_bpf_ops__dma_unmap,
	.gfx_query = mdev_bpf_ops__gfx_query,
	.gfx_edid = mdev_bpf_ops__gfx_edid,
	.save = mdev_bpf_ops__save,
	.restore = mdev_bpf_ops__restore,
	.upgrade = mdev_bpf_ops__upgrade,
	.started = mdev_bpf_ops__started,
	.dump = mdev_bpf_ops__dump,
	.queue = mdev_bpf_ops__queue,
	.queue_done = mdev_bpf_ops__queue_done,
};

static struct bpf_struct_ops struct_ops = {
	.verifier_ops = &verifier_ops,
	.init = mdev_bpf_ops_init,
	.check_member = check_member,
	.init_member = init_member,
	.validate = validate,
	.reg = reg,
	.update = update,
	.unreg = unreg,
	.cfi_stubs = &stubs,
	.owner = THIS_MODULE,
	.name = "mdev_bpf_ops",
};

/**
 * mdev_bpf_struct_ops_init() - register the struct_ops type, so that programs can be loaded
 *
 * Return: 0; a negative errno, also if the module was built without BTF.
 */
int mdev_bpf_struct_ops_init(void)
{
	return register_bpf_struct_ops(&struct_ops, mdev_bpf_ops);
}
