/* Settling: the entries that time makes. Holds expire, grants start and end.
 *
 * 1. They come first in a group, earliest first, each with the moment at which it was due: so the
 *    past is right also for moments at which no server ran.
 * 2. At the same moment, what was made earlier goes first. A grant's start is before its end.
 *
 * Committer thread. */
#include "ledger/draft.h"

#include "ledger/book_state.h"

#include "base/check.h"

#include <stdlib.h>

enum { EVENTS_FIRST = 64 };

static struct status no_memory(struct fault *fault)
{
    return fault_raise(fault, STATUS_MEMORY, "no memory left to settle what is due");
}

static bool event_add(struct draft *draft, const struct event *event)
{
    if (draft->event_count == draft->event_cap) {
        size_t cap = draft->event_cap ? draft->event_cap * 2 : EVENTS_FIRST;
        struct event *events = realloc(draft->events, cap * sizeof *events);
        if (!events)
            return false;
        draft->events = events;
        draft->event_cap = cap;
    }
    draft->events[draft->event_count++] = *event;
    return true;
}

/* A grant of which both the start and the end have come has two events. */
static bool gather(void *context, const struct due_item *item)
{
    struct draft *draft = context;
    if (!item->is_grant) {
        const struct hold *hold = book_hold(draft->book, item->index);
        return event_add(draft, &(struct event){item->due_us, hold->id, ENTRY_EXPIRE, item->index});
    }
    const struct grant *grant = book_grant(draft->book, item->index);
    bool ends = grant->end_us != 0 && grant->end_us <= draft->now_us;
    const struct event start = {grant->start_us, grant->id, ENTRY_START_TEMPORARY, item->index};
    const struct event end = {grant->end_us, grant->id, ENTRY_END_TEMPORARY, item->index};
    return (grant->started || event_add(draft, &start)) && (!ends || event_add(draft, &end));
}

static int event_compare(const void *left, const void *right)
{
    const struct event *a = left, *b = right;
    if (a->due_us != b->due_us)
        return a->due_us < b->due_us ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static struct draft_member *member_of(struct draft *draft, uint32_t index)
{
    const struct member *member = book_member(draft->book, index);
    struct draft_member *drafted = draft_find_member(draft, member->organisation, member->uin);
    return drafted ? drafted : draft_member_add(draft, member->organisation, member->uin);
}

static bool settle_grant(struct draft *draft, struct draft_member *member,
                         const struct event *event, struct member_state *after)
{
    struct grant *grant = draft_find_grant(draft, member, event->id);
    CHECK(grant);
    if (event->kind == ENTRY_START_TEMPORARY) {
        grant->started = true;
        return amount_add(after->temporary, grant->amount, &after->temporary);
    }
    CHECK(amount_subtract(after->temporary, grant->amount, &after->temporary));
    draft_grant_drop(draft, member, event->id);
    return true;
}

static struct status settle_sums(struct draft *draft, const struct draft_member *member,
                                 const struct member_state *after, struct fault *fault)
{
    struct organisation *sums = draft_sums(draft, member->organisation);
    if (!sums)
        return no_memory(fault);
    CHECK(sums_change_member(sums, &member->state, after));
    return STATUS_DONE;
}

static struct status settle_event(struct draft *draft, const struct event *event,
                                  struct fault *fault)
{
    bool expires = event->kind == ENTRY_EXPIRE;
    const struct hold *hold = expires ? book_hold(draft->book, event->index) : NULL;
    struct draft_member *member =
        member_of(draft, hold ? hold->member : book_grant(draft->book, event->index)->member);
    struct entry *entry = member ? draft_entry_add(draft, event->kind, member->organisation) : NULL;
    if (!entry)
        return no_memory(fault);
    struct member_state after = member->state;
    entry->subject = event->id;
    if (hold) {
        entry->cash = hold->amount;
        CHECK(amount_subtract(after.frozen, hold->amount, &after.frozen));
        if (!draft_hold_put(draft, member, event->id, AMOUNT_ZERO))
            return no_memory(fault);
    } else {
        CHECK(settle_grant(draft, member, event, &after)); /* within MEMBER_AMOUNT_MAX */
    }
    TRY(settle_sums(draft, member, &after, fault));
    if (!draft_touch(draft, member, &after, entry))
        return no_memory(fault);
    CHECK(entry_is_valid(entry));
    return STATUS_DONE;
}

struct status draft_settle(struct draft *draft, int64_t now_us, size_t entries_max,
                           struct fault *fault, bool *ret_more)
{
    CHECK(draft_entry_count(draft) == 0);
    draft_now(draft, now_us);
    draft->event_count = 0;
    if (!due_visit(&draft->book->due, draft->now_us, gather, draft))
        return no_memory(fault);
    if (draft->event_count > 1)
        qsort(draft->events, draft->event_count, sizeof *draft->events, event_compare);
    size_t count = draft->event_count < entries_max ? draft->event_count : entries_max;
    int64_t until_us = draft->now_us;
    for (size_t i = 0; i < count; i++) {
        draft->now_us = draft->events[i].due_us;
        TRY(settle_event(draft, &draft->events[i], fault));
    }
    draft->now_us = until_us;
    draft->settled = count;
    *ret_more = count < draft->event_count;
    return STATUS_DONE;
}
