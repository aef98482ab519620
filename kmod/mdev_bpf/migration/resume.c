// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that a device's state is written to.
 *
 * What comes is put together item by item: the header, a section's head, a section's bytes. A
 * section's size is checked before there is memory for it. Nothing of the device changes until
 * the end of the stream has been seen, the checksum is right and all sections are plausible; it
 * does when the user lets the device leave RESUMING.
 *
 * The first thing that is wrong ends it: its errno is what this and all further writes fail
 * with, and leaving RESUMING too, and there is a sentence that says what it was.
 */
#include <linux/anon_inodes.h>
#include <linux/crc32.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device/device.h"
#include "gate/gate.h"
#include "gate/refuse.h"
#include "memory/memory.h"
#include "migration/resume.h"
#include "migration/stream.h"
#include "migration/swap.h"
#include "program/program.h"

#define BOUNCE_SIZE	4096

/* What the bytes to come are */
enum resume_stage {
	RESUME_MAGIC, RESUME_HEADER, RESUME_SECTION, RESUME_BYTES, RESUME_MEMORY, RESUME_SKIP,
	RESUME_END, RESUME_COMPLETE, RESUME_OPAQUE,
};

/**
 * struct mdev_bpf_resume_migf - one session of resuming
 * @file: the file; the device has a reference to it while the session lasts
 * @bdev: the device, with a reference
 * @disabled: the session is over
 * @error: what was wrong with the stream, a negative errno
 * @stage: what the bytes to come are
 * @item: where they go; NULL: nowhere
 * @want: how many there are to come, with those that have come
 * @have: how many have
 * @header: the header
 * @section: the head of the current section
 * @end: the last section
 * @snap: the sections that have come
 * @shadow: the memory that has come, by region
 * @memory: the piece of it that is coming
 * @opaque: a stream that is not the core's
 * @undo: what the device was before
 * @generation: mdev_bpf_state::generation when it was prepared
 * @unknown: the program's restore did not want it
 * @crc: checksum of what has come, up to @end
 * @total: bytes that have come
 * @bounce: user memory is copied here, without the device's lock
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

#define refuse(r, err, fmt, ...) \
	(mdev_bpf_refuse((r)->bdev->program->decl.name, fmt, ##__VA_ARGS__), (r)->error = (err))

static void expect(struct mdev_bpf_resume_migf *r, enum resume_stage stage, void *item, u64 want)
{
	r->stage = stage;
	r->item = item;
	r->want = want;
	r->have = 0;
}

static int opaque_append(struct mdev_bpf_resume_migf *r, const void *data, size_t len)
{
	void *larger;

	if (len > STREAM_OPAQUE_MAX - r->opaque.ctx.size)
		return refuse(r, -EFBIG, "the opaque stream is longer than %lu bytes",
			      STREAM_OPAQUE_MAX);
	larger = kvmalloc(r->opaque.ctx.size + len, GFP_KERNEL_ACCOUNT);
	if (!larger)
		return -ENOMEM;
	if (r->opaque.data)
		memcpy(larger, r->opaque.data, r->opaque.ctx.size);
	memcpy(larger + r->opaque.ctx.size, data, len);
	kvfree(r->opaque.data);
	r->opaque.data = larger;
	r->opaque.ctx.size += len;
	return 0;
}

/* Does the program want to see what is restored? */
static bool restores(struct mdev_bpf_device *bdev)
{
	return mdev_bpf_gate_has(bdev, MDEV_BPF_OP_RESTORE, false);
}

static int got_magic(struct mdev_bpf_resume_migf *r)
{
	size_t len = sizeof(r->header.magic);

	if (!memcmp(r->header.magic, STREAM_MAGIC, len)) {
		expect(r, RESUME_HEADER, &r->header.version, sizeof(r->header) - len);
		return 0;
	}
	if (!restores(r->bdev))
		return refuse(r, -EINVAL, "this is not the state of a device");
	expect(r, RESUME_OPAQUE, NULL, STREAM_OPAQUE_MAX);
	return opaque_append(r, r->header.magic, len);
}

/* The header must be the same as ours but for the version of the state, if that is converted. */
static int check_version(struct mdev_bpf_resume_migf *r, const struct stream_header *ours)
{
	u32 version = le32_to_cpu(r->header.state_version);
	u32 size = le32_to_cpu(r->header.state_size);
	u32 room = le32_to_cpu(ours->state_size);

	if (version == le32_to_cpu(ours->state_version)) {
		if (size != room)
			return refuse(r, -EINVAL, "the state has %u bytes, not %u", size, room);
		return 0;
	}
	if (!restores(r->bdev))
		return refuse(r, -EINVAL, "the state has version %u, not %u", version,
			      le32_to_cpu(ours->state_version));
	if (size > room)
		return refuse(r, -EINVAL, "the state has %u bytes, more than %u", size, room);
	return 0;
}

static int got_header(struct mdev_bpf_resume_migf *r)
{
	const struct stream_header *h = &r->header;
	struct stream_header ours;

	if (le32_to_cpu(h->version) != STREAM_VERSION)
		return refuse(r, -EINVAL, "the stream has version %u, the kernel knows %u",
			      le32_to_cpu(h->version), STREAM_VERSION);
	if (le32_to_cpu(h->size) != sizeof(*h) ||
	    le32_to_cpu(h->crc) != mdev_bpf_stream_header_crc(*h))
		return refuse(r, -EBADMSG, "the stream is damaged: header");
	scoped_guard(mdev_bpf_gate, r->bdev)
		mdev_bpf_stream_header(r->bdev, &ours);
	if (memcmp(h->program, ours.program, sizeof(h->program)))
		return refuse(r, -EINVAL, "the state is of program %*pE",
			      (int)strnlen(h->program, sizeof(h->program)), h->program);
	if (memcmp(h->type, ours.type, sizeof(h->type)))
		return refuse(r, -EINVAL, "the state is of type %*pE, not %*pE",
			      (int)strnlen(h->type, sizeof(h->type)), h->type,
			      (int)strnlen(ours.type, sizeof(ours.type)), ours.type);
	if (h->arg != ours.arg || h->flags != ours.flags)
		return refuse(r, -EINVAL, "the state is of another type of this name");
	expect(r, RESUME_SECTION, &r->section, sizeof(r->section));
	return check_version(r, &ours);
}

static int begin_section(struct mdev_bpf_resume_migf *r, unsigned int tag, u64 size)
{
	const struct mdev_bpf_section *s = &mdev_bpf_stream_sections[tag];
	u32 most = s->most ?: s->size(r->bdev);

	if (le16_to_cpu(r->section.version) != s->version)
		return refuse(r, -EINVAL, "section %s has version %u, the kernel knows %u", s->name,
			      le16_to_cpu(r->section.version), s->version);
	if (!size || size > most)
		return refuse(r, -EINVAL, "section %s has %llu bytes, not %u", s->name, size,
			      most);
	if (r->snap.data[tag])
		return refuse(r, -EINVAL, "section %s comes twice", s->name);
	r->snap.data[tag] = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!r->snap.data[tag])
		return -ENOMEM;
	r->snap.size[tag] = size;
	expect(r, RESUME_BYTES, r->snap.data[tag], size);
	return 0;
}

static int begin_memory(struct mdev_bpf_resume_migf *r, u64 size)
{
	if (size <= sizeof(struct stream_memory) || size > sizeof(r->memory))
		return refuse(r, -EINVAL, "a section of memory has %llu bytes", size);
	expect(r, RESUME_MEMORY, &r->memory, size);
	return 0;
}

static int got_memory(struct mdev_bpf_resume_migf *r)
{
	u32 region = le32_to_cpu(r->memory.head.region);
	u64 offset = le64_to_cpu(r->memory.head.offset);
	size_t size = r->want - sizeof(r->memory.head);
	struct mdev_bpf_memory *mem;

	mem = region < MDEV_BPF_MAX_REGIONS ? r->bdev->memory[region] : NULL;
	if (!mem || offset > mem->size || size > mem->size - offset)
		return refuse(r, -EINVAL, "the device has no memory at %#llx of region %u", offset,
			      region);
	if (!r->shadow[region])
		r->shadow[region] = mdev_bpf_memory_new(mem->size);
	if (!r->shadow[region])
		return -ENOMEM;
	expect(r, RESUME_SECTION, &r->section, sizeof(r->section));
	return mdev_bpf_memory_rw(r->shadow[region], offset, r->memory.bytes, size, true,
				  GFP_KERNEL_ACCOUNT);
}

static int got_section(struct mdev_bpf_resume_migf *r)
{
	unsigned int tag = le16_to_cpu(r->section.tag);
	u64 size = le64_to_cpu(r->section.size);

	if (tag == SECTION_END) {
		if (size != sizeof(r->end))
			return refuse(r, -EBADMSG, "the stream is damaged: end");
		expect(r, RESUME_END, &r->end, sizeof(r->end));
		return 0;
	}
	if (tag < SECTION_NR)
		return begin_section(r, tag, size);
	if (tag == SECTION_MEMORY)
		return begin_memory(r, size);
	if (!(le32_to_cpu(r->section.flags) & SECTION_OPTIONAL))
		return refuse(r, -EINVAL, "the kernel does not know section %u", tag);
	expect(r, RESUME_SKIP, NULL, size);
	return 0;
}

static bool makes_sense(struct mdev_bpf_resume_migf *r, unsigned int tag)
{
	guard(mdev_bpf_gate)(r->bdev);
	return mdev_bpf_stream_sections[tag].check(r->bdev, r->snap.data[tag], r->snap.size[tag]);
}

static int check_sections(struct mdev_bpf_resume_migf *r)
{
	const struct mdev_bpf_section *s = mdev_bpf_stream_sections;
	unsigned int i;

	for (i = 0; i < SECTION_NR; i++) {
		bool needed = s[i].name && !s[i].most && s[i].size(r->bdev);

		if (needed && !r->snap.data[i] && (i != SECTION_STATE || r->header.state_size))
			return refuse(r, -EINVAL, "section %s is missing", s[i].name);
		if (r->snap.data[i] && !makes_sense(r, i))
			return refuse(r, -EINVAL, "section %s makes no sense", s[i].name);
	}
	if (r->snap.size[SECTION_STATE] != le32_to_cpu(r->header.state_size))
		return refuse(r, -EINVAL, "section state is not as long as the header says");
	return 0;
}

static int got_end(struct mdev_bpf_resume_migf *r)
{
	if (le64_to_cpu(r->end.total) != r->total || le32_to_cpu(r->end.crc) != r->crc ||
	    r->end.reserved)
		return refuse(r, -EBADMSG, "the stream is damaged: checksum");
	expect(r, RESUME_COMPLETE, NULL, 0);
	return check_sections(r);
}

/* All bytes of an item have come. */
static int got_item(struct mdev_bpf_resume_migf *r)
{
	switch (r->stage) {
	case RESUME_MAGIC:
		return got_magic(r);
	case RESUME_HEADER:
		return got_header(r);
	case RESUME_SECTION:
		return got_section(r);
	case RESUME_MEMORY:
		return got_memory(r);
	case RESUME_END:
		return got_end(r);
	default:
		expect(r, RESUME_SECTION, &r->section, sizeof(r->section));
		return 0;
	}
}

/* Take in @len bytes. Return: 0 or the errno that ends the session. */
static int take_in(struct mdev_bpf_resume_migf *r, const u8 *data, size_t len)
{
	int ret = 0;

	lockdep_assert_held(&r->bdev->lock);
	while (len && !ret) {
		size_t n = min_t(u64, len, r->want - r->have);

		if (r->stage == RESUME_OPAQUE)
			return opaque_append(r, data, len);
		if (r->stage == RESUME_COMPLETE)
			return refuse(r, -EBADMSG, "the stream goes on after its end");
		if (r->item)
			memcpy(r->item + r->have, data, n);
		if (r->stage != RESUME_END)
			r->crc = crc32_le(r->crc, data, n);
		r->total += n;
		r->have += n;
		data += n;
		len -= n;
		while (!ret && r->have == r->want && r->stage != RESUME_COMPLETE)
			ret = got_item(r);
	}
	return ret;
}

/* One piece of a write: the device's lock is not held while user memory is touched. */
static int resume_step(struct mdev_bpf_resume_migf *r, const char __user *buf, size_t len)
{
	int ret;

	if (copy_from_user(r->bounce, buf, len))
		return -EFAULT;
	ret = mutex_lock_killable(&r->bdev->lock);
	if (ret)
		return ret;
	if (!r->disabled && !r->error)
		r->error = take_in(r, r->bounce, len);
	ret = r->disabled ? -ENODEV : r->error;
	mutex_unlock(&r->bdev->lock);
	return ret;
}

static ssize_t resume_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct mdev_bpf_resume_migf *r = file->private_data;
	size_t done, n;
	int ret;

	guard(mutex)(&r->writer);
	if (READ_ONCE(r->disabled))
		return -ENODEV;
	for (done = 0; done < len; done += n) {
		n = min_t(size_t, len - done, sizeof(r->bounce));
		ret = resume_step(r, buf + done, n);
		/* Who is told of an error only by the next write may think that it has sent all */
		if (ret)
			return ret == -EFAULT && done ? done : ret;
		cond_resched();
	}
	return done;
}

static void resume_free(struct mdev_bpf_resume_migf *r)
{
	unsigned int i;

	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		mdev_bpf_memory_put(r->shadow[i]);
	mdev_bpf_stream_snapshot_free(&r->snap);
	mdev_bpf_stream_snapshot_free(&r->undo);
	kvfree(r->opaque.data);
	vfio_put_device(&r->bdev->vdev);	/* Pairs with the get in mdev_bpf_resume_new() */
	mutex_destroy(&r->writer);
	kvfree(r);
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
 * mdev_bpf_resume_new() - begin to take in a device's state
 * @bdev: the device
 *
 * Context: Process context, the device's lock held.
 *
 * Return: the session, whose file is for the user, or an error: ENOMEM, ENFILE.
 */
struct mdev_bpf_resume_migf *mdev_bpf_resume_new(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_resume_migf *r;
	struct file *file;

	lockdep_assert_held(&bdev->lock);
	r = kvzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return ERR_PTR(-ENOMEM);
	get_device(&bdev->vdev.device);		/* Pairs with the put in resume_free() */
	r->bdev = bdev;
	mutex_init(&r->writer);
	r->crc = ~0;
	expect(r, RESUME_MAGIC, r->header.magic, sizeof(r->header.magic));
	file = anon_inode_getfile("[mdev_bpf-resume]", &resume_fops, r, O_WRONLY);
	if (IS_ERR(file)) {
		resume_free(r);
		return ERR_CAST(file);
	}
	stream_open(file->f_inode, file);
	r->file = file;
	return r;
}

/**
 * mdev_bpf_resume_file() - the file of a session
 * @r: the session
 *
 * Return: it, with the session's own reference.
 */
struct file *mdev_bpf_resume_file(struct mdev_bpf_resume_migf *r)
{
	return r->file;
}

/* Is all that has come right, for the program that is attached now? */
static int check_all(struct mdev_bpf_resume_migf *r)
{
	struct stream_header ours;

	if (r->error)
		return r->error;
	if (r->stage == RESUME_OPAQUE)
		return 0;
	if (r->stage != RESUME_COMPLETE)
		return refuse(r, -EBADMSG, "the stream is truncated");
	/* The program may be another one than when the header came */
	scoped_guard(mdev_bpf_gate, r->bdev)
		mdev_bpf_stream_header(r->bdev, &ours);
	return check_version(r, &ours) ?: check_sections(r);
}

/**
 * mdev_bpf_resume_prepare() - is what has come all right? Get what it takes to take it over
 * @r: the session
 *
 * Context: Process context, the device's lock held, without gate.
 *
 * Return: 0; what was wrong with the stream; -ENOMEM.
 */
int mdev_bpf_resume_prepare(struct mdev_bpf_resume_migf *r)
{
	int ret;

	lockdep_assert_held(&r->bdev->lock);
	scoped_guard(mdev_bpf_gate, r->bdev)
		r->generation = r->bdev->state.generation;
	ret = check_all(r);
	if (ret)
		return ret;
	mdev_bpf_stream_snapshot_free(&r->undo);
	ret = mdev_bpf_stream_snapshot_alloc(r->bdev, &r->undo);
	if (!ret && r->stage == RESUME_COMPLETE)
		ret = mdev_bpf_swap_prepare(r->bdev, r->shadow);
	return ret;
}

/**
 * mdev_bpf_resume_swap() - exchange the device's memory with what has come, or back again
 * @r: the session, prepared
 *
 * Context: Process context, the device's lock held, and the gate by mdev_bpf_gate_hold().
 */
void mdev_bpf_resume_swap(struct mdev_bpf_resume_migf *r)
{
	if (r->stage == RESUME_COMPLETE)
		mdev_bpf_swap_contents(r->bdev, r->shadow);
}

/* Is it a state of another version, and the program by now one that cannot convert it? */
static bool needs_restore(struct mdev_bpf_resume_migf *r)
{
	return r->stage == RESUME_COMPLETE && !restores(r->bdev) &&
	       le32_to_cpu(r->header.state_version) != r->bdev->state.cur.version;
}

/**
 * mdev_bpf_resume_load() - let the device take over what has come, but for memory
 * @r: the session, prepared
 *
 * Without mdev_bpf_resume_done() that is for good.
 *
 * Context: Process context, the device's lock and the gate held, time frozen.
 *
 * Return: what the program's restore gets; an error: ERESTARTNOHAND (STREAM_RETRY) if another
 * program has come since it was prepared.
 */
struct mdev_bpf_stream *mdev_bpf_resume_load(struct mdev_bpf_resume_migf *r)
{
	struct mdev_bpf_device *bdev = r->bdev;

	lockdep_assert_held(&bdev->lock);
	if (r->generation != bdev->state.generation || needs_restore(r) ||
	    !mdev_bpf_stream_snapshot_fits(bdev, &r->undo))
		return ERR_PTR(STREAM_RETRY);
	mdev_bpf_stream_snapshot_take(bdev, &r->undo);
	if (r->stage == RESUME_COMPLETE)
		mdev_bpf_stream_snapshot_load(bdev, &r->snap);
	r->opaque.ctx.opaque = r->stage == RESUME_OPAQUE;
	r->opaque.ctx.version = le32_to_cpu(r->header.state_version);
	if (r->opaque.ctx.opaque)
		r->opaque.ctx.version = 0;
	return &r->opaque.ctx;
}

/**
 * mdev_bpf_resume_done() - what the program's restore has made of it
 * @r: the session, after mdev_bpf_resume_load()
 * @result: what restore returned; MDEV_BPF_STREAM_CORE if the program has none
 *
 * Unless that is success, the device is what it was before, but for its memory.
 *
 * Context: Process context, the device's lock and the gate held.
 *
 * Return: 0; what restore returned; -EINVAL if the stream is neither the core's nor the program's.
 */
int mdev_bpf_resume_done(struct mdev_bpf_resume_migf *r, int result)
{
	int ret = min(result, 0);

	lockdep_assert_held(&r->bdev->lock);
	r->unknown = !ret && r->opaque.ctx.opaque && result != MDEV_BPF_STREAM_OPAQUE;
	if (r->unknown)
		ret = -EINVAL;
	if (ret)
		mdev_bpf_stream_snapshot_load(r->bdev, &r->undo);
	else if (r->opaque.ctx.opaque)
		mdev_bpf_stream_unknown_lines(r->bdev);
	return ret;
}

/**
 * mdev_bpf_resume_refuse() - say why the program did not take what has come
 * @r: the session
 * @err: what mdev_bpf_resume_done() returned
 *
 * Context: Process context, the device's lock held, without gate.
 */
void mdev_bpf_resume_refuse(struct mdev_bpf_resume_migf *r, int err)
{
	if (r->unknown)
		refuse(r, -EINVAL, "the program does not know this stream");
	else
		mdev_bpf_refuse(r->bdev->program->decl.name, "restore failed, errno %d", -err);
}

/**
 * mdev_bpf_resume_end() - end a session: its file takes nothing any more
 * @r: the session, which may be gone when this returns
 *
 * Context: The device's lock held.
 */
void mdev_bpf_resume_end(struct mdev_bpf_resume_migf *r)
{
	lockdep_assert_held(&r->bdev->lock);
	WRITE_ONCE(r->disabled, true);
	fput(r->file);
}
