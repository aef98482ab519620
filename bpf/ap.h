/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of the ap program, for its users. vfio-ap has none: a guest reaches its queues by
 * instructions of its processor (PQAP, NQAP, DQAP), which a client makes here by ioctls.
 */
#ifndef AP_H
#define AP_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define AP_MAX_ADAPTERS	4
#define AP_MAX_DOMAINS	4
#define AP_DEPTH	4	/* messages in a queue */
#define AP_MESSAGE	64	/* bytes of one */

/* Interrupts */
#define AP_IRQ_REQ	0	/* close the device, please */
#define AP_IRQ_CFG_CHG	1	/* the queues of the device have changed */

/* Response codes */
#define AP_NORMAL		0x00
#define AP_NOT_AVAILABLE	0x01	/* no such queue in the device */
#define AP_DECONFIGURED		0x03	/* its adapter is off */
#define AP_FULL_OR_EMPTY	0x10

/**
 * struct ap_queue_info - a queue, as PQAP(TAPQ) says
 * @adapter: the adapter that the queue is of
 * @domain: its domain
 * @response: result: AP_*; the other results are only valid with AP_NORMAL
 * @type: result: type of the adapter
 * @depth: result: messages that fit into the queue
 * @waiting: result: messages in it
 */
struct ap_queue_info {
	__u8 adapter;
	__u8 domain;
	__u8 response;
	__u8 type;
	__u32 depth;
	__u32 waiting;
};

/**
 * struct ap_message - a message to a queue, or the reply from it
 * @adapter: the adapter that the queue is of
 * @domain: its domain
 * @response: result: AP_*
 * @reserved: zero
 * @length: bytes of @text that count
 * @id: of the message, and of its reply
 * @text: the message
 */
struct ap_message {
	__u8 adapter;
	__u8 domain;
	__u8 response;
	__u8 reserved;
	__u32 length;
	__u64 id;
	__u8 text[AP_MESSAGE];
};

/**
 * struct ap_config - an adapter is turned on or off, as the machine's administrator does it
 * @adapter: the adapter
 * @on: 1 or 0
 */
struct ap_config {
	__u8 adapter;
	__u8 on;
};

#define AP_INFO		_IOWR('Q', 0x10, struct ap_queue_info)
#define AP_RESET	_IOWR('Q', 0x11, struct ap_queue_info)	/* PQAP(ZAPQ) */
#define AP_ENQUEUE	_IOWR('Q', 0x12, struct ap_message)	/* NQAP */
#define AP_DEQUEUE	_IOWR('Q', 0x13, struct ap_message)	/* DQAP */
#define AP_CONFIG	_IOW('Q', 0x14, struct ap_config)

#endif /* AP_H */
