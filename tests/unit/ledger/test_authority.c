/* What an organisation gives (keys, policies, delegations): it ends with its account's leaving, is
 * counted organisation by organisation, has ceilings, and leaves nothing behind in memory. */
#include "desk.h"

#include <stdio.h>

#define ONE "700001941608"
#define TWO "700001941609"
#define SUB "41"
#define OTHER_OWNER "200000000002"
#define TOKEN "0123456789abcdef0123456789abcdef"

static struct command key_command(const char *secret_id, const char *account, const char *user)
{
    struct command command = {.kind = COMMAND_ADD_KEY,
                              .organisation = 1,
                              .key = {.secret_id = slice_text(secret_id),
                                      .sealed_secret = SLICE("sealed"),
                                      .account = desk_uin(account),
                                      .user = desk_uin(user)}};
    bool is_main = uin_equal(command.key.account, command.key.user);
    command.key.principal = is_main ? PRINCIPAL_MAIN : PRINCIPAL_SUB;
    return command;
}

static enum refusal give_key(struct desk *desk, const char *secret_id, const char *account,
                             const char *user)
{
    struct command command = key_command(secret_id, account, user);
    return desk_run(desk, &command);
}

static enum refusal set_key(struct desk *desk, const char *secret_id, bool enabled)
{
    struct command command = {.kind = COMMAND_SET_KEY,
                              .organisation = 1,
                              .key = {.secret_id = slice_text(secret_id), .enabled = enabled}};
    return desk_run(desk, &command);
}

static enum refusal give_policy(struct desk *desk, const char *user, const char *name,
                                struct slice document)
{
    struct command command = {
        .kind = COMMAND_PUT_POLICY,
        .organisation = 1,
        .policy = {.user = desk_uin(user), .name = slice_text(name), .document = document}};
    return desk_run(desk, &command);
}

static enum refusal delegate(struct desk *desk, const char *account, const struct uin *scope,
                             uint32_t count)
{
    struct command command = {.kind = COMMAND_DELEGATE,
                              .organisation = 1,
                              .delegation = {.account = desk_uin(account),
                                             .everyone = count == 0,
                                             .scope = scope,
                                             .scope_count = count}};
    return desk_run(desk, &command);
}

static bool key_is_enabled(const struct desk *desk, const char *secret_id)
{
    const struct key *key = book_find_key(desk->book, slice_text(secret_id));
    return key && key->enabled;
}

/* ONE with two keys, a temporary one, a sub-account's with two policies, and a delegation. */
static struct desk desk_with_authority(void)
{
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    desk_join(&desk, TWO, 0, 0);
    struct command token = key_command("AKIDtoken", ONE, ONE);
    token.key.token_hash = SLICE(TOKEN);
    token.key.expires_us = desk.now_us + 3600000000;
    assert_int_equal(give_key(&desk, "AKID1", ONE, ONE), REFUSAL_NONE);
    assert_int_equal(give_key(&desk, "AKID2", ONE, ONE), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &token), REFUSAL_NONE);
    assert_int_equal(give_key(&desk, "AKIDsub", ONE, SUB), REFUSAL_NONE);
    assert_int_equal(give_key(&desk, "AKIDtwo", TWO, TWO), REFUSAL_NONE);
    assert_int_equal(set_key(&desk, "AKID2", false), REFUSAL_NONE);
    assert_int_equal(give_policy(&desk, SUB, "a", SLICE("{}")), REFUSAL_NONE);
    assert_int_equal(give_policy(&desk, SUB, "b", SLICE("{}")), REFUSAL_NONE);
    assert_int_equal(give_policy(&desk, "42", "a", SLICE("{}")), REFUSAL_NONE);
    assert_int_equal(delegate(&desk, ONE, NULL, 0), REFUSAL_NONE);
    return desk;
}

static void leaving_ends_it_as_entries(void **state)
{
    (void)state;
    static const enum entry_kind kinds[] = {
        ENTRY_SET_KEY,       ENTRY_SET_KEY,         ENTRY_SET_KEY, ENTRY_REMOVE_POLICY,
        ENTRY_REMOVE_POLICY, ENTRY_REMOVE_DELEGATE, ENTRY_LEAVE};
    static const char *const secret_ids[] = {"AKID1", "AKIDtoken", "AKIDsub"};
    enum { ENTRIES = sizeof kinds / sizeof *kinds };
    struct desk desk = desk_with_authority();
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, ONE), dry = leave;
    dry.dry_run = true;
    assert_int_equal(desk_decide(&desk, &dry), REFUSAL_NONE);
    assert_int_equal(draft_entry_count(desk.draft), 0);
    uint64_t before = book_sequence(desk.book);
    assert_int_equal(desk_decide(&desk, &leave), REFUSAL_NONE);
    assert_int_equal(draft_entry_count(desk.draft), ENTRIES);
    for (size_t i = 0; i < ENTRIES; i++)
        assert_int_equal(draft_entry(desk.draft, i)->kind, kinds[i]);
    for (size_t i = 0; i < 3; i++) {
        assert_true(slice_equal(draft_entry(desk.draft, i)->secret_id, slice_text(secret_ids[i])));
        assert_false(draft_entry(desk.draft, i)->enabled);
    }
    assert_int_equal(leave.change.first_sequence, before + 1);
    assert_int_equal(leave.change.last_sequence, before + ENTRIES);
    assert_int_equal(desk_publish(&desk), ENTRIES);
    for (size_t i = 0; i < 3; i++)
        assert_false(key_is_enabled(&desk, secret_ids[i]));
    assert_int_equal(book_find_policy(desk.book, 1, desk_uin(SUB), 0), BOOK_NONE);
    assert_null(book_find_delegation(desk.book, 1, desk_uin(ONE)));
    /* what others have stays */
    assert_true(key_is_enabled(&desk, "AKIDtwo"));
    assert_int_not_equal(book_find_policy(desk.book, 1, desk_uin("42"), 0), BOOK_NONE);
    desk_free(&desk);
}

/* Answered again from all of its entries, the answer is the same. */
static void a_repeat_of_a_leave_says_the_same(void **state)
{
    (void)state;
    struct desk desk = desk_with_authority();
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, ONE), again = leave;
    leave.request =
        (struct request){.door = DOOR_FOLDER, .mark = MARK_TOKEN, .token = {1}, .body = {2}};
    again.request = leave.request;
    assert_int_equal(desk_decide(&desk, &leave), REFUSAL_NONE);
    assert_int_equal(desk_decide(&desk, &again), REFUSAL_NONE);
    assert_int_equal(again.change.first_sequence, leave.change.first_sequence);
    assert_int_equal(again.change.last_sequence, leave.change.last_sequence);
    assert_int_equal(again.entry_count, leave.entry_count);
    assert_same_state(&again.change.after, &leave.change.after);
    assert_int_equal(desk_publish(&desk), 8); /* with the request */
    desk_free(&desk);
}

static void a_rejoin_revives_nothing(void **state)
{
    (void)state;
    struct desk desk = desk_with_authority();
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, ONE);
    assert_int_equal(desk_run(&desk, &leave), REFUSAL_NONE);
    assert_int_equal(set_key(&desk, "AKID1", true), REFUSAL_MEMBER_UNKNOWN);
    assert_int_equal(give_key(&desk, "AKID9", ONE, ONE), REFUSAL_MEMBER_UNKNOWN);
    desk_join(&desk, ONE, 0, 0);
    assert_false(key_is_enabled(&desk, "AKID1"));
    assert_int_equal(book_find_policy(desk.book, 1, desk_uin(SUB), 0), BOOK_NONE);
    assert_null(book_find_delegation(desk.book, 1, desk_uin(ONE)));
    assert_int_equal(set_key(&desk, "AKID1", true), REFUSAL_NONE); /* given again */
    assert_true(key_is_enabled(&desk, "AKID1"));
    desk_free(&desk);
}

/* Somebody named in a scope: gone and back, a delegation of before means somebody else. */
static void a_scope_forgets_who_left(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    desk_join(&desk, TWO, 0, 0);
    const struct uin scope[] = {desk_uin(TWO)};
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, TWO);
    assert_int_equal(delegate(&desk, ONE, scope, 1), REFUSAL_NONE);
    const struct delegation *delegation = book_find_delegation(desk.book, 1, desk_uin(ONE));
    assert_true(delegation_reaches(delegation, desk_member(&desk, TWO)));
    desk.now_us++;
    assert_int_equal(desk_run(&desk, &leave), REFUSAL_NONE);
    desk_join(&desk, TWO, 0, 0);
    assert_false(delegation_reaches(delegation, desk_member(&desk, TWO)));
    uint64_t before = book_sequence(desk.book);
    desk.now_us++;
    assert_int_equal(delegate(&desk, ONE, scope, 1), REFUSAL_NONE); /* not what is there already */
    assert_int_equal(book_sequence(desk.book), before + 1);
    assert_true(delegation_reaches(delegation, desk_member(&desk, TWO)));
    desk_free(&desk);
}

/* Two old keys of another organisation take no places in the new one, and are not its business. */
static void keys_are_counted_per_organisation(void **state)
{
    (void)state;
    struct desk desk = desk_with_authority();
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, ONE);
    assert_int_equal(desk_found(&desk, OTHER_OWNER), REFUSAL_NONE);
    assert_int_equal(set_key(&desk, "AKID2", true), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &leave), REFUSAL_NONE);
    struct new_member item = desk_item(ONE, "one");
    struct command add = desk_add(&item, 1);
    add.organisation = 2;
    assert_int_equal(desk_run(&desk, &add), REFUSAL_NONE);
    struct command first = key_command("AKID21", ONE, ONE),
                   second = key_command("AKID22", ONE, ONE);
    struct command third = key_command("AKID23", ONE, ONE), old = key_command("AKID1", ONE, ONE);
    first.organisation = second.organisation = third.organisation = 2;
    assert_int_equal(desk_run(&desk, &first), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &second), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &third), REFUSAL_KEY_LIMIT);
    old.kind = COMMAND_SET_KEY;
    old.key.enabled = true;
    assert_int_equal(desk_run(&desk, &old), REFUSAL_MEMBER_UNKNOWN);
    old.organisation = 2;
    assert_int_equal(desk_run(&desk, &old), REFUSAL_KEY_UNKNOWN);
    desk_free(&desk);
}

static void a_user_belongs_to_one_account(void **state)
{
    (void)state;
    struct desk desk = desk_with_authority();
    assert_int_equal(give_key(&desk, "AKID9", TWO, SUB), REFUSAL_USER_ELSEWHERE);
    struct command outsider = key_command("AKIDoutside", "999", "999");
    assert_int_equal(desk_run(&desk, &outsider), REFUSAL_MEMBER_UNKNOWN);
    outsider.any_account = true; /* the operator's wish */
    assert_int_equal(desk_run(&desk, &outsider), REFUSAL_NONE);
    desk_free(&desk);
}

/* A leave that says nothing of them cannot follow. */
static void a_leave_alone_is_corrupt(void **state)
{
    (void)state;
    struct desk desk = desk_with_authority();
    struct fault fault = {{0}};
    struct command leave = desk_change(COMMAND_REMOVE_MEMBER, ONE);
    assert_int_equal(desk_decide(&desk, &leave), REFUSAL_NONE);
    struct entry alone = *draft_entry(desk.draft, draft_entry_count(desk.draft) - 1);
    alone.sequence = book_sequence(desk.book) + 1;
    assert_int_equal(book_apply(desk.book, &alone, &fault).code, STATUS_CORRUPT);
    assert_non_null(strstr(fault.text, "were not ended before"));
    draft_clear(desk.draft);
    desk_free(&desk);
}

/* Ceilings */

static void keys_of_an_account_have_a_ceiling(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    char id[32];
    desk_join(&desk, ONE, 0, 0);
    for (int i = 0; i <= ACCOUNT_KEYS_MAX; i++) {
        snprintf(id, sizeof id, "AKID%d", i);
        struct command token = key_command(id, ONE, SUB);
        token.key.token_hash = SLICE(TOKEN);
        token.key.expires_us = desk.now_us + 1000000;
        assert_int_equal(desk_run(&desk, &token),
                         i < ACCOUNT_KEYS_MAX ? REFUSAL_NONE : REFUSAL_ACCOUNT_KEY_LIMIT);
    }
    assert_int_equal(give_key(&desk, "AKID", ONE, ONE), REFUSAL_ACCOUNT_KEY_LIMIT);
    /* their end makes room, ten minutes later */
    desk.now_us += 1000000 + KEY_KEPT_US;
    assert_int_equal(give_key(&desk, "AKID", ONE, ONE), REFUSAL_NONE);
    assert_int_equal(book_key_count(desk.book), 1);
    desk_free(&desk);
}

/* The ids of keys disabled long ago are free again, and nothing is left of them. */
static void few_disabled_keys_are_kept(void **state)
{
    (void)state;
    enum { KEYS = ACCOUNT_DISABLED_KEYS_KEPT + 10 };
    struct desk desk = desk_new();
    char id[32];
    for (int i = 0; i < KEYS; i++) {
        snprintf(id, sizeof id, "AKID%d", i);
        assert_int_equal(give_key(&desk, id, DESK_OWNER, DESK_OWNER), REFUSAL_NONE);
        assert_int_equal(set_key(&desk, id, false), REFUSAL_NONE);
    }
    assert_int_equal(book_key_count(desk.book), ACCOUNT_DISABLED_KEYS_KEPT);
    assert_null(book_find_key(desk.book, SLICE("AKID9")));
    assert_non_null(book_find_key(desk.book, SLICE("AKID10")));
    assert_int_equal(set_key(&desk, "AKID9", true), REFUSAL_KEY_UNKNOWN);
    desk_free(&desk);
}

static void policies_of_a_user_have_a_ceiling(void **state)
{
    (void)state;
    static char large[30000];
    struct desk desk = desk_new();
    char name[16];
    memset(large, ' ', sizeof large);
    struct slice document = slice_of(large, sizeof large);
    for (int i = 0; i <= USER_POLICIES_MAX; i++) {
        snprintf(name, sizeof name, "p%d", i);
        assert_int_equal(give_policy(&desk, SUB, name, SLICE("{}")),
                         i < USER_POLICIES_MAX ? REFUSAL_NONE : REFUSAL_POLICY_LIMIT);
    }
    assert_int_equal(give_policy(&desk, SUB, "p0", SLICE("{ }")), REFUSAL_NONE); /* replaced */
    assert_int_equal(give_policy(&desk, "42", "a", document), REFUSAL_NONE);
    assert_int_equal(give_policy(&desk, "42", "b", document), REFUSAL_NONE);
    assert_int_equal(give_policy(&desk, "42", "c", document), REFUSAL_POLICY_LIMIT);
    assert_int_equal(give_policy(&desk, "42", "a", SLICE("{}")), REFUSAL_NONE);
    assert_int_equal(give_policy(&desk, "42", "c", document), REFUSAL_NONE);
    desk_free(&desk);
}

static void delegations_have_a_ceiling(void **state)
{
    (void)state;
    enum { MEMBERS = ORGANISATION_DELEGATIONS_MAX + 1 };
    struct desk desk = desk_new();
    static struct uin scope[MEMBERS];
    char uin[32];
    for (uint32_t i = 0; i < MEMBERS; i++) {
        snprintf(uin, sizeof uin, "%u", 5000 + i);
        scope[i] = desk_uin(uin);
        desk_join(&desk, uin, 0, 0);
    }
    for (uint32_t i = 0; i < MEMBERS; i++) {
        snprintf(uin, sizeof uin, "%u", 5000 + i);
        assert_int_equal(delegate(&desk, uin, NULL, 0),
                         i + 1 < MEMBERS ? REFUSAL_NONE : REFUSAL_DELEGATION_LIMIT);
    }
    for (uint32_t i = 0; i < 100; i++) { /* 100 times 1,000 are as many as may be named */
        snprintf(uin, sizeof uin, "%u", 5000 + i);
        assert_int_equal(delegate(&desk, uin, scope, 1000), REFUSAL_NONE);
    }
    assert_int_equal(delegate(&desk, "5100", scope, 1), REFUSAL_DELEGATION_LIMIT);
    assert_int_equal(delegate(&desk, "5000", scope, 999), REFUSAL_NONE);
    assert_int_equal(delegate(&desk, "5100", scope, 1), REFUSAL_NONE);
    desk_free(&desk);
}

/* Memory */

/* A thousand times other texts of as many bytes: no more memory than the first time. */
static void what_is_replaced_leaves_nothing(void **state)
{
    (void)state;
    static char document[15000];
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    desk_join(&desk, TWO, 0, 0);
    const struct uin scopes[] = {desk_uin(ONE), desk_uin(TWO)};
    uint64_t first = 0;
    memset(document, ' ', sizeof document);
    for (int i = 0; i < 1000; i++) {
        document[0] = (char)('a' + i % 26);
        struct slice text = slice_of(document, sizeof document - (unsigned)i % 2);
        assert_int_equal(give_policy(&desk, SUB, "p", text), REFUSAL_NONE);
        assert_int_equal(give_policy(&desk, SUB, "gone", SLICE("{}")), REFUSAL_NONE);
        struct command remove = {.kind = COMMAND_REMOVE_POLICY,
                                 .organisation = 1,
                                 .policy = {.user = desk_uin(SUB), .name = SLICE("gone")}};
        assert_int_equal(desk_run(&desk, &remove), REFUSAL_NONE);
        assert_int_equal(delegate(&desk, ONE, &scopes[i % 2], 1), REFUSAL_NONE);
        if (i == 0)
            first = book_registry_bytes(desk.book);
    }
    assert_in_range(first, sizeof document, sizeof document + 100);
    assert_int_equal(book_registry_bytes(desk.book), first - 1);
    assert_int_equal(book_policy_count(desk.book), 2); /* places, of which one is free */
    desk_free(&desk);
}

/* 20,000 keys of a second each, one a second. */
static void ended_keys_are_gone(void **state)
{
    (void)state;
    enum { KEYS = 20000, A_SECOND_US = 1000000 };
    struct desk desk = desk_new();
    char id[32];
    uint64_t most = 0;
    desk_join(&desk, ONE, 0, 0);
    for (int i = 0; i < KEYS; i++) {
        snprintf(id, sizeof id, "AKID%d", i);
        struct command token = key_command(id, ONE, SUB);
        token.key.token_hash = SLICE(TOKEN);
        token.key.expires_us = desk.now_us + A_SECOND_US;
        desk.now_us += A_SECOND_US;
        assert_int_equal(desk_decide(&desk, &token), REFUSAL_NONE);
        assert_int_equal(desk_publish(&desk), 1);
        uint64_t bytes = book_registry_bytes(desk.book);
        most = bytes > most ? bytes : most;
        assert_in_range(book_key_count(desk.book), 1, 602);
    }
    assert_in_range(most, 1, 602 * 60);
    desk.now_us += KEY_KEPT_US + A_SECOND_US;
    assert_int_equal(give_policy(&desk, "42", "p", SLICE("{}")), REFUSAL_NONE);
    assert_int_equal(book_key_count(desk.book), 0);
    assert_null(book_find_key(desk.book, SLICE("AKID19999")));
    desk_free(&desk);
}

/* Of the registry alone, and then the mark: the time of an entry that is not the registry's. */
static void ended_keys_are_gone_after_recovery(void **state)
{
    (void)state;
    struct book *recovered = book_new(7);
    struct fault fault = {{0}};
    struct entry founding = {.sequence = 1,
                             .time_us = 1,
                             .kind = ENTRY_ORGANISATION,
                             .organisation = 1,
                             .name = SLICE("Example"),
                             .text = SLICE("USD"),
                             .account = desk_uin(DESK_OWNER),
                             .touch_count = 1};
    founding.touches[0] =
        (struct touch){.uin = founding.account, .after = {.flags = MEMBER_OWNER}, .ordinal = 1};
    assert_true(status_ok(book_apply(recovered, &founding, &fault)));
    struct entry token = {.sequence = 10,
                          .time_us = 100,
                          .kind = ENTRY_ISSUE_TOKEN,
                          .organisation = 1,
                          .secret_id = SLICE("AKID"),
                          .sealed_secret = SLICE("sealed"),
                          .token_hash = SLICE(TOKEN),
                          .account = desk_uin(ONE),
                          .user = desk_uin(ONE),
                          .end_us = 200};
    assert_true(status_ok(book_apply(recovered, &token, &fault)));
    assert_int_equal(book_key_count(recovered), 1);
    book_loaded(recovered, 20, 200 + KEY_KEPT_US);
    assert_int_equal(book_key_count(recovered), 0);
    assert_int_equal(book_registry_bytes(recovered), 0);
    book_free(recovered);
}

/* A key whose time is over is unknown to a decision of that moment, though nothing dropped it yet.
 */
static void an_ended_key_cannot_be_set(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct command token = key_command("AKID1", DESK_OWNER, DESK_OWNER);
    token.key.token_hash = SLICE(TOKEN);
    token.key.expires_us = desk.now_us + 1;
    assert_int_equal(desk_run(&desk, &token), REFUSAL_NONE);
    desk.now_us += KEY_KEPT_US;
    assert_int_equal(set_key(&desk, "AKID1", false), REFUSAL_NONE);
    desk.now_us++;
    assert_non_null(book_find_key(desk.book, SLICE("AKID1")));
    assert_int_equal(set_key(&desk, "AKID1", true), REFUSAL_KEY_UNKNOWN);
    assert_int_equal(give_key(&desk, "AKID1", DESK_OWNER, DESK_OWNER), REFUSAL_NONE);
    assert_int_equal(book_key_count(desk.book), 1);
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaving_ends_it_as_entries),
        cmocka_unit_test(a_repeat_of_a_leave_says_the_same),
        cmocka_unit_test(a_rejoin_revives_nothing),
        cmocka_unit_test(a_scope_forgets_who_left),
        cmocka_unit_test(keys_are_counted_per_organisation),
        cmocka_unit_test(a_user_belongs_to_one_account),
        cmocka_unit_test(a_leave_alone_is_corrupt),
        cmocka_unit_test(keys_of_an_account_have_a_ceiling),
        cmocka_unit_test(few_disabled_keys_are_kept),
        cmocka_unit_test(policies_of_a_user_have_a_ceiling),
        cmocka_unit_test(delegations_have_a_ceiling),
        cmocka_unit_test(what_is_replaced_leaves_nothing),
        cmocka_unit_test(ended_keys_are_gone),
        cmocka_unit_test(ended_keys_are_gone_after_recovery),
        cmocka_unit_test(an_ended_key_cannot_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
