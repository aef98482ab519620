// SPDX-License-Identifier: GPL-2.0-only
/* Registers that the module must refuse, and what is just not refused. */
#include <stdio.h>
#include <string.h>

#include "dev.h"
#include "progs/kbell.h"
#include "progs/kreg.h"
#include "wrong.h"

#define KREG	"progs/kreg.bpf.o"

/* The first row that kreg.bpf.c leaves empty */
#define FREE	(KREG_ROW_ONLY_B + 1)

/* A change of one row, for struct wrong */
#define ROW(fn, i, statement) \
WRONG(fn, struct mdev_bpf_register *r = &ops->registers[i]; statement)

ROW(name_dash, KREG_ROW_CTRL, r->name[0] = '-')
ROW(name_blank, KREG_ROW_CTRL, r->name[1] = ' ')
ROW(name_digit, KREG_ROW_CTRL, r->name[0] = '7')
ROW(name_umlaut, KREG_ROW_CTRL, r->name[0] = '\xe4')
ROW(name_endless, KREG_ROW_CTRL, memset(r->name, 'x', sizeof(r->name)))
ROW(name_twice, KREG_ROW_STATUS, memcpy(r->name, "CTRL", 5))
ROW(name_of_all, KREG_ROW_ONLY_B, memcpy(r->name, "ID", 3))
ROW(name_gap, FREE + 1, memcpy(r->name, "BEHIND", 7))
ROW(name_gone, 0, r->name[0] = 0)
ROW(name_late, MDEV_BPF_MAX_REGISTERS - 1, r->write_call = 1)
ROW(types, KREG_ROW_CTRL, r->types = 4)

static const struct wrong wrong_names[] = {
	{ name_dash, -EINVAL,
	  "registers[1].name must be 1 to 15 of A-Z a-z 0-9 _, no digit first" },
	{ name_blank, -EINVAL, "registers[1].name must be 1 to 15" },
	{ name_digit, -EINVAL, "registers[1].name must be 1 to 15" },
	{ name_umlaut, -EINVAL, "registers[1].name must be 1 to 15" },
	{ name_endless, -EINVAL, "registers[1].name must be 1 to 15" },
	{ name_twice, -EINVAL, "registers[2] \"CTRL\" has the name of registers[1]" },
	{ name_of_all, -EINVAL, "registers[10] \"ID\" has the name of registers[0]" },
	{ name_gap, -EINVAL, "registers[11] has no name, but it or a later row is not empty" },
	{ name_gone, -EINVAL, "registers[0] has no name, but it or a later row is not empty" },
	{ name_late, -EINVAL, "registers[11] has no name, but it or a later row is not empty" },
	{ types, -EINVAL, "registers[1].types 0x4 names a type above the last, 1" },
};

MTAP_TEST(names)
{
	expect_wrong(KREG, wrong_names, ARRAY_SIZE(wrong_names));
}

ROW(count_large, KREG_ROW_TAIL, r->count = 65537)
ROW(count_huge, KREG_ROW_TAIL, r->count = 0xffffffff)
ROW(flag_next, KREG_ROW_CTRL, r->flags = MDEV_BPF_REGISTER_QUEUE << 1)
ROW(flag_last, KREG_ROW_PORT, r->flags |= 1U << 31)
ROW(width_none, KREG_ROW_CTRL, r->width = 0)
ROW(width_odd, KREG_ROW_CTRL, r->width = 3)
ROW(width_large, KREG_ROW_WIDE, r->width = 16)
ROW(offset_odd, KREG_ROW_CTRL, r->offset = 6)
ROW(stride_odd, KREG_ROW_TAIL, r->stride = 6)
ROW(stride_narrow, KREG_ROW_TAIL, r->stride = 2)
ROW(state_stride_odd, KREG_ROW_TAIL, r->state_stride = 10)
ROW(state_odd, KREG_ROW_CTRL, r->state = 2)

static const struct wrong wrong_shapes[] = {
	{ count_large, -EINVAL, "registers[9] \"TAIL\".count 65537 is more than 65536" },
	{ count_huge, -EINVAL, "registers[9] \"TAIL\".count 4294967295 is more than 65536" },
	{ flag_next, -EOPNOTSUPP, "registers[1] \"CTRL\".flags 0x20 are not supported" },
	{ flag_last, -EOPNOTSUPP, "registers[4] \"PORT\".flags 0x80000000 are not supported" },
	{ width_none, -EINVAL, "registers[1] \"CTRL\".width 0 is not 1, 2, 4 or 8" },
	{ width_odd, -EINVAL, "registers[1] \"CTRL\".width 3 is not 1, 2, 4 or 8" },
	{ width_large, -EINVAL, "registers[7] \"WIDE\".width 16 is not 1, 2, 4 or 8" },
	{ offset_odd, -EINVAL, "registers[1] \"CTRL\".offset 0x6 is no multiple of width 4" },
	{ stride_odd, -EINVAL,
	  "registers[9] \"TAIL\": stride or state_stride is no multiple of width 4" },
	{ stride_narrow, -EINVAL,
	  "registers[9] \"TAIL\": stride or state_stride is no multiple of width 4" },
	{ state_stride_odd, -EINVAL,
	  "registers[9] \"TAIL\": stride or state_stride is no multiple of width 4" },
	{ state_odd, -EINVAL, "registers[1] \"CTRL\".state 2 is no multiple of width 4" },
};

MTAP_TEST(shapes)
{
	expect_wrong(KREG, wrong_shapes, ARRAY_SIZE(wrong_shapes));
}

/* CTRL in two pages of memory, of which @size bytes at @window are the program's */
static struct mdev_bpf_register *in_memory(struct mdev_bpf_ops *ops, __u32 window, __u32 size)
{
	*ops_region(ops, 9) = (struct mdev_bpf_region){
		.index = 9,
		.size = 0x2000,
		.flags = MDEV_BPF_REGION_RW | MDEV_BPF_REGION_MEMORY,
		.trap_offset = window,
		.trap_size = size,
	};
	ops->registers[KREG_ROW_CTRL].region = 9;
	return &ops->registers[KREG_ROW_CTRL];
}

/* One vector, with its table and its pending bits in BAR0 */
static void msix(struct mdev_bpf_ops *ops, __u32 table, __u32 pba)
{
	ops_irq(ops, 2)->count = 1;
	ops_irq(ops, 2)->table = table;
	ops_irq(ops, 2)->pba = pba;
}

ROW(region_none, KREG_ROW_CTRL, r->region = 5)
ROW(region_config, KREG_ROW_CTRL, r->region = 7)
ROW(region_far, KREG_ROW_CTRL, r->region = 16)
ROW(region_huge, KREG_ROW_CTRL, r->region = 0xffffffff)
ROW(behind, KREG_ROW_CTRL, r->offset = KREG_SIZE)
ROW(behind_far, KREG_ROW_CTRL, r->offset = 0xfffffffc)
ROW(behind_last, KREG_ROW_TAIL, r->count = 17)
ROW(behind_stride, KREG_ROW_TAIL, r->count = 65536; r->stride = 0xfffffffc)
WRONG(memory, in_memory(ops, 0, 0))
WRONG(memory_behind, in_memory(ops, 0, 0x1000)->offset = 0x1000)
WRONG(memory_before, in_memory(ops, 0x1000, 0x1000)->offset = 0xffc)
WRONG(memory_last, in_memory(ops, 0, 0x1000)->offset = 0xffc; ops->registers[1].count = 2)
WRONG(msix_table, msix(ops, 0, 0x180))
WRONG(msix_pba, msix(ops, 0x180, KREG_STAMP))
WRONG(msix_between, msix(ops, 0x180, KREG_TAIL + 8))

static const struct wrong wrong_places[] = {
	{ region_none, -EINVAL, "registers[1] \"CTRL\".region 5: there is no such region" },
	{ region_config, -EINVAL, "registers[1] \"CTRL\".region 7: there is no such region" },
	{ region_far, -EINVAL, "registers[1] \"CTRL\".region 16: there is no such region" },
	{ region_huge, -EINVAL, "registers[1] \"CTRL\".region 4294967295: there is no such" },
	{ behind, -EINVAL,
	  "registers[1] \"CTRL\": its end, 0x204, is behind that of regions[0], 0x200" },
	{ behind_far, -EINVAL, "registers[1] \"CTRL\": its end, 0x100000000, is behind" },
	{ behind_last, -EINVAL, "registers[9] \"TAIL\": its end, 0x204, is behind" },
	{ behind_stride, -EINVAL, "registers[9] \"TAIL\": its end, 0xfffefffc0108, is behind" },
	{ memory, -EINVAL, "registers[1] \"CTRL\" is in the memory of regions[1]" },
	{ memory_behind, -EINVAL, "registers[1] \"CTRL\" is in the memory of regions[1]" },
	{ memory_before, -EINVAL, "registers[1] \"CTRL\" is in the memory of regions[1]" },
	{ memory_last, -EINVAL, "registers[1] \"CTRL\" is in the memory of regions[1]" },
	{ msix_table, -EINVAL, "registers[0] \"ID\" is in the table or pba of MSI-X" },
	{ msix_pba, -EINVAL, "registers[8] \"STAMP\" is in the table or pba of MSI-X" },
	{ msix_between, -EINVAL, "registers[9] \"TAIL\" is in the table or pba of MSI-X" },
};

MTAP_TEST(places)
{
	expect_wrong(KREG, wrong_places, ARRAY_SIZE(wrong_places));
}

#define BELL	MDEV_BPF_REGISTER_DOORBELL

/* kbell.bpf.c, because a doorbell needs the op work */
enum { BELL_A, BELL_B, BELL_TAIL, BELL_PORT, BELL_FREE };

ROW(bell_calls, BELL_A, r->flags |= MDEV_BPF_REGISTER_WRITE_CALL)
ROW(bell_calls_for, BELL_A, r->write_call = 1)
ROW(bell_clears, BELL_A, r->write = 0; r->write_one_clear = 1)
ROW(bell_read_only, BELL_B, r->region = KBELL_RO)
ROW(bell_work, BELL_A, r->work = 64)
ROW(bell_work_huge, BELL_TAIL, r->work = 0xffffffff)
ROW(bell_work_last, BELL_TAIL, r->work++)
ROW(bell_none, BELL_PORT, r->flags = 0)
WRONG(bell_without_work, ops->work = NULL)
ROW(bell_on_bell, BELL_B, r->offset = KBELL_TAIL)

/* Another array of @count, so that there are more than there can be */
static void more_bells(struct mdev_bpf_ops *ops, __u32 count)
{
	ops->registers[BELL_FREE] = (struct mdev_bpf_register){
		.name = "MORE", .region = KBELL_BAR, .offset = 0x300, .width = 1,
		.count = 36, .flags = BELL, .write = 1,
	};
	ops->registers[BELL_FREE + 1] = ops->registers[BELL_FREE];
	memcpy(ops->registers[BELL_FREE + 1].name, "MOST", 5);
	ops->registers[BELL_FREE + 1].offset = 0x330;
	ops->registers[BELL_FREE + 1].count = count;
}

/* A, 54 of TAIL and PORT are 56, and 36 of MORE make 92 */
WRONG(bell_many, more_bells(ops, 37))

static const struct wrong wrong_bells[] = {
	{ bell_calls, -EINVAL,
	  "registers[0] \"A\" is a DOORBELL, so its writes queue work and call no op" },
	{ bell_calls_for, -EINVAL, "registers[0] \"A\" is a DOORBELL, so its writes queue" },
	{ bell_clears, -EINVAL, "registers[0] \"A\" is a DOORBELL, so it has no write_one_clear" },
	{ bell_read_only, -EINVAL,
	  "registers[1] \"B\" is a DOORBELL, but regions[3] cannot be written" },
	{ bell_work, -EINVAL, "registers[0] \"A\".work: its last work, 64, is not below 64" },
	{ bell_work_huge, -EINVAL, "registers[2] \"TAIL\".work: its last work, 4294967348, is" },
	{ bell_work_last, -EINVAL, "registers[2] \"TAIL\".work: its last work, 64, is not" },
	{ bell_none, -EINVAL, "registers[3] \"PORT\".work is 7, but it is no DOORBELL" },
	{ bell_without_work, -EINVAL, "registers[0] \"A\" queues work, but there is no work" },
	{ bell_on_bell, -EINVAL, "registers[2] \"TAIL\" overlaps registers[1] \"B\"" },
	{ bell_many, -EINVAL,
	  "registers[5] \"MOST\": with it, 129 DOORBELLs keep values, more than 128" },
};

/* As many doorbells as there can be: the last one works like the first. */
static void most_doorbells(void)
{
	__u64 off = 0x330 + 35;

	ASSERT_EQ(prog_open(&dev_prog2, "progs/kbell.bpf.o", "kbell"), 0);
	more_bells(prog_ops(&dev_prog2), 36);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("kbell-a");
	dev_set(KBELL_BAR, off, 1, 1);
	EXPECT_EQ(dev_get(KBELL_BAR, off, 1), 1);
	EXPECT(mtap_await(dev_get(0, KBELL_WORKS + 4 * 35, 4) == 1));
}

MTAP_TEST(doorbells)
{
	expect_wrong("progs/kbell.bpf.o", wrong_bells, ARRAY_SIZE(wrong_bells));
	most_doorbells();
}

ROW(const_state, KREG_ROW_ID, r->state = 4)
ROW(const_state_stride, KREG_ROW_ID, r->state_stride = 4)
ROW(const_write, KREG_ROW_ID, r->write = 1)
ROW(const_clear, KREG_ROW_ID, r->write_one_clear = 1)
ROW(const_read, KREG_ROW_ID, r->read_clear = 1)
ROW(state_behind, KREG_ROW_CTRL, r->state = 1 << 20)
ROW(state_last, KREG_ROW_TAIL, r->state = 0; r->state_stride = 1 << 20)
ROW(state_far, KREG_ROW_CTRL, r->state = 0xfffffffc)
WRONG(state_none, ops->state_size = 0)

static const struct wrong wrong_states[] = {
	{ const_state, -EINVAL, "registers[0] \"ID\" is CONST, so it has no state" },
	{ const_state_stride, -EINVAL, "registers[0] \"ID\" is CONST, so it has no state" },
	{ const_write, -EINVAL, "registers[0] \"ID\" is CONST, but has bits that change" },
	{ const_clear, -EINVAL, "registers[0] \"ID\" is CONST, but has bits that change" },
	{ const_read, -EINVAL, "registers[0] \"ID\" is CONST, but has bits that change" },
	{ state_behind, -EINVAL,
	  "registers[1] \"CTRL\".state: its end, 1048580, is behind that of the state, " },
	{ state_last, -EINVAL, "registers[9] \"TAIL\".state: its end, 3145732, is behind" },
	{ state_far, -EINVAL, "registers[1] \"CTRL\".state: its end, 4294967296, is behind" },
	{ state_none, -EINVAL,
	  "registers[1] \"CTRL\".state: its end, 4, is behind that of the state, 0" },
};

MTAP_TEST(states)
{
	expect_wrong(KREG, wrong_states, ARRAY_SIZE(wrong_states));
}

/* No row calls an op any more; returns the first. */
static struct mdev_bpf_register *call_nothing(struct mdev_bpf_ops *ops)
{
	unsigned int i;

	for (i = 0; i < FREE; i++) {
		ops->registers[i].flags &= MDEV_BPF_REGISTER_CONST;
		ops->registers[i].read_call = 0;
		ops->registers[i].write_call = 0;
	}
	ops->region_read = NULL;
	ops->region_write = NULL;
	return ops->registers;
}

ROW(wide_reset, KREG_ROW_PORT, r->reset = 0x100)
ROW(wide_write, KREG_ROW_PORT, r->write = 0x100)
ROW(wide_clear, KREG_ROW_SMALL, r->write_one_clear = 0x10000)
ROW(wide_read_clear, KREG_ROW_SMALL, r->read_clear = 0x10000)
ROW(wide_read_call, KREG_ROW_CTRL, r->read_call = 1ULL << 32)
ROW(wide_write_call, KREG_ROW_CTRL, r->write_call = 1ULL << 63)
ROW(both, KREG_ROW_STATUS, r->write = 0x103)
WRONG(read_bits, ops->region_read = NULL)
WRONG(read_flag, call_nothing(ops)[KREG_ROW_WIDE].flags = MDEV_BPF_REGISTER_READ_CALL)
WRONG(write_bits, ops->region_write = NULL)
WRONG(write_flag, call_nothing(ops)[KREG_ROW_ID].flags |= MDEV_BPF_REGISTER_WRITE_CALL)

static const struct wrong wrong_bits[] = {
	{ wide_reset, -EINVAL,
	  "registers[4] \"PORT\": its masks or reset have bits above those of width 1" },
	{ wide_write, -EINVAL, "registers[4] \"PORT\": its masks or reset have bits above" },
	{ wide_clear, -EINVAL, "registers[6] \"SMALL\": its masks or reset have bits above" },
	{ wide_read_clear, -EINVAL, "registers[6] \"SMALL\": its masks or reset have bits" },
	{ wide_read_call, -EINVAL, "registers[1] \"CTRL\": its masks or reset have bits" },
	{ wide_write_call, -EINVAL, "registers[1] \"CTRL\": its masks or reset have bits" },
	{ both, -EINVAL,
	  "registers[2] \"STATUS\": bits 0x3 are both in write and in write_one_clear" },
	{ read_bits, -EINVAL, "registers[3] \"CAUSE\" calls region_read, but there is none" },
	{ read_flag, -EINVAL, "registers[7] \"WIDE\" calls region_read, but there is none" },
	{ write_bits, -EINVAL, "registers[1] \"CTRL\" calls region_write, but there is none" },
	{ write_flag, -EINVAL, "registers[0] \"ID\" calls region_write, but there is none" },
};

MTAP_TEST(bits)
{
	expect_wrong(KREG, wrong_bits, ARRAY_SIZE(wrong_bits));
}

/* Room for far registers; returns the rows. */
static struct mdev_bpf_register *large(struct mdev_bpf_ops *ops)
{
	ops_region(ops, 0)->size = 1 << 20;
	ops->state_size = 1 << 20;
	return ops->registers;
}

ROW(same_place, KREG_ROW_STATUS, r->offset = KREG_CTRL)
ROW(within, KREG_ROW_PLAIN, r->offset = KREG_CTRL + 3)
ROW(around, KREG_ROW_WIDE, r->offset = KREG_PORT)
ROW(of_array, KREG_ROW_SMALL, r->offset = KREG_TAIL + 3 * KREG_TAIL_STRIDE + 2)
ROW(of_type, KREG_ROW_ONLY_B, r->offset = KREG_STATUS)
WRONG(extent, large(ops)[KREG_ROW_CTRL].offset = 0x10000)
WRONG(extent_last, large(ops)[KREG_ROW_TAIL].count = 4081)

static const struct wrong wrong_neighbours[] = {
	{ same_place, -EINVAL, "registers[2] \"STATUS\" overlaps registers[1] \"CTRL\"" },
	{ within, -EINVAL, "registers[5] \"PLAIN\" overlaps registers[1] \"CTRL\"" },
	{ around, -EINVAL, "registers[7] \"WIDE\" overlaps registers[4] \"PORT\"" },
	{ of_array, -EINVAL, "registers[9] \"TAIL\" overlaps registers[6] \"SMALL\"" },
	{ of_type, -EINVAL, "registers[10] \"ONLY_B\" overlaps registers[2] \"STATUS\"" },
	{ extent, -EINVAL,
	  "\"CTRL\": its end, 0x10004, is behind 0x10000, with registers of width 1" },
	{ extent_last, -EINVAL, "registers[9] \"TAIL\": its end, 0x10004, is behind 0x10000" },
};

MTAP_TEST(neighbours)
{
	expect_wrong(KREG, wrong_neighbours, ARRAY_SIZE(wrong_neighbours));
}

static struct mdev_bpf_ops *begin(void)
{
	ASSERT_EQ(prog_open(&dev_prog2, KREG, "kreg"), 0);
	return prog_ops(&dev_prog2);
}

static void attach(void)
{
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	if (prog_attach(&dev_prog2))
		mtap_fail(__FILE__, __LINE__, "refused: %s", why_refused());
}

/* A region with registers needs no ops: what is no register there is nothing. */
MTAP_TEST(without_ops)
{
	call_nothing(begin());
	attach();
	dev_open("kreg-a");
	EXPECT_EQ(dev_get(0, KREG_CTRL, 4), KREG_CTRL_RESET);
	dev_set(0, KREG_OTHER, 4, 0x55);
	EXPECT_EQ(dev_get(0, KREG_OTHER, 4), 0);
	EXPECT_EQ(dev_get(0, KREG_SIZE - 8, 8), 0);
}

static void other_region(struct mdev_bpf_ops *ops, __u32 flags)
{
	call_nothing(ops);
	ops_region(ops, 2)->size = 16;
	ops_region(ops, 2)->flags = flags;
}

WRONG(other_read, other_region(ops, MDEV_BPF_REGION_READ))
WRONG(other_write, other_region(ops, MDEV_BPF_REGION_WRITE))

static const struct wrong wrong_regions[] = {
	{ other_read, -EINVAL, "regions[1] is readable, but there is no region_read" },
	{ other_write, -EINVAL, "regions[1] is writable, but there is no region_write" },
};

MTAP_TEST(other_regions_need_them)
{
	expect_wrong(KREG, wrong_regions, ARRAY_SIZE(wrong_regions));
}

/* As many rows as there can be, up to the end of the region */
MTAP_TEST(most_rows)
{
	struct mdev_bpf_ops *ops = begin();
	unsigned int i;

	ops_region(ops, 0)->size = 0x400;
	for (i = FREE; i < MDEV_BPF_MAX_REGISTERS; i++) {
		struct mdev_bpf_register *r = &ops->registers[i];

		snprintf(r->name, sizeof(r->name), "Row_%u", i);
		r->offset = 0x400 - 2 * (i - FREE + 1);
		r->width = 2;
		r->flags = MDEV_BPF_REGISTER_CONST;
		r->reset = i;
	}
	attach();
	dev_open("kreg-a");
	for (i = FREE; i < MDEV_BPF_MAX_REGISTERS; i++)
		EXPECT_EQ(dev_get(0, 0x400 - 2 * (i - FREE + 1), 2), i);
}

/* As many registers of one byte as a region can have */
MTAP_TEST(most_registers)
{
	struct mdev_bpf_ops *ops = begin();
	struct mdev_bpf_register *r = &ops->registers[FREE];

	ops_region(ops, 9)->size = 0x20000;
	ops_region(ops, 9)->flags = MDEV_BPF_REGION_RW;
	ops->state_size = 0x1000 + 0x10000;
	*r = (struct mdev_bpf_register){
		.name = "FifteenLetters_", .region = 9, .width = 1, .count = 65536,
		.state = 0x1000, .write = 0xff, .reset = 0x5a,
	};
	attach();
	dev_open("kreg-a");
	dev_set(9, 0xfffe, 1, 0xa5);
	EXPECT_EQ(dev_get(9, 0xfffc, 4), 0x5aa55a5a);
	EXPECT_EQ(dev_get(9, 0x10000, 4), 0);
}

/* One array between the other: like the head and tail of each of many queues */
MTAP_TEST(interleaved)
{
	struct mdev_bpf_ops *ops = begin();
	struct mdev_bpf_register *r = &ops->registers[FREE];
	unsigned int i;

	*r = ops->registers[KREG_ROW_TAIL];
	memcpy(r->name, "HEAD", 5);
	r->offset += 8;
	r->state -= 4;
	r->write_call = 0;
	attach();
	dev_open("kreg-a");
	for (i = 0; i < KREG_TAILS; i++)
		dev_set(0, KREG_TAIL + 8 + i * KREG_TAIL_STRIDE, 4, 0x10 + i);
	for (i = 0; i < KREG_TAILS; i++) {
		EXPECT_EQ(dev_get(0, KREG_TAIL + 8 + i * KREG_TAIL_STRIDE, 4), 0x10 + i);
		EXPECT_EQ(dev_get(0, KREG_TAIL + i * KREG_TAIL_STRIDE, 4), 7);
	}
}

/* The same name in the same place, in devices of other types */
MTAP_TEST(same_for_each_type)
{
	struct mdev_bpf_ops *ops = begin();
	struct mdev_bpf_register *r = &ops->registers[FREE];

	*r = ops->registers[KREG_ROW_ONLY_B];
	r->types = 1;
	r->reset = 0xa;
	attach();
	dev_open("kreg-a");
	EXPECT_EQ(dev_get(0, KREG_ONLY_B, 4), 0xa);
	vfio_close(&dev);
	mdev_remove_all();
	dev_open("kreg-b");
	EXPECT_EQ(dev_get(0, KREG_ONLY_B, 4), KREG_ONLY_B_VALUE);
}

/* In the window of a memory region, to its last byte */
MTAP_TEST(in_window)
{
	struct mdev_bpf_ops *ops = begin();

	in_memory(ops, 0x1000, 0x1000)->offset = 0x1ffc;
	attach();
	dev_open("kreg-a");
	EXPECT_EQ(dev_get(9, 0x1ffc, 4), KREG_CTRL_RESET);
	dev_set(9, 0x1ffc, 4, 0x30);
	EXPECT_EQ(dev_get(9, 0x1ffc, 4), (KREG_CTRL_RESET & 0xffff0000) | 0x30);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .after = dev_close,
};
