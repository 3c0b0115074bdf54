/* Batches of CreateTransfers (cmd/post_send.h). The request is the writing's. Main thread.
 *
 * 1. Which transfers make a batch follows from the file alone, and each batch has a token of its
 *    own, TOKEN.1, TOKEN.2, ...: the same file sent again with the same token does what is left. */
#include "cmd/post_send.h"

#include "cmd/answer.h"
#include "cmd/output.h"

#include <stdio.h>

/* One transfer is at most some 6,500 bytes: a reason of 1,024 bytes, all of them escaped. */
enum { JSON_BYTES_MAX = 9 << 20, ROW_BYTES_MAX = 8192, ANSWER_MEMORY_MAX = 64 << 20 };

void post_sender_init(struct post_sender *sender, struct writing *writing, struct record_file *file,
                      bool partial)
{
    sender->writing = writing;
    sender->file = file;
    sender->partial = partial;
    sender->tally = (struct post_tally){0};
    sender->batch = 1;
    sender->count = 0;
}

static void begin_batch(struct post_sender *sender)
{
    char suffix[16];
    struct json_writer *writer = &sender->writing->management.writer;
    snprintf(suffix, sizeof suffix, ".%lu", (unsigned long)sender->batch);
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
    if (sender->count == POST_BATCH_MAX ||
        (sender->count > 0 && json->len + ROW_BYTES_MAX > JSON_BYTES_MAX))
        code = post_sender_flush(sender);
    if (code >= 0)
        return code;
    if (sender->count == 0)
        begin_batch(sender);
    else
        buffer_char(json, ',');
    post_row_write(row, json);
    sender->writing->management.writer.comma = true;
    sender->lines[sender->count++] = row->line;
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

struct post_error {
    uint64_t index;
    const char *code, *message;
};
struct post_answer {
    const int64_t *entries;
    size_t entry_count;
    const struct post_error *errors;
    size_t error_count;
};
static const struct shape_member error_members[] = {
    SHAPE_MEMBER(WORD, struct post_error, code, "Code", NULL),
    SHAPE_MEMBER(COUNT, struct post_error, index, "Index", NULL),
    SHAPE_MEMBER(WORD, struct post_error, message, "Message", NULL),
};
static const struct shape error_shape = SHAPE(error_members, struct post_error);
static const struct shape_member answer_members[] = {
    SHAPE_LIST(IDS, struct post_answer, entries, entry_count, NULL, "EntryIds", NULL),
    SHAPE_LIST(OBJECTS, struct post_answer, errors, error_count, &error_shape, "Errors", NULL),
};
static const struct shape answer_shape = SHAPE(answer_members, struct post_answer);

/* Told with the line of the file. False: not what the API promises. */
static bool tell_error(struct post_sender *sender, const struct post_error *error)
{
    if (error->index >= sender->count)
        return false;
    struct slice message = post_message(slice_text(error->message), (int64_t)error->index);
    sender->tally.refused++;
    record_file_problem(sender->file, sender->lines[error->index], "%.*s (%s)", SLICE_ARGS(message),
                        error->code);
    return true;
}

static bool take_answer(struct post_sender *sender, const struct post_answer *answer)
{
    struct post_tally *tally = &sender->tally;
    for (size_t i = 0; i < answer->entry_count; i++) {
        uint64_t entry = (uint64_t)answer->entries[i];
        if (entry == 0)
            continue;
        tally->first_entry = tally->first_entry > 0 ? tally->first_entry : entry;
        tally->last_entry = entry;
    }
    for (size_t i = 0; i < answer->error_count; i++)
        if (!tell_error(sender, &answer->errors[i]))
            return false;
    return true;
}

bool post_read_entries(struct post_sender *sender, struct slice response)
{
    struct arena arena;
    struct post_answer answer;
    if (!arena_init(&arena, 65536, ANSWER_MEMORY_MAX))
        return false;
    bool good =
        answer_parse(&answer_shape, response, &arena, &answer) && take_answer(sender, &answer);
    arena_done(&arena);
    return good;
}

static int read_answer(struct post_sender *sender, struct slice answer)
{
    uint64_t refused_before = sender->tally.refused;
    if (!post_read_entries(sender, answer))
        return fail(sender->writing->management.self, EXIT_NETWORK,
                    "the answer is not one of CreateTransfers");
    sender->tally.posted += sender->count - (sender->tally.refused - refused_before);
    return -1;
}

static int refused(struct post_sender *sender, struct slice code, struct slice message)
{
    char name[128];
    int64_t index = bursar_error_index(admin_client(sender->writing->management.admin));
    snprintf(name, sizeof name, "%.*s", SLICE_ARGS(code));
    message = post_message(message, index);
    record_file_problem(sender->file,
                        index >= 0 && index < sender->count ? sender->lines[index] : 0, "%.*s (%s)",
                        SLICE_ARGS(message), name);
    return (int)exit_code_of_api_error(name);
}

int post_sender_flush(struct post_sender *sender)
{
    struct slice answer, code, message;
    if (sender->count == 0)
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
    sender->batch++;
    sender->count = 0;
    return -1;
}
