/* SPDX-License-Identifier: GPL-2.0-only */
/* The test device with PCI capabilities (progs/kpci.bpf.c): dev, and its configuration space. */
#ifndef LIB_KPCI_H
#define LIB_KPCI_H

#include "dev.h"
#include "progs/kpci.h"

#define KPCI	"progs/kpci.bpf.o"
#define CFG	VFIO_PCI_CONFIG_REGION_INDEX

/* For a suite's setup and before */
void kpci_load(void);
void kpci_open(void);

__u32 cfg(unsigned int off, unsigned int size);

#endif /* LIB_KPCI_H */
