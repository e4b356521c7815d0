/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus Alertmanager's v2 API. An alert is its labels, severity among them: when the severity changes, the alert of the
 * other severity is ended in the same request. Several events are several alerts of one request. */
#include <errno.h>

#include "model/param.h"
#include "notifiers/digest.h"
#include "notifiers/message.h"
#include "notifiers/receiver.h"
#include "util/text.h"

/* An alert ends by itself when it was not told again that often: Alertmanager keeps alerts in memory, and flinkwatch may be gone. */
enum { REFRESH_DEFAULT_S = 120, REFRESH_MAX_S = 3600, LIVES_REFRESHES = 5, INCIDENT_MAX = 256 << 10 };

static const char who[] = "Alertmanager";

static int read_refresh(const struct channel *channel, int64_t *ret, struct err *reterr) {
        static const struct param row = {"refresh_interval", PARAM_DURATION, REFRESH_DEFAULT_S, 1, REFRESH_MAX_S, NULL};
        const char *text = channel_value(channel, row.name);
        double value = REFRESH_DEFAULT_S;
        int r = text ? param_parse(&row, span_of(text), &value, reterr) : 0;
        *ret = (int64_t)value;
        return r;
}

static int64_t alertmanager_refresh_s(const struct channel *channel) {
        int64_t refresh_s;
        return read_refresh(channel, &refresh_s, NULL) == 0 ? refresh_s : REFRESH_DEFAULT_S;
}

static int alertmanager_check(const struct channel *channel, struct err *reterr) {
        const char *base = channel_value(channel, "url");
        if (!base)
                return err_set(reterr, -EINVAL, "url is missing: http://HOST:9093");
        int64_t refresh_s;
        int r = receiver_check_url("url", base, reterr);
        return r < 0 ? r : read_refresh(channel, &refresh_s, reterr);
}

/* An empty label counts as absent. */
static void put_text(struct jsonw *w, const char *name, const char *value) {
        if (value && value[0])
                jsonw_member_string(w, name, value);
}

static void put_labels(struct jsonw *w, const struct incident *i, enum severity severity) {
        jsonw_key(w, "labels");
        jsonw_object(w);
        put_text(w, "alertname", i->finding.diagnoser);
        put_text(w, "application", i->application);
        put_text(w, "target", i->target);
        put_text(w, "severity", severity_name(severity));
        put_text(w, "subject", i->finding.subject);
        jsonw_object_end(w);
}

/* Annotations are texts: the incident is its JSON. */
static void put_annotations(struct jsonw *w, const struct delivery *d, const struct message *m,
                            const struct buf *json) {
        jsonw_key(w, "annotations");
        jsonw_object(w);
        put_text(w, "summary", m->title);
        put_text(w, "description", buf_str(&m->cause));
        put_text(w, "numbers", buf_str(&m->numbers));
        put_text(w, "first_thing_to_do", buf_str(&m->advice));
        put_text(w, "more", m->command);
        put_text(w, "version", "1");
        put_text(w, "event", incident_event_name(d->event));
        put_text(w, "delivery_id", d->delivery_id);
        put_text(w, "incident", buf_str(json));
        jsonw_object_end(w);
}

struct page {
        struct jsonw w;
        int64_t at_s, lives_s; /* of this attempt; how long an alert stays up from then on */
};

static void put_alert(struct page *p, const struct delivery *d, enum severity severity, const struct message *m,
                      const struct buf *json) {
        const struct incident *i = &d->incident;
        int64_t now_s = message_at_s(d), from_s = i->finding.onset_s > 0 ? i->finding.onset_s : now_s;
        bool is_over = d->event == EVENT_RESOLVED || severity != i->finding.severity;
        int64_t to_s = !is_over ? p->at_s + p->lives_s : i->resolved_at_s > 0 ? i->resolved_at_s : now_s;
        jsonw_object(&p->w);
        put_labels(&p->w, i, severity);
        if (severity == i->finding.severity)
                put_annotations(&p->w, d, m, json);
        if (from_s > 0) {
                jsonw_member_time(&p->w, "startsAt", from_s);
                jsonw_member_time(&p->w, "endsAt", to_s > from_s ? to_s : from_s + 1);
        }
        jsonw_object_end(&p->w);
}

/* Whether an alert of that severity may be up from an earlier event. Ending one that never was could be shown to people. */
static bool is_superseded(const struct delivery *d, enum severity severity) {
        if (severity == d->incident.finding.severity || d->event == EVENT_OPENED)
                return false;
        return severity == d->incident.announced_severity ||
               (d->event == EVENT_ESCALATED && severity < d->incident.finding.severity);
}

/* The last of an incident's events in a digest speaks; what earlier ones put up or took down in between, it must take down, too. */
static bool has_put_up(const struct delivery *digest, const struct delivery *last, enum severity severity) {
        for (size_t i = 0; i < digest->n_parts; i++) {
                const struct delivery *d = &digest->parts[i];
                if (d->incident.id == last->incident.id && d != last &&
                    (d->incident.finding.severity == severity || is_superseded(d, severity)))
                        return true;
        }
        return false;
}

/* `digest`: what `d` is part of, or NULL. */
static int put_incident(struct page *p, const struct delivery *digest, const struct delivery *d) {
        SCOPED(message_done) struct message m = {0};
        SCOPED(buf_done) struct buf json = BUF_INIT(INCIDENT_MAX);
        int r = message_make(d, &m);
        if (r >= 0)
                r = message_incident_json(d, INCIDENT_MAX, &json);
        if (r < 0)
                return r;
        for (enum severity s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++)
                if (s == d->incident.finding.severity || is_superseded(d, s) || (digest && has_put_up(digest, d, s)))
                        put_alert(p, d, s, &m, &json);
        return 0;
}

static int fill(struct http_request *request, const struct delivery *d, int64_t lives_s) {
        SCOPED(free) const struct delivery **list = NULL;
        size_t n = 0;
        struct page p = {JSONW(&request->body), d->sent_at_s > 0 ? d->sent_at_s : message_at_s(d), lives_s};
        int r = d->n_parts > 0 ? digest_list(d, &list, &n) : 0;
        jsonw_array(&p.w);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = put_incident(&p, d, list[i]);
        if (d->n_parts == 0 && r >= 0)
                r = put_incident(&p, NULL, d);
        jsonw_array_end(&p.w);
        return r;
}

static int alertmanager_render(const struct delivery *d, const struct channel *channel,
                               struct http_request *ret_request) {
        struct http_request request;
        const char *base = channel_value(channel, "url");
        int r = base ? receiver_request("PostAlerts", "http://localhost/api/v2/alerts", base, &request) : -EINVAL;
        if (r < 0)
                return r;
        request.has_effect = false;
        r = receiver_request_end(&request, fill(&request, d, LIVES_REFRESHES * alertmanager_refresh_s(channel)));
        if (r >= 0)
                *ret_request = request;
        return r;
}

static enum outcome alertmanager_read_reply(const struct http_reply *reply, int64_t now_s, int64_t *ret_retry_s,
                                            struct err *reterr) {
        return receiver_judge(who, reply, "", now_s, ret_retry_s, reterr);
}

static enum bundling alertmanager_bundling(const struct channel *channel) {
        (void)channel;
        return BUNDLE_ALWAYS;
}

static const char *const keys[] = {"url", "refresh_interval", NULL};
static const char *const secrets[] = {NULL};

const struct notifier notifier_alertmanager = {
        .type = "alertmanager",
        .keys = keys,
        .secrets = secrets,
        .check = alertmanager_check,
        .render = alertmanager_render,
        .read_reply = alertmanager_read_reply,
        .bundling = alertmanager_bundling,
        .refresh_s = alertmanager_refresh_s,
};
