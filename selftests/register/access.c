// SPDX-License-Identifier: GPL-2.0-only
/* Declared registers: what a read and a write do, and when the program is called. */
#include <unistd.h>

#include "dev.h"
#include "progs/kreg.h"

#define KREG	"progs/kreg.bpf.o"

static struct kreg_global global;

static void load(void)
{
	dev_need_module();
	ASSERT_EQ(prog_open(&dev_prog, KREG, "kreg"), 0);
	ASSERT_EQ(prog_load(&dev_prog), 0);
	ASSERT_EQ(prog_attach(&dev_prog), 0);
}

static void open_a(void)
{
	dev_open("kreg-a");
}

static const struct kreg_global *look(void)
{
	ASSERT_EQ(prog_global(&dev_prog, &global, 0, sizeof(global)), 0);
	return &global;
}

static __u64 get(__u64 off, unsigned int size)
{
	return dev_get(0, off, size);
}

static void set(__u64 off, unsigned int size, __u64 val)
{
	dev_set(0, off, size, val);
}

/* How often the program has been called since the last time */
static unsigned int calls(void)
{
	static unsigned int before;
	unsigned int now = look()->read.calls + global.write.calls, new = now - before;

	before = now;
	return new;
}

MTAP_TEST(initial_values)
{
	calls();
	EXPECT_EQ(get(KREG_ID, 4), KREG_ID_VALUE);
	EXPECT_EQ(get(KREG_CTRL, 4), KREG_CTRL_RESET);
	EXPECT_EQ(get(KREG_STATUS, 4), 0);
	EXPECT_EQ(get(KREG_WIDE, 8), 0);
	EXPECT_EQ(get(KREG_TAIL + 3 * KREG_TAIL_STRIDE, 4), 7);
	EXPECT_EQ(calls(), 0);
}

MTAP_TEST(reset_brings_them_back)
{
	set(KREG_CTRL, 4, 0);
	set(KREG_WIDE, 8, ~0ULL);
	set(KREG_TAIL, 4, 1);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(get(KREG_CTRL, 4), KREG_CTRL_RESET);
	EXPECT_EQ(get(KREG_WIDE, 8), 0);
	EXPECT_EQ(get(KREG_TAIL, 4), 7);
}

MTAP_TEST(only_written_bits_change)
{
	set(KREG_ID, 4, 0);
	EXPECT_EQ(get(KREG_ID, 4), KREG_ID_VALUE);
	calls();
	set(KREG_CTRL, 4, 0x7fff1230);
	EXPECT_EQ(get(KREG_CTRL, 4), (KREG_CTRL_RESET & 0xffff0000) | 0x1230);
	EXPECT_EQ(calls(), 0);
	set(KREG_PLAIN, 1, 0xa5);
	set(KREG_SMALL, 2, 0xbeef);
	set(KREG_WIDE, 8, 0x0123456789abcdefULL);
	EXPECT_EQ(get(KREG_PLAIN, 1), 0xa5);
	EXPECT_EQ(get(KREG_SMALL, 2), 0xbeef);
	EXPECT_EQ(get(KREG_WIDE, 8), 0x0123456789abcdefULL);
	EXPECT_EQ(calls(), 0);
}

MTAP_TEST(call_for_changed_bits)
{
	calls();
	set(KREG_CTRL, 4, 0x5);
	EXPECT_EQ(calls(), 1);
	EXPECT_EQ(global.write.reg, KREG_ROW_CTRL);
	EXPECT_EQ(global.write.index, 0);
	EXPECT_EQ(global.write.size, 4);
	EXPECT_EQ(global.write.offset, KREG_CTRL);
	EXPECT_EQ(global.write.val, 0x5);
	EXPECT_EQ(global.write.old, KREG_CTRL_RESET);
	/* Others than those bits, or none */
	set(KREG_CTRL, 4, 0xff05);
	set(KREG_CTRL, 4, 0xff05);
	EXPECT_EQ(calls(), 0);
}

MTAP_TEST(write_one_clears)
{
	set(KREG_SET, 4, 0x800000ff);
	calls();
	set(KREG_STATUS, 4, 0);
	EXPECT_EQ(get(KREG_STATUS, 4), 0x800000ff);
	EXPECT_EQ(calls(), 0);
	set(KREG_STATUS, 4, 0xffffff0f);
	EXPECT_EQ(get(KREG_STATUS, 4), 0x800000f0);
	EXPECT_EQ(calls(), 1);
	EXPECT_EQ(global.write.old, 0x800000ff);
}

MTAP_TEST(read_clears)
{
	set(KREG_SET, 4, 0x10030);
	calls();
	EXPECT_EQ(get(KREG_CAUSE, 4), 0x10030);
	EXPECT_EQ(get(KREG_CAUSE, 4), 0x10000);
	EXPECT_EQ(calls(), 0);
	set(KREG_SET, 4, 0x31);
	EXPECT_EQ(get(KREG_CAUSE, 4), 0x31);
	EXPECT_EQ(calls(), 1);
	EXPECT_EQ(global.read.reg, KREG_ROW_CAUSE);
	EXPECT_EQ(global.read.val, 0x31);
	EXPECT_EQ(get(KREG_CAUSE, 4), 0);
	EXPECT_EQ(calls(), 0);
}

MTAP_TEST(call_for_each)
{
	calls();
	set(KREG_PORT, 1, 0x80 | 0x11);
	set(KREG_PORT, 1, 0x80 | 0x11);
	EXPECT_EQ(calls(), 2);
	EXPECT_EQ(global.write.val, 0x91);
	EXPECT_EQ(global.write.old, 0x11);
	/* It returns one more than the core has read */
	EXPECT_EQ(get(KREG_PORT, 1), 0x12);
	EXPECT_EQ(get(KREG_PORT, 1), 0x12);
	EXPECT_EQ(calls(), 2);
	EXPECT_EQ(global.read.val, 0x11);
}

MTAP_TEST(arrays)
{
	unsigned int i;

	for (i = 0; i < KREG_TAILS; i++)
		set(KREG_TAIL + i * KREG_TAIL_STRIDE, 4, 0xf100 + i);
	for (i = 0; i < KREG_TAILS; i++)
		EXPECT_EQ(get(KREG_TAIL + i * KREG_TAIL_STRIDE, 4), 0x100 + i);
	calls();
	set(KREG_TAIL + 2 * KREG_TAIL_STRIDE, 4, 9);
	EXPECT_EQ(calls(), 1);
	EXPECT_EQ(global.write.reg, KREG_ROW_TAIL);
	EXPECT_EQ(global.write.index, 2);
	EXPECT_EQ(global.write.old, 0x102);
	/* Between them there is nothing */
	set(KREG_TAIL + 4, 4, 1);
	EXPECT_EQ(calls(), 1);
	EXPECT_EQ(global.write.reg, MDEV_BPF_NO_REGISTER);
}

MTAP_TEST(parts_of_a_register)
{
	set(KREG_WIDE, 8, 0x0123456789abcdefULL);
	EXPECT_EQ(get(KREG_WIDE + 4, 4), 0x01234567);
	EXPECT_EQ(get(KREG_WIDE + 2, 2), 0x89ab);
	EXPECT_EQ(get(KREG_WIDE + 7, 1), 0x01);
	set(KREG_WIDE + 2, 2, 0x5555);
	EXPECT_EQ(get(KREG_WIDE, 8), 0x012345675555cdefULL);
	/* A byte that has none of the bits that call */
	calls();
	set(KREG_CTRL + 1, 1, 0x42);
	EXPECT_EQ(calls(), 0);
	set(KREG_CTRL, 1, 0x01);
	EXPECT_EQ(calls(), 1);
	EXPECT_EQ(global.write.size, 1);
	EXPECT_EQ(global.write.old, 0x20);
	EXPECT_EQ(get(KREG_CTRL, 4), 0x80004201);
	/* A read clears what it reads */
	set(KREG_SET, 4, 0x3030);
	EXPECT_EQ(get(KREG_CAUSE + 1, 1), 0x30);
	EXPECT_EQ(get(KREG_CAUSE, 4), 0x30);
}

MTAP_TEST(several_registers)
{
	/* PORT, PLAIN and SMALL are in one word */
	set(KREG_PORT, 4, 0xcafe4711);
	EXPECT_EQ(get(KREG_PLAIN, 1), 0x47);
	EXPECT_EQ(get(KREG_SMALL, 2), 0xcafe);
	calls();
	EXPECT_EQ(get(KREG_PORT, 4), 0xcafe4712);
	EXPECT_EQ(calls(), 1);
	EXPECT_EQ(global.read.size, 1);
	/* ID and CTRL, by one access of 8 bytes */
	EXPECT_EQ(get(KREG_ID, 8), (__u64)KREG_CTRL_RESET << 32 | KREG_ID_VALUE);
}

MTAP_TEST(next_to_a_register)
{
	/* Bytes 0x14 to 0x17 are no register */
	calls();
	EXPECT_EQ(get(KREG_PORT, 8), 1);
	EXPECT_EQ(calls(), 2);
	EXPECT_EQ(global.read.reg, MDEV_BPF_NO_REGISTER);
	EXPECT_EQ(global.read.offset, KREG_PORT + 4);
	EXPECT_EQ(global.read.size, 4);
}

MTAP_TEST(what_is_no_register)
{
	calls();
	set(KREG_OTHER, 4, 0x77);
	EXPECT_EQ(get(KREG_OTHER, 4), 0x77);
	EXPECT_EQ(calls(), 2);
	EXPECT_EQ(global.write.reg, MDEV_BPF_NO_REGISTER);
	EXPECT_EQ(global.read.reg, MDEV_BPF_NO_REGISTER);
	EXPECT_EQ(get(KREG_SIZE - 8, 8), 0);
	EXPECT_EQ(vfio_get(&dev, 0, KREG_SIZE, 4), -EINVAL);
}

MTAP_TEST(by_type)
{
	calls();
	EXPECT_EQ(get(KREG_ONLY_B, 4), 0);
	EXPECT_EQ(calls(), 1);
	dev_close();
	dev_open("kreg-b");
	EXPECT_EQ(get(KREG_ONLY_B, 4), KREG_ONLY_B_VALUE);
	EXPECT_EQ(calls(), 0);
}

MTAP_TEST(bad_memory)
{
	EXPECT_EQ(vfio_pread(&dev, 0, KREG_WIDE, NULL, 8), -EFAULT);
	EXPECT_EQ(vfio_pwrite(&dev, 0, KREG_WIDE, NULL, 8), -EFAULT);
	/* A read that clears has done so */
	set(KREG_SET, 4, 0x30);
	EXPECT_EQ(vfio_pread(&dev, 0, KREG_CAUSE, NULL, 4), -EFAULT);
	EXPECT_EQ(get(KREG_CAUSE, 4), 0);
}

/* Nothing is read, or written to the buffer, whatever the register is like. */
MTAP_TEST(no_bytes)
{
	static const __u64 offsets[] = {
		KREG_ID, KREG_CTRL, KREG_CAUSE, KREG_PORT, KREG_WIDE, KREG_TAIL, KREG_OTHER,
	};
	char buf[8] = "1234567";
	unsigned int i;

	calls();
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		EXPECT_EQ(vfio_pread(&dev, 0, offsets[i], buf, 0), 0);
		EXPECT_EQ(vfio_pwrite(&dev, 0, offsets[i], buf, 0), 0);
		EXPECT_STR(buf, "1234567");
	}
	EXPECT_EQ(calls(), 0);
}

static void signal_write(__u64 offset, unsigned int size, __u64 val)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg), .flags = size, .offset = dev.region[0].offset + offset,
		.data = val, .fd = event_new(),
	};
	__u64 one = 1;

	ASSERT_EQ(vfio_ioctl(&dev, VFIO_DEVICE_IOEVENTFD, &arg), 0);
	ASSERT_EQ(write(arg.fd, &one, sizeof(one)), sizeof(one));
	close(arg.fd);
}

MTAP_TEST(by_eventfd)
{
	calls();
	signal_write(KREG_TAIL + 2 * KREG_TAIL_STRIDE, 4, 0xf123);
	EXPECT(mtap_await(get(KREG_TAIL + 2 * KREG_TAIL_STRIDE, 4) == 0x123));
	EXPECT(mtap_await(calls() == 1));
	EXPECT_EQ(global.write.reg, KREG_ROW_TAIL);
	EXPECT_EQ(global.write.index, 2);
	EXPECT_EQ(global.write.old, 7);
	/* PORT, PLAIN and SMALL; only the first calls */
	signal_write(KREG_PORT, 4, 0xcafe4711);
	EXPECT(mtap_await(get(KREG_SMALL, 2) == 0xcafe));
	EXPECT_EQ(get(KREG_PLAIN, 1), 0x47);
	EXPECT(mtap_await(calls() == 1));
	EXPECT_EQ(global.write.reg, KREG_ROW_PORT);
	EXPECT_EQ(global.write.val, 0x11);
	/* And one that is no register */
	signal_write(KREG_OTHER, 4, 5);
	EXPECT(mtap_await(get(KREG_OTHER, 4) == 5));
	EXPECT_EQ(global.write.reg, KREG_ROW_PORT);
	EXPECT_EQ(look()->write.reg, MDEV_BPF_NO_REGISTER);
}

MTAP_TEST(failed)
{
	vfio_set(&dev, 0, KREG_FAIL, 4, 1);
	EXPECT_EQ(vfio_get(&dev, 0, KREG_CTRL, 4), -EIO);
	EXPECT_EQ(vfio_set(&dev, 0, KREG_WIDE, 8, 1), -EIO);
	EXPECT_EQ(vfio_reset(&dev), 0);
	EXPECT_EQ(get(KREG_CTRL, 4), KREG_CTRL_RESET);
}

const struct mtap_suite mtap_suite = {
	.setup = load, .before = open_a, .after = dev_close, .teardown = dev_unload,
};
