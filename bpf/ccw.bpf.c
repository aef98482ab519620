// SPDX-License-Identifier: GPL-2.0-only
/*
 * ccw: a subchannel of a channel subsystem, with the regions and interrupts of vfio-ccw, as an
 * example of that shape. The device behind it keeps what is written to it, so that channel programs
 * do something. Documentation/devices/ccw.rst describes both.
 */
#include <linux/vfio.h>
#include "mdev_bpf.bpf.h"
#include "ccw.h"

#define MAX_CCWS	255	/* of a channel program: with TIC, it could be endless */
#define MAX_CRWS	4
#define DEVNO		0x1234
#define UNIT_ID		0xff, 0x20, 0x64, 0x01, 0x20, 0x65, 0x01

enum { IO_IRQ, CRW_IRQ, REQ_IRQ };	/* entries of irqs */

struct ccw_state {
	/* Regions, as their users see them */
	__u32 orb[3];
	__u32 scsw[3];
	__u32 irb[24];
	__u32 ret_code;
	__u32 schib[13];
	__u32 async_ret;

	__u32 crw[MAX_CRWS];	/* reports that were not read, the oldest first */
	__u32 crws;

	/* The channel program */
	__u32 running;
	__u32 run;		/* its number: what was requested for an earlier one is ignored */
	__u32 cpa;		/* the command, or the next */
	__u32 ccws;		/* commands so far */
	__u32 ccw[2];		/* the command, as in memory */
	__u32 residual;		/* of its count */
	__u32 fetched;		/* what is transferred is its data, not the command */

	/* The device */
	__u32 path_gone;
	__u32 written;		/* bytes */
	__u8 sense[CCW_SENSE_SIZE];
	__u8 id[8];
	__u8 data[CCW_DATA_SIZE];
};

static __u32 be32(__u32 val)
{
	return __builtin_bswap32(val);
}

/* The status of the subchannel becomes that of its last function, and the user is told. */
static void end(struct mdev_bpf_dev *dev, struct ccw_state *s, __u32 control, __u32 status)
{
	s->running = 0;
	s->irb[0] = be32(control | SCSW_STCTL_PENDING);
	s->irb[1] = be32(s->cpa);
	s->irb[2] = be32(status | (s->residual & 0xffff));
	for (int i = 0; i < 3; i++)
		s->schib[7 + i] = s->irb[i];
	mdev_bpf_irq_signal(dev, IO_IRQ, 0);
}

#define ENDED	(SCSW_DSTAT_CHANNEL_END | SCSW_DSTAT_DEVICE_END)
#define START_ENDED	(SCSW_FCTL_START | SCSW_STCTL_PRIMARY | SCSW_STCTL_SECONDARY)

static void program_check(struct mdev_bpf_dev *dev, struct ccw_state *s)
{
	end(dev, s, START_ENDED | SCSW_STCTL_ALERT, SCSW_CSTAT_PROGRAM);
}

static void fetch(struct mdev_bpf_dev *dev, struct ccw_state *s)
{
	s->fetched = 0;
	if (s->cpa & 7 || s->ccws++ >= MAX_CCWS ||
	    mdev_bpf_dma_read(dev, s->run, s->cpa, MDEV_BPF_STATE(offsetof(struct ccw_state, ccw)),
			      sizeof(s->ccw)))
		program_check(dev, s);
}

static __u8 command(const struct ccw_state *s)
{
	return be32(s->ccw[0]) >> 24;
}

static __u8 flags(const struct ccw_state *s)
{
	return be32(s->ccw[0]) >> 16;
}

/* A command is done: the next, or the end. */
static void command_done(struct mdev_bpf_dev *dev, struct ccw_state *s)
{
	s->cpa += sizeof(s->ccw);
	if (s->residual && !(flags(s) & CCW_FLAG_SLI))
		end(dev, s, START_ENDED | SCSW_STCTL_ALERT, ENDED | SCSW_CSTAT_LENGTH);
	else if (flags(s) & CCW_FLAG_CHAIN)
		fetch(dev, s);
	else
		end(dev, s, START_ENDED, ENDED);
}

/* The data of a command: from the device if @to_guest, up to as many bytes as it has. */
static void transfer(struct mdev_bpf_dev *dev, struct ccw_state *s, bool to_guest, __u64 where,
		     __u32 have)
{
	__u32 count = be32(s->ccw[0]) & 0xffff;
	__u32 size = count < have ? count : have;
	int ret;

	s->fetched = 1;
	s->residual = count - size;
	if (!size) {
		command_done(dev, s);
		return;
	}
	if (to_guest)
		ret = mdev_bpf_dma_write(dev, s->run, be32(s->ccw[1]), MDEV_BPF_STATE(where), size);
	else
		ret = mdev_bpf_dma_read(dev, s->run, be32(s->ccw[1]), MDEV_BPF_STATE(where), size);
	if (ret)
		program_check(dev, s);
}

static void report(struct mdev_bpf_dev *dev, struct ccw_state *s, __u32 crw)
{
	__u32 n = s->crws;

	if (n >= MAX_CRWS)
		return;
	s->crw[n] = crw;
	s->crws++;
	mdev_bpf_irq_signal(dev, CRW_IRQ, 0);
}

/* Of this device: what an administrator would do to the only path. */
static void vary(struct mdev_bpf_dev *dev, struct ccw_state *s)
{
	s->path_gone = !s->path_gone;
	s->schib[3] = be32(s->path_gone ? PMCW_PATH << 8 : PMCW_PATH << 8 | PMCW_PATH);
	report(dev, s, (s->path_gone ? CRW_PATH_GONE : CRW_PATH_BACK) | CRW_CHPID);
}

static void reject(struct mdev_bpf_dev *dev, struct ccw_state *s)
{
	s->sense[0] = CCW_SENSE_REJECT;
	s->cpa += sizeof(s->ccw);
	s->residual = be32(s->ccw[0]) & 0xffff;
	end(dev, s, START_ENDED | SCSW_STCTL_ALERT, ENDED | SCSW_DSTAT_UNIT_CHECK);
}

static void execute(struct mdev_bpf_dev *dev, struct ccw_state *s)
{
	if ((command(s) & 0xf) == CCW_TIC) {
		s->cpa = be32(s->ccw[1]);
		fetch(dev, s);
		return;
	}
	if (flags(s) & CCW_FLAG_UNSUPPORTED) {
		program_check(dev, s);
		return;
	}
	s->residual = 0;
	switch (command(s)) {
	case CCW_VARY:
		vary(dev, s);
		command_done(dev, s);
		break;
	case CCW_NOP:
		command_done(dev, s);
		break;
	case CCW_SENSE_ID:
		transfer(dev, s, true, offsetof(struct ccw_state, id), CCW_ID_SIZE);
		break;
	case CCW_SENSE:
		transfer(dev, s, true, offsetof(struct ccw_state, sense), CCW_SENSE_SIZE);
		break;
	case CCW_READ:
		transfer(dev, s, true, offsetof(struct ccw_state, data), s->written);
		break;
	case CCW_WRITE:
		transfer(dev, s, false, offsetof(struct ccw_state, data), CCW_DATA_SIZE);
		break;
	default:
		reject(dev, s);
	}
}

int MDEV_BPF_OP(ccw_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct ccw_state *s = mdev_bpf_state(dev, struct ccw_state);

	if (!s)
		return -EIO;
	if (dma->id != s->run || !s->running)
		return 0;
	if (dma->error) {
		program_check(dev, s);
	} else if (!s->fetched) {
		execute(dev, s);
	} else {
		if (command(s) == CCW_WRITE)
			s->written = dma->size;
		if (command(s) == CCW_SENSE)
			s->sense[0] = 0;
		command_done(dev, s);
	}
	return 0;
}

/* The first function that SCSW asks for; halt and clear have a region of their own. */
static int start(struct mdev_bpf_dev *dev, struct ccw_state *s)
{
	if (s->running)
		return -EBUSY;
	if (!(be32(s->scsw[0]) & SCSW_FCTL_START) || !(be32(s->orb[1]) & ORB_FORMAT_1))
		return -EOPNOTSUPP;
	s->running = 1;
	s->run++;
	s->ccws = 0;
	s->residual = 0;
	s->cpa = be32(s->orb[2]);
	fetch(dev, s);
	return 0;
}

static int halt_or_clear(struct mdev_bpf_dev *dev, struct ccw_state *s, __u32 order)
{
	if (order != CCW_ASYNC_HSCH && order != CCW_ASYNC_CSCH)
		return -EINVAL;
	if (s->running)
		mdev_bpf_request_cancel(dev, s->run, ~0);
	s->run++;
	s->residual = 0;
	if (order == CCW_ASYNC_CSCH)
		s->cpa = 0;
	end(dev, s, order == CCW_ASYNC_HSCH ? SCSW_FCTL_HALT : SCSW_FCTL_CLEAR, 0);
	return 0;
}

/* The next report; the user is told if there is another. */
static __u32 take_report(struct mdev_bpf_dev *dev, struct ccw_state *s)
{
	__u32 crw = s->crw[0];

	if (!s->crws)
		return 0;
	s->crws--;
	for (int i = 0; i < MAX_CRWS - 1; i++)
		s->crw[i] = s->crw[i + 1];
	s->crw[MAX_CRWS - 1] = 0;
	if (s->crws)
		mdev_bpf_irq_signal(dev, CRW_IRQ, 0);
	return crw;
}

enum { ORB, SCSW, IRB, RET_CODE, SCHIB, CRW };	/* registers */

int MDEV_BPF_OP(ccw_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct ccw_state *s = mdev_bpf_state(dev, struct ccw_state);

	if (!s)
		return -EIO;
	if (access->reg == CRW)
		access->val = take_report(dev, s);
	else if (access->region == CCW_ASYNC)
		access->val = access->offset ? s->async_ret : (__u64)s->async_ret << 32;
	return 0;
}

/* A user writes a whole region, of which the core makes accesses: the last one of them counts. */
int MDEV_BPF_OP(ccw_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	struct ccw_state *s = mdev_bpf_state(dev, struct ccw_state);
	int ret = 0;

	if (!s)
		return -EIO;
	if (access->reg == RET_CODE) {
		ret = start(dev, s);
		s->ret_code = ret;
	} else if (access->region == CCW_ASYNC && !access->offset && access->size >= 4) {
		ret = halt_or_clear(dev, s, access->val);
		s->async_ret = ret;
	}
	return ret;
}

/* Also after a reset, which has ended the channel program */
int MDEV_BPF_OP(ccw_init, struct mdev_bpf_dev *dev)
{
	struct ccw_state *s = mdev_bpf_state(dev, struct ccw_state);
	const __u8 id[CCW_ID_SIZE] = { UNIT_ID };

	if (!s)
		return -EIO;
	__builtin_memcpy(s->id, id, sizeof(id));
	s->schib[1] = be32(PMCW_ENABLED | PMCW_VALID | DEVNO);
	s->schib[2] = be32(PMCW_PATH << 24 | PMCW_PATH);
	s->schib[3] = be32(PMCW_PATH << 8 | PMCW_PATH);
	s->schib[4] = be32(CRW_CHPID << 24);
	return 0;
}

int MDEV_BPF_OP(ccw_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct ccw_state *s = mdev_bpf_state(dev, struct ccw_state);

	if (!s)
		return -EIO;
	mdev_bpf_dump_printf(out, "channel programs in progress: %u, at 0x%x\n", s->running,
			     s->cpa);
	mdev_bpf_dump_printf(out, "device: %u bytes, %u reports wait\n", s->written, s->crws);
	return 0;
}

#define CCW_REG(name, where, offset, member, ...) \
	MDEV_BPF_REG(name, where, offset, struct ccw_state, member, ##__VA_ARGS__)
#define CCW_EXTRA(where, bytes, subtype, access)					\
	{ .size = bytes, .index = where, .flags = access, .access_size = 8,		\
	  .cap_type = VFIO_REGION_TYPE_CCW, .cap_subtype = subtype }

MDEV_BPF_DEVICE(ccw,
		.description = "A subchannel, as an example of vfio-ccw's shape",
		.device_api = "vfio-ccw",
		.types = { { .name = "1", .pretty_name = "Subchannel with an echo device" } },
		.state_size = sizeof(struct ccw_state),
		.regions = {
			{ .size = CCW_IO_SIZE, .index = CCW_IO, .flags = MDEV_BPF_REGION_RW },
			CCW_EXTRA(CCW_ASYNC, CCW_ASYNC_SIZE, VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD,
				  MDEV_BPF_REGION_RW),
			CCW_EXTRA(CCW_SCHIB, CCW_SCHIB_SIZE, VFIO_REGION_SUBTYPE_CCW_SCHIB,
				  MDEV_BPF_REGION_READ),
			CCW_EXTRA(CCW_CRW, CCW_CRW_SIZE, VFIO_REGION_SUBTYPE_CCW_CRW,
				  MDEV_BPF_REGION_READ),
		},
		.registers = {
			[ORB] = CCW_REG("ORB", CCW_IO, CCW_IO_ORB, orb[0], .count = 3,
					.write = 0xffffffff),
			[SCSW] = CCW_REG("SCSW", CCW_IO, CCW_IO_SCSW, scsw[0], .count = 3,
					 .write = 0xffffffff),
			[IRB] = CCW_REG("IRB", CCW_IO, CCW_IO_IRB, irb[0], .count = 24),
			[RET_CODE] = CCW_REG("RET_CODE", CCW_IO, CCW_IO_RET, ret_code,
					     .flags = MDEV_BPF_REGISTER_WRITE_CALL),
			[SCHIB] = CCW_REG("SCHIB", CCW_SCHIB, 0, schib[0], .count = 13),
			[CRW] = { .name = "CRW", .region = CCW_CRW, .width = 4,
				  .flags = MDEV_BPF_REGISTER_CONST | MDEV_BPF_REGISTER_READ_CALL },
		},
		.irqs = {
			[IO_IRQ] = { .count = 1, .index = VFIO_CCW_IO_IRQ_INDEX },
			[CRW_IRQ] = { .count = 1, .index = VFIO_CCW_CRW_IRQ_INDEX },
			[REQ_IRQ] = { .count = 1, .index = VFIO_CCW_REQ_IRQ_INDEX },
		},
		.init = ccw_init,
		.region_read = ccw_read,
		.region_write = ccw_write,
		.dma_done = ccw_dma_done,
		.dump = ccw_dump);

char _license[] SEC("license") = "GPL";
