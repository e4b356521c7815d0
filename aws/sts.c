/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/query.h"
#include "aws/xml.h"
#include "util/scope.h"
#include "util/text.h"
#include "util/timefmt.h"

#define VERSION "2011-06-15"

SCOPED_DEFINE(char, text_wipe_free)

static int begin(struct http_request *r, const char *action) {
        r->method = "POST";
        r->operation = action;
        int failed = http_request_header(r, "Content-Type", QUERY_CONTENT_TYPE);
        query_begin(&r->body, action, VERSION);
        return failed;
}

static void add_role(struct buf *body, const struct sts_role *role) {
        query_add(body, "RoleArn", role->arn);
        query_add(body, "RoleSessionName", role->session_name);
        if (role->duration_s > 0)
                query_add_int(body, "DurationSeconds", role->duration_s);
}

int sts_assume_role(const struct sts_role *role, struct http_request *ret) {
        int r = begin(ret, "AssumeRole");
        add_role(&ret->body, role);
        query_add(&ret->body, "ExternalId", role->external_id);
        return r < 0 ? r : ret->body.failed;
}

int sts_assume_role_with_web_identity(const struct sts_role *role, struct span token, struct http_request *ret) {
        int r = begin(ret, "AssumeRoleWithWebIdentity");
        add_role(&ret->body, role);
        /* at once, and wide enough for escapes: growing would leave a copy of the token behind */
        buf_reserve(&ret->body, token.len * 3 + 64);
        query_add_span(&ret->body, "WebIdentityToken", token);
        return r < 0 ? r : ret->body.failed;
}

int sts_get_caller_identity(struct http_request *ret) {
        ret->service = "sts";
        ret->auth = HTTP_AUTH_SIGV4;
        int r = begin(ret, "GetCallerIdentity");
        return r < 0 ? r : ret->body.failed;
}

void sts_identity_done(struct sts_identity *identity) {
        free(identity->account);
        free(identity->arn);
        free(identity->user_id);
        *identity = (struct sts_identity){0};
}

#define IDENTITY "GetCallerIdentityResponse/GetCallerIdentityResult/"

int sts_read_identity(const struct http_reply *reply, struct sts_identity *ret, struct err *err) {
        SCOPED(sts_identity_done) struct sts_identity found = {0};
        const struct xml_want wants[] = {
                {IDENTITY "Account", &found.account},
                {IDENTITY "Arn", &found.arn},
                {IDENTITY "UserId", &found.user_id},
        };
        int r = xml_pick(reply->body, wants, ELEMENTS(wants), err);
        if (r < 0)
                return r;
        if (!found.account || !found.arn || !found.user_id)
                return err_set(err, -EBADMSG, "GetCallerIdentity: the answer lacks the identity");
        *ret = found;
        found = (struct sts_identity){0};
        return 0;
}

#define ASSUMED "AssumeRoleResponse/AssumeRoleResult/Credentials/"
#define WEB_ASSUMED "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials/"

int sts_read_keys(const struct http_reply *reply, struct aws_keys *ret, struct err *err) {
        SCOPED(text_wipe_free) char *id = NULL;
        SCOPED(text_wipe_free) char *secret = NULL;
        SCOPED(text_wipe_free) char *token = NULL;
        SCOPED(text_wipe_free) char *expires = NULL;
        SCOPED(aws_keys_done) struct aws_keys keys = {0};
        const struct xml_want wants[] = {
                {ASSUMED "AccessKeyId", &id},         {WEB_ASSUMED "AccessKeyId", &id},
                {ASSUMED "SecretAccessKey", &secret}, {WEB_ASSUMED "SecretAccessKey", &secret},
                {ASSUMED "SessionToken", &token},     {WEB_ASSUMED "SessionToken", &token},
                {ASSUMED "Expiration", &expires},     {WEB_ASSUMED "Expiration", &expires},
        };
        int r = xml_pick(reply->body, wants, ELEMENTS(wants), err);
        if (r < 0)
                return r;
        if (!id || !secret || !token || !expires)
                return err_set(err, -EBADMSG, "the answer of STS lacks a part of the keys");
        r = aws_keys_set(&keys, span_of(id), span_of(secret), span_of(token), "STS", err);
        if (r < 0)
                return r;
        if (time_parse_rfc3339(span_trim(span_of(expires)), &keys.expires_at_s) < 0)
                return err_set(err, -EBADMSG, "the answer of STS has no readable Expiration");
        *ret = keys;
        keys = (struct aws_keys){0};
        return 0;
}
