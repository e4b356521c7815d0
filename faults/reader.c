/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that are whole objects or plain text go straight to the analysis. Anything else that begins like JSON goes through a small
 * machine, byte by byte, which keeps the element it is in and nothing of the document around it. */
#include "faults/reader.h"

#include <errno.h>

#include "faults/json.h"
#include "faults/record.h"
#include "faults/sorter.h"

enum { EVENT_MAX_BYTES = 1 << 20, KEY_MAX = 16, LIST_DEPTH_MAX = 2 };

struct fault_reader {
        struct fault_analysis *analysis;
        struct buf line;    /* the start of a line whose end is still to come */
        struct buf element; /* the JSON value in the making, as much as is kept of it */
        struct buf message; /* an event's message without its escapes */
        bool is_skipping;   /* the rest of a line that is too long */
        bool is_json;       /* in the machine */
        bool is_document;   /* a list of events has begun: the rest of the document is not kept */
        bool in_list, in_string, is_escaped;
        size_t depth, list_depth;
        char key[KEY_MAX]; /* the newest string outside of the elements */
        size_t key_len;
        int64_t n_events;
        struct sorter sorter;
};

int fault_reader_new(struct fault_analysis *a, struct fault_reader **ret) {
        struct fault_reader *r = calloc(1, sizeof *r);
        if (!r)
                return -ENOMEM;
        r->analysis = a;
        r->line = BUF_INIT(EVENT_MAX_BYTES);
        r->element = BUF_INIT(EVENT_MAX_BYTES);
        r->message = BUF_INIT(EVENT_MAX_BYTES);
        *ret = r;
        return 0;
}

void fault_reader_free(struct fault_reader *r) {
        if (!r)
                return;
        buf_done(&r->line);
        buf_done(&r->element);
        buf_done(&r->message);
        sorter_done(&r->sorter);
        free(r);
}

int64_t fault_reader_events(const struct fault_reader *r) {
        return r->n_events;
}

static int pass_on(struct fault_reader *r, bool is_end) {
        struct sorted_event e;
        int failed = 0;
        while (!failed && sorter_next(&r->sorter, is_end, &e)) {
                failed = fault_analysis_feed(r->analysis, e.has_time ? e.at_ms : 0, (struct span){e.text, e.len});
                free(e.text);
        }
        return failed;
}

static int emit(struct fault_reader *r, int64_t at_ms, struct span message) {
        r->n_events++;
        int failed = sorter_add(&r->sorter, at_ms, message);
        return failed ? failed : pass_on(r, false);
}

static struct span unescaped(struct fault_reader *r, struct span escaped) {
        if (!memchr(escaped.data, '\\', escaped.len))
                return escaped;
        buf_clear(&r->message);
        json_unescape(escaped, &r->message);
        return buf_span(&r->message);
}

static bool is_name(struct span name, const char *wanted) {
        if (name.len > 0 && name.data[0] == '@')
                name = (struct span){name.data + 1, name.len - 1};
        return span_is(name, wanted);
}

struct event_members {
        int64_t at_ms;
        struct json_member message;
        bool has_time, has_message, is_record;
};

static struct event_members read_members(struct span object) {
        struct event_members e = {0};
        struct json_cursor c;
        struct json_member m;
        if (!json_open(object, &c))
                return e;
        while (json_next(&c, &m)) {
                if (is_name(m.name, "timestamp")) {
                        e.has_time = true;
                        e.at_ms = record_instant(m);
                } else if (is_name(m.name, "message")) {
                        e.has_message = true;
                        e.message = m;
                } else if (span_is(m.name, "logger") || span_is(m.name, "messageType") ||
                           span_is(m.name, "applicationARN")) {
                        e.is_record = true;
                }
        }
        return e;
}

/* {"timestamp": ms, "message": "..."} or a record itself. */
static int emit_object(struct fault_reader *r, struct span object) {
        struct event_members e = read_members(object);
        if (!e.has_message || e.is_record)
                return emit(r, e.at_ms, object);
        return emit(r, e.at_ms, e.message.kind == '"' ? unescaped(r, e.message.value) : e.message.value);
}

/* Logs Insights: [{"field": "@timestamp", "value": "..."}, {"field": "@message", "value": "..."}] */
static int emit_fields(struct fault_reader *r, struct span list) {
        struct span rest = {list.data + 1, list.len - 1};
        struct json_member part, m, value = {0}, message = {0};
        int64_t at_ms = 0;
        while (json_value(rest, &part, &rest)) {
                struct json_cursor c;
                struct span field = {0};
                if (part.kind == '{' && json_open(part.value, &c))
                        while (json_next(&c, &m)) {
                                field = span_is(m.name, "field") ? m.value : field;
                                value = span_is(m.name, "value") ? m : value;
                        }
                if (is_name(field, "timestamp") && value.kind)
                        at_ms = record_instant(value);
                else if (is_name(field, "message"))
                        message = value;
                while (rest.len > 0 && memchr(", \n\r\t", rest.data[0], 5))
                        rest = (struct span){rest.data + 1, rest.len - 1};
        }
        return message.kind == '"' ? emit(r, at_ms, unescaped(r, message.value)) : 0;
}

static int emit_value(struct fault_reader *r, struct span value) {
        value = span_trim(value);
        if (value.len == 0)
                return 0;
        if (value.data[0] == '{')
                return emit_object(r, value);
        if (value.data[0] == '[')
                return emit_fields(r, value);
        if (value.data[0] != '"')
                return 0;
        size_t end = value.len > 1 && value.data[value.len - 1] == '"' ? value.len - 2 : value.len - 1;
        return emit(r, 0, unescaped(r, (struct span){value.data + 1, end}));
}

static bool is_list_key(const struct fault_reader *r) {
        struct span key = {r->key, r->key_len};
        return span_is(key, "events") || span_is(key, "log_lines") || span_is(key, "results");
}

static void keep(struct fault_reader *r, char c) {
        if (r->is_document && !(r->in_list && r->depth >= r->list_depth))
                return;
        if (r->element.len < EVENT_MAX_BYTES)
                buf_put_char(&r->element, c);
}

static void begin_element(struct fault_reader *r) {
        buf_clear(&r->element);
}

static int end_element(struct fault_reader *r) {
        int failed = emit_value(r, buf_span(&r->element));
        begin_element(r);
        return failed;
}

static void begin_json(struct fault_reader *r) {
        begin_element(r);
        r->is_json = true;
        r->is_document = r->in_list = r->in_string = r->is_escaped = false;
        r->depth = r->list_depth = r->key_len = 0;
}

static void take_string_byte(struct fault_reader *r, char c) {
        keep(r, c);
        bool is_outside = !r->in_list || r->depth < r->list_depth;
        if (r->is_escaped)
                r->is_escaped = false;
        else if (c == '\\')
                r->is_escaped = true;
        else if (c == '"')
                r->in_string = false;
        if (r->in_string && is_outside && r->key_len < KEY_MAX)
                r->key[r->key_len++] = c;
}

static int open_bracket(struct fault_reader *r, char c) {
        r->depth++;
        bool is_list = c == '[' && !r->in_list && (r->depth == 1 || (r->depth <= LIST_DEPTH_MAX + 1 && is_list_key(r)));
        if (is_list) {
                r->is_document = r->in_list = true;
                r->list_depth = r->depth;
                begin_element(r);
                return 0;
        }
        keep(r, c);
        return 0;
}

static int close_bracket(struct fault_reader *r, char c) {
        bool is_list_end = r->in_list && r->depth == r->list_depth;
        int failed = 0;
        if (is_list_end) {
                failed = end_element(r);
                r->in_list = false;
        } else {
                keep(r, c);
        }
        r->depth -= r->depth > 0;
        r->key_len = 0;
        if (r->depth > 0 || failed)
                return failed;
        r->is_json = false;
        return r->is_document ? 0 : end_element(r);
}

static int take_byte(struct fault_reader *r, char c) {
        if (r->in_string) {
                take_string_byte(r, c);
                return 0;
        }
        switch (c) {
        case '"':
                r->in_string = true;
                r->key_len = 0;
                keep(r, c);
                return 0;
        case '{':
        case '[':
                return open_bracket(r, c);
        case '}':
        case ']':
                return close_bracket(r, c);
        case ',':
                if (r->in_list && r->depth == r->list_depth)
                        return end_element(r);
                break;
        default:
                break;
        }
        keep(r, c);
        return 0;
}

/* A record that was cut off is no document: a string with a line break in it, or an object where a name belongs. */
static bool is_broken(const struct fault_reader *r, char c) {
        if (r->is_document || !r->is_json || r->depth == 0)
                return false;
        if (r->in_string)
                return c == '\n' && !r->is_escaped;
        if (c != '{' || r->depth != 1)
                return false;
        struct span kept = span_trim(buf_span(&r->element));
        return kept.len > 0 && kept.data[kept.len - 1] == ',' && memchr(kept.data, '\n', r->element.len);
}

static int take_line(struct fault_reader *r, struct span line);

/* What was taken for JSON is lines after all. */
static int give_back(struct fault_reader *r) {
        struct buf kept = r->element;
        int failed = 0;
        r->element = BUF_INIT(EVENT_MAX_BYTES);
        r->is_json = false;
        struct span rest = buf_span(&kept), line = span_split(&rest, '\n');
        if (line.len > 0)
                failed = emit(r, 0, line);
        while (rest.data && !failed && !r->is_json)
                failed = take_line(r, span_split(&rest, '\n'));
        buf_done(&kept);
        return failed;
}

/* Bytes through the machine until the value ends; how many were taken goes to *ret_n. */
static int take_json(struct fault_reader *r, struct span s, size_t *ret_n) {
        size_t i = 0;
        int failed = 0;
        while (i < s.len && r->is_json && !failed) {
                if (is_broken(r, s.data[i])) {
                        failed = give_back(r);
                        continue;
                }
                /* The inside of a string, as far as it is plain. */
                size_t n = 0;
                if (r->in_string && !r->is_escaped && r->is_document && r->in_list && r->depth > r->list_depth) {
                        while (i + n < s.len && s.data[i + n] != '"' && s.data[i + n] != '\\')
                                n++;
                        size_t room = EVENT_MAX_BYTES - r->element.len;
                        buf_put(&r->element, s.data + i, n < room ? n : room);
                        i += n;
                        if (i == s.len)
                                break;
                }
                failed = take_byte(r, s.data[i++]);
                if (r->element.failed == -ENOMEM)
                        failed = -ENOMEM;
        }
        *ret_n = i;
        return failed;
}

/* Whether a line that begins with a brace or bracket is one whole value that is no list of events. */
static bool is_whole_object(struct span line) {
        struct json_member m, list;
        struct json_cursor c;
        struct span rest;
        if (line.data[0] != '{' || line.data[line.len - 1] != '}' || !json_value(line, &m, &rest) || m.is_cut ||
            rest.len > 0 || !json_open(line, &c))
                return false;
        if (span_find(line, SPAN("\"events\"")) < 0 && span_find(line, SPAN("\"log_lines\"")) < 0 &&
            span_find(line, SPAN("\"results\"")) < 0)
                return true;
        bool has_list = false, is_record = false;
        while (json_next(&c, &list)) {
                bool is_list = span_is(list.name, "events") || span_is(list.name, "log_lines") ||
                               span_is(list.name, "results");
                has_list |= is_list && list.kind == '[';
                is_record |= span_is(list.name, "logger") || span_is(list.name, "messageType");
        }
        return !has_list || is_record;
}

static bool begins_json(struct span line) {
        struct span rest = span_trim(line);
        if (rest.len == 0 || (rest.data[0] != '{' && rest.data[0] != '['))
                return false;
        struct span inner = span_trim((struct span){rest.data + 1, rest.len - 1});
        if (rest.data[0] == '{')
                return inner.len == 0 || inner.data[0] == '"';
        return inner.len == 0 || inner.data[0] == '{' || inner.data[0] == '"' || inner.data[0] == ']' ||
               (inner.data[0] == '[' && memchr(inner.data, '{', inner.len));
}

/* Some editors put a byte order mark before the first line. */
static struct span after_mark(struct span line) {
        const struct span mark = SPAN("\xEF\xBB\xBF");
        return span_starts(line, mark) ? (struct span){line.data + mark.len, line.len - mark.len} : line;
}

/* One value, or a line that is none; what is behind it stays in *rest. */
static int take_piece(struct fault_reader *r, struct span *rest) {
        struct span line = *rest;
        bool goes_on = r->is_json;
        size_t taken;
        *rest = (struct span){0};
        if (!goes_on) {
                line = after_mark(line);
                struct span text = span_trim(line);
                if (text.len == 0 || text.data[0] == ',' || text.data[0] == ']')
                        return 0;
                if (text.data[0] == '{' && text.data[text.len - 1] == ',')
                        text.len--;
                if (is_whole_object(text))
                        return emit_object(r, text);
                if (!begins_json(text))
                        return emit(r, 0, line);
                begin_json(r);
        }
        int failed = take_json(r, line, &taken);
        if (!failed && r->is_json)
                return take_json(r, SPAN("\n"), &taken);
        if (!failed && taken < line.len && (goes_on || taken > 0))
                *rest = (struct span){line.data + taken, line.len - taken};
        return failed;
}

/* A line may hold one value behind the other, thousands of them. */
static int take_line(struct fault_reader *r, struct span line) {
        int failed = take_piece(r, &line);
        while (!failed && line.len > 0)
                failed = take_piece(r, &line);
        return failed;
}

static int end_line(struct fault_reader *r) {
        struct buf line = r->line;
        r->line = BUF_INIT(EVENT_MAX_BYTES);
        int failed = take_line(r, buf_span(&line));
        /* Its memory is used again. */
        buf_clear(&line);
        r->line = line;
        return failed;
}

/* A line longer than an event may be: JSON goes on in the machine, text is cut. */
static int overflow(struct fault_reader *r) {
        size_t taken;
        struct span line = after_mark(buf_span(&r->line));
        bool is_json = begins_json(line);
        int failed;
        if (!is_json) {
                r->is_skipping = true;
                failed = emit(r, 0, line);
        } else {
                begin_json(r);
                failed = take_json(r, line, &taken);
        }
        buf_clear(&r->line);
        return failed;
}

int fault_reader_feed(struct fault_reader *r, struct span s) {
        int failed = 0;
        while (s.len > 0 && !failed) {
                const char *end = memchr(s.data, '\n', s.len);
                size_t len = end ? (size_t)(end - s.data) : s.len, room = EVENT_MAX_BYTES - r->line.len, taken = 0;
                if (r->is_json && r->line.len == 0 && !r->is_skipping) {
                        failed = take_json(r, s, &taken);
                        s = (struct span){s.data + taken, s.len - taken};
                        continue;
                }
                if (!r->is_skipping && end && r->line.len == 0) {
                        failed = take_line(r, (struct span){s.data, len});
                } else if (!r->is_skipping) {
                        buf_put(&r->line, s.data, len < room ? len : room);
                        if (r->line.failed == -ENOMEM)
                                return -ENOMEM;
                        if (len > room) {
                                failed = overflow(r);
                                s = (struct span){s.data + room, s.len - room};
                                continue;
                        }
                        if (end)
                                failed = end_line(r);
                }
                if (end)
                        r->is_skipping = false;
                s = (struct span){s.data + len + (end ? 1 : 0), s.len - len - (end ? 1 : 0)};
        }
        return failed;
}

int fault_reader_end(struct fault_reader *r) {
        int failed = 0;
        if (r->line.len > 0)
                failed = end_line(r);
        if (!failed && r->is_json && r->element.len > 0)
                failed = r->is_document ? (r->in_list ? end_element(r) : 0) : give_back(r);
        /* What is given back may have begun again. */
        if (!failed && r->is_json && !r->is_document && r->element.len > 0)
                failed = emit(r, 0, buf_span(&r->element));
        r->is_json = false;
        return failed ? failed : pass_on(r, true);
}
