/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosers/first_fault.h"

#include <string.h>

#include "util/text.h"
#include "util/utf8.h"

enum { TITLE_CHARS = 79, HEADLINE_CHARS_MIN = 12 };

/* Of an episode that goes on, the counters forget the beginning sooner than the incident does. */
static int64_t episode_s(const struct window *w, const char *diagnoser, int64_t onset_s) {
        const struct prior *prior = window_prior(w, diagnoser, NULL);
        return prior && prior->onset_s > 0 && prior->onset_s < onset_s ? prior->onset_s : onset_s;
}

const struct explanation *first_fault_find(const struct window *w, const char *diagnoser, int64_t onset_s) {
        const struct explanation *v = window_explanation(w, onset_s);
        return v ? v : window_explanation(w, episode_s(w, diagnoser, onset_s));
}

bool first_fault_explains(const char *diagnoser) {
        static const char *const explained[] = {"restart_loop", "downtime", "job_stalled", "operation_failed",
                                                "stuck_transition"};
        for (size_t i = 0; i < ELEMENTS(explained); i++)
                if (strcmp(explained[i], diagnoser) == 0)
                        return true;
        return false;
}

/* A log without a failure says nothing of a job that does not fail but hangs: what the metrics prove stays as sure as it was. */
bool first_fault_says_something(const struct explanation *v, const char *diagnoser) {
        const struct root_cause *c = v->report.root_cause;
        bool is_failing = strcmp(diagnoser, "restart_loop") == 0 || strcmp(diagnoser, "downtime") == 0;
        return is_failing || (c && c->role && strcmp(c->role, "unknown") != 0);
}

void first_fault_tell(const struct window *w, const struct explanation *v, int64_t before_s, int64_t after_s,
                      struct findings *out, struct finding *f) {
        int64_t onset_s = episode_s(w, f->diagnoser, f->onset_s);
        if (v && first_fault_says_something(v, f->diagnoser)) {
                finding_add_report(out, f, &v->report);
                if (v->report.confidence < f->confidence)
                        f->confidence = v->report.confidence;
        }
        if (!v || (v->again_at_s > 0 && w->now_s >= v->again_at_s))
                findings_want_logs(out, f->diagnoser, onset_s, onset_s - before_s, onset_s + after_s);
}

void first_fault_sentence(const struct explanation *v, struct buf *to) {
        if (v)
                root_cause_sentence(v->report.root_cause, to);
}

static size_t chars_of(const char *text) {
        size_t n = 0, len = strlen(text);
        for (size_t i = 0; i < len; n++) {
                size_t width = utf8_width(text + i, len - i);
                i += width ? width : 1;
        }
        return n;
}

bool first_fault_title(const struct explanation *v, const char *title, const char *tail, struct findings *out,
                       struct finding *f) {
        const char *headline = v ? text_or_empty(v->report.title) : "";
        size_t used = chars_of(title) + strlen(": ") + chars_of(tail), len = strlen(headline), shown = 0;
        if (len == 0 || used + HEADLINE_CHARS_MIN > TITLE_CHARS)
                return false;
        bool fits = used + chars_of(headline) <= TITLE_CHARS;
        size_t room = TITLE_CHARS - used - (fits ? 0 : strlen("..."));
        for (; shown < len && room > 0; room--) {
                size_t width = utf8_width(headline + shown, len - shown);
                shown += width ? width : 1;
        }
        finding_title(out, f, "%s: %.*s%s%s", title, (int)shown, headline, fits ? "" : "...", tail);
        return true;
}
