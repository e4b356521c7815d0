/* SPDX-License-Identifier: Apache-2.0 */
#include "util/timefmt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void format(int64_t at_s, const char *pattern, char to[TIME_TEXT_MAX]) {
        struct tm tm;
        time_t t = (time_t)at_s;
        if (!gmtime_r(&t, &tm) || strftime(to, TIME_TEXT_MAX, pattern, &tm) == 0)
                snprintf(to, TIME_TEXT_MAX, "-");
}

void time_rfc3339(int64_t at_s, char to[TIME_TEXT_MAX]) {
        format(at_s, "%Y-%m-%dT%H:%M:%SZ", to);
}

void time_compact(int64_t at_s, char to[TIME_TEXT_MAX]) {
        format(at_s, "%Y%m%dT%H%M%SZ", to);
}

void time_span_text(int64_t span_s, char to[TIME_TEXT_MAX]) {
        static const struct {
                int64_t s;
                const char *name;
        } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
        if (span_s < 0)
                span_s = -span_s;
        size_t i = 0;
        while (i < 3 && span_s < units[i].s)
                i++;
        int64_t whole = span_s / units[i].s, rest = span_s % units[i].s;
        int64_t next = i < 3 ? rest / units[i + 1].s : 0;
        if (next > 0 && i < 2)
                snprintf(to, TIME_TEXT_MAX, "%" PRId64 " %s %" PRId64 " %s", whole, units[i].name, next,
                         units[i + 1].name);
        else
                snprintf(to, TIME_TEXT_MAX, "%" PRId64 " %s", whole, units[i].name);
}

/* Reads exactly n digits. */
static int digits(struct span *s, size_t n, int *ret) {
        int value = 0;
        if (s->len < n)
                return -EINVAL;
        for (size_t i = 0; i < n; i++) {
                if (s->data[i] < '0' || s->data[i] > '9')
                        return -EINVAL;
                value = value * 10 + (s->data[i] - '0');
        }
        s->data += n;
        s->len -= n;
        *ret = value;
        return 0;
}

static int literal(struct span *s, const char *text) {
        size_t n = strlen(text);
        if (!span_starts(*s, span_of(text)))
                return -EINVAL;
        s->data += n;
        s->len -= n;
        return 0;
}

/* timegm() after a check of the fields' ranges. */
static int to_instant(struct tm *tm, int64_t *ret) {
        if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 || tm->tm_mday > 31 || tm->tm_hour > 23 ||
            tm->tm_min > 59 || tm->tm_sec > 60)
                return -EINVAL;
        int day = tm->tm_mday;
        int64_t at_s = timegm(tm);
        if (tm->tm_mday != day)
                return -EINVAL;
        *ret = at_s;
        return 0;
}

static int parse_clock(struct span *s, struct tm *tm) {
        if (digits(s, 2, &tm->tm_hour) < 0 || literal(s, ":") < 0 || digits(s, 2, &tm->tm_min) < 0 ||
            literal(s, ":") < 0 || digits(s, 2, &tm->tm_sec) < 0)
                return -EINVAL;
        return 0;
}

static int parse_offset(struct span s, int *ret_s) {
        if (span_is(s, "Z") || span_is(s, "z")) {
                *ret_s = 0;
                return 0;
        }
        int hours, minutes, sign = s.len > 0 && s.data[0] == '-' ? -1 : 1;
        if (literal(&s, sign < 0 ? "-" : "+") < 0 || digits(&s, 2, &hours) < 0)
                return -EINVAL;
        literal(&s, ":");
        if (digits(&s, 2, &minutes) < 0 || s.len > 0 || hours > 23 || minutes > 59)
                return -EINVAL;
        *ret_s = sign * (hours * 3600 + minutes * 60);
        return 0;
}

int time_parse_rfc3339(struct span s, int64_t *ret_at_s) {
        struct tm tm = {0};
        int year, offset_s;
        int64_t at_s;
        if (digits(&s, 4, &year) < 0 || literal(&s, "-") < 0 || digits(&s, 2, &tm.tm_mon) < 0 || literal(&s, "-") < 0 ||
            digits(&s, 2, &tm.tm_mday) < 0)
                return -EINVAL;
        if (literal(&s, "T") < 0 && literal(&s, "t") < 0 && literal(&s, " ") < 0)
                return -EINVAL;
        if (parse_clock(&s, &tm) < 0)
                return -EINVAL;
        if (literal(&s, ".") == 0)
                while (s.len > 0 && s.data[0] >= '0' && s.data[0] <= '9') {
                        s.data++;
                        s.len--;
                }
        tm.tm_year = year - 1900;
        tm.tm_mon--;
        if (parse_offset(s, &offset_s) < 0 || to_instant(&tm, &at_s) < 0)
                return -EINVAL;
        *ret_at_s = at_s - offset_s;
        return 0;
}

int time_parse_http(struct span s, int64_t *ret_at_s) {
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        struct tm tm = {.tm_mon = -1};
        int year;
        ptrdiff_t comma = span_find(s, SPAN(", "));
        if (comma != 3)
                return -EINVAL;
        s.data += 5;
        s.len -= 5;
        if (digits(&s, 2, &tm.tm_mday) < 0 || literal(&s, " ") < 0 || s.len < 3)
                return -EINVAL;
        for (int i = 0; i < 12; i++)
                if (memcmp(s.data, months + 3 * i, 3) == 0)
                        tm.tm_mon = i;
        s.data += 3;
        s.len -= 3;
        if (literal(&s, " ") < 0 || digits(&s, 4, &year) < 0 || literal(&s, " ") < 0 || parse_clock(&s, &tm) < 0 ||
            literal(&s, " GMT") < 0 || s.len > 0)
                return -EINVAL;
        tm.tm_year = year - 1900;
        return to_instant(&tm, ret_at_s);
}
