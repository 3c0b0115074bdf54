"""A disk that loses power, as docs/fault-model.md has it: what a later sync covers is there; of the rest any part may
be, torn at 512 bytes, and names (creations, renames, removals) are as uncertain until the folder itself is synced."""
import itertools
import os

SECTOR = 512
RANDOM_PLANS = 40  # of one cut, at most
OVERWRITES_KEPT = 3  # of the versions of a place that is rewritten without ever being synced


class File:
    numbers = itertools.count()

    def __init__(self, content=b""):
        self.number = next(self.numbers)
        self.durable = bytearray(content)
        self.pending = []  # (moment, offset, data), or (moment, size, None) for a truncation
        self.syncs = 0

    def write(self, moment, offset, data):
        same = [op for op in self.pending if op[2] is not None and op[1] == offset and len(op[2]) == len(data)]
        if len(same) > OVERWRITES_KEPT:
            self.pending.remove(same[0])
        self.pending.append((moment, offset, data))

    def sync(self, moment):
        covered = [op for op in self.pending if op[0] < moment]
        self.pending = [op for op in self.pending if op[0] >= moment]
        self.syncs += bool(covered)
        for op in covered:
            apply(self.durable, op)

    def content(self):
        image = bytearray(self.durable)
        for op in self.pending:
            apply(image, op)
        return image


def apply(image, op):
    _, offset, data = op
    if data is None:
        resize(image, offset)
        return
    if offset > len(image):
        resize(image, offset)
    image[offset : offset + len(data)] = data


def resize(image, size):
    if size < len(image):
        del image[size:]
    else:
        image.extend(bytes(size - len(image)))


def sectors(op):
    """The pieces that a write is torn into."""
    moment, offset, data = op
    pieces, start = [], 0
    while start < len(data):
        end = min(len(data), start + SECTOR - (offset + start) % SECTOR)
        pieces.append((moment, offset + start, data[start:end]))
        start = end
    return pieces


class Remains:
    """A file's durable content and what of the pending is kept. Equal keys mean equal contents."""

    def __init__(self, file, plan):
        self.file, self.kept = file, []
        self.size = 0  # may have come through where the data did not
        for op in file.pending:
            pieces = plan.pieces(op)
            self.kept += pieces
            if op[2] is not None and pieces != [op] and plan.grows():
                self.size = max(self.size, op[1] + len(op[2]))
        self.key = (file.number, file.syncs, self.size, *((moment, offset) for moment, offset, _ in self.kept))

    def content(self):
        image = bytearray(self.file.durable)
        for op in self.kept:
            apply(image, op)
        if len(image) < self.size:
            resize(image, self.size)
        return bytes(image)


class Disk:
    """What one folder's files are, were, and may be."""

    def __init__(self):
        self.names = {}  # as the processes see them
        self.durable_names = {}
        self.pending_names = []  # (moment, {name: File or None})
        self.open = {}  # fd: File, or None for the folder
        self.moment = 0
        self.process_began = 0

    def load(self, files):
        """Begins with these files, all of them durable."""
        self.names = {name: File(content) for name, content in files.items()}
        self.durable_names = dict(self.names)

    def begin_process(self):
        """Descriptors die with a process; what it wrote does not."""
        self.open = {}
        self.process_began = self.moment

    def _name(self, changes):
        for name, file in changes.items():
            if file is None:
                self.names.pop(name, None)
            else:
                self.names[name] = file
        self.pending_names.append((self.moment, changes))

    def _open(self, event):
        name = event.data.decode()
        if name == "":
            self.open[event.fd] = None
            return
        if name not in self.names:
            assert event.offset & os.O_CREAT, f"{name} was opened, but never made"
            self._name({name: File()})
        self.open[event.fd] = self.names[name]
        if event.offset & os.O_TRUNC:
            self.names[name].pending.append((self.moment, 0, None))

    def _sync(self, event):
        covered = self.process_began + event.covers
        if self.open[event.fd] is not None:
            self.open[event.fd].sync(covered)
            return
        for moment, changes in self.pending_names:
            if moment < covered:
                rename(self.durable_names, changes)
        self.pending_names = [entry for entry in self.pending_names if entry[0] >= covered]

    def see(self, event):
        kind = event.kind
        if kind == "W":
            self.open[event.fd].write(self.moment, event.offset, event.data)
        elif kind == "S":
            self._sync(event)
        elif kind == "O":
            self._open(event)
        elif kind == "C":
            self.open.pop(event.fd, None)
        elif kind == "T":
            self.open[event.fd].pending.append((self.moment, event.offset, None))
        elif kind == "U":
            self._name({event.data.decode(): None})
        elif kind == "R":
            old, new = event.data.decode().split("\n")
            self._name({old: None, new: self.names[old]})
        self.moment += 1

    def content(self):
        """Without a loss of power."""
        return {name: bytes(file.content()) for name, file in self.names.items()}

    def something_pending(self, fd):
        """Would a sync of this descriptor change anything?"""
        file = self.open[fd]
        return bool(self.pending_names if file is None else file.pending)

    def remains(self, plan):
        """What of each file a power loss now leaves, if the plan decides what of the pending is kept: name: Remains."""
        names = dict(self.durable_names)
        for number, (_, changes) in enumerate(self.pending_names):
            if plan.keeps_name(number):
                rename(names, changes)
        return {name: Remains(file, plan) for name, file in names.items()}

    def image(self, plan):
        return {name: remains.content() for name, remains in self.remains(plan).items()}

    def pending(self):
        """Every pending change of content, in the order it was made."""
        files = {id(file): file for file in [*self.names.values(), *self.durable_names.values()]}
        return sorted((op for file in files.values() for op in file.pending), key=lambda op: op[0])


def rename(names, changes):
    for name, file in changes.items():
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file


class Plan:
    """Keeps the changes whose moment is in `whole`, of `torn` (moment: pieces) only those pieces, and names as said."""

    def __init__(self, whole, torn=None, names=lambda number: True, grows=lambda: False):
        self.whole, self.torn, self.keeps_name, self.grows = whole, torn or {}, names, grows

    def pieces(self, op):
        return [op] if op[0] in self.whole else self.torn.get(op[0], [])


def plans(disk, random):
    """Names and plans for one cut: the telling ones, then some at random."""
    pending = disk.pending()
    moments = [op[0] for op in pending]
    yield "none", Plan(set(), names=lambda number: False)
    yield "all", Plan(set(moments))
    if not pending and not disk.pending_names:
        return
    writes = [op for op in pending if op[2] is not None]
    yield "all-but-first", Plan(set(moments[1:]))
    yield "only-last", Plan(set(moments[-1:]))
    if writes:
        pieces = sectors(writes[-1])
        kept = random.randrange(1, len(pieces) + 1)
        yield f"last-torn-{kept}", Plan(set(), {writes[-1][0]: pieces[:kept]})
        yield f"up-to-last-torn-{kept}", Plan({m for m in moments if m != writes[-1][0]}, {writes[-1][0]: pieces[:kept]})
    for number in range(RANDOM_PLANS):
        yield f"random-{number}", random_plan(pending, random)


def random_plan(pending, random):
    share, tearing, growing = random.choice([0.1, 0.5, 0.9]), random.choice([0, 0.3]), random.choice([0, 0.5])
    whole, torn = set(), {}
    for op in pending:
        if random.random() >= share:
            continue
        if op[2] is not None and random.random() < tearing:
            torn[op[0]] = [piece for piece in sectors(op) if random.random() < 0.5]
        else:
            whole.add(op[0])
    return Plan(whole, torn, lambda number: random.random() < share, lambda: random.random() < growing)
