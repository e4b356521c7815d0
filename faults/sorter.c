/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/sorter.h"

#include <errno.h>
#include <stdlib.h>

#include "util/list.h"

void sorter_done(struct sorter *s) {
        for (size_t i = 0; i < s->n; i++)
                free(s->heap[i].text);
        free(s->heap);
        *s = (struct sorter){0};
}

static bool is_before(const struct sorted_event *a, const struct sorted_event *b) {
        return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void swap(struct sorted_event *a, struct sorted_event *b) {
        struct sorted_event kept = *a;
        *a = *b;
        *b = kept;
}

int sorter_add(struct sorter *s, int64_t at_ms, struct span text) {
        char *copy = span_dup(text);
        struct sorted_event *e = copy ? LIST_ADD(s->heap, s->n, s->size) : NULL;
        if (!e) {
                free(copy);
                return -ENOMEM;
        }
        if (at_ms > 0)
                s->last_at_ms = at_ms;
        *e = (struct sorted_event){s->last_at_ms, s->next_number++, at_ms > 0, text.len, copy};
        s->n_bytes += text.len + sizeof *e;
        for (size_t i = s->n - 1; i > 0 && is_before(&s->heap[i], &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
                swap(&s->heap[i], &s->heap[(i - 1) / 2]);
        return 0;
}

bool sorter_next(struct sorter *s, bool is_end, struct sorted_event *ret) {
        bool is_full = s->n_bytes > SORTER_MAX_BYTES || s->n > SORTER_MAX_EVENTS;
        if (s->n == 0 || (!is_full && !is_end))
                return false;
        *ret = s->heap[0];
        s->n_bytes -= ret->len + sizeof *ret;
        s->heap[0] = s->heap[--s->n];
        for (size_t i = 0;;) {
                size_t child = 2 * i + 1;
                if (child + 1 < s->n && is_before(&s->heap[child + 1], &s->heap[child]))
                        child++;
                if (child >= s->n || !is_before(&s->heap[child], &s->heap[i]))
                        return true;
                swap(&s->heap[i], &s->heap[child]);
                i = child;
        }
}
