/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "tests/bench/report.h"
#include "tests/bench/store_bench.h"
#include "tests/unit/store/killing.h"

void bench_kills(const char *path, size_t n_kills, int64_t unused) {
        struct killing k;
        (void)unused;
        int r = killing_run(path, (int)n_kills, 4, &k);
        printf("kill -9 at %zu random moments: %lld of appending, %lld of folding, %lld of retention\n", n_kills,
               (long long)k.n_kills[KILL_APPENDING], (long long)k.n_kills[KILL_FOLDING],
               (long long)k.n_kills[KILL_RETENTION]);
        report_say("days that went by", (double)k.n_minutes / DAY_MINUTES, "days");
        report_say("samples looked at", (double)k.n_checked / 1e6, "million");
        if (r < 0)
                printf("  %s\n", k.fault);
        report_bar("faults: something lost, or wrong", r < 0, "", 0);
}
