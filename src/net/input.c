/* Unread bytes of a connection.
 *
 * Almost every request arrives whole and is answered at once, so a connection has no input memory
 * of its own: it borrows the worker's block for the length of an event. Only what is left over
 * afterwards, the beginning of a request, moves into memory of its own, which grows with what
 * really came (never with what was announced) and goes when the request is answered.
 *
 * 1. start <= len <= cap; `lent` is set for one connection at a time, and never between events.
 * 2. While a call is pending the bytes neither move nor go: its request looks at them.
 *
 * Owns the blocks that are not lent. The loop's thread. */
#include "net/connection.h"

#include "base/check.h"

#include <stdlib.h>

enum { OWN_BYTES_MIN = 1024 };

void input_free(struct connection *connection)
{
    struct input *input = &connection->input;
    if (input->at && !input->lent) {
        if (input->cap == BLOCK_BYTES)
            worker_give_block(connection->worker, input->at);
        else
            free(input->at);
    }
    *input = (struct input){0};
}

/* Moves the unread bytes to the front of `at` (which may be where they are). */
static void move_to(struct connection *connection, char *at, size_t cap, bool lent)
{
    struct slice unread = input_unread(&connection->input);
    CHECK(!connection->call && unread.len <= cap);
    if (unread.len)
        memmove(at, unread.at, unread.len);
    if (connection->input.at != at)
        input_free(connection);
    connection->input = (struct input){.at = at, .len = unread.len, .cap = cap, .lent = lent};
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

/* Twice the memory, but no more than a body of known length needs. */
static bool grow(struct connection *connection)
{
    const struct gathering *gathering = &connection->gathering;
    CHECK(connection->input.cap > 0);
    size_t cap = 2 * connection->input.cap;
    size_t whole = gathering->head_bytes + (size_t)gathering->body_bytes_expected;
    if (gathering->head_bytes && !gathering->chunked && whole > connection->input.cap &&
        whole < cap)
        cap = whole;
    char *at = malloc(cap);
    if (!at)
        return false;
    move_to(connection, at, cap, false);
    return true;
}

char *input_room(struct connection *connection, size_t *ret_room)
{
    struct input *input = &connection->input;
    if (!connection->call) {
        if (!input->lent && input_unread(input).len < BLOCK_BYTES / 2 && !borrow_block(connection))
            return NULL;
        if (input->len == input->cap && input->start > 0)
            move_to(connection, input->at, input->cap, input->lent);
        if (input->len == input->cap && !grow(connection))
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

bool input_settle(struct connection *connection)
{
    struct input *input = &connection->input;
    size_t unread = input_unread(input).len;
    if (connection->call) { /* whatever it is, it stays */
        if (input->lent)
            connection->worker->block = NULL;
        input->lent = false;
        return true;
    }
    if (unread == 0) {
        input_free(connection);
        return true;
    }
    if (!input->lent && (input->cap <= OWN_BYTES_MIN || unread >= input->cap / 4))
        return true;
    size_t cap = OWN_BYTES_MIN;
    while (cap <= unread)
        cap *= 2;
    char *own = malloc(cap);
    if (own)
        move_to(connection, own, cap, false);
    return own != NULL;
}
