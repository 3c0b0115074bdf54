/* The canonical encoding of entries.
 *
 * An entry is its kind (one byte), time (signed), organisation, and then the parts its kind has, in
 * the order of `enum part` (numbers and texts as in wire.h; the table of kinds is in
 * entry_parts.c):
 *
 *   touch         uin; flags (byte; 0x80 added when there is temporary credit); cash (signed),
 *                 income, gift, frozen, basic credit; temporary credit if there is; ordinal;
 *                 unless it is 1: sequence - previous; if the ordinal jumps elsewhere than to
 *                 previous, and not to nothing: previous - jump
 *   amount        cash (signed)
 *   amounts       cash, income, gift (signed)
 *   subject       sequence - subject
 *   start, end    signed
 *   name, text, secret id, sealed secret, token hash     texts
 *   account, user uins
 *   principal, enabled   one byte
 *   scope         count, then uins
 *   request       door + 4 * mark + 16 * principal (byte), request id (16 bytes), time - received
 *                 (signed); through the network: account, the user unless it is the account itself,
 *                 sequence - subject; else: user id, name; if marked: token digest; by a token:
 *                 body digest (16 bytes each); made, outcomes (text)
 *
 * 1. An encoding never changes: the hash chain is computed over it. A kind that needs another one
 *    becomes a new kind.
 * 2. Every valid entry has exactly one encoding, and no other bytes are accepted:
 *    entry_decode(entry_encode(e)) = e, and entry_encode(entry_decode(b)) = b.
 * 3. What only the book can know (balances before, existence, links) is checked in apply.c.
 *
 * Owns nothing. Any thread. */
#include "ledger/entry.h"

#include "base/wire.h"
#include "ledger/book.h"
#include "ledger/entry_parts.h"

#include "base/check.h"

enum {
    NAME_BYTES_MAX = 4 * NAME_CHARACTERS_MAX,
    SECRET_ID_BYTES_MAX = 128,
    SEALED_SECRET_BYTES_MAX = 1024,
    TOKEN_HASH_BYTES = 32,
    CURRENCY_BYTES = 3,
    TOUCH_HAS_TEMPORARY = 0x80,
    /* a request's first byte */
    DOOR_MASK = 3,
    MARK_SHIFT = 2,
    MARK_MASK = 3,
    PRINCIPAL_SHIFT = 4,
};

const char *entry_kind_name(enum entry_kind kind)
{
    return (unsigned)kind < ENTRY_KINDS_END ? entry_kinds[kind].name : NULL;
}

enum entry_kind entry_kind_find(struct slice name)
{
    for (unsigned kind = 1; kind < ENTRY_KINDS_END; kind++)
        if (entry_kinds[kind].parts != 0 && slice_equal(slice_text(entry_kinds[kind].name), name))
            return (enum entry_kind)kind;
    return (enum entry_kind)0;
}

static const char *const doors[] = {"", "network", "socket", "folder"};

const char *door_name(enum request_door door)
{
    CHECK(door >= DOOR_NETWORK && door <= DOOR_FOLDER);
    return doors[door];
}

enum request_door door_find(struct slice name)
{
    for (unsigned door = DOOR_NETWORK; door <= DOOR_FOLDER; door++)
        if (slice_equal(name, slice_text(doors[door])))
            return (enum request_door)door;
    return (enum request_door)0;
}

/* Text */

static bool is_control(struct slice text, size_t i)
{
    unsigned char byte = (unsigned char)text.at[i];
    if (byte < 0x20 || byte == 0x7F)
        return true;
    return byte == 0xC2 && (unsigned char)text.at[i + 1] < 0xA0; /* U+0080..U+009F */
}

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (is_control(text, i))
            return true;
    return false;
}

/* 0x20 to 0x7E. Most text is. */
static bool is_printable_ascii(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)(text.at[i] - 0x20) >= 0x5F)
            return false;
    return true;
}

bool text_is_sound(struct slice text)
{
    return is_printable_ascii(text) || (slice_is_utf8(text) && !has_control(text));
}

bool name_is_valid(struct slice name)
{
    return name.len > 0 && name.len <= NAME_BYTES_MAX && text_is_sound(name) &&
           slice_utf8_length(name) <= NAME_CHARACTERS_MAX;
}

/* A policy's document is JSON, which may be laid out in lines. */
static bool entry_text_is_valid(const struct entry *entry)
{
    return entry->text.len <= ENTRY_TEXT_BYTES_MAX &&
           (entry->kind == ENTRY_PUT_POLICY ? slice_is_utf8(entry->text)
                                            : text_is_sound(entry->text));
}

/* Validity */

bool member_amount_is_valid(struct amount amount)
{
    return amount_compare(amount, MEMBER_AMOUNT_MAX) <= 0 &&
           amount_compare(amount, (struct amount){-MEMBER_AMOUNT_MAX.micros}) >= 0;
}

static bool is_unsigned(struct amount amount)
{
    return !amount_is_negative(amount) && member_amount_is_valid(amount);
}

bool member_state_is_valid(const struct member_state *state)
{
    return member_amount_is_valid(state->cash) && is_unsigned(state->income) &&
           is_unsigned(state->gift) && is_unsigned(state->frozen) &&
           is_unsigned(state->basic_credit) && is_unsigned(state->temporary) && state->flags < 16;
}

static bool links_are_valid(const struct touch *touch, uint64_t sequence)
{
    if (touch->ordinal <= 1)
        return touch->ordinal == 1 && touch->previous == 0 && touch->jump == 0;
    if (touch->previous == 0 || touch->previous >= sequence || touch->ordinal > sequence)
        return false;
    uint64_t jump_ordinal = entry_jump_ordinal(touch->ordinal);
    if (jump_ordinal == touch->ordinal - 1)
        return touch->jump == touch->previous;
    return jump_ordinal == 0 ? touch->jump == 0 : touch->jump > 0 && touch->jump < touch->previous;
}

static bool touches_are_valid(const struct entry *entry, uint32_t parts)
{
    uint32_t expected = (parts & PART_TOUCH ? 1 : 0) + (parts & PART_TOUCH_2 ? 1 : 0);
    if (entry->touch_count != expected)
        return false;
    for (uint32_t i = 0; i < expected; i++)
        if (uin_is_none(entry->touches[i].uin) ||
            !member_state_is_valid(&entry->touches[i].after) ||
            !links_are_valid(&entry->touches[i], entry->sequence))
            return false;
    return expected < 2 || !uin_equal(entry->touches[0].uin, entry->touches[1].uin);
}

static bool amounts_are_valid(const struct entry *entry, uint32_t parts)
{
    if (parts & PART_CASH)
        return member_amount_is_valid(entry->cash) && member_amount_is_valid(entry->income) &&
               member_amount_is_valid(entry->gift);
    if (!(parts & PART_AMOUNT))
        return true;
    bool may_be_zero = entry->kind == ENTRY_GRANT_TEMPORARY;
    return is_unsigned(entry->cash) && (may_be_zero || !amount_is_zero(entry->cash));
}

static bool times_are_valid(const struct entry *entry)
{
    if (entry->kind == ENTRY_GRANT_TEMPORARY)
        return entry->end_us == 0 || entry->end_us > entry->start_us;
    return entry->end_us >= 0;
}

bool currency_is_valid(struct slice currency)
{
    if (currency.len != CURRENCY_BYTES)
        return false;
    for (size_t i = 0; i < CURRENCY_BYTES; i++)
        if (currency.at[i] < 'A' || currency.at[i] > 'Z')
            return false;
    return true;
}

static bool organisation_is_valid(const struct entry *entry)
{
    static const struct member_state fresh = {.flags = MEMBER_OWNER};
    const struct touch *owner = &entry->touches[0];
    return currency_is_valid(entry->text) && uin_equal(entry->account, owner->uin) &&
           owner->ordinal == 1 && owner->after.flags == fresh.flags &&
           amount_is_zero(owner->after.cash) && amount_is_zero(owner->after.income) &&
           amount_is_zero(owner->after.gift) && amount_is_zero(owner->after.frozen) &&
           amount_is_zero(owner->after.basic_credit) && amount_is_zero(owner->after.temporary);
}

bool entry_key_is_within_limits(const struct entry *entry)
{
    size_t token_bytes = entry->kind == ENTRY_ISSUE_TOKEN ? TOKEN_HASH_BYTES : 0;
    return entry->secret_id.len > 0 && entry->secret_id.len <= SECRET_ID_BYTES_MAX &&
           entry->sealed_secret.len > 0 && entry->sealed_secret.len <= SEALED_SECRET_BYTES_MAX &&
           entry->token_hash.len == token_bytes && entry->end_us >= 0;
}

static bool holder_is_valid(const struct entry *entry)
{
    return !uin_is_none(entry->account) && !uin_is_none(entry->user) &&
           entry->principal <= PRINCIPAL_ROLE &&
           (entry->principal == PRINCIPAL_MAIN) == uin_equal(entry->account, entry->user);
}

static bool key_is_valid(const struct entry *entry)
{
    return entry_key_is_within_limits(entry) && holder_is_valid(entry) &&
           (entry->name.len == 0 || name_is_valid(entry->name));
}

static bool scope_is_valid(const struct entry *entry)
{
    if (entry->scope_count > ENTRY_SCOPE_MAX || (entry->enabled && entry->scope_count > 0))
        return false;
    for (uint32_t i = 0; i < entry->scope_count; i++)
        if (uin_is_none(entry->scope[i]) ||
            (i > 0 && uin_compare(entry->scope[i - 1], entry->scope[i]) >= 0))
            return false;
    return true;
}

static bool registry_part_is_valid(const struct entry *entry, uint32_t parts)
{
    if (parts & PART_SECRET_ID)
        if (entry->secret_id.len == 0 || entry->secret_id.len > SECRET_ID_BYTES_MAX)
            return false;
    if (parts & PART_SEALED_SECRET)
        return key_is_valid(entry);
    if (parts & PART_SCOPE)
        return !uin_is_none(entry->account) && scope_is_valid(entry);
    if (parts & PART_ACCOUNT)
        return !uin_is_none(entry->account);
    if (parts & PART_USER)
        return !uin_is_none(entry->user);
    return entry->kind != ENTRY_ORGANISATION || organisation_is_valid(entry);
}

static bool asker_is_valid(const struct entry *entry)
{
    if (entry->door == DOOR_NETWORK)
        return holder_is_valid(entry) && entry->subject > 0 && entry->subject < entry->sequence &&
               entry->name.len == 0 && entry->unix_user == 0;
    return (entry->door == DOOR_SOCKET || entry->door == DOOR_FOLDER) &&
           uin_is_none(entry->account) && uin_is_none(entry->user) && entry->principal == 0 &&
           entry->subject == 0 && (entry->name.len == 0 || name_is_valid(entry->name));
}

static bool request_is_valid(const struct entry *entry)
{
    size_t token_bytes = entry->mark == MARK_NONE ? 0 : DIGEST_BYTES;
    size_t body_bytes = entry->mark == MARK_TOKEN ? DIGEST_BYTES : 0;
    return asker_is_valid(entry) && entry->mark <= MARK_SIGNATURE &&
           entry->request_id.len == REQUEST_ID_BYTES && entry->token_digest.len == token_bytes &&
           entry->body_digest.len == body_bytes &&
           (entry->made > 0 || entry->mark == MARK_SIGNATURE) && entry->made < entry->sequence &&
           entry->outcomes.len <= ENTRY_TEXT_BYTES_MAX;
}

bool entry_is_valid(const struct entry *entry)
{
    uint32_t parts = entry_parts_of(entry->kind);
    if (parts == 0 || entry->sequence == 0 || entry->organisation == 0)
        return false;
    if (!touches_are_valid(entry, parts) || !amounts_are_valid(entry, parts) ||
        !times_are_valid(entry) || !registry_part_is_valid(entry, parts))
        return false;
    if ((parts & PARTS_NAME) && !(parts & PART_SEALED_SECRET) && !name_is_valid(entry->name))
        return false;
    if ((parts & PARTS_SUBJECT) && (entry->subject == 0 || entry->subject >= entry->sequence))
        return false;
    if ((parts & PART_REQUEST) && !request_is_valid(entry))
        return false;
    return entry_text_is_valid(entry);
}

/* Encoding */

static void put_amount(struct buffer *out, struct amount amount)
{
    wire_put_i64(out, amount.micros);
}

static void put_unsigned_amount(struct buffer *out, struct amount amount)
{
    wire_put_u64(out, (uint64_t)amount.micros);
}

static void put_touch(struct buffer *out, const struct touch *touch, uint64_t sequence)
{
    bool has_temporary = !amount_is_zero(touch->after.temporary);
    wire_put_uin(out, touch->uin);
    wire_put_byte(out, touch->after.flags | (has_temporary ? TOUCH_HAS_TEMPORARY : 0));
    put_amount(out, touch->after.cash);
    put_unsigned_amount(out, touch->after.income);
    put_unsigned_amount(out, touch->after.gift);
    put_unsigned_amount(out, touch->after.frozen);
    put_unsigned_amount(out, touch->after.basic_credit);
    if (has_temporary)
        put_unsigned_amount(out, touch->after.temporary);
    wire_put_u64(out, touch->ordinal);
    if (touch->ordinal == 1)
        return;
    wire_put_u64(out, sequence - touch->previous);
    if (touch->jump != 0 && touch->jump != touch->previous)
        wire_put_u64(out, touch->previous - touch->jump);
}

static void put_scope(struct buffer *out, const struct entry *entry)
{
    wire_put_u64(out, entry->scope_count);
    for (uint32_t i = 0; i < entry->scope_count; i++)
        wire_put_uin(out, entry->scope[i]);
}

static void put_money(struct buffer *out, const struct entry *entry, uint32_t parts)
{
    for (uint32_t i = 0; i < entry->touch_count; i++)
        put_touch(out, &entry->touches[i], entry->sequence);
    if (parts & PARTS_AMOUNT)
        put_amount(out, entry->cash);
    if (parts & PART_CASH) {
        put_amount(out, entry->income);
        put_amount(out, entry->gift);
    }
    if (parts & PARTS_SUBJECT)
        wire_put_u64(out, entry->sequence - entry->subject);
    if (parts & PART_START)
        wire_put_i64(out, entry->start_us);
    if (parts & PARTS_END)
        wire_put_i64(out, entry->end_us);
    if (parts & PARTS_NAME)
        wire_put_text(out, entry->name);
    if (parts & PARTS_TEXT)
        wire_put_text(out, entry->text);
}

static void put_registry(struct buffer *out, const struct entry *entry, uint32_t parts)
{
    if (parts & PART_SECRET_ID)
        wire_put_text(out, entry->secret_id);
    if (parts & PART_SEALED_SECRET)
        wire_put_text(out, entry->sealed_secret);
    if (parts & PART_TOKEN_HASH)
        wire_put_text(out, entry->token_hash);
    if (parts & PART_ACCOUNT)
        wire_put_uin(out, entry->account);
    if (parts & PART_USER)
        wire_put_uin(out, entry->user);
    if (parts & PART_PRINCIPAL)
        wire_put_byte(out, entry->principal);
    if (parts & PARTS_ENABLED)
        wire_put_byte(out, entry->enabled);
    if (parts & PART_SCOPE)
        put_scope(out, entry);
}

static void put_asker(struct buffer *out, const struct entry *entry)
{
    if (entry->door != DOOR_NETWORK) {
        wire_put_u64(out, entry->unix_user);
        wire_put_text(out, entry->name);
        return;
    }
    wire_put_uin(out, entry->account);
    if (entry->principal != PRINCIPAL_MAIN)
        wire_put_uin(out, entry->user);
    wire_put_u64(out, entry->sequence - entry->subject);
}

static void put_request(struct buffer *out, const struct entry *entry)
{
    wire_put_byte(out, (uint8_t)(entry->door | entry->mark << MARK_SHIFT |
                                 entry->principal << PRINCIPAL_SHIFT));
    buffer_append(out, entry->request_id);
    wire_put_i64(out, (int64_t)((uint64_t)entry->time_us - (uint64_t)entry->received_us));
    put_asker(out, entry);
    buffer_append(out, entry->token_digest);
    buffer_append(out, entry->body_digest);
    wire_put_u64(out, entry->made);
    wire_put_text(out, entry->outcomes);
}

void entry_encode(const struct entry *entry, struct buffer *out)
{
    uint32_t parts = entry_parts_of(entry->kind);
    CHECK(parts != 0);
    wire_put_byte(out, (uint8_t)entry->kind);
    wire_put_i64(out, entry->time_us);
    wire_put_u64(out, entry->organisation);
    put_money(out, entry, parts);
    put_registry(out, entry, parts);
    if (parts & PART_REQUEST)
        put_request(out, entry);
}

/* Decoding. Numbers only: entry_is_valid judges what they mean. */

static struct amount get_amount(struct wire *wire)
{
    return (struct amount){wire_get_i64(wire)};
}

static struct amount get_unsigned_amount(struct wire *wire)
{
    return (struct amount){(int64_t)wire_get_bounded(wire, INT64_MAX)};
}

/* The number of an earlier entry, stored as how far back it is. */
static uint64_t get_back(struct wire *wire, uint64_t from)
{
    uint64_t distance = wire_get_u64(wire);
    wire->bad |= distance >= from; /* that it is not zero, entry_is_valid sees */
    return wire->bad ? 0 : from - distance;
}

static void get_touch(struct wire *wire, uint64_t sequence, struct touch *touch)
{
    touch->uin = wire_get_uin(wire);
    uint8_t flags = wire_get_byte(wire);
    touch->after.flags = flags & (uint8_t)~TOUCH_HAS_TEMPORARY;
    touch->after.cash = get_amount(wire);
    touch->after.income = get_unsigned_amount(wire);
    touch->after.gift = get_unsigned_amount(wire);
    touch->after.frozen = get_unsigned_amount(wire);
    touch->after.basic_credit = get_unsigned_amount(wire);
    if (flags & TOUCH_HAS_TEMPORARY) {
        touch->after.temporary = get_unsigned_amount(wire);
        wire->bad |= amount_is_zero(touch->after.temporary);
    }
    touch->ordinal = wire_get_bounded(wire, sequence);
    wire->bad |= touch->ordinal == 0;
    if (wire->bad || touch->ordinal == 1)
        return;
    touch->previous = get_back(wire, sequence);
    uint64_t jump_ordinal = entry_jump_ordinal(touch->ordinal);
    if (jump_ordinal == touch->ordinal - 1)
        touch->jump = touch->previous;
    else if (jump_ordinal != 0)
        touch->jump = get_back(wire, touch->previous);
}

static void get_money(struct wire *wire, uint32_t parts, struct entry *entry)
{
    entry->touch_count = (parts & PART_TOUCH ? 1 : 0) + (parts & PART_TOUCH_2 ? 1 : 0);
    for (uint32_t i = 0; i < entry->touch_count; i++)
        get_touch(wire, entry->sequence, &entry->touches[i]);
    if (parts & PARTS_AMOUNT)
        entry->cash = get_amount(wire);
    if (parts & PART_CASH) {
        entry->income = get_amount(wire);
        entry->gift = get_amount(wire);
    }
    if (parts & PARTS_SUBJECT)
        entry->subject = get_back(wire, entry->sequence);
    if (parts & PART_START)
        entry->start_us = wire_get_i64(wire);
    if (parts & PARTS_END)
        entry->end_us = wire_get_i64(wire);
    if (parts & PARTS_NAME)
        entry->name = wire_get_text(wire, NAME_BYTES_MAX);
    if (parts & PARTS_TEXT)
        entry->text = wire_get_text(wire, ENTRY_TEXT_BYTES_MAX);
}

static void get_scope(struct wire *wire, struct uin *memory, uint32_t memory_max,
                      struct entry *entry)
{
    uint32_t count = (uint32_t)wire_get_bounded(wire, memory_max);
    for (uint32_t i = 0; i < count && !wire->bad; i++)
        memory[i] = wire_get_uin(wire);
    entry->scope = count ? memory : NULL;
    entry->scope_count = count;
}

static void get_registry(struct wire *wire, uint32_t parts, struct entry *entry)
{
    if (parts & PART_SECRET_ID)
        entry->secret_id = wire_get_text(wire, SECRET_ID_BYTES_MAX);
    if (parts & PART_SEALED_SECRET)
        entry->sealed_secret = wire_get_text(wire, SEALED_SECRET_BYTES_MAX);
    if (parts & PART_TOKEN_HASH)
        entry->token_hash = wire_get_text(wire, TOKEN_HASH_BYTES);
    if (parts & PART_ACCOUNT)
        entry->account = wire_get_uin(wire);
    if (parts & PART_USER)
        entry->user = wire_get_uin(wire);
    if (parts & PART_PRINCIPAL)
        entry->principal = wire_get_byte(wire);
    if (parts & PARTS_ENABLED) {
        uint8_t enabled = wire_get_byte(wire);
        wire->bad |= enabled > 1;
        entry->enabled = enabled == 1;
    }
    if (entry->kind == ENTRY_ORGANISATION)
        entry->account = entry->touches[0].uin;
}

static void get_asker(struct wire *wire, struct entry *entry)
{
    if (entry->door != DOOR_NETWORK) {
        entry->unix_user = (uint32_t)wire_get_bounded(wire, UINT32_MAX);
        entry->name = wire_get_text(wire, NAME_BYTES_MAX);
        return;
    }
    entry->account = entry->user = wire_get_uin(wire);
    if (entry->principal != PRINCIPAL_MAIN)
        entry->user = wire_get_uin(wire);
    entry->subject = get_back(wire, entry->sequence);
}

/* The difference of two moments may be any number: it goes round as it was made. */
static void get_request(struct wire *wire, struct entry *entry)
{
    uint8_t front = wire_get_byte(wire);
    entry->door = front & DOOR_MASK;
    entry->mark = front >> MARK_SHIFT & MARK_MASK;
    entry->principal = front >> PRINCIPAL_SHIFT;
    entry->request_id = wire_get_bytes(wire, REQUEST_ID_BYTES);
    entry->received_us = (int64_t)((uint64_t)entry->time_us - (uint64_t)wire_get_i64(wire));
    get_asker(wire, entry);
    if (entry->mark != MARK_NONE)
        entry->token_digest = wire_get_bytes(wire, DIGEST_BYTES);
    if (entry->mark == MARK_TOKEN)
        entry->body_digest = wire_get_bytes(wire, DIGEST_BYTES);
    entry->made = wire_get_u64(wire);
    entry->outcomes = wire_get_text(wire, ENTRY_TEXT_BYTES_MAX);
}

bool entry_decode(uint64_t sequence, struct slice bytes, struct uin *scope_memory,
                  uint32_t scope_max, struct entry *ret_entry)
{
    struct wire wire = wire_of(bytes);
    struct entry entry = {.sequence = sequence, .kind = (enum entry_kind)wire_get_byte(&wire)};
    uint32_t parts = entry_parts_of(entry.kind);
    if (parts == 0)
        return false;
    entry.time_us = wire_get_i64(&wire);
    entry.organisation = (uint32_t)wire_get_bounded(&wire, UINT32_MAX);
    get_money(&wire, parts, &entry);
    get_registry(&wire, parts, &entry);
    if (parts & PART_SCOPE)
        get_scope(&wire, scope_memory, scope_max, &entry);
    if (parts & PART_REQUEST)
        get_request(&wire, &entry);
    if (!wire_ok(&wire) || !entry_is_valid(&entry))
        return false;
    *ret_entry = entry;
    return true;
}
