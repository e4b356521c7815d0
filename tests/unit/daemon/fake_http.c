/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/fake_http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/text.h"

struct fake_connection {
        struct fake_http *server;
        struct fake_connection *next, **link;
        ev_io reader, writer;
        struct buf input, output;
        int number;
        bool is_closing, is_reset;
};

struct fake_http {
        struct loop *loop;
        ev_io accept;
        char url[64];
        fake_handler handler;
        void *arg;
        struct fake_connection *connections;
        int n_requests, n_connections, n_open;
};

static void drop(struct fake_connection *c) {
        struct ev_loop *ev = loop_ev(c->server->loop);
        struct linger at_once = {1, 0};
        ev_io_stop(ev, &c->reader);
        ev_io_stop(ev, &c->writer);
        if (c->is_reset)
                setsockopt(c->reader.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(c->reader.fd);
        buf_done(&c->input);
        buf_done(&c->output);
        *c->link = c->next;
        if (c->next)
                c->next->link = c->link;
        c->server->n_open--;
        free(c);
}

static void on_writable(struct ev_loop *ev, ev_io *io, int events) {
        (void)events;
        struct fake_connection *c = io->data;
        if (c->output.len > 0) {
                ssize_t n = send(io->fd, c->output.data, c->output.len, MSG_NOSIGNAL | MSG_DONTWAIT);
                if (n < 0 && errno != EAGAIN) {
                        drop(c);
                        return;
                }
                if (n > 0)
                        buf_consume(&c->output, (size_t)n);
        }
        if (c->output.len > 0)
                return;
        ev_io_stop(ev, io);
        if (c->is_closing)
                drop(c);
}

static size_t body_length(struct span headers) {
        static const char name[] = "\r\nContent-Length:";
        for (size_t i = 0; i + sizeof name < headers.len; i++)
                if (strncasecmp(headers.data + i, name, sizeof name - 1) == 0)
                        return strtoul(headers.data + i + sizeof name - 1, NULL, 10);
        return 0;
}

/* Whether a whole request was there. */
static bool take_request(struct fake_connection *c) {
        struct span input = buf_span(&c->input);
        ptrdiff_t end = span_find(input, SPAN("\r\n\r\n"));
        if (end < 0)
                return false;
        struct span head = {input.data, (size_t)end + 2};
        size_t len = body_length(head), whole = (size_t)end + 4 + len;
        if (input.len < whole)
                return false;
        struct fake_request request = {.nth = c->server->n_requests++, .connection = c->number};
        ptrdiff_t first = span_find(head, SPAN("\r\n"));
        struct span line = {head.data, (size_t)first}, rest = line;
        struct span method = span_split(&rest, ' '), path = span_split(&rest, ' ');
        snprintf(request.method, sizeof request.method, "%.*s", (int)method.len, method.data);
        snprintf(request.path, sizeof request.path, "%.*s", (int)path.len, path.data);
        request.headers = (struct span){head.data + first, head.len - (size_t)first};
        request.body = (struct span){input.data + end + 4, len};
        c->server->handler(c->server->arg, c, &request);
        buf_consume(&c->input, whole);
        return true;
}

static void on_readable(struct ev_loop *ev, ev_io *io, int events) {
        (void)ev;
        (void)events;
        struct fake_connection *c = io->data;
        char bytes[65536];
        ssize_t n = recv(io->fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN)
                return;
        if (n <= 0) {
                drop(c);
                return;
        }
        buf_put(&c->input, bytes, (size_t)n);
        while (!c->is_closing && take_request(c))
                ;
        if (c->is_reset)
                drop(c);
}

static void on_connection(struct ev_loop *ev, ev_io *io, int events) {
        (void)events;
        struct fake_http *f = io->data;
        int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
                return;
        struct fake_connection *c = calloc(1, sizeof *c);
        assert(c);
        *c = (struct fake_connection){.server = f,
                                      .next = f->connections,
                                      .link = &f->connections,
                                      .input = BUF_INIT(64 << 20),
                                      .output = BUF_INIT(256 << 20),
                                      .number = f->n_connections++};
        f->n_open++;
        if (c->next)
                c->next->link = &c->next;
        f->connections = c;
        ev_io_init(&c->reader, on_readable, fd, EV_READ);
        ev_io_init(&c->writer, on_writable, fd, EV_WRITE);
        c->reader.data = c->writer.data = c;
        ev_io_start(ev, &c->reader);
}

struct fake_http *fake_http_new(struct loop *l, fake_handler handler, void *arg) {
        struct fake_http *f = calloc(1, sizeof *f);
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (!f || fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, SOMAXCONN) < 0 ||
            getsockname(fd, (struct sockaddr *)&address, &len) < 0)
                abort();
        f->loop = l;
        f->handler = handler;
        f->arg = arg;
        snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
        ev_io_init(&f->accept, on_connection, fd, EV_READ);
        f->accept.data = f;
        ev_io_start(loop_ev(l), &f->accept);
        return f;
}

void fake_http_free(struct fake_http *f) {
        if (!f)
                return;
        while (f->connections)
                drop(f->connections);
        ev_io_stop(loop_ev(f->loop), &f->accept);
        close(f->accept.fd);
        free(f);
}

const char *fake_http_url(const struct fake_http *f) {
        return f->url;
}

int fake_http_requests(const struct fake_http *f) {
        return f->n_requests;
}

int fake_http_connections(const struct fake_http *f) {
        return f->n_connections;
}

int fake_http_open(const struct fake_http *f) {
        return f->n_open;
}

void fake_raw(struct fake_connection *c, const void *data, size_t len) {
        buf_put(&c->output, data, len);
        ev_io_start(loop_ev(c->server->loop), &c->writer);
}

void fake_reply(struct fake_connection *c, int status, const char *headers, const char *body) {
        char head[1024];
        int n = snprintf(head, sizeof head, "HTTP/1.1 %d Status\r\nContent-Length: %zu\r\n%s\r\n", status, strlen(body),
                         headers);
        assert(n > 0 && (size_t)n < sizeof head);
        fake_raw(c, head, (size_t)n);
        fake_raw(c, body, strlen(body));
}

void fake_close(struct fake_connection *c) {
        c->is_closing = true;
        ev_io_start(loop_ev(c->server->loop), &c->writer);
}

void fake_reset(struct fake_connection *c) {
        c->is_closing = c->is_reset = true;
}

void fake_header(const struct fake_request *request, const char *name, char *to, size_t size) {
        struct span rest = request->headers;
        to[0] = '\0';
        while (rest.data) {
                struct span line = span_split(&rest, '\n'), value = line;
                struct span key = span_split(&value, ':');
                if (!value.data || key.len != strlen(name) || strncasecmp(key.data, name, key.len) != 0)
                        continue;
                value = span_trim(value);
                snprintf(to, size, "%.*s", (int)value.len, value.data);
        }
}
