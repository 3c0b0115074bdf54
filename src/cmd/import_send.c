/* Batches of CreateMembers (cmd/import_send.h). Owns the request being built. Main thread.
 *
 * 1. A batch holds at most RECORD_BATCH_MAX members and stays below the server's limit of 10 MiB
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
    sender->batch.file = file;
    sender->organisation = organisation;
    sender->batch.count = 0;
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
    sender->batch.count = 0;
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
    if (sender->batch.count == RECORD_BATCH_MAX || json->len + ROW_BYTES_MAX > JSON_BYTES_MAX)
        code = import_sender_flush(sender);
    if (code >= 0)
        return code;
    if (sender->batch.count == 0)
        begin_batch(sender);
    else
        buffer_char(json, ',');
    import_row_write(row, json);
    sender->batch.lines[sender->batch.count++] = row->line;
    return -1;
}

struct answer {
    uint64_t added, unchanged, refused;
    const struct line_error *errors;
    size_t error_count;
};

static bool take_answer(struct import_sender *sender, struct slice text, struct arena *arena)
{
    static const struct shape_member members[] = {
        SHAPE_MEMBER(COUNT, struct answer, added, "Added", NULL),
        SHAPE_MEMBER(COUNT, struct answer, unchanged, "Unchanged", NULL),
        SHAPE_MEMBER(COUNT, struct answer, refused, "Refused", NULL),
        SHAPE_LIST(OBJECTS, struct answer, errors, error_count, &line_error_shape, "Errors", NULL),
    };
    static const struct shape shape = SHAPE(members, struct answer);
    struct answer answer = {0};
    struct shape_wrong wrong;
    if (!shape_read(&shape, text, arena, &answer, &wrong))
        return false;
    sender->tally.added += answer.added;
    sender->tally.unchanged += answer.unchanged;
    sender->tally.refused += answer.refused;
    return record_batch_tell(&sender->batch, answer.errors, answer.error_count, NULL);
}

int import_sender_flush(struct import_sender *sender)
{
    struct slice answer = SLICE_NONE;
    struct arena arena;
    if (sender->batch.count == 0)
        return -1;
    BUFFER_LITERAL(&sender->json, "]}");
    CHECK(buffer_ok(&sender->json));
    int code = admin_do(sender->self, sender->admin, "CreateMembers", buffer_slice(&sender->json),
                        &answer);
    if (code >= 0)
        return code;
    if (!arena_init(&arena, 65536, ANSWER_MEMORY_MAX))
        return fail(sender->self, EXIT_NETWORK, "no memory for the answer");
    bool good = take_answer(sender, answer, &arena);
    arena_done(&arena);
    sender->batch.count = 0;
    if (!good)
        return fail(sender->self, EXIT_NETWORK, "the answer is not one of CreateMembers");
    /* All or nothing a batch: what is refused now was fine when it was tried. */
    if (sender->tally.refused > 0 && !sender->dry_run && !sender->partial)
        return fail(sender->self, EXIT_ALERT, "the book was changed by somebody else meanwhile");
    return -1;
}
