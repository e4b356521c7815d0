/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever does not matter must not matter: when the timeline lies in time, how often it is judged, whether the daemon restarts between two
 * judgements, how much older history the window holds, whether points arrive late. Each property holds on every scenario of up to a day, shifts on those of up to two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/diagnosers/timeline.h"
#include "util/text.h"

enum { BASE_S = 1767225600, LENGTH_MAX_S = 86400, LENGTH_SHIFTED_MAX_S = 2 * 86400 };

static glob_t files;
static struct plain {
        struct timeline timeline;
        bool is_known;
} * plain; /* of each of the files */

static bool is_same_page(const struct page *a, const struct page *b, bool same_time) {
        return strcmp(a->diagnoser, b->diagnoser) == 0 && text_same(a->subject, b->subject) && a->event == b->event &&
               (!same_time || a->at_s == b->at_s);
}

static void show(const char *which, const struct timeline *t) {
        for (size_t i = 0; i < t->n_pages; i++)
                print_error("    %s: %+.2f h %s %s\n", which, (double)t->pages[i].at_s / 3600,
                            incident_event_name(t->pages[i].event), t->pages[i].diagnoser);
}

/* All events, at the same time, in the same order. */
static bool is_identical(const struct timeline *a, const struct timeline *b) {
        bool same = a->n_pages == b->n_pages && a->n_incidents == b->n_incidents;
        for (size_t i = 0; same && i < a->n_pages; i++)
                same = is_same_page(&a->pages[i], &b->pages[i], true);
        return same;
}

static size_t count_calls(const struct timeline *t, const struct page *like) {
        size_t n = 0;
        for (size_t i = 0; i < t->n_pages; i++)
                n += t->pages[i].event == EVENT_OPENED && is_same_page(&t->pages[i], like, false);
        return n;
}

/* The same incidents called for, whatever the minute. */
static bool calls_the_same(const struct timeline *a, const struct timeline *b) {
        bool same = timeline_calls(a) == timeline_calls(b);
        for (size_t i = 0; same && i < a->n_pages; i++)
                if (a->pages[i].event == EVENT_OPENED)
                        same = count_calls(a, &a->pages[i]) == count_calls(b, &a->pages[i]);
        return same;
}

/* As many calls; when two diagnosers see the same trouble, the one whose metric was read first may be the one that calls. */
static bool calls_as_often(const struct timeline *a, const struct timeline *b) {
        return timeline_calls(a) == timeline_calls(b);
}

/* What a scenario comes to when nothing is changed: made once. */
static const struct timeline *as_it_is(size_t i) {
        if (!plain[i].is_known) {
                struct scenario *s = scenario_load(files.gl_pathv[i], BASE_S);
                timeline_run(s, &(struct timeline_options){0}, &plain[i].timeline);
                plain[i].is_known = true;
                scenario_free(s);
        }
        return &plain[i].timeline;
}

static size_t compare(size_t i, int64_t shift_s, const struct timeline_options *options,
                      bool (*is_equal)(const struct timeline *, const struct timeline *)) {
        struct scenario *s = scenario_load(files.gl_pathv[i], BASE_S + shift_s);
        size_t n_wrong = 0;
        if (s->length_s <= (shift_s ? LENGTH_SHIFTED_MAX_S : LENGTH_MAX_S)) {
                const struct timeline *expected = as_it_is(i);
                struct timeline changed;
                timeline_run(s, options, &changed);
                if (!is_equal(expected, &changed)) {
                        print_error("  %s differs\n", files.gl_pathv[i]);
                        show("as it is", expected);
                        show("changed ", &changed);
                        n_wrong = 1;
                }
                timeline_done(&changed);
        }
        scenario_free(s);
        return n_wrong;
}

static void compare_all(int64_t shift_s, struct timeline_options options,
                        bool (*is_equal)(const struct timeline *, const struct timeline *)) {
        size_t n_wrong = 0;
        for (size_t i = 0; i < files.gl_pathc; i++)
                n_wrong += compare(i, shift_s, &options, is_equal);
        assert_int_equal(n_wrong, 0);
}

static void test_incidents__shifted_in_time__are_the_same(void **state) {
        (void)state;
        compare_all(123 * 86400 + 7 * 3600 + 13 * 60, (struct timeline_options){0}, is_identical);
}

static void test_incidents__daemon_restarts_between_judgements__are_the_same(void **state) {
        (void)state;
        compare_all(0, (struct timeline_options){.restarts = true}, is_identical);
}

static void test_incidents__window_split_where_the_needs_begin__are_the_same(void **state) {
        (void)state;
        compare_all(0, (struct timeline_options){.cuts_to_needs = true}, is_identical);
}

static void test_incidents__judged_each_minute__are_the_same(void **state) {
        (void)state;
        compare_all(0, (struct timeline_options){.every_s = 60}, calls_the_same);
}

static void test_incidents__points_arrive_late__are_the_same(void **state) {
        (void)state;
        compare_all(0, (struct timeline_options){.has_late_points = true}, calls_the_same);
}

static void test_incidents__read_as_rarely_as_the_budget_wants__are_as_many(void **state) {
        (void)state;
        compare_all(0, (struct timeline_options){.reads_by_tier = true, .every_s = 120}, calls_as_often);
}

int main(void) {
        char pattern[512];
        const char *folder = getenv("FLINKWATCH_SRCDIR"), *only = getenv("SCENARIO");
        snprintf(pattern, sizeof pattern, "%s/tests/scenarios/%s.json", folder ? folder : ".", only ? only : "*/*");
        if (glob(pattern, 0, NULL, &files) != 0)
                return 1;
        plain = calloc(files.gl_pathc, sizeof *plain);
        if (!plain)
                return 1;
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_incidents__shifted_in_time__are_the_same),
                cmocka_unit_test(test_incidents__daemon_restarts_between_judgements__are_the_same),
                cmocka_unit_test(test_incidents__window_split_where_the_needs_begin__are_the_same),
                cmocka_unit_test(test_incidents__judged_each_minute__are_the_same),
                cmocka_unit_test(test_incidents__points_arrive_late__are_the_same),
                cmocka_unit_test(test_incidents__read_as_rarely_as_the_budget_wants__are_as_many),
        };
        int failed = cmocka_run_group_tests_name("properties", tests, NULL, NULL);
        for (size_t i = 0; i < files.gl_pathc; i++)
                timeline_done(&plain[i].timeline);
        free(plain);
        globfree(&files);
        return failed;
}
