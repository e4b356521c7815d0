/* SPDX-License-Identifier: Apache-2.0 */
/* Slack's incoming webhooks: Block Kit within its limits. The URL is the secret. */
#include <errno.h>

#include "notifiers/message.h"
#include "notifiers/receiver.h"
#include "util/jsonw.h"
#include "util/text.h"
#include "util/utf8.h"

/* In bytes of escaped text, which are never fewer than characters. Slack allows 150 in a header, 3,000 in a section, 2,000 in a context
 * element, and refuses messages somewhere above 9,600 in all. */
enum { HEADER_MAX = 150, SECTION_MAX = 2900, CONTEXT_MAX = 1900, FALLBACK_MAX = 1000, TOTAL_MAX = 9000 };

static const char who[] = "Slack";

static int slack_check(const struct channel *channel, struct err *reterr) {
        const char *webhook_url = channel_value(channel, "webhook_url"), *base = channel_value(channel, "url");
        if (!webhook_url)
                return err_set(reterr, -EINVAL, "webhook_url is missing (or webhook_url_file, a file that holds it)");
        int r = receiver_check_url("webhook_url", webhook_url, reterr);
        return r < 0 || !base ? r : receiver_check_url("url", base, reterr);
}

/* Slack reads mrkdwn for & < > only; cut before an escape or a character, never inside. */
static void put_escaped(struct buf *to, struct span text, size_t max_bytes) {
        size_t end = to->len + max_bytes;
        for (size_t i = 0; i < text.len;) {
                size_t width = utf8_width(text.data + i, text.len - i);
                struct span piece = {text.data + i, width ? width : 1};
                piece = text.data[i] == '&'   ? SPAN("&amp;")
                        : text.data[i] == '<' ? SPAN("&lt;")
                        : text.data[i] == '>' ? SPAN("&gt;")
                                              : piece;
                bool is_last = i + (width ? width : 1) >= text.len;
                if (to->len + piece.len + (is_last ? 0 : 3) > end) {
                        buf_put_str(to, "...");
                        return;
                }
                buf_put_span(to, piece);
                i += width ? width : 1;
        }
}

static void put_text_object(struct jsonw *w, const char *type, struct span text) {
        jsonw_object(w);
        jsonw_member_string(w, "type", type);
        jsonw_key(w, "text");
        jsonw_span(w, text);
        if (strcmp(type, "mrkdwn") == 0)
                jsonw_member_bool(w, "verbatim", true); /* no mentions out of somebody's exception */
        jsonw_object_end(w);
}

/* As many lines of *body as one section takes. `left` is what remains of the message's total. */
static int put_one_section(struct jsonw *w, const char *heading, const char *bullet, bool has_next, struct span *body,
                           size_t *left) {
        SCOPED(buf_done) struct buf text = BUF_INIT(2 * SECTION_MAX);
        size_t max = SECTION_MAX < *left ? SECTION_MAX : *left;
        buf_printf(&text, heading[0] ? "*%s*\n" : "%s", heading);
        size_t begin = text.len;
        while (body->data && text.len + 40 < max) {
                struct span rest = *body, line = span_split(&rest, '\n');
                if (has_next && text.len > begin && text.len + line.len + 40 > max)
                        break;
                buf_printf(&text, "%s%s", text.len == begin ? "" : "\n", bullet);
                put_escaped(&text, line, max - text.len);
                *body = rest;
        }
        if (text.failed)
                return text.failed;
        *left -= text.len;
        jsonw_object(w);
        jsonw_member_string(w, "type", "section");
        jsonw_key(w, "text");
        put_text_object(w, "mrkdwn", buf_span(&text));
        jsonw_object_end(w);
        return 0;
}

static int put_section(struct jsonw *w, const char *heading, const char *bullet, struct span body, size_t *left) {
        return body.len > 0 && *left >= 200 ? put_one_section(w, heading, bullet, false, &body, left) : 0;
}

/* Likewise, in as many sections as it takes. */
static int put_sections(struct jsonw *w, const char *heading, const char *bullet, struct span body, size_t *left) {
        int r = 0;
        for (; body.len > 0 && body.data && *left >= 200 && r >= 0; heading = "")
                r = put_one_section(w, heading, bullet, true, &body, left);
        return r;
}

static void put_header(struct jsonw *w, const struct delivery *d, const struct message *m) {
        static const char *const marks[] = {"\U0001f535", "\U0001f7e0", "\U0001f534"}; /* blue, orange, red */
        const char *mark = d->incident.state == INCIDENT_RESOLVED ? "\U0001f7e2" : marks[d->incident.finding.severity];
        char text[sizeof m->title + 8];
        snprintf(text, sizeof text, "%s ", mark);
        text_copy(text + strlen(text), sizeof text - strlen(text), m->title);
        jsonw_object(w);
        jsonw_member_string(w, "type", "header");
        jsonw_key(w, "text");
        put_text_object(w, "plain_text", span_of(text));
        jsonw_object_end(w);
}

static int put_context(struct jsonw *w, const struct message *m) {
        SCOPED(buf_done) struct buf text = BUF_INIT(2 * CONTEXT_MAX);
        put_escaped(&text, buf_span(&m->context), CONTEXT_MAX);
        if (text.failed)
                return text.failed;
        jsonw_object(w);
        jsonw_member_string(w, "type", "context");
        jsonw_key(w, "elements");
        jsonw_array(w);
        put_text_object(w, "mrkdwn", buf_span(&text));
        jsonw_array_end(w);
        jsonw_object_end(w);
        return 0;
}

static int put_blocks(struct jsonw *w, const struct delivery *d, const struct message *m) {
        SCOPED(buf_done) struct buf command = BUF_INIT(128);
        size_t left = TOTAL_MAX - HEADER_MAX - CONTEXT_MAX - 200;
        struct span rest = buf_span(&m->advice), first = span_split(&rest, '\n');
        buf_printf(&command, "More: `%s`", m->command);
        put_header(w, d, m);
        int r = command.failed;
        if (r >= 0)
                r = put_section(w, "", "", buf_span(&m->cause), &left);
        if (r >= 0 && d->n_parts > 0)
                r = put_sections(w, "Incidents", "\u2022 ", buf_span(&m->numbers), &left);
        else if (r >= 0)
                r = put_section(w, "Numbers", "\u2022 ", buf_span(&m->numbers), &left);
        if (r >= 0)
                r = put_section(w, "First thing to do", "", first, &left);
        if (r >= 0 && rest.data)
                r = put_section(w, "Then", "\u2022 ", rest, &left);
        left = 200;
        if (r >= 0)
                r = put_section(w, "", "", buf_span(&command), &left);
        return r < 0 ? r : put_context(w, m);
}

/* What notifications and old clients show in place of the blocks. */
static int put_fallback(struct jsonw *w, const struct message *m) {
        SCOPED(buf_done) struct buf text = BUF_INIT(2 * FALLBACK_MAX);
        struct span rest = buf_span(&m->cause);
        put_escaped(&text, span_of(m->title), FALLBACK_MAX / 2);
        buf_put_char(&text, '\n');
        put_escaped(&text, span_split(&rest, '\n'), FALLBACK_MAX - text.len);
        if (text.failed)
                return text.failed;
        jsonw_key(w, "text");
        jsonw_span(w, buf_span(&text));
        return 0;
}

static int slack_render(const struct delivery *d, const struct channel *channel, struct http_request *ret_request) {
        SCOPED(message_done) struct message m = {0};
        struct http_request request;
        const char *webhook_url = channel_value(channel, "webhook_url");
        int r = webhook_url ? message_make(d, &m) : -EINVAL;
        if (r >= 0)
                r = receiver_request("PostMessage", webhook_url, channel_value(channel, "url"), &request);
        if (r < 0)
                return r;
        struct jsonw w = JSONW(&request.body);
        jsonw_object(&w);
        r = put_fallback(&w, &m);
        jsonw_key(&w, "blocks");
        jsonw_array(&w);
        if (r >= 0)
                r = put_blocks(&w, d, &m);
        jsonw_array_end(&w);
        jsonw_object_end(&w);
        r = receiver_request_end(&request, r);
        if (r >= 0)
                *ret_request = request;
        return r;
}

/* 200 with another body comes from something in between. */
static enum outcome slack_read_reply(const struct http_reply *reply, int64_t now_s, int64_t *ret_retry_s,
                                     struct err *reterr) {
        char word[48];
        receiver_word(reply, word);
        enum outcome outcome = receiver_judge(who, reply, word, now_s, ret_retry_s, reterr);
        if (outcome == OUTCOME_REFUSED && strcmp(word, "rate_limited") == 0)
                return OUTCOME_RETRY;
        if (outcome != OUTCOME_DELIVERED || (reply->status == 200 && strcmp(word, "ok") == 0))
                return outcome;
        err_set(reterr, -EPROTO, "%s: HTTP %d without \"ok\": the answer is not Slack's", who, reply->status);
        return OUTCOME_RETRY;
}

static enum bundling slack_bundling(const struct channel *channel) {
        (void)channel;
        return BUNDLE_WHEN_MANY;
}

static const char *const keys[] = {"webhook_url", "url", NULL};
static const char *const secrets[] = {"webhook_url", NULL};

const struct notifier notifier_slack = {
        .type = "slack",
        .keys = keys,
        .secrets = secrets,
        .check = slack_check,
        .render = slack_render,
        .read_reply = slack_read_reply,
        .bundling = slack_bundling,
        .is_for_people = true,
};
