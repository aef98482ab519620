# SPDX-License-Identifier: GPL-2.0-only

# They boot the root "system" themselves, so vm/check runs them on the host.
TEST_HOST += system/boot.sh
TEST_LONG += system/boot.sh
TEST_FILES += system/boot.guest system/packages.root system/packages.points
