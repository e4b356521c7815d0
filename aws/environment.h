/* SPDX-License-Identifier: Apache-2.0 */
/* What the environment says to AWS clients, read once. Nothing else in this folder calls getenv. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "util/scope.h"

struct aws_environment {
        struct aws_variable {
                char *name;
                char *value;
        } * variables;
        size_t n;
};

/* Copies HOME, AWS_*, the proxy variables and those that the paths of the AWS files refer to. 0 or -ENOMEM. */
int aws_environment_capture(struct aws_environment *ret);
/* The same from "NAME=value" texts, NULL-ended. */
int aws_environment_from_list(const char *const *list, struct aws_environment *ret);
/* Wipes the values and frees. */
void aws_environment_done(struct aws_environment *e);

/* NULL when unset or empty; `e` may be NULL. Borrowed. */
const char *aws_environment_get(const struct aws_environment *e, const char *name);
/* The variable is "true" in any case. */
bool aws_environment_is_true(const struct aws_environment *e, const char *name);
/* A path with a leading "~/" and $NAME or ${NAME} replaced (an unknown one stays as it is), for the caller to free. NULL: no memory. */
char *aws_environment_expand(const struct aws_environment *e, const char *path);

/* Overwrites the secret variables of the process itself where they stand (so that neither /proc/PID/environ nor a core file shows
 * them) and unsets them. Call once, after capture, before there are threads. */
void aws_environment_scrub(void);

SCOPED_DEFINE_VALUE(struct aws_environment, aws_environment_done)
