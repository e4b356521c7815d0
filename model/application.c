/* SPDX-License-Identifier: Apache-2.0 */
#include "model/application.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"

#define TEXT(type, member)                                                                                             \
        { #member, FIELD_TEXT, offsetof(struct type, member) }
#define INT(type, member)                                                                                              \
        { #member, FIELD_INT64, offsetof(struct type, member) }
#define BOOL(type, member)                                                                                             \
        { #member, FIELD_BOOL, offsetof(struct type, member) }

const struct field application_fields[] = {
        TEXT(application, target),
        TEXT(application, name),
        TEXT(application, arn),
        TEXT(application, status),
        TEXT(application, runtime),
        INT(application, version_id),
        INT(application, created_at_s),
        INT(application, updated_at_s),
        INT(application, version_created_at_s),
        INT(application, version_updated_from),
        INT(application, version_rolled_back_from),
        INT(application, version_rolled_back_to),
        BOOL(application, is_checkpointing),
        INT(application, checkpoint_interval_ms),
        INT(application, checkpoint_min_pause_ms),
        TEXT(application, checkpoint_configuration),
        TEXT(application, metrics_level),
        TEXT(application, log_level),
        INT(application, parallelism),
        INT(application, parallelism_per_kpu),
        INT(application, current_parallelism),
        BOOL(application, is_autoscaling),
        BOOL(application, has_snapshots),
        BOOL(application, has_rollback),
        BOOL(application, is_in_vpc),
        TEXT(application, restore_type),
        TEXT(application, restore_snapshot),
        TEXT(application, log_group),
        TEXT(application, log_stream),
        BOOL(application, is_log_missing),
        TEXT(application, maintenance_from),
        TEXT(application, maintenance_to),
        TEXT(application, job_plan),
        INT(application, seen_at_s),
        {0},
};

const struct field operation_fields[] = {
        TEXT(operation, target),    TEXT(operation, application), TEXT(operation, id),
        TEXT(operation, kind),      TEXT(operation, status),      INT(operation, started_at_s),
        INT(operation, ended_at_s), INT(operation, version_from), INT(operation, version_to),
        TEXT(operation, failure),   TEXT(operation, rollback_id), {0},
};

const struct field snapshot_fields[] = {
        TEXT(snapshot, target),    TEXT(snapshot, application), TEXT(snapshot, name),    TEXT(snapshot, status),
        INT(snapshot, version_id), INT(snapshot, created_at_s), TEXT(snapshot, runtime), {0},
};

char **field_text(const struct field *f, void *record) {
        return (char **)((char *)record + f->offset);
}

int64_t field_int(const struct field *f, const void *record) {
        const char *at = (const char *)record + f->offset;
        return f->kind == FIELD_BOOL ? *(const bool *)at : *(const int64_t *)at;
}

void field_set_int(const struct field *f, void *record, int64_t value) {
        char *at = (char *)record + f->offset;
        if (f->kind == FIELD_BOOL)
                *(bool *)at = value != 0;
        else
                *(int64_t *)at = value;
}

void fields_done(const struct field *table, void *record) {
        for (; table->name; table++)
                if (table->kind == FIELD_TEXT)
                        free(TAKE(*field_text(table, record)));
}

int fields_dup(const struct field *table, const void *from, void *to, size_t size) {
        memcpy(to, from, size);
        int r = 0;
        for (; table->name; table++) {
                if (table->kind != FIELD_TEXT)
                        continue;
                char **slot = field_text(table, to);
                if (*slot && !(*slot = r < 0 ? NULL : strdup(*slot)))
                        r = -ENOMEM;
        }
        return r;
}

void application_done(struct application *a) {
        fields_done(application_fields, a);
}

void operation_done(struct operation *o) {
        fields_done(operation_fields, o);
}

void snapshot_done(struct snapshot *s) {
        fields_done(snapshot_fields, s);
}

struct span application_region(const struct application *a) {
        struct span rest = span_of(text_or_empty(a->arn)), region = {"", 0};
        if (!span_starts(rest, SPAN("arn:")))
                return region;
        for (size_t part = 0; part <= 3 && rest.data; part++)
                region = span_split(&rest, ':');
        return rest.data ? region : SPAN("");
}

int64_t application_checkpoint_cadence_ms(const struct application *a, int64_t duration_ms) {
        int64_t busy = duration_ms + a->checkpoint_min_pause_ms;
        return a->checkpoint_interval_ms > busy ? a->checkpoint_interval_ms : busy;
}

bool application_is_running(const struct application *a) {
        return a->status && strcmp(a->status, "READY") != 0 && strcmp(a->status, "DELETING") != 0;
}
