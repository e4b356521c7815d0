/* SPDX-License-Identifier: Apache-2.0 */
/* PagerDuty's Events API v2: one alert per incident, by its dedup_key; sending an event twice changes nothing. Incidents that open
 * together share an alert: a page says what became of each, and ends when the last of them has. */
#include <errno.h>
#include <inttypes.h>

#include "notifiers/message.h"
#include "notifiers/receiver.h"
#include "util/text.h"

/* The whole body may have 512 KB. */
enum { ROUTING_KEY_CHARS = 32, DEDUP_KEY_MAX = 255, DETAILS_MAX = 256 << 10, BACKOFF_S = 120 };

static const char who[] = "PagerDuty";
static const char standard_base[] = "https://events.pagerduty.com";

static int pagerduty_check(const struct channel *channel, struct err *reterr) {
        static const char alphanumeric[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        const char *key = channel_value(channel, "routing_key"), *base = channel_value(channel, "url");
        if (!key)
                return err_set(reterr, -EINVAL, "routing_key is missing (or routing_key_file, a file that holds it)");
        if (strlen(key) != ROUTING_KEY_CHARS || strspn(key, alphanumeric) != ROUTING_KEY_CHARS)
                return err_set(reterr, -EINVAL, "routing_key must be the integration's 32 letters and digits");
        return base ? receiver_check_url("url", base, reterr) : 0;
}

/* As it is now, whatever the event: a retry that comes late must not open again what is over. */
static const char *action_on_page(const struct delivery *d) {
        size_t n_open = 0, n_taken = 0;
        for (size_t i = 0; i < d->n_parts; i++) {
                n_open += d->parts[i].incident.state != INCIDENT_RESOLVED;
                n_taken += d->parts[i].incident.state == INCIDENT_ACKNOWLEDGED;
        }
        if (n_open == 0)
                return "resolve";
        return n_taken == n_open && d->event != EVENT_ESCALATED ? "acknowledge" : "trigger";
}

static const char *action(const struct delivery *d) {
        if (d->event == EVENT_DIGEST)
                return "trigger";
        if (d->page_id[0])
                return action_on_page(d);
        if (d->event == EVENT_RESOLVED)
                return "resolve";
        return d->incident.state == INCIDENT_ACKNOWLEDGED && d->event != EVENT_ESCALATED ? "acknowledge" : "trigger";
}

static void put_dedup_key(struct jsonw *w, const struct delivery *d) {
        const struct incident *i = &d->incident;
        const char *page_id = d->event == EVENT_DIGEST ? d->delivery_id : d->page_id;
        char key[DEDUP_KEY_MAX + 1], whole[1024];
        if (page_id[0])
                snprintf(whole, sizeof whole, "flinkwatch/%s", page_id);
        else
                snprintf(whole, sizeof whole, "flinkwatch/%" PRId64 "/%s/%s/%s", i->id, text_or_empty(i->target),
                         text_or_empty(i->application), text_or_empty(i->finding.diagnoser));
        text_copy(key, sizeof key, whole);
        jsonw_member_string(w, "dedup_key", key);
}

static void put_text(struct jsonw *w, const char *key, const struct buf *text) {
        if (text->len > 0)
                jsonw_member_string(w, key, buf_str(text));
}

/* What there is to say of an event: of one on a page of several also how that page stands. */
struct texts {
        struct message event, page;
        struct buf json;
        bool has_page;
};

static void texts_done(struct texts *t) {
        message_done(&t->event);
        message_done(&t->page);
        buf_done(&t->json);
}
SCOPED_DEFINE_VALUE(struct texts, texts_done)

static int make_texts(const struct delivery *d, struct texts *t) {
        struct delivery alone = *d; /* borrows all that d owns */
        t->has_page = d->page_id[0] && d->n_parts > 0;
        if (t->has_page) {
                alone.parts = NULL;
                alone.n_parts = 0;
        }
        int r = message_make(&alone, &t->event);
        if (r >= 0 && t->has_page)
                r = message_make(d, &t->page);
        return r >= 0 ? message_json(&alone, DETAILS_MAX, &t->json) : r;
}

static void put_details(struct jsonw *w, const struct texts *t) {
        const struct message *m = &t->event;
        jsonw_key(w, "custom_details");
        jsonw_object(w);
        if (t->has_page) {
                jsonw_member_string(w, "news", m->title);
                put_text(w, "page", &t->page.numbers);
        }
        put_text(w, "cause", &m->cause);
        put_text(w, "numbers", &m->numbers);
        put_text(w, "first_thing_to_do", &m->advice);
        jsonw_member_string(w, "more", m->command);
        jsonw_key(w, "delivery");
        jsonw_raw(w, buf_span(&t->json));
        jsonw_object_end(w);
}

static void put_payload(struct jsonw *w, const struct delivery *d, const struct texts *t) {
        const struct incident *i = t->has_page ? &delivery_gravest(d)->incident : &d->incident;
        int64_t at_s = i->finding.onset_s > 0 ? i->finding.onset_s : message_at_s(d);
        jsonw_key(w, "payload");
        jsonw_object(w);
        jsonw_member_string(w, "summary", t->has_page ? t->page.title : t->event.title);
        jsonw_member_string(w, "source", text_same(i->application, NULL) ? "flinkwatch" : i->application);
        jsonw_member_string(w, "severity", severity_name(i->finding.severity));
        if (at_s > 0)
                jsonw_member_time(w, "timestamp", at_s);
        jsonw_member_string(w, "component", i->application);
        jsonw_member_string(w, "group", i->target);
        jsonw_member_string(w, "class", i->finding.diagnoser);
        put_details(w, t);
        jsonw_object_end(w);
}

static int fill(struct http_request *request, const struct delivery *d, const char *key) {
        SCOPED(texts_done) struct texts t = {.json = BUF_INIT(DETAILS_MAX)};
        int r = make_texts(d, &t);
        if (r < 0)
                return r;
        struct jsonw w = JSONW(&request->body);
        jsonw_object(&w);
        jsonw_member_string(&w, "routing_key", key);
        jsonw_member_string(&w, "event_action", action(d));
        put_dedup_key(&w, d);
        jsonw_member_string(&w, "client", "flinkwatch");
        if (strcmp(action(d), "trigger") == 0)
                put_payload(&w, d, &t);
        jsonw_object_end(&w);
        return 0;
}

static int pagerduty_render(const struct delivery *d, const struct channel *channel, struct http_request *ret_request) {
        struct http_request request;
        const char *key = channel_value(channel, "routing_key"), *base = channel_value(channel, "url");
        int r = key ? receiver_request("EnqueueEvent", "https://events.pagerduty.com/v2/enqueue",
                                       base ? base : standard_base, &request)
                    : -EINVAL;
        if (r < 0)
                return r;
        request.has_effect = false;
        r = receiver_request_end(&request, fill(&request, d, key));
        if (r >= 0)
                *ret_request = request;
        return r;
}

static enum outcome pagerduty_read_reply(const struct http_reply *reply, int64_t now_s, int64_t *ret_retry_s,
                                         struct err *reterr) {
        enum outcome outcome = receiver_judge(who, reply, "", now_s, ret_retry_s, reterr);
        if (reply->status == 429 && *ret_retry_s == 0)
                *ret_retry_s = BACKOFF_S; /* it says no more than "later", and means minutes */
        return outcome;
}

static enum bundling pagerduty_bundling(const struct channel *channel) {
        (void)channel;
        return BUNDLE_OPENINGS;
}

static const char *const keys[] = {"routing_key", "url", NULL};
static const char *const secrets[] = {"routing_key", NULL};

const struct notifier notifier_pagerduty = {
        .type = "pagerduty",
        .keys = keys,
        .secrets = secrets,
        .check = pagerduty_check,
        .render = pagerduty_render,
        .read_reply = pagerduty_read_reply,
        .takes_acknowledgements = true,
        .bundling = pagerduty_bundling,
        .is_for_people = true,
};
