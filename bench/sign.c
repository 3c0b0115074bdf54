/* Prepares the writes of bench/: signed CreateTransfers requests, each with a fresh ClientToken,
 * one behind the other in a file for load.
 *
 *     sign FILE SECRET_ID SECRET_KEY ORGANISATION FIRST_UIN MEMBERS BATCH REQUESTS
 *
 * A request charges BATCH members drawn at random out of MEMBERS whose uins follow FIRST_UIN, a
 * cent to a hundred each. The signature (TC3-HMAC-SHA256, written after the documentation's steps)
 * is good for 300 seconds. */
#include "meter.h"

#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOST "bursar.localhost"
#define SCOPE_END "/bursar/tc3_request"

enum { AMOUNT_MAX = 100, TRANSFER_BYTES_MAX = 96, HEX = 2 * SHA256_DIGEST_LENGTH + 1 };

static const char *secret_id, *organisation;
static unsigned char signing_key[SHA256_DIGEST_LENGTH];
static char date[16];
static long long now;
static uint64_t first_uin, member_count, batch, random_state;

static void hex(const unsigned char *bytes, size_t len, char *ret_text)
{
    for (size_t i = 0; i < len; i++)
        sprintf(ret_text + 2 * i, "%02x", bytes[i]);
}

static void hash_hex(const char *text, size_t len, char ret_hex[HEX])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)text, len, digest);
    hex(digest, sizeof digest, ret_hex);
}

static void hmac(const void *key, size_t key_len, const char *text, unsigned char *ret_digest)
{
    HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, strlen(text), ret_digest,
         NULL);
}

static void derive_key(const char *secret_key)
{
    char start[128];
    unsigned char day[SHA256_DIGEST_LENGTH], service[SHA256_DIGEST_LENGTH];
    struct tm utc;
    time_t seconds = time(NULL);
    now = (long long)seconds;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&seconds, &utc));
    snprintf(start, sizeof start, "TC3%s", secret_key);
    hmac(start, strlen(start), date, day);
    hmac(day, sizeof day, "bursar", service);
    hmac(service, sizeof service, "tc3_request", signing_key);
}

static size_t write_body(char *body)
{
    unsigned char token[16];
    char token_hex[sizeof token * 2 + 1];
    random_fill(&random_state, token, sizeof token);
    hex(token, sizeof token, token_hex);
    char *at = body + sprintf(body, "{\"ClientToken\":\"%s\",\"OrganizationId\":%s,\"Transfers\":[",
                              token_hex, organisation);
    for (uint64_t i = 0; i < batch; i++)
        at += sprintf(at, "%s{\"Amount\":%u,\"Kind\":\"charge\",\"MemberUin\":\"%llu\"}",
                      i > 0 ? "," : "", (unsigned)(random_next(&random_state) % AMOUNT_MAX) + 1,
                      (unsigned long long)(first_uin + random_next(&random_state) % member_count));
    at += sprintf(at, "]}");
    return (size_t)(at - body);
}

static void sign(const char *body, size_t body_len, char ret_signature[HEX])
{
    char payload[HEX], canonical[512], canonical_hash[HEX], to_sign[512];
    unsigned char digest[SHA256_DIGEST_LENGTH];
    hash_hex(body, body_len, payload);
    int len =
        snprintf(canonical, sizeof canonical,
                 "POST\n/\n\ncontent-type:application/json\nhost:" HOST "\n\ncontent-type;host\n%s",
                 payload);
    hash_hex(canonical, (size_t)len, canonical_hash);
    snprintf(to_sign, sizeof to_sign, "TC3-HMAC-SHA256\n%lld\n%s" SCOPE_END "\n%s", now, date,
             canonical_hash);
    hmac(signing_key, sizeof signing_key, to_sign, digest);
    hex(digest, sizeof digest, ret_signature);
}

static void write_request(FILE *file, char *body)
{
    char signature[HEX];
    size_t body_len = write_body(body);
    sign(body, body_len, signature);
    fprintf(file,
            "POST / HTTP/1.1\r\nHost: " HOST "\r\nUser-Agent: bench\r\n"
            "Content-Type: application/json\r\n"
            "Authorization: TC3-HMAC-SHA256 Credential=%s/%s" SCOPE_END
            ", SignedHeaders=content-type;host, Signature=%s\r\n"
            "X-TC-Action: CreateTransfers\r\nX-TC-Timestamp: %lld\r\nX-TC-Version: 2026-11-01\r\n"
            "X-TC-Language: en-US\r\nContent-Length: %zu\r\n\r\n",
            secret_id, date, signature, now, body_len);
    fwrite(body, 1, body_len, file);
}

int main(int argc, char **argv)
{
    if (argc != 9) {
        fprintf(stderr,
                "usage: sign FILE SECRET_ID SECRET_KEY ORGANISATION FIRST_UIN MEMBERS BATCH "
                "REQUESTS\n");
        return 2;
    }
    secret_id = argv[2];
    organisation = argv[4];
    first_uin = strtoull(argv[5], NULL, 10);
    member_count = strtoull(argv[6], NULL, 10);
    batch = strtoull(argv[7], NULL, 10);
    random_state = (uint64_t)steady_us() | 1;
    derive_key(argv[3]);
    FILE *file = fopen(argv[1], "wb");
    char *body = malloc(256 + batch * TRANSFER_BYTES_MAX);
    if (!file || !body)
        die(argv[1]);
    for (uint64_t i = strtoull(argv[8], NULL, 10); i > 0; i--)
        write_request(file, body);
    free(body);
    if (fclose(file) != 0)
        die(argv[1]);
    return 0;
}
