/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

struct session;

/* `explain --app`: asks the daemon for the first fault of an application. Answers the exit status. */
int explain_application(struct session *session);
