/* `bursar export`: every member with all it has, as a file that `bursar import` reads. Main thread.
 *
 * 1. Members come by cursor in ascending order of uin: nobody who stays is left out or given twice,
 *    whoever joins or leaves meanwhile.
 * 2. A file appears whole or not at all: it is written beside its name and renamed at the end. */
#include "cmd/export_hledger.h"
#include "cmd/folder.h"
#include "cmd/import_row.h"
#include "cmd/interrupt.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "cmd/subcommands.h"
#include "cmd/target.h"
#include "cmd/whole_file.h"

#include <stdio.h>
#include <string.h>

enum { ROWS_A_CALL = 1000, LINE_BYTES_MAX = 1 << 20, ANSWER_MEMORY_MAX = 64 << 20 };
enum { GRANTS_MAX = 1024 };
/* A large organisation is more calls than a server allows in a second. */
enum { EXPORT_RETRIES = 6 };

struct export
{
    struct target_flags target;
    const char *path; /* "-" = standard output */
    const char *format_name;
    uint64_t organisation;

    enum record_format format;
    struct admin *admin;
    bool hledger;
    struct whole_file file;
    struct buffer line;
    struct buffer list; /* of the row in hand; empty when it has none */
    struct arena arena;
    struct records records; /* of answers */
    char cursor[64];
    uint64_t total;
    uint64_t written;
};

static int find_format(struct export *export)
{
    const char *name = export->format_name;
    size_t len = strlen(export->path);
    if (!name)
        name = len > 6 && strcmp(export->path + len - 6, ".jsonl") == 0 ? "jsonl" : "csv";
    export->hledger = strcmp(name, "hledger") == 0;
    if (!export->hledger && strcmp(name, "csv") != 0 && strcmp(name, "jsonl") != 0)
        return fail(&subcommand_export, EXIT_USAGE, "--format is csv, jsonl or hledger, not \"%s\"",
                    name);
    export->format = strcmp(name, "csv") == 0 ? RECORD_CSV : RECORD_JSONL;
    return -1;
}

/* A grant's object without its number, which says only when it was made. */
struct item {
    struct slice before, after;
};

static struct item item_of(struct slice object)
{
    static const char number[] = "\"GrantId\":";
    const char *found = memmem(object.at, object.len, number, sizeof number - 1);
    if (!found)
        return (struct item){object, SLICE_NONE};
    struct slice before = slice_of(object.at, (size_t)(found - object.at));
    struct slice rest = slice_of(found, object.len - before.len), after;
    (void)slice_cut(rest, ',', &after);
    return (struct item){before, after};
}

static int item_compare(const struct item *a, const struct item *b)
{
    int order = slice_compare(a->before, b->before);
    return order != 0 ? order : slice_compare(a->after, b->after);
}

static void sort_insert(struct item *items, size_t count, struct item item)
{
    while (count > 0 && item_compare(&items[count - 1], &item) > 0) {
        items[count] = items[count - 1];
        count--;
    }
    items[count] = item;
}

/* The list again with its objects in order of their bytes: which one was made first is nothing that
 * a file could say, so it must not change the file. */
static bool sort_list(struct export *export, struct slice list)
{
    struct item items[GRANTS_MAX];
    struct json_reader reader;
    struct json_token token;
    size_t count = 0;
    buffer_clear(&export->list);
    json_reader_init(&reader, list, &export->arena);
    if (json_next(&reader, &token) != JSON_ARRAY)
        return false;
    while (json_next(&reader, &token) == JSON_OBJECT) {
        size_t start = reader.at - 1;
        if (count == GRANTS_MAX || !json_skip_rest(&reader, JSON_OBJECT))
            return false;
        sort_insert(items, count++, item_of(slice_of(list.at + start, reader.at - start)));
    }
    for (size_t i = 0; i < count; i++) {
        buffer_char(&export->list, i > 0 ? ',' : '[');
        buffer_append(&export->list, items[i].before);
        buffer_append(&export->list, items[i].after);
    }
    if (count > 0)
        buffer_char(&export->list, ']');
    return token.kind == JSON_ARRAY_END;
}

static void csv_line(struct export *export, struct import_row *row)
{
    record_set given = export->records.given;
    row->grants = buffer_slice(&export->list);
    if (row->grants.len == 0)
        given &= ~((record_set)1 << IMPORT_TEMP_AMOUNT_INFO_LIST);
    records_write_csv(&import_table, row, given, &export->line);
}

/* The object as it came, but for the order in its list. */
static void jsonl_line(struct export *export, struct slice object, struct slice list)
{
    const char *end = object.at + object.len;
    buffer_bytes(&export->line, object.at, (size_t)(list.at - object.at));
    buffer_append(&export->line, export->list.len > 0 ? buffer_slice(&export->list) : list);
    buffer_bytes(&export->line, list.at + list.len, (size_t)(end - list.at) - list.len);
    buffer_char(&export->line, '\n');
}

/* One member, whose '{' was just read. */
static bool write_member(struct export *export, struct json_reader *reader)
{
    struct import_row row;
    size_t start = reader->at - 1;
    if (!records_read_object(&export->records, reader, &row) || export->records.wrong > 0 ||
        !sort_list(export, row.grants))
        return false;
    buffer_clear(&export->line);
    if (export->format == RECORD_CSV)
        csv_line(export, &row);
    else
        jsonl_line(export, slice_of(reader->text.at + start, reader->at - start), row.grants);
    (void)output_write_to(export->file.out, buffer_slice(&export->line)); /* closing looks */
    export->written++;
    return buffer_ok(&export->line) && buffer_ok(&export->list);
}

static bool write_data(struct export *export, struct json_reader *reader)
{
    struct json_token token;
    if (json_next(reader, &token) != JSON_ARRAY)
        return false;
    while (json_next(reader, &token) == JSON_OBJECT) {
        if (!write_member(export, reader))
            return false;
    }
    return token.kind == JSON_ARRAY_END;
}

static bool read_cursor(struct export *export, struct json_reader *reader)
{
    struct json_token token;
    if (json_next(reader, &token) != JSON_STRING || token.text.len >= sizeof export->cursor)
        return false;
    snprintf(export->cursor, sizeof export->cursor, "%.*s", SLICE_ARGS(token.text));
    return true;
}

static bool write_page(struct export *export, struct json_reader *reader)
{
    struct json_token key, total;
    export->cursor[0] = '\0';
    if (json_next(reader, &key) != JSON_OBJECT)
        return false;
    while (json_next(reader, &key) == JSON_KEY) {
        bool good;
        if (slice_equal(key.text, SLICE("Data")))
            good = write_data(export, reader);
        else if (slice_equal(key.text, SLICE("NextUin")))
            good = read_cursor(export, reader);
        else if (slice_equal(key.text, SLICE("TotalCount")))
            good = json_next(reader, &total) == JSON_NUMBER &&
                   slice_to_u64(total.text, &export->total);
        else
            good = json_skip(reader);
        if (!good)
            return false;
    }
    return key.kind == JSON_OBJECT_END;
}

static int export_page(struct export *export)
{
    struct buffer parameters;
    struct slice answer = SLICE_NONE;
    struct json_reader reader;
    char memory[256];
    buffer_init_fixed(&parameters, memory, sizeof memory);
    buffer_printf(&parameters, "{\"AfterUin\":\"%s\",\"Limit\":%d", export->cursor, ROWS_A_CALL);
    if (export->organisation)
        buffer_printf(&parameters, ",\"OrganizationId\":%llu",
                      (unsigned long long)export->organisation);
    buffer_char(&parameters, '}');
    int code = admin_do(&subcommand_export, export->admin, "DescribeMembers",
                        buffer_slice(&parameters), &answer);
    if (code >= 0)
        return code;
    arena_reset(&export->arena);
    json_reader_init(&reader, answer, &export->arena);
    if (!write_page(export, &reader))
        return fail(&subcommand_export, EXIT_NETWORK, "the answer is not one of DescribeMembers");
    return ferror(export->file.out) ? whole_file_failed(&subcommand_export, &export->file) : -1;
}

static int export_pages(struct export *export)
{
    struct progress progress;
    progress_start(&progress, "members", 0);
    interrupt_watch();
    if (export->format == RECORD_CSV) {
        records_write_header(&import_table, &export->line);
        (void)output_write_to(export->file.out, buffer_slice(&export->line));
    }
    int code;
    do {
        code = export_page(export);
        progress.all = export->total;
        progress_update(&progress, export->written);
    } while (code < 0 && export->cursor[0] && !interrupted());
    progress_end(&progress);
    if (code < 0 && interrupted())
        return fail(&subcommand_export, EXIT_INTERRUPTED, "stopped after %llu members",
                    (unsigned long long)export->written);
    return code < 0 ? EXIT_OK : code;
}

static int run_opened(struct export *export)
{
    int code = whole_file_open(&subcommand_export, export->path, false, &export->file);
    if (code >= 0)
        return code;
    if (!arena_init(&export->arena, 65536, ANSWER_MEMORY_MAX))
        return fail(&subcommand_export, EXIT_NETWORK, "no memory");
    buffer_init(&export->line, LINE_BYTES_MAX);
    buffer_init(&export->list, LINE_BYTES_MAX);
    code = export_pages(export);
    buffer_done(&export->line);
    buffer_done(&export->list);
    arena_done(&export->arena);
    return whole_file_close(&subcommand_export, &export->file, code);
}

/* From the journal itself: the API does not show what an entry did to each account. */
static int run_hledger(struct export *export)
{
    struct fault fault;
    const char *data = folder_choose(export->target.data);
    if (!data || export->target.remote.endpoint)
        return fail(&subcommand_export, EXIT_USAGE,
                    "hledger's format is written from a data folder: give --data DIR");
    uint64_t organisation = export->organisation > 0 ? export->organisation : 1;
    if (organisation > UINT32_MAX)
        return fail(&subcommand_export, EXIT_NOT_FOUND, "there is no such organisation");
    int code = whole_file_open(&subcommand_export, export->path, false, &export->file);
    if (code >= 0)
        return code;
    struct status status = export_hledger(data, (uint32_t)organisation, export->file.out, &fault);
    code = EXIT_OK;
    if (!status_ok(status))
        code = fail(&subcommand_export, exit_code_of_status(status), "%s", fault.text);
    return whole_file_close(&subcommand_export, &export->file, code);
}

static int run(int argc, char **argv)
{
    struct export export = {.target = TARGET_FLAGS_DEFAULT,
                            .path = "-",
                            .records = {.table = &import_table, .skips_unknown = true}};
    const struct option_spec options[] = {
        TARGET_OPTIONS(&export.target),
        {"format", "FORMAT", "csv, jsonl or hledger. Default: by the file's name, else csv.",
         OPTION_TEXT, &export.format_name},
        {"organization", "ID", "The organisation, where a folder has several; default 1.",
         OPTION_NUMBER, &export.organisation},
        REMOTE_OPTIONS(&export.target.remote),
    };
    char **rest = NULL;
    int rest_count = 0;
    int code = options_parse(&subcommand_export, options, sizeof options / sizeof *options, argc,
                             argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count > 1)
        return fail(&subcommand_export, EXIT_USAGE, "one FILE, not also \"%s\"", rest[1]);
    if (rest_count == 1)
        export.path = rest[0];
    if (export.target.remote.retries == REMOTE_RETRIES_UNSET)
        export.target.remote.retries = EXPORT_RETRIES;
    code = find_format(&export);
    if (code < 0 && export.hledger)
        return run_hledger(&export);
    if (code < 0)
        code = target_open(&subcommand_export, &export.target, &export.admin);
    if (code >= 0)
        return code;
    return target_close(&subcommand_export, export.admin, run_opened(&export));
}

const struct subcommand subcommand_export = {
    .name = "export",
    .summary = "Write all members with their balances to a CSV or JSONL file",
    .arguments = "[FILE]",
    .description =
        "Writes every member of an organisation, in ascending order of UIN, with every field "
        "that `bursar import` reads: from a data folder (--data), served or not, or through a "
        "server elsewhere (--endpoint). Without FILE, or with -, it goes to standard "
        "output.\n\n"
        "Amounts are in cents. Importing an export into an empty organisation gives the same "
        "members again. FILE appears when it is whole; until then it is FILE.part.\n\n"
        "--format hledger writes something else: every entry that moved money, as a transaction "
        "of a plain-text journal that hledger and its kin read, with the accounts "
        "members:UIN:cash, income and gift, and organization:funding, revenue, promotion and "
        "suspense. Its balances are the ledger's. It is written from a data folder, served or "
        "not, or a backup.",
    .examples = "bursar export members.csv --data /var/lib/bursar\n"
                "bursar export --data ./data --format jsonl | jq .RealBalance\n"
                "bursar export --data ./data --format hledger | hledger -f - balance",
    .run = run,
};
