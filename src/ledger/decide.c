/* The law's front door.
 *
 * 1. Deciding reads the book and the draft, never changes the book, and asks for no time.
 * 2. A refused or dry-run command leaves no trace in the draft.
 * 3. Every entry that leaves here would be accepted by entry_decode (entry_is_valid is checked) and
 *    by book_apply: what is written can be read again.
 *
 * Committer thread. */
#include "ledger/draft.h"

#include "base/check.h"

bool command_wants_own_group(const struct command *command)
{
    return command->kind != COMMAND_ADD_MEMBERS;
}

struct status decide(struct draft *draft, struct command *command, int64_t now_us,
                     struct fault *fault, enum refusal *ret_refusal, uint32_t *ret_item)
{
    draft->now_us = now_us;
    if (!command_wants_own_group(command))
        return decide_add_members(draft, command, fault, ret_refusal, ret_item);
    CHECK(draft_entry_count(draft) == 0); /* it sees the published book only */
    return decide_registry(draft, command, fault, ret_refusal, ret_item);
}
