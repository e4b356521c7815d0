/* SPDX-License-Identifier: Apache-2.0 */
/* The delivered JSON within a receiver's limit. */
#include <errno.h>

#include "notifiers/message.h"
#include "util/text.h"

enum { CAUSE_BYTES_LAST_RESORT = 32 << 10 };

/* Leaves out the least needed of what is still there; false when only the cause is left. */
static bool trim(struct incident *i) {
        struct finding *f = &i->finding;
        if (f->n_evidence > 0)
                f->n_evidence /= 2;
        else if (f->n_symptoms > 0)
                f->n_symptoms = 0;
        else if (f->n_advice > 1)
                f->n_advice = 1;
        else if (i->n_suppressed > 0)
                i->n_suppressed = 0;
        else
                return false;
        return true;
}

static bool trim_all(struct delivery *d) {
        bool is_less = trim(&d->incident);
        for (size_t i = 0; i < d->n_parts; i++)
                is_less = trim(&d->parts[i].incident) || is_less;
        return is_less;
}

typedef void write_fn(struct jsonw *w, const struct delivery *d);

static void write_incident(struct jsonw *w, const struct delivery *d) {
        incident_write(w, &d->incident);
}

static int write_json(write_fn *write, const struct delivery *d, size_t max_bytes, struct buf *ret) {
        SCOPED(buf_done) struct buf text = BUF_INIT(max_bytes);
        struct jsonw w = JSONW(&text);
        write(&w, d);
        if (text.failed)
                return text.failed;
        buf_put_span(ret, buf_span(&text));
        return ret->failed;
}

/* A cause whose exception carried a whole document in its message. */
struct short_cause {
        struct root_cause cause;
        char *said;
};

static int shorten(struct incident *i, size_t max_bytes, struct short_cause *ret) {
        if (!i->finding.root_cause)
                return 0;
        ret->cause = *i->finding.root_cause;
        ret->said = ret->cause.message ? strdup(ret->cause.message) : NULL;
        if (ret->cause.message && !ret->said)
                return -ENOMEM;
        if (ret->said)
                text_cut(ret->said, max_bytes < CAUSE_BYTES_LAST_RESORT ? max_bytes : CAUSE_BYTES_LAST_RESORT);
        ret->cause.message = ret->said;
        i->finding.root_cause = &ret->cause;
        return 0;
}

static int write_with_short_causes(write_fn *write, struct delivery *d, size_t max_bytes, struct buf *ret) {
        size_t each_bytes = max_bytes / 8 / (d->n_parts + 1);
        SCOPED(free) struct short_cause *causes = calloc(d->n_parts + 1, sizeof *causes);
        int r = causes ? shorten(&d->incident, each_bytes, &causes[d->n_parts]) : -ENOMEM;
        for (size_t i = 0; i < d->n_parts && r >= 0; i++)
                r = shorten(&d->parts[i].incident, each_bytes, &causes[i]);
        if (r >= 0)
                r = write_json(write, d, max_bytes, ret);
        for (size_t i = 0; causes && i <= d->n_parts; i++)
                free(causes[i].said);
        return r;
}

static int write_trimmed(write_fn *write, const struct delivery *d, size_t max_bytes, struct buf *ret) {
        struct delivery less = *d; /* borrows everything but the list of its parts */
        SCOPED(free) struct delivery *parts = calloc(d->n_parts + 1, sizeof *parts);
        if (!parts)
                return -ENOMEM;
        if (d->n_parts > 0)
                memcpy(parts, d->parts, d->n_parts * sizeof *parts);
        less.parts = parts;
        int r = write_json(write, &less, max_bytes, ret);
        while (r == -EMSGSIZE && trim_all(&less))
                r = write_json(write, &less, max_bytes, ret);
        return r == -EMSGSIZE ? write_with_short_causes(write, &less, max_bytes, ret) : r;
}

int message_json(const struct delivery *d, size_t max_bytes, struct buf *ret) {
        return write_trimmed(delivery_write, d, max_bytes, ret);
}

int message_incident_json(const struct delivery *d, size_t max_bytes, struct buf *ret) {
        return write_trimmed(write_incident, d, max_bytes, ret);
}
