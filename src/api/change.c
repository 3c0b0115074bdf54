/* What the actions that change one member have in common (change.h).
 *
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/change.h"

#include "api/balance_row.h"
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

/* With the name of then; a dry run shows the one asked for. */
void change_render_member(struct exchange *exchange, const struct command *command,
                          struct buffer *out)
{
    const struct change *change = &command->change;
    uint64_t sequence = change->last_sequence ? change->last_sequence : UINT64_MAX;
    BUFFER_LITERAL(out, ",\"Member\":");
    const struct book *book = exchange_book_begin(exchange);
    const struct member *member = book_find_member(book, command->organisation, change->uin);
    CHECK(member);
    struct slice name = book_name_at(book, member, sequence);
    if (command->dry_run && change->name.len > 0)
        name = change->name;
    balance_row_render(&change->after, change->uin, name, out);
    exchange_book_end(exchange);
}
