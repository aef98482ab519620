// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold UUID: open a device like a VMM, say "open", and keep it until the kernel asks for it by the
 * request interrupt or standard input ends. Says which of them it was.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vfio.h"

int main(int argc, char **argv)
{
	struct pollfd p[2] = { { .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	struct mdev m = { 0 };
	struct vfio v;
	int ret;

	if (argc != 2 || strlen(argv[1]) != UUID_LEN) {
		fprintf(stderr, "Usage: hold UUID\n");
		return 2;
	}
	memcpy(m.uuid, argv[1], UUID_LEN);
	p[0].fd = event_new();
	ret = vfio_open(&v, &m);
	if (!ret)
		ret = vfio_irq_fd(&v, VFIO_PCI_REQ_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, p[0].fd);
	if (ret) {
		fprintf(stderr, "hold: cannot open %s: %s\n", argv[1], strerror(-ret));
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("open");
	poll(p, 2, -1);
	puts(p[0].revents ? "asked" : "told");
	vfio_close(&v);
	return 0;
}
