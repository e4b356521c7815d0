/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus Alertmanager's v2 API. An alert is its labels, severity among them: when the severity changes, the alert of the
 * other severity is ended in the same request. */
#include <errno.h>

#include "notifiers/message.h"
#include "notifiers/receiver.h"
#include "util/text.h"

/* Longer than the longest repeat_interval: an alert must not end by itself while the incident is open. The end is told. */
enum { LIVES_S = 8 * 86400, INCIDENT_MAX = 256 << 10 };

static const char who[] = "Alertmanager";

static int alertmanager_check(const struct channel *channel, struct err *reterr) {
        const char *base = channel_value(channel, "url");
        if (!base)
                return err_set(reterr, -EINVAL, "url is missing: http://HOST:9093");
        return receiver_check_url("url", base, reterr);
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

static void put_alert(struct jsonw *w, const struct delivery *d, enum severity severity, const struct message *m,
                      const struct buf *json) {
        const struct incident *i = &d->incident;
        int64_t now_s = message_at_s(d), from_s = i->finding.onset_s > 0 ? i->finding.onset_s : now_s;
        bool is_over = d->event == EVENT_RESOLVED || severity != i->finding.severity;
        int64_t to_s = !is_over ? now_s + LIVES_S : i->resolved_at_s > 0 ? i->resolved_at_s : now_s;
        jsonw_object(w);
        put_labels(w, i, severity);
        if (severity == i->finding.severity)
                put_annotations(w, d, m, json);
        if (from_s > 0) {
                jsonw_member_time(w, "startsAt", from_s);
                jsonw_member_time(w, "endsAt", to_s > from_s ? to_s : from_s + 1);
        }
        jsonw_object_end(w);
}

/* Whether an alert of that severity may be up from an earlier event. Ending one that never was could be shown to people. */
static bool is_superseded(const struct delivery *d, enum severity severity) {
        if (severity == d->incident.finding.severity || d->event == EVENT_OPENED)
                return false;
        return severity == d->incident.announced_severity ||
               (d->event == EVENT_ESCALATED && severity < d->incident.finding.severity);
}

static int fill(struct http_request *request, const struct delivery *d) {
        SCOPED(message_done) struct message m = {0};
        SCOPED(buf_done) struct buf json = BUF_INIT(INCIDENT_MAX);
        int r = message_make(d, &m);
        if (r >= 0)
                r = message_incident_json(d, INCIDENT_MAX, &json);
        if (r < 0)
                return r;
        struct jsonw w = JSONW(&request->body);
        jsonw_array(&w);
        for (enum severity s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++)
                if (s == d->incident.finding.severity || is_superseded(d, s))
                        put_alert(&w, d, s, &m, &json);
        jsonw_array_end(&w);
        return 0;
}

static int alertmanager_render(const struct delivery *d, const struct channel *channel,
                               struct http_request *ret_request) {
        struct http_request request;
        const char *base = channel_value(channel, "url");
        int r = base ? receiver_request("PostAlerts", "http://localhost/api/v2/alerts", base, &request) : -EINVAL;
        if (r < 0)
                return r;
        request.has_effect = false;
        r = receiver_request_end(&request, fill(&request, d));
        if (r >= 0)
                *ret_request = request;
        return r;
}

static enum outcome alertmanager_read_reply(const struct http_reply *reply, int64_t now_s, int64_t *ret_retry_s,
                                            struct err *reterr) {
        return receiver_judge(who, reply, "", now_s, ret_retry_s, reterr);
}

static const char *const keys[] = {"url", NULL};
static const char *const secrets[] = {NULL};

const struct notifier notifier_alertmanager = {
        "alertmanager", keys, secrets, alertmanager_check, alertmanager_render, alertmanager_read_reply, false};
