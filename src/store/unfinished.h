/* Unfinished: a file of that name in a folder that is being made, from before there is anything
 * else of a journal until all of it is durable. Whoever finds it knows that what is there is a
 * part, and that nobody was told otherwise. Private to the room. */
#ifndef STORE_UNFINISHED_H
#define STORE_UNFINISHED_H

#include "base/status.h"

/* Durable when it returns OK. `maker` is the command that says it: "load". */
STATUS_MUST_USE struct status unfinished_begin(const char *folder, const char *maker,
                                               struct fault *fault);
/* After all else is durable; fine if the file is not there. */
STATUS_MUST_USE struct status unfinished_end(const char *folder, struct fault *fault);
bool unfinished_is(const char *folder);
/* CORRUPT when the folder was not finished, with the command that has to be repeated. */
STATUS_MUST_USE struct status unfinished_refuse(const char *folder, struct fault *fault);

#endif
