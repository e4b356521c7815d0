/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/error.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/xml.h"
#include "util/scope.h"
#include "util/text.h"
#include "util/utf8.h"

SCOPED_DEFINE(cJSON, cJSON_Delete)

enum { SKEW_MIN_MS = 4 * 60 * 1000 }; /* exactly four minutes does not count: the SDKs' clock skew behaviour */

/* As much as fits; what cannot be shown becomes '?' or a blank. */
static void put_text(char *to, size_t size, struct span from) {
        size_t n = 0;
        from = span_trim(from);
        for (size_t i = 0; i < from.len;) {
                size_t width = utf8_width(from.data + i, from.len - i);
                unsigned char c = (unsigned char)from.data[i];
                if (n + (width ? width : 1) >= size)
                        break;
                if (width == 0)
                        to[n++] = '?';
                else if (c < 0x20 || c == 0x7f)
                        to[n++] = ' ';
                else
                        memcpy(to + n, from.data + i, width);
                n += width && !(c < 0x20 || c == 0x7f) ? width : 0;
                i += width ? width : 1;
        }
        to[n] = '\0';
}

/* "com.amazonaws.x#Code:http://..." is "Code". */
static void put_code(struct aws_error *e, struct span code) {
        struct span rest = span_trim(code);
        code = span_split(&rest, ':');
        const char *hash = code.len > 0 ? memrchr(code.data, '#', code.len) : NULL;
        if (hash)
                code = (struct span){hash + 1, code.len - (size_t)(hash + 1 - code.data)};
        put_text(e->code, sizeof e->code, code);
}

static const char *member(const cJSON *object, const char *name) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
        return cJSON_IsString(item) ? item->valuestring : NULL;
}

static void read_json(struct span body, struct aws_error *e) {
        SCOPED(cJSON_Delete) cJSON *root = cJSON_ParseWithLength(body.data, body.len);
        if (!cJSON_IsObject(root))
                return;
        const char *code = member(root, "__type"), *message = member(root, "message");
        if (!code || !*code)
                code = member(root, "code");
        if (!message)
                message = member(root, "Message");
        put_code(e, span_of(text_or_empty(code)));
        put_text(e->message, sizeof e->message, span_of(text_or_empty(message)));
}

/* What stands before a service and cannot tell which protocol is spoken: the root is the code, "<UnknownOperationException/>". */
static int take_bare(void *context, const char *path, struct span text) {
        static const char ending[] = "Exception";
        struct aws_error *e = context;
        struct span member = span_of(path), root = span_split(&member, '/');
        size_t n = sizeof ending - 1;
        if (root.len <= n || memcmp(root.data + root.len - n, ending, n) != 0)
                return 0;
        if (!member.data)
                put_text(e->code, sizeof e->code, root);
        else if (span_is(member, "Message") || span_is(member, "message"))
                put_text(e->message, sizeof e->message, text);
        return 0;
}

static void read_xml(struct span body, struct aws_error *e) {
        SCOPED(free)
        char *code = NULL, *message = NULL, *id = NULL, *old_code = NULL, *old_message = NULL, *old_id = NULL;
        const struct xml_want wants[] = {
                {"ErrorResponse/Error/Code", &code}, {"ErrorResponse/Error/Message", &message},
                {"ErrorResponse/RequestId", &id},    {"Response/Errors/Error/Code", &old_code},
                {"Response/RequestID", &old_id},     {"Response/Errors/Error/Message", &old_message},
                {"Error/Code", &old_code},           {"Error/Message", &old_message},
        };
        xml_pick(body, wants, ELEMENTS(wants), NULL);
        put_text(e->code, sizeof e->code, span_of(text_or_empty(code ? code : old_code)));
        put_text(e->message, sizeof e->message, span_of(text_or_empty(message ? message : old_message)));
        put_text(e->request_id, sizeof e->request_id, span_of(text_or_empty(id ? id : old_id)));
        if (!e->code[0])
                xml_read(body, take_bare, e, NULL);
}

/* CloudWatch keeps its old codes in "Code;Sender" beside the new ones in the body. */
static void apply_query_code(const struct http_reply *reply, struct aws_error *e) {
        struct span type = http_reply_header(reply, "x-amzn-query-error"), code = span_split(&type, ';');
        if (type.data && code.len > 0)
                put_code(e, code);
}

static void read_headers(const struct http_reply *reply, struct aws_error *e) {
        if (!e->code[0])
                put_code(e, http_reply_header(reply, "x-amzn-ErrorType"));
        apply_query_code(reply, e);
        struct span id = http_reply_header(reply, "x-amzn-RequestId");
        if (!id.data)
                id = http_reply_header(reply, "x-amz-request-id");
        if (id.len > 0)
                put_text(e->request_id, sizeof e->request_id, id);
}

static const char *fault_name(enum http_fault fault) {
        static const char *const names[] = {
                [HTTP_FAULT_NONE] = "no answer",
                [HTTP_FAULT_RESOLVE] = "name not resolved",
                [HTTP_FAULT_CONNECT] = "not connected",
                [HTTP_FAULT_TLS] = "TLS failed",
                [HTTP_FAULT_TIMEOUT] = "timeout",
                [HTTP_FAULT_CLOSED] = "connection closed",
                [HTTP_FAULT_TOO_BIG] = "answer too long",
                [HTTP_FAULT_CANCELLED] = "cancelled",
                [HTTP_FAULT_OTHER] = "failed",
        };
        return (size_t)fault < ELEMENTS(names) ? names[fault] : "failed";
}

/* A refused signature is answered with the request as it should have been signed, session token and all. */
static void cut_secrets(char *message) {
        char *found = strcasestr(message, "the canonical string");
        if (!found)
                return;
        while (found > message && found[-1] == ' ')
                found--;
        *found = '\0';
}

int aws_error_parse(const struct http_reply *reply, struct aws_error *ret) {
        struct aws_error e = {0};
        struct span body = span_trim(reply->body);
        if (reply->status == 0 || reply->fault != HTTP_FAULT_NONE) {
                text_copy(e.code, sizeof e.code, fault_name(reply->fault));
                put_text(e.message, sizeof e.message,
                         (struct span){reply->fault_text, strnlen(reply->fault_text, sizeof reply->fault_text)});
                *ret = e;
                return 1;
        }
        if (body.len > 0 && body.data[0] == '{')
                read_json(body, &e);
        else if (body.len > 0 && body.data[0] == '<')
                read_xml(body, &e);
        read_headers(reply, &e);
        cut_secrets(e.message);
        bool is_known = e.code[0] != '\0';
        if (!is_known)
                snprintf(e.code, sizeof e.code, "HTTP %d", reply->status);
        *ret = e;
        return is_known ? 0 : 1;
}

bool aws_reply_is_json(const struct http_reply *reply) {
        struct span body = span_trim(reply->body), type = http_reply_header(reply, "Content-Type");
        bool is_html = type.len >= 9 && strncasecmp(type.data, "text/html", 9) == 0;
        return !is_html && body.len >= 2 && body.data[0] == '{' && body.data[body.len - 1] == '}';
}

const char *aws_outcome_name(enum aws_outcome outcome) {
        static const char *const names[] = {
                [AWS_OK] = "ok",           [AWS_THROTTLED] = "throttled", [AWS_TRANSIENT] = "transient",
                [AWS_SKEW] = "skew",       [AWS_DENIED] = "denied",       [AWS_CREDENTIALS] = "credentials",
                [AWS_INVALID] = "invalid", [AWS_NOT_FOUND] = "not found", [AWS_OTHER] = "other",
        };
        return (size_t)outcome < ELEMENTS(names) ? names[outcome] : "other";
}

struct known_code {
        const char *code;
        enum aws_outcome outcome;
};

/* Whatever the status. The throttling and transient ones are the SDKs' lists, Throttled and KMSThrottling come from SNS, the
 * rest are the codes that services share. */
static const struct known_code known_codes[] = {
        {"Throttling", AWS_THROTTLED},
        {"ThrottlingException", AWS_THROTTLED},
        {"ThrottledException", AWS_THROTTLED},
        {"RequestThrottledException", AWS_THROTTLED},
        {"TooManyRequestsException", AWS_THROTTLED},
        {"ProvisionedThroughputExceededException", AWS_THROTTLED},
        {"TransactionInProgressException", AWS_THROTTLED},
        {"RequestLimitExceeded", AWS_THROTTLED},
        {"BandwidthLimitExceeded", AWS_THROTTLED},
        {"LimitExceededException", AWS_THROTTLED},
        {"RequestThrottled", AWS_THROTTLED},
        {"SlowDown", AWS_THROTTLED},
        {"PriorRequestNotComplete", AWS_THROTTLED},
        {"EC2ThrottledException", AWS_THROTTLED},
        {"Throttled", AWS_THROTTLED},
        {"KMSThrottling", AWS_THROTTLED},
        {"RequestTimeout", AWS_TRANSIENT},
        {"RequestTimeoutException", AWS_TRANSIENT},
        {"IDPCommunicationError", AWS_TRANSIENT},
        {"InvalidNextToken", AWS_TRANSIENT}, /* it got too old: whoever asks anew begins at the first page */
        {"ExpiredToken", AWS_CREDENTIALS},
        {"ExpiredTokenException", AWS_CREDENTIALS},
        {"RequestExpired", AWS_CREDENTIALS},
        {"UnrecognizedClientException", AWS_CREDENTIALS},
        {"InvalidClientTokenId", AWS_CREDENTIALS},
        {"InvalidSignatureException", AWS_CREDENTIALS},
        {"SignatureDoesNotMatch", AWS_CREDENTIALS},
        {"MissingAuthenticationToken", AWS_CREDENTIALS},
        {"MissingAuthenticationTokenException", AWS_CREDENTIALS},
        {"IncompleteSignature", AWS_CREDENTIALS},
        {"IncompleteSignatureException", AWS_CREDENTIALS},
        {"AuthFailure", AWS_CREDENTIALS},
        {"RequestTimeTooSkewed", AWS_CREDENTIALS},
        {"AccessDeniedException", AWS_DENIED},
        {"AccessDenied", AWS_DENIED},
        {"AuthorizationError", AWS_DENIED},
        {"AuthorizationErrorException", AWS_DENIED},
        {"OptInRequired", AWS_DENIED},
        {"SubscriptionRequiredException", AWS_DENIED},
        {"InvalidSecurity", AWS_DENIED},
        {"RegionDisabledException", AWS_DENIED},
        {"KMSAccessDenied", AWS_DENIED},
        {"KMSOptInRequired", AWS_DENIED},
        {"ResourceNotFoundException", AWS_NOT_FOUND},
        {"ResourceNotFound", AWS_NOT_FOUND},
        {"NotFound", AWS_NOT_FOUND},
        {"NotFoundException", AWS_NOT_FOUND},
};

static bool is_skew_code(const char *code) {
        static const char *const codes[] = {"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
                                            "RequestTimeTooSkewed", "AccessDeniedException"};
        for (size_t i = 0; i < ELEMENTS(codes); i++)
                if (strcmp(code, codes[i]) == 0)
                        return true;
        return false;
}

static enum aws_outcome classify_status(int status, const char *code) {
        if (status == 429 || status == 509)
                return AWS_THROTTLED;
        if (status == 500 || status == 502 || status == 503 || status == 504 || status == 408)
                return AWS_TRANSIENT;
        bool is_bare = strncmp(code, "HTTP ", 5) == 0;
        if (status == 401 || status == 403 || status == 407)
                return AWS_DENIED;
        if (is_bare && (status == 404 || status == 410))
                return AWS_NOT_FOUND;
        return status >= 400 && status < 500 ? AWS_INVALID : AWS_OTHER;
}

static enum aws_outcome classify_fault(enum http_fault fault) {
        return fault == HTTP_FAULT_TOO_BIG || fault == HTTP_FAULT_CANCELLED ? AWS_OTHER : AWS_TRANSIENT;
}

enum aws_outcome aws_classify(const struct http_reply *reply, const struct aws_error *error, int64_t skew_ms) {
        if (reply->status == 0 || reply->fault != HTTP_FAULT_NONE)
                return classify_fault(reply->fault);
        if (reply->status >= 200 && reply->status < 300)
                return AWS_OK;
        if (is_skew_code(error->code) && (skew_ms > SKEW_MIN_MS || skew_ms < -SKEW_MIN_MS))
                return AWS_SKEW;
        for (size_t i = 0; i < ELEMENTS(known_codes); i++)
                if (strcmp(error->code, known_codes[i].code) == 0)
                        return known_codes[i].outcome;
        return classify_status(reply->status, error->code);
}
