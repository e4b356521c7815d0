/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/report.h"

static const char *const formats[] = {"md", "html", "json", NULL};

static const struct option options[] = {
        {.name = "format",
         .kind = VALUE_CHOICE,
         .value_name = "FORMAT",
         .choices = formats,
         .is_local = true,
         .help = "Markdown, one HTML file with charts, or JSON (md)"},
        {.name = "output",
         .kind = VALUE_TEXT,
         .value_name = "FILE",
         .source = SOURCE_FILE,
         .is_local = true,
         .help = "write to this file instead of standard output"},
        {0},
};

static const char *format_of(const struct arguments *a) {
        const char *format = a ? arguments_value(a, "format") : NULL;
        return format ? format : formats[0];
}

static void draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        report_write(&s->out, result, strcmp(format_of(a), "html") == 0 ? &page_html : &page_markdown);
}

static int write_file(struct session *session, const char *path) {
        struct buf *text = &session->screen.out;
        FILE *file = text->failed ? NULL : fopen(path, "we");
        int r = text->failed ? -text->failed : file ? 0 : errno;
        if (file && fwrite(text->data, 1, text->len, file) != text->len)
                r = errno;
        if (file && fclose(file) != 0 && r == 0)
                r = errno;
        if (r == 0)
                return EXIT_DONE;
        fprintf(stderr, "flinkwatchctl: %s cannot be written: %s\n", path, strerror(r));
        return EXIT_FAILED;
}

static int run(struct session *session) {
        const struct arguments *a = session->arguments;
        const char *path = arguments_value(a, "output");
        SCOPED(answer_done) struct answer answer = {0};
        enum exit_code code = session_ask(session, "report", arguments_params(a, session->screen.now_s), &answer);
        if (code != EXIT_DONE)
                return code;
        session->is_json = session->is_json || strcmp(format_of(a), "json") == 0;
        if (session->is_json)
                session_print_json(session, &answer);
        else
                draw(&session->screen, answer.result, a);
        return path ? write_file(session, path) : (int)session_show(session);
}

const struct command command_report = {
        .name = "report",
        .argument =
                {.name = "id", .kind = VALUE_ID, .value_name = "ID", .source = SOURCE_INCIDENT, .is_required = true},
        .options = options,
        .help = "a post-mortem draft of one incident, with charts",
        .draw = draw,
        .run = run,
};
