/* SPDX-License-Identifier: Apache-2.0 */
#include "store/head.h"

#include <errno.h>
#include <string.h>

int head_recalls(const struct series *s, uint32_t at_s, double value) {
        for (int i = s->n_recent - 1; i >= 0 && s->recent_at_s[i] >= at_s; i--)
                if (s->recent_at_s[i] == at_s)
                        return memcmp(&s->recent_values[i], &value, sizeof value) == 0;
        return -1;
}

static unsigned low_bits(int n) {
        return (1U << n) - 1;
}

static void remember(struct series *s, const struct entry *e) {
        int i = s->n_recent;
        unsigned settled = s->recent_settled;
        while (i > 0 && s->recent_at_s[i - 1] > e->at_s)
                i--;
        if (i > 0 && s->recent_at_s[i - 1] == e->at_s) {
                s->recent_values[i - 1] = e->value;
                s->recent_settled |= (uint8_t)(e->is_settled << (i - 1));
                return;
        }
        if (s->n_recent == RECENT) {
                if (i == 0)
                        return;
                memmove(s->recent_at_s, s->recent_at_s + 1, (size_t)(i - 1) * sizeof *s->recent_at_s);
                memmove(s->recent_values, s->recent_values + 1, (size_t)(i - 1) * sizeof *s->recent_values);
                settled = (settled >> 1 & low_bits(i - 1)) | (settled & ~low_bits(i));
                i--;
        } else {
                memmove(s->recent_at_s + i + 1, s->recent_at_s + i, (size_t)(s->n_recent - i) * sizeof *s->recent_at_s);
                memmove(s->recent_values + i + 1, s->recent_values + i,
                        (size_t)(s->n_recent - i) * sizeof *s->recent_values);
                settled = (settled & low_bits(i)) | (settled & ~low_bits(i)) << 1;
                s->n_recent++;
        }
        s->recent_settled = (uint8_t)(settled | (unsigned)e->is_settled << i);
        s->recent_at_s[i] = e->at_s;
        s->recent_values[i] = e->value;
}

static int append_all(struct stream *to, const struct entry *entries, size_t n) {
        int r = 0;
        for (size_t i = 0; i < n && r == 0; i++)
                r = stream_append(to, &entries[i]);
        return r;
}

/* Something comes before the end: the stream is written anew. */
static int rewrite(struct stream *head, const struct entry *entries, size_t n) {
        SCOPED(entries_done) struct entries all = {0};
        struct stream made = {0};
        int r = stream_overlay(head->bytes, head->len, 0, UINT32_MAX, &all);
        if (r == 0)
                r = entries_overlay(&all, entries, n);
        if (r == 0)
                r = append_all(&made, all.items, all.n_items);
        if (r < 0) {
                stream_done(&made);
                return r;
        }
        stream_done(head);
        *head = made;
        return 0;
}

int head_put(struct series *s, const struct entry *entries, size_t n, size_t *bytes) {
        uint32_t size = s->head.size;
        bool is_later = s->head.len == 0 || entries[0].at_s > s->head.at_s;
        int r = is_later ? append_all(&s->head, entries, n) : rewrite(&s->head, entries, n);
        *bytes += s->head.size - size;
        if (r < 0)
                return r;
        for (size_t i = n > RECENT ? n - RECENT : 0; i < n; i++)
                remember(s, &entries[i]);
        if (s->first_at_s == 0 || entries[0].at_s < s->first_at_s)
                s->first_at_s = entries[0].at_s;
        if (entries[n - 1].at_s > s->last_at_s)
                s->last_at_s = entries[n - 1].at_s;
        return 0;
}
