/* A setting: one thing that `serve` can be told. One table (setting.c) says everything about each.
 *
 * A value remembers the text it was given and where that came from, so that `bursar config` can
 * tell. */
#ifndef CMD_SETTING_H
#define CMD_SETTING_H

#include "base/arena.h"
#include "cmd/cmd.h"

enum setting {
    SETTING_DATA,
    SETTING_MASTER_KEY_FILE,
    SETTING_LISTEN,
    SETTING_LISTEN_TLS,
    SETTING_TLS_CERT,
    SETTING_TLS_KEY,
    SETTING_ADMIN_LISTEN,
    SETTING_ADMIN_HOST,
    SETTING_HEALTH_PATH,
    SETTING_TRUST_PROXY,
    SETTING_THREADS,
    SETTING_READY_FILE,
    SETTING_ACCESS_LOG,
    SETTING_CALLS_PER_SECOND,
    SETTING_LIMIT,
    SETTING_CLOCK_SKEW,
    SETTING_CLOCK_JUMP_MAX,
    SETTING_ACCEPT_ANY_SERVICE,
    SETTING_TRUST_PLAIN_HTTP,
    SETTING_REQUEST_ID_SEED,
    SETTING_HEADER_TIMEOUT,
    SETTING_BODY_TIMEOUT,
    SETTING_IDLE_TIMEOUT,
    SETTING_WRITE_TIMEOUT,
    SETTING_DRAIN_TIMEOUT,
    SETTING_CONNECTIONS_MAX,
    SETTING_CONNECTIONS_PER_ADDRESS_MAX,
    SETTING_LINE_BYTES_MAX,
    SETTING_HEAD_BYTES_MAX,
    SETTING_BODY_BYTES_MAX,
    SETTING_BODY_MEMORY_MAX,
    SETTING_FORM_BYTES_MAX,
    SETTING_QUERY_BYTES_MAX,
    SETTING_GROUP_WAIT,
    SETTING_GROUP_COMMANDS_MAX,
    SETTING_GROUP_ENTRIES_MAX,
    SETTING_HISTORY_JOBS_MAX,
    SETTING_RECENT_TOKENS,
    SETTING_COUNT,
};

enum setting_type {
    SETTING_TYPE_TEXT,
    SETTING_TYPE_LIST, /* comma-separated in the environment and the file; may be repeated */
    SETTING_TYPE_FLAG, /* --name; true or false elsewhere */
    SETTING_TYPE_NUMBER,
    SETTING_TYPE_DURATION, /* 500ms, 75s, 2m; a bare number is seconds; kept in ms */
    SETTING_TYPE_MICROS,   /* 200us, 2ms; a bare number is microseconds; kept in us */
    SETTING_TYPE_SIZE,     /* 512, 32KiB, 10MiB; kept in bytes */
};

struct setting_value {
    const char *text; /* as given; NULL = not set */
    uint64_t number;  /* numbers, ms, bytes; 1 for a flag that is on */
    struct option_list list;
    const char *origin; /* "default", "flag", "environment BURSAR_DATA", "FILE:LINE" */
};

struct settings {
    struct setting_value values[SETTING_COUNT];
    struct arena memory;
};

struct setting_spec {
    const char *name;     /* "connections-max" */
    const char *argument; /* "N" */
    enum setting_type type;
    const char *fallback; /* NULL = not set */
    uint64_t min, max;    /* in the kept unit */
    const char *help;
};
extern const struct setting_spec setting_specs[SETTING_COUNT];

STATUS_MUST_USE struct status settings_init(struct settings *settings, struct fault *fault);
void settings_done(struct settings *settings);
/* Checks the text and keeps it. A list is added to; anything else is replaced. Empty text of a
 * text setting means "not set". INVALID says what the value must be. */
STATUS_MUST_USE struct status setting_assign(struct settings *settings, enum setting setting,
                                             const char *text, const char *origin,
                                             struct fault *fault);
/* The value for people: "75s", "a, b"; "" when not set. */
void setting_print(const struct settings *settings, enum setting setting, struct buffer *out);
bool setting_find(const char *name, enum setting *ret_setting);
/* The nearest name of a setting, or NULL. */
const char *setting_nearest(const char *name);

static inline const char *settings_text(const struct settings *settings, enum setting setting)
{
    return settings->values[setting].text;
}
static inline uint64_t settings_number(const struct settings *settings, enum setting setting)
{
    return settings->values[setting].number;
}
static inline const struct option_list *settings_list(const struct settings *settings,
                                                      enum setting setting)
{
    return &settings->values[setting].list;
}

/* The setting's name ("connections-max"), its kind and its line of help. */
const char *setting_name(enum setting setting);
enum setting_type setting_type(enum setting setting);
/* The value for people: "75s", "a, b"; "" when not set. */
void setting_print(const struct settings *settings, enum setting setting, struct buffer *out);

#endif
