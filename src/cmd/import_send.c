/* Batches of CreateMembers (cmd/import_send.h). Owns the request being built. Main thread.
 *
 * 1. A batch holds at most IMPORT_BATCH_MAX members and stays below the server's limit of 10 MiB
 *    for a request. */
#include "cmd/import_send.h"

#include "base/arena.h"
#include "base/check.h"
#include "cmd/remote.h"
#include "codec/json.h"

#include <stdio.h>

/* One member is at most some 1,200 bytes: a name of 256, six amounts, four grants. */
enum { JSON_BYTES_MAX = 9 << 20, ROW_BYTES_MAX = 4096, ANSWER_MEMORY_MAX = 64 << 20 };

void import_sender_init(struct import_sender *sender, const struct subcommand *self,
                        struct admin *admin, struct record_file *file, uint64_t organisation)
{
    sender->self = self;
    sender->admin = admin;
    sender->file = file;
    sender->organisation = organisation;
    sender->count = 0;
    buffer_init(&sender->json, JSON_BYTES_MAX);
}

void import_sender_done(struct import_sender *sender)
{
    buffer_done(&sender->json);
}

void import_sender_start(struct import_sender *sender, bool dry_run, bool partial)
{
    sender->dry_run = dry_run;
    sender->partial = partial;
    sender->tally = (struct import_tally){0};
    sender->count = 0;
}

static void begin_batch(struct import_sender *sender)
{
    struct json_writer writer;
    buffer_clear(&sender->json);
    json_writer_init(&writer, &sender->json);
    json_open_object(&writer);
    if (sender->organisation) {
        json_write_key(&writer, SLICE("OrganizationId"));
        json_write_u64(&writer, sender->organisation);
    }
    json_write_key(&writer, SLICE("DryRun"));
    json_write_bool(&writer, sender->dry_run);
    json_write_key(&writer, SLICE("Partial"));
    json_write_bool(&writer, sender->partial);
    json_write_key(&writer, SLICE("Members"));
    json_open_array(&writer);
}

int import_sender_add(struct import_sender *sender, const struct import_row *row)
{
    struct buffer *json = &sender->json;
    int code = -1;
    if (sender->count == IMPORT_BATCH_MAX || json->len + ROW_BYTES_MAX > JSON_BYTES_MAX)
        code = import_sender_flush(sender);
    if (code >= 0)
        return code;
    if (sender->count == 0)
        begin_batch(sender);
    else
        buffer_char(json, ',');
    import_row_write(row, json);
    sender->lines[sender->count++] = row->line;
    return -1;
}

/* One element of Errors: told with the line of the file. False: not what the API promises. */
static bool tell_error(struct import_sender *sender, struct json_reader *reader)
{
    struct json_token key, value;
    struct slice code = SLICE_NONE, message = SLICE_NONE;
    int64_t index = -1;
    while (json_next(reader, &key) == JSON_KEY) {
        enum json_kind kind = json_next(reader, &value);
        if (kind == JSON_STRING && slice_equal(key.text, SLICE("Code")))
            code = value.text;
        else if (kind == JSON_STRING && slice_equal(key.text, SLICE("Message")))
            message = value.text;
        else if (kind == JSON_NUMBER && slice_equal(key.text, SLICE("Index")) &&
                 !json_number_to_i64(value.text, &index))
            return false;
        else if (!json_skip_rest(reader, kind))
            return false;
    }
    if (key.kind != JSON_OBJECT_END || index < 0 || index >= sender->count)
        return false;
    record_file_problem(sender->file, sender->lines[index], "%.*s (%.*s)", SLICE_ARGS(message),
                        SLICE_ARGS(code));
    return true;
}

static bool tell_errors(struct import_sender *sender, struct json_reader *reader)
{
    struct json_token token;
    if (json_next(reader, &token) != JSON_ARRAY)
        return false;
    while (json_next(reader, &token) == JSON_OBJECT) {
        if (!tell_error(sender, reader))
            return false;
    }
    return token.kind == JSON_ARRAY_END;
}

static bool read_count(struct json_reader *reader, uint64_t *count)
{
    struct json_token token;
    uint64_t value;
    if (json_next(reader, &token) != JSON_NUMBER || !slice_to_u64(token.text, &value))
        return false;
    *count += value;
    return true;
}

static bool read_answer(struct import_sender *sender, struct json_reader *reader)
{
    struct json_token key;
    if (json_next(reader, &key) != JSON_OBJECT)
        return false;
    while (json_next(reader, &key) == JSON_KEY) {
        bool good = slice_equal(key.text, SLICE("Added")) ? read_count(reader, &sender->tally.added)
                    : slice_equal(key.text, SLICE("Unchanged"))
                        ? read_count(reader, &sender->tally.unchanged)
                    : slice_equal(key.text, SLICE("Refused"))
                        ? read_count(reader, &sender->tally.refused)
                    : slice_equal(key.text, SLICE("Errors")) ? tell_errors(sender, reader)
                                                             : json_skip(reader);
        if (!good)
            return false;
    }
    return key.kind == JSON_OBJECT_END;
}

int import_sender_flush(struct import_sender *sender)
{
    struct slice answer = SLICE_NONE;
    struct arena arena;
    struct json_reader reader;
    if (sender->count == 0)
        return -1;
    BUFFER_LITERAL(&sender->json, "]}");
    CHECK(buffer_ok(&sender->json));
    int code = admin_do(sender->self, sender->admin, "CreateMembers", buffer_slice(&sender->json),
                        &answer);
    if (code >= 0)
        return code;
    if (!arena_init(&arena, 65536, ANSWER_MEMORY_MAX))
        return fail(sender->self, EXIT_NETWORK, "no memory for the answer");
    json_reader_init(&reader, answer, &arena);
    bool good = read_answer(sender, &reader);
    arena_done(&arena);
    sender->count = 0;
    if (!good)
        return fail(sender->self, EXIT_NETWORK, "the answer is not one of CreateMembers");
    /* All or nothing a batch: what is refused now was fine when it was tried. */
    if (sender->tally.refused > 0 && !sender->dry_run && !sender->partial)
        return fail(sender->self, EXIT_ALERT, "the book was changed by somebody else meanwhile");
    return -1;
}
