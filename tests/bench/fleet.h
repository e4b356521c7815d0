/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the fleet's bench share: an endpoint that answers at once, and a healthy fleet's numbers. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

enum { FLEET_T0 = 1767225600, FLEET_SERIES = 25, FLEET_REQUEST = 500, FLEET_POINTS = 5 };

/* A process that answers GetMetricData on 127.0.0.1 from bodies made beforehand: the JSON and the Query protocol. It ends with its
 * parent. */
pid_t fleet_endpoint_start(int *ret_port);

/* A metric of a healthy application. Counters and running times are those of all applications, the noise is each one's own. */
double fleet_value(const char *metric, unsigned application, int64_t at_s);

/* CPU seconds that a peer takes for the same request, 0 when it is not there. */
double fleet_peer_boto_s(int port);
double fleet_peer_javascript_s(int port, const char *folder);
