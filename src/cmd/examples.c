/* Example members. Owns nothing but the request being built. */
#include "cmd/examples.h"

#include "cmd/answer.h"
#include "codec/json.h"
#include "codec/timestamp.h"

#include <inttypes.h>
#include <stdio.h>

enum { GENERATED_A_CALL = 1000, REQUEST_BYTES_MAX = 4 << 20, DAY_S = 86400 };

/* Amounts in cents, as the API writes them; NULL = 0. */
struct example {
    const char *uin, *name;
    bool is_credit, arrears;
    const char *cash; /* CashAccountBalance: with what is owed added back */
    const char *owe, *income, *gift, *frozen, *basic_credit;
    struct {
        const char *amount;
        int start_days, end_days; /* from today's midnight, UTC */
    } temporary;
};

static const struct example examples[] = {
    /* The documentation's request gets the documentation's answer. */
    {.uin = "700001941608", .name = "kleinerwang_test", .cash = "36365911"},
    /* The sample values of the documentation's data type: a credit account without credit. */
    {.uin = "100049260339", .name = "test_1118", .is_credit = true, .cash = "1061"},
    {.uin = "100050000001", .name = "zero"},
    {.uin = "100050000002",
     .name = "credit in use",
     .is_credit = true,
     .cash = "-250000",
     .basic_credit = "1000000"},
    {.uin = "100050000003",
     .name = "overdue beyond credit",
     .is_credit = true,
     .arrears = true,
     .cash = "-500000",
     .owe = "120000.5",
     .basic_credit = "500000"},
    {.uin = "100050000004",
     .name = "overdue without credit",
     .arrears = true,
     .cash = "0",
     .owe = "199"},
    {.uin = "100050000005", .name = "frozen", .cash = "500000", .frozen = "120000"},
    {.uin = "100050000006",
     .name = "gift and income",
     .cash = "10000",
     .income = "5000",
     .gift = "30000"},
    {.uin = "100050000007",
     .name = "temporary credit, active",
     .is_credit = true,
     .cash = "-150000",
     .basic_credit = "100000",
     .temporary = {"200000", -1, 30}},
    {.uin = "100050000008",
     .name = "temporary credit, expired",
     .is_credit = true,
     .cash = "-50000",
     .basic_credit = "100000",
     .temporary = {"200000", -60, -30}},
    {.uin = "100050000009",
     .name = "temporary credit, to come",
     .is_credit = true,
     .basic_credit = "100000",
     .temporary = {"200000", 30, 60}},
    /* More than 2^24 cents: clients that keep amounts in 32-bit floats show another number. */
    {.uin = "100050000010", .name = "large", .cash = "123456789012"},
    {.uin = "100050000011", .name = "fractions of a cent", .cash = "1061.25", .gift = "0.0001"},
    {.uin = "100050000012", .name = "名称 with \"quotes\" & é", .cash = "8888"},
};

static void write_amount(struct json_writer *writer, const char *name, const char *cents)
{
    if (!cents)
        return;
    json_write_key(writer, slice_text(name));
    json_write_raw(writer, slice_text(cents));
}

static void write_time(struct json_writer *writer, const char *name, int64_t us)
{
    char memory[40];
    struct buffer text;
    buffer_init_fixed(&text, memory, sizeof(memory));
    timestamp_print_rfc3339(&text, us);
    json_write_key(writer, slice_text(name));
    json_write_string(writer, buffer_slice(&text));
}

static void write_temporary(struct json_writer *writer, const struct example *example,
                            int64_t now_us)
{
    const int64_t day_us = INT64_C(1000000) * DAY_S;
    int64_t midnight_us = now_us - now_us % day_us;
    if (!example->temporary.amount)
        return;
    json_write_key(writer, SLICE("TempAmountInfoList"));
    json_open_array(writer);
    json_open_object(writer);
    write_amount(writer, "TempAmount", example->temporary.amount);
    write_time(writer, "StartTime", midnight_us + example->temporary.start_days * day_us);
    write_time(writer, "EndTime", midnight_us + example->temporary.end_days * day_us);
    json_close_object(writer);
    json_close_array(writer);
}

static void write_flag(struct json_writer *writer, const char *name, bool value)
{
    json_write_key(writer, slice_text(name));
    json_write_bool(writer, value);
}

static void write_example(struct json_writer *writer, const struct example *example, int64_t now_us)
{
    json_open_object(writer);
    json_write_key(writer, SLICE("MemberUin"));
    json_write_string(writer, slice_text(example->uin));
    json_write_key(writer, SLICE("MemberName"));
    json_write_string(writer, slice_text(example->name));
    write_flag(writer, "IsCreditAccount", example->is_credit);
    write_flag(writer, "AllowArrears", example->arrears);
    write_amount(writer, "CashAccountBalance", example->cash);
    write_amount(writer, "OweAmount", example->owe);
    write_amount(writer, "IncomeIntoAccountBalance", example->income);
    write_amount(writer, "PresentAccountBalance", example->gift);
    write_amount(writer, "FreezeAmount", example->frozen);
    write_amount(writer, "BasicCreditAmount", example->basic_credit);
    write_temporary(writer, example, now_us);
    json_close_object(writer);
}

static void begin_request(struct json_writer *writer, struct buffer *request)
{
    buffer_clear(request);
    json_writer_init(writer, request);
    json_open_object(writer);
    json_write_key(writer, SLICE("Members"));
    json_open_array(writer);
}

static int send_request(const struct subcommand *self, struct admin *admin,
                        struct json_writer *writer, const struct buffer *request)
{
    struct slice response, refused;
    json_close_array(writer);
    json_close_object(writer);
    if (!buffer_ok(request))
        return fail(self, EXIT_NETWORK, "out of memory");
    int code = admin_do(self, admin, "CreateMembers", buffer_slice(request), &response);
    if (code >= 0)
        return code;
    char memory[1024];
    struct arena arena;
    arena_init_fixed(&arena, memory, sizeof(memory));
    if (!answer_text(response, "Refused", &arena, &refused) || !slice_equal(refused, SLICE("0")))
        return fail(self, EXIT_USAGE, "the example members do not fit this book: %.*s",
                    SLICE_ARGS(response));
    return -1;
}

static int add_examples(const struct subcommand *self, struct admin *admin, size_t count,
                        int64_t now_us)
{
    struct buffer request;
    struct json_writer writer;
    buffer_init(&request, REQUEST_BYTES_MAX);
    begin_request(&writer, &request);
    for (size_t i = 0; i < count; i++)
        write_example(&writer, &examples[i], now_us);
    int code = send_request(self, admin, &writer, &request);
    buffer_done(&request);
    return code;
}

int examples_add_documented(const struct subcommand *self, struct admin *admin)
{
    return add_examples(self, admin, 1, 0);
}

int examples_add_all(const struct subcommand *self, struct admin *admin, int64_t now_us)
{
    return add_examples(self, admin, sizeof(examples) / sizeof(examples[0]), now_us);
}

/* Every third has credit; balances spread over both sides of zero. */
static void write_generated(struct json_writer *writer, uint64_t number)
{
    char uin[32], name[32], cash[32];
    bool is_credit = number % 3 == 0;
    int64_t cents = (int64_t)(number * 7919 % 2000003) - (is_credit ? 400000 : 0);
    snprintf(uin, sizeof(uin), "%" PRIu64, UINT64_C(200000000000) + number);
    snprintf(name, sizeof(name), "member-%07" PRIu64, number);
    snprintf(cash, sizeof(cash), "%" PRId64, cents);
    struct example example = {.uin = uin, .name = name, .cash = cash, .is_credit = is_credit};
    if (is_credit)
        example.basic_credit = "500000";
    write_example(writer, &example, 0);
}

int examples_add_generated(const struct subcommand *self, struct admin *admin, uint64_t count)
{
    struct buffer request;
    int code = -1;
    buffer_init(&request, REQUEST_BYTES_MAX);
    for (uint64_t done = 0; done < count && code < 0;) {
        struct json_writer writer;
        begin_request(&writer, &request);
        for (int i = 0; i < GENERATED_A_CALL && done < count; i++)
            write_generated(&writer, ++done);
        code = send_request(self, admin, &writer, &request);
    }
    buffer_done(&request);
    return code;
}
