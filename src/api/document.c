/* The whole API as one JSON document, made of the tables (docs/api.md says what is in it).
 *
 * Owns nothing. Any thread. */
#include "api/action.h"
#include "codec/json.h"

enum { CALLS_PER_SECOND = 20, OBJECTS_MAX = 16 }; /* by default; objects with a name */

static const char *const error_names[ERROR_COUNT] = {
#define ERROR(name, code, english, chinese, origin, when) [ERROR_##name] = #name,
#include "api/errors.def"
#undef ERROR
};

struct document {
    struct json_writer json;
    const struct shape *objects[OBJECTS_MAX]; /* those with a name, each once */
    uint32_t object_count;
    bool is_own[ERROR_COUNT]; /* of some action */
};

static void key(struct document *document, const char *name)
{
    json_write_key(&document->json, slice_text(name));
}

static void text(struct document *document, const char *name, struct slice value)
{
    key(document, name);
    json_write_string(&document->json, value);
}

static void number(struct document *document, const char *name, int64_t value)
{
    key(document, name);
    json_write_i64(&document->json, value);
}

static void truth(struct document *document, const char *name, bool value)
{
    key(document, name);
    json_write_bool(&document->json, value);
}

static void open_list(struct document *document, const char *name)
{
    key(document, name);
    json_open_array(&document->json);
}

/* ---- parameters ---- */

static void write_parameters(struct document *document, const char *name,
                             const struct parameters *parameters)
{
    open_list(document, name);
    for (uint32_t i = 0; i < parameters->count; i++) {
        const struct parameter *parameter = &parameters->at[i];
        char type[32];
        struct buffer out;
        buffer_init_fixed(&out, type, sizeof type);
        buffer_text(&out, parameter->is_list ? "list of " : "");
        buffer_text(&out, parameter_type_name(parameter->type));
        json_open_object(&document->json);
        text(document, "Name", parameter->name);
        text(document, "Type", buffer_slice(&out));
        truth(document, "Required", parameter->required);
        if (parameter->is_list)
            number(document, "ItemsMax", parameter->maximum);
        else if (parameter->maximum != 0)
            number(document, "Minimum", parameter->minimum);
        if (!parameter->is_list && parameter->maximum != 0 && parameter->maximum != INT64_MAX)
            number(document, "Maximum", parameter->maximum);
        if (parameter->fields)
            write_parameters(document, "Members", parameter->fields);
        text(document, "Help", slice_text(parameter->help));
        json_close_object(&document->json);
    }
    json_close_array(&document->json);
}

/* ---- outputs ---- */

static void note_object(struct document *document, const struct shape *shape)
{
    uint32_t at = 0;
    while (at < document->object_count && document->objects[at] != shape)
        at++;
    CHECK(at < OBJECTS_MAX);
    document->objects[at] = shape;
    document->object_count += at == document->object_count;
}

static void write_members(struct document *document, const char *name, const struct shape *shape)
{
    open_list(document, name);
    for (uint32_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        json_open_object(&document->json);
        text(document, "Name", member->name);
        text(document, "Type", slice_text(shape_type_name(member)));
        truth(document, "Optional", member->optional);
        if (member->item && member->item->name) {
            text(document, "Object", slice_text(member->item->name));
            note_object(document, member->item);
        } else if (member->item) {
            write_members(document, "Members", member->item);
        }
        text(document, "Help", slice_text(member->help));
        json_close_object(&document->json);
    }
    json_close_array(&document->json);
}

/* ---- actions ---- */

const char *access_text(enum access access)
{
    static const char *const texts[] = {
        [ACCESS_BALANCES] = "the organization's owner, or a delegated member within its scope",
        [ACCESS_MEMBER] = ("the organization's owner, a delegated member within its scope, and "
                           "every account about itself"),
        [ACCESS_OWN] = "every account that owns or belongs to an organization",
        [ACCESS_OWNER] = "the organization's owner",
        [ACCESS_OPERATOR] = "only the control socket",
    };
    return texts[access];
}

/* What policies can tell apart in its calls. */
static void write_items(struct document *document, const struct action *action)
{
    open_list(document, "PolicyItems");
    if (action->items & ITEM_MEMBER)
        json_write_string(&document->json, SLICE("member"));
    if (action->items & ITEM_KIND)
        json_write_string(&document->json, SLICE("bursar:TransferKind"));
    if (action->items & ITEM_AMOUNT)
        json_write_string(&document->json, SLICE("bursar:Amount"));
    json_close_array(&document->json);
    open_list(document, "TransferKinds");
    for (const char *const *kind = action->kinds; kind && *kind; kind++)
        json_write_string(&document->json, slice_text(*kind));
    json_close_array(&document->json);
}

static void write_refusals(struct document *document, const struct action *action)
{
    open_list(document, "Errors");
    for (const enum error *error = action->refusals; *error != ERROR_NONE; error++) {
        document->is_own[*error] = true;
        json_write_string(&document->json, slice_text(error_names[*error]));
    }
    json_close_array(&document->json);
}

static void write_action(struct document *document, const struct product *product,
                         const struct action *action)
{
    char memory[128];
    struct buffer policy;
    buffer_init_fixed(&policy, memory, sizeof memory);
    buffer_append(&policy, product->policy_prefixes[0]);
    buffer_append(&policy, action->name);
    json_open_object(&document->json);
    text(document, "Name", action->name);
    text(document, "Help", slice_text(action->help));
    truth(document, "Writes", action->prepare != NULL);
    truth(document, "TakesAsOf", action->takes_as_of);
    text(document, "Who", slice_text(access_text(action->access)));
    text(document, "PolicyAction", buffer_slice(&policy));
    write_items(document, action);
    number(document, "CallsPerSecond", CALLS_PER_SECOND);
    write_parameters(document, "Parameters", &action->input);
    write_members(document, "Outputs", &action->outputs);
    write_refusals(document, action);
    json_close_object(&document->json);
}

static void write_product(struct document *document, const struct product *product)
{
    json_open_object(&document->json);
    text(document, "Name", product->name);
    text(document, "Version", product->version);
    text(document, "HostLabel", product->name);
    open_list(document, "Actions");
    for (uint32_t i = 0; i < product->action_count; i++)
        write_action(document, product, product->actions[i]);
    json_close_array(&document->json);
    json_close_object(&document->json);
}

/* ---- errors ---- */

static void write_errors(struct document *document)
{
    static const char *const origins[] = {"both", "English", "ours"};
    enum { HTTP_STATUS = 200 };
    open_list(document, "Errors");
    for (int error = ERROR_NONE + 1; error < ERROR_COUNT; error++) {
        const struct error_entry *entry = error_entry((enum error)error);
        json_open_object(&document->json);
        text(document, "Name", slice_text(error_names[error]));
        text(document, "Code", entry->code);
        text(document, "Message", entry->english);
        text(document, "MessageChinese", entry->chinese);
        text(document, "Origin", slice_text(origins[entry->origin]));
        number(document, "HttpStatus", HTTP_STATUS);
        truth(document, "OfEveryAction", !document->is_own[error]);
        text(document, "When", slice_text(entry->when));
        json_close_object(&document->json);
    }
    json_close_array(&document->json);
}

void api_document(const struct api_products *products, struct slice version, struct buffer *out)
{
    struct document document = {.object_count = 0};
    json_writer_init(&document.json, out);
    json_open_object(&document.json);
    text(&document, "Program", SLICE("bursar"));
    text(&document, "Version", version);
    open_list(&document, "Products");
    for (uint32_t i = 0; i < products->count; i++)
        write_product(&document, products->at[i].product);
    json_close_array(&document.json);
    open_list(&document, "Objects");
    for (uint32_t i = 0; i < document.object_count; i++) { /* which may become more */
        json_open_object(&document.json);
        text(&document, "Name", slice_text(document.objects[i]->name));
        write_members(&document, "Members", document.objects[i]);
        json_close_object(&document.json);
    }
    json_close_array(&document.json);
    write_errors(&document);
    json_close_object(&document.json);
}
