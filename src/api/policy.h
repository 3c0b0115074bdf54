/* Policies: CAM's grammar 2.0 (protocol section 6), compiled once and asked often.
 *
 *     {"version":"2.0","statement":{"effect":"allow","action":"finance:Describe*","resource":"*"}}
 *
 * Actions and patterns are compared without case; `*` stands for any run, `?` for one character;
 * the historic prefix "name/" is skipped. Resources are `*` (or a six-part qcs name of wildcards)
 * and `qcs::bursar:::member/UIN`, with wildcards: the members that one call is about, one by one.
 * Elements the grammar does not know are refused when the document is compiled, statements that
 * cannot have their effect when it is put (policy_effect.h). A condition with an operator or key
 * that is not known here, or whose value is not known for this request, fails safe: an allow does
 * not match, a deny does. */
#ifndef API_POLICY_H
#define API_POLICY_H

#include "base/amount.h"
#include "base/arena.h"
#include "base/uin.h"

enum { POLICY_BYTES_MAX = 16384, POLICY_STATEMENTS_MAX = 256, POLICY_STRINGS_MAX = 1024 };

struct compiled_policy;
struct statement;

/* The document is copied; everything lives in `arena`. False: *ret_error is a static phrase that
 * completes "the document is refused: ...". */
bool policy_compile(struct slice document, struct arena *arena, struct compiled_policy **ret_policy,
                    const char **ret_error);
/* Whether a verdict may change as time goes on. */
bool policy_looks_at_time(const struct compiled_policy *policy);

/* One of the things a call does: to whom, what, how much. */
struct policy_item {
    struct uin member; /* none: about no single member; only the resource `*` matches */
    struct slice kind; /* bursar:TransferKind; empty: has none */
    bool has_amount;   /* bursar:Amount */
    struct amount amount;
};

struct policy_question {
    struct slice actions[2]; /* the names the action goes by: "finance:X", "billing:X" */
    uint32_t action_count;
    struct slice peer_address; /* empty: not known */
    int64_t now_us;
    /* The call consists of items, which are asked about one by one (policy_judge_item): the verdict
     * is DENY when all of them are denied, ALLOW when one might be allowed. */
    bool has_items;
};

enum policy_verdict { POLICY_SILENT, POLICY_ALLOW, POLICY_DENY };

/* Deny beats allow. Allocates nothing. */
enum policy_verdict policy_evaluate(const struct compiled_policy *policy,
                                    const struct policy_question *question);

/* What of several policies bears on the items of one call: those statements that its action, peer
 * and time leave. */
struct policy_selection {
    const struct statement **at;
    uint32_t count;
    uint32_t tests;  /* at most so many comparisons an item */
    bool allows_all; /* no item needs to be looked at */
};

/* Lives in `arena`. False: memory is short. The question has items. */
bool policy_select(const struct compiled_policy *const *policies, uint32_t count,
                   const struct policy_question *question, struct arena *arena,
                   struct policy_selection *ret_selection);
enum policy_verdict policy_judge_item(const struct policy_selection *selection,
                                      const struct policy_item *item);

#endif
