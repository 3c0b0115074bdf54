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
#include "ledger/entry_parts.h"

#include <stddef.h>

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

static const char *const principals[3] = {"main", "sub", "role"};

enum { TOUCH_PARTS = 11 };
static const struct entry_part touch_parts[TOUCH_PARTS] = {
    {"uin", NULL, IS_UIN, offsetof(struct touch, uin)},
    {"cash", NULL, IS_AMOUNT, offsetof(struct touch, after.cash)},
    {"income", NULL, IS_AMOUNT, offsetof(struct touch, after.income)},
    {"gift", NULL, IS_AMOUNT, offsetof(struct touch, after.gift)},
    {"frozen", NULL, IS_AMOUNT, offsetof(struct touch, after.frozen)},
    {"basic_credit", NULL, IS_AMOUNT, offsetof(struct touch, after.basic_credit)},
    {"temporary_credit", NULL, IS_AMOUNT, offsetof(struct touch, after.temporary)},
    {"flags", NULL, IS_FLAGS, offsetof(struct touch, after.flags)},
    {"ordinal", NULL, IS_NUMBER, offsetof(struct touch, ordinal)},
    {"previous", NULL, IS_NUMBER, offsetof(struct touch, previous)},
    {"jump", NULL, IS_NUMBER, offsetof(struct touch, jump)},
};

static const char *const marks[3] = {"", "token", "signature"};

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

static void write_flags(struct json_writer *writer, const char *key, uint8_t set)
{
    json_write_key(writer, slice_text(key));
    json_open_array(writer);
    for (int i = 0; i < FLAG_COUNT; i++)
        if (set & flags[i].flag)
            json_write_string(writer, slice_text(flags[i].name));
    json_close_array(writer);
}

static void write_scope(struct json_writer *writer, const char *key, const struct entry *entry)
{
    json_write_key(writer, slice_text(key));
    json_open_array(writer);
    for (uint32_t i = 0; i < entry->scope_count; i++)
        write_uin(writer, NULL, entry->scope[i]);
    json_close_array(writer);
}

/* `base`: the entry or the touch. Of all texts, only a secret id may be anything by the law. */
static void write_value(struct json_writer *writer, const struct entry_part *part, const void *base)
{
    const char *name = part->name;
    const void *place = (const char *)base + part->place;
    const struct slice *text = place;
    if (part->type == IS_AMOUNT)
        write_amount(writer, name, *(const struct amount *)place);
    else if (part->type == IS_NUMBER)
        field_u64(writer, name, *(const uint64_t *)place);
    else if (part->type == IS_MOMENT || part->type == IS_END)
        dump_time_print(writer, name, part->other, *(const int64_t *)place);
    else if (part->type == IS_TEXT && (!part->other || slice_is_utf8(*text)))
        field_text(writer, name, *text);
    else if (part->type == IS_TEXT || part->type == IS_BYTES)
        field_base64(writer, part->other ? part->other : name, *text);
    else if (part->type == IS_UIN)
        write_uin(writer, name, *(const struct uin *)place);
    else if (part->type == IS_PRINCIPAL)
        field_text(writer, name, slice_text(principals[*(const uint8_t *)place]));
    else if (part->type == IS_BOOL) {
        json_write_key(writer, slice_text(name));
        json_write_bool(writer, true);
    } else if (part->type == IS_UINS)
        write_scope(writer, name, base);
    else if (part->type == IS_FLAGS)
        write_flags(writer, name, *(const uint8_t *)place);
}

static void write_touches(struct json_writer *writer, const struct entry *entry)
{
    if (entry->touch_count == 0)
        return;
    json_write_key(writer, SLICE("after"));
    json_open_array(writer);
    for (uint32_t i = 0; i < entry->touch_count; i++) {
        json_open_object(writer);
        for (int j = 0; j < TOUCH_PARTS; j++)
            write_value(writer, &touch_parts[j], &entry->touches[i]);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void write_parts(struct json_writer *writer, const struct entry *entry)
{
    uint32_t parts = entry_parts_of(entry->kind);
    for (parts |= parts & PART_REQUEST ? PARTS_ASKER : 0; parts != 0; parts &= parts - 1) {
        const struct entry_part *part = entry_part_first(parts);
        if (entry_part_is_there(part, entry))
            write_value(writer, part, entry);
    }
}

static void write_bytes(struct json_writer *writer, const char *key, struct slice bytes)
{
    if (bytes.len > 0)
        field_base64(writer, key, bytes);
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
    write_touches(&writer, entry);
    write_parts(&writer, entry);
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

/* One of the words but the first, which is never written. */
static uint8_t parse_word(struct strict *strict, const char *key, const char *const words[3])
{
    struct slice name = strict_text(strict, key);
    for (uint8_t i = 1; i < 3; i++)
        if (slice_equal(name, slice_text(words[i])))
            return i;
    strict_fail(strict, key);
    return 0;
}

static void parse_scope(struct strict *strict, const char *key, struct entry *entry)
{
    struct uin *scope = arena_take_array(strict->arena, ENTRY_SCOPE_MAX, sizeof *scope);
    strict_open_array(strict, key);
    while (strict_more(strict)) {
        if (!scope || entry->scope_count == ENTRY_SCOPE_MAX) {
            strict_fail(strict, key);
            return;
        }
        scope[entry->scope_count++] = parse_uin(strict, NULL);
    }
    entry->scope = scope;
}

static void parse_value(struct strict *strict, const struct entry_part *part, void *base)
{
    const char *name = part->name;
    void *place = (char *)base + part->place;
    if (part->type == IS_AMOUNT)
        *(struct amount *)place = parse_amount(strict, name);
    else if (part->type == IS_NUMBER)
        *(uint64_t *)place = strict_u64(strict, name);
    else if (part->type == IS_MOMENT || part->type == IS_END)
        *(int64_t *)place = dump_time_parse(strict, name, part->other);
    else if (part->type == IS_TEXT && strict_has(strict, name))
        *(struct slice *)place = strict_text(strict, name);
    else if (part->type == IS_TEXT || part->type == IS_BYTES)
        *(struct slice *)place = strict_base64(strict, part->other ? part->other : name);
    else if (part->type == IS_UIN)
        *(struct uin *)place = parse_uin(strict, name);
    else if (part->type == IS_PRINCIPAL)
        *(uint8_t *)place = parse_word(strict, name, principals);
    else if (part->type == IS_BOOL)
        *(bool *)place = strict_bool(strict, name);
    else if (part->type == IS_UINS)
        parse_scope(strict, name, base);
    else if (part->type == IS_FLAGS)
        *(uint8_t *)place = parse_flags(strict);
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
        strict_open_object(strict, NULL);
        for (int i = 0; i < TOUCH_PARTS; i++)
            parse_value(strict, &touch_parts[i], &entry->touches[entry->touch_count]);
        strict_close_object(strict);
        entry->touch_count++;
    }
}

static void parse_parts(struct strict *strict, struct entry *entry)
{
    for (const struct entry_part *part = entry_parts; part < entry_parts + ENTRY_PARTS; part++)
        if (part->name &&
            (strict_has(strict, part->name) || (part->other && strict_has(strict, part->other))))
            parse_value(strict, part, entry);
}

static struct slice parse_bytes(struct strict *strict, const char *key)
{
    return strict_has(strict, key) ? strict_base64(strict, key) : SLICE_NONE;
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
    entry->mark = strict_has(strict, "mark") ? parse_word(strict, "mark", marks) : MARK_NONE;
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
    parse_touches(strict, &entry);
    parse_parts(strict, &entry);
    parse_request(strict, &entry);
    strict_hex(strict, "leaf", ret_leaf, SHA256_SIZE);
    strict_close_object(strict);
    *ret_entry = entry;
}
