/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/url.h"
#include "util/buf.h"
#include "util/text.h"

enum { URL_MAX = 4096, REGION_MAX = 63 };

/* A region of a partition is PREFIX-WORD-NUMBER with one of its prefixes. */
static const struct {
        struct aws_partition partition;
        const char *prefixes[10];
} partitions[] = {
        {{"aws", "amazonaws.com", "api.aws"}, {"us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"}},
        {{"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"}, {"cn"}},
        {{"aws-us-gov", "amazonaws.com", "api.aws"}, {"us-gov"}},
        {{"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"}, {"eusc-de"}},
        {{"aws-iso", "c2s.ic.gov", "api.aws.ic.gov"}, {"us-iso"}},
        {{"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"}, {"us-isob"}},
        {{"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"}, {"eu-isoe"}},
        {{"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"}, {"us-isof"}},
};

/* How GovCloud names a service's FIPS hosts: its plain hosts often are the FIPS ones. */
static const struct service {
        const char *name;  /* signing name and host prefix */
        const char *id;    /* in AWS_ENDPOINT_URL_<ID> and, lower case, in a services section */
        bool is_gov_plain; /* FIPS host without "-fips" */
        bool is_gov_plain_dual;
} services[] = {
        {"monitoring", "CLOUDWATCH", true, true},
        {"kinesisanalytics", "KINESIS_ANALYTICS_V2", false, false},
        {"logs", "CLOUDWATCH_LOGS", true, false},
        {"sns", "SNS", true, false},
        {"sts", "STS", true, false},
};

static bool is_word(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* "-WORD-NUMBER" */
static bool is_region_end(const char *s) {
        if (*s++ != '-' || !is_word(*s))
                return false;
        while (is_word(*s))
                s++;
        if (*s++ != '-' || *s < '0' || *s > '9')
                return false;
        return s[strspn(s, "0123456789")] == '\0';
}

const struct aws_partition *aws_partition(const char *region) {
        for (size_t i = 0; i < ELEMENTS(partitions); i++)
                for (const char *const *prefix = partitions[i].prefixes; *prefix; prefix++)
                        if (strncmp(region, *prefix, strlen(*prefix)) == 0 && is_region_end(region + strlen(*prefix)))
                                return &partitions[i].partition;
        return &partitions[0].partition;
}

void endpoint_done(struct endpoint *e) {
        free(e->url);
        free(e->host);
        free(e->base_path);
        free(e->signing_region);
        *e = (struct endpoint){0};
}

const char *aws_region(const struct aws_environment *environment, const struct aws_profiles *profiles,
                       const char *profile) {
        const char *region = aws_environment_get(environment, "AWS_REGION");
        if (!region)
                region = aws_environment_get(environment, "AWS_DEFAULT_REGION");
        return region ? region
                      : aws_profile_get(profiles, profile ? profile : aws_profile_selected(environment), "region");
}

int aws_ca_bundle(const struct aws_environment *environment, const struct aws_profiles *profiles, const char *profile,
                  char **ret) {
        const char *path = aws_environment_get(environment, "AWS_CA_BUNDLE");
        if (!path)
                path = aws_profile_get(profiles, profile ? profile : aws_profile_selected(environment), "ca_bundle");
        char *expanded = path ? aws_environment_expand(environment, path) : NULL;
        if (path && !expanded)
                return -ENOMEM;
        *ret = expanded;
        return 0;
}

static const char *profile_of(const struct endpoint_options *o) {
        return o->profile ? o->profile : aws_profile_selected(o->environment);
}

static bool is_on(const struct endpoint_options *o, bool is_forced, const char *variable, const char *key) {
        const char *value = aws_environment_get(o->environment, variable);
        if (!value)
                value = aws_profile_get(o->profiles, profile_of(o), key);
        return is_forced || (value && strcasecmp(value, "true") == 0);
}

static const struct service *find_service(const char *name) {
        for (size_t i = 0; i < ELEMENTS(services); i++)
                if (strcmp(services[i].name, name) == 0)
                        return &services[i];
        return NULL;
}

/* Where the override was said goes to *ret_from, for errors. */
static const char *find_override(const struct endpoint_options *o, const struct service *service, char *key,
                                 const char **ret_from) {
        SCOPED(buf_done) struct buf variable = BUF_INIT(128);
        buf_printf(&variable, "AWS_ENDPOINT_URL_%s", service->id);
        const char *url = aws_environment_get(o->environment, buf_str(&variable)), *section;
        *ret_from = "AWS_ENDPOINT_URL";
        if (!url)
                url = aws_environment_get(o->environment, "AWS_ENDPOINT_URL");
        if (url)
                return url;
        section = aws_profile_get(o->profiles, profile_of(o), "services");
        *ret_from = "endpoint_url";
        if (section)
                url = aws_section_get_nested(o->profiles, AWS_SECTION_SERVICES, section, key, "endpoint_url");
        return url ? url : aws_profile_get(o->profiles, profile_of(o), "endpoint_url");
}

static const char *override_for(const struct endpoint_options *o, const struct service *service,
                                const char **ret_from) {
        char key[64];
        text_copy(key, sizeof key, service->id);
        for (char *p = key; *p; p++)
                if (*p >= 'A' && *p <= 'Z')
                        *p |= 0x20;
        if (is_on(o, false, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))
                return NULL;
        return find_override(o, service, key, ret_from);
}

static void put_lower(struct buf *out, struct span s) {
        for (size_t i = 0; i < s.len; i++)
                buf_put_char(out, s.data[i] >= 'A' && s.data[i] <= 'Z' ? (char)(s.data[i] | 0x20) : s.data[i]);
}

/* An address goes over the wire as libcurl writes it, however it was written: so it has to be signed. */
static bool put_address(struct buf *out, const struct url *u) {
        char text[INET6_ADDRSTRLEN];
        struct in6_addr six;
        struct in_addr four;
        if (u->host.len >= sizeof text)
                return false;
        memcpy(text, u->host.data, u->host.len);
        text[u->host.len] = '\0';
        bool is_address = u->is_ipv6 ? inet_pton(AF_INET6, text, &six) == 1 : inet_aton(text, &four) != 0;
        if (!is_address)
                return false;
        inet_ntop(u->is_ipv6 ? AF_INET6 : AF_INET, u->is_ipv6 ? (void *)&six : (void *)&four, text, sizeof text);
        buf_put_str(out, text);
        return true;
}

static void put_host(struct buf *out, const struct url *u) {
        if (u->is_ipv6)
                buf_put_char(out, '[');
        if (!put_address(out, u))
                put_lower(out, u->host);
        if (u->is_ipv6)
                buf_put_char(out, ']');
        if (u->port)
                buf_printf(out, ":%d", u->port);
}

/* The parts go to *ret as they are; the caller checks for NULL. */
static void fill_custom(const struct url *u, struct endpoint *ret) {
        SCOPED(buf_done) struct buf host = BUF_INIT(URL_MAX), whole = BUF_INIT(URL_MAX);
        struct span base = u->path;
        while (base.len > 0 && base.data[base.len - 1] == '/')
                base.len--;
        put_host(&host, u);
        buf_put_str(&whole, u->is_https ? "https://" : "http://");
        buf_put_span(&whole, buf_span(&host));
        buf_put_span(&whole, base);
        ret->base_path = span_dup(base.len > 0 ? base : SPAN(""));
        ret->url = buf_steal(&whole);
        ret->host = buf_steal(&host);
        ret->is_custom = true;
}

static void fill_usual(const struct service *service, const char *region, bool fips, bool dual, struct endpoint *ret) {
        SCOPED(buf_done) struct buf host = BUF_INIT(URL_MAX), whole = BUF_INIT(URL_MAX);
        const struct aws_partition *partition = aws_partition(region);
        if (strcmp(partition->id, "aws-us-gov") == 0 && (dual ? service->is_gov_plain_dual : service->is_gov_plain))
                fips = false;
        buf_printf(&host, "%s%s.%s.%s", service->name, fips ? "-fips" : "", region,
                   dual ? partition->dual_stack_suffix : partition->suffix);
        buf_printf(&whole, "https://%s", buf_str(&host));
        ret->base_path = strdup("");
        ret->url = buf_steal(&whole);
        ret->host = buf_steal(&host);
}

bool aws_region_is_valid(const char *s) {
        size_t n = strlen(s);
        if (n == 0 || n > REGION_MAX || s[0] == '-' || s[n - 1] == '-')
                return false;
        for (size_t i = 0; i < n; i++)
                if (!is_word(s[i]) && s[i] != '-')
                        return false;
        /* pseudo regions of old SDKs */
        return strcmp(s, "aws-global") != 0 && strncmp(s, "fips-", 5) != 0 &&
               !(n > 5 && strcmp(s + n - 5, "-fips") == 0);
}

static int find_region(const struct endpoint_options *o, const char *wanted, const char **ret, struct err *err) {
        const char *region = wanted ? wanted : o->region;
        if (!region)
                region = aws_region(o->environment, o->profiles, o->profile);
        if (!region)
                return err_set(err, -EINVAL,
                               "no AWS region: set it in the configuration, in AWS_REGION or in profile %s",
                               profile_of(o));
        if (!aws_region_is_valid(region))
                return err_set(err, -EINVAL, "\"%.80s\" is not an AWS region such as eu-west-1", region);
        *ret = region;
        return 0;
}

int endpoint_resolve(const struct endpoint_options *o, const char *service_name, const char *region,
                     struct endpoint *ret, struct err *err) {
        SCOPED(endpoint_done) struct endpoint e = {0};
        const struct service *service = find_service(service_name);
        const char *from = "";
        if (!service)
                return err_set(err, -EINVAL, "no endpoint is known for the service \"%.40s\"", service_name);
        int r = find_region(o, region, &region, err);
        if (r < 0)
                return r;
        bool fips = is_on(o, o->use_fips, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
        bool dual = is_on(o, o->use_dualstack, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
        const char *custom = o->url ? o->url : override_for(o, service, &from);
        if (o->url)
                from = "url";
        struct url u;
        /* the URL itself may hold a password and is not shown */
        if (custom && (url_parse(span_of(custom), &u) < 0 || u.rest.len != u.path.len))
                return err_set(err, -EINVAL, "%s for %s: expected http://HOST[:PORT] or https://HOST[:PORT][/PATH]",
                               from, service->name);
        if (custom && (fips || dual))
                return err_set(err, -EINVAL, "%s for %s: an endpoint of one's own cannot be had as FIPS or dual-stack",
                               from, service->name);
        if (custom)
                fill_custom(&u, &e);
        else
                fill_usual(service, region, fips, dual, &e);
        bool is_global_sts = e.host && strcmp(service->name, "sts") == 0 && strcmp(e.host, "sts.amazonaws.com") == 0;
        e.signing_region = strdup(is_global_sts ? "us-east-1" : region);
        if (!e.url || !e.host || !e.base_path || !e.signing_region)
                return err_set(err, -ENOMEM, "endpoint of %s: out of memory", service->name);
        *ret = e;
        e = (struct endpoint){0};
        return 0;
}
