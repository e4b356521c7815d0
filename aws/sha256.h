/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and HMAC-SHA-256 for many short messages: the contexts live on from one to the next. */
#pragma once

#include <stdint.h>

#include "util/scope.h"
#include "util/span.h"

enum { SHA256_BYTES = 32, SHA256_HEX = 64 };

struct sha256;

/* An HMAC key as the digests that every message starts from: as secret as the key. */
struct hmac;

/* -ENOMEM, -ENOTSUP (OpenSSL offers no SHA-256) */
int sha256_new(struct sha256 **ret);
void sha256_free(struct sha256 *h);
/* 0 or -EIO (OpenSSL failed) */
int sha256_of(struct sha256 *h, struct span message, uint8_t ret[SHA256_BYTES]);

int hmac_new(struct sha256 *h, struct span key, struct hmac **ret);
void hmac_free(struct hmac *m);
int hmac_of(struct sha256 *h, const struct hmac *m, struct span message, uint8_t ret[SHA256_BYTES]);

/* Lower-case hexadecimal, not terminated: writes 2 * n bytes. */
void hex_put(const uint8_t *bytes, size_t n, char *to);

SCOPED_DEFINE(struct sha256, sha256_free)
SCOPED_DEFINE(struct hmac, hmac_free)
