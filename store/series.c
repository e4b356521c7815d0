/* SPDX-License-Identifier: Apache-2.0 */
#include "store/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/list.h"
#include "util/text.h"

enum { PERIOD_UNKNOWN_S = 60, KEY_WORDS = 5 };

void series_set_done(struct series_set *set) {
        for (size_t i = 0; i < set->n_items; i++)
                stream_done(&set->items[i].head);
        free(set->items);
        free(set->groups);
        slots_done(&set->by_key);
        slots_done(&set->by_application);
        *set = (struct series_set){0};
}

struct series *series_get(const struct series_set *set, int64_t id) {
        return id >= 1 && (uint64_t)id <= set->n_items ? &set->items[id - 1] : NULL;
}

static const struct series_group *find_group(const struct series_set *set, uint32_t target, uint32_t application) {
        uint32_t words[] = {target, application}, item;
        struct probe p = slots_probe(&set->by_application, slots_hash(words, sizeof words));
        while (probe_next(&p, &item)) {
                const struct series_group *g = &set->groups[item];
                if (g->target == target && g->application == application)
                        return g;
        }
        return NULL;
}

const struct series_group *series_group_find(const struct series_set *set, const struct words *words,
                                             const char *target, const char *application) {
        uint32_t t = words_find(words, target), a = words_find(words, application);
        return t == WORD_NONE || a == WORD_NONE ? NULL : find_group(set, t, a);
}

/* Room for everything that add_series writes, so that it cannot fail half-way. */
static int reserve(struct series_set *set) {
        if (slots_reserve(&set->by_key) < 0 || slots_reserve(&set->by_application) < 0)
                return -ENOMEM;
        if (!LIST_ADD(set->groups, set->n_groups, set->groups_size))
                return -ENOMEM;
        set->n_groups--;
        if (set->n_items >= UINT32_MAX - 1 || !LIST_ADD(set->items, set->n_items, set->items_size))
                return -ENOMEM;
        set->n_items--;
        return 0;
}

static void join_group(struct series_set *set, struct series *added, uint32_t id) {
        struct series_group *g = (struct series_group *)find_group(set, added->target, added->application);
        if (g) {
                set->items[g->last - 1].next = id;
                g->last = id;
                return;
        }
        uint32_t words[] = {added->target, added->application};
        set->groups[set->n_groups] = (struct series_group){added->target, added->application, id, id};
        slots_add(&set->by_application, slots_hash(words, sizeof words), (uint32_t)set->n_groups++);
}

static int key_words(struct words *words, const struct series_key *key, uint32_t ret[KEY_WORDS]) {
        const char *const texts[KEY_WORDS] = {key->target, key->application, key->metric, key->statistic,
                                              key->dimensions};
        int r = 0;
        for (size_t i = 0; i < KEY_WORDS && r == 0; i++)
                r = words_add(words, text_or_empty(texts[i]), &ret[i]);
        return r;
}

int series_add(struct series_set *set, struct words *words, const struct series_key *key, uint32_t *ret_id) {
        uint32_t w[KEY_WORDS], item;
        if (key_words(words, key, w) < 0)
                return -ENOMEM;
        uint64_t hash = slots_hash(w, sizeof w);
        struct probe p = slots_probe(&set->by_key, hash);
        while (probe_next(&p, &item)) {
                const struct series *s = &set->items[item];
                if (s->target == w[0] && s->application == w[1] && s->metric == w[2] && s->statistic == w[3] &&
                    s->dimensions == w[4]) {
                        *ret_id = item + 1;
                        return 0;
                }
        }
        if (reserve(set) < 0)
                return -ENOMEM;
        const struct metric *m = metric_find(text_or_empty(key->metric), text_or_empty(key->statistic));
        struct series *added = &set->items[set->n_items++];
        *added = (struct series){
                .target = w[0],
                .application = w[1],
                .metric = w[2],
                .statistic = w[3],
                .dimensions = w[4],
                .metric_row = m ? (int16_t)(m - metrics) : -1,
                .period_s = m ? m->period_s : PERIOD_UNKNOWN_S,
        };
        uint32_t id = (uint32_t)set->n_items;
        slots_add(&set->by_key, hash, id - 1);
        join_group(set, added, id);
        *ret_id = id;
        return 0;
}
