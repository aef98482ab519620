// SPDX-License-Identifier: GPL-2.0-only
/* klog mark | klog check MARK [FACILITY]: the kernel log check for scripts. */
#include <stdlib.h>
#include <string.h>

#include "klog.h"

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "mark")) {
		printf("%llu\n", klog_mark());
		return 0;
	}
	if (argc >= 3 && !strcmp(argv[1], "check"))
		return klog_since(strtoull(argv[2], NULL, 0), argc > 3 ? atoi(argv[3]) : 0,
				  stdout) ? 1 : 0;
	fprintf(stderr, "Usage: klog mark | klog check MARK [FACILITY]\n");
	return 2;
}
