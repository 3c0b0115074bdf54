"""Playing scripts on the real book (the program property_play), holding its answers against the model's, and cutting a
script that fails down to what is needed."""
import fcntl
import resource
import subprocess
import tempfile
import time

from generate import Life
from script import TEXTS, Stage

PIPE_BYTES = 1 << 20


class Difference(Exception):
    """The real book and the model do not agree."""

    def __init__(self, expected, answered):
        expected, answered = expected.split("\n"), answered.split("\n")
        at = next((i for i, (a, b) in enumerate(zip(expected, answered)) if a != b), min(len(expected), len(answered)))
        self.expected = expected[at] if at < len(expected) else "(nothing)"
        self.answered = answered[at] if at < len(answered) else "(nothing)"
        self.kind = [line.split(" ")[0].lstrip("=") for line in (self.expected, self.answered)]
        super().__init__(f"the model says  {self.expected}\nthe book says   {self.answered}")


class Player:
    """The program, started when there is something to tell it. It may run wild for so many seconds, not for ever."""

    def __init__(self, program, cpu_seconds=1800):
        self.program = program
        self.cpu_seconds = cpu_seconds
        self.process = None

    def start(self):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        bufsize=0)
        resource.prlimit(self.process.pid, resource.RLIMIT_CPU, (self.cpu_seconds, self.cpu_seconds))
        for pipe in (self.process.stdin, self.process.stdout):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        texts = "".join(f"t {number} {text.hex()}\n" for number, text in enumerate(TEXTS))
        self.tell(texts.encode() + b".\n")
        self.hear(b".\n")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.communicate()
            self.errors.close()
            self.process = None

    def tell(self, told):
        if self.process is None:
            self.start()
        left = memoryview(told)
        try:
            while left:
                left = left[self.process.stdin.write(left):]
        except BrokenPipeError:
            pass  # hear says what there was to say

    def hear(self, expected):
        answered = bytearray()
        while not (answered.endswith(b"\n.\n") or answered == b".\n"):
            part = self.process.stdout.read(PIPE_BYTES)
            if not part:
                self.process.wait()
                self.errors.seek(0)
                last_words = self.errors.read().decode(errors="replace").strip()
                self.process = None
                raise Difference(expected.decode(), answered.decode() + f"(it ended) {last_words}")
            answered += part
        if answered != expected:
            raise Difference(expected.decode(), answered.decode())


def play(player, script):
    """The difference, or None."""
    stage = Stage()
    for step in script:
        stage.step(step)
    told, expected = stage.batch()
    try:
        player.tell(told)
        player.hear(expected)
    except Difference as difference:
        return difference
    return None


def live(player, name, commands, batch=200):
    """Plays a life until it has so many commands; returns (commands, script, difference or None)."""
    life, waiting, marks = Life(name), None, 0
    try:
        while life.stage.commands < commands:
            life.group()
            if life.stage.commands - marks < batch:
                continue
            marks = life.stage.commands
            waiting = exchange(player, waiting, life.stage.batch())
        life.end_of_life()
        waiting = exchange(player, waiting, life.stage.batch())
        player.hear(waiting)
    except Difference as difference:
        return life.stage.commands, life.script, difference
    return life.stage.commands, life.script, None


def exchange(player, waiting, batch):
    """While the program plays a batch the model is at the next: an answer is read when the next batch is ready."""
    if waiting is not None:
        player.hear(waiting)
    player.tell(batch[0])
    return batch[1]


# Cutting down ----------------------------------------------------------------------------------------------------------


def shrink(player, script, seconds):
    """Drops groups, then commands and transfers, as long as what is left still fails in the same way."""
    deadline = time.monotonic() + seconds
    whole = play(player, script)

    def fails(candidate):
        difference = play(player, candidate) if time.monotonic() < deadline else None
        return difference is not None and difference.kind == whole.kind

    if whole is None:
        return script
    script = shortest_prefix(script, fails)
    script = drop(script, fails)
    for at in range(len(script) - 1, -1, -1):
        if script[at][0] != "group":
            continue
        script = with_commands(script, at, drop(script[at][4], lambda commands: fails(with_commands(script, at, commands))))
        for which in range(len(script[at][4])):
            script = fewer_items(script, at, which, fails)
    return drop(script, fails)


def shortest_prefix(script, fails):
    low, high = 0, len(script)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(script[:middle]) else (middle, high)
    return script[:high] if fails(script[:high]) else script


def drop(items, fails):
    size = max(1, len(items) // 2)
    while True:
        at = 0
        while at < len(items):
            fewer = items[:at] + items[at + size:]
            if fails(fewer):
                items = fewer
            else:
                at += size
        if size == 1:
            return items
        size = max(1, size // 2)


def with_commands(script, at, commands):
    return [*script[:at], (*script[at][:4], commands), *script[at + 1:]]


def fewer_items(script, at, which, fails):
    command = script[at][4][which]
    if command[0] not in "AP":
        return script

    def with_items(items):
        commands = list(script[at][4])
        commands[which] = (*command[:6], tuple(items))
        return with_commands(script, at, commands)

    return with_items(drop(command[6], lambda items: fails(with_items(items))))


def tell(script, difference):
    lines = [f"{len(script)} steps:"]
    for step in script:
        lines.append("  " + repr(step[:4] if step[0] == "group" else step))
        lines += ["      " + repr(command) for command in (step[4] if step[0] == "group" else ())]
    return "\n".join([*lines, str(difference)])
