/* Making keys: what CreateKey and CreateTemporaryKey share; see keys.h.
 *
 * 1. A secret is sealed before it leaves this file, and opened only to be shown to who had it made.
 * Owns nothing; memory is the call's. Thread: the worker's. */
#include "api/keys.h"

static const char *const principal_names[] = {
    [PRINCIPAL_MAIN] = "main", [PRINCIPAL_SUB] = "sub", [PRINCIPAL_ROLE] = "role"};

/* Letters and digits, each as likely as the others. */
static bool make_text(const struct sys *sys, char *at, size_t len)
{
    static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    enum { SYMBOLS = sizeof symbols - 1, FAIR = 256 - 256 % SYMBOLS };
    struct fault fault;
    unsigned char bytes[64];
    size_t made = 0;
    while (made < len) {
        if (!status_ok(sys->entropy(sys->context, bytes, sizeof bytes, &fault)))
            return false;
        for (size_t i = 0; i < sizeof bytes && made < len; i++) {
            if (bytes[i] < FAIR)
                at[made++] = symbols[bytes[i] % SYMBOLS];
        }
    }
    wipe(bytes, sizeof bytes);
    return true;
}

bool key_make_pair(struct exchange *exchange, struct made_key *made, struct key *key,
                   struct slice *ret_secret)
{
    const struct sys *sys = exchange->worker->api->world.sys;
    memcpy(made->secret_id, "AKID", 4);
    if (!make_text(sys, made->secret_id + 4, MADE_BYTES) ||
        !make_text(sys, made->secret_key, MADE_BYTES))
        return exchange_refuse(exchange, ERROR_INTERNAL);
    key->secret_id = slice_of(made->secret_id, sizeof made->secret_id);
    *ret_secret = slice_of(made->secret_key, sizeof made->secret_key);
    return true;
}

bool key_seal(struct exchange *exchange, struct made_key *made, struct slice secret,
              struct key *key)
{
    const struct api_world *world = &exchange->worker->api->world;
    unsigned char nonce[SEAL_NONCE_SIZE];
    struct buffer sealed = {0};
    struct fault fault;
    buffer_init_fixed(&sealed, made->sealed, sizeof made->sealed);
    if (!status_ok(world->sys->entropy(world->sys->context, nonce, sizeof nonce, &fault)))
        return exchange_refuse(exchange, ERROR_INTERNAL);
    struct status status = key_secret_seal(world->master_key, nonce, key, secret, &sealed, &fault);
    if (!status_ok(status))
        return exchange_refuse(exchange,
                               status.code == STATUS_MEMORY ? ERROR_MEMORY : ERROR_INTERNAL);
    key->sealed_secret = buffer_slice(&sealed);
    return true;
}

static bool read_principal_kind(struct exchange *exchange, const struct key_holder_input *input,
                                struct key *key)
{
    bool is_main = uin_equal(key->user, key->account);
    key->principal = is_main ? PRINCIPAL_MAIN : PRINCIPAL_SUB;
    if (input->principal.text.len == 0)
        return true;
    for (unsigned kind = PRINCIPAL_MAIN; kind <= PRINCIPAL_ROLE; kind++) {
        if (!slice_equal(input->principal.text, slice_text(principal_names[kind])))
            continue;
        key->principal = (uint8_t)kind;
        if (is_main == (kind == PRINCIPAL_MAIN))
            return true;
    }
    return exchange_refuse_word(exchange, ERROR_VALUE_UNSUPPORTED, SLICE("Principal"));
}

/* Through the control socket by default the organisation's owner. A caller makes keys only for
 * accounts of its own organisation. */
static bool read_account(struct exchange *exchange, const struct key_holder_input *input,
                         struct key *key)
{
    bool is_operator = exchange->principal.is_operator;
    if (input->account_uin.given &&
        !value_to_uin(exchange, &input->account_uin, SLICE("AccountUin"), &key->account))
        return false;
    if (!input->account_uin.given && !is_operator)
        return exchange_refuse_word(exchange, ERROR_MISSING_PARAMETER, SLICE("AccountUin"));
    const struct book *book = exchange_book_begin(exchange);
    if (!input->account_uin.given)
        key->account = book_organisation(book, exchange->organisation)->owner;
    const struct organisation *organisation = book_organisation_of(book, key->account);
    bool belongs = organisation && organisation->id == exchange->organisation;
    exchange_book_end(exchange);
    return belongs || is_operator || exchange_refuse(exchange, ERROR_MEMBER_UNKNOWN);
}

bool key_read_holder(struct exchange *exchange, const struct key_holder_input *input,
                     struct key *key)
{
    if (!read_account(exchange, input, key))
        return false;
    key->organisation = exchange->organisation;
    key->user = key->account;
    if (input->user_uin.given &&
        !value_to_uin(exchange, &input->user_uin, SLICE("UserUin"), &key->user))
        return false;
    key->session_name = input->session_name.text;
    if (key->session_name.len > 0 &&
        !value_to_name(exchange, &input->session_name, SLICE("SessionName")))
        return false;
    return read_principal_kind(exchange, input, key);
}

struct key_view key_view_of(const struct key *key)
{
    enum { SECOND_US = 1000000 };
    return (struct key_view){.principal = principal_names[key->principal],
                             .of = *key,
                             .expired_time = key->expires_us / SECOND_US,
                             .is_temporary = key->token_hash.len > 0};
}

/* Out of the seal, where it was just put: the one place that has it. */
bool key_show_secret(const struct exchange *exchange, char *memory, struct key_view *view)
{
    struct fault fault;
    struct buffer secret;
    buffer_init_fixed(&secret, memory, SECRET_KEY_BYTES_MAX);
    view->is_shown = true;
    bool opened = status_ok(
        key_secret_open(exchange->worker->api->world.master_key, &view->of, &secret, &fault));
    view->secret_key = buffer_slice(&secret);
    return opened;
}
