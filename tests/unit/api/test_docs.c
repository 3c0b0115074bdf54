/* docs/api.md: what stands between its "generated" marks is what the tables say. With
 * BURSAR_WRITE_DOCS=1 the file is written anew instead. Also: answers hold what the tables say. */
#include "world.h"

#include "api/action.h"
#include "sys/file.h"

#include <stdlib.h>

static const char *access_text(enum access access)
{
    switch (access) {
    case ACCESS_BALANCES:
        return "the organization's owner, or a delegated member within its scope";
    case ACCESS_MEMBER:
        return "the organization's owner, a delegated member within its scope, and every account "
               "about itself";
    case ACCESS_OWN:
        return "every account that owns or belongs to an organization";
    case ACCESS_OWNER:
        return "the organization's owner";
    case ACCESS_OPERATOR:
        return "only the control socket";
    }
    return "";
}

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
    if (!action->outputs[0].name) {
        buffer_text(out, "\nAnswers only `RequestId`.\n");
        write_refusals(action, out);
        return;
    }
    buffer_text(out, "\n| answer | type | |\n|---|---|---|\n");
    for (const struct output *output = action->outputs; output->name; output++)
        buffer_printf(out, "| `%s` | %s | %s |\n", output->name, output->type, output->help);
    write_refusals(action, out);
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

static const struct output *output_find(const struct action *action, struct slice name)
{
    for (const struct output *output = action->outputs; output->name; output++)
        if (slice_equal(slice_text(output->name), name))
            return output;
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

/* Every member is declared, of its type, in alphabetical order, and RequestId comes last. */
static void check_answer(const struct action *action, const char *answer)
{
    struct arena arena;
    struct json_reader reader;
    struct json_token token;
    struct slice last = SLICE_NONE;
    assert_true(arena_init(&arena, 1 << 16, 1 << 20));
    json_reader_init(&reader, slice_text(answer), &arena);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
    assert_int_equal(json_next(&reader, &token), JSON_KEY);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT);
    while (json_next(&reader, &token) == JSON_KEY && !slice_equal(token.text, SLICE("RequestId"))) {
        const struct output *output = output_find(action, token.text);
        if (!output || (last.at && slice_compare(last, token.text) >= 0))
            fail_msg("%.*s in %s", SLICE_ARGS(token.text), answer);
        last = token.text;
        enum json_kind kind = json_next(&reader, &token);
        assert_true(kind_fits(kind, output->type));
        assert_true(json_skip_rest(&reader, kind));
    }
    assert_int_equal(json_next(&reader, &token), JSON_STRING);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT_END);
    assert_int_equal(json_next(&reader, &token), JSON_OBJECT_END);
    assert_int_equal(json_next(&reader, &token), JSON_END);
    arena_done(&arena);
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
        cmocka_unit_test(answers_hold_what_is_declared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
