/* SPDX-License-Identifier: Apache-2.0 */
/* Every file of tests/scenarios/ through the diagnosers and the incidents: what must come of it comes, nothing else is paged. Beside it,
 * what the recommended alarms make of the same timelines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/diagnosers/alarms.h"
#include "tests/unit/diagnosers/timeline.h"
#include "util/text.h"

enum { BASE_S = 1767225600 /* 2026-01-01T00:00:00Z */, FILES_MAX = 256 };

static struct {
        size_t n_incidents, n_benign, pages, false_pages, misses, escalations;
        size_t alarm_pages, alarm_false_pages, alarm_misses;
        double benign_days;
} totals;

static const char *short_name(const char *path) {
        const char *at = strstr(path, "scenarios/");
        return at ? at + 10 : path;
}

static void show(const struct scenario *s, const struct timeline *t) {
        for (size_t i = 0; i < t->n_incidents; i++) {
                const struct incident *k = &t->incidents[i];
                print_message("    %s%s%s %s opened %+.2f h, onset %+.2f h, resolved %+.2f h%s%s: %s | %s\n",
                              k->finding.diagnoser, k->finding.subject ? "/" : "", text_or_empty(k->finding.subject),
                              severity_name(k->finding.severity), (double)(k->opened_at_s - s->base_s) / 3600,
                              (double)(k->finding.onset_s - s->base_s) / 3600,
                              k->resolved_at_s ? (double)(k->resolved_at_s - s->base_s) / 3600 : 0,
                              k->is_quiet ? " (quiet)" : "", k->finding.is_expected ? " (expected)" : "",
                              k->finding.title, k->finding.summary);
                for (size_t a = 0; getenv("SHOW_ADVICE") && a < k->finding.n_advice; a++)
                        print_message("        - %s\n", k->finding.advice[a]);
        }
        for (size_t i = 0; i < t->n_pages; i++)
                print_message("    page %+.2f h: %s %s\n", (double)t->pages[i].at_s / 3600,
                              incident_event_name(t->pages[i].event), t->pages[i].diagnoser);
}

static bool advises(const struct finding *f, const char *text) {
        for (size_t i = 0; i < f->n_advice; i++)
                if (strstr(f->advice[i], text))
                        return true;
        return false;
}

static const char *compare(const struct scenario *s, const struct expected *e, const struct incident *k) {
        const struct finding *f = &k->finding;
        int64_t resolved_s = k->resolved_at_s > 0 ? k->resolved_at_s - s->base_s : 0;
        if (k->is_quiet != e->is_quiet)
                return e->is_quiet ? "was told of" : "was not told of";
        if (e->severity >= 0 && (int)f->severity != e->severity)
                return "has another severity";
        if (e->onset_s >= 0 && llabs(f->onset_s - s->base_s - e->onset_s) > e->onset_within_s)
                return "has another onset";
        if (e->resolved_by_s == 0 && resolved_s != 0)
                return "was resolved";
        if (e->resolved_by_s > 0 && (resolved_s == 0 || resolved_s > e->resolved_by_s))
                return "was not resolved in time";
        if (e->says && !strstr(f->summary, e->says))
                return "does not say what it should";
        if (e->title && !strstr(f->title, e->title))
                return "has another title";
        if (e->advises && !advises(f, e->advises))
                return "does not advise what it should";
        if (!f->title || strlen(f->title) >= 80 || !f->summary ||
            (f->n_advice == 0 && f->severity > SEVERITY_INFO && !f->is_expected))
                return "lacks a short title, a summary or advice";
        return NULL;
}

/* 0 when an incident fits; else why the nearest one does not. */
static const char *find_expected(const struct scenario *s, const struct timeline *t, const struct expected *e) {
        const char *why = "is missing";
        for (size_t i = 0; i < t->n_incidents; i++) {
                const struct incident *k = &t->incidents[i];
                if (strcmp(k->finding.diagnoser, e->diagnoser) != 0 ||
                    (e->subject && !text_same(e->subject, k->finding.subject)))
                        continue;
                int64_t opened_s = k->opened_at_s - s->base_s;
                if (opened_s < e->opened.from_s || opened_s > e->opened.to_s) {
                        why = "opened at another time";
                        continue;
                }
                why = compare(s, e, k);
                if (!why)
                        return NULL;
        }
        return why;
}

/* What every application of its kind has, looked for in configuration/ alone: the default metrics level, the traps of Flink 2.2. */
static bool is_usual(const struct scenario *s, const struct finding *f) {
        return strcmp(f->diagnoser, "configuration") == 0 && !strstr(s->name, "scenarios/configuration/") &&
               (text_same(f->subject, "metrics_level") || text_same(f->subject, "flink_2"));
}

/* Each incident is one that is expected, whatever its severity. */
static bool is_expected(const struct scenario *s, const struct incident *k) {
        int64_t opened_s = k->opened_at_s - s->base_s;
        for (size_t i = 0; i < s->n_expected; i++) {
                const struct expected *e = &s->expected[i];
                if (strcmp(k->finding.diagnoser, e->diagnoser) == 0 &&
                    (!e->subject || text_same(e->subject, k->finding.subject)) && opened_s >= e->opened.from_s &&
                    opened_s <= e->opened.to_s)
                        return true;
        }
        return is_usual(s, &k->finding);
}

static size_t count_unexpected(const struct scenario *s, const struct timeline *t) {
        size_t n = 0;
        for (size_t i = 0; i < t->n_incidents; i++) {
                const struct finding *f = &t->incidents[i].finding;
                if (is_expected(s, &t->incidents[i]))
                        continue;
                print_error("  %s: %s%s%s was not expected\n", short_name(s->name), f->diagnoser, f->subject ? "/" : "",
                            text_or_empty(f->subject));
                n++;
        }
        return n;
}

static bool is_blind(const struct timeline *t, const char *name) {
        for (size_t i = 0; i < t->n_blind; i++)
                if (strcmp(t->blind[i], name) == 0)
                        return true;
        return false;
}

static void count(const struct scenario *s, const struct timeline *t, size_t n_loud) {
        struct alarm_result alarms = alarms_run(s, s->judge_from_s + 3600, s->length_s);
        size_t calls = timeline_calls(t);
        totals.alarm_pages += alarms.n_pages;
        totals.pages += calls;
        if (n_loud == 0) {
                totals.n_benign++;
                totals.benign_days += (double)(s->length_s - s->judge_from_s) / 86400;
                totals.alarm_false_pages += alarms.n_pages;
                totals.false_pages += calls;
        } else {
                totals.n_incidents += n_loud;
                totals.alarm_misses += alarms.n_pages == 0;
                totals.false_pages += calls > n_loud ? calls - n_loud : 0;
        }
        totals.escalations += t->n_pages > calls;
        print_message("  %-52s %s %2zu page%s, alarms %3zu\n", short_name(s->name), n_loud ? "incident" : "benign  ",
                      calls, calls == 1 ? " " : "s", alarms.n_pages);
}

static void test_scenario(void **state) {
        struct scenario *s = scenario_load(*state, BASE_S);
        struct timeline t;
        size_t n_loud = 0, n_wrong = 0;
        timeline_run(s, &(struct timeline_options){0}, &t);
        for (size_t i = 0; i < s->n_expected; i++) {
                const char *why = find_expected(s, &t, &s->expected[i]);
                n_loud += !s->expected[i].is_quiet && s->expected[i].severity != SEVERITY_INFO;
                if (why) {
                        print_error("  %s: %s %s\n", short_name(s->name), s->expected[i].diagnoser, why);
                        n_wrong++;
                        totals.misses++;
                }
        }
        for (size_t i = 0; i < s->n_blind; i++)
                if (!is_blind(&t, s->blind[i])) {
                        print_error("  %s: %s is not blind\n", short_name(s->name), s->blind[i]);
                        n_wrong++;
                }
        n_wrong += count_unexpected(s, &t);
        count(s, &t, n_loud);
        if (timeline_calls(&t) != n_loud)
                n_wrong++;
        if (n_wrong > 0 || getenv("SHOW"))
                show(s, &t);
        timeline_done(&t);
        scenario_free(s);
        assert_int_equal(n_wrong, 0);
}

static void test_suite__against_the_recommended_alarms__pages_once_each(void **state) {
        (void)state;
        print_message("\n  %zu incidents, %zu benign scenarios (%.1f days)\n", totals.n_incidents, totals.n_benign,
                      totals.benign_days);
        print_message("  flinkwatch:         %4zu pages, %zu missed, %zu false\n", totals.pages, totals.misses,
                      totals.false_pages);
        print_message("  recommended alarms: %4zu pages, %zu missed, %zu false on benign days\n\n", totals.alarm_pages,
                      totals.alarm_misses, totals.alarm_false_pages);
        assert_int_equal(totals.misses, 0);
        assert_int_equal(totals.false_pages, 0);
        if (getenv("SCENARIO"))
                return;
        assert_int_equal(totals.pages, totals.n_incidents);
}

int main(void) {
        static struct CMUnitTest tests[FILES_MAX + 1];
        char pattern[512];
        glob_t files;
        const char *folder = getenv("FLINKWATCH_SRCDIR"), *only = getenv("SCENARIO");
        snprintf(pattern, sizeof pattern, "%s/tests/scenarios/%s.json", folder ? folder : ".", only ? only : "*/*");
        if (glob(pattern, 0, NULL, &files) != 0 || files.gl_pathc > FILES_MAX) {
                print_error("no scenarios in %s\n", pattern);
                return 1;
        }
        size_t n = 0;
        for (; n < files.gl_pathc; n++)
                tests[n] = (struct CMUnitTest){.name = short_name(files.gl_pathv[n]),
                                               .test_func = test_scenario,
                                               .initial_state = files.gl_pathv[n]};
        tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_suite__against_the_recommended_alarms__pages_once_each);
        int failed = _cmocka_run_group_tests("scenarios", tests, n, NULL, NULL);
        globfree(&files);
        return failed;
}
