# SPDX-License-Identifier: GPL-2.0-only
#
# The mdev core's tests. Their modules: a parent that does what a test tells it, and the kernel's
# own samples, if their source is there, built against our header and our symbol versions.

SAMPLES ?= /usr/src/linux-source/samples/vfio-mdev

mdev_progs := mdev/rules mdev/fail mdev/order mdev/uevent mdev/busy mdev/race
mdev_samples := $(addprefix mdev/samples/,mtty.ko mdpy.ko mbochs.ko)
mdev_modules := mdev/kmod/mdev_test.ko $(if $(wildcard $(SAMPLES)/mtty.c),$(mdev_samples))

TEST_GEN_PROGS += $(mdev_progs)
TEST_SMP += mdev/order mdev/busy mdev/race
TEST_PROGS += mdev/dropin.sh mdev/kernel_core.sh
TEST_LONG += mdev/dropin.sh mdev/kernel_core.sh
TEST_GEN_TOOLS += mdev/client
TEST_GEN_FILES += $(if $(wildcard $(KDIR)/Makefile),$(mdev_modules))

$(mdev_progs): mdev/core.o mdev/job.o
mdev/race: mdev/pair.o

mdev/kmod/mdev_test.ko: $(wildcard mdev/kmod/*.[ch] ../include/linux/mdev.h ../mdev.ko) mdev/kmod/Kbuild
	+$(call module,mdev/kmod)

$(mdev_samples) &: mdev/samples.kbuild $(wildcard ../include/linux/mdev.h ../mdev.ko)
	mkdir -p mdev/samples
	cp $(addprefix $(SAMPLES)/,mtty.c mdpy.c mbochs.c mdpy-defs.h) mdev/samples/
	cp $< mdev/samples/Kbuild
	# Others' code: neither more warnings nor sparse.
	+$(call module,mdev/samples) W= C=0

clean: mdev-clean
mdev-clean:
	@rm -rf mdev/samples
	@find mdev/kmod ! -name '*.[ch]' ! -name Kbuild -type f -delete
	@rm -f mdev/kmod/*.mod.c

.PHONY: mdev-clean
