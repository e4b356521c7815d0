/* SPDX-License-Identifier: Apache-2.0 */
#include "util/schedule.h"

#include <errno.h>
#include <strings.h>

#include "util/number.h"

enum { DAYS = 7, DAY_MIN = 1440, EVERY_DAY = (1 << DAYS) - 1, EPOCH_WEEKDAY = 3 /* 1 January 1970 was a Thursday */ };

static int weekday(struct span name) {
        static const char names[] = "MonTueWedThuFriSatSun";
        for (int i = 0; name.len == 3 && i < DAYS; i++)
                if (strncasecmp(name.data, names + 3 * i, 3) == 0)
                        return i;
        return -EINVAL;
}

/* "Fri" or "Mon..Fri"; a range may run over the end of the week. */
static int parse_days(struct span text, unsigned *days) {
        ptrdiff_t dots = span_find(text, SPAN(".."));
        struct span first = text, last = text;
        if (dots >= 0) {
                first.len = (size_t)dots;
                last = (struct span){text.data + dots + 2, text.len - (size_t)dots - 2};
        }
        int from = weekday(first), to = weekday(last);
        if (from < 0 || to < 0)
                return -EINVAL;
        for (int day = from;; day = (day + 1) % DAYS) {
                *days |= 1U << day;
                if (day == to)
                        return 0;
        }
}

static int parse_clock(struct span text, int *ret_min) {
        struct span rest = text, hour = span_split(&rest, ':');
        int64_t hours, minutes;
        if (hour.len != 2 || rest.len != 2 || number_int64(hour, &hours) < 0 || number_int64(rest, &minutes) < 0)
                return -EINVAL;
        if (hours < 0 || hours > 24 || minutes < 0 || minutes > 59 || hours * 60 + minutes > DAY_MIN)
                return -EINVAL;
        *ret_min = (int)(hours * 60 + minutes);
        return 0;
}

static int parse_span(struct span text, struct schedule *s) {
        struct span rest = text, from = span_split(&rest, '-');
        if (!rest.data || parse_clock(from, &s->from_min) < 0 || parse_clock(rest, &s->to_min) < 0)
                return -EINVAL;
        return s->from_min == s->to_min || s->from_min == DAY_MIN ? -EINVAL : 0;
}

static struct span next_word(struct span *rest) {
        struct span trimmed = span_trim(*rest);
        size_t len = 0;
        while (len < trimmed.len && trimmed.data[len] != ' ' && trimmed.data[len] != '\t')
                len++;
        *rest = (struct span){trimmed.data + len, trimmed.len - len};
        return (struct span){len > 0 ? trimmed.data : NULL, len};
}

/* "Mon..Fri", "Sat,Sun" or, in two words, "Sat, Sun" */
static int parse_list(struct span word, struct span *rest, unsigned *days) {
        for (;;) {
                bool goes_on = word.len > 0 && word.data[word.len - 1] == ',';
                struct span list = {word.data, word.len - goes_on};
                do {
                        if (parse_days(span_split(&list, ','), days) < 0)
                                return -EINVAL;
                } while (list.data);
                if (!goes_on)
                        return 0;
                word = next_word(rest);
        }
}

static int parse(struct span text, struct schedule *s) {
        struct span rest = text, word = next_word(&rest);
        if (word.len > 0 && !(word.data[0] >= '0' && word.data[0] <= '9')) {
                if (parse_list(word, &rest, &s->days) < 0)
                        return -EINVAL;
                word = next_word(&rest);
        } else {
                s->days = EVERY_DAY;
        }
        if (parse_span(word, s) < 0)
                return -EINVAL;
        word = next_word(&rest);
        bool is_utc = word.len == 0 || span_is(word, "UTC") || span_is(word, "Z");
        return is_utc && span_trim(rest).len == 0 ? 0 : -EINVAL;
}

int schedule_parse(struct span text, struct schedule *ret, struct err *reterr) {
        struct schedule s = {0};
        if (parse(text, &s) < 0)
                return err_set(reterr, -EINVAL,
                               "schedule = %.*s: expected days and a span in UTC: Mon..Fri 03:00-05:00 UTC",
                               (int)(text.len > 60 ? 60 : text.len), text.data);
        *ret = s;
        return 0;
}

bool schedule_contains(const struct schedule *s, int64_t at_s) {
        int64_t day = at_s / 86400 - (at_s % 86400 < 0);
        int minute = (int)((at_s - day * 86400) / 60);
        int today = (int)(((day + EPOCH_WEEKDAY) % DAYS + DAYS) % DAYS), yesterday = (today + DAYS - 1) % DAYS;
        bool is_overnight = s->to_min <= s->from_min;
        bool begins_today = s->days & 1U << today, began_yesterday = s->days & 1U << yesterday;
        if (!is_overnight)
                return begins_today && minute >= s->from_min && minute < s->to_min;
        return (begins_today && minute >= s->from_min) || (began_yesterday && minute < s->to_min);
}
