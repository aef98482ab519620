// SPDX-License-Identifier: GPL-2.0-only
/* The test point "interrupts": all of them are set up, tested and disabled, as a VMM does it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"
#include "test/test.h"

#define EVENTFD_TRIGGER	(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
#define NONE_TRIGGER	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)
#define NONE_MASK	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK)
#define NONE_UNMASK	(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK)

/* VFIO_DEVICE_SET_IRQS; with eventfds, all of them are @event. */
static int set_irqs(const struct subject *s, __u32 index, __u32 flags, __u32 start, __u32 count,
		    int event)
{
	size_t fds = flags & VFIO_IRQ_SET_DATA_EVENTFD ? count : 0;
	struct vfio_irq_set *set = malloc(sizeof(*set) + fds * sizeof(event));
	int ret;

	if (!set)
		return -ENOMEM;
	*set = (struct vfio_irq_set){
		.argsz = sizeof(*set) + fds * sizeof(event), .flags = flags, .index = index,
		.start = start, .count = count,
	};
	for (size_t i = 0; i < fds; i++)
		memcpy(set->data + i * sizeof(event), &event, sizeof(event));
	ret = ioctl(s->a.vfio.device, VFIO_DEVICE_SET_IRQS, set) ? -errno : 0;
	free(set);
	return ret;
}

static int cannot(const struct vfio_irq_info *irq, const char *what, int ret)
{
	return p_err("interrupt index %u, with %u vectors, cannot be %s: %s", irq->index,
		     irq->count, what, strerror(-ret));
}

/* A line may have fired on its own before, and is masked then. */
static int fire(const struct subject *s, const struct vfio_irq_info *irq, int event)
{
	int ret = set_irqs(s, irq->index, NONE_TRIGGER, 0, irq->count, -1);
	__u64 fired = 0;

	if (ret)
		return cannot(irq, "tested", ret);
	if (read(event, &fired, sizeof(fired)) < 0 || fired < irq->count)
		return p_err("interrupt index %u signals its eventfds %llu times when all of its %u vectors are tested",
			     irq->index, fired, irq->count);
	return 0;
}

static int mask(const struct subject *s, const struct vfio_irq_info *irq)
{
	int ret = set_irqs(s, irq->index, NONE_UNMASK, 0, 1, -1);

	if (ret)
		return cannot(irq, "unmasked", ret);
	ret = set_irqs(s, irq->index, NONE_MASK, 0, 1, -1);
	if (ret)
		return cannot(irq, "masked", ret);
	ret = set_irqs(s, irq->index, NONE_UNMASK, 0, 1, -1);
	return ret ? cannot(irq, "unmasked", ret) : 0;
}

static int use(const struct subject *s, const struct vfio_irq_info *irq, int event)
{
	int ret = set_irqs(s, irq->index, EVENTFD_TRIGGER, 0, irq->count, event);

	if (ret)
		return cannot(irq, "enabled", ret);
	if (!set_irqs(s, irq->index, EVENTFD_TRIGGER, irq->count, 1, event))
		return p_err("interrupt index %u takes an eventfd for vector %u, but has %u vectors",
			     irq->index, irq->count, irq->count);
	if (fire(s, irq, event))
		return -1;
	if (irq->flags & VFIO_IRQ_INFO_MASKABLE && mask(s, irq))
		return -1;
	ret = set_irqs(s, irq->index, NONE_TRIGGER, 0, 0, -1);
	return ret ? cannot(irq, "disabled", ret) : 0;
}

int point_interrupts(struct subject *s)
{
	struct vfio_irq_info irq;
	int used = 0, ret = 0;

	for (__u32 i = 0; i < s->info.num_irqs && !ret; i++) {
		int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

		if (event < 0)
			return p_err("no eventfd: %s", strerror(errno));
		if (subject_has_irq(s, i, &irq)) {
			ret = use(s, &irq, event);
			used++;
		}
		close(event);
	}
	if (!ret && !used)
		return test_skip("the type has no interrupts");
	return ret;
}
