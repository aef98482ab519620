// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file to which user space writes a device's state.
 *
 * The stream is received item by item: the header, the header of a section, the bytes of a section.
 * The size of a section is checked before memory is allocated for it. The device does not change
 * until the user makes it leave RESUMING. By then the end of the stream must have been received,
 * the checksum must be right, and all sections must have been checked.
 *
 * The first error ends the transfer. The write that finds it, all later writes, and leaving
 * RESUMING fail with its errno, and last_error has a sentence that describes it.
 */
#include <linux/anon_inodes.h>
#include <linux/crc32.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device/device.h"
#include "gate/gate.h"
#include "gate/refuse.h"
#include "memory/memory.h"
#include "migration/resume.h"
#include "migration/stream.h"
#include "migration/stream_param.h"
#include "migration/swap.h"
#include "program/program.h"

#define BOUNCE_SIZE	4096

/* The item that is being received */
enum resume_stage {
	RESUME_MAGIC, RESUME_HEADER, RESUME_SECTION, RESUME_BYTES, RESUME_MEMORY, RESUME_SKIP,
	RESUME_END, RESUME_COMPLETE, RESUME_OPAQUE,
};

/**
 * struct mdev_bpf_resume_migf - one session of resuming
 * @file: the file; the device has a reference to it during the session
 * @bdev: the device, with a reference
 * @disabled: the session has ended
 * @error: the first error in the stream, a negative errno
 * @stage: the item that is being received
 * @item: buffer for the bytes of the item; NULL if they are discarded
 * @want: size of the item in bytes
 * @have: number of bytes of the item that have been received
 * @header: the header of the stream
 * @section: the header of the current section
 * @end: the last section
 * @snap: the sections that have been received
 * @shadow: the memory that has been received, by region
 * @memory: the memory section that is being received
 * @opaque: an opaque stream
 * @undo: snapshot of the device before the stream was loaded
 * @generation: mdev_bpf_state::generation when the session was prepared
 * @unknown: the program's restore has not accepted the opaque stream
 * @crc: checksum of what has been received, up to @end
 * @total: number of bytes that have been received
 * @bounce: buffer to which user memory is copied without the device's lock
 */
struct mdev_bpf_resume_migf {
	struct file *file;
	struct mdev_bpf_device *bdev;
	/** @writer: one writer at a time; taken before the device's lock */
	struct mutex writer;
	bool disabled;
	int error;
	enum resume_stage stage;
	void *item;
	u64 want;
	u64 have;
	struct stream_header header;
	struct stream_section section;
	struct stream_end end;
	struct mdev_bpf_snapshot snap;
	struct mdev_bpf_memory *shadow[MDEV_BPF_MAX_REGIONS];
	struct {
		struct stream_memory head;
		u8 bytes[PAGE_SIZE];
	} memory;
	struct mdev_bpf_opaque_stream opaque;
	struct mdev_bpf_snapshot undo;
	u64 generation;
	bool unknown;
	u32 crc;
	u64 total;
	u8 bounce[BOUNCE_SIZE];
};

#define refuse(migf, err, fmt, ...) \
	(mdev_bpf_refuse_user((migf)->bdev, fmt, ##__VA_ARGS__),	\
	 (migf)->error = (err))

static void expect(struct mdev_bpf_resume_migf *migf, enum resume_stage stage, void *item, u64 want)
{
	migf->stage = stage;
	migf->item = item;
	migf->want = want;
	migf->have = 0;
}

static int opaque_append(struct mdev_bpf_resume_migf *migf, const void *data, size_t len)
{
	void *larger;

	if (len > STREAM_OPAQUE_MAX - migf->opaque.ctx.size)
		return refuse(migf, -EFBIG, "the opaque stream is longer than %lu bytes",
			      STREAM_OPAQUE_MAX);
	larger = kvmalloc(migf->opaque.ctx.size + len, GFP_KERNEL_ACCOUNT);
	if (!larger)
		return -ENOMEM;
	if (migf->opaque.data)
		memcpy(larger, migf->opaque.data, migf->opaque.ctx.size);
	memcpy(larger + migf->opaque.ctx.size, data, len);
	kvfree(migf->opaque.data);
	migf->opaque.data = larger;
	migf->opaque.ctx.size += len;
	return 0;
}

/* Does the program have a restore op? */
static bool restores(struct mdev_bpf_device *bdev)
{
	return mdev_bpf_gate_has(bdev, MDEV_BPF_OP_RESTORE, false);
}

static int got_magic(struct mdev_bpf_resume_migf *migf)
{
	size_t len = sizeof(migf->header.magic);

	if (!memcmp(migf->header.magic, STREAM_MAGIC, len)) {
		expect(migf, RESUME_HEADER, &migf->header.version, sizeof(migf->header) - len);
		return 0;
	}
	if (!restores(migf->bdev))
		return refuse(migf, -EINVAL, "this is not the state of a device");
	expect(migf, RESUME_OPAQUE, NULL, STREAM_OPAQUE_MAX);
	return opaque_append(migf, migf->header.magic, len);
}

/* The version of the state may differ from ours if the program can convert the state. */
static int check_version(struct mdev_bpf_resume_migf *migf, const struct stream_header *ours)
{
	u32 version = le32_to_cpu(migf->header.state_version);
	u32 size = le32_to_cpu(migf->header.state_size);
	u32 room = le32_to_cpu(ours->state_size);

	if (version == le32_to_cpu(ours->state_version)) {
		if (size != room)
			return refuse(migf, -EINVAL, "the state has %u bytes, not %u", size, room);
		return 0;
	}
	if (!restores(migf->bdev))
		return refuse(migf, -EINVAL, "the state has version %u, not %u", version,
			      le32_to_cpu(ours->state_version));
	if (size > room)
		return refuse(migf, -EINVAL, "the state has %u bytes, more than %u", size, room);
	return 0;
}

static int got_header(struct mdev_bpf_resume_migf *migf)
{
	const struct stream_header *h = &migf->header;
	struct stream_header ours;

	if (le32_to_cpu(h->version) != STREAM_VERSION)
		return refuse(migf, -EINVAL, "the stream has version %u, the kernel knows %u",
			      le32_to_cpu(h->version), STREAM_VERSION);
	if (le32_to_cpu(h->size) != sizeof(*h) ||
	    le32_to_cpu(h->crc) != mdev_bpf_stream_header_crc(*h))
		return refuse(migf, -EBADMSG, "the stream is damaged: header");
	scoped_guard(mdev_bpf_gate, migf->bdev)
		mdev_bpf_stream_header(migf->bdev, &ours);
	if (memcmp(h->program, ours.program, sizeof(h->program)))
		return refuse(migf, -EINVAL, "the state is of program %*pE",
			      (int)strnlen(h->program, sizeof(h->program)), h->program);
	if (memcmp(h->type, ours.type, sizeof(h->type)))
		return refuse(migf, -EINVAL, "the state is of type %*pE, not %*pE",
			      (int)strnlen(h->type, sizeof(h->type)), h->type,
			      (int)strnlen(ours.type, sizeof(ours.type)), ours.type);
	if (h->arg != ours.arg || h->flags != ours.flags)
		return refuse(migf, -EINVAL, "the state is of another type of this name");
	expect(migf, RESUME_SECTION, &migf->section, sizeof(migf->section));
	return check_version(migf, &ours);
}

static int begin_section(struct mdev_bpf_resume_migf *migf, unsigned int tag, u64 size)
{
	const struct mdev_bpf_section *section = &mdev_bpf_stream_sections[tag];
	u32 most = section->most ?: section->size(migf->bdev);

	if (le16_to_cpu(migf->section.version) != section->version)
		return refuse(migf, -EINVAL, "section %s has version %u, the kernel knows %u",
			      section->name, le16_to_cpu(migf->section.version), section->version);
	if (!size || size > most)
		return refuse(migf, -EINVAL, "section %s has %llu bytes, not %u", section->name,
			      size, most);
	if (migf->snap.data[tag])
		return refuse(migf, -EINVAL, "section %s comes twice", section->name);
	migf->snap.data[tag] = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!migf->snap.data[tag])
		return -ENOMEM;
	migf->snap.size[tag] = size;
	expect(migf, RESUME_BYTES, migf->snap.data[tag], size);
	return 0;
}

static int begin_memory(struct mdev_bpf_resume_migf *migf, u64 size)
{
	if (size <= sizeof(struct stream_memory) || size > sizeof(migf->memory))
		return refuse(migf, -EINVAL, "a section of memory has %llu bytes", size);
	expect(migf, RESUME_MEMORY, &migf->memory, size);
	return 0;
}

static int got_memory(struct mdev_bpf_resume_migf *migf)
{
	u32 region = le32_to_cpu(migf->memory.head.region);
	u64 offset = le64_to_cpu(migf->memory.head.offset);
	size_t size = migf->want - sizeof(migf->memory.head);
	struct mdev_bpf_memory *mem;

	mem = mdev_bpf_device_memory(migf->bdev, region);
	if (!mem || offset > mem->size || size > mem->size - offset)
		return refuse(migf, -EINVAL, "the device has no memory at %#llx of region %u",
			      offset, region);
	if (!migf->shadow[region])
		migf->shadow[region] = mdev_bpf_memory_new(mem->size);
	if (!migf->shadow[region])
		return -ENOMEM;
	expect(migf, RESUME_SECTION, &migf->section, sizeof(migf->section));
	return mdev_bpf_memory_rw(migf->shadow[region], offset, migf->memory.bytes, size, true,
				  GFP_KERNEL_ACCOUNT);
}

static int got_section(struct mdev_bpf_resume_migf *migf)
{
	unsigned int tag = le16_to_cpu(migf->section.tag);
	u64 size = le64_to_cpu(migf->section.size);

	if (tag == SECTION_END) {
		if (size != sizeof(migf->end))
			return refuse(migf, -EBADMSG, "the stream is damaged: end");
		expect(migf, RESUME_END, &migf->end, sizeof(migf->end));
		return 0;
	}
	if (tag < SECTION_NR)
		return begin_section(migf, array_index_nospec(tag, SECTION_NR), size);
	if (tag == SECTION_MEMORY)
		return begin_memory(migf, size);
	if (!(le32_to_cpu(migf->section.flags) & SECTION_OPTIONAL))
		return refuse(migf, -EINVAL, "the kernel does not know section %u", tag);
	expect(migf, RESUME_SKIP, NULL, size);
	return 0;
}

static bool makes_sense(struct mdev_bpf_resume_migf *migf, unsigned int tag)
{
	guard(mdev_bpf_gate)(migf->bdev);
	return mdev_bpf_stream_sections[tag].check(migf->bdev, migf->snap.data[tag],
						   migf->snap.size[tag]);
}

static int check_params(struct mdev_bpf_resume_migf *migf)
{
	if (!migf->snap.data[SECTION_PARAMS])
		return 0;
	return mdev_bpf_stream_param_match(migf->bdev, migf->snap.data[SECTION_PARAMS],
					   migf->snap.size[SECTION_PARAMS]);
}

static int check_sections(struct mdev_bpf_resume_migf *migf)
{
	const struct mdev_bpf_section *section = mdev_bpf_stream_sections;
	unsigned int i;

	for (i = 0; i < SECTION_NR; i++, section++) {
		bool needed = section->name && !section->most && section->size(migf->bdev);

		if (i == SECTION_STATE && !migf->header.state_size)
			needed = false;
		if (needed && !migf->snap.data[i])
			return refuse(migf, -EINVAL, "section %s is missing", section->name);
		if (migf->snap.data[i] && !makes_sense(migf, i))
			return refuse(migf, -EINVAL, "section %s makes no sense", section->name);
	}
	if (migf->snap.size[SECTION_STATE] != le32_to_cpu(migf->header.state_size))
		return refuse(migf, -EINVAL, "section state is not as long as the header says");
	return check_params(migf);
}

static int got_end(struct mdev_bpf_resume_migf *migf)
{
	if (le64_to_cpu(migf->end.total) != migf->total ||
	    le32_to_cpu(migf->end.crc) != migf->crc || migf->end.reserved)
		return refuse(migf, -EBADMSG, "the stream is damaged: checksum");
	expect(migf, RESUME_COMPLETE, NULL, 0);
	return check_sections(migf);
}

/* All bytes of an item have been received. */
static int got_item(struct mdev_bpf_resume_migf *migf)
{
	switch (migf->stage) {
	case RESUME_MAGIC:
		return got_magic(migf);
	case RESUME_HEADER:
		return got_header(migf);
	case RESUME_SECTION:
		return got_section(migf);
	case RESUME_MEMORY:
		return got_memory(migf);
	case RESUME_END:
		return got_end(migf);
	default:
		expect(migf, RESUME_SECTION, &migf->section, sizeof(migf->section));
		return 0;
	}
}

/* Receive @len bytes. Return: 0, or the errno that ends the transfer. */
static int take_in(struct mdev_bpf_resume_migf *migf, const u8 *data, size_t len)
{
	int ret = 0;

	lockdep_assert_held(&migf->bdev->lock);
	while (len && !ret) {
		size_t n = min_t(u64, len, migf->want - migf->have);

		if (migf->stage == RESUME_OPAQUE)
			return opaque_append(migf, data, len);
		if (migf->stage == RESUME_COMPLETE)
			return refuse(migf, -EBADMSG, "the stream goes on after its end");
		if (migf->item)
			memcpy(migf->item + migf->have, data, n);
		if (migf->stage != RESUME_END)
			migf->crc = crc32_le(migf->crc, data, n);
		migf->total += n;
		migf->have += n;
		data += n;
		len -= n;
		while (!ret && migf->have == migf->want && migf->stage != RESUME_COMPLETE)
			ret = got_item(migf);
	}
	return ret;
}

/* Receive a part of a write. The device's lock is not held while user memory is accessed. */
static int resume_step(struct mdev_bpf_resume_migf *migf, const char __user *buf, size_t len)
{
	int ret;

	if (copy_from_user(migf->bounce, buf, len))
		return -EFAULT;
	ret = mutex_lock_killable(&migf->bdev->lock);
	if (ret)
		return ret;
	if (!migf->disabled && !migf->error)
		migf->error = take_in(migf, migf->bounce, len);
	ret = migf->disabled ? -ENODEV : migf->error;
	mutex_unlock(&migf->bdev->lock);
	return ret;
}

static ssize_t write_pieces(struct mdev_bpf_resume_migf *migf, const char __user *buf, size_t len)
{
	size_t done, n;
	int ret;

	lockdep_assert_held(&migf->writer);
	if (READ_ONCE(migf->disabled))
		return -ENODEV;
	for (done = 0; done < len; done += n) {
		n = min_t(size_t, len - done, sizeof(migf->bounce));
		ret = resume_step(migf, buf + done, n);
		/*
		 * Report an error of the stream now, even after bytes were accepted: if this was
		 * the last write, the user would not learn of it.
		 */
		if (ret)
			return ret == -EFAULT && done ? done : ret;
		cond_resched();
	}
	return done;
}

static ssize_t resume_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct mdev_bpf_resume_migf *migf = file->private_data;
	/* Killable, because another process that has the file may wait for its memory meanwhile */
	ssize_t ret = mutex_lock_killable(&migf->writer);

	if (ret)
		return ret;
	ret = write_pieces(migf, buf, len);
	mutex_unlock(&migf->writer);
	return ret;
}

static void resume_free(struct mdev_bpf_resume_migf *migf)
{
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		mdev_bpf_memory_put(migf->shadow[i]);
	mdev_bpf_stream_snapshot_free(&migf->snap);
	mdev_bpf_stream_snapshot_free(&migf->undo);
	kvfree(migf->opaque.data);
	vfio_put_device(&migf->bdev->vdev);	/* Pairs with the get in mdev_bpf_resume_new() */
	mutex_destroy(&migf->writer);
	kvfree(migf);
}

static int resume_release(struct inode *inode, struct file *file)
{
	resume_free(file->private_data);
	return 0;
}

static const struct file_operations resume_fops = {
	.owner = THIS_MODULE,
	.write = resume_write,
	.release = resume_release,
};

/**
 * mdev_bpf_resume_new() - begin a session of receiving a device's state
 * @bdev: the device
 *
 * Context: Process context, the device's lock held.
 *
 * Return: the session, whose file is for the user, or an error: ENOMEM, ENFILE.
 */
struct mdev_bpf_resume_migf *mdev_bpf_resume_new(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_resume_migf *migf;
	struct file *file;

	lockdep_assert_held(&bdev->lock);
	migf = kvzalloc(sizeof(*migf), GFP_KERNEL_ACCOUNT);
	if (!migf)
		return ERR_PTR(-ENOMEM);
	get_device(&bdev->vdev.device);		/* Pairs with the put in resume_free() */
	migf->bdev = bdev;
	mutex_init(&migf->writer);
	migf->crc = ~0;
	expect(migf, RESUME_MAGIC, migf->header.magic, sizeof(migf->header.magic));
	file = anon_inode_getfile("[mdev_bpf-resume]", &resume_fops, migf, O_WRONLY);
	if (IS_ERR(file)) {
		resume_free(migf);
		return ERR_CAST(file);
	}
	stream_open(file->f_inode, file);
	migf->file = file;
	return migf;
}

/**
 * mdev_bpf_resume_file() - get the file of a session
 * @migf: the session
 *
 * Return: the file. The caller gets no reference; the session has one.
 */
struct file *mdev_bpf_resume_file(struct mdev_bpf_resume_migf *migf)
{
	return migf->file;
}

/* Check that the stream is complete and suits the program that is attached now. */
static int check_all(struct mdev_bpf_resume_migf *migf)
{
	struct stream_header ours;

	if (migf->error)
		return migf->error;
	if (migf->stage == RESUME_OPAQUE)
		return 0;
	if (migf->stage != RESUME_COMPLETE)
		return refuse(migf, -EBADMSG, "the stream is truncated");
	/* The program may have been replaced since the header was received */
	scoped_guard(mdev_bpf_gate, migf->bdev)
		mdev_bpf_stream_header(migf->bdev, &ours);
	return check_version(migf, &ours) ?: check_sections(migf);
}

/**
 * mdev_bpf_resume_prepare() - check the stream, and allocate what loading it needs
 * @migf: the session
 *
 * Context: Process context, the device's lock held, the gate not held.
 *
 * Return: 0; the error of the stream; -ENOMEM.
 */
int mdev_bpf_resume_prepare(struct mdev_bpf_resume_migf *migf)
{
	int ret;

	lockdep_assert_held(&migf->bdev->lock);
	scoped_guard(mdev_bpf_gate, migf->bdev)
		migf->generation = migf->bdev->state.generation;
	ret = check_all(migf);
	if (ret)
		return ret;
	mdev_bpf_stream_snapshot_free(&migf->undo);
	ret = mdev_bpf_stream_snapshot_alloc(migf->bdev, &migf->undo);
	if (!ret && migf->stage == RESUME_COMPLETE)
		ret = mdev_bpf_swap_prepare(migf->bdev, migf->shadow);
	return ret;
}

/**
 * mdev_bpf_resume_swap() - exchange the device's memory with the received memory, or back
 * @migf: the session, prepared
 *
 * Context: Process context, the device's lock held, and the gate by mdev_bpf_gate_hold().
 */
void mdev_bpf_resume_swap(struct mdev_bpf_resume_migf *migf)
{
	if (migf->stage == RESUME_COMPLETE)
		mdev_bpf_swap_contents(migf->bdev, migf->shadow);
}

/* Does the state have another version, although the current program has no restore op? */
static bool needs_restore(struct mdev_bpf_resume_migf *migf)
{
	return migf->stage == RESUME_COMPLETE && !restores(migf->bdev) &&
	       le32_to_cpu(migf->header.state_version) != migf->bdev->state.cur.version;
}

/**
 * mdev_bpf_resume_load() - load the received state into the device, except for memory
 * @migf: the session, prepared
 *
 * mdev_bpf_resume_done() must be called afterwards; it undoes this if the restore op fails.
 *
 * Context: Process context, the device's lock and the gate held, the device frozen.
 *
 * Return: the argument for the restore op; ERESTARTNOHAND (STREAM_RETRY) if the program was
 * replaced after the session was prepared.
 */
struct mdev_bpf_stream *mdev_bpf_resume_load(struct mdev_bpf_resume_migf *migf)
{
	struct mdev_bpf_device *bdev = migf->bdev;

	lockdep_assert_held(&bdev->lock);
	if (migf->generation != bdev->state.generation || needs_restore(migf) ||
	    !mdev_bpf_stream_snapshot_fits(bdev, &migf->undo))
		return ERR_PTR(STREAM_RETRY);
	mdev_bpf_stream_snapshot_take(bdev, &migf->undo);
	if (migf->stage == RESUME_COMPLETE)
		mdev_bpf_stream_snapshot_load(bdev, &migf->snap);
	migf->opaque.ctx.opaque = migf->stage == RESUME_OPAQUE;
	migf->opaque.ctx.version = le32_to_cpu(migf->header.state_version);
	if (migf->opaque.ctx.opaque)
		migf->opaque.ctx.version = 0;
	return &migf->opaque.ctx;
}

/**
 * mdev_bpf_resume_done() - finish or undo loading, according to the result of the restore op
 * @migf: the session, after mdev_bpf_resume_load()
 * @result: the result of the op; MDEV_BPF_STREAM_CORE if the program has none
 *
 * After an error the device is as it was before, except for its memory.
 *
 * Context: Process context, the device's lock and the gate held.
 *
 * Return: 0; the error of the op; -EINVAL if the op has not accepted an opaque stream.
 */
int mdev_bpf_resume_done(struct mdev_bpf_resume_migf *migf, int result)
{
	int ret = min(result, 0);

	lockdep_assert_held(&migf->bdev->lock);
	migf->unknown = !ret && migf->opaque.ctx.opaque && result != MDEV_BPF_STREAM_OPAQUE;
	if (migf->unknown)
		ret = -EINVAL;
	if (ret)
		mdev_bpf_stream_snapshot_load(migf->bdev, &migf->undo);
	else if (migf->opaque.ctx.opaque)
		mdev_bpf_stream_unknown_lines(migf->bdev);
	return ret;
}

/**
 * mdev_bpf_resume_refuse() - report why the program has not accepted the stream
 * @migf: the session
 * @err: the error that mdev_bpf_resume_done() has returned
 *
 * Context: Process context, the device's lock held, the gate not held.
 */
void mdev_bpf_resume_refuse(struct mdev_bpf_resume_migf *migf, int err)
{
	if (migf->unknown)
		refuse(migf, -EINVAL, "the program does not know this stream");
	else
		mdev_bpf_refuse_user(migf->bdev, "restore failed with %pe", ERR_PTR(err));
}

/**
 * mdev_bpf_resume_end() - end a session; from now on writing to its file fails
 * @migf: the session, which may be freed by this
 *
 * Context: The device's lock held.
 */
void mdev_bpf_resume_end(struct mdev_bpf_resume_migf *migf)
{
	lockdep_assert_held(&migf->bdev->lock);
	WRITE_ONCE(migf->disabled, true);
	fput(migf->file);
}
