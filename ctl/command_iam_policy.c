/* SPDX-License-Identifier: Apache-2.0 */
/* A document for each identity that the configuration uses. JSON is one document whatever the configuration: the statements of all, each
 * named after whose it is. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/foreign.h"
#include "ctl/indent.h"
#include "ctl/value.h"

enum { TITLE_MAX_BYTES = 16 << 10, POLICY_MAX_BYTES = 16 << 20, SID_MAX_BYTES = 256 };

static void put_json(struct screen *s, const cJSON *policy) {
        SCOPED(buf_done) struct buf text = BUF_INIT(POLICY_MAX_BYTES);
        char *flat = cJSON_PrintUnformatted(policy);
        indent_json(&text, span_of(flat ? flat : "null"));
        free(flat);
        foreign_put_json(&s->out, buf_span(&text));
        screen_line(s);
}

static void put_title(struct screen *s, const cJSON *document) {
        SCOPED(buf_done) struct buf title = BUF_INIT(TITLE_MAX_BYTES);
        const cJSON *user;
        size_t n = 0;
        buf_printf(&title, "%s, for ", value_text(document, "identity"));
        cJSON_ArrayForEach(user, value_member(document, "used_by"))
                buf_printf(&title, "%s%s", n++ > 0 ? ", " : "", cJSON_IsString(user) ? user->valuestring : "");
        screen_wrap(s, 0, STYLE_BOLD, buf_str(&title));
}

static void draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        bool has_several = cJSON_GetArraySize(result) > 1;
        const cJSON *document;
        (void)a;
        cJSON_ArrayForEach(document, result) {
                if (has_several && s->out.len > 0)
                        screen_line(s);
                if (has_several)
                        put_title(s, document);
                put_json(s, value_member(document, "policy"));
        }
}

/* "role arn:aws:iam::1:role/watcher" and 2: "RoleArnAwsIam1RoleWatcher2": letters and digits are all that a Sid may have. */
static void name_statement(cJSON *statement, const char *identity, size_t number) {
        SCOPED(buf_done) struct buf sid = BUF_INIT(SID_MAX_BYTES);
        bool begins_word = true;
        for (; *identity; identity++) {
                unsigned char c = (unsigned char)*identity;
                bool is_part = c < 0x80 && isalnum(c);
                if (is_part)
                        buf_put_char(&sid, (char)(begins_word ? toupper(c) : c));
                begins_word = !is_part;
        }
        buf_printf(&sid, "%zu", number);
        cJSON_AddStringToObject(statement, "Sid", buf_str(&sid));
}

/* NULL when out of memory. */
static cJSON *join(const cJSON *result) {
        cJSON *policy = cJSON_CreateObject(), *all = NULL;
        cJSON_AddStringToObject(policy, "Version", "2012-10-17");
        all = cJSON_AddArrayToObject(policy, "Statement");
        const cJSON *document, *statement;
        cJSON_ArrayForEach(document, result) {
                size_t n = 0;
                cJSON_ArrayForEach(statement, value_member(value_member(document, "policy"), "Statement")) {
                        cJSON *copy = cJSON_Duplicate(statement, true);
                        if (cJSON_GetArraySize(result) > 1)
                                name_statement(copy, value_text(document, "identity"), ++n);
                        if (!cJSON_AddItemToArray(all, copy))
                                cJSON_Delete(copy);
                }
        }
        return policy;
}

static int run(struct session *session) {
        SCOPED(answer_done) struct answer answer = {0};
        enum exit_code code = session_ask(session, session->arguments->command->name,
                                          arguments_params(session->arguments, session->screen.now_s), &answer);
        if (code != EXIT_DONE)
                return code;
        if (session->is_json) {
                cJSON *policy = join(answer.result);
                put_json(&session->screen, policy);
                cJSON_Delete(policy);
        } else {
                draw(&session->screen, answer.result, session->arguments);
        }
        return session_show(session);
}

const struct command command_iam_policy = {
        .name = "iam-policy",
        .takes_target = true,
        .help = "the least that AWS must allow for this configuration, as IAM policies",
        .draw = draw,
        .run = run,
};
