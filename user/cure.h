/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef USER_CURE_H
#define USER_CURE_H

/* What to do about a message of the verifier or of libbpf; NULL if that is not known. */
const char *cure_for(const char *text);

#endif
