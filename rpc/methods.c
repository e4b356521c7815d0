/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/method.h"

const struct rpc_method *const rpc_methods[] = {
        &rpc_status,  &rpc_apps,     &rpc_incidents, &rpc_show,       &rpc_history, &rpc_metrics, &rpc_ack,
        &rpc_silence, &rpc_silences, &rpc_unsilence, &rpc_backtest,   &rpc_poll,    &rpc_reload,  &rpc_events,
        &rpc_report,  &rpc_explain,  &rpc_doctor,    &rpc_iam_policy, &rpc_cost,
};

const size_t rpc_n_methods = ELEMENTS(rpc_methods);
