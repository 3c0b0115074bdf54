/* The law's front door.
 *
 * 1. Deciding reads the book and the draft, never changes the book, and asks for no time.
 * 2. A refused or dry-run command leaves no trace in the draft.
 * 3. Every entry that leaves here would be accepted by entry_decode (entry_is_valid is checked) and
 *    by book_apply: what is written can be read again.
 * 4. A token that was used is never decided again.
 * 5. What somebody asked for and what changes something has the entry of its request behind it.
 *
 * Committer thread. */
#include "ledger/draft.h"

#include "ledger/outcomes.h"

#include "base/check.h"

bool command_wants_own_group(const struct command *command)
{
    switch (command->kind) {
    case COMMAND_CREATE_ORGANISATION:
    case COMMAND_ADD_KEY:
    case COMMAND_SET_KEY:
    case COMMAND_PUT_POLICY:
    case COMMAND_REMOVE_POLICY:
    case COMMAND_DELEGATE:
    case COMMAND_REMOVE_DELEGATE:
    case COMMAND_REMOVE_MEMBER: /* it ends authority, which is asked of the published book */
        return true;
    case COMMAND_ADD_MEMBERS:
    case COMMAND_POST:
    case COMMAND_HOLD:
    case COMMAND_CAPTURE:
    case COMMAND_RELEASE:
    case COMMAND_MODIFY_MEMBER:
    case COMMAND_GRANT_TEMPORARY:
    case COMMAND_REVOKE_TEMPORARY:
        break;
    }
    return false;
}

static struct status decide_kind(struct draft *draft, struct command *command, struct fault *fault,
                                 enum refusal *ret_refusal, uint32_t *ret_item)
{
    if (command->kind == COMMAND_ADD_MEMBERS)
        return decide_add_members(draft, command, fault, ret_refusal, ret_item);
    if (command->kind == COMMAND_POST)
        return decide_post(draft, command, fault, ret_refusal, ret_item);
    if (command->kind >= COMMAND_HOLD)
        return decide_change(draft, command, fault, ret_refusal);
    CHECK(draft_entry_count(draft) == draft->settled); /* it sees the published book only */
    return decide_registry(draft, command, fault, ret_refusal, ret_item);
}

/* The earlier request is in this group: its entries are at hand. */
static enum refusal replay_drafted(struct draft *draft, struct command *command,
                                   const struct entry *request)
{
    struct replaying replaying;
    enum refusal refusal = command_replay_begin(command, request, &replaying);
    if (refusal != REFUSAL_NONE)
        return refusal;
    uint64_t first = draft_entry(draft, 0)->sequence;
    for (uint64_t i = 0; i < request->made; i++) {
        const struct entry *entry =
            draft_entry(draft, (size_t)(command->first_sequence + i - first));
        if (!command_replay_entry(command, &replaying, entry))
            return REFUSAL_TOKEN_REUSED;
    }
    return REFUSAL_NONE;
}

/* True: the token was used before, and the command is not to be decided. */
static bool was_carried_out(struct draft *draft, struct command *command, enum refusal *ret_refusal)
{
    const unsigned char *token = command->request.token;
    if (command->request.mark == MARK_NONE || command->dry_run)
        return false;
    const struct entry *request = draft_find_request(draft, token);
    if (request) {
        *ret_refusal = replay_drafted(draft, command, request);
        return true;
    }
    command->replay_of =
        book_find_request(draft->book, slice_of((const char *)token, DIGEST_BYTES));
    if (command->replay_of == 0)
        command->replay_of = command->request.older;
    return command->replay_of != 0;
}

static struct status note_request(struct draft *draft, const struct command *command,
                                  struct fault *fault)
{
    struct slice outcomes = SLICE_NONE;
    if (command->request.door == 0)
        return STATUS_DONE;
    if (!outcomes_write(command, &draft->memory, &outcomes))
        return fault_raise(fault, STATUS_MEMORY, "no memory left to decide a command");
    return draft_request_add(draft, command, command->entry_count, outcomes, fault);
}

/* What changed nothing today would change something tomorrow: its signature is used up too. A
 * token's owner may send it again. */
static bool is_known_by_signature(const struct command *command)
{
    return command->request.mark == MARK_SIGNATURE && !command->dry_run;
}

struct status decide(struct draft *draft, struct command *command, int64_t now_us,
                     struct fault *fault, enum refusal *ret_refusal, uint32_t *ret_item)
{
    enum refusal refusal = REFUSAL_NONE;
    uint32_t item = 0;
    draft_now(draft, now_us);
    command->replay_of = 0;
    command->first_sequence = 0;
    command->entry_count = 0;
    if (!was_carried_out(draft, command, &refusal)) {
        size_t before = draft_entry_count(draft);
        TRY(decide_kind(draft, command, fault, &refusal, &item));
        command->entry_count = (uint32_t)(draft_entry_count(draft) - before);
        if (command->entry_count > 0) {
            command->first_sequence = draft_entry(draft, before)->sequence;
            TRY(note_request(draft, command, fault));
        } else if (refusal == REFUSAL_NONE && is_known_by_signature(command)) {
            TRY(note_request(draft, command, fault));
        }
    }
    *ret_refusal = refusal;
    *ret_item = item;
    return STATUS_DONE;
}
