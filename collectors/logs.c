/* SPDX-License-Identifier: Apache-2.0 */
/* FilterLogEvents over [from_ms, to_ms), oldest first. A page may be empty while more follow, so the pages have a budget, and so have
 * the bytes: what is kept then is the beginning, where a first fault lies. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "collectors/awsjson.h"
#include "util/jsonw.h"
#include "util/text.h"

enum {
        PAGES_MAX = 200,
        EVENTS_MAX = 50000,
        BYTES_MAX = 16 << 20,
        GROUP_MAX_BYTES = 512,
        FILTER_MAX_CHARS = 1024,
        TIMEOUT_MS = 60000,
};

static const char operation[] = "FilterLogEvents";
static const struct json_service service = {"logs", "application/x-amz-json-1.1", "Logs_20140328."};

struct state {
        const struct collect_job *job;
        struct pager pager;
        size_t n_events, n_bytes;
};

static size_t length(const char *text) {
        return text ? strlen(text) : 0;
}

static int logs_start(const struct collect_job *job, void **ret_state) {
        if (!job->target || !job->application || length(job->log_group) == 0 ||
            length(job->log_group) > GROUP_MAX_BYTES || length(job->log_filter) > FILTER_MAX_CHARS ||
            job->from_ms < 0 || job->from_ms >= job->to_ms)
                return -EINVAL;
        struct state *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->job = job;
        s->pager.max_pages = PAGES_MAX;
        *ret_state = s;
        return 0;
}

static void logs_free(void *state) {
        struct state *s = state;
        if (!s)
                return;
        pager_reset(&s->pager);
        free(s);
}

/* endTime belongs to what is asked for, to_ms does not. */
static int send(const struct state *s, struct http_request *ret_request) {
        struct http_request request;
        int r = json_request(&service, operation, &request);
        if (r < 0)
                return r;
        request.timeout_ms = TIMEOUT_MS;
        struct jsonw w = JSONW(&request.body);
        jsonw_object(&w);
        jsonw_member_string(&w, "logGroupName", s->job->log_group);
        if (length(s->job->log_stream) > 0) {
                jsonw_key(&w, "logStreamNames");
                jsonw_array(&w);
                jsonw_string(&w, s->job->log_stream);
                jsonw_array_end(&w);
        }
        jsonw_member_int(&w, "startTime", s->job->from_ms);
        jsonw_member_int(&w, "endTime", s->job->to_ms - 1);
        if (length(s->job->log_filter) > 0)
                jsonw_member_string(&w, "filterPattern", s->job->log_filter);
        if (s->pager.token)
                jsonw_member_string(&w, "nextToken", s->pager.token);
        jsonw_object_end(&w);
        return json_request_send(&request, ret_request);
}

static int read_event(struct state *s, const cJSON *item, struct batch *out) {
        struct log_event e = {.at_ms = reply_int(item, "timestamp", -1)};
        const char *message = reply_text(item, "message");
        if (!message || e.at_ms < s->job->from_ms || e.at_ms >= s->job->to_ms)
                return 0;
        s->n_events++;
        s->n_bytes += strlen(message);
        if (text_replace(&e.target, s->job->target) < 0 || text_replace(&e.application, s->job->application) < 0 ||
            text_replace(&e.message, message) < 0) {
                free(e.target);
                free(e.application);
                return -ENOMEM;
        }
        return batch_add_log_event_take(out, &e);
}

static bool is_spent(const struct state *s) {
        return s->n_events >= EVENTS_MAX || s->n_bytes >= BYTES_MAX;
}

static int read_page(struct state *s, const struct http_reply *reply, struct batch *out, struct err *reterr) {
        SCOPED(reply_free) struct cJSON *root = NULL;
        const struct cJSON *item;
        int r = reply_parse(operation, reply, &root, reterr);
        if (r >= 0)
                r = reply_list(operation, root, "events", false, &item, reterr);
        for (; r >= 0 && item && !is_spent(s); item = item->next)
                r = read_event(s, item, out);
        if (r < 0)
                return r;
        if (item) {
                s->pager.n_pages++;
                return PAGER_SPENT;
        }
        r = pager_turn(&s->pager, operation, root, "nextToken", reterr);
        return r == PAGER_MORE && is_spent(s) ? PAGER_SPENT : r;
}

static int logs_step(void *state, const struct http_reply *reply, struct http_request *ret_request, struct batch *out,
                     struct err *reterr) {
        struct state *s = state;
        out->collected_at_s = s->job->now_s;
        int r = reply ? read_page(s, reply, out, reterr) : PAGER_MORE;
        if (r == PAGER_MORE)
                return send(s, ret_request);
        if (r == PAGER_SPENT)
                batch_notice(out, "%s: stopped after %zu events on %zu pages, there is more", operation, s->n_events,
                             s->pager.n_pages);
        return r < 0 ? r : 0;
}

static const char *const actions[] = {"logs:FilterLogEvents", NULL};

const struct collector collector_logs = {"logs", actions, logs_start, logs_step, logs_free};
