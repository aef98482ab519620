// SPDX-License-Identifier: GPL-2.0-only
/* Saving and restoring a device. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "output.h"
#include "test/stream.h"

#define FIRST_ROOM	(1 << 20)

/* A step of the migration; the file that comes with it goes to *fd. */
static int set_state(const struct unit *u, __u32 state, int *fd)
{
	struct {
		struct vfio_device_feature head;
		struct vfio_device_feature_mig_state state;
	} arg = {
		.head = {
			.argsz = sizeof(arg),
			.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
		},
		.state = { .device_state = state, .data_fd = -1 },
	};
	int ret = ioctl(u->vfio.device, VFIO_DEVICE_FEATURE, &arg) ? -errno : 0;

	*fd = ret ? -1 : arg.state.data_fd;
	return ret;
}

static int grow(struct stream *stream)
{
	size_t room = stream->room ? 2 * stream->room : FIRST_ROOM;
	char *data = realloc(stream->data, room);

	if (!data)
		return -ENOMEM;
	stream->data = data;
	stream->room = room;
	return 0;
}

static int read_all(int fd, struct stream *stream)
{
	ssize_t n = 1;
	int ret = 0;

	for (stream->len = 0; n > 0 && !ret; stream->len += n) {
		if (stream->len == stream->room)
			ret = grow(stream);
		n = ret ? 0 : read(fd, stream->data + stream->len, stream->room - stream->len);
		if (n < 0) {
			ret = -errno;
			n = 0;
		}
	}
	return ret;
}

static int write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len; len -= n, data += n) {
		n = write(fd, data, len);
		if (n < 0)
			return -errno;
	}
	return 0;
}

int stream_save(const struct unit *u, struct stream *stream)
{
	int fd, none, ret = set_state(u, VFIO_DEVICE_STATE_STOP_COPY, &fd);

	if (ret)
		return ret;
	ret = read_all(fd, stream);
	close(fd);
	return ret ?: set_state(u, VFIO_DEVICE_STATE_STOP, &none);
}

int stream_load(const struct unit *u, const struct stream *stream)
{
	int fd, none, end, ret = set_state(u, VFIO_DEVICE_STATE_RESUMING, &fd);

	if (ret)
		return ret;
	ret = write_all(fd, stream->data, stream->len);
	end = set_state(u, VFIO_DEVICE_STATE_STOP, &none);
	close(fd);
	return ret ?: end;
}

int stream_run(const struct unit *u)
{
	int none;

	return set_state(u, VFIO_DEVICE_STATE_RUNNING, &none);
}

int stream_take(const struct unit *u, struct stream *stream)
{
	int ret = stream_save(u, stream);
	int run = stream_run(u);

	if (ret)
		return p_err("the state cannot be saved: %s (see the op save)", strerror(-ret));
	return run ? p_err("the device does not run on after its state was saved: %s",
			   strerror(-run)) : 0;
}

void stream_free(struct stream *stream)
{
	free(stream->data);
	*stream = (struct stream){};
}
