/* Deciding a group (group.h).
 *
 * 1. Commands are decided in the order of submission, all with the group's one time.
 * 2. A command whose token was used before is answered as it was then, not decided.
 * 3. The order of the journal is the order of authority: what takes somebody's authority away has a
 *    group of its own, and what was submitted before that and comes behind it is asked for again.
 *
 * Owns nothing: the commands are their submitters'. The committer's thread. */
#include "journal/group.h"

#include "store/stop.h"

void queue_add(struct queue *queue, struct commit *commit)
{
    commit->next = NULL;
    if (queue->last)
        queue->last->next = commit;
    else
        queue->first = commit;
    queue->last = commit;
}

struct commit *queue_take(struct queue *queue)
{
    struct commit *commit = queue->first;
    queue->first = commit->next;
    if (!queue->first)
        queue->last = NULL;
    return commit;
}

/* `done` may free or submit again, so the commit is not looked at afterwards. */
void queue_answer(struct queue *queue)
{
    while (queue->first) {
        struct commit *commit = queue_take(queue);
        commit->done(commit);
    }
}

void queue_put_back(struct queue *queue, struct queue *first)
{
    if (!first->first)
        return;
    first->last->next = queue->first;
    queue->first = first->first;
    queue->last = queue->last ? queue->last : first->last;
    *first = (struct queue){NULL, NULL};
}

void group_refuse(struct queue *group, enum refusal refusal)
{
    for (struct commit *commit = group->first; commit; commit = commit->next) {
        if (commit->refusal != REFUSAL_STOPPING)
            commit->refusal = refusal;
        commit->first_sequence = 0;
        commit->last_sequence = 0;
        commit->replayed = false;
    }
}

/* The token was used before: the answer is the one of then. False when memory ran out. */
static bool answer_again(struct deciding *deciding, struct commit *commit)
{
    struct moment last;
    struct fault fault;
    struct status status =
        repeat_command(&deciding->repeat, &commit->command, &fault, &commit->refusal, &last);
    if (status.code == STATUS_MEMORY)
        return false;
    if (!status_ok(status))
        stop_process(&fault, "it is not known how an earlier request was answered");
    commit->replayed = commit->refusal == REFUSAL_NONE;
    if (!commit->replayed)
        return true;
    commit->first_sequence = commit->command.first_sequence;
    commit->last_sequence = last.sequence;
    commit->time_us = last.time_us;
    return true;
}

/* Where the command's entries are, in the draft: new ones, or those of an earlier command of the
 * group with the same token. */
static void note_entries(const struct deciding *deciding, struct commit *commit, size_t before)
{
    const struct command *command = &commit->command;
    const struct draft *draft = deciding->draft;
    if (commit->refusal != REFUSAL_NONE || command->first_sequence == 0)
        return;
    bool has_request = command->request.door != 0 && !command->dry_run;
    uint64_t last = command->first_sequence + command->entry_count - (has_request ? 0 : 1);
    commit->replayed = draft_entry_count(draft) == before;
    commit->first_sequence = command->first_sequence;
    commit->last_sequence = last;
    commit->time_us = draft_entry(draft, (size_t)(last - draft_entry(draft, 0)->sequence))->time_us;
}

/* The request with the same token, if it is one that the book has let go. False when memory ran
 * out.
 */
static bool find_older(struct deciding *deciding, struct command *command)
{
    struct request *request = &command->request;
    struct slice token = slice_of((const char *)request->token, sizeof request->token);
    struct fault fault;
    request->older = 0;
    if (request->mark == MARK_NONE || command->dry_run)
        return true;
    struct status status =
        journal_find_request(deciding->repeat.journal, token, &fault, &request->older);
    if (!status_ok(status) && status.code != STATUS_MEMORY)
        stop_process(&fault, "it is not known whether a request was carried out before");
    return status_ok(status);
}

/* Nearly always one look at two numbers. */
static bool may_still(const struct deciding *deciding, struct commit *commit)
{
    bool is_as_then = commit->authority == book_authority(deciding->book) &&
                      deciding->now_us < commit->authority_until_us;
    return !commit->permits || is_as_then || commit->permits(commit, deciding->now_us);
}

/* False when memory ran out: then the draft holds half a decision. */
static bool decide_one(struct deciding *deciding, struct commit *commit)
{
    if (!may_still(deciding, commit)) {
        commit->refusal = REFUSAL_NOT_PERMITTED;
        return true;
    }
    if (!find_older(deciding, &commit->command))
        return false;
    size_t before = draft_entry_count(deciding->draft);
    commit->time_us = deciding->now_us;
    if (!status_ok(decide(deciding->draft, &commit->command, deciding->now_us, NULL,
                          &commit->refusal, &commit->refused_item)))
        return false;
    if (commit->command.replay_of != 0)
        return answer_again(deciding, commit);
    note_entries(deciding, commit, before);
    return true;
}

static bool has_room(const struct deciding *deciding, uint64_t commands)
{
    return commands < deciding->commands_max &&
           draft_entry_count(deciding->draft) < deciding->entries_max;
}

uint64_t group_decide(struct deciding *deciding, struct queue *taken, struct queue *ret_group)
{
    const size_t settled = draft_entry_count(deciding->draft);
    uint64_t commands = 0;
    bool alone = false;
    while (taken->first && !alone && (commands == 0 || has_room(deciding, commands))) {
        bool wants_alone = command_wants_own_group(&taken->first->command);
        if (wants_alone && draft_entry_count(deciding->draft) > settled)
            break;
        struct commit *commit = queue_take(taken);
        queue_add(ret_group, commit);
        commands++;
        bool is_refused = commit->refusal == REFUSAL_STOPPING; /* when it was submitted */
        if (!is_refused && !decide_one(deciding, commit)) {
            draft_clear(deciding->draft);
            group_refuse(ret_group, REFUSAL_MEMORY);
            break;
        }
        alone = wants_alone && draft_entry_count(deciding->draft) > settled;
    }
    repeat_end(&deciding->repeat);
    return commands;
}
