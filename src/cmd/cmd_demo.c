/* `bursar demo`: an example organisation, served from memory. */
#include "cmd/examples.h"
#include "cmd/serving.h"
#include "cmd/signals.h"
#include "cmd/subcommands.h"

#include <inttypes.h>
#include <stdio.h>

#define DEMO_OWNER "100000000001"
#define MEMBERS_MAX UINT64_C(10000000)

/* Everything that serve can be told but for what has to do with a folder, and with what is real. */
static bool demo_takes(enum setting setting)
{
    return setting != SETTING_DATA && setting != SETTING_MASTER_KEY_FILE &&
           setting != SETTING_TRUST_PLAIN_HTTP;
}

static const char organization[] =
    "{\"Name\":\"Demo\",\"Currency\":\"USD\",\"OwnerUin\":\"" DEMO_OWNER "\"}";
static const char owners_key[] =
    "{\"SecretId\":\"" EXAMPLE_SECRET_ID "\",\"SecretKey\":\"" EXAMPLE_SECRET_KEY "\"}";

static int make_book(struct admin *admin, uint64_t generated)
{
    struct slice response;
    int code = admin_do(&subcommand_demo, admin, "CreateOrganization", slice_text(organization),
                        &response);
    if (code < 0)
        code = admin_do(&subcommand_demo, admin, "CreateKey", slice_text(owners_key), &response);
    if (code < 0)
        code = examples_add_all(&subcommand_demo, admin, sys_now_us(sys_real()));
    if (code < 0)
        code = examples_add_generated(&subcommand_demo, admin, generated);
    return code;
}

static int fill_book(struct folder *folder, uint64_t generated)
{
    struct fault fault, ignored;
    struct admin *admin;
    struct status status = admin_open_here(folder, &fault, &admin);
    if (!status_ok(status))
        return fail(&subcommand_demo, exit_code_of_status(status), "%s", fault.text);
    int code = make_book(admin, generated);
    status = admin_close(admin, &ignored); /* the folder is ours: nothing can go wrong */
    return status_ok(status) ? code : EXIT_NETWORK;
}

/* The SDKs find the product in the endpoint's first label, so that an IP address would not do. */
static void print_endpoint(struct slice address, char ret_endpoint[64])
{
    struct slice port = address;
    while (port.len > 0 && slice_find(port, ':') < port.len)
        (void)slice_cut(port, ':', &port);
    snprintf(ret_endpoint, 64, "billing.localhost:%.*s", SLICE_ARGS(port));
}

static void print_plain(struct slice address)
{
    char at[64];
    print_endpoint(address, at);
    printf("  bursar   bursar query --all --endpoint http://%.*s\n", SLICE_ARGS(address));
    printf("  Python   HttpProfile(protocol=\"http\", endpoint=\"%s\")\n", at);
    printf("  Go       prof.HttpProfile.Scheme = \"HTTP\"; prof.HttpProfile.Endpoint = \"%s\"\n",
           at);
    printf("  Java     http.setProtocol(HttpProfile.REQ_HTTP); http.setEndpoint(\"%s\");\n", at);
    printf("  Node     httpProfile: { protocol: \"http://\", endpoint: \"%s\" }\n", at);
    printf("  PHP      $http->setProtocol(\"http://\"); $http->setEndpoint(\"%s\");\n", at);
    printf("  .NET     new HttpProfile { Protocol = HttpProfile.REQ_HTTP, Endpoint = \"%s\" }\n",
           at);
    printf("  Ruby     HttpProfile.new('http', '%s')    plain HTTP only on port 80\n", at);
}

static void print_tls(struct slice address)
{
    char at[64];
    print_endpoint(address, at);
    printf("With TLS: the same without the protocol, and the endpoint %s, also for\n", at);
    printf("  C++      http.SetEndpoint(\"%s\")\n", at);
    printf("  tccli    REQUESTS_CA_BUNDLE=CA.pem tccli billing DescribeOrgMemberAccountBalance "
           "--endpoint %s --region ap-singapore\n",
           at);
}

static void announce(struct slice plain, struct slice tls)
{
    printf("An example organisation, served from memory: all of it is gone at the end.\n\n"
           "  export TENCENTCLOUD_SECRET_ID=" EXAMPLE_SECRET_ID "\n"
           "  export TENCENTCLOUD_SECRET_KEY=" EXAMPLE_SECRET_KEY "\n\n"
           "This key pair is the one the cloud's documentation prints. It is public: never use it "
           "where others can reach.\n\n");
    if (plain.len > 0)
        print_plain(plain);
    if (tls.len > 0)
        print_tls(tls);
    else
        printf("tccli and the C++ SDK speak https only: add --listen-tls 127.0.0.1:8443 --tls-cert "
               "FILE --tls-key FILE.\n");
    printf("\nThe endpoint's first label must be the product, billing. If billing.localhost is not "
           "known here, add the line\n`127.0.0.1 billing.localhost` to /etc/hosts; or start with "
           "--accept-any-service and use the address itself.\nCtrl-C ends.\n");
    fflush(stdout);
}

static int demo(const struct settings *settings, uint64_t generated)
{
    struct fault fault;
    struct folder *folder;
    struct api_limit limits[SERVING_LIMITS_MAX];
    struct api_options api;
    struct serving_threads threads;
    struct folder_options options = {.sys = sys_real(), .api = &api};
    serving_folder(settings, &threads, &options);
    struct status status = serving_api_options(settings, limits, &fault, &api);
    api.trust_plain_http = true;
    if (status_ok(status))
        status = folder_open(&options, &fault, &folder);
    if (!status_ok(status))
        return fail(&subcommand_demo, exit_code_of_status(status), "%s", fault.text);
    struct serving_plan plan = {
        .self = &subcommand_demo, .settings = settings, .folder = folder, .announce = announce};
    int code = fill_book(folder, generated);
    if (code < 0)
        code = serving_run(&plan);
    status = folder_close(folder, &fault);
    return status_ok(status)
               ? code
               : fail(&subcommand_demo, exit_code_of_status(status), "%s", fault.text);
}

static int run_demo(int argc, char **argv)
{
    uint64_t members = 0;
    const struct option_spec more[] = {
        {"members", "N",
         "Add N more members, up to 10000000, with uins from 200000000001 on and balances that "
         "follow from the uin. Default 0.",
         OPTION_NUMBER, &members},
    };
    struct settings settings;
    struct settings_query query = {
        .self = &subcommand_demo, .takes = demo_takes, .more = more, .more_count = 1};
    signals_block();
    int code = settings_load(&query, argc, argv, &settings);
    if (code < 0 && members > MEMBERS_MAX)
        code = fail(&subcommand_demo, EXIT_USAGE, "--members %" PRIu64 ": at most %" PRIu64,
                    members, MEMBERS_MAX);
    if (code < 0)
        code = demo(&settings, members);
    settings_done(&settings);
    return code;
}

const struct subcommand subcommand_demo = {
    .name = "demo",
    .summary = "Serve an example organisation from memory, for trying and testing",
    .description =
        "Starts in milliseconds, needs no folder and leaves nothing behind: for a first look, for "
        "tests and for CI. It serves the member of the documentation's example (700001941608, "
        "kleinerwang_test, whose row is the published one) and one member for "
        "every state a balance can be in: zero, credit in use, overdue, frozen, gift and income, "
        "temporary credit active, expired and to come, large amounts, fractions of a cent.\n\n"
        "The owner, 100000000001, has the key pair that the cloud's documentation prints, "
        "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE with Gu5t9xGARNpq86cd98joQYCN3EXAMPLE. It is public: "
        "listen on loopback, which is the default.\n\n"
        "The answers are as strict as those of `serve`: signatures, clock, permissions and the "
        "limit of 20 calls a second are checked. --calls-per-second 0 lifts the limit. Only writes "
        "over plain HTTP from other machines are taken whatever their signature covers, as serve "
        "takes them with --trust-plain-http.\n\n"
        "Only options count here; neither the environment nor a configuration file is read.",
    .examples = "bursar demo\n"
                "bursar demo --listen 127.0.0.1:0 --ready-file ready --members 1000",
    .run = run_demo,
};
