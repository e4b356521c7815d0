/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/unwatched.h"

#include <errno.h>
#include <inttypes.h>

#include "daemon/acknowledge.h"
#include "daemon/log.h"
#include "daemon/notifier_watch.h"
#include "util/text.h"

static const char reason[] = "It is not watched any more, so this was closed, whatever became of it.";

static bool is_configured(const struct config *c, const char *target) {
        for (size_t i = 0; i < c->n_targets; i++)
                if (text_same(c->targets[i].name, target))
                        return true;
        return text_same(target, notifier_watch_target);
}

static bool is_watched(const struct unwatched *u, const struct incident *i) {
        return u->target ? u->is_watched(u->arg, i->application) : is_configured(u->config, i->target);
}

static int explain(struct incident *i) {
        SCOPED(buf_done) struct buf text = BUF_INIT(FINDING_TEXT_MAX);
        const char *was = text_or_empty(i->finding.summary);
        buf_printf(&text, "%s%s", reason, was[0] ? " " : "");
        size_t room = FINDING_TEXT_MAX - text.len, len = strlen(was);
        buf_put(&text, was, len > room ? text_boundary(was, room) : len);
        return text.failed ? -ENOMEM : text_replace(&i->finding.summary, buf_str(&text));
}

/* As if nothing had been found of it for long enough. */
static int end(const struct unwatched *u, const struct incident_policy *policy, int64_t id, struct transitions *out) {
        SCOPED(incident_rows_done) struct incident_rows known = {0};
        const struct findings nothing = {0};
        const struct incident_filter filter = {.id = id};
        size_t before = out->n_items;
        int r = store_list_incidents(u->store, &filter, &known);
        if (r < 0 || known.n_rows == 0)
                return r;
        const struct judgement judgement = {.target = known.rows[0].target,
                                            .application = known.rows[0].application,
                                            .application_arn = known.rows[0].application_arn,
                                            .now_s = u->now_s,
                                            .findings = &nothing,
                                            .incidents = known.rows,
                                            .n_incidents = 1};
        r = incidents_judge(&judgement, policy, out);
        for (size_t i = before; r == 0 && i < out->n_items; i++)
                r = explain(&out->items[i].incident);
        return r;
}

static int end_all(const struct unwatched *u, const struct incident_rows *open, struct transitions *out) {
        SCOPED(free) struct route *routes = NULL;
        struct incident_policy policy = {.severity_cap = SEVERITY_CRITICAL};
        int r = routes_of(u->config, &routes, &policy.n_routes);
        policy.routes = routes;
        for (size_t i = 0; r == 0 && i < open->n_rows; i++)
                if (!is_watched(u, &open->rows[i]))
                        r = end(u, &policy, open->rows[i].id, out);
        return r;
}

static int say_and_count(const struct transitions *ended) {
        int n_told = 0;
        for (size_t i = 0; i < ended->n_items; i++) {
                const struct incident *over = &ended->items[i].incident;
                log_notice("target %s: %s: incident %" PRId64
                           " (%s) is closed: the application is not watched any more",
                           over->target, over->application, over->id, over->finding.diagnoser);
                n_told += (int)ended->items[i].n_notifiers;
        }
        return n_told;
}

int unwatched_end(const struct unwatched *u) {
        SCOPED(incident_rows_done) struct incident_rows open = {0};
        SCOPED(transitions_done) struct transitions ended = {.at_s = u->now_s};
        const struct incident_filter filter = {.target = u->target, .only_open = true, .only_heads = true};
        int r = store_list_incidents(u->store, &filter, &open);
        if (r == 0)
                r = end_all(u, &open, &ended);
        if (r == 0)
                r = store_apply(u->store, &ended);
        return r < 0 ? r : say_and_count(&ended);
}
