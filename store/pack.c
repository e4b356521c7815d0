/* SPDX-License-Identifier: Apache-2.0 */
#include "store/pack.h"

#include <errno.h>

#include "store/bytes.h"

enum { FORMAT = 1, ITEMS_MAX = 1024, CHECK_BYTES = 4 };

uint32_t pack_check(struct span bytes) {
        uint64_t h = 0x9e3779b97f4a7c15 ^ bytes.len, word;
        size_t i = 0;
        for (; i + sizeof word <= bytes.len; i += sizeof word) {
                memcpy(&word, bytes.data + i, sizeof word);
                h = (h ^ word) * 0xd6e8feb86659fd93;
                h ^= h >> 29;
        }
        word = 0;
        memcpy(&word, bytes.data + i, bytes.len - i);
        h = (h ^ word) * 0xd6e8feb86659fd93;
        return (uint32_t)(h ^ h >> 32);
}

static void put_check(struct buf *to, uint32_t check) {
        uint8_t bytes[CHECK_BYTES] = {(uint8_t)check, (uint8_t)(check >> 8), (uint8_t)(check >> 16),
                                      (uint8_t)(check >> 24)};
        buf_put(to, bytes, sizeof bytes);
}

static uint32_t read_check(struct reader *in) {
        const uint8_t *b = read_bytes(in, CHECK_BYTES);
        return b ? (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24 : 0;
}

int pack_write(const struct pack_item *items, size_t n, struct buf *to) {
        uint32_t before = 0;
        buf_put_char(to, FORMAT);
        put_varint(to, n);
        for (size_t i = 0; i < n; i++) {
                put_varint(to, items[i].key - before);
                put_varint(to, items[i].bytes.len);
                put_check(to, pack_check(items[i].bytes));
                before = items[i].key;
        }
        for (size_t i = 0; i < n; i++)
                buf_put_span(to, items[i].bytes);
        return to->failed;
}

int pack_find(struct span pack, uint32_t key, struct span *ret) {
        struct reader in = reader_of(pack.data, pack.len);
        uint8_t format = read_byte(&in);
        size_t n = (size_t)read_varint_upto(&in, ITEMS_MAX), offset = 0, len = 0;
        uint64_t at = 0, check = 0;
        bool is_found = false;
        if (format != FORMAT)
                return -EUCLEAN;
        for (size_t i = 0; i < n; i++) {
                at += read_varint_upto(&in, UINT32_MAX);
                size_t item_len = (size_t)read_varint_upto(&in, pack.len);
                uint32_t item_check = read_check(&in);
                if (at == key) {
                        is_found = true;
                        len = item_len;
                        check = item_check;
                } else if (!is_found) {
                        offset += item_len;
                }
        }
        if (in.failed)
                return -EUCLEAN;
        if (!is_found)
                return 1;
        if (offset > reader_left(&in) || len > reader_left(&in) - offset)
                return -EUCLEAN;
        *ret = (struct span){(const char *)in.at + offset, len};
        return pack_check(*ret) == check ? 0 : -EUCLEAN;
}
