/* SPDX-License-Identifier: Apache-2.0 */
/* ListMetrics: which series of one application, or of all, CloudWatch has had in the last hours; tasks and operators are named nowhere
 * else. A name takes up to 15 minutes to be listed. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "collectors/awsjson.h"
#include "util/jsonw.h"
#include "util/text.h"

enum {
        PAGES_MAX = 400, /* of 500 metrics each */
        DIMENSIONS_MAX = 30,
        KEY_BYTES_MAX = 16 << 10
};

static const char operation[] = "ListMetrics";
static const char namespace[] = "AWS/KinesisAnalytics";
static const struct json_service service = {"monitoring", "application/x-amz-json-1.0",
                                            "GraniteServiceVersion20100801."};

struct state {
        const struct collect_job *job;
        struct pager pager;
        size_t n_odd; /* entries that no series can be made of */
};

static int series_list_start(const struct collect_job *job, void **ret_state) {
        struct state *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->job = job;
        s->pager.max_pages = PAGES_MAX;
        *ret_state = s;
        return 0;
}

static void series_list_free(void *state) {
        struct state *s = state;
        if (!s)
                return;
        pager_reset(&s->pager);
        free(s);
}

static void put_body(struct buf *body, const struct state *s) {
        struct jsonw w = JSONW(body);
        jsonw_object(&w);
        jsonw_member_string(&w, "Namespace", namespace);
        jsonw_key(&w, "Dimensions");
        jsonw_array(&w);
        jsonw_object(&w);
        jsonw_member_string(&w, "Name", "Application");
        if (s->job->application)
                jsonw_member_string(&w, "Value", s->job->application);
        jsonw_object_end(&w);
        jsonw_array_end(&w);
        jsonw_member_string(&w, "RecentlyActive", "PT3H");
        if (s->pager.token)
                jsonw_member_string(&w, "NextToken", s->pager.token);
        jsonw_object_end(&w);
}

static int send(const struct state *s, struct http_request *ret_request) {
        struct http_request request;
        int r = json_request(&service, operation, &request);
        if (r < 0)
                return r;
        put_body(&request.body, s);
        r = http_request_header(&request, "x-amzn-query-mode", "true");
        if (r < 0) {
                http_request_done(&request);
                return r;
        }
        return json_request_send(&request, ret_request);
}

struct dimension {
        const char *name, *value;
};

static int by_name(const void *a, const void *b) {
        return strcmp(((const struct dimension *)a)->name, ((const struct dimension *)b)->name);
}

/* Those beyond Application, sorted. False when they cannot be written as struct series_key has them. */
static bool read_dimensions(const cJSON *list, struct dimension *to, size_t *ret_n, const char **ret_application) {
        size_t n = 0;
        const char *application = NULL;
        if (!cJSON_IsArray(list))
                return false;
        for (const cJSON *item = list->child; item; item = item->next) {
                struct dimension d = {reply_text(item, "Name"), reply_text(item, "Value")};
                if (!d.name || !d.value || n == DIMENSIONS_MAX || strchr(d.name, '=') || strchr(d.name, '\x1f') ||
                    strchr(d.value, '\x1f'))
                        return false;
                if (strcmp(d.name, "Application") != 0)
                        to[n++] = d;
                else if (application)
                        return false;
                else
                        application = d.value;
        }
        qsort(to, n, sizeof *to, by_name);
        for (size_t i = 1; i < n; i++)
                if (strcmp(to[i - 1].name, to[i].name) == 0)
                        return false;
        *ret_n = n;
        *ret_application = application;
        return application != NULL;
}

static char *join(const struct dimension *dimensions, size_t n) {
        SCOPED(buf_done) struct buf text = BUF_INIT(KEY_BYTES_MAX);
        for (size_t i = 0; i < n; i++)
                buf_printf(&text, "%s%s=%s", i > 0 ? "\x1f" : "", dimensions[i].name, dimensions[i].value);
        return text.failed ? NULL : n > 0 ? buf_steal(&text) : strdup("");
}

static bool is_long(const struct dimension *dimensions, size_t n) {
        size_t bytes = 0;
        for (size_t i = 0; i < n; i++)
                bytes += strlen(dimensions[i].name) + strlen(dimensions[i].value) + 2;
        return bytes >= KEY_BYTES_MAX;
}

/* 1 when it is not a series of ours. */
static int read_metric(const struct state *s, const cJSON *item, struct batch *out) {
        SCOPED(listed_series_done) struct listed_series listed = {0};
        struct dimension dimensions[DIMENSIONS_MAX];
        const char *application, *name = reply_text(item, "MetricName"), *space = reply_text(item, "Namespace");
        size_t n;
        if (!name || !space || strcmp(space, namespace) != 0 ||
            !read_dimensions(cJSON_GetObjectItemCaseSensitive(item, "Dimensions"), dimensions, &n, &application) ||
            (s->job->application && strcmp(application, s->job->application) != 0) || is_long(dimensions, n))
                return 1;
        listed.dimensions = join(dimensions, n);
        if (!listed.dimensions || text_replace(&listed.application, application) < 0 ||
            text_replace(&listed.metric, name) < 0)
                return -ENOMEM;
        return batch_add_series_take(out, &listed);
}

static int read_page(struct state *s, const struct http_reply *reply, struct batch *out, struct err *reterr) {
        SCOPED(reply_free) struct cJSON *root = NULL;
        const struct cJSON *item;
        int r = reply_parse(operation, reply, &root, reterr);
        if (r >= 0)
                r = reply_list(operation, root, "Metrics", false, &item, reterr);
        for (; r >= 0 && item; item = item->next) {
                r = read_metric(s, item, out);
                s->n_odd += r == 1;
        }
        return r < 0 ? r : pager_turn(&s->pager, operation, root, "NextToken", reterr);
}

static int series_list_step(void *state, const struct http_reply *reply, struct http_request *ret_request,
                            struct batch *out, struct err *reterr) {
        struct state *s = state;
        out->collected_at_s = s->job->now_s;
        int r = reply ? read_page(s, reply, out, reterr) : PAGER_MORE;
        if (r == PAGER_MORE)
                return send(s, ret_request);
        if (r == PAGER_SPENT)
                batch_notice(out, "%s: more than %d pages, the rest is left out", operation, PAGES_MAX);
        if (r >= 0 && s->n_odd > 0)
                batch_notice(out, "%s: %zu entries are no series of an application", operation, s->n_odd);
        return r < 0 ? r : 0;
}

static const char *const actions[] = {"cloudwatch:ListMetrics", NULL};

const struct collector collector_series_list = {"series_list", actions, series_list_start, series_list_step,
                                                series_list_free};
