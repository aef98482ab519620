// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file that a device's state is read from.
 *
 * It is made piece by piece, as it is read: a piece is a few bytes of format in front of
 * bytes that are in memory anyway. All but what one reader is at is under the device's lock,
 * which is not held while user memory is touched.
 *
 * In PRE_COPY the header can be read, so that a target which cannot take the state says so
 * before anything has stopped, and then memory: all of it, then again and again what was written
 * since. A program with a save op may have a format of its own, and decides only when the device
 * has stopped: then there is nothing to be read before.
 */
#include <linux/anon_inodes.h>
#include <linux/compat.h>
#include <linux/crc32.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "device/device.h"
#include "gate/gate.h"
#include "memory/memory.h"
#include "memory/precopy.h"
#include "migration/save.h"
#include "migration/stream.h"
#include "program/program.h"

/**
 * struct mdev_bpf_save_migf - one session of saving
 * @file: the file; the device has a reference to it while the session lasts
 * @bdev: the device, with a reference
 * @disabled: the session is over
 * @early: the header and memory can be read before the device has stopped
 * @stopped: the device has stopped, and the rest is here too
 * @header: what the stream begins with
 * @snap: the sections
 * @opaque: in their place, if the program has a format of its own
 * @next: what the next piece will be: the header or a section
 * @pass: how memory is gone through
 * @region: the region whose memory comes next
 * @index: number of the page of it that comes next
 * @page: copy of the page that is being read: the user may have it mapped and write to it
 * @head: the current piece: bytes of format
 * @head_len: how many
 * @body: what follows them
 * @body_len: its length
 * @pos: how much of the piece has been read
 * @crc: checksum of all pieces up to the current one
 * @total: bytes of them
 */
struct mdev_bpf_save_migf {
	struct file *file;
	struct mdev_bpf_device *bdev;
	/** @reader: one reader at a time; taken before the device's lock */
	struct mutex reader;
	bool disabled;
	bool early;
	bool stopped;
	struct stream_header header;
	struct mdev_bpf_snapshot snap;
	struct mdev_bpf_opaque_stream opaque;
	unsigned int next;
	enum precopy_pass pass;
	unsigned int region;
	pgoff_t index;
	void *page;
	u8 head[sizeof(struct stream_header)];
	size_t head_len;
	const void *body;
	size_t body_len;
	size_t pos;
	u32 crc;
	u64 total;
};

/* Stages of @next; a section's tag in between */
#define NEXT_HEADER	0
#define NEXT_MEMORY	SECTION_NR
#define NEXT_END	(SECTION_NR + 1)
#define NEXT_NOTHING	(SECTION_NR + 2)

static void piece(struct mdev_bpf_save_migf *s, const void *head, size_t head_len,
		  const void *body, size_t body_len)
{
	memcpy(s->head, head, head_len);
	s->head_len = head_len;
	s->body = body;
	s->body_len = body_len;
	s->pos = 0;
	s->crc = crc32_le(s->crc, head, head_len);
	s->crc = crc32_le(s->crc, body, body_len);
	s->total += head_len + body_len;
}

static void piece_section(struct mdev_bpf_save_migf *s, unsigned int tag)
{
	struct stream_section section = {
		.tag = cpu_to_le16(tag),
		.version = cpu_to_le16(mdev_bpf_stream_sections[tag].version),
		.size = cpu_to_le64(s->snap.size[tag]),
	};

	piece(s, &section, sizeof(section), s->snap.data[tag], s->snap.size[tag]);
}

static void piece_page(struct mdev_bpf_save_migf *s, const struct page *page)
{
	u64 offset = (u64)s->index << PAGE_SHIFT;
	size_t size = min_t(u64, s->bdev->memory[s->region]->size - offset, PAGE_SIZE);
	struct {
		struct stream_section section;
		struct stream_memory memory;
	} head = {
		.section.tag = cpu_to_le16(SECTION_MEMORY),
		.section.version = cpu_to_le16(1),
		.section.size = cpu_to_le64(sizeof(head.memory) + size),
		.memory.region = cpu_to_le32(s->region),
		.memory.offset = cpu_to_le64(offset),
	};

	/* An op may be writing to it: what it has noted by now is in the copy then */
	scoped_guard(mdev_bpf_gate, s->bdev)
		memcpy(s->page, page_address(page), size);
	piece(s, &head, sizeof(head), s->page, size);
}

/*
 * The next page of a pass. If it need not be sent, that is a piece of no bytes, so that the lock is
 * not held for long. Return: whether there was one.
 */
static bool next_page(struct mdev_bpf_save_migf *s)
{
	struct mdev_bpf_memory *mem;
	struct page *page;

	for (; s->region < MDEV_BPF_MAX_REGIONS; s->region++, s->index = 0) {
		mem = s->bdev->memory[s->region];
		page = mem ? mdev_bpf_precopy_next(mem, s->pass, &s->index) : NULL;
		if (!page)
			continue;
		if (mdev_bpf_precopy_take(s->bdev, s->region, s->pass, s->index, page))
			piece_page(s, page);
		else
			piece(s, NULL, 0, NULL, 0);
		s->index++;
		return true;
	}
	return false;
}

static void begin_pass(struct mdev_bpf_save_migf *s, enum precopy_pass pass)
{
	s->pass = pass;
	s->region = 0;
	s->index = 0;
}

/*
 * The next piece while it runs. Return: 1; -ENOMSG at the end of each pass but the first, so that
 * who reads up to there has an end even if everything is written all the time. The next pass begins
 * when the user has been told, which takes a read with nothing @done.
 */
static int next_running(struct mdev_bpf_save_migf *s, size_t done)
{
	bool again;

	if (!s->early)
		return -ENOMSG;
	while (!next_page(s)) {
		again = s->pass == PASS_AGAIN;
		if (again && done)
			return -ENOMSG;
		begin_pass(s, PASS_AGAIN);
		if (again)
			return -ENOMSG;
	}
	return 1;
}

static void piece_end(struct mdev_bpf_save_migf *s)
{
	struct {
		struct stream_section section;
		struct stream_end end;
	} last = {
		.section.tag = cpu_to_le16(SECTION_END),
		.section.version = cpu_to_le16(1),
		.section.size = cpu_to_le64(sizeof(last.end)),
	};
	u32 crc = crc32_le(s->crc, (void *)&last.section, sizeof(last.section));

	last.end.crc = cpu_to_le32(crc);
	last.end.total = cpu_to_le64(s->total + sizeof(last));
	piece(s, &last, sizeof(last), NULL, 0);
}

/* The next piece of what the device has at hand. Return: whether there was one. */
static bool next_stopped(struct mdev_bpf_save_migf *s)
{
	while (s->next < NEXT_MEMORY) {
		unsigned int tag = s->next++;

		if (!s->snap.size[tag])
			continue;
		piece_section(s, tag);
		return true;
	}
	if (s->next == NEXT_MEMORY && next_page(s))
		return true;
	if (s->next > NEXT_END)
		return false;
	s->next = NEXT_NOTHING;
	piece_end(s);
	return true;
}

/*
 * Get the next piece of a read, after @done bytes. Return: 1; 0 at the end; -ENOMSG if there may
 * be more later, and will be when the device has stopped; -ENODEV if the session is over.
 */
static int next_piece_locked(struct mdev_bpf_save_migf *s, size_t done)
{
	lockdep_assert_held(&s->bdev->lock);
	if (s->disabled)
		return -ENODEV;
	if (s->next == NEXT_HEADER && (s->early || s->stopped)) {
		/* An attempt to stop that failed has left some, which the next will free */
		if (s->stopped && s->opaque.ctx.size) {
			s->next = NEXT_NOTHING;
			piece(s, NULL, 0, s->opaque.data, s->opaque.ctx.size);
		} else {
			s->next++;
			piece(s, &s->header, sizeof(s->header), NULL, 0);
		}
		return 1;
	}
	return s->stopped ? next_stopped(s) : next_running(s, done);
}

/* The same, or -EINTR if the task was killed while a reset, say, was under way. */
static int next_piece(struct mdev_bpf_save_migf *s, size_t done)
{
	int ret = mutex_lock_killable(&s->bdev->lock);

	if (ret)
		return ret;
	ret = next_piece_locked(s, done);
	mutex_unlock(&s->bdev->lock);
	return ret;
}

/* Copy what is left of the piece, at most @len bytes. Return: how many, or -EFAULT. */
static ssize_t copy_piece(struct mdev_bpf_save_migf *s, char __user *buf, size_t len)
{
	const void *from;
	size_t n;

	if (s->pos < s->head_len) {
		from = s->head + s->pos;
		n = s->head_len - s->pos;
	} else {
		from = s->body + (s->pos - s->head_len);
		n = s->head_len + s->body_len - s->pos;
	}
	n = min(n, len);
	if (copy_to_user(buf, from, n))
		return -EFAULT;
	s->pos += n;
	return n;
}

static ssize_t save_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct mdev_bpf_save_migf *s = file->private_data;
	ssize_t n = 0;
	size_t done;

	guard(mutex)(&s->reader);
	if (READ_ONCE(s->disabled))
		return -ENODEV;
	for (done = 0; done < len; done += n) {
		if (s->pos == s->head_len + s->body_len) {
			n = next_piece(s, done);
			if (n <= 0)
				break;
		}
		n = copy_piece(s, buf + done, len - done);
		if (n < 0)
			break;
		if (fatal_signal_pending(current)) {
			n = -EINTR;
			break;
		}
		cond_resched();
	}
	return done ?: n;
}

/* What a pass has left, with what is left of the current piece. */
static u64 left_of(struct mdev_bpf_save_migf *s, enum precopy_pass pass)
{
	u64 left = pass == s->pass ? s->head_len + s->body_len - s->pos : 0;
	unsigned int i;

	if (!s->early)
		return left;
	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (s->bdev->memory[i])
			left += mdev_bpf_precopy_bytes(s->bdev->memory[i], pass);
	return left;
}

static int precopy_info(struct mdev_bpf_save_migf *s, struct vfio_precopy_info *info)
{
	guard(mutex)(&s->reader);
	guard(mutex)(&s->bdev->lock);
	if (s->disabled)
		return -ENODEV;
	if (s->stopped)
		return -EINVAL;
	info->initial_bytes = left_of(s, PASS_FIRST);
	if (s->next == NEXT_HEADER && s->early)
		info->initial_bytes += sizeof(s->header);
	info->dirty_bytes = left_of(s, PASS_AGAIN);
	return 0;
}

static long save_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	size_t size = offsetofend(struct vfio_precopy_info, dirty_bytes);
	struct vfio_precopy_info info;
	int ret;

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, (void __user *)arg, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	ret = precopy_info(file->private_data, &info);
	info.flags = 0;
	if (!ret && copy_to_user((void __user *)arg, &info, size))
		ret = -EFAULT;
	return ret;
}

static void save_free(struct mdev_bpf_save_migf *s)
{
	mdev_bpf_stream_snapshot_free(&s->snap);
	kvfree(s->opaque.data);
	kfree(s->page);
	vfio_put_device(&s->bdev->vdev);	/* Pairs with the get in mdev_bpf_save_new() */
	mutex_destroy(&s->reader);
	kfree(s);
}

static int save_release(struct inode *inode, struct file *file)
{
	save_free(file->private_data);
	return 0;
}

static const struct file_operations save_fops = {
	.owner = THIS_MODULE,
	.read = save_read,
	.unlocked_ioctl = save_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = save_release,
};

/**
 * mdev_bpf_save_new() - begin to save a device
 * @bdev: the device
 *
 * Context: Process context, the device's lock held.
 *
 * Return: the session, whose file is for the user, or an error: ENOMEM, ENFILE.
 */
struct mdev_bpf_save_migf *mdev_bpf_save_new(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_save_migf *s;
	struct file *file;

	lockdep_assert_held(&bdev->lock);
	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return ERR_PTR(-ENOMEM);
	get_device(&bdev->vdev.device);		/* Pairs with the put in save_free() */
	s->bdev = bdev;
	mutex_init(&s->reader);
	s->page = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
	if (!s->page) {
		save_free(s);
		return ERR_PTR(-ENOMEM);
	}
	s->crc = ~0;
	/* Without op, the core saves; without program, the next one may have one */
	s->early = !mdev_bpf_gate_has(bdev, MDEV_BPF_OP_SAVE, true);
	scoped_guard(mdev_bpf_gate, bdev)
		mdev_bpf_stream_header(bdev, &s->header);
	file = anon_inode_getfile("[mdev_bpf-save]", &save_fops, s, O_RDONLY);
	if (IS_ERR(file)) {
		save_free(s);
		return ERR_CAST(file);
	}
	stream_open(file->f_inode, file);
	s->file = file;
	return s;
}

/**
 * mdev_bpf_save_file() - the file of a session
 * @s: the session
 *
 * Return: it, with the session's own reference.
 */
struct file *mdev_bpf_save_file(struct mdev_bpf_save_migf *s)
{
	return s->file;
}

static void free_room(struct mdev_bpf_save_migf *s)
{
	mdev_bpf_stream_snapshot_free(&s->snap);
	kvfree(s->opaque.data);
	memset(&s->opaque, 0, sizeof(s->opaque));
}

/**
 * mdev_bpf_save_prepare() - make room for the state of the device
 * @s: the session
 *
 * Context: Process context, the device's lock held, without gate.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_save_prepare(struct mdev_bpf_save_migf *s)
{
	lockdep_assert_held(&s->bdev->lock);
	free_room(s);	/* of an attempt that failed */
	if (mdev_bpf_gate_has(s->bdev, MDEV_BPF_OP_SAVE, false)) {
		s->opaque.data = kvmalloc(STREAM_OPAQUE_MAX, GFP_KERNEL_ACCOUNT);
		if (!s->opaque.data)
			return -ENOMEM;
		s->opaque.room = STREAM_OPAQUE_MAX;
	}
	return mdev_bpf_stream_snapshot_alloc(s->bdev, &s->snap);
}

/**
 * mdev_bpf_save_is_prepared() - is there enough room for the state as it is now?
 * @s: the session
 * @opaque: the program may put its own stream
 *
 * Context: The gate held.
 */
bool mdev_bpf_save_is_prepared(struct mdev_bpf_save_migf *s, bool opaque)
{
	return (!opaque || s->opaque.room) && mdev_bpf_stream_snapshot_fits(s->bdev, &s->snap);
}

/**
 * mdev_bpf_save_opaque() - where the program's save puts its own stream
 * @s: the session, prepared for that
 *
 * Context: The gate held.
 *
 * Return: what save gets.
 */
struct mdev_bpf_stream *mdev_bpf_save_opaque(struct mdev_bpf_save_migf *s)
{
	mdev_bpf_gate_assert_held(s->bdev);
	s->opaque.ctx.version = s->bdev->state.cur.version;
	return &s->opaque.ctx;
}

/**
 * mdev_bpf_save_fill() - the device has stopped: take its state
 * @s: the session, prepared
 * @opaque: the program has put all there is into its own stream
 *
 * Context: Process context, the device's lock and the gate held.
 *
 * Return: 0; -EINVAL if a stream was begun that this cannot be the rest of, or if the program's own
 * is empty.
 */
int mdev_bpf_save_fill(struct mdev_bpf_save_migf *s, bool opaque)
{
	struct mdev_bpf_device *bdev = s->bdev;
	struct stream_header header;
	bool changed;

	lockdep_assert_held(&bdev->lock);
	mdev_bpf_stream_header(bdev, &header);
	changed = memcmp(&header, &s->header, sizeof(header));
	if ((s->next != NEXT_HEADER && (opaque || changed)) || (opaque && !s->opaque.ctx.size))
		return -EINVAL;
	s->header = header;
	if (!opaque) {
		s->opaque.ctx.size = 0;
		mdev_bpf_stream_snapshot_take(bdev, &s->snap);
	}
	begin_pass(s, PASS_REST);
	s->stopped = true;
	return 0;
}

/**
 * mdev_bpf_save_trim() - keep what mdev_bpf_save_fill() has taken, and not the room for more
 * @s: the session
 *
 * Context: Process context, the device's lock held, without gate.
 */
void mdev_bpf_save_trim(struct mdev_bpf_save_migf *s)
{
	void *data = NULL;

	lockdep_assert_held(&s->bdev->lock);
	if (s->opaque.ctx.size) {
		mdev_bpf_stream_snapshot_free(&s->snap);
		data = kvmemdup(s->opaque.data, s->opaque.ctx.size,
				GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	}
	s->opaque.room = 0;
	/* It can be kept as it is, too */
	if (s->opaque.ctx.size && !data)
		return;
	kvfree(s->opaque.data);
	s->opaque.data = data;
}

/**
 * mdev_bpf_save_end() - end a session: its file gives nothing any more
 * @s: the session, which may be gone when this returns
 *
 * Context: The device's lock held.
 */
void mdev_bpf_save_end(struct mdev_bpf_save_migf *s)
{
	lockdep_assert_held(&s->bdev->lock);
	mdev_bpf_precopy_end(s->bdev);
	WRITE_ONCE(s->disabled, true);
	fput(s->file);
}
