/* SPDX-License-Identifier: Apache-2.0 */
#include "model/sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/list.h"
#include "util/text.h"

int batch_add_point(struct batch *b, int64_t series_id, int64_t at_s, double value) {
        struct point *p = LIST_ADD(b->points, b->n_points, b->points_size);
        if (!p)
                return -ENOMEM;
        *p = (struct point){series_id, {at_s, value}};
        return 0;
}

int batch_add_reading(struct batch *b, int64_t series_id, int64_t from_s, int64_t to_s) {
        struct reading *r = LIST_ADD(b->readings, b->n_readings, b->readings_size);
        if (!r)
                return -ENOMEM;
        *r = (struct reading){series_id, from_s, to_s};
        return 0;
}

static void log_event_done(struct log_event *e) {
        free(e->target);
        free(e->application);
        free(e->message);
        *e = (struct log_event){0};
}

#define TAKE_RECORD(b, list, record, done)                                                                             \
        do {                                                                                                           \
                __typeof__((b)->list) slot_ = LIST_ADD((b)->list, (b)->n_##list, (b)->list##_size);                    \
                if (!slot_) {                                                                                          \
                        done(record);                                                                                  \
                        return -ENOMEM;                                                                                \
                }                                                                                                      \
                *slot_ = *(record);                                                                                    \
                memset((record), 0, sizeof *(record));                                                                 \
                return 0;                                                                                              \
        } while (0)

int batch_add_application_take(struct batch *b, struct application *a) {
        TAKE_RECORD(b, applications, a, application_done);
}

int batch_add_operation_take(struct batch *b, struct operation *o) {
        TAKE_RECORD(b, operations, o, operation_done);
}

int batch_add_snapshot_take(struct batch *b, struct snapshot *s) {
        TAKE_RECORD(b, snapshots, s, snapshot_done);
}

int batch_add_log_event_take(struct batch *b, struct log_event *e) {
        TAKE_RECORD(b, log_events, e, log_event_done);
}

void listed_series_done(struct listed_series *s) {
        free(s->application);
        free(s->metric);
        free(s->dimensions);
        *s = (struct listed_series){0};
}

int batch_add_series_take(struct batch *b, struct listed_series *s) {
        TAKE_RECORD(b, series, s, listed_series_done);
}

void listed_application_done(struct listed_application *a) {
        free(a->name);
        free(a->status);
        *a = (struct listed_application){0};
}

int batch_add_name(struct batch *b, struct span name, const char *status, int64_t version_id) {
        struct listed_application fresh = {.name = span_dup(name), .version_id = version_id};
        if (!fresh.name || text_replace(&fresh.status, status) < 0) {
                listed_application_done(&fresh);
                return -ENOMEM;
        }
        TAKE_RECORD(b, names, &fresh, listed_application_done);
}

int batch_add_log_stream(struct batch *b, struct span name) {
        char *copy = span_dup(name),
             **slot = copy ? LIST_ADD(b->log_streams, b->n_log_streams, b->log_streams_size) : NULL;
        if (!slot) {
                free(copy);
                return -ENOMEM;
        }
        *slot = copy;
        return 0;
}

int batch_set_identity(struct batch *b, const char *account, const char *arn) {
        int r = text_replace(&b->identity.account, account);
        return r < 0 ? r : text_replace(&b->identity.arn, arn);
}

void batch_clear(struct batch *b) {
        for (size_t i = 0; i < b->n_applications; i++)
                application_done(&b->applications[i]);
        for (size_t i = 0; i < b->n_operations; i++)
                operation_done(&b->operations[i]);
        for (size_t i = 0; i < b->n_snapshots; i++)
                snapshot_done(&b->snapshots[i]);
        for (size_t i = 0; i < b->n_log_events; i++)
                log_event_done(&b->log_events[i]);
        for (size_t i = 0; i < b->n_names; i++)
                listed_application_done(&b->names[i]);
        for (size_t i = 0; i < b->n_series; i++)
                listed_series_done(&b->series[i]);
        for (size_t i = 0; i < b->n_log_streams; i++)
                free(b->log_streams[i]);
        free(b->identity.account);
        free(b->identity.arn);
        b->identity = (struct identity){0};
        b->n_points = b->n_readings = b->n_applications = b->n_operations = b->n_snapshots = b->n_log_events =
                b->n_names = b->n_series = b->n_log_streams = 0;
        b->metrics_requested = 0;
        memset(b->metrics_requested_by_tier, 0, sizeof b->metrics_requested_by_tier);
        b->notice[0] = '\0';
}

void batch_done(struct batch *b) {
        batch_clear(b);
        free(b->points);
        free(b->readings);
        free(b->applications);
        free(b->operations);
        free(b->snapshots);
        free(b->log_events);
        free(b->names);
        free(b->series);
        free(b->log_streams);
        *b = (struct batch){0};
}
