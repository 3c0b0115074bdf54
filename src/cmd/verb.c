/* Verbs as rows (cmd/verb.h). A `struct verb_call` owns its writing. Main thread.
 *
 * 1. What is wrong with the words is said before a book is opened or a server is met. */
#include "cmd/verb.h"

#include "base/check.h"
#include "cmd/confirm.h"

#include <stdio.h>
#include <string.h>

enum { OPTIONS_MAX = VERB_WORDS_MAX + 20, SAID_BYTES = 512 };

/* `text` with the call's words and the answer's numbers in the place of {NAME} and {NAME|else}. */
static const char *say(const struct verb_call *call, const char *text, struct slice response,
                       char memory[SAID_BYTES])
{
    struct buffer out;
    struct slice rest = slice_text(text);
    buffer_init_fixed(&out, memory, SAID_BYTES - 1);
    while (rest.len > 0) {
        char name[32];
        struct slice otherwise;
        const struct verb_word *word = call->verb->words;
        buffer_append(&out, slice_cut(rest, '{', &rest));
        struct slice key = slice_cut(slice_cut(rest, '}', &rest), '|', &otherwise);
        snprintf(name, sizeof name, "%.*s", SLICE_ARGS(key));
        while (word->kind != WORD_NONE && strcmp(word->name, name) != 0)
            word++;
        const char *given = call->texts[word - call->verb->words];
        struct slice said = given ? slice_text(given) : otherwise;
        if (word->kind != WORD_NONE)
            buffer_printf(&out, "%.*s", SLICE_ARGS(said));
        else if (*name)
            buffer_u64(&out, writing_id(response, name));
    }
    memory[out.len] = '\0';
    return memory;
}

/* --- the command line --- */

static size_t add_options(struct option_spec *options, size_t count, const struct option_spec *more,
                          size_t more_count)
{
    CHECK(count + more_count <= OPTIONS_MAX);
    memcpy(options + count, more, more_count * sizeof *more);
    return count + more_count;
}
#define ADD_OPTIONS(options, count, ...)                                                           \
    add_options(options, count, (const struct option_spec[]){__VA_ARGS__},                         \
                sizeof((const struct option_spec[]){__VA_ARGS__}) / sizeof(struct option_spec))

static size_t list_options(struct verb_call *call, struct option_spec options[OPTIONS_MAX])
{
    const struct verb *verb = call->verb;
    struct writing *writing = &call->writing;
    struct management *management = &writing->management;
    size_t count = 0;
    for (size_t i = 0; verb->words[i].kind != WORD_NONE; i++) {
        const struct verb_word *word = &verb->words[i];
        if (word->help)
            options[count++] = (struct option_spec){
                word->name, word->argument, word->help,
                word->kind == WORD_FLAG ? OPTION_FLAG : OPTION_TEXT,
                word->kind == WORD_FLAG ? (void *)&call->flags[i] : (void *)&call->texts[i]};
    }
    if (verb->question)
        count = ADD_OPTIONS(options, count, WRITING_YES_OPTION(writing));
    if (verb->is_writing && !verb->has_no_reason)
        count = ADD_OPTIONS(options, count, WRITING_REASON_OPTION(writing));
    if (verb->is_writing)
        count = ADD_OPTIONS(options, count, WRITING_TOKEN_OPTION(writing),
                            WRITING_JSON_OPTION(writing));
    count = ADD_OPTIONS(options, count, MANAGEMENT_DRY_RUN(management),
                        MANAGEMENT_OPTIONS(management), MANAGEMENT_CREDENTIALS(management));
    if (verb->is_writing)
        count = ADD_OPTIONS(options, count, WRITING_REMOTE_OPTIONS(writing));
    return count;
}

int verb_parse(const struct subcommand *self, const struct verb *verb, int argc, char **argv,
               struct verb_call *ret_call)
{
    *ret_call = (struct verb_call){.verb = verb, .writing = WRITING_DEFAULT(self)};
    struct option_spec options[OPTIONS_MAX];
    size_t count = list_options(ret_call, options), arguments = 0;
    while (verb->words[arguments].is_argument)
        arguments++;
    return management_parse(&ret_call->writing.management, options, count, argc, argv, arguments,
                            ret_call->texts);
}

/* --- the call --- */

static int check(struct verb_call *call)
{
    char said[SAID_BYTES];
    const struct verb *verb = call->verb;
    const struct subcommand *self = call->writing.management.self;
    int code = verb->is_writing ? writing_open(&call->writing) : -1;
    if (code < 0 && verb->needed > 0 && !call->texts[verb->needed - 1])
        code = fail(self, EXIT_USAGE, "%s", verb->missing);
    if (code < 0 && verb->check)
        code = verb->check(call);
    for (size_t i = 0; code < 0 && verb->words[i].kind != WORD_NONE; i++)
        if (verb->words[i].kind == WORD_UIN && call->texts[i])
            code = check_uin(self, call->texts[i]);
    if (code < 0 && verb->question && !call->writing.management.dry_run)
        code = confirm(self, call->writing.yes, "%s", say(call, verb->question, SLICE_NONE, said));
    return code;
}

static int write_bool(struct json_writer *writer, const char *parameter, bool value)
{
    json_write_key(writer, slice_text(parameter));
    json_write_bool(writer, value);
    return -1;
}

static int write_choice(struct writing *writing, const struct verb_word *word, const char *text)
{
    bool yes = strcmp(text, "yes") == 0;
    if (!yes && strcmp(text, "no") != 0)
        return fail(writing->management.self, EXIT_USAGE, "--%s is yes or no, not \"%s\"",
                    word->name, text);
    return write_bool(&writing->management.writer, word->parameter, yes);
}

static int write_word(struct verb_call *call, size_t i)
{
    const struct verb_word *word = &call->verb->words[i];
    const char *text = call->texts[i];
    struct management *management = &call->writing.management;
    switch (word->kind) {
    case WORD_NONE:
        break;
    case WORD_TEXT:
    case WORD_UIN:
        management_text(management, word->parameter, text);
        break;
    case WORD_MONEY:
        return writing_amount(&call->writing, word->parameter, text);
    case WORD_NUMBER:
        return writing_number(&call->writing, word->parameter, text, word->name);
    case WORD_UINS:
        management_list(management, word->parameter, text);
        break;
    case WORD_CHOICE:
        return text ? write_choice(&call->writing, word, text) : -1;
    case WORD_FLAG:
        return call->flags[i] ? write_bool(&management->writer, word->parameter, true) : -1;
    case WORD_TRUE:
    case WORD_FALSE:
        return write_bool(&management->writer, word->parameter, word->kind == WORD_TRUE);
    }
    return -1;
}

static int write_words(struct verb_call *call)
{
    const struct verb *verb = call->verb;
    struct json_writer *writer = &call->writing.management.writer;
    int code = -1;
    if (verb->is_writing)
        writing_begin(&call->writing, "");
    else
        management_begin(&call->writing.management);
    if (verb->list) {
        json_write_key(writer, slice_text(verb->list));
        json_open_array(writer);
        json_open_object(writer);
    }
    for (size_t i = 0; code < 0 && verb->words[i].kind != WORD_NONE; i++)
        if (verb->words[i].parameter)
            code = write_word(call, i);
    if (verb->list) {
        json_close_object(writer);
        json_close_array(writer);
    }
    return code < 0 && verb->write ? verb->write(call) : code;
}

static int tell(struct verb_call *call, struct slice response)
{
    char said[SAID_BYTES];
    const struct verb *verb = call->verb;
    if (verb->tell)
        return verb->tell(call, response);
    if (verb->did)
        writing_print(&call->writing, response,
                      say(call,
                          call->writing.management.dry_run && verb->would ? verb->would : verb->did,
                          response, said));
    return -1;
}

int verb_do(struct verb_call *call)
{
    char insufficient[SAID_BYTES];
    struct slice response = SLICE_NONE;
    int code = check(call);
    if (code < 0)
        code = write_words(call);
    if (call->verb->insufficient)
        call->writing.insufficient = say(call, call->verb->insufficient, SLICE_NONE, insufficient);
    if (code < 0)
        code = writing_send(&call->writing, call->verb->action, &response);
    if (code < 0)
        code = tell(call, response);
    return writing_done(&call->writing, code);
}

int verb_run(const struct subcommand *self, const struct verb *verb, int argc, char **argv)
{
    struct verb_call call;
    int code = verb_parse(self, verb, argc, argv, &call);
    return code >= 0 ? code : verb_do(&call);
}
