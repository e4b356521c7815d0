/* SPDX-License-Identifier: Apache-2.0 */
/* The shared AWS files: ~/.aws/config and ~/.aws/credentials, or those that the environment names. */
#pragma once

#include <stdbool.h>

#include "aws/environment.h"
#include "util/err.h"
#include "util/scope.h"
#include "util/span.h"

enum { AWS_FILE_MAX_BYTES = 1 << 20 };

enum aws_section {
        AWS_SECTION_PROFILE,
        AWS_SECTION_SSO_SESSION,
        AWS_SECTION_SERVICES,
};

enum aws_file {
        AWS_FILE_CONFIG,
        AWS_FILE_CREDENTIALS, /* wins where both have a key */
};

struct aws_profiles;

/* Reads both files; one that is not there is empty. Errors name FILE:LINE: -EINVAL, -EFBIG, an errno of reading, -ENOMEM. */
int aws_profiles_load(const struct aws_environment *environment, struct aws_profiles **ret, struct err *err);
/* The same from texts (NULL data: not there). */
int aws_profiles_parse(struct span config, struct span credentials, struct aws_profiles **ret, struct err *err);
void aws_profiles_free(struct aws_profiles *p);

/* The profile that the environment selects: AWS_PROFILE, AWS_DEFAULT_PROFILE, "default". */
const char *aws_profile_selected(const struct aws_environment *environment);

bool aws_profile_exists(const struct aws_profiles *p, const char *profile);
/* Value of a key (lower case), NULL when absent or empty. `p` may be NULL; profile NULL is "default". Borrowed. */
const char *aws_profile_get(const struct aws_profiles *p, const char *profile, const char *key);
/* The same from one file only. */
const char *aws_profile_get_from(const struct aws_profiles *p, enum aws_file file, const char *profile,
                                 const char *key);
bool aws_section_exists(const struct aws_profiles *p, enum aws_section kind, const char *name);
const char *aws_section_get(const struct aws_profiles *p, enum aws_section kind, const char *name, const char *key);
/* A key of the indented lines under an empty-valued key: [services NAME] / cloudwatch = / endpoint_url = ... */
const char *aws_section_get_nested(const struct aws_profiles *p, enum aws_section kind, const char *name,
                                   const char *key, const char *nested);
/* "FILE:LINE" of a profile's key, "FILE" of the files when it has none; for errors. Borrowed until the next call. */
const char *aws_profile_where(struct aws_profiles *p, const char *profile, const char *key);

SCOPED_DEFINE(struct aws_profiles, aws_profiles_free)
