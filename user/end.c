// SPDX-License-Identifier: GPL-2.0-only
/* The end of commands by Ctrl-C. */
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
