// SPDX-License-Identifier: GPL-2.0-only
/* The test points "reopened" and "removed": the user leaves, or is asked to. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"
#include "test/accesses.h"

#define SOME	100	/* accesses of the next user */

int point_reopened(struct subject *s)
{
	struct accesses last = { .random = s->test->seed + 6 };

	unit_close(&s->a);
	if (unit_open(s, &s->a) || unit_reset(&s->a))
		return -1;
	return accesses_run(&last, s, &s->a, SOME) ?: unit_reset(&s->a);
}

/* By which interrupt the core asks the user to close the device; -1 if there is none. */
static int request_index(const struct subject *s)
{
	struct vfio_irq_info irq;
	int index = -1;

	if (s->info.flags & VFIO_DEVICE_FLAGS_PCI)
		index = VFIO_PCI_REQ_IRQ_INDEX;
	else if (s->info.flags & VFIO_DEVICE_FLAGS_CCW)
		index = VFIO_CCW_REQ_IRQ_INDEX;
	else if (s->info.flags & VFIO_DEVICE_FLAGS_AP)
		index = 0;
	return index >= 0 && subject_has_irq(s, index, &irq) ? index : -1;
}

static int set_request(const struct subject *s, int index, int event)
{
	struct {
		struct vfio_irq_set set;
		int event;
	} arg = {
		.set = {
			.argsz = sizeof(arg), .index = index, .count = 1,
			.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
		},
		.event = event,
	};

	return ioctl(s->a.vfio.device, VFIO_DEVICE_SET_IRQS, &arg) ?
	       p_err("the release request, interrupt index %d, cannot be enabled: %s", index,
		     strerror(errno)) : 0;
}

struct removal {
	const struct unit *u;
	int ret;
	bool done;
};

static void *run_removal(void *arg)
{
	struct removal *removal = arg;

	removal->ret = device_remove(&removal->u->dev);
	__atomic_store_n(&removal->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Until the device is being removed: true, or false after TEST_LIMIT */
static bool is_leaving(const struct subject *s)
{
	struct device dev;

	for (int i = 0; i < TEST_LIMIT * 100; i++) {
		if (!device_find(s->a.dev.uuid, &dev) || dev.leaving)
			return true;
		poll(NULL, 0, 10);
	}
	return false;
}

static int is_asked(const struct subject *s, int event)
{
	struct pollfd p = { .fd = event, .events = POLLIN };

	if (event < 0)
		return is_leaving(s) ? 0 : p_err("the removal does not begin within %d s",
						 TEST_LIMIT);
	return poll(&p, 1, TEST_LIMIT * 1000) == 1 ? 0 :
	       p_err("the release request is not signalled within %d s of a removal", TEST_LIMIT);
}

/* The user can finish what it does, as long as it takes. */
static int use_removed(struct subject *s, const struct removal *removal, int event)
{
	struct accesses last = { .random = s->test->seed + 7 };

	if (is_asked(s, event))
		return -1;
	if (__atomic_load_n(&removal->done, __ATOMIC_ACQUIRE))
		return p_err("the removal does not wait for the user: %s", strerror(-removal->ret));
	return accesses_run(&last, s, &s->a, SOME);
}

static int remove_in_use(struct subject *s, int event)
{
	struct removal removal = { .u = &s->a };
	struct device dev;
	pthread_t thread;
	int ret;

	if (pthread_create(&thread, NULL, run_removal, &removal))
		return p_err("no thread for the removal");
	ret = use_removed(s, &removal, event);
	unit_close(&s->a);
	pthread_join(thread, NULL);
	if (ret)
		return ret;
	if (removal.ret)
		return p_err("the removal fails: %s", strerror(-removal.ret));
	s->a.exists = false;
	return device_find(s->a.dev.uuid, &dev) ? p_err("the removed device is still there") : 0;
}

int point_removed(struct subject *s)
{
	int index = request_index(s), event = -1, ret = 0;

	if (index >= 0) {
		event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		ret = set_request(s, index, event);
	}
	ret = ret ?: remove_in_use(s, event);
	if (event >= 0)
		close(event);
	return ret;
}
