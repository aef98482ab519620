/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loops with bounds that the compiler does not know.
 * Included by mdev_bpf.bpf.h.
 */
#ifndef __MDEV_BPF_LOOP_BPF_H
#define __MDEV_BPF_LOOP_BPF_H

/**
 * bpf_iter_mdev_new() - begin a loop; use mdev_bpf_for()
 * @it: the loop
 * @dev: the device
 * @start: number of the first round
 * @end: number of the last round plus 1
 *
 * Return: 0; -EINVAL if @start is more than @end; -E2BIG for more than MDEV_BPF_MAX_LOOPS rounds.
 * After an error the loop has no rounds.
 */
extern int bpf_iter_mdev_new(struct bpf_iter_mdev *it, struct mdev_bpf_dev *dev, __s32 start,
			     __s32 end) __ksym;

/**
 * bpf_iter_mdev_next() - begin a round
 * @it: the loop
 *
 * Return: a pointer to its number; NULL after the last round, or if the op has run for longer than
 * the module parameter op_limit_ms.
 */
extern int *bpf_iter_mdev_next(struct bpf_iter_mdev *it) __ksym;

/**
 * bpf_iter_mdev_destroy() - end a loop
 * @it: the loop
 */
extern void bpf_iter_mdev_destroy(struct bpf_iter_mdev *it) __ksym;

/* Store the number of the next round in @i; false if there is none. */
static __always_inline bool mdev_bpf_for_next(struct bpf_iter_mdev *it, int *i)
{
	int *round = bpf_iter_mdev_next(it);

	if (!round)
		return false;
	*i = *round;
	return true;
}

/**
 * mdev_bpf_for() - a loop: @i is @start up to @end - 1; break and continue work as usual
 * @i: an int, the number of the round
 * @dev: the device
 * @start: number of the first round
 * @end: number of the last round plus 1
 *
 * The verifier does not follow each round; it processes the body until it finds no new states. So
 * the loop can be long, and the bounds need not be constants. They are evaluated in each round. A
 * plain for loop with a constant number of rounds can be used as well.
 */
#define mdev_bpf_for(i, dev, start, end)						\
	for (struct bpf_iter_mdev ___it __attribute__((cleanup(bpf_iter_mdev_destroy))),	\
	     *___new __attribute__((unused)) =						\
		(bpf_iter_mdev_new(&___it, dev, start, end),				\
		 /* Or the object has no BTF for it */					\
		 (void)bpf_iter_mdev_destroy, &___it);					\
	     mdev_bpf_for_next(&___it, &(i)) && (i) >= (int)(start) &&		\
	     (i) < (int)(end);)

/**
 * bpf_iter_mdev_q_new() - begin a loop in the queue op; use mdev_bpf_q_for()
 * @it: the loop
 * @q: the queue
 * @start: number of the first round
 * @end: number of the last round plus 1
 *
 * Return: as bpf_iter_mdev_new().
 */
extern int bpf_iter_mdev_q_new(struct bpf_iter_mdev_q *it, struct mdev_bpf_queue *q, __s32 start,
			       __s32 end) __ksym;

/**
 * bpf_iter_mdev_q_next() - begin a round
 * @it: the loop
 *
 * Return: as bpf_iter_mdev_next().
 */
extern int *bpf_iter_mdev_q_next(struct bpf_iter_mdev_q *it) __ksym;

/**
 * bpf_iter_mdev_q_destroy() - end a loop
 * @it: the loop
 */
extern void bpf_iter_mdev_q_destroy(struct bpf_iter_mdev_q *it) __ksym;

/* Store the number of the next round in @i; false if there is none. */
static __always_inline bool mdev_bpf_q_for_next(struct bpf_iter_mdev_q *it, int *i)
{
	int *round = bpf_iter_mdev_q_next(it);

	if (!round)
		return false;
	*i = *round;
	return true;
}

/**
 * mdev_bpf_q_for() - mdev_bpf_for() for the queue op
 * @i: an int, the number of the round
 * @q: the queue
 * @start: number of the first round
 * @end: number of the last round plus 1
 */
#define mdev_bpf_q_for(i, q, start, end)						\
	for (struct bpf_iter_mdev_q ___it __attribute__((cleanup(bpf_iter_mdev_q_destroy))),	\
	     *___new __attribute__((unused)) =						\
		(bpf_iter_mdev_q_new(&___it, q, start, end),				\
		 /* Or the object has no BTF for it */					\
		 (void)bpf_iter_mdev_q_destroy, &___it);				\
	     mdev_bpf_q_for_next(&___it, &(i)) && (i) >= (int)(start) &&		\
	     (i) < (int)(end);)

#endif /* __MDEV_BPF_LOOP_BPF_H */
