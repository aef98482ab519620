# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += vfio/info vfio/access vfio/ioctl_op vfio/api
