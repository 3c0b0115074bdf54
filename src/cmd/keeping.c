/* Keeping a journal (cmd/keeping.h). Owns nothing. Main thread. */
#include "cmd/keeping.h"

#include "cmd/folder.h"
#include "cmd/report.h"

static int parse(const struct keeping_spec *spec, int argc, char **argv, struct keeping *keeping)
{
    static const struct option_spec json = {"json", NULL, "Print the report as a JSON object.",
                                            OPTION_FLAG, NULL};
    const struct option_spec *flag = spec->reports ? &json : spec->flag;
    struct option_spec options[2] = {{"data", "DIR", spec->data_help, OPTION_TEXT, &keeping->data}};
    char **rest;
    int rest_count;
    if (flag) {
        options[1] = *flag;
        options[1].value = &keeping->flag;
    }
    int code = options_parse(keeping->self, options, flag ? 2 : 1, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (spec->missing && rest_count != 1)
        return fail(keeping->self, EXIT_USAGE, "%s", spec->missing);
    if (rest_count > 1)
        return fail(keeping->self, EXIT_USAGE, "one FILE, not also \"%s\"", rest[1]);
    keeping->argument = rest_count == 1 ? rest[0] : NULL;
    return -1;
}

int keeping_run(const struct subcommand *self, const struct keeping_spec *spec, int argc,
                char **argv)
{
    struct keeping keeping = {.self = self};
    int code = parse(spec, argc, argv, &keeping);
    if (code < 0 && spec->check)
        code = spec->check(&keeping);
    if (code >= 0)
        return code;
    keeping.data = folder_choose(keeping.data);
    if (!keeping.data)
        return fail(self, EXIT_USAGE, "%s", spec->missing_data);
    progress_start(&keeping.bar, spec->stage, 0);
    code = spec->work(&keeping);
    if (code < 0 && spec->reports)
        report_print(&keeping.report, keeping.flag);
    return code < 0 ? EXIT_OK : code;
}

int keeping_done(struct keeping *keeping, struct status status, const struct fault *fault)
{
    progress_end(&keeping->bar);
    return status_ok(status) ? -1
                             : fail(keeping->self, exit_code_of_status(status), "%s", fault->text);
}
