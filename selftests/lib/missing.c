// SPDX-License-Identifier: GPL-2.0-only
/* Implements missing.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "mtap.h"
#include "mdev.h"
#include "missing.h"
#include "slowness.h"

#define FAULT_MS	10000

struct missing missing = { .uffd = -1 };

void missing_need(void)
{
	if (!exists("/proc/sys/vm/unprivileged_userfaultfd"))
		mtap_skip("no userfaultfd: CONFIG_USERFAULTFD");
}

int missing_register(__u8 *mem)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)mem, MISSING_PAGES * MISSING_PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	missing.mem = mem;
	missing.uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (missing.uffd < 0 || ioctl(missing.uffd, UFFDIO_API, &api) ||
	    ioctl(missing.uffd, UFFDIO_REGISTER, &reg))
		return -errno;
	return 0;
}

bool missing_wanted(void)
{
	struct pollfd p = { .fd = missing.uffd, .events = POLLIN };
	struct uffd_msg msg;
	ssize_t n = -1;

	/* An attempt that is over takes its message back; another attempt follows */
	while (n < 0 && poll(&p, 1, FAULT_MS * slowness()) == 1) {
		n = read(missing.uffd, &msg, sizeof(msg));
		if (n < 0 && errno != EAGAIN)
			break;
	}
	return n == sizeof(msg) && msg.event == UFFD_EVENT_PAGEFAULT;
}

void missing_bring(unsigned int page, const void *bytes)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)missing.mem + page * MISSING_PAGE, .src = (uintptr_t)bytes,
		.len = MISSING_PAGE,
	};

	EXPECT_EQ(ioctl(missing.uffd, UFFDIO_COPY, &copy), 0);
}

void missing_end(void)
{
	if (missing.uffd >= 0)
		close(missing.uffd);
	missing.uffd = -1;
}
