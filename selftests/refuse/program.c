// SPDX-License-Identifier: GPL-2.0-only
/* Programs that the verifier or the module must refuse, and their messages. */
#include <stdio.h>
#include <string.h>

#include "dev.h"
#include "wrong.h"

#define BAD	"progs/bad.bpf.o"

static void expect_verifier(const char *map, const char *why)
{
	expect_not_loaded(BAD, map, why);
}

MTAP_TEST(good_one)
{
	struct mdev m = mdev_uuid(1);

	ASSERT_EQ(prog_open(&dev_prog2, BAD, "good"), 0);
	EXPECT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(prog_attach(&dev_prog2), 0);
	EXPECT_EQ(mdev_create(&m, "bad-1"), 0);
}

MTAP_TEST(read_only_members)
{
	expect_verifier("write_offset", "read-only");
	expect_verifier("write_size", "read-only");
	expect_verifier("write_dev", "read-only");
	expect_verifier("write_genuine", "read-only");
	expect_verifier("write_cmd", "read-only");
}

MTAP_TEST(past_context)
{
	expect_verifier("write_past_val", "read-only");
	expect_verifier("read_past_context", "beyond struct mdev_bpf_access");
}

/* "STRUCT mdev_bpf_dev must point to scalar", and "expected STRUCT mdev_bpf_dev" since 7.3 */
MTAP_TEST(kfunc_of_another_op)
{
	expect_verifier("ioctl_data_of_access", "expected pointer to STRUCT mdev_bpf_ioctl");
	expect_verifier("irq_of_access", "expected pointer to STRUCT mdev_bpf_dev");
	expect_verifier("irq_of_null", "NULL pointer passed to trusted");
	expect_verifier("irq_of_state", "STRUCT mdev_bpf_dev");
	expect_verifier("irq_of_stack", "STRUCT mdev_bpf_dev");
	expect_verifier("ioctl_data_of_stack", "STRUCT mdev_bpf_ioctl");
	expect_verifier("dump_of_access", "expected pointer to STRUCT mdev_bpf_dump");
	expect_verifier("dump_of_stack", "STRUCT mdev_bpf_dump");
	expect_verifier("fail_of_access", "expected pointer to STRUCT mdev_bpf_dev");
	expect_verifier("fail_past_text", "invalid");
}

MTAP_TEST(old_state_of_another_op)
{
	expect_verifier("old_data_of_access", "expected pointer to STRUCT mdev_bpf_old");
	expect_verifier("old_data_of_dev", "expected pointer to STRUCT mdev_bpf_old");
	expect_verifier("old_data_of_stack", "STRUCT mdev_bpf_old");
	expect_verifier("upgrade_ioctl", "expected pointer to STRUCT mdev_bpf_ioctl");
}

MTAP_TEST(upgrade_acts_on_nothing)
{
	expect_verifier("upgrade_irq", "mdev_bpf_irq_set is not allowed");
	expect_verifier("upgrade_message", "mdev_bpf_irq_trigger is not allowed");
	expect_verifier("upgrade_timer", "mdev_bpf_timer_arm is not allowed");
	expect_verifier("upgrade_cancel", "mdev_bpf_timer_cancel is not allowed");
	expect_verifier("upgrade_work", "mdev_bpf_work_queue is not allowed");
	expect_verifier("upgrade_config", "mdev_bpf_config_write is not allowed");
	expect_verifier("upgrade_dma", "mdev_bpf_request is not allowed");
	expect_verifier("upgrade_pinned", "mdev_bpf_dma_get is not allowed");
	expect_verifier("upgrade_fail", "mdev_bpf_fail is not allowed");
	expect_verifier("upgrade_hidden", "mdev_bpf_irq_set is not allowed");
}

MTAP_TEST(old_state_is_read_only)
{
	expect_verifier("write_old", "cannot write into rdonly_mem");
	expect_verifier("write_version", "read-only");
	expect_verifier("write_old_genuine", "read-only");
	expect_verifier("old_unchecked", "mem_or_null");
	expect_verifier("old_past_size", "invalid access to memory, mem_size=8");
	expect_verifier("old_any_size", "const");
	ASSERT_EQ(prog_open(&dev_prog2, BAD, "upgrade_good"), 0);
	EXPECT_EQ(prog_load(&dev_prog2), 0);
}

MTAP_TEST(state)
{
	expect_verifier("state_unchecked", "mem_or_null");
	expect_verifier("state_past_size", "invalid access to memory, mem_size=8");
	expect_verifier("state_index", "unbounded");
	expect_verifier("state_any_size", "const");
}

MTAP_TEST(dma)
{
	expect_verifier("dma_of_access", "expected pointer to STRUCT mdev_bpf_dev");
	expect_verifier("dma_of_stack", "STRUCT mdev_bpf_dev");
	expect_verifier("pin_of_state", "STRUCT mdev_bpf_dev");
	expect_verifier("dma_of_range", "expected pointer to STRUCT mdev_bpf_dev");
	expect_verifier("pinned_unchecked", "mem_or_null");
	expect_verifier("pinned_past_size", "invalid access to memory, mem_size=8");
	expect_verifier("write_dma", "read-only");
	expect_verifier("upgrade_dma_read", "mdev_bpf_request is not allowed");
	expect_verifier("stream_of_stack", "STRUCT mdev_bpf_stream");
	expect_verifier("stream_of_access", "expected pointer to STRUCT mdev_bpf_stream");
	expect_verifier("write_stream", "read-only");
}

MTAP_TEST(state_too_large)
{
	ASSERT_EQ(prog_open(&dev_prog2, BAD, "state_too_large"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("bad-1");
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), -ENOSPC);
	/* Declared as large as that, it gets what it asks for. */
	dev_close();
	ASSERT_EQ(prog_open(&dev_prog2, BAD, "state_too_large"), 0);
	prog_ops(&dev_prog2)->state_size++;
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	ASSERT_EQ(prog_attach(&dev_prog2), 0);
	dev_open("bad-1");
	EXPECT_EQ(vfio_get(&dev, 0, 0, 4), 0x600d);
}

MTAP_TEST(memory_of_the_user)
{
	expect_verifier("read_user", "cannot use helper bpf_probe_read_user#");
	expect_verifier("read_user_str", "cannot use helper bpf_probe_read_user_str#");
	expect_verifier("read_kernel", "cannot use helper bpf_probe_read_kernel#");
	expect_verifier("copy_user_str", "attach to unsupported member region_read");
	EXPECT_HAS(why_refused(), "calls bpf_copy_from_user_str(), a function of the kernel");
	expect_verifier("this_task", "cannot use helper bpf_get_current_task#");
}

/* Detaching waits for the program, so the program must not wait for user space. */
MTAP_TEST(sleepable)
{
	ASSERT_EQ(prog_open(&dev_prog2, BAD, "sleepable"), 0);
	EXPECT_EQ(prog_load(&dev_prog2), -EOPNOTSUPP);
	EXPECT_STR(why_refused(), "sleepable_read: ops must not sleep: use SEC(\"struct_ops\")");
}

MTAP_TEST(endless)
{
	expect_verifier("endless", "infinite loop");
}

MTAP_TEST(kfunc_of_another_kind)
{
	struct bpf_program *prog;

	ASSERT_EQ(prog_open(&dev_prog2, BAD, "good"), 0);
	prog = bpf_object__find_program_by_name(dev_prog2.obj, "other_kind");
	ASSERT(prog);
	ASSERT_EQ(bpf_program__set_autoload(prog, true), 0);
	EXPECT(prog_load(&dev_prog2) < 0);
	EXPECT_HAS(prog_log(), "mdev_bpf_irq_mode is not allowed");
}

MTAP_TEST(legacy_section)
{
	ASSERT_EQ(prog_open(&dev_prog2, BAD, "legacy"), 0);
	ASSERT_EQ(prog_load(&dev_prog2), 0);
	EXPECT_EQ(prog_attach(&dev_prog2), -EOPNOTSUPP);
	EXPECT_STR(why_refused(), "bad: put the struct_ops map into \".struct_ops.link\"");
	expect_no_type("bad");
}

MTAP_TEST(second_link)
{
	struct bpf_link *second;

	ASSERT_EQ(prog_up(&dev_prog2, KDEV), 0);
	second = bpf_map__attach_struct_ops(dev_prog2.map);
	EXPECT(!second);
	EXPECT_EQ(errno, EEXIST);
	EXPECT_HAS(why_refused(), "kdev: ");
	/* The first program is not affected. */
	dev_open("kdev-a");
	EXPECT_EQ(dev_ctl(KDEV_CTL_ARG), 0x1234);
	bpf_link__destroy(second);
}

const struct mtap_suite mtap_suite = {
	.setup = dev_need_module, .after = dev_close,
};
