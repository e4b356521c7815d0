/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/quota.h"

#include <stdlib.h>
#include <string.h>

struct quota {
        struct quota *next;
        char *name;
        struct loop *loop;
        struct timer timer; /* runs while somebody waits */
        int64_t turn_ms, free_at_ms;
        struct quota_turn *first, *last;
};

struct quotas {
        struct loop *loop;
        struct quota *first;
};

struct quotas *quotas_new(struct loop *l) {
        struct quotas *q = calloc(1, sizeof *q);
        if (q)
                q->loop = l;
        return q;
}

void quotas_free(struct quotas *q) {
        while (q && q->first) {
                struct quota *gone = q->first;
                q->first = gone->next;
                timer_stop(&gone->timer);
                free(gone->name);
                free(gone);
        }
        free(q);
}

struct quota *quotas_find(struct quotas *q, const char *name, int64_t turn_ms) {
        for (struct quota *known = q->first; known; known = known->next)
                if (strcmp(known->name, name) == 0)
                        return known;
        struct quota *made = calloc(1, sizeof *made);
        char *copy = strdup(name);
        if (!made || !copy) {
                free(made);
                free(copy);
                return NULL;
        }
        *made = (struct quota){.next = q->first, .name = copy, .loop = q->loop, .turn_ms = turn_ms};
        q->first = made;
        return made;
}

static void grant(void *arg);

static void arrange(struct quota *q) {
        int64_t wait_ms = q->free_at_ms - loop_monotonic_ms(q->loop);
        if (q->first && !timer_is_running(&q->timer))
                timer_start(&q->timer, q->loop, wait_ms > 0 ? wait_ms : 0, grant, q);
}

static void grant(void *arg) {
        struct quota *q = arg;
        struct quota_turn *turn = q->first;
        if (turn) {
                q->free_at_ms = loop_monotonic_ms(q->loop) + q->turn_ms;
                quota_unwait(turn);
                turn->resume(turn->arg);
        }
        arrange(q);
}

void quota_wait(struct quota *q, struct quota_turn *turn) {
        turn->quota = q;
        turn->next = NULL;
        turn->previous = q->last;
        if (q->last)
                q->last->next = turn;
        else
                q->first = turn;
        q->last = turn;
        arrange(q);
}

void quota_unwait(struct quota_turn *turn) {
        struct quota *q = turn->quota;
        if (!q)
                return;
        if (turn->previous)
                turn->previous->next = turn->next;
        else
                q->first = turn->next;
        if (turn->next)
                turn->next->previous = turn->previous;
        else
                q->last = turn->previous;
        turn->quota = NULL;
}
