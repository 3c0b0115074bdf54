/* Writing (cmd/writing.h). A `struct writing` owns its management. Main thread.
 *
 * 1. A call that may have been carried out is only ever sent again with the same token: libbursar
 *    does so, up to --retries times.
 * 2. When the outcome is not known, that is said, with the token that settles it. */
#include "cmd/writing.h"

#include "cmd/answer.h"
#include "cmd/member_rows.h"
#include "cmd/output.h"
#include "cmd/shown.h"
#include "codec/decimal.h"
#include "sys/sys.h"

#include <stdio.h>

enum { RETRIES_DEFAULT = 2, MADE_BYTES = 12 };

static int make_token(struct writing *writing)
{
    unsigned char bytes[MADE_BYTES];
    struct fault fault;
    struct buffer text;
    const struct sys *sys = sys_real();
    struct status status = sys->entropy(sys->context, bytes, sizeof bytes, &fault);
    if (!status_ok(status))
        return fail(writing->management.self, exit_code_of_status(status), "%s", fault.text);
    buffer_init_fixed(&text, writing->made, sizeof writing->made);
    BUFFER_LITERAL(&text, "bursar-");
    buffer_hex(&text, bytes, sizeof bytes);
    buffer_char(&text, '\0');
    writing->token = writing->made;
    return -1;
}

int writing_open(struct writing *writing)
{
    uint64_t *retries = &writing->management.target.remote.retries;
    if (*retries == REMOTE_RETRIES_UNSET)
        *retries = RETRIES_DEFAULT;
    if (!writing->token)
        return make_token(writing);
    if (!client_token_is_valid(slice_text(writing->token)))
        return fail(writing->management.self, EXIT_USAGE, "--token is " CLIENT_TOKEN_RULE,
                    CLIENT_TOKEN_BYTES_MAX);
    return -1;
}

void writing_begin(struct writing *writing, const char *suffix)
{
    char token[2 * CLIENT_TOKEN_BYTES_MAX];
    management_begin(&writing->management);
    snprintf(token, sizeof token, "%s%s", writing->token, suffix);
    management_text(&writing->management, "ClientToken", token);
    management_text(&writing->management, "Reason", writing->reason);
}

int writing_amount(struct writing *writing, const char *name, const char *text)
{
    char memory[40];
    struct buffer cents;
    struct amount amount;
    if (!text)
        return -1;
    enum decimal_result result = decimal_parse_units(slice_text(text), &amount);
    if (result != DECIMAL_OK)
        return fail(writing->management.self, EXIT_USAGE,
                    "\"%s\" is not an amount%s: write 12.34, in units of the currency", text,
                    result == DECIMAL_PRECISE    ? " of at most six decimals"
                    : result == DECIMAL_OVERFLOW ? " that fits"
                                                 : "");
    buffer_init_fixed(&cents, memory, sizeof memory);
    decimal_print_cents(&cents, amount);
    json_write_key(&writing->management.writer, slice_text(name));
    json_write_raw(&writing->management.writer, buffer_slice(&cents));
    return -1;
}

int writing_number(struct writing *writing, const char *name, const char *text, const char *what)
{
    uint64_t number;
    if (!slice_to_u64(slice_text(text), &number) || number > INT64_MAX)
        return fail(writing->management.self, EXIT_USAGE, "\"%s\" is not the number of a %s", text,
                    what);
    json_write_key(&writing->management.writer, slice_text(name));
    json_write_u64(&writing->management.writer, number);
    return -1;
}

static void say_token(const struct writing *writing, struct status status)
{
    if (!writing->management.dry_run && status.code == STATUS_UNKNOWN)
        fail(writing->management.self, EXIT_INTEGRITY,
             "it is not known whether it was carried out; the same command with --token %s does "
             "it at most once",
             writing->token);
}

int writing_try(struct writing *writing, const char *action, struct slice *ret_response,
                struct slice *ret_code, struct slice *ret_message)
{
    struct management *management = &writing->management;
    struct fault fault;
    int code = management_ready(management);
    if (code >= 0)
        return code;
    *ret_code = *ret_message = SLICE_NONE;
    struct status status = admin_call(management->admin, action, buffer_slice(&management->request),
                                      &fault, ret_response, ret_code, ret_message);
    if (status_ok(status))
        return -1;
    code = fail(management->self, exit_code_of_status(status), "%s", fault.text);
    say_token(writing, status);
    return code;
}

int writing_send(struct writing *writing, const char *action, struct slice *ret_response)
{
    char name[128];
    struct slice code, message;
    int failed = writing_try(writing, action, ret_response, &code, &message);
    if (failed >= 0 || code.len == 0)
        return failed;
    snprintf(name, sizeof name, "%.*s", SLICE_ARGS(code));
    enum exit_code exit = exit_code_of_api_error(name);
    if (writing->insufficient && strcmp(name, "FailedOperation.BalanceInsufficient") == 0)
        return fail(writing->management.self, exit, "%s; nothing was changed (%s)",
                    writing->insufficient, name);
    if (writing->shorten)
        message =
            writing->shorten(message, bursar_error_index(admin_client(writing->management.admin)));
    return fail(writing->management.self, exit, "%.*s (%s)", SLICE_ARGS(message), name);
}

void writing_print(const struct writing *writing, struct slice response, const char *said)
{
    if (writing->json) {
        output_line(response);
        return;
    }
    if (writing->management.dry_run)
        fputs("Nothing was changed; without --dry-run: ", stdout);
    shown_write(stdout, slice_text(said), TEXT_ESCAPE_ALL);
    fputc('\n', stdout);
    member_rows_print(response);
}

uint64_t writing_id(struct slice response, const char *name)
{
    char memory[4096];
    struct arena arena;
    struct slice text = SLICE_NONE;
    uint64_t id = 0;
    arena_init_fixed(&arena, memory, sizeof memory);
    if (!answer_text(response, name, &arena, &text) || !slice_to_u64(text, &id))
        return 0;
    return id;
}

int writing_done(struct writing *writing, int code)
{
    return management_done(&writing->management, code);
}
