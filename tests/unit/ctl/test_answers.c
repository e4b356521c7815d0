/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as text: their elements while they come, and JSON broken into lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/elements.h"
#include "ctl/indent.h"

/* The elements joined by "|", the text arriving in pieces of `piece` bytes. */
static char *elements_of(const char *text, size_t piece) {
        struct buf found = BUF_INIT(4096);
        struct elements e = {0};
        struct span all = span_of(text), element;
        for (size_t n = 0; n < all.len;) {
                n = n + piece < all.len ? n + piece : all.len;
                while (elements_next(&e, (struct span){all.data, n}, &element)) {
                        buf_put_str(&found, found.len > 0 ? "|" : "");
                        buf_put_span(&found, element);
                }
        }
        return buf_steal(&found);
}

static void test_elements__in_pieces_of_any_size__are_whole(void **state) {
        static const struct {
                const char *text, *elements;
        } cases[] = {
                {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[{\"a\":1},{\"b\":[{}]}]}\n", "{\"a\":1}|{\"b\":[{}]}"},
                {"{\"id\":1,\"result\":[{\"text\":\"}] \\\" {[ \\\\\"}, [1]]}\n", "{\"text\":\"}] \\\" {[ \\\\\"}|[1]"},
                {"{\"result\":[]}\n", ""},
                {"{\"result\":[1,\"x\",null]}\n", ""},
                {"{\"error\":{\"code\":-1,\"data\":{\"a\":[{}]}}}\n", ""},
                {"{\"result\":{\"rows\":[{}]}}\n", ""},
                {"}]}]{\"result\":[{}]", "{}"},
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++)
                for (size_t piece = 1; piece <= strlen(cases[i].text); piece++) {
                        SCOPED(free) char *found = elements_of(cases[i].text, piece);
                        assert_string_equal(found, cases[i].elements);
                }
}

static void test_indent__each_form__a_line_a_member(void **state) {
        static const struct {
                const char *json, *lines;
        } cases[] = {
                {"{}", "{}"},
                {" [ ] ", "[]"},
                {"7", "7"},
                {"{\"a\":{},\"b\":[]}", "{\n  \"a\": {},\n  \"b\": []\n}"},
                {"{ \"a\" : [ 1 , -2.5e3 ] }", "{\n  \"a\": [\n    1,\n    -2.5e3\n  ]\n}"},
                {"[\"{[,:]}\\\"\",null]", "[\n  \"{[,:]}\\\"\",\n  null\n]"},
                {"[[{\"a\":\"\"}]]", "[\n  [\n    {\n      \"a\": \"\"\n    }\n  ]\n]"},
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTS(cases); i++) {
                SCOPED(buf_done) struct buf lines = BUF_INIT(4096);
                indent_json(&lines, span_of(cases[i].json));
                assert_string_equal(buf_str(&lines), cases[i].lines);
        }
}

static void test_indent__broken_texts__end(void **state) {
        static const char *const texts[] = {"", " ", "\"", "\"a\\", "}", "]]", "{", "[1", "{\"a\":", "::", ",,"};
        (void)state;
        for (size_t i = 0; i < ELEMENTS(texts); i++) {
                SCOPED(buf_done) struct buf lines = BUF_INIT(4096);
                indent_json(&lines, span_of(texts[i]));
                assert_int_equal(lines.failed, 0);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_elements__in_pieces_of_any_size__are_whole),
                cmocka_unit_test(test_indent__each_form__a_line_a_member),
                cmocka_unit_test(test_indent__broken_texts__end),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
