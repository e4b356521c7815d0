/* SPDX-License-Identifier: Apache-2.0 */
/* DescribeLogStreams: whether the log stream that an application writes to is there; without a stream, those of the group. That the
 * group is missing is the service's own error. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "collectors/awsjson.h"
#include "util/jsonw.h"

enum { PAGE_SIZE = 50, PAGES_MAX = 20, NAME_MAX_BYTES = 512 };

static const char operation[] = "DescribeLogStreams";
static const struct json_service service = {"logs", "application/x-amz-json-1.1", "Logs_20140328."};

struct state {
        const struct collect_job *job;
        struct pager pager;
        bool is_settled; /* the first name was seen */
};

static bool fits(const char *text) {
        return text && text[0] && strnlen(text, NAME_MAX_BYTES + 1) <= NAME_MAX_BYTES;
}

static int log_streams_start(const struct collect_job *job, void **ret_state) {
        if (!fits(job->log_group) || (job->log_stream && !fits(job->log_stream)))
                return -EINVAL;
        struct state *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->job = job;
        s->pager.max_pages = PAGES_MAX;
        *ret_state = s;
        return 0;
}

static void log_streams_free(void *state) {
        struct state *s = state;
        if (!s)
                return;
        pager_reset(&s->pager);
        free(s);
}

/* By name, so that the stream itself comes before those whose names only begin so. */
static int send(const struct state *s, struct http_request *ret_request) {
        struct http_request request;
        int r = json_request(&service, operation, &request);
        if (r < 0)
                return r;
        struct jsonw w = JSONW(&request.body);
        jsonw_object(&w);
        jsonw_member_string(&w, "logGroupName", s->job->log_group);
        if (s->job->log_stream)
                jsonw_member_string(&w, "logStreamNamePrefix", s->job->log_stream);
        jsonw_member_int(&w, "limit", s->job->log_stream ? 1 : PAGE_SIZE);
        if (s->pager.token)
                jsonw_member_string(&w, "nextToken", s->pager.token);
        jsonw_object_end(&w);
        return json_request_send(&request, ret_request);
}

static int read_page(struct state *s, const struct http_reply *reply, struct batch *out, struct err *reterr) {
        SCOPED(reply_free) struct cJSON *root = NULL;
        const struct cJSON *item;
        int r = reply_parse(operation, reply, &root, reterr);
        if (r >= 0)
                r = reply_list(operation, root, "logStreams", false, &item, reterr);
        for (; r >= 0 && item; item = item->next) {
                const char *name = reply_text(item, "logStreamName");
                if (!name)
                        continue;
                s->is_settled = true;
                if (!s->job->log_stream || strcmp(name, s->job->log_stream) == 0)
                        r = batch_add_log_stream(out, span_of(name));
        }
        if (r < 0)
                return r;
        r = pager_turn(&s->pager, operation, root, "nextToken", reterr);
        return r == PAGER_MORE && s->job->log_stream && s->is_settled ? 0 : r;
}

static int log_streams_step(void *state, const struct http_reply *reply, struct http_request *ret_request,
                            struct batch *out, struct err *reterr) {
        struct state *s = state;
        out->collected_at_s = s->job->now_s;
        int r = reply ? read_page(s, reply, out, reterr) : PAGER_MORE;
        if (r == PAGER_MORE)
                return send(s, ret_request);
        if (r == PAGER_SPENT)
                batch_notice(out, "%s: more than %d pages, the rest is left out", operation, PAGES_MAX);
        return r < 0 ? r : 0;
}

static const char *const actions[] = {"logs:DescribeLogStreams", NULL};

const struct collector collector_log_streams = {"log_streams", actions, log_streams_start, log_streams_step,
                                                log_streams_free};
