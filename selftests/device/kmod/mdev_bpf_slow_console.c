// SPDX-License-Identifier: GPL-2.0-only
/* A console that takes long for the messages of one driver, for selftests/device/fail. */
#include <linux/console.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/string.h>

/* It is in front of the name of each device */
static char driver[32];
module_param_string(driver, driver, sizeof(driver), 0444);
MODULE_PARM_DESC(driver, "whose messages take long");

static unsigned int delay_ms;
module_param(delay_ms, uint, 0644);
MODULE_PARM_DESC(delay_ms, "how long each takes");

static void slow_write(struct console *con, const char *text, unsigned int len)
{
	if (driver[0] && strnstr(text, driver, len))
		mdelay(delay_ms);
}

static struct console slow_console = {
	.name = "mdevslow",
	.write = slow_write,
	/* The command line does not name it */
	.flags = CON_ENABLED,
	.index = -1,
};

static int __init slow_console_init(void)
{
	register_console(&slow_console);
	return console_is_registered(&slow_console) ? 0 : -ENODEV;
}

static void __exit slow_console_exit(void)
{
	unregister_console(&slow_console);
}

module_init(slow_console_init);
module_exit(slow_console_exit);

MODULE_DESCRIPTION("Test of messages that take long to print");
MODULE_LICENSE("GPL");
