# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

# tests_named LIST NAME: those lines of LIST (Makefile makes it) that NAME means: a test, by its
# name with its room or without, "irq/msix", "guest/msix.sh", "guest/msix", "caps"; or all tests of
# a room, "irq". ".sh" is only needed where there is a program of the same name. If that is none, or
# NAME means several, one sentence on standard error says so.
tests_named()
{
	local name=${2//./[.]} found
	if ! { grep -E "^$name( |$)" "$1" || grep -E "^$name[.]sh( |$)" "$1" ||
		grep "^${name%/}/" "$1"; }; then
		found=$(grep -E "/$name( |$)" "$1" || grep -E "/$name[.]sh( |$)" "$1") ||
			{ echo "there is no test $2; $1 lists all of them" >&2; return 1; }
		[[ $found != *$'\n'* ]] ||
			{ echo "$2 is not one test: $(cut -d ' ' -f 1 <<<"$found" | paste -s -d ' ')" >&2
			return 1; }
		echo "$found"
	fi
}
