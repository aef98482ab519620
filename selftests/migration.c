// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration through the VFIO uapi: a device with all there is stops, its state is read, and
 * another one goes on where it was.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "dev.h"
#include "mig.h"
#include "progs/kmig.h"

#define KMIG	"progs/kmig.bpf.o"
#define INTX	VFIO_PCI_INTX_IRQ_INDEX
#define MSI	VFIO_PCI_MSI_IRQ_INDEX
#define CONFIG	VFIO_PCI_CONFIG_REGION_INDEX
#define MS	1000u	/* microseconds */
#define MAX	(2 << 20)

#define S(name)	VFIO_DEVICE_STATE_##name

static struct vfio *const a = &dev;
static struct vfio b = { .container = -1, .group = -1, .device = -1 };
static struct mdev mdev_b;
static int event[KMIG_MSI];
static char stream[MAX], copy[MAX];
static ssize_t len;

/* The compiler knows that no memory is there where it sees NULL. */
static void *nowhere(void)
{
	return mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void load_map(const char *map, unsigned int version, unsigned int more_state)
{
	ASSERT_EQ(prog_open(&dev_prog, KMIG, map), 0);
	if (version)
		prog_ops(&dev_prog)->state_version = version;
	prog_ops(&dev_prog)->state_size += more_state;
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

static void open_devices(void)
{
	dev_open("kmig-1");
	mdev_b = mdev_uuid(0xd1);
	ASSERT_EQ(mdev_create(&mdev_b, "kmig-1"), 0);
	ASSERT_EQ(vfio_open(&b, &mdev_b), 0);
}

static void before(void)
{
	int i;

	for (i = 0; i < KMIG_MSI; i++)
		event[i] = event_new();
	load_map("kmig", 0, 0);
	open_devices();
}

static void after(void)
{
	int i;

	vfio_close(&b);
	dev_close_unload();
	for (i = 0; i < KMIG_MSI; i++)
		close(event[i]);
}

/* Another program of the same name, and new devices. */
static void reload(const char *map, unsigned int version, unsigned int more_state)
{
	vfio_close(&b);
	dev_close_unload();
	load_map(map, version, more_state);
	open_devices();
}

static __u32 rd(struct vfio *v, unsigned int reg)
{
	__s64 val = vfio_get(v, 0, reg, 4);

	ASSERT(val >= 0);
	return val;
}

static void wr(struct vfio *v, unsigned int reg, __u32 val)
{
	ASSERT_EQ(vfio_set(v, 0, reg, 4, val), 0);
}

static void save(void)
{
	len = mig_save(a, stream, sizeof(stream));
	ASSERT(len > 0);
}

static void go(struct vfio *v)
{
	EXPECT_EQ(mig_set(v, S(RUNNING), NULL), 0);
	EXPECT_EQ(mig_state(v), S(RUNNING));
}

/* Time passes, for the system if not for a device. */
static void pass(unsigned int us)
{
	struct itimerspec t = { .it_value = { us / 1000000, us % 1000000 * 1000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	__u64 n;

	ASSERT(fd >= 0);
	ASSERT_EQ(timerfd_settime(fd, 0, &t, NULL), 0);
	EXPECT_EQ(read(fd, &n, sizeof(n)), sizeof(n));
	close(fd);
}

static void features(void)
{
	struct vfio_device_feature_migration m = {};

	ASSERT_EQ(mig_feature(a, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION, &m,
			      sizeof(m)), 0);
	EXPECT_EQ(m.flags, VFIO_MIGRATION_STOP_COPY | VFIO_MIGRATION_P2P |
			   VFIO_MIGRATION_PRE_COPY);
	EXPECT_EQ(mig_state(a), S(RUNNING));
	save();
	EXPECT_EQ(mig_data_size(a), len);
}

/* What comes with each: the shortest way, no state with a file on it */
static bool allowed(unsigned int from, unsigned int to)
{
	if (to == S(ERROR) || to >= S(NR))
		return false;
	return from != S(STOP_COPY) || (to != S(PRE_COPY) && to != S(PRE_COPY_P2P));
}

static bool saves(unsigned int state)
{
	return state == S(PRE_COPY) || state == S(PRE_COPY_P2P) || state == S(STOP_COPY);
}

static bool has_file(unsigned int from, unsigned int to)
{
	if (from == to)
		return false;
	return to == S(RESUMING) || (saves(to) && !saves(from));
}

static void one_arc(unsigned int from, unsigned int to)
{
	int fd, ret;
	bool file;

	ASSERT_EQ(vfio_reset(a), 0);
	ASSERT_EQ(mig_set(a, from, &fd), 0);
	if (from == S(RESUMING))
		ASSERT_EQ(mig_write(fd, stream, len), 0);
	if (fd >= 0)
		close(fd);
	ret = mig_set(a, to, &fd);
	file = fd >= 0;
	if (ret != (allowed(from, to) ? 0 : -EINVAL) || file != (!ret && has_file(from, to)))
		ksft_fail(__FILE__, __LINE__, "from %u to %u: %d, file %d", from, to, ret, fd);
	EXPECT_EQ(mig_state(a), ret ? from : to);
	if (fd >= 0)
		close(fd);
}

static void every_arc(void)
{
	unsigned int from, to;

	save();
	for (from = S(STOP); from < S(NR); from++)
		for (to = S(ERROR); to <= S(NR); to++)
			one_arc(from, to);
}

static void fill(struct vfio *v)
{
	unsigned int i;

	for (i = 0; i < KMIG_RAM_SIZE; i += 4)
		wr(v, KMIG_RAM + i, 0x01010101 * i + 0x9e3779b9);
	wr(v, KMIG_CONFIG, 0xabcd1234);
	ASSERT_EQ(vfio_set(v, CONFIG, 0x04, 2, 0x0007), 0);
	ASSERT_EQ(vfio_set(v, CONFIG, 0x3c, 1, 0x5a), 0);
	ASSERT_EQ(vfio_set(v, CONFIG, 0x10, 4, 0xfebf0000), 0);
}

static void expect_filled(struct vfio *v)
{
	unsigned int i;

	for (i = 0; i < KMIG_RAM_SIZE; i += 4)
		EXPECT_EQ(rd(v, KMIG_RAM + i), 0x01010101 * i + 0x9e3779b9);
	EXPECT_EQ(vfio_get(v, CONFIG, 0x40, 4), 0xabcd1234);
	EXPECT_EQ(vfio_get(v, CONFIG, 0x04, 2), 0x0007);
	EXPECT_EQ(vfio_get(v, CONFIG, 0x3c, 1), 0x5a);
	EXPECT_EQ(vfio_get(v, CONFIG, 0x10, 4), 0xfebf0000);
	EXPECT_EQ(vfio_get(v, CONFIG, 0x00, 4), 0x00051234);
}

/* Saved again where it has arrived, the state is the same to the byte. */
static void state_and_config(void)
{
	fill(a);
	save();
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	EXPECT_EQ(mig_save(&b, copy, sizeof(copy)), len);
	EXPECT_EQ(memcmp(stream, copy, len), 0);
	go(&b);
	expect_filled(&b);
	go(a);
	expect_filled(a);
}

/* As VMMs do: byte by byte, read while it runs and then while it does not. */
static void in_small_pieces(void)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) };
	int fd, to, i;
	char c;

	fill(a);
	ASSERT_EQ(mig_set(a, S(PRE_COPY), &fd), 0);
	ASSERT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info), 0);
	EXPECT_EQ(info.initial_bytes, sizeof(struct mig_header));
	EXPECT_EQ(info.dirty_bytes, 0);
	ASSERT_EQ(mig_set(&b, S(RESUMING), &to), 0);
	for (i = 0; read(fd, &c, 1) == 1; i++)
		ASSERT_EQ(write(to, &c, 1), 1);
	EXPECT_EQ(errno, ENOMSG);
	EXPECT_EQ(i, sizeof(struct mig_header));
	ASSERT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info), 0);
	EXPECT_EQ(info.initial_bytes, 0);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), NULL), 0);
	EXPECT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) ? -errno : 0, -EINVAL);
	for (; read(fd, &c, 1) == 1; i++)
		ASSERT_EQ(write(to, &c, 1), 1);
	EXPECT_EQ(read(fd, &c, 1), 0);
	EXPECT_EQ(i, mig_data_size(a));
	go(&b);
	expect_filled(&b);
	close(fd);
	close(to);
}

static void file_is_a_stream(void)
{
	struct vfio_precopy_info info = { .argsz = sizeof(info) - 1 };
	int fd;

	ASSERT_EQ(mig_set(a, S(PRE_COPY), &fd), 0);
	EXPECT_EQ(pread(fd, copy, 1, 0) < 0 ? -errno : 0, -ESPIPE);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0, -ESPIPE);
	EXPECT_EQ(write(fd, copy, 1) < 0 ? -errno : 0, -EBADF);
	EXPECT_EQ(read(fd, nowhere(), 1) < 0 ? -errno : 0, -EFAULT);
	EXPECT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) ? -errno : 0, -EINVAL);
	EXPECT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, NULL) ? -errno : 0, -EFAULT);
	EXPECT_EQ(ioctl(fd, VFIO_DEVICE_RESET, NULL) ? -errno : 0, -ENOTTY);
	close(fd);
	ASSERT_EQ(mig_set(&b, S(RESUMING), &fd), 0);
	EXPECT_EQ(pwrite(fd, copy, 1, 0) < 0 ? -errno : 0, -ESPIPE);
	EXPECT_EQ(read(fd, copy, 1) < 0 ? -errno : 0, -EBADF);
	EXPECT_EQ(write(fd, nowhere(), 1) < 0 ? -errno : 0, -EFAULT);
	EXPECT_EQ(ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info) ? -errno : 0, -ENOTTY);
	close(fd);
}

/* A line that is up when the device stops fires where it arrives, once it runs there. */
static void line_that_is_up(void)
{
	ASSERT_EQ(vfio_irq_fds(a, INTX, 0, 1, &event[0]), 0);
	wr(a, KMIG_LEVEL, 1);
	EXPECT_EQ(event_take(event[0]), 1);
	save();
	ASSERT_EQ(vfio_irq_fds(&b, INTX, 0, 1, &event[1]), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	EXPECT_EQ(event_take(event[1]), 0);
	go(&b);
	EXPECT_EQ(event_take(event[1]), 1);
	EXPECT_EQ(vfio_irq_none(&b, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[1]), 1);
	wr(&b, KMIG_LEVEL, 0);
	EXPECT_EQ(vfio_irq_none(&b, INTX, VFIO_IRQ_SET_ACTION_UNMASK, 1), 0);
	EXPECT_EQ(event_take(event[1]), 0);
	/* The same if interrupts are set up after the state has come */
	ASSERT_EQ(vfio_reset(&b), 0);
	ASSERT_EQ(vfio_irq_none(&b, INTX, VFIO_IRQ_SET_ACTION_TRIGGER, 0), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	ASSERT_EQ(vfio_irq_fds(&b, INTX, 0, 1, &event[1]), 0);
	EXPECT_EQ(event_take(event[1]), 0);
	go(&b);
	EXPECT_EQ(event_take(event[1]), 1);
}

/* A line that goes up while the device is stopped fires when it goes on. */
static void no_interrupt_is_lost(void)
{
	ASSERT_EQ(vfio_irq_fds(a, INTX, 0, 1, &event[0]), 0);
	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	wr(a, KMIG_LEVEL, 1);
	EXPECT_EQ(event_take(event[0]), 0);
	go(a);
	EXPECT_EQ(event_take(event[0]), 1);
}

static void arm(struct vfio *v, unsigned int id, unsigned int delay_us, unsigned int period_ns)
{
	wr(v, KMIG_DELAY, delay_us);
	wr(v, KMIG_PERIOD, period_ns);
	wr(v, KMIG_ARM, id);
	ASSERT_EQ(rd(v, KMIG_RESULT), 0);
}

static __u64 now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

/* A timer has left what it had left, whatever time passes in between. */
static void timers_go_on(void)
{
	__u64 begin;
	int i;

	arm(a, 1, 700 * MS, 0);
	arm(a, 2, 500 * MS, 20 * MS * 1000);
	arm(a, 3, 0xffffffff, 0);
	pass(100 * MS);
	begin = now_us();
	save();
	pass(900 * MS);
	EXPECT_EQ(rd(a, KMIG_TIMERS + 4 * 1), 0);
	ASSERT_EQ(vfio_irq_fds(&b, MSI, 0, KMIG_MSI, event), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	pass(900 * MS);
	EXPECT_EQ(event_take(event[1]), 0);
	begin = now_us();
	go(&b);
	EXPECT_EQ(event_wait(event[1]), 1);
	EXPECT(now_us() - begin >= 300 * MS);
	EXPECT(now_us() - begin <= 700 * MS + 5000 * MS);
	for (i = 0; i < 3; )
		i += event_wait(event[2]) ? 1 : 4;
	EXPECT_EQ(i, 3);
	EXPECT_EQ(rd(&b, KMIG_TIMERS + 4 * 1), 1);
	EXPECT_EQ(rd(&b, KMIG_TIMERS + 4 * 3), 0);
}

/* Work that is queued while the device is stopped is done there. */
static void work_goes_along(void)
{
	ASSERT_EQ(mig_set(a, S(STOP), NULL), 0);
	wr(a, KMIG_WORK, 5);
	wr(a, KMIG_DELAY, 0);
	save();
	ASSERT_EQ(vfio_irq_fds(&b, MSI, 0, KMIG_MSI, event), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	EXPECT_EQ(rd(&b, KMIG_WORKS + 4 * 5), 0);
	go(&b);
	EXPECT_EQ(event_wait(event[8 + 5]), 1);
	EXPECT_EQ(rd(&b, KMIG_WORKS + 4 * 5), 1);
	EXPECT_EQ(rd(a, KMIG_WORKS + 4 * 5), 0);
	/* And where it was queued, if it goes on there after all */
	ASSERT_EQ(vfio_irq_fds(a, MSI, 0, KMIG_MSI, event), 0);
	go(a);
	EXPECT_EQ(event_wait(event[8 + 5]), 1);
}

/* The device does not take the state, for this reason, and is as it was. */
static void expect_refused_by(struct vfio *v, const void *data, size_t size, int err,
			      const char *why)
{
	__u32 before = rd(v, KMIG_RAM);
	int ret = mig_load(v, data, size);

	if (ret != err)
		ksft_diag("%zu bytes: %s", size, why);
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

static void every_byte_counts(void)
{
	ssize_t i;
	int ret;

	prepare_refusals();
	for (i = 0; i < len; i++) {
		copy[i] ^= 0x10;
		ret = mig_load(&b, copy, len);
		if (ret != -EBADMSG && ret != -EINVAL)
			ksft_fail(__FILE__, __LINE__, "byte %zd changed: %d", i, ret);
		go(&b);
		copy[i] ^= 0x10;
	}
	finish_refusals();
}

static void truncated_anywhere(void)
{
	ssize_t i;
	int ret;

	prepare_refusals();
	for (i = 0; i < len; i++) {
		ret = mig_load(&b, copy, i);
		if (ret != -EBADMSG)
			ksft_fail(__FILE__, __LINE__, "%zd bytes: %d", i, ret);
		go(&b);
	}
	EXPECT_HAS(why_refused(), "kmig: the stream is truncated");
	finish_refusals();
}

static void foreign_and_too_long(void)
{
	prepare_refusals();
	memcpy(copy, "whatever", 8);
	expect_refused(len, -EINVAL, "kmig: this is not the state of a device");
	memset(copy, 0, sizeof(copy));
	expect_refused(4096, -EINVAL, "this is not the state of a device");
	memcpy(copy, stream, len);
	expect_refused(len + 1, -EBADMSG, "the stream goes on after its end");
	memcpy(copy + len, stream, len);
	expect_refused(2 * len, -EBADMSG, "the stream goes on after its end");
	finish_refusals();
}

static void of_something_else(void)
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
static void of_another_type(void)
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
static void strange_sections(void)
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
	memset(section(MIG_TIME) + 1, 0xff, 4);
	mig_seal(copy, len);
	expect_refused(len, -EINVAL, "section time makes no sense");
	memcpy(copy, stream, len);
	section(MIG_END)->size++;
	mig_seal(copy, len);
	expect_refused(len, -EBADMSG, "the stream is damaged: end");
	optional_section();
}

/* The first error stays, whatever is written after it. */
static void error_sticks(void)
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

static void reset_ends_it(void)
{
	char c;
	int fd;

	fill(a);
	wr(a, KMIG_LEVEL, 1);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), &fd), 0);
	EXPECT_EQ(read(fd, &c, 1), 1);
	ASSERT_EQ(vfio_reset(a), 0);
	EXPECT_EQ(mig_state(a), S(RUNNING));
	EXPECT_EQ(read(fd, &c, 1) < 0 ? -errno : 0, -ENODEV);
	close(fd);
	/* It runs: work is done */
	ASSERT_EQ(vfio_irq_fds(a, MSI, 0, KMIG_MSI, event), 0);
	wr(a, KMIG_WORK, 1);
	EXPECT_EQ(event_wait(event[9]), 1);
	ASSERT_EQ(mig_set(a, S(RESUMING), &fd), 0);
	ASSERT_EQ(mig_write(fd, stream, 10), 0);
	ASSERT_EQ(vfio_reset(a), 0);
	EXPECT_EQ(mig_state(a), S(RUNNING));
	EXPECT_EQ(mig_write(fd, stream, 10), -ENODEV);
	close(fd);
}

/* Files that outlive the device, the mdev and the program */
static void close_ends_it(void)
{
	int save_fd, resume_fd;
	char c;

	ASSERT_EQ(mig_set(a, S(STOP_COPY), &save_fd), 0);
	ASSERT_EQ(mig_set(&b, S(RESUMING), &resume_fd), 0);
	vfio_close(a);
	vfio_close(&b);
	EXPECT_EQ(read(save_fd, &c, 1) < 0 ? -errno : 0, -ENODEV);
	EXPECT_EQ(mig_write(resume_fd, "m", 1), -ENODEV);
	ASSERT_EQ(vfio_open(a, &dev_mdev), 0);
	EXPECT_EQ(mig_state(a), S(RUNNING));
	vfio_close(a);
	EXPECT_EQ(mdev_remove(&dev_mdev), 0);
	EXPECT_EQ(mdev_remove(&mdev_b), 0);
	prog_close(&dev_prog);
	EXPECT_EQ(read(save_fd, &c, 1) < 0 ? -errno : 0, -ENODEV);
	EXPECT_EQ(mig_write(resume_fd, "m", 1), -ENODEV);
	close(save_fd);
	close(resume_fd);
}

/* Without program the core saves what it has; what is saved can only be restored with one. */
static void detached(void)
{
	int fd;

	fill(a);
	prog_detach(&dev_prog);
	save();
	ASSERT_EQ(mig_set(&b, S(RESUMING), &fd), 0);
	ASSERT_EQ(mig_write(fd, stream, len), 0);
	EXPECT_EQ(mig_set(&b, S(RUNNING), NULL), -ENODEV);
	EXPECT_EQ(mig_state(&b), S(RESUMING));
	ASSERT_EQ(prog_attach(&dev_prog), 0);
	go(&b);
	expect_filled(&b);
	close(fd);
}

/* save is asked, and leaves it to the core; restore sees what the core has restored. */
static void hooks(void)
{
	reload("kmig_hooks", 0, 0);
	fill(a);
	save();
	EXPECT_EQ(rd(a, KMIG_SAVED), 1);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	expect_filled(&b);
	EXPECT_EQ(rd(&b, KMIG_RESTORED), 1 + 5);
	EXPECT_EQ((int)rd(&b, KMIG_PUT), -EPERM);
	/* A program with save has nothing to be read while it runs */
	go(a);
	ASSERT_EQ(mig_set(a, S(PRE_COPY), NULL), 0);
	EXPECT_EQ(rd(a, KMIG_SAVED), 1);
	ASSERT_EQ(mig_set(a, S(STOP_COPY), NULL), 0);
	EXPECT_EQ(rd(a, KMIG_SAVED), 2);
}

/* What restore changes before it fails is undone. */
static void hooks_fail(void)
{
	reload("kmig_hooks", 0, 0);
	wr(a, KMIG_HOOK, KMIG_HOOK_FAIL);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -EBUSY);
	EXPECT_EQ(mig_state(a), S(STOP));
	go(a);
	ASSERT_EQ(mig_set(a, S(PRE_COPY_P2P), NULL), 0);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -EBUSY);
	EXPECT_EQ(mig_state(a), S(PRE_COPY_P2P));
	wr(a, KMIG_HOOK, KMIG_HOOK_EMPTY);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -EINVAL);
	reload("kmig", 0, 0);
	wr(a, KMIG_HOOK, KMIG_HOOK_FAIL);
	save();
	reload("kmig_hooks", 0, 0);
	ASSERT_EQ(vfio_irq_fds(&b, MSI, 0, KMIG_MSI, event), 0);
	fill(&b);
	EXPECT_EQ(mig_load(&b, stream, len), -EBUSY);
	EXPECT_HAS(why_refused(), "kmig: restore failed, errno 16");
	EXPECT_EQ(mig_state(&b), S(STOP));
	go(&b);
	expect_filled(&b);
	EXPECT_EQ(rd(&b, KMIG_RESTORED), 0);
	wr(&b, KMIG_WORK, 1);
	EXPECT_EQ(event_wait(event[9]), 1);
	EXPECT_EQ(rd(&b, KMIG_TIMERS + 4 * 3), 0);
	EXPECT_EQ(rd(&b, KMIG_WORKS + 4 * 3), 0);
}

/* Whatever the errno is, it is the end of that step. */
static void hooks_fail_stale(void)
{
	reload("kmig_hooks", 0, 0);
	wr(a, KMIG_HOOK, KMIG_HOOK_STALE);
	EXPECT_EQ(mig_set(a, S(STOP_COPY), NULL), -ESTALE);
	EXPECT_EQ(mig_state(a), S(STOP));
	EXPECT_EQ(rd(a, KMIG_SAVED), 1);
	reload("kmig", 0, 0);
	go(a);
	wr(a, KMIG_HOOK, KMIG_HOOK_STALE);
	save();
	reload("kmig_hooks", 0, 0);
	EXPECT_EQ(mig_load(&b, stream, len), -ESTALE);
	EXPECT_EQ(mig_state(&b), S(STOP));
	go(&b);
	EXPECT_EQ(rd(&b, KMIG_HOOK), 0);
}

/* A stream that is the program's from the first byte to the last */
static void own_stream(void)
{
	__u64 magic = KMIG_OWN_MAGIC;

	reload("kmig_hooks", 0, 0);
	fill(a);
	wr(a, KMIG_HOOK, KMIG_HOOK_OWN);
	save();
	ASSERT_EQ(len, sizeof(magic) + KMIG_RAM_SIZE);
	EXPECT_EQ(memcmp(stream, &magic, sizeof(magic)), 0);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	EXPECT_EQ(rd(&b, KMIG_RAM + 4), rd(a, KMIG_RAM + 4));
	EXPECT_EQ(rd(&b, KMIG_RESTORED), 0x101);
	memcpy(copy, stream, len);
	copy[0]++;
	EXPECT_EQ(mig_load(&b, copy, len), -EPROTO);
	EXPECT_EQ(mig_load(&b, stream, len - 1), -EPROTO);
	wr(&b, KMIG_HOOK, KMIG_HOOK_IGNORE);
	EXPECT_EQ(mig_load(&b, stream, len), -EINVAL);
	EXPECT_HAS(why_refused(), "kmig: the program does not know this stream");
}

static void own_stream_is_bounded(void)
{
	reload("kmig_hooks", 0, 0);
	wr(a, KMIG_HOOK, KMIG_HOOK_FULL);
	save();
	EXPECT_EQ(len, 8 + KMIG_RAM_SIZE + 15 * KMIG_BLOCK);
	EXPECT_EQ((int)rd(a, KMIG_PUT), -ENOSPC);
	EXPECT_EQ(mig_load(&b, stream, (1 << 20) + 1), -EFBIG);
	EXPECT_HAS(why_refused(), "kmig: the program's own stream is longer than 1048576 bytes");
}

/* State of another version is for a program that has restore, if there is room for it. */
static void other_versions(void)
{
	fill(a);
	save();
	reload("kmig", 6, 0);
	EXPECT_EQ(mig_load(&b, stream, len), -EINVAL);
	EXPECT_HAS(why_refused(), "kmig: the state has version 5, not 6");
	reload("kmig_hooks", 6, 64);
	ASSERT_EQ(mig_load(&b, stream, len), 0);
	go(&b);
	expect_filled(&b);
	EXPECT_EQ(rd(&b, KMIG_RESTORED), 1 + 5);
	save();
	reload("kmig_hooks", 5, 0);
	EXPECT_EQ(mig_load(&b, stream, len), -EINVAL);
	EXPECT_HAS(why_refused(), "bytes, more than");
}

static const struct ksft_test tests[] = {
	KSFT_TEST(features),
	KSFT_TEST(every_arc),
	KSFT_TEST(state_and_config),
	KSFT_TEST(in_small_pieces),
	KSFT_TEST(file_is_a_stream),
	KSFT_TEST(line_that_is_up),
	KSFT_TEST(no_interrupt_is_lost),
	KSFT_TEST(timers_go_on),
	KSFT_TEST(work_goes_along),
	KSFT_TEST(every_byte_counts),
	KSFT_TEST(truncated_anywhere),
	KSFT_TEST(foreign_and_too_long),
	KSFT_TEST(of_something_else),
	KSFT_TEST(of_another_type),
	KSFT_TEST(strange_sections),
	KSFT_TEST(error_sticks),
	KSFT_TEST(reset_ends_it),
	KSFT_TEST(close_ends_it),
	KSFT_TEST(detached),
	KSFT_TEST(hooks),
	KSFT_TEST(hooks_fail),
	KSFT_TEST(hooks_fail_stale),
	KSFT_TEST(own_stream),
	KSFT_TEST(own_stream_is_bounded),
	KSFT_TEST(other_versions),
};

int main(int argc, char **argv)
{
	const struct ksft_suite suite = {
		.tests = tests,
		.nr = ARRAY_SIZE(tests),
		.before = before,
		.after = after,
	};

	return ksft_main(argc, argv, &suite);
}
