/* Temporary keys: CreateTemporaryKey, bursar 2026-11-01. A pair and a token, which end together.
 *
 * The journal keeps only the token's hash. The token is made from the secret key; nobody can go
 * from it to the secret.
 *
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/keys.h"

enum { DURATION_SECONDS_MAX = 129600, DURATION_SECONDS_DEFAULT = 1800, SECOND_US = 1000000 };

struct temporary_input {
    struct integer_value organization_id;
    struct key_holder_input holder;
    struct integer_value duration_seconds;
    struct write_input write;
};

struct temporary_work {
    struct made_key made;
    unsigned char token_hash[SHA256_SIZE];
};

enum { TOKEN_BYTES = 2 * SHA256_SIZE };

/* In hex: the keyed hash of the key's id. */
static struct slice make_token(struct exchange *exchange, struct slice secret_id,
                               struct slice secret, char memory[TOKEN_BYTES])
{
    static const char purpose[] = "bursar token of ";
    char text[sizeof purpose + 4 + MADE_BYTES];
    unsigned char mac[HMAC_SIZE_MAX];
    struct buffer message, token;
    buffer_init_fixed(&message, text, sizeof text);
    buffer_text(&message, purpose);
    buffer_append(&message, secret_id);
    size_t len =
        hmac_once(exchange->worker->crypto, DIGEST_SHA256, secret, buffer_slice(&message), mac);
    buffer_init_fixed(&token, memory, TOKEN_BYTES);
    buffer_hex(&token, mac, len);
    return buffer_slice(&token);
}

static bool make_key(struct exchange *exchange, struct temporary_work *work, struct key *key)
{
    char memory[TOKEN_BYTES];
    struct slice secret = SLICE_NONE;
    if (!key_make_pair(exchange, &work->made, key, &secret))
        return false;
    struct slice token = make_token(exchange, key->secret_id, secret, memory);
    sha256(exchange->worker->crypto, token, work->token_hash);
    key->token_hash = slice_of((const char *)work->token_hash, SHA256_SIZE);
    wipe(memory, sizeof memory);
    return key_seal(exchange, &work->made, secret, key);
}

static enum preparation temporary_prepare(struct exchange *exchange, struct api_pending *pending)
{
    const struct temporary_input *input = exchange->input;
    struct temporary_work *work = arena_take_array(exchange->arena, 1, sizeof *work);
    struct command *command = &pending->commit.command;
    struct key *key = &command->key;
    int64_t seconds =
        input->duration_seconds.given ? input->duration_seconds.value : DURATION_SECONDS_DEFAULT;
    if (!work)
        (void)exchange_refuse(exchange, ERROR_INTERNAL);
    if (!work || !exchange_choose_organisation(exchange, &input->organization_id) ||
        !key_read_holder(exchange, &input->holder, key))
        return PREPARED_REFUSED;
    key->expires_us = (exchange->now_us / SECOND_US + seconds) * SECOND_US;
    if (!make_key(exchange, work, key))
        return PREPARED_REFUSED;
    key->enabled = true;
    command->kind = COMMAND_ADD_KEY;
    command->organisation = exchange->organisation;
    command->any_account = exchange->principal.is_operator;
    return PREPARED;
}

static bool temporary_answer(struct exchange *exchange, struct api_pending *pending,
                             struct buffer *out)
{
    const struct command *command = &pending->commit.command;
    struct key_view view = key_view_of(&command->key);
    char secret[SECRET_KEY_BYTES_MAX], token[TOKEN_BYTES];
    view.is_withheld = pending->commit.replayed;
    bool is_shown = !command->dry_run && !view.is_withheld;
    bool good = !is_shown || key_show_secret(exchange, secret, &view);
    if (is_shown)
        view.token = make_token(exchange, view.of.secret_id, view.secret_key, token);
    answer_write(exchange, &view, out);
    wipe(secret, sizeof secret);
    wipe(token, sizeof token);
    return good || exchange_refuse(exchange, ERROR_INTERNAL);
}

static const struct parameter temporary_parameters[] = {
    ORGANIZATION_PARAMETER(temporary_input),
    KEY_HOLDER_PARAMETERS(temporary_input),
    {PARAMETER(PARAMETER_INTEGER, temporary_input, duration_seconds, "DurationSeconds",
               "How long it is good for; default 1800."),
     .minimum = 1, .maximum = DURATION_SECONDS_MAX},
    WRITE_PARAMETERS(temporary_input),
};

static const struct shape_member temporary_outputs[] = {
    KEY_ACCOUNT_OUTPUT,
    KEY_MEMBER(INTEGER, expired_time, "ExpiredTime", "When it ends, in Unix seconds."),
    KEY_ID_OUTPUTS,
    SHAPE_GIVEN(TEXT, struct key_view, secret_key, is_shown, "SecretKey",
                "Not with DryRun; only in the first answer."),
    KEY_WITHHELD_OUTPUT,
    SHAPE_GIVEN(TEXT, struct key_view, token, is_shown, "Token",
                "Not with DryRun, only in the first answer; calls must carry it, as `X-TC-Token` "
                "or with signature v1 as `Token`."),
    KEY_USER_OUTPUT,
};

const struct action action_create_temporary_key = {
    .name = {"CreateTemporaryKey", 18},
    .access = ACCESS_OWNER,
    .input = PARAMETERS(temporary_parameters, temporary_input),
    .outputs = SHAPE(temporary_outputs, struct key_view),
    .refusals = REFUSALS(ERROR_ORGANIZATION_UNKNOWN, ERROR_VALUE_UIN, ERROR_MEMBER_UNKNOWN,
                         ERROR_VALUE_TEXT, ERROR_VALUE_NAME, ERROR_VALUE_UNSUPPORTED,
                         ERROR_ACCOUNT_KEY_LIMIT, ERROR_USER_ELSEWHERE, ERROR_POLICY_LIMIT,
                         ERROR_LIMIT, ERROR_GIVES_MORE, WRITE_REFUSALS),
    .help = "Makes a temporary key: a pair and a token that end together.",
    .prepare = temporary_prepare,
    .answer_commit = temporary_answer,
};
