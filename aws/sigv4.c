/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sigv4.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/canonical.h"
#include "util/text.h"
#include "util/timefmt.h"

enum {
        CACHED_KEYS = 256, /* roles x regions x services in use; the least recently used makes room */
        DATE_LEN = 8,
        TIME_LEN = SIGV4_TIME_MAX - 1,
        FIXED_PARTS_MAX =
                256, /* of a string to sign or an Authorization value: all but region, service, names and key id */
        CANONICAL_MAX = 4 << 20,
};

#define ALGORITHM "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"

struct cached_key {
        uint64_t tag; /* the secret's first bytes: one comparison tells most entries apart */
        char *secret, *region, *service;
        char date[DATE_LEN];
        struct hmac *hmac;
        uint64_t used_at;
};

struct sigv4 {
        struct sha256 *hash;
        struct canonical scratch;
        struct buf canonical, names, to_sign, authorization;
        char time[TIME_TEXT_MAX];
        int64_t time_s; /* what `time` shows */
        struct cached_key keys[CACHED_KEYS];
        size_t n_keys;
        uint64_t uses;
};

static void forget(struct cached_key *k) {
        text_wipe_free(k->secret);
        free(k->region);
        free(k->service);
        hmac_free(k->hmac);
        *k = (struct cached_key){0};
}

void sigv4_free(struct sigv4 *s) {
        if (!s)
                return;
        sha256_free(s->hash);
        canonical_done(&s->scratch);
        buf_wipe(&s->canonical);
        buf_wipe(&s->names);
        buf_wipe(&s->to_sign);
        buf_wipe(&s->authorization);
        for (size_t i = 0; i < s->n_keys; i++)
                forget(&s->keys[i]);
        free(s);
}

int sigv4_new(struct sigv4 **ret) {
        SCOPED(sigv4_free) struct sigv4 *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        int r = sha256_new(&s->hash);
        if (r < 0)
                return r;
        canonical_init(&s->scratch);
        buf_init(&s->canonical, CANONICAL_MAX);
        buf_init(&s->names, CANONICAL_MAX);
        buf_init(&s->to_sign, CANONICAL_MAX);
        buf_init(&s->authorization, CANONICAL_MAX);
        *ret = TAKE(s);
        return 0;
}

/* Writes where buf_reserve made room. */
static char *write_span(char *to, struct span s) {
        memcpy(to, s.data, s.len);
        return to + s.len;
}

/* The canonical request's end: an empty line, the names of the signed headers, the payload's hash. */
static int put_end(struct buf *out, struct span names, struct span payload) {
        char *start = buf_reserve(out, names.len + payload.len + 2), *to = start;
        if (!start)
                return out->failed;
        *to++ = '\n';
        to = write_span(to, names);
        *to++ = '\n';
        to = write_span(to, payload);
        *to = '\0';
        out->len += (size_t)(to - start);
        return 0;
}

int sigv4_canonical_request(struct sigv4 *s, const struct sigv4_message *m, const struct sigv4_options *options,
                            struct buf *ret_canonical, struct buf *ret_names) {
        uint8_t hash[SHA256_BYTES];
        char hex[SHA256_HEX];
        struct span payload = {hex, sizeof hex};
        int r = sha256_of(s->hash, m->body, hash);
        if (r < 0)
                return r;
        hex_put(hash, sizeof hash, hex);
        const struct sigv4_header content = {SPAN("x-amz-content-sha256"), payload};
        r = canonical_collect(&s->scratch, m->headers, m->n_headers, options->sign_body ? &content : NULL);
        if (r < 0)
                return r;
        const struct sigv4_header *claimed = canonical_find(&s->scratch, content.name);
        if (claimed)
                payload = span_trim(claimed->value);
        struct span query = m->target, path = span_split(&query, '?');
        buf_put_span(ret_canonical, m->method);
        buf_put_char(ret_canonical, '\n');
        canonical_path(path, options, ret_canonical);
        buf_put_char(ret_canonical, '\n');
        r = canonical_query(&s->scratch, query, ret_canonical);
        if (r < 0)
                return r;
        buf_put_char(ret_canonical, '\n');
        size_t names_at = ret_names->len;
        canonical_headers(&s->scratch, ret_canonical, ret_names);
        if (ret_names->failed)
                return ret_names->failed;
        return put_end(ret_canonical, (struct span){buf_str(ret_names) + names_at, ret_names->len - names_at}, payload);
}

int sigv4_string_to_sign(struct sigv4 *s, const struct sigv4_scope *scope, struct span canonical, struct buf *ret) {
        uint8_t hash[SHA256_BYTES];
        struct span region = span_of(scope->region), service = span_of(scope->service);
        int r = sha256_of(s->hash, canonical, hash);
        if (r < 0)
                return r;
        char *start = buf_reserve(ret, region.len + service.len + FIXED_PARTS_MAX), *to = start;
        if (!start)
                return ret->failed;
        to = write_span(to, SPAN(ALGORITHM "\n"));
        to = write_span(to, (struct span){scope->time, TIME_LEN});
        *to++ = '\n';
        to = write_span(to, (struct span){scope->time, DATE_LEN});
        *to++ = '/';
        to = write_span(to, region);
        *to++ = '/';
        to = write_span(to, service);
        to = write_span(to, SPAN("/" TERMINATOR "\n"));
        hex_put(hash, sizeof hash, to);
        to += SHA256_HEX;
        *to = '\0';
        ret->len += (size_t)(to - start);
        return 0;
}

static int chain(struct sha256 *hash, struct span key, struct span message, uint8_t ret[SHA256_BYTES]) {
        SCOPED(hmac_free) struct hmac *hmac = NULL;
        int r = hmac_new(hash, key, &hmac);
        return r < 0 ? r : hmac_of(hash, hmac, message, ret);
}

int sigv4_derive_key(struct sigv4 *s, const char *secret, const struct sigv4_scope *scope, uint8_t ret[SHA256_BYTES]) {
        const struct span steps[] = {
                {scope->time, DATE_LEN}, span_of(scope->region), span_of(scope->service), SPAN(TERMINATOR)};
        SCOPED(buf_wipe) struct buf first = BUF_INIT(1 << 20);
        uint8_t key[SHA256_BYTES];
        size_t n = strlen(secret);
        buf_reserve(&first, n + 4); /* at once: growing would leave a copy of the secret behind */
        buf_put_str(&first, "AWS4");
        buf_put(&first, secret, n);
        if (first.failed)
                return first.failed;
        int r = chain(s->hash, buf_span(&first), steps[0], key);
        for (size_t i = 1; r == 0 && i < ELEMENTS(steps); i++)
                r = chain(s->hash, (struct span){(const char *)key, sizeof key}, steps[i], key);
        if (r == 0)
                memcpy(ret, key, sizeof key);
        text_wipe(key, sizeof key);
        return r;
}

static uint64_t tag_of(const char *secret) {
        uint64_t tag = 0;
        memcpy(&tag, secret, strnlen(secret, sizeof tag));
        return tag;
}

static bool is_for(const struct cached_key *k, uint64_t tag, const char *secret, const struct sigv4_scope *scope) {
        return k->tag == tag && strcmp(k->service, scope->service) == 0 && strcmp(k->region, scope->region) == 0 &&
               strcmp(k->secret, secret) == 0;
}

/* Where a new entry goes: a free place, else that of the least recently used one, which is forgotten. */
static struct cached_key *make_room(struct sigv4 *s) {
        if (s->n_keys < CACHED_KEYS)
                return &s->keys[s->n_keys++];
        struct cached_key *oldest = &s->keys[0];
        for (size_t i = 1; i < CACHED_KEYS; i++)
                if (s->keys[i].used_at < oldest->used_at)
                        oldest = &s->keys[i];
        forget(oldest);
        return oldest;
}

/* Puts the date's key into the entry, in place of an earlier date's. */
static int derive(struct sigv4 *s, struct cached_key *k, const char *secret, const struct sigv4_scope *scope) {
        uint8_t derived[SHA256_BYTES];
        struct hmac *hmac = NULL;
        int r = sigv4_derive_key(s, secret, scope, derived);
        if (r == 0)
                r = hmac_new(s->hash, (struct span){(const char *)derived, sizeof derived}, &hmac);
        text_wipe(derived, sizeof derived);
        if (r < 0)
                return r;
        hmac_free(k->hmac);
        k->hmac = hmac;
        memcpy(k->date, scope->time, DATE_LEN);
        return 0;
}

static int add_key(struct sigv4 *s, const char *secret, const struct sigv4_scope *scope, struct cached_key **ret) {
        struct cached_key made = {.tag = tag_of(secret),
                                  .secret = strdup(secret),
                                  .region = strdup(scope->region),
                                  .service = strdup(scope->service)};
        int r = made.secret && made.region && made.service ? derive(s, &made, secret, scope) : -ENOMEM;
        if (r < 0) {
                forget(&made);
                return r;
        }
        *ret = make_room(s);
        **ret = made;
        return 0;
}

static int find_key(struct sigv4 *s, const char *secret, const struct sigv4_scope *scope, struct cached_key **ret) {
        uint64_t tag = tag_of(secret);
        for (size_t i = 0; i < s->n_keys; i++) {
                struct cached_key *k = &s->keys[i];
                if (!is_for(k, tag, secret, scope))
                        continue;
                *ret = k;
                return memcmp(k->date, scope->time, DATE_LEN) == 0 ? 0 : derive(s, k, secret, scope);
        }
        return add_key(s, secret, scope, ret);
}

int sigv4_signature(struct sigv4 *s, const char *secret, const struct sigv4_scope *scope, struct span string_to_sign,
                    char ret[SHA256_HEX + 1]) {
        struct cached_key *key;
        uint8_t mac[SHA256_BYTES];
        int r = find_key(s, secret, scope, &key);
        if (r == 0)
                r = hmac_of(s->hash, key->hmac, string_to_sign, mac);
        if (r < 0)
                return r;
        key->used_at = ++s->uses;
        hex_put(mac, sizeof mac, ret);
        ret[SHA256_HEX] = '\0';
        return 0;
}

/* Most names differ in their first letter already. */
static bool has_name(const struct http_header *h, const char *name) {
        return (h->name[0] | 0x20) == (name[0] | 0x20) && strcasecmp(h->name, name) == 0;
}

static struct http_header *find_header(struct http_request *r, const char *name) {
        for (size_t i = 0; i < r->n_headers; i++)
                if (has_name(&r->headers[i], name))
                        return &r->headers[i];
        return NULL;
}

static void remove_header(struct http_request *r, const char *name) {
        struct http_header *h;
        while ((h = find_header(r, name))) {
                text_wipe_free(h->value);
                size_t after = (size_t)(r->headers + r->n_headers - (h + 1));
                memmove(h, h + 1, after * sizeof *h);
                r->n_headers--;
        }
}

/* A later attempt's value mostly has the length of the earlier one, then the memory is kept. */
static int set_header(struct http_request *r, const char *name, struct span value, bool is_secret) {
        if (memchr(value.data, '\n', value.len) || memchr(value.data, '\r', value.len))
                return -EINVAL;
        struct http_header *h = find_header(r, name);
        if (h && h->value && strlen(h->value) == value.len) {
                memcpy(h->value, value.data, value.len);
                h->is_secret = is_secret;
                return 0;
        }
        if (!h && r->n_headers == HTTP_HEADERS_MAX)
                return -E2BIG;
        char *copy = span_dup(value);
        if (!copy)
                return -ENOMEM;
        if (!h)
                h = &r->headers[r->n_headers++];
        else
                text_wipe_free(h->value);
        *h = (struct http_header){.name = name, .value = copy, .is_secret = is_secret};
        return 0;
}

static int set_time(struct sigv4 *s, int64_t now_s) {
        if (s->time[0] && s->time_s == now_s)
                return 0;
        time_compact(now_s, s->time);
        s->time_s = now_s;
        if (strlen(s->time) == TIME_LEN)
                return 0;
        s->time[0] = '\0';
        return -EINVAL;
}

static struct span path_of(const struct http_request *request) {
        return request->path && request->path[0] ? span_of(request->path) : SPAN("/");
}

static int prepare(struct sigv4 *s, const struct http_request *request, const char *host) {
        struct sigv4_header headers[HTTP_HEADERS_MAX + 1];
        size_t n = 0;
        headers[n++] = (struct sigv4_header){SPAN("host"), span_of(host)};
        for (size_t i = 0; i < request->n_headers; i++)
                headers[n++] = (struct sigv4_header){span_of(request->headers[i].name),
                                                     span_of(request->headers[i].value)};
        const struct sigv4_message message = {
                .method = span_of(request->method),
                .target = path_of(request),
                .headers = headers,
                .n_headers = n,
                .body = buf_span(&request->body),
        };
        buf_clear(&s->canonical);
        buf_clear(&s->names);
        return sigv4_canonical_request(s, &message, &SIGV4_DEFAULTS, &s->canonical, &s->names);
}

/* "20260102/eu-west-1/monitoring/aws4_request" as it stands in the string to sign. */
static struct span scope_in(const struct buf *to_sign) {
        size_t before = sizeof ALGORITHM + TIME_LEN + 1;
        return (struct span){to_sign->data + before, to_sign->len - before - 1 - SHA256_HEX};
}

static int put_authorization(struct sigv4 *s, const struct aws_keys *keys, const char *signature,
                             struct http_request *request) {
        struct buf *out = &s->authorization;
        struct span id = span_of(keys->access_key_id), names = buf_span(&s->names), scope = scope_in(&s->to_sign);
        buf_clear(out);
        char *start = buf_reserve(out, id.len + names.len + scope.len + FIXED_PARTS_MAX), *to = start;
        if (!start)
                return out->failed;
        to = write_span(to, SPAN(ALGORITHM " Credential="));
        to = write_span(to, id);
        *to++ = '/';
        to = write_span(to, scope);
        to = write_span(to, SPAN(", SignedHeaders="));
        to = write_span(to, names);
        to = write_span(to, SPAN(", Signature="));
        to = write_span(to, (struct span){signature, SHA256_HEX});
        return set_header(request, "Authorization", (struct span){start, (size_t)(to - start)}, true);
}

static int authorize(struct sigv4 *s, const struct aws_keys *keys, const struct sigv4_scope *scope,
                     struct http_request *request) {
        char signature[SHA256_HEX + 1];
        buf_clear(&s->to_sign);
        int r = sigv4_string_to_sign(s, scope, buf_span(&s->canonical), &s->to_sign);
        if (r == 0)
                r = sigv4_signature(s, keys->secret_access_key, scope, buf_span(&s->to_sign), signature);
        return r < 0 ? r : put_authorization(s, keys, signature, request);
}

int sigv4_sign(struct sigv4 *s, const struct aws_keys *keys, const char *region, const char *service, const char *host,
               int64_t now_s, struct http_request *request) {
        int r = set_time(s, now_s);
        if (r < 0)
                return r;
        r = set_header(request, "X-Amz-Date", (struct span){s->time, TIME_LEN}, false);
        if (r < 0)
                return r;
        if (keys->session_token)
                r = set_header(request, "X-Amz-Security-Token", span_of(keys->session_token), true);
        else
                remove_header(request, "X-Amz-Security-Token");
        if (r == 0)
                r = prepare(s, request, host);
        return r < 0 ? r : authorize(s, keys, &(struct sigv4_scope){s->time, region, service}, request);
}
