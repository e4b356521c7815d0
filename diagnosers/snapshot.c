/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots that do not get done, that fail, or that are about to run into the quota of a thousand. */
#include <string.h>

#include "diagnosers/diagnosers.h"
#include "diagnosers/phrases.h"
#include "util/text.h"

enum { LIMIT, COUNT_LIMIT };
enum { QUOTA = 1000, FAILED_SHOWN_S = 86400 };

static const struct param params[] = {
        {"limit", PARAM_DURATION, 600, 60, 86400, "a snapshot that takes longer than this is stuck"},
        {"count", PARAM_COUNT, 950, 1, 1000, "so many snapshots are close to the quota of 1,000"},
        {0},
};

static const struct series_need needs[] = {{0}};

static bool is_status(const struct snapshot *s, const char *status) {
        return s->status && strcmp(s->status, status) == 0 && s->created_at_s > 0;
}

static void report_stuck(const struct window *w, const struct snapshot *s, struct findings *out) {
        double for_s = (double)(w->now_s - s->created_at_s);
        struct finding *f = findings_add(out, "snapshot", SEVERITY_WARNING, CONFIDENCE_HIGH, s->created_at_s);
        finding_title(out, f, "Snapshot in creation for %s", phrase_span(for_s).text);
        finding_summary(
                out, f,
                "Snapshot %s has been CREATING since %s. A snapshot waits for barriers as a checkpoint does: backpressure, a missing "
                "S3 permission, a lost NAT or a state too large hold it.",
                text_or_empty(s->name), phrase_time(s->created_at_s).text);
        finding_advise(
                out, f,
                "Leave the application running until the snapshot is READY or FAILED: a stop now would lose it.");
        finding_advise(
                out, f,
                "Relieve the job meanwhile: lower the input or remove the backpressure, and check the route to S3 (NAT or gateway "
                "endpoint) of the application's subnets.");
        finding_evidence_text(out, f, "operation", s->name, s->created_at_s, "CREATING");
}

static void report_failed(const struct window *w, const struct snapshot *s, const struct snapshot *last_ready,
                          struct findings *out) {
        struct finding *f = findings_add(out, "snapshot", SEVERITY_WARNING, CONFIDENCE_HIGH, s->created_at_s);
        finding_title(out, f, "Snapshot failed");
        finding_summary(out, f, "Snapshot %s, begun %s, failed. %s%s%s", text_or_empty(s->name),
                        phrase_time(s->created_at_s).text,
                        last_ready ? "The newest one that is READY is "
                                   : "There is none that is READY: a stop now means a start without state.",
                        last_ready ? text_or_empty(last_ready->name) : "", last_ready ? "." : "");
        finding_advise(
                out, f,
                "Take another (CreateApplicationSnapshot) before the next update or stop of %s, and only then change it: an update "
                "restores the newest snapshot.",
                w->application->name);
        finding_evidence_text(out, f, "operation", s->name, s->created_at_s, "FAILED");
}

static void report_count(const struct window *w, size_t n, struct findings *out) {
        struct finding *f = findings_add(out, "snapshot", SEVERITY_INFO, CONFIDENCE_HIGH, w->now_s);
        finding_subject(out, f, "quota");
        finding_title(out, f, "%zu of %d snapshots", n, QUOTA);
        finding_summary(out, f,
                        "The application keeps %zu snapshots; with %d the next stop or update with a snapshot fails.",
                        n, QUOTA);
        finding_advise(
                out, f,
                "Delete the oldest ones with DeleteApplicationSnapshot; they also cost $0.023 per GB and month.");
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct snapshot *stuck = NULL, *failed = NULL, *ready = NULL;
        size_t n = 0;
        for (size_t i = 0; i < w->n_snapshots; i++) {
                const struct snapshot *s = &w->snapshots[i];
                if (s->created_at_s > w->now_s)
                        continue;
                n++;
                if (is_status(s, "CREATING") && (double)(w->now_s - s->created_at_s) > settings[LIMIT])
                        stuck = s;
                else if (is_status(s, "FAILED") && (!failed || s->created_at_s > failed->created_at_s))
                        failed = s;
                else if (is_status(s, "READY") && (!ready || s->created_at_s > ready->created_at_s))
                        ready = s;
        }
        bool is_mended = failed && ready && ready->created_at_s > failed->created_at_s;
        if (stuck && application_is_running(w->application))
                report_stuck(w, stuck, out);
        else if (failed && !is_mended && w->now_s - failed->created_at_s < FAILED_SHOWN_S &&
                 application_is_running(w->application))
                report_failed(w, failed, ready, out);
        if ((double)n >= settings[COUNT_LIMIT])
                report_count(w, n, out);
        return out->failed;
}

const struct diagnoser diagnoser_snapshot = {
        .name = "snapshot",
        .help = "a snapshot does not get done, failed, or there are too many",
        .params = params,
        .needs = needs,
        .judge = judge,
};
