// SPDX-License-Identifier: GPL-2.0-only
/* load OBJECT PIN: load the device program in OBJECT and keep it attached by PIN */
#include <stdio.h>
#include <bpf/libbpf.h>

static struct bpf_map *find_ops(struct bpf_object *obj)
{
        struct bpf_map *map;

        bpf_object__for_each_map(map, obj)
                if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
                        return map;
        return NULL;
}

int main(int argc, char **argv)
{
        struct bpf_object *obj;
        struct bpf_map *map;
        struct bpf_link *link;

        if (argc != 3)
                return 2;
        obj = bpf_object__open_file(argv[1], NULL);
        map = obj ? find_ops(obj) : NULL;
        if (!map || bpf_object__load(obj))      /* the verifier */
                return 1;
        link = bpf_map__attach_struct_ops(map); /* the kernel module */
        if (!link || bpf_link__pin(link, argv[2])) {
                perror("attach");               /* /sys/kernel/mdev_bpf/last_error */
                return 1;
        }
        return 0;
}
