// SPDX-License-Identifier: GPL-2.0-only
/* The test points "migrated", "replaced", "detached": the state goes on elsewhere, or otherwise. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>

#include "output.h"
#include "test/accesses.h"
#include "test/stream.h"

#define REPLACEMENTS	8
#define SOME		200	/* accesses, so that there is a state */

/* Something in the device: what accesses leave there */
static int fill(struct subject *s, __u64 more)
{
	struct accesses last = { .random = s->test->seed + more };

	return unit_reset(&s->a) ?: accesses_run(&last, s, &s->a, SOME);
}

static int save(const struct unit *u, const char *when, struct stream *stream)
{
	int ret = stream_save(u, stream);

	return ret ? p_err("the state cannot be saved %s: %s (see the op save)", when,
			   strerror(-ret)) : 0;
}

static int compare(const char *when, const struct stream *x, const struct stream *y,
		   const char *look)
{
	char text[256];

	if (!stream_differs(x, y, NULL, text, sizeof(text)))
		return 0;
	return p_err("%s, %s (see %s)", when, text, look);
}

static int migrate(struct subject *s, struct stream *x, struct stream *y)
{
	int ret;

	if (fill(s, 2) || save(&s->a, "after accesses", x))
		return -1;
	ret = stream_load(&s->b, x);
	if (ret)
		return p_err("a device of the same type refuses the state: %s (see the op restore)",
			     strerror(-ret));
	if (save(&s->b, "where it was restored", y) ||
	    compare("in the device that has got the state", x, y,
		    "the ops save and restore"))
		return -1;
	ret = stream_run(&s->b) ?: stream_run(&s->a);
	if (ret)
		return p_err("a device does not run after the migration: %s", strerror(-ret));
	return unit_check(&s->b, "when it ran with the restored state") ?: unit_reset(&s->b);
}

int point_migrated(struct subject *s)
{
	struct stream x = {}, y = {};
	int ret;

	if (!s->saves)
		return test_skip("the program does not save the state");
	if (!s->b.open)
		return test_skip("the type has no second device");
	ret = migrate(s, &x, &y);
	stream_run(&s->a);
	stream_free(&x);
	stream_free(&y);
	return ret;
}

/* A guest that does not notice */
struct guest {
	const struct subject *s;
	struct accesses last;
	unsigned int nr, lost;
	bool stop;
};

static void *run_guest(void *arg)
{
	struct guest *guest = arg;

	while (!__atomic_load_n(&guest->stop, __ATOMIC_RELAXED)) {
		access_any(&guest->last, guest->s, &guest->s->a);
		guest->lost += guest->last.ret == -ENODEV;
		guest->nr++;
	}
	return NULL;
}

static int replace_often(struct subject *s)
{
	struct guest guest = { .s = s, .last.random = s->test->seed + 3 };
	pthread_t thread;
	int ret = 0;

	if (pthread_create(&thread, NULL, run_guest, &guest))
		return p_err("no thread for accesses");
	for (int i = 0; i < REPLACEMENTS && !ret; i++)
		ret = program_replace(s->test);
	__atomic_store_n(&guest.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	if (!ret && guest.lost)
		return p_err("%u of %u accesses failed with ENODEV while the program was replaced",
			     guest.lost, guest.nr);
	return ret ?: unit_check(&s->a, "while the program was replaced under accesses");
}

/* Of a device that stands still, nothing changes. */
static int replace_still(struct subject *s, struct stream *x, struct stream *y)
{
	if (!s->saves)
		return program_replace(s->test);
	if (fill(s, 4) || save(&s->a, "before the program is replaced", x))
		return -1;
	if (program_replace(s->test) || save(&s->a, "after the program was replaced", y))
		return -1;
	return compare("when the program is replaced by itself", x, y, "the op upgrade");
}

int point_replaced(struct subject *s)
{
	struct stream x = {}, y = {};
	int ret = replace_often(s) ?: unit_reset(&s->a) ?: replace_still(s, &x, &y);

	if (s->saves)
		stream_run(&s->a);
	stream_free(&x);
	stream_free(&y);
	return ret ?: unit_check(&s->a, "after the program was replaced");
}

/* Without a program there is memory, but no registers, and no reset. */
static int use_detached(struct subject *s)
{
	__u8 val;

	for (unsigned int i = 0; i < s->info.num_regions; i++) {
		int ret;

		if (!s->decl[i].size || s->decl[i].flags & MDEV_BPF_REGION_MEMORY ||
		    !(s->region[i].flags & VFIO_REGION_INFO_FLAG_READ))
			continue;
		ret = unit_read(s, &s->a, i, 0, &val, 1);
		if (ret != -ENODEV)
			return p_err("without a program, a read of %s returns %d, expected ENODEV",
				     subject_region(s, i), ret);
	}
	if (!ioctl(s->a.vfio.device, VFIO_DEVICE_RESET) || errno != ENODEV)
		return p_err("without a program, a reset does not fail with ENODEV");
	return 0;
}

static int detach_and_attach(struct subject *s)
{
	int ret = program_detach(s->test);

	if (ret)
		return ret;
	ret = use_detached(s);
	return program_attach(s->test) ?: ret;
}

static int detach(struct subject *s, struct stream *x, struct stream *y)
{
	if (!s->saves)
		return detach_and_attach(s);
	if (fill(s, 5) || save(&s->a, "before the program is detached", x))
		return -1;
	if (detach_and_attach(s) || save(&s->a, "after the program was attached again", y))
		return -1;
	return compare("when the program is detached and attached", x, y, "the op started");
}

int point_detached(struct subject *s)
{
	struct stream x = {}, y = {};
	int ret = detach(s, &x, &y);

	if (s->saves)
		stream_run(&s->a);
	stream_free(&x);
	stream_free(&y);
	return ret ?: unit_check(&s->a, "after the program was attached again") ?:
	       unit_reset(&s->a);
}
