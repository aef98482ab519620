/* SPDX-License-Identifier: GPL-2.0-only */
/* What the test device ktext.bpf.c and its test agree on. */
#ifndef KTEXT_H
#define KTEXT_H

/*
 * BAR0: what is to be done with text N of a kind is written to KTEXT_GO. The program has the texts,
 * and what should come of them. Where there is no text N, KTEXT_NONE is not 0.
 */
#define KTEXT_GO	0x00	/* kind << 8 | N */
#define KTEXT_NONE	0x04
#define KTEXT_RESULT	0x08	/* what the kfunc returned, and should return */
#define KTEXT_WANTED	0x0c
#define KTEXT_ROOM	0x10	/* bytes that it may write to */
#define KTEXT_TEXT	0x1000
#define KTEXT_EXPECTED	0x1400
#define KTEXT_MAX	1024	/* bytes of each of them */
#define KTEXT_SIZE	0x2000

/* What the bytes of a text are before it is made */
#define KTEXT_UNUSED	0x55

enum ktext_kind { KTEXT_GOOD, KTEXT_CUT, KTEXT_REFUSED, KTEXT_LINES };

#endif /* KTEXT_H */
