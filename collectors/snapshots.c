/* SPDX-License-Identifier: Apache-2.0 */
/* ListApplicationSnapshots of one application. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "collectors/awsjson.h"
#include "util/jsonw.h"
#include "util/text.h"

enum { PAGE_SIZE = 50, PAGES_MAX = 40 };

static const char operation[] = "ListApplicationSnapshots";

struct state {
        const struct collect_job *job;
        struct pager pager;
};

static int snapshots_start(const struct collect_job *job, void **ret_state) {
        if (!job->target || !job->application || !job->application[0])
                return -EINVAL;
        struct state *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->job = job;
        s->pager.max_pages = PAGES_MAX;
        *ret_state = s;
        return 0;
}

static void snapshots_free(void *state) {
        struct state *s = state;
        if (!s)
                return;
        pager_reset(&s->pager);
        free(s);
}

static int send(const struct state *s, struct http_request *ret_request) {
        struct http_request request;
        int r = json_request(&service_msf, operation, &request);
        if (r < 0)
                return r;
        struct jsonw w = JSONW(&request.body);
        jsonw_object(&w);
        jsonw_member_string(&w, "ApplicationName", s->job->application);
        jsonw_member_int(&w, "Limit", PAGE_SIZE);
        if (s->pager.token)
                jsonw_member_string(&w, "NextToken", s->pager.token);
        jsonw_object_end(&w);
        return json_request_send(&request, ret_request);
}

static int read_snapshot(const struct collect_job *job, const cJSON *item, struct batch *out) {
        SCOPED(snapshot_done) struct snapshot s = {0};
        if (!reply_text(item, "SnapshotName")) {
                batch_notice(out, "%s: an entry without a SnapshotName", operation);
                return 0;
        }
        s.version_id = reply_int(item, "ApplicationVersionId", 0);
        s.created_at_s = reply_time_s(item, "SnapshotCreationTimestamp");
        if (text_replace(&s.target, job->target) < 0 || text_replace(&s.application, job->application) < 0 ||
            reply_copy(item, "SnapshotName", &s.name) < 0 || reply_copy(item, "SnapshotStatus", &s.status) < 0 ||
            reply_copy(item, "RuntimeEnvironment", &s.runtime) < 0)
                return -ENOMEM;
        return batch_add_snapshot_take(out, &s);
}

static int read_page(struct state *s, const struct http_reply *reply, struct batch *out, struct err *reterr) {
        SCOPED(reply_free) struct cJSON *root = NULL;
        const struct cJSON *item;
        int r = reply_parse(operation, reply, &root, reterr);
        if (r >= 0)
                r = reply_list(operation, root, "SnapshotSummaries", false, &item, reterr);
        for (; r >= 0 && item; item = item->next)
                r = read_snapshot(s->job, item, out);
        return r < 0 ? r : pager_turn(&s->pager, operation, root, "NextToken", reterr);
}

static int snapshots_step(void *state, const struct http_reply *reply, struct http_request *ret_request,
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

static const char *const actions[] = {"kinesisanalytics:ListApplicationSnapshots", NULL};

const struct collector collector_snapshots = {"snapshots", actions, snapshots_start, snapshots_step, snapshots_free};
