/* Batches of CreateTransfers (cmd/post_send.h). The request is the writing's. Main thread.
 *
 * 1. Which transfers make a batch follows from the file alone, and each batch has a token of its
 *    own, TOKEN.1, TOKEN.2, ...: the same file sent again with the same token does what is left. */
#include "cmd/post_send.h"

#include "cmd/output.h"

#include <stdio.h>

/* One transfer is at most some 6,500 bytes: a reason of 1,024 bytes, all of them escaped. */
enum { JSON_BYTES_MAX = 9 << 20, ROW_BYTES_MAX = 8192, ANSWER_MEMORY_MAX = 64 << 20 };

void post_sender_init(struct post_sender *sender, struct writing *writing, struct record_file *file,
                      bool partial)
{
    sender->writing = writing;
    sender->batch.file = file;
    sender->partial = partial;
    sender->tally = (struct post_tally){0};
    sender->number = 1;
    sender->batch.count = 0;
}

static void begin_batch(struct post_sender *sender)
{
    char suffix[16];
    struct json_writer *writer = &sender->writing->management.writer;
    snprintf(suffix, sizeof suffix, ".%lu", (unsigned long)sender->number);
    writing_begin(sender->writing, suffix);
    if (sender->partial) {
        json_write_key(writer, SLICE("Partial"));
        json_write_bool(writer, true);
    }
    json_write_key(writer, SLICE("Transfers"));
    json_open_array(writer);
}

int post_sender_add(struct post_sender *sender, const struct post_row *row)
{
    struct buffer *json = &sender->writing->management.request;
    int code = -1;
    if (sender->batch.count == RECORD_BATCH_MAX ||
        (sender->batch.count > 0 && json->len + ROW_BYTES_MAX > JSON_BYTES_MAX))
        code = post_sender_flush(sender);
    if (code >= 0)
        return code;
    if (sender->batch.count == 0)
        begin_batch(sender);
    else
        buffer_char(json, ',');
    post_row_write(row, json);
    sender->writing->management.writer.comma = true;
    sender->batch.lines[sender->batch.count++] = row->line;
    return -1;
}

struct slice post_message(struct slice message, int64_t index)
{
    char memory[32];
    struct buffer place;
    buffer_init_fixed(&place, memory, sizeof memory);
    buffer_printf(&place, "Transfers.%lld: ", (long long)index);
    return slice_starts_with(message, buffer_slice(&place))
               ? slice_of(message.at + place.len, message.len - place.len)
               : message;
}

struct answer {
    const int64_t *entries; /* 0 = of a transfer that was refused */
    const struct line_error *errors;
    size_t entry_count, error_count;
};

static bool take_answer(struct post_sender *sender, struct slice text, struct arena *arena)
{
    static const struct shape_member members[] = {
        SHAPE_LIST(IDS, struct answer, entries, entry_count, NULL, "EntryIds", NULL),
        SHAPE_LIST(OBJECTS, struct answer, errors, error_count, &line_error_shape, "Errors", NULL),
    };
    static const struct shape shape = SHAPE(members, struct answer);
    struct post_tally *tally = &sender->tally;
    struct answer answer = {0};
    struct shape_wrong wrong;
    if (!shape_read(&shape, text, arena, &answer, &wrong))
        return false;
    for (size_t i = 0; i < answer.entry_count; i++) {
        if (answer.entries[i] == 0)
            continue;
        tally->last_entry = (uint64_t)answer.entries[i];
        if (tally->first_entry == 0)
            tally->first_entry = tally->last_entry;
    }
    tally->refused += answer.error_count;
    return record_batch_tell(&sender->batch, answer.errors, answer.error_count, post_message);
}

bool post_read_entries(struct post_sender *sender, struct slice answer)
{
    struct arena arena;
    if (!arena_init(&arena, 65536, ANSWER_MEMORY_MAX))
        return false;
    bool good = take_answer(sender, answer, &arena);
    arena_done(&arena);
    return good;
}

static int read_answer(struct post_sender *sender, struct slice answer)
{
    uint64_t refused_before = sender->tally.refused;
    if (!post_read_entries(sender, answer))
        return fail(sender->writing->management.self, EXIT_NETWORK,
                    "the answer is not one of CreateTransfers");
    sender->tally.posted += sender->batch.count - (sender->tally.refused - refused_before);
    return -1;
}

static int refused(struct post_sender *sender, struct slice code, struct slice message)
{
    char name[128];
    int64_t index = bursar_error_index(admin_client(sender->writing->management.admin));
    snprintf(name, sizeof name, "%.*s", SLICE_ARGS(code));
    message = post_message(message, index);
    record_file_problem(sender->batch.file,
                        index >= 0 && index < sender->batch.count ? sender->batch.lines[index] : 0,
                        "%.*s (%s)", SLICE_ARGS(message), name);
    return (int)exit_code_of_api_error(name);
}

int post_sender_flush(struct post_sender *sender)
{
    struct slice answer, code, message;
    if (sender->batch.count == 0)
        return -1;
    json_close_array(&sender->writing->management.writer);
    int failed = writing_try(sender->writing, "CreateTransfers", &answer, &code, &message);
    if (failed < 0 && code.len > 0)
        failed = refused(sender, code, message);
    if (failed < 0)
        failed = read_answer(sender, answer);
    if (failed >= 0)
        return failed;
    if (sender->writing->json)
        output_line(answer);
    sender->number++;
    sender->batch.count = 0;
    return -1;
}
