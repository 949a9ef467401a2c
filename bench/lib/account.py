# Runs a program and writes what the operating system accounted for it and its children:
# python3 account.py USAGE_FILE PROGRAM [ARGUMENT...]; ends with the program's exit code.
#
# The bench does not ask for it itself, because Linux counts the memory of the process that starts a program into that
# program's peak: a bench of 300 MB would find no contender below 300 MB. This one is small.
import json
import os
import signal
import sys
import time

POLL_SECONDS = 0.02
KILL_GRACE_SECONDS = 30
UNITS_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024


def main(usage_file, *command):
    pid = os.posix_spawnp(command[0], command, os.environ)
    stop_at = None

    def forward(number, _frame):
        nonlocal stop_at
        os.kill(pid, number)
        stop_at = stop_at or time.monotonic() + KILL_GRACE_SECONDS

    signal.signal(signal.SIGTERM, forward)
    # The terminal sends an interrupt to the program as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    family_mb = 0
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            break
        family_mb = max(family_mb, resident_mb_of_family(pid))
        if stop_at and time.monotonic() > stop_at:
            os.kill(pid, signal.SIGKILL)
        time.sleep(POLL_SECONDS)
    with open(usage_file, "w", encoding="utf-8") as file:
        json.dump({
            "cpuSeconds": usage.ru_utime + usage.ru_stime,
            "peakMb": max(usage.ru_maxrss / UNITS_PER_MB, family_mb),
        }, file)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def resident_mb_of_family(pid):
    """Sum over a program and its children, as sampled; 0 where there are none, for then the exact peak will do."""
    family = [pid]
    for member in family:
        family += children_of(member)
    return sum(map(resident_mb, family)) if len(family) > 1 else 0


def children_of(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
    except OSError:
        pass  # Ended meanwhile, or a system without /proc: the largest single process is told then.
    return found


def resident_mb(pid):
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1024 * 1024)
    except OSError:
        return 0


sys.exit(main(*sys.argv[1:]))
