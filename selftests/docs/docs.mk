# SPDX-License-Identifier: GPL-2.0-only
#
# The documentation's examples, built with the commands that it gives; examples.sh runs them.

TEST_PROGS += docs/examples.sh docs/manage.sh
TEST_LONG += docs/examples.sh docs/manage.sh
TEST_GEN_FILES += docs/built/done
# system/boot runs them, where the tools are.
TEST_FILES += docs/libvirt.sh docs/tracing.sh

docs/built/done: $(shell find $(top)/Documentation -name '*.rst') $(top)/Documentation/check-abi \
		$(wildcard $(top)/bpf/include/* $(top)/include/linux/*.h $(top)/include/uapi/linux/*.h)
	rm -rf docs/built
	$(top)/Documentation/check-abi --extract docs/built
	for source in docs/built/*.bpf.c; do \
		$(CLANG) -g -O2 -Wall -Werror -target bpf -mcpu=v3 -I $(top)/bpf/include \
			-I $(top)/include -idirafter /usr/include/$$(uname -m)-linux-gnu \
			-c $$source -o $${source%.c}.o || exit; \
	done
	$(CC) -Wall -Werror docs/built/client.c -o docs/built/client
	$(CC) -Wall -Werror docs/built/migrate.c -o docs/built/migrate
	$(CC) -Wall -Werror docs/built/load.c -o docs/built/load -lbpf
	$(CC) -Wall -Werror -I $(top)/include docs/built/features.c -o docs/built/features
	touch $@

clean: docs-clean
docs-clean:
	@rm -rf docs/built

.PHONY: docs-clean
