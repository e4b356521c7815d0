/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/query_form.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "aws/query.h"
#include "aws/xml.h"
#include "util/jsonr.h"
#include "util/jsonw.h"
#include "util/timefmt.h"

#define VERSION "2010-08-01"

enum {
        NAME_MAX_BYTES = 1024,
        JSON_MAX_BYTES = 64 << 20,
        DATAPOINTS_MAX = 25000, /* of a page: the XML of a full one, 100,800, would take a tenth of a second to read */
};

SCOPED_DEFINE(cJSON, cJSON_Delete)

static bool is_xml_error(struct span body) {
        ptrdiff_t at = span_find(body, SPAN("<ErrorResponse"));
        return at >= 0 && span_starts(span_trim(body), SPAN("<"));
}

bool query_form_may_help(const struct http_request *request, const struct http_reply *reply,
                         const struct aws_error *error) {
        static const char *const codes[] = {"UnknownOperationException", "InvalidAction", "MissingAction"};
        bool is_asked = request->service && strcmp(request->service, "monitoring") == 0;
        if (!is_asked || reply->fault != HTTP_FAULT_NONE || reply->status < 400 || reply->status >= 500)
                return false;
        for (size_t i = 0; i < ELEMENTS(codes); i++)
                if (strcmp(error->code, codes[i]) == 0)
                        return true;
        /* who understands JSON refuses in JSON */
        bool is_invalid = aws_classify(reply, error, 0) == AWS_INVALID && is_xml_error(reply->body);
        return is_invalid || reply->status == 404 || reply->status == 415;
}

static void cut(struct buf *name, size_t len) {
        name->len = len;
        if (name->data)
                name->data[len] = '\0';
}

static void put_value(struct buf *body, const char *name, const cJSON *item) {
        bool is_time = strcmp(name, "StartTime") == 0 || strcmp(name, "EndTime") == 0;
        if (cJSON_IsString(item))
                query_add(body, name, item->valuestring);
        else if (cJSON_IsBool(item))
                query_add(body, name, cJSON_IsTrue(item) ? "true" : "false");
        else if (cJSON_IsNumber(item) && is_time)
                query_add_time(body, name, (int64_t)item->valuedouble);
        else if (cJSON_IsNumber(item))
                query_add_int(body, name, (int64_t)item->valuedouble);
}

/* "MetricDataQueries.member.1.MetricStat.Period": as deep as what we ask. */
static void put_members(struct buf *body, struct buf *name, const cJSON *parent) {
        size_t len = name->len;
        int nth = 0;
        for (const cJSON *item = parent->child; item; item = item->next) {
                if (len > 0)
                        buf_put_char(name, '.');
                if (cJSON_IsArray(parent))
                        buf_printf(name, "member.%d", ++nth);
                else
                        buf_put_str(name, item->string);
                if (cJSON_IsObject(item) || cJSON_IsArray(item))
                        put_members(body, name, item);
                else
                        put_value(body, buf_str(name), item);
                cut(name, len);
        }
}

int query_form_ask(struct http_request *r) {
        SCOPED(cJSON_Delete) cJSON *root = cJSON_ParseWithLength(buf_str(&r->body), r->body.len);
        SCOPED(buf_done) struct buf body = BUF_INIT(HTTP_BODY_MAX), name = BUF_INIT(NAME_MAX_BYTES);
        if (!cJSON_IsObject(root))
                return -EINVAL;
        query_begin(&body, r->operation, VERSION);
        put_members(&body, &name, root);
        if (strcmp(r->operation, "GetMetricData") == 0)
                query_add_int(&body, "MaxDatapoints", DATAPOINTS_MAX);
        char *type = strdup(QUERY_CONTENT_TYPE);
        if (!type || body.failed || name.failed) {
                free(type);
                return body.failed ? body.failed : name.failed ? name.failed : -ENOMEM;
        }
        for (size_t i = 0; i < r->n_headers; i++)
                free(r->headers[i].value);
        r->headers[0] = (struct http_header){.name = "Content-Type", .value = type};
        r->n_headers = 1;
        buf_done(&r->body);
        r->body = body;
        body = BUF_INIT(0);
        return 0;
}

/* What of an element's children was read so far. */
struct level {
        struct buf members;
        bool is_list;
};

struct answer {
        struct level levels[XML_DEPTH_MAX + 1]; /* [d]: the children of an element that is d deep; the root is 1 */
        struct buf *result;
        bool has_result;
};

static void answer_done(struct answer *a) {
        for (size_t i = 0; i < ELEMENTS(a->levels); i++)
                buf_done(&a->levels[i].members);
}
SCOPED_DEFINE_VALUE(struct answer, answer_done)

struct place {
        size_t depth; /* 1 for the root */
        struct span parent, name;
};

static struct place place_of(const char *path) {
        struct place p = {0};
        for (struct span rest = span_of(path); rest.data; p.depth++) {
                p.parent = p.name;
                p.name = span_split(&rest, '/');
        }
        return p;
}

static bool is_list_name(struct span name) {
        static const char *const lists[] = {"MetricDataResults", "Timestamps", "Values",
                                            "Messages",          "Metrics",    "Dimensions"};
        for (size_t i = 0; i < ELEMENTS(lists); i++)
                if (span_is(name, lists[i]))
                        return true;
        return false;
}

static int put_text(struct buf *to, const struct place *p, struct span text) {
        struct jsonw w = JSONW(to);
        int64_t at_s;
        if (span_is(p->parent, "Timestamps")) {
                if (time_parse_rfc3339(span_trim(text), &at_s) < 0)
                        return -EBADMSG;
                jsonw_int(&w, at_s);
        } else if (span_is(p->parent, "Values") && jsonr_is_number(span_trim(text))) {
                buf_put_span(to, span_trim(text));
        } else if (is_list_name(p->name)) {
                jsonw_raw(&w, SPAN("[]"));
        } else {
                jsonw_span(&w, text);
        }
        return 0;
}

static void put_children(struct buf *to, const struct level *children) {
        buf_put_char(to, children->is_list ? '[' : '{');
        buf_put_span(to, buf_span(&children->members));
        buf_put_char(to, children->is_list ? ']' : '}');
}

static int on_end(void *context, const char *path, struct span text) {
        struct answer *a = context;
        struct place p = place_of(path);
        struct level *siblings = &a->levels[p.depth - 1], *children = &a->levels[p.depth];
        bool is_result = p.depth == 2 && p.name.len > 6 && memcmp(p.name.data + p.name.len - 6, "Result", 6) == 0;
        struct buf *to = is_result ? a->result : &siblings->members;
        int r = 0;
        if (is_result) {
                buf_clear(to);
                a->has_result = true;
        } else {
                bool is_member = span_is(p.name, "member");
                if (to->len > 0 && is_member != siblings->is_list)
                        return -EBADMSG; /* neither a list nor an object */
                if (to->len > 0)
                        buf_put_char(to, ',');
                siblings->is_list = is_member;
                if (!siblings->is_list) {
                        struct jsonw w = JSONW(to);
                        jsonw_span(&w, p.name);
                        buf_put_char(to, ':');
                }
        }
        if (is_result || children->members.len > 0)
                put_children(to, children);
        else
                r = put_text(to, &p, text);
        buf_clear(&children->members);
        children->is_list = false;
        return r < 0 ? r : to->failed;
}

int query_form_read(struct span xml, struct buf *ret_json, struct err *err) {
        SCOPED(answer_done) struct answer a = {.result = ret_json};
        for (size_t i = 0; i < ELEMENTS(a.levels); i++)
                a.levels[i].members = BUF_INIT(JSON_MAX_BYTES);
        int r = xml_read(xml, on_end, &a, err);
        if (r < 0)
                return r;
        return a.has_result ? 0 : err_set(err, -EBADMSG, "XML reply: it holds no result");
}
