/* SPDX-License-Identifier: Apache-2.0 */
/* GetMetricData in its AWS JSON 1.0 form. A job of any size becomes requests of at most 500 queries; "q0".."q499" are the places in
 * the request, so an answer finds its query without a search. */
#include <errno.h>
#include <math.h>

#include "aws/error.h"
#include "collectors/awsjson.h"
#include "collectors/metric_plan.h"
#include "util/jsonr.h"
#include "util/jsonw.h"
#include "util/text.h"

enum { PAGES_MAX = 500, TIMEOUT_MS = 60000 };

static const char operation[] = "GetMetricData";
static const struct json_service service = {"monitoring", "application/x-amz-json-1.0",
                                            "GraniteServiceVersion20100801."};

/* What was said of one query over all pages. Those from ANSWER_ERROR on are not mended by a later page. */
enum answer {
        ANSWER_NONE,
        ANSWER_COMPLETE,
        ANSWER_PARTIAL,
        ANSWER_ERROR,
        ANSWER_FORBIDDEN,
        ANSWER_GARBLED,
        ANSWER_KINDS
};

struct state {
        int64_t now_s, settle_s;
        struct metric_plan plan;
        size_t current; /* request */
        struct pager pager;
        struct jsonr answer; /* of the page under way */
        uint8_t answers[METRIC_QUERIES_MAX];
        char said[160]; /* the first message that came along */
};

static void metrics_free(void *state) {
        struct state *s = state;
        if (!s)
                return;
        metric_plan_done(&s->plan);
        pager_reset(&s->pager);
        jsonr_done(&s->answer);
        free(s);
}

static int metrics_start(const struct collect_job *job, void **ret_state) {
        struct state *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->now_s = job->now_s;
        s->settle_s = job->settle_s;
        s->pager.max_pages = PAGES_MAX;
        int r = metric_plan_make(job->queries, job->n_queries, job->now_s, &s->plan);
        if (r < 0) {
                metrics_free(s);
                return r;
        }
        *ret_state = s;
        return 0;
}

/* jsonw_int prints; this is called for each query of each poll. */
static void put_number(struct buf *b, int64_t value) {
        char digits[24], *p = digits + sizeof digits;
        do
                *--p = (char)('0' + value % 10);
        while ((value /= 10) > 0);
        buf_put(b, p, (size_t)(digits + sizeof digits - p));
}

static void put_value(struct buf *b, struct span text) {
        struct jsonw w = JSONW(b);
        jsonw_span(&w, text);
}

static void put_dimensions(struct buf *b, const struct metric_query *q) {
        buf_put_str(b, "\"Dimensions\":[{\"Name\":\"Application\",\"Value\":");
        put_value(b, span_of(q->application));
        struct span rest = span_of(text_or_empty(q->dimensions));
        while (rest.data && rest.len > 0) {
                struct span value = span_split(&rest, '\x1f'), name = span_split(&value, '=');
                buf_put_str(b, "},{\"Name\":");
                put_value(b, name);
                buf_put_str(b, ",\"Value\":");
                put_value(b, value.data ? value : SPAN(""));
        }
        buf_put_str(b, "}]");
}

static void put_query(struct buf *b, size_t place, const struct metric_query *q) {
        buf_put_str(b, "{\"Id\":\"q");
        put_number(b, (int64_t)place);
        buf_put_str(b, "\",\"MetricStat\":{\"Metric\":{\"Namespace\":\"AWS/KinesisAnalytics\",\"MetricName\":\"");
        buf_put_str(b, q->metric->name);
        buf_put_str(b, "\",");
        put_dimensions(b, q);
        buf_put_str(b, "},\"Period\":");
        put_number(b, q->metric->period_s);
        buf_put_str(b, ",\"Stat\":\"");
        buf_put_str(b, q->metric->statistic);
        buf_put_str(b, "\"}}");
}

static void put_body(struct buf *b, const struct state *s, const struct metric_request *r) {
        buf_reserve(b, 256 + r->n * 256);
        buf_put_str(b, "{\"StartTime\":");
        put_number(b, r->from_s);
        buf_put_str(b, ",\"EndTime\":");
        put_number(b, r->to_s);
        buf_put_str(b, ",\"ScanBy\":\"TimestampAscending\",\"MetricDataQueries\":[");
        for (size_t i = 0; i < r->n; i++) {
                if (i > 0)
                        buf_put_char(b, ',');
                put_query(b, i, s->plan.items[r->first + i].query);
        }
        buf_put_char(b, ']');
        if (s->pager.token) {
                buf_put_str(b, ",\"NextToken\":");
                put_value(b, span_of(s->pager.token));
        }
        buf_put_char(b, '}');
}

static int send(struct state *s, struct http_request *ret_request) {
        const struct metric_request *wanted = &s->plan.requests[s->current];
        struct http_request request;
        int r = json_request(&service, operation, &request);
        if (r < 0)
                return r;
        request.timeout_ms = TIMEOUT_MS;
        put_body(&request.body, s, wanted);
        r = http_request_header(&request, "x-amzn-query-mode", "true");
        if (r < 0) {
                http_request_done(&request);
                return r;
        }
        return json_request_send(&request, ret_request);
}

/* What was answered is billed, each page of it, whether it is understood or not. */
static void count(const struct state *s, struct batch *out) {
        const struct metric_request *wanted = &s->plan.requests[s->current];
        out->metrics_requested += (int64_t)wanted->n;
        for (size_t i = 0; i < wanted->n; i++)
                out->metrics_requested_by_tier[s->plan.items[wanted->first + i].query->metric->tier]++;
}

/* Place of "q17" in the request, -1 when it is none of ours. */
static int place_of(struct span id, size_t n) {
        size_t place = 0;
        if (id.len < 2 || id.data[0] != 'q' || (id.data[1] == '0' && id.len > 2))
                return -1;
        for (size_t i = 1; i < id.len; i++) {
                if (id.data[i] < '0' || id.data[i] > '9' || place >= n)
                        return -1;
                place = place * 10 + (size_t)(id.data[i] - '0');
        }
        return place < n ? (int)place : -1;
}

static enum answer answer_parse(struct span status) {
        static const char *const names[] = {[ANSWER_COMPLETE] = "Complete",
                                            [ANSWER_PARTIAL] = "PartialData",
                                            [ANSWER_ERROR] = "InternalError",
                                            [ANSWER_FORBIDDEN] = "Forbidden"};
        for (size_t i = ANSWER_COMPLETE; i < ELEMENTS(names); i++)
                if (span_equals(status, span_of(names[i])))
                        return (enum answer)i;
        return ANSWER_NONE;
}

static void hear(struct state *s, const struct jsonr_node *parent) {
        const struct jsonr *j = &s->answer;
        const struct jsonr_node *message = jsonr_first(j, jsonr_member(j, parent, "Messages"));
        SCOPED(buf_done) struct buf text = BUF_INIT(64 << 10);
        if (!message || s->said[0])
                return;
        bool has_code = jsonr_text(j, jsonr_member(j, message, "Code"), &text) && text.len > 0;
        size_t code_len = text.len;
        if (has_code)
                buf_put_str(&text, ": ");
        jsonr_text(j, jsonr_member(j, message, "Value"), &text);
        if (has_code && text.len == code_len + 2)
                text.len = code_len;
        text_copy(s->said, sizeof s->said, buf_str(&text));
}

/* A point of the query's own span and grid; everything else is dropped (NaN comes as text). */
static int take_point(const struct planned_query *item, double at, double value, struct batch *out) {
        const struct metric_query *q = item->query;
        if (!(at >= (double)item->from_s && at < (double)q->to_s))
                return 0;
        int64_t at_s = (int64_t)at;
        if ((double)at_s != at || at_s % q->metric->period_s != 0)
                return 0;
        return batch_add_point(out, q->series_id, at_s, value / q->metric->divisor);
}

static bool is_list_or_null(const struct jsonr_node *node) {
        return !node || jsonr_is(node, JSONR_ARRAY) || jsonr_is(node, JSONR_NULL);
}

/* Lists of different lengths say nothing of which value belongs to which time. */
static bool lists_match(const struct jsonr *j, const struct jsonr_node *times, const struct jsonr_node *values) {
        const struct jsonr_node *t = jsonr_first(j, times), *v = jsonr_first(j, values);
        if (!is_list_or_null(times) || !is_list_or_null(values))
                return false;
        for (; t && v; t = jsonr_next(j, times, t))
                v = jsonr_next(j, values, v);
        return !t && !v;
}

static int read_result(struct state *s, const struct jsonr_node *result, struct batch *out) {
        const struct jsonr *j = &s->answer;
        const struct metric_request *wanted = &s->plan.requests[s->current];
        int place = place_of(jsonr_raw(j, jsonr_member(j, result, "Id")), wanted->n);
        if (place < 0)
                return 0;
        hear(s, result);
        if (s->answers[place] < ANSWER_ERROR)
                s->answers[place] = (uint8_t)answer_parse(jsonr_raw(j, jsonr_member(j, result, "StatusCode")));
        const struct jsonr_node *times = jsonr_member(j, result, "Timestamps"),
                                *values = jsonr_member(j, result, "Values");
        if (!lists_match(j, times, values)) {
                s->answers[place] = ANSWER_GARBLED;
                return 0;
        }
        const struct jsonr_node *t = jsonr_first(j, times), *v = jsonr_first(j, values);
        for (; t && v; t = jsonr_next(j, times, t), v = jsonr_next(j, values, v)) {
                double at, value;
                if (!jsonr_number(j, t, &at) || !jsonr_number(j, v, &value))
                        continue;
                int r = take_point(&s->plan.items[wanted->first + (size_t)place], at, value, out);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* An answer has many thousand values: it is read in place, not into a tree. */
static int parse(struct state *s, const struct http_reply *reply, struct err *reterr) {
        if (!aws_reply_is_json(reply))
                return err_set(reterr, -EPROTO, "%s: the answer is not JSON", operation);
        int r = jsonr_parse(&s->answer, reply->body);
        if (r == -EPROTO)
                return err_set(reterr, r, "%s: the answer is not well-formed JSON (%zu bytes)", operation,
                               reply->body.len);
        if (r == 0 && !jsonr_is(jsonr_root(&s->answer), JSONR_OBJECT))
                return err_set(reterr, -EPROTO, "%s: the answer is not a JSON object", operation);
        return r;
}

static int turn_page(struct state *s, struct err *reterr) {
        SCOPED(buf_done) struct buf token = BUF_INIT(1 << 20);
        jsonr_text(&s->answer, jsonr_member(&s->answer, jsonr_root(&s->answer), "NextToken"), &token);
        return token.failed ? token.failed : pager_follow(&s->pager, operation, "NextToken", buf_str(&token), reterr);
}

static int read_page(struct state *s, const struct http_reply *reply, struct batch *out, struct err *reterr) {
        const struct jsonr *j = &s->answer;
        int r = parse(s, reply, reterr);
        if (r < 0)
                return r;
        const struct jsonr_node *root = jsonr_root(j), *results = jsonr_member(j, root, "MetricDataResults");
        if (!is_list_or_null(results))
                return err_set(reterr, -EPROTO, "%s: the answer has no usable MetricDataResults", operation);
        for (const struct jsonr_node *i = jsonr_first(j, results); i; i = jsonr_next(j, results, i)) {
                r = read_result(s, i, out);
                if (r < 0)
                        return r;
        }
        hear(s, root);
        return turn_page(s, reterr);
}

/* A beginning that CloudWatch no longer keeps counts as read: nothing will ever be there. */
static int note_reading(const struct planned_query *item, struct batch *out) {
        return batch_add_reading(out, item->query->series_id, item->query->from_s, item->query->to_s);
}

static void notice_missing(const struct state *s, size_t n, const size_t counts[ANSWER_KINDS], struct batch *out) {
        static const char *const kinds[] = {"not answered", "", "PartialData", "InternalError", "Forbidden", "garbled"};
        SCOPED(buf_done) struct buf text = BUF_INIT(sizeof out->notice);
        for (size_t kind = 0; kind < ANSWER_KINDS; kind++)
                if (kind != ANSWER_COMPLETE && counts[kind] > 0)
                        buf_printf(&text, "%s %zu %s", text.len ? "," : "", counts[kind], kinds[kind]);
        if (text.len > 0)
                batch_notice(out, "%s: of %zu queries%s", operation, n, buf_str(&text));
        if (s->said[0])
                batch_notice(out, "CloudWatch says %s", s->said);
}

static int close_request(struct state *s, struct batch *out) {
        const struct metric_request *wanted = &s->plan.requests[s->current];
        size_t counts[ANSWER_KINDS] = {0};
        for (size_t i = 0; i < wanted->n; i++) {
                counts[s->answers[i]]++;
                int r = s->answers[i] == ANSWER_COMPLETE ? note_reading(&s->plan.items[wanted->first + i], out) : 0;
                if (r < 0)
                        return r;
        }
        notice_missing(s, wanted->n, counts, out);
        memset(s->answers, ANSWER_NONE, sizeof s->answers);
        s->said[0] = '\0';
        pager_reset(&s->pager);
        return 0;
}

static int begin(struct state *s, struct batch *out) {
        for (size_t i = 0; i < s->plan.n_gone; i++) {
                int r = note_reading(&s->plan.items[s->plan.n_items + i], out);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int metrics_step(void *state, const struct http_reply *reply, struct http_request *ret_request,
                        struct batch *out, struct err *reterr) {
        struct state *s = state;
        out->collected_at_s = s->now_s;
        out->settled_before_s = s->now_s - s->settle_s;
        if (reply)
                count(s, out);
        int r = reply ? read_page(s, reply, out, reterr) : begin(s, out);
        if (r == PAGER_SPENT)
                return err_set(reterr, -EPROTO, "%s: no end after %d pages", operation, PAGES_MAX);
        if (r == 0 && reply) {
                r = close_request(s, out);
                s->current++;
        }
        if (r < 0)
                return r;
        return s->current < s->plan.n_requests ? send(s, ret_request) : 0;
}

static const char *const actions[] = {"cloudwatch:GetMetricData", NULL};

const struct collector collector_metrics = {"metrics", actions, metrics_start, metrics_step, metrics_free};
