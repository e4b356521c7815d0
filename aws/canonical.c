/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/canonical.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/percent.h"

void canonical_init(struct canonical *c) {
        *c = (struct canonical){.text = BUF_INIT(HTTP_BODY_MAX)};
}

void canonical_done(struct canonical *c) {
        free(c->headers);
        free(c->pairs);
        buf_wipe(&c->text);
        canonical_init(c);
}

static void drop_last_segment(struct buf *out, size_t start) {
        while (out->len > start && out->data[out->len - 1] != '/')
                out->len--;
        if (out->len > start)
                out->len--;
        if (out->data)
                out->data[out->len] = '\0';
}

static void put_segment(struct buf *out, struct span segment, bool keeps_escapes) {
        if (keeps_escapes)
                percent_encode_once(out, segment);
        else
                percent_encode(out, segment);
}

void canonical_path(struct span path, const struct sigv4_options *options, struct buf *out) {
        size_t start = out->len;
        if (path.len == 0 || span_is(path, "/")) {
                buf_put_char(out, '/');
                return;
        }
        bool ends_in_slash = path.data[path.len - 1] == '/';
        bool is_first = true;
        struct span rest = path;
        while (rest.data) {
                struct span segment = span_split(&rest, '/');
                bool is_head = is_first;
                is_first = false;
                if (!options->normalize_path) {
                        if (!is_head)
                                buf_put_char(out, '/');
                        put_segment(out, segment, !options->double_encode);
                } else if (span_is(segment, "..")) {
                        drop_last_segment(out, start);
                } else if (segment.len > 0 && !span_is(segment, ".")) {
                        buf_put_char(out, '/');
                        put_segment(out, segment, !options->double_encode);
                }
        }
        if (options->normalize_path && (ends_in_slash || out->len == start))
                buf_put_char(out, '/');
}

static int add_pair(struct canonical *c, struct span item) {
        if (c->n_pairs == c->room_pairs) {
                size_t room = c->room_pairs ? c->room_pairs * 2 : 16;
                void *more = reallocarray(c->pairs, room, sizeof *c->pairs);
                if (!more)
                        return -ENOMEM;
                c->pairs = more;
                c->room_pairs = room;
        }
        struct span value = item, key = span_split(&value, '=');
        struct canonical_pair *pair = &c->pairs[c->n_pairs++];
        pair->key = c->text.len;
        percent_encode_once_value(&c->text, key);
        pair->key_len = c->text.len - pair->key;
        percent_encode_once_value(&c->text, value);
        pair->value_len = c->text.len - pair->key - pair->key_len;
        return 0;
}

static int compare_spans(const char *a, size_t a_len, const char *b, size_t b_len) {
        int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
        return order ? order : (a_len > b_len) - (a_len < b_len);
}

/* By key, then by value: joined "key=value" texts sort otherwise ('-' comes before '='). */
static int compare_pairs(const void *left, const void *right, void *text) {
        const struct canonical_pair *a = left, *b = right;
        const char *ka = (const char *)text + a->key, *kb = (const char *)text + b->key;
        int order = compare_spans(ka, a->key_len, kb, b->key_len);
        return order ? order : compare_spans(ka + a->key_len, a->value_len, kb + b->key_len, b->value_len);
}

int canonical_query(struct canonical *c, struct span query, struct buf *out) {
        if (query.len == 0)
                return 0;
        c->n_pairs = 0;
        buf_clear(&c->text);
        buf_reserve(&c->text, 1); /* compare_pairs needs a text even when every key is empty */
        while (query.data) {
                struct span item = span_split(&query, '&');
                if (item.len > 0 && add_pair(c, item) < 0)
                        return -ENOMEM;
        }
        if (c->text.failed)
                return c->text.failed;
        if (c->n_pairs > 1)
                qsort_r(c->pairs, c->n_pairs, sizeof *c->pairs, compare_pairs, c->text.data);
        for (size_t i = 0; i < c->n_pairs; i++) {
                const struct canonical_pair *pair = &c->pairs[i];
                if (i > 0)
                        buf_put_char(out, '&');
                buf_put(out, c->text.data + pair->key, pair->key_len);
                buf_put_char(out, '=');
                buf_put(out, c->text.data + pair->key + pair->key_len, pair->value_len);
        }
        return 0;
}

static inline unsigned char lower(char c) {
        return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

/* The same for eight bytes at once: bit 7 of each byte of `is_upper` says whether it lies in A-Z. */
static inline uint64_t lower_word(uint64_t w) {
        const uint64_t ones = 0x0101010101010101, top = 0x8080808080808080;
        uint64_t ascii = w & ~top, is_upper = (ascii + (0x80 - 'A') * ones) & ~(ascii + (0x7f - 'Z') * ones) & ~w & top;
        return w | is_upper >> 2;
}

/* Copies in lower case. What is left of the last word is done by a word that overlaps it. */
static void put_lower(char *to, struct span s) {
        uint64_t w;
        if (s.len < sizeof w) {
                for (size_t i = 0; i < s.len; i++)
                        to[i] = (char)lower(s.data[i]);
                return;
        }
        for (size_t i = 0;; i = i + 2 * sizeof w <= s.len ? i + sizeof w : s.len - sizeof w) {
                memcpy(&w, s.data + i, sizeof w);
                w = lower_word(w);
                memcpy(to + i, &w, sizeof w);
                if (i == s.len - sizeof w)
                        return;
        }
}

static uint64_t head_of(struct span name) {
        uint64_t w = 0;
        if (name.len >= sizeof w)
                memcpy(&w, name.data, sizeof w);
        else
                memcpy(&w, name.data, name.len);
        return be64toh(lower_word(w));
}

static int compare_names(struct span a, struct span b) {
        size_t n = a.len < b.len ? a.len : b.len;
        for (size_t i = 0; i < n; i++)
                if (lower(a.data[i]) != lower(b.data[i]))
                        return lower(a.data[i]) - lower(b.data[i]);
        return (a.len > b.len) - (a.len < b.len);
}

static inline bool same_name(const struct canonical_header *a, const struct canonical_header *b) {
        return a->head == b->head && a->name.len == b->name.len && compare_names(a->name, b->name) == 0;
}

/* Hops and clients change these on the way. */
static const struct span never_signed[] = {
        SPAN("authorization"),
        SPAN("connection"),
        SPAN("expect"),
        SPAN("keep-alive"),
        SPAN("proxy-authenticate"),
        SPAN("proxy-authorization"),
        SPAN("te"),
        SPAN("trailer"),
        SPAN("transfer-encoding"),
        SPAN("upgrade"),
        SPAN("user-agent"),
        SPAN("x-amzn-trace-id"),
};

static bool is_never_signed(struct span name) {
        const uint32_t lengths = 1 << 2 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 13 | 1 << 15 | 1 << 17 | 1 << 18 | 1 << 19;
        if (name.len >= 32 || !(lengths >> name.len & 1))
                return false;
        for (size_t i = 0; i < ELEMENTS(never_signed); i++)
                if (name.len == never_signed[i].len && compare_names(name, never_signed[i]) == 0)
                        return true;
        return false;
}

static struct canonical_header make_header(const struct sigv4_header *h) {
        return (struct canonical_header){h->name, h->value, head_of(h->name)};
}

/* Insertion keeps equal names in their order of arrival; requests have about eight headers. */
static void insert(struct canonical *c, const struct sigv4_header *header) {
        const struct canonical_header new = make_header(header);
        size_t i = c->n_headers++;
        for (; i > 0; i--) {
                const struct canonical_header *before = &c->headers[i - 1];
                if (before->head < new.head || (before->head == new.head &&compare_names(before->name, new.name) <= 0))
                        break;
                c->headers[i] = *before;
        }
        c->headers[i] = new;
}

int canonical_collect(struct canonical *c, const struct sigv4_header *headers, size_t n,
                      const struct sigv4_header *extra) {
        if (n + 1 > c->room_headers) {
                void *more = reallocarray(c->headers, n + 16, sizeof *c->headers);
                if (!more)
                        return -ENOMEM;
                c->headers = more;
                c->room_headers = n + 16;
        }
        c->n_headers = 0;
        for (size_t i = 0; i < n; i++)
                if (!is_never_signed(headers[i].name))
                        insert(c, &headers[i]);
        if (extra)
                insert(c, extra);
        return 0;
}

const struct canonical_header *canonical_find(const struct canonical *c, struct span name) {
        const struct canonical_header wanted = {.name = name, .head = head_of(name)};
        for (size_t i = 0; i < c->n_headers; i++)
                if (same_name(&c->headers[i], &wanted))
                        return &c->headers[i];
        return NULL;
}

static bool is_white(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
}

/* No byte up to ' ' in it: most values, found out eight bytes at a time. */
static bool is_unbroken(struct span s) {
        uint64_t found = 0, w;
        if (s.len < sizeof w) {
                for (size_t i = 0; i < s.len; i++)
                        found |= (unsigned char)s.data[i] <= ' ';
                return found == 0;
        }
        for (size_t i = 0; i + sizeof w <= s.len; i += sizeof w) {
                memcpy(&w, s.data + i, sizeof w);
                found |= (w - 0x2121212121212121) & ~w;
        }
        memcpy(&w, s.data + s.len - sizeof w, sizeof w);
        found |= (w - 0x2121212121212121) & ~w;
        return (found & 0x8080808080808080) == 0;
}

/* `to` has room for value.len bytes. */
static size_t squeeze(struct span value, char *to) {
        size_t n = 0;
        bool is_pending = false;
        if (is_unbroken(value)) {
                if (value.len > 0)
                        memcpy(to, value.data, value.len);
                return value.len;
        }
        for (size_t i = 0; i < value.len; i++) {
                char c = value.data[i];
                if (is_white(c)) {
                        is_pending = n > 0;
                        continue;
                }
                if (is_pending)
                        to[n++] = ' ';
                is_pending = false;
                to[n++] = c;
        }
        return n;
}

/* Room for all of the lines and names is made once; `names` are listed beside the lines that they begin. A name that comes again goes on
 * with the line before it. */
void canonical_headers(const struct canonical *c, struct buf *out, struct buf *names) {
        size_t lines_len = 0, names_len = 0;
        for (size_t i = 0; i < c->n_headers; i++) {
                lines_len += c->headers[i].name.len + c->headers[i].value.len + 2;
                names_len += c->headers[i].name.len + 1;
        }
        char *line = buf_reserve(out, lines_len), *listed = buf_reserve(names, names_len);
        if (!line || !listed)
                return;
        for (size_t i = 0; i < c->n_headers; i++) {
                const struct canonical_header *h = &c->headers[i];
                if (i > 0 && same_name(&c->headers[i - 1], h)) {
                        line[-1] = ',';
                } else {
                        if (i > 0)
                                *listed++ = ';';
                        put_lower(listed, h->name);
                        memcpy(line, listed, h->name.len);
                        listed += h->name.len;
                        line += h->name.len;
                        *line++ = ':';
                }
                line += squeeze(h->value, line);
                *line++ = '\n';
        }
        *line = *listed = '\0';
        out->len = (size_t)(line - out->data);
        names->len = (size_t)(listed - names->data);
}
