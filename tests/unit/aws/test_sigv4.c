/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>

#include "aws/file.h"
#include "aws/sigv4.h"
#include "tests/unit/aws/support.h"
#include "util/http.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { HEADERS_MAX = 64, FILE_MAX = 1 << 20 };

/* One case of the official suite, or one of ours in the same form. */
struct vector {
        cJSON *context;
        char *request, *canonical, *to_sign, *signature;
};

static char *slurp(const char *folder, const char *name) {
        SCOPED(buf_done) struct buf path = BUF_INIT(FILE_MAX), text = BUF_INIT(FILE_MAX);
        struct err err = {0};
        buf_printf(&path, "%s/%s", folder, name);
        if (aws_file_read(buf_str(&path), &text, &err) < 0)
                fail_msg("%s", err.text);
        return buf_steal(&text);
}

static void load(const char *folder, struct vector *v) {
        char *context = slurp(folder, "context.json");
        v->context = cJSON_Parse(context);
        assert_non_null(v->context);
        free(context);
        v->request = slurp(folder, "request.txt");
        v->canonical = slurp(folder, "header-canonical-request.txt");
        v->to_sign = slurp(folder, "header-string-to-sign.txt");
        v->signature = slurp(folder, "header-signature.txt");
}

static void unload(struct vector *v) {
        cJSON_Delete(v->context);
        free(v->request);
        free(v->canonical);
        free(v->to_sign);
        free(v->signature);
}

static const char *text_of(const cJSON *object, const char *name) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
        return cJSON_IsString(item) ? item->valuestring : NULL;
}

static bool flag_of(const cJSON *object, const char *name) {
        return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

/* "METHOD target HTTP/1.1", header lines (folded ones begin with a blank), an empty line, the body. */
static void parse_request(struct span text, struct sigv4_message *m, struct sigv4_header *headers) {
        struct span line = span_split(&text, '\n'), rest = line;
        m->method = span_split(&rest, ' ');
        ptrdiff_t end = span_find(rest, SPAN(" HTTP/1.1"));
        assert_true(end > 0);
        m->target = (struct span){rest.data, (size_t)end};
        m->headers = headers;
        while (text.data && text.len > 0 && text.data[0] != '\n') {
                line = span_split(&text, '\n');
                if (line.data[0] == ' ' || line.data[0] == '\t') {
                        struct span *value = &headers[m->n_headers - 1].value;
                        value->len = (size_t)(line.data + line.len - value->data);
                        continue;
                }
                assert_true(m->n_headers < HEADERS_MAX - 2);
                struct span value = line, name = span_split(&value, ':');
                headers[m->n_headers++] = (struct sigv4_header){name, value};
        }
        span_split(&text, '\n');
        m->body = text.data ? text : SPAN("");
}

static void check_vector(const char *folder, const char *name) {
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        SCOPED(buf_done)
        struct buf canonical = BUF_INIT(FILE_MAX),
                   names = BUF_INIT(FILE_MAX), to_sign = BUF_INIT(FILE_MAX);
        struct sigv4_header headers[HEADERS_MAX];
        struct sigv4_message m = {0};
        struct vector v;
        char time[TIME_TEXT_MAX], signature[SHA256_HEX + 1];
        int64_t at_s;
        load(folder, &v);
        const cJSON *keys = cJSON_GetObjectItemCaseSensitive(v.context, "credentials");
        const char *token = text_of(keys, "token");
        parse_request(span_of(v.request), &m, headers);
        assert_int_equal(time_parse_rfc3339(span_of(text_of(v.context, "timestamp")), &at_s), 0);
        time_compact(at_s, time);
        headers[m.n_headers++] = (struct sigv4_header){SPAN("X-Amz-Date"), span_of(time)};
        if (token && !flag_of(v.context, "omit_session_token"))
                headers[m.n_headers++] = (struct sigv4_header){SPAN("X-Amz-Security-Token"), span_of(token)};
        const struct sigv4_options options = {.normalize_path = flag_of(v.context, "normalize"),
                                              .double_encode = true,
                                              .sign_body = flag_of(v.context, "sign_body")};
        const struct sigv4_scope scope = {time, text_of(v.context, "region"), text_of(v.context, "service")};
        assert_int_equal(sigv4_new(&s), 0);
        print_message("vector %s\n", name);
        assert_int_equal(sigv4_canonical_request(s, &m, &options, &canonical, &names), 0);
        assert_string_equal(buf_str(&canonical), v.canonical);
        /* each stage from the official text of the stage before */
        assert_int_equal(sigv4_string_to_sign(s, &scope, span_of(v.canonical), &to_sign), 0);
        assert_string_equal(buf_str(&to_sign), v.to_sign);
        assert_int_equal(sigv4_signature(s, text_of(keys, "secret_access_key"), &scope, span_of(v.to_sign), signature),
                         0);
        assert_string_equal(signature, v.signature);
        unload(&v);
}

static int check_folder(const char *folder) {
        DIR *d = opendir(folder);
        int n = 0;
        if (!d)
                return -ENOENT;
        for (struct dirent *entry; (entry = readdir(d));) {
                SCOPED(buf_done) struct buf path = BUF_INIT(FILE_MAX);
                if (entry->d_name[0] == '.')
                        continue;
                buf_printf(&path, "%s/%s", folder, entry->d_name);
                check_vector(buf_str(&path), entry->d_name);
                n++;
        }
        closedir(d);
        return n;
}

static void test_vectors__official_suite__each_stage_matches(void **state) {
        (void)state;
        const char *given = getenv("FLINKWATCH_SIGV4_SUITE");
        SCOPED(buf_done) struct buf path = BUF_INIT(FILE_MAX);
        buf_put_str(&path, given ? given : source_folder());
        buf_put_str(&path, given ? "/v4" : "/../shared/reference/sigv4-suite/v4");
        int n = check_folder(buf_str(&path));
        if (n == -ENOENT) {
                print_message("no official vectors at %s\n", buf_str(&path));
                skip();
        }
        assert_int_equal(n, 38);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_vectors__official_suite__each_stage_matches),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
