/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "util/jsonw.h"
#include "util/list.h"

static void test_buf__cap_reached__keeps_what_fits_and_sticks(void **state) {
        (void)state;
        struct buf b = BUF_INIT(10);
        buf_put_str(&b, "12345");
        buf_put_str(&b, "67890");
        assert_int_equal(b.failed, 0);
        assert_string_equal(buf_str(&b), "1234567890");
        buf_put_char(&b, 'x');
        assert_int_equal(b.failed, -EMSGSIZE);
        assert_int_equal(b.len, 10);
        assert_null(buf_steal(&b));
        buf_clear(&b);
        assert_int_equal(b.failed, 0);
        buf_put_str(&b, "ok");
        assert_string_equal(buf_str(&b), "ok");
        buf_done(&b);
}

static void test_buf__huge_length__does_not_wrap(void **state) {
        (void)state;
        struct buf b = BUF_INIT(100);
        buf_put_str(&b, "a");
        assert_null(buf_reserve(&b, SIZE_MAX));
        assert_int_equal(b.failed, -EMSGSIZE);
        buf_done(&b);
}

static void test_buf__printf_and_consume__hold_any_length(void **state) {
        (void)state;
        struct buf b = BUF_INIT(4096);
        buf_printf(&b, "%d-%s", 42, "x");
        buf_printf(&b, "%01000d", 7);
        assert_int_equal(b.len, 1004);
        assert_int_equal(b.data[1003], '7');
        buf_consume(&b, 1003);
        assert_string_equal(buf_str(&b), "7");
        buf_consume(&b, 1);
        assert_string_equal(buf_str(&b), "");
        char *empty = buf_steal(&b);
        assert_string_equal(empty, "");
        free(empty);
        buf_consume(&b, 0);
        assert_string_equal(buf_str(&b), "");
}

static void test_list__elements__are_zeroed_and_kept(void **state) {
        (void)state;
        struct {
                int a;
                char *b;
        } *items = NULL;
        size_t n = 0, size = 0;
        for (int i = 0; i < 100; i++) {
                __typeof__(items) item = LIST_ADD(items, n, size);
                assert_non_null(item);
                assert_int_equal(item->a, 0);
                assert_null(item->b);
                item->a = i;
        }
        assert_int_equal(n, 100);
        for (int i = 0; i < 100; i++)
                assert_int_equal(items[i].a, i);
        free(items);
}

static void test_jsonw__nested_values__have_their_commas(void **state) {
        (void)state;
        struct buf b = BUF_INIT(4096);
        struct jsonw w = JSONW(&b);
        jsonw_object(&w);
        jsonw_member_int(&w, "a", INT64_MIN);
        jsonw_key(&w, "b");
        jsonw_array(&w);
        jsonw_array_end(&w);
        jsonw_key(&w, "c");
        jsonw_array(&w);
        jsonw_double(&w, 0.5);
        jsonw_double(&w, NAN);
        jsonw_bool(&w, true);
        jsonw_object(&w);
        jsonw_object_end(&w);
        jsonw_string(&w, NULL);
        jsonw_time(&w, 0);
        jsonw_time(&w, 1767323045);
        jsonw_raw(&w, SPAN("[1]"));
        jsonw_array_end(&w);
        jsonw_member_bool(&w, "d", false);
        jsonw_object_end(&w);
        assert_string_equal(
                buf_str(&b),
                "{\"a\":-9223372036854775808,\"b\":[],\"c\":[0.5,null,true,{},null,null,\"2026-01-02T03:04:05Z\",[1]],\"d\":false}");
        buf_done(&b);
}

static void test_jsonw__any_bytes__become_a_right_string(void **state) {
        (void)state;
        static const struct {
                struct span in;
                const char *out;
        } rows[] = {
                {SPAN("a\"b\\c\n\r\t\b\f"), "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\""},
                {SPAN("\x01\x1f\x7f"), "\"\\u0001\\u001f\\u007f\""},
                {SPAN("nul\0in"), "\"nul\\u0000in\""},
                {SPAN("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
                {SPAN("\xff"), "\"\xef\xbf\xbd\""},                                   /* no UTF-8 */
                {SPAN("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},                   /* cut off */
                {SPAN("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},                   /* overlong */
                {SPAN("\xed\xa0\x80x"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx\""}, /* surrogate */
                {SPAN(""), "\"\""},
        };
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                struct buf b = BUF_INIT(4096);
                struct jsonw w = JSONW(&b);
                jsonw_span(&w, rows[i].in);
                assert_string_equal(buf_str(&b), rows[i].out);
                buf_done(&b);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_buf__cap_reached__keeps_what_fits_and_sticks),
                cmocka_unit_test(test_buf__huge_length__does_not_wrap),
                cmocka_unit_test(test_buf__printf_and_consume__hold_any_length),
                cmocka_unit_test(test_list__elements__are_zeroed_and_kept),
                cmocka_unit_test(test_jsonw__nested_values__have_their_commas),
                cmocka_unit_test(test_jsonw__any_bytes__become_a_right_string),
        };
        return cmocka_run_group_tests_name("buf and jsonw", tests, NULL, NULL);
}
