/* SPDX-License-Identifier: Apache-2.0 */
/* A column of whole numbers as byte planes: all lowest bytes, all next ones ... Noise stays in the low planes; the high ones, which
 * hardly change, nearly vanish. */
#pragma once

#include "store/bytes.h"
#include "store/zip.h"

/* -ENOMEM */
int planes_write(struct zip *z, enum zip_effort effort, const uint64_t *numbers, size_t n, struct buf *to);
/* 0, -ENOMEM, -EUCLEAN */
int planes_read(struct zip *z, struct reader *in, uint64_t *numbers, size_t n);

/* A byte string, packed where that makes it shorter; `to` of bytes_read is empty before and says by its cap how much it may become. */
int bytes_write(struct zip *z, enum zip_effort effort, struct span bytes, struct buf *to);
int bytes_read(struct zip *z, struct reader *in, struct buf *to);
