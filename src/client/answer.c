/* Answers read into structs, strictly (codec/shape.h).
 *
 * Owns nothing; texts and lists live in the arena that is given. The client's thread. */
#include "client/answer.h"

static const struct shape_member member_fields[] = {
    SHAPE_MEMBER(UIN_WORD, struct bursar_member_balance, member_uin, "MemberUin", NULL),
    SHAPE_MEMBER(WORD, struct bursar_member_balance, member_name, "MemberName", NULL),
    SHAPE_MEMBER(BOOL, struct bursar_member_balance, is_credit_account, "IsCreditAccount", NULL),
    SHAPE_MEMBER(CENTS, struct bursar_member_balance, real_balance, "RealBalance", NULL),
    SHAPE_MEMBER(CENTS, struct bursar_member_balance, cash_account_balance, "CashAccountBalance",
                 NULL),
    SHAPE_MEMBER(CENTS, struct bursar_member_balance, credit_amount, "CreditAmount", NULL),
    SHAPE_MEMBER(CENTS, struct bursar_member_balance, temp_credit, "TempCredit", NULL),
    SHAPE_MEMBER(CENTS, struct bursar_member_balance, basic_credit_amount, "BasicCreditAmount",
                 NULL),
    SHAPE_MEMBER(CENTS, struct bursar_member_balance, owe_amount, "OweAmount", NULL),
};
const struct shape answer_member = SHAPE(member_fields, struct bursar_member_balance);

enum bursar_result answer_fail(struct bursar_client *client, const char *name, const char *what)
{
    return client_fail(client, BURSAR_PROTOCOL, "the answer is not what the API promises: %s %s",
                       name, what);
}

enum bursar_result answer_read(struct bursar_client *client, struct arena *arena,
                               struct slice response, const struct shape *shape, void *ret_answer)
{
    struct shape_wrong wrong;
    if (shape_read(shape, response, arena, ret_answer, &wrong))
        return BURSAR_OK;
    if (!wrong.name) /* it is an object, as the envelope has shown, so this is no mistake in it */
        return client_fail(client, BURSAR_MEMORY, "out of memory");
    return answer_fail(client, wrong.name, wrong.what);
}
