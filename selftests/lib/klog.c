// SPDX-License-Identifier: GPL-2.0-only
/* Implements klog.h, from the records of /dev/kmsg. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler.h"
#include "klog.h"

#define KMSG	"/dev/kmsg"

/* A record is "priority,sequence,time,flags;text" and continuation lines. */
struct record {
	int facility;
	unsigned long long seq;
	char *text;
	char buf[8192];
};

static const char * const complaints[] = {
	"WARNING:", "BUG:", "kernel BUG at", "Oops", "Call Trace:", "general protection",
	"KASAN:", "UBSAN:", "KFENCE:", "KCSAN:", "ODEBUG:", "refcount_t:", "kmemleak:",
	"circular locking", "recursive locking", "inconsistent lock state",
	"suspicious RCU usage", "suspicious rcu_dereference", "held lock freed",
	"lock held when returning", "trying to register non-static key",
	"turning off the locking correctness validator",
	"sleeping function called", "scheduling while atomic",
	"list_add corruption", "list_del corruption", "cannot create duplicate",
	"kobject_add_internal failed", "does not have a release() function",
	"blocked for more than", "self-detected stall", "detected stalls",
	"Unable to handle", "unable to handle", "Out of memory",
	"returned bad count",
};

/* An allocation that failed, as tests have it: the kernel says so, and is right. */
#define OUT_OF_MEMORY	"(error: -12 parent: "

static bool is_complaint(const char *text)
{
	size_t i;

	if (strstr(text, OUT_OF_MEMORY))
		return false;
	for (i = 0; i < ARRAY_SIZE(complaints); i++) {
		if (strstr(text, complaints[i]))
			return true;
	}
	return false;
}

/* Returns 1 for a record, 0 at the end, -EPIPE if some were overwritten before. */
static int next_record(int log, struct record *r)
{
	ssize_t len = read(log, r->buf, sizeof(r->buf) - 1);
	char *text;

	if (len < 0)
		return errno == EPIPE ? -EPIPE : 0;
	r->buf[len] = 0;
	text = strchr(r->buf, ';');
	if (!text || sscanf(r->buf, "%d,%llu,", &r->facility, &r->seq) != 2)
		return 0;
	r->facility >>= 3;
	r->text = text + 1;
	r->text[strcspn(r->text, "\n")] = 0;
	return 1;
}

static int complain(int log, unsigned long long from, int facility, FILE *out)
{
	static struct record r;
	bool first = true;
	int nr = 0, ret;

	while ((ret = next_record(log, &r))) {
		bool lost = ret == -EPIPE || (first && from && r.seq > from);

		first = false;
		if (lost) {
			fprintf(out, "# kernel: messages were lost\n");
			nr++;
		}
		if (ret > 0 && r.seq >= from && r.facility == facility && is_complaint(r.text)) {
			fprintf(out, "# kernel: %s\n", r.text);
			nr++;
		}
	}
	close(log);
	return nr;
}

int klog_open(void)
{
	int log = open(KMSG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log >= 0)
		lseek(log, 0, SEEK_END);
	return log;
}

int klog_check(int log, FILE *out)
{
	return log < 0 ? 0 : complain(log, 0, 0, out);
}

unsigned long long klog_mark(void)
{
	int log = open(KMSG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	unsigned long long mark = 0;
	static struct record r;
	int ret;

	while (log >= 0 && (ret = next_record(log, &r))) {
		if (ret > 0)
			mark = r.seq + 1;
	}
	if (log >= 0)
		close(log);
	return mark;
}

int klog_since(unsigned long long mark, int facility, FILE *out)
{
	int log = open(KMSG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return log < 0 ? 0 : complain(log, mark, facility, out);
}

unsigned long long klog_find(unsigned long long mark, const char *text)
{
	int log = open(KMSG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	unsigned long long behind = 0;
	static struct record r;
	int ret;

	while (log >= 0 && !behind && (ret = next_record(log, &r)))
		if (ret > 0 && r.seq >= mark && strstr(r.text, text))
			behind = r.seq + 1;
	if (log >= 0)
		close(log);
	return behind;
}

bool klog_has(unsigned long long mark, const char *text)
{
	return klog_find(mark, text);
}
