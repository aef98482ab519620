/* SPDX-License-Identifier: GPL-2.0-only */
/* What kstall.bpf.c and its tests agree on. */
#ifndef KSTALL_H
#define KSTALL_H

struct kstall {
	__u64 ns;	/* how long a processor stands still each time */
	__u32 pid;	/* of the process that calls the op */
	__u32 stalls;	/* how often it has */
};

#endif /* KSTALL_H */
