/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest of KVM that is a few instructions in real mode. */
#ifndef KVM_H
#define KVM_H

#include <linux/kvm.h>
#include <stddef.h>

extern int kvm_vm;
extern struct kvm_run *kvm_run;

/* For a suite's setup, before, after and teardown; kvm_load() skips the suite without KVM. */
void kvm_load(void);
void kvm_open(void);
void kvm_close(void);
void kvm_unload(void);

/* Give the guest @p as memory at @addr, which is at least 64 KiB; @slot is at least 1. */
void kvm_slot(unsigned int slot, __u64 addr, void *p, size_t size);
/* Run @code from its start until KVM_RUN returns. Return: its exit reason. */
unsigned int kvm_runs(const void *code, size_t size);

#endif /* KVM_H */
