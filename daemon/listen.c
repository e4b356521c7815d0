/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "util/number.h"
#include "util/scope.h"

enum { BACKLOG = 64, HOST_MAX = 64 };

static int wrong(const char *text, struct err *reterr) {
        return err_set(reterr, -EINVAL, "%.80s: expected an address and a port, such as 127.0.0.1:9790 or [::1]:9790",
                       text);
}

int listen_parse(const char *text, struct listen_address *ret, struct err *reterr) {
        const char *colon = strrchr(text, ':');
        char host[HOST_MAX];
        int64_t port;
        if (!colon || number_int64(span_of(colon + 1), &port) < 0 || port < 1 || port > 65535)
                return wrong(text, reterr);
        struct span name = {text, (size_t)(colon - text)};
        bool is_v6 = name.len > 2 && name.data[0] == '[' && name.data[name.len - 1] == ']';
        if (is_v6)
                name = (struct span){name.data + 1, name.len - 2};
        if (name.len >= sizeof host)
                return wrong(text, reterr);
        memcpy(host, name.data, name.len);
        host[name.len] = '\0';
        *ret = (struct listen_address){0};
        struct sockaddr_in *v4 = (struct sockaddr_in *)&ret->address;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ret->address;
        ret->len = is_v6 ? sizeof *v6 : sizeof *v4;
        ret->address.ss_family = is_v6 ? AF_INET6 : AF_INET;
        *(is_v6 ? &v6->sin6_port : &v4->sin_port) = htons((uint16_t)port);
        if (inet_pton(ret->address.ss_family, host, is_v6 ? (void *)&v6->sin6_addr : (void *)&v4->sin_addr) != 1)
                return wrong(text, reterr);
        return 0;
}

int listen_open(const char *text, struct err *reterr) {
        struct listen_address where;
        const int on = 1;
        int r = listen_parse(text, &where, reterr);
        if (r < 0)
                return r;
        SCOPED(close) int fd = socket(where.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0)
                setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        if (fd < 0 || bind(fd, (struct sockaddr *)&where.address, where.len) < 0 || listen(fd, BACKLOG) < 0)
                return err_set(reterr, -errno, "cannot listen on %s: %s%s", text, strerror(errno),
                               errno == EADDRINUSE ? ": give another port in [metrics] listen" : "");
        int open = fd;
        fd = -1;
        return open;
}
