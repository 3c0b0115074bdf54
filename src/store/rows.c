/* Entries in rows of the table `entry` (rows.h).
 *
 * 1. Which entries share a row means nothing; readers take any division.
 * 2. The lengths between entries are not hashed: other lengths give other entries, whose hashes are
 *    not those of the batch.
 *
 * Owns nothing; the row being written is the store's. */
#include "store/rows.h"

#include "base/check.h"
#include "store/sqlite.h"

#include <inttypes.h>

enum { LENGTH_BYTES = 2 }; /* of what ends below ROW_BYTES, at most */

/* Writing -------------------------------------------------------------------------------------- */

void row_writer_init(struct row_writer *writer)
{
    buffer_init(&writer->body, SIZE_MAX);
}

void row_writer_done(struct row_writer *writer)
{
    buffer_done(&writer->body);
}

void row_writer_clear(struct row_writer *writer)
{
    buffer_clear(&writer->body);
    writer->count = 0;
}

static struct slice body_of(const struct row_writer *writer)
{
    struct slice body = buffer_slice(&writer->body);
    size_t from = writer->count == 1 ? writer->first_at : 0;
    return slice_of(body.at + from, body.len - from);
}

struct status rows_flush(struct sqlite_store *store, struct fault *fault)
{
    struct row_writer *writer = &store->entries;
    if (writer->count == 0)
        return STATUS_DONE;
    sql_bind(store, SQL_ADD_ENTRIES, 1, writer->first);
    sql_bind_bytes(store, SQL_ADD_ENTRIES, 2, body_of(writer));
    struct status status = sql_run(store, SQL_ADD_ENTRIES, fault);
    row_writer_clear(writer);
    return status;
}

static struct status append(struct row_writer *writer, uint64_t sequence, struct slice bytes,
                            struct fault *fault)
{
    if (writer->count == 0) {
        writer->first = sequence;
        wire_put_byte(&writer->body, ROW_SEVERAL);
    }
    CHECK(sequence == writer->first + writer->count);
    wire_put_text(&writer->body, bytes);
    if (!buffer_ok(&writer->body))
        return fault_raise(fault, STATUS_MEMORY, "no memory for a row of entries");
    if (writer->count == 0)
        writer->first_at = writer->body.len - bytes.len;
    writer->count++;
    return STATUS_DONE;
}

struct status rows_add(struct sqlite_store *store, uint64_t sequence, struct slice bytes,
                       bool alone, struct fault *fault)
{
    struct row_writer *writer = &store->entries;
    if (alone || writer->body.len + LENGTH_BYTES + bytes.len > ROW_BYTES)
        TRY(rows_flush(store, fault));
    TRY(append(writer, sequence, bytes, fault));
    return alone ? rows_flush(store, fault) : STATUS_DONE;
}

/* Reading -------------------------------------------------------------------------------------- */

struct row row_of(uint64_t first, struct slice body)
{
    struct row row = {.next = first, .rest = wire_of(body)};
    row.several = body.len > 0 && body.at[0] == ROW_SEVERAL;
    if (row.several)
        (void)wire_get_byte(&row.rest);
    return row;
}

static struct slice take_rest(struct wire *wire)
{
    return wire_get_bytes(wire, (size_t)(wire->end - wire->at));
}

bool row_take(struct row *row, struct slice *ret_bytes)
{
    if (row->rest.bad || row->rest.at == row->rest.end)
        return false;
    *ret_bytes = row->several ? wire_get_text(&row->rest, SIZE_MAX) : take_rest(&row->rest);
    if (row->rest.bad)
        return false;
    row->next++;
    return true;
}

bool row_ok(const struct row *row)
{
    return wire_ok(&row->rest);
}

struct rows rows_begin(struct sqlite_store *store, uint64_t first)
{
    sql_bind(store, SQL_ENTRIES_FROM, 1, first);
    return (struct rows){.store = store, .from = first};
}

void rows_end(struct rows *rows)
{
    sql_reset(rows->store, SQL_ENTRIES_FROM);
}

static struct status next_row(struct rows *rows, struct fault *fault, bool *ret_found)
{
    struct sqlite_store *store = rows->store;
    if (!row_ok(&rows->row))
        return fault_raise(fault, STATUS_CORRUPT,
                           "entry %" PRIu64 " cannot be read: its row is damaged", rows->row.next);
    TRY(sql_step(store, SQL_ENTRIES_FROM, fault, ret_found));
    if (*ret_found)
        rows->row =
            row_of(sql_number(store, SQL_ENTRIES_FROM, 0), sql_bytes(store, SQL_ENTRIES_FROM, 1));
    return STATUS_DONE;
}

struct status rows_next(struct rows *rows, struct fault *fault, bool *ret_found,
                        uint64_t *ret_sequence, struct slice *ret_bytes)
{
    *ret_found = true;
    do {
        while (*ret_found && !row_take(&rows->row, ret_bytes))
            TRY(next_row(rows, fault, ret_found));
        *ret_sequence = rows->row.next - 1;
    } while (*ret_found && *ret_sequence < rows->from);
    return STATUS_DONE;
}
