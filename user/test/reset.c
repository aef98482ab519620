// SPDX-License-Identifier: GPL-2.0-only
/* The test points "accesses", "reset" and "flr". */
#include <linux/pci_regs.h>

#include "output.h"
#include "test/accesses.h"
#include "test/stream.h"

#define CONFIG	VFIO_PCI_CONFIG_REGION_INDEX

int point_accesses(struct subject *s)
{
	struct accesses last = { .random = s->test->seed };

	if (accesses_run(&last, s, &s->a, s->test->accesses))
		return -1;
	return unit_reset(&s->a);
}

/* Offset of the PCI Express capability of a device with an FLR, or 0 */
static unsigned int find_express(const struct subject *s)
{
	__u8 cap = 0, id = 0;
	__u32 caps = 0;

	if (!(s->info.flags & VFIO_DEVICE_FLAGS_PCI))
		return 0;
	unit_read(s, &s->a, CONFIG, PCI_CAPABILITY_LIST, &cap, 1);
	for (int i = 0; cap && i < PCI_CFG_SPACE_SIZE; i++) {
		unit_read(s, &s->a, CONFIG, cap, &id, 1);
		unit_read(s, &s->a, CONFIG, cap + PCI_EXP_DEVCAP, &caps, 4);
		if (id == PCI_CAP_ID_EXP)
			return caps & PCI_EXP_DEVCAP_FLR ? cap : 0;
		unit_read(s, &s->a, CONFIG, cap + PCI_CAP_LIST_NEXT, &cap, 1);
	}
	return 0;
}

static int reset(const struct subject *s, unsigned int express)
{
	__u16 flr = PCI_EXP_DEVCTL_BCR_FLR;

	if (!express)
		return unit_reset(&s->a);
	if (unit_write(s, &s->a, CONFIG, express + PCI_EXP_DEVCTL, &flr, 2) != 2)
		return p_err("the FLR bit at 0x%x of config cannot be written",
			     express + PCI_EXP_DEVCTL);
	return unit_check(&s->a, "after an FLR");
}

static int reset_and_take(const struct subject *s, unsigned int express, struct stream *stream)
{
	return reset(s, express) ?: stream_take(&s->a, stream);
}

/*
 * What a reset leaves must not depend on what was before. What differs between the first two of
 * four resets does so by itself, such as a time. What differs once may be work in progress.
 */
static int compare_resets(struct subject *s, unsigned int express, struct stream *streams)
{
	struct accesses last = { .random = s->test->seed + 1 };
	char text[256];

	for (int i = 0; i < 4; i++) {
		if (i == 2 && accesses_run(&last, s, &s->a, s->test->accesses / 4))
			return -1;
		if (reset_and_take(s, express, &streams[i]))
			return -1;
	}
	if (!stream_differs(&streams[0], &streams[3], &streams[1], text, sizeof(text)) ||
	    !stream_differs(&streams[0], &streams[2], &streams[1], text, sizeof(text)))
		return 0;
	return p_err("what accesses have changed is still there after %s: %s (what the program keeps in maps and globals, the op reset has to clear)",
		     express ? "an FLR" : "a reset", text);
}

static int resets(struct subject *s, unsigned int express)
{
	struct stream streams[4] = {};
	int ret;

	if (s->saves)
		ret = compare_resets(s, express, streams);
	else
		ret = reset(s, express);
	for (int i = 0; i < 4; i++)
		stream_free(&streams[i]);
	return ret;
}

int point_reset(struct subject *s)
{
	return resets(s, 0);
}

int point_flr(struct subject *s)
{
	unsigned int express = find_express(s);

	return express ? resets(s, express) : test_skip("the device has no FLR");
}
