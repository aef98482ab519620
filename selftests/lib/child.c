// SPDX-License-Identifier: GPL-2.0-only
/* Implements child.h. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "mdev.h"
#include "mtap.h"

/* In the child: where it says that it is ready */
static int tell = -1;

void child_start(struct child *child, void (*live)(void))
{
	int fds[2];

	*child = (struct child){ 0 };
	ASSERT_EQ(pipe(fds), 0);
	child->pid = fork();
	if (!child->pid) {
		tell = fds[1];
		live();
		_exit(1);
	}
	close(fds[1]);
	EXPECT(child->pid > 0);
	EXPECT_EQ(read(fds[0], &child->said, sizeof(child->said)), sizeof(child->said));
	close(fds[0]);
}

void child_ready(int say)
{
	if (write(tell, &say, sizeof(say)) == sizeof(say))
		for (;;)
			pause();
	_exit(1);
}

char task_state(pid_t task)
{
	const char *end = strrchr(sysfs_str("/proc/%d/stat", task), ')');

	return end ? end[2] : 0;
}

bool child_lives(const struct child *child)
{
	return child->pid > 0 && !waitpid(child->pid, NULL, WNOHANG);
}

void child_kill(struct child *child)
{
	int status = 0;

	if (child->pid <= 0)
		return;
	EXPECT_EQ(kill(child->pid, SIGKILL), 0);
	EXPECT(mtap_await(waitpid(child->pid, &status, WNOHANG) == child->pid));
	EXPECT(WIFSIGNALED(status));
	child->pid = 0;
}
