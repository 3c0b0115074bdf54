/* The world that `bursar explain` asks (cmd/explain_world.h). Main thread.
 *
 * 1. There is no committer, so nothing can be written.
 * 2. The world stays where it is: the api holds pointers into it. */
#include "cmd/explain_world.h"

#include "api/key_secret.h"
#include "cmd/master_key.h"
#include "crypto/digest.h"
#include "ledger/decide.h"

#include <string.h>

static void start(struct explain_world *world)
{
    memset(world, 0, sizeof *world);
    world->sys = *sys_real();
    gate_init(&world->gate);
    world->started = true;
}

static struct status open_api(struct explain_world *world, struct fault *fault)
{
    struct api_options options = API_OPTIONS_DEFAULT;
    options.calls_per_second = 0;
    const struct api_world parts = {
        .products = api_own_products,
        .sys = &world->sys,
        .book = world->book,
        .gate = &world->gate,
        .master_key = world->master_key,
    };
    TRY(api_new(&parts, &options, fault, &world->api));
    world->worker = api_worker_new(world->api);
    if (!world->worker)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the api");
    return STATUS_DONE;
}

static struct status make_book(struct explain_world *world, struct fault *fault)
{
    uint64_t seed;
    TRY(world->sys.entropy(world->sys.context, &seed, sizeof seed, fault));
    world->book = book_new(seed);
    if (!world->book)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the book");
    return STATUS_DONE;
}

struct status explain_world_open(struct explain_world *world, const char *folder,
                                 const char *master_key_file, struct fault *fault)
{
    const struct journal_options options = {.read_only = true};
    struct master_key_place place;
    start(world);
    TRY(journal_open(folder, &options, fault, &world->journal));
    TRY(master_key_find(folder, master_key_file, fault, &place));
    TRY(master_key_read(&place, fault, world->master_key));
    TRY(make_book(world, fault));
    TRY(journal_load(world->journal, world->book, fault));
    return open_api(world, fault);
}

static struct status apply(struct explain_world *world, struct draft *draft,
                           struct command *command, struct fault *fault)
{
    enum refusal refusal = REFUSAL_NONE;
    uint32_t item = 0;
    TRY(decide(draft, command, sys_now_us(&world->sys), fault, &refusal, &item));
    if (refusal != REFUSAL_NONE)
        return fault_raise(fault, STATUS_INVALID,
                           "a world for this key cannot be made (refusal %d)", (int)refusal);
    for (size_t i = 0; i < draft_entry_count(draft); i++)
        TRY(book_apply(world->book, draft_entry(draft, i), fault));
    draft_clear(draft);
    return STATUS_DONE;
}

static struct status apply_key(struct explain_world *world, struct draft *draft,
                               const struct credentials *credentials, struct fault *fault)
{
    unsigned char nonce[SEAL_NONCE_SIZE], token_hash[SHA256_SIZE];
    char memory[sizeof credentials->secret_key + SEAL_OVERHEAD];
    struct buffer sealed;
    struct slice secret_id = slice_text(credentials->secret_id);
    buffer_init_fixed(&sealed, memory, sizeof memory);
    TRY(world->sys.entropy(world->sys.context, nonce, sizeof nonce, fault));
    struct command command = {.kind = COMMAND_ADD_KEY, .organisation = 1};
    command.key = (struct key){
        .secret_id = secret_id,
        .organisation = 1,
        .principal = PRINCIPAL_MAIN,
        .enabled = true,
        .account = {0, 1},
        .user = {0, 1},
    };
    if (credentials->token[0]) {
        struct crypto *crypto = crypto_new();
        if (!crypto)
            return fault_raise(fault, STATUS_MEMORY, "no memory for the key");
        sha256(crypto, slice_text(credentials->token), token_hash);
        crypto_free(crypto);
        command.key.token_hash = slice_of((const char *)token_hash, sizeof token_hash);
    }
    TRY(key_secret_seal(world->master_key, nonce, &command.key, slice_text(credentials->secret_key),
                        &sealed, fault));
    command.key.sealed_secret = buffer_slice(&sealed);
    return apply(world, draft, &command, fault);
}

struct status explain_world_make(struct explain_world *world, const struct credentials *credentials,
                                 struct fault *fault)
{
    struct command organisation = {
        .kind = COMMAND_CREATE_ORGANISATION,
        .name = SLICE("explain"),
        .currency = SLICE("USD"),
        .owner = {0, 1},
    };
    start(world);
    TRY(world->sys.entropy(world->sys.context, world->master_key, sizeof world->master_key, fault));
    TRY(make_book(world, fault));
    struct draft *draft = draft_new(world->book);
    if (!draft)
        return fault_raise(fault, STATUS_MEMORY, "no memory for the book");
    struct status status = apply(world, draft, &organisation, fault);
    if (status_ok(status))
        status = apply_key(world, draft, credentials, fault);
    draft_free(draft);
    TRY(status);
    return open_api(world, fault);
}

static int64_t fixed_now_us(void *context)
{
    const struct explain_world *world = context;
    return world->now_us;
}

void explain_world_set_clock(struct explain_world *world, int64_t now_us)
{
    world->now_us = now_us;
    world->sys.now_us = fixed_now_us;
    world->sys.context = world;
}

void explain_world_done(struct explain_world *world)
{
    if (!world->started)
        return;
    api_worker_free(world->worker);
    api_free(world->api);
    book_free(world->book);
    journal_close(world->journal);
    gate_done(&world->gate);
    wipe(world, sizeof *world);
}
