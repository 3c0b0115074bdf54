/* X-Bursar-As-Of: the listing and the own account at past moments, against a plain model that the
 * test keeps of who was a member when, with what. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

enum { ACCOUNTS = 23, STEPS = 160, GRANTS = 4, STEP_S = 10 };
#define ACCOUNT_UIN 5000

static struct world world;

/* An account of the model. Amounts are whole cents. */
struct account {
    bool listed;
    int name;
    int cash;
    int held;
    int64_t held_until_s; /* 0 = nothing held */
    struct {
        int amount;
        int64_t start_s, end_s;
    } grants[GRANTS];
    int grant_count;
};

static struct account accounts[STEPS][ACCOUNTS]; /* at the end of each step's second */
static int64_t step_s[STEPS];
static unsigned seed = 7;

static unsigned draw(unsigned below)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % below;
}

static const char *manage(const char *action, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const char *manage(const char *action, const char *format, ...)
{
    static char body[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(body, sizeof body, format, arguments);
    va_end(arguments);
    return world_must(&world, action, body);
}

static void time_text(int64_t seconds, char text[32])
{
    time_t time = (time_t)seconds;
    struct tm parts;
    assert_non_null(gmtime_r(&time, &parts));
    assert_true(strftime(text, 32, "%Y-%m-%d %H:%M:%S", &parts) > 0);
}

/* ---- the model and the world, side by side ---- */

static int held_at(const struct account *account, int64_t now_s)
{
    return account->held_until_s > now_s ? account->held : 0;
}

static int granted_at(const struct account *account, int64_t now_s)
{
    int sum = 0;
    for (int i = 0; i < account->grant_count; i++)
        if (account->grants[i].start_s <= now_s && account->grants[i].end_s > now_s)
            sum += account->grants[i].amount;
    return sum;
}

static void join(struct account *account, int uin, int name)
{
    manage("CreateMembers", "{\"Members\":[{\"MemberUin\":\"%d\",\"MemberName\":\"n%d\"}]}", uin,
           name);
    *account = (struct account){.listed = true, .name = name};
}

static void leave(struct account *account, int uin, int64_t now_s)
{
    if (account->cash != 0 || held_at(account, now_s) != 0)
        return;
    manage("DeleteMember", "{\"MemberUin\":\"%d\"}", uin);
    *account = (struct account){.listed = false};
}

static void pay(struct account *account, int uin, int amount)
{
    manage("CreateTransfers",
           "{\"Transfers\":[{\"Kind\":\"adjust\",\"MemberUin\":\"%d\",\"CashAmount\":%d,"
           "\"Reason\":\"model\"}]}",
           uin, amount);
    account->cash += amount;
}

static void hold(struct account *account, int uin, int64_t now_s)
{
    char until[32];
    if (held_at(account, now_s) != 0 || account->cash < 5)
        return;
    account->held = 5;
    account->held_until_s = now_s + 3 + draw(40);
    time_text(account->held_until_s, until);
    manage("CreateHold", "{\"MemberUin\":\"%d\",\"Amount\":5,\"ExpiresAt\":\"%s\"}", uin, until);
}

static void grant(struct account *account, int uin, int64_t now_s)
{
    char start[32], end[32];
    if (account->grant_count == GRANTS)
        return;
    int64_t start_s = now_s + draw(30), end_s = start_s + 1 + draw(60);
    int amount = 1 + (int)draw(9);
    time_text(start_s, start);
    time_text(end_s, end);
    manage("CreateTemporaryCredit",
           "{\"MemberUin\":\"%d\",\"Amount\":%d,\"StartTime\":\"%s\",\"EndTime\":\"%s\"}", uin,
           amount, start, end);
    account->grants[account->grant_count].amount = amount;
    account->grants[account->grant_count].start_s = start_s;
    account->grants[account->grant_count++].end_s = end_s;
}

static void act(struct account *account, int uin, int64_t now_s, int step)
{
    if (!account->listed) {
        join(account, uin, step);
        return;
    }
    switch (draw(6)) {
    case 0:
        leave(account, uin, now_s);
        break;
    case 1:
        account->name = step;
        manage("ModifyMember", "{\"MemberUin\":\"%d\",\"MemberName\":\"n%d\"}", uin, step);
        break;
    case 2:
        hold(account, uin, now_s);
        break;
    case 3:
        grant(account, uin, now_s);
        break;
    default:
        pay(account, uin,
            account->cash > 0 && draw(3) == 0 && held_at(account, now_s) == 0 ? -account->cash
                                                                              : 1 + (int)draw(20));
        break;
    }
}

static int open_world(void **state)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    (void)state;
    options.calls_per_second = 0;
    world_open(&world, &options);
    for (int step = 0; step < STEPS; step++) {
        step_s[step] = START_S + STEP_S * (step + 1);
        world_set_seconds(&world, step_s[step]);
        if (step > 0)
            memcpy(accounts[step], accounts[step - 1], sizeof accounts[0]);
        for (int i = 0; i < 3; i++) {
            int which = (int)draw(ACCOUNTS);
            act(&accounts[step][which], ACCOUNT_UIN + which, step_s[step], step);
        }
    }
    world_set_seconds(&world, step_s[STEPS - 1] + 100);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&world);
    return 0;
}

/* ---- what the model says ---- */

static void write_row(const struct account *account, int uin, int64_t now_s, struct buffer *out)
{
    int credit = granted_at(account, now_s), owe = -(account->cash + credit);
    owe = owe > 0 ? owe : 0;
    buffer_printf(out,
                  "{\"BasicCreditAmount\":0,\"CashAccountBalance\":%d,\"CreditAmount\":%d,"
                  "\"IsCreditAccount\":false,\"MemberName\":\"n%d\",\"MemberUin\":\"%d\","
                  "\"OweAmount\":%d,\"RealBalance\":%d,\"TempCredit\":%d}",
                  account->cash + owe, credit, account->name, uin, owe,
                  account->cash - held_at(account, now_s), credit);
}

/* A page of the listing at a moment of a step, with the seed's member, who comes last. */
static const char *model_page(int step, int64_t now_s, uint64_t number, uint64_t size,
                              struct buffer *out)
{
    static const char seed_row[] =
        "{\"BasicCreditAmount\":0,\"CashAccountBalance\":36365911,\"CreditAmount\":0,"
        "\"IsCreditAccount\":false,\"MemberName\":\"kleinerwang_test\",\"MemberUin\":\"" SEED_MEMBER
        "\",\"OweAmount\":0,\"RealBalance\":36365911,\"TempCredit\":0}";
    uint64_t total = 0, rows = 0, first = (number - 1) * size;
    buffer_clear(out);
    buffer_text(out, "{\"Response\":{\"Data\":[");
    for (int i = 0; i <= ACCOUNTS; i++) {
        if (i < ACCOUNTS && (step < 0 || !accounts[step][i].listed))
            continue;
        bool is_on_page = total >= first && rows < size;
        total++;
        if (!is_on_page)
            continue;
        if (rows++ > 0)
            buffer_char(out, ',');
        if (i < ACCOUNTS)
            write_row(&accounts[step][i], ACCOUNT_UIN + i, now_s, out);
        else
            buffer_text(out, seed_row);
    }
    buffer_printf(out, "],\"PageNumber\":%llu,\"PageSize\":%llu,\"TotalCount\":%llu,",
                  (unsigned long long)number, (unsigned long long)rows, (unsigned long long)total);
    buffer_char(out, '\0');
    assert_true(buffer_ok(out));
    return out->at;
}

static const char *page_at(int64_t moment_s, bool rfc3339, const char *body)
{
    static char headers[96];
    char text[32];
    time_text(moment_s, text);
    text[10] = 'T';
    if (rfc3339)
        snprintf(headers, sizeof headers, "X-Bursar-As-Of: %sZ\r\n", text);
    else
        snprintf(headers, sizeof headers, "X-Bursar-As-Of: %lld\r\n", (long long)moment_s);
    return world_call(&world, &(struct signed_call){.body = body, .headers = headers});
}

static void assert_page(const char *answer, const char *expected)
{
    if (strncmp(answer, expected, strlen(expected)) != 0)
        fail_msg("expected %s\n     got %s", expected, answer);
}

/* ---- tests ---- */

static void every_page_of_every_step(void **state)
{
    struct buffer expected;
    char body[64];
    (void)state;
    buffer_init(&expected, 1 << 20);
    for (int step = 0; step < STEPS; step++) {
        /* at the step's second, and between it and the next one: only time has done something */
        int64_t moments[] = {step_s[step], step_s[step] + 1 + draw(STEP_S - 1)};
        for (int i = 0; i < 2; i++)
            for (unsigned page = 1; page <= 4; page++) {
                snprintf(body, sizeof body, "{\"PageNumber\":%u,\"PageSize\":%u}", page,
                         i ? 10u : 7u);
                const char *answer = page_at(moments[i], i, body);
                assert_page(answer, model_page(step, moments[i], page, i ? 10 : 7, &expected));
            }
    }
    buffer_done(&expected);
}

static void before_the_first_and_at_the_last_moment(void **state)
{
    struct buffer expected;
    (void)state;
    buffer_init(&expected, 1 << 20);
    int64_t now_s = sys_now_us(&world.sys) / 1000000;
    assert_page(page_at(START_S, false, "{}"), model_page(-1, START_S, 1, 10, &expected));
    assert_page(page_at(now_s, false, "{}"), model_page(STEPS - 1, now_s, 1, 10, &expected));
    assert_page(world_call(&world, &(struct signed_call){.body = "{}"}),
                model_page(STEPS - 1, now_s, 1, 10, &expected));
    buffer_done(&expected);
}

/* MemberUins: those who were listed then, each once, ascending. */
static void members_asked_for(void **state)
{
    (void)state;
    char expected[1024];
    struct buffer rows;
    buffer_init(&rows, 1 << 16);
    for (int step = 0; step < STEPS; step += 7) {
        static const int asked[] = {3, 0, 20, 11};
        static const int ascending[] = {0, 3, 11, 20};
        char body[256];
        int count = 0;
        snprintf(body, sizeof body, "{\"MemberUins\":[\"%d\",\"%d\",\"404\",\"%d\",\"%d\",\"%d\"]}",
                 ACCOUNT_UIN + asked[0], ACCOUNT_UIN + asked[1], ACCOUNT_UIN + asked[2],
                 ACCOUNT_UIN + asked[3], ACCOUNT_UIN + asked[0]);
        buffer_clear(&rows);
        for (int i = 0; i < 4; i++) {
            const struct account *account = &accounts[step][ascending[i]];
            if (!account->listed)
                continue;
            if (count++ > 0)
                buffer_char(&rows, ',');
            write_row(account, ACCOUNT_UIN + ascending[i], step_s[step], &rows);
        }
        snprintf(
            expected, sizeof expected,
            "{\"Response\":{\"Data\":[%.*s],\"PageNumber\":1,\"PageSize\":%d,\"TotalCount\":%d,",
            (int)rows.len, rows.at, count, count);
        assert_page(page_at(step_s[step], false, body), expected);
    }
    buffer_done(&rows);
}

/* A delegate with a scope sees those of its scope who were listed then. */
static void a_delegate_sees_its_scope(void **state)
{
    struct buffer rows;
    char expected[2048], headers[64];
    (void)state;
    buffer_init(&rows, 1 << 16);
    manage("CreateKey", "{\"AccountUin\":\"" SEED_MEMBER
                        "\",\"SecretId\":\"AKIDd\",\"SecretKey\":\"s-0123456789abcdef\"}");
    manage("PutDelegation",
           "{\"AccountUin\":\"" SEED_MEMBER "\",\"MemberUins\":[\"5002\",\"5009\"]}");
    for (int step = 0; step < STEPS; step += 9) {
        static const int scope[] = {2, 9};
        int count = 0;
        buffer_clear(&rows);
        for (int i = 0; i < 2; i++) {
            const struct account *account = &accounts[step][scope[i]];
            if (!account->listed)
                continue;
            if (count++ > 0)
                buffer_char(&rows, ',');
            write_row(account, ACCOUNT_UIN + scope[i], step_s[step], &rows);
        }
        snprintf(
            expected, sizeof expected,
            "{\"Response\":{\"Data\":[%.*s],\"PageNumber\":1,\"PageSize\":%d,\"TotalCount\":%d,",
            (int)rows.len, rows.at, count, count);
        snprintf(headers, sizeof headers, "X-Bursar-As-Of: %lld\r\n", (long long)step_s[step]);
        struct signed_call call = {
            .secret_id = "AKIDd", .secret_key = "s-0123456789abcdef", .headers = headers};
        assert_page(world_call(&world, &call), expected);
        call.body = "{\"MemberUins\":[\"5002\",\"5003\",\"5009\"]}";
        assert_page(world_call(&world, &call), expected);
    }
    manage("DeleteDelegation", "{\"AccountUin\":\"" SEED_MEMBER "\"}");
    buffer_done(&rows);
}

/* What is done later does not show, also when the selection is long gone. */
static void later_writes_change_nothing(void **state)
{
    struct buffer before, after;
    (void)state;
    buffer_init(&before, 1 << 20);
    buffer_init(&after, 1 << 20);
    int64_t moment = step_s[STEPS / 2];
    (void)answer_without_id(page_at(moment, false, "{\"PageNumber\":2}"), &before);
    manage("CreateMembers", "{\"Members\":[{\"MemberUin\":\"4999\",\"MemberName\":\"late\"}]}");
    for (int i = 0; i < ACCOUNTS; i++)
        if (accounts[STEPS - 1][i].listed)
            pay(&accounts[STEPS - 1][i], ACCOUNT_UIN + i, 1000);
    assert_string_equal(answer_without_id(page_at(moment, false, "{\"PageNumber\":2}"), &after),
                        before.at);
    for (int i = 0; i < 20; i++) /* more than are kept */
        (void)page_at(moment - 1 - i, false, "{}");
    assert_string_equal(answer_without_id(page_at(moment, false, "{\"PageNumber\":2}"), &after),
                        before.at);
    manage("DeleteMember", "{\"MemberUin\":\"4999\"}");
    buffer_done(&before);
    buffer_done(&after);
}

static const char *own_at(const char *uin_key, int64_t moment_s, const char *body)
{
    static char headers[64];
    snprintf(headers, sizeof headers, "X-Bursar-As-Of: %lld\r\n", (long long)moment_s);
    return world_call(&world, &(struct signed_call){.secret_id = uin_key,
                                                    .secret_key = "s-0123456789abcdef",
                                                    .action = "DescribeAccountBalance",
                                                    .headers = headers,
                                                    .body = body});
}

/* The own account: at each step what the model says, with the grants that had not ended. */
static void the_own_account(void **state)
{
    char expected[1024], start[32], end[32];
    int member = 0;
    (void)state;
    while (member < ACCOUNTS - 1 && !accounts[STEPS - 1][member].listed)
        member++;
    manage("CreateKey",
           "{\"AccountUin\":\"%d\",\"SecretId\":\"AKIDown\",\"SecretKey\":\"s-0123456789abcdef\"}",
           ACCOUNT_UIN + member);
    for (int step = 0; step < STEPS - 1; step++) {
        const struct account *account = &accounts[step][member];
        const char *answer = own_at("AKIDown", step_s[step], "{\"TempCredit\":true}");
        if (!account->listed) {
            assert_error(answer, "ResourceNotFound",
                         "The account was not the owner or a member of the organization at that "
                         "moment.");
            continue;
        }
        int credit = granted_at(account, step_s[step]), held = held_at(account, step_s[step]);
        snprintf(expected, sizeof expected,
                 "\"CreditAmount\":%d,\"CreditBalance\":%d,\"FreezeAmount\":%d,", credit,
                 account->cash + credit, held);
        assert_contains(answer, expected);
        struct buffer list;
        char memory[2048];
        buffer_init_fixed(&list, memory, sizeof memory);
        buffer_text(&list, ",\"TempAmountInfoList\":[");
        bool first = true;
        for (int i = 0; i < account->grant_count; i++) {
            if (account->grants[i].end_s <= step_s[step])
                continue;
            time_text(account->grants[i].start_s, start);
            time_text(account->grants[i].end_s, end);
            buffer_printf(
                &list,
                "%s{\"EndTime\":\"%s\",\"StartTime\":\"%s\",\"TempAmount\":%d,\"Uin\":\"%d\"}",
                first ? "" : ",", end, start, account->grants[i].amount, ACCOUNT_UIN + member);
            first = false;
        }
        buffer_printf(&list, "],\"TempCredit\":%d,\"Uin\":%d,", credit, ACCOUNT_UIN + member);
        buffer_char(&list, '\0');
        assert_contains(answer, memory);
    }
}

static void moments_that_cannot_be(void **state)
{
    static const char *const bad[] = {
        "",           "yesterday",  "-5",           "2026-11-23 03:12:53",
        "1795403572", "9999999999", "253402300800", "99999999999999999999"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char headers[96];
        snprintf(headers, sizeof headers, "X-Bursar-As-Of: %s\r\n", bad[i]);
        struct signed_call call = {.headers = headers};
        static const char english[] =
            "A value specified in `X-Bursar-As-Of` is not valid, is unsupported, or cannot be "
            "used: "
            "a moment is written in Unix seconds or as RFC 3339, not before the organization was "
            "created and not in the future.";
        static const char chinese[] =
            "参数 `X-Bursar-As-Of` 取值错误：时刻应为 Unix 秒数或 RFC 3339 "
            "格式，不早于企业组织的创建时间，且不晚于当前时间。";
        assert_refused(&world, &call, "InvalidParameterValue", english, chinese);
        call.action = "DescribeAccountBalance";
        assert_refused(&world, &call, "InvalidParameterValue", english, chinese);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_of_every_step),
        cmocka_unit_test(before_the_first_and_at_the_last_moment),
        cmocka_unit_test(members_asked_for),
        cmocka_unit_test(a_delegate_sees_its_scope),
        cmocka_unit_test(later_writes_change_nothing),
        cmocka_unit_test(the_own_account),
        cmocka_unit_test(moments_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
