/* What a compiled policy is made of; private to policy.c (compiling), policy_verdict.c and
 * condition.c (asking), policy_effect.c and policy_cover.c (comparing). */
#ifndef API_POLICY_RULES_H
#define API_POLICY_RULES_H

#include "api/policy.h"

#include <netinet/in.h>

enum condition_test {
    TEST_UNKNOWN,
    TEST_STRING_EQUAL,
    TEST_STRING_EQUAL_NOCASE,
    TEST_STRING_LIKE,
    TEST_IP,
    TEST_DATE_EQUAL,
    TEST_DATE_LESS,
    TEST_DATE_LESS_EQUAL,
    TEST_DATE_GREATER,
    TEST_DATE_GREATER_EQUAL,
    TEST_NUMERIC_EQUAL,
    TEST_NUMERIC_LESS,
    TEST_NUMERIC_LESS_EQUAL,
    TEST_NUMERIC_GREATER,
    TEST_NUMERIC_GREATER_EQUAL,
};

/* The last two are of an item, the others of the whole call. */
enum condition_key { KEY_UNKNOWN, KEY_IP, KEY_CURRENT_TIME, KEY_TRANSFER_KIND, KEY_AMOUNT };

struct ip_range {
    struct in6_addr network; /* IPv4 mapped */
    uint8_t bits;
};

/* What an operand was read as; only the test's own is meaningful. */
struct operand {
    struct slice text;
    struct ip_range range;
    int64_t time_us;
    struct amount amount;
    bool is_good; /* could be read as the test needs it */
};

struct condition {
    enum condition_test test;
    bool negated; /* holds when no operand fits */
    enum condition_key key;
    struct slice operator_name, key_name; /* as written */
    struct operand *operands;
    uint32_t operand_count;
    struct condition *next;
};

struct strings {
    struct slice *at;
    uint32_t count;
};

enum resource_kind {
    RESOURCE_NOTHING, /* nothing here is called so */
    RESOURCE_EVERYTHING,
    RESOURCE_MEMBER,  /* one */
    RESOURCE_MEMBERS, /* a pattern of their digits */
};

struct resource {
    enum resource_kind kind;
    struct uin member;
    struct slice pattern; /* runs of `*` are one */
};

struct statement {
    bool has_effect, has_resource;
    bool is_deny;
    bool covers_everything; /* some resource is `*` */
    struct strings actions;
    struct resource *resources; /* as written */
    uint32_t resource_count;
    struct uin *members; /* those of RESOURCE_MEMBER, ascending */
    uint32_t member_count;
    struct slice *patterns; /* those of RESOURCE_MEMBERS */
    uint32_t pattern_count;
    struct condition *conditions;
    uint32_t item_operands; /* of conditions about items */
    uint32_t index;         /* in the document, from 0 */
    struct statement *next;
};

struct compiled_policy {
    bool has_version;
    bool looks_at_time;
    struct statement *statements; /* the last one first */
};

enum condition_answer { CONDITION_HOLDS, CONDITION_FAILS, CONDITION_UNCLEAR };

/* From "string_equal" and "qcs:ip"; never fails: what is not known is TEST_UNKNOWN, KEY_UNKNOWN. */
void condition_name(struct slice operator_name, struct slice key, struct condition *ret_condition);
/* Reads `operand->text` as the condition's test needs it. */
void operand_read(const struct condition *condition, struct operand *operand);
bool condition_is_of_item(const struct condition *condition);
/* Whether the test can be made of what the key is worth. */
bool condition_fits_key(const struct condition *condition);
/* A condition about items is unclear without one (NULL). */
enum condition_answer condition_ask(const struct condition *condition,
                                    const struct policy_question *question,
                                    const struct policy_item *item);

/* "*", "qcs::bursar:::member/1*". False: no name of a resource. The pattern is the text's, or
 * lies in `arena` (NULL when memory is short). */
bool resource_read(struct slice text, struct arena *arena, struct resource *ret_resource);

bool pattern_matches(struct slice pattern, struct slice text);
/* Whether all that `inner` matches is matched by `outer`; false also when that is not plain. */
bool pattern_covers(struct slice outer, struct slice inner);

#endif
