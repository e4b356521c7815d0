/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <math.h>
#include <string.h>

#include "util/list.h"
#include "util/text.h"

enum { ONSET = 1767323040 }; /* 2026-01-02T03:04:00Z, a Friday */

static void set(char **slot, const char *text) {
        assert_int_equal(text_replace(slot, text), 0);
}

static int64_t told_at(enum incident_event event) {
        switch (event) {
        case EVENT_UPDATED:
                return ONSET + 1800;
        case EVENT_ESCALATED:
                return ONSET + 2400;
        case EVENT_REMINDER:
                return ONSET + 4 * 3600;
        case EVENT_RESOLVED:
                return ONSET + 7800;
        default:
                return ONSET + 150;
        }
}

static struct delivery base(int64_t id, enum incident_event event, const char *application) {
        struct delivery d = {.id = 400 + id, .event = event, .created_at_s = told_at(event)};
        struct incident *i = &d.incident;
        snprintf(d.delivery_id, sizeof d.delivery_id, "5f3a9c-%d-%d-oncall", (int)id, (int)event);
        set(&d.notifier, "oncall");
        i->id = id;
        i->revision = (int64_t)event;
        set(&i->target, "prod-eu");
        set(&i->application, application);
        set(&i->application_arn, "arn:aws:kinesisanalytics:eu-west-1:111122223333:application/orders");
        i->opened_at_s = ONSET + 150;
        i->updated_at_s = d.created_at_s;
        if (event == EVENT_RESOLVED) {
                i->state = INCIDENT_RESOLVED;
                i->resolved_at_s = d.created_at_s;
        }
        return d;
}

static void add_advice(struct finding *f, const char *text) {
        char **slot = LIST_ADD(f->advice, f->n_advice, f->advice_size);
        assert_non_null(slot);
        set(slot, text);
}

static struct evidence *add_evidence(struct finding *f, const char *kind, const char *name) {
        struct evidence *e = LIST_ADD(f->evidence, f->n_evidence, f->evidence_size);
        assert_non_null(e);
        *e = (struct evidence){.kind = kind, .value = NAN, .threshold = NAN};
        set(&e->metric, name);
        return e;
}

static void add_point(struct finding *f, const char *metric, const char *statistic, int64_t at_s, double value,
                      double threshold) {
        struct evidence *e = add_evidence(f, "metric", metric);
        set(&e->statistic, statistic);
        e->at_s = at_s;
        e->value = value;
        e->threshold = threshold;
}

static void add_symptom(struct finding *f, const char *text, const char *relation) {
        struct symptom *s = LIST_ADD(f->symptoms, f->n_symptoms, f->symptoms_size);
        assert_non_null(s);
        set(&s->text, text);
        set(&s->relation, relation);
}

static void add_suppressed(struct incident *i, const char *diagnoser) {
        struct suppressed *s = LIST_ADD(i->suppressed, i->n_suppressed, i->suppressed_size);
        assert_non_null(s);
        set(&s->diagnoser, diagnoser);
        s->since_s = ONSET + 60;
}

static struct root_cause *add_cause(struct finding *f, const char *role, const char *category) {
        f->root_cause = calloc(1, sizeof *f->root_cause);
        assert_non_null(f->root_cause);
        f->root_cause->role = role;
        f->root_cause->category = category;
        f->root_cause->attempt = -1;
        return f->root_cause;
}

struct delivery delivery_loop(enum incident_event event) {
        struct delivery d = base(17, event, "orders");
        struct finding *f = &d.incident.finding;
        f->diagnoser = "restart_loop";
        f->severity = SEVERITY_CRITICAL;
        f->confidence = CONFIDENCE_HIGH;
        f->onset_s = ONSET;
        set(&f->title, "Restart loop, 4 restarts a minute");
        set(&f->summary, "The job restarted 9 times in 2 min and never ran longer than 4 s.");
        struct root_cause *c = add_cause(f, "trigger", "bad_record");
        set(&c->exception_class, "com.fasterxml.jackson.core.JsonParseException");
        set(&c->message, "Unexpected character ('<' (code 60)) at [byte offset: 17] & no more");
        set(&c->frame, "com.acme.Parse.map");
        set(&c->task, "Source: orders -> Parse (1/4)");
        c->attempt = 0;
        c->first_fault_at_s = ONSET + 5;
        c->last_healthy_at_s = ONSET - 20;
        add_advice(f, "Route records that cannot be parsed to a side output in com.acme.Parse.map, then deploy.");
        add_advice(f, "Until then skip the record: it is at the committed offset of the stream orders.");
        add_point(f, "fullRestarts", "Maximum", ONSET, 3, NAN);
        add_point(f, "fullRestarts", "Maximum", ONSET + 60, 7, NAN);
        add_point(f, "fullRestarts", "Maximum", ONSET + 120, 12, 3);
        add_point(f, "uptime", "Minimum", ONSET + 120, 4000, NAN);
        struct evidence *said = add_evidence(f, "operation", "UpdateApplication");
        said->at_s = ONSET - 90000;
        set(&said->text, "SUCCESSFUL, version 41 to 42");
        add_symptom(f, "Checkpoints fail", "no checkpoint completes while the job restarts");
        add_suppressed(&d.incident, "downtime");
        add_suppressed(&d.incident, "source_lag");
        if (event == EVENT_REMINDER) {
                d.incident.state = INCIDENT_ACKNOWLEDGED;
                d.incident.acknowledged_at_s = ONSET + 600;
                set(&d.incident.acknowledged_by, "alice");
        }
        return d;
}

struct delivery delivery_checkpoints(enum incident_event event) {
        struct delivery d = base(18, event, "customer-360-enrichment-pipeline-eu-west-1-blue");
        struct finding *f = &d.incident.finding;
        f->diagnoser = "checkpoint_duration";
        f->severity = event == EVENT_ESCALATED ? SEVERITY_CRITICAL : SEVERITY_WARNING;
        f->confidence = CONFIDENCE_MEDIUM;
        f->onset_s = ONSET - 6 * 3600;
        set(&f->title, "Checkpoints take 86 % of the 60 s interval, longer by 4 s an hour");
        set(&f->summary, "The last checkpoint took 51.6 s and 1.4 GiB. It reaches the interval in about 2 h 5 min.");
        add_advice(f, "Set a TTL on the state of the operator Enrich: its size grows with the duration.");
        for (int i = 0; i < 30; i++) { /* newest first, as a diagnoser may have them */
                add_point(f, "lastCheckpointDuration", "Maximum", ONSET - i * 60, 51600 - i * 1000, 30000);
                add_point(f, "lastCheckpointSize", "Maximum", ONSET - i * 60, 1.5e9, NAN);
        }
        add_point(f, "backPressuredTimeMsPerSecond", "Maximum", ONSET, 12.345, 500);
        set(&f->evidence[f->n_evidence - 1].dimensions, "Flow=x\x1fTask=Source: orders -> Enrich");
        return d;
}

static char *repeat(const char *piece, size_t n) {
        struct buf text = BUF_INIT(4 << 20);
        for (size_t i = 0; i < n; i++)
                buf_put_str(&text, piece);
        char *s = buf_steal(&text);
        assert_non_null(s);
        return s;
}

struct delivery delivery_hostile(void) {
        static const char piece[] = "<!channel> & <http://x|y> *b* `c` \xf0\x9f\x92\xa5 \xff\n\x01";
        struct delivery d = base(19, EVENT_OPENED, "orders");
        struct finding *f = &d.incident.finding;
        SCOPED(free) char *lot = repeat(piece, 400);
        f->diagnoser = "restart_loop";
        f->severity = SEVERITY_CRITICAL;
        f->onset_s = ONSET;
        set(&f->title, lot);
        set(&f->summary, lot);
        set(&d.incident.target, lot);
        struct root_cause *c = add_cause(f, "of tomorrow", "also_new");
        set(&c->exception_class, lot);
        set(&c->message, lot);
        set(&c->frame, lot);
        set(&c->task, lot);
        set(&c->pivot, lot);
        for (int i = 0; i < 20; i++) {
                add_advice(f, lot);
                add_suppressed(&d.incident, "downtime");
                set(&add_evidence(f, "log", "line")->text, lot);
                add_point(f, i % 2 ? lot : "uptime", "Minimum", ONSET + i, i % 3 ? 1e300 : -1e300, INFINITY);
        }
        return d;
}

static void add_part(struct delivery *digest, int64_t id, enum incident_event event, const char *application,
                     const char *target) {
        struct delivery *d = LIST_ADD(digest->parts, digest->n_parts, digest->parts_size);
        assert_non_null(d);
        *d = base(id, event, application);
        set(&d->incident.target, target);
        struct finding *f = &d->incident.finding;
        f->diagnoser = id % 3 == 0 ? "source_lag" : "restart_loop";
        f->severity = id % 2 ? SEVERITY_CRITICAL : SEVERITY_WARNING;
        d->incident.announced_severity = f->severity;
        f->onset_s = ONSET + 60 * (id - 30);
        set(&f->title, id % 3 == 0 ? "Source lag grows by 20 s a minute" : "Restart loop, 4 restarts a minute");
        add_point(f, "fullRestarts", "Maximum", ONSET + 120, 12, 3);
        add_advice(f, "Look at the first exception of the log.");
}

struct delivery delivery_digest(void) {
        struct delivery d = {.id = 430, .event = EVENT_DIGEST, .n_watched = 40};
        snprintf(d.delivery_id, sizeof d.delivery_id, "5f3a9c-digest-430-oncall");
        set(&d.notifier, "oncall");
        add_part(&d, 30, EVENT_OPENED, "payments", "prod-eu");
        add_part(&d, 31, EVENT_OPENED, "orders", "prod-eu");
        add_part(&d, 32, EVENT_OPENED, "clicks <!channel> & co", "prod-eu");
        add_part(&d, 33, EVENT_OPENED, "fraud-detection-realtime", "prod-us");
        add_part(&d, 34, EVENT_OPENED, "sessions", "prod-us");
        add_part(&d, 35, EVENT_OPENED, "orders", "prod-eu");
        add_part(&d, 34, EVENT_RESOLVED, "sessions", "prod-us");
        for (size_t i = 0; i < d.n_parts; i++)
                if (d.parts[i].created_at_s > d.created_at_s)
                        d.created_at_s = d.parts[i].created_at_s;
        assert_int_equal(incident_dup(&delivery_gravest(&d)->incident, &d.incident), 0);
        return d;
}

struct delivery delivery_heartbeat(void) {
        struct delivery d = {.event = EVENT_HEARTBEAT, .created_at_s = ONSET};
        snprintf(d.delivery_id, sizeof d.delivery_id, "5f3a9c-heartbeat-%d", (int)ONSET);
        set(&d.notifier, "oncall");
        return d;
}

struct channel channel_of(const struct notifier *notifier, ...) {
        struct channel c = {.type = notifier->type, .keys = notifier->keys};
        size_t n = 0;
        const char *key;
        va_list args;
        while (notifier->keys[n])
                n++;
        set(&c.name, "oncall");
        c.values = calloc(n + 1, sizeof *c.values);
        assert_non_null(c.values);
        va_start(args, notifier);
        while ((key = va_arg(args, const char *))) {
                const char *value = va_arg(args, const char *);
                size_t i = 0;
                while (notifier->keys[i] && strcmp(notifier->keys[i], key) != 0)
                        i++;
                assert_non_null(notifier->keys[i]);
                set(&c.values[i], value);
        }
        va_end(args);
        return c;
}

static void new_line(struct buf *to, size_t depth) {
        buf_put_char(to, '\n');
        for (size_t i = 0; i < depth; i++)
                buf_put_str(to, "  ");
}

void json_indent(struct buf *to, struct span json) {
        size_t depth = 0;
        bool in_string = false;
        for (size_t i = 0; i < json.len; i++) {
                char c = json.data[i], next = i + 1 < json.len ? json.data[i + 1] : '\0';
                bool closes = !in_string && (c == '}' || c == ']');
                if (closes && i > 0 && json.data[i - 1] != '{' && json.data[i - 1] != '[')
                        new_line(to, depth - 1);
                depth -= closes;
                buf_put_char(to, c);
                if (in_string && c == '\\') {
                        buf_put_char(to, next);
                        i++;
                } else if (c == '"') {
                        in_string = !in_string;
                } else if (!in_string && (c == '{' || c == '[')) {
                        depth++;
                        if (next != '}' && next != ']')
                                new_line(to, depth);
                } else if (!in_string && c == ',') {
                        new_line(to, depth);
                } else if (!in_string && c == ':') {
                        buf_put_char(to, ' ');
                }
        }
        buf_put_char(to, '\n');
}

static void read_all(const char *path, struct buf *to) {
        char chunk[4096];
        size_t n;
        SCOPED(fclose) FILE *f = fopen(path, "rb");
        if (!f)
                fail_msg("cannot open %s", path);
        while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
                buf_put(to, chunk, n);
}

void assert_golden(const char *name, struct span text) {
        const char *source = getenv("FLINKWATCH_SRCDIR"), *mode = getenv("FLINKWATCH_GOLDEN");
        SCOPED(buf_done) struct buf actual = BUF_INIT(1 << 20), expected = BUF_INIT(1 << 20);
        char path[512];
        snprintf(path, sizeof path, "%s/tests/golden/%s", source ? source : ".", name);
        if (text.len > 0 && (text.data[0] == '{' || text.data[0] == '['))
                json_indent(&actual, text);
        else
                buf_put_span(&actual, text);
        if (mode && strcmp(mode, "write") == 0) {
                SCOPED(fclose) FILE *f = fopen(path, "wb");
                assert_non_null(f);
                assert_int_equal(fwrite(buf_str(&actual), 1, actual.len, f), actual.len);
                return;
        }
        read_all(path, &expected);
        assert_string_equal(buf_str(&actual), buf_str(&expected));
}

struct http_reply reply_of(int status, const char *body, const char *headers) {
        return (struct http_reply){
                .status = status, .body = span_of(body), .headers = span_of(headers), .was_sent = true};
}

const char *request_header(const struct http_request *r, const char *name) {
        for (size_t i = 0; i < r->n_headers; i++)
                if (strcmp(r->headers[i].name, name) == 0)
                        return r->headers[i].value;
        return "";
}

void assert_text_in(const char *text, const char *part) {
        if (!strstr(text, part))
                fail_msg("\"%s\" is not in \"%s\"", part, text);
}

void assert_text_not_in(const char *text, const char *part) {
        if (strstr(text, part))
                fail_msg("\"%s\" is in \"%s\"", part, text);
}
