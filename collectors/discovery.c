/* SPDX-License-Identifier: Apache-2.0 */
/* ListApplications: what is there to watch, with the status and version by which a change is noticed. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "collectors/awsjson.h"
#include "util/jsonw.h"

enum { PAGE_SIZE = 50, PAGES_MAX = 1000, NAME_MAX_BYTES = 128 };

static const char operation[] = "ListApplications";

struct state {
        int64_t now_s;
        struct pager pager;
        size_t n_odd; /* names that no application can have */
};

static int discovery_start(const struct collect_job *job, void **ret_state) {
        struct state *s = calloc(1, sizeof *s);
        if (!s)
                return -ENOMEM;
        s->now_s = job->now_s;
        s->pager.max_pages = PAGES_MAX;
        *ret_state = s;
        return 0;
}

static void discovery_free(void *state) {
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
        jsonw_member_int(&w, "Limit", PAGE_SIZE);
        if (s->pager.token)
                jsonw_member_string(&w, "NextToken", s->pager.token);
        jsonw_object_end(&w);
        return json_request_send(&request, ret_request);
}

static bool is_name(const char *text) {
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
        size_t n = text ? strspn(text, allowed) : 0;
        return n > 0 && n <= NAME_MAX_BYTES && text[n] == '\0';
}

static int read_page(struct state *s, const struct http_reply *reply, struct batch *out, struct err *reterr) {
        SCOPED(reply_free) struct cJSON *root = NULL;
        const struct cJSON *item;
        int r = reply_parse(operation, reply, &root, reterr);
        if (r >= 0)
                r = reply_list(operation, root, "ApplicationSummaries", true, &item, reterr);
        if (r < 0)
                return r;
        for (; item; item = item->next) {
                const char *name = reply_text(item, "ApplicationName");
                if (!is_name(name))
                        s->n_odd++;
                else if (batch_add_name(out, span_of(name), reply_text(item, "ApplicationStatus"),
                                        reply_int(item, "ApplicationVersionId", 0)) < 0)
                        return -ENOMEM;
        }
        return pager_turn(&s->pager, operation, root, "NextToken", reterr);
}

static int discovery_step(void *state, const struct http_reply *reply, struct http_request *ret_request,
                          struct batch *out, struct err *reterr) {
        struct state *s = state;
        out->collected_at_s = s->now_s;
        int r = reply ? read_page(s, reply, out, reterr) : PAGER_MORE;
        if (r == PAGER_MORE)
                return send(s, ret_request);
        if (r == PAGER_SPENT)
                batch_notice(out, "%s: more than %d pages, the rest is not watched", operation, PAGES_MAX);
        if (r >= 0 && s->n_odd > 0)
                batch_notice(out, "%s: %zu entries without a usable ApplicationName", operation, s->n_odd);
        return r < 0 ? r : 0;
}

static const char *const actions[] = {"kinesisanalytics:ListApplications", NULL};

const struct collector collector_discovery = {"discovery", actions, discovery_start, discovery_step, discovery_free};
