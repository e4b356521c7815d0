/* SPDX-License-Identifier: Apache-2.0 */
#include "notifiers/message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "notifiers/digest.h"
#include "notifiers/figures.h"
#include "util/scope.h"
#include "util/text.h"
#include "util/timefmt.h"
#include "util/utf8.h"

enum {
        PART_MAX = 64 << 10, /* far above what the limits on characters let through */
        APPLICATION_CHARS = 20,
        FORMS_MAX = 3, /* of what is wrong in a title: whole, without its last clause, without a method */
        SAID_CHARS = 600,
        NAME_CHARS = 200,
        SUMMARY_CHARS = 1200,
        ADVICE_CHARS = 500,
        ADVICE_MAX = 3,
        EXPLAINED_MAX = 8,
};

struct letter {
        struct span bytes;
        bool is_odd; /* not to be shown as it is */
};

static struct letter letter_at(const char *text, size_t len) {
        size_t width = utf8_width(text, len);
        unsigned char c = (unsigned char)text[0];
        return (struct letter){{text, width ? width : 1}, width == 0 || c < 0x20 || c == 0x7f};
}

static size_t count_chars(struct span text) {
        size_t n = 0;
        for (size_t i = 0; i < text.len; n++)
                i += letter_at(text.data + i, text.len - i).bytes.len;
        return n;
}

size_t message_chars(const char *text) {
        return count_chars(span_of(text));
}

static void put_letter(struct buf *to, struct letter l) {
        if (!l.is_odd)
                buf_put_span(to, l.bytes);
        else if ((unsigned char)l.bytes.data[0] < 0x80)
                buf_put_char(to, ' ');
        else
                buf_put_str(to, "\xef\xbf\xbd");
}

/* Cuts after max_chars - 3 letters when there are more than max_chars. */
void message_put(struct buf *to, const char *text, size_t max_chars) {
        size_t n = message_chars(text), len = strlen(text),
               shown = n <= max_chars  ? n
                       : max_chars > 3 ? max_chars - 3
                                       : 0;
        for (size_t i = 0; shown > 0; shown--) {
                struct letter l = letter_at(text + i, len - i);
                put_letter(to, l);
                i += l.bytes.len;
        }
        if (n > max_chars)
                buf_put(to, "...", max_chars < 3 ? max_chars : 3);
}

void message_put_ascii(struct buf *to, const char *text, size_t max_chars) {
        size_t n = message_chars(text), len = strlen(text), shown = n <= max_chars ? n : max_chars - 3;
        for (size_t i = 0; shown > 0; shown--) {
                struct letter l = letter_at(text + i, len - i);
                unsigned char c = (unsigned char)l.bytes.data[0];
                buf_put_char(to, c >= 0x80 ? '?' : l.is_odd ? ' ' : (char)c);
                i += l.bytes.len;
        }
        if (n > max_chars)
                buf_put_str(to, "...");
}

int64_t message_at_s(const struct delivery *d) {
        return d->created_at_s > 0 ? d->created_at_s : d->incident.updated_at_s;
}

static void put_tag(struct buf *to, const struct delivery *d) {
        static const char *const loud[] = {"INFO", "WARNING", "CRITICAL"};
        const char *severity = loud[d->incident.finding.severity];
        switch (d->event) {
        case EVENT_ESCALATED:
                buf_printf(to, "[now %s] ", severity);
                break;
        case EVENT_REMINDER:
                buf_printf(to, "[still %s] ", severity);
                break;
        case EVENT_RESOLVED:
                buf_put_str(to, "[RESOLVED] ");
                break;
        default:
                buf_printf(to, "[%s] ", severity);
        }
}

/* Within a day the hour says it; before that the day does. `word`: "since ", "" where every character counts. */
static void put_since(struct buf *to, const struct delivery *d, const char *word) {
        const struct incident *i = &d->incident;
        int64_t onset_s = i->finding.onset_s, now_s = message_at_s(d);
        char text[TIME_TEXT_MAX];
        if (onset_s <= 0)
                return;
        if (d->event == EVENT_RESOLVED && i->resolved_at_s > onset_s) {
                time_span_text(i->resolved_at_s - onset_s, text);
                buf_printf(to, ", lasted %s", text);
        } else if (now_s - onset_s < 86400) {
                figure_time(onset_s, onset_s, text);
                buf_printf(to, ", %s%s", word, text);
        } else {
                figure_day(onset_s, text);
                buf_printf(to, ", %s%s", word, text);
        }
}

/* Names of applications differ at their ends as often as at their beginnings. */
static void put_middle_cut(struct buf *to, const char *name, size_t max_chars) {
        size_t n = message_chars(name), tail = n > max_chars ? (max_chars - 3) / 2 : 0, at = 0, len = strlen(name);
        if (n <= max_chars) {
                message_put(to, name, max_chars);
                return;
        }
        message_put(to, name, max_chars - tail);
        for (size_t skip = n - tail; skip > 0; skip--)
                at += letter_at(name + at, len - at).bytes.len;
        message_put(to, name + at, tail);
}

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Without the last clause of "Checkpoints take 87 % of the 60 s interval, full in 5 h"; where there is none, without the method of
 * "NumberFormatException in ParseOrder.map". Empty when hardly anything would be left. */
static struct span shortened(struct span what, bool has_cause) {
        size_t comma = 0, dot = 0;
        for (size_t i = 1; i + 1 < what.len; i++) {
                const char *c = what.data + i;
                if (c[0] == ',' && c[1] == ' ')
                        comma = i;
                if (c[0] == ' ')
                        dot = 0;
                else if (c[0] == '.' && is_letter(c[-1]) && is_letter(c[1]))
                        dot = i;
        }
        size_t end = comma ? comma : has_cause ? dot : 0;
        return (struct span){what.data, end >= what.len / 2 ? end : 0};
}

/* Puts since when into `since` and returns the characters that are left for application and what is wrong. */
static size_t room_beside(const struct delivery *d, size_t n_tag, size_t n_wanted, struct buf *since) {
        since->len = 0;
        put_since(since, d, "since ");
        /* The cause is worth more than a word. */
        if (n_tag + since->len + 2 + n_wanted > MESSAGE_TITLE_CHARS && d->incident.finding.root_cause &&
            d->event != EVENT_RESOLVED) {
                since->len = 0;
                put_since(since, d, "");
        }
        return MESSAGE_TITLE_CHARS - n_tag - since->len - 2;
}

/* The longest form of what is wrong that fits, beside since when, with at least APPLICATION_CHARS before it; all of it when none does. */
static struct span fitting(const struct delivery *d, size_t n_tag, size_t n_application, struct span whole,
                           struct buf *since) {
        size_t n_least = n_application < APPLICATION_CHARS ? n_application : APPLICATION_CHARS;
        struct span form = whole;
        for (int i = 0; i < FORMS_MAX && form.len > 0; i++) {
                size_t n_form = count_chars(form);
                if (n_least + n_form <= room_beside(d, n_tag, n_application + n_form, since))
                        return form;
                form = shortened(form, d->incident.finding.root_cause);
        }
        return whole;
}

/* What is wrong gets the room that tag and time leave; a long application name gives way first. */
static int make_title(const struct delivery *d, char to[4 * MESSAGE_TITLE_CHARS + 1]) {
        SCOPED(buf_done) struct buf title = BUF_INIT(4 * MESSAGE_TITLE_CHARS), since = BUF_INIT(64);
        const char *application = text_or_empty(d->incident.application),
                   *whole = text_or_empty(d->incident.finding.title);
        if (!whole[0])
                whole = text_or_empty(d->incident.finding.diagnoser);
        put_tag(&title, d);
        size_t n_application = message_chars(application);
        SCOPED(free) char *what = span_dup(fitting(d, title.len, n_application, span_of(whole), &since));
        if (!what)
                return -ENOMEM;
        size_t n_what = message_chars(what), room = room_beside(d, title.len, n_application + n_what, &since);
        if (n_application + n_what > room && n_application > APPLICATION_CHARS)
                n_application = n_what + APPLICATION_CHARS < room ? room - n_what : APPLICATION_CHARS;
        put_middle_cut(&title, application, n_application);
        buf_put_str(&title, ": ");
        message_put(&title, what, room - n_application);
        buf_put_span(&title, buf_span(&since));
        text_copy(to, 4 * MESSAGE_TITLE_CHARS + 1, buf_str(&title));
        return title.failed ? title.failed : since.failed;
}

static const char *role_phrase(const char *role) {
        static const char *const phrases[][2] = {
                {"trigger", "Root cause"},
                {"symptom_needs_metrics", "A symptom, not the cause"},
                {"sustainer_only", "What keeps it failing (the first fault is not in the log)"},
        };
        for (size_t i = 0; role && i < ELEMENTS(phrases); i++)
                if (strcmp(role, phrases[i][0]) == 0)
                        return phrases[i][1];
        return "Cause not known, seen";
}

/* "bad_record" -> "bad record" */
static void put_words(struct buf *to, const char *name) {
        for (; *name; name++)
                buf_put_char(to, *name == '_' ? ' ' : *name);
}

static void put_part(struct buf *to, const char *before, const char *text, size_t max_chars) {
        if (!text || !text[0])
                return;
        buf_put_str(to, before);
        message_put(to, text, max_chars);
}

static void put_instants(struct buf *to, const struct root_cause *c, int64_t now_s) {
        char text[48];
        if (c->first_fault_at_s <= 0 && c->last_healthy_at_s <= 0)
                return;
        if (c->first_fault_at_s > 0) {
                figure_time(c->first_fault_at_s, now_s, text);
                buf_printf(to, "\nFirst fault at %s", text);
        }
        if (c->last_healthy_at_s > 0) {
                figure_time(c->last_healthy_at_s, now_s, text);
                buf_printf(to, "%sast healthy at %s", c->first_fault_at_s > 0 ? ", l" : "\nL", text);
        }
        buf_put_char(to, '.');
}

static void put_root_cause(struct buf *to, const struct root_cause *c, int64_t now_s) {
        if (!c->exception_class && !c->message) {
                buf_put_str(to, "The cause is not known.");
                put_part(to, " ", c->completeness, SAID_CHARS);
                return;
        }
        buf_put_str(to, role_phrase(c->role));
        if (c->category && strcmp(c->category, "unknown") != 0) {
                buf_put_str(to, " (");
                put_words(to, c->category);
                buf_put_char(to, ')');
        }
        put_part(to, ": ", c->exception_class, NAME_CHARS);
        put_part(to, ": ", c->message, SAID_CHARS);
        put_part(to, " at ", c->frame, NAME_CHARS);
        put_part(to, " in ", c->task, NAME_CHARS);
        if (c->attempt >= 0)
                buf_printf(to, ", attempt #%" PRId64, c->attempt);
        put_instants(to, c, now_s);
        put_part(to, "\nBefore it: ", c->pivot, SAID_CHARS);
        put_part(to, "\nDeploy: ", c->deploy, SAID_CHARS);
        put_part(to, "\n", c->seen_before, SAID_CHARS);
        if (c->role && strcmp(c->role, "trigger") != 0)
                put_part(to, "\n", c->completeness, SAID_CHARS);
}

/* The summary begins with what was just said at greater length. */
static void put_rest_of_summary(struct buf *to, const struct finding *f) {
        SCOPED(buf_done) struct buf sentence = BUF_INIT(PART_MAX);
        const char *summary = text_or_empty(f->summary);
        root_cause_sentence(f->root_cause, &sentence);
        if (sentence.failed)
                to->failed = sentence.failed;
        else if (strncmp(summary, buf_str(&sentence), sentence.len) == 0)
                summary += sentence.len;
        put_part(to, "\n", summary, SUMMARY_CHARS);
}

static void make_cause(const struct delivery *d, struct buf *to) {
        const struct incident *i = &d->incident;
        char text[TIME_TEXT_MAX];
        if (d->event == EVENT_RESOLVED && i->resolved_at_s > 0) {
                figure_time(i->resolved_at_s, message_at_s(d), text);
                buf_printf(to, "Resolved at %s.\n", text);
        }
        if (i->finding.root_cause) {
                put_root_cause(to, i->finding.root_cause, message_at_s(d));
                put_rest_of_summary(to, &i->finding);
        } else if (i->finding.summary && i->finding.summary[0]) {
                message_put(to, i->finding.summary, SUMMARY_CHARS);
        } else {
                message_put(to, text_or_empty(i->finding.title), SUMMARY_CHARS);
        }
        if (to->len == 0)
                buf_put_str(to, text_or_empty(i->finding.diagnoser));
}

/* What has healed needs no hand. */
static void make_advice(const struct delivery *d, struct buf *to) {
        const struct finding *f = &d->incident.finding;
        for (size_t i = 0; i < f->n_advice && i < ADVICE_MAX && d->event != EVENT_RESOLVED; i++)
                put_part(to, i ? "\n" : "", f->advice[i], ADVICE_CHARS);
}

static void put_instant(struct buf *to, const char *what, int64_t at_s) {
        char text[TIME_TEXT_MAX];
        if (at_s <= 0)
                return;
        time_rfc3339(at_s, text);
        buf_printf(to, " \u00b7 %s %.10s %.5s UTC", what, text, text + 11);
}

static void make_context(const struct delivery *d, struct buf *to) {
        const struct incident *i = &d->incident;
        message_put(to, text_or_empty(i->target), NAME_CHARS);
        put_part(to, "/", i->application, NAME_CHARS);
        put_part(to, " \u00b7 ", i->finding.diagnoser, NAME_CHARS);
        put_part(to, ": ", i->finding.subject, NAME_CHARS);
        buf_printf(to, " \u00b7 %s, confidence %s", severity_name(i->finding.severity),
                   confidence_name(i->finding.confidence));
        put_instant(to, "began", i->finding.onset_s);
        put_instant(to, "opened", i->opened_at_s);
        if (d->event == EVENT_UPDATED)
                put_instant(to, "updated", i->updated_at_s);
        put_instant(to, "resolved", i->resolved_at_s);
        if (i->acknowledged_at_s > 0)
                put_part(to, " \u00b7 acknowledged by ", i->acknowledged_by, NAME_CHARS);
        for (size_t k = 0; k < i->n_suppressed && k < EXPLAINED_MAX; k++)
                put_part(to, k ? ", " : " \u00b7 explains ", i->suppressed[k].diagnoser, NAME_CHARS);
        if (i->n_suppressed > EXPLAINED_MAX)
                buf_printf(to, " and %zu more", i->n_suppressed - EXPLAINED_MAX);
}

static int make_one(const struct delivery *d, struct message *m) {
        int r = make_title(d, m->title);
        make_cause(d, &m->cause);
        figures_put(&m->numbers, &d->incident.finding, message_at_s(d));
        make_advice(d, &m->advice);
        make_context(d, &m->context);
        snprintf(m->command, sizeof m->command, "flinkwatchctl show %" PRId64, d->incident.id);
        return r;
}

static int make_heartbeat(struct message *m) {
        text_copy(m->title, sizeof m->title, "flinkwatch is alive");
        buf_put_str(&m->cause, "This comes at regular times. When it stops, flinkwatch has, too.");
        text_copy(m->command, sizeof m->command, "flinkwatchctl status");
        return 0;
}

int message_make(const struct delivery *d, struct message *ret) {
        SCOPED(message_done)
        struct message m = {
                .cause = BUF_INIT(PART_MAX),
                .numbers = BUF_INIT(PART_MAX),
                .advice = BUF_INIT(PART_MAX),
                .context = BUF_INIT(PART_MAX),
        };
        int r = d->event == EVENT_HEARTBEAT ? make_heartbeat(&m)
                : d->n_parts > 0            ? digest_make(d, &m)
                                            : make_one(d, &m);
        if (r < 0 || m.cause.failed || m.numbers.failed || m.advice.failed || m.context.failed)
                return -ENOMEM;
        *ret = m;
        memset(&m, 0, sizeof m);
        return 0;
}

void message_done(struct message *m) {
        buf_done(&m->cause);
        buf_done(&m->numbers);
        buf_done(&m->advice);
        buf_done(&m->context);
}
