"""Random scripts. A life is a random script with a temper of its own (which commands, what amounts, how time moves), made
while the model plays it, so that commands fit what is there: exactly what is available and one micro more, a hold of another
member, a grant in its last microsecond, the token of yesterday."""
import random

from model import (ADJUST, ARREARS, CHARGE, GRANT_GIFT, I64_MAX, I64_MIN, IS_CREDIT, KEPT_US, LEFT, LIMIT, MOVE, NEVER, OWNER,
                   REFUND, TOP_UP, WITHDRAW)
from script import BAD_CURRENCIES, BAD_NAMES, BAD_REASONS, CURRENCIES, GOOD_NAMES, GOOD_REASONS, Stage

BEGINNING_US = 1_795_400_000_000_000
SECOND, HOUR, YEAR = 10**6, 3600 * 10**6, 365 * 86400 * 10**6
OWNERS = [str(900_000_000 + i) for i in range(8)]
UINS = [*(str(700_001_941_600 + 7 * i) for i in range(50)), "5", "77", "99999999999999999999", "10000000000", "9999999999"]
STRANGER = "31415926535"
SUBS = ["41", "42", "43"]
DOCUMENTS = [1, 2, 3, 10, 11]

WEIGHTS = {"A": 6, "P": 42, "H": 9, "C": 5, "R": 4, "M": 6, "X": 3, "G": 6, "V": 3, "K": 1, "S": 0.4, "N": 0.2,
           "U": 0.6, "W": 0.2, "B": 0.4, "D": 0.1}
OWN_GROUP = "NKSUWBD"  # these want a group of their own
KINDS = [TOP_UP] * 5 + [WITHDRAW] * 2 + [CHARGE] * 6 + [REFUND] * 2 + [GRANT_GIFT] * 2 + [MOVE] * 4 + [ADJUST] * 2


class Life:
    """Makes and plays `groups` groups; `script` is what was played so far."""

    def __init__(self, name):
        self.rng = random.Random(name)
        self.random = r = self.rng.random
        self.stage = Stage()
        self.model = self.stage.model
        self.script = []
        self.serial = 0
        self.asked = []  # commands with tokens
        self.groups = 0
        self.letters = [letter for letter, weight in WEIGHTS.items()
                        for _ in range(round(10 * weight * self.rng.choice([0.2, 1, 1, 3])))]
        self.uins = self.rng.sample(UINS, self.rng.choice([4, 10, 25, len(UINS)]))
        self.organisation_max = self.rng.choice([1, 2, 3, 6])
        self.hugeness = self.rng.choice([0.02, 0.02, 0.08, 0.5])
        self.smallness = self.rng.choice([1, 1000, 10**9])
        self.tokens = self.rng.choice([0.05, 0.3, 0.7])
        self.dryness = self.rng.choice([0, 0.05, 0.2])
        self.group_max = self.rng.choice([1, 3, 8, 20])
        self.batch_max = self.rng.choice([1, 2, 2, 8])
        self.favour = self.rng.choice([0, 0, 0.6])  # how often one and the same member is meant
        self.arrears = self.rng.choice([0.1, 0.5, 0.9])
        self.tempo = self.rng.choice([0, 0.3, 0.6, 0.95])  # how often time moves
        self.span = self.rng.choice([20, 2000, SECOND, HOUR])  # how far off ends are
        self.shows_entries = r() < 0.3
        self.ending = []  # what ends as the group begins
        special = r()
        if special < 0.08:  # one member with grants up to the limit
            others = [letter for letter in self.letters if letter not in OWN_GROUP]  # which would leave no room in groups
            self.letters = others + ["G"] * len(others)
            self.favour, self.hugeness, self.span = 0.6, 0.005, HOUR
        elif special < 0.2:  # many holds and grants that end one after the other
            self.letters += [letter for letter in "HHHHHHHHHHGGGGRRV" for _ in range(len(self.letters) // 15)]
            self.hugeness, self.arrears, self.tempo, self.span = 0.005, 0.9, 0.6, self.rng.choice([500, 5000])
        elif special < 0.35:  # who may ask comes and goes
            self.letters += [letter for letter in "KKKKSSUUUWBBBBBDXXXXXAAA" for _ in range(len(self.letters) // 15)]
        self.checks = self.rng.choice([0.002, 0.01])

    # Choices -----------------------------------------------------------------------------------------------------------

    def pick(self, choices):
        return choices[int(self.random() * len(choices))]

    def below(self, bound):
        return int(self.random() * bound)

    def organisation(self):
        return self.pick(list(self.model.organisations) or [1]) if self.random() > 0.004 else self.pick([0, 99, 7])

    def any_organisation(self):
        return self.pick(list(self.model.organisations.values()) or [None])

    def uin(self, o):
        """Mostly a member of the organisation."""
        r = self.random()
        if r < self.favour:
            return self.uins[0]
        if r > 0.97:
            return self.pick([STRANGER, *self.uins, *OWNERS])
        members = o.members if o else ()
        if not members:
            return self.pick(self.uins)
        for _ in range(3):  # who left is meant now and then
            uin = self.pick(list(members))
            if not members[uin].flags & LEFT:
                break
        return uin

    def one_who_has(self, o, uin, what):
        """Somebody with holds or grants, when a few looks find one."""
        for _ in range(6):
            member = self.member(o, uin)
            if member and getattr(member, what):
                break
            uin = self.uin(o)
        return uin

    def member(self, o, uin):
        return o.members.get(uin) if o else None

    def amount(self, member):
        """Above zero, mostly; often just what the member has, or a little beside it."""
        r = self.random()
        if r < self.hugeness:
            return self.huge(member)
        if r < 0.60:
            return 1 + self.below(1000) * self.smallness
        if member is None or r < 0.66:
            return self.pick([1, 2, 10_000, 123_456])
        if r < 0.97:
            has = self.pick([member.available(), member.cash, member.gift, member.income, member.gift + member.income,
                             member.cash + member.gift + member.income, -member.cash])
            if has > 0 or r < 0.7:
                return min(max(has + self.pick([-1, 0, 0, 0, 1]), -5), I64_MAX)
            return 1 + self.below(100)
        return self.pick([0, -1, -10_000])

    def huge(self, member):
        cash = member.cash if member else 0
        value = self.pick([LIMIT, LIMIT - 1, LIMIT + 1, LIMIT // 2, LIMIT - cash, LIMIT - cash + 1, LIMIT, LIMIT // 3,
                           self.pick([I64_MAX, I64_MIN, -LIMIT])])
        return min(max(value, I64_MIN), I64_MAX)

    def signed(self, member):
        r = self.random()
        if r < 0.4 or member is None:
            return 0
        if r < 0.6:
            return self.pick([-member.cash, -member.income, -member.gift, -member.income - 1, -member.gift - 1, -1, 1])
        value = self.amount(member)
        return value if r < 0.9 or value == I64_MIN else -value

    def moment(self):
        """Near now, on either side, or far off."""
        now, r = self.model.now, self.random()
        if r < 0.7:
            return now + 1 + self.below(self.span)
        if r < 0.8:
            return now + self.pick([-1, 0, 1])
        return self.pick([now + self.span, now + 10 * self.span, now + YEAR, 1, -1, now - self.span, I64_MAX, I64_MIN,
                          BEGINNING_US + 1000])

    def end(self):
        return 0 if self.random() < 0.2 else self.moment()

    def reason(self):
        return self.pick(GOOD_REASONS) if self.random() < 0.97 else self.pick(BAD_REASONS)

    def text(self, good, bad):
        return self.pick(good) if self.random() < 0.96 else self.pick(bad)

    # Commands ----------------------------------------------------------------------------------------------------------

    def command(self, letter):
        self.serial += 1
        if self.asked and self.random() < self.tokens / 4:
            return self.again()
        organisation = self.organisation()
        o = self.model.organisations.get(organisation)
        token = None
        if self.random() < self.tokens:
            body = None if self.random() < 0.2 else self.below(2**62)
            token = (self.below(2**62) + 1, self.below(2**62), body)
        made = (letter, self.serial, organisation, self.random() < self.dryness, token, *self.parts(letter, o))
        if token:
            self.asked.append(made)
        return made

    def again(self):
        """A token that was used, or at least tried."""
        letter, _, organisation, is_dry, token, *parts = self.pick(self.asked[-8:] if self.random() < 0.6 else self.asked)
        first, second, body = token
        r = self.random()
        if r > 0.9:
            second += 1
        elif r > 0.7:
            body = body and self.below(2**62)
            parts = self.parts(letter, self.model.organisations.get(organisation))
        elif letter == "K":
            parts[0] = self.serial  # a new pair was made for it in vain
        return (letter, self.serial, organisation, is_dry and r < 0.1, (first, second, body), *parts)

    def parts(self, letter, o):
        if letter == "P":
            return self.post(o)
        if letter == "A":
            return self.add(o)
        if letter == "N":
            owner = self.pick(OWNERS) if self.random() < 0.8 else self.pick(self.uins)
            return self.text(GOOD_NAMES, BAD_NAMES), self.text(CURRENCIES, BAD_CURRENCIES), owner
        if letter in "KS":
            number = self.serial if letter == "K" and self.random() < 0.9 else self.pick(list(self.model.keys) or [1])
            return (number, self.pick([0, 0, 1]), self.account(o), self.pick(SUBS), self.below(2), self.key_end(),
                    self.below(2))
        if letter in "UW":
            user = self.pick(SUBS) if self.random() < 0.9 else self.account(o)
            return user, self.text(GOOD_NAMES, BAD_NAMES), self.pick(DOCUMENTS)
        if letter in "BD":
            given = [(account, *what) for (of, account), what in self.model.delegations.items() if o and of == o.id]
            stale = [which for which in given if all(self.model.is_listed(o, uin) for uin in which[2])
                     and len(self.model.reached(o, which[1:])) < len(which[2])]
            if given and self.random() < (0.8 if stale else 0.2):  # the same again
                return self.pick(stale or given)[:3]
            return self.account(o), self.random() < 0.3, tuple([self.uin(o) for _ in range(self.below(4))])
        return self.change(letter, o)

    def account(self, o):
        """Whom keys and delegations are for: mostly somebody who belongs there, now and then one who has left."""
        r = self.random()
        if r < 0.2 and o:
            return o.owner
        return self.uin(o) if r < 0.5 else self.empty_one(o, self.uin(o))

    def key_end(self):
        r = self.random()
        if r < 0.5:
            return 0
        return self.model.now + self.pick([1, self.span, HOUR, -KEPT_US, 1 - KEPT_US, self.below(self.span) - KEPT_US, -1])

    def post(self, o):
        r = self.random()
        count = 1 if r < 0.6 else 2 + self.below(3) if r < 0.9 else 5 + self.below(46) if r > 0.985 else 3 + self.below(9)
        if self.batch_max < 2:
            count = min(count, 2)
        few = self.random() < 0.4
        uins = [self.uin(o) for _ in range(1 + self.below(3) if few else min(count, 6))]
        return self.random() < 0.5, tuple([self.transfer(o, uins) for _ in range(count if self.random() > 0.003 else 0)])

    def transfer(self, o, uins):
        kind, uin, to, income, gift, account = self.pick(KINDS), self.pick(uins), "0", 0, 0, 0
        member = self.member(o, uin)
        if kind == ADJUST:
            amount, income, gift = self.signed(member), self.signed(member), self.signed(member)
            reason = self.pick(GOOD_REASONS[1:]) if self.random() < 0.9 else self.reason()
            return kind, uin, to, amount, income, gift, account, reason
        if kind == MOVE:
            to = self.uin(o)
        elif kind == REFUND:
            account = self.below(3)
        reason = 0 if self.random() < 0.8 else self.reason()
        return kind, uin, to, self.amount(member), income, gift, account, reason

    def add(self, o):
        count = 1 if self.random() < 0.6 else 1 + self.below(6)
        return self.random() < 0.5, tuple([self.item(o) for _ in range(count)])

    def item(self, o):
        r = self.random()
        uin = self.pick(self.uins) if r < 0.95 else self.pick(OWNERS)
        if r < 0.3 and self.model.members:
            uin = self.pick(self.model.members[-30:]).uin  # who may have left
        member = self.member(o, uin)
        if member and not member.flags & LEFT and self.random() < 0.5:
            return self.same_item(member)
        flags = (IS_CREDIT if self.random() < 0.5 else 0) | (ARREARS if self.random() < self.arrears else 0)
        if self.random() < 0.4:  # with nothing
            return uin, self.text(GOOD_NAMES, BAD_NAMES), flags, self.first(), 0, 0, 0, 0, ()
        count = self.pick([0, 0, 0, 1, 1, 2, 3, 4, 5])
        grants = tuple([(self.first(), start, self.end()) for start in [self.start() for _ in range(count)]])
        return (uin, self.text(GOOD_NAMES, BAD_NAMES), flags, self.first(), self.first() - self.first() % 1000, self.first(),
                self.first(), self.first() if self.random() < 0.3 else 0, grants)

    def start(self):
        """Mostly begun already."""
        return self.model.now - self.below(100) if self.random() < 0.5 else self.moment()

    def first(self):
        """What somebody has on the first day."""
        r = self.random()
        if r < 0.4:
            return 0
        if r < 0.95:
            return self.below(1000) * self.smallness
        return self.huge(None) if self.random() < self.hugeness else self.pick([-1, 7])

    def same_item(self, member):
        """The member as it is, or nearly."""
        names = self.model.texts
        grants = [(g.amount, g.start, g.end) for g in member.grants.values()][:5]
        self.rng.shuffle(grants)
        r = self.random()
        if r < 0.2:
            grants.append((7, 1, self.model.now))  # is over
        elif r < 0.3:
            grants.append((7, 1, 0))  # is one more
        elif r < 0.4:
            grants = grants[1:]
        return (member.uin, names.index(member.name), member.flags & (IS_CREDIT | ARREARS), member.basic,
                member.cash + (self.random() < 0.1), member.income, member.gift, member.frozen, tuple(grants))

    def change(self, letter, o):
        uin = self.uin(o)
        if letter in "CRV":
            uin = self.one_who_has(o, uin, "grants" if letter == "V" else "holds")
            if self.ending and self.random() < 0.3:
                uin, subject = self.pick(self.ending)
                return uin, subject, self.below(2), 0, 0, 0, 0, None, 0, 0
        member = self.member(o, uin)
        subject, amount, start, end, name, basic, flags, mask = None, 0, 0, 0, 0, None, 0, 0
        if letter in "CR":
            subject, amount = self.hold_of(member)
        elif letter == "V":
            subject = self.grant_of(member)
        elif letter == "H":
            amount, end = self.amount(member), self.end()
        elif letter == "G":
            amount, start, end = self.amount(member if self.random() < 0.2 else None), self.start(), self.end()
        elif letter == "X":
            uin = self.empty_one(o, uin)
        else:
            name = self.text([0, *GOOD_NAMES], BAD_NAMES)
            basic = self.pick([None, 0, self.amount(None), self.amount(member)])
            flags, mask = self.below(4), self.below(4)
        return uin, subject, amount, start, end, 0 if self.random() < 0.7 else self.reason(), name, basic, flags, mask

    def hold_of(self, member):
        refs = self.model.refs
        if member is None or not member.holds or self.random() < 0.05:
            return self.any_subject(), self.pick([0, 1])
        id = self.pick(list(member.holds))
        left = member.holds[id][0]
        return refs[id], self.pick([0, 0, left, left, left + 1, left - 1, left // 2, 1, -1, self.amount(member)])

    def grant_of(self, member):
        if member is None or not member.grants or self.random() < 0.05:
            return self.any_subject()
        return self.model.refs[self.pick(list(member.grants))]

    def any_subject(self):
        """Another member's, one that is no more, or none."""
        return self.pick(list(self.model.ids)) if self.model.ids and self.random() < 0.8 else None

    def empty_one(self, o, uin):
        """Somebody who may leave, when a few looks find one."""
        for _ in range(6):
            member = self.member(o, uin)
            if member and not (member.cash or member.income or member.gift or member.frozen or member.flags & (LEFT | OWNER)):
                break
            uin = self.uin(o)
        return uin

    # Time and groups ---------------------------------------------------------------------------------------------------

    def now(self):
        model, r = self.model, self.random()
        time = max(model.now, BEGINNING_US)
        if r > self.tempo:
            return time
        r = self.random()
        due = model.next_due()
        if r < 0.35 and due != NEVER and due < time + 100 * YEAR:
            return due + self.pick([-1, -1, 0, 0, 0, 1])
        if r < 0.65:
            return time + 1 + self.below(50)
        if r < 0.90:
            return time + self.below(self.span)
        if r < 0.94:
            return time + self.pick([HOUR, YEAR, 3 * self.span])
        return time - self.pick([1, SECOND, YEAR])

    def step(self, *step):
        self.script.append(step)
        self.stage.step(step)

    def group(self):
        """One group, and now and then a look at the whole."""
        if not self.model.organisations:
            letters = "N"
        else:
            letters = [self.pick(self.letters) for _ in range(1 + self.below(self.group_max))]
            if any(letter in OWN_GROUP for letter in letters):
                letters = [letter for letter in letters if letter in OWN_GROUP][:1]
                if letters == ["N"] and len(self.model.organisations) >= self.organisation_max and self.random() < 0.8:
                    letters = ["P"]
        step = ("group", self.now(), self.pick([1, 3, 1000]), self.shows_entries, [])
        self.script.append(step)
        self.ending = [(member.uin, self.model.refs[id]) for due, id, _, member in self.model.due if due <= step[1]]
        self.stage.group(*step[1:4])
        for letter in letters:
            command = self.command(letter)
            if (command[0] in OWN_GROUP) != (letter in OWN_GROUP):
                continue  # a token of another kind of group
            step[4].append(command)
            self.stage.command(command)
        self.stage.group_end()
        self.look()

    def look(self):
        r = self.random()
        if r < 0.2:
            o = self.model.organisations.get(self.organisation())
            self.step("fields", max(self.moment(), self.model.time), o.id if o else 1, self.uin(o))
        elif r < 0.25:
            self.step("name", self.below(self.model.sequence + 1), self.organisation(), self.uin(self.any_organisation()))
        if r > 1 - self.checks:
            self.step("dump")
            self.step("verify")
        elif r > 0.98:
            self.step("take", self.below(2**60))
        elif r > 0.972:
            self.step("mark")

    def end_of_life(self):
        self.step("dump")
        self.step("verify")
