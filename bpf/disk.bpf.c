// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk controller: four queues of commands in guest memory, a completion ring for each, DMA by
 * lists, and an MSI-X vector for each queue. The disk is memory of the device.
 * Documentation/devices/disk.rst walks through it.
 */
#include "mdev_bpf.bpf.h"
#include "disk.h"

#define DISK_REGION	9	/* the disk's content: private memory */

struct disk_queue {
	__u64 ring;
	__u64 done_ring;
	__u32 tail;
	__u32 head;
	__u32 busy;
	__u32 reserved;
	/* The command that is being carried out */
	struct disk_command command;
	struct disk_done done;
	struct mdev_bpf_sg list[DISK_MAX_PIECES];
};

struct disk_state {
	struct disk_queue queue[DISK_QUEUES];
	__u32 status;
	__u64 commands;
};

/* The state in version 0 of this program, which did not count commands */
struct disk_state_v0 {
	struct disk_queue queue[DISK_QUEUES];
	__u32 status;
};

enum { ID, SECTORS, STATUS, COMMANDS, RING, DONE_RING, TAIL, HEAD };	/* registers */
enum { READ_ONLY };							/* parameters */

/* What a command takes, one DMA request each; these are the ids of the requests. */
enum disk_step { FETCH, LIST, DATA, DONE };

#define IN_QUEUE(n, member)	MDEV_BPF_STATE(offsetof(struct disk_state, queue[n].member))

static int request(struct mdev_bpf_dev *dev, struct disk_queue *q, __u32 n,
		   enum disk_step step)
{
	__u64 entry = q->head % DISK_ENTRIES;
	struct mdev_bpf_request req = { .id = step, .channel = n };

	switch (step) {
	case FETCH:
		req.op = MDEV_BPF_DMA_READ;
		req.iova = q->ring + entry * sizeof(q->command);
		req.where = IN_QUEUE(n, command);
		req.size = sizeof(q->command);
		break;
	case LIST:
		req.op = MDEV_BPF_DMA_READ;
		req.iova = q->command.list;
		req.where = IN_QUEUE(n, list);
		req.size = q->command.pieces * sizeof(q->list[0]);
		break;
	case DATA:
		req.op = q->command.op == DISK_READ ? MDEV_BPF_DMA_WRITE :
						      MDEV_BPF_DMA_READ;
		req.flags = MDEV_BPF_DMA_LIST;
		req.iova = IN_QUEUE(n, list);
		req.count = q->command.pieces;
		req.where = MDEV_BPF_MEMORY(DISK_REGION,
					    q->command.sector * DISK_SECTOR);
		req.size = q->command.size;
		break;
	case DONE:
		req.op = MDEV_BPF_DMA_WRITE;
		req.iova = q->done_ring + entry * sizeof(q->done);
		req.where = IN_QUEUE(n, done);
		req.size = sizeof(q->done);
		break;
	}
	return mdev_bpf_request(dev, &req, sizeof(req));
}

/* The rings are unusable, so there is no other way to tell the driver. */
static void stop(struct disk_state *s, __u32 n)
{
	s->queue[n].busy = 0;
	s->status |= 1 << n;
}

static void finish(struct mdev_bpf_dev *dev, struct disk_state *s, __u32 n, __u16 status)
{
	struct disk_queue *q = &s->queue[n];

	q->done.tag = q->command.tag;
	q->done.status = status;
	q->done.number = q->head + 1;
	if (request(dev, q, n, DONE))
		stop(s, n);
}

/* The core refuses what is wrong with the size, and what is beyond the end of the disk. */
static void transfer(struct mdev_bpf_dev *dev, struct disk_state *s, __u32 n, enum disk_step step)
{
	if (request(dev, &s->queue[n], n, step))
		finish(dev, s, n, DISK_INVALID);
}

/* The command has been fetched. The guest may change its own copy, but not this one. */
static void begin(struct mdev_bpf_dev *dev, struct disk_state *s, __u32 n)
{
	const struct disk_command *command = &s->queue[n].command;

	if ((command->op != DISK_READ && command->op != DISK_WRITE) ||
	    command->pieces > DISK_MAX_PIECES || command->sector >= DISK_SECTORS)
		finish(dev, s, n, DISK_INVALID);
	else if (command->op == DISK_WRITE && mdev_bpf_param(dev, READ_ONLY))
		finish(dev, s, n, DISK_READ_ONLY);
	else
		transfer(dev, s, n, LIST);
}

/* Begin with the next command of a queue, unless one is being carried out. */
static void next(struct mdev_bpf_dev *dev, struct disk_state *s, __u32 n)
{
	struct disk_queue *q = &s->queue[n];

	if (q->busy || q->head == q->tail || s->status & 1 << n)
		return;
	q->busy = 1;
	if (q->tail - q->head > DISK_ENTRIES || request(dev, q, n, FETCH))
		stop(s, n);
}

static void complete(struct mdev_bpf_dev *dev, struct disk_state *s, __u32 n)
{
	struct disk_queue *q = &s->queue[n];

	q->head++;
	q->busy = 0;
	s->commands++;
	/* -ENXIO while MSI-X is not enabled: the driver polls */
	mdev_bpf_irq_trigger(dev, n);
	next(dev, s, n);
}

/* A step of a queue's command is over. */
static void advance(struct mdev_bpf_dev *dev, struct disk_state *s, __u32 n,
		    __u32 step, int error)
{
	bool ring = step == FETCH || step == DONE;

	if (error && ring)
		stop(s, n);
	else if (error)
		finish(dev, s, n, DISK_DMA_ERROR);
	else if (step == FETCH)
		begin(dev, s, n);
	else if (step == LIST)
		transfer(dev, s, n, DATA);
	else if (step == DATA)
		finish(dev, s, n, DISK_OK);
	else
		complete(dev, s, n);
}

int MDEV_BPF_OP(disk_dma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	struct disk_state *s = mdev_bpf_state(dev, struct disk_state);
	__u32 n = dma->channel;

	barrier_var(n);
	if (!s || n >= DISK_QUEUES)
		return -EIO;
	/* The state was converted while the request was in progress: make it again */
	if (dma->error == -ECANCELED && !request(dev, &s->queue[n], n, dma->id))
		return 0;
	advance(dev, s, n, dma->id, dma->error);
	return 0;
}

/* The driver has rung the doorbell of queue @id. */
int MDEV_BPF_OP(disk_work, struct mdev_bpf_dev *dev, __u32 id)
{
	struct disk_state *s = mdev_bpf_state(dev, struct disk_state);
	__u32 n = id;

	barrier_var(n);
	if (!s || n >= DISK_QUEUES)
		return -EIO;
	next(dev, s, n);
	return 0;
}

/* STATUS has changed: queues that no longer have their bit set go on. */
int MDEV_BPF_OP(disk_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	for (__u32 n = 0; n < DISK_QUEUES; n++)
		mdev_bpf_work_queue(dev, n);
	return 0;
}

int MDEV_BPF_OP(disk_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct disk_state *s = mdev_bpf_state(dev, struct disk_state);

	if (!s)
		return -EIO;
	for (__u32 n = 0; n < DISK_QUEUES; n++)
		mdev_bpf_dump_printf(out, "queue %u: head %u, tail %u, busy %u\n", n,
				     s->queue[n].head, s->queue[n].tail, s->queue[n].busy);
	return 0;
}

int MDEV_BPF_OP(disk_upgrade, struct mdev_bpf_dev *dev, struct mdev_bpf_old *old)
{
	const struct disk_state_v0 *from;
	struct disk_state *to = mdev_bpf_state(dev, struct disk_state);

	from = mdev_bpf_old_state(old, struct disk_state_v0);
	if (!from || !to || old->version != 0)
		return -EOPNOTSUPP;
	for (__u32 n = 0; n < DISK_QUEUES; n++) {
		to->queue[n] = from->queue[n];
		to->commands += from->queue[n].head;
	}
	to->status = from->status;
	return 0;
}

#define QUEUE_REG(name, offset, member, ...)					\
	MDEV_BPF_REG(name, 0, offset, struct disk_state, queue[0].member,	\
		     .count = DISK_QUEUES, .stride = DISK_REG_QUEUE_SIZE,	\
		     .state_stride = sizeof(struct disk_queue), ##__VA_ARGS__)

MDEV_BPF_DEVICE(disk,
		.description = "A disk in memory, with four queues",
		.types = { { .name = "1", .pretty_name = "Disk" } },
		.state_size = sizeof(struct disk_state),
		.state_version = 1,
		.pci = {
			.vendor = 0x1234, .device = 0x000d, .class_code = 0x018000,
			.flags = MDEV_BPF_PCI_EXPRESS | MDEV_BPF_PCI_FLR,
		},
		.params = { [READ_ONLY] = { .name = "read_only", .kind = MDEV_BPF_PARAM_BOOL } },
		.regions = {
			{ .size = 4096, .access_size = 8, .flags = MDEV_BPF_REGION_RW },
			{ .index = DISK_REGION, .size = DISK_SECTORS * DISK_SECTOR,
			  .flags = MDEV_BPF_REGION_MEMORY | MDEV_BPF_REGION_KEEP },
		},
		.registers = {
			[ID] = MDEV_BPF_REG_CONST("ID", 0, DISK_REG_ID, 4, DISK_ID),
			[SECTORS] = MDEV_BPF_REG_CONST("SECTORS", 0, DISK_REG_SECTORS, 4,
						       DISK_SECTORS),
			[STATUS] = MDEV_BPF_REG("STATUS", 0, DISK_REG_STATUS,
						struct disk_state, status,
						.write_one_clear = (1 << DISK_QUEUES) - 1,
						.write_call = (1 << DISK_QUEUES) - 1),
			[COMMANDS] = MDEV_BPF_REG("COMMANDS", 0, DISK_REG_COMMANDS,
						  struct disk_state, commands),
			[RING] = QUEUE_REG("RING", DISK_REG_RING, ring,
					   .write = ~0ULL),
			[DONE_RING] = QUEUE_REG("DONE", DISK_REG_DONE, done_ring,
						.write = ~0ULL),
			[TAIL] = QUEUE_REG("TAIL", DISK_REG_TAIL, tail, .write = ~0U,
					   .flags = MDEV_BPF_REGISTER_DOORBELL),
			[HEAD] = QUEUE_REG("HEAD", DISK_REG_HEAD, head),
		},
		.irqs = {
			{ .index = 2, .count = DISK_QUEUES,
			  .table = DISK_MSIX_TABLE, .pba = DISK_MSIX_PBA },
		},
		.region_write = disk_write,
		.work = disk_work,
		.dma_done = disk_dma_done,
		.dump = disk_dump,
		.upgrade = disk_upgrade);

char _license[] SEC("license") = "GPL";
