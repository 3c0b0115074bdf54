/* Repeat: a command whose token was used by an earlier request is answered again from the entries
 * that request made (ADR 8). Private to the room; the committer's thread. */
#ifndef JOURNAL_REPEAT_H
#define JOURNAL_REPEAT_H

#include "journal/history.h"

struct repeat {
    struct journal *journal;
    struct history *history; /* opened when first needed */
    bool begun;              /* there is a snapshot */
};

/* After decide has set command->replay_of. *ret_last is that entry: the request's own. A fault
 * leaves open what the earlier request was answered. */
STATUS_MUST_USE struct status repeat_command(struct repeat *repeat, struct command *command,
                                             struct fault *fault, enum refusal *ret_refusal,
                                             struct moment *ret_last);
/* The next command may need a newer snapshot. */
void repeat_end(struct repeat *repeat);
void repeat_done(struct repeat *repeat);

#endif
