/* Readers on threads of their own beside a committer that adds members, policies and keys: every
 * answer is whole and never older than one before it. */
#include "world.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { READERS = 2, BATCHES = 40, BATCH = 25 };

struct reader {
    struct world *world;
    struct api_worker *worker;
    struct buffer request, sub_request, search_request, out;
    uint64_t answers;
};

static _Atomic bool is_over;

static uint64_t total_of(const char *answer)
{
    const char *found = strstr(answer, "\"TotalCount\":");
    if (!found)
        return 0;
    return strtoull(found + strlen("\"TotalCount\":"), NULL, 10);
}

static void *read_on(void *context)
{
    struct reader *reader = context;
    uint64_t last = 0;
    while (!is_over) {
        const char *answer =
            world_raw_on(reader->world, reader->worker, buffer_slice(&reader->request),
                         API_TRUST_NONE, SLICE_NONE, &reader->out);
        uint64_t total = total_of(answer);
        if (total == 0 || total < last)
            abort();
        last = total;
        answer = world_raw_on(reader->world, reader->worker, buffer_slice(&reader->sub_request),
                              API_TRUST_NONE, SLICE_NONE, &reader->out);
        if (!strstr(answer, "\"TotalCount\":") && !strstr(answer, "CamNoAuth"))
            abort();
        reader->answers++;
    }
    return NULL;
}

static void add_batch(struct world *world, int batch)
{
    char parameters[4096];
    struct buffer text;
    buffer_init_fixed(&text, parameters, sizeof parameters);
    buffer_text(&text, "{\"Members\":[");
    for (int i = 0; i < BATCH; i++)
        buffer_printf(&text, "{\"MemberUin\":\"%d\",\"MemberName\":\"m\",\"RealBalance\":%d}%s",
                      100000 + (i * 7919 + batch * BATCH + i) % 100000, i,
                      i + 1 < BATCH ? "," : "");
    buffer_text(&text, "],\"Partial\":true}");
    buffer_char(&text, '\0');
    world_must(world, "CreateMembers", parameters);
    snprintf(parameters, sizeof parameters,
             "{\"UserUin\":\"77\",\"PolicyName\":\"p\",\"PolicyDocument\":\"{\\\"version\\\":"
             "\\\"2.0\\\",\\\"statement\\\":{\\\"effect\\\":\\\"%s\\\",\\\"action\\\":"
             "\\\"finance:*\\\",\\\"resource\\\":\\\"*\\\"}}\"}",
             batch % 2 ? "allow" : "deny");
    world_must(world, "PutPolicy", parameters);
    snprintf(parameters, sizeof parameters,
             "{\"UserUin\":\"%d\",\"SecretId\":\"AKID%d\",\"SecretKey\":\"k-0123456789abcdef\"}",
             500 + batch, batch);
    world_must(world, "CreateKey", parameters);
}

static void readers_beside_a_writer(void **state)
{
    static struct world world;
    static struct reader readers[READERS];
    struct api_options options = API_OPTIONS_DEFAULT;
    struct api_figures figures;
    pthread_t threads[READERS];
    uint64_t answers = 0;
    (void)state;
    options.calls_per_second = 1000000000;
    world_open(&world, &options);
    world_must(&world, "CreateKey",
               "{\"UserUin\":\"77\",\"SecretId\":\"AKIDs\",\"SecretKey\":\"s-0123456789abcdef\"}");
    for (int i = 0; i < READERS; i++) {
        readers[i].world = &world;
        readers[i].worker = api_worker_new(world.api);
        buffer_init(&readers[i].request, 1 << 16);
        buffer_init(&readers[i].sub_request, 1 << 16);
        buffer_init(&readers[i].out, 1 << 20);
        world_sign(&world, &(struct signed_call){.body = "{}"}, &readers[i].request);
        world_sign(&world,
                   &(struct signed_call){.secret_id = "AKIDs", .secret_key = "s-0123456789abcdef"},
                   &readers[i].sub_request);
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
    }
    for (int i = 0; i < BATCHES; i++)
        add_batch(&world, i);
    is_over = true;
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        answers += readers[i].answers;
        buffer_done(&readers[i].request);
        buffer_done(&readers[i].sub_request);
        buffer_done(&readers[i].out);
        api_worker_free(readers[i].worker);
    }
    api_figures(world.api, &figures);
    assert_true(figures.calls >= 2 * answers + 3 * BATCHES);
    world_close(&world);
}

/* ---- the past beside a writer ---- */

/* Asks for the same past moment, walks all entries, and searches, on a thread of its own. */
static void *ask_on(void *context)
{
    struct reader *reader = context;
    struct buffer first, text;
    uint64_t entries = 0;
    buffer_init(&first, 1 << 20);
    buffer_init(&text, 1 << 20);
    while (!is_over) {
        const char *answer =
            world_raw_on(reader->world, reader->worker, buffer_slice(&reader->request),
                         API_TRUST_NONE, SLICE_NONE, &reader->out);
        answer = answer_without_id(answer, &text);
        if (!strstr(answer, "\"TotalCount\":1,") ||
            (first.len > 0 && strcmp(answer, first.at) != 0))
            abort();
        if (first.len == 0)
            (void)answer_without_id(reader->out.at, &first);
        answer = world_raw_on(reader->world, reader->worker, buffer_slice(&reader->sub_request),
                              API_TRUST_NONE, SLICE_NONE, &reader->out);
        const char *newest = strstr(answer, "\"EntryId\":");
        uint64_t entry = newest ? strtoull(newest + strlen("\"EntryId\":"), NULL, 10) : 0;
        if (entry == 0 || entry < entries)
            abort();
        entries = entry;
        answer = world_raw_on(reader->world, reader->worker, buffer_slice(&reader->search_request),
                              API_TRUST_NONE, SLICE_NONE, &reader->out);
        if (total_of(answer) != 1)
            abort();
        reader->answers++;
    }
    buffer_done(&first);
    buffer_done(&text);
    return NULL;
}

static void the_past_beside_a_writer(void **state)
{
    static struct world world;
    static struct reader readers[READERS];
    struct api_options options = API_OPTIONS_DEFAULT;
    pthread_t threads[READERS];
    char headers[64];
    (void)state;
    options.calls_per_second = 1000000000;
    is_over = false;
    world_open(&world, &options);
    world_set_seconds(&world, START_S + 60);
    snprintf(headers, sizeof headers, "X-Bursar-As-Of: %lld\r\n", (long long)START_S);
    for (int i = 0; i < READERS; i++) {
        struct signed_call call = {.host = "bursar", .version = "2026-11-01"};
        readers[i] = (struct reader){.world = &world, .worker = api_worker_new(world.api)};
        buffer_init(&readers[i].request, 1 << 16);
        buffer_init(&readers[i].sub_request, 1 << 16);
        buffer_init(&readers[i].search_request, 1 << 16);
        buffer_init(&readers[i].out, 1 << 20);
        world_sign(&world, &(struct signed_call){.headers = headers}, &readers[i].request);
        call.action = "DescribeEntries";
        world_sign(&world, &call, &readers[i].sub_request);
        call.action = "DescribeMembers";
        call.body = "{\"Search\":\"KLEINER\"}";
        world_sign(&world, &call, &readers[i].search_request);
        assert_int_equal(pthread_create(&threads[i], NULL, ask_on, &readers[i]), 0);
    }
    for (int i = 0; i < BATCHES; i++) {
        add_batch(&world, i);
        world_must(&world, "ModifyMember",
                   "{\"MemberUin\":\"" SEED_MEMBER "\",\"MemberName\":\"Kleiner two\"}");
        world_must(&world, "ModifyMember",
                   "{\"MemberUin\":\"" SEED_MEMBER "\",\"MemberName\":\"kleinerwang_test\"}");
    }
    is_over = true;
    for (int i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        buffer_done(&readers[i].request);
        buffer_done(&readers[i].sub_request);
        buffer_done(&readers[i].search_request);
        buffer_done(&readers[i].out);
        api_worker_free(readers[i].worker);
    }
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_beside_a_writer),
        cmocka_unit_test(the_past_beside_a_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
