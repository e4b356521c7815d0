/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from the endpoint that ECS and EKS Pod Identity give to a container. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/error.h"
#include "aws/file.h"
#include "aws/key_document.h"
#include "aws/provider.h"
#include "aws/url.h"
#include "util/text.h"

enum { TIMEOUT_MS = 2000, TRIES = 3, TOKEN_MAX_BYTES = 64 << 10, URL_MAX = 8192, REPLY_MAX_BYTES = 1 << 20 };

#define RELATIVE_BASE "http://169.254.170.2"

struct container {
        struct provider base;
        char *url, *token_path, *token_text;
        struct buf token; /* of the running refresh */
        int tries;
};

static const struct key_document document = {
        .what = "container credentials",
        .id = "AccessKeyId",
        .secret = "SecretAccessKey",
        .token = "Token",
        .expires = "Expiration",
        .needs_expiry = true,
};

/* Over plain http only to this machine and to the addresses of ECS and EKS. Names are not resolved here. */
static bool is_allowed(const struct url *u) {
        static const char *const addresses[] = {"169.254.170.2", "169.254.170.23"};
        char text[INET6_ADDRSTRLEN];
        struct in6_addr six, eks, loopback = IN6ADDR_LOOPBACK_INIT;
        struct in_addr four;
        if (u->is_https)
                return true;
        if (u->host.len >= sizeof text)
                return false;
        memcpy(text, u->host.data, u->host.len);
        text[u->host.len] = '\0';
        if (u->is_ipv6)
                return inet_pton(AF_INET6, text, &six) == 1 && inet_pton(AF_INET6, "fd00:ec2::23", &eks) == 1 &&
                       (memcmp(&six, &eks, sizeof six) == 0 || memcmp(&six, &loopback, sizeof six) == 0);
        for (size_t i = 0; i < ELEMENTS(addresses); i++)
                if (strcmp(text, addresses[i]) == 0)
                        return true;
        return strcasecmp(text, "localhost") == 0 ||
               (inet_pton(AF_INET, text, &four) == 1 && ntohl(four.s_addr) >> 24 == 127);
}

static bool is_printable(struct span s) {
        for (size_t i = 0; i < s.len; i++)
                if (s.data[i] < ' ' || s.data[i] >= 0x7f)
                        return false;
        return true;
}

/* The file is read each time: somebody else renews it. */
static int read_token(struct container *p, struct err *err) {
        buf_wipe(&p->token);
        if (p->token_path) {
                SCOPED(buf_wipe) struct buf file = BUF_INIT(TOKEN_MAX_BYTES);
                int r = aws_file_read(p->token_path, &file, err);
                if (r < 0) {
                        err_prefix(err, "container credentials: token file");
                        return r;
                }
                buf_put_span(&p->token, span_trim(buf_span(&file)));
                if (p->token.len == 0)
                        return err_set(err, -EINVAL, "container credentials: the token file %s is empty",
                                       p->token_path);
        } else if (p->token_text) {
                buf_put_str(&p->token, p->token_text);
        }
        if (!is_printable(buf_span(&p->token)))
                return err_set(
                        err, -EINVAL,
                        "container credentials: the authorization token holds line breaks or control characters");
        return p->token.failed ? err_set(err, -ENOMEM, "container credentials: the token is too long") : 0;
}

static int fill(const struct container *p, struct http_request *r) {
        http_request_init(r);
        r->method = "GET";
        r->operation = "ContainerCredentials";
        r->auth = HTTP_AUTH_NONE;
        r->is_local = true;
        r->timeout_ms = TIMEOUT_MS;
        r->reply_max_bytes = REPLY_MAX_BYTES;
        r->url = strdup(p->url);
        if (!r->url || http_request_header(r, "Accept", "application/json") < 0)
                return -ENOMEM;
        if (p->token.len == 0)
                return 0;
        if (http_request_header(r, "Authorization", buf_str(&p->token)) < 0)
                return -ENOMEM;
        r->headers[r->n_headers - 1].is_secret = true;
        return 0;
}

static int ask(struct container *p, struct http_request *ret, struct err *err) {
        int r = read_token(p, err);
        if (r < 0)
                return r;
        if (fill(p, ret) < 0) {
                http_request_done(ret);
                return err_set(err, -ENOMEM, "container credentials: out of memory");
        }
        p->tries++;
        return STEP_SEND;
}

static int step(struct provider *base, const struct http_reply *reply, int64_t now_s, struct http_request *ret_request,
                struct aws_keys *ret_keys, struct err *err) {
        (void)now_s;
        struct container *p = (struct container *)base;
        struct aws_error e;
        if (!reply) {
                p->tries = 0;
                return ask(p, ret_request, err);
        }
        if (reply->status == 200 && reply->fault == HTTP_FAULT_NONE)
                return key_document_read(&document, reply->body, ret_keys, err);
        aws_error_parse(reply, &e);
        enum aws_outcome outcome = aws_classify(reply, &e, 0);
        if (p->tries < TRIES && (outcome == AWS_TRANSIENT || outcome == AWS_THROTTLED))
                return ask(p, ret_request, err);
        const char *secrets[] = {p->token.len > 0 ? buf_str(&p->token) : NULL};
        return provider_refused(err, document.what, reply, secrets, ELEMENTS(secrets));
}

static void describe(const struct provider *base, struct buf *out) {
        const struct container *p = (const struct container *)base;
        struct url u;
        buf_put_str(out, "container credentials");
        /* host only: the path names the task's credentials */
        if (url_parse(span_of(p->url), &u) == 0)
                buf_printf(out, " from %.*s", (int)u.host.len, u.host.data);
}

static void release(struct provider *base) {
        struct container *p = (struct container *)base;
        buf_wipe(&p->token);
        text_wipe_free(p->url);
        free(p->token_path);
        text_wipe_free(p->token_text);
        free(p);
}

static const struct provider_class class = {step, describe, release};

static int find_url(const struct aws_environment *e, struct container *p, struct err *err) {
        const char *relative = aws_environment_get(e, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
        const char *full = aws_environment_get(e, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
        const char *name = relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        SCOPED(buf_wipe) struct buf url = BUF_INIT(URL_MAX);
        struct url parsed;
        if (!relative && !full)
                return err_set(
                        err, -EINVAL,
                        "container credentials: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor _FULL_URI is set");
        if (relative && relative[0] != '/')
                return err_set(err, -EINVAL, "%s: must begin with a slash", name);
        buf_put_str(&url, relative ? RELATIVE_BASE : "");
        buf_put_str(&url, relative ? relative : full);
        if (url.failed || url_parse(buf_span(&url), &parsed) < 0)
                return err_set(err, -EINVAL, "%s: not a URL", name);
        if (!is_allowed(&parsed))
                return err_set(err, -EINVAL,
                               "%s: http is allowed to loopback, 169.254.170.2, 169.254.170.23 and fd00:ec2::23 only",
                               name);
        p->url = buf_steal(&url);
        return p->url ? 0 : err_set(err, -ENOMEM, "container credentials: out of memory");
}

static int find_token(const struct aws_environment *e, struct container *p, struct err *err) {
        const char *path = aws_environment_get(e, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
        const char *text = aws_environment_get(e, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
        if (path)
                p->token_path = aws_environment_expand(e, path);
        else if (text)
                p->token_text = strdup(text);
        return (path && !p->token_path) || (!path && text && !p->token_text)
                       ? err_set(err, -ENOMEM, "container credentials: out of memory")
                       : 0;
}

int provider_container_new(const struct aws_environment *environment, struct provider **ret, struct err *err) {
        struct container *p = calloc(1, sizeof *p);
        if (!p)
                return err_set(err, -ENOMEM, "container credentials: out of memory");
        *p = (struct container){.base.class = &class, .token = BUF_INIT(TOKEN_MAX_BYTES)};
        int r = find_url(environment, p, err);
        if (r == 0)
                r = find_token(environment, p, err);
        if (r < 0) {
                release(&p->base);
                return r;
        }
        *ret = &p->base;
        return 0;
}
