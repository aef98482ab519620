/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest of KVM that is a few instructions in real mode. */
#ifndef KVM_H
#define KVM_H

#include <linux/kvm.h>
#include <stddef.h>

extern int kvm_vm;
extern struct kvm_run *kvm_run;

/* For a suite's setup, which leaves it without KVM, before, after and teardown */
void kvm_load(void);
void kvm_open(void);
void kvm_close(void);
void kvm_unload(void);

/* Memory of the guest at an address from 64 KiB on, by a number from 1 on */
void kvm_slot(unsigned int slot, __u64 addr, void *p, size_t size);
/* Run @code from its start until the guest has no more to do. Return: why KVM_RUN did. */
unsigned int kvm_runs(const void *code, size_t size);

#endif /* KVM_H */
