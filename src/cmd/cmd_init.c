/* `bursar init`: a data folder with a master key, an organisation and its owner's first key. */
#include "cmd/answer.h"
#include "cmd/examples.h"
#include "cmd/folder.h"
#include "cmd/shown.h"
#include "cmd/subcommands.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "sys/file.h"

#include <inttypes.h>
#include <stdio.h>

enum { REQUEST_BYTES = 2048, ANSWER_BYTES = 4096 };

struct init {
    const char *data, *master_key_file, *organization, *currency, *owner;
    bool json, example;
    char generated_owner[24];
};

/* Looks like the cloud's: 100 and nine digits. */
static struct status generate_owner(struct init *init, struct fault *fault)
{
    const struct sys *sys = sys_real();
    uint64_t random;
    TRY(sys->entropy(sys->context, &random, sizeof(random), fault));
    snprintf(init->generated_owner, sizeof(init->generated_owner), "100%09" PRIu64,
             random % UINT64_C(1000000000));
    init->owner = init->generated_owner;
    return STATUS_DONE;
}

/* What the api would refuse is refused here, before a folder is made. */
static int check(struct init *init)
{
    struct fault fault;
    struct uin owner;
    struct text_wrong wrong;
    if (!init->data)
        return fail(&subcommand_init, EXIT_USAGE, "where? give --data DIR");
    struct slice organization = slice_text(init->organization);
    if (!text_is_clean(organization, &wrong) && wrong.kind != TEXT_TOO_LONG)
        return fail(&subcommand_init, EXIT_USAGE, "--organization \"%s\": %s", init->organization,
                    shown_wrong(&wrong));
    if (!name_is_valid(organization))
        return fail(&subcommand_init, EXIT_USAGE, "--organization: a name is 1 to 64 characters");
    size_t letters = strspn(init->currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (letters != 3 || init->currency[3] != '\0')
        return fail(&subcommand_init, EXIT_USAGE,
                    "--currency %s: a currency is three capital letters (ISO 4217), as USD",
                    init->currency);
    if (!init->owner && !status_ok(generate_owner(init, &fault)))
        return fail(&subcommand_init, EXIT_NETWORK, "%s", fault.text);
    if (!uin_parse(slice_text(init->owner), &owner))
        return fail(&subcommand_init, EXIT_USAGE,
                    "--owner %s: a uin is 1 to 20 digits without a leading zero", init->owner);
    return -1;
}

static int create_organization(const struct init *init, struct admin *admin)
{
    char memory[REQUEST_BYTES];
    struct buffer request;
    struct json_writer writer;
    struct slice response;
    buffer_init_fixed(&request, memory, sizeof(memory));
    json_writer_init(&writer, &request);
    json_open_object(&writer);
    json_write_key(&writer, SLICE("Name"));
    json_write_string(&writer, slice_text(init->organization));
    json_write_key(&writer, SLICE("Currency"));
    json_write_string(&writer, slice_text(init->currency));
    json_write_key(&writer, SLICE("OwnerUin"));
    json_write_string(&writer, slice_text(init->owner));
    json_close_object(&writer);
    return admin_do(&subcommand_init, admin, "CreateOrganization", buffer_slice(&request),
                    &response);
}

static void print_json(const struct init *init, struct slice id, struct slice secret)
{
    char memory[REQUEST_BYTES];
    struct buffer data;
    buffer_init_fixed(&data, memory, sizeof(memory));
    json_quote(&data, slice_text(init->data));
    printf("{\"Data\":%.*s,\"OrganizationId\":1,\"OwnerUin\":\"%s\",\"SecretId\":\"%.*s\","
           "\"SecretKey\":\"%.*s\"}\n",
           SLICE_ARGS(buffer_slice(&data)), init->owner, SLICE_ARGS(id), SLICE_ARGS(secret));
}

static void print_text(const struct init *init, struct slice id, struct slice secret)
{
    printf("%s holds the organisation \"%s\" (%s), owned by %s.\n\n"
           "The owner's key, shown this once:\n\n"
           "  SecretId   %.*s\n  SecretKey  %.*s\n\n"
           "Keep %s apart from backups of the folder: whoever has both can read every secret.\n\n"
           "Next:\n"
           "  bursar import --data %s members.csv    its members and what they have\n"
           "  bursar serve --data %s                 on http://127.0.0.1:8080\n",
           init->data, init->organization, init->currency, init->owner, SLICE_ARGS(id),
           SLICE_ARGS(secret),
           init->master_key_file ? init->master_key_file : "the folder's file master.key",
           init->data, init->data);
}

static int create_key(const struct init *init, struct admin *admin)
{
    char memory[ANSWER_BYTES];
    struct arena arena;
    struct slice response, id, secret;
    int code = admin_do(&subcommand_init, admin, "CreateKey", SLICE("{}"), &response);
    if (code >= 0)
        return code;
    arena_init_fixed(&arena, memory, sizeof(memory));
    if (!answer_text(response, "SecretId", &arena, &id) ||
        !answer_text(response, "SecretKey", &arena, &secret))
        code = fail(&subcommand_init, EXIT_NETWORK, "the answer to CreateKey cannot be read");
    else
        (init->json ? print_json : print_text)(init, id, secret);
    wipe(memory, sizeof(memory));
    return code;
}

static int fill(const struct init *init, struct admin *admin)
{
    int code = create_organization(init, admin);
    if (code < 0 && init->example)
        code = examples_add_documented(&subcommand_init, admin);
    if (code < 0)
        code = create_key(init, admin);
    return code;
}

static int fill_folder(const struct init *init, struct folder *folder)
{
    struct admin *admin;
    struct fault fault;
    struct status status = admin_open_here(folder, &fault, &admin);
    if (!status_ok(status))
        return fail(&subcommand_init, exit_code_of_status(status), "%s", fault.text);
    int code = fill(init, admin);
    status = admin_close(admin, &fault);
    return status_ok(status)
               ? code
               : fail(&subcommand_init, exit_code_of_status(status), "%s", fault.text);
}

static int say_half_made(const struct init *init, int code)
{
    return fail(&subcommand_init, (enum exit_code)code,
                "%s is only half made: remove it and try again", init->data);
}

/* The journal was begun before what went wrong went wrong. */
static bool is_half_made(const struct init *init, struct status status)
{
    char journal[4200];
    int len = snprintf(journal, sizeof(journal), "%s/journal.db", init->data);
    return status.code != STATUS_EXISTS && status.code != STATUS_BUSY && len > 0 &&
           (size_t)len < sizeof(journal) && file_exists(journal);
}

/* The folder is whole, and nobody who finds it so will ask whether it was finished. */
static int end_mark(const struct init *init)
{
    struct fault fault;
    struct status status = journal_made(init->data, &fault);
    if (status_ok(status))
        return -1;
    return fail(&subcommand_init, exit_code_of_status(status), "%s", fault.text);
}

static int create(const struct init *init)
{
    struct fault fault;
    struct folder *folder;
    struct folder_options options = {.sys = sys_real(),
                                     .path = init->data,
                                     .create = true,
                                     .master_key_file = init->master_key_file};
    struct status status = folder_open(&options, &fault, &folder);
    if (!status_ok(status)) {
        int code = fail(&subcommand_init, exit_code_of_status(status), "%s%s", fault.text,
                        status.code == STATUS_EXISTS ? "; nothing was changed" : "");
        return is_half_made(init, status) ? say_half_made(init, code) : code;
    }
    int code = fill_folder(init, folder);
    status = folder_close(folder, &fault);
    if (code < 0 && !status_ok(status))
        code = fail(&subcommand_init, exit_code_of_status(status), "%s", fault.text);
    if (code < 0)
        code = end_mark(init);
    return code >= 0 ? say_half_made(init, code) : EXIT_OK;
}

static int run_init(int argc, char **argv)
{
    struct init init = {.organization = "Organization", .currency = "USD"};
    const struct option_spec options[] = {
        {"data", "DIR", "The folder to make; it may exist, but hold no journal. Needed.",
         OPTION_TEXT, &init.data},
        {"organization", "NAME", "The organisation's name. Default Organization.", OPTION_TEXT,
         &init.organization},
        {"currency", "CODE", "Its one currency, ISO 4217. Default USD.", OPTION_TEXT,
         &init.currency},
        {"owner", "UIN", "The administrator's account. Default: a number made up now.", OPTION_TEXT,
         &init.owner},
        {"master-key-file", "FILE",
         "Keep the master key here instead of in DIR/master.key; used if it is there already. "
         "`serve` then needs the same option.",
         OPTION_TEXT, &init.master_key_file},
        {"example", NULL,
         "Add the member of the documentation's example, so that the published request gets the "
         "published answer.",
         OPTION_FLAG, &init.example},
        {"json", NULL,
         "Print the result as a JSON object; it is also a credential file for --credentials.",
         OPTION_FLAG, &init.json},
    };
    char **rest;
    int rest_count;
    int code = options_parse(&subcommand_init, options, sizeof(options) / sizeof(options[0]), argc,
                             argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count > 0)
        return fail(&subcommand_init, EXIT_USAGE, "takes no arguments, but there is %s", rest[0]);
    init.data = folder_choose(init.data);
    code = check(&init);
    return code >= 0 ? code : create(&init);
}

const struct subcommand subcommand_init = {
    .name = "init",
    .summary = "Make a data folder with an organisation and its first key",
    .description =
        "Makes the folder (mode 0700), a random master key (mode 0600), an empty journal, one "
        "organisation, and a long-term key of its owner. The key's secret is printed this once, on "
        "standard output, and is nowhere to be read again: not in the folder, not in a log.\n\n"
        "A folder that holds a journal already is refused and left as it is, unless the `init`, "
        "`load` or `restore` that began it was interrupted (there is a file `unfinished` in it "
        "then): it is begun anew.",
    .examples = "bursar init --data books --organization \"Example Ltd\" --owner 100000000001\n"
                "(umask 077; bursar init --data books --example --json >owner.json)\n"
                "bursar query --credentials owner.json --endpoint http://127.0.0.1:8080",
    .run = run_init,
};
