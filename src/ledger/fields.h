/* The nine fields of a member, and those of DescribeAccountBalance, derived from its state (design
 * section 4, protocol section 7.1). Pure. */
#ifndef LEDGER_FIELDS_H
#define LEDGER_FIELDS_H

#include "ledger/book.h"

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

#endif
