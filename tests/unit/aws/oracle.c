/* SPDX-License-Identifier: Apache-2.0 */
/* What test_botocore.py asks: "sign" reads one JSON request a line and writes its Authorization, "rate" reads "MS THROTTLED" lines and
 * writes the limiter's rates, "error" reads one JSON reply a line and writes what was understood of it, "form" writes JSON
 * requests as forms, "answer" XML answers as JSON. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/error.h"
#include "aws/query_form.h"
#include "aws/retry.h"
#include "aws/sigv4.h"
#include "util/scope.h"

static char *text_of(const cJSON *object, const char *name) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
        return cJSON_IsString(item) ? item->valuestring : NULL;
}

static int sign_one(struct sigv4 *s, const char *line) {
        SCOPED(http_request_done) struct http_request r;
        cJSON *q = cJSON_Parse(line);
        const cJSON *header;
        int failed = q ? 0 : -1;
        http_request_init(&r);
        if (q) {
                const struct aws_keys keys = {.access_key_id = text_of(q, "id"),
                                              .secret_access_key = text_of(q, "secret"),
                                              .session_token = text_of(q, "token")};
                r.method = text_of(q, "method");
                r.path = strdup(text_of(q, "target"));
                buf_put_str(&r.body, text_of(q, "body"));
                cJSON_ArrayForEach(header, cJSON_GetObjectItemCaseSensitive(q, "headers"))
                        failed = failed || http_request_header(&r, cJSON_GetArrayItem(header, 0)->valuestring,
                                                               cJSON_GetArrayItem(header, 1)->valuestring);
                failed = failed || sigv4_sign(s, &keys, text_of(q, "region"), text_of(q, "service"), text_of(q, "host"),
                                              (int64_t)cJSON_GetObjectItemCaseSensitive(q, "now_s")->valuedouble, &r);
                if (!failed)
                        puts(r.headers[r.n_headers - 1].value);
        }
        cJSON_Delete(q);
        return failed;
}

static int sign_all(void) {
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        SCOPED(free) char *line = NULL;
        size_t room = 0;
        if (sigv4_new(&s) < 0)
                return 1;
        while (getline(&line, &room, stdin) > 0)
                if (sign_one(s, line) != 0)
                        return 1;
        return 0;
}

/* Code, message and request id of one refusal, as JSON. */
static int error_one(const char *line) {
        cJSON *q = cJSON_Parse(line), *out = cJSON_CreateObject();
        struct aws_error e;
        struct http_reply r = {.status = 400,
                               .headers = span_of(q ? text_of(q, "headers") : NULL),
                               .body = span_of(q ? text_of(q, "body") : NULL)};
        int failed = !q || !out || aws_error_parse(&r, &e) < 0 || !cJSON_AddStringToObject(out, "code", e.code) ||
                     !cJSON_AddStringToObject(out, "message", e.message) ||
                     !cJSON_AddStringToObject(out, "request_id", e.request_id);
        char *text = failed ? NULL : cJSON_PrintUnformatted(out);
        if (text)
                puts(text);
        free(text);
        cJSON_Delete(out);
        cJSON_Delete(q);
        return text ? 0 : -1;
}

/* One GetMetricData request in JSON as a form. */
static int form_one(const char *line) {
        SCOPED(http_request_done) struct http_request r;
        http_request_init(&r);
        r.operation = "GetMetricData";
        buf_put_str(&r.body, line);
        int failed = query_form_ask(&r);
        if (!failed)
                puts(buf_str(&r.body));
        return failed;
}

/* One answer in XML as JSON. */
static int answer_one(const char *line) {
        SCOPED(buf_done) struct buf json = BUF_INIT(1 << 20);
        int failed = query_form_read(span_of(line), &json, NULL);
        if (!failed)
                puts(buf_str(&json));
        return failed;
}

static int each_line(int (*one)(const char *line)) {
        SCOPED(free) char *line = NULL;
        size_t room = 0;
        while (getline(&line, &room, stdin) > 0)
                if (one(line) != 0)
                        return 1;
        return 0;
}

static int rate_all(void) {
        struct rate_limiter l;
        long long ms;
        int was_throttled;
        rate_limiter_init(&l);
        while (scanf("%lld %d", &ms, &was_throttled) == 2) {
                rate_limiter_update(&l, was_throttled, ms);
                printf("%.12g %.12g %.12g\n", l.measured_rate, l.fill_rate, l.capacity);
        }
        return 0;
}

int main(int argc, char **argv) {
        if (argc == 2 && strcmp(argv[1], "sign") == 0)
                return sign_all();
        if (argc == 2 && strcmp(argv[1], "rate") == 0)
                return rate_all();
        static const struct {
                const char *mode;
                int (*one)(const char *line);
        } modes[] = {{"error", error_one}, {"form", form_one}, {"answer", answer_one}};
        for (size_t i = 0; argc == 2 && i < ELEMENTS(modes); i++)
                if (strcmp(argv[1], modes[i].mode) == 0)
                        return each_line(modes[i].one);
        fputs("usage: oracle sign|rate|error|form|answer\n", stderr);
        return 2;
}
