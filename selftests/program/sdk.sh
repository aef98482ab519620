#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# MDEV_BPF_OP(), MDEV_BPF_DEVICE() and mdev_bpf_at(): the compiler refuses what would fail later, and
# what a program leaves out has its default. Only compiles; what programs do is tested elsewhere.
# shellcheck disable=SC2317 # test points are called by name

. "$(dirname "$0")/../lib/mtap.sh"

top=$here/..
command -v clang >/dev/null || skip_all "no clang"
command -v mdev-bpf >/dev/null || skip_all "no mdev-bpf"

# compile STATUS MEMBERS: a program with two ops and these members of the device
compile()
{
	cat >"$mtap_tmp/card.bpf.c" <<-END
	#include "mdev_bpf.bpf.h"
	int MDEV_BPF_OP(card_init, struct mdev_bpf_dev *dev) { return 0; }
	__u32 table[6], *pointer = table, once;
	int MDEV_BPF_OP(card_open, struct mdev_bpf_dev *dev) { return ${CALL:-0}; }
	int MDEV_BPF_OP(card_work, struct mdev_bpf_dev *dev, __u64 id) { return 0; }
	SEC("struct_ops") int BPF_PROG(card_reset, struct mdev_bpf_dev *dev) { return 0; }
	MDEV_BPF_DEVICE(card, .types = { { .name = "1" } }, .pci = { .vendor = 0x1234 }, $2);
	char _license[] SEC("license") = "GPL";
	END
	run "$1" clang -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter -target bpf -mcpu=v3 \
		-I "$top/bpf/include" -I "$top/include" \
		-idirafter "/usr/include/$(uname -m)-linux-gnu" \
		-c "$mtap_tmp/card.bpf.c" -o "$mtap_tmp/card.bpf.o"
}

good()
{
	compile 0 ".init = card_init, .open = card_open"
	run 0 mdev-bpf inspect "$mtap_tmp/card.bpf.o"
	has "$out" "card-1"
}

own_name()
{
	compile 0 ".init = card_init, .name = \"other\""
	run 0 mdev-bpf inspect "$mtap_tmp/card.bpf.o"
	has "$out" "other-1"
}

old_spelling() { compile 0 ".init = card_init, .reset = (void *)card_reset"; }

wrong_parameters()
{
	compile 1 ".work = card_work"
	has "$err" "type mismatch at 2nd parameter"
}

wrong_member()
{
	compile 1 ".region_read = card_init"
	has "$err" "incompatible type"
}

op_called()
{
	CALL="card_init(dev)" compile 1 ".open = card_open"
	has "$err" "only the kernel can call an op"
}

no_array()
{
	CALL="!mdev_bpf_at(pointer, 1)" compile 1 ".open = card_open"
	has "$err" "mdev_bpf_at() needs an array, not a pointer"
	CALL="!mdev_bpf_at(table, 1)" compile 0 ".open = card_open"
}

# Both accesses are made, in this order and in one piece each.
once()
{
	CALL="({ WRITE_ONCE(once, 5); WRITE_ONCE(once, 7); READ_ONCE(once) + READ_ONCE(once); })" \
		compile 0 ".open = card_open"
	run 0 llvm-objdump -d "$mtap_tmp/card.bpf.o"
	# shellcheck disable=SC2154 # run() sets it
	is "$(grep -c '\*(u32 \*)(r[0-9]* + 0x0) = ' <<<"$out")" 2
	is "$(grep -c '= \*(u32 \*)(r[0-9]* + 0x0)' <<<"$out")" 2
}

points good own_name old_spelling wrong_parameters wrong_member op_called no_array once
