/* A data folder in use.
 *
 * Owns all that hangs on a `struct folder`; folder_close takes it apart in the reverse order, also
 * when it was only half built.
 *
 * Invariants:
 *  1. A folder that opened has the master key its secrets were sealed with: one of them was
 *     unsealed.
 *
 * The main thread; the committer's and the historian's threads live inside. */
#include "cmd/folder.h"

#include "api/key_secret.h"
#include "cmd/master_key.h"
#include "crypto/digest.h"
#include "sys/dumps.h"
#include "sys/file.h"

#include <stdlib.h>

const char *folder_choose(const char *flag)
{
    const char *variable = getenv("BURSAR_DATA");
    if (flag)
        return flag;
    return variable && *variable ? variable : NULL;
}

static struct status open_journal(struct folder *folder, const struct folder_options *options,
                                  struct fault *fault)
{
    if (!options->path) {
        folder->journal = journal_open_memory();
        if (!folder->journal)
            return fault_raise(fault, STATUS_MEMORY, "out of memory");
        return STATUS_DONE;
    }
    if (options->create)
        TRY(folder_create(options->path, fault));
    else if (!file_exists(options->path))
        return fault_raise(fault, STATUS_NOT_FOUND,
                           "there is no data folder %s: `bursar init --data %s` makes one",
                           options->path, options->path);
    struct journal_options journal = {.create = options->create,
                                      .maker = options->create ? "init" : NULL,
                                      .requests_due = options->requests_due};
    return journal_open(options->path, &journal, fault, &folder->journal);
}

static struct status take_master_key(struct folder *folder, const struct folder_options *options,
                                     struct fault *fault)
{
    const struct sys *sys = folder->sys;
    struct master_key_place place;
    if (!options->path)
        return sys->entropy(sys->context, folder->master_key, SEAL_KEY_SIZE, fault);
    TRY(master_key_find(options->path, options->master_key_file, fault, &place));
    if (options->create)
        return master_key_create(&place, sys, fault, folder->master_key);
    return master_key_read(&place, fault, folder->master_key);
}

static const struct key *any_key(const struct book *book)
{
    for (uint32_t id = 1; id <= book_organisation_count(book); id++)
        if (book_registry_count(book, REGISTRY_KEYS, id) > 0)
            return book_key(book, book_registry_first(book, REGISTRY_KEYS, id));
    return NULL;
}

/* Invariant 1. A book without keys has no secrets yet. */
static struct status check_master_key(const struct folder *folder, struct fault *fault)
{
    const struct key *key = any_key(folder->book);
    if (!key)
        return STATUS_DONE;
    char memory[256];
    struct buffer secret;
    buffer_init_fixed(&secret, memory, sizeof(memory));
    struct status status = key_secret_open(folder->master_key, key, &secret, fault);
    wipe(memory, sizeof(memory));
    if (status.code == STATUS_CORRUPT)
        return fault_raise(fault, STATUS_DENIED,
                           "the master key is not the one this folder was made with: put the right "
                           "one back from your backup (nothing was changed)");
    return status;
}

static struct status load_book(struct folder *folder, struct fault *fault)
{
    const struct sys *sys = folder->sys;
    uint64_t seed;
    TRY(sys->entropy(sys->context, &seed, sizeof(seed), fault));
    folder->book = book_new(seed);
    if (!folder->book)
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    return journal_load(folder->journal, folder->book, fault);
}

static struct status start(struct folder *folder, const struct folder_options *options,
                           struct fault *fault)
{
    struct api_options defaults = API_OPTIONS_DEFAULT;
    struct api_world world = {
        .products = api_own_products,
        .sys = folder->sys,
        .book = folder->book,
        .gate = &folder->gate,
        .master_key = folder->master_key,
    };
    TRY(committer_start(world.sys, folder->journal, folder->book, &folder->gate, options->committer,
                        fault, &folder->committer));
    world.committer = folder->committer;
    TRY(historian_start(world.sys, folder->journal, &folder->gate, options->historian, fault,
                        &folder->historian));
    world.historian = folder->historian;
    return api_new(&world, options->api ? options->api : &defaults, fault, &folder->api);
}

static struct status open_parts(struct folder *folder, const struct folder_options *options,
                                struct fault *fault)
{
    TRY(open_journal(folder, options, fault));
    TRY(take_master_key(folder, options, fault));
    TRY(load_book(folder, fault));
    TRY(check_master_key(folder, fault));
    return start(folder, options, fault);
}

struct status folder_open(const struct folder_options *options, struct fault *fault,
                          struct folder **ret_folder)
{
    struct folder *folder = undumped_take(sizeof(struct folder)); /* the master key is in it */
    if (!folder)
        return fault_raise(fault, STATUS_MEMORY, "out of memory");
    folder->sys = options->sys;
    gate_init(&folder->gate);
    struct status status = open_parts(folder, options, fault);
    if (!status_ok(status)) {
        struct fault ignored; /* the first fault is the one to tell */
        struct status closed = folder_close(folder, &ignored);
        (void)closed;
        return status;
    }
    *ret_folder = folder;
    return STATUS_DONE;
}

struct status folder_close(struct folder *folder, struct fault *fault)
{
    if (!folder)
        return STATUS_DONE;
    struct status status = STATUS_DONE;
    if (folder->api)
        api_free(folder->api);
    if (folder->committer)
        status = committer_stop(folder->committer, fault);
    historian_stop(folder->historian);
    journal_close(folder->journal);
    if (folder->book)
        book_free(folder->book);
    gate_done(&folder->gate);
    wipe(folder, sizeof(*folder));
    undumped_free(folder, sizeof(*folder));
    return status;
}
