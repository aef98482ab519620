// SPDX-License-Identifier: GPL-2.0-only
/* Comparing two states, section by section: Documentation/abi/migration.rst describes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/stream.h"

#define MAGIC		"mdev-bpf"
#define HEADER		72
#define MEMORY		16	/* tag of a section of memory */
#define PAGE		4096

/* They follow each other without alignment. */
struct section {
	__u16 tag, version;
	__u32 flags;
	__u64 size;
	char data[];
} __attribute__((packed));

struct piece {
	__u32 region, reserved;
	__u64 offset;
	char data[];
} __attribute__((packed));

/* What must be equal, when time does not pass. Requests and lines are restored in another form. */
static const struct {
	__u16 tag;
	const char *name;
} parts[] = {
	{ 1, "the state" }, { 2, "configuration space" }, { 5, "the MSI-X table" },
	{ 8, "the queues" }, { 9, "protected memory" },
};

static bool is_core(const struct stream *s)
{
	return s->len >= HEADER && !memcmp(s->data, MAGIC, strlen(MAGIC));
}

/* The section from *pos on; NULL at the end */
static const struct section *next(const struct stream *s, size_t *pos)
{
	const struct section *section = (const void *)(s->data + *pos);

	if (s->len - *pos < sizeof(*section) || section->size > s->len - *pos - sizeof(*section) ||
	    !section->tag)
		return NULL;
	*pos += sizeof(*section) + section->size;
	return section;
}

static const struct section *find(const struct stream *s, __u16 tag)
{
	const struct section *section;
	size_t pos = HEADER;

	while ((section = next(s, &pos)))
		if (section->tag == tag)
			return section;
	return NULL;
}

static __u64 word(const char *data, size_t pos, size_t size)
{
	__u64 val = 0;

	memcpy(&val, data + pos, size - pos < sizeof(val) ? size - pos : sizeof(val));
	return val;
}

static bool data_differs(const char *what, const char *x, const char *y, const char *same,
			 size_t size, char *buf, size_t room)
{
	for (size_t pos = 0; pos < size; pos += sizeof(__u64)) {
		__u64 a = word(x, pos, size), b = word(y, pos, size);

		if (a == b || (same && word(same, pos, size) != a))
			continue;
		snprintf(buf, room, "%s differs from offset 0x%zx on: 0x%llx, then 0x%llx", what,
			 pos, a, b);
		return true;
	}
	return false;
}

static bool part_differs(const char *what, __u16 tag, const struct stream *x,
			 const struct stream *y, const struct stream *same, char *buf, size_t room)
{
	const struct section *a = find(x, tag), *b = find(y, tag);
	const struct section *c = same ? find(same, tag) : NULL;

	if (!a && !b)
		return false;
	if (!a || !b || a->size != b->size || (c && c->size != a->size)) {
		snprintf(buf, room, "%s has %llu bytes, then %llu", what, a ? a->size : 0,
			 b ? b->size : 0);
		return true;
	}
	return data_differs(what, a->data, b->data, c ? c->data : NULL, a->size, buf, room);
}

/* The pieces of memory in their order, the last of each place first */
struct memory {
	const struct section **pieces;
	size_t nr;
};

static const struct piece *piece_of(const struct section *section)
{
	return (const void *)section->data;
}

static int by_place(const void *l, const void *r)
{
	const struct section *a = *(const struct section **)l, *b = *(const struct section **)r;
	const struct piece *p = piece_of(a), *q = piece_of(b);

	if (p->region != q->region)
		return p->region < q->region ? -1 : 1;
	if (p->offset != q->offset)
		return p->offset < q->offset ? -1 : 1;
	return a > b ? -1 : a < b;
}

static struct memory memory_of(const struct stream *s)
{
	struct memory m = { calloc(s->len / sizeof(struct section) + 1, sizeof(*m.pieces)), 0 };
	const struct section *section;
	size_t pos = HEADER;

	while (m.pieces && (section = next(s, &pos)))
		if (section->tag == MEMORY && section->size > sizeof(struct piece))
			m.pieces[m.nr++] = section;
	if (m.pieces)
		qsort(m.pieces, m.nr, sizeof(*m.pieces), by_place);
	return m;
}

/* The next place in *pos, with its last content */
static const struct section *next_piece(const struct memory *m, size_t *pos)
{
	const struct piece *p;
	size_t first = *pos;

	if (first == m->nr)
		return NULL;
	p = piece_of(m->pieces[first]);
	while (*pos < m->nr && piece_of(m->pieces[*pos])->region == p->region &&
	       piece_of(m->pieces[*pos])->offset == p->offset)
		++*pos;
	return m->pieces[first];
}

/* Memory that was never touched is zero, and may be left out. */
static bool piece_differs(const struct section *a, const struct section *b, char *buf, size_t room)
{
	static const char zeros[PAGE];
	const struct section *one = a ?: b;
	size_t size = one->size - sizeof(struct piece);
	char what[64];

	if (size > PAGE || (a && b && a->size != b->size))
		size = 0;
	snprintf(what, sizeof(what), "the page at 0x%llx of region %u", piece_of(one)->offset,
		 piece_of(one)->region);
	return data_differs(what, a ? piece_of(a)->data : zeros, b ? piece_of(b)->data : zeros,
			    NULL, size, buf, room);
}

static bool memory_differs(const struct stream *x, const struct stream *y, char *buf, size_t room)
{
	struct memory m = memory_of(x), n = memory_of(y);
	size_t i = 0, j = 0;
	const struct section *a = next_piece(&m, &i), *b = next_piece(&n, &j);
	bool differs = false;

	while (!differs && (a || b)) {
		const struct section *p = a, *q = b;

		if (a && b && (piece_of(a)->region != piece_of(b)->region ||
			       piece_of(a)->offset != piece_of(b)->offset)) {
			bool later = by_place(&a, &b) > 0;

			p = later ? NULL : a;
			q = later ? b : NULL;
		}
		differs = piece_differs(p, q, buf, room);
		a = p ? next_piece(&m, &i) : a;
		b = q ? next_piece(&n, &j) : b;
	}
	free(m.pieces);
	free(n.pieces);
	return differs;
}

/* A stream of the program's own is compared as it is. */
static bool opaque_differs(const struct stream *x, const struct stream *y,
			   const struct stream *same, char *buf, size_t room)
{
	if (x->len == y->len && (!same || same->len == x->len))
		return data_differs("the program's stream", x->data, y->data,
				    same ? same->data : NULL, x->len, buf, room);
	snprintf(buf, room, "the program's stream has %zu bytes, then %zu", x->len, y->len);
	return true;
}

bool stream_differs(const struct stream *x, const struct stream *y, const struct stream *same,
		    char *buf, size_t room)
{
	if (!is_core(x) || !is_core(y))
		return opaque_differs(x, y, same, buf, room);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (part_differs(parts[i].name, parts[i].tag, x, y, same, buf, room))
			return true;
	return !same && memory_differs(x, y, buf, room);
}
