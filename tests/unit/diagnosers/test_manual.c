/* SPDX-License-Identifier: Apache-2.0 */
/* flinkwatch.conf(5) says of each diagnoser and each of its settings what the tables say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diagnosers/diagnosers.h"
#include "util/buf.h"

static char *read_manual(void) {
        const char *source = getenv("FLINKWATCH_SRCDIR");
        SCOPED(buf_done) struct buf path = BUF_INIT(4096);
        struct buf text = BUF_INIT(1 << 20);
        buf_printf(&path, "%s/man/flinkwatch.conf.5", source ? source : ".");
        SCOPED(fclose) FILE *file = fopen(buf_str(&path), "re");
        assert_non_null(file);
        char chunk[4096];
        for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;)
                buf_put(&text, chunk, n);
        return buf_steal(&text);
}

/* The part from a line to the next one of the same kind. */
static char *section(const char *text, const char *from, const char *to) {
        const char *start = strstr(text, from);
        if (!start)
                return NULL;
        const char *end = strstr(start + strlen(from), to);
        return span_dup((struct span){start, end ? (size_t)(end - start) : strlen(start)});
}

static void check_setting(const char *diagnoser, const char *text, const struct param *p) {
        char standard[32], min[32], max[32], expected[160], head[80];
        param_format(p, p->standard, standard);
        param_format(p, p->min, min);
        param_format(p, p->max, max);
        snprintf(head, sizeof head, ".It Cm %s\n", p->name);
        snprintf(expected, sizeof expected, "Default: %s.\nRange: %s to %s.", standard, min, max);
        SCOPED(free) char *item = section(text, head, "\n.It ");
        if (!item || !strstr(item, expected))
                fail_msg("man/flinkwatch.conf.5: %s: %s should say: %s", diagnoser, p->name, expected);
}

static void test_manual__each_diagnoser__is_described_with_its_settings(void **state) {
        (void)state;
        SCOPED(free) char *manual = read_manual();
        for (size_t i = 0; diagnosers[i]; i++) {
                char head[80];
                snprintf(head, sizeof head, "\n.Ss %s\n", diagnosers[i]->name);
                SCOPED(free) char *text = section(manual, head, "\n.S");
                if (!text)
                        fail_msg("man/flinkwatch.conf.5 says nothing of %s", diagnosers[i]->name);
                for (const struct param *p = diagnosers[i]->params; p && p->name; p++)
                        check_setting(diagnosers[i]->name, text, p);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_manual__each_diagnoser__is_described_with_its_settings)};
        return cmocka_run_group_tests(tests, NULL, NULL);
}
