"""Prints what each check found, one line each."""

import sys


def report(name, check):
    try:
        check()
        print(f"ok {name}", flush=True)
        return True
    except Exception as error:  # whatever it is, it is the finding
        print(f"failed {name}: {type(error).__name__} {str(error)[:200]!r}", flush=True)
        return False


def leave(found):
    sys.exit(0 if all(found) else 1)
