/* Deadlines by class, in order of arrival.
 *
 * 1. Within a ring due_ms never falls, as the timeout is the ring's and time does not go back.
 * 2. A node is in the ring of its kind, or in none when the kind is DEADLINE_NONE.
 *
 * Owns nothing but the rings' heads. The thread of the loop. */
#include "net/deadline.h"

#include "base/check.h"

#include <stddef.h>

void deadlines_init(struct deadlines *deadlines, const uint64_t timeout_ms[DEADLINE_KINDS])
{
    for (int kind = 0; kind < DEADLINE_KINDS; kind++) {
        struct deadline *head = &deadlines->heads[kind];
        *head = (struct deadline){.next = head, .previous = head, .kind = DEADLINE_NONE};
        deadlines->timeout_ms[kind] = timeout_ms[kind];
    }
}

void deadline_init(struct deadline *deadline)
{
    *deadline = (struct deadline){.kind = DEADLINE_NONE};
}

void deadline_set(struct deadlines *deadlines, struct deadline *deadline, enum deadline_kind kind,
                  uint64_t now_ms)
{
    CHECK(kind < DEADLINE_KINDS);
    deadline_clear(deadline);
    struct deadline *head = &deadlines->heads[kind];
    deadline->kind = kind;
    deadline->due_ms = now_ms + deadlines->timeout_ms[kind];
    deadline->next = head;
    deadline->previous = head->previous;
    head->previous->next = deadline;
    head->previous = deadline;
}

void deadline_clear(struct deadline *deadline)
{
    if (deadline->kind == DEADLINE_NONE)
        return;
    deadline->previous->next = deadline->next;
    deadline->next->previous = deadline->previous;
    deadline_init(deadline);
}

struct deadline *deadlines_due(struct deadlines *deadlines, uint64_t now_ms)
{
    for (int kind = 0; kind < DEADLINE_KINDS; kind++) {
        struct deadline *first = deadlines->heads[kind].next;
        if (first != &deadlines->heads[kind] && first->due_ms <= now_ms)
            return first;
    }
    return NULL;
}

struct deadline *deadlines_first(struct deadlines *deadlines, enum deadline_kind kind)
{
    struct deadline *head = &deadlines->heads[kind];
    return head->next != head ? head->next : NULL;
}

struct deadline *deadlines_behind(struct deadlines *deadlines, const struct deadline *deadline)
{
    struct deadline *head = &deadlines->heads[deadline->kind];
    return deadline->next != head ? deadline->next : NULL;
}
