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

/* One element of Errors: told with the line of the file. False: not what the API promises. */
static bool tell_error(struct post_sender *sender, struct json_reader *reader)
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
    sender->tally.refused++;
    message = post_message(message, index);
    record_file_problem(sender->file, sender->lines[index], "%.*s (%.*s)", SLICE_ARGS(message),
                        SLICE_ARGS(code));
    return true;
}

static bool take_entry(struct post_sender *sender, struct slice number)
{
    uint64_t entry;
    if (!slice_to_u64(number, &entry))
        return false;
    if (entry == 0)
        return true;
    if (sender->tally.first_entry == 0)
        sender->tally.first_entry = entry;
    sender->tally.last_entry = entry;
    return true;
}

static bool read_list(struct post_sender *sender, struct json_reader *reader, bool errors)
{
    struct json_token token;
    if (json_next(reader, &token) != JSON_ARRAY)
        return false;
    while (json_next(reader, &token) == (errors ? JSON_OBJECT : JSON_NUMBER))
        if (errors ? !tell_error(sender, reader) : !take_entry(sender, token.text))
            return false;
    return token.kind == JSON_ARRAY_END;
}

static bool read_fields(struct post_sender *sender, struct json_reader *reader)
{
    struct json_token key;
    if (json_next(reader, &key) != JSON_OBJECT)
        return false;
    while (json_next(reader, &key) == JSON_KEY) {
        bool errors = slice_equal(key.text, SLICE("Errors"));
        bool list = errors || slice_equal(key.text, SLICE("EntryIds"));
        if (list ? !read_list(sender, reader, errors) : !json_skip(reader))
            return false;
    }
    return key.kind == JSON_OBJECT_END;
}

bool post_read_entries(struct post_sender *sender, struct slice answer)
{
    struct arena arena;
    struct json_reader reader;
    if (!arena_init(&arena, 65536, ANSWER_MEMORY_MAX))
        return false;
    json_reader_init(&reader, answer, &arena);
    bool good = read_fields(sender, &reader);
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
