/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of rpc/: answers whose size and pace the test's request chooses.
 *   echo TEXT    TEXT
 *   big N        N letters, 256 KiB a step
 *   slow N       after N empty steps, "slow"
 *   access       "read" or "change"
 *   who          the name of who asks
 *   fail         a step that fails
 *   wait TEXT    nothing until fake_rpc_wake() was called, then TEXT */
#include <errno.h>

#include "rpc/rpc.h"
#include "tests/unit/daemon/fake_rpc.h"

struct rpc_call {
        char word[16];
        char *text;
        size_t left;
        enum rpc_access access;
        char caller[64];
        void (*wake)(void *arg);
        void *wake_arg;
};

static struct rpc_call *waiting;

struct fake_rpc_counts fake_rpc_counts;

int rpc_start(const struct rpc_host *host, struct span line, enum rpc_access access, int64_t now_s,
              struct rpc_call **ret) {
        (void)host;
        (void)now_s;
        struct rpc_call *call = calloc(1, sizeof *call);
        struct span rest = line, word = span_split(&rest, ' ');
        snprintf(call->word, sizeof call->word, "%.*s", (int)(word.len < 15 ? word.len : 15), word.data);
        call->text = span_dup(rest.data ? rest : SPAN(""));
        call->left = strtoul(call->text, NULL, 10);
        call->access = access;
        fake_rpc_counts.started++;
        fake_rpc_counts.live++;
        *ret = call;
        return 0;
}

void rpc_set_wake(struct rpc_call *call, void (*wake)(void *arg), void *arg) {
        call->wake = wake;
        call->wake_arg = arg;
}

void rpc_set_caller(struct rpc_call *call, const char *name) {
        snprintf(call->caller, sizeof call->caller, "%s", name);
}

bool fake_rpc_wake(void) {
        struct rpc_call *call = waiting;
        waiting = NULL;
        if (call)
                call->wake(call->wake_arg);
        return call != NULL;
}

int rpc_step(struct rpc_call *call, struct buf *out) {
        static const size_t piece = 256 << 10;
        fake_rpc_counts.steps++;
        if (strcmp(call->word, "fail") == 0)
                return -EIO;
        if (strcmp(call->word, "big") == 0) {
                size_t n = call->left < piece ? call->left : piece;
                char *to = buf_reserve(out, n);
                if (!to)
                        return -ENOMEM;
                memset(to, 'x', n);
                out->len += n;
                call->left -= n;
                if (call->left > 0)
                        return RPC_MORE;
                buf_put_char(out, '\n');
                return 0;
        }
        if (strcmp(call->word, "wait") == 0 && call->left++ == 0) {
                waiting = call;
                return RPC_WAIT;
        }
        if (strcmp(call->word, "slow") == 0 && call->left-- > 0)
                return RPC_MORE;
        if (strcmp(call->word, "slow") == 0)
                buf_put_str(out, "slow\n");
        else if (strcmp(call->word, "access") == 0)
                buf_put_str(out, call->access == RPC_CHANGE ? "change\n" : "read\n");
        else if (strcmp(call->word, "who") == 0)
                buf_printf(out, "%s\n", call->caller);
        else if (strcmp(call->word, "echo") == 0 || strcmp(call->word, "wait") == 0)
                buf_printf(out, "%s\n", call->text);
        else
                buf_put_str(out, "what?\n");
        return 0;
}

void rpc_free(struct rpc_call *call) {
        if (!call)
                return;
        fake_rpc_counts.live--;
        if (waiting == call)
                waiting = NULL;
        free(call->text);
        free(call);
}

void rpc_refuse(struct buf *out, int code, const char *message) {
        buf_printf(out, "refused %d %s\n", code, message);
}
