// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks of a program's declaration: whether it is valid, and whether it fits the devices of
 * another program. Each refusal has a sentence. device.c checks the device that is declared.
 */
#include <linux/string.h>

#include "gate/refuse.h"
#include "validate/api.h"
#include "validate/validate.h"

#define refuse mdev_bpf_refuse_ops

static int check_names(const struct mdev_bpf_ops *ops)
{
	if (!mdev_bpf_validate_name(ops->name, sizeof(ops->name)))
		return refuse(ops, -EINVAL,
			      "the name must be 1 to %d of A-Z a-z 0-9 _ -, no _ or - first",
			      MDEV_BPF_NAME_LEN - 1);
	if (!mdev_bpf_validate_name_ends(ops->description, sizeof(ops->description)))
		return refuse(ops, -EINVAL, "description has no final NUL");
	if (!mdev_bpf_api_find(ops))
		return refuse(ops, -EOPNOTSUPP,
			      "device_api \"%.*s\" is not vfio-pci, -platform, -amba, -ccw or -ap",
			      MDEV_BPF_API_LEN, ops->device_api);
	return 0;
}

static int check_scalars(const struct mdev_bpf_ops *ops)
{
	if (!ops->abi)
		return refuse(ops, -EPROTO, "abi is not set: set it to MDEV_BPF_ABI");
	if (ops->abi < MDEV_BPF_ABI_MIN || ops->abi > MDEV_BPF_ABI)
		return refuse(ops, -EPROTO, "built for abi %u, this kernel has %u to %u",
			      ops->abi, MDEV_BPF_ABI_MIN, MDEV_BPF_ABI);
	if (ops->flags)
		return refuse(ops, -EOPNOTSUPP, "flags %#llx: no flag is supported", ops->flags);
	if (ops->max_instances > MDEV_BPF_MAX_INSTANCES)
		return refuse(ops, -EINVAL, "max_instances %u is more than %u",
			      ops->max_instances, MDEV_BPF_MAX_INSTANCES);
	if (ops->state_size > MDEV_BPF_MAX_STATE)
		return refuse(ops, -E2BIG, "state_size %u is more than %u",
			      ops->state_size, MDEV_BPF_MAX_STATE);
	if (ops->dma_windows > MDEV_BPF_MAX_PINS)
		return refuse(ops, -EINVAL, "dma_windows %u is more than %u",
			      ops->dma_windows, MDEV_BPF_MAX_PINS);
	if (ops->dma_unmap && !ops->dma_windows)
		return refuse(ops, -EINVAL,
			      "there is dma_unmap, but dma_windows is 0: say how many windows it pins");
	if (ops->queues > MDEV_BPF_MAX_QUEUES)
		return refuse(ops, -EINVAL, "queues %u is more than %u", ops->queues,
			      MDEV_BPF_MAX_QUEUES);
	if (ops->queue_state_size > MDEV_BPF_MAX_QUEUE_STATE)
		return refuse(ops, -E2BIG, "queue_state_size %u is more than %u",
			      ops->queue_state_size, MDEV_BPF_MAX_QUEUE_STATE);
	if (ops->queues && !ops->queue)
		return refuse(ops, -EINVAL, "queues is %u, but there is no queue", ops->queues);
	if (!ops->queues && ops->queue)
		return refuse(ops, -EINVAL,
			      "there is queue, but queues is 0: say how many queues there are");
	if (!ops->queues && ops->queue_done)
		return refuse(ops, -EINVAL,
			      "there is queue_done, but queues is 0: say how many queues there are");
	if (!ops->queues && ops->queue_state_size)
		return refuse(ops, -EINVAL, "queue_state_size is %u, but queues is 0",
			      ops->queue_state_size);
	if (ops->reserved)
		return refuse(ops, -EINVAL, "reserved is not zero");
	return 0;
}

/**
 * mdev_bpf_validate_program() - check the declaration of a program
 * @ops: the program
 *
 * Context: Process context.
 *
 * Return: 0; -EINVAL, -E2BIG, -EPROTO or -EOPNOTSUPP, with a sentence by mdev_bpf_refuse().
 */
int mdev_bpf_validate_program(const struct mdev_bpf_ops *ops)
{
	return check_names(ops) ?: check_scalars(ops) ?: mdev_bpf_validate_types(ops) ?:
	       mdev_bpf_validate_params(ops) ?: mdev_bpf_validate_device(ops);
}

/**
 * mdev_bpf_validate_program_compatible() - can a program take over the devices of another?
 * @old: the declaration with which the devices were created
 * @new: the program that would take them over
 *
 * The state is not checked here; see mdev_bpf_upgrade_prepare().
 *
 * Return: 0; -EINVAL, with a sentence by mdev_bpf_refuse().
 */
int mdev_bpf_validate_program_compatible(const struct mdev_bpf_ops *old,
					 const struct mdev_bpf_ops *new)
{
	if (strcmp(old->name, new->name))
		return refuse(new, -EINVAL, "cannot replace \"%s\", its name differs", old->name);
	if (mdev_bpf_api_find(old) != mdev_bpf_api_find(new))
		return refuse(new, -EINVAL, "device_api does not fit the devices, which are %s",
			      mdev_bpf_api_find(old)->name);
	if (memcmp(old->types, new->types, sizeof(old->types)))
		return refuse(new, -EINVAL, "types[] differ from those in use");
	if (memcmp(old->params, new->params, sizeof(old->params)))
		return refuse(new, -EINVAL, "params[] differ from those in use");
	if (memcmp(old->regions, new->regions, sizeof(old->regions)))
		return refuse(new, -EINVAL, "regions[] differ from those in use");
	if (memcmp(old->irqs, new->irqs, sizeof(old->irqs)))
		return refuse(new, -EINVAL, "irqs[] differ from those in use");
	if (old->dma_windows != new->dma_windows)
		return refuse(new, -EINVAL, "dma_windows is %u, the devices have %u",
			      new->dma_windows, old->dma_windows);
	if (old->queues != new->queues)
		return refuse(new, -EINVAL, "queues is %u, the devices have %u", new->queues,
			      old->queues);
	if (memcmp(old->gfx, new->gfx, sizeof(old->gfx)))
		return refuse(new, -EINVAL, "gfx[] differ from those in use");
	/* The ids may differ; a device keeps those with which it was created */
	if (old->pci.flags != new->pci.flags)
		return refuse(new, -EINVAL, "pci.flags differ from those in use");
	if (memcmp(old->pci_caps, new->pci_caps, sizeof(old->pci_caps)))
		return refuse(new, -EINVAL, "pci_caps[] differ from those in use");
	return 0;
}
