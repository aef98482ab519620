// SPDX-License-Identifier: GPL-2.0-only
/*
 * Declared registers of every kind; see kreg.h. "kreg" and "moved" are the same device with
 * the values in other places of the state, and take over each other's devices.
 */
#include "mdev_bpf.bpf.h"
#include "kreg.h"

char _license[] SEC("license") = "GPL";

struct kreg_global global;

struct regs {
	__u32 ctrl;
	__u32 status;
	__u32 cause;
	__u8 port;
	__u8 plain;
	__u16 small;
	__u64 wide;
	__u64 stamp;
	struct {
		__u32 head;
		__u32 tail;
	} queue[KREG_TAILS];
	__u32 other;
	__u32 next;
};

struct kreg {
	struct regs r;
};

struct moved {
	__u8 front[6000];
	struct regs r;
};

static void note(struct kreg_call *c, const struct mdev_bpf_access *access)
{
	c->calls++;
	c->reg = access->reg;
	c->index = access->index;
	c->size = access->size;
	c->offset = access->offset;
	c->val = access->val;
	c->old = access->old;
}

static int read(struct regs *r, struct mdev_bpf_access *access)
{
	note(&global.read, access);
	if (access->reg == KREG_ROW_PORT)
		access->val += 1;	/* what the core has read can be changed */
	else if (access->offset == KREG_OTHER)
		access->val = r->other;
	return 0;
}

/* Long enough for the test to see it, and short enough for the watchdog */
static void spin(struct mdev_bpf_dev *dev)
{
	int i;

	global.inside = 1;
	mdev_bpf_for(i, dev, 0, 1 << 23)
		if (__sync_fetch_and_add(&global.go, 0))
			break;
	global.inside = 0;
}

static int write(struct mdev_bpf_dev *dev, struct regs *r, struct mdev_bpf_access *access)
{
	char text[] = "asked to";

	switch (access->offset) {
	case KREG_OTHER:
		r->other = access->val;
		break;
	case KREG_SET:
		r->status = access->val;
		r->cause = access->val;
		return 0;
	case KREG_SPIN:
		spin(dev);
		return 0;
	case KREG_FAIL:
		return mdev_bpf_fail(dev, 1, text, sizeof(text));
	case KREG_NEXT:
		r->next++;
		r->stamp = (__u64)~r->next << 32 | r->next;
		return 0;
	}
	note(&global.write, access);
	return 0;
}

static int convert(struct regs *to, const struct regs *from)
{
	if (!to || !from)
		return -EINVAL;
	/* The new state has initial values already */
	if (to->ctrl != KREG_CTRL_RESET)
		return -EUCLEAN;
	*to = *from;
	return 0;
}

#define REGISTERS(type)									\
	[KREG_ROW_ID] = MDEV_BPF_REG_CONST("ID", 0, KREG_ID, 4, KREG_ID_VALUE),		\
	[KREG_ROW_CTRL] = MDEV_BPF_REG("CTRL", 0, KREG_CTRL, struct type, r.ctrl,	\
				       .reset = KREG_CTRL_RESET, .write = 0xffff,	\
				       .write_call = 0xf),				\
	[KREG_ROW_STATUS] = MDEV_BPF_REG("STATUS", 0, KREG_STATUS, struct type, r.status, \
					 .write_one_clear = 0xff, .write_call = 0xff),	\
	[KREG_ROW_CAUSE] = MDEV_BPF_REG("CAUSE", 0, KREG_CAUSE, struct type, r.cause,	\
					.read_clear = 0xffff, .read_call = 0xf),	\
	[KREG_ROW_PORT] = MDEV_BPF_REG("PORT", 0, KREG_PORT, struct type, r.port,	\
				       .write = 0x7f,					\
				       .flags = MDEV_BPF_REGISTER_READ_CALL |		\
						MDEV_BPF_REGISTER_WRITE_CALL),		\
	[KREG_ROW_PLAIN] = MDEV_BPF_REG("PLAIN", 0, KREG_PLAIN, struct type, r.plain,	\
					.write = 0xff),					\
	[KREG_ROW_SMALL] = MDEV_BPF_REG("SMALL", 0, KREG_SMALL, struct type, r.small,	\
					.write = 0xffff),				\
	[KREG_ROW_WIDE] = MDEV_BPF_REG("WIDE", 0, KREG_WIDE, struct type, r.wide,	\
				       .write = ~0ULL),					\
	[KREG_ROW_STAMP] = MDEV_BPF_REG("STAMP", 0, KREG_STAMP, struct type, r.stamp),	\
	[KREG_ROW_TAIL] = MDEV_BPF_REG("TAIL", 0, KREG_TAIL, struct type, r.queue[0].tail, \
				       .count = KREG_TAILS, .stride = KREG_TAIL_STRIDE,	\
				       .state_stride = 8, .reset = 7, .write = 0xfff,	\
				       .write_call = 0xfff),				\
	[KREG_ROW_ONLY_B] = {								\
		.name = "ONLY_B", .offset = KREG_ONLY_B, .width = 4, .types = 1 << 1,	\
		.flags = MDEV_BPF_REGISTER_CONST, .reset = KREG_ONLY_B_VALUE,		\
	}

/* The same device twice: the ops' names and the type of the state differ. */
#define DEVICE(type, other_type, version)						\
int MDEV_BPF_OP(type##_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)	\
{											\
	struct type *s = mdev_bpf_state(dev, struct type);				\
											\
	return s ? read(&s->r, access) : -EIO;						\
}											\
											\
int MDEV_BPF_OP(type##_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)	\
{											\
	struct type *s = mdev_bpf_state(dev, struct type);				\
											\
	return s ? write(dev, &s->r, access) : -EIO;					\
}											\
											\
int MDEV_BPF_OP(type##_upgrade, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)	\
{											\
	struct type *to = mdev_bpf_state(dev, struct type);				\
	const struct other_type *from = mdev_bpf_old_state(old, struct other_type);	\
											\
	return to && from ? convert(&to->r, &from->r) : -EINVAL;			\
}											\
											\
MDEV_BPF_DEVICE(type,									\
		.name = "kreg",								\
		.types = { { .name = "a" }, { .name = "b" } },				\
		.state_size = sizeof(struct type),					\
		.state_version = version,						\
		.pci = { .vendor = 0x1234, .device = 0x0010, .class_code = 0xff0000 },	\
		.regions = {								\
			{ .size = KREG_SIZE, .access_size = 8,				\
			  .flags = MDEV_BPF_REGION_RW },				\
		},									\
		.registers = { REGISTERS(type) },					\
		.region_read = type##_read,						\
		.region_write = type##_write,						\
		.upgrade = type##_upgrade)

DEVICE(kreg, moved, 1);
DEVICE(moved, kreg, 2);
