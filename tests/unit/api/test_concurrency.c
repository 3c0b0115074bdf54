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
    struct buffer request, sub_request, out;
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
             "{\"UserUin\":\"%d\",\"SecretId\":\"AKID%d\",\"SecretKey\":\"k\"}", 500 + batch,
             batch);
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
               "{\"UserUin\":\"77\",\"SecretId\":\"AKIDs\",\"SecretKey\":\"s\"}");
    for (int i = 0; i < READERS; i++) {
        readers[i].world = &world;
        readers[i].worker = api_worker_new(world.api);
        buffer_init(&readers[i].request, 1 << 16);
        buffer_init(&readers[i].sub_request, 1 << 16);
        buffer_init(&readers[i].out, 1 << 20);
        world_sign(&world, &(struct signed_call){.body = "{}"}, &readers[i].request);
        world_sign(&world, &(struct signed_call){.secret_id = "AKIDs", .secret_key = "s"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_beside_a_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
