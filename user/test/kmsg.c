// SPDX-License-Identifier: GPL-2.0-only
/* Complaints of the kernel in its log, /dev/kmsg. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "test/test.h"

/* One of these is in every report of the kernel about itself. */
static const char * const complaints[] = { "Call Trace:", "BUG:", "WARNING:", "Oops" };

int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

static bool complains(const char *text)
{
	for (size_t i = 0; i < sizeof(complaints) / sizeof(*complaints); i++)
		if (strstr(text, complaints[i]))
			return true;
	return false;
}

/* A record is "priority,number,time,flags;text". Its priority is below 8 if the kernel wrote it. */
bool kmsg_complaint(int fd, char *buf, size_t size)
{
	char record[8192], *text;
	unsigned int priority;
	ssize_t len;

	while (fd >= 0 && ((len = read(fd, record, sizeof(record) - 1)) > 0 || errno == EPIPE)) {
		if (len <= 0)
			continue;
		record[len] = '\0';
		text = strchr(record, ';');
		if (!text || sscanf(record, "%u,", &priority) != 1 || priority >= 8)
			continue;
		text[strcspn(text, "\n")] = '\0';
		if (complains(++text)) {
			snprintf(buf, size, "%s", text);
			return true;
		}
	}
	return false;
}
