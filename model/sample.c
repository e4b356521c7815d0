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

#define COPY_TEXT(b, list, text)                                                                                       \
        do {                                                                                                           \
                char *copy_ = span_dup(text);                                                                          \
                char **slot_ = copy_ ? LIST_ADD((b)->list, (b)->n_##list, (b)->list##_size) : NULL;                    \
                if (!slot_) {                                                                                          \
                        free(copy_);                                                                                   \
                        return -ENOMEM;                                                                                \
                }                                                                                                      \
                *slot_ = copy_;                                                                                        \
                return 0;                                                                                              \
        } while (0)

int batch_add_name(struct batch *b, struct span name) {
        COPY_TEXT(b, names, name);
}

int batch_add_log_stream(struct batch *b, struct span name) {
        COPY_TEXT(b, log_streams, name);
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
                free(b->names[i]);
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
