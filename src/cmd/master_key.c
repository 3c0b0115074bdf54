/* The master key's file. Keeps nothing: the key goes to the caller, scratch copies are wiped. The
 * main thread only. */
#include "cmd/master_key.h"

#include "crypto/digest.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILE_BYTES_MAX = 256, HEX_DIGITS = 2 * SEAL_KEY_SIZE };

static bool put_path(struct master_key_place *place, const char *folder, const char *name)
{
    int len = snprintf(place->path, sizeof(place->path), "%s%s%s", folder, *name ? "/" : "", name);
    return len > 0 && (size_t)len < sizeof(place->path);
}

struct status master_key_find(const char *folder, const char *file, struct fault *fault,
                              struct master_key_place *ret_place)
{
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    struct master_key_place place = {.is_credential = false};
    bool fits;
    if (file) {
        place.is_named = true;
        fits = put_path(&place, file, "");
    } else if (credentials && put_path(&place, credentials, "bursar.master.key") &&
               file_exists(place.path)) {
        place.is_credential = true;
        fits = true;
    } else {
        fits = put_path(&place, folder, "master.key");
    }
    if (!fits)
        return fault_raise(fault, STATUS_INVALID, "the path of the master key is too long");
    *ret_place = place;
    return STATUS_DONE;
}

/* A file that was named may be what a link leads to (Kubernetes mounts secrets so); in the data
 * folder it must be the file itself. */
static struct status read_text(const struct master_key_place *place, struct buffer *out,
                               struct fault *fault)
{
    if (place->is_credential)
        return file_read(place->path, out, fault);
    if (!file_exists(place->path))
        return fault_raise(fault, STATUS_NOT_FOUND,
                           "the master key %s is missing: put it back from your backup, or name "
                           "it with --master-key-file",
                           place->path);
    TRY_WRAP(file_read_secret(place->path, place->is_named, out, fault), fault, "the master key");
    return STATUS_DONE;
}

struct status master_key_read(const struct master_key_place *place, struct fault *fault,
                              unsigned char ret_key[SEAL_KEY_SIZE])
{
    char memory[FILE_BYTES_MAX];
    struct buffer text;
    buffer_init_fixed(&text, memory, sizeof(memory));
    struct status status = read_text(place, &text, fault);
    struct slice digits = slice_trim_lines(buffer_slice(&text));
    if (status_ok(status) &&
        (digits.len != HEX_DIGITS || !hex_decode(digits, ret_key, SEAL_KEY_SIZE)))
        status = fault_raise(fault, STATUS_INVALID,
                             "%s is not a master key: 64 hex digits are expected", place->path);
    wipe(memory, sizeof(memory));
    return status;
}

struct status master_key_create(const struct master_key_place *place, const struct sys *sys,
                                struct fault *fault, unsigned char ret_key[SEAL_KEY_SIZE])
{
    if (file_is_named(place->path))
        return master_key_read(place, fault, ret_key);
    unsigned char key[SEAL_KEY_SIZE];
    char memory[HEX_DIGITS + 1];
    struct buffer text;
    buffer_init_fixed(&text, memory, sizeof(memory));
    TRY(sys->entropy(sys->context, key, sizeof(key), fault));
    buffer_hex(&text, key, sizeof(key));
    buffer_char(&text, '\n');
    struct status status = file_replace(place->path, buffer_slice(&text), 0600, fault);
    if (status_ok(status))
        memcpy(ret_key, key, sizeof(key));
    wipe(memory, sizeof(memory));
    wipe(key, sizeof(key));
    return status;
}
