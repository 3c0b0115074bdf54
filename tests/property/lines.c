/* Commands from lines, outcomes to lines (lines.h).
 *
 * Owns nothing: commands are in the caller's arena. One thread. */
#include "lines.h"

#include "base/check.h"
#include "ledger/fields.h"

#include <stdio.h>
#include <stdlib.h>

/* Reading -------------------------------------------------------------------------------------- */

uint64_t read_u64(struct reader *reader)
{
    uint64_t value = 0;
    while (*reader->at == ' ')
        reader->at++;
    CHECK(*reader->at >= '0' && *reader->at <= '9');
    while (*reader->at >= '0' && *reader->at <= '9')
        value = value * 10 + (uint64_t)(*reader->at++ - '0');
    return value;
}

int64_t read_i64(struct reader *reader)
{
    while (*reader->at == ' ')
        reader->at++;
    bool is_negative = *reader->at == '-';
    reader->at += is_negative;
    uint64_t value = read_u64(reader);
    return (int64_t)(is_negative ? -value : value);
}

struct uin read_uin(struct reader *reader)
{
    struct uin uin = {0, 0};
    while (*reader->at == ' ')
        reader->at++;
    const char *from = reader->at;
    while (*reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    struct slice digits = slice_of(from, (size_t)(reader->at - from));
    CHECK(uin_parse(digits, &uin) || slice_equal(digits, SLICE("0")));
    return uin;
}

static struct amount read_amount(struct reader *reader)
{
    return (struct amount){read_i64(reader)};
}

static struct slice read_text(struct reader *reader)
{
    uint64_t number = read_u64(reader);
    CHECK(number < TEXTS_MAX);
    return reader->texts[number];
}

/* Somebody asks for every command. A token is two numbers, and so is a body: the first of them are
 * what is looked up. A signature is a token without a body. */
static void read_request(struct reader *reader, struct request *request)
{
    request->door = DOOR_FOLDER;
    request->mark = (uint8_t)read_u64(reader);
    if (request->mark == MARK_NONE)
        return;
    uint64_t token[2] = {read_u64(reader), read_u64(reader)};
    uint64_t body[2] = {request->mark == MARK_TOKEN ? read_u64(reader) : 0, 0};
    memcpy(request->token, token, sizeof token);
    memcpy(request->body, body, sizeof body);
}

static void read_transfers(struct reader *reader, struct arena *arena, struct command *command)
{
    command->partial = read_u64(reader);
    command->transfer_count = (uint32_t)read_u64(reader);
    command->transfers =
        arena_take_array(arena, command->transfer_count, sizeof *command->transfers);
    for (uint32_t i = 0; i < command->transfer_count; i++) {
        struct transfer *transfer = &command->transfers[i];
        transfer->kind = (enum entry_kind)read_u64(reader);
        transfer->uin = read_uin(reader);
        transfer->to = read_uin(reader);
        transfer->amount = read_amount(reader);
        transfer->income = read_amount(reader);
        transfer->gift = read_amount(reader);
        transfer->account = (enum member_account)read_u64(reader);
        transfer->text = read_text(reader);
        transfer->refusal = REFUSAL_COUNT; /* not judged */
    }
}

static void read_new_member(struct reader *reader, struct new_member *item)
{
    item->uin = read_uin(reader);
    item->name = read_text(reader);
    item->flags = (uint8_t)read_u64(reader);
    item->basic_credit = read_amount(reader);
    item->cash = read_amount(reader);
    item->income = read_amount(reader);
    item->gift = read_amount(reader);
    item->frozen = read_amount(reader);
    item->grant_count = (uint32_t)read_u64(reader);
    item->refusal = REFUSAL_COUNT;
    for (uint32_t i = 0; i < item->grant_count; i++) {
        struct new_grant grant = {read_amount(reader), read_i64(reader), read_i64(reader)};
        if (i < NEW_GRANTS_MAX)
            item->grants[i] = grant;
    }
}

static void read_members(struct reader *reader, struct arena *arena, struct command *command)
{
    command->partial = read_u64(reader);
    command->member_count = (uint32_t)read_u64(reader);
    command->members = arena_take_array(arena, command->member_count, sizeof *command->members);
    for (uint32_t i = 0; i < command->member_count; i++)
        read_new_member(reader, &command->members[i]);
}

static void read_change(struct reader *reader, struct change *change)
{
    change->uin = read_uin(reader);
    change->subject = read_u64(reader);
    change->amount = read_amount(reader);
    change->start_us = read_i64(reader);
    change->end_us = read_i64(reader);
    change->text = read_text(reader);
    change->name = read_text(reader);
    change->sets_basic_credit = read_u64(reader);
    change->basic_credit = read_amount(reader);
    change->flags = (uint8_t)read_u64(reader);
    change->flags_mask = (uint8_t)read_u64(reader);
}

static struct slice print_secret(struct arena *arena, const char *what, uint64_t number)
{
    char text[48];
    int length = snprintf(text, sizeof text, "%s%llu", what, (unsigned long long)number);
    return arena_copy(arena, slice_of(text, (size_t)length));
}

static void read_key(struct reader *reader, struct arena *arena, struct key *key)
{
    uint64_t number = read_u64(reader);
    key->secret_id = print_secret(arena, "AKID", number);
    key->sealed_secret = print_secret(arena, "sealed", number);
    key->principal = (uint8_t)read_u64(reader);
    key->account = read_uin(reader);
    key->user = read_uin(reader);
    key->enabled = read_u64(reader);
    key->expires_us = read_i64(reader);
    if (read_u64(reader) == 1)
        key->token_hash = SLICE("0123456789abcdef0123456789abcdef");
}

static void read_policy(struct reader *reader, struct policy *policy)
{
    policy->user = read_uin(reader);
    policy->name = read_text(reader);
    policy->document = read_text(reader);
}

static void read_delegation(struct reader *reader, struct arena *arena,
                            struct delegation *delegation)
{
    delegation->account = read_uin(reader);
    delegation->everyone = read_u64(reader);
    delegation->scope_count = (uint32_t)read_u64(reader);
    struct uin *scope = arena_take_array(arena, delegation->scope_count + 1, sizeof *scope);
    CHECK(scope);
    for (uint32_t i = 0; i < delegation->scope_count; i++)
        scope[i] = read_uin(reader);
    delegation->scope = scope;
}

static enum command_kind kind_of(char letter)
{
    static const char letters[] = "NAKSPHCRMXGVUWBD";
    static const enum command_kind kinds[] = {
        COMMAND_CREATE_ORGANISATION,
        COMMAND_ADD_MEMBERS,
        COMMAND_ADD_KEY,
        COMMAND_SET_KEY,
        COMMAND_POST,
        COMMAND_HOLD,
        COMMAND_CAPTURE,
        COMMAND_RELEASE,
        COMMAND_MODIFY_MEMBER,
        COMMAND_REMOVE_MEMBER,
        COMMAND_GRANT_TEMPORARY,
        COMMAND_REVOKE_TEMPORARY,
        COMMAND_PUT_POLICY,
        COMMAND_REMOVE_POLICY,
        COMMAND_DELEGATE,
        COMMAND_REMOVE_DELEGATE,
    };
    const char *found = letter ? strchr(letters, letter) : NULL;
    CHECK(found);
    return kinds[found - letters];
}

void read_command(struct reader *reader, char letter, struct arena *arena, struct command *command)
{
    *command = (struct command){.kind = kind_of(letter), .arena = arena};
    command->organisation = (uint32_t)read_u64(reader);
    command->dry_run = read_u64(reader);
    read_request(reader, &command->request);
    if (command->kind == COMMAND_CREATE_ORGANISATION) {
        command->name = read_text(reader);
        command->currency = read_text(reader);
        command->owner = read_uin(reader);
    } else if (command->kind == COMMAND_POST) {
        read_transfers(reader, arena, command);
    } else if (command->kind == COMMAND_ADD_MEMBERS) {
        read_members(reader, arena, command);
    } else if (command->kind == COMMAND_PUT_POLICY || command->kind == COMMAND_REMOVE_POLICY) {
        read_policy(reader, &command->policy);
    } else if (command->kind == COMMAND_DELEGATE || command->kind == COMMAND_REMOVE_DELEGATE) {
        read_delegation(reader, arena, &command->delegation);
    } else if (command->kind < COMMAND_HOLD) {
        read_key(reader, arena, &command->key);
    } else {
        read_change(reader, &command->change);
    }
}

/* Writing -------------------------------------------------------------------------------------- */

#define NAME(name) [REFUSAL_##name] = #name

const char *refusal_name(enum refusal refusal)
{
    static const char *const names[REFUSAL_COUNT + 1] = {
        NAME(NONE),
        NAME(ORGANISATION_UNKNOWN),
        NAME(ORGANISATION_OWNER_TAKEN),
        NAME(MEMBER_EXISTS),
        NAME(MEMBER_UNKNOWN),
        NAME(MEMBER_ELSEWHERE),
        NAME(MEMBER_REPEATED),
        NAME(NAME_INVALID),
        NAME(AMOUNT_NEGATIVE),
        NAME(AMOUNT_OVERFLOW),
        NAME(PERIOD_INVALID),
        NAME(KEY_EXISTS),
        NAME(KEY_UNKNOWN),
        NAME(KEY_LIMIT),
        NAME(POLICY_UNKNOWN),
        NAME(DELEGATION_UNKNOWN),
        NAME(LIMIT),
        NAME(STORE_FULL),
        NAME(STOPPING),
        NAME(BALANCE_INSUFFICIENT),
        NAME(AMOUNT_NOT_POSITIVE),
        NAME(MOVE_TO_SELF),
        NAME(REASON_MISSING),
        NAME(REASON_INVALID),
        NAME(HOLD_UNKNOWN),
        NAME(HOLD_EXCEEDED),
        NAME(EXPIRY_PASSED),
        NAME(GRANT_UNKNOWN),
        NAME(GRANT_LIMIT),
        NAME(MEMBER_NOT_EMPTY),
        NAME(MEMBER_IS_OWNER),
        NAME(TOKEN_REUSED),
        NAME(REQUEST_REPEATED),
        NAME(KEY_ID_INVALID),
        NAME(USER_ELSEWHERE),
        NAME(ACCOUNT_KEY_LIMIT),
        NAME(POLICY_LIMIT),
        NAME(DELEGATION_LIMIT),
        NAME(MEMORY),
        NAME(CLOCK),
        [REFUSAL_COUNT] = "-", /* not judged */
    };
    const char *name = (unsigned)refusal <= REFUSAL_COUNT ? names[refusal] : NULL;
    return name ? name : "?";
}

static void write_number(struct buffer *out, char before, int64_t number)
{
    buffer_char(out, before);
    buffer_i64(out, number);
}

static void write_u64(struct buffer *out, char before, uint64_t number)
{
    buffer_char(out, before);
    buffer_u64(out, number);
}

void write_uin(struct buffer *out, struct uin uin)
{
    char digits[UIN_DIGITS_MAX];
    if (uin_is_none(uin))
        buffer_char(out, '0');
    else
        buffer_bytes(out, digits, uin_print(uin, digits));
}

void write_state(struct buffer *out, const struct member_state *state)
{
    buffer_i64(out, state->cash.micros);
    write_number(out, ',', state->income.micros);
    write_number(out, ',', state->gift.micros);
    write_number(out, ',', state->frozen.micros);
    write_number(out, ',', state->basic_credit.micros);
    write_number(out, ',', state->temporary.micros);
    write_u64(out, ',', state->flags);
}

/* The nine fields of the listing, with those of the account's own balance. */
void write_fields(struct buffer *out, const struct book *book, const struct member *member,
                  int64_t t_us)
{
    struct fields f;
    fields_of(book, member, t_us, &f);
    const struct amount all[] = {f.real_balance,
                                 f.cash_account_balance,
                                 f.credit_amount,
                                 f.temp_credit,
                                 f.basic_credit_amount,
                                 f.owe_amount,
                                 f.credit_balance,
                                 f.real_credit_balance,
                                 f.freeze_amount,
                                 f.present_account_balance,
                                 f.income_into_account_balance};
    buffer_char(out, 'F');
    write_u64(out, ' ', member->organisation);
    buffer_char(out, ' ');
    write_uin(out, member->uin);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        write_number(out, ' ', all[i].micros);
    buffer_char(out, '\n');
}

static void write_transfers(struct buffer *out, const struct command *command, uint32_t item)
{
    write_u64(out, ' ', item);
    write_u64(out, ' ', command->first_sequence);
    write_u64(out, ' ', command->entry_count);
    for (uint32_t i = 0; i < command->transfer_count; i++) {
        const struct transfer *transfer = &command->transfers[i];
        buffer_char(out, ' ');
        if (transfer->refusal != REFUSAL_NONE) {
            buffer_text(out, refusal_name(transfer->refusal));
            continue;
        }
        buffer_u64(out, transfer->sequence);
        buffer_char(out, ':');
        write_state(out, &transfer->after[0]);
        if (transfer->kind == ENTRY_MOVE) {
            buffer_char(out, ':');
            write_state(out, &transfer->after[1]);
        }
    }
}

static void write_members(struct buffer *out, const struct command *command, uint32_t item)
{
    static const char *const outcomes[] = {"added", "unchanged"};
    write_u64(out, ' ', item);
    write_u64(out, ' ', command->first_sequence);
    write_u64(out, ' ', command->entry_count);
    for (uint32_t i = 0; i < command->member_count; i++) {
        const struct new_member *member = &command->members[i];
        buffer_char(out, ' ');
        if (member->refusal != REFUSAL_NONE)
            buffer_text(out, refusal_name(member->refusal));
        else
            buffer_text(out, member->outcome < 2 ? outcomes[member->outcome] : "?");
    }
}

static void write_change(struct buffer *out, const struct command *command)
{
    const struct change *change = &command->change;
    write_u64(out, ' ', command->entry_count);
    write_u64(out, ' ', change->first_sequence);
    write_u64(out, ' ', change->last_sequence);
    write_number(out, ' ', change->moved.micros);
    buffer_char(out, ' ');
    write_state(out, &change->after);
}

void write_outcome(struct buffer *out, const struct command *command, enum refusal refusal,
                   uint32_t item, bool is_replay)
{
    buffer_text(out, is_replay ? "=" : "");
    buffer_text(out, refusal_name(refusal));
    if (command->kind == COMMAND_POST) {
        write_transfers(out, command, refusal == REFUSAL_NONE ? 0 : item);
    } else if (command->kind == COMMAND_ADD_MEMBERS) {
        write_members(out, command, refusal == REFUSAL_NONE ? 0 : item);
    } else if (refusal != REFUSAL_NONE) {
        CHECK(command->first_sequence == 0 && command->entry_count == 0);
    } else if (command->kind < COMMAND_HOLD) {
        write_u64(out, ' ', command->first_sequence);
        write_u64(out, ' ', command->entry_count);
        if (command->kind == COMMAND_ADD_KEY)
            buffer_printf(out, " %.*s", SLICE_ARGS(command->key.secret_id));
    } else {
        write_change(out, command);
    }
    buffer_char(out, '\n');
}

/* All but the back-links, which book_apply checks. */
void write_entry(struct buffer *out, const struct entry *entry)
{
    buffer_char(out, 'E');
    write_u64(out, ' ', entry->sequence);
    buffer_char(out, ' ');
    buffer_text(out, entry_kind_name(entry->kind));
    write_number(out, ' ', entry->time_us);
    write_u64(out, ' ', entry->organisation);
    write_number(out, ' ', entry->cash.micros);
    write_number(out, ' ', entry->income.micros);
    write_number(out, ' ', entry->gift.micros);
    write_u64(out, ' ', entry->subject);
    write_number(out, ' ', entry->start_us);
    write_number(out, ' ', entry->end_us);
    buffer_char(out, ' ');
    buffer_hex(out, entry->name.at, entry->name.len);
    buffer_char(out, '/');
    buffer_hex(out, entry->text.at, entry->text.len);
    write_u64(out, ' ', entry->made);
    for (uint32_t i = 0; i < entry->touch_count; i++) {
        buffer_char(out, ' ');
        write_uin(out, entry->touches[i].uin);
        buffer_char(out, ':');
        write_state(out, &entry->touches[i].after);
        write_u64(out, ':', entry->touches[i].ordinal);
    }
    buffer_char(out, '\n');
}

void write_member(struct buffer *out, const struct book *book, const struct member *member)
{
    buffer_char(out, 'M');
    write_u64(out, ' ', member->organisation);
    buffer_char(out, ' ');
    write_uin(out, member->uin);
    buffer_char(out, ' ');
    buffer_hex(out, member->name, member->name_len);
    write_number(out, ' ', member->joined_us);
    write_u64(out, ' ', member->rejoined);
    write_u64(out, ' ', member->last_sequence);
    write_u64(out, ' ', member->ordinal);
    buffer_char(out, ' ');
    write_state(out, &member->state);
    for (uint32_t i = member->grants; i != BOOK_NONE; i = book_grant(book, i)->next) {
        const struct grant *grant = book_grant(book, i);
        write_u64(out, ' ', grant->id);
        write_number(out, ',', grant->amount.micros);
        write_number(out, ',', grant->start_us);
        write_number(out, ',', grant->end_us);
        write_u64(out, ',', grant->started);
    }
    buffer_text(out, " |");
    for (uint32_t i = member->holds; i != BOOK_NONE; i = book_hold(book, i)->next) {
        const struct hold *hold = book_hold(book, i);
        write_u64(out, ' ', hold->id);
        write_number(out, ',', hold->amount.micros);
        write_number(out, ',', hold->expires_us);
    }
    buffer_char(out, '\n');
}

void write_sums(struct buffer *out, const struct organisation *organisation)
{
    const struct amount all[] = {organisation->cash,      organisation->income,
                                 organisation->gift,      organisation->frozen,
                                 organisation->funding,   organisation->revenue,
                                 organisation->promotion, organisation->suspense};
    buffer_char(out, 'O');
    write_u64(out, ' ', organisation->id);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        write_number(out, ' ', all[i].micros);
    buffer_char(out, '\n');
}

static void write_key(struct buffer *out, const struct key *key)
{
    buffer_printf(out, "K %u %.*s ", key->organisation, SLICE_ARGS(key->secret_id));
    write_uin(out, key->account);
    buffer_char(out, ' ');
    write_uin(out, key->user);
    buffer_printf(out, " %d %lld %d\n", key->enabled, (long long)key->expires_us,
                  key->token_hash.len > 0);
}

static void write_policy(struct buffer *out, const struct policy *policy)
{
    buffer_printf(out, "P %u ", policy->organisation);
    write_uin(out, policy->user);
    buffer_char(out, ' ');
    buffer_hex(out, policy->name.at, policy->name.len);
    buffer_char(out, '/');
    buffer_hex(out, policy->document.at, policy->document.len);
    buffer_char(out, '\n');
}

/* With whom it reaches of those it names and who are members. */
static void write_delegation(struct buffer *out, const struct book *book,
                             const struct delegation *delegation)
{
    buffer_printf(out, "D %u ", delegation->organisation);
    write_uin(out, delegation->account);
    buffer_printf(out, " %d", delegation->everyone);
    for (uint32_t i = 0; i < delegation->scope_count; i++) {
        const struct member *member =
            book_find_member(book, delegation->organisation, delegation->scope[i]);
        if ((member->state.flags & MEMBER_LEFT) || !delegation_reaches(delegation, member))
            continue;
        buffer_char(out, ' ');
        write_uin(out, member->uin);
    }
    buffer_char(out, '\n');
}

void write_registry(struct buffer *out, const struct book *book, uint32_t organisation)
{
    for (uint32_t i = book_registry_first(book, REGISTRY_KEYS, organisation); i != BOOK_NONE;
         i = book_registry_next(book, REGISTRY_KEYS, i))
        write_key(out, book_key(book, i));
    for (uint32_t i = book_registry_first(book, REGISTRY_POLICIES, organisation); i != BOOK_NONE;
         i = book_registry_next(book, REGISTRY_POLICIES, i))
        write_policy(out, book_policy(book, i));
    for (uint32_t i = book_registry_first(book, REGISTRY_DELEGATIONS, organisation); i != BOOK_NONE;
         i = book_registry_next(book, REGISTRY_DELEGATIONS, i))
        write_delegation(out, book, book_delegation(book, i));
}
