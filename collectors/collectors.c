/* SPDX-License-Identifier: Apache-2.0 */
#include "collectors/collectors.h"

const struct collector *const collectors[] = {
        &collector_metrics,     &collector_applications,
        &collector_discovery,   &collector_operations,
        &collector_snapshots,   &collector_logs,
        &collector_series_list, &collector_log_streams,
        &collector_identity,    NULL,
};
