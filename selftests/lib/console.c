// SPDX-License-Identifier: GPL-2.0-only
/* Implements console.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "console.h"
#include "mtap.h"

int console_open(const struct mdev *m, const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/dev/mdev_bpf/%s.%s", m->uuid, name);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void console_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

const char *console_heard(int fd)
{
	static char text[256];
	ssize_t len = read(fd, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

void console_say(int fd, const char *text)
{
	ASSERT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}
