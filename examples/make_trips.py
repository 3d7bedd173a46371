#!/usr/bin/env python3
"""Writes a made-up table of taxi trips as CSV: make_trips.py FILE [ROWS, 500000]. The same bytes each time.

A trip takes 2 minutes, its distance at a speed that the hour and the day of the week decide, and a delay of its zone; in
the rain a fifth more. To that comes noise of standard deviation 2, so that no model's mean of (error)²/2 is below 2.
"""

import datetime
import math
import random
import sys

ZONES = 12
FIRST_DAY = datetime.datetime(2024, 1, 1)  # a Monday


def speed(hour, weekday):
    """In km/h: slow at 8:30 and 17:30, a little faster each day of the week."""
    rush = sum(math.exp(-((hour - peak) / 2) ** 2) for peak in (8.5, 17.5))
    return (30 + weekday) * (1 - rush / 2)


def trips(count):
    chance = random.Random(1)
    delays = [6 * chance.random() for _ in range(ZONES)]
    for _ in range(count):
        start = FIRST_DAY + datetime.timedelta(minutes=chance.randrange(364 * 24 * 60))
        distance = round(0.5 + 12 * chance.random() ** 2, 2)
        zone = chance.randrange(ZONES)
        rains = chance.random() < 0.2
        minutes = 2 + 60 * distance / speed(start.hour + start.minute / 60, start.weekday()) + delays[zone]
        minutes = minutes * (1.2 if rains else 1) + chance.gauss(0, 2)
        yield f"{start:%Y-%m-%d %H:%M},{distance},zone {zone + 1},{'yes' if rains else 'no'},{minutes:.2f}\n"


def main():
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 500_000
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write("start,distance,zone,rain,minutes\n")
        file.writelines(trips(rows))


if __name__ == "__main__":
    main()
