# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

# slowness_of MS: how many times slower this machine is than the one that the limits were chosen on:
# two processors of 2023 with nothing else to do. A loop of system calls tells, which took MS there:
# an emulated, loaded or debugging kernel is slow at that, too. Twice of that, rounded up, since load
# comes and goes. It is left in $slowness, and the time of the loop here in $slowness_ms. Whoever gives
# up after some time multiplies that with it.
slowness_of()
{
	local begin=$EPOCHREALTIME end i
	for ((i = 0; i < 10000; i++)); do
		[ -e /proc/self ]
	done
	end=$EPOCHREALTIME
	slowness_ms=$(((${end//[!0-9]/} - ${begin//[!0-9]/}) / 1000))
	slowness=$((2 * slowness_ms / $1 + 1))
}
