/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of the vfio-user protocol, version 0.1, as far as reading and writing registers needs
 * them: https://www.qemu.org/docs/master/interop/vfio-user.html. Numbers have the byte order of the
 * machine.
 */
#ifndef VFIO_USER_H
#define VFIO_USER_H

#include <linux/types.h>

/* Commands */
#define VU_VERSION	1
#define VU_REGION_READ	9
#define VU_REGION_WRITE	10

/* Flags */
#define VU_REPLY	0x1
#define VU_NO_REPLY	0x10
#define VU_ERROR	0x20

struct vu_header {
	__u16 id;		/* the reply has the command's */
	__u16 command;
	__u32 size;		/* of the message, this header included */
	__u32 flags;
	__u32 error;		/* errno, if VU_ERROR is set */
};

/* After the header: VU_VERSION, in both directions; JSON may follow, which ends with a NUL. */
struct vu_version {
	__u16 major;
	__u16 minor;
};

/* VU_REGION_READ: data follow in the reply. VU_REGION_WRITE: they follow in the command. */
struct vu_access {
	__u64 offset;
	__u32 region;
	__u32 count;
};

/* Any of these, with the most data that are accepted here */
struct vu_message {
	struct vu_header head;
	union {
		struct {
			struct vu_version version;
			char json[1024];
		};
		struct {
			struct vu_access access;
			__u8 data[64];
		};
	};
};

#endif /* VFIO_USER_H */
