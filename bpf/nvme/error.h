/* SPDX-License-Identifier: GPL-2.0-only */
/* Status of commands that fail, and the Error Information log. */
#ifndef __NVME_ERROR_H
#define __NVME_ERROR_H

#include "state.h"

/* What a handler of a command returns, apart from a status */
#define NVME_PENDING	(-1)	/* the command goes on */
#define NVME_RELEASED	(-2)	/* it has left its slot, without a completion */
#define NVME_TRANSFER	(-3)	/* of the work op: the pair has to transfer something */

/* May the same command succeed later? */
static __always_inline bool nvme_transient(__u32 status)
{
	switch (status) {
	case NVME_SC_DATA_TRANSFER:
	case NVME_SC_INTERNAL:
	case NVME_SC_ABORT_REQUESTED:
	case NVME_SC_ABORT_SQ_DELETED:
	case NVME_SC_CAPACITY:
	case NVME_SC_WRITE_FAULT:
	case NVME_SC_READ_ERROR:
		return true;
	}
	return false;
}

/* Is it an error of the command or the device, rather than what the driver has asked for? */
static __always_inline bool nvme_logged(__u32 status)
{
	return status != NVME_SC_ABORT_REQUESTED && status != NVME_SC_ABORT_SQ_DELETED &&
	       status != NVME_SC_COMPARE_FAILED;
}

/* The bits of @status that say more about it */
static __always_inline __u32 nvme_status(__u32 status)
{
	if (!status)
		return 0;
	return status | (nvme_transient(status) ? 0 : NVME_SC_DNR) |
	       (nvme_logged(status) ? NVME_SC_MORE : 0);
}

/* @slot: NULL for an error of no command */
static __always_inline void nvme_log_error(struct nvme_nvram *nv, const struct nvme_slot *slot,
					   __u32 status)
{
	struct nvme_error *error = &nv->error[nv->errors % NVME_ERRORS];

	nv->errors++;
	__builtin_memset(error, 0, sizeof(*error));
	error->count = nv->errors;
	error->sq_id = slot ? slot->queue : NVME_NO_COMMAND;
	error->cid = slot ? slot->cmd.cid : NVME_NO_COMMAND;
	error->status = status << 1;
	error->location = NVME_NO_LOCATION;
	error->nsid = slot ? slot->cmd.nsid : NVME_NSID_ALL;
	if (slot && slot->queue)
		error->lba = slot->cmd.cdw10 | (__u64)slot->cmd.cdw11 << 32;
	if ((status & 0x7ff) == NVME_SC_READ_ERROR || (status & 0x7ff) == NVME_SC_WRITE_FAULT)
		nv->media_errors++;
}

/* The status for an error of a request; @file: it was one of the file, not of guest memory. */
static __always_inline __u32 nvme_request_status(int error, __u32 op)
{
	bool file = op >= MDEV_BPF_FILE_READ;

	switch (error) {
	case -ENOENT:
	case -EPERM:
	case -EFAULT:
	case -EACCES:
		return NVME_SC_DATA_TRANSFER;
	case -EROFS:
		return NVME_SC_WRITE_PROTECTED;
	case -ENOSPC:
		return NVME_SC_CAPACITY;
	case -ENOMEM:
	case -ENODEV:
	case -ENXIO:
		return NVME_SC_INTERNAL;
	}
	if (!file)
		return NVME_SC_INTERNAL;
	return op == MDEV_BPF_FILE_READ ? NVME_SC_READ_ERROR : NVME_SC_WRITE_FAULT;
}

#endif /* __NVME_ERROR_H */
