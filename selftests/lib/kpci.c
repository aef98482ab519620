// SPDX-License-Identifier: GPL-2.0-only
/* Implements kpci.h. */
#include "kpci.h"

void kpci_load(void)
{
	dev_load(KPCI);
}

void kpci_open(void)
{
	dev_open("kpci-1");
}

__u32 cfg(unsigned int off, unsigned int size)
{
	return dev_get(CFG, off, size);
}
