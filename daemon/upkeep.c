/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/upkeep.h"

#include <errno.h>
#include <inttypes.h>

#include "daemon/log.h"

/* A slice ends with the piece in which its time is over; a pause lets replies and clients have their turn. */
enum { EVERY_MS = 60 * 1000, SLICE_MS = 10, PAUSE_MS = 5 };

/* A clock that jumps ahead makes nothing older than it is: what has to go is older than retention beside the newest sample, too. Without
 * any sample nothing goes. */
static int64_t keep_from_s(const struct upkeep *u, int64_t now_s) {
        int64_t latest_s = store_latest_s(u->host.store);
        return (latest_s < now_s ? latest_s : now_s) - u->host.retention_s;
}

/* 1: there is more to do. */
static int do_piece(struct upkeep *u) {
        int64_t now_s = loop_now_s(u->host.loop);
        int r = store_maintain(u->host.store, now_s);
        return r != 0 ? r : store_retain(u->host.store, keep_from_s(u, now_s));
}

static int do_slice(struct upkeep *u) {
        int64_t until_ms = loop_monotonic_ms(u->host.loop) + SLICE_MS;
        int r;
        do
                r = do_piece(u);
        while (r == 1 && loop_monotonic_ms(u->host.loop) < until_ms);
        return r;
}

/* A failure once, and its end. */
static void say(struct upkeep *u, int result) {
        int64_t n_unreadable = store_unreadable(u->host.store);
        if (result < 0 && !u->is_failing)
                log_error("the store cannot be kept in order: %s: it is tried again each minute",
                          result == -ENOMEM ? "out of memory" : store_error(u->host.store));
        else if (result >= 0 && u->is_failing)
                log_notice("the store is kept in order again");
        u->is_failing = result < 0;
        if (n_unreadable > u->n_unreadable)
                log_error(
                        "%" PRId64
                        " pieces of stored history are damaged and left out: look at the disk (journalctl -k, smartctl -a)",
                        n_unreadable);
        u->n_unreadable = n_unreadable;
}

static void on_timer(void *arg) {
        struct upkeep *u = arg;
        int r = do_slice(u);
        say(u, r);
        if (store_is_damaged(u->host.store))
                u->host.damaged(u->host.arg);
        else
                timer_start(&u->timer, u->host.loop, r == 1 ? PAUSE_MS : EVERY_MS, on_timer, u);
}

void upkeep_start(struct upkeep *u, const struct upkeep_host *host) {
        u->host = *host;
        timer_start(&u->timer, host->loop, 0, on_timer, u);
}

void upkeep_stop(struct upkeep *u) {
        timer_stop(&u->timer);
}

void upkeep_finish(struct upkeep *u, const struct upkeep_host *host) {
        int r;
        u->host = *host;
        while ((r = do_slice(u)) == 1)
                ;
        say(u, r);
}
