/* The CLI's configuration of a profile (cmd/profile.h). Owns nothing. Main thread. */
#include "cmd/profile.h"

#include "codec/json.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The CLI writes an endpoint for every service there is, some 300 of them. */
enum { CONFIGURE_BYTES_MAX = 256 * 1024 };

static const char *profile_name(const char *profile)
{
    if (profile)
        return profile;
    const char *named = getenv("TCCLI_PROFILE");
    return named && *named ? named : "default";
}

struct status profile_path(const char *profile, const char *kind, struct fault *fault,
                           char ret_path[PATH_MAX])
{
    const char *name = profile_name(profile);
    const char *home = getenv("HOME");
    if (*name == '\0' || strchr(name, '/'))
        return fault_raise(fault, STATUS_INVALID, "\"%s\" cannot be the name of a profile", name);
    if (!home || *home == '\0') {
        ret_path[0] = '\0';
        return STATUS_DONE;
    }
    if (snprintf(ret_path, PATH_MAX, "%s/.tccli/%s.%s", home, name, kind) >= PATH_MAX)
        return fault_raise(fault, STATUS_INVALID, "the path of profile \"%s\" is too long", name);
    return STATUS_DONE;
}

static void take(char *at, size_t size, struct slice value)
{
    if (value.len >= size)
        return;
    memcpy(at, value.at, value.len);
    at[value.len] = '\0';
}

/* {"_sys_param": {"region": ...}, "billing": {"endpoint": ..., "version": ...}, ...}; false = not
 * JSON. */
static bool read_section(struct json_reader *reader, bool is_service, struct profile *out)
{
    struct json_token key, value;
    while (json_next(reader, &key) == JSON_KEY) {
        enum json_kind kind = json_next(reader, &value);
        bool text = kind == JSON_STRING;
        if (text && is_service && slice_equal(key.text, SLICE("endpoint")))
            take(out->endpoint, sizeof out->endpoint, value.text);
        if (text && !is_service && slice_equal(key.text, SLICE("region")))
            take(out->region, sizeof out->region, value.text);
        if (text && !is_service && slice_equal(key.text, SLICE("language")))
            take(out->language, sizeof out->language, value.text);
        if (!json_skip_rest(reader, kind))
            return false;
    }
    return key.kind == JSON_OBJECT_END;
}

static bool read_sections(struct json_reader *reader, const char *service, struct profile *out)
{
    struct json_token key, value;
    if (json_next(reader, &key) != JSON_OBJECT)
        return false;
    while (json_next(reader, &key) == JSON_KEY) {
        bool is_service = slice_equal(key.text, slice_text(service));
        bool wanted = is_service || slice_equal(key.text, SLICE("_sys_param"));
        enum json_kind kind = json_next(reader, &value);
        if (wanted && kind == JSON_OBJECT ? !read_section(reader, is_service, out)
                                          : !json_skip_rest(reader, kind))
            return false;
    }
    return key.kind == JSON_OBJECT_END;
}

static struct status parse(struct slice text, const char *service, const char *path,
                           struct fault *fault, struct profile *out)
{
    struct arena arena;
    if (!arena_init(&arena, 16384, (size_t)8 * CONFIGURE_BYTES_MAX))
        return fault_raise(fault, STATUS_MEMORY, "no memory to read %s", path);
    struct json_reader reader;
    json_reader_init(&reader, text, &arena);
    struct status status = STATUS_DONE;
    bool good = read_sections(&reader, service, out);
    if (!good && json_is_short(&reader))
        status = fault_raise(fault, STATUS_MEMORY, "no memory to read %s", path);
    else if (!good)
        status = fault_raise(
            fault, STATUS_INVALID, "%s is not the JSON object that tccli writes%s%s", path,
            json_error(&reader) ? ": " : "", json_error(&reader) ? json_error(&reader) : "");
    arena_done(&arena);
    return status;
}

struct status profile_load(const char *profile, const char *service, struct fault *fault,
                           struct profile *ret_profile)
{
    char path[PATH_MAX] = "";
    struct profile found = {0};
    TRY(profile_path(profile, "configure", fault, path));
    if (path[0] == '\0' || !file_exists(path)) {
        *ret_profile = found;
        return STATUS_DONE;
    }
    struct buffer text;
    buffer_init(&text, CONFIGURE_BYTES_MAX);
    struct status status = file_read(path, &text, fault);
    if (status_ok(status))
        status = parse(slice_trim_lines(buffer_slice(&text)), service, path, fault, &found);
    buffer_done(&text);
    TRY(status);
    *ret_profile = found;
    return STATUS_DONE;
}
