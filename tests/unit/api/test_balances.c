/* DescribeOrgMemberAccountBalance and DescribeAccountBalance: the seed page, the decisions of
 * design section 7, the formulas of protocol section 7.1. */
#include "world.h"

static void seed_request_gives_the_seed_response(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, NULL);
    const char *answer = world_call(&world, &(struct signed_call){.body = "{}"});
    const char *expected =
        "{\"Response\":{\"Data\":[{\"BasicCreditAmount\":0,\"CashAccountBalance\":36365911,"
        "\"CreditAmount\":0,\"IsCreditAccount\":false,\"MemberName\":\"kleinerwang_test\","
        "\"MemberUin\":\"700001941608\",\"OweAmount\":0,\"RealBalance\":36365911,"
        "\"TempCredit\":0}],\"PageNumber\":1,\"PageSize\":1,\"TotalCount\":1,\"RequestId\":\"";
    assert_int_equal(strlen(answer), strlen(expected) + 36 + 3);
    assert_memory_equal(answer, expected, strlen(expected));
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_request_gives_the_seed_response),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
