/* SPDX-License-Identifier: GPL-2.0-only */
/* Migration of a device through VFIO, and the stream that the core makes of it. */
#ifndef MIG_H
#define MIG_H

#include "vfio.h"

/* The stream as abi/migration.rst has it; numbers are little endian, as this machine's. */
struct mig_header {
	char magic[8];
	__u32 version, size, crc, flags;
	char program[16], type[16];
	__u64 arg;
	__u32 state_size, state_version;
};

struct mig_section {
	__u16 tag, version;
	__u32 flags;
	__u64 size;
};

struct mig_end {
	__u64 total;
	__u32 crc, reserved;
};

enum {
	MIG_END, MIG_STATE, MIG_CONFIG, MIG_IRQS, MIG_TIME, MIG_PARAMS = 7, MIG_PROTECT = 9,
	MIG_MEMORY = 16
};

/* The state, or negative errno. */
int mig_state(const struct vfio *v);
/* 0 or negative errno; the file that comes with it, or -1, goes to @fd unless that is NULL. */
int mig_set(const struct vfio *v, unsigned int state, int *fd);
/* VFIO_DEVICE_FEATURE_MIG_DATA_SIZE, or negative errno */
__s64 mig_data_size(const struct vfio *v);
/* Get VFIO_DEVICE_FEATURE @feature, @size bytes of it: 0 or negative errno. */
int mig_feature(const struct vfio *v, __u32 feature, void *data, size_t size);

/* Read to the end: bytes, or negative errno (-ENOSPC if there are more than @max). */
ssize_t mig_read(int fd, void *buf, size_t max);
/* Write all: 0 or negative errno. */
int mig_write(int fd, const void *buf, size_t len);

/* Stop a device and read its state: bytes or negative errno. It is in STOP_COPY then. */
ssize_t mig_save(const struct vfio *v, void *buf, size_t max);
/* Give a device a state, and leave it stopped: 0 or the first negative errno. */
int mig_load(const struct vfio *v, const void *buf, size_t len);

/* The head of the section with a tag, or NULL. */
struct mig_section *mig_find(void *stream, size_t len, unsigned int tag);
/* Recalculate the checksums after a change. */
void mig_seal(void *stream, size_t len);

#endif /* MIG_H */
