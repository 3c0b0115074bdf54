/* Reading durable entries (history.h): the walk over a member's back-links, and what every store's
 * reader has in common.
 *
 * 1. A walk goes to older entries only, each checked to be the member's and to have the ordinal
 *    that the link to it promises: so it ends, whatever the bytes say.
 * 2. An entry at or before the newest one known to be old enough is never read: its answer is
 *    known. That keeps a walk within three reads a doubling.
 *
 * Owns nothing but what the store's reader owns. One thread at a time. */
#include "journal/history.h"

#include "base/check.h"
#include "journal/state.h"
#include "sys/thread.h"

#include <inttypes.h>
#include <stdlib.h>

enum { READS_A_TURN = 256 };

struct status history_open(struct journal *journal, struct fault *fault,
                           struct history **ret_history)
{
    struct history *history = calloc(1, sizeof *history);
    struct uin *scope = calloc(ENTRY_SCOPE_MAX, sizeof *scope);
    struct status status =
        history && scope ? journal->store->ops->open_reader(journal->store, fault, &history->store)
                         : fault_raise(fault, STATUS_MEMORY, "no memory for a reader");
    if (!history || !status_ok(status)) {
        free(history);
        free(scope);
        return fault_wrap(fault, status, "cannot read the journal beside its writer");
    }
    history->scope = scope;
    *ret_history = history;
    return STATUS_DONE;
}

void history_close(struct history *history)
{
    if (!history)
        return;
    history->store->ops->close(history->store);
    free(history->scope);
    free(history);
}

struct status history_begin(struct history *history, struct fault *fault)
{
    struct store *store = history->store;
    history_end(history);
    TRY_WRAP(store->ops->snapshot_begin(store, fault), fault, "%s", store->name);
    history->begun = true;
    history->reads_of_snapshot = 0;
    return STATUS_DONE;
}

void history_end(struct history *history)
{
    if (history->begun)
        history->store->ops->snapshot_end(history->store);
    history->begun = false;
}

void history_head(const struct history *history, struct journal_head *ret_head)
{
    CHECK(history->begun);
    *ret_head = history->store->head;
}

uint64_t history_reads(const struct history *history)
{
    return history->reads;
}

struct status history_bytes(struct history *history, uint64_t sequence, struct fault *fault,
                            struct slice *ret_bytes)
{
    CHECK(history->begun);
    if (sequence == 0 || sequence > history->store->head.sequence)
        return fault_raise(fault, STATUS_NOT_FOUND, "there is no entry %" PRIu64, sequence);
    history->reads++;
    if (++history->reads_of_snapshot % READS_A_TURN == 0)
        thread_give_way(); /* a page of the past takes milliseconds, a balance microseconds */
    TRY_WRAP(history->store->ops->find_entry(history->store, sequence, fault, ret_bytes), fault,
             "%s", history->store->name);
    return STATUS_DONE;
}

struct status history_entry(struct history *history, uint64_t sequence, struct fault *fault,
                            struct entry *ret_entry)
{
    struct slice bytes = SLICE_NONE;
    TRY(history_bytes(history, sequence, fault, &bytes));
    if (!entry_decode(sequence, bytes, history->scope, ENTRY_SCOPE_MAX, ret_entry))
        return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " cannot be understood",
                           sequence);
    return STATUS_DONE;
}

/* Batches -------------------------------------------------------------------------------------- */

struct status history_find_request(struct history *history, struct slice token_digest,
                                   struct fault *fault, uint64_t *ret_sequence)
{
    CHECK(history->begun);
    history->reads++;
    TRY_WRAP(runs_search(history->store, request_prefix(token_digest), fault, ret_sequence), fault,
             "%s", history->store->name);
    return STATUS_DONE;
}

struct status history_request_of(struct history *history, uint64_t sequence, struct fault *fault,
                                 bool *ret_found, struct entry *ret_request)
{
    struct store *store = history->store;
    struct store_row row;
    bool found = false;
    CHECK(history->begun);
    history->reads++;
    *ret_found = false;
    TRY_WRAP(store_find_row(store, STORE_REQUESTS, sequence, UINT64_MAX, fault, &found, &row),
             fault, "%s", store->name);
    uint64_t request = found ? row.numbers[0] : 0;
    if (request == 0 || request > store->head.sequence)
        return STATUS_DONE;
    TRY(history_entry(history, request, fault, ret_request));
    *ret_found = ret_request->kind == ENTRY_REQUEST && request - sequence <= ret_request->made;
    return STATUS_DONE;
}

struct status history_batch(struct history *history, uint64_t number, struct fault *fault,
                            struct batch *ret_batch)
{
    CHECK(history->begun);
    if (number == 0 || number > history->store->head.batches)
        return fault_raise(fault, STATUS_NOT_FOUND, "there is no batch %" PRIu64, number);
    history->reads++;
    TRY_WRAP(history->store->ops->find_batch(history->store, number, fault, ret_batch), fault, "%s",
             history->store->name);
    return STATUS_DONE;
}

/* Batches are numbered without gaps, so that halving their numbers needs no index. */
struct status history_batch_of(struct history *history, uint64_t sequence, struct fault *fault,
                               struct batch *ret_batch)
{
    CHECK(history->begun);
    uint64_t low = 1;
    uint64_t high = history->store->head.batches;
    if (sequence == 0 || sequence > history->store->head.sequence)
        return fault_raise(fault, STATUS_NOT_FOUND, "there is no entry %" PRIu64, sequence);
    while (low <= high) {
        uint64_t middle = low + (high - low) / 2;
        TRY(history_batch(history, middle, fault, ret_batch));
        if (sequence < ret_batch->first_sequence)
            high = middle - 1;
        else if (sequence > ret_batch->last_sequence)
            low = middle + 1;
        else
            return STATUS_DONE;
    }
    return fault_raise(fault, STATUS_CORRUPT, "entry %" PRIu64 " belongs to no batch", sequence);
}

/* A member's past ------------------------------------------------------------------------------ */

/* One of a member's entries: the place a walk has come to, or 0 = before its first. */
struct walk {
    struct history *history;
    uint32_t organisation;
    struct uin uin;
    int64_t t_us;
    struct moment at;  /* later than t_us */
    bool found;        /* `old` is known */
    struct moment old; /* not later than t_us, the newest such entry so far */
};

static const struct touch *touch_of(const struct entry *entry, struct uin uin)
{
    for (uint32_t i = 0; i < entry->touch_count; i++)
        if (uin_equal(entry->touches[i].uin, uin))
            return &entry->touches[i];
    return NULL;
}

/* `ordinal` 0 = whatever it is. */
static struct status read_moment(struct walk *walk, uint64_t sequence, uint64_t ordinal,
                                 struct fault *fault, struct moment *ret_moment)
{
    struct entry entry;
    TRY(history_entry(walk->history, sequence, fault, &entry));
    const struct touch *touch = touch_of(&entry, walk->uin);
    if (!touch || entry.organisation != walk->organisation ||
        (ordinal > 0 && touch->ordinal != ordinal) || touch->previous >= sequence ||
        touch->jump > touch->previous)
        return fault_raise(fault, STATUS_CORRUPT,
                           "the links of a member's entries are broken at entry %" PRIu64,
                           sequence);
    *ret_moment = (struct moment){sequence, entry.time_us, *touch};
    return STATUS_DONE;
}

static bool is_known_old(const struct walk *walk, uint64_t sequence)
{
    return sequence == 0 || (walk->found && sequence <= walk->old.sequence);
}

/* Reads an entry older than `at`: the walk goes on from it when it is still too new. */
static struct status look_at(struct walk *walk, uint64_t sequence, uint64_t ordinal,
                             struct fault *fault)
{
    struct moment moment = {0};
    TRY(read_moment(walk, sequence, ordinal, fault, &moment));
    if (moment.time_us > walk->t_us) {
        walk->at = moment;
    } else {
        walk->found = true;
        walk->old = moment;
    }
    return STATUS_DONE;
}

/* Until the entry before `at` is known to be old enough. */
static struct status walk_back(struct walk *walk, struct fault *fault)
{
    while (!is_known_old(walk, walk->at.touch.previous)) {
        const struct touch touch = walk->at.touch;
        bool jumps = touch.jump != touch.previous && !is_known_old(walk, touch.jump);
        uint64_t sequence = jumps ? touch.jump : touch.previous;
        uint64_t ordinal = jumps ? entry_jump_ordinal(touch.ordinal) : touch.ordinal - 1;
        TRY(look_at(walk, sequence, ordinal, fault));
    }
    return STATUS_DONE;
}

struct status history_at(struct history *history, uint64_t last_sequence, uint32_t organisation,
                         struct uin uin, int64_t t_us, struct fault *fault, bool *ret_found,
                         struct moment *ret_moment)
{
    struct walk walk = {.history = history, .organisation = organisation, .uin = uin, .t_us = t_us};
    TRY(look_at(&walk, last_sequence, 0, fault));
    if (!walk.found)
        TRY(walk_back(&walk, fault));
    if (walk.found)
        *ret_moment = walk.old;
    *ret_found = walk.found;
    return STATUS_DONE;
}
