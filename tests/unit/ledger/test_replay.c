/* Tokens: a command is carried out once, and answered the same for ever. */
#include "desk.h"

#include "ledger/outcomes.h"

#define ONE "700001941608"
#define TWO "700001941609"

enum { UNKNOWN = 77 };

static void ask(struct command *command, unsigned char token, unsigned char body)
{
    command->request.door = DOOR_FOLDER;
    command->request.mark = MARK_TOKEN;
    memset(command->request.token, token, DIGEST_BYTES);
    memset(command->request.body, body, DIGEST_BYTES);
}

/* Entries as a journal would keep them. */
struct kept {
    struct slice bytes[20000];
    uint64_t first;
    size_t count;
};

static struct kept kept;

static void keep_and_publish(struct desk *desk)
{
    static char memory[1 << 22];
    struct buffer out;
    buffer_init_fixed(&out, memory, sizeof memory);
    kept.count = draft_entry_count(desk->draft);
    kept.first = book_sequence(desk->book) + 1;
    assert_true(kept.count <= sizeof kept.bytes / sizeof *kept.bytes);
    for (size_t i = 0; i < kept.count; i++) {
        size_t from = out.len;
        entry_encode(draft_entry(desk->draft, i), &out);
        kept.bytes[i] = slice_of(memory + from, out.len - from);
    }
    assert_true(buffer_ok(&out));
    desk_publish(desk);
}

static struct entry read_kept(uint64_t sequence)
{
    struct entry entry;
    assert_true(sequence >= kept.first && sequence < kept.first + kept.count);
    assert_true(entry_decode(sequence, kept.bytes[sequence - kept.first], NULL, 0, &entry));
    return entry;
}

/* Decides the command, first in the group that the first one is in (published = false), else from
 * the entries kept. */
static enum refusal ask_again(struct desk *desk, struct command *command, bool published)
{
    size_t before = draft_entry_count(desk->draft);
    enum refusal refusal = desk_decide(desk, command);
    struct replaying replaying;
    assert_int_equal(draft_entry_count(desk->draft), before);
    assert_int_equal(command->replay_of != 0, published);
    if (!published)
        return refusal;
    struct entry request = read_kept(command->replay_of);
    refusal = command_replay_begin(command, &request, &replaying);
    for (uint64_t i = 0; refusal == REFUSAL_NONE && i < request.made; i++) {
        struct entry entry = read_kept(request.sequence - request.made + i);
        assert_true(command_replay_entry(command, &replaying, &entry));
    }
    return refusal;
}

static void assert_same_change(const struct command *a, const struct command *b)
{
    assert_int_equal(a->first_sequence, b->first_sequence);
    assert_int_equal(a->entry_count, b->entry_count);
    assert_int_equal(a->change.first_sequence, b->change.first_sequence);
    assert_int_equal(a->change.last_sequence, b->change.last_sequence);
    assert_int_equal(a->change.moved.micros, b->change.moved.micros);
    assert_same_state(&a->change.after, &b->change.after);
}

/* Every kind of change, answered again in its own group and in a later one, when the member is
 * different already. */
static void a_change_is_made_once(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 1000);
    desk_join(&desk, TWO, 0, 0);
    uint64_t hold = desk_hold(&desk, ONE, 50, 0);
    uint64_t grant = desk_grant(&desk, ONE, 9, 0, 0);
    struct command commands[] = {
        desk_change(COMMAND_HOLD, ONE),
        desk_change(COMMAND_CAPTURE, ONE),
        desk_change(COMMAND_RELEASE, ONE),
        desk_change(COMMAND_GRANT_TEMPORARY, ONE),
        desk_change(COMMAND_REVOKE_TEMPORARY, ONE),
        desk_change(COMMAND_MODIFY_MEMBER, ONE),
        desk_change(COMMAND_REMOVE_MEMBER, TWO),
    };
    commands[0].change.amount.micros = 70;
    commands[1].change.subject = commands[2].change.subject = hold;
    commands[1].change.amount.micros = 20;
    commands[3].change.amount.micros = 3;
    commands[4].change.subject = grant;
    commands[5].change.name = SLICE("new");
    commands[5].change.sets_basic_credit = true;
    commands[5].change.basic_credit.micros = 8;
    commands[5].change.flags_mask = commands[5].change.flags = MEMBER_ARREARS;
    for (unsigned char i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct command first = commands[i], same = commands[i], later = commands[i];
        struct command other = commands[i];
        ask(&first, i + 1, 1);
        ask(&same, i + 1, 1);
        ask(&later, i + 1, 1);
        ask(&other, i + 1, 2);
        assert_int_equal(desk_decide(&desk, &first), REFUSAL_NONE);
        assert_int_equal(first.replay_of, 0);
        assert_int_equal(ask_again(&desk, &same, false), REFUSAL_NONE);
        assert_same_change(&first, &same);
        assert_int_equal(ask_again(&desk, &other, false), REFUSAL_TOKEN_REUSED);
        keep_and_publish(&desk);
        desk.now_us += 5;
        struct transfer top_up = {.kind = ENTRY_TOP_UP, .uin = desk_uin(ONE), .amount = {1}};
        struct command post = desk_post(&top_up, 1);
        assert_int_equal(desk_decide(&desk, &post), REFUSAL_NONE);
        assert_int_equal(ask_again(&desk, &later, true), REFUSAL_NONE);
        assert_same_change(&first, &later);
        assert_int_equal(ask_again(&desk, &other, true), REFUSAL_TOKEN_REUSED);
        desk_publish(&desk);
    }
    assert_int_equal(book_request_count(desk.book), sizeof commands / sizeof *commands);
    desk_free(&desk);
}

static void the_request_follows_its_work(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 10);
    struct transfer transfers[2] = {
        {.kind = ENTRY_TOP_UP, .uin = desk_uin(ONE), .amount = {5}},
        {.kind = ENTRY_TOP_UP, .uin = desk_uin(ONE), .amount = {6}},
    };
    struct command command = desk_post(transfers, 2);
    ask(&command, 'T', 'B');
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
    assert_int_equal(command.entry_count, 2); /* its own is not counted */
    assert_int_equal(draft_entry_count(desk.draft), 3);
    const struct entry *request = draft_entry(desk.draft, 2);
    assert_int_equal(request->kind, ENTRY_REQUEST);
    assert_int_equal(request->organisation, 1);
    assert_int_equal(request->made, 2);
    assert_true(slice_equal(request->token_digest, SLICE("TTTTTTTTTTTTTTTT")));
    assert_true(slice_equal(request->body_digest, SLICE("BBBBBBBBBBBBBBBB")));
    assert_int_equal(request->outcomes.len, 0); /* nothing was refused */
    uint64_t sequence = request->sequence;
    desk_publish(&desk);
    assert_int_equal(book_find_request(desk.book, SLICE("TTTTTTTTTTTTTTTT")), sequence);
    assert_int_equal(book_find_request(desk.book, SLICE("TTTTTTTTTTTTTTTB")), sequence);
    assert_int_equal(book_find_request(desk.book, SLICE("BTTTTTTTTTTTTTTT")), 0);
    desk_free(&desk);
}

/* Refused, dry, or without an effect: the token is as new. */
static void what_does_nothing_uses_no_token_up(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 10);
    struct command refused = desk_change(COMMAND_HOLD, ONE);
    struct command nothing = desk_change(COMMAND_MODIFY_MEMBER, ONE);
    struct command dry = desk_change(COMMAND_HOLD, ONE), real = dry;
    refused.change.amount.micros = 11;
    dry.change.amount.micros = real.change.amount.micros = 10;
    dry.dry_run = true;
    ask(&refused, 1, 1);
    ask(&nothing, 1, 2);
    ask(&dry, 1, 3);
    ask(&real, 1, 4);
    assert_int_equal(desk_decide(&desk, &refused), REFUSAL_BALANCE_INSUFFICIENT);
    assert_int_equal(desk_decide(&desk, &nothing), REFUSAL_NONE);
    assert_int_equal(desk_decide(&desk, &dry), REFUSAL_NONE);
    assert_int_equal(draft_entry_count(desk.draft), 0);
    assert_int_equal(desk_decide(&desk, &real), REFUSAL_NONE);
    assert_int_equal(desk_decide(&desk, &dry), REFUSAL_BALANCE_INSUFFICIENT); /* looks at none */
    assert_int_equal(dry.replay_of, 0);
    assert_int_equal(desk_publish(&desk), 2);
    desk_free(&desk);
}

/* What is looked up is the first half; another second half is another token, and refused. */
static void half_a_token_is_not_enough(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 10);
    struct command first = desk_change(COMMAND_HOLD, ONE), other = first;
    first.change.amount.micros = other.change.amount.micros = 1;
    ask(&first, 1, 1);
    ask(&other, 1, 1);
    other.request.token[8] = 2;
    assert_int_equal(desk_decide(&desk, &first), REFUSAL_NONE);
    assert_int_equal(ask_again(&desk, &other, false), REFUSAL_TOKEN_REUSED);
    keep_and_publish(&desk);
    assert_int_equal(ask_again(&desk, &other, true), REFUSAL_TOKEN_REUSED);
    ask(&other, 1, 1);
    other.request.token[7] = 2;
    assert_int_equal(desk_run(&desk, &other), REFUSAL_NONE);
    assert_int_equal(book_hold_count(desk.book), 2);
    desk_free(&desk);
}

/* Many tokens in one group: the table of the draft grows and is empty after it. */
static void a_group_may_use_many_tokens(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    struct desk desk = desk_new();
    static struct command commands[COUNT];
    desk_join(&desk, ONE, 0, COUNT);
    for (unsigned char i = 0; i < COUNT; i++) {
        commands[i] = desk_change(COMMAND_HOLD, ONE);
        commands[i].change.amount.micros = 1;
        ask(&commands[i], i, 1);
        assert_int_equal(desk_decide(&desk, &commands[i]), REFUSAL_NONE);
    }
    for (unsigned char i = 0; i < COUNT; i++) {
        struct command again = commands[i];
        assert_int_equal(ask_again(&desk, &again, false), REFUSAL_NONE);
        assert_same_change(&commands[i], &again);
    }
    draft_clear(desk.draft); /* it was not durable: the tokens are as new */
    struct command again = commands[0];
    assert_int_equal(desk_decide(&desk, &again), REFUSAL_NONE);
    assert_int_equal(desk_publish(&desk), 2);
    desk_free(&desk);
}

/* Items ---------------------------------------------------------------------------------------- */

/* 8,190 transfers, every other one refused: as many runs as there can be. */
static void every_outcome_is_answered_again(void **state)
{
    (void)state;
    static struct transfer first[COMMAND_ITEMS_MAX], again[COMMAND_ITEMS_MAX];
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    for (uint32_t i = 0; i < COMMAND_ITEMS_MAX; i++)
        first[i] = (struct transfer){
            .kind = ENTRY_TOP_UP, .uin = desk_uin(i % 2 ? "77" : ONE), .amount = {1 + i % 3}};
    memcpy(again, first, sizeof again);
    struct command command = desk_post(first, COMMAND_ITEMS_MAX);
    struct command same = desk_post(again, COMMAND_ITEMS_MAX);
    command.partial = same.partial = true;
    ask(&command, 1, 1);
    ask(&same, 1, 1);
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
    assert_int_equal(command.entry_count, COMMAND_ITEMS_MAX / 2);
    for (int published = 0; published < 2; published++) {
        for (uint32_t i = 0; i < COMMAND_ITEMS_MAX; i++) {
            again[i].refusal = REFUSAL_COUNT;
            again[i].sequence = UNKNOWN;
        }
        assert_int_equal(ask_again(&desk, &same, published), REFUSAL_NONE);
        for (uint32_t i = 0; i < COMMAND_ITEMS_MAX; i++) {
            assert_int_equal(again[i].refusal, i % 2 ? REFUSAL_MEMBER_UNKNOWN : REFUSAL_NONE);
            assert_int_equal(again[i].sequence, first[i].sequence);
            if (i % 2 == 0)
                assert_same_state(&again[i].after[0], &first[i].after[0]);
        }
        if (!published)
            keep_and_publish(&desk);
    }
    desk_free(&desk);
}

/* The digests are the same, the command is not: what was done cannot be its answer. */
static void another_command_is_not_answered(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 10);
    struct command hold = desk_change(COMMAND_HOLD, ONE);
    struct transfer transfer = {.kind = ENTRY_TOP_UP, .uin = desk_uin(ONE), .amount = {1}};
    struct command post = desk_post(&transfer, 1);
    hold.change.amount.micros = 1;
    ask(&hold, 1, 1);
    ask(&post, 1, 1);
    assert_int_equal(desk_decide(&desk, &hold), REFUSAL_NONE);
    assert_int_equal(desk_decide(&desk, &post), REFUSAL_TOKEN_REUSED);
    assert_int_equal(desk_publish(&desk), 2);
    desk_free(&desk);
}

/* Runs of several lengths, the first of them refused or not, moves with both their members. */
static void runs_of_outcomes_are_told_apart(void **state)
{
    (void)state;
    static const char *patterns[] = {"a", "ar", "ra", "aar", "rra", "rar", "rraarrrarr", "ammrmm"};
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 1000);
    desk_join(&desk, TWO, 0, 0);
    for (unsigned char p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        struct transfer first[10], again[10];
        uint32_t count = (uint32_t)strlen(patterns[p]);
        for (uint32_t i = 0; i < count; i++) {
            bool moves = patterns[p][i] == 'm', refused = patterns[p][i] == 'r';
            first[i] = (struct transfer){.kind = moves ? ENTRY_MOVE : ENTRY_TOP_UP,
                                         .uin = desk_uin(ONE),
                                         .to = desk_uin(TWO),
                                         .amount = {refused ? -(int64_t)(i % 2) : 1}};
        }
        memcpy(again, first, sizeof again);
        struct command command = desk_post(first, count), same = desk_post(again, count);
        command.partial = same.partial = true;
        ask(&command, p + 1, 1);
        ask(&same, p + 1, 1);
        assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
        keep_and_publish(&desk);
        assert_int_equal(ask_again(&desk, &same, true), REFUSAL_NONE);
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(again[i].refusal, first[i].refusal);
            assert_int_equal(again[i].sequence, first[i].sequence);
            if (patterns[p][i] != 'r')
                assert_same_state(&again[i].after[0], &first[i].after[0]);
            if (patterns[p][i] == 'm')
                assert_same_state(&again[i].after[1], &first[i].after[1]);
        }
    }
    desk_free(&desk);
}

static void added_members_are_answered_again(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, TWO, 0, 0);
    struct new_member first[4] = {desk_item(ONE, "one"), desk_item(TWO, TWO),
                                  desk_item("5", "a\nb"), desk_item(DESK_OWNER, "owner")};
    struct new_member again[4];
    memcpy(again, first, sizeof again);
    struct command command = desk_add(first, 4), same = desk_add(again, 4);
    command.partial = same.partial = true;
    ask(&command, 1, 1);
    ask(&same, 1, 1);
    assert_int_equal(desk_decide(&desk, &command), REFUSAL_NONE);
    assert_int_equal(ask_again(&desk, &same, false), REFUSAL_NONE);
    keep_and_publish(&desk);
    memcpy(again, first, sizeof again);
    for (int i = 0; i < 4; i++)
        again[i].refusal = REFUSAL_COUNT;
    assert_int_equal(ask_again(&desk, &same, true), REFUSAL_NONE);
    static const enum item_outcome outcomes[] = {ITEM_ADDED, ITEM_UNCHANGED, ITEM_REFUSED,
                                                 ITEM_REFUSED};
    static const enum refusal refusals[] = {REFUSAL_NONE, REFUSAL_NONE, REFUSAL_NAME_INVALID,
                                            REFUSAL_MEMBER_ELSEWHERE};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(again[i].outcome, outcomes[i]);
        assert_int_equal(again[i].refusal, refusals[i]);
    }
    assert_int_equal(same.entry_count, 1);
    desk_free(&desk);
}

/* The registry --------------------------------------------------------------------------------- */

/* A new pair was made in vain: the first one is answered. */
static void a_key_is_answered_again(void **state)
{
    (void)state;
    static char memory[1024];
    struct arena arena;
    struct desk desk = desk_new();
    struct command first = {.kind = COMMAND_ADD_KEY,
                            .organisation = 1,
                            .key = {.secret_id = SLICE("AKIDfirst"),
                                    .sealed_secret = SLICE("sealed first"),
                                    .account = desk_uin(DESK_OWNER)}};
    struct command again = first;
    arena_init_fixed(&arena, memory, sizeof memory);
    again.arena = &arena;
    again.key.secret_id = SLICE("AKIDsecond");
    again.key.sealed_secret = SLICE("sealed second");
    ask(&first, 1, 1);
    ask(&again, 1, 1);
    assert_int_equal(desk_decide(&desk, &first), REFUSAL_NONE);
    keep_and_publish(&desk);
    assert_int_equal(ask_again(&desk, &again, true), REFUSAL_NONE);
    assert_true(slice_equal(again.key.secret_id, SLICE("AKIDfirst")));
    /* its secret was shown once, by the first answer */
    assert_true(slice_equal(again.key.sealed_secret, SLICE("sealed second")));
    assert_int_equal(book_key_count(desk.book), 1);
    struct replaying replaying = {0};
    struct entry entry = read_kept(first.first_sequence);
    arena_init_fixed(&arena, memory, 0); /* no room for its id */
    assert_false(command_replay_entry(&again, &replaying, &entry));
    desk_free(&desk);
}

static void an_organisation_is_answered_again(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct command first = {.kind = COMMAND_CREATE_ORGANISATION,
                            .name = SLICE("Second"),
                            .currency = SLICE("EUR"),
                            .owner = desk_uin(TWO)};
    struct command again = first;
    ask(&first, 1, 1);
    ask(&again, 1, 1);
    assert_int_equal(desk_decide(&desk, &first), REFUSAL_NONE);
    assert_int_equal(draft_entry(desk.draft, 1)->organisation, 2); /* the request's */
    keep_and_publish(&desk);
    assert_int_equal(ask_again(&desk, &again, true), REFUSAL_NONE);
    assert_int_equal(again.organisation, 2);
    assert_int_equal(book_organisation_count(desk.book), 2);
    desk_free(&desk);
}

static void the_rest_of_the_registry_only_counts(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    desk_join(&desk, ONE, 0, 0);
    struct command commands[] = {
        {.kind = COMMAND_PUT_POLICY,
         .policy = {.user = desk_uin("9"), .name = SLICE("p"), .document = SLICE("{}")}},
        {.kind = COMMAND_REMOVE_POLICY, .policy = {.user = desk_uin("9"), .name = SLICE("p")}},
        {.kind = COMMAND_DELEGATE, .delegation = {.account = desk_uin(ONE), .everyone = true}},
        {.kind = COMMAND_REMOVE_DELEGATE, .delegation = {.account = desk_uin(ONE)}},
    };
    for (unsigned char i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct command *first = &commands[i];
        first->organisation = 1;
        struct command again = *first;
        ask(first, i + 1, 1);
        ask(&again, i + 1, 1);
        assert_int_equal(desk_decide(&desk, first), REFUSAL_NONE);
        assert_int_equal(first->entry_count, 1);
        keep_and_publish(&desk);
        assert_int_equal(ask_again(&desk, &again, true), REFUSAL_NONE);
        assert_int_equal(again.first_sequence, first->first_sequence);
        assert_int_equal(again.entry_count, 1);
    }
    desk_free(&desk);
}

/* Bytes that are not what was written ---------------------------------------------------------- */

static struct entry request_of(const struct command *command, struct slice outcomes, uint64_t made)
{
    return (struct entry){
        .sequence = 100,
        .kind = ENTRY_REQUEST,
        .organisation = 1,
        .door = DOOR_FOLDER,
        .mark = MARK_TOKEN,
        .request_id = SLICE("id of 16 bytes.."),
        .token_digest = slice_of((const char *)command->request.token, DIGEST_BYTES),
        .body_digest = slice_of((const char *)command->request.body, DIGEST_BYTES),
        .made = made,
        .outcomes = outcomes};
}

static void strange_outcomes_are_refused(void **state)
{
    (void)state;
    struct transfer transfers[2] = {{.kind = ENTRY_TOP_UP}, {.kind = ENTRY_TOP_UP}};
    struct new_member members[2] = {desk_item(ONE, "one"), desk_item(TWO, "two")};
    struct command post = desk_post(transfers, 2), add = desk_add(members, 2);
    const char no_refusal[] = {2, OUTCOME_REFUSED + REFUSAL_COUNT};
    const struct slice strange[] = {
        SLICE("\x02"),     SLICE("\x00\x00"),       SLICE("\x01\x00\x00\x00"),
        SLICE("\x02\x7f"), slice_of(no_refusal, 2), SLICE("\x80")};
    struct replaying replaying;
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        struct entry request = request_of(&post, strange[i], 2);
        assert_int_equal(command_replay_begin(&post, &request, &replaying), REFUSAL_TOKEN_REUSED);
        assert_int_equal(command_replay_begin(&add, &request, &replaying), REFUSAL_TOKEN_REUSED);
    }
    struct entry unchanged = request_of(&post, SLICE("\x02\x01"), 2);
    assert_int_equal(command_replay_begin(&post, &unchanged, &replaying), REFUSAL_TOKEN_REUSED);
    assert_int_equal(command_replay_begin(&add, &unchanged, &replaying), REFUSAL_NONE);
    struct entry no_request = request_of(&post, SLICE_NONE, 2);
    no_request.kind = ENTRY_TOP_UP;
    assert_int_equal(command_replay_begin(&post, &no_request, &replaying), REFUSAL_TOKEN_REUSED);
}

static void strange_entries_are_refused(void **state)
{
    (void)state;
    struct transfer transfers[2] = {{.kind = ENTRY_TOP_UP}, {.kind = ENTRY_TOP_UP}};
    struct command post = desk_post(transfers, 2), hold = desk_change(COMMAND_HOLD, ONE);
    struct entry request = request_of(&post, SLICE("\x01\x00\x01\x06"), 1);
    struct entry entry = {.sequence = 99, .kind = ENTRY_TOP_UP, .touch_count = 1};
    struct entry none = {.sequence = 99, .kind = ENTRY_ADD_KEY};
    struct entry charge = {.sequence = 99, .kind = ENTRY_CHARGE, .touch_count = 1};
    struct replaying replaying;
    assert_int_equal(command_replay_begin(&post, &request, &replaying), REFUSAL_NONE);
    assert_int_equal(transfers[1].refusal, REFUSAL_MEMBER_UNKNOWN);
    assert_false(command_replay_entry(&post, &replaying, &none));
    assert_true(command_replay_entry(&post, &replaying, &entry));
    assert_int_equal(transfers[0].sequence, 99);
    assert_false(command_replay_entry(&post, &replaying, &entry)); /* one too many */
    assert_int_equal(command_replay_begin(&post, &request, &replaying), REFUSAL_NONE);
    assert_false(command_replay_entry(&post, &replaying, &charge));
    request = request_of(&hold, SLICE_NONE, 1);
    assert_int_equal(command_replay_begin(&hold, &request, &replaying), REFUSAL_NONE);
    assert_false(command_replay_entry(&hold, &replaying, &none));
}

/* The same token twice in the journal, or a request of nobody: not what decide writes. */
static void requests_that_cannot_follow_are_corrupt(void **state)
{
    (void)state;
    struct desk desk = desk_new();
    struct fault fault = {{0}};
    desk_join(&desk, ONE, 0, 10);
    struct command command = desk_change(COMMAND_HOLD, ONE);
    command.change.amount.micros = 1;
    ask(&command, 1, 1);
    assert_int_equal(desk_run(&desk, &command), REFUSAL_NONE);
    struct entry request = request_of(&command, SLICE_NONE, 1);
    request.sequence = book_sequence(desk.book) + 1;
    request.time_us = desk.now_us;
    assert_int_equal(book_apply(desk.book, &request, &fault).code, STATUS_CORRUPT);
    request.organisation = 2;
    request.token_digest = SLICE("another token 16");
    assert_int_equal(book_apply(desk.book, &request, &fault).code, STATUS_CORRUPT);
    request.organisation = 1;
    assert_true(status_ok(book_apply(desk.book, &request, &fault)));
    desk_free(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_made_once),
        cmocka_unit_test(the_request_follows_its_work),
        cmocka_unit_test(what_does_nothing_uses_no_token_up),
        cmocka_unit_test(half_a_token_is_not_enough),
        cmocka_unit_test(a_group_may_use_many_tokens),
        cmocka_unit_test(every_outcome_is_answered_again),
        cmocka_unit_test(another_command_is_not_answered),
        cmocka_unit_test(runs_of_outcomes_are_told_apart),
        cmocka_unit_test(added_members_are_answered_again),
        cmocka_unit_test(a_key_is_answered_again),
        cmocka_unit_test(an_organisation_is_answered_again),
        cmocka_unit_test(the_rest_of_the_registry_only_counts),
        cmocka_unit_test(strange_outcomes_are_refused),
        cmocka_unit_test(strange_entries_are_refused),
        cmocka_unit_test(requests_that_cannot_follow_are_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
