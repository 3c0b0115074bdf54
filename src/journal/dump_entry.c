/* Entries as lines of a dump, and back (dump.h).
 *
 * 1. What is zero or empty is not written, so that a line holds what its kind holds, and reading
 *    needs no table of kinds.
 * 2. Reading takes on trust only that the text is JSON of the right shape; that it means an entry,
 *    and is the one way to write it, is checked by who reads (dump_read.c).
 *
 * Owns nothing. Any thread. */
#include "journal/dump_entry.h"

#include "codec/decimal.h"
#include "codec/timestamp.h"
#include "codec/uuid.h"

/* 9999-12-31T23:59:59.999999Z */
#define CALENDAR_END_US INT64_C(253402300799999999)

static const struct {
    uint8_t flag;
    const char *name;
} flags[] = {{MEMBER_IS_CREDIT, "is_credit"},
             {MEMBER_ARREARS, "arrears"},
             {MEMBER_LEFT, "left"},
             {MEMBER_OWNER, "owner"}};
enum { FLAG_COUNT = sizeof flags / sizeof *flags };

static const char *const principals[] = {"main", "sub", "role"};
enum { PRINCIPAL_COUNT = sizeof principals / sizeof *principals };

static const char *const marks[] = {"", "token", "signature"};
enum { MARK_COUNT = sizeof marks / sizeof *marks };

/* Names of what a kind uses for something of its own. */

static const char *amount_key(enum entry_kind kind)
{
    return kind == ENTRY_ADJUST || kind == ENTRY_OPENING ? "cash" : "amount";
}

static const char *subject_key(enum entry_kind kind)
{
    if (kind == ENTRY_REQUEST)
        return "key";
    bool is_hold = kind == ENTRY_CAPTURE || kind == ENTRY_RELEASE || kind == ENTRY_EXPIRE;
    return is_hold ? "hold" : "grant";
}

static const char *name_key(enum entry_kind kind)
{
    if (kind == ENTRY_REQUEST)
        return "unix_name";
    return kind == ENTRY_ADD_KEY || kind == ENTRY_ISSUE_TOKEN ? "session" : "name";
}

static const char *text_key(enum entry_kind kind)
{
    if (kind == ENTRY_ORGANISATION)
        return "currency";
    return kind == ENTRY_PUT_POLICY ? "document" : "reason";
}

/* Writing -------------------------------------------------------------------------------------- */

void dump_time_print(struct json_writer *writer, const char *key, const char *key_us, int64_t us)
{
    char memory[64];
    struct buffer text;
    if (us < 0 || us > CALENDAR_END_US) {
        field_i64(writer, key_us, us);
        return;
    }
    buffer_init_fixed(&text, memory, sizeof memory);
    timestamp_print_rfc3339(&text, us);
    field_text(writer, key, buffer_slice(&text));
}

static void write_amount(struct json_writer *writer, const char *key, struct amount amount)
{
    char memory[64];
    struct buffer text;
    buffer_init_fixed(&text, memory, sizeof memory);
    decimal_print_units(&text, amount);
    field_text(writer, key, buffer_slice(&text));
}

static void write_uin(struct json_writer *writer, const char *key, struct uin uin)
{
    char digits[UIN_DIGITS_MAX];
    field_text(writer, key, slice_of(digits, uin_print(uin, digits)));
}

static void write_flags(struct json_writer *writer, uint8_t set)
{
    json_write_key(writer, SLICE("flags"));
    json_open_array(writer);
    for (int i = 0; i < FLAG_COUNT; i++)
        if (set & flags[i].flag)
            json_write_string(writer, slice_text(flags[i].name));
    json_close_array(writer);
}

static void write_touch(struct json_writer *writer, const struct touch *touch)
{
    json_open_object(writer);
    write_uin(writer, "uin", touch->uin);
    write_amount(writer, "cash", touch->after.cash);
    write_amount(writer, "income", touch->after.income);
    write_amount(writer, "gift", touch->after.gift);
    write_amount(writer, "frozen", touch->after.frozen);
    write_amount(writer, "basic_credit", touch->after.basic_credit);
    write_amount(writer, "temporary_credit", touch->after.temporary);
    write_flags(writer, touch->after.flags);
    field_u64(writer, "ordinal", touch->ordinal);
    field_u64(writer, "previous", touch->previous);
    field_u64(writer, "jump", touch->jump);
    json_close_object(writer);
}

static void write_money(struct json_writer *writer, const struct entry *entry)
{
    if (entry->touch_count > 0) {
        json_write_key(writer, SLICE("after"));
        json_open_array(writer);
        for (uint32_t i = 0; i < entry->touch_count; i++)
            write_touch(writer, &entry->touches[i]);
        json_close_array(writer);
    }
    if (!amount_is_zero(entry->cash))
        write_amount(writer, amount_key(entry->kind), entry->cash);
    if (!amount_is_zero(entry->income))
        write_amount(writer, "income", entry->income);
    if (!amount_is_zero(entry->gift))
        write_amount(writer, "gift", entry->gift);
    if (entry->subject > 0)
        field_u64(writer, subject_key(entry->kind), entry->subject);
    if (entry->start_us != 0)
        dump_time_print(writer, "start", "start_us", entry->start_us);
    if (entry->end_us != 0)
        dump_time_print(writer, "end", "end_us", entry->end_us);
}

static void write_text(struct json_writer *writer, const char *key, struct slice text)
{
    if (text.len > 0)
        field_text(writer, key, text);
}

static void write_bytes(struct json_writer *writer, const char *key, struct slice bytes)
{
    if (bytes.len > 0)
        field_base64(writer, key, bytes);
}

/* Of all texts, only this one may be anything by the law. */
static void write_secret_id(struct json_writer *writer, struct slice secret_id)
{
    if (slice_is_utf8(secret_id))
        write_text(writer, "secret_id", secret_id);
    else
        write_bytes(writer, "secret_id_base64", secret_id);
}

static void write_scope(struct json_writer *writer, const struct entry *entry)
{
    if (entry->scope_count == 0)
        return;
    json_write_key(writer, SLICE("scope"));
    json_open_array(writer);
    for (uint32_t i = 0; i < entry->scope_count; i++)
        write_uin(writer, NULL, entry->scope[i]);
    json_close_array(writer);
}

static void write_registry(struct json_writer *writer, const struct entry *entry)
{
    write_secret_id(writer, entry->secret_id);
    write_bytes(writer, "sealed_secret", entry->sealed_secret);
    write_bytes(writer, "token_hash", entry->token_hash);
    if (!uin_is_none(entry->account))
        write_uin(writer, "account", entry->account);
    if (!uin_is_none(entry->user))
        write_uin(writer, "user", entry->user);
    if (entry->principal != PRINCIPAL_MAIN && entry->principal < PRINCIPAL_COUNT)
        field_text(writer, "principal", slice_text(principals[entry->principal]));
    if (entry->enabled) {
        json_write_key(writer, SLICE("enabled"));
        json_write_bool(writer, true);
    }
    write_scope(writer, entry);
}

static void write_request(struct json_writer *writer, const struct entry *entry)
{
    char id[UUID_TEXT_SIZE];
    if (entry->kind != ENTRY_REQUEST)
        return;
    field_text(writer, "door", slice_text(door_name((enum request_door)entry->door)));
    if (entry->door != DOOR_NETWORK)
        field_u64(writer, "unix_user", entry->unix_user);
    dump_time_print(writer, "received", "received_us", entry->received_us);
    uuid_print((const unsigned char *)entry->request_id.at, id);
    field_text(writer, "request_id", slice_of(id, sizeof id));
    if (entry->mark != MARK_NONE)
        field_text(writer, "mark", slice_text(marks[entry->mark]));
    write_bytes(writer, "token_digest", entry->token_digest);
    write_bytes(writer, "body_digest", entry->body_digest);
    field_u64(writer, "made", entry->made);
    write_bytes(writer, "outcomes", entry->outcomes);
}

void dump_entry_print(const struct entry *entry, const unsigned char leaf[SHA256_SIZE],
                      struct buffer *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    field_u64(&writer, "entry", entry->sequence);
    dump_time_print(&writer, "time", "time_us", entry->time_us);
    field_text(&writer, "kind", slice_text(entry_kind_name(entry->kind)));
    field_u64(&writer, "organisation", entry->organisation);
    write_money(&writer, entry);
    write_text(&writer, name_key(entry->kind), entry->name);
    write_text(&writer, text_key(entry->kind), entry->text);
    write_registry(&writer, entry);
    write_request(&writer, entry);
    field_hash(&writer, "leaf", leaf);
    json_close_object(&writer);
}

/* Reading -------------------------------------------------------------------------------------- */

int64_t dump_time_parse(struct strict *strict, const char *key, const char *key_us)
{
    int64_t us = 0;
    if (strict_has(strict, key_us))
        return strict_i64(strict, key_us);
    struct slice text = strict_text(strict, key);
    if (!strict->wrong && !timestamp_parse_rfc3339(text, &us))
        strict_fail(strict, key);
    return us;
}

static struct amount parse_amount(struct strict *strict, const char *key)
{
    struct amount amount = AMOUNT_ZERO;
    struct slice text = strict_text(strict, key);
    if (!strict->wrong && decimal_parse_units(text, &amount) != DECIMAL_OK)
        strict_fail(strict, key);
    return amount;
}

static struct uin parse_uin(struct strict *strict, const char *key)
{
    struct uin uin = {0, 0};
    struct slice text = strict_text(strict, key);
    if (!strict->wrong && !uin_parse(text, &uin))
        strict_fail(strict, key ? key : "an account");
    return uin;
}

static uint8_t flag_named(struct strict *strict, struct slice name)
{
    for (int i = 0; i < FLAG_COUNT; i++)
        if (slice_equal(name, slice_text(flags[i].name)))
            return flags[i].flag;
    strict_fail(strict, "flags");
    return 0;
}

static uint8_t parse_flags(struct strict *strict)
{
    uint8_t set = 0;
    strict_open_array(strict, "flags");
    while (strict_more(strict))
        set = (uint8_t)(set | flag_named(strict, strict_text(strict, NULL)));
    return set;
}

static struct touch parse_touch(struct strict *strict)
{
    struct touch touch = {0};
    strict_open_object(strict, NULL);
    touch.uin = parse_uin(strict, "uin");
    touch.after.cash = parse_amount(strict, "cash");
    touch.after.income = parse_amount(strict, "income");
    touch.after.gift = parse_amount(strict, "gift");
    touch.after.frozen = parse_amount(strict, "frozen");
    touch.after.basic_credit = parse_amount(strict, "basic_credit");
    touch.after.temporary = parse_amount(strict, "temporary_credit");
    touch.after.flags = parse_flags(strict);
    touch.ordinal = strict_u64(strict, "ordinal");
    touch.previous = strict_u64(strict, "previous");
    touch.jump = strict_u64(strict, "jump");
    strict_close_object(strict);
    return touch;
}

static void parse_touches(struct strict *strict, struct entry *entry)
{
    if (!strict_has(strict, "after"))
        return;
    strict_open_array(strict, "after");
    while (strict_more(strict)) {
        if (entry->touch_count == 2) {
            strict_fail(strict, "after");
            return;
        }
        entry->touches[entry->touch_count++] = parse_touch(strict);
    }
}

static struct amount parse_some_amount(struct strict *strict, const char *key)
{
    return strict_has(strict, key) ? parse_amount(strict, key) : AMOUNT_ZERO;
}

static void parse_money(struct strict *strict, struct entry *entry)
{
    const char *subject = subject_key(entry->kind);
    parse_touches(strict, entry);
    entry->cash = parse_some_amount(strict, amount_key(entry->kind));
    entry->income = parse_some_amount(strict, "income");
    entry->gift = parse_some_amount(strict, "gift");
    if (strict_has(strict, subject))
        entry->subject = strict_u64(strict, subject);
    if (strict_has(strict, "start") || strict_has(strict, "start_us"))
        entry->start_us = dump_time_parse(strict, "start", "start_us");
    if (strict_has(strict, "end") || strict_has(strict, "end_us"))
        entry->end_us = dump_time_parse(strict, "end", "end_us");
}

static struct slice parse_text(struct strict *strict, const char *key)
{
    return strict_has(strict, key) ? strict_text(strict, key) : SLICE_NONE;
}

static struct slice parse_bytes(struct strict *strict, const char *key)
{
    return strict_has(strict, key) ? strict_base64(strict, key) : SLICE_NONE;
}

static uint8_t parse_principal(struct strict *strict)
{
    struct slice name = parse_text(strict, "principal");
    for (int i = 0; i < PRINCIPAL_COUNT; i++)
        if (slice_equal(name, slice_text(principals[i])))
            return (uint8_t)i;
    if (name.len > 0)
        strict_fail(strict, "principal");
    return PRINCIPAL_MAIN;
}

static void parse_scope(struct strict *strict, struct entry *entry)
{
    if (!strict_has(strict, "scope"))
        return;
    struct uin *scope = arena_take_array(strict->arena, ENTRY_SCOPE_MAX, sizeof *scope);
    strict_open_array(strict, "scope");
    while (strict_more(strict)) {
        if (!scope || entry->scope_count == ENTRY_SCOPE_MAX) {
            strict_fail(strict, "scope");
            return;
        }
        scope[entry->scope_count++] = parse_uin(strict, NULL);
    }
    entry->scope = scope;
}

static void parse_registry(struct strict *strict, struct entry *entry)
{
    entry->secret_id = parse_text(strict, "secret_id");
    if (strict_has(strict, "secret_id_base64"))
        entry->secret_id = strict_base64(strict, "secret_id_base64");
    entry->sealed_secret = parse_bytes(strict, "sealed_secret");
    entry->token_hash = parse_bytes(strict, "token_hash");
    if (strict_has(strict, "account"))
        entry->account = parse_uin(strict, "account");
    if (strict_has(strict, "user"))
        entry->user = parse_uin(strict, "user");
    entry->principal = parse_principal(strict);
    if (strict_has(strict, "enabled"))
        entry->enabled = strict_bool(strict, "enabled");
    parse_scope(strict, entry);
}

static uint8_t parse_mark(struct strict *strict)
{
    struct slice name = parse_text(strict, "mark");
    if (name.len == 0)
        return MARK_NONE;
    for (int mark = MARK_TOKEN; mark < MARK_COUNT; mark++)
        if (slice_equal(name, slice_text(marks[mark])))
            return (uint8_t)mark;
    strict_fail(strict, "mark");
    return MARK_NONE;
}

static struct slice parse_request_id(struct strict *strict)
{
    unsigned char *id = arena_take(strict->arena, REQUEST_ID_BYTES);
    struct slice text = strict_text(strict, "request_id");
    if (strict->wrong)
        return SLICE_NONE;
    if (id && uuid_parse(text, id))
        return slice_of((const char *)id, REQUEST_ID_BYTES);
    strict_fail(strict, "request_id");
    return SLICE_NONE;
}

static void parse_request(struct strict *strict, struct entry *entry)
{
    if (entry->kind != ENTRY_REQUEST)
        return;
    entry->door = (uint8_t)door_find(strict_text(strict, "door"));
    if (entry->door != DOOR_NETWORK) {
        uint64_t user = strict_u64(strict, "unix_user");
        if (user > UINT32_MAX)
            strict_fail(strict, "unix_user");
        entry->unix_user = (uint32_t)user;
    }
    entry->received_us = dump_time_parse(strict, "received", "received_us");
    entry->request_id = parse_request_id(strict);
    entry->mark = parse_mark(strict);
    entry->token_digest = parse_bytes(strict, "token_digest");
    entry->body_digest = parse_bytes(strict, "body_digest");
    entry->made = strict_u64(strict, "made");
    entry->outcomes = parse_bytes(strict, "outcomes");
}

void dump_entry_parse(struct strict *strict, struct entry *ret_entry,
                      unsigned char ret_leaf[SHA256_SIZE])
{
    struct entry entry = {.sequence = strict_u64(strict, "entry")};
    entry.time_us = dump_time_parse(strict, "time", "time_us");
    entry.kind = entry_kind_find(strict_text(strict, "kind"));
    uint64_t organisation = strict_u64(strict, "organisation");
    if (organisation > UINT32_MAX)
        strict_fail(strict, "organisation");
    entry.organisation = (uint32_t)organisation;
    parse_money(strict, &entry);
    entry.name = parse_text(strict, name_key(entry.kind));
    entry.text = parse_text(strict, text_key(entry.kind));
    parse_registry(strict, &entry);
    parse_request(strict, &entry);
    strict_hex(strict, "leaf", ret_leaf, SHA256_SIZE);
    strict_close_object(strict);
    *ret_entry = entry;
}
