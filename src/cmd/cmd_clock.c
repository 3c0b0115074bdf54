/* `bursar clock`: whether a server believes its clock, and saying that it is right. */
#include "cmd/answer.h"
#include "cmd/confirm.h"
#include "cmd/folder.h"
#include "cmd/management.h"
#include "cmd/subcommands.h"
#include "sys/file.h"

#include <stdio.h>

enum { PATH_BYTES = 4200, HOUR_S = 3600, MINUTE_S = 60 };

struct clock_state {
    char time[64];
    uint64_t jump_s; /* 0: it is believed */
};

/* The clock is a running server's: opening a folder that nobody serves would tell nothing. -1 or
 * the exit code. */
static int check_served(const struct management *management)
{
    char path[PATH_BYTES];
    const char *folder = folder_choose(management->target.data);
    if (!folder)
        return fail(management->self, EXIT_USAGE, "which server? give --data DIR");
    int len = snprintf(path, sizeof path, "%s/control.sock", folder);
    if (len < 0 || (size_t)len >= sizeof path)
        return fail(management->self, EXIT_USAGE, "the path of the data folder is too long");
    if (!file_exists(path))
        return fail(
            management->self, EXIT_NOT_FOUND,
            "%s is not being served: only a running server holds its clock against anything",
            folder);
    return -1;
}

/* -1 or the exit code. */
static int ask(struct management *management, const char *action, struct clock_state *ret_state)
{
    char memory[1024];
    struct arena arena;
    struct slice response = SLICE_NONE, time = SLICE_NONE, jump = SLICE_NONE;
    management_begin(management);
    int code = management_send(management, action, &response);
    if (code >= 0)
        return code;
    arena_init_fixed(&arena, memory, sizeof memory);
    if (!answer_text(response, "Time", &arena, &time) ||
        !answer_text(response, "JumpSeconds", &arena, &jump) ||
        !slice_to_u64(jump, &ret_state->jump_s))
        return fail(management->self, EXIT_NETWORK, "the answer cannot be read");
    (void)snprintf(ret_state->time, sizeof ret_state->time, "%.*s", SLICE_ARGS(time));
    return -1;
}

static unsigned long long hours_of(const struct clock_state *state)
{
    return state->jump_s / HOUR_S;
}

static unsigned long long minutes_of(const struct clock_state *state)
{
    return state->jump_s % HOUR_S / MINUTE_S;
}

/* ---- show ---- */

static const struct subcommand clock_show;

static int show(struct management *management)
{
    struct clock_state state = {.jump_s = 0};
    int code = check_served(management);
    if (code < 0)
        code = ask(management, "DescribeClock", &state);
    if (code >= 0)
        return code;
    if (state.jump_s == 0) {
        printf("%s UTC, believed\n", state.time);
        return EXIT_OK;
    }
    printf("%s UTC, %llu h %llu min ahead, not believed: nothing is written\n", state.time,
           hours_of(&state), minutes_of(&state));
    return EXIT_ALERT;
}

static int run_show(int argc, char **argv)
{
    struct management management = MANAGEMENT_DEFAULT(&clock_show);
    const struct option_spec options[] = {TARGET_OPTIONS(&management.target)};
    int code = management_parse(&management, options, sizeof(options) / sizeof(options[0]), argc,
                                argv, 0, NULL);
    if (code >= 0)
        return code;
    return management_done(&management, show(&management));
}

static const struct subcommand clock_show = {
    .name = "clock show",
    .summary = "Show the server's clock and whether it is believed",
    .description =
        "Prints what the clock of the server that serves the folder says. The exit status "
        "is 1 when it is not believed.",
    .examples = "bursar clock show --data books",
    .run = run_show,
};

/* ---- confirm ---- */

static const struct subcommand clock_confirm;

static int confirm_clock(struct management *management, bool yes)
{
    struct clock_state state = {.jump_s = 0};
    int code = check_served(management);
    if (code < 0)
        code = ask(management, "DescribeClock", &state);
    if (code < 0 && state.jump_s == 0) {
        printf("%s UTC is believed: there is nothing to confirm\n", state.time);
        return EXIT_OK;
    }
    if (code < 0)
        code = confirm(management->self, yes,
                       "The server's clock says %s UTC, %llu h %llu min ahead. Holds and temporary "
                       "credit that end before that end now. Is it right?",
                       state.time, hours_of(&state), minutes_of(&state));
    if (code < 0)
        code = ask(management, "ConfirmClock", &state);
    if (code < 0)
        printf("%s UTC is believed from now on\n", state.time);
    return code < 0 ? EXIT_OK : code;
}

static int run_confirm(int argc, char **argv)
{
    struct management management = MANAGEMENT_DEFAULT(&clock_confirm);
    bool yes = false;
    const struct option_spec options[] = {
        TARGET_OPTIONS(&management.target),
        {"yes", NULL, "Do not ask.", OPTION_FLAG, &yes},
    };
    int code = management_parse(&management, options, sizeof(options) / sizeof(options[0]), argc,
                                argv, 0, NULL);
    if (code >= 0)
        return code;
    return management_done(&management, confirm_clock(&management, yes));
}

static const struct subcommand clock_confirm = {
    .name = "clock confirm",
    .summary = "Say that the server's clock is right after it has jumped",
    .description =
        "Writes go on, and what is due by the clock happens: holds expire, temporary credit begins "
        "and ends. That cannot be undone, so look at the clock first (`date -u`). When it is "
        "wrong, "
        "put it right instead: writes go on by themselves.",
    .examples = "bursar clock confirm --data books",
    .run = run_confirm,
};

const struct subcommand subcommand_clock = {
    .name = "clock",
    .summary = "Show or confirm the clock of a server",
    .arguments = "show|confirm",
    .description =
        "A server whose clock jumps forward by more than --clock-jump-max writes nothing "
        "until the clock is right again, or somebody says that it is.",
    .verbs = (const struct subcommand *const[]){&clock_show, &clock_confirm, NULL},
};
