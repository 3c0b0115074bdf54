/* The peer of bench/ for writes: the job of naive.c done by PostgreSQL, at its best. One statement
 * a transaction, prepared, parameters in binary: a transfer needs one round trip. A batch is one
 * statement too, over unnest; members are locked in order of uin, so that batches never deadlock.
 *
 *     postgres CONNINFO MEMBERS CONNECTIONS BATCH SECONDS ACCOUNTS
 *
 * CONNECTIONS threads each with a connection of its own ask for BATCH transfers, wait until they
 * are committed, and ask again. ACCOUNTS: over how many rows the organisation's account is spread
 * (1: the plain way, where every transaction waits for that row's lock). Tables are made anew. */
#include "meter.h"

#include <endian.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOKEN_BYTES = 16,
    AMOUNT_MAX = 1000000,
    INT8_OID = 20,
    INT8_ARRAY_OID = 1016,
    BYTEA_OID = 17
};

static const char schema[] =
    "DROP TABLE IF EXISTS member, account, transfer, request;"
    "CREATE TABLE member(uin bigint PRIMARY KEY, cash bigint NOT NULL, credit bigint NOT NULL,"
    " frozen bigint NOT NULL) WITH (fillfactor = 50);"
    "CREATE TABLE account(id bigint PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 10);"
    "CREATE TABLE transfer(id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1000) PRIMARY KEY,"
    " uin bigint NOT NULL, account bigint NOT NULL, amount bigint NOT NULL,"
    " cash_after bigint NOT NULL, time timestamptz NOT NULL, token bytea);"
    "CREATE TABLE request(token bytea PRIMARY KEY, transfers bigint NOT NULL);";

static const char one_transfer[] =
    "WITH taken AS (UPDATE member SET cash = cash - $2 WHERE uin = $1"
    "  AND cash + credit - frozen >= $2 RETURNING uin, cash),"
    " given AS (UPDATE account SET balance = balance + $2"
    "  WHERE id = $4 AND EXISTS (SELECT FROM taken))"
    "INSERT INTO transfer(uin, account, amount, cash_after, time, token)"
    " SELECT uin, $4, $2, cash, now(), $3 FROM taken";

/* Refused members (none here) would be seen by the count of rows, as with one transfer. */
static const char many_transfers[] =
    "WITH wanted AS MATERIALIZED (SELECT uin, amount, place"
    "  FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS t(uin, amount, place)),"
    " summed AS MATERIALIZED (SELECT uin, sum(amount)::bigint AS total FROM wanted GROUP BY uin),"
    " locked AS MATERIALIZED (SELECT m.uin, s.total FROM summed s JOIN member m ON m.uin = s.uin"
    "  ORDER BY m.uin FOR UPDATE OF m),"
    " taken AS (UPDATE member SET cash = cash - l.total FROM locked l WHERE member.uin = l.uin"
    "  AND cash + credit - frozen >= l.total RETURNING member.uin, cash, l.total),"
    " once AS (INSERT INTO request SELECT $3, count(*) FROM taken),"
    " given AS (UPDATE account SET balance = balance + (SELECT sum(total) FROM taken) WHERE id = "
    "$4)"
    "INSERT INTO transfer(uin, account, amount, cash_after, time)"
    " SELECT uin, $4, w.amount, t.cash + t.total - sum(w.amount) OVER"
    "  (PARTITION BY uin ORDER BY place), now()"
    " FROM wanted w JOIN taken t USING (uin)";

static struct meter meter;
static const char *conninfo;
static uint64_t member_count, batch, account_count;
static int64_t end_us;
static pthread_barrier_t barrier;

struct connection {
    pthread_t thread;
    PGconn *pg;
    uint64_t random;
    uint64_t account;
    unsigned char *uins, *amounts; /* as PostgreSQL's binary form wants them */
    size_t array_len;
};

static _Noreturn void die_pg(PGconn *pg, const char *what)
{
    fprintf(stderr, "postgres: %s: %s\n", what, PQerrorMessage(pg));
    exit(1);
}

static PGconn *open_pg(void)
{
    PGconn *pg = PQconnectdb(conninfo);
    if (PQstatus(pg) != CONNECTION_OK)
        die_pg(pg, "connect");
    return pg;
}

static void run(PGconn *pg, const char *sql)
{
    PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        die_pg(pg, sql);
    PQclear(result);
}

static void make_tables(void)
{
    PGconn *pg = open_pg();
    char sql[512];
    run(pg, "SET client_min_messages = warning");
    run(pg, schema);
    snprintf(sql, sizeof sql,
             "INSERT INTO member SELECT i, 1000000000000000, 0, 0 FROM generate_series(1, %llu) i",
             (unsigned long long)member_count);
    run(pg, sql);
    snprintf(sql, sizeof sql, "INSERT INTO account SELECT i, 0 FROM generate_series(1, %llu) i",
             (unsigned long long)account_count);
    run(pg, sql);
    /* in a batch the token is the request's */
    if (batch == 1)
        run(pg, "CREATE UNIQUE INDEX transfer_token ON transfer(token)");
    run(pg, "VACUUM ANALYZE member");
    run(pg, "VACUUM ANALYZE account");
    run(pg, "CHECKPOINT");
    PQfinish(pg);
}

static void put_int(unsigned char *at, uint64_t value, size_t len)
{
    uint64_t big = htobe64(value);
    memcpy(at, (char *)&big + sizeof big - len, len);
}

/* bigint[]: dimensions, has nulls, element type, count, lower bound, then length and value each. */
static unsigned char *array_new(void)
{
    unsigned char *array = calloc(1, 20 + batch * 12);
    if (!array)
        die("calloc");
    put_int(array, 1, 4);
    put_int(array + 8, INT8_OID, 4);
    put_int(array + 12, batch, 4);
    put_int(array + 16, 1, 4);
    return array;
}

static void array_put(unsigned char *array, uint64_t index, uint64_t value)
{
    unsigned char *at = array + 20 + index * 12;
    put_int(at, 8, 4);
    put_int(at + 4, value, 8);
}

static void connection_prepare(struct connection *self)
{
    const Oid types_one[] = {INT8_OID, INT8_OID, BYTEA_OID, INT8_OID};
    const Oid types_many[] = {INT8_ARRAY_OID, INT8_ARRAY_OID, BYTEA_OID, INT8_OID};
    self->pg = open_pg();
    PGresult *result = PQprepare(self->pg, "t", batch == 1 ? one_transfer : many_transfers, 4,
                                 batch == 1 ? types_one : types_many);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die_pg(self->pg, "prepare");
    PQclear(result);
    if (batch > 1) {
        self->uins = array_new();
        self->amounts = array_new();
        self->array_len = 20 + batch * 12;
    } else {
        self->uins = malloc(8);
        self->amounts = malloc(8);
        self->array_len = 8;
    }
}

static void draw(struct connection *self)
{
    for (uint64_t i = 0; i < batch; i++) {
        uint64_t uin = random_next(&self->random) % member_count + 1;
        uint64_t amount = random_next(&self->random) % AMOUNT_MAX + 1;
        if (batch > 1) {
            array_put(self->uins, i, uin);
            array_put(self->amounts, i, amount);
        } else {
            put_int(self->uins, uin, 8);
            put_int(self->amounts, amount, 8);
        }
    }
}

static void request(struct connection *self)
{
    unsigned char token[TOKEN_BYTES], account[8];
    random_fill(&self->random, token, sizeof token);
    put_int(account, self->account, 8);
    const char *values[] = {(char *)self->uins, (char *)self->amounts, (char *)token,
                            (char *)account};
    const int lengths[] = {(int)self->array_len, (int)self->array_len, sizeof token, 8};
    const int formats[] = {1, 1, 1, 1};
    PGresult *result = PQexecPrepared(self->pg, "t", 4, values, lengths, formats, 1);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die_pg(self->pg, "transfer");
    if (strtoull(PQcmdTuples(result), NULL, 10) != batch)
        die_pg(self->pg, "a transfer was refused");
    PQclear(result);
}

static void *connection(void *context)
{
    struct connection *self = context;
    connection_prepare(self);
    pthread_barrier_wait(&barrier); /* all are ready */
    pthread_barrier_wait(&barrier); /* go */
    for (;;) {
        draw(self);
        int64_t asked = steady_us();
        if (asked >= end_us)
            break;
        request(self);
        meter_note(&meter, steady_us() - asked);
    }
    PQfinish(self->pg);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: postgres CONNINFO MEMBERS CONNECTIONS BATCH SECONDS ACCOUNTS\n");
        return 2;
    }
    conninfo = argv[1];
    member_count = strtoull(argv[2], NULL, 10);
    unsigned count = (unsigned)strtoul(argv[3], NULL, 10);
    batch = strtoull(argv[4], NULL, 10);
    account_count = strtoull(argv[6], NULL, 10);
    make_tables();
    meter_init(&meter);
    struct connection *connections = calloc(count, sizeof *connections);
    if (!connections || pthread_barrier_init(&barrier, NULL, count + 1) != 0)
        die("start");
    for (unsigned i = 0; i < count; i++) {
        connections[i].random = (uint64_t)steady_us() * 64 + i + 1;
        connections[i].account = i % account_count + 1;
        if (pthread_create(&connections[i].thread, NULL, connection, &connections[i]) != 0)
            die("pthread_create");
    }
    pthread_barrier_wait(&barrier);
    int64_t start = steady_us();
    end_us = start + strtoll(argv[5], NULL, 10) * 1000000;
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < count; i++)
        pthread_join(connections[i].thread, NULL);
    meter_print(&meter, batch, (double)(steady_us() - start) / 1e6);
    return 0;
}
