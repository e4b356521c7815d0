/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/words.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/buf.h"
#include "util/number.h"
#include "util/scope.h"
#include "util/span.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, HALF_YEAR_S = 182 * DAY_S, YEAR_S = 365 * DAY_S };

static void local(int64_t at_s, const char *format, char to[WORDS_MAX]) {
        struct tm tm;
        time_t t = (time_t)at_s;
        if (at_s <= 0 || !localtime_r(&t, &tm) || strftime(to, WORDS_MAX, format, &tm) == 0)
                snprintf(to, WORDS_MAX, "-");
}

void words_local(int64_t at_s, int64_t now_s, char to[WORDS_MAX]) {
        bool is_near = at_s > now_s - HALF_YEAR_S && at_s < now_s + HALF_YEAR_S;
        local(at_s, is_near ? "%d %b %H:%M" : "%d %b %Y %H:%M", to);
}

void words_local_exact(int64_t at_s, char to[WORDS_MAX]) {
        local(at_s, "%Y-%m-%d %H:%M:%S", to);
}

void words_clock(int64_t at_s, bool has_time, char to[WORDS_MAX]) {
        local(at_s, "%H:%M", to);
        if (!has_time || strcmp(to, "00:00") == 0)
                local(at_s, "%d %b", to);
}

void words_span(int64_t span_s, char to[WORDS_MAX]) {
        static const struct {
                int64_t from_s, unit_s;
                const char *name;
        } units[] = {{2 * YEAR_S, YEAR_S, "years"},
                     {2 * DAY_S, DAY_S, "d"},
                     {2 * HOUR_S, HOUR_S, "h"},
                     {2 * MINUTE_S, MINUTE_S, "min"}};
        for (size_t i = 0; i < ELEMENTS(units); i++)
                if (span_s >= units[i].from_s) {
                        snprintf(to, WORDS_MAX, "%" PRId64 " %s", span_s / units[i].unit_s, units[i].name);
                        return;
                }
        snprintf(to, WORDS_MAX, "%" PRId64 " s", span_s < 0 ? 0 : span_s);
}

void words_ago(int64_t at_s, int64_t now_s, char to[WORDS_MAX]) {
        char span[WORDS_MAX];
        int64_t ago_s = now_s - at_s;
        words_span(ago_s < 0 ? -ago_s : ago_s, span);
        if (at_s <= 0)
                snprintf(to, WORDS_MAX, "never");
        else if (ago_s > -5 && ago_s < 5)
                snprintf(to, WORDS_MAX, "just now");
        else
                snprintf(to, WORDS_MAX, ago_s > 0 ? "%.50s ago" : "in %.50s", span);
}

/* Three digits that tell: "0.123", "1.23", "12.3", "123". */
static void digits(double value, const char *suffix, char to[WORDS_MAX]) {
        double size = fabs(value);
        int decimals = size == floor(size) && size < 1000 ? 0 : size < 1 ? 3 : size < 10 ? 2 : size < 99.95 ? 1 : 0;
        snprintf(to, WORDS_MAX, "%.*f%s", decimals, value, suffix);
        char *point = strchr(to, '.');
        if (!point)
                return;
        size_t n = strlen(to) - strlen(suffix), end = n;
        while (to[end - 1] == '0')
                end--;
        if (to[end - 1] == '.')
                end--;
        memmove(to + end, to + n, strlen(suffix) + 1);
}

static void scaled(double value, double factor, const char *const *suffixes, size_t n, char to[WORDS_MAX]) {
        size_t i = 0;
        while (i + 1 < n && fabs(value) >= factor * 0.9995) {
                value /= factor;
                i++;
        }
        digits(value, suffixes[i], to);
}

void words_number(double value, char to[WORDS_MAX]) {
        static const char *const suffixes[] = {"", " k", " M", " G", " T", " P"};
        if (!isfinite(value))
                snprintf(to, WORDS_MAX, "-");
        else if (fabs(value) < 100000 && value == floor(value))
                snprintf(to, WORDS_MAX, "%.0f", value);
        else
                scaled(value, 1000, suffixes, ELEMENTS(suffixes), to);
}

static void milliseconds(double ms, char to[WORDS_MAX]) {
        double size = fabs(ms);
        if (size < 1000)
                digits(ms, " ms", to);
        else if (size < 120.0 * 1000)
                digits(ms / 1000, " s", to);
        else if (size < 120.0 * 60000)
                digits(ms / 60000, " min", to);
        else if (size < 48.0 * 3600000)
                digits(ms / 3600000, " h", to);
        else
                digits(ms / 86400000, " d", to);
}

void words_value(double value, const char *unit, char to[WORDS_MAX]) {
        static const char *const sizes[] = {" B", " KiB", " MiB", " GiB", " TiB", " PiB"};
        if (!isfinite(value)) {
                snprintf(to, WORDS_MAX, "-");
        } else if (strcmp(unit, "ms") == 0) {
                milliseconds(value, to);
        } else if (strcmp(unit, "bytes") == 0) {
                scaled(value, 1024, sizes, ELEMENTS(sizes), to);
        } else if (strcmp(unit, "epoch ms") == 0) {
                words_local_exact((int64_t)(value / 1000), to);
        } else if (strcmp(unit, "%") == 0) {
                digits(value, " %", to);
        } else {
                char number[WORDS_MAX];
                words_number(value, number);
                const char *word = strcmp(unit, "1/s") == 0 ? "/s" : unit;
                snprintf(to, WORDS_MAX, "%.40s%s%.20s", number, word[0] && word[0] != '/' ? " " : "", word);
        }
}

/* Local times, each as long as its format. */
static int parse_local(const char *text, int64_t now_s, int64_t *ret_at_s) {
        static const char *const formats[] = {"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M",
                                              "%Y-%m-%dT%H:%M",    "%Y-%m-%d",          "%H:%M"};
        time_t now = (time_t)now_s;
        for (size_t i = 0; i < ELEMENTS(formats); i++) {
                struct tm tm;
                if (!localtime_r(&now, &tm))
                        return -EINVAL;
                tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
                const char *end = strptime(text, formats[i], &tm);
                tm.tm_isdst = -1;
                if (end && *end == '\0') {
                        *ret_at_s = mktime(&tm);
                        return *ret_at_s > 0 ? 0 : -EINVAL;
                }
        }
        return -EINVAL;
}

int words_parse_instant(const char *text, int64_t now_s, int64_t *ret_at_s) {
        int64_t ago_s;
        if (time_parse_rfc3339(span_of(text), ret_at_s) == 0)
                return 0;
        if (number_duration_s(span_of(text), &ago_s) == 0 && ago_s < now_s) {
                *ret_at_s = now_s - ago_s;
                return 0;
        }
        return parse_local(text, now_s, ret_at_s);
}

const char *words_unit_of(const char *metric) {
        static const struct {
                const char *part, *unit;
        } parts[] = {
                {"MsPerSecond", "ms/s"},     {"PerSecond", "1/s"},      {"Utilization", "%"},     {"Duration", "ms"},
                {"CheckpointSize", "bytes"}, {"GCTime", "ms"},          {"millis", "ms"},         {"uptime", "ms"},
                {"downtime", "ms"},          {"runningTime", "ms"},     {"restartingTime", "ms"}, {"failingTime", "ms"},
                {"cancellingTime", "ms"},    {"Watermark", "epoch ms"},
        };
        for (size_t i = 0; i < ELEMENTS(parts); i++)
                if (strstr(metric, parts[i].part))
                        return parts[i].unit;
        return "";
}

const char *words_of_role(const char *role) {
        static const struct {
                const char *role, *words;
        } known[] = {
                {"trigger", "this started it"},
                {"symptom_needs_metrics", "a symptom: the logs alone do not tell what started it"},
                {"sustainer_only", "what keeps it going; what started it is no longer in the logs"},
                {"unknown", "not known"},
        };
        for (size_t i = 0; i < ELEMENTS(known); i++)
                if (strcmp(role, known[i].role) == 0)
                        return known[i].words;
        return role;
}

void words_series(const char *metric, const char *dimensions, struct buf *to) {
        struct span rest = span_of(dimensions);
        buf_put_str(to, metric);
        while (rest.data && rest.len > 0) {
                buf_put_str(to, ", ");
                buf_put_span(to, span_split(&rest, '\x1f'));
        }
}
