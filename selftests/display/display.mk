# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += display/planes display/dmabuf display/edid
TEST_LONG += display/planes
