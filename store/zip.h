/* SPDX-License-Identifier: Apache-2.0 */
/* zstd: one context for all that the store packs and unpacks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

struct zip {
        void *packer, *unpacker; /* zstd's contexts, made when first needed */
        struct buf frame;
};

enum { ZIP_MAX = 256 << 20 };
#define ZIP_INIT ((struct zip){.frame = {.cap = ZIP_MAX}})

enum zip_effort { ZIP_FAST, ZIP_SMALL };

void zip_done(struct zip *z);
/* Frees the packer's tables until it is used again. */
void zip_rest(struct zip *z);
/* Appends `len` bytes in fewer; -ENODATA when they do not become fewer (nothing is appended then), -ENOMEM. */
int zip_pack(struct zip *z, enum zip_effort effort, const void *bytes, size_t len, struct buf *to);
/* Into exactly `size` bytes. -EUCLEAN when that is not what comes out, -ENOMEM. */
int zip_unpack(struct zip *z, const void *bytes, size_t len, void *to, size_t size);
