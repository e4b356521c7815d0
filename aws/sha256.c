/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/sha256.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "util/text.h"

enum { BLOCK_BYTES = 64 };

struct sha256 {
        EVP_MD_CTX *blank; /* knows the algorithm, has read nothing */
        EVP_MD_CTX *work;
};

struct hmac {
        EVP_MD_CTX *inner, *outer; /* have read the key's block */
};

void sha256_free(struct sha256 *h) {
        if (!h)
                return;
        EVP_MD_CTX_free(h->blank);
        EVP_MD_CTX_free(h->work);
        free(h);
}

int sha256_new(struct sha256 **ret) {
        SCOPED(sha256_free) struct sha256 *h = calloc(1, sizeof *h);
        if (!h)
                return -ENOMEM;
        h->blank = EVP_MD_CTX_new();
        h->work = EVP_MD_CTX_new();
        if (!h->blank || !h->work)
                return -ENOMEM;
        EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
        bool is_ready = md && EVP_DigestInit_ex2(h->blank, md, NULL);
        EVP_MD_free(md);
        if (!is_ready)
                return -ENOTSUP;
        *ret = TAKE(h);
        return 0;
}

/* Copying a context that is ready costs less than initialising one, and for HMAC it saves the key's block. */
static int digest_from(struct sha256 *h, const EVP_MD_CTX *start, struct span message, uint8_t ret[SHA256_BYTES]) {
        if (!EVP_MD_CTX_copy_ex(h->work, start) ||
            (message.len > 0 && !EVP_DigestUpdate(h->work, message.data, message.len)) ||
            !EVP_DigestFinal_ex(h->work, ret, NULL))
                return -EIO;
        return 0;
}

int sha256_of(struct sha256 *h, struct span message, uint8_t ret[SHA256_BYTES]) {
        return digest_from(h, h->blank, message, ret);
}

void hmac_free(struct hmac *m) {
        if (!m)
                return;
        EVP_MD_CTX_free(m->inner);
        EVP_MD_CTX_free(m->outer);
        free(m);
}

static int read_pad(struct sha256 *h, const uint8_t block[BLOCK_BYTES], uint8_t mask, EVP_MD_CTX **ret) {
        uint8_t pad[BLOCK_BYTES];
        for (size_t i = 0; i < sizeof pad; i++)
                pad[i] = block[i] ^ mask;
        *ret = EVP_MD_CTX_new();
        bool is_read = *ret && EVP_MD_CTX_copy_ex(*ret, h->blank) && EVP_DigestUpdate(*ret, pad, sizeof pad);
        text_wipe(pad, sizeof pad);
        if (is_read)
                return 0;
        return *ret ? -EIO : -ENOMEM;
}

int hmac_new(struct sha256 *h, struct span key, struct hmac **ret) {
        uint8_t block[BLOCK_BYTES] = {0};
        SCOPED(hmac_free) struct hmac *m = calloc(1, sizeof *m);
        int r = m ? 0 : -ENOMEM;
        if (key.len > sizeof block)
                r = r < 0 ? r : sha256_of(h, key, block);
        else if (key.len > 0)
                memcpy(block, key.data, key.len);
        if (r == 0)
                r = read_pad(h, block, 0x36, &m->inner);
        if (r == 0)
                r = read_pad(h, block, 0x5c, &m->outer);
        text_wipe(block, sizeof block);
        if (r < 0)
                return r;
        *ret = TAKE(m);
        return 0;
}

int hmac_of(struct sha256 *h, const struct hmac *m, struct span message, uint8_t ret[SHA256_BYTES]) {
        uint8_t inner[SHA256_BYTES];
        int r = digest_from(h, m->inner, message, inner);
        return r < 0 ? r : digest_from(h, m->outer, (struct span){(const char *)inner, sizeof inner}, ret);
}

typedef uint8_t octets __attribute__((vector_size(16)));

static octets digits_of(octets nibbles) {
        return nibbles + '0' + ((octets)(nibbles > 9) & ('a' - '0' - 10));
}

/* Sixteen bytes at a time: a signature writes three hashes, and digit by digit that was a good part of it. */
static void put_octets(const uint8_t *bytes, char *to) {
        octets b;
        memcpy(&b, bytes, sizeof b);
        octets high = digits_of(b >> 4), low = digits_of(b & 15);
        octets first = __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        octets last = __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        memcpy(to, &first, sizeof first);
        memcpy(to + sizeof first, &last, sizeof last);
}

void hex_put(const uint8_t *bytes, size_t n, char *to) {
        size_t i = 0;
        for (; i + sizeof(octets) <= n; i += sizeof(octets))
                put_octets(bytes + i, to + 2 * i);
        for (; i < n; i++) {
                to[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
                to[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
        }
}
