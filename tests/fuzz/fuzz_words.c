/* SPDX-License-Identifier: Apache-2.0 */
/* The small grammars: globs (pattern and name parted by a zero byte), schedules, times, numbers, durations, sizes, command lines. */
#include <math.h>
#include <string.h>

#include "aws/shlex.h"
#include "tests/fuzz/fuzz.h"
#include "util/glob.h"
#include "util/number.h"
#include "util/schedule.h"
#include "util/text.h"
#include "util/timefmt.h"

static void match(struct span input) {
        struct span name = input, pattern = span_split(&name, '\0');
        SCOPED(free) char *p = span_dup(pattern);
        SCOPED(free) char *n = span_dup(name.data ? name : SPAN(""));
        must(p && n);
        glob_matches(p, n);
        glob_list_matches(p, n);
        must(glob_matches("*", n));
}

static void parse(struct span input) {
        struct schedule schedule;
        struct err err = {0};
        if (schedule_parse(input, &schedule, &err) == 0)
                for (int64_t at_s = 1700000000; at_s < 1700000000 + 8 * 86400; at_s += 3600)
                        schedule_contains(&schedule, at_s);
        else
                must(err.text[0] != '\0');
        int64_t whole = 0;
        double number = 0;
        bool is_true;
        time_parse_rfc3339(input, &whole);
        time_parse_http(input, &whole);
        number_int64(input, &whole);
        if (number_double(input, &number) == 0)
                must(isfinite(number));
        number_duration_ms(input, &whole);
        number_duration_s(input, &whole);
        number_size_bytes(input, &whole);
        number_bool(input, &is_true);
}

/* What is quoted comes back as one word. */
static void split(struct span input) {
        SCOPED(free) char *line = span_dup(input);
        SCOPED(buf_done) struct buf quoted = BUF_INIT(16 << 20);
        char **words = NULL;
        must(line);
        if (shlex_split(line, &words) == 0)
                shlex_free(words);
        words = NULL;
        shlex_quote(&quoted, line);
        if (quoted.failed == 0 && shlex_split(buf_str(&quoted), &words) == 0)
                must(words[0] && !words[1] && strcmp(words[0], line) == 0);
        shlex_free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct span input = input_span(data, size);
        if (size > 4096)
                return 0;
        match(input);
        parse(input);
        split(input);
        return 0;
}
