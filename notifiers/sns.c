/* SPDX-License-Identifier: Apache-2.0 */
/* SNS Publish in the query protocol. The topic's ARN says which region is asked. */
#include <ctype.h>
#include <errno.h>

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
        if (role && (strncmp(role, "arn:aws", 7) != 0 || !strstr(role, ":iam::") || !strstr(role, ":role/")))
                return err_set(reterr, -EINVAL, "role_arn %s is not arn:aws:iam::ACCOUNT:role/NAME", role);
        return base ? receiver_check_url("url", base, reterr) : 0;
}

struct attribute {
        const char *name, *value;
};

/* Values may not be empty. */
static size_t list_attributes(const struct delivery *d, struct attribute to[5]) {
        const struct incident *i = &d->incident;
        const struct attribute all[] = {
                {"severity", severity_name(i->finding.severity)},
                {"application", i->application},
                {"target", i->target},
                {"diagnoser", i->finding.diagnoser},
                {"event", incident_event_name(d->event)},
        };
        size_t n = 0;
        for (size_t k = 0; k < ELEMENTS(all); k++)
                if (all[k].value && all[k].value[0])
                        to[n++] = all[k];
        return n;
}

static size_t attributes_bytes(const struct attribute *attributes, size_t n) {
        size_t bytes = 0;
        for (size_t i = 0; i < n; i++)
                bytes += strlen(attributes[i].name) + strlen("String") + strlen(attributes[i].value);
        return bytes;
}

static void add_attributes(struct buf *body, const struct attribute *attributes, size_t n) {
        char name[64];
        for (size_t i = 0; i < n; i++) {
                snprintf(name, sizeof name, "MessageAttributes.entry.%zu.Name", i + 1);
                query_add(body, name, attributes[i].name);
                snprintf(name, sizeof name, "MessageAttributes.entry.%zu.Value.DataType", i + 1);
                query_add(body, name, "String");
                snprintf(name, sizeof name, "MessageAttributes.entry.%zu.Value.StringValue", i + 1);
                query_add(body, name, attributes[i].value);
        }
}

/* Letters, digits and punctuation, 1 to 128 of them. */
static void add_token(struct buf *body, const char *name, const char *text) {
        char token[TOKEN_CHARS + 1];
        size_t n = 0;
        for (; text[n] && n < TOKEN_CHARS; n++)
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
        struct attribute attributes[5];
        size_t n = list_attributes(d, attributes), reserved = attributes_bytes(attributes, n);
        int r = reserved < SNS_BYTES_MAX / 2 ? message_make(d, &m) : -EMSGSIZE;
        if (r >= 0)
                r = message_json(d, SNS_BYTES_MAX - reserved, &json);
        if (r < 0)
                return r;
        message_put_ascii(&subject, m.title, SUBJECT_CHARS);
        query_begin(body, "Publish", "2010-03-31");
        query_add(body, "TopicArn", arn);
        query_add(body, "Subject", buf_str(&subject));
        query_add(body, "Message", buf_str(&json));
        add_attributes(body, attributes, n);
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

/* Keys that expired and a clock that is off are mended by the next try; denied, invalid and unknown topics by nobody but people. */
static bool is_refusal(enum aws_outcome outcome) {
        return outcome == AWS_DENIED || outcome == AWS_INVALID || outcome == AWS_NOT_FOUND || outcome == AWS_OTHER;
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
        bool is_refused = outcome == OUTCOME_REFUSED && is_refusal(aws_classify(reply, &error, 0));
        err_set(reterr, is_refused ? -EPERM : -EAGAIN, "%s%s: %s%s%s", who, is_refused ? " refused the message" : "",
                error.code, error.message[0] ? ": " : "", error.message);
        return is_refused ? OUTCOME_REFUSED : OUTCOME_RETRY;
}

static const char *const keys[] = {"topic_arn", "role_arn", "profile", "url", NULL};
static const char *const secrets[] = {NULL};

const struct notifier notifier_sns = {"sns", keys, secrets, sns_check, sns_render, sns_read_reply, false};
