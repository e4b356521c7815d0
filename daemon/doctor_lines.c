/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/doctor_lines.h"

#include <errno.h>

#include "util/list.h"
#include "util/text.h"

enum { TEXT_MAX_BYTES = 4096 };

void doctor_say(struct doctor_lines *lines, enum verdict verdict, const char *check, const char *application,
                const char *mend, const char *format, ...) {
        SCOPED(buf_done) struct buf text = BUF_INIT(TEXT_MAX_BYTES);
        va_list args;
        va_start(args, format);
        buf_vprintf(&text, format, args);
        va_end(args);
        struct doctor_line *line = text.failed == -ENOMEM ? NULL : LIST_ADD(lines->items, lines->n, lines->size);
        if (!line) {
                lines->failed = -ENOMEM;
                return;
        }
        line->verdict = verdict;
        if (text_replace(&line->check, check) < 0 || text_replace(&line->application, application) < 0 ||
            text_replace(&line->mend, mend) < 0 || text_replace(&line->text, buf_str(&text)) < 0)
                lines->failed = -ENOMEM;
}

void doctor_lines_done(struct doctor_lines *lines) {
        for (size_t i = 0; i < lines->n; i++) {
                free(lines->items[i].check);
                free(lines->items[i].application);
                free(lines->items[i].text);
                free(lines->items[i].mend);
        }
        free(lines->items);
        *lines = (struct doctor_lines){0};
}

void doctor_line_write(const struct doctor_line *line, const char *target, const char *notifier, struct jsonw *w) {
        static const char *const names[] = {
                [VERDICT_OK] = "ok",
                [VERDICT_WARNING] = "warning",
                [VERDICT_FAILED] = "failed",
                [VERDICT_SKIPPED] = "skipped",
        };
        jsonw_object(w);
        jsonw_member_string(w, "target", target);
        jsonw_member_string(w, "notifier", notifier);
        jsonw_member_string(w, "application", line->application);
        jsonw_member_string(w, "check", line->check);
        jsonw_member_string(w, "status", names[line->verdict]);
        jsonw_member_string(w, "text", line->text);
        jsonw_member_string(w, "mend", line->mend);
        jsonw_object_end(w);
}
