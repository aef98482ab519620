#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# wall.sh: in a VM with two processors, what two threads gain and lose, by the clock: lines
# "NAME N" (threads.c), and that of queues.c in percent.
set -eu -o pipefail

cd "$(dirname "$0")/.."
modprobe -a mdev_bpf vfio_iommu_type1
bench/threads | sed -n 's/^# wall: /wall_/p'
bench/queues | sed -nE 's/^#.*: ([0-9]+)\.([0-9]+) times as fast$/wall_two_queues_percent \1\2/p'
