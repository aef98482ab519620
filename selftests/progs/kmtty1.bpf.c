// SPDX-License-Identifier: GPL-2.0-only
/* Version 1 of a serial card, which takes over devices of version 2; see kmtty.h. */
#define SHIFT		0
#define OLD_SHIFT	64
#define OLD_VERSION	2

#include "kmtty.h"
