/* Group: the commands that become durable together, decided one after the other. Private to the
 * room; the committer's thread. */
#ifndef JOURNAL_GROUP_H
#define JOURNAL_GROUP_H

#include "journal/committer.h"
#include "journal/repeat.h"

struct queue {
    struct commit *first;
    struct commit *last;
};
void queue_add(struct queue *queue, struct commit *commit);
struct commit *queue_take(struct queue *queue); /* not of an empty one */
/* Empties it: each commit is done. */
void queue_answer(struct queue *queue);
/* Empties `first`: its commits come before those of `queue`. */
void queue_put_back(struct queue *queue, struct queue *first);

/* What deciding needs from group to group. */
struct deciding {
    struct draft *draft;
    const struct book *book; /* as published */
    struct repeat repeat;
    int64_t now_us; /* of the group at hand */
    uint32_t commands_max, entries_max;
};

/* Decides commands from `taken` until the group is full, or the next one must be, or was, alone but
 * for what was settled. Returns how many. */
uint64_t group_decide(struct deciding *deciding, struct queue *taken, struct queue *ret_group);
/* Nothing of these commands happened. With REFUSAL_NONE they are as they were submitted. */
void group_refuse(struct queue *group, enum refusal refusal);

#endif
