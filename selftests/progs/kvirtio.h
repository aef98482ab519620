/* SPDX-License-Identifier: GPL-2.0-only */
/* A disk that does wrong what its parameter "wrong" says; see kvirtio.bpf.c. */
#ifndef __KVIRTIO_H
#define __KVIRTIO_H

enum kvirtio_wrong {
	KVIRTIO_NOTHING,
	KVIRTIO_SILENT,		/* completes no request */
	KVIRTIO_RANGE,		/* returns a chain that is not in the ring */
	KVIRTIO_TWICE,		/* returns each chain twice */
	KVIRTIO_MANY,		/* says that it has returned 1000 more */
	KVIRTIO_LENGTH,		/* says that it has written 4 GiB */
	KVIRTIO_STORM,		/* interrupts all the time */
	KVIRTIO_NEEDS_RESET,	/* asks for a reset */
	KVIRTIO_NO_RESET,	/* does not end a reset */
	KVIRTIO_RING,		/* writes into the descriptors, and the driver's area */
	KVIRTIO_CONFIG,		/* has numbers of any size in its configuration */
	KVIRTIO_GENERATION,	/* has a configuration that has changed whenever it was read */
	KVIRTIO_REACH,		/* accesses what it was not given; the dump has the results */
};

#endif /* __KVIRTIO_H */
