/* SPDX-License-Identifier: Apache-2.0 */
/* How a digest reads: one message that names every application, the gravest first. Private to this folder. */
#pragma once

#include "notifiers/message.h"

/* Fills what message_make has begun. 0 or -ENOMEM */
int digest_make(const struct delivery *d, struct message *m);

/* The last event of each incident of a digest, the gravest open one first and what is over last; free with free(). 0 or -ENOMEM */
int digest_list(const struct delivery *d, const struct delivery ***ret, size_t *ret_n);
