/* SPDX-License-Identifier: Apache-2.0 */
/* SNS Publish in the query protocol. The topic's ARN says which region is asked. */
#include <ctype.h>
#include <errno.h>

#include "aws/credentials.h"
#include "aws/error.h"
#include "aws/query.h"
#include "aws/retry.h"
#include "aws/xml.h"
#include "notifiers/message.h"
#include "notifiers/receiver.h"
#include "util/text.h"

enum {
        SNS_BYTES_MAX = 262144, /* the message and its attributes */
        SUBJECT_CHARS = 99,
        TOKEN_CHARS = 128, /* of group and deduplication ids */
};

static const char who[] = "SNS";

struct topic {
        struct span region;
        bool is_fifo;
};

/* arn:PARTITION:sns:REGION:ACCOUNT:NAME */
static int parse_topic(const char *arn, struct topic *ret) {
        struct span rest = span_of(arn), fields[6];
        for (size_t i = 0; i < 5; i++)
                fields[i] = span_split(&rest, ':');
        fields[5] = rest;
        if (!span_is(fields[0], "arn") || !span_starts(fields[1], SPAN("aws")) || !span_is(fields[2], "sns") ||
            fields[3].len == 0 || fields[4].len != 12 || fields[5].len == 0)
                return -EINVAL;
        for (const char *p = arn; *p; p++)
                if (!isalnum((unsigned char)*p) && !strchr(":-_.", *p))
                        return -EINVAL;
        if (memchr(fields[5].data, ':', fields[5].len))
                return -EINVAL;
        ret->region = fields[3];
        ret->is_fifo = fields[5].len > 5 && memcmp(fields[5].data + fields[5].len - 5, ".fifo", 5) == 0;
        return 0;
}

static int sns_check(const struct channel *channel, struct err *reterr) {
        const char *arn = channel_value(channel, "topic_arn"), *role = channel_value(channel, "role_arn"),
                   *base = channel_value(channel, "url");
        struct topic topic;
        if (!arn)
                return err_set(reterr, -EINVAL, "topic_arn is missing: arn:aws:sns:REGION:ACCOUNT:NAME");
        if (parse_topic(arn, &topic) < 0)
                return err_set(reterr, -EINVAL, "topic_arn %s is not arn:aws:sns:REGION:ACCOUNT:NAME", arn);
        if (role && !credentials_is_role(role))
                return err_set(reterr, -EINVAL, "role_arn %s is not arn:aws:iam::ACCOUNT:role/NAME", role);
        return base ? receiver_check_url("url", base, reterr) : 0;
}

enum { ATTRIBUTES = 5, ATTRIBUTE_BYTES_MAX = 64 << 10 };

/* What subscriptions filter by. */
struct attribute {
        const char *name, *kind;
        struct buf value;
};

struct attributes {
        struct attribute items[ATTRIBUTES];
        size_t n;
};

static void attributes_done(struct attributes *a) {
        for (size_t i = 0; i < a->n; i++)
                buf_done(&a->items[i].value);
}
SCOPED_DEFINE_VALUE(struct attributes, attributes_done)

static void add_attribute(struct attributes *a, const char *name, const char *value) {
        if (!value || !value[0])
                return;
        struct attribute *item = &a->items[a->n++];
        *item = (struct attribute){name, "String", BUF_INIT(ATTRIBUTE_BYTES_MAX)};
        buf_put_str(&item->value, value);
}

typedef const char *text_of(const struct incident *i);

static const char *application_of(const struct incident *i) {
        return text_or_empty(i->application);
}

static const char *target_of(const struct incident *i) {
        return text_or_empty(i->target);
}

static const char *diagnoser_of(const struct incident *i) {
        return text_or_empty(i->finding.diagnoser);
}

/* A digest matches a filter when one of its parts does: ["orders","clicks"] */
static void add_array(struct attributes *a, const char *name, const struct delivery *d, text_of *text) {
        struct attribute *item = &a->items[a->n++];
        *item = (struct attribute){name, "String.Array", BUF_INIT(ATTRIBUTE_BYTES_MAX)};
        struct jsonw w = JSONW(&item->value);
        jsonw_array(&w);
        for (size_t i = 0; i < d->n_parts; i++) {
                bool is_new = true;
                for (size_t k = 0; k < i && is_new; k++)
                        is_new = strcmp(text(&d->parts[k].incident), text(&d->parts[i].incident)) != 0;
                if (is_new)
                        jsonw_string(&w, text(&d->parts[i].incident));
        }
        jsonw_array_end(&w);
}

static void list_attributes(const struct delivery *d, struct attributes *a) {
        static const struct {
                const char *name;
                text_of *text;
        } of_incident[] = {{"application", application_of}, {"target", target_of}, {"diagnoser", diagnoser_of}};
        if (d->event != EVENT_HEARTBEAT)
                add_attribute(a, "severity", severity_name(d->incident.finding.severity));
        for (size_t i = 0; i < ELEMENTS(of_incident); i++)
                if (d->n_parts > 0)
                        add_array(a, of_incident[i].name, d, of_incident[i].text);
                else
                        add_attribute(a, of_incident[i].name, of_incident[i].text(&d->incident));
        add_attribute(a, "event", incident_event_name(d->event));
}

/* -ENOMEM, -EMSGSIZE */
static int attributes_bytes(const struct attributes *a, size_t *ret) {
        *ret = 0;
        for (size_t i = 0; i < a->n; i++) {
                const struct attribute *item = &a->items[i];
                if (item->value.failed)
                        return item->value.failed;
                *ret += strlen(item->name) + strlen(item->kind) + item->value.len;
        }
        return *ret < SNS_BYTES_MAX / 2 ? 0 : -EMSGSIZE;
}

static void add_attributes(struct buf *body, const struct attributes *a) {
        char name[64];
        for (size_t i = 0; i < a->n; i++) {
                snprintf(name, sizeof name, "MessageAttributes.entry.%zu.Name", i + 1);
                query_add(body, name, a->items[i].name);
                snprintf(name, sizeof name, "MessageAttributes.entry.%zu.Value.DataType", i + 1);
                query_add(body, name, a->items[i].kind);
                snprintf(name, sizeof name, "MessageAttributes.entry.%zu.Value.StringValue", i + 1);
                query_add(body, name, buf_str(&a->items[i].value));
        }
}

/* Letters, digits and punctuation, 1 to 128 of them. */
static void add_token(struct buf *body, const char *name, const char *text) {
        char token[TOKEN_CHARS + 1];
        size_t n = 0;
        for (; n < TOKEN_CHARS && text[n]; n++)
                token[n] = text[n];
        for (size_t i = 0; i < n; i++)
                if (!isgraph((unsigned char)token[i]) || (unsigned char)token[i] >= 0x80)
                        token[i] = '_';
        token[n] = '\0';
        query_add(body, name, n > 0 ? token : "_");
}

static int put_body(struct buf *body, const struct delivery *d, const char *arn, const struct topic *topic) {
        SCOPED(message_done) struct message m = {0};
        SCOPED(buf_done) struct buf subject = BUF_INIT(2 * SUBJECT_CHARS), json = BUF_INIT(SNS_BYTES_MAX);
        SCOPED(attributes_done) struct attributes attributes = {0};
        size_t reserved;
        list_attributes(d, &attributes);
        int r = attributes_bytes(&attributes, &reserved);
        if (r >= 0)
                r = message_make(d, &m);
        if (r >= 0)
                r = message_json(d, SNS_BYTES_MAX - reserved, &json);
        if (r < 0)
                return r;
        message_put_ascii(&subject, m.title, SUBJECT_CHARS);
        query_begin(body, "Publish", "2010-03-31");
        query_add(body, "TopicArn", arn);
        query_add(body, "Subject", buf_str(&subject));
        query_add(body, "Message", buf_str(&json));
        add_attributes(body, &attributes);
        if (topic->is_fifo) {
                add_token(body, "MessageGroupId", text_or_empty(d->incident.application));
                add_token(body, "MessageDeduplicationId", d->delivery_id);
        }
        return subject.failed;
}

static int fill(struct http_request *request, const struct delivery *d, const struct channel *channel) {
        const char *arn = channel_value(channel, "topic_arn"), *base = channel_value(channel, "url");
        struct topic topic;
        if (!arn || parse_topic(arn, &topic) < 0)
                return -EINVAL;
        request->service = "sns";
        request->operation = "Publish";
        request->auth = HTTP_AUTH_SIGV4;
        request->has_effect = !topic.is_fifo; /* a FIFO topic drops repeats by their deduplication id */
        request->region = span_dup(topic.region);
        request->url = base ? strdup(base) : NULL;
        if (!request->region || (base && !request->url))
                return -ENOMEM;
        int r = http_request_header(request, "Content-Type", QUERY_CONTENT_TYPE);
        return r < 0 ? r : put_body(&request->body, d, arn, &topic);
}

static int sns_render(const struct delivery *d, const struct channel *channel, struct http_request *ret_request) {
        struct http_request request;
        http_request_init(&request);
        int r = receiver_request_end(&request, fill(&request, d, channel));
        if (r >= 0)
                *ret_request = request;
        return r;
}

static bool is_published(const struct http_reply *reply) {
        SCOPED(free) char *id = NULL;
        const struct xml_want wants[] = {{"PublishResponse/PublishResult/MessageId", &id}};
        return xml_pick(reply->body, wants, 1, NULL) == 0 && id && id[0];
}

/* SNS says 400 of the topic's key and of a disabled endpoint, too, which somebody may mend while the message waits. */
static bool is_about_message(const char *code) {
        static const char *const starts[] = {"HTTP 4", "InvalidParameter", "ParameterValueInvalid", "Validation",
                                             "MissingParameter"};
        for (size_t i = 0; i < ELEMENTS(starts); i++)
                if (strncmp(code, starts[i], strlen(starts[i])) == 0)
                        return true;
        return false;
}

/* What to do about a topic that takes nothing; NULL: wait. */
static const char *way_out(const char *code) {
        static const struct {
                const char *start, *advice;
        } rows[] = {
                {"NotFound", "check region, account and name in topic_arn"},
                {"Authorization", "allow sns:Publish (flinkwatchctl iam-policy)"},
                {"AccessDenied", "allow sns:Publish (flinkwatchctl iam-policy)"},
                {"KMSAccessDenied", "allow kms:GenerateDataKey and kms:Decrypt on the topic's key"},
                {"KMSDisabled", "enable the topic's key"},
                {"KMSNotFound", "give the topic a key that exists"},
        };
        for (size_t i = 0; i < ELEMENTS(rows); i++)
                if (strncmp(code, rows[i].start, strlen(rows[i].start)) == 0)
                        return rows[i].advice;
        return NULL;
}

static enum outcome sns_read_reply(const struct http_reply *reply, int64_t now_s, int64_t *ret_retry_s,
                                   struct err *reterr) {
        struct aws_error error = {0};
        enum outcome outcome = receiver_judge(who, reply, "", now_s, ret_retry_s, reterr);
        if (outcome == OUTCOME_DELIVERED) {
                if (is_published(reply))
                        return outcome;
                err_set(reterr, -EPROTO, "%s: HTTP %d without a MessageId: the answer is not SNS's", who,
                        reply->status);
                return OUTCOME_RETRY;
        }
        if (reply->fault != HTTP_FAULT_NONE || reply->status == 0)
                return outcome;
        aws_error_parse(reply, &error);
        bool is_refused = outcome == OUTCOME_REFUSED && is_about_message(error.code);
        const char *advice = is_refused ? NULL : way_out(error.code);
        err_set(reterr, is_refused ? -EPERM : -EAGAIN, "%s%s: %s%s%s", who, is_refused ? " refused the message" : "",
                error.code, error.message[0] ? ": " : "", error.message);
        if (advice)
                err_advise(reterr, advice);
        return is_refused ? OUTCOME_REFUSED : OUTCOME_RETRY;
}

/* Consumers of a FIFO topic get each event in its application's group. */
static enum bundling sns_bundling(const struct channel *channel) {
        struct topic topic;
        const char *arn = channel_value(channel, "topic_arn");
        return arn && parse_topic(arn, &topic) == 0 && !topic.is_fifo ? BUNDLE_WHEN_MANY : BUNDLE_NEVER;
}

static const char *const keys[] = {"topic_arn", "role_arn", "profile", "url", NULL};
static const char *const secrets[] = {NULL};

const struct notifier notifier_sns = {
        .type = "sns",
        .keys = keys,
        .secrets = secrets,
        .check = sns_check,
        .render = sns_render,
        .read_reply = sns_read_reply,
        .bundling = sns_bundling,
        .is_for_people = true,
        .takes_heartbeats = true,
};
