/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>

#include "rpc/method.h"
#include "util/list.h"
#include "util/number.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { DURATION_MAX_S = 10 * 366 * 86400, SHOWN_MAX = 60, DIMENSIONS_MAX_BYTES = 16 << 10, DIMENSIONS_MAX = 30 };
static const double EXACT_MAX = 9007199254740992.0; /* 2^53: above it doubles skip whole numbers */

int rpc_fail(struct rpc_question *q, int code, const char *format, ...) {
        char text[sizeof q->error.text];
        va_list args;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        q->error_code = code;
        return err_set(&q->error, -EINVAL, "%s", text);
}

const char *rpc_hint(const char *word, const char *const *candidates, size_t n, char to[128]) {
        const char *nearest = text_nearest(word, candidates, n);
        to[0] = '\0';
        if (nearest)
                snprintf(to, 128, ": did you mean %s?", nearest);
        return to;
}

static int wrong(struct rpc_question *q, const struct rpc_param *p, const char *expected) {
        return rpc_fail(q, RPC_ERROR_PARAMS, "%s must be %s", p->name, expected);
}

static int read_duration(const cJSON *item, int64_t *ret_s) {
        if (cJSON_IsString(item))
                return number_duration_s(span_of(item->valuestring), ret_s);
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= DURATION_MAX_S))
                return -EINVAL;
        *ret_s = (int64_t)item->valuedouble;
        return 0;
}

static int read_instant(const cJSON *item, int64_t now_s, int64_t *ret_at_s) {
        int64_t ago_s;
        if (cJSON_IsString(item) && time_parse_rfc3339(span_of(item->valuestring), ret_at_s) == 0)
                return *ret_at_s > 0 ? 0 : -ERANGE;
        int r = read_duration(item, &ago_s);
        if (r < 0 || ago_s > DURATION_MAX_S)
                return -EINVAL;
        *ret_at_s = now_s - ago_s;
        return 0;
}

struct pairs {
        char *items[DIMENSIONS_MAX];
        size_t n;
};

static void pairs_done(struct pairs *p) {
        for (size_t i = 0; i < p->n; i++)
                free(p->items[i]);
}

SCOPED_DEFINE_VALUE(struct pairs, pairs_done)

/* "Name=Value" in its place by name. */
static int add_pair(struct pairs *pairs, const char *name, const char *value) {
        SCOPED(buf_done) struct buf text = BUF_INIT(DIMENSIONS_MAX_BYTES);
        if (pairs->n == DIMENSIONS_MAX)
                return -E2BIG;
        buf_put_str(&text, name);
        if (value) {
                buf_put_char(&text, '=');
                buf_put_str(&text, value);
        }
        const char *equals = strchr(buf_str(&text), '=');
        if (text.failed || !equals || equals == buf_str(&text) || strchr(buf_str(&text), '\x1f'))
                return text.failed ? text.failed : -EINVAL;
        size_t at = pairs->n;
        for (; at > 0 && strcmp(pairs->items[at - 1], buf_str(&text)) > 0; at--)
                pairs->items[at] = pairs->items[at - 1];
        pairs->items[at] = buf_steal(&text);
        pairs->n++;
        return 0;
}

static int collect_pairs(const cJSON *item, struct pairs *pairs) {
        if (cJSON_IsString(item))
                return add_pair(pairs, item->valuestring, NULL);
        if (!cJSON_IsArray(item) && !cJSON_IsObject(item))
                return -EINVAL;
        const cJSON *member;
        cJSON_ArrayForEach(member, item) {
                int r = cJSON_IsString(member) ? 0 : -EINVAL;
                if (r == 0)
                        r = cJSON_IsObject(item) ? add_pair(pairs, member->string, member->valuestring)
                                                 : add_pair(pairs, member->valuestring, NULL);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_dimensions(struct rpc_question *q, const cJSON *item, const char **ret_text) {
        SCOPED(pairs_done) struct pairs pairs = {0};
        int r = collect_pairs(item, &pairs);
        if (r < 0)
                return r;
        q->dimensions.cap = DIMENSIONS_MAX_BYTES;
        for (size_t i = 0; i < pairs.n; i++) {
                if (i > 0)
                        buf_put_char(&q->dimensions, '\x1f');
                buf_put_str(&q->dimensions, pairs.items[i]);
        }
        *ret_text = buf_str(&q->dimensions);
        return q->dimensions.failed;
}

static bool is_id(const cJSON *item) {
        return cJSON_IsNumber(item) && item->valuedouble >= 1 && item->valuedouble <= EXACT_MAX &&
               item->valuedouble == floor(item->valuedouble);
}

static int read_value(struct rpc_question *q, const struct rpc_param *p, const cJSON *item, struct rpc_value *v) {
        v->is_given = true;
        switch (p->kind) {
        case RPC_KIND_TEXT:
                v->text = cJSON_IsString(item) ? item->valuestring : NULL;
                return v->text && v->text[0] ? 0 : wrong(q, p, "a string that is not empty");
        case RPC_KIND_FORMAT:
                v->text = cJSON_IsString(item) ? item->valuestring : NULL;
                return text_same(v->text, "json") ? 0 : wrong(q, p, "\"json\": the client draws the other formats");
        case RPC_KIND_ID:
                v->number = is_id(item) ? (int64_t)item->valuedouble : 0;
                return v->number > 0 ? 0 : wrong(q, p, "a whole number from 1 on");
        case RPC_KIND_FLAG:
                v->number = cJSON_IsTrue(item);
                return cJSON_IsBool(item) ? 0 : wrong(q, p, "true or false");
        case RPC_KIND_DURATION:
                if (read_duration(item, &v->number) == 0 && v->number >= 1 && v->number <= DURATION_MAX_S)
                        return 0;
                return wrong(
                        q, p,
                        "a duration of 1 second to 10 years such as \"5m\", \"2h\", \"14d\", or a number of seconds");
        case RPC_KIND_INSTANT:
                if (read_instant(item, q->now_s, &v->number) == 0)
                        return 0;
                return wrong(q, p, "a time such as \"2026-01-02T03:04:05Z\", or a duration before now such as \"2h\"");
        case RPC_KIND_DIMENSIONS:
                if (read_dimensions(q, item, &v->text) == 0)
                        return 0;
                return wrong(q, p, "a list of \"Name=Value\"");
        }
        return -EINVAL;
}

static int unknown_param(struct rpc_question *q, const struct rpc_param *table, const char *name) {
        const char *names[RPC_PARAMS_MAX];
        char hint[128];
        size_t n = 0;
        for (; table[n].name; n++)
                names[n] = table[n].name;
        return rpc_fail(q, RPC_ERROR_PARAMS, "there is no parameter %.*s here%s", SHOWN_MAX, name,
                        rpc_hint(name, names, n, hint));
}

int rpc_read_params(struct rpc_question *q, const struct rpc_param *table, const cJSON *params) {
        const cJSON *item;
        bool is_empty_list = cJSON_IsArray(params) && !params->child;
        if (params && !cJSON_IsObject(params) && !cJSON_IsNull(params) && !is_empty_list)
                return rpc_fail(q, RPC_ERROR_PARAMS, "params must be an object: parameters have names");
        cJSON_ArrayForEach(item, params) {
                size_t i = 0;
                while (table[i].name && strcmp(table[i].name, item->string) != 0)
                        i++;
                if (!table[i].name)
                        return unknown_param(q, table, item->string);
                if (q->values[i].is_given)
                        return rpc_fail(q, RPC_ERROR_PARAMS, "%s is given twice", table[i].name);
                if (cJSON_IsNull(item))
                        continue;
                int r = read_value(q, &table[i], item, &q->values[i]);
                if (r < 0)
                        return r;
        }
        for (size_t i = 0; table[i].name; i++)
                if (table[i].is_required && !q->values[i].is_given)
                        return rpc_fail(q, RPC_ERROR_PARAMS, "%s is missing", table[i].name);
        return 0;
}
