/* SPDX-License-Identifier: Apache-2.0 */
/* One log event of any bytes: the envelope, the event it reports, what is masked in it. */
#include <stdint.h>
#include <stdlib.h>

#include "faults/event.h"
#include "faults/faults.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct record_scratch scratch = {0};
        struct record r;
        struct event e;
        SCOPED(buf_done) struct buf text = BUF_INIT(RECORD_TEXT_MAX);
        if (record_parse((struct span){(const char *)data, size}, 0, &scratch, &r) == 0) {
                event_read(&r, &e);
                /* What was found lies within what was given. */
                if (e.task.len > r.message.len || e.execution.len > r.message.len)
                        abort();
                buf_put_span(&text, r.message);
                fault_mask_secrets(&text);
                if (text.len > text.cap)
                        abort();
        }
        record_scratch_done(&scratch);
        return 0;
}
