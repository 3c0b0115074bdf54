/* Opening: what a member has on its first day, from the fields of a balance row as DescribeMembers,
 * an import or a person gives them. Private to members.c. */
#ifndef API_OPENING_H
#define API_OPENING_H

#include "api/action.h"

struct grant_input {
    struct integer_value grant_id;
    struct text_value temp_amount, start_time, end_time;
};

struct member_input {
    struct text_value member_uin, member_name;
    struct boolean_value is_credit_account, allow_arrears;
    struct text_value real_balance, cash_account_balance, credit_amount, temp_credit;
    struct text_value basic_credit_amount, owe_amount;
    struct text_value income_into_account_balance, present_account_balance, freeze_amount;
    struct list_value temp_amount_info_list; /* of grant_input */
};

/* False: *ret_complaint says what is wrong with this member. Words live in `arena`. */
bool opening_read(const struct member_input *input, int64_t now_us, struct arena *arena,
                  struct new_member *ret_member, struct complaint *ret_complaint);

#endif
