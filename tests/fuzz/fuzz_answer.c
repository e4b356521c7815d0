/* SPDX-License-Identifier: Apache-2.0 */
/* XML of STS and SNS, error bodies of both kinds, keys in JSON: whatever an endpoint may say outside the answers to questions. */
#include <cjson/cJSON.h>
#include <string.h>

#include "aws/error.h"
#include "aws/key_document.h"
#include "aws/query_form.h"
#include "aws/sts.h"
#include "notifiers/notifiers.h"
#include "tests/fuzz/fuzz.h"
#include "util/utf8.h"

static void read_error(const struct http_reply *reply) {
        struct aws_error error = {0};
        aws_error_parse(reply, &error);
        must(memchr(error.code, '\0', sizeof error.code) && memchr(error.message, '\0', sizeof error.message));
        aws_classify(reply, &error, 0);
        aws_reply_is_json(reply);
}

/* What comes of XML is JSON. */
static void read_form(const struct http_reply *reply) {
        SCOPED(buf_done) struct buf json = BUF_INIT(1 << 20);
        if (query_form_read(reply->body, &json, NULL) < 0)
                return;
        cJSON *root = cJSON_ParseWithLength(buf_str(&json), json.len);
        must(root != NULL);
        cJSON_Delete(root);
}

static void read_keys(const struct http_reply *reply) {
        static const struct key_document document = {.what = "document",
                                                     .id = "AccessKeyId",
                                                     .secret = "SecretAccessKey",
                                                     .token = "Token",
                                                     .expires = "Expiration",
                                                     .is_coded = true};
        struct err err = {0};
        SCOPED(aws_keys_done) struct aws_keys by_sts = {0};
        SCOPED(aws_keys_done) struct aws_keys by_json = {0};
        SCOPED(sts_identity_done) struct sts_identity identity = {0};
        sts_read_keys(reply, &by_sts, &err);
        sts_read_identity(reply, &identity, &err);
        key_document_read(&document, reply->body, &by_json, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct span body = input_span(data, size), headers = span_split(&body, '\0');
        static const int statuses[] = {200, 400, 403, 429, 503};
        for (size_t i = 0; i < ELEMENTS(statuses); i++) {
                struct http_reply reply = {.status = statuses[i], .headers = headers, .body = body};
                read_error(&reply);
                for (size_t k = 0; notifiers[k]; k++) {
                        struct err err = {0};
                        int64_t retry_s = 0;
                        notifiers[k]->read_reply(&reply, 1700000000, &retry_s, &err);
                        must(retry_s >= 0);
                }
                if (statuses[i] != 200)
                        continue;
                read_keys(&reply);
                read_form(&reply);
        }
        return 0;
}
