/* The server's clock: DescribeClock, ConfirmClock, bursar 2026-11-01.
 *
 * Whether the wall clock is believed is the committer's business (journal/committer.h); here it is
 * shown, and confirmed by who runs the server. No entry is made: nothing of the book changes.
 *
 * Owns nothing. Thread: the worker's. */
#include "api/action.h"

struct clock_view {
    int64_t jump_seconds, now_us;
    bool is_believed;
};

static void clock_answer(const struct exchange *exchange, const struct committer_clock *clock,
                         struct buffer *out)
{
    enum { SECOND_US = 1000000 };
    struct clock_view view = {clock->jump_us / SECOND_US, clock->now_us, !clock->is_stopped};
    answer_write(exchange, &view, out);
}

/* ---- DescribeClock ---- */

static bool describe_answer(struct exchange *exchange, struct buffer *out)
{
    struct committer *committer = exchange->worker->api->world.committer;
    struct committer_clock clock;
    if (!committer)
        return exchange_refuse(exchange, ERROR_READ_ONLY);
    committer_clock(committer, &clock);
    clock_answer(exchange, &clock, out);
    return true;
}

static const struct shape_member describe_outputs[] = {
    SHAPE_MEMBER(BOOL, struct clock_view, is_believed, "Believed",
                 "False: nothing is written until the clock is right or confirmed."),
    SHAPE_MEMBER(INTEGER, struct clock_view, jump_seconds, "JumpSeconds",
                 "How far the clock is ahead then; else 0."),
    SHAPE_MEMBER(TIME, struct clock_view, now_us, "Time", "What the clock says."),
};

const struct action action_describe_clock = {
    .name = {"DescribeClock", 13},
    .access = ACCESS_OPERATOR,
    .input = {NULL, 0, 0},
    .outputs = SHAPE(describe_outputs, struct clock_view),
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
    clock_answer(exchange, &clock, out);
    return true;
}

static const struct shape_member confirm_outputs[] = {
    SHAPE_MEMBER(BOOL, struct clock_view, is_believed, "Believed",
                 "Whether it was believed before."),
    SHAPE_MEMBER(INTEGER, struct clock_view, jump_seconds, "JumpSeconds",
                 "How far it was ahead when it was not; else 0."),
    SHAPE_MEMBER(TIME, struct clock_view, now_us, "Time",
                 "What the clock says, and what holds from now on."),
};

const struct action action_confirm_clock = {
    .name = {"ConfirmClock", 12},
    .access = ACCESS_OPERATOR,
    .input = {NULL, 0, 0},
    .outputs = SHAPE(confirm_outputs, struct clock_view),
    .refusals = REFUSALS(ERROR_READ_ONLY),
    .help =
        "Says that the clock is right after it has jumped forward: writes go on, and what is due "
        "by it happens.",
    .answer = confirm_answer,
};
