// SPDX-License-Identifier: GPL-2.0-only
/* The stream of a migrating device: one that is malformed or of another device is refused. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pair.h"

/* The device does not take the state, for this reason, and is as it was. */
static void expect_refused_by(struct vfio *v, const void *data, size_t size, int err,
			      const char *why)
{
	__u32 before = rd(v, KMIG_RAM);
	int ret = mig_load(v, data, size);

	if (ret != err)
		mtap_diag("%zu bytes: %s", size, why);
	EXPECT_EQ(ret, err);
	if (why)
		EXPECT_HAS(why_refused(), why);
	EXPECT_EQ(mig_state(v), S(STOP));
	EXPECT_EQ(rd(v, KMIG_RAM), before);
	go(v);
}

static void expect_refused(size_t size, int err, const char *why)
{
	expect_refused_by(&b, copy, size, err, why);
}

/* What fill() gave to the source is not in the target, which has a mark of its own. */
static void prepare_refusals(void)
{
	fill(a);
	save();
	memcpy(copy, stream, len);
	wr(&b, KMIG_RAM, 0x4d41524b);
}

/* The target can be used, and takes a good stream. */
static void finish_refusals(void)
{
	EXPECT_EQ(rd(&b, KMIG_RAM), 0x4d41524b);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	expect_filled(&b);
}

static struct mig_section *section(unsigned int tag)
{
	struct mig_section *s = mig_find(copy, len, tag);

	ASSERT(s);
	return s;
}

MTAP_TEST(every_byte_counts)
{
	ssize_t i;
	int ret;

	prepare_refusals();
	for (i = 0; i < len; i++) {
		copy[i] ^= 0x10;
		ret = mig_load(&b, copy, len);
		if (ret != -EBADMSG && ret != -EINVAL)
			mtap_fail(__FILE__, __LINE__, "byte %zd changed: %d", i, ret);
		go(&b);
		copy[i] ^= 0x10;
	}
	finish_refusals();
}

MTAP_TEST(truncated_anywhere)
{
	ssize_t i;
	int ret;

	prepare_refusals();
	for (i = 0; i < len; i++) {
		ret = mig_load(&b, copy, i);
		if (ret != -EBADMSG)
			mtap_fail(__FILE__, __LINE__, "%zd bytes: %d", i, ret);
		go(&b);
	}
	EXPECT_HAS(why_refused(), ": the stream is truncated");
	finish_refusals();
}

MTAP_TEST(foreign_and_too_long)
{
	prepare_refusals();
	memcpy(copy, "whatever", 8);
	expect_refused(len, -EINVAL, ": this is not the state of a device");
	memset(copy, 0, sizeof(copy));
	expect_refused(4096, -EINVAL, "this is not the state of a device");
	memcpy(copy, stream, len);
	expect_refused(len + 1, -EBADMSG, "the stream goes on after its end");
	memcpy(copy + len, stream, len);
	expect_refused(2 * len, -EBADMSG, "the stream goes on after its end");
	finish_refusals();
}

MTAP_TEST(of_something_else)
{
	struct mig_header *h = (void *)copy;
	char text[64];

	prepare_refusals();
	h->version++;
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "the stream has version 2, the kernel knows 1");
	h->version--;
	h->crc ^= 1;
	expect_refused(len, -EBADMSG, "the stream is damaged: header");
	strcpy(h->program, "k\nig");
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "the state is of program k\\nig");
	strcpy(h->program, "kmig");
	strcpy(h->type, "2");
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "the state is of type 2, not 1");
	strcpy(h->type, "1");
	h->arg++;
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "the state is of another type of this name");
	h->arg--;
	h->state_version++;
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "the state has version 6, not 5");
	h->state_version--;
	h->state_size--;
	mig_seal(copy, len);
	snprintf(text, sizeof(text), "the state has %u bytes, not %u", h->state_size,
		 h->state_size + 1);
	expect_refused(len, -EINVAL, text);
	finish_refusals();
}

/* A real device of another type rather than a forged header. */
MTAP_TEST(of_another_type)
{
	struct mdev other = mdev_uuid(0xd2);
	struct vfio v;
	int ret;

	prepare_refusals();
	ASSERT_EQ(mdev_create(&other, "kmig-2"), 0);
	ret = vfio_open(&v, &other);
	if (!ret)
		expect_refused_by(&v, stream, len, -EINVAL, "the state is of type 1, not 2");
	vfio_close(&v);
	ASSERT_EQ(ret, 0);
}

/* One that a later kernel may have added, and that can be left out */
static void optional_section(void)
{
	struct mig_section extra = { .tag = 99, .version = 9, .flags = 1, .size = 5 };
	size_t size = sizeof(struct mig_section) + sizeof(struct mig_end);
	char *end;

	memcpy(copy, stream, len);
	end = copy + len - size;
	memmove(end + sizeof(extra) + extra.size, end, size);
	memcpy(end, &extra, sizeof(extra));
	size = len + sizeof(extra) + extra.size;
	mig_seal(copy, size);
	ASSERT_EQ(mig_load(&b, copy, size), 0);
	go(&b);
	expect_filled(&b);
}

/* Sections that are well-formed and nonsense */
MTAP_TEST(strange_sections)
{
	prepare_refusals();
	section(MIG_CONFIG)->tag = 77;
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "the kernel does not know section 77");
	section(77)->flags = 1;
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "section config is missing");
	memcpy(copy, stream, len);
	section(MIG_CONFIG)->tag = MIG_STATE;
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "section state comes twice");
	memcpy(copy, stream, len);
	section(MIG_IRQS)->version++;
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "section irqs has version 2, the kernel knows 1");
	memcpy(copy, stream, len);
	section(MIG_TIME)->size = 1ULL << 63;
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "section time has 9223372036854775808 bytes");
	memcpy(copy, stream, len);
	memset(section(MIG_IRQS) + 1, 0xff, 4);
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "section irqs makes no sense");
	memcpy(copy, stream, len);
	/* The timers that are due, after the work that is due */
	memset((char *)(section(MIG_TIME) + 1) + 8, 0xff, 4);
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "section time makes no sense");
	memcpy(copy, stream, len);
	section(MIG_END)->size++;
	mig_seal(copy, len);
	expect_refused(len, -EBADMSG, "the stream is damaged: end");
	optional_section();
}

/* After the first error, every write returns that error. */
MTAP_TEST(error_sticks)
{
	int fd;

	prepare_refusals();
	ASSERT_EQ(mig_set(&b, S(RESUMING), &fd), 0);
	EXPECT_EQ(mig_write(fd, "whatever", 8), -EINVAL);
	EXPECT_EQ(mig_write(fd, stream, len), -EINVAL);
	EXPECT_EQ(mig_state(&b), S(RESUMING));
	EXPECT_EQ(mig_set(&b, S(RUNNING), NULL), -EINVAL);
	EXPECT_EQ(mig_state(&b), S(STOP));
	EXPECT_EQ(mig_write(fd, stream, len), -ENODEV);
	close(fd);
	finish_refusals();
}

const struct mtap_suite mtap_suite = {
	.before = kmig_before, .after = kmig_after,
};
