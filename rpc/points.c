/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/points.h"

#include <math.h>
#include <string.h>

#include "util/number.h"
#include "util/timefmt.h"

enum { DAY_S = 86400, POINT_MAX_BYTES = 64, DECIMALS_MAX = 4 };
static const double EXACT_MAX = 1e14; /* scaled values below it are whole numbers that doubles hold exactly */

static char *put_two(char *to, int64_t value) {
        to[0] = (char)('0' + value / 10);
        to[1] = (char)('0' + value % 10);
        return to + 2;
}

static size_t put_whole(char *to, int64_t value) {
        char reversed[24];
        size_t n = 0, len = 0;
        do
                reversed[n++] = (char)('0' + value % 10);
        while ((value /= 10) > 0);
        while (n > 0)
                to[len++] = reversed[--n];
        return len;
}

/* A double that equals k / 10^d, both exact, is what that decimal text reads back as. */
size_t points_number(double value, char to[32]) {
        static const int64_t powers[DECIMALS_MAX + 1] = {1, 10, 100, 1000, 10000};
        double size = fabs(value);
        for (int d = 0; d <= DECIMALS_MAX && size < EXACT_MAX / (double)powers[d]; d++) {
                int64_t scaled = (int64_t)(size * (double)powers[d] + 0.5);
                if ((double)scaled / (double)powers[d] != size)
                        continue;
                size_t n = 0;
                if (signbit(value) && scaled > 0)
                        to[n++] = '-';
                n += put_whole(to + n, scaled / powers[d]);
                if (d > 0)
                        to[n++] = '.';
                for (int k = d - 1; k >= 0; k--)
                        to[n++] = (char)('0' + scaled / powers[k] % 10);
                to[n] = '\0';
                return n;
        }
        number_format(value, to);
        return strlen(to);
}

static void set_day(struct points *p, int64_t day) {
        char text[TIME_TEXT_MAX];
        time_rfc3339(day * DAY_S, text);
        memcpy(p->date, text, 11); /* "2026-01-02T" */
        p->date[11] = '\0';
        p->day = day;
}

static char *put_time(struct points *p, char *to, int64_t at_s) {
        int64_t second = at_s % DAY_S;
        if (p->day != at_s / DAY_S || !p->date[0])
                set_day(p, at_s / DAY_S);
        memcpy(to, p->date, 11);
        to = put_two(to + 11, second / 3600);
        *to++ = ':';
        to = put_two(to, second / 60 % 60);
        *to++ = ':';
        to = put_two(to, second % 60);
        *to++ = 'Z';
        return to;
}

void points_write(struct points *p, struct buf *out, const struct sample *samples, size_t n) {
        char *start = n > 0 ? buf_reserve(out, n * POINT_MAX_BYTES) : NULL, *to = start;
        if (!start)
                return;
        for (size_t i = 0; i < n; i++) {
                char number[32];
                size_t len = points_number(samples[i].value, number);
                if (p->needs_comma)
                        *to++ = ',';
                p->needs_comma = true;
                *to++ = '[';
                *to++ = '"';
                to = put_time(p, to, samples[i].at_s);
                *to++ = '"';
                *to++ = ',';
                memcpy(to, number, len);
                to += len;
                *to++ = ']';
        }
        out->len += (size_t)(to - start);
        out->data[out->len] = '\0';
}
