/* Random policies beside a model of their grammar that is written anew and tries everything: the
 * verdict about every item, and that what is covered allows nothing more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/policy_cache.h"
#include "api/policy_cover.h"
#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what there is to choose from ---- */

static const char *const actions[] = {
    "*",        "finance:*",          "billing:DescribeAccountBalance", "FINANCE:describe*",
    "bursar:*", "bursar:Create*",     "bursar:CreateTransfers",         "bursar:?reateHold",
    "b*:*s",    "bursar:DescribeKeys"};
static const char *const resources[] = {"*",
                                        "qcs::bursar:::member/1",
                                        "qcs::bursar:::member/12",
                                        "qcs::bursar:::member/1*",
                                        "qcs:*:*:::member/*2",
                                        "qcs::bursar:::member/??",
                                        "qcs::bursar:::member/*"};
static const char *const condition_texts[] = {
    "\"string_equal\":{\"bursar:TransferKind\":\"charge\"}",
    "\"string_not_equal\":{\"bursar:TransferKind\":[\"charge\",\"move\"]}",
    "\"numeric_less_than_equal\":{\"bursar:Amount\":5}",
    "\"numeric_greater_than\":{\"bursar:Amount\":\"4.999999\"}",
    "\"ip_equal\":{\"qcs:ip\":\"10.0.0.0/8\"}",
    "\"unheard_of\":{\"qcs:ip\":\"10.0.0.0/8\"}"};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { PART_MAX = 3, STATEMENT_MAX = 3, POLICY_MAX = 2, TEXT_MAX = 4096 };

struct model_statement {
    bool is_deny;
    unsigned action_count, resource_count;
    unsigned action[PART_MAX], resource[PART_MAX];
    unsigned conditions; /* one bit each */
};

struct model_policy {
    unsigned count;
    struct model_statement statement[STATEMENT_MAX];
};

struct model_set {
    unsigned count;
    struct model_policy policy[POLICY_MAX];
};

struct model_call {
    const char *names[2];
    bool has_items;
    const char *member, *kind, *peer;
    int64_t micros; /* below zero: none */
};

/* ---- the model ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool fits(const char *pattern, const char *text)
{
    if (*pattern == '*')
        return fits(pattern + 1, text) || (*text && fits(pattern, text + 1));
    if (*pattern == '\0' || *text == '\0')
        return *pattern == *text;
    return (*pattern == '?' || lower(*pattern) == lower(*text)) && fits(pattern + 1, text + 1);
}

enum { NO, YES, PERHAPS };

static int condition_is(unsigned condition, const struct model_call *call)
{
    switch (condition) {
    case 0:
        return !call->kind ? PERHAPS : strcmp(call->kind, "charge") == 0;
    case 1:
        return !call->kind ? PERHAPS
                           : strcmp(call->kind, "charge") != 0 && strcmp(call->kind, "move") != 0;
    case 2:
        return call->micros < 0 ? PERHAPS : call->micros <= 5000000;
    case 3:
        return call->micros < 0 ? PERHAPS : call->micros > 4999999;
    case 4:
        return !call->peer ? PERHAPS : strncmp(call->peer, "10.", 3) == 0;
    default:
        return PERHAPS;
    }
}

static bool bears(const struct model_statement *statement, const struct model_call *call)
{
    bool action = false, resource = false;
    for (unsigned i = 0; i < statement->action_count; i++)
        for (unsigned j = 0; j < 2; j++)
            action =
                action || (call->names[j] && fits(actions[statement->action[i]], call->names[j]));
    for (unsigned i = 0; i < statement->resource_count; i++) {
        const char *text = resources[statement->resource[i]];
        const char *slash = strchr(text, '/');
        resource = resource || !slash ||
                   (call->has_items && call->member && fits(slash + 1, call->member));
    }
    for (unsigned i = 0; i < COUNT(condition_texts); i++) {
        int answer = statement->conditions >> i & 1 ? condition_is(i, call) : YES;
        if (answer == NO || (answer == PERHAPS && !statement->is_deny))
            return false;
    }
    return action && resource;
}

static bool model_allows(const struct model_set *set, const struct model_call *call)
{
    bool allowed = false;
    for (unsigned i = 0; i < set->count; i++) {
        for (unsigned j = 0; j < set->policy[i].count; j++) {
            const struct model_statement *statement = &set->policy[i].statement[j];
            if (!bears(statement, call))
                continue;
            if (statement->is_deny)
                return false;
            allowed = true;
        }
    }
    return allowed;
}

/* ---- making them ---- */

static uint64_t seed = 20261130;

static unsigned draw(size_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % below);
}

static struct model_statement draw_statement(void)
{
    struct model_statement statement = {.is_deny = draw(4) == 0};
    statement.action_count = 1 + draw(PART_MAX);
    statement.resource_count = 1 + draw(draw(2) ? 1 : PART_MAX);
    for (unsigned i = 0; i < PART_MAX; i++) {
        statement.action[i] = draw(COUNT(actions));
        statement.resource[i] = draw(3) == 0 ? 0 : draw(COUNT(resources));
    }
    for (unsigned i = 0; i < COUNT(condition_texts); i++)
        statement.conditions |= draw(6) == 0 ? 1u << i : 0;
    return statement;
}

static struct model_set draw_set(void)
{
    struct model_set set = {.count = 1 + draw(POLICY_MAX)};
    for (unsigned i = 0; i < POLICY_MAX; i++) {
        set.policy[i].count = 1 + draw(STATEMENT_MAX);
        for (unsigned j = 0; j < STATEMENT_MAX; j++)
            set.policy[i].statement[j] = draw_statement();
    }
    return set;
}

/* Parts of another set, here and there narrower: those are covered now and then. */
static struct model_set draw_near(const struct model_set *giver)
{
    struct model_set set = *giver;
    for (unsigned i = 0; i < set.count; i++) {
        for (unsigned j = 0; j < set.policy[i].count; j++) {
            struct model_statement *statement = &set.policy[i].statement[j];
            unsigned how = draw(6);
            if (how == 0)
                statement->action[draw(statement->action_count)] = draw(COUNT(actions));
            else if (how == 1)
                statement->resource[draw(statement->resource_count)] = draw(COUNT(resources));
            else if (how == 2)
                statement->conditions |= 1u << draw(COUNT(condition_texts));
            else if (how == 3)
                statement->conditions &= ~(1u << draw(COUNT(condition_texts)));
            else if (how == 4)
                statement->action_count = 1;
        }
    }
    return set;
}

static void write_parts(struct buffer *out, const char *name, const char *const *texts,
                        const unsigned *chosen, unsigned count)
{
    buffer_printf(out, ",\"%s\":[", name);
    for (unsigned i = 0; i < count; i++)
        buffer_printf(out, "%s\"%s\"", i ? "," : "", texts[chosen[i]]);
    buffer_char(out, ']');
}

static void write_policy(const struct model_policy *policy, struct buffer *out)
{
    buffer_printf(out, "{\"version\":\"2.0\",\"statement\":[");
    for (unsigned i = 0; i < policy->count; i++) {
        const struct model_statement *statement = &policy->statement[i];
        bool first = true;
        buffer_printf(out, "%s{\"effect\":\"%s\"", i ? "," : "",
                      statement->is_deny ? "deny" : "allow");
        write_parts(out, "action", actions, statement->action, statement->action_count);
        write_parts(out, "resource", resources, statement->resource, statement->resource_count);
        buffer_text(out, ",\"condition\":{");
        for (unsigned j = 0; j < COUNT(condition_texts); j++) {
            if (!(statement->conditions >> j & 1))
                continue;
            buffer_printf(out, "%s%s", first ? "" : ",", condition_texts[j]);
            first = false;
        }
        buffer_text(out, "}}");
    }
    buffer_text(out, "]}");
}

static struct policy_set compile(const struct model_set *set, struct arena *arena)
{
    struct compiled_policy **at = arena_take_array(arena, POLICY_MAX, sizeof(void *));
    static char text[TEXT_MAX];
    assert_non_null(at);
    for (unsigned i = 0; i < set->count; i++) {
        struct buffer document;
        const char *error;
        buffer_init_fixed(&document, text, sizeof text);
        write_policy(&set->policy[i], &document);
        assert_true(buffer_ok(&document));
        if (!policy_compile(buffer_slice(&document), arena, &at[i], &error))
            fail_msg("%.*s: %s", SLICE_ARGS(buffer_slice(&document)), error);
    }
    return (struct policy_set){(const struct compiled_policy *const *)at, set->count};
}

/* ---- trying everything ---- */

static bool allows(struct policy_set set, const struct model_call *call, struct arena *arena)
{
    struct policy_selection selection;
    struct policy_question question = {
        .actions = {slice_text(call->names[0]), slice_text(call->names[1])},
        .action_count = call->names[1] ? 2 : 1,
        .peer_address = slice_text(call->peer),
        .has_items = call->has_items};
    struct policy_item item = {
        .kind = slice_text(call->kind), .has_amount = call->micros >= 0, .amount = {call->micros}};
    enum policy_verdict whole = POLICY_SILENT;
    for (uint32_t i = 0; i < set.count && whole != POLICY_DENY; i++) {
        enum policy_verdict verdict = policy_evaluate(set.at[i], &question);
        whole = verdict == POLICY_SILENT ? whole : verdict;
    }
    if (!call->has_items)
        return whole == POLICY_ALLOW;
    if (call->member)
        assert_true(uin_parse(slice_text(call->member), &item.member));
    assert_true(policy_select(set.at, set.count, &question, arena, &selection));
    enum policy_verdict verdict = policy_judge_item(&selection, &item);
    /* the door lets in whatever might be allowed, and what needs no look is allowed */
    assert_true(verdict != POLICY_ALLOW || whole == POLICY_ALLOW);
    assert_true(!selection.allows_all || verdict == POLICY_ALLOW);
    return verdict == POLICY_ALLOW;
}

struct trial;
static void try_one(const struct model_call *call, const struct trial *trial);

static void try_items(const struct model_call *base, const struct trial *trial)
{
    static const char *const members[] = {NULL, "1", "2", "12", "112", "3001"};
    static const char *const kinds[] = {NULL, "charge", "move", "top_up"};
    static const int64_t amounts[] = {-1, 0, 4999999, 5000000, 5000001};
    for (size_t i = 0; i < COUNT(members); i++) {
        for (size_t j = 0; j < COUNT(kinds); j++) {
            for (size_t k = 0; k < COUNT(amounts); k++) {
                struct model_call call = *base;
                call.member = members[i];
                call.kind = kinds[j];
                call.micros = amounts[k];
                try_one(&call, trial);
            }
        }
    }
}

static void try_all(const struct trial *trial)
{
    static const struct model_call calls[] = {
        {.names = {"finance:DescribeAccountBalance", "billing:DescribeAccountBalance"},
         .micros = -1},
        {.names = {"bursar:DescribeKeys", NULL}, .micros = -1},
        {.names = {"bursar:CreateTransfers", NULL}, .has_items = true},
        {.names = {"bursar:CreateHold", NULL}, .has_items = true}};
    static const char *const peers[] = {NULL, "10.1.2.3", "192.0.2.1"};
    for (size_t i = 0; i < COUNT(calls); i++) {
        for (size_t j = 0; j < COUNT(peers); j++) {
            struct model_call call = calls[i];
            call.peer = peers[j];
            if (call.has_items)
                try_items(&call, trial);
            else
                try_one(&call, trial);
        }
    }
}

struct trial {
    const struct model_set *given, *giver;
    struct policy_set compiled;
    struct arena *arena;
    bool is_covered;
};

static void try_one(const struct model_call *call, const struct trial *trial)
{
    bool given = model_allows(trial->given, call);
    if (allows(trial->compiled, call, trial->arena) != given)
        fail_msg("%s member %s kind %s amount %lld from %s: the model says %d", call->names[0],
                 call->member, call->kind, (long long)call->micros, call->peer, given);
    if (trial->is_covered && given && !model_allows(trial->giver, call))
        fail_msg("covered, but more: %s member %s kind %s amount %lld from %s", call->names[0],
                 call->member, call->kind, (long long)call->micros, call->peer);
}

static void what_is_covered_allows_nothing_more(void **state)
{
    enum { TRIALS = 1500, TESTS_MAX = 1 << 20 };
    struct arena arena;
    unsigned covered = 0;
    (void)state;
    assert_true(arena_init(&arena, 1 << 20, 64 << 20));
    for (int i = 0; i < TRIALS; i++) {
        struct model_set giver = draw_set();
        struct model_set given = draw(4) == 0 ? draw_set() : draw_near(&giver);
        arena_reset(&arena);
        struct policy_set had = compile(&giver, &arena);
        struct trial trial = {.given = &given, .giver = &giver, .arena = &arena};
        trial.compiled = compile(&given, &arena);
        trial.is_covered = policy_cover(had, trial.compiled, TESTS_MAX).verdict == COVER_WHOLE;
        covered += trial.is_covered;
        try_all(&trial);
        assert_int_equal(policy_cover(had, trial.compiled, 1).verdict, COVER_TOO_MUCH);
    }
    assert_true(covered > TRIALS / 20); /* it does not refuse everything */
    arena_done(&arena);
}

static void patterns_within_patterns(void **state)
{
    static const struct {
        const char *outer, *inner;
        bool covers;
    } table[] = {
        {"*", "a?b*", true},   {"a*", "a", true},    {"a*", "ab*c", true}, {"a*c", "ab*", false},
        {"?", "*", false},     {"??", "?a", true},   {"a?", "a*", false},  {"*a*", "ba", true},
        {"*a*", "b*a?", true}, {"*ab", "*b", false}, {"A*", "aB", true},   {"", "", true},
        {"", "*", false},      {"a", "?", false},    {"*a", "a*a", true},  {"*b*c", "*b*d*c", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        if (pattern_covers(slice_text(table[i].outer), slice_text(table[i].inner)) !=
            table[i].covers)
            fail_msg("%s and %s", table[i].outer, table[i].inner);
}

/* ---- the cache they come from ---- */

enum { POLICIES = 3 * POLICY_CACHE_MAX / 2 };

static void apply(struct book *book, const struct entry *entry)
{
    struct fault fault = {""};
    if (!status_ok(book_apply(book, entry, &fault)))
        fail_msg("%s", fault.text);
}

/* Policy i allows bursar:P<i>. */
static struct book *book_of_policies(void)
{
    struct book *book = book_new(1);
    assert_non_null(book);
    struct entry entry = {.sequence = 1,
                          .time_us = 1,
                          .kind = ENTRY_ORGANISATION,
                          .organisation = 1,
                          .name = SLICE("o"),
                          .text = SLICE("USD"),
                          .account = {0, 1},
                          .touch_count = 1};
    entry.touches[0] =
        (struct touch){.uin = {0, 1}, .after = {.flags = MEMBER_OWNER}, .ordinal = 1};
    apply(book, &entry);
    for (unsigned i = 0; i < POLICIES; i++) {
        char text[160];
        int len = snprintf(text, sizeof text,
                           "{\"version\":\"2.0\",\"statement\":{\"effect\":\"allow\",\"action\":"
                           "\"bursar:P%u\",\"resource\":\"*\"}}",
                           i);
        entry = (struct entry){.sequence = i + 2,
                               .time_us = 1,
                               .kind = ENTRY_PUT_POLICY,
                               .organisation = 1,
                               .user = {0, 1000 + i},
                               .name = SLICE("p"),
                               .text = slice_of(text, (size_t)len)};
        apply(book, &entry);
    }
    return book;
}

/* However many it asks for: none makes room for another. */
static void what_a_call_got_stays(void **state)
{
    static const struct compiled_policy *got[POLICIES];
    struct policy_cache cache = {.at = NULL};
    struct book *book = book_of_policies();
    struct arena arena;
    (void)state;
    assert_true(arena_init(&arena, 1 << 16, 256 << 20));
    for (int call = 0; call < 2; call++) {
        policy_cache_begin(&cache);
        arena_reset(&arena);
        for (uint32_t i = 0; i < POLICIES; i++) {
            uint32_t index = book_find_policy(book, 1, (struct uin){0, 1000 + i}, 0);
            got[i] = policy_cache_get(&cache, book, index, 0, &arena);
            assert_non_null(got[i]);
        }
        for (uint32_t i = 0; i < POLICIES; i++) {
            char name[32];
            struct policy_question question = {.action_count = 1};
            snprintf(name, sizeof name, "bursar:P%u", i);
            question.actions[0] = slice_text(name);
            assert_int_equal(policy_evaluate(got[i], &question), POLICY_ALLOW);
        }
    }
    policy_cache_done(&cache);
    arena_done(&arena);
    book_free(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_covered_allows_nothing_more),
        cmocka_unit_test(patterns_within_patterns),
        cmocka_unit_test(what_a_call_got_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
