/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/fleet.h"
#include "util/buf.h"

enum { CONNECTIONS_MAX = 64, ANSWERS_MAX = 48, MESSAGE_MAX = 16 << 20, NAME_MAX_BYTES = 80 };

/* What was asked, as far as it matters for the answer. */
struct question {
        bool is_json;
        int64_t from_s, to_s;
        size_t n;
        struct span names[FLEET_REQUEST];
};

struct answer {
        uint64_t key;
        struct buf message; /* head and body */
};

struct connection {
        int fd;
        struct buf in;
};

static struct answer answers[ANSWERS_MAX];
static size_t next_answer;

static void must(bool ok, const char *what) {
        if (ok)
                return;
        perror(what);
        _exit(1);
}

static uint64_t mix(uint64_t h, const void *data, size_t len) {
        for (const unsigned char *p = data, *end = p + len; p < end; p++)
                h = (h ^ *p) * 0x100000001b3;
        return h;
}

static uint64_t key_of(const struct question *q) {
        uint64_t h = mix(0xcbf29ce484222325, &q->is_json, sizeof q->is_json);
        h = mix(h, &q->from_s, sizeof q->from_s);
        h = mix(h, &q->to_s, sizeof q->to_s);
        for (size_t i = 0; i < q->n; i++)
                h = mix(mix(h, q->names[i].data, q->names[i].len), "", 1);
        return h;
}

static int64_t number_after(struct span text, struct span word, int64_t otherwise) {
        ptrdiff_t at = span_find(text, word);
        return at < 0 ? otherwise : (int64_t)strtod(text.data + at + word.len, NULL);
}

static void find_names(struct span body, struct span before, char end, struct question *q) {
        ptrdiff_t at;
        while (q->n < FLEET_REQUEST && (at = span_find(body, before)) >= 0) {
                body.data += (size_t)at + before.len;
                body.len -= (size_t)at + before.len;
                const char *stop = memchr(body.data, end, body.len);
                must(stop && stop - body.data < NAME_MAX_BYTES, "a metric's name");
                q->names[q->n++] = (struct span){body.data, (size_t)(stop - body.data)};
        }
}

static void understand(struct span body, struct question *q) {
        *q = (struct question){.is_json = body.len > 0 && body.data[0] == '{',
                               .from_s = FLEET_T0,
                               .to_s = FLEET_T0 + FLEET_POINTS * 60};
        if (q->is_json) {
                q->from_s = number_after(body, SPAN("\"StartTime\":"), q->from_s);
                q->to_s = number_after(body, SPAN("\"EndTime\":"), q->to_s);
                find_names(body, SPAN("\"MetricName\":\""), '"', q);
        } else {
                find_names(body, SPAN(".MetricName="), '&', q);
        }
}

static void put_value(struct buf *b, double value) {
        char text[40];
        snprintf(text, sizeof text, "%.15g", value);
        if (strtod(text, NULL) != value)
                snprintf(text, sizeof text, "%.17g", value);
        buf_put_str(b, text);
}

static void put_result(struct buf *b, const struct question *q, size_t i) {
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof name, "%.*s", (int)q->names[i].len, q->names[i].data);
        unsigned application = (unsigned)(i / FLEET_SERIES);
        buf_printf(b,
                   q->is_json ? "{\"Id\":\"q%zu\",\"Label\":\"%s\",\"Timestamps\":["
                              : "<member><Id>q%zu</Id><Label>%s</Label><Timestamps>",
                   i, name);
        for (int64_t at_s = q->from_s; at_s < q->to_s; at_s += 60) {
                if (q->is_json)
                        buf_printf(b, "%s%.10gE9", at_s > q->from_s ? "," : "", (double)at_s / 1e9);
                else
                        buf_printf(b, "<member>2026-01-01T00:%02d:00Z</member>", (int)(at_s / 60 % 60));
        }
        buf_put_str(b, q->is_json ? "],\"Values\":[" : "</Timestamps><Values>");
        for (int64_t at_s = q->from_s; at_s < q->to_s; at_s += 60) {
                buf_put_str(b, q->is_json ? at_s > q->from_s ? "," : "" : "<member>");
                put_value(b, fleet_value(name, application, at_s));
                buf_put_str(b, q->is_json ? "" : "</member>");
        }
        buf_put_str(b, q->is_json ? "],\"StatusCode\":\"Complete\"}"
                                  : "</Values><StatusCode>Complete</StatusCode></member>");
}

static void put_body(struct buf *b, const struct question *q) {
        buf_put_str(b, q->is_json ? "{\"MetricDataResults\":["
                                  : "<GetMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">"
                                    "<GetMetricDataResult><Messages/><MetricDataResults>");
        for (size_t i = 0; i < q->n; i++) {
                if (i > 0 && q->is_json)
                        buf_put_char(b, ',');
                put_result(b, q, i);
        }
        buf_put_str(b, q->is_json
                               ? "],\"Messages\":[]}"
                               : "</MetricDataResults></GetMetricDataResult><ResponseMetadata><RequestId>x</RequestId>"
                                 "</ResponseMetadata></GetMetricDataResponse>");
}

static const struct buf *answer_to(const struct question *q) {
        uint64_t key = key_of(q);
        for (size_t i = 0; i < ANSWERS_MAX; i++)
                if (answers[i].key == key)
                        return &answers[i].message;
        struct answer *a = &answers[next_answer++ % ANSWERS_MAX];
        struct buf body = BUF_INIT(MESSAGE_MAX);
        put_body(&body, q);
        buf_done(&a->message);
        a->message = BUF_INIT(MESSAGE_MAX);
        buf_printf(&a->message,
                   "HTTP/1.1 200 OK\r\nx-amzn-RequestId: x\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                   q->is_json ? "application/x-amz-json-1.0" : "text/xml", body.len);
        buf_put_span(&a->message, buf_span(&body));
        must(!body.failed && !a->message.failed, "an answer");
        buf_done(&body);
        a->key = key;
        return &a->message;
}

/* Whether the connection is still there. */
static bool send_all(int fd, const struct buf *message) {
        for (size_t sent = 0; sent < message->len;) {
                ssize_t n = send(fd, message->data + sent, message->len - sent, MSG_NOSIGNAL);
                if (n <= 0)
                        return false;
                sent += (size_t)n;
        }
        return true;
}

static bool serve(struct connection *c) {
        char *room = buf_reserve(&c->in, 1 << 18);
        must(room != NULL, "a request");
        ssize_t n = recv(c->fd, room, 1 << 18, 0);
        if (n <= 0)
                return false;
        c->in.len += (size_t)n;
        c->in.data[c->in.len] = '\0';
        ptrdiff_t head = span_find(buf_span(&c->in), SPAN("\r\n\r\n"));
        const char *length = head < 0 ? NULL : strcasestr(c->in.data, "content-length:");
        size_t whole = (size_t)head + 4 + (length ? strtoul(length + 15, NULL, 10) : 0);
        if (head < 0 || c->in.len < whole)
                return true;
        struct question q;
        understand((struct span){c->in.data + head + 4, whole - (size_t)head - 4}, &q);
        bool is_there = send_all(c->fd, answer_to(&q));
        buf_consume(&c->in, whole);
        return is_there;
}

static void run(int listener) {
        static struct connection connections[CONNECTIONS_MAX];
        struct pollfd fds[CONNECTIONS_MAX + 1];
        size_t n = 0;
        for (;;) {
                fds[n] = (struct pollfd){.fd = listener, .events = POLLIN};
                for (size_t i = 0; i < n; i++)
                        fds[i] = (struct pollfd){.fd = connections[i].fd, .events = POLLIN};
                must(poll(fds, n + 1, -1) >= 0, "poll");
                bool has_new = fds[n].revents != 0;
                for (size_t i = n; i-- > 0;)
                        if (fds[i].revents && !serve(&connections[i])) {
                                close(connections[i].fd);
                                buf_done(&connections[i].in);
                                connections[i] = connections[--n];
                        }
                if (has_new && n < CONNECTIONS_MAX)
                        connections[n++] = (struct connection){accept(listener, NULL, NULL), BUF_INIT(MESSAGE_MAX)};
        }
}

pid_t fleet_endpoint_start(int *ret_port) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof address;
        int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(listener >= 0 && bind(listener, (struct sockaddr *)&address, len) == 0 && listen(listener, 64) == 0 &&
                     getsockname(listener, (struct sockaddr *)&address, &len) == 0,
             "listen");
        *ret_port = ntohs(address.sin_port);
        fflush(stdout);
        pid_t pid = fork();
        must(pid >= 0, "fork");
        if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGTERM);
                run(listener);
        }
        close(listener);
        return pid;
}
