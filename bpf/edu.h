/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers of the educational device, for the program and its tests. Documentation/devices/edu.rst
 * describes them.
 */
#ifndef EDU_H
#define EDU_H

#define EDU_BAR_SIZE		(1 << 20)

#define EDU_ID			0x00
#define EDU_LIVENESS		0x04
#define EDU_FACTORIAL		0x08
#define EDU_STATUS		0x20
#define EDU_STATUS_BUSY		0x01	/* a factorial is being computed */
#define EDU_STATUS_IRQ		0x80	/* interrupt when it is done */
#define EDU_IRQ_STATUS		0x24
#define EDU_IRQ_FACTORIAL	0x001	/* bits of IRQ_STATUS that the device sets by itself */
#define EDU_IRQ_DMA		0x100
#define EDU_RAISE		0x60
#define EDU_ACK			0x64
#define EDU_DMA_SRC		0x80
#define EDU_DMA_DST		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_CMD		0x98
#define EDU_DMA_RUN		0x01
#define EDU_DMA_TO_GUEST	0x02	/* else from the guest's memory to the buffer */
#define EDU_DMA_IRQ		0x04

#define EDU_VERSION		0x010000ed

/* Where the device's buffer is, as an address of DMA */
#define EDU_BUFFER		0x40000
#define EDU_BUFFER_SIZE		4096

#endif /* EDU_H */
