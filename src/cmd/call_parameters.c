/* Command-line words to a JSON object (cmd/call_parameters.h): a tree is grown in the caller's
 * arena, one node a name, and then written. Owns nothing. Main thread.
 *
 * 1. A node has a value or children, never both.
 * 2. Every word ends up in the object or is refused by name; none is dropped. */
#include "cmd/call_parameters.h"

#include "codec/json.h"

#include <string.h>

struct node {
    struct slice name;
    struct slice value; /* JSON; at NULL = has children */
    struct node *first;
    struct node *last;
    struct node *next;
};

static bool is_parameter(const char *word)
{
    return word[0] == '-' && word[1] == '-' && word[2] >= 'A' && word[2] <= 'Z';
}

static struct status add(struct call_parameters *parameters, struct call_parameter item,
                         struct fault *fault)
{
    if (parameters->count == CALL_PARAMETERS_MAX)
        return fault_raise(fault, STATUS_INVALID, "more than %d parameters; use --json FILE",
                           CALL_PARAMETERS_MAX);
    parameters->items[parameters->count++] = item;
    return STATUS_DONE;
}

struct status call_parameters_take(struct call_parameters *parameters, int *argc, char **argv,
                                   struct fault *fault)
{
    int kept = 0;
    for (int i = 0; i < *argc; i++) {
        if (!is_parameter(argv[i])) {
            argv[kept++] = argv[i];
            continue;
        }
        struct slice value;
        struct slice name = slice_cut(slice_text(argv[i] + 2), '=', &value);
        if (!value.at && i + 1 == *argc)
            return fault_raise(fault, STATUS_INVALID, "%s needs a value", argv[i]);
        if (!value.at)
            value = slice_text(argv[++i]);
        TRY(add(parameters, (struct call_parameter){name, value, false}, fault));
    }
    *argc = kept;
    return STATUS_DONE;
}

struct status call_parameters_add_text(struct call_parameters *parameters, const char *word,
                                       struct fault *fault)
{
    struct slice value;
    struct slice name = slice_cut(slice_text(word), '=', &value);
    if (!value.at || name.len == 0)
        return fault_raise(fault, STATUS_INVALID, "--param takes NAME=TEXT, not \"%s\"", word);
    return add(parameters, (struct call_parameter){name, value, true}, fault);
}

static bool is_index(struct slice name)
{
    uint64_t index;
    return slice_to_u64(name, &index) && index < CALL_PARAMETERS_MAX;
}

static bool is_json(struct slice text, struct arena *arena)
{
    struct json_reader reader;
    struct json_token token;
    json_reader_init(&reader, text, arena);
    return json_skip(&reader) && json_next(&reader, &token) == JSON_END;
}

static struct status value_json(const struct call_parameter *item, bool is_element,
                                struct arena *arena, struct fault *fault, struct slice *ret_json)
{
    struct slice value = item->value;
    bool container = value.len > 0 && (value.at[0] == '{' || value.at[0] == '[');
    bool json = !item->is_text && (container || !is_element) && is_json(value, arena);
    if (arena->lack != LACK_NONE)
        return fault_raise(fault, STATUS_MEMORY, "no memory");
    if (container && !item->is_text && !json)
        return fault_raise(fault, STATUS_INVALID,
                           "the value of --%.*s begins like JSON and is not; for a text, "
                           "--param %.*s=TEXT",
                           SLICE_ARGS(item->name), SLICE_ARGS(item->name));
    if (json) {
        *ret_json = value;
        return STATUS_DONE;
    }
    if (!slice_is_utf8(value))
        return fault_raise(fault, STATUS_INVALID, "the value of %.*s is not UTF-8",
                           SLICE_ARGS(item->name));
    /* A control character takes six bytes. */
    size_t room = 6 * value.len + 2;
    char *memory = arena_take(arena, room);
    if (!memory)
        return fault_raise(fault, STATUS_MEMORY, "no memory");
    struct buffer quoted;
    buffer_init_fixed(&quoted, memory, room);
    json_quote(&quoted, value);
    *ret_json = buffer_slice(&quoted);
    return STATUS_DONE;
}

static struct node *find_child(const struct node *parent, struct slice name)
{
    struct node *child = parent->first;
    while (child && !slice_equal(child->name, name))
        child = child->next;
    return child;
}

static struct node *add_child(struct node *parent, struct slice name, struct arena *arena)
{
    struct node *child = arena_take_array(arena, 1, sizeof *child);
    if (!child)
        return NULL;
    child->name = name;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    return child;
}

static struct status twice(const struct call_parameter *item, struct fault *fault)
{
    return fault_raise(fault, STATUS_INVALID, "%.*s is given twice, or as a whole and in parts",
                       SLICE_ARGS(item->name));
}

static struct status grow(struct node *root, const struct call_parameter *item, struct arena *arena,
                          struct fault *fault)
{
    struct slice rest = item->name, part = SLICE_NONE;
    struct node *at = root;
    for (int depth = 0; rest.at; depth++) {
        part = slice_cut(rest, '.', &rest);
        if (part.len == 0 || depth == CALL_DEPTH_MAX)
            return fault_raise(fault, STATUS_INVALID, "\"%.*s\" cannot be the name of a parameter",
                               SLICE_ARGS(item->name));
        struct node *child = find_child(at, part);
        if (child && (child->value.at || !rest.at))
            return twice(item, fault);
        at = child ? child : add_child(at, part, arena);
        if (!at)
            return fault_raise(fault, STATUS_MEMORY, "no memory");
    }
    return value_json(item, is_index(part), arena, fault, &at->value);
}

static size_t count_children(const struct node *node, size_t *ret_indexes)
{
    size_t count = 0, indexes = 0;
    for (const struct node *child = node->first; child; child = child->next) {
        count++;
        indexes += is_index(child->name);
    }
    *ret_indexes = indexes;
    return count;
}

static struct status write_node(const struct node *node, struct json_writer *writer,
                                struct fault *fault);

static struct status write_list(const struct node *node, size_t count, struct json_writer *writer,
                                struct fault *fault)
{
    json_open_array(writer);
    for (uint64_t wanted = 0; wanted < count; wanted++) {
        const struct node *child = node->first;
        uint64_t index = 0;
        while (child && (!slice_to_u64(child->name, &index) || index != wanted))
            child = child->next;
        if (!child)
            return fault_raise(fault, STATUS_INVALID,
                               "the elements of %.*s must be numbered 0, 1, 2, ... without gaps",
                               SLICE_ARGS(node->name));
        TRY(write_node(child, writer, fault));
    }
    json_close_array(writer);
    return STATUS_DONE;
}

static struct status write_node(const struct node *node, struct json_writer *writer,
                                struct fault *fault)
{
    size_t indexes;
    size_t count = count_children(node, &indexes);
    if (node->value.at) {
        json_write_raw(writer, node->value);
        return STATUS_DONE;
    }
    if (indexes > 0 && indexes < count)
        return fault_raise(fault, STATUS_INVALID, "%.*s is a list and an object at once",
                           SLICE_ARGS(node->name));
    if (indexes > 0)
        return write_list(node, count, writer, fault);
    json_open_object(writer);
    for (const struct node *child = node->first; child; child = child->next) {
        json_write_key(writer, child->name);
        TRY(write_node(child, writer, fault));
    }
    json_close_object(writer);
    return STATUS_DONE;
}

struct status call_parameters_render(const struct call_parameters *parameters, struct arena *arena,
                                     struct buffer *out, struct fault *fault)
{
    struct node root = {.name = SLICE("the parameters")};
    struct json_writer writer;
    json_writer_init(&writer, out);
    for (size_t i = 0; i < parameters->count; i++)
        TRY(grow(&root, &parameters->items[i], arena, fault));
    TRY(write_node(&root, &writer, fault));
    if (!buffer_ok(out))
        return fault_raise(fault, STATUS_INVALID, "the parameters are larger than %zu bytes",
                           out->cap_max);
    return STATUS_DONE;
}
