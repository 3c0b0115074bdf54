/* `bursar sign`: what is signed and sent, without sending it. Owns its client. Main thread.
 *
 * 1. The SecretKey is in nothing that is printed: only what it made, the signature. */
#include "cmd/call_request.h"
#include "cmd/output.h"
#include "cmd/remote.h"
#include "cmd/subcommands.h"
#include "sys/sys.h"

#include <string.h>

struct sign_flags {
    const char *signing;
    uint64_t timestamp; /* 0 = now */
    bool curl;
};

static struct call_parameters parameters;

static int signing_parse(const char *name, enum bursar_signing *ret_signing)
{
    static const char *const names[] = {"tc3", "sha256", "sha1", "unsigned"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_signing = (enum bursar_signing)i;
            return -1;
        }
    }
    return fail(&subcommand_sign, EXIT_USAGE,
                "--signing is tc3, sha256, sha1 or unsigned, not \"%s\"", name);
}

static void print_request(const struct bursar_signed_request *request)
{
    if (*request->canonical_request)
        printf("== canonical request ==\n%s\n\n", request->canonical_request);
    printf("== string to sign ==\n%s\n\n== signature ==\n%s\n\n== request ==\n%s %s\n",
           request->string_to_sign, request->signature, request->method, request->url);
    for (size_t i = 0; i < request->header_count; i++)
        printf("%s\n", request->headers[i]);
    printf("\n");
    output_write(slice_of(request->body, request->body_len));
    printf("\n");
}

/* For a POSIX shell: 'it'\''s'. */
static void print_quoted(struct slice text)
{
    fputc('\'', stdout);
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\'')
            fputs("'\\''", stdout);
        else
            fputc(text.at[i], stdout);
    }
    fputc('\'', stdout);
}

static void print_curl(const struct bursar_signed_request *request, const char *endpoint)
{
    printf("curl -sS -X %s", request->method);
    if (strncmp(endpoint, "unix:", 5) == 0) {
        printf(" --unix-socket ");
        print_quoted(slice_text(endpoint + 5));
    }
    for (size_t i = 0; i < request->header_count; i++) {
        printf(" -H ");
        print_quoted(slice_text(request->headers[i]));
    }
    if (request->body_len > 0) {
        printf(" --data-binary ");
        print_quoted(slice_of(request->body, request->body_len));
    }
    printf(" ");
    print_quoted(slice_text(request->url));
    printf("\n");
}

static int sign(struct bursar_client *client, const struct call_request *call,
                const struct sign_flags *flags, const char *endpoint)
{
    const struct bursar_signed_request *request = NULL;
    int64_t timestamp =
        flags->timestamp ? (int64_t)flags->timestamp : sys_now_us(sys_real()) / 1000000;
    enum bursar_result result = bursar_sign(client, call->service, call->version, call->action,
                                            call->parameters.at, timestamp, &request);
    if (result != BURSAR_OK)
        return remote_failed(&subcommand_sign, client, result);
    if (flags->curl)
        print_curl(request, endpoint);
    else
        print_request(request);
    return output_finish(&subcommand_sign, EXIT_OK);
}

static int connect_and_sign(const struct call_request *call, const struct sign_flags *flags,
                            const struct remote_flags *remote_flags, enum bursar_signing signing)
{
    struct remote remote;
    struct bursar_client *client = NULL;
    int code = remote_prepare(&subcommand_sign, remote_flags, call->service, 0, &remote);
    if (code >= 0)
        return code;
    remote.options.signing = signing;
    code = remote_open(&subcommand_sign, &remote, &client);
    if (code >= 0)
        return code;
    code = sign(client, call, flags, remote.endpoint);
    remote_disconnect(client);
    return code;
}

static int run_parsed(const struct sign_flags *flags, const struct call_flags *call_flags,
                      const struct remote_flags *remote, char **rest, int rest_count)
{
    struct call_request call;
    enum bursar_signing signing = BURSAR_SIGN_TC3;
    int code = signing_parse(flags->signing, &signing);
    if (code >= 0)
        return code;
    if (flags->timestamp > INT64_MAX)
        return fail(&subcommand_sign, EXIT_USAGE, "--timestamp is too large");
    code = call_request_make(&subcommand_sign, call_flags, &parameters, rest, rest_count, &call);
    if (code >= 0)
        return code;
    code = connect_and_sign(&call, flags, remote, signing);
    call_request_done(&call);
    return code;
}

static int run_sign(int argc, char **argv)
{
    struct sign_flags flags = {.signing = "tc3"};
    struct call_flags call = CALL_FLAGS_DEFAULT;
    struct remote_flags remote = REMOTE_FLAGS_DEFAULT;
    struct fault fault = {""};
    const struct option_spec options[] = {
        CALL_OPTIONS(&call),
        {"signing", "METHOD",
         "tc3 (TC3-HMAC-SHA256, default), unsigned (the same with UNSIGNED-PAYLOAD), sha256 or "
         "sha1 "
         "(signature v1).",
         OPTION_TEXT, &flags.signing},
        {"timestamp", "SECONDS", "Unix time to sign; default now.", OPTION_NUMBER,
         &flags.timestamp},
        {"curl", NULL, "Print a curl command line instead; it is good for five minutes.",
         OPTION_FLAG, &flags.curl},
        REMOTE_OPTIONS(&remote),
    };
    char **rest = NULL;
    int rest_count = 0;
    struct status status = call_parameters_take(&parameters, &argc, argv, &fault);
    if (!status_ok(status))
        return fail(&subcommand_sign, exit_code_of_status(status), "%s", fault.text);
    int code = options_parse(&subcommand_sign, options, sizeof options / sizeof *options, argc,
                             argv, &rest, &rest_count);
    return code >= 0 ? code : run_parsed(&flags, &call, &remote, rest, rest_count);
}

const struct subcommand subcommand_sign = {
    .name = "sign",
    .summary = "Show what is signed for a call, without sending it",
    .arguments = "ACTION [--Parameter VALUE]...",
    .description =
        "Prints the canonical request (signature v3), the string to sign, the signature, and "
        "the request's header lines and body. The SecretKey is not printed. The token of "
        "temporary keys is, because it is sent.\n\n" CALL_PARAMETERS_HELP
        "`bursar explain` is the other side: what a server makes of a request.",
    .examples =
        "bursar sign DescribeOrgMemberAccountBalance --MemberUins.0 700001941608\n"
        "bursar sign DescribeAccountBalance --signing sha1 --timestamp 1465185768\n"
        "sh -c \"$(bursar sign DescribeAccountBalance --curl)\"    sign here, send with curl\n",
    .run = run_sign,
};
