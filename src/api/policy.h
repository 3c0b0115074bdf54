/* Policies: CAM's grammar 2.0 (protocol section 6), compiled once and asked often.
 *
 *     {"version":"2.0","statement":{"effect":"allow","action":"finance:Describe*","resource":"*"}}
 *
 * Actions and patterns are compared without case; `*` stands for any run, `?` for one character;
 * the historic prefix "name/" is skipped. All our actions are operation-level: only the resource
 * `*`, or a six-part qcs name of wildcards, matches. Elements the grammar does not know are refused
 * when the document is compiled. A condition with an operator or key that is not known here, or
 * whose value is not known for this request, fails safe: an allow does not match, a deny does. */
#ifndef API_POLICY_H
#define API_POLICY_H

#include "base/arena.h"

enum { POLICY_BYTES_MAX = 16384, POLICY_STATEMENTS_MAX = 256, POLICY_STRINGS_MAX = 1024 };

struct compiled_policy;

/* The document is copied; everything lives in `arena`. False: *ret_error is a static phrase that
 * completes "the document is refused: ...". */
bool policy_compile(struct slice document, struct arena *arena, struct compiled_policy **ret_policy,
                    const char **ret_error);

struct policy_question {
    struct slice actions[2]; /* the names the action goes by: "finance:X", "billing:X" */
    uint32_t action_count;
    struct slice peer_address; /* empty: not known */
    int64_t now_us;
};

enum policy_verdict { POLICY_SILENT, POLICY_ALLOW, POLICY_DENY };

/* Deny beats allow. Allocates nothing. */
enum policy_verdict policy_evaluate(const struct compiled_policy *policy,
                                    const struct policy_question *question);

#endif
