# SPDX-License-Identifier: GPL-2.0-only
#
# The documentation's examples, built with the commands that it gives; docs.sh runs them.

TEST_PROGS += docs.sh
TEST_GEN_FILES += docs/built

docs/built: $(shell find $(top)/Documentation -name '*.rst') $(top)/Documentation/check-abi \
		$(wildcard $(top)/bpf/include/* $(top)/include/linux/*.h $(top)/include/uapi/linux/*.h)
	rm -rf docs
	$(top)/Documentation/check-abi --extract docs
	for source in docs/*.bpf.c; do \
		$(CLANG) -g -O2 -Wall -Werror -target bpf -mcpu=v3 -I $(top)/bpf/include \
			-I $(top)/include -idirafter /usr/include/$$(uname -m)-linux-gnu \
			-c $$source -o $${source%.c}.o || exit; \
	done
	$(CC) -Wall -Werror docs/client.c -o docs/client
	$(CC) -Wall -Werror docs/load.c -o docs/load -lbpf
	touch $@

clean: docs-clean
docs-clean:
	@rm -rf docs

.PHONY: docs-clean
