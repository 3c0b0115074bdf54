/* Private to this room: calls of bursar 2026-11-01, their parameters and their outcome. */
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
    bool has_token;
    enum bursar_result result;
};

/* Begins the parameters; what it leaves out, a write's write_options adds. */
void write_begin(struct bursar_client *client, struct write *ret_write);
/* The token, or that it is a dry run. NULL: all defaults. */
void write_options(struct write *write, const struct bursar_write_options *options);
void write_fail(struct write *write, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Goes on behind parameters that were written before: an object without its last brace, and not
 * empty. */
void write_resume(struct bursar_client *client, struct slice parameters, struct write *ret_write);
/* NULL: USAGE, naming the parameter. */
void write_uin(struct write *write, const char *name, const char *uin);
/* NULL is left out. */
void write_text(struct write *write, const char *name, const char *text);
/* Of the list `name`; NULL: USAGE. */
void write_item(struct write *write, const char *name, const char *text);
void write_bool(struct write *write, const char *name, bool value);
void write_id(struct write *write, const char *name, int64_t id);
void write_amount(struct write *write, const char *name, int64_t micros);
void write_moment(struct write *write, const char *name, int64_t time_us);
/* 0 is left out. */
void write_time(struct write *write, const char *name, int64_t time_us);
/* Ends the parameters and makes the call. */
enum bursar_result write_send(struct write *write, const char *action, struct slice *ret_response);
/* The same, and reads the answer into `ret_answer`, lists and texts into `arena`. */
enum bursar_result write_call(struct write *write, const char *action, const struct shape *object,
                              struct arena *arena, void *ret_answer);
/* The result of a call whose answer is not what was promised: with a token, UNKNOWN. */
enum bursar_result write_doubt(const struct write *write, enum bursar_result result);

#endif
