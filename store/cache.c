/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache.h"

#include <errno.h>

#include "store/pack.h"
#include "store/planes.h"

static const char *const selects[] = {
        [CACHE_RUN] = "SELECT pack FROM run WHERE key = ?1",
        [CACHE_DAY] = "SELECT pack FROM day WHERE key = ?1",
        [CACHE_ROLLUP] = "SELECT pack FROM rollup WHERE key = ?1",
};

static void drop(struct cache *c, struct cached *pack) {
        c->bytes -= pack->len;
        free(pack->data);
        *pack = (struct cached){0};
}

void cache_clear(struct cache *c) {
        for (size_t i = 0; i < CACHE_PACKS; i++)
                drop(c, &c->packs[i]);
}

static struct cached *oldest(struct cache *c) {
        struct cached *found = &c->packs[0];
        for (size_t i = 1; i < CACHE_PACKS; i++)
                if (c->packs[i].used < found->used)
                        found = &c->packs[i];
        return found;
}

static struct cached *oldest_with_data(struct cache *c) {
        struct cached *found = NULL;
        for (size_t i = 0; i < CACHE_PACKS; i++)
                if (c->packs[i].len > 0 && (!found || c->packs[i].used < found->used))
                        found = &c->packs[i];
        return found;
}

/* Runs are packed as a whole: what is in them is not. */
static int keep(struct cached *pack, struct zip *z, struct span row) {
        SCOPED(buf_done) struct buf bytes = BUF_INIT(PACK_ROW_MAX);
        struct reader in = reader_of(row.data, row.len);
        int r = 0;
        if (pack->table == CACHE_RUN)
                r = bytes_read(z, &in, &bytes);
        else
                buf_put_span(&bytes, row);
        if (r < 0 || bytes.failed)
                return r < 0 ? r : -ENOMEM;
        size_t len = bytes.len;
        if (!(pack->data = buf_steal(&bytes)))
                return -ENOMEM;
        pack->len = len;
        return 0;
}

static int load(struct cache *c, struct db *db, struct zip *z, struct cached *pack) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = db_query(db, &row, selects[pack->table], "i", pack->key);
        if (r == 0)
                r = db_step(db, row);
        if (r <= 0)
                return r;
        struct span bytes = {sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0)};
        r = bytes.data ? keep(pack, z, bytes) : -EUCLEAN;
        if (r == -ENOMEM)
                return db_fail_text(db, r, "out of memory");
        c->bytes += pack->len;
        return r;
}

static int answer(struct cache *c, struct cached *pack, struct span *ret) {
        pack->used = ++c->clock;
        *ret = (struct span){pack->data, pack->len};
        return pack->data ? 0 : 1;
}

int cache_read(struct cache *c, struct db *db, struct zip *z, enum cache_table table, int64_t key, struct span *ret) {
        for (size_t i = 0; i < CACHE_PACKS; i++)
                if (c->packs[i].used && c->packs[i].key == key && c->packs[i].table == table)
                        return answer(c, &c->packs[i], ret);
        struct cached *pack = oldest(c);
        drop(c, pack);
        *pack = (struct cached){.table = table, .key = key};
        int r = load(c, db, z, pack);
        if (r < 0) {
                drop(c, pack);
                return r;
        }
        pack->used = ++c->clock;
        while (c->bytes > CACHE_BYTES && c->bytes > pack->len) {
                struct cached *victim = oldest_with_data(c);
                if (victim == pack)
                        break;
                drop(c, victim);
        }
        return answer(c, pack, ret);
}
