// SPDX-License-Identifier: GPL-2.0-only
/* Implements bell.h. */
#include <unistd.h>

#include "bell.h"

int bell_event[KBELL_MSI];
int kick;

void bell_load(void)
{
	dev_need_module();
	ASSERT_EQ(prog_open(&dev_prog, KBELL, "kbell"), 0);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

void bell_open(void)
{
	int i;

	for (i = 0; i < KBELL_MSI; i++)
		bell_event[i] = event_new();
	kick = event_new();
	dev_open("kbell-a");
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KBELL_MSI, bell_event), 0);
}

void bell_close(void)
{
	int i;

	dev_close();
	for (i = 0; i < KBELL_MSI; i++)
		close(bell_event[i]);
	close(kick);
}
