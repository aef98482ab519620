// SPDX-License-Identifier: GPL-2.0-only
/* A device that makes texts of numbers, and prints lines; see ktext.h. */
#include "mdev_bpf.bpf.h"
#include "ktext.h"

char _license[] SEC("license") = "GPL";

struct ktext_state {
	__u32 reg[8];
	char text[KTEXT_MAX];
	char expected[KTEXT_MAX];
};

#define REG(s, which) ((s)->reg[(which) / 4])

/* Text number @n of a kind: room for it, what is returned, what it is, and how it is made */
#define TEXT(size, ret, want, fmt, args...)					\
do {										\
	if (nr == n++) {							\
		expect(s, size, ret, want, sizeof(want));			\
		REG(s, KTEXT_RESULT) = mdev_bpf_format(s->text, size, fmt, ##args); \
	}									\
} while (0)

static __always_inline void expect(struct ktext_state *s, __u32 room, __s32 ret, const char *want,
				   __u32 size)
{
	REG(s, KTEXT_NONE) = 0;
	REG(s, KTEXT_ROOM) = room;
	REG(s, KTEXT_WANTED) = ret;
	__builtin_memcpy(s->expected, want, size);
}

static void good(struct ktext_state *s, __u32 nr)
{
	__u32 n = 0;

	TEXT(64, 10, "no numbers", "no numbers");
	TEXT(64, 0, "", "");
	TEXT(64, 4, "100%", "100%%");
	TEXT(64, 2, "-1", "%d", -1);
	TEXT(64, 2, "-1", "%i", -1);
	TEXT(64, 10, "4294967295", "%u", ~0ULL);
	TEXT(64, 2, "-1", "%ld", ~0ULL);
	TEXT(64, 20, "18446744073709551615", "%llu", ~0ULL);
	TEXT(64, 2, "-1", "%hhd", 0x1ff);
	TEXT(64, 2, "ab", "%hhx", 0x1ab);
	TEXT(64, 6, "-28672", "%hd", 0x19000);
	TEXT(64, 5, "36864", "%hu", 0x19000);
	TEXT(64, 4, "0xff", "%#x", 255);
	TEXT(64, 8, "0000BEEF", "%08X", 0xbeef);
	TEXT(64, 3, "010", "%#o", 8);
	TEXT(64, 7, "42    |", "%-6d|", 42);
	TEXT(64, 6, "+7,  7", "%+d,% 3d", 7, 7);
	TEXT(64, 6, "+00007", "%+06d", 7);
	TEXT(64, 2, "ok", "%c%c", 'o', 'k');
	TEXT(64, 11, "1 2 3 4 5 6", "%d %d %d %d %d %d", 1, 2, 3, 4, 5, 6);
	/* A number that is behind the last conversion is nobody's. */
	TEXT(64, 1, "1", "%d", 1, 2);
}

/* Where there is no room for all of it */
static void cut(struct ktext_state *s, __u32 nr)
{
	__u32 n = 0;

	TEXT(1, 0, "", "text");
	TEXT(1, 0, "", "%d", 5);
	TEXT(4, 3, "123", "%d", 123456);
	TEXT(4, 3, "tex", "text");
	TEXT(4, 3, "  1", "%3d%d", 1, 2);
	TEXT(5, 4, "a%b1", "a%%b%d", 123);
}

/* What is not a conversion, or has no number: the text ends before it. */
static void refused(struct ktext_state *s, __u32 nr)
{
	__u32 n = 0;

	TEXT(64, -EINVAL, "a", "a%s", 0);
	TEXT(64, -EINVAL, "a", "a%p", 0);
	TEXT(64, -EINVAL, "a", "a%pK", 0);
	TEXT(64, -EINVAL, "a", "a%n", 0);
	TEXT(64, -EINVAL, "a", "a%f", 0);
	TEXT(64, -EINVAL, "a", "a%y", 0);
	TEXT(64, -EINVAL, "a", "a%*d", 1, 2);
	TEXT(64, -EINVAL, "a", "a%.3d", 1);
	TEXT(64, -EINVAL, "a", "a%100d", 1);
	TEXT(64, -EINVAL, "a", "a%00000000d", 1);
	TEXT(64, -EINVAL, "a", "a%llld", 1);
	TEXT(64, -EINVAL, "a", "a%hhhd", 1);
	TEXT(64, -EINVAL, "a", "a%lhd", 1);
	TEXT(64, -EINVAL, "a", "a%zd", 1);
	TEXT(64, -EINVAL, "a", "a%", 1);
	TEXT(64, -EINVAL, "a", "a%5", 1);
	TEXT(64, -EINVAL, "a", "a%ll", 1);
	TEXT(64, -EINVAL, "1 ", "%d %s", 1, 2);
	TEXT(64, -EINVAL, "1 ", "%d %d", 1);
	TEXT(64, -EINVAL, "", "%d");
}

/* As long as a text can be, with more room than that */
static void longest(struct ktext_state *s)
{
	REG(s, KTEXT_NONE) = 0;
	REG(s, KTEXT_ROOM) = MDEV_BPF_MAX_TEXT;
	REG(s, KTEXT_WANTED) = MDEV_BPF_MAX_TEXT - 1;
	__builtin_memset(s->expected, ' ', MDEV_BPF_MAX_TEXT - 1);
	REG(s, KTEXT_RESULT) = mdev_bpf_format(s->text, sizeof(s->text),
					       "%99c%99c%99c%99c%99c%99c",
					       ' ', ' ', ' ', ' ', ' ', ' ');
}

/* Line number @n: as it is printed, and as it is traced */
#define LINE(line, want)							\
do {										\
	if (nr == n++) {							\
		expect(s, sizeof(line), 0, want, sizeof(want));			\
		__builtin_memcpy(s->text, line, sizeof(line));			\
		REG(s, KTEXT_RESULT) = mdev_bpf_print(dev, s->text, sizeof(line)); \
	}									\
} while (0)

#define LONG_LINE	300

static void lines(struct mdev_bpf_dev *dev, struct ktext_state *s, __u32 nr)
{
	__u32 n = 0;

	LINE("line 1", "line 1");
	LINE("", "");
	LINE("no %s %d", "no %s %d");
	LINE("a\nb\tc\x1b[2Jd\x80\xff.", "a b c [2Jd  .");
	LINE("ends\0 here", "ends");
	if (nr == n++) {
		expect(s, LONG_LINE, 0, "", 1);
		__builtin_memset(s->expected, 'x', MDEV_BPF_MAX_REASON - 1);
		__builtin_memset(s->text, 'x', LONG_LINE);
		REG(s, KTEXT_RESULT) = mdev_bpf_print(dev, s->text, LONG_LINE);
	}
	if (nr == n++) {
		expect(s, 0, 0, "value 0x2a", sizeof("value 0x2a"));
		REG(s, KTEXT_RESULT) = mdev_bpf_printk(dev, "value %#x", 42);
	}
	if (nr == n++) {
		expect(s, 0, 0, "value ", sizeof("value "));
		REG(s, KTEXT_RESULT) = mdev_bpf_printk(dev, "value %s", 42);
	}
}

static void go(struct mdev_bpf_dev *dev, struct ktext_state *s, __u32 kind, __u32 nr)
{
	__builtin_memset(s->text, KTEXT_UNUSED, sizeof(s->text));
	__builtin_memset(s->expected, 0, sizeof(s->expected));
	REG(s, KTEXT_NONE) = 1;
	if (kind == KTEXT_GOOD)
		good(s, nr);
	else if (kind == KTEXT_CUT && nr)
		cut(s, nr - 1);
	else if (kind == KTEXT_CUT)
		longest(s);
	else if (kind == KTEXT_REFUSED)
		refused(s, nr);
	else
		lines(dev, s, nr);
}

int MDEV_BPF_OP(ktext_write, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct ktext_state *s = mdev_bpf_state(dev, struct ktext_state);

	if (!s)
		return -EIO;
	go(dev, s, a->val >> 8, a->val & 0xff);
	return 0;
}

int MDEV_BPF_OP(ktext_read, struct mdev_bpf_dev *dev, struct mdev_bpf_access *a)
{
	struct ktext_state *s = mdev_bpf_state(dev, struct ktext_state);

	if (!s)
		return -EIO;
	if (a->offset < KTEXT_TEXT)
		a->val = s->reg[a->offset / 4 & 7];
	else if (a->offset < KTEXT_EXPECTED)
		a->val = s->text[a->offset & (KTEXT_MAX - 1)];
	else
		a->val = s->expected[a->offset & (KTEXT_MAX - 1)];
	return 0;
}

MDEV_BPF_DEVICE(ktext,
		.types = { { .name = "1" } },
		.state_size = sizeof(struct ktext_state),
		.pci = { .vendor = 0x1234, .device = 0x0010, .class_code = 0xff0000 },
		.regions = { { .size = KTEXT_SIZE, .flags = MDEV_BPF_REGION_RW } },
		.region_read = ktext_read,
		.region_write = ktext_write);
