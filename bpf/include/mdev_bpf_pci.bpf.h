/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts, and PCI configuration space.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_PCI_BPF_H
#define __MDEV_BPF_PCI_BPF_H

/**
 * mdev_bpf_irq_set() - set the interrupt line of a device that has one interrupt
 * @dev: the device
 * @level: the new level of the line, 0 or 1
 *
 * With INTx, the line is a level: the core masks it when it fires, and it fires again at unmask if
 * it is still up. With MSI and MSI-X, each rising edge sends vector 0.
 *
 * Return: 0; -EINVAL for another @level; -ENXIO if the device declares none of them, or is not PCI.
 */
extern int mdev_bpf_irq_set(struct mdev_bpf_dev *dev, __u32 level) __ksym;

/**
 * mdev_bpf_irq_trigger() - send one message signalled interrupt
 * @dev: the device
 * @vector: 0 to the declared count minus 1
 *
 * If the user has no eventfd for the vector, MSI-X sends the message when it gets one, and MSI
 * loses it.
 *
 * Return: 0, even if the user has no eventfd for this vector; -EINVAL for a vector out of range;
 * -ENXIO if the user has enabled neither MSI nor MSI-X, or the device is not PCI.
 */
extern int mdev_bpf_irq_trigger(struct mdev_bpf_dev *dev, __u32 vector) __ksym;

/**
 * mdev_bpf_irq_mode() - the interrupt mode that the user has enabled
 * @dev: the device
 *
 * Return: MDEV_BPF_IRQ_OFF, MDEV_BPF_IRQ_INTX, MDEV_BPF_IRQ_MSI or MDEV_BPF_IRQ_MSIX;
 * -ENXIO if the device is not PCI.
 */
extern int mdev_bpf_irq_mode(struct mdev_bpf_dev *dev) __ksym;

/**
 * mdev_bpf_irq_line() - set a line of a device that is not PCI
 * @dev: the device
 * @index: index in mdev_bpf_ops::irqs of an entry with MDEV_BPF_IRQ_LEVEL
 * @level: the new level of the line, 0 or 1
 *
 * The core masks the line when it fires, and fires again at unmask if it is still up.
 *
 * Return: 0; -EINVAL for another @level, or if @index is not a line; -ENXIO for a PCI device.
 */
extern int mdev_bpf_irq_line(struct mdev_bpf_dev *dev, __u32 index, __u32 level) __ksym;

/**
 * mdev_bpf_irq_signal() - send an interrupt of a device that is not PCI
 * @dev: the device
 * @index: index in mdev_bpf_ops::irqs of an entry without MDEV_BPF_IRQ_LEVEL
 * @vector: 0 to the declared count minus 1
 *
 * Return: 0, even if the user has no eventfd for this vector; -EINVAL if there is no such vector,
 * or @index is a line; -ENXIO if the user has not enabled @index, or for a PCI device.
 */
extern int mdev_bpf_irq_signal(struct mdev_bpf_dev *dev, __u32 index, __u32 vector) __ksym;

/**
 * mdev_bpf_config_read() - read the device's PCI configuration space
 * @dev: the device
 * @offset: first byte, a multiple of @size
 * @size: 1, 2 or 4
 *
 * Return: the value; -EINVAL for another @size or @offset; -ENXIO if the device is not PCI.
 */
extern __s64 mdev_bpf_config_read(struct mdev_bpf_dev *dev, __u32 offset, __u32 size) __ksym;

/**
 * mdev_bpf_config_write() - write device-specific bytes of configuration space
 * @dev: the device
 * @offset: first byte, a multiple of @size. The program can write the bytes from 0x40 to 0x7f that
 *	no LOW capability occupies, and those after the header of a capability in
 *	mdev_bpf_ops::pci_caps. All others belong to the core
 * @size: 1, 2 or 4
 * @val: the value, which the guest can read but not write
 *
 * The bytes are zero at creation and after a reset.
 *
 * Return: 0; -EINVAL for another @size or @offset; -EPERM if a byte belongs to the core; -ENXIO if
 * the device is not PCI.
 */
extern int mdev_bpf_config_write(struct mdev_bpf_dev *dev, __u32 offset, __u32 size,
				 __u32 val) __ksym;

/**
 * mdev_bpf_pci_cap_offset() - find a declared capability in configuration space
 * @dev: the device
 * @index: index in mdev_bpf_ops::pci_caps
 *
 * The offset never changes for a device, but may differ between types.
 *
 * Return: the offset of its header, which the core has written; -EINVAL if @index is not declared;
 * -ENXIO if the device is not PCI.
 */
extern int mdev_bpf_pci_cap_offset(struct mdev_bpf_dev *dev, __u32 index) __ksym;

#endif /* __MDEV_BPF_PCI_BPF_H */
