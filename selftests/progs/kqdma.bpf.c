// SPDX-License-Identifier: GPL-2.0-only
/* A device whose queues make requests; see kqdma.h. What they request is up to the test. */
#include "mdev_bpf.bpf.h"
#include "kqdma.h"

char _license[] SEC("license") = "GPL";

struct kqdma_global global;

struct kqdma_queue {
	__u32 tail;
	__u32 reserved[3];
	__u8 data[KQD_STATE - 16];
};

static struct kqdma_side *side_of(struct mdev_bpf_queue *q)
{
	return &global.q[q->id & (KQD_QUEUES - 1)];
}

static int make(struct mdev_bpf_queue *q, struct kqdma_side *s)
{
	struct mdev_bpf_request req = s->req;

	req.id = s->made;
	s->result = mdev_bpf_q_request(q, &req, sizeof(req));
	if (!s->result)
		s->made++;
	return s->result;
}

static bool is_enough(struct mdev_bpf_queue *q, __u64 began)
{
	return __sync_fetch_and_add(&global.go, 0) ||
	       (global.stay && mdev_bpf_q_time(q) - began > global.stay);
}

static void stay(struct mdev_bpf_queue *q)
{
	__u64 began = mdev_bpf_q_time(q);
	int i, j;

	__sync_lock_test_and_set(&global.inside, 1);
	mdev_bpf_q_for(i, q, 0, MDEV_BPF_MAX_LOOPS) {
		mdev_bpf_q_for(j, q, 0, 1000) {
			if (is_enough(q, began))
				goto out;
		}
	}
out:
	__sync_lock_test_and_set(&global.inside, 0);
}

static void look(struct mdev_bpf_queue *q, struct kqdma_side *s)
{
	__u8 *p = mdev_bpf_q_dma_get(q, MDEV_BPF_PIN(0, q->id), 1);

	s->seen = p ? *p : -1;
	if (p)
		(*p)++;
	if (s->look == KQD_ALWAYS)
		mdev_bpf_q_kick(q, q->id);
	if (s->look == KQD_STAY)
		stay(q);
}

static void read_clock(struct mdev_bpf_queue *q, struct kqdma_side *s)
{
	__u64 time;
	int i;

	mdev_bpf_q_for(i, q, 0, 300) {
		time = mdev_bpf_q_time(q);
		if (time < s->time && s->time - time > s->back)
			s->back = s->time - time;
		s->time = time;
	}
	mdev_bpf_q_kick(q, q->id);
}

int MDEV_BPF_OP(kqdma_run, struct mdev_bpf_queue *q)
{
	struct kqdma_side *s = side_of(q);
	int i;

	if (s->clock)
		read_clock(q, s);
	else
		s->time = mdev_bpf_q_time(q);
	if (s->cancel)
		s->cancelled = mdev_bpf_q_request_cancel(q, s->cancel - 1, ~0);
	mdev_bpf_q_for(i, q, 0, (int)s->nr) {
		if (make(q, s))
			break;
	}
	if (s->look)
		look(q, s);
	/* Last: the test looks at what came of it then */
	__sync_fetch_and_add(&s->calls, 1);
	return 0;
}

int MDEV_BPF_OP(kqdma_told, struct mdev_bpf_queue *q, struct mdev_bpf_dma *dma)
{
	struct kqdma_side *s = side_of(q);

	s->disorder += dma->id != s->expect;
	s->expect = dma->id + 1;
	s->error = dma->error;
	s->errors += !!dma->error;
	s->moved = dma->done;
	if (s->again)
		make(q, s);
	if (s->fail)
		mdev_bpf_q_fail_printf(q, -5, "no more");
	__sync_fetch_and_add(&s->done, 1);
	mdev_bpf_q_irq(q, q->id);
	return 0;
}

/* Until the test says go */
static void spin(struct mdev_bpf_dev *dev)
{
	int i, j;

	__sync_lock_test_and_set(&global.inside, 1);
	mdev_bpf_for(i, dev, 0, MDEV_BPF_MAX_LOOPS) {
		mdev_bpf_for(j, dev, 0, 1000) {
			if (__sync_fetch_and_add(&global.go, 0))
				goto out;
		}
	}
out:
	__sync_lock_test_and_set(&global.inside, 0);
}

int MDEV_BPF_OP(kqdma_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	access->val = 0x1234;
	if (access->offset == KQD_SPIN)
		spin(dev);
	return 0;
}

int MDEV_BPF_OP(kqdma_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *access)
{
	if (access->offset == KQD_UNPIN) {
		mdev_bpf_dma_unpin(dev, 0);
		spin(dev);
		return 0;
	}
	if (access->offset != KQD_PIN)
		return 0;
	return access->val ? mdev_bpf_dma_pin(dev, 0, access->val, 4096) :
			     mdev_bpf_dma_unpin(dev, 0);
}

int MDEV_BPF_OP(kqdma_done, struct mdev_bpf_dev *dev, struct mdev_bpf_dma *dma)
{
	global.pinned = dma->error ? dma->error : 1;
	return 0;
}

MDEV_BPF_DEVICE(kqdma,
		.types = { { .name = "1" } },
		.queues = KQD_QUEUES,
		.queue_state_size = sizeof(struct kqdma_queue),
		.dma_windows = 1,
		.pci = { .vendor = 0x1234, .device = 0x0014, .class_code = 0xff0000 },
		.regions = { { .size = 1024, .access_size = 8, .flags = MDEV_BPF_REGION_RW } },
		.registers = {
			MDEV_BPF_QUEUE_REG("TAIL", 0, KQD_TAIL(0), struct kqdma_queue, tail,
					   .count = KQD_QUEUES, .stride = 16, .write = 0xffff),
		},
		.params = { { .name = "disk", .kind = MDEV_BPF_PARAM_FILE } },
		.irqs = { { .index = 1, .count = KQD_MSI } },
		.region_read = kqdma_read,
		.region_write = kqdma_write,
		.dma_done = kqdma_done,
		.queue_done = kqdma_told,
		.queue = kqdma_run);
