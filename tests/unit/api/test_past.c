/* The past of accounts: DescribeEntries, DescribeMemberBalance, DescribeStatement, against a plain
 * model: a list of what was done when, and what the balance was after it. */
#include "world.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST "bursar.example.com"
#define VERSION "2026-11-01"
#define NO_ACCOUNT "The account is not the owner or a member of the organization."

static struct world world;

static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    (void)state;
    options.calls_per_second = 0;
    world_open(&world, &options);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

static const char *manage(const char *action, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const char *manage(const char *action, const char *format, ...)
{
    static char body[8192];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(body, sizeof body, format, arguments);
    va_end(arguments);
    return world_manage(&world, action, body);
}

/* The number after `"name":` for the first time in the text. */
static long long number_of(const char *text, const char *name)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *at = strstr(text, quoted);
    if (!at)
        fail_msg("no %s in %s", name, text);
    return strtoll(at + strlen(quoted), NULL, 10);
}

/* All numbers after `"name":`, in order. */
static size_t numbers_of(const char *text, const char *name, long long *numbers, size_t max)
{
    char quoted[64];
    size_t count = 0;
    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    for (const char *at = strstr(text, quoted); at && count < max; at = strstr(at, quoted)) {
        at += strlen(quoted);
        numbers[count++] = strtoll(at, NULL, 10);
    }
    return count;
}

static void text_of(const char *text, const char *name, char *at, size_t size)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":\"", name);
    const char *found = strstr(text, quoted);
    if (!found)
        fail_msg("no %s in %s", name, text);
    found += strlen(quoted);
    snprintf(at, size, "%.*s", (int)strcspn(found, "\""), found);
}

/* ---- one account, every kind ---- */

static void every_kind_is_told(void **state)
{
    char expected[512];
    (void)state;
    long long start = sys_now_us(&world.sys) / 1000000;
    manage("CreateMembers", "{\"Members\":[{\"MemberUin\":\"11\",\"MemberName\":\"a\","
                            "\"CashAccountBalance\":1000},{\"MemberUin\":\"12\",\"MemberName\":"
                            "\"b\"}]}");
    manage("CreateTransfers",
           "{\"Transfers\":[{\"Kind\":\"charge\",\"MemberUin\":\"11\",\"Amount\":1.5,\"Reason\":"
           "\"disk \\\"7\\\"\"},{\"Kind\":\"move\",\"MemberUin\":\"11\",\"ToMemberUin\":\"12\","
           "\"Amount\":2},{\"Kind\":\"adjust\",\"MemberUin\":\"11\",\"CashAmount\":-1,"
           "\"GiftAmount\":3,\"Reason\":\"count\"}]}");
    long long hold =
        number_of(manage("CreateHold", "{\"MemberUin\":\"11\",\"Amount\":10,\"ExpiresAt\":"
                                       "\"2026-11-23 03:12:54\"}"),
                  "HoldId");
    world_set_seconds(&world, start + 2);
    long long grant =
        number_of(manage("CreateTemporaryCredit", "{\"MemberUin\":\"11\",\"Amount\":5,\"EndTime\":"
                                                  "\"2026-11-24 00:00:00\"}"),
                  "GrantId");
    manage("DeleteTemporaryCredit", "{\"MemberUin\":\"11\",\"GrantId\":%lld}", grant);
    manage("ModifyMember", "{\"MemberUin\":\"11\",\"MemberName\":\"c\",\"AllowArrears\":true,"
                           "\"BasicCreditAmount\":7}");
    static const char *const kinds[] = {
        "set_arrears", "set_credit", "rename", "revoke_temporary", "grant_temporary", "expire",
        "hold",        "adjust",     "move",   "charge",           "opening",         "join"};
    const char *answer = manage("DescribeEntries", "{\"MemberUin\":\"11\"}");
    const char *at = answer;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        snprintf(expected, sizeof expected, "\"Kind\":\"%s\"", kinds[i]);
        at = strstr(at, expected);
        if (!at)
            fail_msg("no %s in order in %s", kinds[i], answer);
    }
    assert_contains(answer, "],\"NextCursor\":\"\",\"RequestId\":");
    assert_contains(answer,
                    "\"OweAmount\":0,\"RealBalance\":998.5,\"TempCredit\":0},\"Amount\":1.5,"
                    "\"EntryId\":");
    assert_contains(answer,
                    "\"Kind\":\"charge\",\"MemberUin\":\"11\",\"Reason\":\"disk \\\"7\\\"\","
                    "\"Request\":{\"Door\":\"socket\",\"ReceivedAt\":\"2026-11-23 03:12:53\","
                    "\"RequestEntryId\":");
    assert_contains(answer, "\"UnixName\":\"ann\",\"UnixUser\":1000},"
                            "\"Time\":\"2026-11-23 03:12:53\"}");
    assert_contains(answer, "\"CashAmount\":-1,\"EntryId\":");
    assert_contains(answer, ",\"GiftAmount\":3,\"IncomeAmount\":0,\"Kind\":\"adjust\",");
    assert_contains(answer,
                    ",\"ToAfter\":{\"BasicCreditAmount\":0,\"CashAccountBalance\":2,"
                    "\"CreditAmount\":0,\"IsCreditAccount\":false,\"MemberName\":\"b\","
                    "\"MemberUin\":\"12\",\"OweAmount\":0,\"RealBalance\":2,\"TempCredit\":0}"
                    ",\"ToMemberUin\":\"12\"}");
    snprintf(expected, sizeof expected,
             "\"EntryId\":%lld,\"ExpiresAt\":\"2026-11-23 03:12:54\",\"HoldId\":%lld,\"Kind\":"
             "\"hold\",",
             hold, hold);
    assert_contains(answer, expected);
    /* it expired at its moment, not when that was noticed */
    snprintf(expected, sizeof expected,
             "\"HoldId\":%lld,\"Kind\":\"expire\",\"MemberUin\":\"11\","
             "\"Time\":\"2026-11-23 03:12:54\"}",
             hold);
    assert_contains(answer, expected);
    snprintf(expected, sizeof expected,
             "\"EndTime\":\"2026-11-24 00:00:00\",\"EntryId\":%lld,\"GrantId\":%lld,\"Kind\":"
             "\"grant_temporary\",\"MemberUin\":\"11\",\"Reason\":\"\",\"Request\":{",
             grant, grant);
    assert_contains(answer, expected);
    assert_contains(answer, "\"Kind\":\"rename\",\"MemberName\":\"c\",");
    assert_contains(answer, "\"AllowArrears\":true,\"EntryId\":");
    /* the receiver of the move has it too */
    assert_contains(manage("DescribeEntries", "{\"MemberUin\":\"12\",\"Kinds\":[\"move\"]}"),
                    "\"ToMemberUin\":\"12\"}],");
    /* the hold and what became of it, in order */
    long long ids[4];
    answer = manage("DescribeEntries", "{\"HoldId\":%lld,\"Order\":\"asc\"}", hold);
    assert_int_equal(numbers_of(answer, "EntryId", ids, 4), 2);
    assert_int_equal(ids[0], hold);
    assert_contains(answer, "\"Kind\":\"expire\"");
    assert_contains(manage("DescribeEntries", "{\"HoldId\":%lld,\"MemberUin\":\"12\"}", hold),
                    "{\"Response\":{\"Data\":[],\"NextCursor\":\"\",");
    assert_contains(manage("DescribeEntries", "{\"HoldId\":%lld}", grant), "{\"Data\":[],");
    assert_contains(manage("DescribeEntries", "{\"HoldId\":99999}"), "{\"Data\":[],");
}

static void the_registry_is_told_to_the_owner(void **state)
{
    (void)state;
    world_must(&world, "PutPolicy",
               "{\"UserUin\":\"7\",\"PolicyName\":\"p\",\"PolicyDocument\":\"{\\\"version\\\":"
               "\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":"
               "\\\"*\\\",\\\"resource\\\":\\\"*\\\"}}\"}");
    const char *answer = manage("DescribeEntries", "{\"Order\":\"asc\"}");
    assert_contains(answer, "{\"Response\":{\"Data\":[{\"AccountUin\":\"" OWNER "\",\"After\":{");
    assert_contains(answer, "\"Currency\":\"USD\",\"EntryId\":1,\"Kind\":\"organisation\","
                            "\"MemberUin\":\"" OWNER "\",\"Name\":\"seed\",\"Request\":{");
    assert_contains(answer,
                    "{\"AccountUin\":\"" OWNER "\",\"EntryId\":3,\"ExpiresAt\":\"9999-12-31 "
                    "23:59:59\",\"Kind\":\"add_key\",\"Request\":{");
    assert_contains(answer, "},\"SecretId\":\"" EXAMPLE_ID
                            "\",\"Time\":\"2026-11-23 03:12:53\",\"UserUin\":\"" OWNER "\"}");
    assert_contains(answer, "\"Kind\":\"put_policy\",\"PolicyName\":\"p\",");
    assert_null(strstr(answer, EXAMPLE_SECRET));
    assert_contains(manage("DescribeEntries", "{\"Kinds\":[\"put_policy\",\"delegate\"]}"),
                    "\"Kind\":\"put_policy\"");
    /* another organisation's are another's */
    world_must(&world, "CreateOrganization", "{\"Name\":\"other\",\"OwnerUin\":\"500\"}");
    assert_null(strstr(manage("DescribeEntries", "{}"), "\"other\""));
    assert_contains(manage("DescribeEntries", "{\"OrganizationId\":2}"), "\"Name\":\"other\"");
}

/* ---- a random history ---- */

enum { EVENTS = 700, ACCOUNTS = 4 };

struct event {
    int64_t time_s;
    int account;
    long long entry;
    long long balance; /* of the account, after it */
};

static struct event events[EVENTS];
static size_t event_count;

static long long balance_at(int account, int64_t before_s)
{
    long long balance = 0;
    for (size_t i = 0; i < event_count && events[i].time_s < before_s; i++)
        if (events[i].account == account)
            balance = events[i].balance;
    return balance;
}

static void add_event(int account, long long entry, long long balance)
{
    assert_true(event_count < EVENTS);
    events[event_count++] =
        (struct event){sys_now_us(&world.sys) / 1000000, account, entry, balance};
}

static void top_up(int account, long long amount)
{
    const char *answer = manage("CreateTransfers",
                                "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"%d\","
                                "\"Amount\":%lld}]}",
                                2000 + account, amount);
    const char *ids = strstr(answer, "\"EntryIds\":[");
    assert_non_null(ids);
    add_event(account, strtoll(ids + strlen("\"EntryIds\":["), NULL, 10),
              balance_at(account, INT64_MAX) + amount);
}

/* Several entries may be of one second. */
static void make_history(void)
{
    unsigned seed = 12345;
    for (int account = 0; account < ACCOUNTS; account++) {
        manage("CreateMembers", "{\"Members\":[{\"MemberUin\":\"%d\",\"MemberName\":\"m\"}]}",
               2000 + account);
        long long id = number_of(
            manage("DescribeEntries", "{\"MemberUin\":\"%d\"}", 2000 + account), "EntryId");
        add_event(account, id, 0);
    }
    for (int i = 0; i < 600; i++) {
        seed = seed * 1103515245 + 12345;
        unsigned draw = seed >> 16;
        world_set_seconds(&world, sys_now_us(&world.sys) / 1000000 + draw % 3);
        /* account 0 has nearly all */
        top_up(draw % 7 ? 0 : 1 + (int)(draw / 7 % 3), 1 + draw % 100);
    }
}

static void time_text(int64_t seconds, char text[32])
{
    time_t time = (time_t)seconds;
    struct tm parts;
    assert_non_null(gmtime_r(&time, &parts));
    assert_true(strftime(text, 32, "%Y-%m-%d %H:%M:%S", &parts) > 0);
}

static void a_balance_at_any_moment(void **state)
{
    char text[32];
    (void)state;
    make_history();
    int64_t first = events[0].time_s, last = events[event_count - 1].time_s;
    for (int64_t t = first; t <= last; t += 7) {
        for (int account = 0; account < ACCOUNTS; account++) {
            time_text(t, text);
            const char *answer =
                manage("DescribeMemberBalance", "{\"MemberUin\":\"%d\",\"AsOf\":\"%s\"}",
                       2000 + account, text);
            char expected[128];
            snprintf(expected, sizeof expected,
                     "{\"Response\":{\"AsOf\":\"%s\",\"BasicCreditAmount\":0,"
                     "\"CashAccountBalance\":%lld,",
                     text, balance_at(account, t + 1));
            assert_contains(answer, expected);
        }
    }
    assert_contains(manage("DescribeMemberBalance", "{\"MemberUin\":\"2000\"}"),
                    "\"IsCreditAccount\":false,\"MemberName\":\"m\",\"MemberUin\":\"2000\",");
    assert_int_equal(number_of(manage("DescribeMemberBalance", "{\"MemberUin\":\"2000\"}"),
                               "CashAccountBalance"),
                     balance_at(0, INT64_MAX));
}

/* What the model says a listing has: those of the account (or -1 for all) in [from, to). */
static size_t model_listing(int account, int64_t from, int64_t to, bool ascending, long long *ids)
{
    size_t count = 0;
    for (size_t i = 0; i < event_count; i++)
        if (events[i].account == account && events[i].time_s >= from && events[i].time_s < to)
            ids[count++] = events[i].entry;
    for (size_t i = 0; !ascending && i < count / 2; i++) {
        long long other = ids[i];
        ids[i] = ids[count - 1 - i];
        ids[count - 1 - i] = other;
    }
    return count;
}

/* Walks all pages. */
static size_t real_listing(const char *query, int limit, long long *ids, size_t max)
{
    char cursor[64] = "";
    size_t count = 0;
    for (int pages = 0; pages < 2000; pages++) {
        const char *answer =
            manage("DescribeEntries", "{%s,\"Limit\":%d,\"Cursor\":\"%s\"}", query, limit, cursor);
        assert_null(strstr(answer, "\"Error\""));
        size_t got = numbers_of(answer, "EntryId", ids + count, max - count);
        assert_true(got <= (size_t)limit);
        count += got;
        text_of(answer, "NextCursor", cursor, sizeof cursor);
        if (!*cursor)
            return count;
    }
    fail_msg("no end");
    return 0;
}

static void pages_have_no_gaps_and_no_repeats(void **state)
{
    static long long expected[EVENTS], got[EVENTS];
    static const int limits[] = {1, 3, 100, 257, 1000};
    char query[256], from_text[32], to_text[32];
    (void)state;
    int64_t first = events[0].time_s, last = events[event_count - 1].time_s;
    unsigned seed = 99;
    for (int i = 0; i < 60; i++) {
        seed = seed * 1103515245 + 12345;
        int64_t from = first + (int64_t)(seed >> 16) % (last - first + 1);
        seed = seed * 1103515245 + 12345;
        int64_t to = from + (int64_t)(seed >> 16) % (last - from + 3);
        int account = i % ACCOUNTS;
        bool ascending = i % 3 != 0;
        int limit = limits[i % 5];
        if (limit == 1)
            from = to - 20;
        time_text(from, from_text);
        time_text(to, to_text);
        snprintf(query, sizeof query,
                 "\"MemberUin\":\"%d\",\"StartTime\":\"%s\",\"EndTime\":\"%s\",\"Order\":\"%s\"",
                 2000 + account, from_text, to_text, ascending ? "asc" : "desc");
        size_t count = model_listing(account, from, to, ascending, expected);
        size_t real = real_listing(query, limit, got, EVENTS);
        if (real != count || memcmp(got, expected, count * sizeof got[0]) != 0)
            fail_msg("%s: %zu, expected %zu", query, real, count);
    }
}

/* The same over the organisation, by sequence; and both ways while more comes in. */
static void pages_while_entries_arrive(void **state)
{
    char cursor[64] = "";
    static long long got[4 * EVENTS];
    size_t count = 0;
    (void)state;
    long long newest = events[event_count - 1].entry;
    for (int page = 0; page < 100; page++) {
        const char *answer = manage("DescribeEntries", "{\"Limit\":50,\"Cursor\":\"%s\"}", cursor);
        count += numbers_of(answer, "EntryId", got + count, 4 * EVENTS - count);
        text_of(answer, "NextCursor", cursor, sizeof cursor);
        if (!*cursor)
            break;
        top_up(0, 1);
    }
    assert_int_equal(got[0], newest);
    assert_int_equal(got[count - 1], 1);
    for (size_t i = 1; i < count; i++)
        assert_true(got[i] < got[i - 1]);
    count = 0;
    *cursor = '\0';
    for (int page = 0; page < 100; page++) {
        const char *answer = manage("DescribeEntries",
                                    "{\"MemberUin\":\"2000\",\"Order\":\"asc\",\"Limit\":50,"
                                    "\"Cursor\":\"%s\"}",
                                    cursor);
        count += numbers_of(answer, "EntryId", got + count, 4 * EVENTS - count);
        text_of(answer, "NextCursor", cursor, sizeof cursor);
        if (!*cursor)
            break;
        if (page < 3)
            top_up(0, 1);
    }
    static long long expected[EVENTS];
    assert_int_equal(model_listing(0, 0, INT64_MAX, true, expected), count);
    assert_memory_equal(got, expected, count * sizeof got[0]);
    /* descending by account, more coming in: what was there when it began */
    size_t before = count;
    count = 0;
    *cursor = '\0';
    for (int page = 0; page < 100; page++) {
        const char *answer = manage(
            "DescribeEntries", "{\"MemberUin\":\"2000\",\"Limit\":50,\"Cursor\":\"%s\"}", cursor);
        count += numbers_of(answer, "EntryId", got + count, 4 * EVENTS - count);
        text_of(answer, "NextCursor", cursor, sizeof cursor);
        if (!*cursor)
            break;
        if (page < 3)
            top_up(0, 1);
    }
    assert_int_equal(count, before);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(got[i], expected[before - 1 - i]);
}

/* Opening, entries and closing agree; periods side by side share nothing and leave nothing out. */
static void statements_add_up(void **state)
{
    char from_text[32], to_text[32], cursor[64];
    static long long ids[EVENTS], expected[EVENTS];
    (void)state;
    int64_t first = events[0].time_s, last = events[event_count - 1].time_s + 1;
    size_t total = 0;
    for (int64_t from = first; from < last; from += 100) {
        int64_t to = from + 100;
        time_text(from, from_text);
        time_text(to, to_text);
        *cursor = '\0';
        size_t count = 0;
        do {
            const char *answer = manage(
                "DescribeStatement",
                "{\"MemberUin\":\"2000\",\"StartTime\":\"%s\",\"EndTime\":\"%s\",\"Limit\":40,"
                "\"Cursor\":\"%s\"}",
                from_text, to_text, cursor);
            assert_null(strstr(answer, "\"Error\""));
            const char *data = strstr(answer, ",\"Data\":[");
            const char *opening = strstr(answer, ",\"Opening\":");
            assert_true(data && opening);
            assert_int_equal(number_of(answer, "CashAccountBalance"), balance_at(0, to));
            assert_int_equal(number_of(opening, "CashAccountBalance"), balance_at(0, from));
            count += numbers_of(data, "EntryId", ids + count, EVENTS - count);
            text_of(answer, "NextCursor", cursor, sizeof cursor);
        } while (*cursor);
        assert_int_equal(model_listing(0, from, to, true, expected), count);
        assert_memory_equal(ids, expected, count * sizeof ids[0]);
        total += count;
    }
    assert_int_equal(total, model_listing(0, 0, INT64_MAX, true, expected));
}

static void what_a_request_made(void **state)
{
    long long ids[8];
    (void)state;
    manage("CreateTransfers",
           "{\"ClientToken\":\"t\",\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"2001\","
           "\"Amount\":1},{\"Kind\":\"top_up\",\"MemberUin\":\"2002\",\"Amount\":1},{\"Kind\":"
           "\"top_up\",\"MemberUin\":\"2001\",\"Amount\":1}]}");
    manage("CreateTransfers", "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"2001\","
                              "\"Amount\":1}]}");
    const char *answer = manage("DescribeEntries", "{\"ClientToken\":\"t\"}");
    assert_int_equal(numbers_of(answer, "EntryId", ids, 8), 3);
    assert_true(ids[0] == ids[1] + 1 && ids[1] == ids[2] + 1);
    answer = manage("DescribeEntries", "{\"ClientToken\":\"t\",\"MemberUin\":\"2001\"}");
    assert_int_equal(numbers_of(answer, "EntryId", ids, 8), 2);
    assert_contains(manage("DescribeEntries", "{\"ClientToken\":\"unused\"}"), "{\"Data\":[],");
    assert_contains(manage("DescribeEntries", "{\"ClientToken\":\"a b\"}"), "`ClientToken`");
}

static void what_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *action, *body, *code, *message;
    } table[] = {
        {"DescribeEntries", "{\"MemberUin\":\"404\"}", "ResourceNotFound", NO_ACCOUNT},
        {"DescribeEntries", "{\"MemberUin\":\"x\"}", "InvalidParameterValue",
         "A value specified in `MemberUin` is not valid, is unsupported, or cannot be used: an "
         "account has 1 to 20 digits and no leading zero."},
        {"DescribeEntries", "{\"Kinds\":[\"charge\",\"request\"]}", "InvalidParameterValue",
         "A value specified in `Kinds` is not valid, is unsupported, or cannot be used."},
        {"DescribeEntries", "{\"Order\":\"up\"}", "InvalidParameterValue",
         "A value specified in `Order` is not valid, is unsupported, or cannot be used: it must be "
         "one of asc, desc."},
        {"DescribeEntries", "{\"Cursor\":\"m5\"}", "InvalidParameterValue",
         "A value specified in `Cursor` is not valid, is unsupported, or cannot be used: it must "
         "be "
         "the NextCursor of an answer to the same question."},
        {"DescribeEntries", "{\"MemberUin\":\"2000\",\"Cursor\":\"m\"}", "InvalidParameterValue",
         "A value specified in `Cursor` is not valid, is unsupported, or cannot be used: it must "
         "be "
         "the NextCursor of an answer to the same question."},
        {"DescribeEntries", "{\"Limit\":1001}", "InvalidParameterValue",
         "A value specified in `Limit` is not valid, is unsupported, or cannot be used: it must be "
         "between 1 and 1000."},
        {"DescribeEntries", "{\"StartTime\":\"yesterday\"}", "InvalidParameterValue",
         "A value specified in `StartTime` is not valid, is unsupported, or cannot be used: a time "
         "is written `2026-11-23 13:00:00` (UTC) or as RFC 3339."},
        {"DescribeEntries", "{\"OrganizationId\":9}", "ResourceNotFound",
         "The organization is not found."},
        {"DescribeMemberBalance", "{\"MemberUin\":\"404\"}", "ResourceNotFound", NO_ACCOUNT},
        {"DescribeMemberBalance", "{\"MemberUin\":\"404\",\"AsOf\":\"2026-11-23 03:12:53\"}",
         "ResourceNotFound", NO_ACCOUNT},
        {"DescribeMemberBalance", "{\"MemberUin\":\"2000\",\"AsOf\":\"2099-01-01 00:00:00\"}",
         "InvalidParameterValue",
         "A value specified in `AsOf` is not valid, is unsupported, or cannot be used: a moment is "
         "written in Unix seconds or as RFC 3339, not before the organization was created and not "
         "in the future."},
        {"DescribeMemberBalance", "{\"MemberUin\":\"2000\",\"AsOf\":\"2026-11-23 03:12:52\"}",
         "InvalidParameterValue",
         "A value specified in `AsOf` is not valid, is unsupported, or cannot be used: a moment is "
         "written in Unix seconds or as RFC 3339, not before the organization was created and not "
         "in the future."},
        {"DescribeStatement", "{\"MemberUin\":\"2000\"}", "MissingParameter",
         "The request is missing a required parameter `StartTime`."},
        {"DescribeStatement",
         "{\"MemberUin\":\"2000\",\"StartTime\":\"2026-11-24 00:00:00\",\"EndTime\":\"2026-11-24 "
         "00:00:00\"}",
         "InvalidParameterValue",
         "A value specified in `EndTime` is not valid, is unsupported, or cannot be used: the "
         "period "
         "must end after it starts."},
        {"DescribeStatement", "{\"MemberUin\":\"404\",\"StartTime\":\"2026-11-23 00:00:00\"}",
         "ResourceNotFound", NO_ACCOUNT},
        {"DescribeStatement",
         "{\"MemberUin\":\"2000\",\"StartTime\":\"2026-11-23 00:00:00\",\"Cursor\":\"s1\"}",
         "InvalidParameterValue",
         "A value specified in `Cursor` is not valid, is unsupported, or cannot be used: it must "
         "be "
         "the NextCursor of an answer to the same question."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_error(world_manage(&world, table[i].action, table[i].body), table[i].code,
                     table[i].message);
}

/* Before it joined and after it left an account has no balance, but its entries stay. */
static void who_was_not_there(void **state)
{
    char joined[32], left[32], later[32];
    (void)state;
    int64_t now = sys_now_us(&world.sys) / 1000000;
    time_text(now + 10, joined);
    time_text(now + 20, left);
    time_text(now + 30, later);
    world_set_seconds(&world, now + 11);
    manage("CreateMembers", "{\"Members\":[{\"MemberUin\":\"3000\",\"MemberName\":\"m\"}]}");
    world_set_seconds(&world, now + 20);
    manage("DeleteMember", "{\"MemberUin\":\"3000\"}");
    world_set_seconds(&world, now + 30);
    static const char then[] =
        "The account was not the owner or a member of the organization at that moment.";
    assert_error(
        manage("DescribeMemberBalance", "{\"MemberUin\":\"3000\",\"AsOf\":\"%s\"}", joined),
        "ResourceNotFound", then);
    assert_error(manage("DescribeMemberBalance", "{\"MemberUin\":\"3000\",\"AsOf\":\"%s\"}", later),
                 "ResourceNotFound", then);
    assert_error(manage("DescribeMemberBalance", "{\"MemberUin\":\"3000\",\"AsOf\":\"%s\"}", left),
                 "ResourceNotFound", then);
    time_text(now + 19, left);
    assert_contains(
        manage("DescribeMemberBalance", "{\"MemberUin\":\"3000\",\"AsOf\":\"%s\"}", left),
        "\"CashAccountBalance\":0,");
    assert_error(manage("DescribeMemberBalance", "{\"MemberUin\":\"3000\"}"), "ResourceNotFound",
                 NO_ACCOUNT);
    assert_contains(manage("DescribeEntries", "{\"MemberUin\":\"3000\"}"), "\"Kind\":\"leave\"");
}

/* A hold that ends and credit that starts and ends count at their moments, also before anything has
 * noticed that they are due. */
static void time_counts_at_its_moment(void **state)
{
    char at[32], before[32], starts[32], ends[32];
    (void)state;
    int64_t now = sys_now_us(&world.sys) / 1000000 + 100;
    world_set_seconds(&world, now);
    manage("CreateMembers", "{\"Members\":[{\"MemberUin\":\"4000\",\"MemberName\":\"m\","
                            "\"CashAccountBalance\":100}]}");
    time_text(now + 50, at);
    time_text(now + 49, before);
    time_text(now + 60, starts);
    time_text(now + 70, ends);
    manage("CreateHold", "{\"MemberUin\":\"4000\",\"Amount\":30,\"ExpiresAt\":\"%s\"}", at);
    manage("CreateTemporaryCredit",
           "{\"MemberUin\":\"4000\",\"Amount\":5,\"StartTime\":\"%s\",\"EndTime\":\"%s\"}", starts,
           ends);
    for (int round = 0; round < 2; round++) {
        world_set_seconds(&world, now + 80);
        if (round == 1) /* now their entries are written */
            manage("CreateTransfers", "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"4000\","
                                      "\"Amount\":1}]}");
#define AS_OF(text)                                                                                \
    manage("DescribeMemberBalance", "{\"MemberUin\":\"4000\",\"AsOf\":\"%s\"}", text)
        assert_contains(AS_OF(before), "\"RealBalance\":70,\"TempCredit\":0,");
        assert_contains(AS_OF(at), "\"RealBalance\":100,\"TempCredit\":0,");
        assert_contains(AS_OF(starts), "\"RealBalance\":100,\"TempCredit\":5,");
        assert_contains(AS_OF(ends), "\"RealBalance\":100,\"TempCredit\":0,");
#undef AS_OF
    }
}

/* A member sees its own entries and, of a move, not the other's balance; a delegate its scope. */
static void who_may_see_what(void **state)
{
    struct signed_call call = {.host = HOST,
                               .version = VERSION,
                               .action = "DescribeEntries",
                               .secret_id = "AKIDmember",
                               .secret_key = "s-0123456789abcdef",
                               .body = "{\"Kinds\":[\"move\"]}"};
    (void)state;
    manage("CreateTransfers", "{\"Transfers\":[{\"Kind\":\"move\",\"MemberUin\":\"2000\","
                              "\"ToMemberUin\":\"2001\",\"Amount\":1}]}");
    manage("CreateKey", "{\"AccountUin\":\"2001\",\"SecretId\":\"AKIDmember\",\"SecretKey\":\"s-"
                        "0123456789abcdef\"}");
    const char *answer = world_call(&world, &call);
    assert_contains(answer, "{\"Data\":[{\"Amount\":1,\"EntryId\":");
    assert_contains(answer, ",\"MemberUin\":\"2000\",\"Reason\":\"\",");
    assert_contains(answer, "\"ToAfter\":{");
    assert_null(strstr(answer, "\"After\":{"));
    call.body = "{\"MemberUin\":\"2000\"}";
    assert_contains(world_call(&world, &call), "perform operation (bursar:DescribeEntries)");
    call.body = "{}";
    call.action = "DescribeMemberBalance";
    assert_contains(world_call(&world, &call), "\"MemberUin\":\"2001\",");
    call.action = "DescribeStatement";
    call.body = "{\"StartTime\":\"2026-11-23 00:00:00\"}";
    assert_contains(world_call(&world, &call), "\"Opening\":{");
    call.body = "{\"StartTime\":\"2026-11-23 00:00:00\",\"MemberUin\":\"2002\"}";
    assert_contains(world_call(&world, &call), "UnauthorizedOperation.CamNoAuth");
    manage("PutDelegation", "{\"AccountUin\":\"2001\",\"MemberUins\":[\"2002\"]}");
    assert_contains(world_call(&world, &call), "\"Opening\":{");
    call.action = "DescribeEntries";
    call.body = "{}";
    assert_null(strstr(world_call(&world, &call), "add_key"));
}

/* A call reads 20,000 entries at most: then a page is short, and its cursor goes on. */
static void much_is_read_in_parts(void **state)
{
    struct buffer body;
    char cursor[64] = "";
    long long ids[4];
    size_t found = 0, calls = 0;
    (void)state;
    manage("CreateMembers", "{\"Members\":[{\"MemberUin\":\"6000\",\"MemberName\":\"busy\"}]}");
    buffer_init(&body, 1 << 20);
    buffer_text(&body, "{\"Transfers\":[");
    for (int i = 0; i < 8190; i++)
        buffer_printf(&body, "%s{\"Kind\":\"top_up\",\"MemberUin\":\"6000\",\"Amount\":1}",
                      i ? "," : "");
    buffer_text(&body, "]}");
    buffer_char(&body, '\0');
    for (int i = 0; i < 3; i++)
        world_must(&world, "CreateTransfers", body.at);
    buffer_done(&body);
    do {
        const char *answer =
            manage("DescribeEntries",
                   "{\"MemberUin\":\"6000\",\"Kinds\":[\"join\"],\"Cursor\":\"%s\"}", cursor);
        found += numbers_of(answer, "EntryId", ids, 4);
        text_of(answer, "NextCursor", cursor, sizeof cursor);
        calls++;
    } while (*cursor);
    assert_int_equal(found, 1);
    assert_int_equal(calls, 2);
    /* the grants of then cannot be found out in one call; the rest can */
    manage(
        "CreateKey",
        "{\"AccountUin\":\"6000\",\"SecretId\":\"AKIDbusy\",\"SecretKey\":\"s-0123456789abcdef\"}");
    world_set_seconds(&world, sys_now_us(&world.sys) / 1000000 + 10);
    char headers[64];
    snprintf(headers, sizeof headers, "X-Bursar-As-Of: %lld\r\n",
             (long long)sys_now_us(&world.sys) / 1000000 - 5);
    struct signed_call call = {.action = "DescribeAccountBalance",
                               .secret_id = "AKIDbusy",
                               .secret_key = "s-0123456789abcdef",
                               .headers = headers};
    assert_contains(world_call(&world, &call), "\"CashAccountBalance\":24570,");
    call.body = "{\"TempCredit\":true}";
    assert_error(world_call(&world, &call), "LimitExceeded",
                 "The question needs more of the journal than one call may read.");
}

/* ---- a historian with too much to do ---- */

struct busy {
    pthread_mutex_t lock;
    atomic_bool begun;
    unsigned done;
};

static struct status busy_run(struct history_job *job, struct history *history, struct fault *fault)
{
    struct busy *busy = job->context;
    (void)history;
    (void)fault;
    atomic_store(&busy->begun, true);
    pthread_mutex_lock(&busy->lock);
    pthread_mutex_unlock(&busy->lock);
    return STATUS_DONE;
}

static void busy_done(struct history_job *job)
{
    struct busy *busy = job->context;
    pthread_mutex_lock(&busy->lock);
    busy->done++;
    pthread_mutex_unlock(&busy->lock);
}

/* One organisation's questions take the places there are for it, and others are answered. */
static void too_many_wait_for_the_journal(void **state)
{
    enum { JOBS_MAX = 4096 };
    static struct history_job jobs[JOBS_MAX];
    static struct world_write other;
    struct busy busy = {.lock = PTHREAD_MUTEX_INITIALIZER};
    unsigned submitted = 0, done = 0;
    (void)state;
    world_must(&world, "CreateOrganization",
               "{\"Name\":\"two\",\"Currency\":\"USD\",\"OwnerUin\":\"9000\"}");
    pthread_mutex_lock(&busy.lock);
    for (bool taken = true; taken; submitted += taken) {
        assert_true(submitted < JOBS_MAX);
        jobs[submitted] = (struct history_job){
            .run = busy_run, .done = busy_done, .context = &busy, .organisation = 1};
        taken = historian_submit(world.historian, &jobs[submitted]);
        while (!atomic_load(&busy.begun)) /* the first is at work: no other makes room */
            (void)sched_yield();
    }
    assert_error(manage("DescribeEntries", "{}"), "ServiceUnavailable",
                 "Service is unavailable now.");
    assert_contains(manage("DescribeMemberBalance", "{\"MemberUin\":\"2000\"}"), "\"EntryId\":");
    world_begin(&world, "DescribeEntries", "{\"OrganizationId\":2}", &other);
    assert_true(other.is_pending);
    pthread_mutex_unlock(&busy.lock);
    assert_contains(world_finish(&world, &other), "\"Data\":[");
    world_write_done(&other);
    while (done < submitted) {
        pthread_mutex_lock(&busy.lock);
        done = busy.done;
        pthread_mutex_unlock(&busy.lock);
    }
    assert_contains(manage("DescribeEntries", "{}"), "\"Data\":[{");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_told),
        cmocka_unit_test(the_registry_is_told_to_the_owner),
        cmocka_unit_test(a_balance_at_any_moment),
        cmocka_unit_test(pages_have_no_gaps_and_no_repeats),
        cmocka_unit_test(pages_while_entries_arrive),
        cmocka_unit_test(statements_add_up),
        cmocka_unit_test(what_a_request_made),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(who_was_not_there),
        cmocka_unit_test(time_counts_at_its_moment),
        cmocka_unit_test(who_may_see_what),
        cmocka_unit_test(much_is_read_in_parts),
        cmocka_unit_test(too_many_wait_for_the_journal),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
