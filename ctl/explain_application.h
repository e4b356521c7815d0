/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

struct arguments;
struct cJSON;
struct screen;
struct session;

/* The report that the daemon answers with. */
void explain_draw(struct screen *s, const struct cJSON *report, const struct arguments *a);
/* `explain --app`: asks the daemon for the first fault of an application. Answers the exit status. */
int explain_application(struct session *session);
