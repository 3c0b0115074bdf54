"""The law in plain Python, written from the design and from what the headers promise; it shares no code with src/ledger.

A Model is told the same commands as the real book (script.py has their form) and says, line for line, what must come of
each of them. Money is a Python int, so nothing here overflows; where the law has limits, they are written out.

Refusals are looked for in this order: the organisation, the member, the reason, the values of the command itself, what it
speaks of (hold, grant, the other member), whether the means suffice, whether the results fit."""
import heapq

LIMIT = 1 << 60  # no part of a member goes beyond it, either way
I64_MIN, I64_MAX = -(1 << 63), (1 << 63) - 1
GRANTS_MAX, NEW_GRANTS_MAX, KEYS_MAX = 64, 4, 2
USER_POLICIES_MAX = 64
KEPT_US = 600 * 10**6  # a key is known for so long after its end
NEVER = I64_MAX

IS_CREDIT, ARREARS, LEFT, OWNER = 1, 2, 4, 8

KIND_NAMES = {1: "top_up", 2: "withdraw", 3: "charge", 4: "refund", 5: "grant_gift", 6: "move", 11: "adjust"}
TOP_UP, WITHDRAW, CHARGE, REFUND, GRANT_GIFT, MOVE, ADJUST = KIND_NAMES
CASH, INCOME, GIFT = range(3)
PAID_BY = {TOP_UP: "funding", WITHDRAW: "funding", CHARGE: "revenue", REFUND: "revenue", GRANT_GIFT: "promotion",
           ADJUST: "suspense"}
EXPIRE, START, END = range(3)  # what time does
TIMED = {EXPIRE: "expire", START: "start_temporary", END: "end_temporary"}


def name_is_valid(name):
    """1 to 64 characters of UTF-8 without control characters."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return False
    return 1 <= len(text) <= 64 and not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in text)


def reason_is_valid(reason):
    """At most 1024 bytes of UTF-8 without control characters."""
    try:
        text = reason.decode()
    except UnicodeDecodeError:
        return False
    return len(reason) <= 1024 and not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in text)


def currency_is_valid(currency):
    return len(currency) == 3 and all(65 <= byte <= 90 for byte in currency)


class Grant:
    __slots__ = ("id", "amount", "start", "end", "started")

    def __init__(self, id, amount, start, end, started):
        self.id, self.amount, self.start, self.end, self.started = id, amount, start, end, started


class Member:
    __slots__ = ("organisation", "uin", "name", "flags", "cash", "income", "gift", "frozen", "basic", "temporary", "grants",
                 "holds", "joined", "rejoined", "last", "ordinal", "names")

    def __init__(self, organisation, uin):
        self.organisation, self.uin, self.name, self.flags = organisation, uin, b"", LEFT
        self.cash = self.income = self.gift = self.frozen = self.basic = self.temporary = 0
        self.grants, self.holds = {}, {}  # by id; holds: [amount, expires]
        self.joined, self.rejoined, self.last, self.ordinal = 0, False, 0, 0
        self.names = []  # (from which entry on, name)

    def state(self):
        return f"{self.cash},{self.income},{self.gift},{self.frozen},{self.basic},{self.temporary},{self.flags}"

    def available(self):
        """All money and credit, less what is frozen."""
        return self.cash + self.income + self.gift + self.basic + self.temporary - self.frozen

    def fields(self, frozen, temporary):
        """The nine fields, and what DescribeAccountBalance has besides."""
        money, credit = self.cash + self.income + self.gift, self.basic + temporary
        owed = max(0, -(money + credit))
        return (f"F {self.organisation} {self.uin} {money - frozen} {self.cash + owed} {credit} {temporary} {self.basic}"
                f" {owed} {money + credit} {money + credit - frozen} {frozen} {self.gift} {self.income}")

    def fields_at(self, t):
        """From the holds and grants alone, whatever was written about them."""
        frozen = sum(amount for amount, expires in self.holds.values() if expires == 0 or expires > t)
        temporary = sum(g.amount for g in self.grants.values() if g.start <= t and (g.end == 0 or t < g.end))
        return self.fields(frozen, temporary)

    def spend(self, amount):
        """Gift first, then income, then cash."""
        gift = min(self.gift, amount)
        income = min(self.income, amount - gift)
        self.gift -= gift
        self.income -= income
        self.cash -= amount - gift - income

    def dump(self):
        grants = "".join(f" {g.id},{g.amount},{g.start},{g.end},{int(g.started)}" for g in reversed(self.grants.values()))
        holds = "".join(f" {id},{amount},{expires}" for id, (amount, expires) in reversed(self.holds.items()))
        return (f"M {self.organisation} {self.uin} {self.name.hex()} {self.joined} {int(self.rejoined)} {self.last}"
                f" {self.ordinal} {self.state()}{grants} |{holds}")


class Key:
    __slots__ = ("organisation", "account", "user", "enabled", "end", "temporary")

    def __init__(self, organisation, account, user, end, temporary):
        self.organisation, self.account, self.user, self.end, self.temporary = organisation, account, user, end, temporary
        self.enabled = True


class Organisation:
    """Sums over its members, and its own accounts; cash to suspense add up to zero."""
    __slots__ = ("id", "owner", "cash", "income", "gift", "frozen", "funding", "revenue", "promotion", "suspense", "members")

    def __init__(self, id, owner):
        self.id, self.owner, self.members = id, owner, {}
        self.cash = self.income = self.gift = self.frozen = 0
        self.funding = self.revenue = self.promotion = self.suspense = 0

    def sums(self):
        return (self.cash, self.income, self.gift, self.frozen, self.funding, self.revenue, self.promotion, self.suspense)

    def line(self):
        assert self.cash + self.income + self.gift + self.funding + self.revenue + self.promotion + self.suspense == 0
        return "O %d %d %d %d %d %d %d %d %d" % (self.id, *self.sums())

    def shift(self, cash=0, income=0, gift=0, frozen=0, funding=0, revenue=0, promotion=0, suspense=0):
        """False, and nothing shifted, when a sum would not fit 64 bits."""
        new = (self.cash + cash, self.income + income, self.gift + gift, self.frozen + frozen, self.funding + funding,
               self.revenue + revenue, self.promotion + promotion, self.suspense + suspense)
        if max(new) > I64_MAX or min(new) < I64_MIN:
            return False
        self.restore(new)
        return True

    def restore(self, sums):
        self.cash, self.income, self.gift, self.frozen, self.funding, self.revenue, self.promotion, self.suspense = sums


class Model:
    def __init__(self, texts):
        self.texts = texts
        self.names_valid = [name_is_valid(text) for text in texts]
        self.reasons_valid = [reason_is_valid(text) for text in texts]
        self.organisations, self.members, self.home = {}, [], {}  # home: uin -> its organisation
        self.sequence, self.time, self.now = 0, 0, 0
        self.due = []  # heap of (moment, id, EXPIRE | START | END, member); what is no more is passed over
        self.tokens = {}  # first half -> (second half, body, answer)
        self.keys = {}  # number -> Key
        self.enabled = []  # keys as they were enabled
        self.first_end = NEVER  # of a key
        self.policies = {}  # (organisation, user, name) -> document
        self.accounts = {}  # (organisation, user) -> the account it belongs to, as long as it has keys or policies
        self.delegations = {}  # (organisation, account) -> (everyone, scope, when)
        self.ids, self.refs = {}, {}  # (command, place) -> id of the hold or grant it made; and back
        self.touched, self.touched_organisations = {}, {}
        self.log, self.shows_entries, self.hold_count, self.serial = [], False, 0, 0
        self.run_of = {"N": self.found, "A": self.add_members, "K": self.add_key, "S": self.set_key, "P": self.post,
                       "U": self.put_policy, "W": self.remove_policy, "B": self.delegate, "D": self.remove_delegate,
                       "H": self.hold, "C": self.capture, "R": self.release, "M": self.modify, "X": self.remove,
                       "G": self.grant, "V": self.revoke}

    # Entries -----------------------------------------------------------------------------------------------------------

    def entry(self, kind, organisation, members, *parts, **named):
        """One more entry, after which the members are as they are; returns its sequence."""
        self.sequence += 1
        self.drop_ended()
        self.touched_organisations[organisation] = None
        for member in members:
            member.last = self.sequence
            member.ordinal += 1
            self.touched[member] = None
        if self.shows_entries:
            self.show(kind, organisation, [(m.uin, m.state(), m.ordinal) for m in members], *parts, **named)
        return self.sequence

    def show(self, kind, organisation, touches, cash=0, income=0, gift=0, subject=0, start=0, end=0, name=0, text=0, made=0):
        touched = "".join(f" {uin}:{state}:{ordinal}" for uin, state, ordinal in touches)
        self.log.append(f"E {self.sequence} {kind} {self.now} {organisation} {cash} {income} {gift} {subject} {start} {end}"
                        f" {self.texts[name].hex()}/{self.texts[text].hex()} {made}{touched}")

    # Time --------------------------------------------------------------------------------------------------------------

    def await_(self, moment, id, kind, member):
        heapq.heappush(self.due, (moment, id, kind, member))

    def is_to_come(self, event):
        _, id, kind, member = event
        if kind == EXPIRE:
            return id in member.holds
        return id in member.grants and not (kind == START and member.grants[id].started)

    def next_due(self):
        while self.due and not self.is_to_come(self.due[0]):
            heapq.heappop(self.due)
        return self.due[0][0] if self.due else NEVER

    def settle(self):
        """What is due by now, earliest first; of the same moment what was made earlier first, a start before its end."""
        until = self.now
        while self.next_due() <= until:
            moment, id, kind, member = heapq.heappop(self.due)
            self.now = self.time = max(moment, self.time)
            amount = 0
            if kind == EXPIRE:
                amount = self.drop_hold(member, id)
            elif kind == START:
                member.grants[id].started = True
                member.temporary += member.grants[id].amount
            else:
                member.temporary -= member.grants.pop(id).amount
            self.entry(TIMED[kind], member.organisation, (member,), amount, subject=id)
        self.now = until

    def drop_hold(self, member, id):
        return self.reduce_hold(member, id, member.holds[id][0])

    def reduce_hold(self, member, id, amount):
        hold = member.holds[id]
        hold[0] -= amount
        member.frozen -= amount
        self.organisations[member.organisation].frozen -= amount
        if hold[0] == 0:
            del member.holds[id]
            self.hold_count -= 1
        return amount

    # Groups ------------------------------------------------------------------------------------------------------------

    def group(self, now, shows_entries, lines):
        """Begins a group of commands at that time."""
        self.now = max(now, self.time)  # time never runs backwards
        self.touched.clear()
        self.touched_organisations.clear()
        self.shows_entries = True  # what time does is always shown
        self.settle()
        self.shows_entries = shows_entries
        lines += self.log
        self.log.clear()

    def group_end(self, lines):
        lines += self.log
        self.log.clear()
        lines += [member.fields(member.frozen, member.temporary) for member in self.touched]
        lines += [self.organisations[id].line() for id in self.touched_organisations]
        lines.append(f"G {self.sequence} {self.time} {self.next_due()} {self.hold_count} {len(self.tokens)}")

    def run(self, command):
        """What must come of the command, in one line."""
        letter, self.serial, organisation, is_dry, token, *rest = command
        if token and not is_dry and token[0] in self.tokens:
            second, body, answer = self.tokens[token[0]]
            if token[2] is None:
                return "REQUEST_REPEATED" + unjudged(letter, rest)
            return "=" + answer if (second, body) == token[1:] else "TOKEN_REUSED" + unjudged(letter, rest)
        before = self.sequence
        if organisation in self.organisations or letter == "N":
            answer = self.run_of[letter](self.organisations.get(organisation), is_dry, *rest)
        else:
            answer = "ORGANISATION_UNKNOWN" + unjudged(letter, rest)
        if self.sequence > before:
            self.time = self.now
            made, at = self.sequence - before, organisation if letter != "N" else len(self.organisations)
            self.entry("request", at, (), made=made)
            if token:
                self.tokens[token[0]] = (token[1], token[2], answer)
        elif token and token[2] is None and not is_dry and answer.startswith("NONE"):
            self.time = self.now  # nothing changed, but the signature is used up
            self.entry("request", organisation, (), made=0)
            self.tokens[token[0]] = (token[1], None, answer)
        return answer

    def made(self, id, place=0):
        """Notes the id of a hold or grant made by this command, by which later commands speak of it."""
        self.ids[self.serial, place] = id
        self.refs[id] = (self.serial, place)

    def fields_line(self, t, organisation, uin):
        o = self.organisations.get(organisation)
        member = o and o.members.get(uin)
        return member.fields_at(t) if member else "F none"

    def name_line(self, sequence, organisation, uin):
        """The name that was in force after that entry; before the first, the first."""
        o = self.organisations.get(organisation)
        member = o and o.members.get(uin)
        if not member:
            return "N none"
        return "N " + [name for at, name in member.names if at <= sequence or at == member.names[0][0]][-1].hex()

    def dump(self, lines):
        lines += [member.dump() for member in self.members]
        for id, o in self.organisations.items():
            lines.append(o.line())
            self.dump_registry(o, lines)
            listed = sorted((m.uin for m in o.members.values() if not m.flags & (LEFT | OWNER)), key=int)
            lines.append(" ".join([f"L {id} {len(listed)}", *listed[:64]]))

    # Organisations and keys --------------------------------------------------------------------------------------------

    def found(self, _, is_dry, name, currency, owner):
        if not self.names_valid[name] or not currency_is_valid(self.texts[currency]):
            return "NAME_INVALID"
        if owner in self.home:
            return "ORGANISATION_OWNER_TAKEN"
        if is_dry:
            return "NONE 0 0"
        id = len(self.organisations) + 1
        self.organisations[id] = Organisation(id, owner)
        member = self.new_member(self.organisations[id], owner)
        member.name, member.flags, member.joined = self.texts[name], OWNER, self.now
        self.home[owner] = id
        first = self.entry("organisation", id, (member,), name=name, text=currency)
        member.names.append((first, member.name))
        return f"NONE {first} 1"

    def new_member(self, o, uin):
        member = o.members[uin] = Member(o.id, uin)
        self.members.append(member)
        return member

    # What is given to accounts, sub-accounts and roles: all of it ends when the account leaves --------------------------

    def is_kept(self, key):
        return key.end == 0 or key.end > self.now - KEPT_US

    def drop_ended(self):
        if self.first_end > self.now - KEPT_US:
            return
        self.keys = {number: key for number, key in self.keys.items() if self.is_kept(key)}
        self.enabled = [key for key in self.enabled if self.is_kept(key)]
        self.first_end = min((key.end for key in self.keys.values() if key.end), default=NEVER)
        self.forget_users()

    def forget_users(self):
        """Whoever has neither keys nor policies belongs to no account."""
        known = {(key.organisation, key.user) for key in self.keys.values()} | {which[:2] for which in self.policies}
        self.accounts = {user: account for user, account in self.accounts.items() if user in known}

    def judge_key(self, o, account, user, temporary):
        """One more enabled key."""
        kept = [key for key in self.keys.values() if key.organisation == o.id and self.is_kept(key)]
        if self.home.get(account) != o.id:
            return "MEMBER_UNKNOWN"
        has_something = any(key.user == user for key in kept) or any(which[:2] == (o.id, user) for which in self.policies)
        if has_something and self.accounts.get((o.id, user), account) != account:
            return "USER_ELSEWHERE"
        enabled = [key for key in kept if key.enabled and not key.temporary and key.user == user]
        return "KEY_LIMIT" if not temporary and len(enabled) >= KEYS_MAX else None

    def add_key(self, o, is_dry, number, principal, account, user, _, end, temporary):
        user = account if principal == 0 else user
        if number in self.keys and self.is_kept(self.keys[number]):
            return "KEY_EXISTS" if self.keys[number].organisation == o.id else "KEY_ID_INVALID"
        refusal = self.judge_key(o, account, user, temporary)
        if refusal:
            return refusal
        first = count = 0
        if not is_dry:
            first, count = self.entry("issue_token" if temporary else "add_key", o.id, (), end=end), 1
            key = self.keys[number] = Key(o.id, account, user, end, temporary)
            self.enabled.append(key)
            self.first_end = min(self.first_end, end or NEVER)
            self.accounts.setdefault((o.id, user), account)
            self.drop_ended()
        return f"NONE {first} {count} AKID{number}"

    def set_key(self, o, is_dry, number, principal, account, user, enabled, *_):
        key = self.keys.get(number)
        if key is None or key.organisation != o.id or not self.is_kept(key):
            return "KEY_UNKNOWN"
        if key.enabled == bool(enabled):
            return "NONE 0 0"
        refusal = self.judge_key(o, key.account, key.user, key.temporary) if enabled else None
        if refusal:
            return refusal
        if is_dry:
            return "NONE 0 0"
        first = self.entry("set_key", o.id, ())
        self.switch(key)
        return f"NONE {first} 1"

    def switch(self, key):
        key.enabled = not key.enabled
        if key.enabled:
            self.enabled.append(key)
        else:
            self.enabled.remove(key)

    def put_policy(self, o, is_dry, user, name, document):
        if not self.names_valid[name]:
            return "NAME_INVALID"
        which = (o.id, user, name)
        if self.policies.get(which) == document:
            return "NONE 0 0"
        if which not in self.policies and sum(other[:2] == (o.id, user) for other in self.policies) >= USER_POLICIES_MAX:
            return "POLICY_LIMIT"
        if is_dry:
            return "NONE 0 0"
        first = self.entry("put_policy", o.id, (), name=name, text=document)
        self.policies[which] = document
        return f"NONE {first} 1"

    def remove_policy(self, o, is_dry, user, name, _):
        if (o.id, user, name) not in self.policies:
            return "POLICY_UNKNOWN"
        if is_dry:
            return "NONE 0 0"
        first = self.entry("remove_policy", o.id, (), name=name)
        self.drop_policy((o.id, user, name))
        return f"NONE {first} 1"

    def drop_policy(self, which):
        del self.policies[which]
        self.forget_users()

    def is_listed(self, o, uin):
        member = o.members.get(uin)
        return member is not None and not member.flags & (LEFT | OWNER)

    def reached(self, o, delegation):
        """Those named who are members, and have been since it was given."""
        _, scope, given = delegation
        return [uin for uin in scope if not o.members[uin].flags & LEFT
                and (not o.members[uin].rejoined or o.members[uin].joined < given)]

    def delegate(self, o, is_dry, account, everyone, scope):
        scope = () if everyone else tuple(sorted(set(scope), key=int))
        if not self.is_listed(o, account) or not all(self.is_listed(o, uin) for uin in scope):
            return "MEMBER_UNKNOWN"
        present = self.delegations.get((o.id, account))
        if present and present[:2] == (bool(everyone), scope) and len(self.reached(o, present)) == len(scope):
            return "NONE 0 0"
        if is_dry:
            return "NONE 0 0"
        first = self.entry("delegate", o.id, ())
        self.delegations[o.id, account] = (bool(everyone), scope, self.now)
        return f"NONE {first} 1"

    def remove_delegate(self, o, is_dry, account, *_):
        if (o.id, account) not in self.delegations:
            return "DELEGATION_UNKNOWN"
        if is_dry:
            return "NONE 0 0"
        del self.delegations[o.id, account]
        return f"NONE {self.entry('remove_delegate', o.id, ())} 1"

    def end_all(self, o, account):
        """An entry each: keys as they were enabled, policies user by user, the delegation."""
        for key in [key for key in self.enabled if (key.organisation, key.account) == (o.id, account) and self.is_kept(key)]:
            self.entry("set_key", o.id, ())
            self.switch(key)
        users = [user for (organisation, user), of in reversed(self.accounts.items()) if (organisation, of) == (o.id, account)]
        if (o.id, account) not in self.accounts:
            users.insert(0, account)
        for which in [which for user in users for which in self.policies if which[:2] == (o.id, user)]:
            self.entry("remove_policy", o.id, (), name=which[2])
            self.drop_policy(which)
        if self.delegations.pop((o.id, account), None):
            self.entry("remove_delegate", o.id, ())

    def dump_registry(self, o, lines):
        lines += [f"K {o.id} AKID{number} {key.account} {key.user} {key.enabled:d} {key.end} {key.temporary:d}"
                  for number, key in self.keys.items() if key.organisation == o.id]
        lines += [f"P {o.id} {user} {self.texts[name].hex()}/{self.texts[document].hex()}"
                  for (organisation, user, name), document in self.policies.items() if organisation == o.id]
        lines += [" ".join([f"D {o.id} {account} {delegation[0]:d}", *self.reached(o, delegation)])
                  for (organisation, account), delegation in self.delegations.items() if organisation == o.id]

    # Adding members ----------------------------------------------------------------------------------------------------

    def add_members(self, o, is_dry, partial, items):
        sums, seen, words, refused = o.sums(), set(), [], None
        for index, item in enumerate(items):
            words.append(self.judge_item(o, item, item[0] in seen))
            seen.add(item[0])
            if refused is None and words[-1] not in ("added", "unchanged"):
                refused = index
        before = self.sequence
        is_refused = refused is not None and not partial
        if is_refused or is_dry:
            o.restore(sums)
        else:
            for index, item in enumerate(items):
                if words[index] == "added":
                    self.join(o, item, 8 * index)
        count = self.sequence - before
        verdict = f"{words[refused]} {refused}" if is_refused else "NONE 0"
        return " ".join([verdict, str(before + 1 if count else 0), str(count), *words])

    def judge_item(self, o, item, is_repeated):
        uin, name, flags, basic, cash, income, gift, frozen, grants = item
        refusal = self.judge_item_values(item)
        if refusal:
            return refusal
        if is_repeated:
            return "MEMBER_REPEATED"
        home = self.home.get(uin)
        if home == o.id:
            member = o.members[uin]
            if member.flags & OWNER:
                return "MEMBER_ELSEWHERE"
            return "unchanged" if self.is_same(member, item) else "MEMBER_EXISTS"
        if home:
            return "MEMBER_ELSEWHERE"
        left = o.members.get(uin) or Member(o.id, uin)
        cash, income, gift = cash - left.cash, income - left.income, gift - left.gift
        fits = max(abs(cash), abs(income), abs(gift)) <= LIMIT and o.shift(
            cash=cash, income=income, gift=gift, frozen=frozen, funding=-(cash + income), promotion=-gift)
        return "added" if fits else "AMOUNT_OVERFLOW"

    def judge_item_values(self, item):
        uin, name, flags, basic, cash, income, gift, frozen, grants = item
        if not self.names_valid[name]:
            return "NAME_INVALID"
        if min(income, gift, frozen, basic) < 0:
            return "AMOUNT_NEGATIVE"
        if max(abs(cash), income, gift, frozen, basic) > LIMIT:
            return "AMOUNT_OVERFLOW"
        if len(grants) > NEW_GRANTS_MAX:
            return "LIMIT"
        total = 0
        for amount, start, end in grants:
            total += amount
            if amount < 0:
                return "AMOUNT_NEGATIVE"
            if total > LIMIT:
                return "AMOUNT_OVERFLOW"
            if end != 0 and end <= start:
                return "PERIOD_INVALID"
        return None

    def is_same(self, member, item):
        """A grant that is over is as if it had never been: neither asked for nor there."""
        uin, name, flags, basic, cash, income, gift, frozen, grants = item
        asked = sorted(grant for grant in grants if grant[2] == 0 or grant[2] > self.now)
        present = sorted((g.amount, g.start, g.end) for g in member.grants.values() if g.end == 0 or g.end > self.now)
        return (asked == present and self.texts[name] == member.name and flags == member.flags & (IS_CREDIT | ARREARS)
                and (basic, cash, income, gift, frozen) == (member.basic, member.cash, member.income, member.gift,
                                                            member.frozen))

    def join(self, o, item, place):
        uin, name, flags, basic, cash, income, gift, frozen, grants = item
        member = o.members.get(uin) or self.new_member(o, uin)
        member.rejoined |= member.ordinal > 0
        member.name, member.flags, member.basic, member.joined = self.texts[name], flags, basic, self.now
        self.home[uin] = o.id
        member.names.append((self.entry("join", o.id, (member,), name=name), member.name))
        opening = cash - member.cash, income - member.income, gift - member.gift
        if any(opening):
            member.cash, member.income, member.gift = cash, income, gift
            self.entry("opening", o.id, (member,), *opening)
        for at, (amount, start, end) in enumerate(grants):
            if end == 0 or end > self.now:
                self.put_grant(o, member, amount, start, end, 0, place + at)
        if frozen:
            self.put_hold(o, member, frozen, 0, 0, place + 7)

    def put_grant(self, o, member, amount, start, end, text, place):
        started = start <= self.now and (end == 0 or self.now < end)
        if started:
            member.temporary += amount
        id = self.entry("grant_temporary", o.id, (member,), amount, start=start, end=end, text=text)
        member.grants[id] = Grant(id, amount, start, end, started)
        if not started:
            self.await_(start, id, START, member)
        if end:
            self.await_(end, id, END, member)
        self.made(id, place)
        return id

    def put_hold(self, o, member, amount, end, text, place):
        member.frozen += amount
        id = self.entry("hold", o.id, (member,), amount, end=end, text=text)
        member.holds[id] = [amount, end]
        self.hold_count += 1
        if end:
            self.await_(end, id, EXPIRE, member)
        self.made(id, place)
        return id

    # Transfers ---------------------------------------------------------------------------------------------------------

    def post(self, o, is_dry, partial, transfers):
        """Each on what those before it leave; undone when one is refused and they are not to be partial."""
        sums, saved, done, refused = o.sums(), {}, [], None
        for index, transfer in enumerate(transfers):
            outcome = self.transfer(o, transfer, saved)
            done.append(outcome)
            if refused is None and type(outcome) is str:
                refused = index
        is_refused = refused is not None and not partial
        if is_refused or is_dry:
            o.restore(sums)
            for member, money in saved.items():
                member.cash, member.income, member.gift = money
        first, count, words = self.sequence + 1, 0, []
        for transfer, outcome in zip(transfers, done):
            if type(outcome) is str:
                words.append(outcome)
            elif is_refused or is_dry:
                words.append("0:" + ":".join([state for _, state in outcome]))
            else:
                count += 1
                words.append(self.post_entry(o, transfer, outcome))
        verdict = f"{done[refused]} {refused}" if is_refused else "NONE 0"
        return f"{verdict} {first if count else 0} {count} {' '.join(words)}".rstrip()

    def post_entry(self, o, transfer, outcome):
        self.sequence += 1
        self.drop_ended()
        self.touched_organisations[o.id] = None
        word = str(self.sequence)
        for member, state in outcome:
            member.last = self.sequence
            member.ordinal += 1
            self.touched[member] = None
            word += ":" + state
        if self.shows_entries:
            self.show(KIND_NAMES[transfer[0]], o.id, [(m.uin, state, m.ordinal) for m, state in outcome], *transfer[3:6],
                      text=transfer[7])
        return word

    def transfer(self, o, transfer, saved):
        """The refusal, or what it leaves: [(member, its state)]."""
        kind, uin, to, amount, income, gift, account, reason = transfer
        if not self.reasons_valid[reason]:
            return "REASON_INVALID"
        if kind == ADJUST:
            if not self.texts[reason]:
                return "REASON_MISSING"
            if amount == income == gift == 0:
                return "AMOUNT_NOT_POSITIVE"
            if max(abs(amount), abs(income), abs(gift)) > LIMIT:
                return "AMOUNT_OVERFLOW"
        elif amount <= 0:
            return "AMOUNT_NOT_POSITIVE"
        elif kind == MOVE and uin == to:
            return "MOVE_TO_SELF"
        elif amount > LIMIT:
            return "AMOUNT_OVERFLOW"
        member = o.members.get(uin)
        if member is None or member.flags & LEFT:
            return "MEMBER_UNKNOWN"
        if kind == MOVE:
            return self.move(o, member, o.members.get(to), amount, saved)
        if kind == WITHDRAW:  # only money that is there, never credit
            if member.cash < amount or member.available() < amount:
                return "BALANCE_INSUFFICIENT"
        elif kind == CHARGE and not member.flags & ARREARS and member.available() < amount:
            return "BALANCE_INSUFFICIENT"
        before = member.cash, member.income, member.gift
        refusal = self.change_money(o, member, kind, amount, income, gift, account)
        if refusal:
            member.cash, member.income, member.gift = before
            return refusal
        if member not in saved:
            saved[member] = before
        return [(member, member.state())]

    def change_money(self, o, member, kind, amount, income, gift, account):
        cash_before, income_before, gift_before = member.cash, member.income, member.gift
        if kind == TOP_UP or kind == REFUND and account == CASH:
            member.cash += amount
        elif kind == WITHDRAW:
            member.cash -= amount
        elif kind == CHARGE:
            member.spend(amount)
        elif kind == REFUND and account == INCOME:
            member.income += amount
        elif kind == GRANT_GIFT or kind == REFUND:
            member.gift += amount
        else:
            member.cash += amount
            member.income += income
            member.gift += gift
        if member.income < 0 or member.gift < 0:
            return "AMOUNT_NEGATIVE"
        if not -LIMIT <= member.cash <= LIMIT or member.income > LIMIT or member.gift > LIMIT:
            return "AMOUNT_OVERFLOW"
        cash, income, gift = member.cash - cash_before, member.income - income_before, member.gift - gift_before
        fits = o.shift(cash=cash, income=income, gift=gift, **{PAID_BY[kind]: -(cash + income + gift)})
        return None if fits else "AMOUNT_OVERFLOW"

    def move(self, o, member, other, amount, saved):
        if other is None or other.flags & LEFT:
            return "MEMBER_UNKNOWN"
        if member.cash < amount or member.available() < amount:
            return "BALANCE_INSUFFICIENT"
        if other.cash + amount > LIMIT or o.cash - amount < I64_MIN:  # it is taken before it is given
            return "AMOUNT_OVERFLOW"
        for each in (member, other):
            if each not in saved:
                saved[each] = each.cash, each.income, each.gift
        member.cash -= amount
        other.cash += amount
        return [(member, member.state()), (other, other.state())]

    # Changes of one member ---------------------------------------------------------------------------------------------

    def find(self, o, uin, reason):
        """The member, and what is refused before anything else is looked at."""
        member = o.members.get(uin)
        if member is None or member.flags & LEFT:
            return None, "MEMBER_UNKNOWN"
        return member, None if self.reasons_valid[reason] else "REASON_INVALID"

    def answer(self, member, before, moved=0):
        count = self.sequence - before
        first, last = (before + 1, self.sequence) if count else (0, 0)
        return f"NONE {count} {first} {last} {moved} {member.state()}"

    def hold(self, o, is_dry, uin, ref, amount, start, end, reason, *_):
        member, refusal = self.find(o, uin, reason)
        if refusal:
            return refusal
        if amount <= 0:
            return "AMOUNT_NOT_POSITIVE"
        if end != 0 and end <= self.now:
            return "EXPIRY_PASSED"
        if member.frozen + amount > LIMIT:
            return "AMOUNT_OVERFLOW"
        if not member.flags & ARREARS and member.available() < amount:
            return "BALANCE_INSUFFICIENT"
        if not o.shift(frozen=amount):
            return "AMOUNT_OVERFLOW"
        before = self.sequence
        if not is_dry:
            self.put_hold(o, member, amount, end, reason, 0)
            return self.answer(member, before)
        member.frozen += amount
        answer = self.answer(member, before)
        member.frozen -= amount
        o.frozen -= amount
        return answer

    def find_hold(self, member, ref, amount):
        """The hold's id, how much of it, or what is refused."""
        id = self.ids.get(ref)
        if id not in member.holds:
            return None, None, "HOLD_UNKNOWN"
        if amount < 0:
            return None, None, "AMOUNT_NOT_POSITIVE"
        left = member.holds[id][0]
        return id, amount or left, "HOLD_EXCEEDED" if amount > left else None

    def capture(self, o, is_dry, uin, ref, amount, start, end, reason, *_):
        member, refusal = self.find(o, uin, reason)
        if refusal:
            return refusal
        id, moved, refusal = self.find_hold(member, ref, amount)
        if refusal:
            return refusal
        saved, sums = (member.cash, member.income, member.gift, member.frozen), o.sums()
        refusal = self.change_money(o, member, CHARGE, moved, 0, 0, CASH)
        before = self.sequence
        if refusal is None and not is_dry:
            self.reduce_hold(member, id, moved)
            self.entry("capture", o.id, (member,), moved, subject=id, text=reason)
            return self.answer(member, before, moved)
        member.frozen -= moved
        answer = refusal or self.answer(member, before, moved)
        member.cash, member.income, member.gift, member.frozen = saved
        o.restore(sums)
        return answer

    def release(self, o, is_dry, uin, ref, amount, start, end, reason, *_):
        member, refusal = self.find(o, uin, reason)
        if refusal:
            return refusal
        id, moved, refusal = self.find_hold(member, ref, amount)
        if refusal:
            return refusal
        before = self.sequence
        if not is_dry:
            self.reduce_hold(member, id, moved)
            self.entry("release", o.id, (member,), moved, subject=id, text=reason)
            return self.answer(member, before, moved)
        member.frozen -= moved
        answer = self.answer(member, before, moved)
        member.frozen += moved
        return answer

    def modify(self, o, is_dry, uin, ref, amount, start, end, reason, name, basic, flags, mask):
        member, refusal = self.find(o, uin, reason)
        if refusal:
            return refusal
        renames = self.texts[name] not in (b"", member.name)
        if self.texts[name] and not self.names_valid[name]:
            return "NAME_INVALID"
        if renames and member.flags & OWNER:
            return "MEMBER_IS_OWNER"
        if basic is not None and basic < 0:
            return "AMOUNT_NEGATIVE"
        if basic is not None and basic > LIMIT:
            return "AMOUNT_OVERFLOW"
        before, saved = self.sequence, (member.basic, member.flags)
        flags = member.flags & ~mask | flags & mask
        basic = member.basic if basic is None else basic
        if renames and not is_dry:
            member.name = self.texts[name]
            member.names.append((self.entry("rename", o.id, (member,), name=name), member.name))
        if basic != member.basic or (flags ^ member.flags) & IS_CREDIT:
            member.basic, member.flags = basic, member.flags & ~IS_CREDIT | flags & IS_CREDIT
            if not is_dry:
                self.entry("set_credit", o.id, (member,), text=reason)
        if flags != member.flags:
            member.flags = flags
            if not is_dry:
                self.entry("set_arrears", o.id, (member,), text=reason)
        answer = self.answer(member, before)
        if is_dry:
            member.basic, member.flags = saved
        return answer

    def remove(self, o, is_dry, uin, ref, amount, start, end, reason, *_):
        member, refusal = self.find(o, uin, reason)
        if refusal:
            return refusal
        if member.flags & OWNER:
            return "MEMBER_IS_OWNER"
        if member.cash or member.income or member.gift or member.frozen:
            return "MEMBER_NOT_EMPTY"
        before, saved = self.sequence, (member.temporary, member.flags)
        if not is_dry:
            self.end_all(o, uin)
        member.temporary, member.flags = 0, member.flags | LEFT
        if not is_dry:
            member.grants.clear()
            del self.home[uin]
            self.entry("leave", o.id, (member,), text=reason)
        answer = self.answer(member, before)
        if is_dry:
            member.temporary, member.flags = saved
        return answer

    def grant(self, o, is_dry, uin, ref, amount, start, end, reason, *_):
        member, refusal = self.find(o, uin, reason)
        if refusal:
            return refusal
        total = amount + sum(grant.amount for grant in member.grants.values())
        if amount <= 0:
            return "AMOUNT_NOT_POSITIVE"
        if end != 0 and end <= start:
            return "PERIOD_INVALID"
        if end != 0 and end <= self.now:
            return "EXPIRY_PASSED"
        if len(member.grants) >= GRANTS_MAX and total <= I64_MAX:
            return "GRANT_LIMIT"
        if total > LIMIT:
            return "AMOUNT_OVERFLOW"
        before = self.sequence
        if not is_dry:
            self.put_grant(o, member, amount, start, end, reason, 0)
            return self.answer(member, before)
        saved = member.temporary
        member.temporary += amount if start <= self.now else 0
        answer = self.answer(member, before)
        member.temporary = saved
        return answer

    def revoke(self, o, is_dry, uin, ref, amount, start, end, reason, *_):
        member, refusal = self.find(o, uin, reason)
        if refusal:
            return refusal
        grant = member.grants.get(self.ids.get(ref))
        if grant is None:
            return "GRANT_UNKNOWN"
        before, saved = self.sequence, member.temporary
        member.temporary -= grant.amount if grant.started else 0
        if not is_dry:
            del member.grants[grant.id]
            self.entry("revoke_temporary", o.id, (member,), subject=grant.id, text=reason)
        answer = self.answer(member, before)
        if is_dry:
            member.temporary = saved
        return answer


def unjudged(letter, rest):
    """Behind a refusal of the whole command: nothing was said of its items."""
    return " 0 0 0" + " -" * len(rest[1]) if letter in "AP" else ""
