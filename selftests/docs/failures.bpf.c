// SPDX-License-Identifier: GPL-2.0-only
/* Count the failed accesses of each device, in a map for bpftool to dump. */
#include "mdev_bpf.bpf.h"

struct {
        __uint(type, BPF_MAP_TYPE_HASH);
        __uint(max_entries, 1024);
        __type(key, char[16]);          /* the UUID */
        __type(value, __u64);
} failures SEC(".maps");

SEC("tp_btf/mdev_bpf_region")
int BPF_PROG(count_failure, const struct mdev_bpf_dev *dev,
             const struct mdev_bpf_access *access, bool write, int ret)
{
        __u64 one = 1, *count;
        char uuid[16];

        if (!dev || !ret)
                return 0;
        __builtin_memcpy(uuid, dev->uuid, sizeof(uuid));
        count = bpf_map_lookup_elem(&failures, uuid);
        if (count)
                __sync_fetch_and_add(count, 1);
        else
                bpf_map_update_elem(&failures, uuid, &one, BPF_NOEXIST);
        return 0;
}

char _license[] SEC("license") = "GPL";
