/* Whether a caller may do just this: item by item of what it asks for, and once more on the
 * committer's thread, when authority may have changed since.
 *
 * 1. A policy that cannot be asked (memory) counts as a denial.
 * 2. What is asked again is asked of the book as published: whatever takes authority away ends its
 *    group (journal/group.c). Time is the group's.
 * 3. The work is bounded: ITEM_TESTS_MAX comparisons of items with policies.
 * Owns nothing; memory is the call's. Thread: the worker's, or the committer's (inquiry.is_alone),
 * whose compiled policies are its own. */
#include "api/action.h"

enum { ITEM_TESTS_MAX = 1 << 18 };

/* ---- items ---- */

static struct slice member_resource(struct arena *arena, struct uin member)
{
    static const char prefix[] = "qcs::bursar:::member/";
    enum { RESOURCE_BYTES_MAX = sizeof prefix + UIN_DIGITS_MAX };
    struct buffer text;
    char digits[UIN_DIGITS_MAX];
    void *memory = uin_is_none(member) ? NULL : arena_take(arena, RESOURCE_BYTES_MAX);
    if (!memory)
        return SLICE("*");
    buffer_init_fixed(&text, memory, RESOURCE_BYTES_MAX);
    buffer_text(&text, prefix);
    buffer_bytes(&text, digits, uin_print(member, digits));
    return buffer_slice(&text);
}

struct item_check {
    struct exchange *exchange;
    struct policy_selection selection;
};

/* Always false: fits what the caller answers. */
static bool refuse_item(const struct item_check *check, struct uin member)
{
    struct exchange *exchange = check->exchange;
    (void)exchange_refuse_cam(exchange);
    exchange->complaint.words[2] = member_resource(exchange->arena, member);
    return false;
}

static bool permit_item(const struct item_check *check, const struct policy_item *item)
{
    return policy_judge_item(&check->selection, item) == POLICY_ALLOW ||
           refuse_item(check, item->member);
}

static struct slice kind_text(enum entry_kind kind)
{
    return slice_text(entry_kind_name(kind));
}

static bool add_magnitude(struct amount change, struct amount *sum)
{
    struct amount magnitude = change;
    return (!amount_is_negative(change) || amount_subtract(AMOUNT_ZERO, change, &magnitude)) &&
           amount_add(*sum, magnitude, sum);
}

/* Of an adjustment all that it changes, whichever way; a sum that does not fit is not known. */
static bool transfer_amount(const struct transfer *transfer, struct amount *ret_amount)
{
    *ret_amount = AMOUNT_ZERO;
    return add_magnitude(transfer->amount, ret_amount) &&
           add_magnitude(transfer->income, ret_amount) && add_magnitude(transfer->gift, ret_amount);
}

static bool permit_transfers(const struct item_check *check, const struct command *command)
{
    for (uint32_t i = 0; i < command->transfer_count; i++) {
        const struct transfer *transfer = &command->transfers[i];
        struct policy_item item = {.member = transfer->uin, .kind = kind_text(transfer->kind)};
        item.has_amount = transfer_amount(transfer, &item.amount);
        if (!permit_item(check, &item))
            return false;
        item.member = transfer->to;
        if (transfer->kind == ENTRY_MOVE && !permit_item(check, &item))
            return false;
    }
    return true;
}

static bool permit_members(const struct item_check *check, const struct command *command)
{
    for (uint32_t i = 0; i < command->member_count; i++) {
        const struct policy_item item = {.member = command->members[i].uin};
        if (!permit_item(check, &item))
            return false;
    }
    return true;
}

/* Without an amount all that is left of the hold; of one that is not there nothing is known. */
static void read_hold(struct inquiry *inquiry, const struct command *command,
                      struct policy_item *item)
{
    const struct change *change = &command->change;
    if (!amount_is_zero(change->amount))
        return;
    const struct book *book = inquiry_book_begin(inquiry);
    const struct hold *hold = book_find_hold(book, change->subject);
    const struct member *member = hold ? book_member(book, hold->member) : NULL;
    item->has_amount = member && member->organisation == command->organisation &&
                       uin_equal(member->uin, change->uin);
    item->amount = item->has_amount ? hold->amount : AMOUNT_ZERO;
    inquiry_book_end(inquiry);
}

static bool permit_change(struct inquiry *inquiry, const struct item_check *check,
                          const struct command *command)
{
    struct policy_item item = {.member = command->change.uin, .amount = command->change.amount};
    item.has_amount = command->kind != COMMAND_MODIFY_MEMBER &&
                      command->kind != COMMAND_REMOVE_MEMBER &&
                      command->kind != COMMAND_REVOKE_TEMPORARY;
    if (command->kind == COMMAND_HOLD)
        item.kind = kind_text(ENTRY_HOLD);
    else if (command->kind == COMMAND_CAPTURE)
        item.kind = kind_text(ENTRY_CAPTURE);
    else if (command->kind == COMMAND_RELEASE)
        item.kind = kind_text(ENTRY_RELEASE);
    if (command->kind == COMMAND_CAPTURE || command->kind == COMMAND_RELEASE)
        read_hold(inquiry, command, &item);
    return permit_item(check, &item);
}

/* False: the complaint is set. *ret_check selects nothing when every item is allowed. */
static bool begin_items(struct inquiry *inquiry, uint64_t count, struct item_check *ret_check)
{
    struct exchange *exchange = inquiry->exchange;
    char memory[2][ACTION_NAME_BYTES_MAX];
    struct policy_question question;
    *ret_check = (struct item_check){.exchange = exchange};
    inquiry_write_question(inquiry, memory, &question);
    if (!policy_select(inquiry->rights.at, inquiry->rights.count, &question, exchange->arena,
                       &ret_check->selection))
        return exchange_refuse_cam(exchange);
    return ret_check->selection.allows_all ||
           count * ret_check->selection.tests <= ITEM_TESTS_MAX ||
           exchange_refuse(exchange, ERROR_ITEMS_LIMIT);
}

static uint64_t item_count(const struct command *command)
{
    return command->kind == COMMAND_POST          ? 2 * (uint64_t)command->transfer_count
           : command->kind == COMMAND_ADD_MEMBERS ? command->member_count
                                                  : 1;
}

static bool permit_items(struct inquiry *inquiry, const struct command *command)
{
    struct item_check check;
    if (inquiry->rights.are_unlimited || inquiry->exchange->action->items == 0)
        return true;
    if (!begin_items(inquiry, item_count(command), &check))
        return false;
    if (check.selection.allows_all)
        return true;
    if (command->kind == COMMAND_POST)
        return permit_transfers(&check, command);
    if (command->kind == COMMAND_ADD_MEMBERS)
        return permit_members(&check, command);
    return permit_change(inquiry, &check, command);
}

/* ---- at the door ---- */

static struct inquiry begin_inquiry(struct exchange *exchange)
{
    return (struct inquiry){.exchange = exchange,
                            .policies = &exchange->worker->policies,
                            .rights = exchange->rights,
                            .now_us = exchange->now_us};
}

bool exchange_permit_member(struct exchange *exchange, struct uin member)
{
    struct inquiry inquiry = begin_inquiry(exchange);
    const struct policy_item item = {.member = member};
    struct item_check check;
    bool is_read = !exchange->action->prepare && exchange->action->items != 0;
    if (!is_read || exchange->rights.are_unlimited)
        return true;
    return begin_items(&inquiry, 1, &check) &&
           (check.selection.allows_all || permit_item(&check, &item));
}

bool exchange_permit_command(struct exchange *exchange, const struct command *command)
{
    struct inquiry inquiry = begin_inquiry(exchange);
    return permit_items(&inquiry, command) && inquiry_permit_gift(&inquiry, command);
}

/* ---- once more ---- */

/* A temporary key past its end is known still: its token is what fails. */
static bool key_is_good(const struct inquiry *inquiry)
{
    struct exchange *exchange = inquiry->exchange;
    const struct key *key = book_find_key(inquiry->book, exchange->envelope.secret_id);
    if (!key || key->made != exchange->principal.key_made || !key->enabled)
        return exchange_refuse(exchange, ERROR_SECRET_ID_NOT_FOUND);
    if (key->expires_us == 0 || key->expires_us > inquiry->now_us)
        return true;
    return exchange_refuse(exchange, exchange->principal.is_temporary ? ERROR_TOKEN_WRONG
                                                                      : ERROR_SECRET_ID_NOT_FOUND);
}

static bool is_at_home(const struct inquiry *inquiry, uint32_t organisation)
{
    return inquiry->exchange->organisation == organisation ||
           exchange_refuse_cam(inquiry->exchange);
}

/* On the committer's thread; what it needs is the call's. */
static bool permits(struct commit *commit, int64_t now_us)
{
    struct api_call *call = commit->context;
    struct exchange *exchange = &call->pending->exchange;
    struct api *api = exchange->worker->api;
    uint32_t organisation = exchange->organisation;
    struct inquiry inquiry = {.exchange = exchange,
                              .book = api->world.book,
                              .policies = &api->authority,
                              .now_us = now_us,
                              .is_alone = true};
    policy_cache_begin(&api->authority);
    return key_is_good(&inquiry) && inquiry_ask_action(&inquiry) &&
           is_at_home(&inquiry, organisation) && permit_items(&inquiry, &commit->command) &&
           inquiry_permit_gift(&inquiry, &commit->command);
}

void authority_ask_again(const struct exchange *exchange, struct commit *commit)
{
    const struct principal *principal = &exchange->principal;
    if (principal->is_operator)
        return;
    commit->permits = permits;
    commit->authority = principal->authority;
    commit->authority_until_us = principal->ends_us != 0 ? principal->ends_us : INT64_MAX;
    if (exchange->rights.look_at_time)
        commit->authority_until_us = INT64_MIN;
}
