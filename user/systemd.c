// SPDX-License-Identifier: GPL-2.0-only
/* What loads programs at boot: units of systemd. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "output.h"
#include "systemd.h"

extern char **environ;

/* Whether systemd is process 1. In a chroot or an image, units can be enabled, but not started. */
bool systemd_runs(void)
{
	return !access("/run/systemd/system", F_OK);
}

/* Returns the exit status of systemctl, which has said why if it is not 0, or -1. */
int systemctl(const char *verb, const char *unit)
{
	char *const argv[] = { "systemctl", "--quiet", (char *)verb, (char *)unit, NULL };
	int err, status;
	pid_t pid;

	err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (err == ENOENT)
		return p_err("there is no systemctl: only systemd can load programs at boot");
	if (err)
		return p_err("cannot run systemctl: %s", strerror(err));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return p_err("cannot wait for systemctl: %s", strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : p_err("systemctl was killed");
}

/* Skip to what follows the last "Error: ". */
static void keep_error(char *text)
{
	static const char word[] = "Error: ";
	char *from = text;

	for (char *at = text; (at = strstr(at, word)); from = at)
		at += strlen(word);
	memmove(text, from, strlen(from) + 1);
}

/* Why mdev-bpf has failed in the unit, from the journal; empty if that cannot be read. */
void unit_words(const char *unit, char *buf, size_t size)
{
	char command[256];
	size_t len = 0;
	FILE *pipe;

	snprintf(command, sizeof(command),
		 "journalctl --quiet --unit='%s' --invocation=0 --identifier=mdev-bpf --lines=30 --output=cat 2>/dev/null",
		 unit);
	pipe = popen(command, "re");
	if (pipe) {
		len = fread(buf, 1, size - 1, pipe);
		pclose(pipe);
	}
	while (len && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	keep_error(buf);
}
