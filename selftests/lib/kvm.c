// SPDX-License-Identifier: GPL-2.0-only
/* Implements kvm.h. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mtap.h"
#include "kvm.h"

#define GUEST_MEMORY	0x10000
#define GUEST_CODE	0x1000

int kvm_vm = -1;
struct kvm_run *kvm_run;

static int kvm = -1, cpu = -1;
static size_t run_size;
static unsigned char *memory;

/* Nothing else has loaded KVM, and only one of the two fits the processor. */
void kvm_load(void)
{
	if (system("modprobe -q kvm_amd 2>/dev/null || modprobe -q kvm_intel 2>/dev/null"))
		mtap_diag("no KVM module loaded");
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		mtap_skip("no KVM: CONFIG_KVM_AMD, CONFIG_KVM_INTEL, or the processor");
}

void kvm_unload(void)
{
	close(kvm);
}

static void make_cpu(void)
{
	struct kvm_sregs sregs;

	cpu = ioctl(kvm_vm, KVM_CREATE_VCPU, 0);
	ASSERT(cpu >= 0);
	run_size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	kvm_run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0);
	ASSERT(kvm_run != MAP_FAILED);
	ASSERT_EQ(ioctl(cpu, KVM_GET_SREGS, &sregs), 0);
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	ASSERT_EQ(ioctl(cpu, KVM_SET_SREGS, &sregs), 0);
}

void kvm_slot(unsigned int slot, __u64 addr, void *p, size_t size)
{
	struct kvm_userspace_memory_region arg = {
		.slot = slot, .guest_phys_addr = addr, .memory_size = size,
		.userspace_addr = (uintptr_t)p,
	};

	ASSERT_EQ(ioctl(kvm_vm, KVM_SET_USER_MEMORY_REGION, &arg), 0);
}

void kvm_open(void)
{
	kvm_vm = ioctl(kvm, KVM_CREATE_VM, 0);
	ASSERT(kvm_vm >= 0);
	/* Processors of Intel want these pages even for a guest that has no use for them */
	ioctl(kvm_vm, KVM_SET_TSS_ADDR, 0xfffbd000);
	memory = mmap(NULL, GUEST_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	ASSERT(memory != MAP_FAILED);
	kvm_slot(0, 0, memory, GUEST_MEMORY);
	make_cpu();
}

void kvm_close(void)
{
	if (kvm_run && kvm_run != MAP_FAILED)
		munmap(kvm_run, run_size);
	kvm_run = NULL;
	close(cpu);
	close(kvm_vm);
	if (memory && memory != MAP_FAILED)
		munmap(memory, GUEST_MEMORY);
	memory = NULL;
}

unsigned int kvm_runs(const void *code, size_t size)
{
	struct kvm_regs regs = { .rip = GUEST_CODE, .rflags = 2 };

	memcpy(memory + GUEST_CODE, code, size);
	ASSERT_EQ(ioctl(cpu, KVM_SET_REGS, &regs), 0);
	ASSERT_EQ(ioctl(cpu, KVM_RUN, 0), 0);
	return kvm_run->exit_reason;
}
