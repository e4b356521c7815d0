/* SPDX-License-Identifier: Apache-2.0 */
/* A restart loop before and after its investigation: it asks, then it carries what was found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "diagnosers/diagnosers.h"
#include "model/finding.h"
#include "util/scope.h"

enum { T0 = 1767225600, MINUTES = 60, ONSET = 20 };

/* An hour of a job that fails once a minute from minute ONSET on. */
struct scene {
        struct sample restarts[MINUTES], uptime[MINUTES];
        struct series_view series[2];
        struct application application;
        struct root_cause cause;
        char *advice[1];
        struct evidence evidence[1];
        struct explanation explanation;
        struct window w;
};

static void make_scene(struct scene *s) {
        *s = (struct scene){.application = {.name = (char *)"orders",
                                            .status = (char *)"RUNNING",
                                            .runtime = (char *)"FLINK-1_20",
                                            .log_group = (char *)"/aws/kinesis-analytics/orders"}};
        for (int i = 0; i < MINUTES; i++) {
                bool is_failing = i >= ONSET;
                s->restarts[i] = (struct sample){T0 + i * 60, is_failing ? i - ONSET + 1 : 0};
                s->uptime[i] = (struct sample){T0 + i * 60, is_failing ? 20000 - i : 60000.0 * (i + 1)};
        }
        s->series[0] = (struct series_view){
                metric_find("fullRestarts", NULL), "", s->restarts, MINUTES, T0 + MINUTES * 60, false};
        s->series[1] = (struct series_view){metric_find("uptime", NULL), "",   s->uptime, MINUTES,
                                            T0 + MINUTES * 60,           false};
        s->w = (struct window){.now_s = T0 + MINUTES * 60 + 120,
                               .from_s = T0,
                               .to_s = T0 + MINUTES * 60,
                               .application = &s->application,
                               .series = s->series,
                               .n_series = 2};
        s->cause = (struct root_cause){.role = "trigger",
                                       .category = "user_code",
                                       .exception_class = (char *)"java.lang.NumberFormatException",
                                       .message = (char *)"For input string: \"12,50\"",
                                       .frame = (char *)"com.acme.orders.ParseOrder.map",
                                       .deploy = (char *)"first fault 4 min after version 41 -> 42",
                                       .attempt = 0};
        s->advice[0] = (char *)"Catch it in ParseOrder.map.";
        s->evidence[0] = (struct evidence){
                .kind = "log", .at_s = T0 + ONSET * 60, .text = (char *)"switched to FAILED"};
        s->explanation = (struct explanation){.target = (char *)"prod",
                                              .application = (char *)"orders",
                                              .onset_s = T0 + ONSET * 60,
                                              .made_at_s = s->w.now_s,
                                              .report = {.title = (char *)"NumberFormatException in ParseOrder.map",
                                                         .confidence = CONFIDENCE_MEDIUM,
                                                         .root_cause = &s->cause,
                                                         .advice = s->advice,
                                                         .n_advice = 1,
                                                         .evidence = s->evidence,
                                                         .n_evidence = 1}};
}

static void explain(struct scene *s) {
        s->w.explanations = &s->explanation;
        s->w.n_explanations = 1;
}

static struct findings judge(const struct window *w) {
        struct findings out = {0};
        double settings[8];
        for (size_t i = 0; diagnoser_restart_loop.params[i].name; i++)
                settings[i] = diagnoser_restart_loop.params[i].standard;
        assert_int_equal(diagnoser_restart_loop.judge(w, settings, &out), 0);
        assert_int_equal(out.n_items, 1);
        return out;
}

static const struct want *wants_logs(const struct findings *out) {
        for (size_t i = 0; i < out->n_wants; i++)
                if (out->wants[i].kind == WANT_LOGS)
                        return &out->wants[i];
        return NULL;
}

static void test_loop__nothing_known__asks_for_the_log_around_its_onset(void **state) {
        (void)state;
        struct scene s;
        make_scene(&s);
        SCOPED(findings_done) struct findings out = judge(&s.w);
        const struct want *want = wants_logs(&out);
        assert_non_null(want);
        assert_string_equal(want->diagnoser, "restart_loop");
        assert_int_equal(want->onset_s, T0 + ONSET * 60);
        assert_true(want->from_s < want->onset_s && want->to_s > want->onset_s);
        assert_null(out.items[0].root_cause);
        assert_non_null(strstr(out.items[0].advice[0], "first line with"));
}

static void test_loop__explained__names_the_cause_first_and_asks_no_more(void **state) {
        (void)state;
        struct scene s;
        make_scene(&s);
        explain(&s);
        SCOPED(findings_done) struct findings out = judge(&s.w);
        const struct finding *f = &out.items[0];
        assert_null(wants_logs(&out));
        assert_string_equal(f->title, "Restart loop: NumberFormatException in ParseOrder.map, 40 min");
        assert_non_null(strstr(f->summary, "It was started by java.lang.NumberFormatException: For input string: "
                                           "\"12,50\" at com.acme.orders.ParseOrder.map; first fault 4 min after"));
        assert_string_equal(f->root_cause->role, "trigger");
        assert_string_equal(f->advice[0], "Catch it in ParseOrder.map.");
        assert_string_equal(f->evidence[0].kind, "log");
        assert_int_equal(f->confidence, CONFIDENCE_MEDIUM); /* no surer than the log is whole */
        for (size_t i = 0; i < f->n_advice; i++)
                assert_null(strstr(f->advice[i], "first line with"));
}

static void test_loop__explained_in_part__is_asked_for_again_when_it_is_time(void **state) {
        (void)state;
        struct scene s;
        make_scene(&s);
        explain(&s);
        s.explanation.again_at_s = s.w.now_s + 1;
        struct findings early = judge(&s.w);
        assert_null(wants_logs(&early));
        findings_done(&early);
        s.explanation.again_at_s = s.w.now_s;
        SCOPED(findings_done) struct findings late = judge(&s.w);
        assert_non_null(wants_logs(&late));
        assert_non_null(late.items[0].root_cause);
}

static void test_loop__another_episode_is_explained__is_not_mistaken_for_this_one(void **state) {
        (void)state;
        struct scene s;
        make_scene(&s);
        explain(&s);
        s.explanation.onset_s = T0 - 86400;
        SCOPED(findings_done) struct findings out = judge(&s.w);
        assert_null(out.items[0].root_cause);
        assert_non_null(wants_logs(&out));
}

static void test_loop__beginning_forgotten_by_the_counters__keeps_its_cause(void **state) {
        (void)state;
        struct scene s;
        struct prior prior = {"restart_loop", NULL, SEVERITY_CRITICAL, T0 - 86400, T0 - 86000};
        make_scene(&s);
        explain(&s);
        s.explanation.onset_s = T0 - 86400;
        s.w.priors = &prior;
        s.w.n_priors = 1;
        SCOPED(findings_done) struct findings out = judge(&s.w);
        assert_non_null(out.items[0].root_cause);
        assert_null(wants_logs(&out));
}

/* An incident that opened again has its first onset, and the explanation of what failed then. */
static void test_loop__began_again_after_a_calm__has_the_cause_of_now(void **state) {
        (void)state;
        struct scene s;
        struct prior prior = {"restart_loop", NULL, SEVERITY_CRITICAL, T0 - 7200, T0 - 7100};
        make_scene(&s);
        explain(&s);
        struct root_cause earlier = s.cause;
        earlier.exception_class = (char *)"java.lang.IllegalStateException";
        struct explanation both[2] = {s.explanation, s.explanation};
        both[0].onset_s = T0 - 7200;
        both[0].report.root_cause = &earlier;
        s.w.explanations = both;
        s.w.n_explanations = 2;
        s.w.priors = &prior;
        s.w.n_priors = 1;
        SCOPED(findings_done) struct findings out = judge(&s.w);
        assert_string_equal(out.items[0].root_cause->exception_class, "java.lang.NumberFormatException");
        assert_null(wants_logs(&out));
}

static void test_title__long_cause__is_cut_below_80_characters(void **state) {
        (void)state;
        struct scene s;
        make_scene(&s);
        explain(&s);
        s.explanation.report.title = (char *)"ExceptionWithAVeryLongName\u00fc\u00fc in "
                                             "SomeClassWhoseAuthorLikesToWriteItAllOut.processElementOfTheStream";
        SCOPED(findings_done) struct findings out = judge(&s.w);
        const char *title = out.items[0].title;
        size_t n = 0;
        for (const char *p = title; *p; p++)
                n += ((unsigned char)*p & 0xc0) != 0x80;
        assert_int_equal(n, 79);
        assert_non_null(strstr(title, "..., 40 min"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_loop__nothing_known__asks_for_the_log_around_its_onset),
                cmocka_unit_test(test_loop__explained__names_the_cause_first_and_asks_no_more),
                cmocka_unit_test(test_loop__explained_in_part__is_asked_for_again_when_it_is_time),
                cmocka_unit_test(test_loop__another_episode_is_explained__is_not_mistaken_for_this_one),
                cmocka_unit_test(test_loop__beginning_forgotten_by_the_counters__keeps_its_cause),
                cmocka_unit_test(test_loop__began_again_after_a_calm__has_the_cause_of_now),
                cmocka_unit_test(test_title__long_cause__is_cut_below_80_characters),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
