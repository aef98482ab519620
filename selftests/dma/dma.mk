# SPDX-License-Identifier: GPL-2.0-only

TEST_GEN_PROGS += dma/requests dma/lists dma/channels dma/pin dma/unmap dma/pass dma/race dma/stuck dma/fuse dma/log dma/log_windows dma/iommufd
TEST_SMP += dma/channels dma/requests dma/pin dma/unmap dma/pass dma/race dma/stuck dma/fuse dma/log dma/iommufd
TEST_GEN_PROGS += dma/file dma/store dma/identity
TEST_SMP += dma/file dma/store dma/identity
TEST_LONG += dma/pass
