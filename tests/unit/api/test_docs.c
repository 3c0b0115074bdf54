/* docs/api.md: what stands between its "generated" marks is what the tables say. With
 * BURSAR_WRITE_DOCS=1 the file is written anew instead. Also: answers hold what the tables say. */
#include "world.h"

#include "api/action.h"
#include "api/balance_row.h"
#include "sys/file.h"

#include <stdlib.h>

static void write_parameter(const struct parameter *parameter, int depth, struct buffer *out)
{
    buffer_text(out, "| ");
    for (int i = 0; i < depth; i++)
        buffer_text(out, "&nbsp;&nbsp;");
    buffer_printf(out, "`%.*s` | %s%s | %s | ", SLICE_ARGS(parameter->name),
                  parameter->is_list ? "list of " : "", parameter_type_name(parameter->type),
                  parameter->required ? "yes" : "");
    if (parameter->is_list)
        buffer_printf(out, "At most %lld. ", (long long)parameter->maximum);
    else if (parameter->maximum == INT64_MAX)
        buffer_printf(out, "At least %lld. ", (long long)parameter->minimum);
    else if (parameter->maximum != 0)
        buffer_printf(out, "%lld to %lld. ", (long long)parameter->minimum,
                      (long long)parameter->maximum);
    buffer_printf(out, "%s |\n", parameter->help);
    for (uint32_t i = 0; parameter->fields && i < parameter->fields->count; i++)
        write_parameter(&parameter->fields->at[i], depth + 1, out);
}

static bool is_code_of(const enum error *error, struct slice code)
{
    return slice_equal(error_entry(*error)->code, code);
}

/* Each code once, with when it is answered; what every call may be refused with is in the table of
 * errors. */
static void write_refusals(const struct action *action, struct buffer *out)
{
    buffer_text(out, "\nRefusals of its own:\n\n");
    for (const enum error *error = action->refusals; *error != ERROR_NONE; error++) {
        struct slice code = error_entry(*error)->code;
        const enum error *first = action->refusals;
        while (!is_code_of(first, code))
            first++;
        if (first != error)
            continue;
        buffer_printf(out, "* `%.*s`: %s", SLICE_ARGS(code), error_entry(*error)->when);
        for (const enum error *other = error + 1; *other != ERROR_NONE; other++)
            if (is_code_of(other, code))
                buffer_printf(out, "; %s", error_entry(*other)->when);
        buffer_text(out, ".\n");
    }
}

/* What policies can tell apart in its calls. */
static void write_items(const struct action *action, struct buffer *out)
{
    if (action->items & ITEM_MEMBER)
        buffer_text(out, ", by member");
    if (action->items & ITEM_KIND) {
        buffer_text(out, ", `bursar:TransferKind` (");
        for (const char *const *kind = action->kinds; *kind; kind++)
            buffer_printf(out, "%s`%s`", kind == action->kinds ? "" : ", ", *kind);
        buffer_text(out, ")");
    }
    if (action->items & ITEM_AMOUNT)
        buffer_text(out, ", `bursar:Amount`");
}

/* Members of members stand below them; what has a name of its own stands elsewhere. */
static void write_members(const struct shape *shape, int depth, struct buffer *out)
{
    for (uint32_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        buffer_text(out, "| ");
        for (int j = 0; j < depth; j++)
            buffer_text(out, "&nbsp;&nbsp;");
        buffer_printf(out, "`%s` | %s", member->name.at, shape_type_name(member));
        if (member->item && member->item->name)
            buffer_printf(out, " `%s`", member->item->name);
        buffer_printf(out, " | %s | %s |\n", member->optional ? "" : "yes", member->help);
        if (member->item && !member->item->name)
            write_members(member->item, depth + 1, out);
    }
}

static void write_outputs(const struct shape *shape, struct buffer *out)
{
    buffer_text(out, "\n| answer | type | always | |\n|---|---|---|---|\n");
    write_members(shape, 0, out);
}

static void write_action(const struct product *product, const struct action *action,
                         struct buffer *out)
{
    buffer_printf(out, "\n### %.*s\n\n%s\n\nWho: %s. Policy action: `%.*s%.*s`",
                  SLICE_ARGS(action->name), action->help, access_text(action->access),
                  SLICE_ARGS(product->policy_prefixes[0]), SLICE_ARGS(action->name));
    write_items(action, out);
    buffer_printf(out, ".%s\n",
                  action->prepare ? " Writes: the answer comes after the commit is durable." : "");
    if (action->input.count > 0)
        buffer_text(out, "\n| parameter | type | needed | |\n|---|---|---|---|\n");
    for (uint32_t i = 0; i < action->input.count; i++)
        write_parameter(&action->input.at[i], 0, out);
    if (action->outputs.member_count == 0) {
        buffer_text(out, "\nAnswers only `RequestId`.\n");
        write_refusals(action, out);
        return;
    }
    write_outputs(&action->outputs, out);
    write_refusals(action, out);
}

/* Those with a name, each once. */
struct named {
    const struct shape *shapes[16];
    uint32_t count;
};

static void find_named(const struct shape *shape, struct named *named)
{
    for (uint32_t i = 0; i < shape->member_count; i++) {
        const struct shape *item = shape->members[i].item;
        bool is_new = item && item->name;
        for (uint32_t j = 0; j < named->count; j++)
            is_new = is_new && named->shapes[j] != item;
        if (is_new) {
            assert_true(named->count < sizeof named->shapes / sizeof named->shapes[0]);
            named->shapes[named->count++] = item;
        }
        if (item)
            find_named(item, named);
    }
}

static void write_actions(struct buffer *out)
{
    for (uint32_t i = 0; i < api_own_products.count; i++) {
        const struct product *product = api_own_products.at[i].product;
        buffer_printf(out, "\n## Product `%.*s`, version `%.*s`\n", SLICE_ARGS(product->name),
                      SLICE_ARGS(product->version));
        for (uint32_t j = 0; j < product->action_count; j++)
            write_action(product, product->actions[j], out);
    }
    buffer_text(out, "\n## Objects of several answers\n");
    struct named named = {.count = 0};
    for (uint32_t i = 0; i < api_own_products.count; i++) {
        const struct product *product = api_own_products.at[i].product;
        for (uint32_t j = 0; j < product->action_count; j++)
            find_named(&product->actions[j]->outputs, &named);
    }
    for (uint32_t i = 0; i < named.count; i++) {
        buffer_printf(out, "\n### Object `%s`\n", named.shapes[i]->name);
        write_outputs(named.shapes[i], out);
    }
    buffer_char(out, '\n');
}

/* A text as a table cell shows it. */
static void write_cell(struct slice text, struct buffer *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\n')
            buffer_text(out, "\\n");
        else
            buffer_char(out, text.at[i]);
    }
}

static void write_errors(struct buffer *out)
{
    static const char *const origins[] = {"both", "English", "ours"};
    buffer_text(out, "| code | when | English | Chinese | the cloud's |\n|---|---|---|---|---|\n");
    for (int error = ERROR_NONE + 1; error < ERROR_COUNT; error++) {
        const struct error_entry *entry = error_entry((enum error)error);
        buffer_printf(out, "| %.*s | %s | ", SLICE_ARGS(entry->code), entry->when);
        write_cell(entry->english, out);
        buffer_text(out, " | ");
        write_cell(entry->chinese, out);
        buffer_printf(out, " | %s |\n", origins[entry->origin]);
    }
}

struct section {
    const char *begin;
    const char *end;
    void (*write)(struct buffer *out);
};

static const struct section sections[] = {
    {"<!-- generated: actions -->\n", "<!-- end: actions -->", write_actions},
    {"<!-- generated: errors -->\n", "<!-- end: errors -->", write_errors},
};

/* Up to and with `mark`; the test fails when it is not there. */
static struct slice take_through(struct slice *rest, const char *mark)
{
    const char *found = memmem(rest->at, rest->len, mark, strlen(mark));
    if (!found)
        fail_msg("docs/api.md has no \"%s\"", mark);
    size_t len = (size_t)(found - rest->at) + strlen(mark);
    struct slice taken = slice_of(rest->at, len);
    *rest = slice_of(rest->at + len, rest->len - len);
    return taken;
}

static void the_document_is_what_the_tables_say(void **state)
{
    struct buffer file, fresh;
    struct fault fault;
    (void)state;
    buffer_init(&file, 1 << 20);
    buffer_init(&fresh, 1 << 20);
    if (!status_ok(file_read(DOCS "/api.md", &file, &fault)))
        fail_msg("%s", fault.text);
    struct slice rest = buffer_slice(&file);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        buffer_append(&fresh, take_through(&rest, sections[i].begin));
        sections[i].write(&fresh);
        (void)take_through(&rest, sections[i].end);
        buffer_text(&fresh, sections[i].end);
    }
    buffer_append(&fresh, rest);
    assert_true(buffer_ok(&fresh));
    if (getenv("BURSAR_WRITE_DOCS"))
        assert_true(status_ok(file_replace(DOCS "/api.md", buffer_slice(&fresh), 0644, &fault)));
    else if (!slice_equal(buffer_slice(&file), buffer_slice(&fresh)))
        fail_msg("docs/api.md differs from the tables: run this test with BURSAR_WRITE_DOCS=1");
    buffer_done(&file);
    buffer_done(&fresh);
}

/* ---- answers against the tables ---- */

static const struct shape_member *member_find(const struct shape *shape, struct slice name)
{
    for (uint32_t i = 0; i < shape->member_count; i++)
        if (slice_equal(shape->members[i].name, name))
            return &shape->members[i];
    return NULL;
}

static bool kind_fits(enum json_kind kind, const char *type)
{
    if (strcmp(type, "string") == 0)
        return kind == JSON_STRING;
    if (strcmp(type, "bool") == 0)
        return kind == JSON_TRUE || kind == JSON_FALSE;
    if (strncmp(type, "list of ", 8) == 0)
        return kind == JSON_ARRAY;
    if (strcmp(type, "object") == 0)
        return kind == JSON_OBJECT;
    return kind == JSON_NUMBER;
}

static void check_members(const struct shape *shape, struct json_reader *reader,
                          const char *answer);

static void check_value(const struct shape_member *member, struct json_reader *reader,
                        const char *answer)
{
    struct json_token token;
    enum json_kind kind = json_next(reader, &token);
    if (!kind_fits(kind, shape_type_name(member)))
        fail_msg("%s in %s", member->name.at, answer);
    if (kind == JSON_OBJECT)
        check_members(member->item, reader, answer);
    if (kind != JSON_ARRAY)
        return;
    while ((kind = json_next(reader, &token)) != JSON_ARRAY_END) {
        assert_true(kind == (member->item                 ? JSON_OBJECT
                             : member->kind == SHAPE_UINS ? JSON_STRING
                                                          : JSON_NUMBER));
        if (member->item)
            check_members(member->item, reader, answer);
    }
}

/* Every member is declared, of its type, in the table's order, and what must be there is. RequestId
 * ends an answer. */
static void check_members(const struct shape *shape, struct json_reader *reader, const char *answer)
{
    struct json_token token;
    const struct shape_member *next = shape->members;
    const struct shape_member *end = shape->members + shape->member_count;
    while (json_next(reader, &token) == JSON_KEY) {
        const struct shape_member *member = member_find(shape, token.text);
        if (!member && slice_equal(token.text, SLICE("RequestId")))
            break;
        if (!member || member < next)
            fail_msg("%.*s in %s", SLICE_ARGS(token.text), answer);
        for (; next < member; next++)
            if (!next->optional)
                fail_msg("no %s in %s", next->name.at, answer);
        next = member + 1;
        check_value(member, reader, answer);
    }
    for (; next < end; next++)
        if (!next->optional)
            fail_msg("no %s in %s", next->name.at, answer);
}

static void check_answer(const struct action *action, const char *answer)
{
    struct arena arena;
    struct json_reader reader;
    struct json_token token;
    assert_true(arena_init(&arena, 1 << 16, 1 << 20));
    json_reader_init(&reader, slice_text(answer), &arena);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
    assert_int_equal(json_next(&reader, &token), JSON_KEY);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
    check_members(&action->outputs, &reader, answer);
    assert_int_equal(json_next(&reader, &token), JSON_STRING);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT_END);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT_END);
    assert_int_equal(json_next(&reader, &token), JSON_END);
    arena_done(&arena);
}

static void check_order(const struct shape *shape)
{
    for (uint32_t i = 0; i < shape->member_count; i++) {
        if (i > 0 && slice_compare(shape->members[i - 1].name, shape->members[i].name) >= 0)
            fail_msg("%s stands in the wrong place", shape->members[i].name.at);
        if (shape->members[i].item)
            check_order(shape->members[i].item);
    }
}

/* Tables are in alphabetical order, and so are answers. */
static void tables_are_in_order(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < api_own_products.count; i++) {
        const struct product *product = api_own_products.at[i].product;
        for (uint32_t j = 0; j < product->action_count; j++)
            check_order(&product->actions[j]->outputs);
    }
}

/* For speed rows of balances are written by hand: to the letter as their table says. */
static void a_row_by_hand_is_as_the_table_says(void **state)
{
    const struct balance_row row = {
        .fields = {.real_balance = {-1}, .credit_amount = {123456789}, .owe_amount = {10000}},
        .is_credit = true,
        .uin = {1, 2},
        .name = SLICE("a\"b")};
    struct buffer by_hand, by_table;
    (void)state;
    buffer_init(&by_hand, 4096);
    buffer_init(&by_table, 4096);
    balance_row_write(&row, &by_hand);
    shape_write(&balance_row_shape, &row, &by_table);
    assert_true(by_hand.len > 0);
    assert_true(slice_equal(buffer_slice(&by_hand), buffer_slice(&by_table)));
    buffer_done(&by_hand);
    buffer_done(&by_table);
}

static void answers_hold_what_is_declared(void **state)
{
    static const struct {
        const char *action, *body;
    } table[] = {
        {"DescribeOrgMemberAccountBalance", "{}"},
        {"DescribeAccountBalance", "{\"TempCredit\":true}"},
        {"CreateMembers", "{\"Members\":[{\"MemberUin\":\"5\",\"MemberName\":\"x\"}]}"},
        {"DescribeMembers", "{}"},
        {"CreateTransfers",
         "{\"Transfers\":[{\"Kind\":\"top_up\",\"MemberUin\":\"5\",\"Amount\":1}]}"},
        {"CreateKey", "{\"AccountUin\":\"" OWNER "\",\"ExpiresAt\":\"2027-01-01T00:00:00Z\"}"},
        {"CreateTemporaryKey", "{\"AccountUin\":\"" OWNER "\"}"},
        {"DescribeKeys", "{}"},
        {"ModifyKey", "{\"SecretId\":\"" EXAMPLE_ID "\",\"Enabled\":true}"},
        {"PutPolicy",
         "{\"UserUin\":\"7\",\"PolicyName\":\"p\",\"PolicyDocument\":\"{\\\"version\\\":"
         "\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"allow\\\",\\\"action\\\":"
         "\\\"*\\\",\\\"resource\\\":\\\"*\\\"}}\"}"},
        {"DescribePolicies", "{}"},
        {"DeletePolicy", "{\"UserUin\":\"7\",\"PolicyName\":\"p\"}"},
        {"PutDelegation", "{\"AccountUin\":\"5\",\"Everyone\":true}"},
        {"DescribeDelegations", "{}"},
        {"DeleteDelegation", "{\"AccountUin\":\"5\"}"},
        {"DescribeOrganizations", "{}"},
        {"CreateHold", "{\"MemberUin\":\"5\",\"Amount\":0.5}"},
        {"DescribeHolds", "{\"MemberUin\":\"5\"}"},
        {"DescribeMemberBalance", "{\"MemberUin\":\"5\"}"},
        {"DescribeMemberBalance", "{\"MemberUin\":\"5\",\"AsOf\":\"2026-11-23 03:12:53\"}"},
        {"DescribeStatement", "{\"MemberUin\":\"5\",\"StartTime\":\"2026-11-23 03:12:53\"}"},
        {"DescribeEntries", "{}"},
        {"CreateTemporaryCredit", "{\"MemberUin\":\"5\",\"Amount\":0.25}"},
        {"ModifyMember", "{\"MemberUin\":\"5\",\"MemberName\":\"y\"}"},
    };
    struct world world;
    const struct product *billing = api_own_products.at[0].product;
    const struct product *bursar = api_own_products.at[1].product;
    (void)state;
    world_open(&world, NULL);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct signed_call call = {.action = table[i].action, .body = table[i].body};
        uint32_t index = product_action(billing, slice_text(call.action));
        const struct action *action;
        if (index < billing->action_count) {
            action = billing->actions[index];
        } else {
            action = bursar->actions[product_action(bursar, slice_text(call.action))];
            call.host = "bursar";
            call.version = "2026-11-01";
        }
        check_answer(action, world_call(&world, &call));
    }
    check_answer(&action_create_organization,
                 world_must(&world, "CreateOrganization", "{\"Name\":\"o\",\"OwnerUin\":\"6\"}"));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_is_what_the_tables_say),
        cmocka_unit_test(tables_are_in_order),
        cmocka_unit_test(a_row_by_hand_is_as_the_table_says),
        cmocka_unit_test(answers_hold_what_is_declared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
