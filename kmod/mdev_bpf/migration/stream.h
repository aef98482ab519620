/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The format of the migration stream: a header, then sections, the last of which is SECTION_END.
 * Numbers are little endian.
 */
#ifndef __MDEV_BPF_MIGRATION_STREAM_H
#define __MDEV_BPF_MIGRATION_STREAM_H

#include <linux/mdev_bpf.h>

struct mdev_bpf_device;

#define STREAM_MAGIC	"mdev-bpf"	/* 8 bytes, without the final NUL */
#define STREAM_VERSION	1
#define STREAM_OPAQUE_MAX	BIT(20)	/* bytes of a program's opaque stream */

/*
 * @crc is the checksum of the header, computed with zero in its place. All members except @crc and
 * the version of the state must be the same at the target.
 */
struct stream_header {
	u8 magic[8];
	__le32 version;
	__le32 size;
	__le32 crc;
	__le32 flags;
	char program[MDEV_BPF_NAME_LEN];
	char type[MDEV_BPF_NAME_LEN];
	__le64 arg;
	__le32 state_size;
	__le32 state_version;
};

static_assert(sizeof(struct stream_header) == 72);

#define SECTION_OPTIONAL 1	/* in flags: a target that does not know the section may skip it */

/* @size: number of bytes that follow */
struct stream_section {
	__le16 tag;
	__le16 version;
	__le32 flags;
	__le64 size;
};

static_assert(sizeof(struct stream_section) == 16);

enum {
	SECTION_END,
	SECTION_STATE,
	SECTION_CONFIG,
	SECTION_IRQS,
	SECTION_TIME,
	SECTION_MSIX,
	SECTION_DMA,
	SECTION_PARAMS,
	SECTION_QUEUES,
	SECTION_PROTECT,
	SECTION_QUEUE_DMA,
	SECTION_NR,
	SECTION_MEMORY = 16,	/* any number of them; the last one for an offset is valid */
};

/* @total: number of bytes of the stream. @crc: checksum of all bytes before this struct */
struct stream_end {
	__le64 total;
	__le32 crc;
	__le32 reserved;
};

/* A memory section begins with this; the bytes follow. */
struct stream_memory {
	__le32 region;
	__le32 reserved;
	__le64 offset;
};

/* Lines by VFIO irq index: those that are up, and those that have fired and not been unmasked */
struct stream_irqs {
	__le32 up;
	__le32 fired;
};

struct stream_timer {
	__le64 remaining;
	__le64 period;
	__le32 armed;
	__le32 reserved;
};

struct stream_time {
	__le64 work_due;
	__le32 timers_due;
	__le32 unmask_due;
	struct stream_timer timers[MDEV_BPF_MAX_TIMERS];
	__le64 passed;
};

/* Section dma is an array of these: windows that must be pinned again, and requests that wait. */
struct stream_dma {
	__le64 iova;
	__le64 where;
	__le64 size;
	__le64 offset;
	__le64 done;
	__le32 id;
	__le32 op;
	__le32 channel;
	__le32 flags;
	__le32 file;
	__le32 count;
	__le32 over;
	__le32 error;
};

#define STREAM_DMA_MAX	(MDEV_BPF_MAX_DMA + MDEV_BPF_MAX_PINS)

/* Section queue-dma is an array of the same: requests of queues, with the queue in channel. */
#define STREAM_QUEUE_DMA_MAX	(MDEV_BPF_MAX_QUEUES * MDEV_BPF_MAX_DMA)

/* Section params is an array of these: the parameters that must be the same at the target. */
struct stream_param {
	char name[MDEV_BPF_NAME_LEN];
	__le32 kind;
	__le32 reserved;
	__le64 number;
	char text[MDEV_BPF_MAX_PARAM_TEXT];
};

/* Section queues begins with this; the states of the queues follow, each of @size bytes. */
struct stream_queues {
	__le64 due;
	__le32 nr;
	__le32 size;
};

/* Section protect is an array of these: the protected pages of each region, by VFIO index. */
struct stream_protect {
	__le64 first;
	__le64 end;
};

/**
 * struct mdev_bpf_section - a part of a device's state in streams and snapshots
 * @name: name for messages
 * @version: version of its format; no other version is accepted
 * @most: maximum size in bytes of a section that may be absent; 0 if it has a fixed size and must
 *	be present
 * @size: returns the number of bytes that the device saves; 0 if it has no such part
 * @save: writes the bytes
 * @check: checks whether the device could have saved these bytes
 * @load: loads bytes that were checked; @data is NULL if the section is absent
 */
struct mdev_bpf_section {
	const char *name;
	u16 version;
	u32 most;
	size_t (*size)(struct mdev_bpf_device *bdev);
	void (*save)(struct mdev_bpf_device *bdev, void *data);
	bool (*check)(struct mdev_bpf_device *bdev, const void *data, size_t size);
	void (*load)(struct mdev_bpf_device *bdev, const void *data, size_t size);
};

/**
 * struct mdev_bpf_snapshot - the sections of a device, by tag
 * @data: the bytes of each section; NULL if no memory is allocated
 * @room: number of bytes that are allocated
 * @size: number of bytes of the section; 0 if it is absent
 */
struct mdev_bpf_snapshot {
	void *data[SECTION_NR];
	size_t room[SECTION_NR];
	size_t size[SECTION_NR];
};

/*
 * The memory that was prepared for a device's state no longer suffices, because the program was
 * replaced: prepare it again. No op can return this.
 */
#define STREAM_RETRY (-ERESTARTNOHAND)

/**
 * struct mdev_bpf_opaque_stream - a stream in a format of the program's
 * @ctx: the argument of the op
 * @data: the bytes of the stream, ctx.size of them
 * @room: maximum size in bytes; 0 if the program can only read the stream
 */
struct mdev_bpf_opaque_stream {
	struct mdev_bpf_stream ctx;
	void *data;
	size_t room;
};

extern const struct mdev_bpf_section mdev_bpf_stream_sections[SECTION_NR];
void mdev_bpf_stream_header(struct mdev_bpf_device *bdev, struct stream_header *header);
u32 mdev_bpf_stream_header_crc(struct stream_header header);
int mdev_bpf_stream_snapshot_alloc(struct mdev_bpf_device *bdev, struct mdev_bpf_snapshot *snap);
bool mdev_bpf_stream_snapshot_fits(struct mdev_bpf_device *bdev,
				   const struct mdev_bpf_snapshot *snap);
void mdev_bpf_stream_snapshot_take(struct mdev_bpf_device *bdev, struct mdev_bpf_snapshot *snap);
void mdev_bpf_stream_snapshot_load(struct mdev_bpf_device *bdev,
				   const struct mdev_bpf_snapshot *snap);
void mdev_bpf_stream_snapshot_free(struct mdev_bpf_snapshot *snap);
void mdev_bpf_stream_unknown_lines(struct mdev_bpf_device *bdev);
size_t mdev_bpf_stream_estimate(struct mdev_bpf_device *bdev);

#endif /* __MDEV_BPF_MIGRATION_STREAM_H */
