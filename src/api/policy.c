/* Policies: documents to statements, and their verdict.
 *
 * Owns nothing; a compiled policy lives in the caller's arena. 1. A document that compiled never
 * allows more because of something in it that was not understood. Any thread. */
#include "api/policy.h"

#include "api/policy_rules.h"
#include "codec/json.h"

#include <stdlib.h>

/* The document being read; `error` is set once. */
struct compiler {
    struct json_reader reader;
    struct json_token token;
    struct arena *arena;
    const char *error;
    uint32_t strings_left;
    bool looks_at_time;
};

static bool fail(struct compiler *compiler, const char *error)
{
    if (!compiler->error)
        compiler->error = error;
    return false;
}

static enum json_kind next(struct compiler *compiler)
{
    return json_next(&compiler->reader, &compiler->token);
}

static void *take(struct compiler *compiler, size_t count, size_t size)
{
    void *memory = arena_take_array(compiler->arena, count, size);
    if (!memory)
        (void)fail(compiler, "it is too large");
    return memory;
}

/* Appends the string token; grows by doubling. */
static bool strings_add(struct compiler *compiler, struct strings *strings)
{
    if (compiler->strings_left == 0)
        return fail(compiler, "it is too large");
    compiler->strings_left--;
    if ((strings->count & (strings->count - 1)) == 0) {
        uint32_t cap = strings->count ? strings->count * 2 : 1;
        struct slice *at = take(compiler, cap, sizeof *at);
        if (!at)
            return false;
        if (strings->count > 0)
            memcpy(at, strings->at, strings->count * sizeof *at);
        strings->at = at;
    }
    strings->at[strings->count++] = compiler->token.text;
    return true;
}

/* A string, or a list of at least one. */
static bool read_strings(struct compiler *compiler, struct strings *ret_strings)
{
    struct strings strings = {NULL, 0};
    enum json_kind kind = next(compiler);
    *ret_strings = strings;
    if (kind == JSON_STRING)
        return strings_add(compiler, ret_strings);
    if (kind != JSON_ARRAY)
        return fail(compiler, "a string or a list of strings is expected");
    while ((kind = next(compiler)) == JSON_STRING) {
        if (!strings_add(compiler, ret_strings))
            return false;
    }
    if (kind != JSON_ARRAY_END)
        return fail(compiler, "a list may hold only strings");
    return ret_strings->count > 0 || fail(compiler, "a list must not be empty");
}

static bool read_effect(struct compiler *compiler, struct statement *statement)
{
    if (next(compiler) != JSON_STRING)
        return fail(compiler, "`effect` must be `allow` or `deny`");
    statement->has_effect = true;
    statement->is_deny = slice_equal(compiler->token.text, SLICE("deny"));
    return statement->is_deny || slice_equal(compiler->token.text, SLICE("allow")) ||
           fail(compiler, "`effect` must be `allow` or `deny`");
}

/* "product:Name", without the historic prefix; `*` for everything. */
static bool read_actions(struct compiler *compiler, struct statement *statement)
{
    if (!read_strings(compiler, &statement->actions))
        return false;
    for (uint32_t i = 0; i < statement->actions.count; i++) {
        struct slice *action = &statement->actions.at[i];
        if (slice_starts_with(*action, SLICE("name/")))
            *action = slice_of(action->at + 5, action->len - 5);
        if (!slice_equal(*action, SLICE("*")) && slice_find(*action, ':') == action->len)
            return fail(compiler, "an action is written `product:Name` or `*`");
    }
    return true;
}

/* The kinds apart, so that asking looks at each once: members in order, then patterns. */
static bool sort_resources(struct compiler *compiler, struct statement *statement)
{
    uint32_t count = statement->resource_count;
    statement->members = take(compiler, count, sizeof *statement->members);
    statement->patterns = take(compiler, count, sizeof *statement->patterns);
    if (!statement->members || !statement->patterns)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct resource *resource = &statement->resources[i];
        if (resource->kind == RESOURCE_EVERYTHING)
            statement->covers_everything = true;
        else if (resource->kind == RESOURCE_MEMBER)
            statement->members[statement->member_count++] = resource->member;
        else if (resource->kind == RESOURCE_MEMBERS)
            statement->patterns[statement->pattern_count++] = resource->pattern;
    }
    if (statement->member_count > 1)
        qsort(statement->members, statement->member_count, sizeof *statement->members, uin_order);
    return true;
}

static bool read_resources(struct compiler *compiler, struct statement *statement)
{
    struct strings resources;
    if (!read_strings(compiler, &resources))
        return false;
    statement->has_resource = true;
    statement->resource_count = resources.count;
    statement->resources = take(compiler, resources.count, sizeof *statement->resources);
    if (!statement->resources)
        return false;
    for (uint32_t i = 0; i < resources.count; i++) {
        struct resource *resource = &statement->resources[i];
        if (!resource_read(resources.at[i], compiler->arena, resource))
            return fail(compiler, "a resource is `*` or a six-part `qcs:` name");
        if (resource->kind == RESOURCE_MEMBERS && !resource->pattern.at)
            return fail(compiler, "it is too large");
    }
    return sort_resources(compiler, statement);
}

static bool is_scalar(enum json_kind kind)
{
    return kind == JSON_STRING || kind == JSON_NUMBER || kind == JSON_TRUE || kind == JSON_FALSE;
}

static bool read_operands(struct compiler *compiler, struct condition *condition)
{
    struct strings texts = {NULL, 0};
    enum json_kind kind = next(compiler);
    bool is_list = kind == JSON_ARRAY;
    if (is_list)
        kind = next(compiler);
    for (; is_scalar(kind); kind = is_list ? next(compiler) : JSON_ARRAY_END) {
        if (!strings_add(compiler, &texts))
            return false;
    }
    if (kind != JSON_ARRAY_END || texts.count == 0)
        return fail(compiler, "a condition's key has a value or a list of values");
    condition->operands = take(compiler, texts.count, sizeof condition->operands[0]);
    if (!condition->operands)
        return false;
    condition->operand_count = texts.count;
    for (uint32_t i = 0; i < texts.count; i++) {
        condition->operands[i].text = texts.at[i];
        operand_read(condition, &condition->operands[i]);
    }
    return true;
}

/* {"string_equal":{"qcs:ip":["..."]}, ...} */
static bool read_conditions(struct compiler *compiler, struct statement *statement)
{
    if (next(compiler) != JSON_OBJECT)
        return fail(compiler, "`condition` must be an object");
    while (next(compiler) == JSON_KEY) {
        struct slice operator_name = compiler->token.text;
        if (next(compiler) != JSON_OBJECT)
            return fail(compiler, "a condition's operator holds an object of keys");
        while (next(compiler) == JSON_KEY) {
            struct condition *condition = take(compiler, 1, sizeof *condition);
            if (!condition)
                return false;
            condition_name(operator_name, compiler->token.text, condition);
            condition->next = statement->conditions;
            statement->conditions = condition;
            if (!read_operands(compiler, condition))
                return false;
            if (condition_is_of_item(condition))
                statement->item_operands += condition->operand_count;
            compiler->looks_at_time |= condition->key == KEY_CURRENT_TIME;
        }
    }
    return true;
}

/* One element of a statement, whose key was read. */
static bool read_element(struct compiler *compiler, struct statement *statement)
{
    struct slice key = compiler->token.text;
    if (slice_equal(key, SLICE("effect")))
        return read_effect(compiler, statement);
    if (slice_equal(key, SLICE("action")))
        return read_actions(compiler, statement);
    if (slice_equal(key, SLICE("resource")))
        return read_resources(compiler, statement);
    if (slice_equal(key, SLICE("condition")))
        return read_conditions(compiler, statement);
    return fail(compiler, "a statement has only `effect`, `action`, `resource` and `condition`");
}

static bool read_statement(struct compiler *compiler, struct compiled_policy *policy)
{
    struct statement *statement = take(compiler, 1, sizeof *statement);
    if (!statement)
        return false;
    while (next(compiler) == JSON_KEY) {
        if (!read_element(compiler, statement))
            return false;
    }
    if (!statement->has_effect || !statement->has_resource || statement->actions.count == 0)
        return fail(compiler, "a statement needs `effect`, `action` and `resource`");
    statement->index = policy->statements ? policy->statements->index + 1 : 0;
    statement->next = policy->statements;
    policy->statements = statement;
    return true;
}

static bool read_statements(struct compiler *compiler, struct compiled_policy *policy)
{
    enum json_kind kind = next(compiler);
    uint32_t count = 0;
    if (kind == JSON_OBJECT)
        return read_statement(compiler, policy);
    if (kind != JSON_ARRAY)
        return fail(compiler, "`statement` must be an object or a list of objects");
    while ((kind = next(compiler)) == JSON_OBJECT) {
        if (++count > POLICY_STATEMENTS_MAX)
            return fail(compiler, "it is too large");
        if (!read_statement(compiler, policy))
            return false;
    }
    return (kind == JSON_ARRAY_END && count > 0) ||
           fail(compiler, "`statement` must be an object or a list of objects");
}

static bool read_version(struct compiler *compiler, struct compiled_policy *policy)
{
    policy->has_version = true;
    return (next(compiler) == JSON_STRING && slice_equal(compiler->token.text, SLICE("2.0"))) ||
           fail(compiler, "`version` must be \"2.0\"");
}

/* One element of the document, whose key was read. */
static bool read_part(struct compiler *compiler, struct compiled_policy *policy)
{
    if (slice_equal(compiler->token.text, SLICE("version")))
        return read_version(compiler, policy);
    if (slice_equal(compiler->token.text, SLICE("statement")))
        return read_statements(compiler, policy);
    return fail(compiler, "a policy has only `version` and `statement`");
}

static bool read_document(struct compiler *compiler, struct compiled_policy *policy)
{
    if (next(compiler) != JSON_OBJECT)
        return fail(compiler, "it is not a JSON object");
    while (next(compiler) == JSON_KEY) {
        if (!read_part(compiler, policy))
            return false;
    }
    if (next(compiler) != JSON_END)
        return fail(compiler, "it is not strict JSON");
    return (policy->has_version && policy->statements) ||
           fail(compiler, "a policy needs `version` and `statement`");
}

bool policy_compile(struct slice document, struct arena *arena, struct compiled_policy **ret_policy,
                    const char **ret_error)
{
    struct compiler *compiler = arena_take_array(arena, 1, sizeof *compiler);
    struct compiled_policy *policy = arena_take_array(arena, 1, sizeof *policy);
    struct slice copy = arena_copy(arena, document);
    *ret_error = "it is too large";
    if (!compiler || !policy || (document.len > 0 && !copy.at) || document.len > POLICY_BYTES_MAX)
        return false;
    compiler->arena = arena;
    compiler->strings_left = POLICY_STRINGS_MAX;
    json_reader_init(&compiler->reader, copy, arena);
    if (!read_document(compiler, policy)) {
        *ret_error = json_error(&compiler->reader) ? "it is not strict JSON" : compiler->error;
        return false;
    }
    policy->looks_at_time = compiler->looks_at_time;
    *ret_policy = policy;
    return true;
}
