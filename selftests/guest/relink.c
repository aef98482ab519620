// SPDX-License-Identifier: GPL-2.0-only
/*
 * relink OBJECT NAME: attach a device program under another name. Then, for each number on standard
 * input, replace it that often, by one and the other of two loaded copies, and say "done".
 * Its end detaches it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prog.h"

#define PAUSE_US	2000	/* so that the device's user gets on between two */

static struct prog copy[2];

static int load(struct prog *p, const char *object, const char *name)
{
	int ret = prog_open(p, object, NULL);

	if (ret)
		return ret;
	snprintf(prog_ops(p)->name, MDEV_BPF_NAME_LEN, "%s", name);
	return prog_load(p);
}

static int replace(unsigned long nr)
{
	unsigned long i;
	int ret = 0;

	for (i = 0; i < nr && !ret; i++) {
		ret = prog_update(&copy[0], &copy[~i & 1]);
		usleep(PAUSE_US);
	}
	return ret;
}

static int serve(void)
{
	char line[32];
	int ret = 0;

	puts("ready");
	while (!ret && fgets(line, sizeof(line), stdin)) {
		ret = replace(strtoul(line, NULL, 10));
		if (!ret)
			puts("done");
	}
	return ret;
}

int main(int argc, char **argv)
{
	int ret;

	if (argc != 3) {
		fprintf(stderr, "Usage: relink OBJECT NAME\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	ret = load(&copy[0], argv[1], argv[2]);
	if (!ret)
		ret = load(&copy[1], argv[1], argv[2]);
	if (!ret)
		ret = prog_attach(&copy[0]);
	if (!ret)
		ret = serve();
	if (ret)
		fprintf(stderr, "relink: %s\n%s", strerror(-ret), prog_log());
	prog_close(&copy[1]);
	prog_close(&copy[0]);
	return !!ret;
}
