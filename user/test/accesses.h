/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses of any kind, from a seed. */
#ifndef USER_TEST_ACCESSES_H
#define USER_TEST_ACCESSES_H

#include "test/test.h"

struct accesses {
	__u64 random;		/* where the sequence is */
	bool write;		/* the last access */
	unsigned int region, size;
	__u64 offset;
	int ret;
};

/* One access to a device, whatever comes of it */
void access_any(struct accesses *last, const struct subject *s, const struct unit *u);
/* Up to @nr of them; -1 after a message if the device fails, or is gone */
int accesses_run(struct accesses *last, const struct subject *s, const struct unit *u,
		 unsigned int nr);

#endif
