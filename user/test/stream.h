/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of a device, as a migration carries it. */
#ifndef USER_TEST_STREAM_H
#define USER_TEST_STREAM_H

#include "test/test.h"

struct stream {
	char *data;
	size_t len, room;
};

/* Stop a device and read its state. 0, or a negative errno; the device is in STOP then. */
int stream_save(const struct unit *u, struct stream *stream);
/* Restore a device; it is in STOP then. */
int stream_load(const struct unit *u, const struct stream *stream);
/* Let a device run. */
int stream_run(const struct unit *u);
/* stream_save(), and let it run again: -1 after a message */
int stream_take(const struct unit *u, struct stream *stream);
void stream_free(struct stream *stream);

/*
 * Do two devices differ? Then @buf says where first. @same is NULL, or a state like @x: what
 * differs between these two is not compared, and memory is not compared either.
 */
bool stream_differs(const struct stream *x, const struct stream *y, const struct stream *same,
		    char *buf, size_t size);

#endif
