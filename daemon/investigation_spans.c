/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/investigation_spans.h"

enum { HOUR_S = 3600, NEWEST_S = 1800 };

/* Terms of CloudWatch's filter patterns: lines that failures, their forerunners and healthy spells are told by. */
static const char failures[] =
        "?ERROR ?WARN ?FAILED ?FAILING ?RESTARTING ?Exception ?Error ?Traceback ?terminated ?\"timed out\" "
        "?\"no longer reachable\" ?\"Closing TaskExecutor\" ?Decline ?expired ?\"global failure\" "
        "?PythonDriver ?\"Completed checkpoint\" ?\"to RUNNING\"";

/* Before and after the onset. The last row is what is newest: what keeps a loop going is there when its beginning has expired. */
static const struct step {
        int64_t before_s, after_s; /* 0, 0: as the search says */
        bool is_filtered, is_newest;
        enum found enough; /* it is read only when less was found */
} steps[] = {
        {0, 0, false, false, FOUND_CAUSE},
        {0, 0, true, false, FOUND_SUSTAINER}, /* only when the first was cut */
        {HOUR_S, HOUR_S / 6, false, false, FOUND_CAUSE},
        {6 * HOUR_S, HOUR_S / 2, true, false, FOUND_CAUSE},
        {48 * HOUR_S, HOUR_S, true, false, FOUND_CAUSE},
        {0, 0, false, true, FOUND_SUSTAINER},
};
enum { N_STEPS = sizeof steps / sizeof steps[0], STEP_FIRST_AGAIN = 1 };

static int64_t earlier(int64_t a, int64_t b) {
        return a < b ? a : b;
}

static void place(const struct log_search *s, const struct step *step, struct log_span *ret) {
        bool is_given = step->before_s == 0;
        int64_t from_s = is_given ? s->from_s : earlier(s->from_s, s->onset_s - step->before_s);
        int64_t to_s = is_given ? s->to_s : s->onset_s + step->after_s;
        if (step->is_newest) {
                from_s = s->now_s - NEWEST_S > s->onset_s ? s->now_s - NEWEST_S : s->onset_s;
                to_s = s->now_s;
        }
        if (to_s > s->now_s)
                to_s = s->now_s;
        if (from_s < 0)
                from_s = 0;
        if (to_s <= from_s)
                to_s = from_s + 1;
        *ret = (struct log_span){from_s * 1000, to_s * 1000, step->is_filtered || s->is_wordy ? failures : NULL};
}

/* A symptom is not a cause, but more of the past does not turn it into one. */
static bool is_enough(enum found found, const struct step *step) {
        return found >= step->enough || (found == FOUND_SYMPTOM && step->enough == FOUND_CAUSE);
}

bool log_search_next(struct log_search *s, enum found found, bool was_cut, struct log_span *ret) {
        s->is_wordy = s->is_wordy || was_cut;
        while (++s->step < (s->is_fixed ? STEP_FIRST_AGAIN + 1 : N_STEPS)) {
                const struct step *step = &steps[s->step];
                if (s->step > 0 && is_enough(found, step))
                        continue;
                if (s->step == STEP_FIRST_AGAIN && !was_cut)
                        continue;
                place(s, step, ret);
                return true;
        }
        return false;
}
