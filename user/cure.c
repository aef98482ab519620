// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cures of what the verifier and libbpf refuse. Documentation/abi/refusals.rst has the same list
 * with more explanation, and check-abi compares them.
 */
#include <string.h>

#include "cure.h"

static const struct {
	const char *says;	/* a part of the message */
	const char *cure;
} cures[] = {
	{ "mem_or_null", "check the pointer from mdev_bpf_state() for NULL" },
	{ "unbounded min value is not allowed",
	  "bound the index with mdev_bpf_at(), check its result, or use barrier_var()" },
	{ "invalid access to memory, mem_size=", "the bound of the index is too high" },
	{ "is not a const",
	  "the size that is passed to the kfunc must be a constant" },
	{ "cannot call kernel function from non-GPL compatible program",
	  "_license must be \"GPL\"" },
	{ "of this struct is read-only",
	  "the program can only write access->val, call->ret, and what a plane shows" },
	{ "program of this type cannot use helper",
	  "see \"Helpers and maps\" in abi/kfuncs.rst for what there is" },
	{ "expected pointer to STRUCT mdev_bpf_",
	  "the kfunc is not for this op; those for a queue begin with mdev_bpf_q_" },
	{ "calling kernel function",
	  "programs call mdev_bpf's functions, and upgrade only those that get states" },
	{ "cannot write into rdonly_mem", "the old state, in upgrade, is read-only" },
	{ "Caller passes invalid args into func",
	  "make the function static, or define it by MDEV_BPF_FUNC()" },
	{ "jumps is too complex",
	  "define functions that are called more than once by MDEV_BPF_FUNC()" },
	{ "BPF program is too large. Processed",
	  "define what is called more than once by MDEV_BPF_FUNC(), and use mdev_bpf_for()" },
	{ "combined stack size of", "put buffers into the state" },
	{ "write into map forbidden",
	  "kfuncs only take writable memory: copy the constant to the stack or into the state" },
	{ "unbounded memory access", "bound the index, or the size that a kfunc gets" },
	{ "min value is negative", "bound the index, or the size that a kfunc gets" },
	{ "infinite loop detected",
	  "use mdev_bpf_for(), with the most rounds that there can be" },
	{ "must point to scalar, or struct with scalar",
	  "pass the dev or call that the op has received, not a copy" },
	{ "expected STRUCT mdev_bpf_",
	  "pass the dev or call that the op has received, not a copy" },
	{ "BTF is required", "compile it with clang -g" },
	{ "BTF loading error: -22",
	  "a static variable that is only ever 0 or 1 must not be static (-d shows which it is)" },
	{ "invalid reuse of prog", "one function cannot be two ops: define one for each" },
};

const char *cure_for(const char *text)
{
	for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++)
		if (strstr(text, cures[i].says))
			return cures[i].cure;
	return NULL;
}
