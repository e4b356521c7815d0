/* SPDX-License-Identifier: Apache-2.0 */
/* Which host answers for a service in a region, and which region goes into the signature. */
#pragma once

#include <stdbool.h>

#include "aws/environment.h"
#include "aws/profile.h"
#include "util/err.h"
#include "util/scope.h"

struct aws_partition {
        const char *id; /* as in ARNs: "aws", "aws-cn" */
        const char *suffix;
        const char *dual_stack_suffix;
};

/* Never NULL: an unknown region counts as the partition "aws". */
const struct aws_partition *aws_partition(const char *region);

struct endpoint_options {
        const char *url; /* of the caller: wins over every override; NULL: none */
        const struct aws_environment *environment;
        const struct aws_profiles *profiles; /* NULL: no files */
        const char *profile;                 /* NULL: the one that the environment selects */
        const char *region;                  /* NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's */
        bool use_fips,
                use_dualstack; /* also AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT and the profile's keys */
};

struct endpoint {
        char *url;       /* "https://monitoring.eu-west-1.amazonaws.com", no slash at the end */
        char *host;      /* Host header as it goes over the wire, with the port unless it is the scheme's own */
        char *base_path; /* "" but for an override with a path: part of url, and to be put before the path that is signed */
        char *signing_region;
        bool is_custom; /* from an override */
};

/* AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's services section, its endpoint_url, then the partition's rules.
 * `service`: "monitoring" "kinesisanalytics" "logs" "sns" "sts"; `region` NULL: options->region and its fallbacks.
 * -EINVAL: no region, an unknown service, a region or URL that cannot be, FIPS or dual-stack together with an override. */
int endpoint_resolve(const struct endpoint_options *options, const char *service, const char *region,
                     struct endpoint *ret, struct err *err);
void endpoint_done(struct endpoint *e);

/* AWS_REGION, AWS_DEFAULT_REGION, the profile's region, else NULL. Borrowed from the arguments. */
const char *aws_region(const struct aws_environment *environment, const struct aws_profiles *profiles,
                       const char *profile);
/* Can be a region's name: lower-case letters, digits and hyphens, none of the SDKs' pseudo regions. */
bool aws_region_is_valid(const char *region);
/* AWS_CA_BUNDLE or the profile's ca_bundle, expanded, for the caller to free; NULL when there is none. 0 or -ENOMEM. */
int aws_ca_bundle(const struct aws_environment *environment, const struct aws_profiles *profiles, const char *profile,
                  char **ret);

SCOPED_DEFINE_VALUE(struct endpoint, endpoint_done)
