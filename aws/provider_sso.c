/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of an IAM Identity Center role, by the token that `aws sso login` left in its cache. A login needs a person: what this can do is
 * to use it while it lasts. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "aws/file.h"
#include "aws/key_document.h"
#include "aws/percent.h"
#include "aws/provider.h"
#include "aws/sha256.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { TOKEN_FILE_MAX_BYTES = 256 << 10, REPLY_MAX_BYTES = 1 << 20 };

struct sso {
        struct provider base;
        char *profile, *cache_path, *url;
        char *token; /* of the running refresh */
};

static const struct key_document document = {
        .what = "SSO portal",
        .object = "roleCredentials",
        .id = "accessKeyId",
        .secret = "secretAccessKey",
        .token = "sessionToken",
        .expires = "expiration",
        .needs_expiry = true,
        .is_expiry_ms = true,
};

/* "2026-01-02T03:04:05Z"; old caches write "UTC" for the Z. */
static int parse_expiry(const char *text, int64_t *ret) {
        SCOPED(buf_done) struct buf copy = BUF_INIT(64);
        struct span s = span_of(text);
        if (s.len > 3 && strcmp(text + s.len - 3, "UTC") == 0) {
                buf_put(&copy, text, s.len - 3);
                buf_put_char(&copy, 'Z');
                s = buf_span(&copy);
        }
        return time_parse_rfc3339(s, ret);
}

static bool is_token(const char *text) {
        for (const char *p = text; *p; p++)
                if (*p <= ' ' || *p >= 0x7f)
                        return false;
        return *text != '\0';
}

static int take_token(struct sso *p, const cJSON *root, int64_t now_s, struct err *err) {
        const cJSON *token = cJSON_GetObjectItemCaseSensitive(root, "accessToken");
        const cJSON *expires = cJSON_GetObjectItemCaseSensitive(root, "expiresAt");
        int64_t expires_at_s;
        if (!cJSON_IsString(token) || !is_token(token->valuestring) || !cJSON_IsString(expires) ||
            parse_expiry(expires->valuestring, &expires_at_s) < 0)
                return err_set(err, -EINVAL, "profile %.60s: %s holds no SSO token; run: aws sso login --profile %.60s",
                               p->profile, p->cache_path, p->profile);
        if (expires_at_s <= now_s)
                return err_set(err, -EKEYEXPIRED,
                               "profile %.60s: the SSO login has expired; run: aws sso login --profile %.60s",
                               p->profile, p->profile);
        p->token = strdup(token->valuestring);
        return p->token ? 0 : err_set(err, -ENOMEM, "profile %.60s: out of memory", p->profile);
}

static int read_token(struct sso *p, int64_t now_s, struct err *err) {
        SCOPED(buf_wipe) struct buf text = BUF_INIT(TOKEN_FILE_MAX_BYTES);
        struct err reason = {0};
        text_wipe_free(TAKE(p->token));
        int r = aws_file_read(p->cache_path, &text, &reason);
        if (r == -ENOENT)
                return err_set(err, r, "profile %.60s: there is no SSO login; run: aws sso login --profile %.60s",
                               p->profile, p->profile);
        if (r < 0)
                return err_set(err, r, "profile %.60s: %s", p->profile, reason.text);
        cJSON *root = text.len > 0 ? cJSON_ParseWithLength(text.data, text.len) : NULL;
        r = take_token(p, root, now_s, err);
        for (cJSON *item = root ? root->child : NULL; item; item = item->next)
                if (item->valuestring)
                        text_wipe(item->valuestring, strlen(item->valuestring));
        cJSON_Delete(root);
        return r;
}

static int ask(const struct sso *p, struct http_request *r) {
        http_request_init(r);
        r->method = "GET";
        r->operation = "GetRoleCredentials";
        r->auth = HTTP_AUTH_NONE;
        r->reply_max_bytes = REPLY_MAX_BYTES;
        r->url = strdup(p->url);
        if (!r->url || http_request_header(r, "x-amz-sso_bearer_token", p->token) < 0)
                return -ENOMEM;
        r->headers[r->n_headers - 1].is_secret = true;
        return STEP_SEND;
}

static int step(struct provider *base, const struct http_reply *reply, int64_t now_s, struct http_request *ret_request,
                struct aws_keys *ret_keys, struct err *err) {
        struct sso *p = (struct sso *)base;
        SCOPED(buf_done) struct buf what = BUF_INIT(512);
        if (!reply) {
                int r = read_token(p, now_s, err);
                if (r < 0)
                        return r;
                r = ask(p, ret_request);
                if (r < 0) {
                        http_request_done(ret_request);
                        return err_set(err, r, "profile %.60s: out of memory", p->profile);
                }
                return r;
        }
        buf_printf(&what, "profile %.60s: SSO portal", p->profile);
        const char *secrets[] = {p->token};
        if (reply->fault == HTTP_FAULT_NONE && reply->status == 401)
                return err_set(err, -EACCES,
                               "profile %.60s: the SSO portal refuses the login; run: aws sso login --profile %.60s",
                               p->profile, p->profile);
        if (reply->fault != HTTP_FAULT_NONE || reply->status != 200)
                return provider_refused(err, buf_str(&what), reply, secrets, ELEMENTS(secrets));
        int r = key_document_read(&document, reply->body, ret_keys, err);
        if (r < 0)
                err_prefix(err, "profile %.60s", p->profile);
        return r;
}

static void describe(const struct provider *base, struct buf *out) {
        buf_printf(out, "profile %s (SSO login)", ((const struct sso *)base)->profile);
}

static void release(struct provider *base) {
        struct sso *p = (struct sso *)base;
        free(p->profile);
        free(p->cache_path);
        free(p->url);
        text_wipe_free(p->token);
        free(p);
}

static const struct provider_class class = {step, describe, release};

struct settings {
        const char *session, *start_url, *region, *account, *role;
};

static int read_settings(const struct provider_context *c, const char *profile, struct settings *s, struct err *err) {
        *s = (struct settings){
                .session = aws_profile_get(c->profiles, profile, "sso_session"),
                .start_url = aws_profile_get(c->profiles, profile, "sso_start_url"),
                .region = aws_profile_get(c->profiles, profile, "sso_region"),
                .account = aws_profile_get(c->profiles, profile, "sso_account_id"),
                .role = aws_profile_get(c->profiles, profile, "sso_role_name"),
        };
        if (s->session) {
                if (!aws_section_exists(c->profiles, AWS_SECTION_SSO_SESSION, s->session))
                        return err_set(err, -EINVAL, "%s: there is no section [sso-session %.80s]",
                                       aws_profile_where(c->profiles, profile, "sso_session"), s->session);
                s->region = aws_section_get(c->profiles, AWS_SECTION_SSO_SESSION, s->session, "sso_region");
                s->start_url = aws_section_get(c->profiles, AWS_SECTION_SSO_SESSION, s->session, "sso_start_url");
        }
        const char *missing = !s->start_url ? "sso_start_url"
                              : !s->region  ? "sso_region"
                              : !s->account ? "sso_account_id"
                              : !s->role    ? "sso_role_name"
                                            : NULL;
        if (missing)
                return err_set(err, -EINVAL, "%s: profile %.60s lacks %s",
                               aws_profile_where(c->profiles, profile, s->session ? "sso_session" : "sso_start_url"),
                               profile, missing);
        if (!aws_region_is_valid(s->region))
                return err_set(err, -EINVAL, "profile %.60s: sso_region \"%.60s\" is not an AWS region", profile,
                               s->region);
        return 0;
}

/* ~/.aws/sso/cache/SHA1.json of the session's name, or of the start URL for profiles without one. */
static char *make_cache_path(const struct aws_environment *e, const char *key) {
        uint8_t hash[EVP_MAX_MD_SIZE];
        unsigned int n;
        char hex[2 * EVP_MAX_MD_SIZE];
        SCOPED(buf_done) struct buf path = BUF_INIT(512);
        if (!EVP_Digest(key, strlen(key), hash, &n, EVP_sha1(), NULL))
                return NULL;
        hex_put(hash, n, hex);
        buf_put_str(&path, "~/.aws/sso/cache/");
        buf_put(&path, hex, 2 * n);
        buf_put_str(&path, ".json");
        return path.failed ? NULL : aws_environment_expand(e, buf_str(&path));
}

static char *make_url(const struct settings *s) {
        SCOPED(buf_done) struct buf url = BUF_INIT(8192);
        buf_printf(&url, "https://portal.sso.%s.%s/federation/credentials?role_name=", s->region,
                   aws_partition(s->region)->suffix);
        percent_encode(&url, span_of(s->role));
        buf_put_str(&url, "&account_id=");
        percent_encode(&url, span_of(s->account));
        return buf_steal(&url);
}

int provider_sso_new(const struct provider_context *c, const char *profile, struct provider **ret, struct err *err) {
        struct settings s;
        int r = read_settings(c, profile, &s, err);
        if (r < 0)
                return r;
        struct sso *p = calloc(1, sizeof *p);
        if (!p)
                return err_set(err, -ENOMEM, "profile %.60s: out of memory", profile);
        *p = (struct sso){
                .base.class = &class,
                .profile = strdup(profile),
                .cache_path = make_cache_path(c->environment, s.session ? s.session : s.start_url),
                .url = make_url(&s),
        };
        if (!p->profile || !p->cache_path || !p->url) {
                release(&p->base);
                return err_set(err, -ENOMEM, "profile %.60s: out of memory", profile);
        }
        *ret = &p->base;
        return 0;
}
