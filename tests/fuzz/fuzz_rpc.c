/* SPDX-License-Identifier: Apache-2.0 */
/* A line that a client sends to the socket, answered over an empty store: the answer, if any, is whole lines and not endless. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "rpc/rpc.h"
#include "tests/fuzz/fuzz.h"

enum { STEPS_MAX = 100000, ANSWER_MAX = 64 << 20 };

static struct store *open_store(void) {
        static char folder[] = "/tmp/flinkwatch-fuzz-XXXXXX";
        static const char *const suffixes[] = {"", "-wal", "-shm"};
        char path[64];
        struct store *store = NULL;
        struct err err = {0};
        must(mkdtemp(folder) != NULL);
        snprintf(path, sizeof path, "%s/db", folder);
        must(store_open(path, &store, NULL, &err) == 0);
        /* It goes on without its name. */
        for (size_t i = 0; i < ELEMENTS(suffixes); i++) {
                snprintf(path, sizeof path, "%s/db%s", folder, suffixes[i]);
                unlink(path);
        }
        rmdir(folder);
        return store;
}

static int refuse_poll(void *arg, const char *target, struct err *reterr) {
        (void)arg;
        return err_set(reterr, -ENOENT, "there is no target %s", target ? target : "");
}

static int refuse_reload(void *arg, struct err *reterr) {
        (void)arg;
        return err_set(reterr, -EINVAL, "no");
}

static int refuse_acknowledge(void *arg, int64_t id, const char *by, const char *comment, struct err *reterr) {
        (void)arg, (void)by, (void)comment;
        return err_set(reterr, -ENOENT, "there is no incident %lld", (long long)id);
}

static int refuse_work(void *arg, const struct rpc_order *order, struct rpc_work **ret, struct err *reterr) {
        (void)arg, (void)order, (void)ret;
        return err_set(reterr, -EBUSY, "too much is under way");
}

static int refuse_forecast(void *arg, const char *target, const char *application, struct rpc_forecast *ret) {
        (void)arg, (void)target, (void)application, (void)ret;
        return -ENOENT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const struct rpc_actions actions = {.poll = refuse_poll,
                                                   .reload = refuse_reload,
                                                   .acknowledge = refuse_acknowledge,
                                                   .begin = refuse_work,
                                                   .forecast = refuse_forecast};
        static struct rpc_host host;
        if (!host.store)
                host = (struct rpc_host){
                        .store = open_store(), .actions = &actions, .version = "0", .interval_s = 60, .pid = 1};
        if (memchr(data, '\n', size) || size > RPC_REQUEST_MAX)
                return 0;
        SCOPED(rpc_free) struct rpc_call *call = NULL;
        SCOPED(buf_done) struct buf out = BUF_INIT(ANSWER_MAX);
        must(rpc_start(&host, input_span(data, size), RPC_CHANGE, 1700000000, &call) == 0);
        int r = RPC_MORE;
        for (int i = 0; r == RPC_MORE && i < STEPS_MAX; i++)
                r = rpc_step(call, &out);
        must(r == 0 || r == RPC_WAIT);
        if (r == 0 && out.len > 0)
                must(buf_str(&out)[out.len - 1] == '\n');
        return 0;
}
