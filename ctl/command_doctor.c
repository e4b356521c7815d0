/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon examines, this draws: each line as it comes, because a look at a whole fleet takes a while. */
#include <cjson/cJSON.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/value.h"

enum { INDENT = 11, PLACE_MAX_BYTES = 1024, TEXT_MAX_BYTES = 64 << 10 };

struct findings {
        struct screen *screen;
        char place[PLACE_MAX_BYTES]; /* what the last line was about */
        size_t n_failed, n_warnings;
};

static void draw_place(struct findings *f, const cJSON *line) {
        SCOPED(buf_done) struct buf place = BUF_INIT(PLACE_MAX_BYTES - 1);
        const char *target = value_text(line, "target"), *notifier = value_text(line, "notifier");
        if (target[0])
                buf_printf(&place, "target %s", target);
        else if (notifier[0])
                buf_printf(&place, "notifier %s", notifier);
        else
                buf_put_str(&place, "this machine");
        if (strcmp(f->place, buf_str(&place)) == 0)
                return;
        if (f->place[0])
                screen_line(f->screen);
        memcpy(f->place, buf_str(&place), place.len + 1);
        screen_put(f->screen, STYLE_BOLD, f->place);
        screen_line(f->screen);
}

/* What mends it stays in one piece, however long: it is there to be copied. */
static void draw_line(struct findings *f, const cJSON *line) {
        SCOPED(buf_done) struct buf text = BUF_INIT(TEXT_MAX_BYTES);
        const char *status = value_text(line, "status"), *application = value_text(line, "application"),
                   *mend = value_text(line, "mend");
        size_t length = strlen(status);
        draw_place(f, line);
        f->n_failed += strcmp(status, "failed") == 0;
        f->n_warnings += strcmp(status, "warning") == 0;
        buf_printf(&text, "%s: %s%s%s", value_text(line, "check"), application, application[0] ? ": " : "",
                   value_text(line, "text"));
        screen_blanks(f->screen, 2);
        screen_put(f->screen, style_of(status), status);
        screen_blanks(f->screen, length + 2 < INDENT ? INDENT - 2 - length : 1);
        screen_wrap(f->screen, INDENT, STYLE_PLAIN, buf_str(&text));
        if (!mend[0])
                return;
        screen_blanks(f->screen, INDENT);
        screen_put(f->screen, STYLE_DIM, "mend: ");
        screen_put(f->screen, STYLE_PLAIN, mend);
        screen_line(f->screen);
}

static void draw_sum(struct findings *f) {
        screen_line(f->screen);
        if (f->n_failed + f->n_warnings == 0)
                screen_put(f->screen, STYLE_GREEN, "Nothing is wrong.");
        else
                screen_printf(f->screen, f->n_failed > 0 ? STYLE_ALARM : STYLE_YELLOW, "%zu fault%s, %zu warning%s.",
                              f->n_failed, f->n_failed == 1 ? "" : "s", f->n_warnings, f->n_warnings == 1 ? "" : "s");
        screen_line(f->screen);
}

static void draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        struct findings f = {.screen = s};
        const cJSON *line;
        (void)a;
        cJSON_ArrayForEach(line, result) draw_line(&f, line);
        draw_sum(&f);
}

struct listening {
        struct session *session;
        struct findings findings;
        enum exit_code shown;
};

static void on_line(void *arg, struct span text) {
        struct listening *l = arg;
        cJSON *line = cJSON_ParseWithLength(text.data, text.len);
        draw_line(&l->findings, line);
        cJSON_Delete(line);
        if (l->session->is_json)
                buf_clear(&l->session->screen.out); /* counted only: the answer is printed whole */
        else if (l->shown == EXIT_DONE)
                l->shown = session_show(l->session);
}

static int run(struct session *session) {
        struct listening l = {.session = session, .findings.screen = &session->screen};
        const struct client_listener listener = {.element = on_line, .arg = &l};
        SCOPED(answer_done) struct answer answer = {0};
        session->has_pager = false;
        enum exit_code code = session_listen(
                session, "doctor", arguments_params(session->arguments, session->screen.now_s), &listener, &answer);
        if (code != EXIT_DONE)
                return code;
        if (session->is_json)
                session_print_json(session, &answer);
        else
                draw_sum(&l.findings);
        code = session_show(session);
        return code != EXIT_DONE || l.shown != EXIT_DONE || l.findings.n_failed > 0 ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_doctor = {
        .name = "doctor",
        .argument = {.name = "target", .kind = VALUE_TEXT, .value_name = "TARGET", .source = SOURCE_TARGET},
        .takes_target = true,
        .help = "check keys, each permission, log groups, metrics level, clock and disk; says what mends each fault (exit 1)",
        .draw = draw,
        .run = run,
};
