"""Plays lives one after the other; the first that fails is cut down and printed, with status 1.

    lives.py PROGRAM SEED FIRST STEP COMMANDS    lives SEED.FIRST, SEED.FIRST+STEP, ... until so many commands were played
    lives.py PROGRAM --life SEED.NUMBER          one of them, whole"""
import random
import sys
import time

from playing import Player, live, play, shrink, tell

SHRINK_SECONDS = 90


def length_of(name):
    return random.Random("length " + name).choice([30, 100, 300, 1000, 1000, 3000, 10000])


def play_life(player, name, commands):
    """How many commands it came to."""
    commands, script, difference = live(player, name, commands)
    if difference:
        print(f"life {name} fails after {commands} commands:\n{difference}\nagain: tests/property/run --life {name}\n"
              "cutting it down ...", flush=True)
        player.stop()
        script = shrink(player, script, SHRINK_SECONDS)
        print(tell(script, play(player, script) or difference))
        sys.exit(1)
    return commands


def main():
    player, began = Player(sys.argv[1]), time.monotonic()
    if sys.argv[2] == "--life":
        done = play_life(player, sys.argv[3], length_of(sys.argv[3]))
        print(f"{done} commands, nothing wrong")
        return
    seed, number, step, wanted = sys.argv[2], *map(int, sys.argv[3:6])
    done = lives = 0
    while done < wanted:
        name = f"{seed}.{number}"
        done += play_life(player, name, max(30, min(length_of(name), wanted - done)))
        number += step
        lives += 1
    print(f"{done} commands in {lives} lives, {time.monotonic() - began:.1f} s")


main()
