/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/awsjson.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>

#include "aws/error.h"
#include "util/text.h"

const struct json_service service_msf = {"kinesisanalytics", "application/x-amz-json-1.1",
                                         "KinesisAnalytics_20180523."};

int json_request(const struct json_service *service, const char *operation, struct http_request *ret_request) {
        char target[128];
        snprintf(target, sizeof target, "%s%s", service->target_prefix, operation);
        http_request_init(ret_request);
        ret_request->service = service->name;
        ret_request->operation = operation;
        ret_request->auth = HTTP_AUTH_SIGV4;
        int r = http_request_header(ret_request, "Content-Type", service->content_type);
        if (r >= 0)
                r = http_request_header(ret_request, "X-Amz-Target", target);
        if (r < 0)
                http_request_done(ret_request);
        return r;
}

int json_request_send(struct http_request *r, struct http_request *ret_request) {
        int failed = r->body.failed;
        if (failed) {
                http_request_done(r);
                return failed;
        }
        *ret_request = *r;
        return STEP_SEND;
}

/* cJSON ends a string at \u0000, so these become U+FFFD before it reads them. Escapes occur in strings only. */
static char *without_nuls(struct span body) {
        char *copy = span_dup(body);
        for (size_t i = 0; copy && i + 1 < body.len; i++) {
                if (copy[i] != '\\')
                        continue;
                if (body.len - i >= 6 && memcmp(copy + i + 1, "u0000", 5) == 0)
                        memcpy(copy + i + 2, "fffd", 4);
                i++;
        }
        return copy;
}

static cJSON *parse_whole(struct span body) {
        const char *end = NULL;
        cJSON *root = cJSON_ParseWithLengthOpts(body.data, body.len, &end, false);
        if (root && span_trim((struct span){end, (size_t)(body.data + body.len - end)}).len > 0) {
                cJSON_Delete(root);
                return NULL;
        }
        return root;
}

int reply_parse(const char *operation, const struct http_reply *reply, struct cJSON **ret_root, struct err *reterr) {
        struct span body = reply->body;
        if (!aws_reply_is_json(reply) || memchr(body.data, '\0', body.len))
                return err_set(reterr, -EPROTO, "%s: the answer is not JSON", operation);
        SCOPED(free) char *copy = NULL;
        if (span_find(body, SPAN("\\u0000")) >= 0) {
                copy = without_nuls(body);
                if (!copy)
                        return -ENOMEM;
                body.data = copy;
        }
        SCOPED(reply_free) struct cJSON *root = parse_whole(body);
        if (!root)
                return err_set(reterr, -EPROTO, "%s: the answer is not well-formed JSON (%zu bytes)", operation,
                               body.len);
        if (!cJSON_IsObject(root))
                return err_set(reterr, -EPROTO, "%s: the answer is not a JSON object", operation);
        *ret_root = TAKE(root);
        return 0;
}

void reply_free(struct cJSON *root) {
        cJSON_Delete(root);
}

const struct cJSON *reply_object(const struct cJSON *parent, const char *name) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(parent, name);
        return cJSON_IsObject(item) ? item : NULL;
}

const char *reply_text(const struct cJSON *parent, const char *name) {
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(parent, name));
        return text && text[0] ? text : NULL;
}

int64_t reply_int(const struct cJSON *parent, const char *name, int64_t otherwise) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(parent, name);
        if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble) || fabs(item->valuedouble) >= 9.2e18)
                return otherwise;
        return (int64_t)item->valuedouble;
}

int64_t reply_time_s(const struct cJSON *parent, const char *name) {
        /* Beyond the year 9999 RFC 3339 has no name for it. */
        int64_t at_s = reply_int(parent, name, 0);
        return at_s > 0 && at_s < INT64_C(253402300800) ? at_s : 0;
}

bool reply_bool(const struct cJSON *parent, const char *name, bool otherwise) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(parent, name);
        return cJSON_IsBool(item) ? cJSON_IsTrue(item) : otherwise;
}

int reply_copy(const struct cJSON *parent, const char *name, char **ret) {
        return text_replace(ret, reply_text(parent, name));
}

static int missing(const char *operation, const char *name, struct err *reterr) {
        return err_set(reterr, -EPROTO, "%s: the answer has no usable %s", operation, name);
}

int reply_need_object(const char *operation, const struct cJSON *parent, const char *name, const struct cJSON **ret,
                      struct err *reterr) {
        const struct cJSON *item = reply_object(parent, name);
        if (!item)
                return missing(operation, name, reterr);
        *ret = item;
        return 0;
}

int reply_need_text(const char *operation, const struct cJSON *parent, const char *name, char **ret,
                    struct err *reterr) {
        if (!reply_text(parent, name))
                return missing(operation, name, reterr);
        return reply_copy(parent, name, ret);
}

int reply_list(const char *operation, const struct cJSON *parent, const char *name, bool is_needed,
               const struct cJSON **ret_first, struct err *reterr) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(parent, name);
        bool is_said = item && !cJSON_IsNull(item);
        if (is_said ? !cJSON_IsArray(item) : is_needed)
                return missing(operation, name, reterr);
        *ret_first = is_said ? item->child : NULL;
        return 0;
}

int pager_turn(struct pager *p, const char *operation, const struct cJSON *root, const char *member,
               struct err *reterr) {
        return pager_follow(p, operation, member, reply_text(root, member), reterr);
}

int pager_follow(struct pager *p, const char *operation, const char *member, const char *token, struct err *reterr) {
        p->n_pages++;
        if (!token || !token[0])
                return 0;
        if (p->token && strcmp(p->token, token) == 0)
                return err_set(reterr, -EPROTO, "%s: %s leads back to the same page", operation, member);
        int r = text_replace(&p->token, token);
        if (r < 0)
                return r;
        return p->n_pages < p->max_pages ? PAGER_MORE : PAGER_SPENT;
}

void pager_reset(struct pager *p) {
        free(TAKE(p->token));
        p->n_pages = 0;
}

void batch_notice(struct batch *b, const char *format, ...) {
        size_t used = strlen(b->notice);
        const char *glue = used ? "; " : "";
        char text[sizeof b->notice];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        for (char *p = text; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = ' ';
        if (used + strlen(glue) + 8 < sizeof b->notice) {
                memcpy(b->notice + used, glue, strlen(glue));
                text_copy(b->notice + used + strlen(glue), sizeof b->notice - used - strlen(glue), text);
        }
}
