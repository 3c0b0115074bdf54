/* Prints what each member account can spend, one a line: uin, name, real balance in cents.
 *
 *     cc balances.c $(pkg-config --cflags --libs bursar) -o balances
 *     TENCENTCLOUD_SECRET_ID=... TENCENTCLOUD_SECRET_KEY=... ./balances http://127.0.0.1:8080 */
#include <bursar.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Micros as cents: 10,000 micros are one cent, and there may be parts of a cent. */
static void print_row(const struct bursar_member_balance *member)
{
    int64_t micros = member->real_balance;
    uint64_t size = micros < 0 ? 0 - (uint64_t)micros : (uint64_t)micros;
    printf("%s\t%s\t%s%" PRIu64 ".%04" PRIu64 "\n", member->member_uin, member->member_name,
           micros < 0 ? "-" : "", size / 10000, size % 10000);
}

static int print_balances(struct bursar_client *client)
{
    struct bursar_balance_walk *walk;
    const struct bursar_member_balance *member;
    enum bursar_result result = bursar_balance_walk_new(client, 20, &walk);
    if (result == BURSAR_OK) {
        while ((result = bursar_balance_walk_next(walk, &member)) == BURSAR_OK)
            print_row(member);
        bursar_balance_walk_free(walk);
    }
    if (result == BURSAR_END)
        return 0;
    const char *code = bursar_error_code(client); /* empty when nobody answered */
    fprintf(stderr, "balances: %s%s%s\n", code, *code ? ": " : "", bursar_error_message(client));
    return 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return printf("libbursar %s\n", bursar_version()) < 0;
    struct bursar_options options = {.endpoint = argc > 1 ? argv[1] : NULL,
                                     .secret_id = getenv("TENCENTCLOUD_SECRET_ID"),
                                     .secret_key = getenv("TENCENTCLOUD_SECRET_KEY"),
                                     .token = getenv("TENCENTCLOUD_TOKEN"),
                                     .retries_max = 3};
    char message[256];
    struct bursar_client *client;
    if (bursar_global_init() != BURSAR_OK)
        return 1;
    if (bursar_client_new(&options, message, sizeof message, &client) != BURSAR_OK) {
        fprintf(stderr, "balances: %s\n", message);
        return 2;
    }
    int status = print_balances(client);
    bursar_client_free(client);
    bursar_global_done();
    return status;
}
