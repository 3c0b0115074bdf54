/* Pages: what is asked for by its path, beside the API. Those that say whether the server is alive
 * and ready are the door's own, the others were handed in.
 *
 * Owns nothing. Any network thread. */
#include "net/pages.h"

#define TEXT "text/plain; charset=utf-8"

/* Nothing of it is for a browser: what a page of somebody else's made one ask for is not guessed
 * to be a script. */
#define PLAIN_LINES "X-Content-Type-Options: nosniff\r\n"

static int say(struct buffer *out, int status, struct slice line)
{
    buffer_append(out, line);
    return status;
}

/* --- the door's own --- */

static int write_alive(void *context, struct buffer *out)
{
    (void)context;
    return say(out, 200, SLICE("ok\n"));
}

static int write_ready(void *context, struct buffer *out)
{
    const struct server *server = context;
    const struct server_options *options = &server->options;
    if (atomic_load(&server->drain) != DRAIN_NONE)
        return say(out, 503, SLICE("draining\n"));
    if (!atomic_load(&server->serving))
        return say(out, 503, SLICE("starting\n"));
    const char *why = options->unready ? options->unready(options->unready_context) : NULL;
    return why ? say(out, 503, slice_text(why)) : say(out, 200, SLICE("ready\n"));
}

/* For who balances loads: in front of strangers no more is said. */
static int write_health(void *context, struct buffer *out)
{
    const struct server *server = context;
    bool ready = atomic_load(&server->serving) && atomic_load(&server->drain) == DRAIN_NONE;
    return ready ? say(out, 200, SLICE("ok\n")) : say(out, 503, SLICE("not ready\n"));
}

static const struct server_page own[] = {
    {"/healthz", TEXT, true, write_alive, NULL},
    {"/livez", TEXT, true, write_alive, NULL},
    {"/readyz", TEXT, true, write_ready, NULL},
};
enum { OWN = sizeof own / sizeof *own };

/* --- all --- */

/* The page with that number, or false: there are no more. */
static bool page_at(struct server *server, uint32_t number, struct server_page *ret_page)
{
    const struct server_options *options = &server->options;
    *ret_page = (struct server_page){server->health_path, TEXT, false, write_health, server};
    if (number < OWN) {
        *ret_page = own[number];
        ret_page->context = server;
    } else if (number < OWN + options->page_count)
        *ret_page = options->pages[number - OWN];
    else
        return number == OWN + options->page_count && server->health_path[0];
    return true;
}

static bool find(struct server *server, bool admin, struct slice path, struct server_page *ret_page)
{
    for (uint32_t i = 0; page_at(server, i, ret_page); i++)
        if (ret_page->admin == admin && slice_equal(path, slice_text(ret_page->path)))
            return true;
    return false;
}

bool page_is_beside_api(struct server *server, struct slice path)
{
    struct server_page page;
    return find(server, false, path, &page);
}

static struct page_answer answer_line(struct buffer *out, int status, struct slice line)
{
    buffer_append(out, line);
    return (struct page_answer){status, SLICE(TEXT), SLICE(PLAIN_LINES)};
}

/* "ask for /healthz, /livez or /readyz" */
static struct page_answer answer_none(struct server *server, struct buffer *out)
{
    struct server_page page, next;
    const char *between = "ask for ";
    uint32_t i = 0;
    for (bool more = page_at(server, 0, &page); more; page = next) {
        do
            more = page_at(server, ++i, &next);
        while (more && !next.admin);
        buffer_printf(out, "%s%s", more || i == 1 ? between : " or ", page.path);
        between = ", ";
    }
    return answer_line(out, 404, SLICE("\n"));
}

/* A page can make its reader's browser resolve the page's own name to this listener's address (DNS
 * rebinding), but the browser then sends that name. Who sends none is no browser. */
static bool is_ours(const struct server *server, struct slice host)
{
    struct peer unused;
    struct slice names = buffer_slice(&server->admin_hosts), port;
    struct slice name = slice_cut(host, ':', &port);
    if (host.len == 0 || peer_parse(host, &unused) || slice_equal_nocase(name, SLICE("localhost")))
        return true;
    while (names.len > 0)
        if (slice_equal_nocase(slice_cut(names, '\n', &names), name))
            return true;
    return false;
}

struct page_answer page_answer(struct server *server, bool admin,
                               const struct http1_request *request, struct buffer *out)
{
    struct server_page page;
    buffer_clear(out);
    if (admin && !is_ours(server, request->host))
        return answer_line(out, 421, SLICE("this name is not served here (--admin-host)\n"));
    if (!find(server, admin, request->path, &page))
        return answer_none(server, out);
    if (http1_is_get(request)) {
        int status = page.write(page.context, out);
        return (struct page_answer){status, slice_text(page.type), SLICE(PLAIN_LINES)};
    }
    struct page_answer answer = answer_line(out, 405, SLICE("only GET and HEAD\n"));
    answer.extra = SLICE("Allow: GET, HEAD\r\n" PLAIN_LINES);
    return answer;
}
