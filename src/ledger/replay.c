/* A command that was carried out before, answered again from the entries it made (decide.h,
 * outcomes.h).
 *
 * 1. What a replay fills in is what decide filled in the first time: the answers are the same.
 *
 * Pure. Committer thread. */
#include "ledger/outcomes.h"

#include "base/wire.h"

#include "base/check.h"

/* Outcomes */

static uint32_t item_count(const struct command *command)
{
    if (command->kind == COMMAND_POST)
        return command->transfer_count;
    return command->kind == COMMAND_ADD_MEMBERS ? command->member_count : 0;
}

static uint64_t code_of_item(const struct command *command, uint32_t item)
{
    if (command->kind == COMMAND_POST) {
        enum refusal refusal = command->transfers[item].refusal;
        return refusal == REFUSAL_NONE ? 0 : OUTCOME_REFUSED + (uint64_t)refusal;
    }
    const struct new_member *member = &command->members[item];
    return member->outcome == ITEM_REFUSED ? OUTCOME_REFUSED + (uint64_t)member->refusal
                                           : (uint64_t)member->outcome;
}

static uint32_t run_length(const struct command *command, uint32_t from)
{
    uint32_t end = from + 1;
    while (end < item_count(command) && code_of_item(command, end) == code_of_item(command, from))
        end++;
    return end - from;
}

enum { RUN_BYTES_MAX = 8 };

bool outcomes_write(const struct command *command, struct arena *arena, struct slice *ret_outcomes)
{
    struct buffer out;
    uint32_t count = item_count(command), runs = 0;
    *ret_outcomes = SLICE_NONE;
    for (uint32_t at = 0; at < count; at += run_length(command, at))
        runs++;
    if (count == 0 || (runs == 1 && code_of_item(command, 0) == 0))
        return true;
    size_t size = (size_t)runs * RUN_BYTES_MAX + 16; /* a number is put where ten bytes are free */
    void *memory = arena_take(arena, size);
    if (!memory)
        return false;
    buffer_init_fixed(&out, memory, size);
    for (uint32_t at = 0; at < count; at += run_length(command, at)) {
        wire_put_u64(&out, run_length(command, at));
        wire_put_u64(&out, code_of_item(command, at));
    }
    *ret_outcomes = buffer_slice(&out);
    return buffer_ok(&out);
}

bool outcomes_next(struct replaying *replaying, uint64_t *ret_code)
{
    if (replaying->run == 0 && replaying->outcomes.len == 0) {
        *ret_code =
            replaying->outcome; /* of the last run, which is the only one when none is stored */
        return true;
    }
    if (replaying->run == 0) {
        struct wire wire = wire_of(replaying->outcomes);
        replaying->run = wire_get_u64(&wire);
        replaying->outcome = wire_get_u64(&wire);
        if (wire.bad || replaying->run == 0)
            return false;
        size_t left = (size_t)(wire.end - wire.at);
        replaying->outcomes = slice_of((const char *)wire.at, left);
    }
    replaying->run--;
    *ret_code = replaying->outcome;
    return true;
}

/* Replaying */

/* The items' own outcomes need no entries. */
static bool fill_members(struct command *command, struct replaying *replaying)
{
    for (uint32_t i = 0; i < command->member_count; i++) {
        struct new_member *member = &command->members[i];
        uint64_t code = 0;
        if (!outcomes_next(replaying, &code) || code >= OUTCOME_REFUSED + (uint64_t)REFUSAL_COUNT)
            return false;
        bool is_refused = code >= OUTCOME_REFUSED;
        member->outcome = is_refused ? ITEM_REFUSED : (enum item_outcome)code;
        member->refusal = is_refused ? (enum refusal)(code - OUTCOME_REFUSED) : REFUSAL_NONE;
    }
    return true;
}

static bool fill_refusals(struct command *command, struct replaying *replaying)
{
    for (uint32_t i = 0; i < command->transfer_count; i++) {
        struct transfer *transfer = &command->transfers[i];
        uint64_t code = 0;
        if (!outcomes_next(replaying, &code) || code == ITEM_UNCHANGED ||
            code >= OUTCOME_REFUSED + (uint64_t)REFUSAL_COUNT)
            return false;
        transfer->refusal = code == 0 ? REFUSAL_NONE : (enum refusal)(code - OUTCOME_REFUSED);
        transfer->sequence = 0;
    }
    return true;
}

enum refusal command_replay_begin(struct command *command, const struct entry *request,
                                  struct replaying *ret_replaying)
{
    struct replaying replaying = {.outcomes = request->outcomes};
    struct slice token = slice_of((const char *)command->request.token, DIGEST_BYTES);
    struct slice body = slice_of((const char *)command->request.body, DIGEST_BYTES);
    if (command->request.mark == MARK_SIGNATURE)
        return REFUSAL_REQUEST_REPEATED;
    if (request->kind != ENTRY_REQUEST || !slice_equal(request->token_digest, token) ||
        !slice_equal(request->body_digest, body))
        return REFUSAL_TOKEN_REUSED;
    if (command->kind == COMMAND_ADD_MEMBERS && !fill_members(command, &replaying))
        return REFUSAL_TOKEN_REUSED;
    if (command->kind == COMMAND_POST && !fill_refusals(command, &replaying))
        return REFUSAL_TOKEN_REUSED;
    command->first_sequence = request->sequence - request->made;
    command->entry_count = (uint32_t)request->made;
    command->change.first_sequence = command->first_sequence;
    command->change.last_sequence = request->sequence - 1;
    command->replay_of = 0;
    *ret_replaying = replaying;
    return REFUSAL_NONE;
}

static bool replay_transfer(struct command *command, struct replaying *replaying,
                            const struct entry *entry)
{
    while (replaying->item < command->transfer_count &&
           command->transfers[replaying->item].refusal != REFUSAL_NONE)
        replaying->item++;
    if (replaying->item == command->transfer_count || entry->touch_count == 0)
        return false;
    struct transfer *transfer = &command->transfers[replaying->item++];
    transfer->sequence = entry->sequence;
    transfer->after[0] = entry->touches[0].after;
    transfer->after[1] = entry->touches[1].after;
    return entry->kind == transfer->kind;
}

static bool replay_key(struct command *command, const struct entry *entry)
{
    CHECK(command->arena);
    command->key.secret_id = arena_copy(command->arena, entry->secret_id);
    command->key.account = entry->account;
    command->key.user = entry->user;
    command->key.principal = entry->principal;
    command->key.expires_us = entry->end_us;
    return command->key.secret_id.len == entry->secret_id.len;
}

static bool replay_change(struct command *command, const struct entry *entry, struct amount moved)
{
    command->change.after = entry->touches[0].after;
    command->change.moved = moved;
    return entry->touch_count == 1;
}

bool command_replay_entry(struct command *command, struct replaying *replaying,
                          const struct entry *entry)
{
    switch (command->kind) {
    case COMMAND_POST:
        return replay_transfer(command, replaying, entry);
    case COMMAND_ADD_KEY:
        return replay_key(command, entry);
    case COMMAND_CREATE_ORGANISATION:
        command->organisation = entry->organisation;
        return true;
    case COMMAND_CAPTURE:
    case COMMAND_RELEASE:
        return replay_change(command, entry, entry->cash);
    case COMMAND_REMOVE_MEMBER: /* what ended with it tells nothing */
        return entry_kind_is_registry(entry->kind) || replay_change(command, entry, AMOUNT_ZERO);
    case COMMAND_HOLD:
    case COMMAND_MODIFY_MEMBER:
    case COMMAND_GRANT_TEMPORARY:
    case COMMAND_REVOKE_TEMPORARY:
        return replay_change(command, entry, AMOUNT_ZERO);
    case COMMAND_ADD_MEMBERS:
    case COMMAND_SET_KEY:
    case COMMAND_PUT_POLICY:
    case COMMAND_REMOVE_POLICY:
    case COMMAND_DELEGATE:
    case COMMAND_REMOVE_DELEGATE:
        break; /* their answers tell nothing of the entries */
    }
    return true;
}
