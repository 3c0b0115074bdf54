"""Planted faults: a property test that no fault can fail proves nothing. Each is one wrong line in a copy of one source of
src/ledger, built into a program of its own; the lives must find it within COMMANDS_MAX commands."""
import pathlib
import subprocess
import tempfile

from playing import Player, live

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
COMMANDS_MAX, CPU_SECONDS_MAX = 60_000, 10

# name: (source, what stands there once, what is put there)
MUTANTS = {
    "gift is not taken first": (
        "decide_post.c", "struct amount gift = smaller(state->gift, amount);", "struct amount gift = AMOUNT_ZERO;"),
    "income is not taken second": (
        "decide_post.c", "struct amount income = smaller(state->income, amount);", "struct amount income = AMOUNT_ZERO;"),
    "anybody may be in arrears": (
        "decide_post.c", "if (!takes_cash && (before->flags & MEMBER_ARREARS))", "if (!takes_cash)"),
    "nobody may be in arrears": (
        "decide_post.c", "if (!takes_cash && (before->flags & MEMBER_ARREARS))", "if (false)"),
    "what is frozen can be spent": (
        "decide_post.c", "return fields.real_credit_balance;", "return fields.credit_balance;"),
    "credit can be withdrawn": (
        "decide_post.c", "if (takes_cash && amount_compare(before->cash, transfer->amount) < 0)", "if (false)"),
    "a refused transfer does not stop the others": (
        "decide_post.c", "*ret_refusal = command->partial ? REFUSAL_NONE : first;", "*ret_refusal = REFUSAL_NONE;"),
    "partial batches are not partial": (
        "decide_post.c", "*ret_refusal = command->partial ? REFUSAL_NONE : first;", "*ret_refusal = first;"),
    "transfers of a batch do not see each other": (
        "decide_post.c", "members[0]->trial = transfer->after[0];", ""),
    "a dry batch is written": (
        "decide_post.c", "if (*ret_refusal != REFUSAL_NONE || command->dry_run)", "if (*ret_refusal != REFUSAL_NONE)"),
    "a batch leaves the sums of the draft behind": ("decide_post.c", "    *sums = after;\n    return STATUS_DONE;",
                                                    "    return STATUS_DONE;"),
    "an adjustment needs no reason": (
        "decide_post.c", "if (transfer->text.len == 0)", "if (false)"),
    "a hold may be over at once": (
        "decide_change.c", "change->end_us <= draft->now_us)\n        return REFUSAL_EXPIRY_PASSED;\n    if (!amount_add",
        "change->end_us < draft->now_us)\n        return REFUSAL_EXPIRY_PASSED;\n    if (!amount_add"),
    "capture leaves it frozen": (
        "decide_change.c", "if (is_capture || command->kind == COMMAND_RELEASE)", "if (command->kind == COMMAND_RELEASE)"),
    "more than the hold is captured": (
        "decide_change.c", "if (amount_compare(change->amount, left) > 0)", "if (false)"),
    "a revoked grant goes on": ("decide_change.c", "        if (grant->started)\n", "        if (!grant->started)\n"),
    "one grant too many": ("decide_change.c", "if (count >= GRANTS_PER_MEMBER_MAX)", "if (count > GRANTS_PER_MEMBER_MAX)"),
    "who has frozen money may leave": (
        "decide_change.c", "amount_is_zero(state->gift) && amount_is_zero(state->frozen)", "amount_is_zero(state->gift)"),
    "the organisation's sums may overflow": (
        "decide_change.c", "*ret_refusal = judge_sums(sums, command, &plan);", "(void)judge_sums;"),
    "the owner is renamed": (
        "decide_change.c", "if (renames(change, member) && (member->state.flags & MEMBER_OWNER))", "if (false)"),
    "what is due now waits": ("due.c", "due->items[place].due_us <= until_us", "due->items[place].due_us < until_us"),
    "a removed item lets others rise no more": (
        "due.c", "if (place > 0 && due->items[(place - 1) / 2].due_us > last.due_us)", "if (false)"),
    "of the same moment the later goes first": (
        "settle.c", "return (a->id > b->id) - (a->id < b->id);", "return (a->id < b->id) - (a->id > b->id);"),
    "grants that end do not": ("settle.c", "bool ends = grant->end_us != 0 &&", "bool ends = false &&"),
    "a settled hold stays in the draft": ("settle.c", "draft_hold_put(draft, member, event->id, AMOUNT_ZERO)", "true"),
    "tokens are ignored": ("decide.c", "if (command->request.mark == MARK_NONE || command->dry_run)", "if (true)"),
    "a token in the same group is not seen": ("decide.c", "    if (request) {", "    if (false && request) {"),
    "a token fits any body": ("replay.c", "!slice_equal(request->body_digest, body)", "(body.len == 0)"),
    "a token is its first half": ("replay.c", "!slice_equal(request->token_digest, token)", "(token.len == 0)"),
    "an old answer is the first outcome again": ("replay.c", "    if (replaying->run == 0) {\n        struct wire",
                                                 "    if (replaying->outcome == 0) {\n        struct wire"),
    "an old answer tells no refusals": (
        "replay.c", "refusal == REFUSAL_NONE ? 0 : OUTCOME_REFUSED + (uint64_t)refusal;",
        "refusal == REFUSAL_NONE ? 0 : OUTCOME_REFUSED + 1;"),
    "time runs backwards": ("draft.c", "draft->now_us = now_us > latest_us ? now_us : latest_us;", "draft->now_us = now_us;"),
    "a hold of another member will do": (
        "draft.c", "return is_theirs ? hold->amount : AMOUNT_ZERO;", "(void)is_theirs;\n    return hold->amount;"),
    "a member's home is forgotten": (
        "draft.c", "if (uin_equal(member->uin, uin) && !(member->state.flags & MEMBER_LEFT))",
        "if (uin_equal(member->uin, uin))"),
    "the book's sums miss what is frozen": ("effect.c", "exchange(&sums->frozen, before->frozen, after->frozen)", "true"),
    "a later hold is lost with an earlier one": (
        "lists.c", "        hold_at(book, hold->next)->before = hold->before;", "        (void)0;"),
    "a hold ends a moment late for readers": (
        "lists.c", "if (hold->expires_us != 0 && hold->expires_us <= t_us)",
        "if (hold->expires_us != 0 && hold->expires_us < t_us)"),
    "an index loses what stood behind": (
        "idmap.c", "if (((at - home) & part->mask) >= ((at - hole) & part->mask))", "if (false)"),
    "a row forgets that a grant has begun": ("checkpoint.c", "wire_put_byte(out, grant->started);", "wire_put_byte(out, 0);"),
    "a row turns the list of holds around": (
        "checkpoint.c", "newer = lists_put_hold(book, behind, newer, &hold);",
        "newer = lists_put_hold(book, &member->holds, BOOK_NONE, &hold);"),
    "the name of then is the next one": ("names.c", "if (past->until <= sequence)", "if (past->until <= sequence + 1)"),
    "an entry forgets temporary credit": (
        "entry.c", "bool has_temporary = !amount_is_zero(touch->after.temporary);", "bool has_temporary = false;"),
    "who leaves keeps its keys": (
        "holders.c", "if (key_is_kept(&slot->key, now_us) && !end(context, &entry))", "if ((void)now_us, false)"),
    "policies of its users outlive a leave": (
        "holders.c", "goes_on = end_policies(book, holder_at(book, i), end, context);", "goes_on = true;"),
    "a delegation outlives a leave": (
        "holders.c", "return account->delegation == BOOK_NONE || end(context, &entry);", "return true;"),
    "a delegation is the same after somebody came back": (
        "decide_registry.c", "!delegation_reaches(present, member)", "!member"),
    "a key for whoever is at home anywhere": (
        "decide_registry.c", "return home ? home->id == command->organisation : command->any_account;",
        "return home || command->any_account;"),
    "a key stays too long after its end": ("registry_keys.c", "<= t_us - KEY_KEPT_US)", "<= t_us - 2 * KEY_KEPT_US)"),
    "a key may be enabled again after a leave": (
        "decide_registry.c", "command->key.enabled ? judge_holder(draft, command, key, key->user) : REFUSAL_NONE;",
        "REFUSAL_NONE;"),
    "a leave cannot be answered again": (
        "replay.c", "return entry_kind_is_registry(entry->kind) || replay_change(command, entry, AMOUNT_ZERO);",
        "return replay_change(command, entry, AMOUNT_ZERO);"),
    "a grant asked for again is another one": ("decide_members.c", "    if (asked != count)\n        return false;", ""),
}


def build(name, folder, build_folder):
    """The program with the fault, in `folder`."""
    source, there, instead = MUTANTS[name]
    text = (ROOT / "src/ledger" / source).read_text()
    assert text.count(there) == 1, f"'{name}' no longer fits {source}: {there!r} is there {text.count(there)} times"
    copy, program = folder / source, folder / "play"
    copy.write_text(text.replace(there, instead))
    rooms, objects = build_folder / "rooms", sorted((build_folder / "tests/property/property_play.p").glob("*.o"))
    subprocess.run(["gcc", "-std=c17", "-D_GNU_SOURCE", "-O1", "-w", f"-I{rooms}/ledger", f"-I{rooms}/base", copy, *objects,
                    build_folder / "src/ledger/libledger.a", build_folder / "src/base/libbase.a", "-o", program], check=True)
    return program


def find(program):
    """(commands played, script, the difference found or None)."""
    player, played = Player(program, CPU_SECONDS_MAX), 0
    try:
        for number in range(COMMANDS_MAX):
            commands, script, difference = live(player, f"mutant.{number}", 300 if number % 4 else 1500)
            played += commands
            if difference or played > COMMANDS_MAX:
                return played, script, difference
    finally:
        player.stop()


def try_out(name, build_folder):
    """(whether the fault was found, what there is to say)."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            program = build(name, pathlib.Path(folder), build_folder)
        except (AssertionError, subprocess.CalledProcessError) as error:
            return False, str(error)
        played, _, difference = find(program)
    return difference is not None, f"{played} commands played; {difference}"
