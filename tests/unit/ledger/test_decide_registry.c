/* Decisions about keys, policies and delegations: what is refused and why, and what is written. */
#include "desk.h"

#define ONE "700001941608"
#define TWO "700001941609"
#define THREE "100049260339"

static void found_second(struct desk *desk)
{
    assert_int_equal(desk_found(desk, "200000000002"), REFUSAL_NONE);
    struct new_member item = desk_item(THREE, "three");
    struct command command = desk_add(&item, 1);
    command.organisation = 2;
    assert_int_equal(desk_run(desk, &command), REFUSAL_NONE);
}

static void add_three(struct desk *desk)
{
    struct new_member items[3] = {desk_item(ONE, "one"), desk_item(TWO, "two"),
                                  desk_item(THREE, "three")};
    struct command command = desk_add(items, 3);
    assert_int_equal(desk_run(desk, &command), REFUSAL_NONE);
}

/* Keys */

static struct command key_command(const char *secret_id)
{
    return (struct command){.kind = COMMAND_ADD_KEY,
                            .organisation = 1,
                            .key = {.secret_id = slice_text(secret_id),
                                    .sealed_secret = SLICE("sealed"),
                                    .principal = PRINCIPAL_MAIN,
                                    .account = desk_uin(DESK_OWNER)}};
}

static enum refusal set_key(struct desk *desk, const char *secret_id, bool enabled)
{
    struct command command = {.kind = COMMAND_SET_KEY,
                              .organisation = 1,
                              .key = {.secret_id = slice_text(secret_id), .enabled = enabled}};
    return desk_run(desk, &command);
}

static void two_keys_a_user(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct command first = key_command("AKID1"), second = key_command("AKID2");
    struct command third = key_command("AKID3"), token = key_command("AKIDtoken");
    struct command sub = key_command("AKIDsub");
    assert_int_equal(desk_run(&desk, &first), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &first), REFUSAL_KEY_EXISTS);
    assert_int_equal(desk_run(&desk, &second), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &third), REFUSAL_KEY_LIMIT);
    token.key.token_hash = SLICE("0123456789abcdef0123456789abcdef");
    token.key.expires_us = desk.now_us + 7200000000;
    assert_int_equal(desk_run(&desk, &token), REFUSAL_NONE); /* temporary ones do not count */
    sub.key.principal = PRINCIPAL_SUB;
    sub.key.user = desk_uin("100000000009");
    assert_int_equal(desk_run(&desk, &sub), REFUSAL_NONE);
    assert_int_equal(set_key(&desk, "AKID1", false), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &third), REFUSAL_NONE);
    assert_int_equal(set_key(&desk, "AKID1", true), REFUSAL_KEY_LIMIT);
    assert_int_equal(set_key(&desk, "AKID3", false), REFUSAL_NONE);
    assert_int_equal(set_key(&desk, "AKID1", true), REFUSAL_NONE);
    assert_int_equal(set_key(&desk, "AKID9", true), REFUSAL_KEY_UNKNOWN);
    const struct key *key = book_find_key(desk.book, SLICE("AKIDtoken"));
    assert_true(slice_equal(key->token_hash, SLICE("0123456789abcdef0123456789abcdef")));
    assert_int_equal(key->expires_us, desk.now_us + 7200000000);
    assert_true(uin_equal(key->user, key->account));
    assert_false(book_find_key(desk.book, SLICE("AKID3"))->enabled);
    assert_int_equal(book_key_count(desk.book), 5);
    desk_free(&desk);
}

/* Two keys a user: of another account they do not count, and a session's are without limit. */
static void only_a_users_own_keys_count(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct command foreign = key_command("AKIDforeign"), session = key_command("AKIDsession");
    struct command first = key_command("AKID1"), second = key_command("AKID2");
    add_three(&desk);
    foreign.key.account = desk_uin(ONE);
    session.key.session_name = SLICE("a session");
    session.key.principal = PRINCIPAL_ROLE;
    session.key.user = desk_uin("41");
    session.key.token_hash = SLICE("0123456789abcdef0123456789abcdef");
    assert_int_equal(desk_run(&desk, &foreign), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &first), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &second), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &session), REFUSAL_NONE);
    assert_int_equal(set_key(&desk, "AKIDsession", false), REFUSAL_NONE);
    assert_int_equal(set_key(&desk, "AKIDsession", true), REFUSAL_NONE);
    assert_true(slice_equal(book_find_key(desk.book, SLICE("AKIDsession"))->session_name,
                            SLICE("a session")));
    desk_free(&desk);
}

static void a_key_set_to_what_it_is_writes_nothing(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct command add = key_command("AKID1");
    assert_int_equal(desk_run(&desk, &add), REFUSAL_NONE);
    uint64_t before = book_sequence(desk.book);
    assert_int_equal(set_key(&desk, "AKID1", true), REFUSAL_NONE);
    assert_int_equal(book_sequence(desk.book), before);
    desk_free(&desk);
}

static void keys_can_be_refused(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct command command = key_command("");
    assert_int_equal(desk_run(&desk, &command), REFUSAL_LIMIT);
    command = key_command("AKID1");
    command.key.sealed_secret = SLICE_NONE;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_LIMIT);
    command = key_command("AKID1");
    command.key.session_name = SLICE("a\n");
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NAME_INVALID);
    command = key_command("AKID1");
    command.organisation = 2;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_ORGANISATION_UNKNOWN);
    command.organisation = 1;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    found_second(&desk);
    struct command foreign = {.kind = COMMAND_SET_KEY,
                              .organisation = 2,
                              .key = {.secret_id = SLICE("AKID1"), .enabled = false}};
    assert_int_equal(desk_run(&desk, &foreign), REFUSAL_KEY_UNKNOWN);
    desk_free(&desk);
}

/* Policies */

static struct command policy_command(enum command_kind kind, const char *user, const char *name,
                                     const char *document)
{
    return (struct command){.kind = kind,
                            .organisation = 1,
                            .policy = {.user = desk_uin(user),
                                       .name = slice_text(name),
                                       .document = slice_text(document)}};
}

static void policies_are_put_replaced_and_removed(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct uin user = desk_uin("9");
    struct command a = policy_command(COMMAND_PUT_POLICY, "9", "a", "{}");
    struct command b = policy_command(COMMAND_PUT_POLICY, "9", "b", "{}");
    struct command other = policy_command(COMMAND_PUT_POLICY, "8", "a", "{}");
    struct command longer = policy_command(COMMAND_PUT_POLICY, "9", "a", "{\"version\":\"2.0\"}");
    struct command remove = policy_command(COMMAND_REMOVE_POLICY, "9", "a", "");
    assert_int_equal(desk_run(&desk, &a), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &other), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &b), REFUSAL_NONE);
    uint64_t before = book_sequence(desk.book);
    assert_int_equal(desk_run(&desk, &a), REFUSAL_NONE); /* the same: nothing to write */
    assert_int_equal(book_sequence(desk.book), before);
    assert_int_equal(desk_run(&desk, &longer), REFUSAL_NONE);
    assert_int_equal(book_policy_count(desk.book), 3);
    assert_int_equal(book_find_policy(desk.book, 1, user, 0), 0);
    assert_int_equal(book_find_policy(desk.book, 1, user, 1), 2);
    assert_int_equal(book_find_policy(desk.book, 1, user, 3), BOOK_NONE);
    assert_int_equal(book_find_policy(desk.book, 2, user, 0), BOOK_NONE);
    assert_true(slice_equal(book_policy(desk.book, 0)->document, longer.policy.document));
    assert_int_equal(book_policy(desk.book, 0)->version, before + 1);
    assert_int_equal(desk_run(&desk, &remove), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &remove), REFUSAL_POLICY_UNKNOWN);
    assert_int_equal(book_find_policy(desk.book, 1, user, 0), 2);
    assert_int_equal(desk_run(&desk, &a), REFUSAL_NONE); /* comes back as a new one */
    assert_int_equal(book_find_policy(desk.book, 1, user, 0), 2);
    assert_int_equal(book_find_policy(desk.book, 1, user, 3), 0);
    assert_int_equal(book_policy_count(desk.book), 3);
    static char document[ENTRY_TEXT_BYTES_MAX + 1];
    memset(document, ' ', sizeof document);
    struct command endless = policy_command(COMMAND_PUT_POLICY, "9", "c", "");
    endless.policy.document = slice_of(document, sizeof document);
    assert_int_equal(desk_run(&desk, &endless), REFUSAL_LIMIT);
    struct command unnamed = policy_command(COMMAND_PUT_POLICY, "9", "", "{}");
    assert_int_equal(desk_run(&desk, &unnamed), REFUSAL_NAME_INVALID);
    desk_free(&desk);
}

/* Delegations */

static void delegations_are_kept(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    add_three(&desk);
    struct uin scope[] = {desk_uin(TWO), desk_uin(THREE), desk_uin(TWO)};
    struct command command = {
        .kind = COMMAND_DELEGATE,
        .organisation = 1,
        .delegation = {.account = desk_uin(ONE), .scope = scope, .scope_count = 3}};
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    const struct delegation *delegation = book_find_delegation(desk.book, 1, desk_uin(ONE));
    assert_int_equal(delegation->scope_count, 2); /* a set, ascending */
    assert_true(uin_equal(delegation->scope[0], desk_uin(THREE)));
    assert_true(uin_equal(delegation->scope[1], desk_uin(TWO)));
    uint64_t before = book_sequence(desk.book);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(book_sequence(desk.book), before);
    command.delegation.scope_count = 1;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(delegation->scope_count, 1);
    command.delegation.scope = &scope[1];
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_true(uin_equal(delegation->scope[0], desk_uin(THREE)));
    assert_int_equal(book_sequence(desk.book), before + 2);
    command.delegation.everyone = true;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_true(delegation->everyone);
    assert_int_equal(delegation->scope_count, 0);
    command.kind = COMMAND_REMOVE_DELEGATE;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_DELEGATION_UNKNOWN);
    assert_null(book_find_delegation(desk.book, 1, desk_uin(ONE)));
    assert_int_equal(book_delegation_count(desk.book), 1);
    command.kind = COMMAND_DELEGATE;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    assert_ptr_equal(book_find_delegation(desk.book, 1, desk_uin(ONE)), delegation);
    desk_free(&desk);
}

static void delegations_need_members(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    add_three(&desk);
    struct uin scope[] = {desk_uin(TWO), desk_uin("77")};
    struct command command = {
        .kind = COMMAND_DELEGATE,
        .organisation = 1,
        .delegation = {.account = desk_uin(ONE), .scope = scope, .scope_count = 2}};
    assert_int_equal(desk_run(&desk, &command), REFUSAL_MEMBER_UNKNOWN);
    assert_int_equal(desk.item, 1);
    scope[1] = desk_uin(DESK_OWNER);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_MEMBER_UNKNOWN);
    command.delegation.account = desk_uin("77");
    command.delegation.scope_count = 0;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_MEMBER_UNKNOWN);
    command.delegation.account = desk_uin(ONE);
    command.delegation.scope_count = ENTRY_SCOPE_MAX + 1;
    assert_int_equal(desk_run(&desk, &command), REFUSAL_LIMIT);
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_keys_a_user),
        cmocka_unit_test(only_a_users_own_keys_count),
        cmocka_unit_test(a_key_set_to_what_it_is_writes_nothing),
        cmocka_unit_test(keys_can_be_refused),
        cmocka_unit_test(policies_are_put_replaced_and_removed),
        cmocka_unit_test(delegations_are_kept),
        cmocka_unit_test(delegations_need_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
