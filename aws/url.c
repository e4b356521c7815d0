/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "util/number.h"

static bool take_scheme(struct span *s, bool *ret_https) {
        if (s->len >= 8 && strncasecmp(s->data, "https://", 8) == 0)
                *ret_https = true;
        else if (s->len >= 7 && strncasecmp(s->data, "http://", 7) == 0)
                *ret_https = false;
        else
                return false;
        size_t n = *ret_https ? 8 : 7;
        s->data += n;
        s->len -= n;
        return true;
}

static bool is_host_name(struct span s) {
        for (size_t i = 0; i < s.len; i++) {
                char c = s.data[i];
                bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                               c == '.' || c == '_';
                if (!is_good)
                        return false;
        }
        return s.len > 0 && s.len <= 253 && s.data[0] != '.' && s.data[0] != '-';
}

static bool is_ipv6_text(struct span s) {
        char text[INET6_ADDRSTRLEN];
        struct in6_addr address;
        if (s.len >= sizeof text)
                return false;
        memcpy(text, s.data, s.len);
        text[s.len] = '\0';
        return inet_pton(AF_INET6, text, &address) == 1;
}

static int read_authority(struct span s, struct url *u) {
        struct span port = {0};
        if (s.len > 0 && s.data[0] == '[') {
                const char *end = memchr(s.data, ']', s.len);
                if (!end)
                        return -EINVAL;
                u->host = (struct span){s.data + 1, (size_t)(end - s.data) - 1};
                u->is_ipv6 = true;
                size_t after = s.len - (size_t)(end + 1 - s.data);
                if (after > 0 && end[1] != ':')
                        return -EINVAL;
                if (after > 0)
                        port = (struct span){end + 2, after - 1};
        } else {
                port = s;
                u->host = span_split(&port, ':');
        }
        if (u->is_ipv6 ? !is_ipv6_text(u->host) : !is_host_name(u->host))
                return -EINVAL;
        if (!port.data)
                return 0;
        int64_t number;
        if (number_int64(port, &number) < 0 || number < 1 || number > 65535)
                return -EINVAL;
        u->port = number == (u->is_https ? 443 : 80) ? 0 : (int)number;
        return 0;
}

int url_parse(struct span text, struct url *ret) {
        struct url u = {0};
        for (size_t i = 0; i < text.len; i++)
                if (text.data[i] <= ' ' || text.data[i] >= 0x7f || text.data[i] == '#' || text.data[i] == '\\')
                        return -EINVAL;
        if (!take_scheme(&text, &u.is_https))
                return -EINVAL;
        size_t n = 0;
        while (n < text.len && text.data[n] != '/' && text.data[n] != '?')
                n++;
        u.rest = (struct span){text.data + n, text.len - n};
        u.path = u.rest;
        const char *query = u.path.len > 0 ? memchr(u.path.data, '?', u.path.len) : NULL;
        if (query)
                u.path.len = (size_t)(query - u.path.data);
        int r = read_authority((struct span){text.data, n}, &u);
        if (r == 0)
                *ret = u;
        return r;
}
