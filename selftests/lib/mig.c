// SPDX-License-Identifier: GPL-2.0-only
/* Implements mig.h. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "mig.h"

int mig_feature(const struct vfio *v, __u32 feature, void *data, size_t size)
{
	char buf[128] = {};
	struct vfio_device_feature *f = (void *)buf;
	int ret;

	f->argsz = sizeof(*f) + size;
	f->flags = feature;
	memcpy(f->data, data, size);
	ret = vfio_ioctl(v, VFIO_DEVICE_FEATURE, f);
	memcpy(data, f->data, size);
	return ret;
}

int mig_state(const struct vfio *v)
{
	struct vfio_device_feature_mig_state s = {};
	int ret = mig_feature(v, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			      &s, sizeof(s));

	return ret < 0 ? ret : (int)s.device_state;
}

int mig_set(const struct vfio *v, unsigned int state, int *fd)
{
	struct vfio_device_feature_mig_state s = { .device_state = state };
	int ret = mig_feature(v, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE,
			      &s, sizeof(s));

	if (ret < 0)
		s.data_fd = -1;
	if (fd)
		*fd = s.data_fd;
	else if (s.data_fd >= 0)
		close(s.data_fd);
	return ret < 0 ? ret : 0;
}

__s64 mig_data_size(const struct vfio *v)
{
	struct vfio_device_feature_mig_data_size s = {};
	int ret = mig_feature(v, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, &s,
			      sizeof(s));

	return ret < 0 ? ret : (__s64)s.stop_copy_length;
}

ssize_t mig_read(int fd, void *buf, size_t max)
{
	size_t done = 0;
	ssize_t n;

	while ((n = read(fd, (char *)buf + done, max - done)) > 0)
		done += n;
	if (n < 0)
		return -errno;
	return done < max ? (ssize_t)done : -ENOSPC;
}

int mig_write(int fd, const void *buf, size_t len)
{
	ssize_t n;

	for (; len; len -= n, buf = (const char *)buf + n) {
		n = write(fd, buf, len);
		if (n < 0)
			return -errno;
	}
	return 0;
}

ssize_t mig_save(const struct vfio *v, void *buf, size_t max)
{
	int fd, ret = mig_set(v, VFIO_DEVICE_STATE_STOP_COPY, &fd);
	ssize_t len;

	if (ret)
		return ret;
	len = mig_read(fd, buf, max);
	close(fd);
	return len;
}

int mig_load(const struct vfio *v, const void *buf, size_t len)
{
	int fd, ret = mig_set(v, VFIO_DEVICE_STATE_RESUMING, &fd);
	int end;

	if (ret)
		return ret;
	ret = mig_write(fd, buf, len);
	end = mig_set(v, VFIO_DEVICE_STATE_STOP, NULL);
	close(fd);
	return ret ? ret : end;
}

struct mig_section *mig_find(void *stream, size_t len, unsigned int tag)
{
	size_t pos = sizeof(struct mig_header);

	while (len - pos >= sizeof(struct mig_section)) {
		struct mig_section *s = (void *)((char *)stream + pos);

		if (s->tag == tag)
			return s;
		if (s->size > len - pos - sizeof(*s))
			break;
		pos += sizeof(*s) + s->size;
	}
	return NULL;
}

/* CRC-32 as in Ethernet, without the inversion at the end */
static __u32 crc32(const void *data, size_t len)
{
	const __u8 *p = data;
	__u32 crc = ~0u;
	int i;

	for (; len--; p++) {
		crc ^= *p;
		for (i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return crc;
}

void mig_seal(void *stream, size_t len)
{
	struct mig_header *h = stream;
	struct mig_end *end = (void *)((char *)stream + len - sizeof(*end));

	h->crc = 0;
	h->crc = crc32(h, sizeof(*h));
	end->total = len;
	end->crc = crc32(stream, len - sizeof(*end));
}
