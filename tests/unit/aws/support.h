/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of this folder share. Every secret in them holds the mark, so that one look tells whether a text leaks one. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/err.h"
#include "util/http.h"

#define MARK "SeCrEt"
#define SECRET_KEY MARK "/accesskey+0123456789"
#define TOKEN MARK "SessionToken=="

/* Top of the sources, as "make check" says. */
static inline const char *source_folder(void) {
        const char *folder = getenv("FLINKWATCH_SRCDIR");
        return folder && *folder ? folder : ".";
}

static inline void assert_no_secret(const char *text) {
        if (strstr(text, MARK))
                fail_msg("a secret in: %s", text);
}

/* The text says `part` and no secret. */
static inline void assert_says(const char *text, const char *part) {
        assert_no_secret(text);
        if (!strstr(text, part))
                fail_msg("\"%s\" is not in: %s", part, text);
}

/* A folder of one's own that stands in for HOME. */
struct home {
        char path[64];
};

static inline void home_make(struct home *h) {
        snprintf(h->path, sizeof h->path, "/tmp/flinkwatch-aws-XXXXXX");
        assert_non_null(mkdtemp(h->path));
}

static inline int home_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
        (void)st, (void)kind, (void)at;
        return remove(path);
}

static inline void home_remove(const struct home *h) {
        nftw(h->path, home_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void home_path(const struct home *h, const char *name, char to[512]) {
        snprintf(to, 512, "%s/%s", h->path, name);
}

static inline void home_write_bytes(const struct home *h, const char *name, const void *text, size_t len) {
        char path[512];
        home_path(h, name, path);
        for (char *slash = path + strlen(h->path) + 1; (slash = strchr(slash, '/')); slash++) {
                *slash = '\0';
                mkdir(path, 0700);
                *slash = '/';
        }
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(text, 1, len, f), len);
        assert_int_equal(fclose(f), 0);
}

static inline void home_write(const struct home *h, const char *name, const char *text) {
        home_write_bytes(h, name, text, strlen(text));
}

static inline struct http_reply reply_of(int status, const char *body) {
        return (struct http_reply){.status = status, .body = span_of(body), .was_sent = true};
}

static inline struct http_reply reply_with(int status, const char *headers, const char *body) {
        struct http_reply r = reply_of(status, body);
        r.headers = span_of(headers);
        return r;
}

static inline struct http_reply reply_fault(enum http_fault fault) {
        return (struct http_reply){.fault = fault, .fault_text = "as the wire says"};
}

/* NULL when the request has no such header. */
static inline const struct http_header *header_of(const struct http_request *r, const char *name) {
        for (size_t i = 0; i < r->n_headers; i++)
                if (strcasecmp(r->headers[i].name, name) == 0)
                        return &r->headers[i];
        return NULL;
}

static inline const char *header_text(const struct http_request *r, const char *name) {
        const struct http_header *h = header_of(r, name);
        return h ? h->value : NULL;
}
