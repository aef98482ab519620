# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += vfio/info vfio/types vfio/access vfio/ioctl_op vfio/api
