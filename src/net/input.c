/* Unread bytes of a connection.
 *
 * Almost every request arrives whole and is answered at once, so a connection has no input memory
 * of its own: it borrows the worker's block for the length of an event. Only what is left over
 * afterwards, the beginning of a request, moves into memory of its own, which grows with what
 * really came (never with what was announced) and goes when the request is answered. Memory of more
 * than INPUT_FREE_BYTES is claimed from the server's budget before it is taken.
 *
 * 1. start <= len <= cap; `lent` is set for one connection at a time, and never between events.
 * 2. While a call is pending the bytes neither move nor go: its request looks at them.
 * 3. claimed is what the budget counts for this memory; it goes with the memory.
 *
 * Owns the blocks that are not lent. The loop's thread. */
#include "net/connection.h"

#include "base/check.h"

#include <stdlib.h>

enum { OWN_BYTES_MIN = 1024 };

static struct budget *budget_of(const struct connection *connection)
{
    return &connection->worker->server->budget;
}

void input_free(struct connection *connection)
{
    struct input *input = &connection->input;
    if (input->at && !input->lent) {
        if (input->cap == BLOCK_BYTES)
            worker_give_block(connection->worker, input->at);
        else
            free(input->at);
    }
    if (input->claimed)
        budget_give_back(budget_of(connection), input->holder, input->claimed);
    *input = (struct input){0};
}

/* Moves the unread bytes to the front of `at` (which may be where they are). */
static void move_to(struct connection *connection, char *at, size_t cap, bool lent)
{
    struct slice unread = input_unread(&connection->input);
    CHECK(!connection->call && unread.len <= cap);
    if (unread.len)
        memmove(at, unread.at, unread.len);
    size_t claimed = connection->input.claimed;
    enum budget_kind holder = connection->input.holder;
    if (connection->input.at != at) {
        input_free(connection);
        claimed = 0;
    }
    connection->input = (struct input){.at = at,
                                       .len = unread.len,
                                       .cap = cap,
                                       .lent = lent,
                                       .claimed = claimed,
                                       .holder = holder};
}

/* Into memory of its own of that size. False when it cannot be had; then nothing changed. */
static bool move_out(struct connection *connection, size_t cap, enum budget_kind holder)
{
    size_t claimed = cap > INPUT_FREE_BYTES ? cap : 0;
    if (claimed && !budget_claim(budget_of(connection), holder, claimed))
        return false;
    char *own = malloc(cap);
    if (!own) {
        budget_give_back(budget_of(connection), holder, claimed);
        return false;
    }
    move_to(connection, own, cap, false);
    connection->input.claimed = claimed;
    connection->input.holder = holder;
    return true;
}

/* The same memory for another kind of holder. */
static bool change_holder(struct connection *connection, enum budget_kind holder)
{
    struct input *input = &connection->input;
    if (input->claimed && input->holder != holder) {
        if (!budget_claim(budget_of(connection), holder, input->claimed))
            return false;
        budget_give_back(budget_of(connection), input->holder, input->claimed);
    }
    input->holder = holder;
    return true;
}

/* Small leftovers go back into the worker's block, so that reading on is as fast as ever. */
static bool borrow_block(struct connection *connection)
{
    struct worker *worker = connection->worker;
    if (!worker->block)
        worker->block = worker_take_block(worker);
    if (!worker->block)
        return false;
    move_to(connection, worker->block, BLOCK_BYTES, true);
    return true;
}

/* More than the unread bytes need, but no more than a body of known length does. */
static size_t cap_beyond(const struct connection *connection)
{
    const struct gathering *gathering = &connection->gathering;
    size_t unread = input_unread(&connection->input).len;
    size_t whole = gathering->head_bytes + (size_t)gathering->body_bytes_expected;
    size_t cap = OWN_BYTES_MIN;
    while (cap <= unread)
        cap *= 2;
    bool is_known = gathering->head_bytes && !gathering->chunked && whole > unread;
    return is_known && whole < cap ? whole : cap;
}

bool input_hold(struct connection *connection, enum budget_kind holder)
{
    struct input *input = &connection->input;
    size_t unread = input_unread(input).len;
    if (unread < INPUT_FREE_BYTES)
        return true;
    if (input->lent || unread == input->cap)
        return move_out(connection, cap_beyond(connection), holder);
    return change_holder(connection, holder);
}

char *input_room(struct connection *connection, size_t *ret_room)
{
    struct input *input = &connection->input;
    if (!connection->call) {
        if (!input->lent && input_unread(input).len < INPUT_FREE_BYTES && !borrow_block(connection))
            return NULL;
        if (input->len == input->cap && input->start > 0)
            move_to(connection, input->at, input->cap, input->lent);
        if (input->len == input->cap &&
            !move_out(connection, cap_beyond(connection), BUDGET_STRANGER))
            return NULL;
    }
    *ret_room = input->cap - input->len;
    return input->at + input->len;
}

void input_took(struct connection *connection, size_t len)
{
    CHECK(len <= connection->input.cap - connection->input.len);
    connection->input.len += len;
}

/* Of a call that waits: whatever it is, it stays. */
static void keep_for_call(struct connection *connection)
{
    struct input *input = &connection->input;
    if (!input->lent)
        return;
    connection->worker->block = NULL;
    input->lent = false;
    input->claimed = input->cap;
    input->holder = BUDGET_CALLER;
    budget_claim_anyway(budget_of(connection), input->holder, input->claimed);
}

bool input_settle(struct connection *connection)
{
    struct input *input = &connection->input;
    size_t unread = input_unread(input).len;
    if (connection->call) {
        keep_for_call(connection);
        return true;
    }
    if (unread == 0) {
        input_free(connection);
        return true;
    }
    if (!input->lent && (input->cap <= OWN_BYTES_MIN || unread >= input->cap / 4))
        return true;
    return move_out(connection, cap_beyond(connection), input->holder);
}
