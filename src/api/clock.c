/* The server's clock: DescribeClock, ConfirmClock, bursar 2026-11-01.
 *
 * Whether the wall clock is believed is the committer's business (journal/committer.h); here it is
 * shown, and confirmed by who runs the server. No entry is made: nothing of the book changes.
 *
 * Owns nothing. Thread: the worker's. */
#include "api/action.h"

static void render_clock(const struct committer_clock *clock, struct buffer *out)
{
    enum { SECOND_US = 1000000 };
    BUFFER_LITERAL(out, "\"Believed\":");
    render_bool(out, !clock->is_stopped);
    BUFFER_LITERAL(out, ",\"JumpSeconds\":");
    buffer_i64(out, clock->jump_us / SECOND_US);
    BUFFER_LITERAL(out, ",\"Time\":");
    render_time(out, clock->now_us);
}

/* ---- DescribeClock ---- */

static bool describe_answer(struct exchange *exchange, struct buffer *out)
{
    struct committer *committer = exchange->worker->api->world.committer;
    struct committer_clock clock;
    if (!committer)
        return exchange_refuse(exchange, ERROR_READ_ONLY);
    committer_clock(committer, &clock);
    render_clock(&clock, out);
    return true;
}

static const struct output describe_outputs[] = {
    {"Believed", "bool", "False: nothing is written until the clock is right or confirmed."},
    {"JumpSeconds", "int64", "How far the clock is ahead then; else 0."},
    {"Time", "string", "What the clock says."},
    {NULL, NULL, NULL},
};

const struct action action_describe_clock = {
    .name = {"DescribeClock", 13},
    .access = ACCESS_OPERATOR,
    .input = {NULL, 0, 0},
    .outputs = describe_outputs,
    .refusals = REFUSALS(ERROR_READ_ONLY),
    .help = "The server's clock, and whether it is believed.",
    .answer = describe_answer,
};

/* ---- ConfirmClock ---- */

static bool confirm_answer(struct exchange *exchange, struct buffer *out)
{
    struct committer *committer = exchange->worker->api->world.committer;
    struct committer_clock clock;
    if (!committer)
        return exchange_refuse(exchange, ERROR_READ_ONLY);
    committer_confirm_clock(committer, &clock);
    render_clock(&clock, out);
    return true;
}

static const struct output confirm_outputs[] = {
    {"Believed", "bool", "Whether it was believed before."},
    {"JumpSeconds", "int64", "How far it was ahead when it was not; else 0."},
    {"Time", "string", "What the clock says, and what holds from now on."},
    {NULL, NULL, NULL},
};

const struct action action_confirm_clock = {
    .name = {"ConfirmClock", 12},
    .access = ACCESS_OPERATOR,
    .input = {NULL, 0, 0},
    .outputs = confirm_outputs,
    .refusals = REFUSALS(ERROR_READ_ONLY),
    .help =
        "Says that the clock is right after it has jumped forward: writes go on, and what is due "
        "by it happens.",
    .answer = confirm_answer,
};
