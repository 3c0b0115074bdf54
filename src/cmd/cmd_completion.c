/* `bursar completion bash`: names come from the table of subcommands; options are asked of the
 * program itself at completion time, so that they are always those of the program installed. */
#include "cmd/subcommands.h"

#include <stdio.h>
#include <string.h>

static const char head[] =
    "# bash completion for bursar; made by `bursar completion bash`.\n"
    "\n"
    "_bursar_options() {\n"
    "    \"$@\" --help 2>/dev/null | sed -n 's/^  \\(--[a-z0-9-]*\\).*/\\1/p'\n"
    "}\n"
    "\n"
    "_bursar() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
    "    local sub=${COMP_WORDS[1]-} verb=${COMP_WORDS[2]-} verbs=\n"
    "    COMPREPLY=()\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ] || { [ \"$COMP_CWORD\" -eq 2 ] && [ \"$sub\" = help ]; }; "
    "then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"";

static const char middle[] = "help --help --version\" -- \"$word\")\n"
                             "        return\n"
                             "    fi\n"
                             "    case $sub in\n";

static const char tail[] =
    "    esac\n"
    "    if [ -n \"$verbs\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$verbs --help\" -- \"$word\")\n"
    "        return\n"
    "    fi\n"
    "    case $before in\n"
    "    --data)\n"
    "        mapfile -t COMPREPLY < <(compgen -d -- \"$word\")\n"
    "        return ;;\n"
    "    --output)\n"
    "        mapfile -t COMPREPLY < <(compgen -W 'table json jsonl csv' -- \"$word\")\n"
    "        return ;;\n"
    "    esac\n"
    "    if [[ $word == -* ]]; then\n"
    "        [ -n \"$verbs\" ] || verb=\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$(_bursar_options \"${COMP_WORDS[0]}\" \"$sub\" "
    "${verb:+\"$verb\"})\" -- \"$word\")\n"
    "    else\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "    fi\n"
    "}\n"
    "complete -o filenames -F _bursar bursar\n";

/* "add|list|disable": a family of verbs. */
static bool has_verbs(const struct subcommand *subcommand)
{
    return subcommand->arguments && strspn(subcommand->arguments, "abcdefghijklmnopqrstuvwxyz|") ==
                                        strlen(subcommand->arguments);
}

static void print_bash(void)
{
    fputs(head, stdout);
    for (size_t i = 0; subcommands[i]; i++)
        printf("%s ", subcommands[i]->name);
    fputs(middle, stdout);
    for (size_t i = 0; subcommands[i]; i++) {
        if (!has_verbs(subcommands[i]))
            continue;
        printf("    %s) verbs='", subcommands[i]->name);
        for (const char *c = subcommands[i]->arguments; *c; c++)
            putchar(*c == '|' ? ' ' : *c);
        fputs("' ;;\n", stdout);
    }
    fputs(tail, stdout);
}

static int run_completion(int argc, char **argv)
{
    char **rest;
    int rest_count;
    int code = options_parse(&subcommand_completion, NULL, 0, argc, argv, &rest, &rest_count);
    if (code >= 0)
        return code;
    if (rest_count != 1 || strcmp(rest[0], "bash") != 0)
        return fail(&subcommand_completion, EXIT_USAGE,
                    "for which shell? there is: bursar completion bash");
    print_bash();
    return EXIT_OK;
}

const struct subcommand subcommand_completion = {
    .name = "completion",
    .summary = "Print completions for bash",
    .arguments = "bash",
    .description =
        "Prints a script that teaches bash to complete subcommands, verbs, options and files.",
    .examples = "source <(bursar completion bash)\n"
                "bursar completion bash >/usr/share/bash-completion/completions/bursar",
    .run = run_completion,
};
