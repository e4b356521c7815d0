/* SPDX-License-Identifier: Apache-2.0 */
/* An application that the service has been changing for too long. */
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/first_fault.h"
#include "diagnosers/phrases.h"
#include "util/text.h"

enum { LIMIT };

static const struct param params[] = {
        {"limit", PARAM_DURATION, 600, 60, 86400, "longer than this in a transition is stuck"},
        {0},
};

static const struct series_need needs[] = {{0}};

/* The operation that runs now, NULL when none is known. */
static const struct operation *running(const struct window *w) {
        for (size_t i = w->n_operations; i-- > 0;) {
                const struct operation *o = &w->operations[i];
                bool is_running = change_ended_s(w, o) == 0 && o->started_at_s > 0 && o->started_at_s <= w->now_s;
                if (is_running && (!o->status || strcmp(o->status, "IN_PROGRESS") == 0))
                        return o;
        }
        return NULL;
}

static void advise(const struct window *w, const struct operation *o, struct findings *out, struct finding *f) {
        const char *status = w->application->status;
        const struct snapshot *s = snapshot_in_creation(w);
        if (s)
                finding_advise(
                        out, f,
                        "It waits for snapshot %s, which is still being created: do not force anything before it is READY or "
                        "FAILED; backpressure, S3 permissions or a lost NAT hold it.",
                        text_or_empty(s->name));
        else if (strcmp(status, "STOPPING") == 0)
                finding_advise(
                        out, f,
                        "The stop takes a snapshot first. If the state since the last checkpoint may be processed again: StopApplication "
                        "with Force.");
        else if (strcmp(status, "UPDATING") == 0 && o && o->version_from > 0)
                finding_advise(
                        out, f,
                        "If it is not over in ten more minutes: RollbackApplication to version %lld (operation %s); it is allowed while "
                        "the application is UPDATING.",
                        (long long)o->version_from, text_or_empty(o->id));
        if (w->application->is_in_vpc)
                finding_advise(
                        out, f,
                        "Check the free addresses of the application's subnets: each KPU needs a network interface in each, and a start "
                        "waits until it gets one.");
        else if (!s)
                finding_advise(
                        out, f,
                        "Compare the KPUs it asks for with the account's quota (64 an application, ServiceQuotas code kinesisanalytics): "
                        "a start above it waits and fails.");
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct application *a = w->application;
        if (!a->status || !application_is_changing(a))
                return 0;
        const struct operation *o = running(w);
        int64_t since_s = o ? o->started_at_s : a->updated_at_s;
        if (since_s <= 0)
                return JUDGE_BLIND;
        double for_s = (double)(w->now_s - since_s);
        if (for_s <= settings[LIMIT])
                return out->failed;
        struct finding *f = findings_add(out, "stuck_transition", SEVERITY_WARNING,
                                         o ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM, since_s);
        char what[CHANGE_TEXT_MAX] = "no operation is listed";
        if (o)
                change_text(o, what);
        finding_title(out, f, "%s for %s", a->status, phrase_span(for_s).text);
        finding_summary(
                out, f, "The application has been %s since %s, %s; a transition usually ends within %s. Operation: %s.",
                a->status, phrase_time(since_s).text, phrase_span(for_s).text, phrase_span(settings[LIMIT]).text, what);
        if (strcmp(a->status, "STARTING") == 0 || strcmp(a->status, "UPDATING") == 0)
                first_fault_tell(w, first_fault_find(w, "stuck_transition", since_s), 60, (int64_t)for_s, out, f);
        advise(w, o, out, f);
        if (o)
                finding_evidence_text(out, f, "operation", o->id, o->started_at_s, what);
        return out->failed;
}

const struct diagnoser diagnoser_stuck_transition = {
        .name = "stuck_transition",
        .help = "an update, start, stop or scaling does not end",
        .params = params,
        .needs = needs,
        .judge = judge,
};
