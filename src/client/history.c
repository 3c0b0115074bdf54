/* The past: balances at a moment, entries and statements.
 *
 * A walk fetches a page when the one before is used up, into an arena of its own, so that the
 * client may be used for other calls between. Owns: that arena, and the parameters of its calls.
 * Invariants:
 * 1. Entries are given in strict order of their ids: none twice, none out of place.
 * 2. A failed call changes nothing: the next one asks for the same page.
 * 3. A page is never asked for with the cursor that the page before was asked for with.
 *
 * The client's thread. */
#include "client/write.h"

#include <stdlib.h>

enum { PAGE_ARENA_FIRST = 64 << 10, PAGE_ARENA_MAX = 256 << 20 };

static const struct shape_member entry_fields[] = {
    SHAPE_MEMBER(ID, struct bursar_entry, entry_id, "EntryId", NULL),
    SHAPE_MEMBER(WORD, struct bursar_entry, kind, "Kind", NULL),
    SHAPE_MEMBER(END, struct bursar_entry, time_us, "Time", NULL),
    SHAPE_OPTIONAL(UIN_WORD, struct bursar_entry, member_uin, "MemberUin", NULL),
    SHAPE_OPTIONAL(UIN_WORD, struct bursar_entry, to_member_uin, "ToMemberUin", NULL),
    SHAPE_OPTIONAL(WORD, struct bursar_entry, reason, "Reason", NULL),
    SHAPE_OPTIONAL(WORD, struct bursar_entry, member_name, "MemberName", NULL),
    SHAPE_OPTIONAL(CENTS, struct bursar_entry, amount, "Amount", NULL),
    SHAPE_OPTIONAL(CENTS, struct bursar_entry, cash_amount, "CashAmount", NULL),
    SHAPE_OPTIONAL(CENTS, struct bursar_entry, income_amount, "IncomeAmount", NULL),
    SHAPE_OPTIONAL(CENTS, struct bursar_entry, gift_amount, "GiftAmount", NULL),
    SHAPE_OPTIONAL(ID, struct bursar_entry, hold_id, "HoldId", NULL),
    SHAPE_OPTIONAL(ID, struct bursar_entry, grant_id, "GrantId", NULL),
    SHAPE_OPTIONAL(END, struct bursar_entry, start_us, "StartTime", NULL),
    SHAPE_OPTIONAL(END, struct bursar_entry, end_us, "EndTime", NULL),
    SHAPE_OPTIONAL(END, struct bursar_entry, expires_us, "ExpiresAt", NULL),
    SHAPE_NESTED(true, struct bursar_entry, after, &answer_member, "After", NULL),
    SHAPE_NESTED(true, struct bursar_entry, to_after, &answer_member, "ToAfter", NULL),
};
static const struct shape entry_object =
    SHAPE_KEEPING_JSON(entry_fields, struct bursar_entry, json);

struct page {
    const struct bursar_entry *entries;
    size_t entry_count;
    const char *next_cursor;
    struct bursar_member_balance opening, closing; /* of a statement */
};

static const struct shape_member page_fields[] = {
    SHAPE_LIST(OBJECTS, struct page, entries, entry_count, &entry_object, "Data", NULL),
    SHAPE_MEMBER(WORD, struct page, next_cursor, "NextCursor", NULL),
    SHAPE_NESTED(false, struct page, opening, &answer_member, "Opening", NULL),
    SHAPE_NESTED(false, struct page, closing, &answer_member, "Closing", NULL),
};
static const struct shape statement_page = SHAPE(page_fields, struct page);
static const struct shape entries_page = {
    .members = page_fields,
    .member_count = 2, /* without the balances */
    .size = sizeof(struct page),
};

struct bursar_entries {
    struct bursar_client *client;
    const char *action;
    const struct shape *object;
    bool ascending;
    struct buffer parameters; /* JSON, but for the cursor and the last brace */
    struct buffer cursor;     /* that the page was, or will be, asked for with; with its zero */
    struct arena arena;       /* the page's */
    bool has_page;
    struct page page;
    size_t next;     /* entry to be given next */
    int64_t last_id; /* of the page before; 0 = none yet */
};

struct bursar_statement {
    struct bursar_entries entries;
};

/* ---- a walk ---- */

static void walk_done(struct bursar_entries *walk)
{
    buffer_done(&walk->parameters);
    buffer_done(&walk->cursor);
    arena_done(&walk->arena);
}

/* Takes the parameters that have been written, and frees what it has when it fails. */
static enum bursar_result walk_init(struct bursar_entries *walk, struct write *write,
                                    const char *cursor)
{
    struct bursar_client *client = write->client;
    walk->client = client;
    buffer_init(&walk->parameters, REQUEST_BYTES_MAX);
    buffer_init(&walk->cursor, REQUEST_BYTES_MAX);
    buffer_append(&walk->parameters, buffer_slice(&client->parameters));
    buffer_text(&walk->cursor, cursor ? cursor : "");
    buffer_char(&walk->cursor, '\0');
    enum bursar_result result = write->result;
    if (result == BURSAR_OK &&
        (!buffer_ok(&client->parameters) || !buffer_ok(&walk->parameters) ||
         !buffer_ok(&walk->cursor) || !arena_init(&walk->arena, PAGE_ARENA_FIRST, PAGE_ARENA_MAX)))
        result = client_fail(client, BURSAR_MEMORY, "out of memory");
    if (result != BURSAR_OK)
        walk_done(walk);
    return result;
}

static bool follows(const struct bursar_entries *walk, int64_t id, int64_t last_id)
{
    return last_id == 0 || (walk->ascending ? id > last_id : id < last_id);
}

/* What the invariants rely on. */
static enum bursar_result check_page(const struct bursar_entries *walk, const struct page *page)
{
    int64_t last_id = walk->last_id;
    for (size_t i = 0; i < page->entry_count; i++) {
        int64_t id = page->entries[i].entry_id;
        if (id == 0 || !follows(walk, id, last_id))
            return answer_fail(walk->client, "Data", "is not in the order of its EntryIds");
        last_id = id;
    }
    if (page->next_cursor[0] && strcmp(page->next_cursor, walk->cursor.at) == 0)
        return answer_fail(walk->client, "NextCursor", "leads nowhere");
    return BURSAR_OK;
}

static enum bursar_result fetch(struct bursar_entries *walk)
{
    struct write write;
    struct page page;
    write_resume(walk->client, buffer_slice(&walk->parameters), &write);
    if (walk->cursor.at[0])
        write_text(&write, "Cursor", walk->cursor.at);
    arena_reset(&walk->arena);
    enum bursar_result result = write_call(&write, walk->action, walk->object, &walk->arena, &page);
    if (result == BURSAR_OK)
        result = check_page(walk, &page);
    if (result != BURSAR_OK)
        return result;
    walk->page = page;
    walk->next = 0;
    walk->has_page = true;
    return BURSAR_OK;
}

/* To the next page, of which there is one. */
static enum bursar_result turn(struct bursar_entries *walk)
{
    const struct page *page = &walk->page;
    buffer_clear(&walk->cursor);
    buffer_text(&walk->cursor, page->next_cursor);
    buffer_char(&walk->cursor, '\0');
    if (!buffer_ok(&walk->cursor))
        return client_fail(walk->client, BURSAR_MEMORY, "out of memory");
    if (page->entry_count > 0)
        walk->last_id = page->entries[page->entry_count - 1].entry_id;
    walk->has_page = false;
    return BURSAR_OK;
}

static enum bursar_result walk_next(struct bursar_entries *walk,
                                    const struct bursar_entry **ret_entry)
{
    while (!walk->has_page || walk->next == walk->page.entry_count) {
        enum bursar_result result = BURSAR_OK;
        if (walk->has_page && !walk->page.next_cursor[0])
            return BURSAR_END;
        if (walk->has_page)
            result = turn(walk);
        if (result == BURSAR_OK)
            result = fetch(walk);
        if (result != BURSAR_OK)
            return result;
    }
    *ret_entry = &walk->page.entries[walk->next++];
    return BURSAR_OK;
}

/* ---- entries ---- */

static void write_filter(struct write *write, const struct bursar_entry_filter *filter)
{
    if (filter->page_size > HISTORY_ROWS_MAX)
        write_fail(write, "a page has at most %d entries", HISTORY_ROWS_MAX);
    write_id(write, "Limit", filter->page_size ? filter->page_size : HISTORY_ROWS_DEFAULT);
    write_text(write, "Order", filter->ascending ? "asc" : "desc");
    if (filter->member_uin)
        write_uin(write, "MemberUin", filter->member_uin);
    if (filter->kind_count > 0) {
        json_write_key(&write->json, SLICE("Kinds"));
        json_open_array(&write->json);
        for (size_t i = 0; i < filter->kind_count; i++)
            write_item(write, "Kinds", filter->kinds[i]);
        json_close_array(&write->json);
    }
    write_time(write, "StartTime", filter->start_us);
    write_time(write, "EndTime", filter->end_us);
    if (filter->hold_id != 0)
        write_id(write, "HoldId", filter->hold_id);
    write_text(write, "ClientToken", filter->client_token);
}

enum bursar_result bursar_entries_new(struct bursar_client *client,
                                      const struct bursar_entry_filter *filter, const char *cursor,
                                      struct bursar_entries **ret_entries)
{
    static const struct bursar_entry_filter everything = {.member_uin = NULL};
    struct write write;
    struct bursar_entries *entries = calloc(1, sizeof *entries);
    *ret_entries = NULL;
    if (!entries)
        return client_fail(client, BURSAR_MEMORY, "out of memory");
    write_begin(client, &write);
    write_filter(&write, filter ? filter : &everything);
    entries->action = "DescribeEntries";
    entries->object = &entries_page;
    entries->ascending = filter && filter->ascending;
    enum bursar_result result = walk_init(entries, &write, cursor);
    if (result == BURSAR_OK)
        *ret_entries = entries;
    else
        free(entries);
    return result;
}

enum bursar_result bursar_entries_next(struct bursar_entries *entries,
                                       const struct bursar_entry **ret_entry)
{
    return walk_next(entries, ret_entry);
}

const char *bursar_entries_cursor(const struct bursar_entries *entries)
{
    const struct page *page = &entries->page;
    if (!entries->has_page || entries->next < page->entry_count)
        return entries->cursor.at;
    return page->next_cursor[0] ? page->next_cursor : NULL;
}

void bursar_entries_free(struct bursar_entries *entries)
{
    if (entries)
        walk_done(entries);
    free(entries);
}

/* ---- statements ---- */

enum bursar_result bursar_statement_new(struct bursar_client *client, const char *member_uin,
                                        int64_t start_us, int64_t end_us,
                                        struct bursar_statement **ret_statement)
{
    struct write write;
    struct bursar_statement *statement = calloc(1, sizeof *statement);
    *ret_statement = NULL;
    if (!statement)
        return client_fail(client, BURSAR_MEMORY, "out of memory");
    write_begin(client, &write);
    write_id(&write, "Limit", HISTORY_ROWS_MAX);
    if (member_uin)
        write_uin(&write, "MemberUin", member_uin);
    write_moment(&write, "StartTime", start_us);
    write_time(&write, "EndTime", end_us);
    statement->entries.action = "DescribeStatement";
    statement->entries.object = &statement_page;
    statement->entries.ascending = true;
    enum bursar_result result = walk_init(&statement->entries, &write, NULL);
    if (result == BURSAR_OK)
        *ret_statement = statement;
    else
        free(statement);
    return result;
}

enum bursar_result bursar_statement_next(struct bursar_statement *statement,
                                         const struct bursar_entry **ret_entry)
{
    return walk_next(&statement->entries, ret_entry);
}

const struct bursar_member_balance *
bursar_statement_opening(const struct bursar_statement *statement)
{
    return statement->entries.has_page ? &statement->entries.page.opening : NULL;
}

const struct bursar_member_balance *
bursar_statement_closing(const struct bursar_statement *statement)
{
    return statement->entries.has_page ? &statement->entries.page.closing : NULL;
}

void bursar_statement_free(struct bursar_statement *statement)
{
    if (statement)
        walk_done(&statement->entries);
    free(statement);
}

/* ---- a balance of the past ---- */

static const struct shape_member past_fields[] = {
    SHAPE_MEMBER(ID, struct bursar_past_balance, entry_id, "EntryId", NULL),
    SHAPE_MEMBER(END, struct bursar_past_balance, as_of_us, "AsOf", NULL),
};
static const struct shape past_object = SHAPE(past_fields, struct bursar_past_balance);

enum bursar_result bursar_balance_at(struct bursar_client *client, const char *member_uin,
                                     int64_t as_of_us, const struct bursar_past_balance **ret_past)
{
    struct write write;
    write_begin(client, &write);
    if (member_uin)
        write_uin(&write, "MemberUin", member_uin);
    write_time(&write, "AsOf", as_of_us);
    struct bursar_member_balance member; /* its fields lie beside the others */
    struct slice response = SLICE_NONE;
    enum bursar_result result = write_send(&write, "DescribeMemberBalance", &response);
    if (result == BURSAR_OK)
        result = answer_read(client, &client->arena, response, &answer_member, &member);
    if (result == BURSAR_OK)
        result = answer_read(client, &client->arena, response, &past_object, &client->past);
    if (result != BURSAR_OK)
        return result;
    client->past.member = member;
    client->past.request_id = client->request_id;
    *ret_past = &client->past;
    return BURSAR_OK;
}
