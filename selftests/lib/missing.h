/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory whose pages are not there until somebody brings them: userfaultfd. */
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

/* Skip the test point where the kernel has no such thing. */
void missing_need(void);
/* From now on no page of missing.mem, MISSING_PAGES of them, is there; 0 or negative errno. */
int missing_register(__u8 *mem);
/* Wait until somebody wants a page; false if nobody does for seconds. */
bool missing_wanted(void);
void missing_bring(unsigned int page, const void *bytes);
/* Whoever still waits for a page gets one of zeros. */
void missing_end(void);

#endif /* MISSING_H */
