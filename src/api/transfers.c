/* Transfers: CreateTransfers, bursar 2026-11-01.
 *
 * Each transfer is judged on what those before it leave. Without Partial the first that is refused
 * refuses all, and the error names its place; values are looked at before money. With Partial those
 * refused are listed in Errors.
 *
 * 1. The answer is made from what the command was given and gives back, and from the members' names
 * of then: so an answer given again is the same.
 * 2. Nothing is allocated once the command is submitted: the answer needs no memory of its own.
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/action.h"

#include "api/balance_row.h"
#include "base/check.h"

#include <stdlib.h>

struct transfer_input {
    struct text_value kind, member_uin, to_member_uin, account;
    struct text_value amount, cash_amount, income_amount, gift_amount;
    struct text_value reason;
};

struct transfers_input {
    struct integer_value organization_id;
    struct list_value transfers; /* of transfer_input */
    struct boolean_value partial;
    struct write_input write;
};

/* A member whom a transfer has changed, as it was after that. */
struct touched {
    struct uin uin;
    const struct member_state *after;
    uint32_t order;
};

enum { PLACE_BYTES_MAX = 64 };

struct transfers_work {
    uint32_t *places;             /* of the command's transfers among those asked for */
    struct complaint *complaints; /* our own, one for each asked for; NULL until the first */
    struct touched *touched;      /* room for two of each transfer */
    char place[PLACE_BYTES_MAX];  /* of the one that refuses all */
};

/* ---- reading ---- */

struct reading {
    struct exchange *exchange;
    const struct transfer_input *input;
    uint32_t index;
    struct complaint complaint;
};

static struct slice place_text(char memory[PLACE_BYTES_MAX], uint32_t index, struct slice field)
{
    struct buffer text;
    buffer_init_fixed(&text, memory, PLACE_BYTES_MAX);
    BUFFER_LITERAL(&text, "Transfers.");
    buffer_u64(&text, index);
    if (field.len > 0)
        buffer_char(&text, '.');
    buffer_append(&text, field);
    return buffer_slice(&text);
}

/* The complaint is about this field of the transfer. */
static void name_place(struct reading *reading, struct slice field)
{
    char *memory = arena_take(reading->exchange->arena, PLACE_BYTES_MAX);
    if (memory)
        reading->complaint.words[0] = place_text(memory, reading->index, field);
}

static bool refuse(struct reading *reading, enum error error, struct slice field)
{
    reading->complaint = (struct complaint){.error = error};
    name_place(reading, field);
    return false;
}

static bool refuse_choice(struct reading *reading, struct slice field, struct slice choices)
{
    (void)refuse(reading, ERROR_VALUE_CHOICE, field);
    reading->complaint.words[1] = choices;
    return false;
}

static bool read_kind(struct reading *reading, enum entry_kind *ret_kind)
{
    static const struct {
        struct slice name;
        enum entry_kind kind;
    } kinds[] = {
        {{"charge", 6}, ENTRY_CHARGE},          {{"top_up", 6}, ENTRY_TOP_UP},
        {{"refund", 6}, ENTRY_REFUND},          {{"withdraw", 8}, ENTRY_WITHDRAW},
        {{"grant_gift", 10}, ENTRY_GRANT_GIFT}, {{"move", 4}, ENTRY_MOVE},
        {{"adjust", 6}, ENTRY_ADJUST},
    };
    const struct text_value *value = &reading->input->kind;
    if (!value->given)
        return refuse(reading, ERROR_MISSING_PARAMETER, SLICE("Kind"));
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!slice_equal(kinds[i].name, value->text))
            continue;
        *ret_kind = kinds[i].kind;
        return true;
    }
    return refuse_choice(reading, SLICE("Kind"),
                         SLICE("top_up, withdraw, charge, refund, grant_gift, move, adjust"));
}

static bool read_uin(struct reading *reading, const struct text_value *value, struct slice field,
                     struct uin *ret_uin)
{
    if (!value->given)
        return refuse(reading, ERROR_MISSING_PARAMETER, field);
    return uin_parse(value->text, ret_uin) || refuse(reading, ERROR_VALUE_UIN, field);
}

static bool read_amount(struct reading *reading, const struct text_value *value, struct slice field,
                        struct amount *ret_amount)
{
    *ret_amount = AMOUNT_ZERO;
    return !value->given || decimal_parse_cents(value->text, ret_amount) == DECIMAL_OK ||
           refuse(reading, ERROR_VALUE_AMOUNT, field);
}

static bool read_positive(struct reading *reading, const struct text_value *value,
                          struct slice field, struct amount *ret_amount)
{
    if (!value->given)
        return refuse(reading, ERROR_MISSING_PARAMETER, field);
    return read_amount(reading, value, field, ret_amount) &&
           (amount_compare(*ret_amount, AMOUNT_ZERO) > 0 ||
            refuse(reading, ERROR_VALUE_NOT_POSITIVE, field));
}

static bool read_account(struct reading *reading, enum member_account *ret_account)
{
    const struct text_value *value = &reading->input->account;
    if (!value->given || slice_equal(value->text, SLICE("cash")))
        *ret_account = ACCOUNT_CASH;
    else if (slice_equal(value->text, SLICE("income")))
        *ret_account = ACCOUNT_INCOME;
    else if (slice_equal(value->text, SLICE("gift")))
        *ret_account = ACCOUNT_GIFT;
    else
        return refuse_choice(reading, SLICE("Account"), SLICE("cash, income, gift"));
    return true;
}

/* What the kind has no use for is a mistake of the caller, not to be passed over in silence. */
static bool read_nothing_else(struct reading *reading, enum entry_kind kind)
{
    const struct transfer_input *input = reading->input;
    bool is_adjust = kind == ENTRY_ADJUST;
    const struct {
        struct slice field;
        bool is_wrong;
    } checks[] = {
        {SLICE("ToMemberUin"), input->to_member_uin.given && kind != ENTRY_MOVE},
        {SLICE("Account"), input->account.given && kind != ENTRY_REFUND},
        {SLICE("Amount"), input->amount.given && is_adjust},
        {SLICE("CashAmount"), input->cash_amount.given && !is_adjust},
        {SLICE("IncomeAmount"), input->income_amount.given && !is_adjust},
        {SLICE("GiftAmount"), input->gift_amount.given && !is_adjust},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (!checks[i].is_wrong)
            continue;
        (void)refuse(reading, ERROR_VALUE_NOT_OF_KIND, checks[i].field);
        reading->complaint.words[1] = input->kind.text;
        return false;
    }
    return true;
}

static bool read_reason(struct reading *reading, struct slice *ret_text)
{
    const struct text_value *value = &reading->input->reason;
    struct arena *arena = reading->exchange->arena;
    *ret_text = value->text;
    if (value_is_text(arena, value, SLICE("Reason"), &reading->complaint))
        return true;
    name_place(reading, SLICE("Reason"));
    return false;
}

static bool read_adjustment(struct reading *reading, struct transfer *transfer)
{
    const struct transfer_input *input = reading->input;
    if (input->reason.text.len == 0)
        return refuse(reading, ERROR_MISSING_PARAMETER, SLICE("Reason"));
    return read_amount(reading, &input->cash_amount, SLICE("CashAmount"), &transfer->amount) &&
           read_amount(reading, &input->income_amount, SLICE("IncomeAmount"), &transfer->income) &&
           read_amount(reading, &input->gift_amount, SLICE("GiftAmount"), &transfer->gift);
}

static bool read_transfer(struct reading *reading, struct transfer *transfer)
{
    const struct transfer_input *input = reading->input;
    if (!read_kind(reading, &transfer->kind) ||
        !read_uin(reading, &input->member_uin, SLICE("MemberUin"), &transfer->uin) ||
        !read_nothing_else(reading, transfer->kind) || !read_reason(reading, &transfer->text))
        return false;
    if (transfer->kind == ENTRY_ADJUST)
        return read_adjustment(reading, transfer);
    if (transfer->kind == ENTRY_MOVE &&
        !read_uin(reading, &input->to_member_uin, SLICE("ToMemberUin"), &transfer->to))
        return false;
    return read_account(reading, &transfer->account) &&
           read_positive(reading, &input->amount, SLICE("Amount"), &transfer->amount);
}

/* False: memory is short. */
static bool note_complaint(struct exchange *exchange, struct transfers_work *work, uint32_t index,
                           const struct complaint *complaint)
{
    const struct transfers_input *input = exchange->input;
    if (!work->complaints)
        work->complaints =
            arena_take_array(exchange->arena, input->transfers.count, sizeof *work->complaints);
    if (!work->complaints)
        return exchange_refuse_lack(exchange, exchange->arena->lack);
    work->complaints[index] = *complaint;
    return true;
}

static bool read_transfers(struct exchange *exchange, struct transfers_work *work,
                           struct command *command)
{
    const struct transfers_input *input = exchange->input;
    const struct transfer_input *inputs = input->transfers.items;
    uint32_t count = input->transfers.count;
    work->places = arena_take(exchange->arena, (count + 1) * sizeof *work->places);
    work->touched = arena_take(exchange->arena, 2 * (count + 1) * sizeof *work->touched);
    command->transfers = arena_take_array(exchange->arena, count + 1, sizeof *command->transfers);
    if (!work->places || !work->touched || !command->transfers)
        return exchange_refuse_lack(exchange, exchange->arena->lack);
    for (uint32_t i = 0; i < count; i++) {
        struct reading reading = {.exchange = exchange, .input = &inputs[i], .index = i};
        uint32_t at = command->transfer_count;
        if (read_transfer(&reading, &command->transfers[at])) {
            work->places[at] = i;
            command->transfer_count++;
            continue;
        }
        if (!input->partial.value) {
            exchange->complaint = reading.complaint;
            exchange->complaint.item = i + 1;
            return false;
        }
        command->transfers[at] = (struct transfer){.kind = 0};
        if (!note_complaint(exchange, work, i, &reading.complaint))
            return false;
    }
    return true;
}

static enum preparation create_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct transfers_input *input = exchange->input;
    struct command *command = &pending->commit.command;
    struct transfers_work *work = arena_take_array(exchange->arena, 1, sizeof *work);
    pending->work = work;
    if (!work)
        (void)exchange_refuse_lack(exchange, exchange->arena->lack);
    if (!work || !exchange_choose_organisation(exchange, &input->organization_id))
        return PREPARED_REFUSED;
    if (input->transfers.count == 0) {
        (void)exchange_refuse_word(exchange, ERROR_MISSING_PARAMETER, SLICE("Transfers"));
        return PREPARED_REFUSED;
    }
    command->kind = COMMAND_POST;
    command->organisation = exchange->organisation;
    command->partial = input->partial.value;
    if (!read_transfers(exchange, work, command))
        return PREPARED_REFUSED;
    return command->transfer_count > 0 ? PREPARED : PREPARED_NOTHING;
}

/* ---- answering ---- */

/* In the text the parameter's place, or in front of it the transfer's. */
static struct complaint complaint_of_item(char memory[PLACE_BYTES_MAX], enum refusal refusal,
                                          uint32_t index)
{
    struct complaint complaint = complaint_of_refusal(refusal);
    struct slice place = place_text(memory, index, complaint.words[0]);
    if (complaint.words[0].len > 0)
        complaint.words[0] = place;
    else
        complaint.place = place;
    return complaint;
}

static bool refuse_all(struct exchange *exchange, struct transfers_work *work,
                       const struct commit *commit)
{
    if (refusal_is_of_command(commit->refusal))
        return exchange_refuse_refusal(exchange, commit->refusal);
    uint32_t index = work->places[commit->refused_item];
    exchange->complaint = complaint_of_item(work->place, commit->refusal, index);
    exchange->complaint.item = index + 1;
    return false;
}

struct create_view {
    bool applied;
    struct exchange *exchange;
    const struct command *command;
    struct transfers_work *work;
};

static void write_ids(const void *object, struct buffer *out)
{
    const struct create_view *view = object;
    const struct transfers_input *input = view->exchange->input;
    const struct command *command = view->command;
    uint32_t at = 0;
    for (uint32_t i = 0; i < input->transfers.count; i++) {
        bool was_read = at < command->transfer_count && view->work->places[at] == i;
        const struct transfer *transfer = was_read ? &command->transfers[at++] : NULL;
        if (i > 0)
            buffer_char(out, ',');
        buffer_u64(out, transfer && !command->dry_run ? transfer->sequence : 0);
    }
}

/* What was wrong with each that was asked for: what we found ourselves, or the law. */
static void write_errors(const void *object, struct buffer *out)
{
    const struct create_view *view = object;
    const struct transfers_work *work = view->work;
    const struct command *command = view->command;
    const struct transfers_input *input = view->exchange->input;
    const struct transfer_input *inputs = input->transfers.items;
    char memory[PLACE_BYTES_MAX];
    uint32_t at = 0;
    bool first = true;
    for (uint32_t i = 0; i < input->transfers.count; i++) {
        struct complaint complaint = {.error = ERROR_NONE};
        if (at < command->transfer_count && work->places[at] == i) {
            enum refusal refusal = command->transfers[at++].refusal;
            if (refusal != REFUSAL_NONE)
                complaint = complaint_of_item(memory, refusal, i);
        } else {
            CHECK(work->complaints);
            complaint = work->complaints[i];
        }
        if (complaint.error == ERROR_NONE)
            continue;
        if (!first)
            buffer_char(out, ',');
        first = false;
        render_item_error(view->exchange, i, inputs[i].member_uin.text, &complaint, out);
    }
}

static int touched_compare(const void *left, const void *right)
{
    const struct touched *a = left, *b = right;
    int order = uin_compare(a->uin, b->uin);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

/* Every member once, ascending, as after its last accepted transfer. */
static uint32_t gather_touched(const struct command *command, struct touched *touched)
{
    uint32_t count = 0, kept = 0;
    for (uint32_t i = 0; i < command->transfer_count; i++) {
        const struct transfer *transfer = &command->transfers[i];
        if (transfer->refusal != REFUSAL_NONE)
            continue;
        touched[count] = (struct touched){transfer->uin, &transfer->after[0], count};
        count++;
        if (transfer->kind != ENTRY_MOVE)
            continue;
        touched[count] = (struct touched){transfer->to, &transfer->after[1], count};
        count++;
    }
    if (count > 1)
        qsort(touched, count, sizeof touched[0], touched_compare);
    for (uint32_t i = 0; i < count; i++) {
        if (i + 1 < count && uin_equal(touched[i].uin, touched[i + 1].uin))
            continue;
        touched[kept++] = touched[i];
    }
    return kept;
}

/* Members lie anywhere in memory, so they are asked for before their row's turn: first the place in
 * the index, then the member itself. */
static void look_ahead(const struct book *book, const struct touched *touched, uint32_t left)
{
    enum { FAR = 12, NEAR = 6 };
    if (left > FAR)
        book_expect_member(book, touched[FAR].uin, false);
    if (left > NEAR)
        book_expect_member(book, touched[NEAR].uin, true);
}

/* Names are those of then (of now, when nothing was done); the gate is left now and then, so that
 * the committer need not wait. */
static void write_members(const void *object, struct buffer *out)
{
    const struct create_view *view = object;
    const struct command *command = view->command;
    struct touched *touched = view->work->touched;
    enum { GATE_ROWS = 64 };
    uint32_t count = gather_touched(command, touched);
    uint64_t sequence = command->first_sequence ? command->first_sequence : UINT64_MAX;
    for (uint32_t i = 0; i < count;) {
        const struct book *book = exchange_book_begin(view->exchange);
        for (uint32_t end = count - i > GATE_ROWS ? i + GATE_ROWS : count; i < end; i++) {
            look_ahead(book, &touched[i], count - i);
            const struct member *member =
                book_find_member(book, command->organisation, touched[i].uin);
            CHECK(member);
            if (i > 0)
                buffer_char(out, ',');
            balance_row_render(touched[i].after, touched[i].uin,
                               book_name_at(book, member, sequence), out);
        }
        exchange_book_end(view->exchange);
    }
}

static bool create_answer(struct exchange *exchange, struct api_pending *pending,
                          struct buffer *out)
{
    const struct commit *commit = &pending->commit;
    struct transfers_work *work = pending->work;
    if (commit->refusal != REFUSAL_NONE)
        return refuse_all(exchange, work, commit);
    const struct create_view view = {.applied = !commit->command.dry_run &&
                                                commit->command.entry_count > 0,
                                     .exchange = exchange,
                                     .command = &commit->command,
                                     .work = work};
    answer_write(exchange, &view, out);
    return true;
}

/* ---- declaration ---- */

static const struct parameter transfer_parameters[] = {
    {PARAMETER(
        PARAMETER_TEXT, transfer_input, kind, "Kind",
        "Needed: `top_up`, `withdraw`, `charge`, `refund`, `grant_gift`, `move`, `adjust`.")},
    {PARAMETER(PARAMETER_TEXT, transfer_input, member_uin, "MemberUin",
               "Needed: the member, or the owner's own account; of a move, the one who pays.")},
    {PARAMETER(PARAMETER_TEXT, transfer_input, to_member_uin, "ToMemberUin",
               "Needed by `move`, and only there: the one who gets.")},
    {PARAMETER(PARAMETER_AMOUNT, transfer_input, amount, "Amount",
               "Needed but by `adjust`: cents, above zero.")},
    {PARAMETER(PARAMETER_TEXT, transfer_input, account, "Account",
               "Of `refund` only, where it goes: `cash` (default), `income`, `gift`.")},
    {PARAMETER(PARAMETER_AMOUNT, transfer_input, cash_amount, "CashAmount",
               "Of `adjust` only: the change of cash, in cents, up or down; default 0.")},
    {PARAMETER(PARAMETER_AMOUNT, transfer_input, income_amount, "IncomeAmount",
               "The same of income.")},
    {PARAMETER(PARAMETER_AMOUNT, transfer_input, gift_amount, "GiftAmount", "The same of gift.")},
    {PARAMETER(PARAMETER_TEXT, transfer_input, reason, "Reason",
               "Kept in the entry, at most 1,024 bytes; needed by `adjust`.")},
};

static const struct parameters transfer_fields = PARAMETERS(transfer_parameters, transfer_input);

static const struct parameter create_parameters[] = {
    ORGANIZATION_PARAMETER(transfers_input),
    {PARAMETER(PARAMETER_OBJECT, transfers_input, transfers, "Transfers",
               "Carried out in this order, each on what those before it leave."),
     .is_list = true, .required = true, .maximum = COMMAND_ITEMS_MAX, .fields = &transfer_fields},
    {PARAMETER(PARAMETER_BOOLEAN, transfers_input, partial, "Partial",
               "True: those refused are left out and listed in Errors; default: one refused "
               "refuses all, and the error names it.")},
    WRITE_PARAMETERS(transfers_input),
};

static const struct shape_member create_outputs[] = {
    SHAPE_MEMBER(BOOL, struct create_view, applied, "Applied",
                 "False: nothing was changed (DryRun, or every transfer was refused)."),
    SHAPE_ROWS(IDS, write_ids, NULL, "EntryIds", "The entry of each transfer, as asked; 0: none."),
    SHAPE_ROWS(OBJECTS, write_errors, &item_error_shape, "Errors",
               "With Partial, every refused transfer."),
    SHAPE_ROWS(OBJECTS, write_members, &balance_row_shape, "Members",
               "Every account that was changed (with DryRun: would be), once, ascending by "
               "MemberUin, as after its last transfer."),
};

static const char *const transfer_kinds[] = {"top_up",     "withdraw", "charge", "refund",
                                             "grant_gift", "move",     "adjust", NULL};

const struct action action_create_transfers = {
    .name = {"CreateTransfers", 15},
    .access = ACCESS_OWNER,
    .items = ITEM_MEMBER | ITEM_KIND | ITEM_AMOUNT,
    .kinds = transfer_kinds,
    .input = PARAMETERS(create_parameters, transfers_input),
    .outputs = SHAPE(create_outputs, struct create_view),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_CHOICE, ERROR_VALUE_UIN,
                         ERROR_VALUE_AMOUNT, ERROR_VALUE_NOT_POSITIVE, ERROR_VALUE_NOT_OF_KIND,
                         ERROR_VALUE_TEXT, ERROR_VALUE_REASON, ERROR_MOVE_TO_SELF,
                         ERROR_MEMBER_UNKNOWN, ERROR_BALANCE_INSUFFICIENT, ERROR_VALUE_NEGATIVE,
                         ERROR_VALUE_OVERFLOW, ERROR_ITEMS_LIMIT, WRITE_REFUSALS),
    .help = "Moves money: top-ups, withdrawals, charges, refunds, gifts, moves between members, "
            "adjustments.",
    .prepare = create_prepare,
    .lists_refusals = true,
    .answer_commit = create_answer,
};
