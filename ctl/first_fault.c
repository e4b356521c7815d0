/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/first_fault.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "ctl/section.h"
#include "ctl/value.h"
#include "ctl/words.h"

enum { TEXT_MAX_BYTES = 64 << 10, LINE_INDENT = 4 };

void first_fault_draw_cause(struct screen *s, const cJSON *cause, const char *confidence) {
        SCOPED(buf_done) struct buf what = BUF_INIT(TEXT_MAX_BYTES);
        const char *category = value_text(cause, "category");
        double attempt = value_number(cause, "attempt");
        if (!cJSON_IsObject(cause))
                return;
        section_heading(s, "Root cause");
        buf_printf(&what, "%s%s%s%s%s%s", strcmp(category, "unknown") == 0 ? "" : category,
                   strcmp(category, "unknown") == 0 ? "" : ": ", words_of_role(value_text(cause, "role")),
                   confidence[0] ? " (confidence " : "", confidence, confidence[0] ? ")" : "");
        section_line(s, "what", buf_str(&what));
        section_line(s, "why", value_text(cause, "reason"));
        section_line(s, "exception", value_text(cause, "exception_class"));
        section_line(s, "message", value_text(cause, "message"));
        section_line(s, "at", value_text(cause, "frame"));
        section_line(s, "task", value_text(cause, "task"));
        if (isfinite(attempt)) {
                buf_clear(&what);
                buf_printf(&what, "%.0f", attempt);
                section_line(s, "attempt", buf_str(&what));
        }
        section_time(s, "last healthy", value_time(cause, "last_healthy_at"));
        section_time(s, "first fault", value_time(cause, "first_fault_at"));
        section_line(s, "deploy", value_text(cause, "deploy"));
        section_line(s, "metrics", value_text(cause, "pivot"));
        section_line(s, "recovery", value_text(cause, "recoverability"));
        section_line(s, "seen before", value_text(cause, "seen_before"));
        section_line(s, "read", value_text(cause, "completeness"));
}

void first_fault_draw_symptoms(struct screen *s, const cJSON *symptoms) {
        const cJSON *symptom;
        if (cJSON_GetArraySize(symptoms) == 0)
                return;
        section_heading(s, "Symptoms: seen with it, not the cause");
        cJSON_ArrayForEach(symptom, symptoms) {
                SCOPED(buf_done) struct buf text = BUF_INIT(TEXT_MAX_BYTES);
                const char *relation = value_text(symptom, "relation");
                buf_printf(&text, "%s%s%s", value_text(symptom, "text"), relation[0] ? ": " : "", relation);
                screen_item(s, "  -", 4, buf_str(&text));
        }
}

/* Where a cause is known the steps mend it; elsewhere they look for it, too. */
void first_fault_draw_fix(struct screen *s, const cJSON *report) {
        const cJSON *advice = value_member(report, "advice"), *step;
        int n = 0;
        if (cJSON_GetArraySize(advice) == 0)
                return;
        section_heading(s, cJSON_IsObject(value_member(report, "root_cause")) ? "Fix" : "What to do");
        cJSON_ArrayForEach(step, advice) {
                char head[16];
                snprintf(head, sizeof head, "%3d.", ++n);
                screen_item(s, head, 5, cJSON_IsString(step) ? step->valuestring : "");
        }
}

void first_fault_draw_lines(struct screen *s, const cJSON *evidence) {
        const cJSON *e;
        bool has_heading = false;
        cJSON_ArrayForEach(e, evidence) {
                char at[WORDS_MAX] = "";
                if (strcmp(value_text(e, "kind"), "log") != 0)
                        continue;
                if (!has_heading)
                        section_heading(s, "Log lines that tell it");
                has_heading = true;
                if (value_time(e, "at") > 0)
                        words_local_exact(value_time(e, "at"), at);
                screen_printf(s, STYLE_DIM, "  %s", at);
                screen_line(s);
                screen_wrap(s, LINE_INDENT, STYLE_PLAIN, value_text(e, "text"));
        }
}

void first_fault_draw_report(struct screen *s, const cJSON *report) {
        const cJSON *cause = value_member(report, "root_cause");
        if (!cJSON_IsObject(cause)) {
                screen_line(s);
                screen_put(s, STYLE_GREEN, "No failure in these lines.");
                screen_line(s);
                screen_wrap(s, 0, STYLE_DIM, value_text(report, "completeness"));
                return;
        }
        first_fault_draw_cause(s, cause, value_text(report, "confidence"));
        first_fault_draw_fix(s, report);
        first_fault_draw_symptoms(s, value_member(report, "symptoms"));
        first_fault_draw_lines(s, value_member(report, "evidence"));
}
