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

/* The canonical request's first three lines: method, path, query. */
static int put_begin(struct sigv4 *s, const struct sigv4_message *m, const struct sigv4_options *options,
                     struct buf *out) {
        struct span query = m->target, path = span_split(&query, '?');
        buf_put_span(out, m->method);
        if (span_is(m->target, "/")) { /* mostly */
                buf_put_span(out, SPAN("\n/\n\n"));
                return out->failed;
        }
        buf_put_char(out, '\n');
        canonical_path(path, options, out);
        buf_put_char(out, '\n');
        int r = canonical_query(&s->scratch, query, out);
        buf_put_char(out, '\n');
        return r < 0 ? r : out->failed;
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
        const struct canonical_header *claimed = canonical_find(&s->scratch, content.name);
        if (claimed)
                payload = span_trim(claimed->value);
        r = put_begin(s, m, options, ret_canonical);
        if (r < 0)
                return r;
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

/* The headers that a signature brings, in the order in which they are added. */
enum own { OWN_DATE, OWN_TOKEN, OWN_AUTHORIZATION, OWN_COUNT };

static const struct span own_names[OWN_COUNT] = {
        [OWN_DATE] = SPAN("X-Amz-Date"),
        [OWN_TOKEN] = SPAN("X-Amz-Security-Token"),
        [OWN_AUTHORIZATION] = SPAN("Authorization"),
};

/* A request on its way to be signed: what of it is signed, and the memory of an earlier signature. */
struct job {
        struct sigv4_header headers[HTTP_HEADERS_MAX + 3];
        size_t n_headers;
        char *old[OWN_COUNT];
};

static enum own which_own(struct span name) {
        for (enum own i = 0; i < OWN_COUNT; i++)
                if (name.len == own_names[i].len && strncasecmp(name.data, own_names[i].data, name.len) == 0)
                        return i;
        return OWN_COUNT;
}

/* Takes an earlier signature off and lists the other headers. */
static void open_job(struct http_request *r, struct job *job) {
        size_t kept = 0;
        for (size_t i = 0; i < r->n_headers; i++) {
                struct http_header h = r->headers[i];
                struct span name = span_of(h.name);
                enum own own = which_own(name);
                if (own != OWN_COUNT) {
                        text_wipe_free(job->old[own]);
                        job->old[own] = h.value;
                        continue;
                }
                job->headers[job->n_headers++] = (struct sigv4_header){name, span_of(h.value)};
                r->headers[kept++] = h;
        }
        r->n_headers = kept;
}

static void close_job(struct job *job) {
        for (enum own i = 0; i < OWN_COUNT; i++)
                text_wipe_free(job->old[i]);
}

/* An earlier attempt's value mostly has the same length, then its memory is used again. */
static int add_own(struct http_request *r, struct job *job, enum own own, struct span value) {
        if (r->n_headers == HTTP_HEADERS_MAX)
                return -E2BIG;
        char *text = job->old[own];
        if (text && strlen(text) == value.len) {
                memcpy(text, value.data, value.len);
                job->old[own] = NULL;
        } else {
                text = span_dup(value);
        }
        if (!text)
                return -ENOMEM;
        r->headers[r->n_headers++] = (struct http_header){
                .name = own_names[own].data, .value = text, .is_secret = own != OWN_DATE};
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

static int prepare(struct sigv4 *s, const struct aws_keys *keys, const struct http_request *request, const char *host,
                   struct job *job) {
        job->headers[job->n_headers++] = (struct sigv4_header){SPAN("host"), span_of(host)};
        job->headers[job->n_headers++] = (struct sigv4_header){own_names[OWN_DATE], {s->time, TIME_LEN}};
        if (keys->session_token)
                job->headers[job->n_headers++] = (struct sigv4_header){own_names[OWN_TOKEN],
                                                                       span_of(keys->session_token)};
        const struct sigv4_message message = {
                .method = span_of(request->method),
                .target = path_of(request),
                .headers = job->headers,
                .n_headers = job->n_headers,
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

static int write_authorization(struct sigv4 *s, const char *key_id, const char *signature) {
        struct buf *out = &s->authorization;
        struct span id = span_of(key_id), names = buf_span(&s->names), scope = scope_in(&s->to_sign);
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
        out->len = (size_t)(to - start);
        return 0;
}

static int authorize(struct sigv4 *s, const struct aws_keys *keys, const struct sigv4_scope *scope) {
        char signature[SHA256_HEX + 1];
        buf_clear(&s->to_sign);
        int r = sigv4_string_to_sign(s, scope, buf_span(&s->canonical), &s->to_sign);
        if (r == 0)
                r = sigv4_signature(s, keys->secret_access_key, scope, buf_span(&s->to_sign), signature);
        return r < 0 ? r : write_authorization(s, keys->access_key_id, signature);
}

static int add_signature(struct sigv4 *s, const struct aws_keys *keys, struct http_request *request, struct job *job) {
        int r = add_own(request, job, OWN_DATE, (struct span){s->time, TIME_LEN});
        if (r == 0 && keys->session_token)
                r = add_own(request, job, OWN_TOKEN, span_of(keys->session_token));
        return r < 0 ? r : add_own(request, job, OWN_AUTHORIZATION, buf_span(&s->authorization));
}

/* It would begin another header. All else that is written into ours is the program's own. */
static bool has_line_break(const char *text) {
        return text && (strchr(text, '\n') || strchr(text, '\r'));
}

int sigv4_sign(struct sigv4 *s, const struct aws_keys *keys, const char *region, const char *service, const char *host,
               int64_t now_s, struct http_request *request) {
        struct job job;
        job.n_headers = 0;
        memset(job.old, 0, sizeof job.old);
        if (has_line_break(keys->access_key_id) || has_line_break(keys->session_token))
                return -EINVAL;
        int r = set_time(s, now_s);
        if (r < 0)
                return r;
        open_job(request, &job);
        r = prepare(s, keys, request, host, &job);
        if (r == 0)
                r = authorize(s, keys, &(struct sigv4_scope){s->time, region, service});
        if (r == 0)
                r = add_signature(s, keys, request, &job);
        close_job(&job);
        return r;
}
