/* SPDX-License-Identifier: Apache-2.0 */
#include "model/silence.h"

#include <string.h>

#include "util/glob.h"

bool silence_is_active(const struct silence *s, int64_t at_s) {
        return s->created_at_s <= at_s && at_s < s->ends_at_s;
}

static bool is_any_or(const char *wanted, const char *name) {
        return !wanted || strcmp(wanted, name) == 0;
}

bool silence_covers(const struct silence *s, const char *target, const char *application, const char *diagnoser,
                    int64_t at_s) {
        return silence_is_active(s, at_s) && is_any_or(s->target, target) && is_any_or(s->diagnoser, diagnoser) &&
               glob_list_matches(s->applications, application);
}

void silence_done(struct silence *s) {
        free(s->target);
        free(s->applications);
        free(s->diagnoser);
        free(s->created_by);
        free(s->comment);
        free(s->ended_by);
        *s = (struct silence){0};
}

void silence_write_members(struct jsonw *w, const struct silence *s, int64_t now_s) {
        jsonw_member_int(w, "id", s->id);
        jsonw_member_string(w, "target", s->target);
        jsonw_member_string(w, "application", s->applications);
        jsonw_member_string(w, "diagnoser", s->diagnoser);
        jsonw_member_bool(w, "active", silence_is_active(s, now_s));
        jsonw_member_time(w, "created_at", s->created_at_s);
        jsonw_member_time(w, "ends_at", s->ends_at_s);
        jsonw_member_string(w, "created_by", s->created_by);
        jsonw_member_string(w, "comment", s->comment);
        jsonw_member_string(w, "ended_by", s->ended_by);
}

void silence_write(struct jsonw *w, const struct silence *s, int64_t now_s) {
        jsonw_object(w);
        silence_write_members(w, s, now_s);
        jsonw_object_end(w);
}
