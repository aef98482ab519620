/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts of the NVM Express Base Specification, revision 1.4, that the controller and its test use.
 * The comments name the specification's chapters. All numbers are little endian.
 */
#ifndef __NVME_SPEC_H
#define __NVME_SPEC_H

#include <linux/types.h>

/* Controller Registers */
#define NVME_REG_CAP		0x00
#define NVME_REG_VS		0x08
#define NVME_REG_INTMS		0x0c
#define NVME_REG_INTMC		0x10
#define NVME_REG_CC		0x14
#define NVME_REG_CSTS		0x1c
#define NVME_REG_AQA		0x24
#define NVME_REG_ASQ		0x28
#define NVME_REG_ACQ		0x30
#define NVME_REG_SQTDBL		0x1000	/* of queue 0; 8 bytes further for each queue */
#define NVME_REG_CQHDBL		0x1004
#define NVME_REG_DB_STRIDE	8

#define NVME_VERSION		0x00010400

#define NVME_CAP_MQES(n)	((__u64)(n))		/* maximum queue entries, less 1 */
#define NVME_CAP_CQR		(1ULL << 16)		/* queues are physically contiguous */
#define NVME_CAP_TO(n)		((__u64)(n) << 24)	/* time to become ready, in 500 ms */
#define NVME_CAP_CSS_NVM	(1ULL << 37)		/* the NVM command set */

#define NVME_CC_EN		(1 << 0)
#define NVME_CC_CSS(cc)		((cc) >> 4 & 7)
#define NVME_CC_MPS(cc)		((cc) >> 7 & 15)
#define NVME_CC_AMS(cc)		((cc) >> 11 & 7)
#define NVME_CC_SHN(cc)		((cc) >> 14 & 3)
#define NVME_CC_IOSQES(cc)	((cc) >> 16 & 15)
#define NVME_CC_IOCQES(cc)	((cc) >> 20 & 15)
#define NVME_CC_WRITE		0x00fffff1
#define NVME_CC_CALL		0x0000c001	/* EN and SHN */

#define NVME_CSTS_RDY		(1 << 0)
#define NVME_CSTS_CFS		(1 << 1)	/* controller fatal status */
#define NVME_CSTS_SHST		(3 << 2)
#define NVME_CSTS_SHST_OCCURRING	(1 << 2)
#define NVME_CSTS_SHST_COMPLETE	(2 << 2)

#define NVME_AQA_ASQS(aqa)	((aqa) & 0xfff)		/* entries, less 1 */
#define NVME_AQA_ACQS(aqa)	((aqa) >> 16 & 0xfff)

#define NVME_PAGE		4096u	/* CC.MPS = 0, the only one that is supported */

/* Submission Queue Entry */
struct nvme_command {
	__u8 opcode;
	__u8 flags;
	__u16 cid;
	__u32 nsid;
	__u32 cdw2;
	__u32 cdw3;
	__u64 mptr;
	__u64 prp1;
	__u64 prp2;
	__u32 cdw10;
	__u32 cdw11;
	__u32 cdw12;
	__u32 cdw13;
	__u32 cdw14;
	__u32 cdw15;
};

#define NVME_FLAGS_FUSE		0x03
#define NVME_FLAGS_PSDT		0xc0
#define NVME_NSID_ALL		0xffffffff

/* Completion Queue Entry. Bit 0 of @status is the phase tag. */
struct nvme_completion {
	__u32 result;
	__u32 reserved;
	__u16 sq_head;
	__u16 sq_id;
	__u16 cid;
	__u16 status;
};

#define NVME_PHASE	1

/* Status Field, without the phase tag */
#define NVME_SC_SUCCESS			0x000
#define NVME_SC_INVALID_OPCODE		0x001
#define NVME_SC_INVALID_FIELD		0x002
#define NVME_SC_DATA_TRANSFER		0x004
#define NVME_SC_INTERNAL		0x006
#define NVME_SC_ABORT_REQUESTED		0x007
#define NVME_SC_ABORT_SQ_DELETED	0x008
#define NVME_SC_INVALID_NS		0x00b
#define NVME_SC_SEQUENCE		0x00c
#define NVME_SC_INVALID_PRP_OFFSET	0x013
#define NVME_SC_WRITE_PROTECTED		0x020
#define NVME_SC_LBA_RANGE		0x080
#define NVME_SC_CAPACITY		0x081
#define NVME_SC_CQ_INVALID		0x100
#define NVME_SC_QID_INVALID		0x101
#define NVME_SC_QUEUE_SIZE		0x102
#define NVME_SC_EVENT_LIMIT		0x105
#define NVME_SC_INVALID_VECTOR		0x108
#define NVME_SC_INVALID_LOG		0x109
#define NVME_SC_QUEUE_DELETION		0x10c
#define NVME_SC_NOT_SAVEABLE		0x10d
#define NVME_SC_WRITE_FAULT		0x280
#define NVME_SC_READ_ERROR		0x281
#define NVME_SC_COMPARE_FAILED		0x285
#define NVME_SC_MORE			0x2000	/* the error log has an entry */
#define NVME_SC_DNR			0x4000	/* do not retry */

/* Admin Command Set */
#define NVME_ADMIN_DELETE_SQ	0x00
#define NVME_ADMIN_CREATE_SQ	0x01
#define NVME_ADMIN_GET_LOG	0x02
#define NVME_ADMIN_DELETE_CQ	0x04
#define NVME_ADMIN_CREATE_CQ	0x05
#define NVME_ADMIN_IDENTIFY	0x06
#define NVME_ADMIN_ABORT	0x08
#define NVME_ADMIN_SET_FEATURES	0x09
#define NVME_ADMIN_GET_FEATURES	0x0a
#define NVME_ADMIN_ASYNC_EVENT	0x0c
#define NVME_ADMIN_DBBUF	0x7c

/* Create I/O Submission Queue, Create I/O Completion Queue */
#define NVME_QUEUE_PC		(1 << 0)	/* physically contiguous */
#define NVME_CQ_IEN		(1 << 1)	/* interrupts enabled */

/* NVM Command Set */
#define NVME_IO_FLUSH		0x00
#define NVME_IO_WRITE		0x01
#define NVME_IO_READ		0x02
#define NVME_IO_COMPARE		0x05
#define NVME_IO_WRITE_ZEROES	0x08
#define NVME_IO_DSM		0x09

#define NVME_IO_FUA		(1 << 30)	/* of cdw12 */
#define NVME_IO_DEAC		(1 << 25)	/* of cdw12: Write Zeroes may deallocate */

/* Dataset Management */
#define NVME_DSM_DEALLOCATE	(1 << 2)
#define NVME_DSM_RANGES		256

struct nvme_range {
	__u32 attributes;
	__u32 blocks;
	__u64 lba;
};

/* Asynchronous Event Request */
#define NVME_EVENT_ERROR		0
#define NVME_EVENT_SMART		1
#define NVME_EVENT_TYPES		2
#define NVME_EVENT_DB_REGISTER		0	/* of ERROR: a doorbell of no queue */
#define NVME_EVENT_DB_VALUE		1	/* of ERROR: an invalid value */
#define NVME_EVENT_TEMPERATURE		1	/* of SMART: above or below a threshold */

/* Feature Identifiers */
#define NVME_FEATURE_ARBITRATION	0x01
#define NVME_FEATURE_POWER		0x02
#define NVME_FEATURE_TEMPERATURE	0x04
#define NVME_FEATURE_RECOVERY		0x05
#define NVME_FEATURE_CACHE		0x06
#define NVME_FEATURE_QUEUES		0x07
#define NVME_FEATURE_COALESCING		0x08
#define NVME_FEATURE_VECTOR		0x09
#define NVME_FEATURE_ATOMICITY		0x0a
#define NVME_FEATURE_EVENTS		0x0b

#define NVME_VECTOR_CD			(1 << 16)	/* coalescing disable */
#define NVME_FEATURE_SAVE		(1U << 31)	/* of cdw10 of Set Features */

/* Select field of Get Features */
#define NVME_SELECT_CURRENT		0
#define NVME_SELECT_DEFAULT		1
#define NVME_SELECT_SAVED		2
#define NVME_SELECT_SUPPORTED		3
#define NVME_SUPPORTED_CHANGEABLE	(1 << 2)
#define NVME_SUPPORTED_NAMESPACE	(1 << 1)

/* Log Page Identifiers */
#define NVME_LOG_ERROR		0x01
#define NVME_LOG_SMART		0x02
#define NVME_LOG_FIRMWARE	0x03
#define NVME_LOG_EFFECTS	0x05
#define NVME_LOG_RETAIN		(1 << 15)	/* of cdw10: retain asynchronous event */

/* Error Information log page: an entry */
struct nvme_error {
	__u64 count;
	__u16 sq_id;
	__u16 cid;
	__u16 status;		/* with a phase tag, which is 0 */
	__u16 location;
	__u64 lba;
	__u32 nsid;
	__u8 vendor;
	__u8 trtype;
	__u8 reserved[2];
	__u64 specific;
	__u8 reserved2[24];
};

#define NVME_NO_LOCATION	0xffff
#define NVME_NO_COMMAND		0xffff	/* sq_id and cid of an error of no command */

/* SMART / Health Information log page */
struct nvme_smart {
	__u8 warning;
	__u8 temperature[2];	/* Kelvin */
	__u8 spare;
	__u8 spare_threshold;
	__u8 used;
	__u8 reserved[26];
	/* 128 bits each, of which we use the lower 64 */
	__u64 data_read[2];	/* in 1000 blocks of 512 bytes */
	__u64 data_written[2];
	__u64 reads[2];
	__u64 writes[2];
	__u64 busy_minutes[2];
	__u64 power_cycles[2];
	__u64 power_on_hours[2];
	__u64 unsafe_shutdowns[2];
	__u64 media_errors[2];
	__u64 errors[2];
	__u8 reserved2[320];
};

#define NVME_SMART_TEMPERATURE	(1 << 1)	/* of @warning */

/* Firmware Slot Information log page */
struct nvme_firmware {
	__u8 active;
	__u8 reserved[7];
	char slot[7][8];
	__u8 reserved2[448];
};

/* Commands Supported and Effects log page */
struct nvme_effects {
	__u32 admin[256];
	__u32 io[256];
	__u8 reserved[2048];
};

#define NVME_EFFECT_SUPPORTED	(1 << 0)
#define NVME_EFFECT_CONTENT	(1 << 1)	/* logical block content may change */

/* Identify: Controller or Namespace Structure */
#define NVME_CNS_NAMESPACE	0x00
#define NVME_CNS_CONTROLLER	0x01
#define NVME_CNS_ACTIVE		0x02
#define NVME_CNS_DESCRIPTORS	0x03

struct nvme_id_controller {
	__u16 vid;
	__u16 ssvid;
	char sn[20];
	char mn[40];
	char fr[8];
	__u8 rab;
	__u8 ieee[3];
	__u8 cmic;
	__u8 mdts;
	__u16 cntlid;
	__u32 ver;
	__u32 rtd3r;
	__u32 rtd3e;
	__u32 oaes;
	__u32 ctratt;
	__u16 rrls;
	__u8 reserved102[9];
	__u8 cntrltype;
	__u8 fguid[16];
	__u16 crdt[3];
	__u8 reserved134[122];
	__u16 oacs;
	__u8 acl;
	__u8 aerl;
	__u8 frmw;
	__u8 lpa;
	__u8 elpe;
	__u8 npss;
	__u8 avscc;
	__u8 apsta;
	__u16 wctemp;
	__u16 cctemp;
	__u16 mtfa;
	__u32 hmpre;
	__u32 hmmin;
	__u64 tnvmcap[2];
	__u64 unvmcap[2];
	__u8 reserved312[200];
	__u8 sqes;
	__u8 cqes;
	__u16 maxcmd;
	__u32 nn;
	__u16 oncs;
	__u16 fuses;
	__u8 fna;
	__u8 vwc;
	__u16 awun;
	__u16 awupf;
	__u8 nvscc;
	__u8 nwpc;
	__u16 acwu;
	__u8 reserved534[2];
	__u32 sgls;
	__u32 mnan;
	__u8 reserved544[224];
	char subnqn[256];
	__u8 reserved1024[1024];
	__u16 psd0_power;	/* power state 0: maximum power in 0.01 W */
	__u8 reserved2050[2046];
};

#define NVME_OACS_DBBUF		(1 << 8)
#define NVME_FRMW_SLOTS(n)	((n) << 1)
#define NVME_FRMW_SLOT1_RO	(1 << 0)
#define NVME_LPA_EFFECTS	(1 << 1)
#define NVME_LPA_EXTENDED	(1 << 2)	/* NUMDU and an offset */
#define NVME_ONCS_COMPARE	(1 << 0)
#define NVME_ONCS_DSM		(1 << 2)
#define NVME_ONCS_WRITE_ZEROES	(1 << 3)
#define NVME_ONCS_SELECT	(1 << 4)	/* Save and Select of features */
#define NVME_VWC_PRESENT	(1 << 0)
#define NVME_VWC_FLUSH_ALL	(3 << 1)	/* a flush of all namespaces is supported */

struct nvme_id_namespace {
	__u64 nsze;
	__u64 ncap;
	__u64 nuse;
	__u8 nsfeat;
	__u8 nlbaf;
	__u8 flbas;
	__u8 mc;
	__u8 dpc;
	__u8 dps;
	__u8 nmic;
	__u8 rescap;
	__u8 fpi;
	__u8 dlfeat;
	__u16 nawun;
	__u16 nawupf;
	__u16 nacwu;
	__u16 nabsn;
	__u16 nabo;
	__u16 nabspf;
	__u16 noiob;
	__u64 nvmcap[2];
	__u8 reserved64[35];
	__u8 nsattr;
	__u16 nvmsetid;
	__u16 endgid;
	__u8 nguid[16];
	__u8 eui64[8];
	__u32 lbaf[16];
	__u8 reserved192[3904];
};

#define NVME_DLFEAT_ZEROES	(1 << 0)	/* deallocated blocks read as zeros */
#define NVME_DLFEAT_DEAC	(1 << 3)	/* Write Zeroes can deallocate */
#define NVME_NSATTR_PROTECTED	(1 << 0)
#define NVME_LBAF_LBADS(n)	((n) << 16)

#define NVME_DESCRIPTOR_EUI64	1
#define NVME_DESCRIPTOR_NGUID	2
#define NVME_DESCRIPTOR_UUID	3

#define NVME_ID_SIZE		4096

_Static_assert(sizeof(struct nvme_command) == 64, "submission queue entry");
_Static_assert(sizeof(struct nvme_completion) == 16, "completion queue entry");
_Static_assert(sizeof(struct nvme_error) == 64, "error information");
_Static_assert(sizeof(struct nvme_smart) == 512, "SMART log");
_Static_assert(sizeof(struct nvme_firmware) == 512, "firmware log");
_Static_assert(sizeof(struct nvme_effects) == 4096, "effects log");
_Static_assert(sizeof(struct nvme_id_controller) == NVME_ID_SIZE, "identify controller");
_Static_assert(sizeof(struct nvme_id_namespace) == NVME_ID_SIZE, "identify namespace");
_Static_assert(__builtin_offsetof(struct nvme_id_controller, oacs) == 256, "oacs");
_Static_assert(__builtin_offsetof(struct nvme_id_controller, sqes) == 512, "sqes");
_Static_assert(__builtin_offsetof(struct nvme_id_controller, subnqn) == 768, "subnqn");
_Static_assert(__builtin_offsetof(struct nvme_id_namespace, lbaf) == 128, "lbaf");

#endif /* __NVME_SPEC_H */
