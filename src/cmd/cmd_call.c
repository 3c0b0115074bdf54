/* `bursar call`: any action of any product, through libbursar. Owns its client. Main thread. */
#include "cmd/call_request.h"
#include "cmd/output.h"
#include "cmd/remote.h"
#include "cmd/subcommands.h"

#include <string.h>

static struct call_parameters parameters;

static void print_response(struct slice response)
{
    struct buffer pretty;
    buffer_init(&pretty, 16 * response.len + 4096);
    if (output_is_terminal() && output_json_pretty(response, &pretty))
        output_line(buffer_slice(&pretty));
    else
        output_line(response);
    buffer_done(&pretty);
}

static int call(const struct call_request *request, struct bursar_client *client)
{
    const char *response = NULL;
    size_t len = 0;
    enum bursar_result result =
        bursar_call(client, request->service, request->version, request->action,
                    request->parameters.at, &response, &len);
    if (result != BURSAR_OK)
        return remote_failed(&subcommand_call, client, result);
    print_response(slice_of(response, len));
    return output_finish(&subcommand_call, EXIT_OK);
}

static int run_parsed(const struct call_flags *flags, const struct remote_flags *remote,
                      char **rest, int rest_count)
{
    struct call_request request;
    struct bursar_client *client = NULL;
    int code = call_request_make(&subcommand_call, flags, &parameters, rest, rest_count, &request);
    if (code >= 0)
        return code;
    code = remote_connect(&subcommand_call, remote, request.service, 0, &client);
    if (code < 0) {
        code = call(&request, client);
        remote_disconnect(client);
    }
    call_request_done(&request);
    return code;
}

static int run_call(int argc, char **argv)
{
    struct call_flags flags = CALL_FLAGS_DEFAULT;
    struct remote_flags remote = REMOTE_FLAGS_DEFAULT;
    struct fault fault = {""};
    const struct option_spec options[] = {CALL_OPTIONS(&flags), REMOTE_OPTIONS(&remote)};
    char **rest = NULL;
    int rest_count = 0;
    struct status status = call_parameters_take(&parameters, &argc, argv, &fault);
    if (!status_ok(status))
        return fail(&subcommand_call, exit_code_of_status(status), "%s", fault.text);
    int code = options_parse(&subcommand_call, options, sizeof options / sizeof *options, argc,
                             argv, &rest, &rest_count);
    return code >= 0 ? code : run_parsed(&flags, &remote, rest, rest_count);
}

const struct subcommand subcommand_call = {
    .name = "call",
    .summary = "Call any action of any product",
    .arguments = "ACTION [--Parameter VALUE]...",
    .description =
        "Signs one call, sends it, and prints what stands under \"Response\": indented on a "
        "terminal, else as it came.\n\n" CALL_PARAMETERS_HELP
        "Exit codes: 0 answered; 2 usage or a parameter refused; 3 key or permission refused; "
        "4 not found; 5 rate limit; 6 network, or any other error of the service. The error's "
        "code, text and request id are on stderr.",
    .examples = "bursar call DescribeOrgMemberAccountBalance --MemberUins.0 700001941608\n"
                "bursar call DescribeAccountBalance --TempCredit true\n"
                "bursar call CreateMembers --service bursar --json members.json\n"
                "bursar call DescribeZones --service cvm --region ap-guangzhou\n",
    .run = run_call,
};
