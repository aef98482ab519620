#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# wall.sh: in a VM with two processors, what two threads (threads.c) and two queues (queues.c) gain
# and lose, by the clock: lines "NAME N".
set -eu -o pipefail

cd "$(dirname "$0")/.."
modprobe -a mdev_bpf vfio_iommu_type1
for program in threads queues; do
	bench/$program | sed -n 's/^# wall: /wall_/p'
done
