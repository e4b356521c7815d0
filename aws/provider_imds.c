/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the EC2 instance's role. Version 2 of the metadata service only: a token first, then the role's name, then its keys. There
 * is no falling back to version 1, which any confused web client on the host could be made to ask. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/error.h"
#include "aws/key_document.h"
#include "aws/provider.h"
#include "aws/url.h"
#include "util/number.h"
#include "util/text.h"

enum { TIMEOUT_MS = 2000, TRIES = 2, TRIES_MAX = 10, REPLY_MAX_BYTES = 256 << 10, ROLE_MAX = 128, TOKEN_MAX = 4096 };

#define ROLES "/latest/meta-data/iam/security-credentials/"

enum stage { STAGE_TOKEN, STAGE_ROLE, STAGE_KEYS };

struct imds {
        struct provider base;
        char *endpoint;  /* without a slash at the end */
        char *looked_at; /* profile that held nothing before this was tried, or NULL */
        int64_t timeout_ms, max_tries;
        enum stage stage;
        int tries; /* of this stage */
        bool is_token_renewed;
        struct buf token;
        char role[ROLE_MAX + 1];
};

static const struct key_document document = {
        .what = "instance metadata",
        .id = "AccessKeyId",
        .secret = "SecretAccessKey",
        .token = "Token",
        .expires = "Expiration",
        .is_coded = true,
        .needs_expiry = true,
};

static int fill(const struct imds *p, struct http_request *r) {
        SCOPED(buf_done) struct buf url = BUF_INIT(4096);
        http_request_init(r);
        r->method = p->stage == STAGE_TOKEN ? "PUT" : "GET";
        r->operation = "InstanceMetadata";
        r->auth = HTTP_AUTH_NONE;
        r->is_local = true;
        r->timeout_ms = p->timeout_ms;
        r->reply_max_bytes = REPLY_MAX_BYTES;
        buf_printf(&url, "%s%s%s", p->endpoint, p->stage == STAGE_TOKEN ? "/latest/api/token" : ROLES,
                   p->stage == STAGE_KEYS ? p->role : "");
        r->url = buf_steal(&url);
        if (!r->url)
                return -ENOMEM;
        if (p->stage == STAGE_TOKEN)
                return http_request_header(r, "x-aws-ec2-metadata-token-ttl-seconds", "21600");
        int failed = http_request_header(r, "x-aws-ec2-metadata-token", buf_str(&p->token));
        if (failed == 0)
                r->headers[r->n_headers - 1].is_secret = true;
        return failed;
}

static int ask(struct imds *p, struct http_request *ret, struct err *err) {
        p->tries++;
        if (fill(p, ret) == 0)
                return STEP_SEND;
        http_request_done(ret);
        return err_set(err, -ENOMEM, "instance metadata: out of memory");
}

static int enter(struct imds *p, enum stage stage, struct http_request *ret, struct err *err) {
        p->stage = stage;
        p->tries = 0;
        return ask(p, ret, err);
}

static bool is_printable(struct span s) {
        for (size_t i = 0; i < s.len; i++)
                if (s.data[i] <= ' ' || s.data[i] >= 0x7f)
                        return false;
        return s.len > 0;
}

static int take_token(struct imds *p, struct span body, struct http_request *ret, struct err *err) {
        struct span token = span_trim(body);
        buf_wipe(&p->token);
        if (token.len > TOKEN_MAX || !is_printable(token))
                return err_set(err, -EBADMSG, "instance metadata: the session token is not a token");
        buf_put_span(&p->token, token);
        if (p->token.failed)
                return err_set(err, -ENOMEM, "instance metadata: out of memory");
        return enter(p, p->is_token_renewed && p->role[0] ? STAGE_KEYS : STAGE_ROLE, ret, err);
}

static int take_role(struct imds *p, struct span body, struct http_request *ret, struct err *err) {
        static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-";
        struct span name = span_trim(span_split(&body, '\n'));
        bool is_name = name.len > 0 && name.len <= ROLE_MAX;
        for (size_t i = 0; is_name && i < name.len; i++)
                is_name = name.data[i] != '\0' && strchr(allowed, name.data[i]);
        if (!is_name)
                return err_set(err, -EBADMSG, "instance metadata: the role's name is not a name");
        memcpy(p->role, name.data, name.len);
        p->role[name.len] = '\0';
        return enter(p, STAGE_KEYS, ret, err);
}

static int unreachable(const struct imds *p, const struct http_reply *reply, struct err *err) {
        struct aws_error e;
        aws_error_parse(reply, &e);
        err_set(err, -EAGAIN, "EC2 instance metadata did not answer: %s", e.code);
        /* the answer's hop count ends at the container's bridge: a time-out and not a refusal */
        if (p->stage == STAGE_TOKEN && reply->fault == HTTP_FAULT_TIMEOUT)
                err_set(err, -EAGAIN,
                        "EC2 instance metadata: timeout (in a container, set the instance's metadata hop limit to 2)");
        if (p->looked_at)
                err_prefix(err, "no credentials in the environment, in profile %.60s or from a container",
                           p->looked_at);
        return -EAGAIN;
}

static int refuse(const struct imds *p, const struct http_reply *reply, struct err *err) {
        if (p->stage == STAGE_TOKEN && reply->status >= 400 && reply->status < 500)
                return err_set(err, -EACCES,
                               "EC2 instance metadata refuses a session token (status %d); version 1 is never used",
                               reply->status);
        if (p->stage == STAGE_ROLE && reply->status == 404)
                return err_set(err, -ENOENT, "%sthe EC2 instance has no IAM role",
                               p->looked_at ? "no credentials found: " : "");
        const char *secrets[] = {p->token.len > 0 ? buf_str(&p->token) : NULL};
        return provider_refused(err, document.what, reply, secrets, ELEMENTS(secrets));
}

static int step(struct provider *base, const struct http_reply *reply, int64_t now_s, struct http_request *ret_request,
                struct aws_keys *ret_keys, struct err *err) {
        (void)now_s;
        struct imds *p = (struct imds *)base;
        if (!reply) {
                p->is_token_renewed = false;
                p->role[0] = '\0';
                return enter(p, STAGE_TOKEN, ret_request, err);
        }
        bool is_down = reply->fault != HTTP_FAULT_NONE || reply->status >= 500 || reply->status == 429 ||
                       reply->status == 0;
        if (is_down && p->tries < p->max_tries)
                return ask(p, ret_request, err);
        if (reply->fault != HTTP_FAULT_NONE || reply->status == 0)
                return unreachable(p, reply, err);
        if (reply->status == 401 && p->stage != STAGE_TOKEN && !p->is_token_renewed) {
                p->is_token_renewed = true;
                return enter(p, STAGE_TOKEN, ret_request, err);
        }
        if (reply->status != 200)
                return refuse(p, reply, err);
        if (p->stage == STAGE_TOKEN)
                return take_token(p, reply->body, ret_request, err);
        if (p->stage == STAGE_ROLE)
                return take_role(p, reply->body, ret_request, err);
        return key_document_read(&document, reply->body, ret_keys, err);
}

static void describe(const struct provider *base, struct buf *out) {
        (void)base;
        buf_put_str(out, "EC2 instance metadata");
}

static void release(struct provider *base) {
        struct imds *p = (struct imds *)base;
        buf_wipe(&p->token);
        free(p->endpoint);
        free(p->looked_at);
        free(p);
}

static const struct provider_class class = {step, describe, release};

static const char *setting(const struct provider_context *c, const char *variable, const char *key) {
        const char *value = aws_environment_get(c->environment, variable);
        return value ? value : aws_profile_get(c->profiles, c->profile, key);
}

static int find_endpoint(const struct provider_context *c, struct imds *p, struct err *err) {
        const char *custom = setting(c, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
        const char *mode = setting(c, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
        struct url u;
        if (mode && strcasecmp(mode, "ipv4") != 0 && strcasecmp(mode, "ipv6") != 0)
                return err_set(err, -EINVAL,
                               "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: \"%.40s\" is neither IPv4 nor IPv6", mode);
        if (custom && (url_parse(span_of(custom), &u) < 0 || u.rest.len != u.path.len))
                return err_set(err, -EINVAL, "AWS_EC2_METADATA_SERVICE_ENDPOINT: expected http://HOST[:PORT]");
        if (!custom)
                custom = mode && strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
        struct span text = span_of(custom);
        while (text.len > 0 && text.data[text.len - 1] == '/')
                text.len--;
        p->endpoint = span_dup(text);
        return p->endpoint ? 0 : err_set(err, -ENOMEM, "instance metadata: out of memory");
}

/* A whole number of at least 1 in a variable or key, `fallback` when it is not set. */
static int find_number(const struct provider_context *c, const char *variable, const char *key, int64_t max,
                       int64_t fallback, int64_t *ret, struct err *err) {
        const char *text = setting(c, variable, key);
        *ret = fallback;
        if (!text)
                return 0;
        if (number_int64(span_of(text), ret) < 0 || *ret < 1 || *ret > max)
                return err_set(err, -EINVAL, "%s: \"%.40s\" is not a whole number from 1 to %d", variable, text,
                               (int)max);
        return 0;
}

int provider_imds_new(const struct provider_context *c, const char *looked_at, struct provider **ret, struct err *err) {
        if (aws_environment_is_true(c->environment, "AWS_EC2_METADATA_DISABLED"))
                return err_set(err, -ENOENT,
                               "no credentials: not in the environment, not in profile %.60s, no container, and "
                               "AWS_EC2_METADATA_DISABLED is set",
                               c->profile);
        struct imds *p = calloc(1, sizeof *p);
        if (!p)
                return err_set(err, -ENOMEM, "instance metadata: out of memory");
        *p = (struct imds){.base = {.class = &class, .keeps_stale = true}, .token = BUF_INIT(TOKEN_MAX)};
        int r = find_endpoint(c, p, err);
        if (r == 0)
                r = find_number(c, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", 60, TIMEOUT_MS / 1000,
                                &p->timeout_ms, err);
        if (r == 0)
                r = find_number(c, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", TRIES_MAX,
                                TRIES, &p->max_tries, err);
        p->timeout_ms *= 1000;
        p->looked_at = looked_at && r == 0 ? strdup(looked_at) : NULL;
        if (r == 0 && looked_at && !p->looked_at)
                r = err_set(err, -ENOMEM, "instance metadata: out of memory");
        if (r < 0) {
                release(&p->base);
                return r;
        }
        *ret = &p->base;
        return 0;
}
