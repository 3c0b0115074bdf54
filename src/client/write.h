/* Private to this room: calls that change something, to bursar 2026-11-01. */
#ifndef CLIENT_WRITE_H
#define CLIENT_WRITE_H

#include "client/answer.h"
#include "codec/json.h"

/* Parameters being written. After the first failure nothing more is written and write_call answers
 * that failure. */
struct write {
    struct bursar_client *client;
    struct json_writer json; /* to client->parameters */
    size_t item;             /* of a list, from 1, to be named in complaints; 0 = none */
    enum bursar_result result;
};

/* Settles the token and begins the parameters. NULL options are all defaults. */
void write_begin(struct bursar_client *client, const struct bursar_write_options *options,
                 struct write *ret_write);
void write_fail(struct write *write, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* NULL: USAGE, naming the parameter. */
void write_uin(struct write *write, const char *name, const char *uin);
/* NULL is left out. */
void write_text(struct write *write, const char *name, const char *text);
void write_bool(struct write *write, const char *name, bool value);
void write_id(struct write *write, const char *name, int64_t id);
void write_amount(struct write *write, const char *name, int64_t micros);
/* 0 is left out. */
void write_time(struct write *write, const char *name, int64_t time_us);
/* Ends the parameters, makes the call and reads its answer into `ret_answer`. */
enum bursar_result write_call(struct write *write, const char *action,
                              const struct answer_object *object, void *ret_answer);
/* The result of a write whose answer is not what was promised: UNKNOWN, but for dry runs. */
enum bursar_result write_doubt(const struct write *write, enum bursar_result result);

#endif
