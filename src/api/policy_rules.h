/* What a compiled policy is made of; private to policy.c (compiling) and condition.c (asking). */
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
};

enum condition_key { KEY_UNKNOWN, KEY_IP, KEY_CURRENT_TIME };

struct ip_range {
    struct in6_addr network; /* IPv4 mapped */
    uint8_t bits;
};

/* What an operand was read as; only the test's own is meaningful. */
struct operand {
    struct slice text;
    struct ip_range range;
    int64_t time_us;
    bool is_good; /* could be read as the test needs it */
};

struct condition {
    enum condition_test test;
    bool negated; /* holds when no operand fits */
    enum condition_key key;
    struct operand *operands;
    uint32_t operand_count;
    struct condition *next;
};

struct strings {
    struct slice *at;
    uint32_t count;
};

struct statement {
    bool has_effect, has_resource;
    bool is_deny;
    bool covers_everything; /* some resource is `*` */
    struct strings actions;
    struct condition *conditions;
    struct statement *next;
};

struct compiled_policy {
    bool has_version;
    struct statement *statements;
};

enum condition_answer { CONDITION_HOLDS, CONDITION_FAILS, CONDITION_UNCLEAR };

/* From "string_equal" and "qcs:ip"; never fails: what is not known is TEST_UNKNOWN, KEY_UNKNOWN. */
void condition_name(struct slice operator_name, struct slice key, struct condition *ret_condition);
/* Reads `operand->text` as the condition's test needs it. */
void operand_read(const struct condition *condition, struct operand *operand);
enum condition_answer condition_ask(const struct condition *condition,
                                    const struct policy_question *question);

bool pattern_matches(struct slice pattern, struct slice text);

#endif
