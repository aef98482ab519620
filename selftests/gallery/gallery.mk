# SPDX-License-Identifier: GPL-2.0-only
#
# Devices of bpf/ that drivers of Linux know: NAME.c drives one by its file descriptor, NAME.sh boots
# a guest whose driver does.

nvme := gallery/nvme gallery/nvme_more gallery/nvme_life gallery/nvme_file
TEST_GEN_PROGS += $(nvme)
TEST_PROGS += gallery/nvme.sh
TEST_LONG += gallery/nvme_life gallery/nvme.sh

$(nvme): gallery/nvme_driver.o

# Virtio: the transport by its simplest device, and the others
TEST_GEN_PROGS += gallery/virtio_rng gallery/virtio_packed gallery/virtio_blk gallery/virtio_console
TEST_GEN_PROGS += gallery/virtio_net
TEST_PROGS += gallery/virtio.sh gallery/host_virtio.sh gallery/virtio_net.sh
TEST_FILES += progs/kvirtio.h
TEST_LONG += gallery/virtio_rng gallery/virtio_blk gallery/virtio.sh gallery/host_virtio.sh
TEST_LONG += gallery/virtio_net gallery/virtio_net.sh

# The serial card: like the kernel's sample, and its far end on the host
TEST_GEN_PROGS += gallery/mtty_native gallery/mtty_console
TEST_PROGS += gallery/mtty.sh
TEST_LONG += gallery/mtty.sh gallery/mtty_native
TEST_FILES += lib/on_pty.py

# A network card
e1000 := gallery/e1000 gallery/e1000_life
TEST_GEN_PROGS += $(e1000)
TEST_GEN_TOOLS += gallery/ethtest
TEST_PROGS += gallery/e1000.sh gallery/two_guests.sh
TEST_LONG += $(e1000) gallery/e1000.sh gallery/two_guests.sh

$(e1000): gallery/e1000_driver.o

# Devices that are not PCI
TEST_GEN_PROGS += gallery/pl011 gallery/ccw gallery/ap

# Devices with a peer, and what every device lives through
TEST_GEN_PROGS += gallery/edu gallery/mdpy gallery/bochs
TEST_PROGS += gallery/edu.sh gallery/mdpy.sh gallery/bochs.sh gallery/bochs_guest.sh gallery/pages.sh gallery/life.sh
TEST_LONG += gallery/edu.sh gallery/mdpy.sh gallery/bochs.sh gallery/bochs_guest.sh gallery/life.sh
TEST_FILES += gallery/edu.py gallery/console.py gallery/bochs.guest

# All of them in one guest, which moves
TEST_PROGS += gallery/all_move.sh
TEST_LONG += gallery/all_move.sh
