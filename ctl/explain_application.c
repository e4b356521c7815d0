/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon reads the application's log; this says how far it is, and draws the report. */
#include "ctl/explain_application.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/first_fault.h"
#include "ctl/foreign.h"
#include "ctl/value.h"
#include "util/span.h"

struct listening {
        bool shows_progress, has_line;
        cJSON *report; /* the last element's */
};

/* Each step takes the line of the one before. */
static void show_progress(struct listening *l, const char *text) {
        SCOPED(buf_done) struct buf clean = BUF_INIT(4096);
        if (!l->shows_progress || !text[0])
                return;
        foreign_put(&clean, text, false);
        fprintf(stderr, "\r\033[K%.78s", buf_str(&clean));
        l->has_line = true;
}

static void on_element(void *arg, struct span text) {
        struct listening *l = arg;
        cJSON *element = cJSON_ParseWithLength(text.data, text.len);
        show_progress(l, value_text(element, "progress"));
        cJSON *report = cJSON_DetachItemFromObjectCaseSensitive(element, "report");
        if (report) {
                cJSON_Delete(l->report);
                l->report = report;
        }
        if (value_text(element, "error")[0])
                fprintf(stderr, "%sflinkwatchctl: explain: %s\n", l->has_line ? "\r\033[K" : "",
                        value_text(element, "error"));
        cJSON_Delete(element);
}

void explain_draw(struct screen *s, const cJSON *report, const struct arguments *a) {
        (void)a;
        const char *title = value_text(report, "title");
        bool has_failed = cJSON_IsObject(value_member(report, "root_cause"));
        screen_put(s, STYLE_BOLD, value_text(report, "application"));
        if (has_failed)
                screen_put(s, STYLE_BOLD, ": ");
        if (has_failed)
                screen_put(s, STYLE_BOLD, title[0] ? title : "its first fault is not known");
        screen_line(s);
        first_fault_draw_report(s, report);
}

static void print_json(struct session *session, const cJSON *report) {
        char *text = cJSON_PrintUnformatted(value_member(report, "root_cause"));
        foreign_put_json(&session->screen.out, span_of(text ? text : "null"));
        buf_put_char(&session->screen.out, '\n');
        cJSON_free(text);
}

int explain_application(struct session *session) {
        struct listening l = {.shows_progress = isatty(STDERR_FILENO) && !session->is_json};
        const struct client_listener listener = {.element = on_element, .arg = &l, .is_patient = true};
        SCOPED(answer_done) struct answer answer = {0};
        enum exit_code code = session_listen(
                session, "explain", arguments_params(session->arguments, session->screen.now_s), &listener, &answer);
        if (l.has_line)
                fputs("\r\033[K", stderr);
        if (code == EXIT_DONE && !l.report)
                code = EXIT_FAILED;
        if (code == EXIT_DONE && session->is_json)
                print_json(session, l.report);
        else if (code == EXIT_DONE)
                explain_draw(&session->screen, l.report, session->arguments);
        cJSON_Delete(l.report);
        return code == EXIT_DONE ? session_show(session) : code;
}
