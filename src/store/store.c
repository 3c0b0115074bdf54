/* What every store has in common (store.h): batches found by halving, the checksum of bodies.
 *
 * Owns nothing. As the store: one thread at a time. */
#include "store/store.h"

#include <inttypes.h>
#include <string.h>

static uint32_t read_word(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void add_words(uint32_t sums[2], const unsigned char at[8])
{
    sums[0] += read_word(at) + sums[1];
    sums[1] += read_word(at + 4) + sums[0];
}

uint64_t store_checksum(struct slice bytes)
{
    uint32_t sums[2] = {0, 0};
    const unsigned char *at = (const unsigned char *)bytes.at;
    size_t whole = bytes.len & ~(size_t)7;
    for (size_t i = 0; i < whole; i += 8)
        add_words(sums, at + i);
    if (whole < bytes.len) {
        unsigned char last[8] = {0};
        memcpy(last, at + whole, bytes.len - whole);
        add_words(sums, last);
    }
    return ((uint64_t)sums[0] << 32 | sums[1]) + bytes.len;
}

struct journal_head store_head_of(const struct batch *batch)
{
    struct journal_head head = {
        .sequence = batch->last_sequence,
        .batches = batch->number,
        .time_us = batch->time_us,
        .registry = batch->registry,
        .tokens = batch->tokens,
    };
    memcpy(head.hash, batch->hash, sizeof head.hash);
    return head;
}

struct status store_each(struct store *store, enum store_table table, uint64_t from, uint64_t to,
                         struct status (*visit)(void *context, const struct store_row *row,
                                                struct fault *fault),
                         void *context, struct fault *fault)
{
    struct status status = STATUS_DONE;
    store->ops->rows_begin(store, table, from, to);
    for (bool found = true; found && status_ok(status);) {
        struct store_row row;
        status = store->ops->rows_next(store, table, fault, &found, &row);
        if (status_ok(status) && found)
            status = visit(context, &row, fault);
    }
    store->ops->rows_end(store, table);
    return status;
}

struct status store_find_row(struct store *store, enum store_table table, uint64_t from,
                             uint64_t to, struct fault *fault, bool *ret_found,
                             struct store_row *ret_row)
{
    store->ops->rows_begin(store, table, from, to);
    struct status status = store->ops->rows_next(store, table, fault, ret_found, ret_row);
    store->ops->rows_end(store, table);
    return status;
}

struct status store_find_batch_ending(struct store *store, uint64_t sequence, struct fault *fault,
                                      struct batch *ret_batch)
{
    uint64_t low = 1;
    uint64_t high = store->head.batches;
    while (low <= high) {
        uint64_t middle = low + (high - low) / 2;
        TRY(store->ops->find_batch(store, middle, fault, ret_batch));
        if (ret_batch->last_sequence == sequence)
            return STATUS_DONE;
        if (ret_batch->last_sequence > sequence)
            high = middle - 1;
        else
            low = middle + 1;
    }
    return fault_raise(fault, STATUS_CORRUPT, "no batch ends with entry %" PRIu64, sequence);
}
