# SPDX-License-Identifier: GPL-2.0-only
#
# "make help" lists the targets.
#
# Modules are built for the running kernel if its headers are installed. If not, everything is
# built in the VM root (selftests/vm/vm), for the VM's kernel. This works on any machine.

# The kernel build directory inside the VM root, and on the machine itself.
ifdef MDEV_BPF_IN_ROOT
KDIR ?= $(lastword $(sort $(wildcard /lib/modules/*/build)))
else
KDIR ?= /lib/modules/$(shell uname -r)/build
endif

# "intree" builds mdev_bpf for the kernel's own mdev.ko, instead of ours.
MDEV_CORE ?= ours

DESTDIR ?=
PREFIX ?= /usr/local
# Fixed, because the loader and the documentation contain it.
BPFDIR = /usr/lib/mdev-bpf
# The directory that the author of a device passes to clang with -I.
INCDIR = $(PREFIX)/include/mdev-bpf
# Completion for bash, zsh and fish
COMPDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d
VERSION := $(shell sed -n 's/^\#define VERSION.*"\(.*\)"/\1/p' user/version.c)
KVER ?= $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null)
DEPMOD ?= depmod

VM := selftests/vm/vm
# The kind of the root, which decides the kernel: see selftests/vm/root.sh
KERNEL ?= $(or $(VM_ROOT),base)
export VM_ROOT := $(KERNEL)
# The command line's variables that are passed to a build in the root, which has its own kernel.
vars = $(filter-out KDIR=% KVER=% KERNEL=%,$(MAKEOVERRIDES))
parts := kmod bpf user selftests
# Those that may exist after a build
modules := mdev.ko mdev_bpf.ko mdev_virtio.ko

.PHONY: all $(parts) check check-debug check-packages bench demo vm lint html deb clean install install-files uninstall help
.PHONY: same-env vm-all kmod-check

all: $(parts)

ifneq ($(wildcard $(KDIR)/Makefile),)

kmod: same-env kmod-check
	+$(MAKE) -C $(KDIR) M=$(CURDIR) MDEV_CORE=$(MDEV_CORE) modules
	@readelf -SW mdev_bpf.ko | grep -q ' \.BTF ' || { rm -f mdev_bpf.ko; echo >&2 \
	"mdev_bpf.ko has no BTF, so no program could be loaded: is pahole installed?"; exit 1; }

# Without these, the kernel's build only warns and leaves out the BTF, which the module needs.
kmod-check:
	@printf '%s\n' 6.12 '$(KVER)' | sort -CV || { echo >&2 "Linux $(KVER) is too old: modules" \
	"can register BPF struct_ops since 6.9, and these are for 6.12 and newer. make check and" \
	"make demo need no kernel of this machine: they are built and run in a VM"; exit 1; }
	@[ -e $(KDIR)/vmlinux ] || { echo >&2 "no $(KDIR)/vmlinux, which the module's BTF is made" \
	"from: install the kernel's headers package, or copy /sys/kernel/btf/vmlinux there"; exit 1; }
	@command -v pahole >/dev/null || { echo >&2 "pahole is not installed"; exit 1; }

bpf user: same-env
	+$(MAKE) -C $@

# Some of them are modules that use ours.
selftests: same-env kmod bpf user
	+$(MAKE) -C $@ KDIR=$(KDIR) MDEV_CORE=$(MDEV_CORE)

# make does not notice that objects were built for another kernel, compiler or C library.
env := $(if $(MDEV_BPF_IN_ROOT),root,native) $(realpath $(KDIR)) $(MDEV_CORE)
env += $(firstword $(shell cksum $(KDIR)/Module.symvers 2>/dev/null))
same-env:
	@[ "$$(cat .built-for 2>/dev/null)" = "$(env)" ] || \
	{ $(MAKE) -s clean && echo "$(env)" >.built-for; }

else

# Build all goals with a single build in the root.
goals := $(filter all $(parts),$(or $(MAKECMDGOALS),all))
$(parts): root-build
.PHONY: root-build
root-build:
	@echo "No kernel headers in $(KDIR): building in the VM root, for its kernel."
	@$(VM) exec -- make -j$$(nproc) $(goals) $(vars)

endif

# The VM cannot use what was built for the host.
vm-all:
	@$(VM) setup
	@$(if $(filter check,$(MAKECMDGOALS)),$(VM) source >/dev/null)
	@$(if $(filter check,$(MAKECMDGOALS)),[ "$$(id -u)" -ne 0 ] || $(VM) setup --root system || :)
	@$(VM) exec -- make -s -j$$(nproc) all $(vars)

check: vm-all
	@selftests/vm/check

# Of "check", with a second kernel that DKMS builds for
check-packages: vm-all
	@$(VM) setup --root system
	@TESTS=system/boot MDEV_TEST_LONG=1 selftests/vm/check

# The same tests on a kernel with debug options. Modules are built for one kernel at a time.
check-debug:
	@$(VM) setup
	@$(VM) source >/dev/null
	@$(VM) exec --debug -- make -s -j$$(nproc) all $(vars)
	@selftests/vm/check --debug

# Counts of instructions: see Documentation/testing.rst
bench: vm-all
	@selftests/bench/run.sh

# The picture of the guest's screen is left on this machine.
pictures := selftests/.log/demo

demo: vm-all
	@mkdir -p $(pictures)
	@$(VM) run --timeout 600 --share $(pictures) -- selftests/vm/demo.sh
	@echo "The guest's screen: $(pictures)/demo.png"

vm: vm-all
	@$(VM) shell

lint:
	@$(VM) setup
	@$(VM) source >/dev/null
	@$(VM) exec -- selftests/vm/lint

html:
	@$(VM) setup
	@$(VM) exec -- Documentation/render Documentation/output
	@echo "Open Documentation/output/index.html in a browser."

# In a root that has the tools, whatever the kind of the one that is built in
deb:
	@mkdir -p packages
	@$(VM) exec --root system -- selftests/vm/deb packages
	@ls packages/*.deb

install: install-check install-files
	$(if $(DESTDIR),,$(DEPMOD) $(KVER))

.PHONY: install-check
install-check:
	@[ -n "$(KVER)" ] || { echo >&2 "no kernel headers in $(KDIR): set KDIR or KVER"; exit 1; }
	@for file in mdev_bpf.ko user/mdev-bpf bpf/mtty.bpf.o; do \
		[ -e $$file ] || { echo >&2 "$$file is not built: run make first"; exit 1; }; \
	done
	@for file in $(wildcard $(modules)); do \
		grep -aq "vermagic=$(KVER) " $$file || { echo >&2 "$$file is not for Linux" \
		"$(KVER); make check and the like build for the VM's kernel: run make first"; exit 1; }; \
	done

# into DIRECTORY,MODE,FILES
into = $(if $(strip $3),install -d '$(DESTDIR)$1' && install -m $2 $(strip $3) '$(DESTDIR)$1')

# fill FILE.in,MODE,DIRECTORY,NAME: install a file that has the names of others in it
fill = install -d '$(DESTDIR)$3' && sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' \
	$1 >'$(DESTDIR)$3/$4' && chmod $2 '$(DESTDIR)$3/$4'

UNITDIR = $(PREFIX)/lib/systemd/system
LOADDIR = $(PREFIX)/lib/modules-load.d
RULESDIR = $(PREFIX)/lib/udev/rules.d
PCDIR = $(PREFIX)/share/pkgconfig

# Device programs. One that is large is a folder.
devices := $(wildcard bpf/*.bpf.c) $(filter-out bpf/trace/%,$(wildcard bpf/*/*.bpf.c))

# Installs what exists: the VM does not need everything.
install-files:
	$(call into,/lib/modules/$(KVER)/updates,644,$(wildcard $(modules)))
	$(call into,$(PREFIX)/bin,755,$(wildcard user/mdev-bpf))
	$(call into,$(PREFIX)/share/man/man8,644,$(wildcard user/man/*.8))
	$(call into,$(COMPDIR),644,$(wildcard user/completion/mdev-bpf))
	$(call into,$(ZSHDIR),644,$(wildcard user/completion/_mdev-bpf))
	$(call into,$(FISHDIR),644,$(wildcard user/completion/mdev-bpf.fish))
	$(call into,$(BPFDIR),644,$(wildcard $(patsubst %.c,%.o,$(devices))))
	$(call into,$(BPFDIR)/template,644,$(wildcard user/template/*))
	$(call into,$(BPFDIR)/trace,644,$(wildcard bpf/trace/*.bpf.o))
	$(call into,$(INCDIR),644,$(wildcard bpf/include/*.h))
	$(call into,$(INCDIR)/linux,644,include/linux/mdev_bpf.h)
	$(call into,$(INCDIR)/uapi/linux,644,include/uapi/linux/mdev_bpf.h)
	$(call fill,bpf/mdev-bpf.pc.in,644,$(PCDIR),mdev-bpf.pc)
	$(call fill,boot/mdev-bpf@.service.in,644,$(UNITDIR),mdev-bpf@.service)
	$(call fill,boot/modules-load.conf,644,$(LOADDIR),mdev-bpf.conf)
	$(call into,$(RULESDIR),644,boot/61-mdev-bpf.rules)

# installed DIRECTORY,FILES: the names of the files after their installation
installed = $(addprefix $(DESTDIR)$1/,$(notdir $2))

# Takes the names from the sources, because there may be no build now. A directory that contains
# other files stays.
uninstall:
	rm -f $(addprefix $(DESTDIR)/lib/modules/$(KVER)/updates/,$(modules))
	rm -f $(DESTDIR)$(PREFIX)/bin/mdev-bpf $(DESTDIR)$(COMPDIR)/mdev-bpf
	rm -f $(DESTDIR)$(ZSHDIR)/_mdev-bpf $(DESTDIR)$(FISHDIR)/mdev-bpf.fish
	rm -f $(call installed,$(PREFIX)/share/man/man8,$(patsubst %.rst,%,$(wildcard user/man/*.8.rst)))
	rm -f $(call installed,$(BPFDIR),$(patsubst %.c,%.o,$(devices)))
	rm -f $(call installed,$(BPFDIR)/template,$(wildcard user/template/*))
	rm -f $(call installed,$(BPFDIR)/trace,$(patsubst %.c,%.o,$(wildcard bpf/trace/*.bpf.c)))
	rm -f $(call installed,$(INCDIR),$(wildcard bpf/include/*.h))
	rm -f $(DESTDIR)$(INCDIR)/linux/mdev_bpf.h $(DESTDIR)$(INCDIR)/uapi/linux/mdev_bpf.h
	rm -f $(DESTDIR)$(PCDIR)/mdev-bpf.pc $(DESTDIR)$(UNITDIR)/mdev-bpf@.service \
		$(DESTDIR)$(LOADDIR)/mdev-bpf.conf $(DESTDIR)$(RULESDIR)/61-mdev-bpf.rules
	rmdir 2>/dev/null $(addprefix $(DESTDIR),$(BPFDIR)/trace $(BPFDIR)/template \
		$(BPFDIR) $(INCDIR)/linux \
		$(INCDIR)/uapi/linux $(INCDIR)/uapi $(INCDIR)) || :
	$(if $(DESTDIR),,$(DEPMOD) $(KVER))

# Removes the files of kmod itself, because the kernel's headers may have moved or gone.
clean:
	@for dir in bpf user selftests; do $(MAKE) -s -C $$dir clean || exit 1; done
	@find kmod \( -name '*.o' -o -name '.*.cmd' -o -name '.*.d' \) -delete
	@rm -f *.ko *.mod *.mod.c *.o .*.cmd Module.symvers modules.order .built-for
	@rm -f .module-common.o
	@rm -rf Documentation/output

help:
	@echo "Build and install"
	@echo "  make                everything: kmod, bpf, user, selftests (each is a target, too)"
	@echo "  make install        as root, after make; DESTDIR and PREFIX as usual"
	@echo "  make uninstall      remove the installed files"
	@echo "  make clean          remove the files of a build"
	@echo "  make deb            Debian packages, in packages/; as root"
	@echo
	@echo "In a VM (Debian 13 below ~/.cache; nothing is loaded into this kernel)"
	@echo "  make demo           a demonstration: cards in BPF, used by a stock guest"
	@echo "  make check          run every selftest"
	@echo "  make check-debug    run them on a kernel with KASAN, lockdep, ..., built once"
	@echo "  make check-packages only its test of the Debian packages, with DKMS for two kernels"
	@echo "  make bench          count the instructions of accesses, DMA and creation, beside peers"
	@echo "  make vm             get a shell, with this tree installed"
	@echo "  make lint           checkpatch, sparse, W=1, shellcheck, spelling, documentation"
	@echo "  make html           render the documentation: Documentation/output/index.html"
	@echo
	@echo "Variables"
	@echo "  KDIR=DIR            kernel build directory [$(KDIR)]"
	@echo "  KERNEL=backports    in a VM: with the kernel of trixie-backports, in a root of its own"
	@echo "  MDEV_CORE=intree    build for the kernel's own mdev.ko instead of ours"
	@echo "  W=1, C=1, C=2       more warnings, sparse: as for the kernel"
	@echo
	@echo "Start with README.md and Documentation/index.rst."
