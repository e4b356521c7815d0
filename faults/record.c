/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/record.h"

#include <errno.h>

#include "util/number.h"
#include "util/timefmt.h"

enum { NESTING_MAX = 3 };

void record_scratch_done(struct record_scratch *s) {
        for (size_t i = 0; i < ELEMENTS(s->line); i++)
                buf_done(&s->line[i]);
        buf_done(&s->message);
        buf_done(&s->throwable);
        buf_done(&s->thread);
}

static struct span unescaped(struct span escaped, struct buf *scratch) {
        if (!memchr(escaped.data, '\\', escaped.len))
                return escaped;
        scratch->cap = RECORD_TEXT_MAX;
        buf_clear(scratch);
        json_unescape(escaped, scratch);
        return (struct span){buf_str(scratch), scratch->len};
}

static enum log_level level_of(struct span word) {
        static const struct {
                const char *name;
                enum log_level level;
        } levels[] = {{"INFO", LOG_INFO},   {"WARN", LOG_WARN},   {"ERROR", LOG_ERROR},  {"DEBUG", LOG_DEBUG},
                      {"TRACE", LOG_DEBUG}, {"FATAL", LOG_ERROR}, {"WARNING", LOG_WARN}, {"SEVERE", LOG_ERROR}};
        for (size_t i = 0; i < ELEMENTS(levels); i++)
                if (span_is(word, levels[i].name))
                        return levels[i].level;
        return LOG_UNKNOWN;
}

/* An array of lines, or an object whose strings tell it, as one text. */
static struct span joined(struct json_member m, struct buf *scratch) {
        struct span rest = {m.value.data + 1, m.value.len - 1};
        struct json_member part;
        scratch->cap = RECORD_TEXT_MAX;
        buf_clear(scratch);
        while (json_value(rest, &part, &rest)) {
                if (part.kind == '"' && !(rest.len > 0 && rest.data[0] == ':')) {
                        if (scratch->len > 0 && scratch->len < RECORD_TEXT_MAX)
                                buf_put_char(scratch, '\n');
                        json_unescape(part.value, scratch);
                }
                while (rest.len > 0 && memchr(",: \n\t\r", rest.data[0], 6))
                        rest = (struct span){rest.data + 1, rest.len - 1};
        }
        return (struct span){buf_str(scratch), scratch->len};
}

static bool is_envelope(struct span s) {
        s = span_trim(s);
        return s.len > 2 && s.data[0] == '{' &&
               (span_find(s, SPAN("\"message\"")) >= 0 || span_find(s, SPAN("\"throwableInformation\"")) >= 0);
}

static bool is_escaped_envelope(struct span s) {
        s = span_trim(s);
        return s.len > 4 && (s.data[0] == '{' || s.data[0] == '"') && span_find(s, SPAN("\\\"message\\\"")) >= 0;
}

int64_t record_instant(struct json_member m) {
        int64_t at_ms = 0;
        size_t len;
        if (m.kind == '"')
                return number_int64(m.value, &at_ms) == 0 ? at_ms : record_time(m.value, &len);
        double value;
        if (number_int64(m.value, &at_ms) == 0)
                return at_ms;
        return number_double(m.value, &value) == 0 && value > 0 && value < 1e15 ? (int64_t)value : 0;
}

/* Level and thread under the names that layouts other than MSF's give them. */
static void take_member(struct json_member m, struct record_scratch *scratch, struct record *r) {
        bool is_text = m.kind == '"';
        if (span_is(m.name, "messageType") || span_is(m.name, "level")) {
                r->level = level_of(m.value);
        } else if (span_is(m.name, "logger") || span_is(m.name, "loggerName")) {
                r->logger = is_text ? m.value : r->logger;
        } else if (span_is(m.name, "message")) {
                r->message = is_text         ? unescaped(m.value, &scratch->message)
                             : m.kind == '{' ? m.value
                                             : (struct span){"", 0};
        } else if (span_is(m.name, "throwableInformation") || span_is(m.name, "stackTrace")) {
                if (is_text && m.value.len > 0)
                        r->throwable = unescaped(m.value, &scratch->throwable);
                else if ((m.kind == '[' || m.kind == '{') && m.value.len > 2)
                        r->throwable = joined(m, &scratch->throwable);
        } else if (span_is(m.name, "threadName")) {
                r->thread = is_text ? unescaped(m.value, &scratch->thread) : r->thread;
        } else if (span_is(m.name, "errorCode")) {
                r->is_service = true;
        } else if (span_is(m.name, "timestamp") && r->at_ms == 0) {
                r->at_ms = record_instant(m);
        }
}

static bool all_digits(const char *s, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (s[i] < '0' || s[i] > '9')
                        return false;
        return true;
}

static struct span next_word(struct span *rest) {
        while (rest->len > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t'))
                *rest = (struct span){rest->data + 1, rest->len - 1};
        struct span word = {rest->data, 0};
        char end = rest->len > 0 && rest->data[0] == '[' ? ']' : ' ';
        while (word.len < rest->len && rest->data[word.len] != end && rest->data[word.len] != '\n')
                word.len++;
        if (end == ']' && word.len < rest->len && rest->data[word.len] == ']')
                word.len++;
        *rest = (struct span){rest->data + word.len, rest->len - word.len};
        return word;
}

/* "07:12:31.100": a layout without the day. */
static bool is_clock(struct span word) {
        return word.len >= 8 && all_digits(word.data, 2) && word.data[2] == ':' && all_digits(word.data + 3, 2) &&
               word.data[5] == ':';
}

/* "2024-05-01 12:00:00,123 WARN  org.apache.flink.Task [] - message", in any order of level, thread and logger. */
static void parse_text(struct span line, struct record *r) {
        size_t time_len = 0;
        int64_t at_ms = record_time(line, &time_len);
        struct span rest = {line.data + time_len, line.len - time_len};
        r->is_text = true;
        r->message = line;
        if (r->at_ms == 0)
                r->at_ms = at_ms;
        struct span thread = {0}, logger = {0};
        enum log_level level = LOG_UNKNOWN;
        for (int i = 0; i < 6 && rest.len > 0; i++) {
                struct span word = next_word(&rest);
                enum log_level found = level_of(
                        word.len > 2 && word.data[0] == '[' ? (struct span){word.data + 1, word.len - 2} : word);
                if (found != LOG_UNKNOWN && level == LOG_UNKNOWN)
                        level = found;
                else if (word.len > 0 && word.data[0] == '[')
                        thread = word.len > 2 ? (struct span){word.data + 1, word.len - 2} : thread;
                else if (span_is(word, "-") || span_is(word, ":"))
                        break;
                else if (level != LOG_UNKNOWN && memchr(word.data, '.', word.len) && logger.len == 0)
                        logger = word;
                else if (level != LOG_UNKNOWN || (time_len == 0 && !is_clock(word)))
                        break;
        }
        if (level == LOG_UNKNOWN || logger.len == 0)
                return;
        r->level = level;
        r->thread = thread;
        r->logger = logger.len > 0 && logger.data[logger.len - 1] == ':' ? (struct span){logger.data, logger.len - 1}
                                                                         : logger;
        r->message = span_trim(rest);
        if (r->message.len > 2 && r->message.data[0] == '-' && r->message.data[1] == ' ')
                r->message = (struct span){r->message.data + 2, r->message.len - 2};
}

static void parse_members(struct span line, struct record_scratch *scratch, struct record *r) {
        struct json_cursor c;
        struct json_member m;
        r->level = LOG_UNKNOWN;
        if (!json_open(line, &c))
                return;
        while (json_next(&c, &m))
                take_member(m, scratch, r);
        if (r->logger.len == 0 && r->message.len > 0 && r->level == LOG_ERROR)
                r->is_service = true;
}

static bool has_failed(const struct record_scratch *s) {
        return s->message.failed || s->throwable.failed || s->thread.failed || s->line[0].failed || s->line[1].failed ||
               s->line[2].failed;
}

int record_parse(struct span line, int64_t at_ms, struct record_scratch *scratch, struct record *ret) {
        struct span text = span_trim(line);
        *ret = (struct record){.at_ms = at_ms};
        for (int depth = 0;; depth++) {
                struct json_cursor c;
                if (depth < NESTING_MAX && text.len > 1 && !json_open(text, &c) && is_escaped_envelope(text)) {
                        struct span inner = text.data[0] == '"' ? (struct span){text.data + 1, text.len - 1} : text;
                        text = span_trim(unescaped(inner, &scratch->line[depth]));
                        continue;
                }
                if (!json_open(text, &c)) {
                        parse_text(text, ret);
                        break;
                }
                parse_members(text, scratch, ret);
                if (depth >= NESTING_MAX || (!is_envelope(ret->message) && !is_escaped_envelope(ret->message)))
                        break;
                /* The message is itself a record: take that apart instead. */
                struct buf *keep = &scratch->line[depth];
                keep->cap = RECORD_TEXT_MAX;
                buf_clear(keep);
                buf_put(keep, ret->message.data,
                        ret->message.len < RECORD_TEXT_MAX ? ret->message.len : RECORD_TEXT_MAX);
                text = span_trim(buf_span(keep));
                *ret = (struct record){.at_ms = ret->at_ms};
        }
        return has_failed(scratch) ? -ENOMEM : 0;
}

struct span record_logger_name(const struct record *r) {
        const char *dot = r->logger.len > 0 ? memrchr(r->logger.data, '.', r->logger.len) : NULL;
        return dot ? (struct span){dot + 1, (size_t)(r->logger.data + r->logger.len - dot - 1)} : r->logger;
}

int64_t record_time(struct span text, size_t *ret_len) {
        char iso[TIME_TEXT_MAX];
        int64_t at_s, ms = 0;
        size_t skip = text.len > 0 && text.data[0] == '[', len = 19;
        const char *s = text.data + skip;
        *ret_len = 0;
        if (text.len < skip + len || !all_digits(s, 4) || s[4] != '-' || s[7] != '-' ||
            (s[10] != ' ' && s[10] != 'T') || s[13] != ':')
                return 0;
        snprintf(iso, sizeof iso, "%.10sT%.8sZ", s, s + 11);
        if (time_parse_rfc3339(span_of(iso), &at_s) < 0)
                return 0;
        if (text.len >= skip + len + 4 && (s[len] == ',' || s[len] == '.') && all_digits(s + len + 1, 3)) {
                ms = (s[len + 1] - '0') * 100 + (s[len + 2] - '0') * 10 + (s[len + 3] - '0');
                len += 4;
        }
        while (skip + len < text.len && (s[len] == 'Z' || s[len] == ']'))
                len++;
        *ret_len = skip + len;
        return at_s * 1000 + ms;
}
