/* SPDX-License-Identifier: Apache-2.0 */
/* AWS Signature Version 4 in the Authorization header. The stages are visible so that tests can tell which one is wrong. */
#pragma once

#include <stdint.h>

#include "aws/keys.h"
#include "aws/sha256.h"
#include "util/http.h"

enum { SIGV4_TIME_MAX = 17 }; /* "20260102T030405Z" and its NUL */

/* Reusable buffers, hash contexts and the derived keys of the last (secret, date, region, service) combinations. */
struct sigv4;

struct sigv4_options {
        bool normalize_path; /* remove dot segments and repeated slashes: every service but S3 */
        bool double_encode;  /* encode the path as it is on the wire once more: every service but S3 */
        bool sign_body;      /* add x-amz-content-sha256 to what is signed */
};

/* What every service that flinkwatch calls wants. */
#define SIGV4_DEFAULTS ((struct sigv4_options){.normalize_path = true, .double_encode = true})

struct sigv4_header {
        struct span name;  /* any case */
        struct span value; /* may be folded; the same name may come again */
};

/* A request as the stages see it: host and x-amz-date are among the headers. */
struct sigv4_message {
        struct span method;
        struct span target; /* path and query as on the wire */
        const struct sigv4_header *headers;
        size_t n_headers;
        struct span body;
};

struct sigv4_scope {
        const char *time; /* "20260102T030405Z" */
        const char *region;
        const char *service;
};

/* -ENOMEM, -ENOTSUP (OpenSSL offers no SHA-256) */
int sigv4_new(struct sigv4 **ret);
void sigv4_free(struct sigv4 *s);

/* Replaces X-Amz-Date, X-Amz-Security-Token and Authorization of `request` by fresh ones; sign again for each attempt. `host` is the
 * Host header as it goes over the wire, with the port when there is one. `now_s` is the time the service has (skew applied).
 * -EINVAL: a line break in the keys or an impossible time, -E2BIG: no room for the headers, -ENOMEM, -EIO (OpenSSL). */
int sigv4_sign(struct sigv4 *s, const struct aws_keys *keys, const char *region, const char *service, const char *host,
               int64_t now_s, struct http_request *request);

/* Stage 1. Appends the canonical request and, apart, the signed header names joined by ';'. -ENOMEM, -EMSGSIZE, -EIO. */
int sigv4_canonical_request(struct sigv4 *s, const struct sigv4_message *message, const struct sigv4_options *options,
                            struct buf *ret_canonical, struct buf *ret_names);
/* Stage 2. */
int sigv4_string_to_sign(struct sigv4 *s, const struct sigv4_scope *scope, struct span canonical, struct buf *ret);
/* Stage 3, by way of the cache of derived keys; terminated. */
int sigv4_signature(struct sigv4 *s, const char *secret, const struct sigv4_scope *scope, struct span string_to_sign,
                    char ret[SHA256_HEX + 1]);
/* The derived key itself, without the cache: a secret. */
int sigv4_derive_key(struct sigv4 *s, const char *secret, const struct sigv4_scope *scope, uint8_t ret[SHA256_BYTES]);

SCOPED_DEFINE(struct sigv4, sigv4_free)
