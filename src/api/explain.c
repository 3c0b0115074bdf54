/* `bursar explain`: the checks of a request one by one, for people who write signers.
 *
 * The call is not counted against the limit and the action is not run. A secret or a signing key is
 * never written, only what everyone who can see the request could compute. Owns nothing. Thread:
 * the worker's. */
#include "api/action.h"

struct explained_step {
    const char *name;
    bool (*step)(struct exchange *exchange);
};

static const struct explained_step steps[] = {
    {"envelope", request_gather},
    {"authorization", authenticate_scope},
    {"timestamp", authenticate_clock},
    {"key", authenticate_key},
    {"signature", authenticate_signature},
    {"token", authenticate_token},
    {"action", exchange_route},
    {"coverage", exchange_cover},
    {"permission", exchange_authorise},
    {"parameters", exchange_bind},
};
enum {
    STEPS = sizeof steps / sizeof steps[0],
    STEP_SCOPE = 1,
    STEP_CLOCK = 2,
    STEP_SIGNATURE = 4,
    STEP_COVERAGE = 7
};

/* ---- what a step found ---- */

static void write_line(struct buffer *out, const char *name, const char *verdict)
{
    buffer_printf(out, "%-14s %s", name, verdict);
}

static void write_quoted(struct buffer *out, const char *label, struct slice text)
{
    buffer_text(out, label);
    json_quote(out, text);
}

static void write_skew(const struct exchange *exchange, struct buffer *out)
{
    int64_t now = exchange->now_us / 1000000;
    int64_t skew = (int64_t)exchange->envelope.unix_seconds - now;
    buffer_printf(out, "%lld s %s the server's clock", (long long)(skew < 0 ? -skew : skew),
                  skew < 0 ? "behind" : "ahead of");
}

static void write_envelope(const struct exchange *exchange, struct buffer *out)
{
    const struct envelope *envelope = &exchange->envelope;
    buffer_text(out, envelope->form == ENVELOPE_V1 ? "signature v1" : "signature v3");
    write_quoted(out, ", action ", envelope->action);
    write_quoted(out, ", version ", envelope->version);
}

/* How the request will come is not known here. */
static void write_coverage(const struct exchange *exchange, struct buffer *out)
{
    struct exchange exposed = *exchange;
    if (exchange_is_covered(&exposed))
        return;
    BUFFER_LITERAL(out, "over TLS or from this machine; else: ");
    complaint_write(&exposed.complaint, exchange->chinese, exchange_request_id(exchange), out);
}

static void write_finding(const struct exchange *exchange, int step, struct buffer *out)
{
    if (step == 0)
        write_envelope(exchange, out);
    else if (step == STEP_SCOPE)
        write_quoted(out, "product ", exchange->product_name);
    else if (step == STEP_CLOCK)
        write_skew(exchange, out);
    else if (step == STEP_COVERAGE)
        write_coverage(exchange, out);
}

static void write_failure(const struct exchange *exchange, int step, struct buffer *out)
{
    buffer_append(out, error_entry(exchange->complaint.error)->code);
    BUFFER_LITERAL(out, ": ");
    complaint_write(&exchange->complaint, exchange->chinese, exchange_request_id(exchange), out);
    if (step == STEP_CLOCK) {
        BUFFER_LITERAL(out, " It is ");
        write_skew(exchange, out);
        BUFFER_LITERAL(out, ".");
    }
    if (step == STEP_SCOPE && exchange->complaint.error == ERROR_AUTHORIZATION_PART) {
        write_quoted(out, " The scope says ", exchange->authorization.service);
        write_quoted(out, " on ", exchange->authorization.date);
        write_quoted(out, "; Host begins with ", request_product_label(exchange->request));
        BUFFER_LITERAL(out, "; the date is the UTC day of the timestamp.");
    }
}

/* ---- signatures ---- */

static void write_block(struct buffer *out, const char *title, struct slice text)
{
    buffer_printf(out, "\n--- %s\n", title);
    buffer_append(out, text);
    BUFFER_LITERAL(out, "\n---\n");
}

/* Lines that agree from the start; *ret_a and *ret_b become the first that do not. */
static uint32_t lines_in_common(struct slice a, struct slice b, struct slice *ret_a,
                                struct slice *ret_b)
{
    uint32_t lines = 0;
    for (;;) {
        bool ended = !a.at && !b.at;
        *ret_a = slice_cut(a, '\n', &a);
        *ret_b = slice_cut(b, '\n', &b);
        if (ended || !slice_equal(*ret_a, *ret_b))
            return lines;
        lines++;
    }
}

/* The client's text beside the nearest of ours. */
struct comparison {
    struct slice client;
    uint32_t lines;
    bool is_equal;
    bool is_set;
    struct slice ours, theirs; /* first lines that differ */
};

static void compare(struct comparison *comparison, struct slice ours)
{
    struct slice our_line, their_line;
    if (comparison->client.len == 0)
        return;
    uint32_t lines = lines_in_common(ours, comparison->client, &our_line, &their_line);
    comparison->is_equal = comparison->is_equal || slice_equal(ours, comparison->client);
    if (comparison->is_set && lines <= comparison->lines)
        return;
    comparison->is_set = true;
    comparison->lines = lines;
    comparison->ours = our_line;
    comparison->theirs = their_line;
}

static void write_comparison(const struct comparison *comparison, struct buffer *out)
{
    if (comparison->client.len == 0)
        return;
    if (comparison->is_equal) {
        BUFFER_LITERAL(out, "\nYour canonical text is right. What is left: the secret key, and how "
                            "the signing key and the signature are computed from it.\n");
        return;
    }
    buffer_printf(out,
                  "\nThe first line that differs is line %u:\n  server: ", comparison->lines + 1);
    json_quote(out, comparison->ours);
    BUFFER_LITERAL(out, "\n  yours:  ");
    json_quote(out, comparison->theirs);
    buffer_char(out, '\n');
}

/* Every form a client may use that is unlike those before it. The texts are the arena's. */
static void write_canonical_requests(struct exchange *exchange, const struct tc3_request *request,
                                     struct comparison *comparison, struct buffer *out)
{
    static const char *const titles[TC3_FORMS] = {
        "canonical request, header values as sent", "canonical request, header values lower-cased",
        "canonical request, Host without its port",
        "canonical request, lower-cased, Host without its port"};
    struct buffer *scratch = &exchange->worker->scratch;
    struct slice seen[TC3_FORMS];
    uint32_t count = 0;
    for (unsigned form = 0; form < TC3_FORMS; form++) {
        bool is_new = true;
        buffer_clear(scratch);
        if (!tc3_canonical_request(request, (enum tc3_form)form, scratch)) {
            BUFFER_LITERAL(out, "\nA signed header is not in the request, or has two values.\n");
            return;
        }
        struct slice text = arena_copy(&exchange->worker->arena, buffer_slice(scratch));
        for (uint32_t i = 0; i < count; i++)
            is_new = is_new && !slice_equal(seen[i], text);
        if (!is_new)
            continue;
        seen[count++] = text;
        write_block(out, titles[form], text);
        compare(comparison, text);
    }
    buffer_clear(scratch);
    tc3_string_to_sign(exchange->worker->crypto, request, seen[0], scratch);
    write_block(out, "string to sign (of the first)", buffer_slice(scratch));
}

static void write_strings_to_sign(struct exchange *exchange, struct comparison *comparison,
                                  struct buffer *out)
{
    struct v1_request request;
    struct buffer *scratch = &exchange->worker->scratch;
    struct slice host = exchange->request->host;
    authenticate_v1_request(exchange, &request);
    for (int without_port = 0; without_port < 2; without_port++) {
        buffer_clear(scratch);
        if (without_port && slice_find(host, ':') == host.len)
            break;
        if (!v1_string_to_sign(&request, without_port, &exchange->worker->arena, scratch))
            break;
        struct slice text = arena_copy(&exchange->worker->arena, buffer_slice(scratch));
        write_block(out, without_port ? "string to sign, Host without its port" : "string to sign",
                    text);
        compare(comparison, text);
    }
}

static void write_signature(struct exchange *exchange, struct slice client_canonical,
                            struct buffer *out)
{
    struct comparison comparison = {.client = client_canonical};
    char hash_hex[2 * SHA256_SIZE];
    struct tc3_request request;
    if (exchange->envelope.form == ENVELOPE_V1) {
        write_strings_to_sign(exchange, &comparison, out);
    } else {
        authenticate_tc3_request(exchange, hash_hex, &request);
        write_canonical_requests(exchange, &request, &comparison, out);
    }
    write_comparison(&comparison, out);
}

bool api_explain(struct api_worker *worker, const struct http1_request *request,
                 struct slice client_canonical, struct buffer *out)
{
    struct exchange exchange;
    int step = 0;
    exchange_init(&exchange, worker, request, API_TRUST_NONE);
    for (; step < STEPS && steps[step].step(&exchange); step++) {
        write_line(out, steps[step].name, "ok  ");
        write_finding(&exchange, step, out);
        buffer_char(out, '\n');
    }
    if (step < STEPS) {
        write_line(out, steps[step].name, "NO  ");
        write_failure(&exchange, step, out);
        buffer_char(out, '\n');
    }
    if (step == STEP_SIGNATURE || (client_canonical.len > 0 && step > STEP_SCOPE))
        write_signature(&exchange, client_canonical, out);
    return step == STEPS;
}
