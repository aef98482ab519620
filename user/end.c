// SPDX-License-Identifier: GPL-2.0-only
/* The end of commands that go on until Ctrl-C. */
#include <signal.h>
#include <stdatomic.h>

#include "end.h"

static atomic_bool came;

static void end(int sig)
{
	came = true;
}

void end_catch(void)
{
	struct sigaction action = { .sa_handler = end };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool end_came(void)
{
	return came;
}
