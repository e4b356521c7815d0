/* SPDX-License-Identifier: Apache-2.0 */
/* The shared AWS files: config and credentials, parted by the first zero byte. */
#include "aws/profile.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        struct span credentials = input_span(data, size), config = span_split(&credentials, '\0');
        SCOPED(aws_profiles_free) struct aws_profiles *profiles = NULL;
        struct err err = {0};
        int r = aws_profiles_parse(config, credentials, &profiles, &err);
        must((r == 0) == (profiles != NULL));
        must(r == 0 || err.text[0] != '\0');
        if (r < 0)
                return 0;
        static const char *const names[] = {"default", "prod", "a b"};
        for (size_t i = 0; i < ELEMENTS(names); i++) {
                aws_profile_get(profiles, names[i], "role_arn");
                aws_profile_where(profiles, names[i], "role_arn");
                aws_section_get_nested(profiles, AWS_SECTION_SERVICES, names[i], "cloudwatch", "endpoint_url");
        }
        return 0;
}
