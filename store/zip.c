/* SPDX-License-Identifier: Apache-2.0 */
#include "store/zip.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

/* Every frame begins with it: not kept. */
static const uint8_t magic[] = {0x28, 0xb5, 0x2f, 0xfd};

/* FAST is for what is unpacked once, if ever; SMALL for what is kept for a year: a day's samples are a few KB, so that a high level
 * costs little. */
static const int levels[] = {[ZIP_FAST] = 1, [ZIP_SMALL] = 6};

void zip_done(struct zip *z) {
        ZSTD_freeCCtx(z->packer);
        ZSTD_freeDCtx(z->unpacker);
        buf_done(&z->frame);
        *z = ZIP_INIT;
}

void zip_rest(struct zip *z) {
        ZSTD_freeCCtx(z->packer);
        z->packer = NULL;
}

int zip_pack(struct zip *z, enum zip_effort effort, const void *bytes, size_t len, struct buf *to) {
        if (!z->packer && !(z->packer = ZSTD_createCCtx()))
                return -ENOMEM;
        size_t bound = ZSTD_compressBound(len), start = to->len;
        char *at = buf_reserve(to, bound);
        if (!at)
                return to->failed;
        size_t n = ZSTD_compressCCtx(z->packer, at, bound, bytes, len, levels[effort]);
        if (ZSTD_isError(n))
                return -ENOMEM;
        n -= sizeof magic;
        memmove(at, at + sizeof magic, n);
        if (n >= len)
                return -ENODATA;
        to->len = start + n;
        return 0;
}

int zip_unpack(struct zip *z, const void *bytes, size_t len, void *to, size_t size) {
        if (!z->unpacker && !(z->unpacker = ZSTD_createDCtx()))
                return -ENOMEM;
        buf_clear(&z->frame);
        buf_put(&z->frame, magic, sizeof magic);
        buf_put(&z->frame, bytes, len);
        if (z->frame.failed)
                return z->frame.failed;
        return ZSTD_decompressDCtx(z->unpacker, to, size, z->frame.data, z->frame.len) == size ? 0 : -EUCLEAN;
}
