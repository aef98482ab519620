// SPDX-License-Identifier: GPL-2.0-only
/* Implements queues.h. */
#include <unistd.h>

#include "queues.h"

int queue_event[KQ_MSI];
struct kqueue_global *queue_global;

void queues_load(const char *map)
{
	dev_need_module();
	ASSERT_EQ(prog_open(&dev_prog, KQUEUE, map), 0);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	queue_global = prog_globals(&dev_prog);
	ASSERT(queue_global);
}

void queues_open(void)
{
	int i;

	for (i = 0; i < KQ_MSI; i++)
		queue_event[i] = event_new();
	dev_open("kqueue-1");
	ASSERT_EQ(vfio_irq_fds(&dev, MSI, 0, KQ_MSI, queue_event), 0);
}

void queues_calm(void)
{
	int i;

	if (!queue_global)
		return;
	for (i = 0; i < KQ_QUEUES; i++)
		queue_global->mode[i] = KQ_NOTHING;
	__sync_lock_test_and_set(&queue_global->go, 1);
}

void queues_close(void)
{
	int i;

	queues_calm();
	dev_close();
	for (i = 0; i < KQ_MSI; i++)
		close(queue_event[i]);
	dev_unload();
	queue_global = NULL;
}

void queues_expect_sound(void)
{
	EXPECT_EQ(queue_global->overlaps, 0);
	EXPECT_EQ(queue_global->early, 0);
	EXPECT_EQ(queue_global->torn, 0);
	EXPECT_EQ(queue_global->dirty, 0);
}

__u32 queue_reg(unsigned int q, unsigned int reg)
{
	return dev_get(0, KQ_QUEUE(q) + reg, 4);
}

void queue_ring(unsigned int q, __u16 val)
{
	dev_set(KQ_BAR, KQ_TAIL(q), 4, val);
}
