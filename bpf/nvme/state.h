/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the controller remembers: its state and that of its pairs of queues, which a reset of the
 * device clears, and its non-volatile memory, which a reset keeps.
 *
 * Pair n is a queue of mdev_bpf: completion queue n with the submission queues that use it, which
 * mostly is submission queue n alone. Its ops do all that the rings and the data of commands need,
 * at the same time as those of other pairs. What needs the controller as a whole, they ask the work
 * op for, and it stops the pair meanwhile: admin commands, the error log, interrupts by pin.
 *
 * A command is in a slot from when it was fetched until its completion is staged for the completion
 * queue. A slot makes one DMA request at a time, and so does each queue. Whoever has made a request
 * is its id, so a request can be cancelled and, after the state was converted, be made again.
 */
#ifndef __NVME_STATE_H
#define __NVME_STATE_H

#include "mdev_bpf.bpf.h"
#include "spec.h"

#define NVME_QUEUES		16	/* pairs of queues: the admin queues, and 15 for I/O */
#define NVME_VECTORS		NVME_QUEUES
#define NVME_MAX_ENTRIES	2048	/* of an I/O queue */

#define NVME_SLOTS		32	/* of a pair */
#define NVME_EVENT_REQUESTS	4	/* Asynchronous Event Requests at a time */
#define NVME_FETCH		8	/* commands that are fetched at a time */
#define NVME_STAGE		64	/* completions that wait to be written; a power of two */

#define NVME_MDTS		5	/* largest transfer: 2^5 pages */
#define NVME_MAX_TRANSFER	(NVME_PAGE << NVME_MDTS)
#define NVME_MAX_PRPS		((1 << NVME_MDTS) + 1)

/* Regions */
#define NVME_BAR		0
#define NVME_BAR_SIZE		0x4000
#define NVME_MSIX_TABLE		0x2000
#define NVME_MSIX_PBA		0x3000
#define NVME_STORE		9	/* the namespace, unless it is in a file */
#define NVME_BUFFER		10	/* what slots transfer that is no block; tails */
#define NVME_NVRAM		11	/* struct nvme_nvram */

/* The buffer of a slot: two blocks of data for Compare; for others one page */
#define NVME_BUFFER_SIZE	(2 * NVME_MAX_TRANSFER)

/* Behind the buffers: the tails of submission queues, for the pairs that serve them */
#define NVME_TAILS		((__u64)NVME_QUEUES * NVME_SLOTS * NVME_BUFFER_SIZE)

/* Parameters */
enum { NVME_PARAM_SIZE, NVME_PARAM_DISK, NVME_PARAM_LBA_SHIFT };

/* Most that one step of Write Zeroes or Dataset Management clears */
#define NVME_ZERO_STEP		(1ULL << 20)

/* What a slot is doing. */
enum nvme_step {
	NVME_FREE,
	NVME_WAIT,		/* for something else than a request of its own */
	NVME_LIST,		/* fetch a part of the PRP list */
	NVME_DATA,		/* transfer between guest memory and the store, or the buffer */
	NVME_LOAD,		/* read what Compare compares with from the file */
	NVME_FLUSH,
	NVME_ZERO,		/* clear a part of the store */
	NVME_HANDED,		/* to the work op, which does slot->hand */
	NVME_ENDED,		/* the work op says that it ends, with slot->status */
	NVME_REPLIED,		/* the work op has something for NVME_DATA */
	NVME_ZEROED,		/* the work op has cleared slot->done bytes of the store */
};

/* What the work op does for a command. */
enum nvme_hand {
	NVME_DO_NOTHING,
	NVME_DO_COMMAND,	/* of the admin queue */
	NVME_DO_COMPARE,
	NVME_DO_ZERO,
	NVME_DO_UNMASK,
	NVME_DO_SHADOW,
	NVME_DO_LOG,		/* log that it fails, last */
};

/* What comes after NVME_DATA. */
enum nvme_then {
	NVME_THEN_END,
	NVME_THEN_FLUSH,
	NVME_THEN_COMPARE,
	NVME_THEN_RANGES,
	NVME_THEN_UNMASK,
	NVME_THEN_SHADOW,
};

struct nvme_slot {
	struct nvme_command cmd;
	__u32 step;
	__u32 then;
	__u32 queue;		/* the submission queue */
	__u32 busy;		/* a request is in progress */
	__u32 abort;		/* the status that the command ends with, if it is to be aborted */
	__u32 result;		/* dword 0 of the completion */
	__u32 op;		/* of the request of NVME_DATA */
	__u32 hand;
	__u32 status;
	__u32 range;		/* of Dataset Management, the next range */
	__u64 where;		/* the device's side of NVME_DATA; 0 for the file */
	__u64 offset;		/* in the store */
	__u64 size;		/* bytes of data; of NVME_ZERO, what is left */
	__u64 done;
	__u64 list;		/* where the rest of the PRP list is in guest memory */
	__u32 prps;		/* entries of it that are being fetched */
	__u32 prps_left;	/* entries of data that are not in @sg yet */
	__u32 sgs;		/* entries of @sg */
	__u32 zero_written;	/* zeros are written, and no blocks are freed */
	__u64 prp[NVME_MAX_PRPS];
	struct mdev_bpf_sg sg[NVME_MAX_PRPS];
};

/* What a submission queue is requesting. */
enum nvme_sq_job {
	NVME_SQ_IDLE,
	NVME_SQ_FETCH,		/* commands */
	NVME_SQ_EVENT,		/* write the event index of its doorbell */
	NVME_SQ_SHADOW,		/* read its shadow doorbell */
};

struct nvme_sq {
	__u64 addr;
	__u32 size;		/* entries; 0 if there is no such queue */
	__u32 cq;
	__u32 head;
	__u32 tail;
	__u32 job;
	__u32 look;		/* the shadow doorbell has to be read */
	__u32 fetched;		/* commands that are being fetched */
	__u32 commands;		/* that were begun, and whose completion is not written yet */
	__u32 deleter;		/* it is being deleted */
	__u32 event;		/* its event index */
	__u32 shadow;		/* its shadow doorbell, as read */
	__u32 seen;		/* the last value of its doorbell */
	struct nvme_command fetch[NVME_FETCH];
};

/* What a completion queue is requesting. */
enum nvme_cq_job {
	NVME_CQ_IDLE,
	NVME_CQ_STORE,		/* completions, with the phase tag of entries that are not new */
	NVME_CQ_WRITE,		/* the same with their phase tag */
	NVME_CQ_EVENT,
	NVME_CQ_SHADOW,
};

struct nvme_cq {
	__u64 addr;
	__u32 size;		/* entries; 0 if there is no such queue */
	__u32 vector;
	__u32 interrupts;	/* are enabled */
	__u32 head;		/* the driver has taken what is before */
	__u32 tail;		/* the entry for the next completion that is staged */
	__u32 phase;		/* of this entry */
	__u32 written;		/* the entry for the next completion that is written */
	__u32 in, out;		/* how many were staged and written since creation */
	__u32 reserved;		/* for commands in slots */
	__u32 sqs;		/* submission queues that use it */
	__u32 job;
	__u32 look;		/* the shadow doorbell has to be read */
	__u32 full;		/* a submission queue waits for room */
	__u32 writing;		/* completions that are being stored and written */
	__u32 stored;		/* they are stored */
	__u32 event;		/* its event index */
	__u32 shadow;		/* its shadow doorbell, as read */
	__u32 deleter;		/* it is being deleted */
	struct nvme_completion stage[NVME_STAGE];
};

struct nvme_doorbell {
	__u32 tail;
	__u32 head;
};

/* What a pair has done, in non-volatile memory */
struct nvme_counters {
	__u64 bytes_read;
	__u64 bytes_written;
	__u64 reads;
	__u64 writes;
	__u64 busy_ns;		/* how long there were commands */
	__u64 ended;		/* commands */
};

/* What a pair asks the work op for, which looks at the rest of its state, too */
enum nvme_ask {
	NVME_ASK_FATAL = 1 << 0,	/* a ring cannot be accessed */
	NVME_ASK_EVENT_REGISTER = 1 << 1,
	NVME_ASK_EVENT_VALUE = 1 << 2,
	NVME_ASK_LINE = 1 << 3,		/* move the line of INTx */
	NVME_ASK_TIMER = 1 << 4,	/* report what is coalesced, later */
	NVME_ASK_STOPPED = 1 << 5,	/* the last request has ended */
	NVME_ASK_DELETED = 1 << 6,	/* a queue is gone */
	NVME_ASK_HANDED = 1 << 7,	/* do something for a command */
	NVME_ASK_HEAD = 1 << 8,		/* the driver has taken admin completions */
};

/* The state of a pair */
struct nvme_pair {
	struct nvme_doorbell doorbell;
	struct nvme_doorbell seen;	/* their last values */

	/* What the work op has told it */
	__u32 runs;		/* the controller carries out commands */
	__u32 stopping;		/* CC.EN was cleared: end all requests; 2: they are cancelled */
	__u32 aborting;		/* requests of aborted commands have to be cancelled */
	__u32 deleting;		/* how many of its queues are to be deleted */
	__u32 returned;		/* bit n: of slot n, the work op has done what it was to do */
	__u64 blocks;
	__u32 lba_shift;
	__u32 file;
	__u32 no_cache;
	__u32 coalescing;	/* 0 if not for its vector */
	__u64 shadow;
	__u64 events;
	__u32 shadows;
	__u32 home;		/* the pair that serves submission queue n, plus 1 */

	__u32 ask;
	__u32 requests;		/* in progress */
	__u32 intx;		/* interrupts are by pin */
	__u32 line;		/* it has what INTx reports */
	__u32 early;		/* a head was refused that may only have been too early */
	__u32 coalesced;	/* completions that are not reported */
	__u32 used;		/* bit n: slot n */
	__u32 sqs;		/* bit n: it serves submission queue n */
	__u32 kicks;		/* bit n: submission queue n may have something to do */
	__u32 starved;		/* submission queues that wait for a slot */
	__u32 turn;		/* that at which the search for the next of them begins */
	__u32 fetching;		/* slots that are promised to commands */
	__u64 busy_since;	/* while there are commands, when the first of them began */
	struct nvme_counters counters;
	struct nvme_cq cq;
	struct nvme_sq sq[NVME_QUEUES];
	struct nvme_slot slot[NVME_SLOTS];
};

/* The state of the controller, for the other ops */
struct nvme_state {
	/* Controller Registers */
	__u64 asq;
	__u64 acq;
	__u32 cc;
	__u32 csts;
	__u32 aqa;
	__u32 intm;

	/* Controller: what of CC was carried out, and what is so since CC.EN was set */
	__u32 enabled;
	__u32 shutdown;
	__u64 blocks;
	__u32 lba_shift;
	__u32 file;		/* MDEV_BPF_FILE_* if the namespace is in a file */
	__u32 stopping;		/* CC.EN was cleared, and requests are in progress */
	__u32 requests;		/* in progress, but for those of pairs */
	__u32 created;		/* an I/O queue was created */
	__u32 cqs;		/* bit n: there is completion queue n */
	__u64 shadow;		/* the pages of Doorbell Buffer Config, if @shadows is set */
	__u64 events;
	__u32 shadows;
	__u32 lines;		/* bit n: completion queue n has what INTx reports */
	__u32 pair[NVME_QUEUES];	/* that serves submission queue n, plus 1 */
	__u32 sq_deleter[NVME_QUEUES];	/* the slot of the command that deletes it, plus 1 */
	__u32 cq_deleter[NVME_QUEUES];

	/* Features */
	__u32 arbitration;
	__u32 over_temperature;
	__u32 under_temperature;
	__u32 recovery;
	__u32 no_cache;
	__u32 coalescing;
	__u32 atomicity;
	__u32 event_config;
	__u32 no_coalescing;	/* bit n: of vector n */

	/* Asynchronous events */
	__u32 event_requests;
	__u16 event_cid[NVME_EVENT_REQUESTS];
	__u32 event_pending[NVME_EVENT_TYPES];	/* bit n: event n of the type */
	__u32 event_masked;	/* types that were reported, until their log is read */

	__u32 hand_next[NVME_QUEUES];	/* the slot at which the search for NVME_HANDED begins */
	__u64 block[64];	/* a part of the store, while Compare compares it */
	struct nvme_slot now;	/* a copy of the slot of an admin command, while it is begun */
};

#define NVME_ERRORS	16	/* entries of the error log */

struct nvme_nvram {
	__u64 power_cycles;
	__u64 unsafe_shutdowns;
	__u64 media_errors;
	__u64 errors;		/* entries that the error log has ever got */
	__u64 running;		/* since the last shutdown, the controller was enabled */
	__u64 ended;		/* I/O commands before the last shutdown */
	__u64 reserved[2];
	struct nvme_error error[NVME_ERRORS];
	struct nvme_counters counters[NVME_QUEUES];
};

/* Where the counters of a pair are in NVME_NVRAM */
#define NVME_COUNTERS(pair) \
	(offsetof(struct nvme_nvram, counters) + (pair) * sizeof(struct nvme_counters))

#define NVME_IN_PAIR(member) MDEV_BPF_STATE(offsetof(struct nvme_pair, member))

/* The id of a request: what has made it */
#define NVME_ID(kind, n)	((kind) << 8 | (n))
#define NVME_ID_KIND(id)	((id) >> 8)
#define NVME_ID_INDEX(id)	((id) & 0xff)

/* The last one is a bit that no other has, so that all others can be cancelled at once. */
enum nvme_kind { NVME_OF_SLOT, NVME_OF_SQ, NVME_OF_CQ, NVME_OF_SHUTDOWN = 4 };

/*
 * Channels of a pair: one for its rings, and others that the data of commands shares. So guest
 * memory that has to be swapped in, or a slow file, holds up some of the other commands, but no
 * ring.
 */
#define NVME_RING_CHANNEL	0
#define NVME_DATA_CHANNELS	8

static __always_inline __u32 nvme_data_channel(__u64 slot)
{
	return 1 + slot % NVME_DATA_CHANNELS;
}

/* Work n is what pair n has asked for. */

#define NVME_TIMER_COALESCING	0

/* Queues and slots by their numbers; NULL if there is no such one. */
static __always_inline struct nvme_sq *nvme_sq_get(struct nvme_pair *s, __u64 n)
{
	return mdev_bpf_at(s->sq, n);
}

static __always_inline struct nvme_slot *nvme_slot_get(struct nvme_pair *s, __u64 n)
{
	return mdev_bpf_at(s->slot, n);
}

/* A pair, which is stopped until the op returns; NULL if there is none of this number. */
static __always_inline struct nvme_pair *nvme_pair_get(struct mdev_bpf_dev *dev, __u64 n)
{
	return mdev_bpf_stopped_queue(dev, n, struct nvme_pair);
}

static __always_inline struct nvme_nvram *nvme_nvram_get(struct mdev_bpf_dev *dev)
{
	return (struct nvme_nvram *)mdev_bpf_memory_get(dev, MDEV_BPF_MEMORY(NVME_NVRAM, 0),
							sizeof(struct nvme_nvram));
}

/* The controller carries out commands. */
static __always_inline bool nvme_runs(const struct nvme_state *s)
{
	return (s->csts & (NVME_CSTS_RDY | NVME_CSTS_CFS)) == NVME_CSTS_RDY && !s->stopping;
}

/* Make a request of a pair, and count it. */
static __always_inline int nvme_request(struct mdev_bpf_queue *lane, struct nvme_pair *s,
					struct mdev_bpf_request *req)
{
	int ret = mdev_bpf_q_request(lane, req, sizeof(*req));

	if (!ret)
		s->requests++;
	return ret;
}

/* Have the work op look at this pair. */
static __always_inline void nvme_ask(struct mdev_bpf_queue *lane, struct nvme_pair *s, __u32 what)
{
	s->ask |= what;
	mdev_bpf_q_work(lane, lane->id);
}

/* The lowest bit that is clear; 64 if all are set. */
static __always_inline __u64 nvme_lowest_clear(__u64 used)
{
	__u64 n = 0;

	if (!~used)
		return 64;
	if (!(~used & 0xffffffff)) {
		n += 32;
		used >>= 32;
	}
	if (!(~used & 0xffff)) {
		n += 16;
		used >>= 16;
	}
	if (!(~used & 0xff)) {
		n += 8;
		used >>= 8;
	}
	if (!(~used & 0xf)) {
		n += 4;
		used >>= 4;
	}
	if (!(~used & 3)) {
		n += 2;
		used >>= 2;
	}
	return n + (used & 1);
}

#endif /* __NVME_STATE_H */
