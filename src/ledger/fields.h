/* The nine fields of a member, and those of DescribeAccountBalance, both ways: derived from its
 * state (design section 4, protocol section 7.1), and solved for the state when some are given.
 * Pure. */
#ifndef LEDGER_FIELDS_H
#define LEDGER_FIELDS_H

#include "ledger/decide.h"

struct fields {
    struct amount real_balance;         /* cash + income + gift - frozen */
    struct amount cash_account_balance; /* cash + owe */
    struct amount credit_amount;        /* basic + temporary */
    struct amount temp_credit;
    struct amount basic_credit_amount;
    struct amount owe_amount; /* max(0, -(cash + income + gift + credit)) */
    /* DescribeAccountBalance besides */
    struct amount credit_balance;      /* cash + income + gift + credit */
    struct amount real_credit_balance; /* credit_balance - frozen */
    struct amount freeze_amount;
    struct amount present_account_balance;     /* gift */
    struct amount income_into_account_balance; /* income */
};

/* False when an intermediate sum does not fit (cannot be for states that decide let in). */
bool fields_derive(const struct member_state *state, struct amount temporary_credit,
                   struct fields *ret_fields);
/* Of a member of the book at `t_us`. */
void fields_of(const struct book *book, const struct member *member, int64_t t_us,
               struct fields *ret_fields);

/* The fields that a row may give, any of them. */
enum balance_field {
    FIELD_REAL_BALANCE,
    FIELD_CASH_ACCOUNT_BALANCE,
    FIELD_CREDIT_AMOUNT,
    FIELD_TEMP_CREDIT,
    FIELD_BASIC_CREDIT_AMOUNT,
    FIELD_OWE_AMOUNT,
    FIELD_INCOME_INTO_ACCOUNT_BALANCE,
    FIELD_PRESENT_ACCOUNT_BALANCE,
    FIELD_FREEZE_AMOUNT,
    FIELD_COUNT,
};

/* The others are never below zero, and are not given so to fields_solve. */
bool field_may_be_negative(enum balance_field field);

struct fields_given {
    bool is_given[FIELD_COUNT];
    struct amount amounts[FIELD_COUNT]; /* zero where not given */
};

/* A field that the others make another amount than is given. FIELD_TEMP_CREDIT: the grants give it
 * at no moment. FIELD_COUNT: the amounts are too large to be added up. */
struct fields_conflict {
    enum balance_field field;
    struct amount given, derived;
};

enum { FIELDS_CONFLICTS_MAX = 4 };

struct fields_solution {
    struct fields fields;
    struct fields_conflict conflicts[FIELDS_CONFLICTS_MAX];
    uint32_t conflict_count;
};

/* What *member opens with, from the fields given. With `has_grants` its grants are there already
 * and the temporary credit is theirs, at `now_us` where no field says what it is; without, what
 * temporary credit there is becomes one grant that is always active. False when there are
 * conflicts. */
bool fields_solve(const struct fields_given *given, bool has_grants, int64_t now_us,
                  struct new_member *member, struct fields_solution *ret_solution);

#endif
