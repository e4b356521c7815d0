/* SPDX-License-Identifier: Apache-2.0 */
/* An operation that failed. An update can pass through UPDATING back to its old state, so the status alone never tells. */
#include <string.h>

#include "diagnosers/changes.h"
#include "diagnosers/diagnosers.h"
#include "diagnosers/first_fault.h"
#include "diagnosers/phrases.h"
#include "util/text.h"

enum { SHOWN_FOR };
enum { LOOP_DECIDES_S = 900 };

static const struct param params[] = {
        {"shown_for", PARAM_DURATION, 4 * 3600, 600, 7 * 86400,
         "how long a failed operation stays open when none of its kind succeeds after it"},
        {0},
};

static const struct series_need needs[] = {
        {"fullRestarts", NULL, 3600, true},
        {"numRestarts", NULL, 3600, true},
        {"uptime", NULL, 3600, true},
        {"runningTime", NULL, 3600, true},
        {0},
};

static bool has_status(const struct operation *o, const char *status) {
        return o->status && strcmp(o->status, status) == 0;
}

/* The newest failed one that no later success of its kind has mended. */
static const struct operation *find_failed(const struct window *w, double shown_for_s) {
        const struct operation *failed = NULL;
        for (size_t i = 0; i < w->n_operations; i++) {
                const struct operation *o = &w->operations[i];
                int64_t ended_s = change_ended_s(w, o);
                if (ended_s == 0)
                        continue;
                if (has_status(o, "FAILED") && (double)(w->now_s - ended_s) <= shown_for_s &&
                    (!failed || ended_s >= failed->ended_at_s))
                        failed = o;
                else if (failed && has_status(o, "SUCCESSFUL") && text_same(o->kind, failed->kind) &&
                         ended_s > failed->ended_at_s)
                        failed = NULL;
        }
        return failed;
}

static void advise(const struct window *w, const struct operation *o, struct findings *out, struct finding *f) {
        static const struct {
                const char *word, *advice;
        } rows[] = {
                {"napshot",
                 "The failure names a snapshot: start from an older one with RESTORE_FROM_CUSTOM_SNAPSHOT, or set AllowNonRestoredState "
                 "when an operator was removed on purpose."},
                {"ubnet",
                 "The failure names the network: free addresses in the application's subnets, one interface per KPU and subnet."},
                {"ermission",
                 "The failure names permissions: compare the service role's policy with what the new configuration touches."},
                {"ccess",
                 "The failure names access: check that the service role may read the code bucket and key of the new version."},
                {"imit",
                 "The failure names a limit: ask for more KPUs in Service Quotas (code kinesisanalytics) or lower the parallelism."},
                {"ncompatible",
                 "The state does not fit the new code: keep operator uids and state types, or start with "
                 "SKIP_RESTORE_FROM_SNAPSHOT, which loses the state."},
        };
        for (size_t i = 0; o->failure && i < ELEMENTS(rows); i++)
                if (strstr(o->failure, rows[i].word)) {
                        finding_advise(out, f, "%s", rows[i].advice);
                        break;
                }
        if (o->version_from > 0 && o->rollback_id)
                finding_advise(
                        out, f,
                        "The service rolled it back (operation %s): version %lld runs; deploy again only with the cause mended.",
                        o->rollback_id, (long long)o->version_from);
        else if (o->version_from > 0)
                finding_advise(
                        out, f,
                        "RollbackApplication of %s to version %lld, unless DescribeApplication already shows it (operation %s: %s).",
                        w->application->name, (long long)o->version_from, text_or_empty(o->id),
                        o->failure ? o->failure : "no reason given");
        else
                finding_advise(out, f, "Mend what its status description names and repeat the operation: %s.",
                               o->failure ? o->failure : "none was given");
}

/* A job that does not come up says why in its log; a snapshot that fails, in the operation. AWS publishes no list of kinds: they are known
 * by the word in them, AutoScale and AutoScaleApplication alike. */
static bool starts_job(const struct operation *o) {
        static const char *const words[] = {"Start", "Update", "Roll", "Scal", "Maintenance"};
        for (size_t i = 0; o->kind && i < ELEMENTS(words); i++)
                if (strstr(o->kind, words[i]))
                        return o->started_at_s > 0;
        return false;
}

static int judge(const struct window *w, const double *settings, struct findings *out) {
        const struct operation *o = find_failed(w, settings[SHOWN_FOR]);
        if (!o)
                return out->failed;
        int64_t ended_s = change_ended_s(w, o);
        /* A job that loops beyond the operation's time is the page, with the cause: let it show. */
        if (!window_prior(w, "operation_failed", NULL) && w->now_s - ended_s < LOOP_DECIDES_S &&
            (job_is_unsettled(w) || job_restarts(w, 600) >= LOOP_RESTARTS))
                return out->failed;
        char what[CHANGE_TEXT_MAX];
        change_text(o, what);
        /* Of an application that is stopped nobody is called. */
        bool is_running = application_is_running(w->application);
        struct finding *f = findings_add(out, "operation_failed", is_running ? SEVERITY_WARNING : SEVERITY_INFO,
                                         CONFIDENCE_HIGH, ended_s);
        const struct explanation *v = first_fault_find(w, "operation_failed", ended_s);
        SCOPED(buf_done) struct buf cause = BUF_INIT(FINDING_TEXT_MAX);
        char title[CHANGE_TEXT_MAX + 16];
        snprintf(title, sizeof title, "%s failed", what);
        if (!first_fault_title(v, title, "", out, f))
                finding_title(out, f, "%s", title);
        first_fault_sentence(v, &cause);
        finding_summary(out, f, "%s%s, begun %s, failed after %s: %s. The application is %s.", buf_str(&cause), what,
                        phrase_time(o->started_at_s).text, phrase_span((double)(ended_s - o->started_at_s)).text,
                        o->failure ? o->failure : "the service gave no reason", text_or_empty(w->application->status));
        if (starts_job(o))
                first_fault_tell(w, v, ended_s - o->started_at_s + 60, 120, out, f);
        advise(w, o, out, f);
        finding_evidence_text(out, f, "operation", o->id, ended_s, text_or_empty(o->failure));
        return out->failed;
}

const struct diagnoser diagnoser_operation_failed = {
        .name = "operation_failed",
        .help = "an update, start, stop, scaling or rollback failed",
        .params = params,
        .needs = needs,
        .judge = judge,
};
