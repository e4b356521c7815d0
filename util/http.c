/* SPDX-License-Identifier: Apache-2.0 */
#include "util/http.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "util/text.h"

void http_request_init(struct http_request *r) {
        *r = (struct http_request){.method = "POST", .operation = "", .body = BUF_INIT(HTTP_BODY_MAX)};
}

static void free_argv(char **argv) {
        for (char **p = argv; p && *p; p++)
                text_wipe_free(*p);
        free(argv);
}

void http_request_done(struct http_request *r) {
        for (size_t i = 0; i < r->n_headers; i++)
                text_wipe_free(r->headers[i].value);
        free(r->region);
        text_wipe_free(r->url);
        text_wipe_free(r->path);
        free_argv(r->argv);
        buf_wipe(&r->body);
        http_request_init(r);
}

int http_request_header(struct http_request *r, const char *name, const char *value) {
        if (strpbrk(value, "\r\n"))
                return -EINVAL;
        if (r->n_headers == HTTP_HEADERS_MAX)
                return -E2BIG;
        char *copy = strdup(value);
        if (!copy)
                return -ENOMEM;
        r->headers[r->n_headers++] = (struct http_header){.name = name, .value = copy};
        return 0;
}

struct span http_reply_header(const struct http_reply *r, const char *name) {
        struct span rest = r->headers;
        size_t n = strlen(name);
        while (rest.data && rest.len > 0) {
                struct span line = span_trim(span_split(&rest, '\n'));
                if (line.len > n && line.data[n] == ':' && strncasecmp(line.data, name, n) == 0)
                        return span_trim((struct span){line.data + n + 1, line.len - n - 1});
        }
        return (struct span){0};
}
