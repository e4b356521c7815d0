/* SPDX-License-Identifier: Apache-2.0 */
#include "store/state.h"

#include <errno.h>

#include "store/planes.h"

enum { COLUMNS = 3, STATE_MAX = 1 << 20 };

int state_save(struct store *s, size_t block) {
        uint64_t columns[COLUMNS][STATE_SERIES];
        size_t n = 0;
        SCOPED(buf_done) struct buf b = BUF_INIT(STATE_MAX);
        for (size_t i = block * STATE_SERIES; n < STATE_SERIES && i < s->n_stored_series; i++, n++) {
                const struct series *series = &s->series.items[i];
                columns[0][n] = (uint64_t)series->read_until_s;
                columns[1][n] = series->first_at_s;
                columns[2][n] = series->last_at_s;
        }
        put_varint(&b, n);
        int r = 0;
        for (int c = 0; c < COLUMNS && r == 0; c++)
                r = planes_write(&s->zip, ZIP_FAST, columns[c], n, &b);
        if (r < 0 || b.failed)
                return store_no_memory(s);
        return db_run(&s->db, "INSERT OR REPLACE INTO series_state VALUES(?1, ?2)", "ib", (int64_t)block, b.data,
                      b.len);
}

static int load_block(struct store *s, size_t block, struct span bytes) {
        uint64_t columns[COLUMNS][STATE_SERIES];
        struct reader in = reader_of(bytes.data, bytes.len);
        size_t n = (size_t)read_varint_upto(&in, STATE_SERIES);
        int r = in.failed ? -EUCLEAN : 0;
        for (int c = 0; c < COLUMNS && r == 0; c++)
                r = planes_read(&s->zip, &in, columns[c], n);
        for (size_t i = 0; i < n && r == 0; i++) {
                struct series *series = series_get(&s->series, (int64_t)(block * STATE_SERIES + i + 1));
                if (!series || columns[0][i] > UINT32_MAX || columns[1][i] > UINT32_MAX || columns[2][i] > UINT32_MAX)
                        return -EUCLEAN;
                series->read_until_s = (int64_t)columns[0][i];
                series->first_at_s = (uint32_t)columns[1][i];
                series->last_at_s = (uint32_t)columns[2][i];
                note_latest(s, series);
        }
        return r;
}

int state_load(struct store *s) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(&s->db, &row, "SELECT block, state FROM series_state", "");
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                struct span bytes = {sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1)};
                r = bytes.data ? load_block(s, (size_t)sqlite3_column_int64(row, 0), bytes) : -EUCLEAN;
                if (r == -ENOMEM)
                        return store_no_memory(s);
                /* Where a series was read to cannot be guessed: it would leave a gap. */
                if (r < 0)
                        return db_fail_text(&s->db, r, "the state of the series is damaged");
        }
        return r;
}
