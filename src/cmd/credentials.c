/* Whose key signs: gathered from files and the environment (cmd/credentials.h).
 *
 * Owns nothing but the text of the place where the key was found.
 *
 * 1. No value read here is ever printed or put into a fault: a fault names the place, the line and
 *    the name that is wrong.
 * 2. Every copy made on the way is on this file's stack and is wiped before it is left.
 * 3. A value is printable ASCII without blanks, so that it can stand in a header line.
 *
 * Main thread. */
#include "cmd/credentials.h"

#include "base/arena.h"
#include "base/check.h"
#include "cmd/profile.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "sys/file.h"

#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The INI reader of the SDKs' files cuts longer lines in two without saying so. */
enum { FILE_BYTES_MAX = 32768, INI_LINE_MAX = 190 };

static char found_at[PATH_MAX];

struct ini_state {
    struct credentials *credentials;
    char wrong[16]; /* a name whose value cannot be one; empty = none */
};

/* False when the value does not fit or could break a header line. */
static bool set_value(char *at, size_t size, struct slice value)
{
    if (value.len >= size)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (value.at[i] <= ' ' || value.at[i] > '~')
            return false;
    }
    memcpy(at, value.at, value.len);
    at[value.len] = '\0';
    return true;
}

static bool set_named(struct credentials *out, struct slice name, struct slice value)
{
    /* tccli's spelling, the SDKs', and the one of an API answer (CreateKey, `bursar init --json`).
     */
    if (slice_equal(name, SLICE("secretId")) || slice_equal(name, SLICE("secret_id")) ||
        slice_equal(name, SLICE("SecretId")))
        return set_value(out->secret_id, sizeof out->secret_id, value);
    if (slice_equal(name, SLICE("secretKey")) || slice_equal(name, SLICE("secret_key")) ||
        slice_equal(name, SLICE("SecretKey")))
        return set_value(out->secret_key, sizeof out->secret_key, value);
    if (slice_equal(name, SLICE("token")))
        return set_value(out->token, sizeof out->token, value);
    if (slice_equal(name, SLICE("region")))
        return set_value(out->region, sizeof out->region, value);
    return true;
}

static struct status value_invalid(struct fault *fault, const char *path, struct slice name)
{
    return fault_raise(fault, STATUS_INVALID,
                       "%s: the value of %.*s is too long, or holds a blank or a character that it "
                       "cannot have",
                       path, SLICE_ARGS(name));
}

static int on_ini_value(void *context, const char *section, const char *name, const char *value)
{
    struct ini_state *state = context;
    if (strcmp(section, "default") == 0 &&
        !set_named(state->credentials, slice_text(name), slice_text(value)))
        snprintf(state->wrong, sizeof state->wrong, "%s", name);
    return 1;
}

static struct status check_ini_lines(struct slice text, const char *path, struct fault *fault)
{
    for (unsigned line = 1; text.len > 0; line++) {
        struct slice rest;
        if (slice_cut(text, '\n', &rest).len > INI_LINE_MAX)
            return fault_raise(fault, STATUS_INVALID,
                               "%s:%u: the line is longer than %d bytes; keep temporary keys in a "
                               "JSON file or in the environment",
                               path, line, INI_LINE_MAX);
        text = rest;
    }
    return STATUS_DONE;
}

/* `text` is zero-terminated behind its length. */
static struct status parse_ini(struct slice text, const char *path, struct credentials *out,
                               struct fault *fault)
{
    if (memchr(text.at, '\0', text.len))
        return fault_raise(fault, STATUS_INVALID, "%s is not a text file", path);
    TRY(check_ini_lines(text, path, fault));
    struct ini_state state = {.credentials = out};
    int line = ini_parse_string(text.at, on_ini_value, &state);
    if (line > 0)
        return fault_raise(fault, STATUS_INVALID,
                           "%s:%d: neither [section], name = value nor a comment", path, line);
    if (line < 0)
        return fault_raise(fault, STATUS_MEMORY, "no memory to read %s", path);
    if (state.wrong[0])
        return value_invalid(fault, path, slice_text(state.wrong));
    return STATUS_DONE;
}

static unsigned line_of(struct slice text, size_t offset)
{
    unsigned line = 1;
    for (size_t i = 0; i < offset && i < text.len; i++)
        line += text.at[i] == '\n';
    return line;
}

static struct status json_invalid(struct fault *fault, const char *path,
                                  const struct json_reader *reader)
{
    return fault_raise(fault, STATUS_INVALID, "%s:%u: %s", path,
                       line_of(reader->text, json_error_offset(reader)), json_error(reader));
}

static struct status parse_json_values(struct json_reader *reader, const char *path,
                                       struct credentials *out, struct fault *fault)
{
    struct json_token key, value;
    if (json_next(reader, &key) != JSON_OBJECT)
        return fault_raise(fault, STATUS_INVALID, "%s:1: not a JSON object", path);
    while (json_next(reader, &key) == JSON_KEY) {
        enum json_kind kind = json_next(reader, &value);
        if (kind == JSON_STRING && !set_named(out, key.text, value.text))
            return value_invalid(fault, path, key.text);
        if (!json_skip_rest(reader, kind))
            return json_invalid(fault, path, reader);
    }
    if (key.kind != JSON_OBJECT_END || json_next(reader, &key) != JSON_END)
        return json_invalid(fault, path, reader);
    return STATUS_DONE;
}

static struct status parse_json(struct slice text, const char *path, struct credentials *out,
                                struct fault *fault)
{
    char memory[FILE_BYTES_MAX];
    struct arena arena;
    arena_init_fixed(&arena, memory, sizeof memory);
    struct json_reader reader;
    json_reader_init(&reader, text, &arena);
    struct status status = parse_json_values(&reader, path, out, fault);
    wipe(memory, sizeof memory);
    wipe(&reader, sizeof reader);
    return status;
}

static struct status parse_text(struct slice text, const char *path, struct credentials *out,
                                struct fault *fault)
{
    struct slice trimmed = slice_trim_lines(text);
    if (trimmed.len > 0 && trimmed.at[0] == '{')
        TRY(parse_json(text, path, out, fault));
    else
        TRY(parse_ini(text, path, out, fault));
    if (out->secret_id[0] && out->secret_key[0])
        return STATUS_DONE;
    return fault_raise(fault, STATUS_INVALID,
                       "%s holds no key: expected JSON with secretId and secretKey, or a section "
                       "[default] with secret_id and secret_key",
                       path);
}

/* Others may read it: said once, on stderr, and used all the same. */
static void warn_of_readers(const char *path)
{
    struct stat info;
    if (strcmp(path, "-") == 0 || stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return;
    if (info.st_mode & (S_IRGRP | S_IROTH))
        fprintf(stderr, "bursar: %s can be read by other users; chmod 600 it\n", path);
}

static struct status load_file(const char *path, struct fault *fault, struct credentials *out)
{
    char memory[FILE_BYTES_MAX + 1];
    struct buffer text;
    buffer_init_fixed(&text, memory, FILE_BYTES_MAX);
    struct status status = file_read(path, &text, fault);
    if (status_ok(status)) {
        memory[text.len] = '\0';
        status = parse_text(buffer_slice(&text), path, out, fault);
    }
    wipe(memory, sizeof memory);
    if (!status_ok(status))
        return status;
    warn_of_readers(path);
    snprintf(found_at, sizeof found_at, "%s", path);
    out->origin = found_at;
    return STATUS_DONE;
}

/* NULL when unset or empty, which mean the same. */
static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static struct status load_environment(struct fault *fault, struct credentials *out, bool *ret_found)
{
    const char *secret_id = environment("TENCENTCLOUD_SECRET_ID");
    const char *secret_key = environment("TENCENTCLOUD_SECRET_KEY");
    const char *token = environment("TENCENTCLOUD_TOKEN");
    if (!secret_id && !secret_key)
        return STATUS_DONE;
    if (!secret_id || !secret_key)
        return fault_raise(fault, STATUS_INVALID,
                           "TENCENTCLOUD_SECRET_%s is set and TENCENTCLOUD_SECRET_%s is not",
                           secret_id ? "ID" : "KEY", secret_id ? "KEY" : "ID");
    if (!set_named(out, SLICE("secretId"), slice_text(secret_id)))
        return value_invalid(fault, "environment", SLICE("TENCENTCLOUD_SECRET_ID"));
    if (!set_named(out, SLICE("secretKey"), slice_text(secret_key)))
        return value_invalid(fault, "environment", SLICE("TENCENTCLOUD_SECRET_KEY"));
    if (token && !set_named(out, SLICE("token"), slice_text(token)))
        return value_invalid(fault, "environment", SLICE("TENCENTCLOUD_TOKEN"));
    out->origin = "environment";
    *ret_found = true;
    return STATUS_DONE;
}

static struct status try_file(const char *path, struct fault *fault, struct credentials *out,
                              bool *ret_found)
{
    if (*path == '\0' || !file_exists(path))
        return STATUS_DONE;
    TRY(load_file(path, fault, out));
    *ret_found = true;
    return STATUS_DONE;
}

static struct status load_found(const char *profile, struct fault *fault, struct credentials *out)
{
    char cli[PATH_MAX] = "", sdk[PATH_MAX] = "";
    const char *home = environment("HOME");
    TRY(profile_path(profile, "credential", fault, cli));
    if (home && snprintf(sdk, sizeof sdk, "%s/.tencentcloud/credentials", home) >= PATH_MAX)
        sdk[0] = '\0';
    const char *files[] = {cli, sdk, "/etc/tencentcloud/credentials"};
    bool found = false;
    /* A profile asked for by name is meant, whatever the environment holds. */
    if (!profile)
        TRY(load_environment(fault, out, &found));
    for (size_t i = 0; i < (profile ? 1 : 3) && !found; i++)
        TRY(try_file(files[i], fault, out, &found));
    if (found)
        return STATUS_DONE;
    if (profile)
        return fault_raise(fault, STATUS_NOT_FOUND, "no key: there is no file %s", cli);
    return fault_raise(fault, STATUS_NOT_FOUND,
                       "no key: neither --credentials FILE, TENCENTCLOUD_SECRET_ID and "
                       "TENCENTCLOUD_SECRET_KEY, nor a file %s%s%s%s/etc/tencentcloud/credentials",
                       cli, *cli ? ", " : "", sdk, *sdk ? " or " : "");
}

struct status credentials_load(const char *file, const char *profile, struct fault *fault,
                               struct credentials *ret_credentials)
{
    struct credentials found;
    memset(&found, 0, sizeof found);
    struct status status =
        file ? load_file(file, fault, &found) : load_found(profile, fault, &found);
    const char *region = environment("TENCENTCLOUD_REGION");
    if (status_ok(status) && region && !set_named(&found, SLICE("region"), slice_text(region)))
        status = value_invalid(fault, "environment", SLICE("TENCENTCLOUD_REGION"));
    if (status_ok(status))
        *ret_credentials = found;
    credentials_wipe(&found);
    return status;
}

void credentials_wipe(struct credentials *credentials)
{
    wipe(credentials, sizeof *credentials);
}
