/* SPDX-License-Identifier: Apache-2.0 */
/* A small real HTTP server on 127.0.0.1, driven by the loop of the test. */
#pragma once

#include "daemon/loop.h"
#include "util/buf.h"

struct fake_http;
struct fake_connection;

struct fake_request {
        char method[16], path[256];
        struct span headers, body; /* borrowed */
        int nth;                   /* of the server, from 0 */
        int connection;            /* which connection brought it, from 0 */
};

typedef void (*fake_handler)(void *arg, struct fake_connection *c, const struct fake_request *request);

struct fake_http *fake_http_new(struct loop *l, fake_handler handler, void *arg);
void fake_http_free(struct fake_http *f);
/* "http://127.0.0.1:PORT" */
const char *fake_http_url(const struct fake_http *f);
int fake_http_requests(const struct fake_http *f);
int fake_http_connections(const struct fake_http *f);
int fake_http_open(const struct fake_http *f); /* connections that the client has not closed */

/* What a handler may do; nothing at all is a hang. `headers` are "Name: value\r\n" lines. */
void fake_reply(struct fake_connection *c, int status, const char *headers, const char *body);
void fake_raw(struct fake_connection *c, const void *data, size_t len);
void fake_close(struct fake_connection *c); /* after what was said is sent */
void fake_reset(struct fake_connection *c); /* at once, with RST */
/* Value of a request header into `to`, "" when absent. */
void fake_header(const struct fake_request *request, const char *name, char *to, size_t size);
