/* Tops a member up, or charges it: once, however often the network fails.
 *
 *     cc post.c $(pkg-config --cflags --libs bursar) -o post
 *     TENCENTCLOUD_SECRET_ID=... TENCENTCLOUD_SECRET_KEY=... \
 *         ./post http://127.0.0.1:8080 charge 700001941608 12.34 order-4711
 *
 * The order's number is the token: whoever runs the same line again, after a lost answer or a
 * crash, gets the same answer and no second charge. Without one the library makes one and prints it
 * when the outcome is unknown. Ends with 0, 1 (not carried out), 2 (usage) or 3 (nobody knows). */
#include <bursar.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int explain(struct bursar_client *client, enum bursar_result result)
{
    const char *code = bursar_error_code(client); /* empty when nobody answered */
    fprintf(stderr, "post: %s%s%s\n", code, *code ? ": " : "", bursar_error_message(client));
    if (result != BURSAR_UNKNOWN)
        return result == BURSAR_USAGE ? 2 : 1;
    fprintf(stderr, "post: run it again with the token %s\n", bursar_client_token(client));
    return 3;
}

static int post(struct bursar_client *client, const struct bursar_transfer *transfer,
                const char *token)
{
    struct bursar_write_options options = {.client_token = token};
    const struct bursar_posting *posting;
    char balance[BURSAR_AMOUNT_SIZE];
    enum bursar_result result = bursar_post(client, transfer, 1, &options, &posting);
    if (result != BURSAR_OK)
        return explain(client, result);
    bursar_amount_print(posting->members[0].real_balance, balance);
    printf("entry %" PRId64 ", %s now has %s\n", posting->entry_ids[0], transfer->member_uin,
           balance);
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: post ENDPOINT top_up|charge UIN AMOUNT [TOKEN]\n");
    return 2;
}

static int run(int argc, char **argv)
{
    struct bursar_options options = {.endpoint = argv[1],
                                     .secret_id = getenv("TENCENTCLOUD_SECRET_ID"),
                                     .secret_key = getenv("TENCENTCLOUD_SECRET_KEY"),
                                     .token = getenv("TENCENTCLOUD_TOKEN"),
                                     .retries_max = 2};
    struct bursar_transfer transfer = {.member_uin = argv[3], .reason = "examples/post.c"};
    char message[256];
    struct bursar_client *client;
    if (strcmp(argv[2], "top_up") == 0)
        transfer.kind = BURSAR_TOP_UP;
    else if (strcmp(argv[2], "charge") == 0)
        transfer.kind = BURSAR_CHARGE;
    else
        return usage();
    if (!bursar_amount_parse(argv[4], &transfer.amount))
        return usage();
    if (bursar_client_new(&options, message, sizeof message, &client) != BURSAR_OK) {
        fprintf(stderr, "post: %s\n", message);
        return 2;
    }
    int status = post(client, &transfer, argc == 6 ? argv[5] : NULL);
    bursar_client_free(client);
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("libbursar %s\n", bursar_version()) < 0;
    if (argc != 5 && argc != 6)
        return usage();
    if (bursar_global_init() != BURSAR_OK)
        return 1;
    int status = run(argc, argv);
    bursar_global_done();
    return status;
}
