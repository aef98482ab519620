// SPDX-License-Identifier: GPL-2.0-only
/* Implements container.h. */
#include "container.h"

struct vfio container_dev[CONTAINER_MAX];
struct mdev container_mdev[CONTAINER_MAX];

void container_open(void)
{
	unsigned int i;

	for (i = 0; i < CONTAINER_MAX; i++)
		vfio_init(&container_dev[i]);
	guest_open();
	container_dev[0] = dev;
	container_mdev[0] = dev_mdev;
}

void container_close(void)
{
	unsigned int i;

	if (container_dev[0].device >= 0)
		container_use(0);
	for (i = 1; i < CONTAINER_MAX; i++)
		vfio_close(&container_dev[i]);
	guest_close();
}

void container_grow(unsigned int nr)
{
	unsigned int i;

	for (i = 1; i < nr; i++) {
		container_mdev[i] = mdev_uuid(0xd0 + i);
		ASSERT_EQ(mdev_create(&container_mdev[i], "kdma-1"), 0);
		ASSERT_EQ(vfio_join(&container_dev[i], &container_mdev[i], &container_dev[0]), 0);
		container_use(i);
		guest_bus_master(true);
	}
	container_use(0);
}

void container_use(unsigned int i)
{
	dev = container_dev[i];
}
