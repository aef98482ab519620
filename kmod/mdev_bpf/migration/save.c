// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file from which user space reads a device's state.
 *
 * The stream is produced while it is read, in pieces. A piece is a short header, followed by bytes
 * that are already in memory. The session is protected by the device's lock, which is not held
 * while user memory is accessed. The position in the current piece belongs to the one reader.
 *
 * In PRE_COPY the header can be read first, so that a target which cannot take the state refuses it
 * before the device has stopped. Memory follows: all of it, then repeatedly what was written since.
 * A program with a save op may use an opaque stream, and decides this only when the device has
 * stopped. So it has no data in PRE_COPY.
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

/**
 * struct mdev_bpf_save_migf - one session of saving
 * @file: the file; the device has a reference to it during the session
 * @bdev: the device, with a reference
 * @disabled: the session has ended
 * @early: the header and memory can be read before the device has stopped
 * @stopped: the device has stopped, and all other sections can be read
 * @header: the header of the stream
 * @snap: the sections
 * @opaque: the opaque stream, which replaces the sections if the program uses one
 * @next: the next piece: the header or a section
 * @pass: the current pass over memory
 * @region: the region of the next page
 * @index: index of the next page in @region
 * @page: copy of the page that is being read, because the user may write to the page itself
 * @head: the current piece: its header
 * @head_len: length of @head in bytes
 * @body: the current piece: the bytes after @head
 * @body_len: length of @body in bytes
 * @pos: number of bytes of the current piece that have been read
 * @crc: checksum of all pieces up to the current one
 * @total: number of bytes of these pieces
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

/* Values of @next; in between are the tags of sections */
#define NEXT_HEADER	0
#define NEXT_MEMORY	SECTION_NR
#define NEXT_END	(SECTION_NR + 1)
#define NEXT_NOTHING	(SECTION_NR + 2)

static void piece(struct mdev_bpf_save_migf *migf, const void *head, size_t head_len,
		  const void *body, size_t body_len)
{
	memcpy(migf->head, head, head_len);
	migf->head_len = head_len;
	migf->body = body;
	migf->body_len = body_len;
	migf->pos = 0;
	migf->crc = crc32_le(migf->crc, head, head_len);
	migf->crc = crc32_le(migf->crc, body, body_len);
	migf->total += head_len + body_len;
}

static void piece_section(struct mdev_bpf_save_migf *migf, unsigned int tag)
{
	struct stream_section section = {
		.tag = cpu_to_le16(tag),
		.version = cpu_to_le16(mdev_bpf_stream_sections[tag].version),
		.size = cpu_to_le64(migf->snap.size[tag]),
	};

	piece(migf, &section, sizeof(section), migf->snap.data[tag], migf->snap.size[tag]);
}

static void piece_page(struct mdev_bpf_save_migf *migf, const struct page *page)
{
	u64 offset = (u64)migf->index << PAGE_SHIFT;
	size_t size = min_t(u64, migf->bdev->memory[migf->region]->size - offset, PAGE_SIZE);
	struct {
		struct stream_section section;
		struct stream_memory memory;
	} head = {
		.section.tag = cpu_to_le16(SECTION_MEMORY),
		.section.version = cpu_to_le16(1),
		.section.size = cpu_to_le64(sizeof(head.memory) + size),
		.memory.region = cpu_to_le32(migf->region),
		.memory.offset = cpu_to_le64(offset),
	};

	/* With the gate held, no op is between writing to the page and marking it */
	scoped_guard(mdev_bpf_gate, migf->bdev)
		memcpy(migf->page, page_address(page), size);
	piece(migf, &head, sizeof(head), migf->page, size);
}

/*
 * Make a piece of the next page of the pass. For a page that need not be sent, the piece is empty,
 * so that the lock is not held for long. Return: false if there was no page left.
 */
static bool next_page(struct mdev_bpf_save_migf *migf)
{
	struct mdev_bpf_memory *mem;
	struct page *page;

	for (; migf->region < MDEV_BPF_MAX_REGIONS; migf->region++, migf->index = 0) {
		mem = migf->bdev->memory[migf->region];
		page = mem ? mdev_bpf_precopy_next(mem, migf->pass, &migf->index) : NULL;
		if (!page)
			continue;
		if (mdev_bpf_precopy_take(migf->bdev, migf->region, migf->pass, migf->index, page))
			piece_page(migf, page);
		else
			piece(migf, NULL, 0, NULL, 0);
		migf->index++;
		return true;
	}
	return false;
}

static void begin_pass(struct mdev_bpf_save_migf *migf, enum precopy_pass pass)
{
	migf->pass = pass;
	migf->region = 0;
	migf->index = 0;
}

/*
 * Make the next piece while the device runs. Return: 1; -ENOMSG at the end of each pass except the
 * first, so a reader terminates even under constant dirtying. The next pass begins when read(2) has
 * returned ENOMSG, which it only does if nothing has been read before (@done).
 */
static int next_running(struct mdev_bpf_save_migf *migf, size_t done)
{
	bool again;

	if (!migf->early)
		return -ENOMSG;
	while (!next_page(migf)) {
		again = migf->pass == PASS_AGAIN;
		if (again && done)
			return -ENOMSG;
		begin_pass(migf, PASS_AGAIN);
		if (again)
			return -ENOMSG;
	}
	return 1;
}

static void piece_end(struct mdev_bpf_save_migf *migf)
{
	struct {
		struct stream_section section;
		struct stream_end end;
	} last = {
		.section.tag = cpu_to_le16(SECTION_END),
		.section.version = cpu_to_le16(1),
		.section.size = cpu_to_le64(sizeof(last.end)),
	};
	u32 crc = crc32_le(migf->crc, (void *)&last.section, sizeof(last.section));

	last.end.crc = cpu_to_le32(crc);
	last.end.total = cpu_to_le64(migf->total + sizeof(last));
	piece(migf, &last, sizeof(last), NULL, 0);
}

/* Make the next piece of a stopped device. Return: false at the end of the stream. */
static bool next_stopped(struct mdev_bpf_save_migf *migf)
{
	while (migf->next < NEXT_MEMORY) {
		unsigned int tag = migf->next++;

		if (!migf->snap.size[tag])
			continue;
		piece_section(migf, tag);
		return true;
	}
	if (migf->next == NEXT_MEMORY && next_page(migf))
		return true;
	if (migf->next > NEXT_END)
		return false;
	migf->next = NEXT_NOTHING;
	piece_end(migf);
	return true;
}

/*
 * Make the next piece for a read(2) that has already returned @done bytes. Return: 1; 0 at the end
 * of the stream; -ENOMSG if there is nothing more to read for now; -ENODEV if the session has
 * ended.
 */
static int next_piece_locked(struct mdev_bpf_save_migf *migf, size_t done)
{
	lockdep_assert_held(&migf->bdev->lock);
	if (migf->disabled)
		return -ENODEV;
	if (migf->next == NEXT_HEADER && (migf->early || migf->stopped)) {
		/* Without @stopped, the opaque stream is that of a failed attempt to stop */
		if (migf->stopped && migf->opaque.ctx.size) {
			migf->next = NEXT_NOTHING;
			piece(migf, NULL, 0, migf->opaque.data, migf->opaque.ctx.size);
		} else {
			migf->next++;
			piece(migf, &migf->header, sizeof(migf->header), NULL, 0);
		}
		return 1;
	}
	return migf->stopped ? next_stopped(migf) : next_running(migf, done);
}

/* The same with the device's lock taken. Return: also -EINTR if the task was killed meanwhile. */
static int next_piece(struct mdev_bpf_save_migf *migf, size_t done)
{
	int ret = mutex_lock_killable(&migf->bdev->lock);

	if (ret)
		return ret;
	ret = next_piece_locked(migf, done);
	mutex_unlock(&migf->bdev->lock);
	return ret;
}

/* Copy the rest of the head or of the body, at most @len bytes. Return: how many, or -EFAULT. */
static ssize_t copy_piece(struct mdev_bpf_save_migf *migf, char __user *buf, size_t len)
{
	const void *from;
	size_t n;

	if (migf->pos < migf->head_len) {
		from = migf->head + migf->pos;
		n = migf->head_len - migf->pos;
	} else {
		from = migf->body + (migf->pos - migf->head_len);
		n = migf->head_len + migf->body_len - migf->pos;
	}
	n = min(n, len);
	if (copy_to_user(buf, from, n))
		return -EFAULT;
	migf->pos += n;
	return n;
}

static ssize_t read_pieces(struct mdev_bpf_save_migf *migf, char __user *buf, size_t len)
{
	ssize_t n = 0;
	size_t done;

	lockdep_assert_held(&migf->reader);
	if (READ_ONCE(migf->disabled))
		return -ENODEV;
	for (done = 0; done < len; done += n) {
		if (migf->pos == migf->head_len + migf->body_len) {
			n = next_piece(migf, done);
			if (n <= 0)
				break;
		}
		n = copy_piece(migf, buf + done, len - done);
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

static ssize_t save_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct mdev_bpf_save_migf *migf = file->private_data;
	/* Killable, because another process that has the file may wait for its memory meanwhile */
	ssize_t ret = mutex_lock_killable(&migf->reader);

	if (ret)
		return ret;
	ret = read_pieces(migf, buf, len);
	mutex_unlock(&migf->reader);
	return ret;
}

/* The number of bytes that a pass has left, including the rest of the current piece */
static u64 left_of(struct mdev_bpf_save_migf *migf, enum precopy_pass pass)
{
	u64 left = pass == migf->pass ? migf->head_len + migf->body_len - migf->pos : 0;
	unsigned int i;

	if (!migf->early)
		return left;
	for (i = 0; i < MDEV_BPF_MAX_REGIONS; i++)
		if (migf->bdev->memory[i])
			left += mdev_bpf_precopy_bytes(migf->bdev->memory[i], pass);
	return left;
}

static int precopy_info(struct mdev_bpf_save_migf *migf, struct vfio_precopy_info *info)
{
	lockdep_assert_held(&migf->reader);
	guard(mutex)(&migf->bdev->lock);
	if (migf->disabled)
		return -ENODEV;
	if (migf->stopped)
		return -EINVAL;
	info->initial_bytes = left_of(migf, PASS_FIRST);
	if (migf->next == NEXT_HEADER && migf->early)
		info->initial_bytes += sizeof(migf->header);
	info->dirty_bytes = left_of(migf, PASS_AGAIN);
	return 0;
}

static long save_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	size_t size = offsetofend(struct vfio_precopy_info, dirty_bytes);
	struct mdev_bpf_save_migf *migf = file->private_data;
	struct vfio_precopy_info info;
	int ret;

	if (cmd != VFIO_MIG_GET_PRECOPY_INFO)
		return -ENOTTY;
	if (copy_from_user(&info, (void __user *)arg, size))
		return -EFAULT;
	if (info.argsz < size)
		return -EINVAL;
	ret = mutex_lock_killable(&migf->reader);
	if (ret)
		return ret;
	ret = precopy_info(migf, &info);
	mutex_unlock(&migf->reader);
	info.flags = 0;
	if (!ret && copy_to_user((void __user *)arg, &info, size))
		ret = -EFAULT;
	return ret;
}

static void save_free(struct mdev_bpf_save_migf *migf)
{
	mdev_bpf_stream_snapshot_free(&migf->snap);
	kvfree(migf->opaque.data);
	kfree(migf->page);
	vfio_put_device(&migf->bdev->vdev);	/* Pairs with the get in mdev_bpf_save_new() */
	mutex_destroy(&migf->reader);
	kfree(migf);
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
 * mdev_bpf_save_new() - begin a session of saving a device
 * @bdev: the device
 *
 * Context: Process context, the device's lock held.
 *
 * Return: the session, whose file is for the user, or an error: ENOMEM, ENFILE.
 */
struct mdev_bpf_save_migf *mdev_bpf_save_new(struct mdev_bpf_device *bdev)
{
	struct mdev_bpf_save_migf *migf;
	struct file *file;

	lockdep_assert_held(&bdev->lock);
	migf = kzalloc(sizeof(*migf), GFP_KERNEL_ACCOUNT);
	if (!migf)
		return ERR_PTR(-ENOMEM);
	get_device(&bdev->vdev.device);		/* Pairs with the put in save_free() */
	migf->bdev = bdev;
	mutex_init(&migf->reader);
	migf->page = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
	if (!migf->page) {
		save_free(migf);
		return ERR_PTR(-ENOMEM);
	}
	migf->crc = ~0;
	/* The core saves if the program has no save op. If there is no program, the next may. */
	migf->early = !mdev_bpf_gate_has(bdev, MDEV_BPF_OP_SAVE, true);
	scoped_guard(mdev_bpf_gate, bdev)
		mdev_bpf_stream_header(bdev, &migf->header);
	file = anon_inode_getfile("[mdev_bpf-save]", &save_fops, migf, O_RDONLY);
	if (IS_ERR(file)) {
		save_free(migf);
		return ERR_CAST(file);
	}
	stream_open(file->f_inode, file);
	migf->file = file;
	return migf;
}

/**
 * mdev_bpf_save_file() - get the file of a session
 * @migf: the session
 *
 * Return: the file. The caller gets no reference; the session has one.
 */
struct file *mdev_bpf_save_file(struct mdev_bpf_save_migf *migf)
{
	return migf->file;
}

static void free_room(struct mdev_bpf_save_migf *migf)
{
	mdev_bpf_stream_snapshot_free(&migf->snap);
	kvfree(migf->opaque.data);
	memset(&migf->opaque, 0, sizeof(migf->opaque));
}

/**
 * mdev_bpf_save_prepare() - allocate memory for the state of the device
 * @migf: the session
 *
 * Context: Process context, the device's lock held, the gate not held.
 *
 * Return: 0; -ENOMEM.
 */
int mdev_bpf_save_prepare(struct mdev_bpf_save_migf *migf)
{
	lockdep_assert_held(&migf->bdev->lock);
	free_room(migf);	/* from a failed attempt */
	if (mdev_bpf_gate_has(migf->bdev, MDEV_BPF_OP_SAVE, false)) {
		migf->opaque.data = kvmalloc(STREAM_OPAQUE_MAX, GFP_KERNEL_ACCOUNT);
		if (!migf->opaque.data)
			return -ENOMEM;
		migf->opaque.room = STREAM_OPAQUE_MAX;
	}
	return mdev_bpf_stream_snapshot_alloc(migf->bdev, &migf->snap);
}

/**
 * mdev_bpf_save_is_prepared() - is there enough memory for the current state?
 * @migf: the session
 * @opaque: the program has a save op, so it may use an opaque stream
 *
 * Context: The gate held.
 *
 * Return: false if mdev_bpf_save_prepare() must be called again for another program.
 */
bool mdev_bpf_save_is_prepared(struct mdev_bpf_save_migf *migf, bool opaque)
{
	return (!opaque || migf->opaque.room) &&
	       mdev_bpf_stream_snapshot_fits(migf->bdev, &migf->snap);
}

/**
 * mdev_bpf_save_opaque() - get the opaque stream of a session, for the save op
 * @migf: the session, prepared for an opaque stream
 *
 * Context: The gate held.
 *
 * Return: the argument for the op.
 */
struct mdev_bpf_stream *mdev_bpf_save_opaque(struct mdev_bpf_save_migf *migf)
{
	mdev_bpf_gate_assert_held(migf->bdev);
	migf->opaque.ctx.version = migf->bdev->state.cur.version;
	return &migf->opaque.ctx;
}

/**
 * mdev_bpf_save_fill() - copy the state of a device that has stopped
 * @migf: the session, prepared
 * @opaque: the stream is the program's opaque stream
 *
 * Context: Process context, the device's lock and the gate held.
 *
 * Return: 0; -EINVAL if the user has begun to read a stream that cannot be continued with this
 * state, or if the opaque stream is empty.
 */
int mdev_bpf_save_fill(struct mdev_bpf_save_migf *migf, bool opaque)
{
	struct mdev_bpf_device *bdev = migf->bdev;
	struct stream_header header;
	bool changed;

	lockdep_assert_held(&bdev->lock);
	mdev_bpf_stream_header(bdev, &header);
	changed = memcmp(&header, &migf->header, sizeof(header));
	if (migf->next != NEXT_HEADER && (opaque || changed))
		return -EINVAL;
	if (opaque && !migf->opaque.ctx.size)
		return -EINVAL;
	migf->header = header;
	if (!opaque) {
		migf->opaque.ctx.size = 0;
		mdev_bpf_stream_snapshot_take(bdev, &migf->snap);
	}
	begin_pass(migf, PASS_REST);
	migf->stopped = true;
	return 0;
}

/**
 * mdev_bpf_save_trim() - free the memory that mdev_bpf_save_fill() has not used
 * @migf: the session
 *
 * Context: Process context, the device's lock held, the gate not held.
 */
void mdev_bpf_save_trim(struct mdev_bpf_save_migf *migf)
{
	void *data = NULL;

	lockdep_assert_held(&migf->bdev->lock);
	if (migf->opaque.ctx.size) {
		mdev_bpf_stream_snapshot_free(&migf->snap);
		data = kvmemdup(migf->opaque.data, migf->opaque.ctx.size,
				GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	}
	migf->opaque.room = 0;
	/* Without memory for a copy, keep the larger buffer */
	if (migf->opaque.ctx.size && !data)
		return;
	kvfree(migf->opaque.data);
	migf->opaque.data = data;
}

/**
 * mdev_bpf_save_end() - end a session; from now on reading its file fails
 * @migf: the session, which may be freed by this
 *
 * Context: The device's lock held.
 */
void mdev_bpf_save_end(struct mdev_bpf_save_migf *migf)
{
	lockdep_assert_held(&migf->bdev->lock);
	mdev_bpf_precopy_end(migf->bdev);
	WRITE_ONCE(migf->disabled, true);
	fput(migf->file);
}
