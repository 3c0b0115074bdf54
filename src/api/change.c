/* What the actions that change one member have in common (change.h).
 *
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/change.h"

#include "base/check.h"

bool change_begin(struct exchange *exchange, const struct change_input *about,
                  enum command_kind kind, struct command *command)
{
    if (!exchange_choose_organisation(exchange, &about->organization_id) ||
        !value_to_uin(exchange, &about->member_uin, SLICE("MemberUin"), &command->change.uin) ||
        !value_is_text(exchange->arena, &about->reason, SLICE("Reason"), &exchange->complaint))
        return false;
    command->kind = kind;
    command->organisation = exchange->organisation;
    command->change.text = about->reason.text;
    return true;
}

bool change_read_amount(struct exchange *exchange, const struct text_value *value,
                        struct slice name, struct amount *ret_amount)
{
    return value_to_amount(exchange, value, name, ret_amount) &&
           (amount_compare(*ret_amount, AMOUNT_ZERO) > 0 ||
            exchange_refuse_word(exchange, ERROR_VALUE_NOT_POSITIVE, name));
}

bool change_read_subject(struct exchange *exchange, const struct integer_value *value,
                         enum error unknown, struct change *change)
{
    if (value->value <= 0)
        return exchange_refuse(exchange, unknown);
    change->subject = (uint64_t)value->value;
    return true;
}

static void note_entries(struct change_view *view)
{
    for (uint64_t id = view->first; id != 0 && id <= view->last; id++) {
        if (view->entry_count < CHANGE_ENTRIES_MAX)
            view->entry_ids[view->entry_count++] = (int64_t)id;
    }
    view->entries = view->entry_ids;
}

/* With the name of then; a dry run shows the one asked for. */
bool change_answer(struct exchange *exchange, struct api_pending *pending, struct buffer *out)
{
    const struct command *command = &pending->commit.command;
    const struct change *change = &command->change;
    struct change_view view = {.moved = change->moved,
                               .first = change->first_sequence,
                               .last = change->last_sequence,
                               .subject = change->subject};
    uint64_t sequence = change->last_sequence ? change->last_sequence : UINT64_MAX;
    note_entries(&view);
    const struct book *book = exchange_book_begin(exchange);
    const struct member *member = book_find_member(book, command->organisation, change->uin);
    CHECK(member);
    struct slice name = book_name_at(book, member, sequence);
    if (command->dry_run && change->name.len > 0)
        name = change->name;
    view.member = balance_row_after(&change->after, change->uin, name);
    answer_write(exchange, &view, out);
    exchange_book_end(exchange);
    return true;
}
