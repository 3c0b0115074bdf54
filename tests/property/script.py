"""Scripts: what is played, as plain data, so that it can be kept, cut down and played again.

A script is a list of steps:
    ("group", now, settle_max, shows_entries, [command, ...])
    ("fields", t, organisation, uin)     the nine fields at a moment to come
    ("name", sequence, organisation, uin)     the name after an entry of the past
    ("mark",) ("take", random)           a checkpoint begins; rows of some members are taken
    ("verify",) ("dump",)                the book made again from entries and rows; every member in full
A command is (letter, serial, organisation, dry, token, ...): token is None or (first half, second half, body), body
None: it is a signature, and then
    N  name, currency, owner                                   an organisation is founded
    A  partial, ((uin, name, flags, basic, cash, income, gift, frozen, ((amount, start, end), ...)), ...)
    K, S  number, principal, account, user, enabled, end, temporary            a key is added, set
    U, W  user, name, document                                 a policy is put, removed
    B, D  account, everyone, (uin, ...)                        a delegation is put, removed
    P  partial, ((kind, uin, to, amount, income, gift, account, reason), ...)
    H C R M X G V  uin, subject, amount, start, end, reason, name, basic or None, flags, mask
               hold, capture, release, modify, remove, grant, revoke
Texts are numbers in TEXTS. The subject of C, R and V is (serial, place), what that command made, so that a script means the
same when other commands are left out of it."""
from model import Model

TEXTS = [b"", b"alice", b"bob & sons", "七牛云".encode(), b"x" * 64, "é".encode() * 64, b"carol 2", b"Example", b"USD", b"EUR",
         b"monthly invoice", b"r" * 1024, "发票 7".encode(), "\u0085next".encode(),
         b"y" * 65, b"tab\there", b"\xc0\xaf", b"usd", b"s" * 1025, b"del\x7f", "ü".encode() * 65]
GOOD_NAMES, BAD_NAMES = [1, 2, 3, 4, 5, 6], [0, 13, 14, 15, 16, 19, 20]
GOOD_REASONS, BAD_REASONS = [0, 10, 11, 12, 1], [13, 15, 16, 18, 19]
CURRENCIES, BAD_CURRENCIES = [8, 9], [0, 1, 17]
UNKNOWN_ID = 999_999_999


def wire(command, model):
    letter, serial, organisation, is_dry, token, *rest = command
    asked = "0" if not token else "2 %d %d" % token[:2] if token[2] is None else "1 %d %d %d" % token
    head = f"{letter}{organisation} {is_dry:d} {asked} "
    if letter == "P":
        partial, transfers = rest
        return head + f"{partial:d} {len(transfers)}" + "".join([" %d %s %s %d %d %d %d %d" % t for t in transfers])
    if letter == "A":
        partial, items = rest
        return head + f"{partial:d} {len(items)}" + "".join([wire_item(item) for item in items])
    if letter == "N":
        return head + "%d %d %s" % tuple(rest)
    if letter in "KS":
        return head + "%d %d %s %s %d %d %d" % tuple(rest)
    if letter in "UW":
        return head + "%s %d %d" % tuple(rest)
    if letter in "BD":
        account, everyone, scope = rest
        return head + " ".join([account, f"{everyone:d}", str(len(scope)), *scope])
    uin, subject, amount, start, end, reason, name, basic, flags, mask = rest
    id = model.ids.get(subject, UNKNOWN_ID) if subject else 0
    sets, basic = (0, 0) if basic is None else (1, basic)
    return head + f"{uin} {id} {amount} {start} {end} {reason} {name} {sets} {basic} {flags} {mask}"


def wire_item(item):
    *values, grants = item
    return " %s %d %d %d %d %d %d %d" % tuple(values) + f" {len(grants)}" + "".join(" %d %d %d" % grant for grant in grants)


class Stage:
    """Where a script is played on the model: what the real book is to be told, and what it must answer."""

    def __init__(self):
        self.model = Model(TEXTS)
        self.told = ["l"]
        self.expected = []
        self.commands = 0

    def group(self, now, settle_max, shows_entries):
        self.header = (now, settle_max, shows_entries)
        self.place = len(self.told)
        self.told.append("")
        self.model.group(now, shows_entries, self.expected)

    def command(self, command):
        self.told.append(wire(command, self.model))
        answer = self.model.run(command)
        self.expected.append(answer)
        return answer

    def group_end(self):
        now, settle_max, shows_entries = self.header
        count = len(self.told) - self.place - 1
        self.told[self.place] = f"g {now} {settle_max} {count} {shows_entries:d}"
        self.commands += count
        self.model.group_end(self.expected)

    def step(self, step):
        what = step[0]
        if what == "group":
            self.group(*step[1:4])
            for command in step[4]:
                self.command(command)
            self.group_end()
        elif what == "fields":
            _, t, organisation, uin = step
            self.told.append(f"f {t} {organisation} {uin}")
            self.expected.append(self.model.fields_line(max(t, self.model.time), organisation, uin))
        elif what == "name":
            _, sequence, organisation, uin = step
            self.told.append(f"n {sequence} {organisation} {uin}")
            self.expected.append(self.model.name_line(sequence, organisation, uin))
        elif what == "mark":
            self.told.append("c")
        elif what == "take":
            self.told.append(f"k {step[1]}")
        elif what == "verify":
            self.told.append("v")
            self.expected.append("V ok")
        else:
            self.told.append("d")
            self.model.dump(self.expected)

    def batch(self):
        """What was gathered since the last batch, as (told, expected)."""
        told, expected = "\n".join(self.told) + "\n.\n", "\n".join([*self.expected, ".\n"])
        self.told, self.expected = [], []
        return told.encode(), expected.encode()
