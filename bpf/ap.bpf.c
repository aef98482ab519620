// SPDX-License-Identifier: GPL-2.0-only
/*
 * ap: queues of cryptographic adapters, as an example of vfio-ap's shape: a device without regions,
 * with two interrupts, whose parameters are the matrix of its queues. A queue replies with the
 * message that it was given. Documentation/devices/ap.rst describes it.
 */
#include <linux/vfio.h>
#include "mdev_bpf.bpf.h"
#include "ap.h"

#define AP_TYPE		11	/* an accelerator that is called CEX5 */

struct entry {
	__u64 id;
	__u32 length;
	__u32 reserved;
	__u8 text[AP_MESSAGE];
};

struct queue {
	__u32 head;
	__u32 count;
	struct entry entry[AP_DEPTH];
};

struct ap_state {
	__u32 off;		/* adapters that are turned off, as bits */
	__u32 reserved;
	struct queue queue[AP_MAX_ADAPTERS * AP_MAX_DOMAINS];
};

enum { ADAPTERS, DOMAINS };	/* parameters */
enum { REQ, CFG_CHG };		/* entries of irqs */

/* The queue of an adapter and a domain; NULL, with the reason, if it cannot be used. */
static struct queue *find(struct mdev_bpf_dev *dev, struct ap_state *s, __u8 adapter, __u8 domain,
			  __u8 *response)
{
	*response = AP_NOT_AVAILABLE;
	if (adapter >= AP_MAX_ADAPTERS || domain >= AP_MAX_DOMAINS ||
	    !(mdev_bpf_param(dev, ADAPTERS) >> adapter & 1) ||
	    !(mdev_bpf_param(dev, DOMAINS) >> domain & 1))
		return NULL;
	*response = AP_DECONFIGURED;
	if (s->off >> adapter & 1)
		return NULL;
	*response = AP_NORMAL;
	return mdev_bpf_at(s->queue, adapter * AP_MAX_DOMAINS + domain);
}

static int info(struct mdev_bpf_dev *dev, struct ap_state *s, struct ap_queue_info *arg,
		bool reset)
{
	struct queue *q = find(dev, s, arg->adapter, arg->domain, &arg->response);

	if (q && reset)
		__builtin_memset(q, 0, sizeof(*q));
	arg->type = q ? AP_TYPE : 0;
	arg->depth = q ? AP_DEPTH : 0;
	arg->waiting = q ? q->count : 0;
	return 0;
}

static int enqueue(struct mdev_bpf_dev *dev, struct ap_state *s, struct ap_message *arg)
{
	struct queue *q = find(dev, s, arg->adapter, arg->domain, &arg->response);
	struct entry *entry;

	if (arg->length > AP_MESSAGE)
		return -EINVAL;
	if (q && q->count >= AP_DEPTH)
		arg->response = AP_FULL_OR_EMPTY;
	if (!q || q->count >= AP_DEPTH)
		return 0;
	entry = &q->entry[(q->head + q->count) & (AP_DEPTH - 1)];
	entry->id = arg->id;
	entry->length = arg->length;
	__builtin_memcpy(entry->text, arg->text, AP_MESSAGE);
	q->count++;
	return 0;
}

/* The reply is the message. */
static int dequeue(struct mdev_bpf_dev *dev, struct ap_state *s, struct ap_message *arg)
{
	struct queue *q = find(dev, s, arg->adapter, arg->domain, &arg->response);
	struct entry *entry;

	if (q && !q->count)
		arg->response = AP_FULL_OR_EMPTY;
	if (!q || !q->count)
		return 0;
	entry = &q->entry[q->head & (AP_DEPTH - 1)];
	arg->id = entry->id;
	arg->length = entry->length;
	__builtin_memcpy(arg->text, entry->text, AP_MESSAGE);
	q->head++;
	q->count--;
	return 0;
}

/* The queues of an adapter that is turned off are reset. The driver is told of each change. */
static int configure(struct mdev_bpf_dev *dev, struct ap_state *s, const struct ap_config *arg)
{
	__u8 adapter = arg->adapter;

	if (adapter >= AP_MAX_ADAPTERS || arg->on > 1)
		return -EINVAL;
	if ((s->off >> adapter & 1) != arg->on)
		return 0;
	s->off ^= 1 << adapter;
	for (int i = 0; i < AP_MAX_DOMAINS; i++) {
		struct queue *q = mdev_bpf_at(s->queue, adapter * AP_MAX_DOMAINS + i);

		if (q)
			q->count = 0;
	}
	mdev_bpf_irq_signal(dev, CFG_CHG, 0);
	return 0;
}

int MDEV_BPF_OP(ap_ioctl, struct mdev_bpf_dev *dev, struct mdev_bpf_ioctl *call)
{
	struct ap_state *s = mdev_bpf_state(dev, struct ap_state);
	struct ap_queue_info *queue = (void *)mdev_bpf_ioctl_data(call, sizeof(*queue));
	struct ap_message *message = (void *)mdev_bpf_ioctl_data(call, sizeof(*message));
	struct ap_config *config = (void *)mdev_bpf_ioctl_data(call, sizeof(*config));
	int ret = -EINVAL;

	if (!s)
		return -EIO;
	switch (call->cmd) {
	case AP_INFO:
	case AP_RESET:
		if (queue)
			ret = info(dev, s, queue, call->cmd == AP_RESET);
		break;
	case AP_ENQUEUE:
		if (message)
			ret = enqueue(dev, s, message);
		break;
	case AP_DEQUEUE:
		if (message)
			ret = dequeue(dev, s, message);
		break;
	case AP_CONFIG:
		if (config)
			ret = configure(dev, s, config);
		break;
	default:
		return MDEV_BPF_IOCTL_PASS;
	}
	return ret ?: MDEV_BPF_IOCTL_DONE;
}

int MDEV_BPF_OP(ap_dump, struct mdev_bpf_dev *dev, struct mdev_bpf_dump *out)
{
	struct ap_state *s = mdev_bpf_state(dev, struct ap_state);

	if (!s)
		return -EIO;
	mdev_bpf_dump_printf(out, "adapters 0x%llx, off 0x%x, domains 0x%llx\n",
			     mdev_bpf_param(dev, ADAPTERS), s->off, mdev_bpf_param(dev, DOMAINS));
	return 0;
}

MDEV_BPF_DEVICE(ap,
		.description = "Queues of adapters, as an example of vfio-ap's shape",
		.device_api = "vfio-ap",
		.types = { { .name = "1", .pretty_name = "Matrix of queues" } },
		.state_size = sizeof(struct ap_state),
		.params = {
			[ADAPTERS] = { .name = "adapters", .max = (1 << AP_MAX_ADAPTERS) - 1,
				       .preset = 1 },
			[DOMAINS] = { .name = "domains", .max = (1 << AP_MAX_DOMAINS) - 1,
				      .preset = 1 },
		},
		.irqs = {
			[REQ] = { .count = 1, .index = AP_IRQ_REQ },
			[CFG_CHG] = { .count = 1, .index = AP_IRQ_CFG_CHG },
		},
		.ioctl = ap_ioctl,
		.dump = ap_dump);

char _license[] SEC("license") = "GPL";
