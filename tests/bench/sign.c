/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures a second with the day key cached, against the same digests taken by a bare EVP loop: body, canonical request and
 * HMAC of the string to sign, over bytes of the same lengths. Both loops alternate, so that a busy machine slows both. */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/sigv4.h"
#include "util/http.h"

enum { ROUNDS = 15, WORST_RATIO_PCT = 85 };

static const struct aws_keys keys = {.access_key_id = "AKIDEXAMPLE",
                                     .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};

static double now(void) {
        struct timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(int ok, const char *what) {
        if (ok)
                return;
        fprintf(stderr, "sign: %s failed\n", what);
        exit(1);
}

struct lengths {
        size_t canonical, to_sign;
};

static void fill_request(struct http_request *r, size_t body_bytes) {
        http_request_init(r);
        check(http_request_header(r, "Content-Type", "application/x-amz-json-1.0") == 0, "header");
        check(http_request_header(r, "X-Amz-Target", "GraniteServiceVersion20100801.GetMetricData") == 0, "header");
        check(http_request_header(r, "x-amzn-query-mode", "true") == 0, "header");
        char *to = buf_reserve(&r->body, body_bytes);
        check(to != NULL, "memory");
        memset(to, 'x', body_bytes);
        r->body.len = body_bytes;
}

static double sign_loop(struct sigv4 *s, struct http_request *r, int n) {
        double from = now();
        for (int i = 0; i < n; i++)
                check(sigv4_sign(s, &keys, "eu-west-1", "monitoring", "monitoring.eu-west-1.amazonaws.com",
                                 1767323045 + i / 1000, r) == 0,
                      "sigv4_sign");
        return now() - from;
}

static void digest(EVP_MD_CTX *c, EVP_MD *md, const void *text, size_t len, unsigned char *ret) {
        check(EVP_DigestInit_ex2(c, md, NULL) && EVP_DigestUpdate(c, text, len) && EVP_DigestFinal_ex(c, ret, NULL),
              "EVP digest");
}

/* The digests of a signature and nothing else: body, canonical request, HMAC with the key set once. */
static double bare_loop(EVP_MD_CTX *c, EVP_MD *md, EVP_MAC_CTX *mac, const struct http_request *r,
                        const struct lengths *lengths, int n) {
        static unsigned char text[4096], hash[32];
        size_t len;
        double from = now();
        for (int i = 0; i < n; i++) {
                digest(c, md, r->body.data, r->body.len, hash);
                digest(c, md, text, lengths->canonical, hash);
                check(EVP_MAC_init(mac, NULL, 0, NULL) && EVP_MAC_update(mac, text, lengths->to_sign) &&
                              EVP_MAC_final(mac, hash, &len, sizeof hash),
                      "EVP MAC");
        }
        return now() - from;
}

static EVP_MAC_CTX *make_mac(void) {
        static const unsigned char key[32] = {1};
        EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
        EVP_MAC_CTX *c = EVP_MAC_CTX_new(mac);
        OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", (char[]){"SHA256"}, 0),
                               OSSL_PARAM_construct_end()};
        check(c && EVP_MAC_init(c, key, sizeof key, params), "EVP MAC");
        EVP_MAC_free(mac);
        return c;
}

/* What sigv4_sign hashes for this request (its lengths do not depend on the values). */
static struct lengths measure(struct sigv4 *s) {
        static const char hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        SCOPED(buf_done) struct buf canonical = BUF_INIT(4096), to_sign = BUF_INIT(4096);
        buf_printf(
                &canonical,
                "POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:monitoring.eu-west-1.amazonaws.com\n"
                "x-amz-date:20260102T030405Z\nx-amz-target:GraniteServiceVersion20100801.GetMetricData\nx-amzn-query-mode:true\n\n"
                "content-type;host;x-amz-date;x-amz-target;x-amzn-query-mode\n%s",
                hash);
        const struct sigv4_scope scope = {"20260102T030405Z", "eu-west-1", "monitoring"};
        check(sigv4_string_to_sign(s, &scope, buf_span(&canonical), &to_sign) == 0, "string to sign");
        return (struct lengths){canonical.len, to_sign.len};
}

static int by_value(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;
        return (x > y) - (x < y);
}

static double median(double *values) {
        qsort(values, ROUNDS, sizeof *values, by_value);
        return values[ROUNDS / 2];
}

static int bench(struct sigv4 *s, EVP_MD_CTX *c, EVP_MD *md, EVP_MAC_CTX *mac, size_t body_bytes, int n) {
        SCOPED(http_request_done) struct http_request r;
        fill_request(&r, body_bytes);
        struct lengths lengths = measure(s);
        double sign[ROUNDS], bare[ROUNDS], ratio[ROUNDS];
        sign_loop(s, &r, n / 10);
        for (int i = 0; i < ROUNDS; i++) {
                sign[i] = sign_loop(s, &r, n) / n;
                bare[i] = bare_loop(c, md, mac, &r, &lengths, n) / n;
                ratio[i] = 100 * bare[i] / sign[i];
        }
        double pct = median(ratio);
        printf("sign body_bytes=%zu signatures_per_s=%.0f bare_evp_per_s=%.0f ratio_pct=%.1f bar_pct=%d\n", body_bytes,
               1 / median(sign), 1 / median(bare), pct, WORST_RATIO_PCT);
        return pct >= WORST_RATIO_PCT ? 0 : 1;
}

int main(void) {
        SCOPED(sigv4_free) struct sigv4 *s = NULL;
        check(sigv4_new(&s) == 0, "sigv4_new");
        EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
        EVP_MD_CTX *c = EVP_MD_CTX_new();
        EVP_MAC_CTX *mac = make_mac();
        check(md && c, "EVP");
        int r = bench(s, c, md, mac, 2048, 20000) | bench(s, c, md, mac, 95 * 1024, 1000);
        EVP_MAC_CTX_free(mac);
        EVP_MD_CTX_free(c);
        EVP_MD_free(md);
        return r;
}
