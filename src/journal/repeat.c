/* Answering again what was carried out before (repeat.h).
 *
 * 1. All that a snapshot must hold is durable before the group it serves is decided: one snapshot a
 *    group is enough.
 *
 * Owns its history. The committer's thread. */
#include "journal/repeat.h"

static struct status begin(struct repeat *repeat, struct fault *fault)
{
    if (repeat->begun)
        return STATUS_DONE;
    if (!repeat->history)
        TRY(history_open(repeat->journal, fault, &repeat->history));
    TRY(history_begin(repeat->history, fault));
    repeat->begun = true;
    return STATUS_DONE;
}

/* The command's answer, from the entries before the request's own. */
static struct status repeat_entries(struct repeat *repeat, struct command *command,
                                    struct replaying *replaying, struct fault *fault,
                                    enum refusal *ret_refusal)
{
    *ret_refusal = REFUSAL_NONE;
    for (uint32_t i = 0; i < command->entry_count; i++) {
        struct entry entry;
        TRY(history_entry(repeat->history, command->first_sequence + i, fault, &entry));
        if (!command_replay_entry(command, replaying, &entry)) {
            if (command->arena && command->arena->lack != LACK_NONE)
                return fault_raise(fault, STATUS_MEMORY, "no memory for an earlier answer");
            *ret_refusal = REFUSAL_TOKEN_REUSED;
            return STATUS_DONE;
        }
    }
    return STATUS_DONE;
}

struct status repeat_command(struct repeat *repeat, struct command *command, struct fault *fault,
                             enum refusal *ret_refusal, struct moment *ret_last)
{
    struct entry request = {0};
    struct replaying replaying;
    TRY(begin(repeat, fault));
    TRY(history_entry(repeat->history, command->replay_of, fault, &request));
    *ret_last = (struct moment){.sequence = request.sequence, .time_us = request.time_us};
    *ret_refusal = command_replay_begin(command, &request, &replaying);
    if (*ret_refusal != REFUSAL_NONE)
        return STATUS_DONE;
    return repeat_entries(repeat, command, &replaying, fault, ret_refusal);
}

void repeat_end(struct repeat *repeat)
{
    if (repeat->begun)
        history_end(repeat->history);
    repeat->begun = false;
}

void repeat_done(struct repeat *repeat)
{
    repeat_end(repeat);
    history_close(repeat->history);
    repeat->history = NULL;
}
