// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault injection for kernels that have none: a kprobe at the entry of a kernel function makes
 * the n-th call of it return at once, with a value of the test's choice.
 *
 *	inject_symbol	name of the function, "" for none
 *	inject_ret	the value, 0 being NULL
 *	inject_stall	instead of failing, the call stalls where it begins: for so many
 *			milliseconds at the most, until this is set to 0
 *	inject_nth	counts calls of the process that wrote it, and no other's; reads as what
 *			is left of it, 0 when the call has been reached
 */

#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "mdev_test.h"

#if defined(CONFIG_X86_64) && defined(CONFIG_KPROBES)

static long inject_ret;
module_param(inject_ret, long, 0644);

static int inject_stall;
module_param(inject_stall, int, 0644);

static char inject_name[64];
static struct kprobe inject_probe;
static bool inject_armed;
static pid_t inject_tgid;
static atomic_t inject_left;

/* Where the function's caller is sent back from. */
static noinline notrace void inject_return(void)
{
	barrier();
}

/* Not asleep: this is a kprobe. */
static void inject_wait(void)
{
	int ms;

	for (ms = 0; ms < READ_ONCE(inject_stall); ms++)
		mdelay(1);
}

NOKPROBE_SYMBOL(inject_wait);

static int inject_entry(struct kprobe *kp, struct pt_regs *regs)
{
	if (current->tgid != READ_ONCE(inject_tgid) || atomic_read(&inject_left) <= 0)
		return 0;
	if (atomic_dec_return(&inject_left))
		return 0;
	if (READ_ONCE(inject_stall)) {
		inject_wait();
		return 0;
	}
	regs_set_return_value(regs, inject_ret);
	instruction_pointer_set(regs, (unsigned long)inject_return);
	return 1;
}

NOKPROBE_SYMBOL(inject_entry);

/* Being there is what makes a probe one that may change the instruction pointer. */
static void inject_after(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
}

NOKPROBE_SYMBOL(inject_after);

static void inject_disarm(void)
{
	if (inject_armed)
		unregister_kprobe(&inject_probe);
	inject_armed = false;
}

static int inject_symbol_set(const char *val, const struct kernel_param *kp)
{
	int ret;

	atomic_set(&inject_left, 0);
	inject_disarm();
	strscpy(inject_name, val);
	strim(inject_name);
	if (!*inject_name)
		return 0;

	memset(&inject_probe, 0, sizeof(inject_probe));
	inject_probe.symbol_name = inject_name;
	inject_probe.pre_handler = inject_entry;
	inject_probe.post_handler = inject_after;
	ret = register_kprobe(&inject_probe);
	inject_armed = !ret;
	return ret;
}

static const struct kernel_param_ops inject_symbol_ops = { .set = inject_symbol_set };
module_param_cb(inject_symbol, &inject_symbol_ops, NULL, 0200);

static int inject_nth_set(const char *val, const struct kernel_param *kp)
{
	int nth, ret;

	ret = kstrtoint(val, 0, &nth);
	if (ret)
		return ret;
	WRITE_ONCE(inject_tgid, current->tgid);
	atomic_set(&inject_left, nth);
	return 0;
}

static int inject_nth_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&inject_left));
}

static const struct kernel_param_ops inject_nth_ops = {
	.set = inject_nth_set,
	.get = inject_nth_get,
};
module_param_cb(inject_nth, &inject_nth_ops, NULL, 0644);

void inject_exit(void)
{
	inject_disarm();
}

#else

void inject_exit(void)
{
}

#endif
