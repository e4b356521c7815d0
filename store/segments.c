/* SPDX-License-Identifier: Apache-2.0 */
/* A row: its length, a checksum over all that follows, its number, its bytes. What a segment held before ends the walk through it: the
 * numbers grow by one, and what was there before was folded before. A higher number further on says that rows in between are damaged. */
#include "store/segments.h"

#include <endian.h>
#include <errno.h>

#include "store/bytes.h"
#include "store/pack.h"
#include "util/list.h"

enum { SEGMENT_BYTES = 32 << 10, HEADER = 16, CHECKED_FROM = 8, ROW_MAX = 64 << 20, TRIM = 8, SPARE = 16 };

void segments_done(struct segments *s) {
        free(s->items);
        *s = (struct segments){0};
}

int segments_dup(const struct segments *from, struct segments *to) {
        *to = *from;
        to->items_size = from->n_items;
        to->items = calloc(from->n_items + 1, sizeof *to->items);
        if (!to->items)
                return -ENOMEM;
        if (from->n_items > 0)
                memcpy(to->items, from->items, from->n_items * sizeof *to->items);
        return 0;
}

static uint64_t read_fixed(const char *at, unsigned bytes) {
        uint64_t v = 0;
        for (unsigned i = 0; i < bytes; i++)
                v |= (uint64_t)(uint8_t)at[i] << 8 * i;
        return v;
}

static void write_fixed(char *at, uint64_t v, unsigned bytes) {
        for (unsigned i = 0; i < bytes; i++)
                at[i] = (char)(v >> 8 * i);
}

/* The row at the start of `rest` when it is the one with that number (0: whichever); its length with the header, 0 when it is not. */
static size_t find_row(struct span rest, int64_t seq, int64_t *ret_seq, struct span *ret) {
        if (rest.len < HEADER)
                return 0;
        uint64_t len = read_fixed(rest.data, 4), check = read_fixed(rest.data + 4, 4);
        int64_t found = (int64_t)read_fixed(rest.data + CHECKED_FROM, 8);
        if (len == 0 || len > rest.len - HEADER || found <= 0 || (seq > 0 && found != seq))
                return 0;
        if (pack_check((struct span){rest.data + CHECKED_FROM, HEADER - CHECKED_FROM + len}) != check)
                return 0;
        *ret_seq = found;
        *ret = (struct span){rest.data + HEADER, len};
        return HEADER + len;
}

static struct span after(struct span bytes, size_t len) {
        return (struct span){bytes.data + len, bytes.len - len};
}

/* Where a row with a number beyond seq begins, 0 when there is none. */
static size_t find_beyond(struct span bytes, int64_t seq) {
        for (size_t at = 1; at + HEADER < bytes.len; at++) {
                struct span row;
                int64_t found;
                memcpy(&found, bytes.data + at + CHECKED_FROM, sizeof found);
                found = (int64_t)le64toh((uint64_t)found);
                if (found > seq && find_row(after(bytes, at), found, &found, &row) > 0)
                        return at;
        }
        return 0;
}

static int by_first(const void *a, const void *b) {
        const struct segment *x = a, *y = b;
        return (x->first_seq > y->first_seq) - (x->first_seq < y->first_seq);
}

int segments_load(struct segments *s, struct db *db) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(db, &row, "SELECT id, length(segment), substr(segment, 1, 16) FROM journal", "");
        s->n_items = 0;
        while (r == 0 && (r = db_step(db, row)) == 1) {
                struct segment *found = LIST_ADD(s->items, s->n_items, s->items_size);
                if (!found)
                        return db_fail_text(db, -ENOMEM, "out of memory");
                *found = (struct segment){.id = sqlite3_column_int64(row, 0),
                                          .size = (uint32_t)sqlite3_column_int64(row, 1)};
                const char *header = sqlite3_column_blob(row, 2);
                if (header && sqlite3_column_bytes(row, 2) == HEADER)
                        found->first_seq = (int64_t)read_fixed(header + CHECKED_FROM, 8);
                r = 0;
        }
        return r;
}

/* The next row of a segment, damage skipped; false at the end. */
static bool next_row(struct segment *segment, struct span *bytes, int64_t folded_seq, int64_t *seq, struct span *row) {
        size_t len = find_row(*bytes, segment->last_seq > 0 ? segment->last_seq + 1 : 0, seq, row);
        if (len == 0) {
                size_t skipped = find_beyond(*bytes, segment->last_seq > folded_seq ? segment->last_seq : folded_seq);
                if (skipped == 0)
                        return false;
                *bytes = after(*bytes, skipped);
                segment->used += (uint32_t)skipped;
                len = find_row(*bytes, 0, seq, row);
        }
        if (segment->first_seq == 0)
                segment->first_seq = *seq;
        segment->last_seq = *seq;
        segment->used += (uint32_t)len;
        *bytes = after(*bytes, len);
        return true;
}

static int replay_one(struct segments *s, struct segment *segment, struct span bytes, int64_t folded_seq,
                      int (*take)(void *arg, struct span row), void *arg) {
        int64_t seq;
        struct span row;
        segment->first_seq = segment->last_seq = segment->used = 0;
        while (next_row(segment, &bytes, folded_seq, &seq, &row)) {
                if (seq <= folded_seq)
                        continue;
                if (seq > s->last_seq + 1)
                        s->n_lost += seq - s->last_seq - 1;
                /* A segment whose first row is damaged may come out of turn. */
                if (seq > s->last_seq) {
                        s->last_seq = seq;
                        s->current = segment->id;
                }
                int r = take(arg, row);
                if (r < 0)
                        return r;
        }
        return 0;
}

int segments_replay(struct segments *s, struct db *db, int64_t folded_seq, int (*take)(void *arg, struct span row),
                    void *arg) {
        int r = 0;
        s->last_seq = folded_seq;
        s->current = 0;
        if (s->n_items > 0)
                qsort(s->items, s->n_items, sizeof *s->items, by_first);
        for (size_t i = 0; i < s->n_items && r == 0; i++) {
                SCOPED(db_release) sqlite3_stmt *row = NULL;
                r = db_query(db, &row, "SELECT segment FROM journal WHERE id = ?1", "i", s->items[i].id);
                if (r == 0)
                        r = db_step(db, row);
                if (r != 1)
                        return r < 0 ? r : db_fail_text(db, -EUCLEAN, "a part of the journal is missing");
                struct span bytes = {sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0)};
                r = replay_one(s, &s->items[i], bytes, folded_seq, take, arg);
        }
        return r;
}

static bool is_free(const struct segment *segment, int64_t folded_seq) {
        return segment->last_seq <= folded_seq;
}

static int make_segment(struct segments *s, struct db *db, size_t needed, struct segment **ret) {
        int64_t size = needed > SEGMENT_BYTES ? (int64_t)needed : SEGMENT_BYTES;
        int r = db_run(db, "INSERT INTO journal(segment) VALUES(zeroblob(?1))", "i", size);
        if (r < 0)
                return r;
        struct segment *made = LIST_ADD(s->items, s->n_items, s->items_size);
        if (!made)
                return db_fail_text(db, -ENOMEM, "out of memory");
        *made = (struct segment){.id = sqlite3_last_insert_rowid(db->handle), .size = (uint32_t)size};
        *ret = made;
        return 0;
}

/* The one being filled, a free one, or a new one. */
static int find_room(struct segments *s, struct db *db, int64_t folded_seq, size_t needed, struct segment **ret) {
        struct segment *found = NULL;
        for (size_t i = 0; i < s->n_items; i++) {
                struct segment *segment = &s->items[i];
                if (segment->id == s->current && segment->size - segment->used >= needed) {
                        *ret = segment;
                        return 0;
                }
                if (!found && segment->id != s->current && is_free(segment, folded_seq) && segment->size >= needed)
                        found = segment;
        }
        int r = found ? 0 : make_segment(s, db, needed, &found);
        if (r < 0)
                return r;
        found->used = 0;
        found->first_seq = found->last_seq = 0;
        s->current = found->id;
        *ret = found;
        return 0;
}

static int write_at(struct db *db, const struct segment *segment, const struct buf *bytes) {
        sqlite3_blob *blob = NULL;
        int result = sqlite3_blob_open(db->handle, "main", "journal", "segment", segment->id, 1, &blob);
        if (result == SQLITE_OK)
                result = sqlite3_blob_write(blob, bytes->data, (int)bytes->len, (int)segment->used);
        int r = result == SQLITE_OK ? 0 : db_fail(db, result);
        result = sqlite3_blob_close(blob);
        return r < 0 || result == SQLITE_OK ? r : db_fail(db, result);
}

int segments_append(struct segments *s, struct db *db, int64_t folded_seq, struct span row) {
        SCOPED(buf_done) struct buf bytes = BUF_INIT(ROW_MAX + HEADER);
        struct segment *segment;
        int64_t seq = (s->last_seq > folded_seq ? s->last_seq : folded_seq) + 1;
        char header[HEADER] = {0};
        write_fixed(header, row.len, 4);
        write_fixed(header + CHECKED_FROM, (uint64_t)seq, 8);
        buf_put(&bytes, header, HEADER);
        buf_put_span(&bytes, row);
        if (bytes.failed)
                return db_fail_text(db, bytes.failed == -ENOMEM ? -ENOMEM : -E2BIG, "too much at once");
        write_fixed(bytes.data + 4, pack_check((struct span){bytes.data + CHECKED_FROM, bytes.len - CHECKED_FROM}), 4);
        int r = find_room(s, db, folded_seq, bytes.len, &segment);
        if (r == 0)
                r = write_at(db, segment, &bytes);
        if (r < 0)
                return r;
        segment->first_seq = segment->used == 0 ? seq : segment->first_seq;
        segment->used += (uint32_t)bytes.len;
        segment->last_seq = s->last_seq = seq;
        return 0;
}

void segments_folding(struct segments *s, int64_t folded_seq) {
        s->n_needed = 0;
        for (size_t i = 0; i < s->n_items; i++)
                s->n_needed += !is_free(&s->items[i], folded_seq);
}

int segments_trim(struct segments *s, struct db *db, int64_t folded_seq) {
        size_t n_free = 0, n_trimmed = 0, most = s->n_needed * 2 + SPARE;
        for (size_t i = 0; i < s->n_items; i++)
                n_free += is_free(&s->items[i], folded_seq) && s->items[i].id != s->current;
        for (size_t i = s->n_items; i-- > 0 && n_free > most && n_trimmed < TRIM;) {
                if (!is_free(&s->items[i], folded_seq) || s->items[i].id == s->current)
                        continue;
                int r = db_run(db, "DELETE FROM journal WHERE id = ?1", "i", s->items[i].id);
                if (r < 0)
                        return r;
                memmove(&s->items[i], &s->items[i + 1], (s->n_items - i - 1) * sizeof *s->items);
                s->n_items--;
                n_free--;
                n_trimmed++;
        }
        return n_free > most;
}
