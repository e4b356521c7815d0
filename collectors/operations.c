/* SPDX-License-Identifier: Apache-2.0 */
/* ListApplicationOperations, then DescribeApplicationOperation of those whose details tell something: failed and running ones, and
 * those that change the version. MSF promises no order: where the newest come first, a listing ends where everything is older than what
 * is asked for, and where they come last it is read to its end. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "collectors/awsjson.h"
#include "util/jsonw.h"
#include "util/list.h"
#include "util/text.h"

enum { PAGE_SIZE = 50, PAGES_MAX = 10, PAGES_TO_NEWEST_MAX = 40, DESCRIBED_MAX = 10 };

static const char list_operation[] = "ListApplicationOperations";
static const char describe_operation[] = "DescribeApplicationOperation";

struct candidate {
        char *id;
        bool is_urgent;
};

struct state {
        const struct collect_job *job;
        struct pager pager;
        bool is_listed, is_oldest_first;
        struct candidate *candidates; /* newest first, once all are listed */
        size_t n_candidates, candidates_size;
        size_t current, n_described;
        bool is_second_round; /* through the candidates: those that are not urgent */
};

static int operations_start(const struct collect_job *job, void **ret_state) {
        if (!job->target || !job->application || !job->application[0])
                return -EINVAL;
        struct state *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->job = job;
        *ret_state = s;
        return 0;
}

static void operations_free(void *state) {
        struct state *s = state;
        if (!s)
                return;
        pager_reset(&s->pager);
        for (size_t i = 0; i < s->n_candidates; i++)
                free(s->candidates[i].id);
        free(s->candidates);
        free(s);
}

static int send_list(const struct state *s, struct http_request *ret_request) {
        struct http_request request;
        int r = json_request(&service_msf, list_operation, &request);
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

/* The next candidate, urgent ones first; 0 when none is left or enough are described. */
static int send_describe(struct state *s, struct http_request *ret_request) {
        struct http_request request;
        for (;; s->current++) {
                if (s->current == s->n_candidates && !s->is_second_round) {
                        s->is_second_round = true;
                        s->current = 0;
                }
                if (s->current == s->n_candidates || s->n_described == DESCRIBED_MAX)
                        return 0;
                if (s->candidates[s->current].is_urgent != s->is_second_round)
                        break;
        }
        int r = json_request(&service_msf, describe_operation, &request);
        if (r < 0)
                return r;
        struct jsonw w = JSONW(&request.body);
        jsonw_object(&w);
        jsonw_member_string(&w, "ApplicationName", s->job->application);
        jsonw_member_string(&w, "OperationId", s->candidates[s->current].id);
        jsonw_object_end(&w);
        s->n_described++;
        return json_request_send(&request, ret_request);
}

static bool is_running(const struct operation *o) {
        return o->status && strcmp(o->status, "IN_PROGRESS") == 0;
}

/* What both operations say of one. */
static int read_common(const cJSON *item, struct operation *o) {
        int r = reply_copy(item, "Operation", &o->kind);
        if (r >= 0)
                r = reply_copy(item, "OperationStatus", &o->status);
        o->started_at_s = reply_time_s(item, "StartTime");
        o->ended_at_s = is_running(o) ? 0 : reply_time_s(item, "EndTime");
        return r;
}

static int add_candidate(struct state *s, const struct operation *o) {
        bool is_urgent = is_running(o) || (o->status && strcmp(o->status, "FAILED") == 0);
        if (!is_urgent && !(o->kind && (strstr(o->kind, "Update") || strstr(o->kind, "Rollback"))))
                return 0;
        struct candidate *c = LIST_ADD(s->candidates, s->n_candidates, s->candidates_size);
        if (!c)
                return -ENOMEM;
        c->is_urgent = is_urgent;
        return text_replace(&c->id, o->id);
}

/* 1 when it is older than what is asked for. */
static int read_listed(struct state *s, const cJSON *item, struct batch *out) {
        SCOPED(operation_done) struct operation o = {0};
        if (!reply_text(item, "OperationId")) {
                batch_notice(out, "%s: an entry without an OperationId", list_operation);
                return 0;
        }
        if (read_common(item, &o) < 0 || reply_copy(item, "OperationId", &o.id) < 0 ||
            text_replace(&o.target, s->job->target) < 0 || text_replace(&o.application, s->job->application) < 0)
                return -ENOMEM;
        int64_t last_s = o.ended_at_s > 0 ? o.ended_at_s : o.started_at_s;
        if (s->job->from_ms > 0 && !is_running(&o) && last_s > 0 && last_s < s->job->from_ms / 1000)
                return 1;
        int r = add_candidate(s, &o);
        return r < 0 ? r : batch_add_operation_take(out, &o);
}

static bool is_ascending(const cJSON *first) {
        const cJSON *last = first;
        while (last && last->next)
                last = last->next;
        return reply_time_s(first, "StartTime") > 0 &&
               reply_time_s(last, "StartTime") > reply_time_s(first, "StartTime");
}

static void turn_round(struct candidate *candidates, size_t n) {
        for (size_t i = 0; i < n / 2; i++) {
                struct candidate c = candidates[i];
                candidates[i] = candidates[n - 1 - i];
                candidates[n - 1 - i] = c;
        }
}

static int read_list(struct state *s, const struct http_reply *reply, struct batch *out, struct err *reterr) {
        SCOPED(reply_free) struct cJSON *root = NULL;
        const struct cJSON *item;
        size_t n = 0, n_old = 0;
        int r = reply_parse(list_operation, reply, &root, reterr);
        if (r >= 0)
                r = reply_list(list_operation, root, "ApplicationOperationInfoList", false, &item, reterr);
        if (r >= 0 && is_ascending(item))
                s->is_oldest_first = true;
        for (; r >= 0 && item; item = item->next, n++) {
                r = read_listed(s, item, out);
                n_old += r == 1;
        }
        if (r < 0)
                return r;
        s->pager.max_pages = s->is_oldest_first ? PAGES_TO_NEWEST_MAX : s->job->from_ms > 0 ? PAGES_MAX : 1;
        r = pager_turn(&s->pager, list_operation, root, "NextToken", reterr);
        return r == PAGER_MORE && !s->is_oldest_first && n > 0 && n_old == n ? 0 : r;
}

static struct operation *find(struct batch *b, const struct collect_job *job, const char *id) {
        for (size_t i = b->n_operations; i-- > 0;) {
                struct operation *o = &b->operations[i];
                if (strcmp(o->id, id) == 0 && strcmp(o->application, job->application) == 0 &&
                    strcmp(o->target, job->target) == 0)
                        return o;
        }
        return NULL;
}

static int read_details(const cJSON *details, struct operation *o) {
        const cJSON *versions = reply_object(details, "ApplicationVersionChangeDetails");
        const cJSON *failure = reply_object(details, "OperationFailureDetails");
        o->version_from = reply_int(versions, "ApplicationVersionUpdatedFrom", 0);
        o->version_to = reply_int(versions, "ApplicationVersionUpdatedTo", 0);
        if (read_common(details, o) < 0 || reply_copy(failure, "RollbackOperationId", &o->rollback_id) < 0 ||
            reply_copy(reply_object(failure, "ErrorInfo"), "ErrorString", &o->failure) < 0)
                return -ENOMEM;
        return 0;
}

/* What the details leave out was said in the list. */
static void keep_listed(struct operation *listed, struct operation *o) {
        if (!o->kind)
                o->kind = TAKE(listed->kind);
        if (!o->status)
                o->status = TAKE(listed->status);
        if (o->started_at_s == 0)
                o->started_at_s = listed->started_at_s;
        if (o->ended_at_s == 0 && !is_running(o))
                o->ended_at_s = listed->ended_at_s;
}

/* Completes the operation in the batch; it is added anew when the batch has been emptied meanwhile. */
static int read_description(struct state *s, const struct http_reply *reply, struct batch *out, struct err *reterr) {
        SCOPED(reply_free) struct cJSON *root = NULL;
        SCOPED(operation_done) struct operation o = {0};
        const char *id = s->candidates[s->current++].id;
        int r = reply_parse(describe_operation, reply, &root, reterr);
        if (r < 0)
                return r;
        const cJSON *details = reply_object(root, "ApplicationOperationInfoDetails");
        if (!details) {
                batch_notice(out, "%s: the answer has no usable ApplicationOperationInfoDetails", describe_operation);
                return 0;
        }
        if (read_details(details, &o) < 0 || text_replace(&o.id, id) < 0 ||
            text_replace(&o.target, s->job->target) < 0 || text_replace(&o.application, s->job->application) < 0)
                return -ENOMEM;
        struct operation *listed = find(out, s->job, id);
        if (!listed)
                return batch_add_operation_take(out, &o);
        keep_listed(listed, &o);
        struct operation old = *listed;
        *listed = o;
        o = old;
        return 0;
}

static int operations_step(void *state, const struct http_reply *reply, struct http_request *ret_request,
                           struct batch *out, struct err *reterr) {
        struct state *s = state;
        out->collected_at_s = s->job->now_s;
        if (!reply)
                return send_list(s, ret_request);
        int r = s->is_listed ? read_description(s, reply, out, reterr) : read_list(s, reply, out, reterr);
        if (r < 0)
                return r;
        if (r == PAGER_MORE)
                return send_list(s, ret_request);
        if (r == PAGER_SPENT && (s->job->from_ms > 0 || s->is_oldest_first))
                batch_notice(out, "%s: more than %zu pages, the %s are left out", list_operation, s->pager.max_pages,
                             s->is_oldest_first ? "newest" : "oldest");
        if (s->is_oldest_first && !s->is_listed)
                turn_round(s->candidates, s->n_candidates);
        s->is_listed = true;
        return send_describe(s, ret_request);
}

static const char *const actions[] = {"kinesisanalytics:ListApplicationOperations",
                                      "kinesisanalytics:DescribeApplicationOperation", NULL};

const struct collector collector_operations = {"operations", actions, operations_start, operations_step,
                                               operations_free};
