/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest memory whose pages a test provides by userfaultfd, so that DMA blocks until it does. */
#ifndef MISSING_H
#define MISSING_H

#include <stdbool.h>

#include "compiler.h"

#define MISSING_PAGE	4096u
#define MISSING_PAGES	4

extern struct missing {
	int uffd;
	__u8 *mem;
} missing;

/* Skip the test point if the kernel has no userfaultfd. */
void missing_need(void);
/* Empty @mem, MISSING_PAGES pages, and have accesses to it block; 0 or negative errno. */
int missing_register(__u8 *mem);
/* Wait until an access blocks; false if none does within seconds. */
bool missing_wanted(void);
/* Provide a page. */
void missing_bring(unsigned int page, const void *bytes);
/* End it: accesses that still block find zeros. */
void missing_end(void);

#endif /* MISSING_H */
