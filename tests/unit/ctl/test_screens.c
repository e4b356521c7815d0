/* SPDX-License-Identifier: Apache-2.0 */
/* Screens as people see them: an answer of the daemon (tests/golden/ctl/NAME.json) drawn and compared with a file that somebody has read.
 * FLINKWATCH_GOLDEN_WRITE=1 writes the files anew: then read them. */
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

struct look {
        const char *name;
        size_t width;
        bool has_colour, is_utf8;
};

static const struct look looks[] = {
        {"80", 80, false, true},   {"80-colour", 80, true, true},   {"80-ascii", 80, false, false},
        {"200", 200, false, true}, {"200-colour", 200, true, true}, {"pipe", 0, false, true},
};

static char *read_file(const char *path) {
        FILE *file = fopen(path, "rb");
        struct buf text = BUF_INIT(16 << 20);
        char bytes[4096];
        size_t n;
        if (!file)
                return NULL;
        while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
                buf_put(&text, bytes, n);
        fclose(file);
        return buf_steal(&text);
}

static void golden_path(char to[512], const char *name, const char *suffix) {
        const char *top = getenv("FLINKWATCH_SRCDIR");
        snprintf(to, 512, "%s/tests/golden/ctl/%s%s", top ? top : ".", name, suffix);
}

static void compare(const char *name, const char *look, const struct screen *s) {
        char path[512], suffix[64];
        snprintf(suffix, sizeof suffix, ".%s.txt", look);
        golden_path(path, name, suffix);
        if (getenv("FLINKWATCH_GOLDEN_WRITE")) {
                SCOPED(fclose) FILE *file = fopen(path, "wb");
                assert_non_null(file);
                fputs(buf_str(&s->out), file);
                return;
        }
        SCOPED(free) char *expected = read_file(path);
        if (!expected)
                fail_msg("there is no %s", path);
        if (strcmp(expected, buf_str(&s->out)) != 0)
                fail_msg("%s differs; it is now:\n%s", path, buf_str(&s->out));
}

/* What may never reach a terminal, whatever the answer holds: escapes other than our own colours, other controls. */
static void check_harmless(const struct screen *s) {
        const char *text = buf_str(&s->out);
        for (const char *p = text; *p; p++) {
                if (*p == '\033' && s->has_colour) {
                        assert_int_equal(p[1], '[');
                        assert_true(strspn(p + 2, "0123456789;") < 6);
                        assert_int_equal(p[2 + strspn(p + 2, "0123456789;")], 'm');
                } else {
                        assert_true((unsigned char)*p >= 0x20 || *p == '\n');
                }
                assert_true(*p != 0x7f);
                assert_false((unsigned char)p[0] == 0xc2 && (unsigned char)p[1] >= 0x80 && (unsigned char)p[1] < 0xa0);
                assert_true(s->is_utf8 || (unsigned char)*p < 0x80);
        }
        assert_null(strstr(text, "\xe2\x80\xae"));
}

/* Columns of the widest line; every line of ours is one column a character but for the wide ones of East Asia. */
static void check_width(const struct screen *s) {
        struct span rest = buf_span(&s->out);
        while (s->width && rest.data) {
                struct span line = span_split(&rest, '\n');
                size_t columns = 0;
                for (size_t i = 0; i < line.len; i++) {
                        if (line.data[i] == '\033')
                                while (line.data[i] != 'm')
                                        i++;
                        else
                                columns += ((unsigned char)line.data[i] & 0xc0) != 0x80;
                }
                if (columns > s->width &&
                    span_find(line, SPAN("mend: ")) < 0) /* a command to be copied is not broken */
                        fail_msg("%zu columns: %.*s", columns, (int)line.len, line.data);
        }
}

struct scene {
        const char *name, *json;
        const char *arguments[12];
};

static void draw_scene(const struct scene *scene, const struct look *look) {
        char path[512];
        struct arguments a;
        struct err reason = {0};
        int argc = 0;
        golden_path(path, scene->json, ".json");
        SCOPED(free) char *text = read_file(path);
        cJSON *result = cJSON_Parse(text ? text : "");
        if (!result)
                fail_msg("%s cannot be read", path);
        while (scene->arguments[argc])
                argc++;
        if (arguments_parse(argc, (char *const *)scene->arguments, NOW, &a, &reason) < 0)
                fail_msg("%s", reason.text);
        struct screen s = {.out = BUF_INIT(1 << 20),
                           .has_colour = look->has_colour,
                           .is_utf8 = look->is_utf8,
                           .width = look->width,
                           .now_s = NOW};
        a.command->draw(&s, result, &a);
        check_harmless(&s);
        check_width(&s);
        compare(scene->name, look->name, &s);
        buf_done(&s.out);
        cJSON_Delete(result);
}

static void draw_all(const struct scene *scenes, size_t n) {
        for (size_t i = 0; i < n; i++)
                for (size_t k = 0; k < ELEMENTS(looks); k++)
                        draw_scene(&scenes[i], &looks[k]);
}

static void test_status__at_any_width__is_as_read(void **state) {
        static const struct scene scenes[] = {
                {"status-busy", "status-busy", {"x", "status"}},
                {"status-calm", "status-calm", {"x", "status"}},
                {"status-new", "status-new", {"x", "status"}},
        };
        (void)state;
        draw_all(scenes, ELEMENTS(scenes));
}

static void test_incidents_and_show__at_any_width__are_as_read(void **state) {
        static const struct scene scenes[] = {
                {"incidents-some", "incidents-some", {"x", "incidents", "--all"}},
                {"incidents-none", "incidents-none", {"x", "incidents"}},
                {"show-open", "show-open", {"x", "show", "17"}},
                {"show-resolved", "show-resolved", {"x", "show", "12"}},
        };
        (void)state;
        draw_all(scenes, ELEMENTS(scenes));
}

static void test_lists__at_any_width__are_as_read(void **state) {
        static const struct scene scenes[] = {
                {"apps-some", "apps-some", {"x", "apps"}},
                {"apps-none", "apps-none", {"x", "apps"}},
                {"metrics-some", "metrics-some", {"x", "metrics", "--app", "orders"}},
                {"metrics-plain", "metrics-plain", {"x", "metrics", "--app", "orders"}},
                {"events-some", "events-some", {"x", "events"}},
                {"events-none", "events-none", {"x", "events"}},
                {"silences-some", "silences-some", {"x", "silences", "--all"}},
                {"silences-none", "silences-none", {"x", "silences"}},
                {"cost-some", "cost-some", {"x", "cost"}},
                {"cost-budget", "cost-budget", {"x", "cost", "--target", "prod-us"}},
                {"cost-spent", "cost-spent", {"x", "cost", "--target", "prod-us"}},
        };
        (void)state;
        draw_all(scenes, ELEMENTS(scenes));
}

static void test_answers_to_changes__at_any_width__are_as_read(void **state) {
        static const struct scene scenes[] = {
                {"ack-one", "ack-one", {"x", "ack", "17"}},
                {"silence-one", "silence-one", {"x", "silence", "--app", "payments", "--for", "12h", "--comment", "c"}},
                {"silence-nobody",
                 "silence-nobody",
                 {"x", "silence", "--app", "pay-ments", "--for", "12h", "--comment", "c"}},
                {"unsilence-one", "silence-one", {"x", "unsilence", "6"}},
                {"poll-one", "poll-one", {"x", "poll", "prod-eu"}},
                {"reload-done", "reload-done", {"x", "reload"}},
        };
        (void)state;
        draw_all(scenes, ELEMENTS(scenes));
}

static void test_backtest__at_any_width__is_as_read(void **state) {
        static const struct scene scenes[] = {
                {"backtest-some", "backtest-some", {"x", "backtest"}},
                {"backtest-same", "backtest-same", {"x", "backtest", "--app", "orders"}},
                {"backtest-none", "backtest-none", {"x", "backtest"}},
        };
        (void)state;
        draw_all(scenes, ELEMENTS(scenes));
}

static void test_explain__at_any_width__is_as_read(void **state) {
        static const struct scene scenes[] = {
                {"explain-trigger", "explain-trigger", {"x", "explain", "--app", "orders"}},
                {"explain-blind", "explain-blind", {"x", "explain", "--app", "orders"}},
                {"explain-none", "explain-none", {"x", "explain", "--app", "clicks"}},
        };
        (void)state;
        draw_all(scenes, ELEMENTS(scenes));
}

#define HISTORY(format)                                                                                                \
        { "x", "history", "--app", "a", "--metric", "m", "--format", format }

static void test_history__in_each_format__is_as_read(void **state) {
        static const struct scene scenes[] = {
                {"history-day-plot", "history-day", HISTORY("plot")},
                {"history-day-table", "history-day", HISTORY("table")},
                {"history-day-csv", "history-day", HISTORY("csv")},
                {"history-zeros-plot", "history-zeros", HISTORY("plot")},
                {"history-watermark-plot", "history-watermark", HISTORY("plot")},
                {"history-size-plot", "history-size", HISTORY("plot")},
                {"history-none-plot", "history-none", HISTORY("plot")},
                {"history-none-csv", "history-none", HISTORY("csv")},
        };
        (void)state;
        draw_all(scenes, ELEMENTS(scenes));
}

static void test_doctor_and_policies__at_any_width__are_as_read(void **state) {
        static const struct scene scenes[] = {
                {"doctor-faults", "doctor-faults", {"x", "doctor"}},
                {"doctor-fine", "doctor-fine", {"x", "doctor"}},
                {"iam-policy-one", "iam-policy-one", {"x", "iam-policy"}},
                {"iam-policy-two", "iam-policy-two", {"x", "iam-policy"}},
        };
        (void)state;
        draw_all(scenes, ELEMENTS(scenes));
}

static void test_help__of_each_command__is_as_read(void **state) {
        (void)state;
        for (size_t k = 0; k < 2; k++)
                for (size_t i = 0; i <= n_commands; i++) {
                        const struct command *c = i < n_commands ? commands[i] : NULL;
                        struct screen s = {.out = BUF_INIT(1 << 20),
                                           .is_utf8 = true,
                                           .has_colour = k == 1,
                                           .width = 80,
                                           .now_s = NOW};
                        char name[64];
                        help_write(&s, c);
                        check_width(&s);
                        check_harmless(&s);
                        snprintf(name, sizeof name, "help%s%s", c ? "-" : "", c ? c->name : "");
                        if (k == 0)
                                compare(name, "80", &s);
                        buf_done(&s.out);
                }
}

/* Answers that are no answers: nothing is assumed of their members. */
static void test_any_screen__of_a_wrong_answer__is_drawn_without_harm(void **state) {
        static const char *const answers[] = {
                "null",
                "{}",
                "[]",
                "7",
                "\"x\"",
                "[null,1,{},[]]",
                "{\"points\":[[1],[\"x\",2],7,[]],\"from\":\"2026-01-14T03:00:00Z\",\"to\":\"2026-01-14T03:00:00Z\"}",
                "{\"points\":[[\"2026-01-14T02:00:00Z\",1e308],[\"2026-01-14T02:01:00Z\",-1e308]],\"from\":\"2026-01-14T01:00:00Z\",\"to\":\"2026-01-14T03:00:00Z\",\"step_s\":-5,"
                "\"threshold\":1e300}",
                "{\"points\":[[\"2026-01-14T02:00:00Z\",1]],\"from\":\"1970-01-01T00:00:01Z\",\"to\":\"9999-12-31T23:59:59Z\",\"step_s\":1}",
                "{\"points\":[[\"2026-01-14T02:00:00Z\",0]],\"from\":\"2026-01-14T01:00:00Z\",\"to\":\"2026-01-14T03:00:00Z\",\"step_s\":99999999999}",
                "{\"daemon\":[],\"targets\":{\"a\":1},\"incidents\":[1],\"applications\":[{\"figures\":7,\"spark\":[\"x\",null,1e300,-1e300]}],\"evidence\":[1,{}],\"advice\":[1,null]}",
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(answers); i++)
                for (size_t k = 0; k < n_commands; k++)
                        for (size_t f = 0; f < 3 && commands[k]->draw; f++) {
                                const char *const words[][10] = {HISTORY("table"), HISTORY("plot"), HISTORY("csv")};
                                struct arguments a = {.command = commands[k]};
                                struct screen s = {
                                        .out = BUF_INIT(1 << 20), .is_utf8 = true, .width = 80, .now_s = NOW};
                                cJSON *result = cJSON_Parse(answers[i]);
                                assert_non_null(result);
                                if (commands[k] == &command_history)
                                        assert_int_equal(arguments_parse(8, (char *const *)words[f], NOW, &a, NULL), 0);
                                commands[k]->draw(&s, result, &a);
                                assert_int_equal(s.out.failed, 0);
                                check_harmless(&s);
                                buf_done(&s.out);
                                cJSON_Delete(result);
                        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_status__at_any_width__is_as_read),
                cmocka_unit_test(test_incidents_and_show__at_any_width__are_as_read),
                cmocka_unit_test(test_lists__at_any_width__are_as_read),
                cmocka_unit_test(test_answers_to_changes__at_any_width__are_as_read),
                cmocka_unit_test(test_backtest__at_any_width__is_as_read),
                cmocka_unit_test(test_explain__at_any_width__is_as_read),
                cmocka_unit_test(test_history__in_each_format__is_as_read),
                cmocka_unit_test(test_doctor_and_policies__at_any_width__are_as_read),
                cmocka_unit_test(test_help__of_each_command__is_as_read),
                cmocka_unit_test(test_any_screen__of_a_wrong_answer__is_drawn_without_harm),
        };
        setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
        tzset();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
