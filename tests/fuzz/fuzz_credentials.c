/* Key files: credentials as the CLI and the SDKs keep them, and the master key's file.
 *
 * 1. Credentials that are accepted have an id and a key, printable without blanks, so that they
 *    fit into a header line; a refusal names the file.
 * 2. A master key that is accepted is 64 hex digits with nothing but blanks and line ends around
 *    them. */
#include "cmd/credentials.h"
#include "cmd/master_key.h"

#include "crypto/digest.h"
#include "file.h"

#include <string.h>

static void check_value(const char *text)
{
    for (; *text; text++)
        CHECK(*text > ' ' && *text <= '~');
}

static void read_credentials(const char *path)
{
    static struct credentials found;
    struct fault fault = {{0}};
    struct status status = credentials_load(path, NULL, &fault, &found);
    if (!status_ok(status)) {
        CHECK(status.code == STATUS_INVALID && strstr(fault.text, path));
        return;
    }
    CHECK(found.secret_id[0] && found.secret_key[0] && strcmp(found.origin, path) == 0);
    check_value(found.secret_id);
    check_value(found.secret_key);
    check_value(found.token);
    check_value(found.region);
    credentials_wipe(&found);
}

static void read_master_key(const char *path, struct slice text)
{
    struct master_key_place place = {.is_named = true}; /* the path leads through a link */
    unsigned char key[SEAL_KEY_SIZE], again[SEAL_KEY_SIZE];
    struct fault fault = {{0}};
    (void)snprintf(place.path, sizeof place.path, "%s", path);
    struct status status = master_key_read(&place, &fault, key);
    CHECK(status_ok(status) || (status.code == STATUS_INVALID && strstr(fault.text, path)));
    if (status_ok(status))
        CHECK(hex_decode(slice_trim_lines(text), again, sizeof again) &&
              memcmp(key, again, sizeof key) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    const char *path = fuzz_file(text);
    read_credentials(path);
    read_master_key(path, text);
    return 0;
}
