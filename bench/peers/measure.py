#!/usr/bin/env python3
"""Runs a command and prints its wall and CPU seconds and its peak memory as JSON, as the kernel counts them.

    python3 measure.py NAME -- command arguments…
"""
import json
import os
import sys
import time


def main():
    name, dashes, *command = sys.argv[1:]
    if dashes != "--" or not command:
        raise SystemExit(__doc__)
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"{command[0]}: {error}", file=sys.stderr)
            os._exit(127)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    print(json.dumps({
        "run": name, "exit": code, "wall_s": round(time.perf_counter() - started, 2),
        "cpu_s": round(used.ru_utime + used.ru_stime, 2), "peak_mib": round(used.ru_maxrss / 1024)}), flush=True)
    sys.exit(1 if code else 0)


if __name__ == "__main__":
    main()
