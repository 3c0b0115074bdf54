/* The table of settings and what their values may be: one row says everything about a setting that
 * flags, environment, file, help and `bursar config` need. Owns nothing but what it puts into a
 * `struct settings`; the main thread only. */
#include "cmd/setting.h"

#include "base/check.h"

#include <string.h>

#define DAY_MS UINT64_C(86400000)
#define GIB (UINT64_C(1) << 30)

const struct setting_spec setting_specs[SETTING_COUNT] = {
    [SETTING_DATA] = {"data", "DIR", SETTING_TYPE_TEXT, NULL, 0, 0,
                      "The data folder, made by `bursar init`."},
    [SETTING_MASTER_KEY_FILE] =
        {"master-key-file", "FILE", SETTING_TYPE_TEXT, NULL, 0, 0,
         "The master key that unseals stored secrets. Without it: the systemd credential "
         "bursar.master.key if there is one, else DIR/master.key."},
    [SETTING_LISTEN] =
        {"listen", "ADDR:PORT", SETTING_TYPE_LIST, "127.0.0.1:8080", 0, 0,
         "Serve plain HTTP here: 127.0.0.1:8080, [::1]:8080, *:80, unix:/path. Port 0 takes a free "
         "one. May be given again. Default 127.0.0.1:8080 unless --listen-tls is given."},
    [SETTING_LISTEN_TLS] =
        {"listen-tls", "ADDR:PORT", SETTING_TYPE_LIST, NULL, 0, 0,
         "Serve HTTPS here; needs --tls-cert and --tls-key. May be given again."},
    [SETTING_TLS_CERT] = {"tls-cert", "FILE", SETTING_TYPE_TEXT, NULL, 0, 0,
                          "Certificate chain, PEM, own certificate first. Read again at SIGHUP."},
    [SETTING_TLS_KEY] = {"tls-key", "FILE", SETTING_TYPE_TEXT, NULL, 0, 0,
                         "Private key of the certificate, PEM. Read again at SIGHUP."},
    [SETTING_ADMIN_LISTEN] =
        {"admin-listen", "ADDR:PORT", SETTING_TYPE_LIST, NULL, 0, 0,
         "Answer GET /healthz, /readyz, /metrics and /version here, unsigned: keep it on loopback "
         "or a private network. Off by default. May be given again."},
    [SETTING_ADMIN_HOST] =
        {"admin-host", "NAME", SETTING_TYPE_LIST, NULL, 0, 0,
         "Another name that Host may be on --admin-listen, where otherwise only addresses and "
         "localhost are answered, so that no web page can ask there by a name of its own. May be "
         "given again."},
    [SETTING_HEALTH_PATH] =
        {"health-path", "PATH", SETTING_TYPE_TEXT, NULL, 0, 0,
         "Answer GET of this path (/readyz) on --listen and --listen-tls too, unsigned, for load "
         "balancers: 200, or 503 while starting or stopping. Off by default."},
    [SETTING_TRUST_PROXY] =
        {"trust-proxy", "CIDR", SETTING_TYPE_LIST, NULL, 0, 0,
         "Believe proxies of this network (10.0.0.0/8, an address, or unix for those that come "
         "through unix sockets) about whom they speak for: by the PROXY protocol, versions 1 and "
         "2, or by X-Forwarded-For. Ceilings, access log and qcs:ip then see the client. Name "
         "nothing that a client can be. May be given again. Off by default."},
    [SETTING_THREADS] = {"threads", "N", SETTING_TYPE_NUMBER, "1", 1, 60,
                         "Network threads, 1 to 60. Default 1; one a core serves most."},
    [SETTING_READY_FILE] =
        {"ready-file", "FILE", SETTING_TYPE_TEXT, NULL, 0, 0,
         "When all is ready, write the addresses served to FILE, one a line, in one step; removed "
         "at the end. For scripts that start with port 0."},
    [SETTING_ACCESS_LOG] =
        {"access-log", "FILE", SETTING_TYPE_TEXT, NULL, 0, 0,
         "One line for every answered request; - is standard output. Opened again at SIGHUP."},
    [SETTING_CALLS_PER_SECOND] = {"calls-per-second", "N", SETTING_TYPE_NUMBER, "20", 0, 1000000000,
                                  "Calls a main account, with all its users, may make of one "
                                  "action in one calendar second; 0 "
                                  "is no limit. "
                                  "Default 20, as in the cloud."},
    [SETTING_LIMIT] =
        {"limit", "ACTION=N", SETTING_TYPE_LIST, NULL, 0, 0,
         "Another limit for one action: DescribeAccountBalance=5. May be given again."},
    [SETTING_CLOCK_SKEW] =
        {"clock-skew", "TIME", SETTING_TYPE_DURATION, "300s", 1000, DAY_MS,
         "How far a request's timestamp may be from this clock, 1s to 24h. Default 300s."},
    [SETTING_CLOCK_JUMP_MAX] =
        {"clock-jump-max", "TIME", SETTING_TYPE_DURATION, "1h", 0, 7 * DAY_MS,
         "When the clock jumps forward by more than this, nothing is written and nothing expires "
         "until it is right again or `bursar clock confirm` is called; 0 to 168h, 0 believes every "
         "jump. Default 1h."},
    [SETTING_ACCEPT_ANY_SERVICE] =
        {"accept-any-service", NULL, SETTING_TYPE_FLAG, "false", 0, 1,
         "Accept signatures whose service is not the product, as some SDKs make them when the "
         "endpoint is an IP address. The cloud refuses these; each is counted."},
    [SETTING_TRUST_PLAIN_HTTP] =
        {"trust-plain-http", NULL, SETTING_TYPE_FLAG, "false", 0, 1,
         "Take writes over plain HTTP from other machines also when their signature does not cover "
         "x-tc-action: say so only when the way to here is trusted, as behind something that ends "
         "TLS, or on a private network."},
    [SETTING_REQUEST_ID_SEED] =
        {"request-id-seed", "N", SETTING_TYPE_NUMBER, "0", 0, UINT64_MAX,
         "Make RequestIds a repeatable sequence, for golden files; 0, the default, is random."},
    [SETTING_HEADER_TIMEOUT] = {"header-timeout", "TIME", SETTING_TYPE_DURATION, "10s", 100, DAY_MS,
                                "From a request's first byte to the end of its head. Default 10s."},
    [SETTING_BODY_TIMEOUT] = {"body-timeout", "TIME", SETTING_TYPE_DURATION, "60s", 100, DAY_MS,
                              "From the end of the head to the end of the body. Default 60s."},
    [SETTING_IDLE_TIMEOUT] =
        {"idle-timeout", "TIME", SETTING_TYPE_DURATION, "75s", 100, DAY_MS,
         "How long a connection may stay open between requests. Default 75s; keep it over 5s, "
         "some clients lose a call when the server closes first."},
    [SETTING_WRITE_TIMEOUT] = {"write-timeout", "TIME", SETTING_TYPE_DURATION, "30s", 100, DAY_MS,
                               "How long an answer may wait for a client that does not read. "
                               "Default 30s."},
    [SETTING_DRAIN_TIMEOUT] =
        {"drain-timeout", "TIME", SETTING_TYPE_DURATION, "10s", 0, DAY_MS,
         "At SIGTERM, how long answers in flight may take before the end. Default 10s."},
    [SETTING_CONNECTIONS_MAX] = {"connections-max", "N", SETTING_TYPE_NUMBER, "10000", 1, 1000000,
                                 "Open connections in all. When they are all taken, the longest "
                                 "idle one goes for a newcomer. Default 10000."},
    [SETTING_CONNECTIONS_PER_ADDRESS_MAX] =
        {"connections-per-address-max", "N", SETTING_TYPE_NUMBER, "1000", 0, 1000000,
         "Open connections from one address (IPv6: one /64), and less when less than a quarter of "
         "connections-max is free; 0 is no ceiling. Default 1000."},
    [SETTING_LINE_BYTES_MAX] = {"line-bytes-max", "SIZE", SETTING_TYPE_SIZE, "32KiB", 64, GIB,
                                "Longest request line (414 beyond). Default 32KiB."},
    [SETTING_HEAD_BYTES_MAX] = {"head-bytes-max", "SIZE", SETTING_TYPE_SIZE, "32KiB", 256, GIB,
                                "All header lines of a request together (431 beyond). Default "
                                "32KiB."},
    [SETTING_BODY_BYTES_MAX] = {"body-bytes-max", "SIZE", SETTING_TYPE_SIZE, "10MiB", 0, GIB,
                                "Largest body (413 beyond). Default 10MiB."},
    [SETTING_BODY_MEMORY_MAX] =
        {"body-memory-max", "SIZE", SETTING_TYPE_SIZE, "256MiB", 1 << 20, 1024 * GIB,
         "Memory that requests which are not all here yet may hold together, 1MiB to 1024GiB; "
         "beyond it 503 and the connection is closed. A quarter of it is for those whose head "
         "names "
         "no key, an eighth for forms of signature v1 whose key has not come. A body being read "
         "needs up to twice its size. Default 256MiB."},
    [SETTING_FORM_BYTES_MAX] = {"form-bytes-max", "SIZE", SETTING_TYPE_SIZE, "1MiB", 0, GIB,
                                "Largest form body, as signature v1 sends it. Default 1MiB."},
    [SETTING_QUERY_BYTES_MAX] = {"query-bytes-max", "SIZE", SETTING_TYPE_SIZE, "32KiB", 0, GIB,
                                 "Longest query of a GET request. Default 32KiB."},
    [SETTING_GROUP_WAIT] =
        {"group-wait", "TIME", SETTING_TYPE_MICROS, "0us", 0, 1000000,
         "How long a write waits for others to share its sync with, 0us to 1000ms. Default 0us: "
         "what comes while the disk is busy is shared anyway."},
    [SETTING_GROUP_COMMANDS_MAX] = {"group-commands-max", "N", SETTING_TYPE_NUMBER, "8192", 1,
                                    1000000, "Writes that share a sync. Default 8192."},
    [SETTING_GROUP_ENTRIES_MAX] =
        {"group-entries-max", "N", SETTING_TYPE_NUMBER, "16384", 1, 1000000,
         "No more writes join a sync that covers so many entries. Default 16384."},
    [SETTING_HISTORY_JOBS_MAX] = {"history-jobs-max", "N", SETTING_TYPE_NUMBER, "1024", 1, 1000000,
                                  "Questions about the past that may wait, one user's up to 4/5 of "
                                  "them and one organisation's "
                                  "up to 8/9; more are refused. Default 1024."},
    [SETTING_RECENT_TOKENS] =
        {"recent-tokens", "N", SETTING_TYPE_NUMBER, "360000", 1, 100000000,
         "So many of the most recent ClientTokens, and at least a sixteenth of all, are indexed in "
         "memory, in 21 to 43 bytes each; of older ones memory has 2 bytes each and the disk the "
         "rest. No token is forgotten. Default 360000."},
};

/* Digits and a unit. False: syntax or overflow. */
static bool parse_scaled(const char *text, const char *const *units, const uint64_t *factors,
                         size_t unit_count, uint64_t *ret_value)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t number;
    if (!slice_to_u64(slice_of(text, digits), &number))
        return false;
    for (size_t i = 0; i < unit_count; i++)
        if (strcmp(text + digits, units[i]) == 0)
            return !__builtin_mul_overflow(number, factors[i], ret_value);
    return false;
}

static bool parse_duration_ms(const char *text, uint64_t *ret_ms)
{
    static const char *const units[] = {"", "s", "ms", "m", "h"};
    static const uint64_t factors[] = {1000, 1000, 1, 60000, 3600000};
    return parse_scaled(text, units, factors, 5, ret_ms);
}

static bool parse_duration_us(const char *text, uint64_t *ret_us)
{
    static const char *const units[] = {"", "us", "ms", "s"};
    static const uint64_t factors[] = {1, 1, 1000, 1000000};
    return parse_scaled(text, units, factors, 4, ret_us);
}

static bool parse_size_bytes(const char *text, uint64_t *ret_bytes)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB", "K", "M", "G"};
    static const uint64_t factors[] = {1, 1024, 1 << 20, GIB, 1024, 1 << 20, GIB};
    return parse_scaled(text, units, factors, 7, ret_bytes);
}

static bool parse_flag(const char *text, uint64_t *ret_on)
{
    bool on = strcmp(text, "true") == 0;
    if (!on && strcmp(text, "false") != 0)
        return false;
    *ret_on = on;
    return true;
}

static bool parse_number(enum setting_type type, const char *text, uint64_t *ret_number)
{
    switch (type) {
    case SETTING_TYPE_FLAG:
        return parse_flag(text, ret_number);
    case SETTING_TYPE_NUMBER:
        return slice_to_u64(slice_text(text), ret_number);
    case SETTING_TYPE_DURATION:
        return parse_duration_ms(text, ret_number);
    case SETTING_TYPE_MICROS:
        return parse_duration_us(text, ret_number);
    case SETTING_TYPE_SIZE:
        return parse_size_bytes(text, ret_number);
    case SETTING_TYPE_TEXT:
    case SETTING_TYPE_LIST:
        break;
    }
    return false;
}

static const char *type_in_words(enum setting_type type)
{
    switch (type) {
    case SETTING_TYPE_FLAG:
        return "true or false";
    case SETTING_TYPE_DURATION:
        return "a time as 500ms, 75s, 2m or 1h";
    case SETTING_TYPE_MICROS:
        return "a time as 200us or 2ms";
    case SETTING_TYPE_SIZE:
        return "a size as 512, 32KiB or 10MiB";
    case SETTING_TYPE_NUMBER:
    case SETTING_TYPE_TEXT:
    case SETTING_TYPE_LIST:
        break;
    }
    return "a whole number";
}

static const char *keep(struct settings *settings, struct slice text)
{
    char *copy = arena_take(&settings->memory, text.len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

/* "a,b" or one item; blanks around items are not part of them. */
static struct status add_items(struct settings *settings, struct option_list *list,
                               const char *text, struct fault *fault)
{
    struct slice rest = slice_text(text);
    while (rest.len > 0) {
        struct slice item = slice_trim(slice_cut(rest, ',', &rest));
        if (item.len == 0)
            continue;
        if (list->count == sizeof(list->items) / sizeof(list->items[0]))
            return fault_raise(fault, STATUS_INVALID, "more than %zu items", list->count);
        list->items[list->count] = keep(settings, item);
        if (!list->items[list->count++])
            return fault_raise(fault, STATUS_MEMORY, "out of memory");
    }
    return STATUS_DONE;
}

static struct status assign_number(struct setting_value *value, const struct setting_spec *spec,
                                   const char *text, struct fault *fault)
{
    uint64_t number;
    if (!parse_number(spec->type, text, &number))
        return fault_raise(fault, STATUS_INVALID, "\"%s\" is not %s", text,
                           type_in_words(spec->type));
    if (number < spec->min || number > spec->max)
        return fault_raise(fault, STATUS_INVALID, "\"%s\" is out of range: %s", text, spec->help);
    value->number = number;
    return STATUS_DONE;
}

struct status setting_assign(struct settings *settings, enum setting setting, const char *text,
                             const char *origin, struct fault *fault)
{
    const struct setting_spec *spec = &setting_specs[setting];
    struct setting_value *value = &settings->values[setting];
    if (spec->type == SETTING_TYPE_LIST)
        TRY_WRAP(add_items(settings, &value->list, text, fault), fault, "%s: %s", origin,
                 spec->name);
    else if (spec->type != SETTING_TYPE_TEXT)
        TRY_WRAP(assign_number(value, spec, text, fault), fault, "%s: %s", origin, spec->name);
    value->text = *text ? keep(settings, slice_text(text)) : NULL;
    value->origin = keep(settings, slice_text(origin));
    if ((*text && !value->text) || !value->origin)
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    return STATUS_DONE;
}

struct status settings_init(struct settings *settings, struct fault *fault)
{
    *settings = (struct settings){0};
    if (!arena_init(&settings->memory, 8192, 4 << 20))
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    for (enum setting s = 0; s < SETTING_COUNT; s++) {
        settings->values[s].origin = "default";
        if (setting_specs[s].fallback)
            TRY(setting_assign(settings, s, setting_specs[s].fallback, "default", fault));
    }
    return STATUS_DONE;
}

bool setting_find(const char *name, enum setting *ret_setting)
{
    for (enum setting s = 0; s < SETTING_COUNT; s++)
        if (strcmp(setting_specs[s].name, name) == 0) {
            *ret_setting = s;
            return true;
        }
    return false;
}

const char *setting_nearest(const char *name)
{
    const char *names[SETTING_COUNT];
    for (enum setting s = 0; s < SETTING_COUNT; s++)
        names[s] = setting_specs[s].name;
    return nearest_name(name, names, SETTING_COUNT);
}

void settings_done(struct settings *settings)
{
    arena_done(&settings->memory);
}

void setting_print(const struct settings *settings, enum setting setting, struct buffer *out)
{
    const struct setting_value *value = &settings->values[setting];
    if (setting_specs[setting].type != SETTING_TYPE_LIST) {
        buffer_text(out, value->text ? value->text : "");
        return;
    }
    for (size_t i = 0; i < value->list.count; i++) {
        if (i > 0)
            BUFFER_LITERAL(out, ", ");
        buffer_text(out, value->list.items[i]);
    }
}
