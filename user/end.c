// SPDX-License-Identifier: GPL-2.0-only
/* The end of commands by Ctrl-C. */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>

#include "end.h"

static atomic_bool came;

static void end(int sig)
{
	came = true;
}

void end_catch(bool restart)
{
	struct sigaction action = { .sa_handler = end, .sa_flags = restart ? SA_RESTART : 0 };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool end_came(void)
{
	return came;
}

/* The signals come while ppoll() waits, and not between the look at @came and the wait. */
bool end_wait(int fd)
{
	struct pollfd input = { .fd = fd, .events = POLLIN };
	sigset_t ends, before;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, &before);
	if (!came)
		ppoll(&input, 1, NULL, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return !came;
}
