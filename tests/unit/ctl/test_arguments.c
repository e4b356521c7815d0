/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "ctl/command.h"

enum { NOW = 1768359600 }; /* 2026-01-14T03:00:00Z */

#define PARSE(a, reason, ...) parse(a, reason, (const char *[]){"flinkwatchctl", __VA_ARGS__, NULL})

static int parse(struct arguments *a, struct err *reason, const char *const *words) {
        int argc = 0;
        while (words[argc])
                argc++;
        *reason = (struct err){0};
        return arguments_parse(argc, (char *const *)words, NOW, a, reason);
}

static void expect_params(const struct arguments *a, const char *expected) {
        cJSON *params = arguments_params(a, NOW);
        SCOPED(free) char *text = cJSON_PrintUnformatted(params);
        assert_string_equal(text, expected);
        cJSON_Delete(params);
}

static void test_options__before_and_after_the_command__mean_the_same(void **state) {
        struct arguments a;
        struct err e;
        (void)state;
        assert_int_equal(PARSE(&a, &e, "--json", "--socket", "/x", "incidents", "--all", "--app=or*"), 0);
        assert_ptr_equal(a.command, &command_incidents);
        assert_string_equal(arguments_value(&a, "socket"), "/x");
        assert_true(arguments_has(&a, "json"));
        expect_params(&a, "{\"all\":true,\"app\":\"or*\"}");
        assert_int_equal(PARSE(&a, &e, "incidents", "--all", "--app", "or*", "--json", "--socket=/x"), 0);
        assert_true(arguments_has(&a, "json"));
        assert_string_equal(arguments_value(&a, "socket"), "/x");
        expect_params(&a, "{\"all\":true,\"app\":\"or*\"}");
}

static void test_params__of_each_kind__are_what_the_daemon_takes(void **state) {
        struct arguments a;
        struct err e;
        (void)state;
        assert_int_equal(PARSE(&a, &e, "--target", "prod", "history", "--app", "orders", "--metric", "m", "--dim",
                               "Task=a=b", "--dim", "Operator=x", "--since", "2h", "--until", "2026-01-14T01:30:00Z",
                               "--step", "5m", "--format", "plot"),
                         0);
        expect_params(
                &a,
                "{\"target\":\"prod\",\"app\":\"orders\",\"metric\":\"m\",\"dim\":[\"Task=a=b\",\"Operator=x\"],\"since\":\"2026-01-14T01:00:00Z\","
                "\"until\":\"2026-01-14T01:30:00Z\",\"step\":\"5m\"}");
        assert_int_equal(PARSE(&a, &e, "show", "17"), 0);
        expect_params(&a, "{\"id\":17}");
        assert_int_equal(PARSE(&a, &e, "show", "#17"), 0);
        expect_params(&a, "{\"id\":17}");
        assert_int_equal(PARSE(&a, &e, "poll", "--now", "prod"), 0);
        expect_params(&a, "{\"now\":true,\"target\":\"prod\"}");
        assert_int_equal(PARSE(&a, &e, "status", "--exit-code"), 0);
        expect_params(&a, "{}");
}

static void test_instants__in_local_time__become_utc(void **state) {
        static const struct {
                const char *text, *expected;
        } cases[] = {
                {"2026-01-14 02:30", "2026-01-14T01:30:00Z"},
                {"2026-01-14T02:30:15", "2026-01-14T01:30:15Z"},
                {"2026-01-13", "2026-01-12T23:00:00Z"},
                {"02:30", "2026-01-14T01:30:00Z"},
                {"2025-07-01 12:00", "2025-07-01T10:00:00Z"},
                {"90m", "2026-01-14T01:30:00Z"},
                {"2026-01-14T02:30:00+01:00", "2026-01-14T01:30:00Z"},
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct arguments a;
                struct err e;
                char expected[128];
                assert_int_equal(PARSE(&a, &e, "incidents", "--since", cases[i].text), 0);
                snprintf(expected, sizeof expected, "{\"since\":\"%s\"}", cases[i].expected);
                expect_params(&a, expected);
        }
}

static void test_mistakes__of_each_kind__say_what_is_right(void **state) {
        static const struct {
                const char *words[8], *text;
        } cases[] = {
                {{"x"}, "a command is missing: try flinkwatchctl status, or --help"},
                {{"x", "statsu"}, "there is no command statsu: did you mean status?"},
                {{"x", "frobnicate"}, "there is no command frobnicate: --help lists them"},
                {{"x", "incidents", "--al"}, "there is no option --al for incidents: did you mean --all?"},
                {{"x", "incidents", "--jsno"}, "there is no option --jsno for incidents: did you mean --json?"},
                {{"x", "--all", "incidents"},
                 "there is no option --all before the command: options of a command come after it"},
                {{"x", "-j", "status"}, "there is no option -j: options are long, like --json"},
                {{"x", "status", "now"}, "status takes no argument: now"},
                {{"x", "show"}, "show needs ID: flinkwatchctl show ID"},
                {{"x", "show", "1", "2"}, "show takes no second argument: 2"},
                {{"x", "show", "abc"}, "ID must be a number from 1 on, not \"abc\""},
                {{"x", "show", "0"}, "ID must be a number from 1 on, not \"0\""},
                {{"x", "show", "99999999999999999999"}, "ID must be a number from 1 on, not \"99999999999999999999\""},
                {{"x", "incidents", "--app"}, "--app needs a value: --app GLOB"},
                {{"x", "incidents", "--app="}, "--app must be text that is not empty, not \"\""},
                {{"x", "incidents", "--all=yes"}, "--all takes no value"},
                {{"x", "incidents", "--since", "2 hours"},
                 "--since must be a duration such as 2h or 14d, or a time such as 2026-01-02T03:04:05Z or \"2026-01-02 03:04\", not \"2 hours\""},
                {{"x", "incidents", "--diagnoser", "restartloop"},
                 "--diagnoser: there is no restartloop: did you mean restart_loop?"},
                {{"x", "incidents", "--app", "a", "--app", "b"}, "--app is given twice"},
                {{"x", "history", "--app", "a"}, "history needs --metric METRIC"},
                {{"x", "history", "--metric", "m", "--app", "a", "--format", "graph"},
                 "--format is one of table, plot, csv, json, not graph"},
                {{"x", "history", "--step", "0"}, "--step must be a duration such as 30s, 5m, 2h or 14d, not \"0\""},
                {{"x", "history", "--dim", "Task"}, "--dim must be of the form NAME=VALUE, not \"Task\""},
                {{"x", "--target", "prod", "show", "1"}, "show takes no --target"},
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                struct arguments a;
                struct err e;
                assert_int_equal(parse(&a, &e, cases[i].words), -22);
                assert_string_equal(e.text, cases[i].text);
        }
}

static void test_hostile_words__never_reach_the_message_raw(void **state) {
        struct arguments a;
        struct err e;
        (void)state;
        assert_true(PARSE(&a, &e, "\033[2Jstatus") < 0);
        assert_null(strchr(e.text, '\033'));
        assert_true(PARSE(&a, &e, "show", "\033]0;x\007") < 0);
        assert_null(strchr(e.text, '\033'));
        assert_null(strchr(e.text, '\007'));
}

static void test_help_and_version__need_no_valid_command_line_after_them(void **state) {
        struct arguments a;
        struct err e;
        (void)state;
        assert_int_equal(PARSE(&a, &e, "--help"), 0);
        assert_null(a.command);
        assert_int_equal(PARSE(&a, &e, "-h"), 0);
        assert_true(arguments_has(&a, "help"));
        assert_int_equal(PARSE(&a, &e, "history", "--help"), 0);
        assert_ptr_equal(a.command, &command_history);
        assert_int_equal(PARSE(&a, &e, "-V"), 0);
        assert_true(arguments_has(&a, "version"));
}

static void test_double_dash__ends_the_options(void **state) {
        struct arguments a;
        struct err e;
        (void)state;
        assert_int_equal(PARSE(&a, &e, "poll", "--", "--odd"), 0);
        assert_string_equal(a.positional, "--odd");
}

static void test_too_many_options__are_refused(void **state) {
        const char *words[2 * ARGUMENTS_MAX + 16] = {"x", "history"};
        struct arguments a;
        struct err e;
        (void)state;
        for (size_t i = 0; i <= ARGUMENTS_MAX; i++) {
                words[2 + 2 * i] = "--dim";
                words[3 + 2 * i] = "a=b";
        }
        assert_true(parse(&a, &e, words) < 0);
        assert_string_equal(e.text, "there are more than 64 options");
}

/* What the table promises is what parsing, help and completion build on. */
static void test_table__rows__are_complete_and_in_step(void **state) {
        (void)state;
        for (size_t i = 0; i < n_commands; i++) {
                const struct command *c = commands[i];
                assert_true(c->help && c->help[0] && (c->draw || c->run));
                for (const struct option *o = c->options; o && o->name; o++) {
                        assert_true(o->help && o->help[0]);
                        assert_true((o->kind == VALUE_NONE) == (o->value_name == NULL));
                        assert_true((o->kind == VALUE_CHOICE) == (o->choices != NULL));
                        for (const struct option *g = global_options; g->name; g++)
                                assert_string_not_equal(g->name, o->name);
                }
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_options__before_and_after_the_command__mean_the_same),
                cmocka_unit_test(test_params__of_each_kind__are_what_the_daemon_takes),
                cmocka_unit_test(test_instants__in_local_time__become_utc),
                cmocka_unit_test(test_mistakes__of_each_kind__say_what_is_right),
                cmocka_unit_test(test_hostile_words__never_reach_the_message_raw),
                cmocka_unit_test(test_help_and_version__need_no_valid_command_line_after_them),
                cmocka_unit_test(test_double_dash__ends_the_options),
                cmocka_unit_test(test_too_many_options__are_refused),
                cmocka_unit_test(test_table__rows__are_complete_and_in_step),
        };
        setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
        tzset();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
