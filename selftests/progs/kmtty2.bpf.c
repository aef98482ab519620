// SPDX-License-Identifier: GPL-2.0-only
/* Version 2 of a serial card, which takes over devices of version 1; see kmtty.h. */
#define SHIFT		64
#define OLD_SHIFT	0
#define OLD_VERSION	1

#include "kmtty.h"
