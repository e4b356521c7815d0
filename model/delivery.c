/* SPDX-License-Identifier: Apache-2.0 */
#include "model/delivery.h"

#include <string.h>

#include "util/text.h"

const char *channel_value(const struct channel *c, const char *key) {
        for (size_t i = 0; c->keys[i]; i++)
                if (strcmp(c->keys[i], key) == 0)
                        return c->values[i];
        return NULL;
}

bool channel_has_key(const struct channel *c, const char *key) {
        for (size_t i = 0; c->keys[i]; i++)
                if (strcmp(c->keys[i], key) == 0)
                        return true;
        return false;
}

void channel_done(struct channel *c) {
        for (size_t i = 0; c->values && c->keys[i]; i++)
                text_wipe_free(c->values[i]);
        free(c->values);
        free(c->name);
        *c = (struct channel){0};
}

void delivery_done(struct delivery *d) {
        free(d->notifier);
        incident_done(&d->incident);
        for (size_t i = 0; i < d->n_parts; i++)
                delivery_done(&d->parts[i]);
        free(d->parts);
        *d = (struct delivery){0};
}

static bool is_graver(const struct incident *a, const struct incident *b) {
        bool is_a_over = a->state == INCIDENT_RESOLVED, is_b_over = b->state == INCIDENT_RESOLVED;
        return is_a_over != is_b_over ? is_b_over : a->finding.severity > b->finding.severity;
}

const struct delivery *delivery_gravest(const struct delivery *d) {
        const struct delivery *found = d->n_parts > 0 ? &d->parts[0] : NULL;
        for (size_t i = 1; i < d->n_parts; i++)
                if (is_graver(&d->parts[i].incident, &found->incident))
                        found = &d->parts[i];
        return found;
}

bool bundling_gathers(enum bundling b) {
        return b == BUNDLE_WHEN_MANY || b == BUNDLE_OPENINGS;
}

static void write_envelope(struct jsonw *w, const struct delivery *d) {
        jsonw_member_int(w, "version", 1);
        jsonw_member_string(w, "event", incident_event_name(d->event));
        jsonw_member_string(w, "delivery_id", d->delivery_id);
        jsonw_key(w, "incident");
        if (d->event == EVENT_HEARTBEAT)
                jsonw_null(w);
        else
                incident_write(w, &d->incident);
}

void delivery_write(struct jsonw *w, const struct delivery *d) {
        jsonw_object(w);
        write_envelope(w, d);
        if (d->event == EVENT_HEARTBEAT)
                jsonw_member_time(w, "at", d->created_at_s);
        if (d->n_parts > 0) {
                jsonw_key(w, "deliveries");
                jsonw_array(w);
                for (size_t i = 0; i < d->n_parts; i++) {
                        jsonw_object(w);
                        write_envelope(w, &d->parts[i]);
                        jsonw_object_end(w);
                }
                jsonw_array_end(w);
        }
        jsonw_object_end(w);
}
